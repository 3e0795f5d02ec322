//! A made-up run in which everything is well, for the tests of the judge and of the report.

mod cluster;

pub use cluster::good_cluster_run;

use super::*;
use time::macros::datetime;

/// A complete local run; every criterion of one machine passes with it.
pub fn good_run() -> Measurements {
    let mut run = Measurements::new(run(), environment());
    run.load = Part::Measured(load());
    run.ledger = Part::Measured(Ledger {
        acknowledged: 18_342,
        audited: 18_342,
        retried: 214,
        unanswered: 61,
        ..Ledger::default()
    });
    run.kills = Part::Measured(
        [14.0, 20.5, 27.0, 33.5, 40.0]
            .into_iter()
            .zip([142.0, 118.0, 161.0, 127.0, 133.0])
            .map(|(at, ready)| Kill { at, acknowledged_before: 2_100, in_flight: 12, ready_again_ms: Some(ready) })
            .collect(),
    );
    run.configuration = Part::Measured(ConfigurationChange {
        setting: "API_VERSION".to_owned(),
        first_set: "one".to_owned(),
        first_seen: "one".to_owned(),
        second_set: "two".to_owned(),
        second_seen: "two".to_owned(),
        first_executable: "9f2c41d07be8a6b3".to_owned(),
        second_executable: "9f2c41d07be8a6b3".to_owned(),
    });
    run.freshness = Part::Measured(Freshness {
        delays_seconds: (0..24).map(|marker| 0.004 + 0.0015 * f64::from(marker % 7)).collect(),
        never_seen: 0,
    });
    run.health = Part::Measured(probed("/health", 120, 18.4));
    run.flood = Part::Measured(Flood {
        limit: 256,
        offered: 768,
        sent: 9_214,
        served: 6_120,
        refused: 3_094,
        without_retry_after: 0,
        other: 0,
        probes: vec![probed("/health", 60, 41.0), probed("/ready", 60, 44.5), probed("/metrics", 60, 68.2)],
    });
    run.drain = Part::Measured(Drain {
        in_flight: 19,
        accepted: 412,
        answered: 412,
        refused_connections: 23,
        exit_code: Some(0),
        ended_after_seconds: Some(0.84),
        grace_seconds: 20.0,
        examples: Vec::new(),
    });
    run.streams = Part::Measured(vec![streams("SIGTERM", Some(5))]);
    run.chat = Part::Measured(chat());
    run.errors =
        Part::Measured(Errors { requests_outside_windows: 58_211, failed_inside_windows: 97, ..Errors::default() });
    run.latency = Part::Measured(latency());
    run.metrics = Part::Measured(Metrics {
        documented: 41,
        random_paths: 1_000,
        series_before_random_paths: 612,
        series_after_random_paths: 612,
        agreement: ROUTES
            .iter()
            .map(|route| Agreement { route: route.0.to_owned(), client: 9_000, server: 9_004, ..Agreement::default() })
            .collect(),
        ..Metrics::default()
    });
    run.logs = Part::Measured(Logs {
        lines: 71_204,
        access_lines: 70_911,
        secrets_planted: ["password", "token", "JWT_SECRET"].map(str::to_owned).to_vec(),
        ..Logs::default()
    });
    run.start = Part::Measured(Starts {
        ready_ms: vec![61.0, 58.2, 63.9, 60.1, 59.4, 72.8, 60.7, 58.9, 62.0, 61.5],
        failed: 0,
        reference_ms: Some(11.2),
    });
    run.memory = Part::Measured(Memory { idle_mib: Some(24.3), peak_mib: Some(96.1), after_load_mib: Some(71.5) });
    run.timeline = timeline();
    run
}

fn run() -> Run {
    Run {
        target: "local".to_owned(),
        release: "0.1.0".to_owned(),
        started_at: datetime!(2026-03-14 09:26:53 UTC),
        finished_at: datetime!(2026-03-14 09:27:55 UTC),
        partial: false,
    }
}

fn environment() -> Environment {
    Environment {
        loadtest: "0.1.0".to_owned(),
        backend: "0.1.0 (revision 6f1e9c2)".to_owned(),
        profile: "dev".to_owned(),
        database: "SQLite file, synchronous FULL".to_owned(),
        system: "Debian GNU/Linux 12, Linux 6.1, x86_64".to_owned(),
        processor: "AMD EPYC 7763".to_owned(),
        cores: 2,
        memory_mib: Some(24_064.0),
        load_average_at_start: Some(0.42),
        command_line: "loadtest --users 20 --seed 42".to_owned(),
        seed: 42,
        users: 20,
        plan: "20,5s;20,45s;0,2s".to_owned(),
        generator_cores_used: Some(0.61),
        server_cores_used: Some(0.93),
    }
}

/// Route, share of the load, median in milliseconds.
const ROUTES: [(&str, u64, f64); 7] = [
    ("GET /api/tasks", 21_400, 3.1),
    ("POST /api/tasks", 14_910, 7.9),
    ("GET /api/tasks/{id}", 9_120, 1.7),
    ("PATCH /api/tasks/{id}", 6_480, 8.4),
    ("DELETE /api/tasks/{id}", 3_320, 8.1),
    ("GET /api/me", 2_941, 1.3),
    ("POST /api/auth/login", 40, 38.0),
];

