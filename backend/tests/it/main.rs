//! Everything that the backend promises, asked of the real executable over HTTP, on SQLite and on PostgreSQL.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy knows tests by their attribute, and these are their helpers"
)]

#[macro_use]
mod support;

mod accounts;
mod assistant;
mod document;
mod idempotency;
mod isolation;
mod limits;
mod model;
mod pagination;
mod pagination_model;
mod probes;
mod problems;
mod secrets;
mod shutdown;
mod startup;
mod tasks;
mod tasks_caching;
mod tasks_versions;
mod traces;
