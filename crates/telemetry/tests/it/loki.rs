//! The push to Loki, above all with a Loki that misbehaves.

use std::time::{Duration, Instant};

use axum::http::StatusCode;

use crate::support::{
    Program, eventually,
    fake_loki::{FakeLoki, Mood, free_address},
};

/// What may wait, from the observability guide.
const MAX_WAITING_LINES: f64 = 10_000.0;

async fn with_loki(url: &str) -> Program {
    Program::start(&[("LOKI_URL", url)]).await
}

#[tokio::test]
async fn lines_arrive_with_labels_and_identity() {
    let loki = FakeLoki::start(Mood::Accept).await;
    let program = Program::start(&[
        ("LOKI_URL", &loki.url()),
        ("POD_NAME", "pod-1"),
        ("POD_NAMESPACE", "todo"),
        ("CLUSTER_NAME", "test"),
    ])
    .await;
    let answer = program.get("/log/3/10").await;
    let trace = format!("\"trace_id\":\"{}\"", answer.headers()["x-trace-id"].to_str().unwrap());
    eventually("four lines of the request", async || (loki.lines_with(&trace) == 4).then_some(())).await;
    let everything = loki.everything();
    for part in [
        "service_name=\"todo-backend\"",
        "app=\"todo\"",
        "container=\"backend\"",
        "namespace=\"todo\"",
        "cluster=\"test\"",
        "source=\"push\"",
        "level=\"info\"",
        "\"service.name\":\"todo-backend\"",
        "\"k8s.pod.name\":\"pod-1\"",
        "\"http.route\":\"/log/{lines}/{bytes}\"",
        "\"request_id\":\"",
    ] {
        assert!(everything.contains(part), "{part} is missing in {everything}");
    }
    let scrape = program.scrape().await;
    eventually("the queue to be empty", async || {
        (program.scrape().await.value("log_push_queue_length", &[]) == 0.0).then_some(())
    })
    .await;
    assert!(scrape.dropped() == 0.0);
}

#[tokio::test]
async fn a_burst_arrives_whole() {
    let loki = FakeLoki::start(Mood::Accept).await;
    let program = with_loki(&loki.url()).await;
    program.get("/log/5000/10").await;
    eventually("all lines", async || (loki.lines_with("a \\\"line\\\" of many") == 5000).then_some(())).await;
    assert!(loki.pushes() <= 30, "{} pushes for 5000 lines", loki.pushes());
    let scrape = program.scrape().await;
    assert_eq!(scrape.dropped(), 0.0);
    assert!(scrape.value("log_push_sent_total", &[]) >= 5000.0);
}

/// Bounds, counting and undisturbed requests with a Loki in this mood; `None` is nobody at all.
async fn holds_its_bounds(mood: Option<Mood>) -> f64 {
    let loki = match mood {
        Some(mood) => Some(FakeLoki::start(mood).await),
        None => None,
    };
    let url = match &loki {
        Some(loki) => loki.url(),
        None => format!("http://{}", free_address().await),
    };
    let plain = Program::start(&[]).await;
    let program = with_loki(&url).await;
    let mut slowest = [Duration::ZERO; 2];
    let before = program.resident_memory().await;
    let mut lines = 0.0;
    for round in 0..200 {
        for (program, slowest) in [&plain, &program].into_iter().zip(&mut slowest) {
            let started = Instant::now();
            assert_eq!(program.get("/log/150/100").await.status(), 200);
            if round > 0 {
                *slowest = started.elapsed().max(*slowest);
            }
        }
        lines += 151.0;
    }
    let scrape = program.scrape().await;
    let (waiting, dropped) = (scrape.value("log_push_queue_length", &[]), scrape.dropped());
    let sent = scrape.value("log_push_sent_total", &[]);
    assert!(waiting <= MAX_WAITING_LINES, "{waiting} lines wait");
    // Nothing is lost without being counted; a few lines are about the push itself and about starting.
    assert!((sent + waiting + dropped - lines).abs() <= 20.0, "{sent} + {waiting} + {dropped} of {lines}");
    let grown = program.resident_memory().await - before;
    assert!(grown < 40e6, "memory grew by {grown} bytes");
    let [without, with] = slowest;
    assert!(with < without * 10 + Duration::from_millis(200), "slowest request: {without:?} without, {with:?} with");
    dropped
}

#[tokio::test]
async fn a_loki_that_is_down_disturbs_nothing() {
    assert!(holds_its_bounds(None).await > 15_000.0);
}

#[tokio::test]
async fn a_loki_that_never_answers_disturbs_nothing() {
    assert!(holds_its_bounds(Some(Mood::Silent)).await > 15_000.0);
}

#[tokio::test]
async fn a_loki_that_is_slow_disturbs_nothing() {
    assert!(holds_its_bounds(Some(Mood::Slow(Duration::from_secs(2)))).await > 5_000.0);
}

#[tokio::test]
async fn a_loki_that_fails_disturbs_nothing() {
    assert!(holds_its_bounds(Some(Mood::Answer(StatusCode::SERVICE_UNAVAILABLE))).await > 15_000.0);
}

#[tokio::test]
async fn refused_lines_are_counted_and_do_not_poison_the_next() {
    let loki = FakeLoki::start(Mood::Answer(StatusCode::BAD_REQUEST)).await;
    let program = with_loki(&loki.url()).await;
    program.get("/log/10/10").await;
    eventually("the refused lines", async || {
        (program.scrape().await.value("log_push_dropped_total", &[("reason", "rejected")]) >= 11.0).then_some(())
    })
    .await;
    loki.set_mood(Mood::Accept);
    let answer = program.get("/tasks/1").await;
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    eventually("the next line", async || (loki.lines_with(&id) > 0).then_some(())).await;
    let warning = program.line_with("body", "Loki refused log lines; standard output has them").await;
    assert_eq!(warning["severity_text"], "WARN");
}