fn load() -> Load {
    let routes: Vec<RouteLoad> = ROUTES
        .iter()
        .map(|&(route, requests, p50)| RouteLoad {
            route: route.to_owned(),
            requests,
            failures: 0,
            mean_ms: Some(p50 * 1.2),
            p50_ms: Some(p50),
            p95_ms: Some(p50 * 2.6),
            p99_ms: Some(p50 * 4.1),
            max_ms: Some(p50 * 11.0),
        })
        .collect();
    let requests = routes.iter().map(|row| row.requests).sum();
    Load { requests, failures: 0, users: 20, seconds: 52.0, requests_per_second: requests as f64 / 52.0, routes }
}

fn latency() -> Vec<RouteLatency> {
    ROUTES[..6]
        .iter()
        .map(|&(route, _, p50)| RouteLatency {
            route: route.to_owned(),
            rate: 20.0,
            due: 880,
            answered: 880,
            p50_ms: Some(p50 * 1.1),
            p90_ms: Some(p50 * 2.4),
            p95_ms: Some(p50 * 3.3),
            p99_ms: Some(p50 * 5.8),
            max_ms: Some(p50 * 14.0),
            histogram: histogram(p50),
        })
        .collect()
}

fn streams(during: &str, open_at_signal: Option<u64>) -> Streams {
    Streams { during: during.to_owned(), open_at_signal, begun: 118, done: 118, examples: Vec::new() }
}

fn chat() -> Chat {
    Chat {
        turns: 212,
        failed: 0,
        whole_ms: (0..212).map(|turn| 14.0 + 0.5 * f64::from(turn % 23)).collect(),
        first_token_ms: (0..104).map(|turn| 9.0 + 0.5 * f64::from(turn % 17)).collect(),
        examples: Vec::new(),
    }
}

/// Counts that rise quickly to the median and fall slowly behind it, on edges that double.
fn histogram(p50: f64) -> Vec<(f64, u64)> {
    [(0.5, 90), (1.0, 350), (2.0, 300), (4.0, 92), (8.0, 37), (16.0, 11)]
        .into_iter()
        .map(|(factor, count)| (p50 * factor, count))
        .collect()
}

fn probed(path: &str, sent: u64, slowest: f64) -> Probed {
    Probed { path: path.to_owned(), sent, answered: sent, p99_ms: Some(slowest * 0.8), slowest_ms: Some(slowest) }
}

fn timeline() -> Timeline {
    let windows: Vec<Window> = [14.0, 20.5, 27.0, 33.5, 40.0]
        .into_iter()
        .enumerate()
        .map(|(index, from)| Window { name: format!("kill {}", index + 1), from, to: from + 0.6, ..Window::default() })
        .collect();
    let phases = [
        ("starts", 0.0, 3.0),
        ("warm-up", 3.0, 8.0),
        ("load", 8.0, 13.0),
        ("kills", 13.0, 44.0),
        ("flood", 44.0, 50.0),
        ("drain", 50.0, 54.0),
        ("audit", 54.0, 62.0),
    ]
    .into_iter()
    .map(|(name, from, to)| Phase { name: name.to_owned(), from, to })
    .collect();
    Timeline {
        seconds: (0..62).map(|second| second_of(second, &windows)).collect(),
        phases,
        windows,
        ..Timeline::default()
    }
}

/// One second: load from 3 to 54, deterministic ripples instead of chance.
fn second_of(second: u32, windows: &[Window]) -> Second {
    let at = f64::from(second);
    let ripple = (at * 1.7).sin() * 0.5 + (at * 0.6).sin() * 0.5;
    let loaded = (3..54).contains(&second);
    let ramp = ((at - 3.0) / 5.0).clamp(0.0, 1.0);
    let killed = windows.iter().any(|window| window.from < at + 1.0 && window.to > at);
    let flood = (44..50).contains(&second);
    let p50 = 4.2 + ripple + if flood { 9.0 } else { 0.0 };
    let requests = (1_180.0 * ramp * if killed { 0.45 } else { 1.0 } * (1.0 + 0.06 * ripple)) as u64;
    Second {
        at,
        users: Some(if loaded { (20.0 * ramp) as u32 } else { 0 }),
        requests: if loaded { requests } else { 0 },
        failures: if killed { 19 } else { 0 },
        p50_ms: loaded.then_some(p50),
        p95_ms: loaded.then_some(p50 * if killed { 6.5 } else { 3.1 }),
        p99_ms: loaded.then_some(p50 * if killed { 11.0 } else { 5.2 }),
        server_memory_mib: Some(24.0 + if loaded { 30.0 * ramp + 0.5 * at + 2.0 * ripple } else { 8.0 }),
        server_cores: Some(if loaded { 0.9 * ramp + 0.05 * ripple } else { 0.02 }),
        generator_cores: Some(if loaded { 0.6 * ramp + 0.04 * ripple } else { 0.03 }),
    }
}
