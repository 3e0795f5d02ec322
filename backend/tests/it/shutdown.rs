//! From SIGTERM to the end: whoever was accepted is served, nobody new is, and the exit code says that all went well.

use backend::{
    config::Config,
    database::{Database, DatabaseSettings},
};
use reqwest::Method;
use serde_json::json;
use sqlx::{Connection as _, PgConnection};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::support::{
    Call, Engine, Setup, TestApp, client,
    database::{self, Lock},
    eventually,
    proxy::{Proxy, Way},
    raw::Raw,
    with_app, with_database,
};

on_both_engines! {
    async fn whoever_was_accepted_is_served_and_the_program_ends_cleanly(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let mut slow = Raw::half_a_login(&app).await;
        eventually("the request is being handled", async || {
            app.scrape().await.value("axum_http_requests_pending", [("endpoint", "/api/auth/login")]) == 1.0
        })
        .await;
        app.process.terminate();
        eventually("nobody new is accepted", async || app.request(Method::GET, "/health").try_send().await.is_err()).await;
        slow.send("}").await;
        let head = slow.head().await;
        assert!(head.starts_with("HTTP/1.1 422"), "{head}");
        assert_eq!(app.process.wait().await.code(), Some(0));
        assert_eq!(app.process.stderr(), "");
        assert_eq!(database::number(&app.database_url, "SELECT count(*) FROM users").await, 1, "{}", ada.id);
    }
}

#[tokio::test]
async fn the_library_runs_in_somebody_elses_process_and_returns_when_told_to_stop() {
    with_database(Engine::Sqlite, async |database| {
        let url = database.url.clone();
        let config = Config::from_lookup(&|name| (name == "DATABASE_URL").then(|| url.clone())).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let server = tokio::spawn(backend::run(config, listener, stop.clone()));
        let client = client::new();
        eventually("it is ready", async || Call::new(client.get(format!("{base}/ready"))).send().await.status == 200)
            .await;
        stop.cancel();
        server.await.unwrap().unwrap();
    })
    .await;
}

#[tokio::test]
async fn unready_comes_first_and_requests_are_served_on() {
    with_app(Engine::Sqlite, Setup::new().set("SHUTDOWN_DELAY_SECONDS", 2), async |app: TestApp| {
        let ada = app.sign_up("ada").await;
        app.process.terminate();
        eventually("the server is unready", async || app.get("/ready").await.status == 503).await;
        let ready = app.get("/ready").await;
        assert_eq!(ready.json["checks"], json!({"database": "ok", "shutdown": "waiting"}));
        assert_eq!(app.get("/health").await.status, 200);
        let answer = ada.post("/api/tasks", json!({"title": "while endpoints update"})).await;
        assert_eq!((answer.status, answer.header("connection")), (201, "close"), "{}", answer.text);
        assert_eq!(app.process.wait().await.code(), Some(0));
    })
    .await;
}

#[tokio::test]
async fn a_request_that_never_ends_is_cut_after_the_grace_period() {
    let setup = Setup::new().set("SHUTDOWN_GRACE_SECONDS", 1).set("REQUEST_TIMEOUT_SECONDS", 3600);
    with_app(Engine::Sqlite, setup, async |app: TestApp| {
        let mut slow = Raw::half_a_login(&app).await;
        eventually("the request is being handled", async || {
            app.scrape().await.value("axum_http_requests_pending", [("endpoint", "/api/auth/login")]) == 1.0
        })
        .await;
        app.process.terminate();
        assert!(app.process.wait().await.code().is_some());
        assert_eq!(slow.head().await, "", "cut, before the five seconds that a body may take");
    })
    .await;
}

#[tokio::test]
async fn a_database_that_hangs_does_not_hold_up_the_end() {
    with_database(Engine::Postgres, async |database| {
        let proxy = Proxy::to(&database.url).await;
        let app = Setup::new().set("SHUTDOWN_GRACE_SECONDS", 1).launch_at(&database, &proxy.url).await;
        app.until_ready().await;
        let ada = app.sign_up("ada").await;
        let lock = Lock::on_users(&database.url).await;
        let write = tokio::spawn(ada.request(Method::POST, "/api/tasks").json(&json!({"title": "waits"})).try_send());
        eventually("the write waits for the lock", async || {
            database::number(&database.url, "SELECT count(*) FROM pg_locks WHERE NOT granted").await > 0
        })
        .await;
        proxy.set(Way::Blocked);
        app.process.terminate();
        assert_eq!(app.process.wait().await.code(), Some(0));
        assert!(write.await.unwrap().is_err(), "cut after the grace period");
        lock.release().await;
    })
    .await;
}

#[tokio::test]
async fn background_work_on_a_database_that_hangs_does_not_hold_up_the_end() {
    with_database(Engine::Postgres, async |database| {
        let pools = Database::new(&DatabaseSettings::parse(&database.url, 1).unwrap());
        pools.migrate().await.unwrap();
        pools.close().await;
        let mut lock = PgConnection::connect(&database.url).await.unwrap();
        sqlx::raw_sql("BEGIN; LOCK TABLE tasks").execute(&mut lock).await.unwrap();
        let proxy = Proxy::to(&database.url).await;
        let app = Setup::new().launch_at(&database, &proxy.url).await;
        eventually("the count of open tasks waits for the lock", async || {
            database::number(&database.url, "SELECT count(*) FROM pg_locks WHERE NOT granted").await > 0
        })
        .await;
        proxy.set(Way::Blocked);
        app.process.terminate();
        assert_eq!(app.process.wait().await.code(), Some(0));
        lock.close().await.unwrap();
    })
    .await;
}

on_both_engines! {
    async fn clients_that_leave_in_the_middle_of_a_write_break_nothing(app: TestApp) {
        let ada = app.sign_up("ada").await;
        for round in 0..60_u32 {
            let write = ada.request(Method::POST, "/api/tasks").json(&json!({"title": format!("{round}")})).try_send();
            let _ = tokio::time::timeout(std::time::Duration::from_micros(u64::from(round) * 40), write).await;
        }
        for round in 0..10 {
            let answer = ada.post("/api/tasks", json!({"title": format!("after {round}")})).await;
            assert_eq!(answer.status, 201, "{}", answer.text);
        }
        let list = ada.get("/api/tasks?limit=100").await;
        let listed = list.json["items"].as_array().unwrap().len();
        let stored = database::number(&app.database_url, "SELECT count(*) FROM tasks").await;
        assert_eq!(listed as i64, stored);
        assert!(!app.log_lines().iter().any(|line| line["severity_text"] == "ERROR"), "{}", app.process.last_lines());
    }
}
