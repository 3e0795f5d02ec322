//! The queries by which Prometheus can tell a criterion: one list for the second witness and for the dashboard of a load test.
//! Absent on purpose: an opinion about the answers (`criteria`).

use std::sync::LazyLock;

use serde::Deserialize;

use crate::measurements::Better;

/// One query of `queries.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    pub criterion: String,
    pub title: String,
    /// PromQL with the placeholders `$namespace` and `$__range`.
    pub query: String,
    pub limit: f64,
    /// As Grafana names it.
    pub unit: String,
    pub better: Better,
}

impl Query {
    /// The query of one namespace over the seconds before the moment at which it is asked.
    pub fn filled(&self, namespace: &str, seconds: u64) -> String {
        self.query.replace("$namespace", namespace).replace("$__range", &format!("{seconds}s"))
    }
}

/// Every query; that the file can be read is proven by a test.
pub fn all() -> &'static [Query] {
    static ALL: LazyLock<Vec<Query>> = LazyLock::new(|| parse().unwrap_or_default());
    &ALL
}

fn parse() -> Result<Vec<Query>, serde_json::Error> {
    serde_json::from_str(include_str!("../../queries.json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::criteria;
    use crate::limits::Limits;

    #[test]
    fn the_file_can_be_read_and_names_criteria_that_exist() {
        let queries = parse().expect("queries.json");
        assert!(queries.len() >= 8, "{}", queries.len());
        for query in &queries {
            assert!(criteria::IDS.contains(&query.criterion.as_str()), "{}", query.criterion);
            assert!(query.query.contains("namespace=\"$namespace\""), "{}", query.query);
            assert!(matches!(query.unit.as_str(), "s" | "short" | "bytes" | "percentunit"), "{}", query.unit);
        }
    }

    #[test]
    fn every_limit_is_the_one_that_the_judge_goes_by() {
        let limits = Limits::default();
        let own = |query: &Query| match (query.criterion.as_str(), query.title.as_str()) {
            // A share of one is all of them.
            ("SC-002", _) => 1.0,
            ("SC-007", _) => limits.cluster.freshness_seconds.value,
            ("HEALTH", _) => limits.health_ms.value / 1_000.0,
            ("ERRORS", _) => limits.failed_requests.value,
            ("LATENCY", title) if title.contains("read") => limits.route("GET /api/tasks").p95_ms / 1_000.0,
            ("LATENCY", _) => limits.route("POST /api/tasks").p95_ms / 1_000.0,
            ("CHAT", _) => limits.turn_ms.value / 1_000.0,
            ("METRICS", _) => limits.series.value,
            ("MEMORY", _) => limits.memory_peak_mib.value * 1_024.0 * 1_024.0,
            ("HPA-UP", _) => limits.cluster.scale_steps.value,
            ("READY", title) if title.contains("restarts") => limits.cluster.restarts.value,
            // One is how a metric says yes.
            ("READY", _) => 1.0,
            (other, _) => panic!("{other} has a query and no limit here"),
        };
        for query in all() {
            assert!((query.limit - own(query)).abs() < f64::EPSILON, "{}: {}", query.title, query.limit);
        }
    }

    #[test]
    fn the_reads_of_a_query_have_one_limit_and_so_have_the_writes() {
        let limits = Limits::default();
        let others = limits.routes.iter().filter(|route| !route.route.contains("/api/auth/"));
        for route in others.chain([&limits.any_other_route]) {
            let same = if route.route.starts_with("GET") || route.route == limits.any_other_route.route {
                limits.route("GET /api/tasks")
            } else {
                limits.route("POST /api/tasks")
            };
            assert!((route.p95_ms - same.p95_ms).abs() < f64::EPSILON, "{}", route.route);
        }
    }

    #[test]
    fn placeholders_are_filled_everywhere() {
        for query in all() {
            let filled = query.filled("lt-one", 36);
            assert!(!filled.contains('$') && filled.contains("namespace=\"lt-one\""), "{filled}");
        }
        assert!(all().iter().any(|query| query.filled("a", 36).contains("[36s")));
    }
}
