//! What both servers export, after people have used them: the documented metrics, all of them and no others, within the budget.

use std::collections::BTreeSet;

use telemetry::names::{ALL, Kind, Servers as Exporters, find};

use crate::servers::{Server, Servers, Visitor, eventually};

/// The budget of one pod.
const MOST_SERIES: usize = 2_000;

/// Names of the metrics in a scrape, a histogram's once.
fn exported(scrape: &str) -> BTreeSet<&str> {
    let series = scrape.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    series
        .filter_map(|line| line.split(['{', ' ']).next())
        .map(|name| find(name).map_or(name, |metric| metric.name))
        .collect()
}

/// What the list says that a server exports.
fn documented(backend: bool) -> BTreeSet<&'static str> {
    let ours = |exporters: Exporters| backend || exporters == Exporters::Both;
    // Nothing of a model without one.
    ALL.iter().filter(|metric| ours(metric.servers) && !metric.of_model).map(|metric| metric.name).collect()
}

/// What is missing and what nobody has documented; some metrics take seconds to appear.
async fn compare(server: &Server, backend: bool) {
    let expected = documented(backend);
    eventually("all metrics", async || {
        let scrape = server.scrape().await;
        let missing: Vec<_> = expected.difference(&exported(&scrape)).copied().collect();
        missing.is_empty().then_some(())
    })
    .await;
    let scrape = server.scrape().await;
    let surplus: Vec<_> = exported(&scrape).into_iter().filter(|name| !expected.contains(name)).collect();
    assert_eq!(surplus, Vec::<&str>::new());
}

/// The values of `dependency` in the gauge's series.
fn dependencies(scrape: &str) -> Vec<&str> {
    let gauges = scrape.lines().filter_map(|line| line.strip_prefix("dependency_up{dependency=\""));
    gauges.filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_server_exports_the_documented_metrics_and_each_tells_of_its_own_dependency() {
    let servers = Servers::start(&[]).await;
    // Nothing has happened yet, and yet an alert on an increase would already have its zero.
    for (server, backend) in [(&servers.frontend, false), (&servers.backend, true)] {
        let scrape = server.scrape().await;
        for metric in
            ALL.iter().filter(|metric| metric.kind == Kind::Counter && documented(backend).contains(metric.name))
        {
            let first = scrape.lines().find(|line| line.split(['{', ' ']).next() == Some(metric.name));
            let of_requests = metric.name.starts_with("axum_") || metric.name.starts_with("tokio_");
            assert!(of_requests || first.is_some_and(|line| line.ends_with(" 0")), "{}: {first:?}", metric.name);
        }
    }
    let visitor = Visitor::sign_up(&servers.frontend).await;
    visitor.post("/login", &[("email", "ada@example.com"), ("password", "wrong horse")]).await;
    for title in ["one", "two", ""] {
        visitor.post("/tasks", &[("title", title)]).await;
    }
    let task = visitor.first_task().await;
    let (task, stale) = (format!("/tasks/{task}"), "/tasks/0190c7d2-7c1e-7b3a-9f43-5f1f1c0a9b11");
    for path in ["/", "/tasks?q=one", &task, stale, "/account", "/nowhere", "/login", "/signup", "/assets/app.css"] {
        visitor.get(path, None).await;
    }
    visitor.post(&format!("{task}/status"), &[("completed", "true")]).await;
    visitor.post(&task, &[("title", "changed"), ("version", "1")]).await;
    for version in ["1", "2", "3"] {
        visitor.post(&format!("{task}/delete"), &[("version", version)]).await;
    }
    for (server, backend, dependency) in [(&servers.frontend, false, "backend"), (&servers.backend, true, "database")] {
        compare(server, backend).await;
        let scrape = server.scrape().await;
        assert_eq!(dependencies(&scrape), [dependency]);
        let series = scrape.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
        assert!((100..=MOST_SERIES).contains(&series), "{series} series");
        assert!(!scrape.contains("quantile="), "a histogram without buckets");
        assert!(scrape.contains("todo_build_info{version=\"") && scrape.contains(",revision=\""), "{scrape}");
    }
}
