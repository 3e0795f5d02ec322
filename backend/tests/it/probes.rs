//! Health, readiness and metrics, also while the database is away.

use std::{collections::BTreeSet, sync::Arc};

use reqwest::Method;
use serde_json::json;

use crate::support::{
    Engine, Setup, TestApp, TestDatabase,
    database::{self, Lock},
    eventually,
    proxy::{Proxy, Way},
    with_app, with_database,
};

on_both_engines! {
    setup = Setup::new().set("API_VERSION", "9.8.7").set("ENVIRONMENT", "staging");
    async fn health_and_readiness_say_who_answers_and_how_it_is(app: TestApp) {
        for probe in ["/health", "/ready"] {
            let answer = app.get(probe).await;
            assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
            let mut body = answer.json;
            let moment = body["timestamp"].take();
            assert!(backend::timestamp::Timestamp::parse(moment.as_str().unwrap()).is_some());
            let expected = json!({
                "status": "healthy", "service": "backend", "timestamp": null, "version": "9.8.7",
                "environment": "staging", "database": "connected", "checks": {"database": "ok"},
            });
            assert_eq!(body, expected);
        }
    }
}

#[tokio::test]
async fn a_sqlite_file_that_is_gone_makes_unready_and_one_that_is_back_makes_ready() {
    with_database(Engine::Sqlite, async |database| {
        let app = Setup::new().start(&database).await;
        let file = database.folder.as_ref().unwrap().path().join("todo.db");
        let away = file.with_extension("away");
        std::fs::rename(&file, &away).unwrap();
        is_unready_and_alive(&app).await;
        std::fs::rename(&away, &file).unwrap();
        app.until_ready().await;
        assert_eq!(app.scrape().await.value("dependency_up", [("dependency", "database")]), 1.0);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_gone_or_hangs_makes_unready_and_one_that_is_back_makes_ready() {
    with_database(Engine::Postgres, async |database| {
        let proxy = Proxy::to(&database.url).await;
        let app = Setup::new().launch_at(&database, &proxy.url).await;
        app.until_ready().await;
        let ada = app.sign_up("ada").await;
        for way in [Way::Cut, Way::Blocked] {
            proxy.set(way);
            is_unready_and_alive(&app).await;
            let answer = ada.get("/api/me").await;
            answer.assert_problem(503, "unavailable");
            proxy.set(Way::Open);
            app.until_ready().await;
            eventually("requests are served again", async || ada.get("/api/me").await.status == 200).await;
        }
    })
    .await;
}

#[tokio::test]
async fn connections_to_a_server_that_vanished_give_their_places_back() {
    with_database(Engine::Postgres, async |database| {
        let proxy = Proxy::to(&database.url).await;
        let setup = Setup::new().set("DATABASE_MAX_CONNECTIONS", 1).set("REQUEST_TIMEOUT_SECONDS", 1);
        let app = setup.launch_at(&database, &proxy.url).await;
        app.until_ready().await;
        let ada = app.sign_up("ada").await;
        let lock = Lock::on_users(&database.url).await;
        let write = tokio::spawn(ada.request(Method::POST, "/api/tasks").json(&json!({"title": "waits"})).try_send());
        eventually("the write waits for the lock", async || {
            database::number(&database.url, "SELECT count(*) FROM pg_locks WHERE NOT granted").await > 0
        })
        .await;
        proxy.set(Way::Blocked);
        assert_eq!(write.await.unwrap().unwrap().status, 503);
        proxy.fail_over();
        lock.release().await;
        app.until_ready().await;
        eventually("requests are served again", async || ada.get("/api/me").await.status == 200).await;
    })
    .await;
}

async fn is_unready_and_alive(app: &TestApp) {
    let healthy = async || {
        let health = app.get("/health").await;
        assert_eq!((health.status, &health.json["status"]), (200, &json!("healthy")));
        health.json
    };
    eventually("the server is unready", async || {
        healthy().await;
        app.get("/ready").await.status == 503
    })
    .await;
    let ready = app.get("/ready").await;
    assert_eq!(ready.header("content-type"), "application/json");
    assert_eq!(ready.json["status"], "unhealthy");
    for body in [ready.json, healthy().await] {
        assert_eq!((&body["database"], &body["checks"]), (&json!("disconnected"), &json!({"database": "failed"})));
    }
    assert_eq!(app.scrape().await.value("dependency_up", [("dependency", "database")]), 0.0);
    let told = || app.log_lines().into_iter().rfind(|line| line["body"] == "the database does not answer");
    eventually("a line about the database", async || told().is_some()).await;
    let line = told().unwrap();
    assert!(line["error.message"].as_str().is_some_and(|reason| !reason.is_empty()), "{line}");
}

#[tokio::test]
async fn a_server_that_starts_before_its_database_waits_for_it() {
    with_database(Engine::Postgres, async |database| {
        let proxy = Proxy::to(&database.url).await;
        proxy.set(Way::Cut);
        let app = Setup::new().launch_at(&database, &proxy.url).await;
        assert_eq!(app.get("/health").await.status, 200);
        let ready = app.get("/ready").await;
        assert_eq!((ready.status, &ready.json["checks"]), (503, &json!({"database": "failed", "schema": "waiting"})));
        app.get("/api/me").await.assert_problem(503, "unavailable");
        proxy.set(Way::Open);
        app.until_ready().await;
        app.sign_up("ada").await;
    })
    .await;
}

on_both_engines! {
    async fn the_scrape_holds_documented_metrics_and_nothing_else(app: TestApp) {
        let ada = app.sign_up("ada").await;
        ada.post("/api/tasks", json!({"title": "seen in the metrics"})).await;
        app.get("/nowhere").await;
        let answer = app.get("/metrics").await;
        assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
        assert!(!answer.text.contains("quantile="), "a histogram without buckets");
        let scrape = app.scrape().await;
        let names: BTreeSet<_> = scrape.samples.iter().map(|sample| sample.name.as_str()).collect();
        let unknown: Vec<_> = names.iter().filter(|name| telemetry::names::find(name).is_none()).collect();
        assert_eq!(unknown, Vec::<&&str>::new());
        for (name, label) in [("todo_rate_limited_total", ("limit", "logins")), ("auth_attempts_total", ("result", "failure"))] {
            let series = scrape.samples.iter().find(|sample| sample.name == name && sample.has(&[label]));
            assert_eq!(series.map(|sample| sample.value), Some(0.0), "{name} exists before the first event");
        }
        assert_eq!(scrape.value("auth_attempts_total", [("result", "success")]), 1.0);
        let inserts = [("db_operation_name", "insert"), ("db_collection_name", "users")];
        assert_eq!(scrape.value("db_client_operation_duration_seconds_count", inserts), 1.0);
        assert!(scrape.value("db_client_connection_max", []) >= 8.0);
        let missing = telemetry::names::ALL.iter().filter(|metric| {
            let base = metric.name;
            !names.contains(base) && !names.contains(format!("{base}_count").as_str())
        });
        let missing: Vec<_> = missing.map(|metric| metric.name).collect();
        eprintln!("declared and not yet exported: {missing:?}");
    }
}

on_both_engines! {
    async fn open_tasks_are_counted(app: TestApp) {
        eventually("the gauge exists", async || {
            app.scrape().await.samples.iter().any(|sample| sample.name == "todos_open" && sample.value == 0.0)
        })
        .await;
    }
}

on_both_engines! {
    async fn open_tasks_of_everybody_are_counted_at_start(database: Arc<TestDatabase>) {
        let app = Setup::new().start(&database).await;
        for name in ["ada", "bob"] {
            app.sign_up(name).await.post("/api/tasks", json!({"title": "open"})).await;
        }
        let another = Setup::new().start(&database).await;
        eventually("both are counted", async || another.scrape().await.value("todos_open", []) == 2.0).await;
    }
}

on_both_engines! {
    async fn a_database_that_keeps_a_write_waiting_costs_that_write_and_not_the_probes(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let lock = database::Lock::on_users(&app.database_url).await;
        let (write, ready) = tokio::join!(ada.post("/api/tasks", json!({"title": "waits"})), app.get("/ready"));
        write.assert_problem(503, "unavailable");
        assert_eq!(ready.status, 200);
        assert_eq!(ada.get("/api/me").await.status, 200, "reads go on beside it");
        lock.release().await;
        assert_eq!(ada.post("/api/tasks", json!({"title": "goes through"})).await.status, 201);
    }
}

#[tokio::test]
async fn what_never_reached_the_server_is_not_in_its_labels() {
    with_app(Engine::Sqlite, Setup::new(), async |app: TestApp| {
        // Only those of requests: others appear whenever the runtime first measures something.
        let series = async || {
            let samples = app.scrape().await.samples;
            samples.iter().filter(|sample| sample.name.starts_with("axum_")).count()
        };
        app.get("/nowhere").await;
        let before = series().await;
        for number in 0..1000 {
            app.get(&format!("/nowhere/{number}?q={number}")).await.assert_problem(404, "not-found");
        }
        assert_eq!(series().await, before);
    })
    .await;
}
