//! Goose's figures over all attacks of a run, per route. Absent on purpose: what the probe measured (`probe`).

use std::collections::BTreeMap;

use goose::metrics::{GooseMetrics, GooseRequestMetricTimingData};

use crate::measurements::{Load, RouteLoad};

/// Sums of several attacks.
#[derive(Debug, Default)]
pub struct Figures {
    routes: BTreeMap<String, Sum>,
    users: usize,
    seconds: f64,
}

#[derive(Debug, Default)]
struct Sum {
    requests: usize,
    failures: usize,
    times: GooseRequestMetricTimingData,
}

impl Figures {
    /// Adds an attack that took this long.
    pub fn add(&mut self, metrics: &GooseMetrics, seconds: f64) {
        self.users = self.users.max(metrics.maximum_users);
        self.seconds += seconds;
        for (route, figures) in &metrics.requests {
            let sum = self.routes.entry(route.clone()).or_default();
            sum.requests += figures.success_count + figures.fail_count;
            sum.failures += figures.fail_count;
            let (all, new) = (&mut sum.times, &figures.raw_data);
            for (bucket, count) in new.times_us.iter() {
                let known = all.times_us.get(bucket).copied().unwrap_or(0);
                all.times_us.insert(*bucket, known + count);
            }
            if new.counter > 0 && (all.counter == 0 || new.minimum_time_us < all.minimum_time_us) {
                all.minimum_time_us = new.minimum_time_us;
            }
            all.maximum_time_us = all.maximum_time_us.max(new.maximum_time_us);
            all.total_time_us += new.total_time_us;
            all.counter += new.counter;
        }
    }

    /// Requests of one route, in `counts`' form: `METHOD /template`.
    pub fn requests(metrics: &GooseMetrics) -> BTreeMap<String, u64> {
        let count = |(route, figures): (&String, &goose::metrics::GooseRequestMetricAggregate)| {
            (route.clone(), (figures.success_count + figures.fail_count) as u64)
        };
        metrics.requests.iter().map(count).collect()
    }

    /// The figures so far; `None` when no attack ran.
    pub fn result(&self) -> Option<Load> {
        if self.routes.is_empty() {
            return None;
        }
        let routes: Vec<RouteLoad> = self.routes.iter().map(|(route, sum)| sum.row(route)).collect();
        let requests = routes.iter().map(|route| route.requests).sum::<u64>();
        Some(Load {
            requests,
            failures: routes.iter().map(|route| route.failures).sum(),
            users: u32::try_from(self.users).unwrap_or(u32::MAX),
            seconds: self.seconds,
            requests_per_second: if self.seconds > 0.0 { requests as f64 / self.seconds } else { 0.0 },
            routes,
        })
    }
}

impl Sum {
    fn row(&self, route: &str) -> RouteLoad {
        let some = |value: f64| (self.times.counter > 0).then_some(value);
        let quantile = |quantile: f32| some(self.times.percentile_us(quantile) as f64 / 1_000.0);
        RouteLoad {
            route: route.to_owned(),
            requests: self.requests as u64,
            failures: self.failures as u64,
            mean_ms: some(self.times.average_ms()),
            p50_ms: quantile(0.50),
            p95_ms: quantile(0.95),
            p99_ms: quantile(0.99),
            max_ms: some(self.times.maximum_time_us as f64 / 1_000.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attack(times_us: &[u64], failed: usize) -> GooseMetrics {
        // Goose keeps the constructors of its figures to itself, but they can be read from JSON.
        let buckets: BTreeMap<String, usize> = times_us.iter().map(|time| (time.to_string(), 1)).collect();
        let figures = serde_json::json!({
            "path": "/a", "method": "Get", "load_test_hash": 0, "coordinated_omission_data": null,
            "success_count": times_us.len() - failed, "fail_count": failed, "status_code_counts": {},
            "raw_data": {
                "times_us": buckets,
                "minimum_time_us": times_us.iter().min(), "maximum_time_us": times_us.iter().max(),
                "total_time_us": times_us.iter().sum::<u64>(), "counter": times_us.len(),
                "minimum_time": 0, "maximum_time": 0, "total_time": 0,
            },
        });
        let mut metrics = GooseMetrics::default();
        metrics.maximum_users = 3;
        metrics.requests.insert("GET /a".to_owned(), serde_json::from_value(figures).unwrap());
        metrics
    }

    #[test]
    fn two_attacks_add_up() {
        let mut figures = Figures::default();
        assert!(figures.result().is_none());
        figures.add(&attack(&[1_000, 2_000], 0), 1.0);
        figures.add(&attack(&[3_000, 90_000], 1), 3.0);
        let load = figures.result().unwrap();
        assert_eq!((load.requests, load.failures, load.users, load.requests_per_second), (4, 1, 3, 1.0));
        let route = &load.routes[0];
        assert_eq!((route.route.as_str(), route.mean_ms, route.max_ms), ("GET /a", Some(24.0), Some(90.0)));
        assert!(route.p50_ms.unwrap() < 4.0, "{route:?}");
    }
}
