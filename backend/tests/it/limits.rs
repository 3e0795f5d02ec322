//! One client, or too many, cannot take the service away from the others.

use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, future::join_all, stream::FuturesUnordered};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Engine, Setup, TestApp, eventually, raw::Raw, with_app};

fn login() -> Value {
    json!({"email": "nobody@example.com", "password": "whatever it is"})
}

async fn login_from(app: &TestApp, forwarded_for: &str) -> Answer {
    let call = app.request(Method::POST, "/api/auth/login").header("x-forwarded-for", forwarded_for);
    call.json(&login()).send().await
}

on_both_engines! {
    setup = Setup::new().set("REQUESTS_PER_MINUTE", 5);
    async fn a_user_who_asks_too_often_waits_and_nobody_else_does(app: TestApp) {
        let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
        let before = app.scrape().await;
        for _ in 0..5 {
            assert_eq!(ada.get("/api/me").await.status, 200);
        }
        let refused = ada.get("/api/tasks").await;
        refused.assert_problem(429, "rate-limited");
        let wait: u64 = refused.header("retry-after").parse().unwrap();
        assert!((1..=12).contains(&wait), "five a minute are one in twelve seconds: {wait}");
        assert_eq!(bob.get("/api/me").await.status, 200);
        let refusals = app.scrape().await.delta(&before, "todo_rate_limited_total", [("limit", "requests")]);
        assert_eq!(refusals, 1.0);
        for probe in ["/health", "/ready", "/metrics"] {
            assert_eq!(ada.get(probe).await.status, 200, "{probe}");
        }
    }
}

