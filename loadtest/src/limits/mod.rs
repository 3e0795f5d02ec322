//! Every threshold of the verdict in one table, each with its source. Absent on purpose: judging (see `criteria`).
//!
//! Two kinds stand here: what the product must keep (`at most`), and how much evidence a judgement needs (`at least`).

mod cluster;

pub use cluster::ClusterLimits;

use crate::words::number;

/// A threshold and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    pub value: f64,
    /// Who demands it, and why this number: ends up in the report.
    pub source: &'static str,
}

/// The largest p95 and p99 of one route, in milliseconds, timed from the intended start.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteLimit {
    /// `METHOD /template`.
    pub route: &'static str,
    /// Whether the probe must have asked this route.
    pub required: bool,
    pub p95_ms: f64,
    pub p99_ms: f64,
}

/// All thresholds. The default is what `cargo run -p loadtest` judges by; tests change single fields.
#[derive(Clone, Debug)]
pub struct Limits {
    // The product: at most.
    pub wrong_writes: Limit,
    pub freshness_seconds: Limit,
    pub health_ms: Limit,
    pub unanswered_in_drain: Limit,
    pub cut_streams: Limit,
    pub failed_requests: Limit,
    pub failed_turns: Limit,
    pub turn_ms: Limit,
    pub first_token_ms: Limit,
    pub counter_disagreement_percent: Limit,
    pub counter_disagreement_requests: Limit,
    pub series: Limit,
    pub bad_log_lines: Limit,
    pub start_median_ms: Limit,
    pub idle_memory_mib: Limit,
    pub memory_peak_mib: Limit,
    pub memory_after_load_mib: Limit,
    pub routes: Vec<RouteLimit>,
    /// For routes that `routes` does not name.
    pub any_other_route: RouteLimit,
    pub routes_source: &'static str,
    // The evidence: at least.
    pub acknowledged_writes: Limit,
    pub kills: Limit,
    pub repeated_writes: Limit,
    pub markers: Limit,
    pub probe_samples: Limit,
    pub in_flight_at_drain: Limit,
    pub streams: Limit,
    pub streams_at_signal: Limit,
    pub requests: Limit,
    pub turns: Limit,
    pub streamed_turns: Limit,
    pub arrivals_per_route: Limit,
    pub random_paths: Limit,
    pub log_lines: Limit,
    pub secrets: Limit,
    pub starts: Limit,
    /// What only a cluster can show.
    pub cluster: ClusterLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wrong_writes: limit(0.0, "requirements SC-003: acknowledged means durable, exactly once, unchanged"),
            freshness_seconds: limit(30.0, "requirements SC-007"),
            health_ms: limit(1_000.0, "requirements, user story 2: liveness answers within 1 s"),
            unanswered_in_drain: limit(0.0, "design, budgets: zero failed requests over rollouts"),
            failed_requests: limit(
                0.0,
                "design, budgets: zero failed requests outside the announced kill windows; overload: 429 and 503 with Retry-After",
            ),
            cut_streams: limit(
                0.0,
                "issue 6: streams are drained in rollouts; one that ends in error is cut too, because its message must be sent \
                 again by somebody who does not know what was done",
            ),
            failed_turns: limit(0.0, "as ERRORS; and an answer to another question is none"),
            turn_ms: limit(
                1_000.0,
                "assistant guide: first token within 1 s; the rules have nobody to wait for, so all of an answer comes in that time",
            ),
            first_token_ms: limit(1_000.0, "assistant guide: first token within 1 s"),
            counter_disagreement_percent: limit(1.0, "the client's counts and the server's counters agree within 1 %"),
            counter_disagreement_requests: limit(
                2.0,
                "at either end of the counted stretch one request may be on its way, which 1 % of a rare route does not cover",
            ),
            series: limit(2_000.0, "design, budgets: at most 2,000 series per pod after a load test"),
            bad_log_lines: limit(0.0, "requirements OBS-3: every line is structured, none holds a secret"),
            start_median_ms: limit(
                100.0,
                "design, budgets: process start to ready; an idle machine needs a tenth of it, the rest is room for noise",
            ),
            idle_memory_mib: limit(
                40.0,
                "design, budgets: 20 MiB for the release image, doubled because this executable also carries the load test",
            ),
            memory_peak_mib: limit(
                384.0,
                "three quarters of the 512Mi at which the chart has a pod killed (requirements K8S-1)",
            ),
            memory_after_load_mib: limit(
                192.0,
                "three quarters of the 256Mi that the chart requests (requirements K8S-1)",
            ),
            routes: vec![
                route("GET /api/tasks", true, 100.0, 250.0),
                route("GET /api/tasks/{id}", true, 100.0, 250.0),
                route("POST /api/tasks", true, 250.0, 500.0),
                route("PATCH /api/tasks/{id}", true, 250.0, 500.0),
                route("DELETE /api/tasks/{id}", false, 250.0, 500.0),
                route("POST /api/auth/login", false, 500.0, 1_000.0),
                route("POST /api/auth/signup", false, 500.0, 1_000.0),
            ],
            any_other_route: route("any other route", false, 100.0, 250.0),
            routes_source: "observability guide: the SLO api-latency wants 99 % within 250 ms, and p95 within 100 ms still feels \
                            immediate; a write waits for the disk, which other programs use too, so it gets the 250 ms at p95; \
                            log-in and sign-up pay for argon2id on purpose",
            acknowledged_writes: limit(1_000.0, "issue 3, SC-003"),
            kills: limit(5.0, "issue 3, SC-003"),
            repeated_writes: limit(1.0, "issue 3, SC-003: a write that nobody repeats cannot be doubled"),
            markers: limit(20.0, "issue 3, SC-007"),
            probe_samples: limit(20.0, "fewer questions would miss a probe that fails one time in ten"),
            in_flight_at_drain: limit(5.0, "with nothing under way a shutdown has nothing to drain"),
            streams: limit(30.0, "no cut stream in 30 bounds the share of cut ones below 10 % (95 % confidence)"),
            streams_at_signal: limit(3.0, "without an open stream a shutdown has none to drain"),
            turns: limit(20.0, "a 95th percentile of fewer than 20 values is their maximum"),
            streamed_turns: limit(10.0, "every other turn is streamed; of fewer than 20 values the slowest one counts"),
            requests: limit(
                1_000.0,
                "no failure in 1,000 requests bounds the failure rate below 0.3 % (95 % confidence)",
            ),
            arrivals_per_route: limit(100.0, "a 99th percentile of fewer than 100 values is their maximum"),
            random_paths: limit(1_000.0, "design, budgets: the series are unchanged by 1,000 random paths"),
            log_lines: limit(100.0, "a handful of lines would not show the access lines of every route"),
            secrets: limit(3.0, "issue 3, LOGS: the password, the token and the signing secret"),
            starts: limit(10.0, "issue 3, START"),
            cluster: ClusterLimits::default(),
        }
    }
}

