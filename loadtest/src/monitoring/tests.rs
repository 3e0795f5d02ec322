//! Finding the programs by their Services, and asking them on both ways.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::*;
use crate::api::http_client;
use crate::phases::Context;
use crate::phases::cluster::witness::{self, Window};

fn service(namespace: &str, name: &str, labels: Value, ports: Value) -> Service {
    let metadata = json!({ "namespace": namespace, "name": name, "labels": labels });
    serde_json::from_value(json!({ "metadata": metadata, "spec": { "ports": ports } })).expect("a Service")
}

fn seen(services: Vec<Service>) -> Seen {
    Seen { services: in_order(services), hidden: None }
}

#[test]
fn a_prometheus_of_the_operator_is_found_and_the_monitoring_namespace_comes_first() {
    let operated = json!({ "operated-prometheus": "true" });
    let web = json!([{ "name": "http-reloader", "port": 8080 }, { "name": "web", "port": 9091 }]);
    let services = vec![
        service("elsewhere", "prometheus-operated", operated.clone(), json!([{ "port": 9090 }])),
        service("monitoring", "prometheus-operated", operated, web),
        service("monitoring", "monitoring-prometheus", json!({}), json!([{ "port": 9090 }])),
    ];
    let found = seen(services.clone()).first(is_prometheus, &["web", "9090"]);
    assert_eq!(found, Some(("monitoring/prometheus-operated".to_owned(), "9091".to_owned())));
    let found = seen(services[..1].to_vec()).first(is_prometheus, &["web", "9090"]);
    assert_eq!(found, Some(("elsewhere/prometheus-operated".to_owned(), "9090".to_owned())));
    assert_eq!(seen(services[2..].to_vec()).first(is_prometheus, &["web", "9090"]), None);
}

#[test]
fn a_loki_is_found_by_name_or_label_where_its_port_is() {
    let label = json!({ "app.kubernetes.io/name": "loki" });
    let memberlist = service("monitoring", "a-memberlist", label.clone(), json!([{ "port": 7946 }]));
    let gateway = service("monitoring", "b-loki", label, json!([{ "port": 3100 }]));
    let plain = service("logs", "loki", json!({}), json!([{ "port": 3100 }]));
    let found = |services| seen(services).first(is_loki, &["3100"]).map(|(service, _)| service);
    assert_eq!(found(vec![memberlist.clone(), gateway]).as_deref(), Some("monitoring/b-loki"));
    assert_eq!(found(vec![memberlist, plain]).as_deref(), Some("logs/loki"));
}

/// A server and everything that it was asked.
async fn listening(status: u16, body: Value) -> (Url, Arc<Mutex<Vec<String>>>) {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = Arc::clone(&asked);
    let url = stand_in::start(move |question: &str| {
        heard.lock().expect("a lock").push(question.to_owned());
        (status, String::new(), body.to_string())
    });
    (url.await, asked)
}

fn vector(value: &str) -> Value {
    let result = json!([{ "metric": { "pod": "a" }, "value": [1.5, value] }]);
    json!({ "status": "success", "data": { "resultType": "vector", "result": result } })
}

fn direct(url: &Url) -> Way {
    Way::direct(&http_client(0).expect("a client"), url)
}

fn proxied(url: &Url, service: &str, port: &str) -> Way {
    let config = kube::Config::new(url.as_str().parse().expect("an address"));
    let client = kube::Client::try_from(config).expect("a client");
    Way::Proxied { client, service: service.to_owned(), port: port.to_owned() }
}

#[tokio::test]
async fn both_ways_lead_to_the_same_answer() {
    let (url, asked) = listening(200, vector("7")).await;
    for way in [direct(&url), proxied(&url, "monitoring/prometheus-operated", "9090")] {
        let prometheus = Prometheus::new(way, false);
        assert_eq!(prometheus.value("sum(up{a=\"b\"})", Some(2.5)).await, Ok(Some(7.0)));
    }
    let query = "/api/v1/query?query=sum%28up%7Ba%3D%22b%22%7D%29&time=2.5";
    let proxy = "/api/v1/namespaces/monitoring/services/http:prometheus-operated:9090/proxy";
    assert_eq!(*asked.lock().expect("a lock"), [format!("GET {query}"), format!("GET {proxy}{query}")]);
}

#[tokio::test]
async fn a_refusal_is_told_with_the_way_and_the_cause() {
    let (url, _) = listening(400, json!({ "status": "error", "error": "parse error" })).await;
    for (way, named) in
        [(direct(&url), url.as_str().trim_end_matches('/')), (proxied(&url, "a/b", "1"), "the Service a/b")]
    {
        let why = Prometheus::new(way, false).query("(", None).await.expect_err("a refusal");
        assert_eq!(why, format!("Prometheus at {named} cannot be asked: status 400: parse error"));
    }
    let (url, _) = listening(403, json!({ "kind": "Status", "message": "services is forbidden", "code": 403 })).await;
    let why = Prometheus::new(proxied(&url, "a/b", "1"), false).query("up", None).await.expect_err("a refusal");
    assert!(why.ends_with("status 403: services is forbidden"), "{why}");
}