#[tokio::test]
async fn a_loki_that_refuses_everything_is_reported_once() {
    let loki = FakeLoki::start(Mood::Answer(StatusCode::UNAUTHORIZED)).await;
    let program = with_loki(&loki.url()).await;
    for round in 1..=3 {
        program.get("/log/10/10").await;
        eventually("the refused lines", async || {
            let rejected = program.scrape().await.value("log_push_dropped_total", &[("reason", "rejected")]);
            (rejected >= f64::from(round) * 11.0).then_some(())
        })
        .await;
    }
    let warnings = program.lines().into_iter().filter(|line| line["severity_text"] == "WARN").count();
    assert_eq!(warnings, 1, "a warning per batch would fill the next batch");
}

#[tokio::test]
async fn lines_of_an_outage_arrive_once_it_is_over() {
    let address = free_address().await;
    let mut program = with_loki(&format!("http://{address}")).await;
    let answer = program.get("/log/10/10").await;
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let warning = program.line_with("body", "Loki takes no log lines; they wait, and standard output has them").await;
    assert!(warning["error.message"].as_str().unwrap().contains("error sending request"), "{warning}");
    let loki = FakeLoki::start_at(&address, Mood::Answer(StatusCode::INTERNAL_SERVER_ERROR)).await;
    eventually("two failing pushes", async || (loki.pushes() >= 2).then_some(())).await;
    let recovered = Instant::now();
    loki.set_mood(Mood::Accept);
    eventually("the lines of the outage", async || (loki.lines_with(&id) == 11).then_some(())).await;
    assert!(recovered.elapsed() < Duration::from_secs(30), "took {:?}", recovered.elapsed());
    program.line_with("body", "Loki takes log lines again").await;
    program.terminate();
    program.ended().await;
    assert_eq!(loki.lines_with("\"_target\":"), program.lines().len(), "each line is there once");
}

#[tokio::test]
async fn a_loki_that_answers_again_after_silence_gets_new_lines() {
    let loki = FakeLoki::start(Mood::Silent).await;
    let program = with_loki(&loki.url()).await;
    program.get("/log/10/10").await;
    eventually("lines given up", async || {
        (program.scrape().await.value("log_push_dropped_total", &[("reason", "unreachable")]) >= 11.0).then_some(())
    })
    .await;
    loki.set_mood(Mood::Accept);
    let recovered = Instant::now();
    let answer = program.get("/tasks/1").await;
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    eventually("the next line", async || (loki.lines_with(&id) > 0).then_some(())).await;
    assert!(recovered.elapsed() < Duration::from_secs(30), "took {:?}", recovered.elapsed());
}

#[tokio::test]
async fn a_line_that_loki_would_refuse_is_not_sent() {
    let loki = FakeLoki::start(Mood::Accept).await;
    let program = with_loki(&loki.url()).await;
    let answer = program.get("/log/1/300000").await;
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    eventually("the access line", async || (loki.lines_with(&id) > 0).then_some(())).await;
    assert_eq!(loki.lines_with(&id), 1);
    assert_eq!(program.scrape().await.value("log_push_dropped_total", &[("reason", "too_large")]), 1.0);
}

#[tokio::test]
async fn large_lines_are_bounded_by_their_bytes() {
    let loki = FakeLoki::start(Mood::Silent).await;
    let program = with_loki(&loki.url()).await;
    for _ in 0..10 {
        program.get("/log/100/50000").await;
    }
    let scrape = program.scrape().await;
    let waiting = scrape.value("log_push_queue_length", &[]);
    assert!(waiting * 50_000.0 < 9e6, "{waiting} lines of 50 kB wait");
    assert!(scrape.value("log_push_dropped_total", &[("reason", "queue_full")]) > 800.0);
}

#[tokio::test]
async fn the_last_lines_are_sent_at_the_end() {
    let loki = FakeLoki::start(Mood::Accept).await;
    let mut program = with_loki(&loki.url()).await;
    program.get("/log/600/10").await;
    program.terminate();
    assert_eq!(program.ended().await, Some(0));
    assert_eq!(loki.lines_with("a \\\"line\\\" of many"), 600);
    assert_eq!(loki.lines_with("\"ended\""), 1);
}

#[tokio::test]
async fn the_end_does_not_wait_for_a_silent_loki() {
    let silent = FakeLoki::start(Mood::Silent).await;
    let mut ends = [Duration::ZERO; 2];
    for (end, url) in ends.iter_mut().zip(["", &silent.url()]) {
        let mut program = with_loki(url).await;
        program.get("/log/600/10").await;
        let started = Instant::now();
        program.terminate();
        assert_eq!(program.ended().await, Some(0));
        *end = started.elapsed();
    }
    let [without, with] = ends;
    assert!(with < without + Duration::from_secs(4), "{without:?} without, {with:?} with");
}

#[tokio::test]
async fn a_password_in_the_address_is_in_no_line() {
    let address = free_address().await;
    let program = with_loki(&format!("http://user:hunter2@{address}")).await;
    program.line_with("body", "Loki takes no log lines; they wait, and standard output has them").await;
    assert!(program.lines().iter().all(|line| !line.to_string().contains("hunter2")), "{:?}", program.lines());
}
