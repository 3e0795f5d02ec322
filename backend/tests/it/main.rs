//! Everything that the backend promises, asked of the real executable over HTTP, on SQLite and on PostgreSQL.

#[macro_use]
mod support;

mod accounts;