#[tokio::test]
async fn nobody_there_is_a_cause_as_well() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url: Url = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("a URL");
    drop(listener);
    let why = Loki::new(direct(&url)).finds("{a=\"b\"}", Duration::ZERO).await.expect_err("nobody");
    assert!(why.starts_with("Loki at http://127.0.0.1:") && why.contains("refused"), "{why}");
}

#[tokio::test]
async fn no_sample_is_no_value_and_neither_is_no_number() {
    let nothing = json!({ "status": "success", "data": { "resultType": "vector", "result": [] } });
    for body in [nothing, vector("NaN")] {
        let (url, _) = listening(200, body).await;
        assert_eq!(Prometheus::new(direct(&url), false).value("up", None).await, Ok(None));
    }
}

#[tokio::test]
async fn loki_finds_a_line_or_none() {
    let streams =
        |streams: Value| json!({ "status": "success", "data": { "resultType": "streams", "result": streams } });
    let line = json!([{ "stream": {}, "values": [["1", "a line"]] }]);
    for (body, expected) in [(streams(line), true), (streams(json!([])), false)] {
        let (url, asked) = listening(200, body).await;
        assert_eq!(Loki::new(direct(&url)).finds("{a=\"b\"} |= \"c\"", Duration::ZERO).await, Ok(expected));
        let asked = asked.lock().expect("a lock").remove(0);
        assert!(
            asked.starts_with("GET /loki/api/v1/query_range?query=%7Ba%3D%22b%22%7D+%7C%3D+%22c%22&start="),
            "{asked}"
        );
    }
}

#[tokio::test]
async fn what_was_named_must_answer_and_what_was_found_need_not() {
    assert!(matches!(answers::<()>(Err("it is silent".to_owned()), true), Err(Stopped::Broken(_))));
    let found = answers::<()>(Err("it is silent".to_owned()), false);
    assert!(matches!(found, Err(Stopped::Impossible(why)) if why == "It is silent."));
}

/// A Prometheus whose targets are scraped at the third question about them, and a pod of which comes up at the second.
async fn scraping() -> Url {
    let (ages, ups) = (AtomicU64::new(0), AtomicU64::new(0));
    stand_in::start(move |question: &str| {
        let body = if question.contains("timestamp") {
            vector(if ages.fetch_add(1, SeqCst) < 2 { "100" } else { "101.5" })
        } else if question.contains("time") {
            vector("100")
        } else if ups.fetch_add(1, SeqCst) == 0 {
            json!({ "status": "success", "data": { "resultType": "vector", "result": [] } })
        } else {
            vector("1")
        };
        (200, String::new(), body.to_string())
    })
    .await
}

#[tokio::test]
async fn a_scrape_after_now_and_a_pod_that_comes_up_are_waited_for() {
    let (url, context) = (scraping().await, Context::of_test());
    let prometheus = Prometheus::new(direct(&url), false);
    prometheus.scrapes(&context, "todo", &BTreeSet::from(["a".to_owned()])).await.expect("a pod");
    assert_eq!(prometheus.settled(&context, "todo").await.expect("a scrape"), 100.0);
    let asked_again = prometheus.value("min(timestamp(up))", None).await;
    assert_eq!(asked_again, Ok(Some(101.5)), "the third question was asked, and this is another");
    context.interrupted.cancel();
    assert!(matches!(prometheus.settled(&context, "todo").await, Err(Stopped::Interrupted)));
}

#[tokio::test]
async fn every_query_that_is_wanted_is_asked_over_the_window_and_a_refusal_is_told() {
    let (url, asked) = listening(200, vector("0")).await;
    let window = Window { phase: "steady load", from: 100.2, to: 135.9 };
    let ask = async |url: &Url, wanted: fn(&str) -> bool| {
        let prometheus = Prometheus::new(direct(url), false);
        witness::ask(&Context::of_test(), &prometheus, "lt-one", window, wanted).await.expect("answers")
    };
    let told = ask(&url, |id| id != "HPA-UP").await;
    assert_eq!(told.len(), queries::all().len() - 1);
    assert!(told.iter().all(|testimony| testimony.value == Some(0.0) && testimony.phase == "steady load"));
    let asked = asked.lock().expect("a lock").clone();
    assert!(asked.iter().all(|question| question.ends_with("&time=135.9") && question.contains("lt-one")), "{asked:?}");
    assert!(asked.iter().any(|question| question.contains("%5B36s%5D")), "{asked:?}");
    let (url, _) = listening(422, json!({ "status": "error", "error": "too many samples" })).await;
    let told = ask(&url, |id| id == "METRICS").await;
    assert!(told[0].refusal.as_deref().is_some_and(|why| why.contains("too many samples")), "{told:?}");
    assert_eq!((told[0].value, told[0].agrees()), (None, None));
}
