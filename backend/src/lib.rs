//! The to-do application's backend: accounts, tasks and an assistant over HTTP, kept in SQLite or PostgreSQL.

pub mod accounts;
pub mod app;
pub mod assistant;
mod audit;
pub mod config;
pub mod database;
mod document;
mod headers;
pub mod idempotency;
pub mod limits;
pub mod probes;
pub mod problem;
mod program;
mod server;
mod sweep;
pub mod tasks;
pub mod timestamp;

pub use app::openapi;
pub use program::{main, main_with};
pub use server::{RunError, run};
