//! The to-do application's backend: accounts and tasks over HTTP, kept in SQLite or PostgreSQL.

pub mod accounts;
pub mod app;
pub mod database;
pub mod problem;
pub mod timestamp;

pub use app::openapi;
