//! LOGS: every line that any server of the run printed on stdout, and secrets on stderr too. Absent on purpose: Loki,
//! which gets the same lines.

use std::path::Path;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Stopped;
use crate::measurements::Logs;
use crate::target::local::Output;

const EXAMPLES: usize = 10;
/// On every line (guide, "Logs").
const ALWAYS: &[&str] = &["body", "service.name", "service.version", "severity_text", "target", "timestamp"];
/// On the access line besides.
const ACCESS: &[&str] =
    &["duration_ms", "http.request.method", "http.response.status_code", "http.route", "request_id", "trace_id"];

/// Something that no line may contain.
#[derive(Clone, Debug)]
pub struct Secret {
    /// What it is called in the report, which never shows its value.
    pub name: &'static str,
    pub values: Vec<String>,
}

/// Reads all outputs.
pub async fn run(outputs: Vec<Output>, secrets: Vec<Secret>) -> Result<Logs, Stopped> {
    let reading = tokio::task::spawn_blocking(move || {
        let mut logs =
            Logs { secrets_planted: secrets.iter().map(|secret| secret.name.to_owned()).collect(), ..Logs::default() };
        for output in &outputs {
            let text = std::fs::read(&output.path)?;
            read(&String::from_utf8_lossy(&text), output, &secrets, &mut logs);
            // Panics and complaints need no format, but no secret may stand in them either.
            let complaints = std::fs::read(output.path.with_extension("err"))?;
            look_for(&secrets, &String::from_utf8_lossy(&complaints), &mut logs);
        }
        Ok::<_, std::io::Error>(logs)
    });
    let logs = reading.await.map_err(|error| Stopped::Broken(error.to_string()))?;
    logs.map_err(|error| Stopped::Broken(format!("The server's output cannot be read: {error}.")))
}

fn look_for(secrets: &[Secret], text: &str, logs: &mut Logs) {
    for secret in secrets.iter().filter(|secret| secret.values.iter().any(|value| text.contains(value.as_str()))) {
        if !logs.secrets_found.iter().any(|name| name == secret.name) {
            logs.secrets_found.push(secret.name.to_owned());
        }
    }
}

fn read(text: &str, output: &Output, secrets: &[Secret], logs: &mut Logs) {
    look_for(secrets, text, logs);
    // A kill may cut the last line in two; it then has no end and says nothing about the server's logging.
    let whole =
        if output.killed { text.rfind('\n').map_or("", |end| text.get(..=end).unwrap_or_default()) } else { text };
    for (index, line) in whole.lines().enumerate() {
        logs.lines += 1;
        let Ok(Value::Object(fields)) = serde_json::from_str(line) else {
            logs.not_json += 1;
            // Not the line itself: it may hold what must not be shown.
            note(logs, &output.path, index, "is not a JSON object");
            continue;
        };
        let access = fields.contains_key("http.response.status_code");
        logs.access_lines += u64::from(access);
        if let Some(what) = incomplete(&fields, access) {
            logs.incomplete += 1;
            note(logs, &output.path, index, &what);
        }
    }
}

/// What a line lacks.
fn incomplete(fields: &serde_json::Map<String, Value>, access: bool) -> Option<String> {
    let wanted = ALWAYS.iter().chain(if access { ACCESS } else { &[] });
    if let Some(name) = wanted.into_iter().find(|name| fields.get(**name).is_none_or(Value::is_null)) {
        return Some(format!("has no {name}"));
    }
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    if text("timestamp").is_none_or(|moment| OffsetDateTime::parse(moment, &Rfc3339).is_err()) {
        return Some("has a timestamp that is not RFC 3339".to_owned());
    }
    if fields.get("severity_number").is_none_or(|number| !number.is_u64()) {
        return Some("has no numeric severity_number".to_owned());
    }
    // Whatever is written for a request leads to its trace, and the other way round.
    if fields.contains_key("request_id") != fields.contains_key("trace_id") {
        return Some("has only one of request_id and trace_id".to_owned());
    }
    for (name, digits) in [("trace_id", 32), ("span_id", 16)] {
        let hex = |id: &str| id.len() == digits && id.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
        if fields.contains_key(name) && !text(name).is_some_and(hex) {
            return Some(format!("has a {name} that is not {digits} lower-case hexadecimal digits"));
        }
    }
    None
}

