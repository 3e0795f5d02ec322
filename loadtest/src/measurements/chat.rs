//! What talking to the assistant showed, as plain data.

use serde::{Deserialize, Serialize};

/// Turns of the steady load, but for those that touch a window in which something is down.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Chat {
    pub turns: u64,
    /// Turns without the right answer: none, a refusal, a stream that was cut, or something else than was asked for.
    pub failed: u64,
    /// From the message to the whole answer, one per turn with the right answer.
    pub whole_ms: Vec<f64>,
    /// From the message to the first piece of text, one per such turn that was streamed.
    pub first_token_ms: Vec<f64>,
    pub examples: Vec<String>,
}

/// Streamed turns while a server ended.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Streams {
    /// `SIGTERM`, `helm upgrade` or `helm rollback`.
    pub during: String,
    /// Streams that were asked for and had not ended when the signal was sent. A rollout sends one to each pod, at a moment of its own.
    pub open_at_signal: Option<u64>,
    /// Messages on connections that were accepted.
    pub begun: u64,
    /// Those whose stream ended in `done`.
    pub done: u64,
    pub examples: Vec<String>,
}
