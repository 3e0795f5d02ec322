//! Clients of the programs in the namespace `monitoring`, as much of their APIs as the tests ask. Absent on purpose: what is
//! asked (the tests beside this file).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::Client;
use serde_json::{Value, json};

use crate::tools::{kubectl, put_back};

pub(crate) const NAMESPACE: &str = "monitoring";

/// Where a Service of the monitoring stack answers.
fn address(service: &str, port: u16) -> String {
    let said = kubectl(NAMESPACE, &["get", "service", service, "--output", "jsonpath={.spec.clusterIP}"]);
    format!("http://{}:{port}", said.out.trim())
}

/// Has the kubelet renew the files of Prometheus' pod, which it does for a changed pod at once and else once a minute or two. What is
/// waited for comes without this, too, only later.
pub(crate) fn renew_files() {
    let annotation = format!("todo-e2e/renewed={:.1}", now());
    kubectl(NAMESPACE, &["annotate", "--overwrite", "pod", "prometheus-monitoring-0", &annotation]);
}

fn http() -> Client {
    Client::builder().timeout(Duration::from_secs(30)).build().expect("a client")
}

/// Seconds since 1970, as Prometheus counts.
pub(crate) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

pub(crate) struct Prometheus {
    http: Client,
    base: String,
}

impl Prometheus {
    pub(crate) fn connect() -> Self {
        Self { http: http(), base: address("monitoring-prometheus", 9090) }
    }

    /// The `data` of an answer, or what Prometheus objects to.
    pub(crate) async fn ask(&self, path: &str, parameters: &[(&str, &str)]) -> Result<Value, String> {
        let request = self.http.get(format!("{}/api/v1/{path}", self.base)).query(parameters);
        data(request.send().await).await
    }

    /// The series of an expression, now.
    pub(crate) async fn query(&self, expression: &str) -> Result<Vec<Value>, String> {
        let data = self.ask("query", &[("query", expression)]).await?;
        Ok(data["result"].as_array().cloned().unwrap_or_default())
    }

    /// The first series' value, now; nothing when there is none.
    pub(crate) async fn value(&self, expression: &str) -> Result<Option<f64>, String> {
        let series = self.query(expression).await?;
        Ok(series.first().and_then(|series| series["value"][1].as_str()?.parse().ok()))
    }

    /// The series of an expression between two moments.
    pub(crate) async fn range(&self, expression: &str, from: f64, to: f64) -> Result<Vec<Value>, String> {
        let (from, to) = (from.to_string(), to.to_string());
        let data =
            self.ask("query_range", &[("query", expression), ("start", &from), ("end", &to), ("step", "5")]).await?;
        Ok(data["result"].as_array().cloned().unwrap_or_default())
    }
}

pub(crate) struct Loki {
    http: Client,
    base: String,
}

impl Loki {
    pub(crate) fn connect() -> Self {
        Self { http: http(), base: address("loki", 3100) }
    }

    /// Streams or series of a query between two moments.
    pub(crate) async fn range(&self, query: &str, from: f64, to: f64) -> Result<Vec<Value>, String> {
        let nanoseconds = |seconds: f64| format!("{:.0}", seconds * 1e9);
        let parameters = [
            ("query", query.to_owned()),
            ("start", nanoseconds(from)),
            ("end", nanoseconds(to)),
            ("limit", "1000".to_owned()),
        ];
        let request = self.http.get(format!("{}/loki/api/v1/query_range", self.base)).query(&parameters);
        let data = data(request.send().await).await?;
        Ok(data["result"].as_array().cloned().unwrap_or_default())
    }

    /// The lines of the last five minutes that a query finds, as the objects that they are.
    pub(crate) async fn lines(&self, query: &str) -> Result<Vec<Value>, String> {
        let streams = self.range(query, now() - 300.0, now() + 5.0).await?;
        let lines = streams.iter().filter_map(|stream| stream["values"].as_array()).flatten();
        lines
            .map(|line| serde_json::from_str(line[1].as_str().unwrap_or_default()).map_err(|error| error.to_string()))
            .collect()
    }

