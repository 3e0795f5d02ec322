//! Tasks: create, show, list, change, delete; always one's own. `model` holds the rules, `list` what a list may ask for,
//! `store` the SQL, `routes` the HTTP. Absent on purpose: sharing, sub-tasks, reminders.

pub(crate) mod body;
mod cursor;
mod etag;
pub(crate) mod fold;
pub mod list;
pub mod model;
pub(crate) mod params;
mod routes;
pub(crate) mod store;
pub mod values;

pub use routes::router;
pub(crate) use store::count_open;