impl Limits {
    /// The thresholds of one route.
    pub fn route(&self, route: &str) -> &RouteLimit {
        self.routes.iter().find(|limit| limit.route == route).unwrap_or(&self.any_other_route)
    }

    /// Everything with its name, for the report: first what the product must keep, then the evidence it takes.
    pub fn rows(&self) -> Vec<(String, String, &'static str)> {
        let most = |name: &str, limit: Limit, unit: &str| {
            let value = format!("≤ {} {unit}", number(limit.value));
            (name.to_owned(), value.trim_end().to_owned(), limit.source)
        };
        let least = |name: &str, limit: Limit| (name.to_owned(), format!("≥ {}", number(limit.value)), limit.source);
        let mut rows = vec![
            most("SC-003 writes lost, duplicated or altered", self.wrong_writes, ""),
            most("SC-007 slowest marker", self.freshness_seconds, "s"),
            most("HEALTH slowest answer of /health", self.health_ms, "ms"),
            most("DRAIN accepted requests without an answer", self.unanswered_in_drain, ""),
            most("STREAMS not ended in done", self.cut_streams, ""),
            most("ERRORS failed or refused requests", self.failed_requests, ""),
            most("CHAT turns without the right answer", self.failed_turns, ""),
            most("CHAT p95 of a whole answer", self.turn_ms, "ms"),
            most("CHAT p95 of the first piece of a stream", self.first_token_ms, "ms"),
            most("METRICS client against server, per route", self.counter_disagreement_percent, "%"),
            most("METRICS client against server, on rare routes", self.counter_disagreement_requests, "requests"),
            most("METRICS series", self.series, ""),
            most("LOGS lines with a finding", self.bad_log_lines, ""),
            most("START median", self.start_median_ms, "ms"),
            most("MEMORY idle", self.idle_memory_mib, "MiB"),
            most("MEMORY peak", self.memory_peak_mib, "MiB"),
            most("MEMORY after the load", self.memory_after_load_mib, "MiB"),
        ];
        rows.extend(self.cluster.most().map(|(name, limit, unit)| most(name, limit, unit)));
        for (index, route) in self.routes.iter().chain([&self.any_other_route]).enumerate() {
            let value = format!("p95 ≤ {}, p99 ≤ {} ms", number(route.p95_ms), number(route.p99_ms));
            let source = if index == 0 { self.routes_source } else { "as above" };
            rows.push((format!("LATENCY {}", route.route), value, source));
        }
        rows.extend([
            least("SC-003 acknowledged writes", self.acknowledged_writes),
            least("SC-003 kills", self.kills),
            least("SC-003 repeated writes", self.repeated_writes),
            least("SC-007 markers", self.markers),
            least("HEALTH questions per probe", self.probe_samples),
            least("DRAIN requests under way at the signal", self.in_flight_at_drain),
            least("STREAMS begun, per signal or rollout", self.streams),
            least("STREAMS open at the signal", self.streams_at_signal),
            least("ERRORS and METRICS requests", self.requests),
            least("CHAT turns", self.turns),
            least("CHAT streamed turns", self.streamed_turns),
            least("LATENCY answered arrivals per route", self.arrivals_per_route),
            least("METRICS random paths", self.random_paths),
            least("LOGS lines", self.log_lines),
            least("LOGS planted secrets", self.secrets),
            least("START starts", self.starts),
        ]);
        rows.extend(self.cluster.least().map(|(name, limit)| least(name, limit)));
        rows
    }
}

const fn limit(value: f64, source: &'static str) -> Limit {
    Limit { value, source }
}

const fn route(route: &'static str, required: bool, p95_ms: f64, p99_ms: f64) -> RouteLimit {
    RouteLimit { route, required, p95_ms, p99_ms }
}
