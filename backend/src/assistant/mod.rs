//! The assistant: what people say becomes requests about their tasks.

pub mod rules;
