//! How tracing-loki's one way of reporting a failed request, a log event, is heard.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use tracing::{
    Event, Id, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span::{Attributes, Record},
    subscriber::Interest,
};

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Loki answered that these lines are wrong; trying again would answer the same.
    Refused,
    /// Everything that may pass: no connection, an overload, a fault of Loki.
    Passing(String),
}

/// Receives the events of the background task and nothing else.
pub(super) struct Listener {
    heard: Arc<Mutex<Option<Failure>>>,
}

impl Listener {
    pub(super) fn new(heard: Arc<Mutex<Option<Failure>>>) -> Self {
        Self { heard }
    }
}

impl Subscriber for Listener {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) { Interest::sometimes() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target().starts_with("tracing_loki")
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::ERROR)
    }

    fn event(&self, event: &Event<'_>) {
        let mut error = ErrorText(None);
        event.record(&mut error);
        if let (Some(text), Ok(mut heard)) = (error.0, self.heard.lock()) {
            *heard = Some(judge(text));
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct ErrorText(Option<String>);

impl Visit for ErrorText {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "error" {
            self.0 = Some(format!("{value:?}"));
        }
    }
}

/// reqwest's text is all that we get: `HTTP status client error (400 Bad Request) for url (…)`.
fn judge(text: String) -> Failure {
    let status = text.split_once("client error (").and_then(|(_, rest)| rest.get(..3));
    match status.and_then(|status| status.parse::<u16>().ok()) {
        // Too slow and too much are no verdict on the lines; not found is what a proxy without a Loki says.
        None | Some(404 | 408 | 425 | 429) => Failure::Passing(text),
        Some(_) => Failure::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_verdict_on_the_lines_is_final() {
        let client = |status: &str| format!("HTTP status client error ({status}) for url (http://loki/push)");
        assert_eq!(judge(client("400 Bad Request")), Failure::Refused);
        assert_eq!(judge(client("413 Payload Too Large")), Failure::Refused);
        for passing in [
            client("429 Too Many Requests"),
            "HTTP status server error (500 Internal Server Error) for url (http://loki/push)".to_owned(),
            "error sending request for url (http://loki/push)".to_owned(),
        ] {
            assert!(matches!(judge(passing.clone()), Failure::Passing(_)), "{passing}");
        }
    }
}
