//! Tests through HTTP against the real frontend in front of the real backend, each pair on free ports with a database of
//! its own. Browser tests are in `e2e`.

#![expect(clippy::expect_used, clippy::panic, reason = "a helper that cannot go on ends the test that called it")]

mod assets;
mod backend_client;
mod browser;
mod chat_pages;
mod chat_stand_in;
mod chat_stream;
mod conflicts;
mod errors;
mod forms;
mod journey;
mod outage;
mod program;
mod security;
mod session;
mod site;
mod stand_in;
mod weight;
