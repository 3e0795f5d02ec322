//! One change to the good run per row: to the limit, beyond it, or taking evidence away.

use crate::measurements::{Measurements, Part};

/// What a row does to the good run.
pub(super) type Change = fn(&mut Measurements);

/// A change that fails this criterion, and what the reason must then say.
pub(super) type Breaking = (&'static str, Change, &'static str);

/// The measured value, to be changed.
pub(super) fn of<T>(part: &mut Part<T>) -> &mut T {
    match part {
        Part::Measured(value) => value,
        Part::NotMeasured(_) | Part::Broken(_) => panic!("the good run measures every part"),
    }
}

/// What is exactly at its limit passes; every value here is the last one that does.
pub(super) const AT_THE_LIMIT: &[(&str, Change)] = &[
    ("SC-003", |run| {
        of(&mut run.ledger).acknowledged = 1_000;
        of(&mut run.ledger).audited = 1_000;
        of(&mut run.ledger).retried = 1;
    }),
    ("SC-007", |run| of(&mut run.freshness).delays_seconds = vec![30.0; 20]),
    ("HEALTH", |run| of(&mut run.health).slowest_ms = Some(1_000.0)),
    ("HEALTH", |run| {
        of(&mut run.health).sent = 20;
        of(&mut run.health).answered = 20;
    }),
    ("HEALTH", |run| of(&mut run.flood).offered = 257),
    ("DRAIN", |run| of(&mut run.drain).in_flight = 5),
    ("DRAIN", |run| of(&mut run.drain).ended_after_seconds = Some(20.0)),
    ("STREAMS", |run| of(&mut run.streams)[0].open_at_signal = Some(3)),
    ("STREAMS", |run| {
        let row = &mut of(&mut run.streams)[0];
        (row.begun, row.done) = (30, 30);
    }),
    ("ERRORS", |run| of(&mut run.errors).requests_outside_windows = 1_000),
    ("CHAT", |run| of(&mut run.chat).whole_ms = vec![1_000.0; 20]),
    ("CHAT", |run| of(&mut run.chat).first_token_ms = vec![1_000.0; 10]),
    ("CHAT", |run| of(&mut run.chat).turns = 20),
    ("LATENCY", |run| of(&mut run.latency)[0].p95_ms = Some(100.0)),
    ("LATENCY", |run| of(&mut run.latency)[0].p99_ms = Some(250.0)),
    ("LATENCY", |run| {
        of(&mut run.latency)[0].due = 101;
        of(&mut run.latency)[0].answered = 100;
    }),
    ("METRICS", |run| {
        of(&mut run.metrics).series_before_random_paths = 2_000;
        of(&mut run.metrics).series_after_random_paths = 2_000;
    }),
    ("METRICS", |run| of(&mut run.metrics).agreement[0].server = 9_090),
    ("METRICS", |run| {
        of(&mut run.metrics).agreement[0].client = 10;
        of(&mut run.metrics).agreement[0].server = 12;
    }),
    ("LOGS", |run| of(&mut run.logs).lines = 100),
    ("START", |run| of(&mut run.start).ready_ms = vec![100.0; 10]),
    ("MEMORY", |run| of(&mut run.memory).idle_mib = Some(40.0)),
    ("MEMORY", |run| of(&mut run.memory).peak_mib = Some(384.0)),
    ("MEMORY", |run| of(&mut run.memory).after_load_mib = Some(192.0)),
];

