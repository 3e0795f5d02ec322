//! Every error answer is problem+json, whoever made it: a handler, an extractor, a limit or the framework.

use std::net::SocketAddr;

use axum::{
    Router,
    routing::{get, post},
};
use backend::{
    app::{self, AppState},
    config::Config,
    problem::{Json, Kind, Problem},
};
use reqwest::Method;
use serde_json::{Value, json};
use telemetry::probes::Readiness;
use tokio::net::TcpListener;

use crate::support::{Answer, Call, Engine, Setup, TestApp, TestDatabase, client, raw::Raw, with_app};

on_both_engines! {
    async fn what_nobody_serves_is_not_found(app: TestApp) {
        for path in ["/", "/nowhere", "/api", "/api/", "/api/tasks/", "/api/nowhere/%2e%2e/x", "/api/tasks/%ff", "/health/", "/api/docs/nowhere.js"] {
            for method in [Method::GET, Method::POST, Method::DELETE] {
                let call = app.request(method.clone(), path);
                let answer = call.send().await;
                if path == "/api/tasks/%ff" {
                    assert!((400..500).contains(&answer.status), "{}", answer.text);
                } else if path == "/api/docs/nowhere.js" && method != Method::GET {
                    answer.assert_problem(405, "method-not-allowed");
                } else {
                    answer.assert_problem(404, "not-found");
                }
            }
        }
    }
}

on_both_engines! {
    async fn a_wrong_method_is_told_the_right_ones(app: TestApp) {
        let cases = [
            (Method::PUT, "/api/tasks", "GET,HEAD,POST"),
            (Method::GET, "/api/auth/login", "POST"),
            (Method::POST, "/api/me", "DELETE,GET,HEAD"),
            (Method::POST, "/health", "GET,HEAD"),
            (Method::DELETE, "/metrics", "GET,HEAD"),
            (Method::TRACE, "/api/me", "DELETE,GET,HEAD"),
        ];
        for (method, path, allowed) in cases {
            let answer = app.request(method, path).send().await;
            answer.assert_problem(405, "method-not-allowed");
            let mut allow: Vec<_> = answer.header("allow").split(',').collect();
            allow.sort_unstable();
            assert_eq!(allow.join(","), allowed, "{path}");
        }
    }
}

async fn login_with(app: &TestApp, content_type: &str, body: impl Into<reqwest::Body>) -> Answer {
    app.request(Method::POST, "/api/auth/login").header("content-type", content_type).body(body).send().await
}

on_both_engines! {
    async fn what_cannot_be_read_is_400_and_what_breaks_a_rule_is_422(app: TestApp) {
        const JSON: &str = "application/json";
        for body in ["", "{", "nonsense", "{\"email\": \"a@b.c\", \"password\": \"\u{1}\"}", "\u{feff}{}"] {
            login_with(&app, JSON, body.to_owned()).await.assert_problem(400, "malformed");
        }
        login_with(&app, JSON, b"{\"email\": \"\xff\"}".to_vec()).await.assert_problem(400, "malformed");
        for body in ["{}", "[]", "null", "{\"email\": 1, \"password\": \"x\"}", "{\"email\": \"a@b.c\"}"] {
            login_with(&app, JSON, body.to_owned()).await.assert_problem(422, "validation");
        }
        for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
            login_with(&app, content_type, "{}").await.assert_problem(415, "unsupported-media-type");
        }
    }
}

on_both_engines! {
    async fn a_body_that_is_too_large_is_refused_with_and_without_a_length(app: TestApp) {
        let large = format!("{{\"email\": \"{}\"}}", "x".repeat(70_000));
        login_with(&app, "application/json", large.clone()).await.assert_problem(413, "too-large");
        let pieces = futures_util::stream::iter(vec![Ok::<_, std::io::Error>(large.into_bytes())]);
        login_with(&app, "application/json", reqwest::Body::wrap_stream(pieces)).await.assert_problem(413, "too-large");
    }
}

#[tokio::test]
async fn a_client_that_refuses_every_form_of_an_answer_is_told_so() {
    with_app(Engine::Sqlite, Setup::new(), async |app: TestApp| {
        let call = app.request(Method::GET, "/api/openapi.json").header("accept-encoding", "*;q=0");
        call.send().await.assert_problem(406, "not-acceptable");
    })
    .await;
}

#[tokio::test]
async fn a_client_that_sends_its_body_too_slowly_is_told_so() {
    with_app(Engine::Sqlite, Setup::new(), async |app: TestApp| {
        let mut raw = Raw::half_a_login(&app).await;
        let head = raw.head().await;
        assert!(head.starts_with("HTTP/1.1 408"), "{head}");
        assert!(head.contains("content-type: application/problem+json"), "{head}");
    })
    .await;
}

/// Our middleware around handlers that fail in every way, since the real ones do not.
async fn faulty(database: &TestDatabase) -> (String, AppState) {
    async fn panic() {
        panic!("on purpose, with a secret: hunter2");
    }
    async fn endless() {
        std::future::pending::<()>().await;
    }
    async fn internal() -> Problem {
        Problem::new(Kind::Internal).caused_by(std::io::Error::other("a secret: hunter2"))
    }
    async fn echo(Json(body): Json<Value>) -> Json<Value> {
        Json(body)
    }
    let settings = |name: &str| match name {
        "DATABASE_URL" => Some(database.url.clone()),
        "REQUEST_TIMEOUT_SECONDS" => Some("1".to_owned()),
        _ => None,
    };
    let config = Config::from_lookup(&settings).unwrap();
    let state = AppState::new(&config, Readiness::new()).unwrap();
    state.database.migrate().await.unwrap();
    let routes = Router::new()
        .route("/panic", get(panic))
        .route("/endless", get(endless))
        .route("/internal", get(internal))
        .route("/echo", post(echo));
    let router = app::around(routes, state.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, service).await.unwrap();
    });
    (base, state)
}

