//! What a model is told and what comes back, free of any wire format. Absent on purpose: tasks and tools as such;
//! a tool is a name with a JSON schema here.

use std::time::Duration;

/// One entry of the history that a round sends.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// The product's own instructions.
    System(String),
    /// What the person wrote.
    User(String),
    /// What the model said before, and which tools it asked for then.
    Assistant {
        /// What it said; may be empty beside calls.
        text: String,
        /// What it asked for.
        calls: Vec<Call>,
    },
    /// What a tool answered.
    Tool {
        /// The call that it answers.
        call_id: String,
        /// The result as text, in practice JSON.
        content: String,
    },
}

/// A tool that the model may ask for.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolDefinition {
    /// Its name.
    pub name: &'static str,
    /// What it does, in words for the model.
    pub description: &'static str,
    /// The JSON schema of its arguments.
    pub parameters: serde_json::Value,
}

/// A tool that the model asked for. Everything in it is untrusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Names the call within its round; never empty and never twice in one answer.
    pub id: String,
    /// The tool, which may not exist; never empty.
    pub name: String,
    /// The whole text of the arguments, which may be no JSON; `{}` when the model sent none.
    pub arguments: String,
}

/// The outcome of a good round.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// Everything that was said: the pieces that the caller was given, joined.
    pub text: String,
    /// The tools asked for, in the order in which they began.
    pub calls: Vec<Call>,
    /// Why the answer ended.
    pub finish: Finish,
    /// The tokens counted by the provider, if it said so.
    pub usage: Option<Usage>,
    /// How long it took.
    pub timing: Timing,
    /// How many requests it took.
    pub attempts: u32,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// It was said.
    Stop,
    /// Tools are wanted.
    ToolCalls,
    /// The token limit cut it. Its calls are left out, since the last of them may be half of what was meant.
    Length,
    /// The provider's filter cut it; without calls for the same reason.
    Filtered,
    /// A word of the provider's own.
    Other,
}

/// Tokens, by the provider's count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Of the prompt.
    pub input: u64,
    /// Of the answer.
    pub output: u64,
}

/// Measured from the start of the round, so with the pauses before its last request: it is what a person waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// Until the first piece of text or of a call came. `None` when the answer came as one body.
    pub first_chunk: Option<Duration>,
    /// The number of such pieces.
    pub chunks: u32,
    /// Until the round was over.
    pub whole: Duration,
}