/// Each row breaks one limit of the product; the last column is what the reason must say.
pub(super) const BROKEN: &[Breaking] = &[
    ("SC-003", |run| of(&mut run.ledger).lost = 1, "1 acknowledged write was lost"),
    ("SC-003", |run| of(&mut run.ledger).duplicated = 1, "more than once"),
    ("SC-003", |run| of(&mut run.ledger).altered = 1, "was altered"),
    ("SC-003", |run| of(&mut run.kills)[4].ready_again_ms = None, "did not become ready again"),
    ("SC-003", |run| of(&mut run.kills)[4].ready_again_ms = Some(f64::NAN), "did not become ready again"),
    ("SC-006", |run| of(&mut run.configuration).second_seen = "one".to_owned(), "set to \"two\""),
    ("SC-006", |run| of(&mut run.configuration).first_seen = "x".to_owned(), "before the restart"),
    ("SC-006", |run| of(&mut run.configuration).second_executable = "other".to_owned(), "another one"),
    ("SC-007", |run| of(&mut run.freshness).delays_seconds[3] = 30.01, "slowest marker"),
    ("SC-007", |run| of(&mut run.freshness).never_seen = 1, "never became visible"),
    ("HEALTH", |run| of(&mut run.health).slowest_ms = Some(1_000.5), "during the heaviest step"),
    ("HEALTH", |run| of(&mut run.health).slowest_ms = Some(f64::NAN), "during the heaviest step"),
    ("HEALTH", |run| of(&mut run.health).answered -= 1, "did not answer 1 of 120"),
    ("HEALTH", |run| of(&mut run.flood).probes[0].slowest_ms = Some(1_001.0), "during the flood"),
    ("HEALTH", |run| of(&mut run.flood).probes[1].answered -= 1, "/ready did not answer"),
    ("HEALTH", |run| of(&mut run.flood).without_retry_after = 1, "Retry-After"),
    ("HEALTH", |run| of(&mut run.flood).other = 1, "neither served nor politely refused"),
    ("HEALTH", |run| of(&mut run.flood).refused = 0, "nothing was refused"),
    ("HEALTH", |run| of(&mut run.flood).served = 0, "no request at all was served"),
    ("DRAIN", |run| of(&mut run.drain).answered -= 1, "1 accepted request got no answer"),
    ("DRAIN", |run| of(&mut run.drain).exit_code = Some(1), "exit code 1"),
    ("DRAIN", |run| of(&mut run.drain).exit_code = None, "did not end by itself"),
    ("DRAIN", |run| of(&mut run.drain).ended_after_seconds = Some(20.01), "later than its grace period"),
    ("DRAIN", |run| of(&mut run.drain).ended_after_seconds = Some(f64::NAN), "later than its grace period"),
    ("DRAIN", |run| of(&mut run.drain).ended_after_seconds = None, "nobody saw"),
    ("STREAMS", |run| of(&mut run.streams)[0].done -= 1, "1 of 118 streams did not end in done during SIGTERM"),
    ("CHAT", |run| of(&mut run.chat).failed = 1, "1 of 212 turns got no right answer"),
    ("CHAT", |run| of(&mut run.chat).whole_ms = vec![1_000.5; 20], "p95 of a whole answer is 1,001 ms"),
    ("CHAT", |run| of(&mut run.chat).first_token_ms = vec![1_001.0; 10], "p95 of the first piece of a stream"),
    ("ERRORS", |run| of(&mut run.errors).failed_outside_windows = 1, "1 of 58,211 requests"),
    ("ERRORS", |run| of(&mut run.errors).refused_outside_windows = 1, "refused with 429 or 503"),
    ("LATENCY", |run| of(&mut run.latency)[0].p95_ms = Some(100.5), "p95 of GET /api/tasks is 101 ms"),
    ("LATENCY", |run| of(&mut run.latency)[5].p99_ms = Some(251.0), "p99 of GET /api/me"),
    ("LATENCY", |run| of(&mut run.latency)[0].answered = 870, "10 of 880 arrivals"),
    ("METRICS", |run| of(&mut run.metrics).parse_error = Some("line 3".to_owned()), "could not be parsed"),
    ("METRICS", |run| of(&mut run.metrics).missing.push("todos_open".to_owned()), "missing (todos_open)"),
    ("METRICS", |run| of(&mut run.metrics).undocumented.push("x".to_owned()), "not documented (x)"),
    ("METRICS", |run| of(&mut run.metrics).wrong_labels.push("x".to_owned()), "documented labels (x)"),
    ("METRICS", |run| of(&mut run.metrics).summaries.push("x".to_owned()), "as summaries (x)"),
    ("METRICS", |run| of(&mut run.metrics).series_after_random_paths += 1, "grow by 1"),
    ("METRICS", |run| of(&mut run.metrics).series_after_random_paths = 2_001, "more than 2,000 series"),
    ("METRICS", |run| of(&mut run.metrics).agreement[0].server = 9_091, "GET /api/tasks the client"),
    ("METRICS", |run| of(&mut run.metrics).agreement[0].server = 8_909, "GET /api/tasks the client"),
    ("LOGS", |run| of(&mut run.logs).not_json = 1, "are not JSON"),
    ("LOGS", |run| of(&mut run.logs).incomplete = 1, "lack a documented field"),
    ("LOGS", |run| of(&mut run.logs).secrets_found.push("token".to_owned()), "planted secret (token)"),
    ("START", |run| of(&mut run.start).ready_ms = vec![100.5; 10], "median start"),
    ("START", |run| of(&mut run.start).failed = 1, "never became ready"),
    ("MEMORY", |run| of(&mut run.memory).idle_mib = Some(40.5), "idle resident memory"),
    ("MEMORY", |run| of(&mut run.memory).peak_mib = Some(385.0), "peak resident memory"),
    ("MEMORY", |run| of(&mut run.memory).after_load_mib = Some(193.0), "after the load"),
];