#[tokio::test]
async fn forged_tokens_do_not_use_up_anybodys_allowance() {
    with_app(Engine::Sqlite, Setup::new().set("REQUESTS_PER_MINUTE", 3), async |app: TestApp| {
        let ada = app.sign_up("ada").await;
        for _ in 0..10 {
            let forged = format!("Bearer {}x", ada.token);
            let call = app.request(Method::GET, "/api/me").header("authorization", forged);
            call.send().await.assert_problem(401, "unauthorized");
        }
        assert_eq!(ada.get("/api/me").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn log_ins_are_counted_by_address_and_nobody_chooses_theirs() {
    with_app(Engine::Sqlite, Setup::new().set("LOGINS_PER_MINUTE", 3), async |app: TestApp| {
        for number in 0..3 {
            login_from(&app, &format!("198.51.100.{number}")).await.assert_problem(401, "bad-credentials");
        }
        login_from(&app, "198.51.100.99").await.assert_problem(429, "rate-limited");
        app.post("/api/auth/signup", login()).await.assert_problem(429, "rate-limited");
    })
    .await;
}

#[tokio::test]
async fn behind_a_trusted_proxy_every_client_has_an_allowance_of_its_own() {
    let setup = Setup::new().set("LOGINS_PER_MINUTE", 1).set("TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.0/8");
    with_app(Engine::Sqlite, setup, async |app: TestApp| {
        for number in 0..3 {
            login_from(&app, &format!("198.51.100.{number}")).await.assert_problem(401, "bad-credentials");
        }
        login_from(&app, "6.6.6.6, 198.51.100.1").await.assert_problem(429, "rate-limited");
    })
    .await;
}

on_both_engines! {
    setup = Setup::new().set("MAX_CONCURRENT_REQUESTS", 4);
    async fn who_comes_on_top_of_the_load_is_sent_away_at_once_and_probes_are_not(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let mut busy = half_log_ins(&app, 4).await;
        ada.get("/api/me").await.assert_problem(503, "overloaded");
        let probes = (0..300).map(async |number| app.get(["/health", "/ready", "/metrics"][number % 3]).await.status);
        let statuses = join_all(probes).await;
        assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
        for raw in &mut busy {
            raw.send("}").await;
            let head = raw.head().await;
            assert!(head.starts_with("HTTP/1.1 422"), "who had a place is served: {head}");
        }
        eventually("there is room again", async || ada.get("/api/me").await.status == 200).await;
    }
}

/// So many requests that the server waits with, once it really does.
async fn half_log_ins(app: &TestApp, number: u16) -> Vec<Raw> {
    let mut busy = Vec::new();
    for _ in 0..number {
        busy.push(Raw::half_a_login(app).await);
    }
    eventually("all of them are being handled", async || {
        let pending = app.scrape().await.value("axum_http_requests_pending", [("endpoint", "/api/auth/login")]);
        pending == f64::from(number)
    })
    .await;
    busy
}

#[tokio::test]
async fn a_client_that_leaves_gives_its_place_back() {
    with_app(Engine::Sqlite, Setup::new().set("MAX_CONCURRENT_REQUESTS", 2), async |app: TestApp| {
        let ada = app.sign_up("ada").await;
        let busy = half_log_ins(&app, 2).await;
        ada.get("/api/me").await.assert_problem(503, "overloaded");
        drop(busy);
        eventually("there is room again", async || ada.get("/api/me").await.status == 200).await;
    })
    .await;
}

#[tokio::test]
async fn a_storm_of_log_ins_leaves_reads_quick_and_sends_away_who_finds_no_place() {
    with_app(Engine::Sqlite, Setup::new().set("TOKIO_WORKER_THREADS", 1), async |app: TestApp| {
        let ada = app.sign_up("ada").await;
        let before = app.scrape().await;
        let started = Instant::now();
        let mut storm: FuturesUnordered<_> =
            (0..120).map(async |_| (app.post("/api/auth/login", login()).await, started.elapsed())).collect();
        let mut reads = Vec::new();
        let mut logins: Vec<(Answer, Duration)> = Vec::new();
        while logins.len() < 120 {
            let asked = Instant::now();
            let read = ada.get("/api/me");
            tokio::pin!(read);
            loop {
                tokio::select! {
                    answer = &mut read => {
                        assert_eq!(answer.status, 200, "{}", answer.text);
                        reads.push(asked.elapsed());
                        break;
                    }
                    Some(login) = storm.next() => logins.push(login),
                }
            }
        }
        let refused = logins.iter().filter(|(answer, _)| answer.status == 503).count();
        for (answer, _) in &logins {
            match answer.status {
                503 => answer.assert_problem(503, "overloaded"),
                _ => answer.assert_problem(401, "bad-credentials"),
            }
        }
        assert!(refused > 0, "120 at once do not all find a place");
        let overloaded = app.scrape().await.delta(&before, "auth_attempts_total", [("result", "overloaded")]);
        assert_eq!(overloaded, refused as f64);
        reads.sort();
        let last = logins.iter().filter(|(answer, _)| answer.status == 401).map(|(_, after)| *after).max().unwrap();
        let read = reads[reads.len() * 9 / 10];
        // Hashing on the one thread that serves requests makes every read wait for a log-in.
        assert!(
            reads.len() > logins.len() - refused && read * 5 < last,
            "{} reads, p90 {read:?}, storm {last:?}",
            reads.len()
        );
    })
    .await;
}

#[tokio::test]
async fn log_ins_need_the_memory_of_those_at_work_and_no_more() {
    const MIB: f64 = 1024.0 * 1024.0;
    with_app(Engine::Sqlite, Setup::new(), async |app: TestApp| {
        let resident = async || app.scrape().await.value("process_resident_memory_bytes", []) / MIB;
        let before = resident().await;
        for _ in 0..4 {
            join_all((0..16).map(|_| app.post("/api/auth/login", login()))).await;
        }
        let grown = resident().await - before;
        let at_work = std::thread::available_parallelism().unwrap().get().div_ceil(2).min(4);
        // Without memory that is kept, the allocator keeps 19 MiB for every thread that ever hashed: ten times as much.
        assert!(grown < at_work as f64 * 19.0 + 30.0, "{grown:.0} MiB more with {at_work} at work");
    })
    .await;
}