    /// The label sets of all streams.
    pub(crate) async fn streams(&self) -> Result<Vec<Value>, String> {
        let start = format!("{:.0}", (now() - 3600.0) * 1e9);
        let request = self
            .http
            .get(format!("{}/loki/api/v1/series", self.base))
            .query(&[("match[]", r#"{app="todo"}"#), ("start", start.as_str())]);
        Ok(data(request.send().await).await?.as_array().cloned().unwrap_or_default())
    }
}

/// The proxy between the servers and Loki.
pub(crate) struct Toxiproxy {
    http: Client,
    base: String,
}

impl Toxiproxy {
    pub(crate) fn connect() -> Self {
        Self { http: http(), base: address("toxiproxy", 8474) }
    }

    /// Every fault away, every proxy on.
    pub(crate) async fn heal(&self) {
        self.post("/reset", &json!({})).await;
    }

    /// Connections are refused, and those that are open end.
    pub(crate) async fn stop(&self) {
        self.post("/proxies/loki", &json!({"enabled": false})).await;
    }

    /// A fault on the way to Loki, by toxiproxy's own names.
    pub(crate) async fn poison(&self, kind: &str, attributes: Value) {
        let toxic = json!({"name": kind, "type": kind, "stream": "downstream", "attributes": attributes});
        self.post("/proxies/loki/toxics", &toxic).await;
    }

    async fn post(&self, path: &str, body: &Value) {
        let answer = self.http.post(format!("{}{path}", self.base)).json(body).send().await.expect("toxiproxy answers");
        assert!(answer.status().is_success(), "toxiproxy {path}: {}", answer.status());
    }
}

/// Also when a test fails: Loki is what the tests after it look into.
impl Drop for Toxiproxy {
    fn drop(&mut self) {
        let path = "/api/v1/namespaces/monitoring/services/toxiproxy:control/proxy/reset";
        put_back(&["create", "--raw", path, "--filename", "/dev/null"]);
    }
}

/// Where alerts and traces end, and the assistant's model where a release has one: e2e/receiver.
pub(crate) struct Receiver {
    http: Client,
    base: String,
}

impl Receiver {
    pub(crate) fn connect() -> Self {
        Self { http: http(), base: address("receiver", 8080) }
    }

    /// What Alertmanager has sent: receiver, moment and message.
    pub(crate) async fn messages(&self) -> Result<Vec<Value>, String> {
        self.list("/alerts").await
    }

    /// The spans of a trace.
    pub(crate) async fn trace(&self, id: &str) -> Result<Vec<Value>, String> {
        self.list(&format!("/traces/{id}")).await
    }

    /// What the model was asked when these were the user's last words.
    pub(crate) async fn asked(&self, message: &str) -> Vec<Value> {
        let mut requests = self.list("/model/requests").await.expect("the receiver answers");
        requests.retain(|request| {
            let said = request["messages"].as_array().expect("messages").iter().rfind(|said| said["role"] == "user");
            said.is_some_and(|said| said["content"] == message)
        });
        requests
    }

    /// Lets the model come to the end of what it says slowly.
    pub(crate) async fn go_on(&self) {
        let answer = self.http.post(format!("{}/model/go-on", self.base)).send().await.expect("the receiver answers");
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    async fn list(&self, path: &str) -> Result<Vec<Value>, String> {
        let answer = self.http.get(format!("{}{path}", self.base)).send().await.map_err(|error| error.to_string())?;
        answer.json().await.map_err(|error| error.to_string())
    }
}

/// What Prometheus and Loki wrap their answers in.
async fn data(answer: reqwest::Result<reqwest::Response>) -> Result<Value, String> {
    let answer = answer.map_err(|error| error.to_string())?;
    let status = answer.status();
    let text = answer.text().await.map_err(|error| error.to_string())?;
    let told: Value = serde_json::from_str(&text).map_err(|_| format!("{status}: {text}"))?;
    if told["status"] == "success" { Ok(told["data"].clone()) } else { Err(format!("{status}: {}", told["error"])) }
}
