//! The OpenAPI document says what is served, and its page shows it with nothing from elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use backend::{
    app::{self, AppState},
    config::Config,
};
use reqwest::Method;
use telemetry::probes::Readiness;

use crate::support::{Engine, Setup, TestApp, with_app};

/// Served and on purpose not in the document: for machines, and the document itself.
const UNDOCUMENTED: [&str; 10] = [
    "/", // where axum files the answer to everything that nobody serves
    "/health",
    "/ready",
    "/metrics",
    "/mcp",
    "/.well-known/oauth-protected-resource/mcp",
    "/api/openapi.json",
    "/api/docs",
    "/api/docs/",
    "/api/docs/{*file}",
];

fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let document = serde_json::to_value(backend::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    let methods =
        |item: &serde_json::Value| item.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
    paths.map(|(path, item)| (path.clone(), methods(item))).collect()
}

#[tokio::test]
async fn every_route_is_in_the_document_and_the_document_invents_none() {
    let config = Config::from_lookup(&|_| None).unwrap();
    let router = app::router(AppState::new(&config, Readiness::new()).unwrap());
    // axum has no list of routes, but its debug output names every path.
    let text = format!("{router:?}");
    let served: BTreeSet<_> = text.split('"').filter(|part| part.starts_with('/')).map(str::to_owned).collect();
    let mut expected: BTreeSet<_> = documented().into_keys().collect();
    expected.extend(UNDOCUMENTED.map(str::to_owned));
    let fallbacks: BTreeSet<_> =
        served.difference(&expected).filter(|path| !path.contains("__private__axum")).collect();
    assert_eq!(fallbacks, BTreeSet::new(), "served and not documented");
    assert_eq!(expected.difference(&served).collect::<Vec<_>>(), Vec::<&String>::new(), "documented and not served");
}

on_both_engines! {
    async fn every_path_has_the_documented_methods_and_no_others(app: TestApp) {
        for (path, mut methods) in documented() {
            let answer = app.request(Method::PUT, &path.replace("{id}", "0190a0a0-0000-7000-8000-000000000000")).send().await;
            answer.assert_problem(405, "method-not-allowed");
            if methods.contains("GET") {
                methods.insert("HEAD".to_owned());
            }
            let allowed: BTreeSet<_> = answer.header("allow").split(',').map(str::to_owned).collect();
            assert_eq!(allowed, methods, "{path}");
        }
    }
}

#[tokio::test]
async fn the_document_is_served_with_the_version_that_is_set() {
    with_app(Engine::Sqlite, Setup::new().set("API_VERSION", "2030.1"), async |app: TestApp| {
        let answer = app.get("/api/openapi.json").await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
        assert_eq!(answer.json["info"]["version"], "2030.1");
        assert_eq!(answer.json["paths"], serde_json::to_value(backend::openapi()).unwrap()["paths"]);
        assert_eq!(answer.json["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
        let mut references = BTreeSet::new();
        collect_references(&answer.json, &mut references);
        for reference in references {
            assert!(answer.json.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
        }
    })
    .await;
}

fn collect_references(value: &serde_json::Value, found: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            found.extend(fields.get("$ref").and_then(|target| target.as_str()).map(str::to_owned));
            fields.values().for_each(|field| collect_references(field, found));
        }
        serde_json::Value::Array(entries) => entries.iter().for_each(|entry| collect_references(entry, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_page_is_complete_and_may_load_nothing_from_elsewhere() {
    with_app(Engine::Sqlite, Setup::new(), async |app: TestApp| {
        let redirect = app.get("/api/docs").await;
        assert_eq!((redirect.status, redirect.header("location")), (308, "/api/docs/"));
        let page = app.get("/api/docs/").await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html"));
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"), "{policy}");
        let links = page.text.split(['"', '\'']).filter(|part| part.starts_with("./") || part.ends_with(".css"));
        let links: BTreeSet<_> = links.map(|link| link.trim_start_matches("./")).collect();
        assert!(links.len() >= 4, "{links:?}");
        for link in links {
            let file = app.get(&format!("/api/docs/{link}")).await;
            assert_eq!(file.status, 200, "{link}");
        }
        assert!(!page.text.contains("://"), "{}", page.text);
        let compressed =
            app.request(Method::GET, "/api/docs/swagger-ui.css").header("accept-encoding", "br, gzip").send().await;
        assert_eq!((compressed.header("content-encoding"), compressed.header("content-type")), ("gzip", "text/css"));
        assert!(app.get("/api/docs/swagger-initializer.js").await.text.contains("/api/openapi.json"));
    })
    .await;
}
