//! The contract of log lines against what both servers really write, and against lines with one thing wrong.

use e2e::log_lines::Schema;
use serde_json::{Value, json};

use crate::servers::{Servers, Visitor};

#[tokio::test(flavor = "multi_thread")]
async fn every_line_of_both_servers_keeps_the_contract() {
    // Nobody listens there, so that there are lines about that too.
    let nobody = "http://127.0.0.1:9";
    let servers = Servers::start(&[
        ("LOKI_URL", nobody),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", nobody),
        ("LOG_LEVEL", "DEBUG"),
        ("POD_NAME", "pod-1"),
    ])
    .await;
    let visitor = Visitor::sign_up(&servers.frontend).await;
    visitor.post("/login", &[("email", "ada@example.com"), ("password", "wrong horse")]).await;
    visitor.post("/login", &[("email", "nobody@example.com"), ("password", "wrong horse")]).await;
    visitor.post("/tasks", &[("title", "find me")]).await;
    let task = visitor.first_task().await;
    for path in ["/tasks?q=milk", "/nowhere", &format!("/tasks/{task}"), "/account"] {
        visitor.get(path, None).await;
    }
    for message in ["add Water the plants", "show everything", "what is a dragon"] {
        visitor.post("/chat/messages", &[("message", message)]).await;
    }
    visitor.post(&format!("/tasks/{task}/delete"), &[("version", "1")]).await;
    visitor.post("/account", &[("confirm", "yes")]).await;
    for server in [&servers.frontend, &servers.backend] {
        for what in ["Loki takes no log lines; they wait, and standard output has them", "answered"] {
            server.line_with("body", what).await;
        }
        server.line_with("severity_text", "WARN").await;
    }
    let backend = servers.backend.end().await;
    // Now every call fails.
    visitor.get("/tasks", None).await;
    servers.frontend.line_with("error.type", "backend_unreachable").await;
    let frontend = servers.frontend.end().await;

    let schema = Schema::read();
    for line in backend.iter().chain(&frontend) {
        assert_eq!(schema.objections(line), Vec::<String>::new(), "{line}");
    }
    let actions = actions(&backend);
    let audited =
        ["sign up success", "log in failure", "call tool success", "delete task success", "delete account success"];
    for audited in audited {
        assert!(actions.contains(&audited.to_owned()), "no audit line {audited:?}: {actions:?}");
    }
    assert_eq!(actions.iter().filter(|action| *action == "log in failure").count(), 2);
}

/// Action and outcome of every audit line.
fn actions(lines: &[String]) -> Vec<String> {
    let lines = lines.iter().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let audit = lines.filter(|line| line["target"] == "audit");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    audit.map(|line| format!("{} {}", text(&line["action"]), text(&line["outcome"]))).collect()
}

fn life_cycle() -> Value {
    json!({
        "timestamp": "2026-01-31T23:59:59.123456789Z",
        "severity_text": "INFO",
        "severity_number": 9,
        "body": "listening",
        "server.address": "0.0.0.0",
        "server.port": 8000,
        "service.name": "todo-backend",
        "service.version": "0.1.0",
        "target": "telemetry::serve",
    })
}

fn of_request(target: &str) -> Value {
    let mut line = life_cycle();
    for (field, value) in [
        ("target", target),
        ("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"),
        ("span_id", "00f067aa0ba902b7"),
        ("trace_flags", "01"),
        ("request_id", "0123456789abcdef"),
    ] {
        line[field] = json!(value);
    }
    line
}

fn access() -> Value {
    let mut line = of_request("access");
    line["body"] = json!("answered");
    line["http.route"] = json!("/api/tasks/{id}");
    line["http.request.method"] = json!("GET");
    line["http.response.status_code"] = json!(200);
    line["duration_ms"] = json!(1.25);
    line
}

fn audit(action: &str) -> Value {
    let mut line = of_request("audit");
    line["action"] = json!(action);
    line["outcome"] = json!("success");
    line["user.id"] = json!("0190c7d2-7c1e-7b3a-9f43-5f1f1c0a9b11");
    line["task.id"] = json!("0190c7d2-7c1e-7b3a-9f43-5f1f1c0a9b12");
    line["client.address"] = json!("2001:db8::1");
    line
}

/// A tool that changed two tasks.
fn called() -> Value {
    let mut line = audit("call tool");
    let ids = [line["task.id"].as_str(), line["user.id"].as_str()].map(Option::unwrap_or_default).join(",");
    let fields = line.as_object_mut().expect("an object");
    fields.retain(|name, _| !["task.id", "client.address"].contains(&name.as_str()));
    line["task.ids"] = json!(ids);
    line["gen_ai.tool.name"] = json!("complete_task");
    line["caller"] = json!("mcp");
    line
}

/// What the contract says to a line with these fields changed; null takes one away.
fn objections(mut line: Value, changes: Value) -> Vec<String> {
    let fields = line.as_object_mut().expect("an object");
    for (field, value) in changes.as_object().expect("an object") {
        match value {
            Value::Null => drop(fields.remove(field)),
            value => drop(fields.insert(field.clone(), value.clone())),
        }
    }
    Schema::read().objections(&line.to_string())
}

#[test]
fn lines_as_they_should_be_raise_no_objection() {
    for (line, changes) in [
        (life_cycle(), json!({})),
        (life_cycle(), json!({"severity_text": "ERROR", "severity_number": 17, "error.message": "no room"})),
        (life_cycle(), json!({"k8s.pod.name": "todo-backend-0", "keep_serving_ms": 4000, "connections.open": 2})),
        (of_request("backend"), json!({})),
        (access(), json!({})),
        (access(), json!({"http.response.status_code": 503, "error.type": "503"})),
        (
            access(),
            json!({"http.response.status_code": null, "error.type": "client_disconnect", "body": "not answered"}),
        ),
        (audit("delete task"), json!({"client.address": null})),
        (audit("log in"), json!({"task.id": null, "user.id": null, "outcome": "failure"})),
        (called(), json!({})),
        (called(), json!({"task.ids": "", "gen_ai.tool.name": "list_tasks", "caller": "model"})),
        (called(), json!({"task.ids": "", "outcome": "failure", "caller": "rules"})),
    ] {
        assert_eq!(objections(line, changes.clone()), Vec::<String>::new(), "{changes}");
    }
}

