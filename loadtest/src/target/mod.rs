//! The server under test: started, stopped, killed and read. Absent on purpose: what is asked of it.

pub mod child;
pub mod cluster;
pub mod local;
pub mod process;
pub mod settings;