/// Each row takes evidence away: one less than needed, or none.
pub(super) const TOO_LITTLE: &[(&str, Change)] = &[
    ("SC-003", |run| {
        of(&mut run.ledger).acknowledged = 999;
        of(&mut run.ledger).audited = 999;
    }),
    ("SC-003", |run| of(&mut run.ledger).audited -= 1),
    ("SC-003", |run| of(&mut run.ledger).retried = 0),
    ("SC-003", |run| of(&mut run.kills).truncate(4)),
    ("SC-003", |run| of(&mut run.kills)[2].acknowledged_before = 0),
    ("SC-006", |run| {
        of(&mut run.configuration).second_set = "one".to_owned();
        of(&mut run.configuration).second_seen = "one".to_owned();
    }),
    ("SC-006", |run| of(&mut run.configuration).first_executable.clear()),
    ("SC-007", |run| of(&mut run.freshness).delays_seconds.truncate(19)),
    ("SC-007", |run| of(&mut run.freshness).delays_seconds.clear()),
    ("SC-007", |run| of(&mut run.freshness).delays_seconds = vec![f64::NAN; 24]),
    ("HEALTH", |run| {
        of(&mut run.health).sent = 19;
        of(&mut run.health).answered = 19;
    }),
    ("HEALTH", |run| of(&mut run.health).slowest_ms = None),
    ("HEALTH", |run| of(&mut run.flood).offered = 256),
    ("HEALTH", |run| of(&mut run.flood).limit = 0),
    ("HEALTH", |run| of(&mut run.flood).probes.truncate(2)),
    ("HEALTH", |run| of(&mut run.flood).probes[0].slowest_ms = None),
    ("DRAIN", |run| of(&mut run.drain).in_flight = 4),
    ("DRAIN", |run| of(&mut run.drain).answered += 1),
    ("STREAMS", |run| of(&mut run.streams).clear()),
    ("STREAMS", |run| of(&mut run.streams)[0].open_at_signal = Some(2)),
    ("STREAMS", |run| of(&mut run.streams)[0].done += 1),
    ("STREAMS", |run| {
        let row = &mut of(&mut run.streams)[0];
        (row.begun, row.done) = (29, 29);
    }),
    ("ERRORS", |run| of(&mut run.errors).requests_outside_windows = 999),
    ("CHAT", |run| of(&mut run.chat).turns = 19),
    ("CHAT", |run| of(&mut run.chat).whole_ms.truncate(19)),
    ("CHAT", |run| of(&mut run.chat).first_token_ms.truncate(9)),
    ("CHAT", |run| of(&mut run.chat).first_token_ms = vec![f64::NAN; 104]),
    ("LATENCY", |run| of(&mut run.latency).clear()),
    ("LATENCY", |run| drop(of(&mut run.latency).remove(1))),
    ("LATENCY", |run| of(&mut run.latency)[0].p99_ms = None),
    ("LATENCY", |run| of(&mut run.latency)[0].p95_ms = Some(f64::NAN)),
    ("LATENCY", |run| {
        of(&mut run.latency)[0].due = 99;
        of(&mut run.latency)[0].answered = 99;
    }),
    ("METRICS", |run| of(&mut run.metrics).documented = 0),
    ("METRICS", |run| of(&mut run.metrics).random_paths = 999),
    ("METRICS", |run| of(&mut run.metrics).agreement.clear()),
    ("METRICS", |run| {
        of(&mut run.metrics).series_before_random_paths = 0;
        of(&mut run.metrics).series_after_random_paths = 0;
    }),
    ("LOGS", |run| of(&mut run.logs).lines = 99),
    ("LOGS", |run| of(&mut run.logs).access_lines = 0),
    ("LOGS", |run| of(&mut run.logs).secrets_planted.truncate(2)),
    ("START", |run| of(&mut run.start).ready_ms.truncate(9)),
    ("START", |run| of(&mut run.start).ready_ms = vec![f64::NAN; 10]),
    ("MEMORY", |run| of(&mut run.memory).idle_mib = None),
    ("MEMORY", |run| of(&mut run.memory).peak_mib = None),
    ("MEMORY", |run| of(&mut run.memory).after_load_mib = Some(0.0)),
    ("MEMORY", |run| of(&mut run.memory).after_load_mib = Some(f64::NAN)),
];

/// Every part, and the criterion that it belongs to.
pub(super) const PARTS: &[(&str, Change, Change)] = &[
    ("SC-003", |run| run.ledger = Part::default(), |run| run.ledger = broken()),
    ("SC-003", |run| run.kills = Part::default(), |run| run.kills = broken()),
    ("SC-006", |run| run.configuration = Part::default(), |run| run.configuration = broken()),
    ("SC-007", |run| run.freshness = Part::default(), |run| run.freshness = broken()),
    ("HEALTH", |run| run.health = Part::default(), |run| run.health = broken()),
    ("HEALTH", |run| run.flood = Part::default(), |run| run.flood = broken()),
    ("DRAIN", |run| run.drain = Part::default(), |run| run.drain = broken()),
    ("STREAMS", |run| run.streams = Part::default(), |run| run.streams = broken()),
    ("CHAT", |run| run.chat = Part::default(), |run| run.chat = broken()),
    ("ERRORS", |run| run.errors = Part::default(), |run| run.errors = broken()),
    ("LATENCY", |run| run.latency = Part::default(), |run| run.latency = broken()),
    ("METRICS", |run| run.metrics = Part::default(), |run| run.metrics = broken()),
    ("LOGS", |run| run.logs = Part::default(), |run| run.logs = broken()),
    ("START", |run| run.start = Part::default(), |run| run.start = broken()),
    ("MEMORY", |run| run.memory = Part::default(), |run| run.memory = broken()),
];

pub(super) fn broken<T>() -> Part<T> {
    Part::Broken("The server did not start.".to_owned())
}
