//! One request's identity: its own id and its place in a trace, made once and then read by log lines, headers and
//! outgoing calls. Absent on purpose: spans and their export (see `trace.rs`).

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries a request's own id.
pub(crate) const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// The header that tells a client under which trace its request is found.
pub(crate) const TRACE_ID_HEADER: HeaderName = HeaderName::from_static("x-trace-id");
const TRACEPARENT_HEADER: HeaderName = HeaderName::from_static("traceparent");

tokio::task_local! {
    /// The request that this task handles.
    pub(crate) static CURRENT: Arc<Correlation>;
}

/// The place in a trace: of a parent that came with a request, or of our own server span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) trace_id: u128,
    pub(crate) span_id: u64,
    pub(crate) flags: u8,
}

impl Position {
    /// A new span below `parent`, or the first of a new trace.
    pub(crate) fn below(parent: Option<Self>) -> Self {
        Self {
            trace_id: parent.map_or_else(|| nonzero(rand::random::<u128>), |parent| parent.trace_id),
            span_id: nonzero(rand::random::<u64>),
            flags: parent.map_or(0, |parent| parent.flags),
        }
    }

    /// The parent that the client names, when it names one correctly.
    pub(crate) fn of_parent(headers: &HeaderMap) -> Option<Self> {
        parse_traceparent(headers.get(TRACEPARENT_HEADER)?.to_str().ok()?)
    }

    /// The value of a `traceparent` header.
    pub(crate) fn traceparent(&self) -> String {
        let mut text = String::with_capacity(55);
        text.push_str("00-");
        push_hex(&mut text, &self.trace_id.to_be_bytes());
        text.push('-');
        push_hex(&mut text, &self.span_id.to_be_bytes());
        text.push('-');
        push_hex(&mut text, &[self.flags]);
        text
    }
}

/// What every log line of a request says about it.
#[derive(Debug)]
pub(crate) struct Correlation {
    /// The request's own id.
    pub(crate) request_id: Arc<str>,
    /// `00-<trace id>-<span id>-<flags>`; the accessors cut their parts out of it.
    traceparent: String,
}

impl Correlation {
    pub(crate) fn new(request_id: Arc<str>, position: Position) -> Self {
        Self { request_id, traceparent: position.traceparent() }
    }

    pub(crate) fn trace_id(&self) -> &str {
        &self.traceparent[3..35]
    }

    pub(crate) fn span_id(&self) -> &str {
        &self.traceparent[36..52]
    }

    pub(crate) fn trace_flags(&self) -> &str {
        &self.traceparent[53..55]
    }

    /// The headers that carry a request's identity to the next service, from `position` when a span below ours calls.
    pub(crate) fn outgoing(&self, position: Option<Position>) -> HeaderMap {
        let traceparent = position.map_or_else(|| self.traceparent.clone(), |position| position.traceparent());
        let mut headers = HeaderMap::with_capacity(2);
        for (name, value) in [(TRACEPARENT_HEADER, traceparent.as_str()), (REQUEST_ID_HEADER, &*self.request_id)] {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        }
        headers
    }
}

/// The id that a request brings, or a new one. Ids go into every log line, so only short plain ones are taken over.
pub(crate) fn request_id(headers: &HeaderMap) -> Arc<str> {
    let brought = headers.get(REQUEST_ID_HEADER).and_then(|value| value.to_str().ok()).filter(|id| is_sane(id));
    brought.map_or_else(
        || {
            let mut id = String::with_capacity(32);
            push_hex(&mut id, &rand::random::<[u8; 16]>());
            id.into()
        },
        Arc::from,
    )
}

/// By hand, because this is done several times per request and the standard formatting takes five times as long.
fn push_hex(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

fn is_sane(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// The place that a `traceparent` names, when it names one correctly.
pub(crate) fn parse_traceparent(text: &str) -> Option<Position> {
    let mut parts = text.trim().split('-');
    let (version, trace_id, span_id, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let future = version != "00";
    if hex(version, 2)? == 0xff || (parts.next().is_some() && !future) {
        return None;
    }
    let trace_id = hex(trace_id, 32).filter(|id| *id != 0)?;
    let span_id = u64::try_from(hex(span_id, 16)?).ok().filter(|id| *id != 0)?;
    // Only "sampled" is defined; unknown flags are not passed on.
    let flags = u8::try_from(hex(flags, 2)? & 1).ok()?;
    Some(Position { trace_id, span_id, flags })
}

/// Exactly `digits` lower-case hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let lower = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (text.len() == digits && lower).then(|| u128::from_str_radix(text, 16).ok())?
}

fn nonzero<T: Default + PartialEq>(random: impl Fn() -> T) -> T {
    loop {
        let value = random();
        if value != T::default() {
            return value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_child_continues_its_parents_trace_with_a_span_of_its_own() {
        let parent = parse_traceparent(PARENT).unwrap();
        assert_eq!(parent.traceparent(), PARENT);
        let child = Position::below(Some(parent));
        assert_eq!((child.trace_id, child.flags), (parent.trace_id, 1));
        assert_ne!(child.span_id, parent.span_id);
        let correlation = Correlation::new("abc".into(), child);
        assert_eq!(correlation.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(correlation.span_id(), format!("{:016x}", child.span_id));
        assert_eq!(correlation.trace_flags(), "01");
    }

    #[test]
    fn a_wrong_traceparent_starts_a_new_trace() {
        for wrong in [
            "",
            "00",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(parse_traceparent(wrong), None, "{wrong}");
        }
        assert!(
            parse_traceparent(&format!("01{}-more", &PARENT[2..])).is_some(),
            "a later version may have more parts"
        );
    }

    #[test]
    fn only_short_plain_request_ids_are_taken_over() {
        for sane in ["0190c7d2-7c1e-7b3a-9f43-5f1f1c0a9b11", "build.42_7", "7"] {
            assert!(is_sane(sane), "{sane}");
        }
        for hostile in ["", "a\"b}{injected", "white space here", "ünïcödé-id", &"x".repeat(65)] {
            assert!(!is_sane(hostile), "{hostile}");
        }
    }
}
