//! How one event reads: a JSON object with OpenTelemetry's names for machines, short text for a terminal. Absent on
//! purpose: fields of spans other than the request's identity, because a line must not grow with its surroundings.

use std::{
    cell::Cell,
    fmt::{self, Write},
    time::{SystemTime, UNIX_EPOCH},
};

use time::OffsetDateTime;
use tracing::{
    Event, Level,
    field::{Field, Visit},
};

use crate::{chain, correlation::Correlation, settings::Settings};

/// Names that the line itself uses; a field of the same name is written as `field.<name>`.
const RESERVED: [&str; 12] = [
    "timestamp",
    "severity_text",
    "severity_number",
    "body",
    "trace_id",
    "span_id",
    "trace_flags",
    "request_id",
    "target",
    "service.name",
    "service.version",
    "k8s.pod.name",
];

/// How lines look.
pub(super) enum Format {
    /// For machines; holds the members that are the same on every line.
    Json { constant: String },
    /// For people.
    Compact,
}

impl Format {
    pub(super) fn json(settings: &Settings) -> Self {
        let mut constant = String::new();
        let pod = settings.pod_name.as_deref();
        let (name, version) = (settings.service.name, settings.service.version);
        for (name, value) in [("service.name", Some(name)), ("service.version", Some(version)), ("k8s.pod.name", pod)] {
            if let Some(value) = value {
                let _ = write!(constant, ",\"{name}\":");
                quote(&mut constant, value);
            }
        }
        Self::Json { constant }
    }

    /// Appends the line of `event` to an empty buffer, with its line feed.
    pub(super) fn write(&self, line: &mut String, event: &Event<'_>, correlation: Option<&Correlation>) {
        // Writing to a string cannot fail, so the results below carry no news.
        match self {
            Self::Json { constant } => json(line, event, correlation, constant),
            Self::Compact => compact(line, event, correlation),
        }
        line.push('\n');
    }
}

fn json(line: &mut String, event: &Event<'_>, correlation: Option<&Correlation>, constant: &str) {
    let (text, number) = severity(*event.metadata().level());
    line.push_str("{\"timestamp\":\"");
    timestamp(line);
    let _ = write!(line, "\",\"severity_text\":\"{text}\",\"severity_number\":{number}");
    let mut fields = JsonFields { line, body: false, target: None };
    event.record(&mut fields);
    let JsonFields { line, body, target } = fields;
    if !body {
        line.push_str(",\"body\":\"\"");
    }
    if let Some(correlation) = correlation {
        // These values are plain by construction, so they need no escaping.
        for (name, value) in [
            (",\"trace_id\":\"", correlation.trace_id()),
            ("\",\"span_id\":\"", correlation.span_id()),
            ("\",\"trace_flags\":\"", correlation.trace_flags()),
            ("\",\"request_id\":\"", &*correlation.request_id),
        ] {
            line.push_str(name);
            line.push_str(value);
        }
        line.push('"');
    }
    line.push_str(constant);
    line.push_str(",\"target\":");
    quote(line, target.as_deref().unwrap_or(event.metadata().target()));
    line.push('}');
}

fn compact(line: &mut String, event: &Event<'_>, correlation: Option<&Correlation>) {
    timestamp(line);
    // The date and the last six digits of the nanoseconds tell a person nothing.
    line.truncate("0000-00-00T00:00:00.000".len());
    line.drain(.."0000-00-00T".len());
    let colour = match *event.metadata().level() {
        Level::ERROR => 31,
        Level::WARN => 33,
        Level::INFO => 32,
        _ => 2,
    };
    let (text, _) = severity(*event.metadata().level());
    let _ = write!(line, " \x1b[{colour}m{text:5}\x1b[0m \x1b[2m{}\x1b[0m", event.metadata().target());
    event.record(&mut CompactFields { line });
    if let Some(correlation) = correlation {
        let _ = write!(line, " \x1b[2mrequest_id={}\x1b[0m", correlation.request_id);
    }
}

/// OpenTelemetry's names and numbers.
fn severity(level: Level) -> (&'static str, u8) {
    match level {
        Level::TRACE => ("TRACE", 1),
        Level::DEBUG => ("DEBUG", 5),
        Level::INFO => ("INFO", 9),
        Level::WARN => ("WARN", 13),
        Level::ERROR => ("ERROR", 17),
    }
}

