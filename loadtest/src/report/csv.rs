//! `timeline.csv`: one row per second, for spreadsheets and later comparison. What was not sampled stays empty.

use crate::measurements::{Replicas, Second, Timeline};

const HEAD: &str = "at_s,phase,window,users,requests,failures,p50_ms,p95_ms,p99_ms,server_memory_mib,server_cores,generator_cores,\
     desired_replicas,running_replicas,ready_replicas,cpu_percent,cpu_target_percent,happened\n";

pub(super) fn text(timeline: &Timeline) -> String {
    let mut text = HEAD.to_owned();
    for second in &timeline.seconds {
        text.push_str(&row(second, timeline).join(","));
        text.push('\n');
    }
    text
}

fn row(second: &Second, timeline: &Timeline) -> Vec<String> {
    let at = second.at;
    let phase = timeline.phases.iter().find(|phase| phase.from <= at && at < phase.to);
    // A window shorter than a second belongs to every second that it touches.
    let window = timeline.windows.iter().find(|window| window.from < at + 1.0 && at < window.to);
    let replicas = timeline.replicas_in(at);
    let happened: Vec<&str> = timeline
        .happenings
        .iter()
        .filter(|happening| (at..at + 1.0).contains(&happening.at))
        .map(|happening| happening.kind.as_str())
        .collect();
    let count = |count: fn(&Replicas) -> u32| replicas.map(|row| count(row).to_string()).unwrap_or_default();
    vec![
        plain(Some(at)),
        quoted(phase.map_or("", |phase| &phase.name)),
        quoted(window.map_or("", |window| &window.name)),
        second.users.map(|users| users.to_string()).unwrap_or_default(),
        second.requests.to_string(),
        second.failures.to_string(),
        plain(second.p50_ms),
        plain(second.p95_ms),
        plain(second.p99_ms),
        plain(second.server_memory_mib),
        plain(second.server_cores),
        plain(second.generator_cores),
        count(|row| row.desired),
        count(|row| row.running),
        count(|row| row.ready),
        plain(replicas.and_then(|row| row.cpu_percent)),
        plain(replicas.and_then(|row| row.target_percent)),
        quoted(&happened.join("; ")),
    ]
}

/// Three decimals are below every resolution that we measure with.
fn plain(value: Option<f64>) -> String {
    match value {
        Some(value) if value.is_finite() => format!("{}", (value * 1_000.0).round() / 1_000.0),
        _ => String::new(),
    }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
