//! Conversations with the assistant: what was said, and what is being spoken of. Absent on purpose: answering (chat).

pub mod model;
mod routes;
pub(crate) mod store;

pub(super) use routes::router;