/// A good line, one change, and the field that the objection has to name.
fn wrong() -> Vec<(Value, Value, &'static str)> {
    vec![
        (life_cycle(), json!({"timestamp": null}), "timestamp"),
        (life_cycle(), json!({"timestamp": "2026-01-31T23:59:59Z"}), "timestamp"),
        (life_cycle(), json!({"timestamp": "2026-13-31T23:59:59.123456789Z"}), "timestamp"),
        (life_cycle(), json!({"severity_text": "info"}), "severity_text"),
        (life_cycle(), json!({"severity_text": "WARNING", "severity_number": 13}), "severity_text"),
        (life_cycle(), json!({"severity_number": "9"}), "severity_number"),
        (life_cycle(), json!({"severity_number": 13}), "severity_number"),
        (life_cycle(), json!({"body": null}), "body"),
        (life_cycle(), json!({"body": 7}), "body"),
        (life_cycle(), json!({"service.name": "todo"}), "service.name"),
        (life_cycle(), json!({"service.version": null}), "service.version"),
        (life_cycle(), json!({"target": ""}), "target"),
        (life_cycle(), json!({"server.port": "8000"}), "server.port"),
        (life_cycle(), json!({"httpRoute": "/"}), "httpRoute"),
        (life_cycle(), json!({"http-route": "/"}), "http-route"),
        (life_cycle(), json!({"error.r#type": "x"}), "error.r#type"),
        (life_cycle(), json!({"nested": {"field": 1}}), "nested"),
        (life_cycle(), json!({"error": "no room"}), "error"),
        (life_cycle(), json!({"drain_ms": "4000"}), "drain_ms"),
        (life_cycle(), json!({"drain_ms": -1}), "drain_ms"),
        (life_cycle(), json!({"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"}), "request_id"),
        (life_cycle(), json!({"request_id": "r1"}), "trace_id"),
        (of_request("backend"), json!({"trace_id": "4BF92F3577B34DA6A3CE929D0E0E4736"}), "trace_id"),
        (of_request("backend"), json!({"trace_id": "0".repeat(32)}), "trace_id"),
        (of_request("backend"), json!({"span_id": "f067aa0ba902b7"}), "span_id"),
        (of_request("backend"), json!({"span_id": null}), "span_id"),
        (of_request("backend"), json!({"trace_flags": "1"}), "trace_flags"),
        (of_request("backend"), json!({"request_id": "two words"}), "request_id"),
        (access(), json!({"trace_id": null, "span_id": null, "trace_flags": null, "request_id": null}), "trace_id"),
        (access(), json!({"http.route": null}), "http.route"),
        (access(), json!({"http.route": "api/tasks"}), "http.route"),
        (access(), json!({"http.request.method": "get"}), "http.request.method"),
        (access(), json!({"http.response.status_code": "200"}), "http.response.status_code"),
        (access(), json!({"http.response.status_code": null}), "http.response.status_code"),
        (access(), json!({"http.response.status_code": 500}), "error.type"),
        (access(), json!({"duration_ms": null}), "duration_ms"),
        (access(), json!({"body": "served"}), "body"),
        (audit("log in"), json!({"client.address": null}), "client.address"),
        (audit("log in"), json!({"user.id": null}), "user.id"),
        (audit("log in"), json!({"outcome": null}), "outcome"),
        (audit("log in"), json!({"outcome": "perhaps"}), "outcome"),
        (audit("log in"), json!({"action": null}), "action"),
        (audit("log in"), json!({"user.id": "ada@example.com"}), "user.id"),
        (audit("delete task"), json!({"task.id": null}), "task.id"),
        (called(), json!({"user.id": null, "outcome": "failure"}), "user.id"),
        (called(), json!({"gen_ai.tool.name": null}), "gen_ai.tool.name"),
        (called(), json!({"gen_ai.tool.name": "rm_rf"}), "gen_ai.tool.name"),
        (called(), json!({"caller": null}), "caller"),
        (called(), json!({"caller": "somebody"}), "caller"),
        (called(), json!({"task.ids": null}), "task.ids"),
        (called(), json!({"task.ids": "Buy milk"}), "task.ids"),
        (called(), json!({"task.ids": "0190c7d2-7c1e-7b3a-9f43-5f1f1c0a9b12,"}), "task.ids"),
        (audit("bake bread"), json!({}), "action"),
        (
            audit("delete task"),
            json!({"request_id": null, "trace_id": null, "span_id": null, "trace_flags": null}),
            "request_id",
        ),
    ]
}

#[test]
fn each_clause_of_the_contract_objects_to_what_it_forbids() {
    for (line, change, named) in wrong() {
        let said = objections(line, change.clone());
        assert!(said.iter().any(|objection| objection.contains(named)), "{change}: {said:?}");
    }
    assert_eq!(Schema::read().objections("plain text"), ["not a JSON text"]);
    assert_eq!(Schema::read().objections("[]").len(), 1);
}

#[test]
fn an_objection_repeats_no_value() {
    let said = objections(life_cycle(), json!({"server.address": "hunter2 hunter2", "drain_ms": "hunter2"}));
    assert!(said.len() >= 2 && !said.concat().contains("hunter2"), "{said:?}");
}
