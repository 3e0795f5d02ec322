//! Chat: one message of a user, its answer, and what was done in between. `turn` is the whole of it; `agent` lets a model
//! answer, `speaker` the rules engine, each through the same tools. Absent on purpose: state in the process; a conversation
//! goes on at any replica.

mod agent;
mod answers;
mod body;
mod event;
mod history;
mod prompt;
mod routes;
mod speaker;
mod stream;
mod transcript;
mod turn;

pub(super) use routes::router;