fn note(logs: &mut Logs, path: &Path, index: usize, what: &str) {
    if logs.examples.len() < EXAMPLES {
        let file = path.file_name().unwrap_or_default().display();
        logs.examples.push(format!("{file}, line {}, {what}", index + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"timestamp":"2026-01-01T00:00:00.123456789Z","severity_text":"INFO","severity_number":9,"body":"listening","service.name":"todo-backend","service.version":"0.1.0","target":"backend"}"#;
    const IDS: &str =
        r#""request_id":"r1","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","#;

    fn logs(text: &str, killed: bool) -> Logs {
        let secrets = [
            Secret { name: "password", values: vec!["hunter2".to_owned()] },
            Secret { name: "token", values: vec!["a.b.c".to_owned(), "d.e.f".to_owned()] },
        ];
        let mut logs = Logs::default();
        read(text, &Output { path: "server-01.log".into(), killed }, &secrets, &mut logs);
        logs
    }

    fn faults(logs: &Logs) -> (u64, u64, u64) {
        (logs.lines, logs.not_json, logs.incomplete)
    }

    #[test]
    fn documented_lines_have_no_faults() {
        let access = LINE.replace('{', &format!("{{{IDS}\"http.route\":\"/api/me\",\"http.request.method\":\"GET\",\"http.response.status_code\":200,\"duration_ms\":1.5,"));
        let logs = logs(&format!("{LINE}\n{access}\n"), false);
        assert_eq!((faults(&logs), logs.access_lines), ((2, 0, 0), 1), "{:?}", logs.examples);
    }

    #[test]
    fn every_missing_or_misshapen_field_is_named() {
        for (from, to, named) in [
            ("\"body\":\"listening\",", "", "body"),
            ("\"body\":\"listening\"", "\"body\":null", "body"),
            ("2026-01-01T", "2026-13-01T", "RFC 3339"),
            ("\"severity_number\":9", "\"severity_number\":\"9\"", "severity_number"),
            ("{", "{\"request_id\":\"r1\",", "only one of"),
            ("{", "{\"request_id\":\"r1\",\"trace_id\":\"XYZ\",", "trace_id"),
            ("{", "{\"http.response.status_code\":200,", "duration_ms"),
        ] {
            let logs = logs(&LINE.replacen(from, to, 1), false);
            assert_eq!(faults(&logs), (1, 0, 1), "{to}");
            assert!(logs.examples[0].contains(named), "{to}: {:?}", logs.examples);
        }
    }

    #[test]
    fn a_line_cut_by_a_kill_is_no_fault_but_by_nothing_else() {
        let text = format!("{LINE}\n{{\"timest");
        assert_eq!(faults(&logs(&text, true)), (1, 0, 0));
        assert_eq!(faults(&logs(&text, false)), (2, 1, 0));
    }

    #[tokio::test]
    async fn a_secret_on_stderr_or_in_a_cut_line_is_found_too() {
        for (stdout, stderr) in
            [(format!("{LINE}\n"), "panicked at hunter2"), (format!("{LINE}\n{{\"body\":\"hunter2"), "")]
        {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("server-01.log");
            std::fs::write(&path, stdout).unwrap();
            std::fs::write(path.with_extension("err"), stderr).unwrap();
            let secrets = vec![Secret { name: "password", values: vec!["hunter2".to_owned()] }];
            let logs = run(vec![Output { path, killed: true }], secrets).await.unwrap();
            assert_eq!((faults(&logs), logs.secrets_found), ((1, 0, 0), vec!["password".to_owned()]), "{stderr}");
        }
    }

    #[test]
    fn a_secret_is_found_wherever_it_stands_and_never_shown() {
        let text = format!("{}\nhunter2 d.e.f\n", LINE.replace("listening", "welcome hunter2"));
        let logs = logs(&text, false);
        assert_eq!(logs.secrets_found, ["password", "token"]);
        assert!(!logs.examples.concat().contains("hunter2"), "{:?}", logs.examples);
    }
}
