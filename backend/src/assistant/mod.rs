//! The assistant's parts: what people say becomes requests about their tasks (`rules`), or is put to a language model
//! (`model`). Absent on purpose, for now: the chat that joins them.

pub mod model;
pub mod rules;