/// RFC 3339 in UTC with nanoseconds. The calendar is computed once per second and thread.
fn timestamp(line: &mut String) {
    thread_local! {
        static SECOND: Cell<(u64, [u8; 19])> = const { Cell::new((u64::MAX, [0; 19])) };
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (mut second, mut text) = SECOND.get();
    if second != now.as_secs() {
        second = now.as_secs();
        text = calendar(second);
        SECOND.set((second, text));
    }
    line.push_str(str::from_utf8(&text).unwrap_or("1970-01-01T00:00:00"));
    let _ = write!(line, ".{:09}Z", now.subsec_nanos());
}

fn calendar(second: u64) -> [u8; 19] {
    let moment = i64::try_from(second).ok().and_then(|second| OffsetDateTime::from_unix_timestamp(second).ok());
    let moment = moment.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (date, time) = (moment.date(), moment.time());
    let text = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    );
    text.as_bytes().try_into().unwrap_or(*b"1970-01-01T00:00:00")
}

/// Appends `text` as a JSON string.
fn quote(line: &mut String, text: &str) {
    line.push('"');
    let _ = Escaping(line).write_str(text);
    line.push('"');
}

/// Writes the inside of a JSON string.
struct Escaping<'a>(&'a mut String);

impl Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut plain = 0;
        for (position, byte) in text.bytes().enumerate() {
            if byte >= 0x20 && byte != b'"' && byte != b'\\' {
                continue;
            }
            self.0.push_str(&text[plain..position]);
            plain = position + 1;
            match byte {
                b'"' => self.0.push_str("\\\""),
                b'\\' => self.0.push_str("\\\\"),
                b'\n' => self.0.push_str("\\n"),
                b'\t' => self.0.push_str("\\t"),
                other => write!(self.0, "\\u{other:04x}")?,
            }
        }
        self.0.push_str(&text[plain..]);
        Ok(())
    }
}

struct JsonFields<'a> {
    line: &'a mut String,
    body: bool,
    /// The target of a line that came from the `log` crate, which has one callsite for all.
    target: Option<String>,
}

impl JsonFields<'_> {
    /// Writes the name; false when the field does not belong into the line.
    fn name(&mut self, field: &Field) -> bool {
        let name = field.name();
        if name == "message" && !self.body {
            self.body = true;
            self.line.push_str(",\"body\":");
            return true;
        }
        if name.starts_with("log.") {
            return false;
        }
        // Libraries say `error` for a text; beside `error.type` it would be a text and an object in one.
        let name = if name == "error" { "error.message" } else { name };
        let prefix = if name == "message" || RESERVED.contains(&name) { "field." } else { "" };
        let _ = write!(self.line, ",\"{prefix}{name}\":");
        true
    }

    fn plain(&mut self, field: &Field, value: impl fmt::Display) {
        if self.name(field) {
            let _ = write!(self.line, "{value}");
        }
    }

    fn text(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        if self.name(field) {
            self.line.push('"');
            let _ = Escaping(self.line).write_fmt(value);
            self.line.push('"');
        }
    }
}

impl Visit for JsonFields<'_> {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.plain(field, value);
        } else {
            self.text(field, format_args!("{value}"));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "log.target" {
            self.target = Some(value.to_owned());
        } else if self.name(field) {
            quote(self.line, value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, format_args!("{value:?}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.text(field, format_args!("{}", chain(value)));
    }
}

struct CompactFields<'a> {
    line: &'a mut String,
}

impl Visit for CompactFields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let name = field.name();
        let _ = match name {
            "message" => write!(self.line, " {value:?}"),
            _ if name.starts_with("log.") => Ok(()),
            _ => write!(self.line, " \x1b[2m{name}=\x1b[0m{value:?}"),
        };
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let _ = write!(self.line, " \x1b[2m{}=\x1b[0m{}", field.name(), chain(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_text_stays_one_json_string_on_one_line() {
        let text = "quote \" backslash \\ line\nfeed\ttab \u{1} \u{1b}[31m ünïcödé \u{2028}";
        let mut line = String::new();
        quote(&mut line, text);
        assert!(!line.contains('\n'), "{line}");
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }

    #[test]
    fn the_calendar_is_right() {
        assert_eq!(&calendar(0), b"1970-01-01T00:00:00");
        assert_eq!(&calendar(951_782_400), b"2000-02-29T00:00:00");
        assert_eq!(&calendar(1_767_225_599), b"2025-12-31T23:59:59");
    }

    #[test]
    fn a_timestamp_has_nanoseconds() {
        let mut line = String::new();
        timestamp(&mut line);
        assert_eq!(line.len(), "2025-12-31T23:59:59.123456789Z".len(), "{line}");
    }
}