#[tokio::test]
async fn a_panic_a_time_out_and_a_mistake_are_problems_that_say_nothing_internal() {
    crate::support::with_database(Engine::Sqlite, async |database| {
        let (base, _state) = faulty(&database).await;
        let client = client::new();
        let ask = async |path: &str| Call::new(client.get(format!("{base}{path}"))).send().await;
        telemetry::metrics::recorder();
        let panics = || crate::support::Scrape::parse(&telemetry::metrics::render()).value("panics_total", []);
        let before = panics();
        ask("/panic").await.assert_problem(500, "internal");
        ask("/panic").await.assert_problem(500, "internal");
        assert_eq!(panics() - before, 2.0);
        ask("/endless").await.assert_problem(503, "timeout");
        let mistake = ask("/internal").await;
        mistake.assert_problem(500, "internal");
        for answer in [ask("/panic").await, mistake] {
            assert!(!answer.text.contains("hunter2") && answer.json.get("detail").is_none(), "{}", answer.text);
        }
        let echo = Call::new(client.post(format!("{base}/echo"))).json(&json!({"still": "serving"})).send().await;
        assert_eq!((echo.status, echo.json), (200, json!({"still": "serving"})));
    })
    .await;
}

#[tokio::test]
async fn every_kind_has_a_type_of_its_own_or_shares_only_its_status() {
    let mut types: Vec<_> = Kind::ALL.iter().map(|kind| kind.uri()).collect();
    types.sort_unstable();
    types.dedup();
    assert_eq!(types.len(), Kind::ALL.len());
    assert!(Kind::ALL.iter().all(|kind| kind.status().is_client_error() || kind.status().is_server_error()));
}

on_both_engines! {
    async fn every_answer_carries_the_security_headers(app: TestApp) {
        let ada = app.sign_up("ada").await;
        for answer in [app.get("/nowhere").await, app.get("/health").await, ada.get("/api/me").await, app.get("/api/docs/").await] {
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert_eq!(answer.header("referrer-policy"), "no-referrer");
            assert!(answer.header("content-security-policy").starts_with("default-src 'none'"), "{:?}", answer.headers);
            assert!(!answer.header("x-request-id").is_empty() || !answer.header("content-type").contains("problem"));
        }
        assert_eq!(ada.get("/api/me").await.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn pages_of_listed_origins_may_call_and_others_may_not() {
    let setup = Setup::new().set("CORS_ORIGINS", "https://todo.example, http://localhost:3000/");
    with_app(Engine::Sqlite, setup, async |app: TestApp| {
        let allowed = async |method: Method, origin: &str| {
            let call = app.request(method, "/api/tasks").header("origin", origin);
            let call = call
                .header("access-control-request-method", "PATCH")
                .header("access-control-request-headers", "authorization, if-match");
            call.send().await.header("access-control-allow-origin").to_owned()
        };
        for origin in ["https://todo.example", "http://localhost:3000"] {
            assert_eq!(allowed(Method::OPTIONS, origin).await, origin);
            assert_eq!(allowed(Method::GET, origin).await, origin, "errors can be read, too");
        }
        for origin in ["https://evil.example", "https://todo.example.evil.example", "http://todo.example", "null"] {
            assert_eq!(allowed(Method::OPTIONS, origin).await, "", "{origin}");
            assert_eq!(allowed(Method::GET, origin).await, "", "{origin}");
        }
    })
    .await;
}

#[tokio::test]
async fn long_answers_are_compressed_for_who_wants_it() {
    with_app(Engine::Sqlite, Setup::new(), async |app: TestApp| {
        let plain = app.get("/api/openapi.json").await;
        assert_eq!(plain.header("content-encoding"), "");
        let call = app.request(Method::HEAD, "/api/openapi.json").header("accept-encoding", "gzip");
        assert_eq!(call.send().await.header("content-encoding"), "gzip");
        let short = app.request(Method::GET, "/nowhere").header("accept-encoding", "gzip").send().await;
        assert_eq!(short.header("content-encoding"), "");
    })
    .await;
}

#[tokio::test]
async fn what_carries_a_strong_tag_has_one_form_only() {
    with_app(Engine::Sqlite, Setup::new(), async |app: TestApp| {
        let ada = app.sign_up("ada").await;
        let task = ada.post("/api/tasks", json!({"title": "long", "description": "x".repeat(2000)})).await.json;
        let path = format!("/api/tasks/{}", task["id"].as_str().unwrap());
        let asked = async |path: &str| ada.request(Method::GET, path).header("accept-encoding", "gzip").send().await;
        let (one, list) = (asked(&path).await, asked("/api/tasks").await);
        assert_eq!((one.header("etag"), one.header("content-encoding")), ("\"1\"", ""));
        assert_eq!((&list.header("etag")[..2], list.header("content-encoding")), ("W/", "gzip"));
    })
    .await;
}

#[tokio::test]
async fn an_answer_does_not_repeat_a_mistake_as_often_as_the_request() {
    with_app(Engine::Sqlite, Setup::new(), async |app: TestApp| {
        let ada = app.sign_up("ada").await;
        let answer = ada.get(&format!("/api/tasks?{}", "q=a&".repeat(2_000))).await;
        assert_eq!(answer.status, 422);
        assert_eq!(answer.json["errors"].as_array().unwrap().len(), 20);
    })
    .await;
}
