//! One answer from the first byte to the last, without any network: bytes go in, text comes out while they do, and a
//! completion is there once the provider has said why the answer ended. Until then there are no calls, whatever has come.
//! Absent on purpose: time and retries.

use super::{
    calls::Calls,
    chunk::{Choice, Chunk, Delta},
    event_stream::EventStream,
    failure::{FailureKind, Fault},
    joined::Joined,
    messages::{Call, Finish, Usage},
};

/// Bytes of a whole answer on the wire. A stream spends about 300 on a token.
const LONGEST_ANSWER: usize = 8 * 1024 * 1024;
/// Bytes of the text in it, which is stored and shown.
const LONGEST_TEXT: usize = 64 * 1024;

/// How an answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Server-sent events.
    Stream,
    /// One JSON document, from a server that does not know how to stream.
    Whole,
}

pub(super) struct Answer {
    form: Form,
    received: usize,
    events: EventStream,
    whole: Vec<u8>,
    content: Content,
}

#[derive(Default)]
struct Content {
    text: Joined,
    calls: Calls,
    finish: Option<Finish>,
    usage: Option<Usage>,
    pieces: u32,
    done: bool,
}

/// What an answer holds in the end.
pub(super) struct Finished {
    pub(super) text: String,
    pub(super) calls: Vec<Call>,
    pub(super) finish: Finish,
    pub(super) usage: Option<Usage>,
}

impl Answer {
    pub(super) fn new(form: Form) -> Self {
        let (events, content) = (EventStream::default(), Content::default());
        Self { form, received: 0, events, whole: Vec::new(), content }
    }

    /// Takes the next bytes; `on_text` gets the text that became whole with them.
    pub(super) fn push(&mut self, bytes: &[u8], on_text: &mut (impl FnMut(&str) + ?Sized)) -> Result<(), Fault> {
        self.received = self.received.saturating_add(bytes.len());
        if self.received > LONGEST_ANSWER {
            return Err(Fault::bad_answer("the answer is too long"));
        }
        match self.form {
            Form::Stream => self.events.push(bytes, |data| self.content.event(data, on_text)),
            Form::Whole => {
                self.whole.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    /// There are no more bytes.
    pub(super) fn end(&mut self, on_text: &mut (impl FnMut(&str) + ?Sized)) -> Result<(), Fault> {
        if self.form == Form::Stream {
            return Ok(());
        }
        self.content.json(&self.whole, on_text)?;
        match self.content.finish {
            Some(_) => Ok(()),
            None => Err(Fault::bad_answer("the answer does not say why it ended")),
        }
    }

    /// What was said and asked for. An answer that was cut off by a limit has no calls: some are missing, or halved.
    pub(super) fn finish(&mut self) -> Result<Finished, Fault> {
        let content = &mut self.content;
        let Some(finish) = content.finish else {
            return Err(Fault::new(FailureKind::Cut, "the answer ended in the middle"));
        };
        let calls = match finish {
            Finish::Length | Finish::Filtered => Vec::new(),
            Finish::Stop | Finish::ToolCalls | Finish::Other => std::mem::take(&mut content.calls).finish()?,
        };
        Ok(Finished { text: std::mem::take(&mut content.text).into_string(), calls, finish, usage: content.usage })
    }

    /// Whether anything of an answer has come, so that asking again could say or do something twice.
    pub(super) fn has_begun(&self) -> bool {
        self.content.pieces > 0
    }

    /// Whether the provider has said why the answer ended; what may still come are token counts.
    pub(super) fn has_ended(&self) -> bool {
        self.content.finish.is_some()
    }

    /// Whether nothing more will come.
    pub(super) fn is_done(&self) -> bool {
        self.content.done
    }

    /// How many pieces of text and calls have come.
    pub(super) fn pieces(&self) -> u32 {
        self.content.pieces
    }

    /// The text so far.
    pub(super) fn into_text(self) -> String {
        self.content.text.into_string()
    }
}

impl Content {
    fn event(&mut self, data: &str, on_text: &mut (impl FnMut(&str) + ?Sized)) -> Result<(), Fault> {
        if self.done {
            return Ok(());
        }
        if data.trim() == "[DONE]" {
            self.done = true;
            return Ok(());
        }
        self.json(data.as_bytes(), on_text)
    }

    fn json(&mut self, json: &[u8], on_text: &mut (impl FnMut(&str) + ?Sized)) -> Result<(), Fault> {
        let Ok(chunk) = serde_json::from_slice::<Chunk>(json) else {
            return Err(Fault::bad_answer("the answer is not JSON of the agreed form"));
        };
        if let Some(error) = &chunk.error {
            return Err(error_within(error));
        }
        if let Some(counts) = chunk.usage
            && let (Some(input), Some(output)) = (counts.prompt_tokens, counts.completion_tokens)
        {
            self.usage = Some(Usage { input, output });
        }
        // We ask for one choice; others would be mixed into it.
        let choices = chunk.choices.unwrap_or_default().into_iter();
        choices.filter(|choice| choice.index.unwrap_or(0) == 0).try_for_each(|choice| self.choice(choice, on_text))
    }

    fn choice(&mut self, choice: Choice, on_text: &mut (impl FnMut(&str) + ?Sized)) -> Result<(), Fault> {
        if let Some(delta) = choice.delta.or(choice.message) {
            self.delta(delta, on_text)?;
        }
        if let Some(reason) = choice.finish_reason.filter(|reason| !reason.is_empty()) {
            self.finish = Some(match reason.as_str() {
                "stop" => Finish::Stop,
                "tool_calls" => Finish::ToolCalls,
                "length" => Finish::Length,
                "content_filter" => Finish::Filtered,
                _ => Finish::Other,
            });
        }
        Ok(())
    }

    fn delta(&mut self, delta: Delta, on_text: &mut (impl FnMut(&str) + ?Sized)) -> Result<(), Fault> {
        let calls = delta.tool_calls.unwrap_or_default();
        if !delta.content.0.is_empty() || !delta.refusal.0.is_empty() || !calls.is_empty() {
            self.pieces = self.pieces.saturating_add(1);
        }
        let before = self.text.as_str().len();
        self.text.push(&delta.content.0);
        self.text.push(&delta.refusal.0);
        let new = &self.text.as_str()[before..];
        if !new.is_empty() {
            on_text(new);
        }
        if self.text.as_str().len() > LONGEST_TEXT {
            return Err(Fault::bad_answer("the text is too long"));
        }
        for piece in calls {
            // More of a call after the end: that was not the end.
            self.finish = None;
            self.calls.push(piece)?;
        }
        Ok(())
    }
}

/// An error that a server reports after it has already answered 200. Only its class is taken, never its words.
fn error_within(error: &serde_json::Value) -> Fault {
    let word = |name| error.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    let number = error.get("code").and_then(serde_json::Value::as_u64);
    let (kind, detail) =
        if number == Some(429) || word("code").contains("rate_limit") || word("type").contains("rate_limit") {
            (FailureKind::RateLimited, "the answer is a rate limit")
        } else if number.is_some_and(|code| (400..500).contains(&code)) || word("type") == "invalid_request_error" {
            (FailureKind::Refused, "the answer is a refusal")
        } else {
            (FailureKind::ServerError, "the answer is an error")
        };
    Fault::new(kind, detail)
}

#[cfg(test)]
mod tests;
