//! What has been said and done so far in a turn. It is filled while the turn goes on, so that whatever ends the turn, there
//! is something to keep.

use serde_json::{Value, json};

use super::event::{Event, Listener};
use crate::assistant::{
    conversations::model::{Engine, Remembered},
    tools::{Data, Outcome, Tool, ToolError, Toolbox},
};

/// Bytes of an answer that are kept: several times what a model is allowed to say.
const MOST_BYTES: usize = 64 * 1024;
/// Bytes of what tools found that are kept and told with an answer: some lists of ordinary tasks. A conversation is read a hundred
/// messages at a time.
const MOST_RESULT_BYTES: usize = 64 * 1024;

/// A turn in the making.
pub(super) struct Transcript {
    listener: Listener,
    pub(super) text: String,
    pub(super) tool_calls: Vec<Value>,
    pub(super) engine: Engine,
    pub(super) fallback: bool,
    pub(super) remembered: Remembered,
    /// How many bytes of results there is still room for.
    room: usize,
}

impl Transcript {
    pub(super) fn new(listener: Listener, remembered: Remembered) -> Self {
        let (text, tool_calls) = (String::new(), Vec::new());
        let room = MOST_RESULT_BYTES;
        Self { listener, text, tool_calls, engine: Engine::Rules, fallback: false, remembered, room }
    }

    /// Says something more, as a paragraph of its own when something was said before.
    pub(super) async fn say(&mut self, text: &str) {
        let piece = if self.text.is_empty() { text.to_owned() } else { format!("\n\n{text}") };
        self.add(&piece);
        self.listener.tell(Event::Token(piece)).await;
    }

    /// Adds a piece that has been told already.
    pub(super) fn add(&mut self, piece: &str) {
        let room = MOST_BYTES.saturating_sub(self.text.len());
        self.text.push_str(&piece[..piece.floor_char_boundary(room)]);
    }

    /// Uses a tool and tells when it begins and how it ended.
    pub(super) async fn use_tool(
        &mut self,
        toolbox: &mut Toolbox,
        name: &str,
        arguments: serde_json::Map<String, Value>,
    ) -> Result<Outcome, ToolError> {
        // A name that a model made up is not repeated.
        let shown = Tool::named(name).map_or("unknown", Tool::name);
        self.listener.tell(Event::ToolCall(json!({"tool": shown, "status": "executing"}))).await;
        // In a box, because the future of a tool is large and a thread's stack is not.
        let outcome = Box::pin(toolbox.call(name, arguments)).await;
        self.note(shown, &outcome).await;
        outcome
    }

    /// Notes how a tool ended, and what the conversation is about from now on.
    pub(super) async fn note(&mut self, tool: &'static str, outcome: &Result<Outcome, ToolError>) {
        let ended = match outcome {
            Ok(outcome) => {
                self.remember(tool, outcome);
                json!({"tool": tool, "status": "completed", "result": self.fitting(outcome)})
            }
            Err(error) => json!({"tool": tool, "status": "failed", "error": error.json()}),
        };
        self.tool_calls.push(ended.clone());
        self.listener.tell(Event::ToolCall(ended)).await;
    }

    /// The result as far as there is room for it: the count and the sentence are always there, the page has the tasks.
    fn fitting(&mut self, outcome: &Outcome) -> Value {
        let mut result = outcome.json();
        let mut length = result.to_string().len();
        if length > self.room {
            result["data"] = json!({"left_out": true});
            length = 0;
        }
        self.room -= length;
        result
    }

    fn remember(&mut self, tool: &str, outcome: &Outcome) {
        let known = outcome.known();
        let looked = Tool::named(tool).is_some_and(Tool::is_read_only);
        match &outcome.data {
            Data::Tasks { .. } if looked => {
                // One task that was found is what "it" means next; of several it is asked which.
                self.remembered.touched = if known.len() == 1 { known.clone() } else { Vec::new() };
                self.remembered.list = known;
            }
            Data::Task(_) | Data::Tasks { .. } => self.remembered.touched = known,
            // The question numbers them.
            Data::Confirmation(_) => self.remembered.list = known,
            Data::Statistics(_) => {}
        }
    }
}
