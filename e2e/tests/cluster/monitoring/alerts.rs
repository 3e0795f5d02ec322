//! Alerts that fire because something is broken, reach the receiver that their severity asks for, and end when it is mended. The
//! rules are the release's with a tenth of their durations (`scaled`). Absent on purpose: boundaries, which promtool proves.

use std::time::Duration;

use serde_json::json;

use crate::monitoring::kept::Kept;
use crate::monitoring::scaled::Scaled;
use crate::monitoring::stack::{Prometheus, Receiver, Toxiproxy, now};
use crate::monitoring::traffic::{Person, Traffic};
use crate::release::NAMESPACE;
use crate::tools::{eventually, kubectl, put_back};

/// Two periods of a backup by the minute, and then some.
const LIMIT: Duration = Duration::from_secs(300);

/// What is broken, and how.
struct Fault {
    /// The alert that has to tell, with a label that tells it from others of its name.
    alert: Alert,
    strike: fn(),
    mend: fn(),
}

#[derive(Clone, Copy)]
struct Alert {
    name: &'static str,
    label: (&'static str, &'static str),
    /// The receiver that it has to reach.
    receiver: &'static str,
}

const fn alert(name: &'static str, label: (&'static str, &'static str), receiver: &'static str) -> Alert {
    Alert { name, label, receiver }
}

/// Independent of each other, so that they are struck at the same time.
const FAULTS: &[Fault] = &[
    Fault {
        alert: alert("TodoErrorBudgetBurn", ("slo", "api-availability"), "page"),
        strike: || rename("tasks", "lost"),
        mend: || rename("lost", "tasks"),
    },
    Fault {
        alert: alert("TodoHpaAtMax", ("horizontalpodautoscaler", "todo-backend"), "ticket"),
        strike: || target_cpu(1),
        mend: || target_cpu(70),
    },
    Fault {
        alert: alert("TodoBackupStale", ("cronjob", "todo-backup"), "page"),
        strike: || back_up_with("false"),
        mend: || back_up_with(BACKUP),
    },
    Fault {
        alert: alert("TodoTargetDown", ("job", "todo-frontend"), "page"),
        strike: || serve_at(&json!(9)),
        mend: || serve_at(&json!("http")),
    },
];
/// Struck by the proxy and not by Kubernetes.
const DROPPING: Alert = alert("TodoLogPushDropping", ("namespace", NAMESPACE), "ticket");
/// Struck alone, because it keeps back what it causes.
const AWAY: Alert = alert("TodoDbDown", ("namespace", NAMESPACE), "page");
const BACKUP: &str = "sh /scripts/backup.sh";

fn change(arguments: &[&str]) {
    put_back(&[&["--namespace", NAMESPACE], arguments].concat());
}

/// Where the pages' Service, and with it Prometheus, looks for the pods; nobody listens at port 9.
fn serve_at(port: &serde_json::Value) {
    let patch = json!([{"op": "replace", "path": "/spec/ports/0/targetPort", "value": port}]).to_string();
    change(&["patch", "service", "todo-frontend", "--type=json", "--patch", &patch]);
}

/// What a migration might do that should not have been: every request for tasks fails, and the database itself answers.
fn rename(from: &str, to: &str) {
    let statement = format!("ALTER TABLE IF EXISTS {from} RENAME TO {to}");
    change(&["exec", "todo-database-0", "--", "psql", "-U", "todo", "-d", "todo", "-c", &statement]);
}

/// At one percent every pod is far above it, so that the autoscaler asks for all it may have.
fn target_cpu(percent: u32) {
    let at = "/spec/metrics/0/resource/target/averageUtilization";
    let patch = json!([{"op": "replace", "path": at, "value": percent}]).to_string();
    change(&["patch", "hpa", "todo-backend", "--type=json", "--patch", &patch]);
}

/// Every minute, by this program.
fn back_up_with(program: &str) {
    let at = "/spec/jobTemplate/spec/template/spec/containers/0/command";
    let patch = json!([
        {"op": "replace", "path": "/spec/schedule", "value": "* * * * *"},
        {"op": "replace", "path": at, "value": ["sh", "-c", program]},
    ]);
    change(&["patch", "cronjob", "todo-backup", "--type=json", "--patch", &patch.to_string()]);
}

/// Mends everything, also when the test fails.
struct Struck;

impl Drop for Struck {
    fn drop(&mut self) {
        for fault in FAULTS {
            (fault.mend)();
        }
    }
}

/// Brings the database back, also when the test fails.
struct Away;

impl Drop for Away {
    fn drop(&mut self) {
        change(&["scale", "statefulset", "todo-database", "--replicas=1"]);
    }
}

/// Whether the receiver was told of this alert in this state since a moment.
async fn told(receiver: &Receiver, alert: Alert, state: &str, since: f64) -> Result<bool, String> {
    let messages = receiver.messages().await?;
    let recent = messages.iter().filter(|message| {
        message["receiver"] == alert.receiver && message["at"].as_f64().is_some_and(|moment| moment >= since)
    });
    let about = recent.filter_map(|message| message["message"]["alerts"].as_array()).flatten().filter(|one| {
        let labels = &one["labels"];
        labels["alertname"] == alert.name && labels[alert.label.0] == alert.label.1 && labels["namespace"] == NAMESPACE
    });
    let mut found = false;
    for one in about {
        for key in ["summary", "description", "runbook_url", "dashboard_url"] {
            let text = one["annotations"][key].as_str().unwrap_or_default();
            assert!(!text.is_empty() && !text.contains("<no value>"), "{one}");
        }
        found |= one["status"] == state;
    }
    Ok(found)
}

async fn wait_for(receiver: &Receiver, alert: Alert, state: &str, since: f64) {
    eventually(LIMIT, async || {
        if told(receiver, alert, state, since).await? {
            Ok(())
        } else {
            Err(format!("{} {:?} is not {state} at {}", alert.name, alert.label, alert.receiver))
        }
    })
    .await;
    println!("{} {state} at {} after {:.0} s", alert.name, alert.receiver, now() - since);
}

/// A success by the minute first, or the new schedule alone would make the last dump an old one.
async fn back_up_by_the_minute() {
    back_up_with(BACKUP);
    eventually(LIMIT, async || {
        let job =
            kubectl(NAMESPACE, &["get", "cronjob", "todo-backup", "--output", "jsonpath={.status.lastSuccessfulTime}"]);
        if job.out.is_empty() { Err("no dump yet".to_owned()) } else { Ok(()) }
    })
    .await;
}

#[tokio::test]
async fn faults_are_told_to_whom_they_concern_until_they_are_mended() {
    let (prometheus, receiver, toxiproxy) = (Prometheus::connect(), Receiver::connect(), Toxiproxy::connect());
    let person = Person::sign_up().await;
    let _objects = Kept::of(&["hpa/todo-backend", "cronjob/todo-backup"]);
    let _rules = Scaled::install(&prometheus).await;
    back_up_by_the_minute().await;

    let traffic = Traffic::start(&person, 20);
    let struck = now();
    {
        let _struck = Struck;
        FAULTS.iter().for_each(|fault| (fault.strike)());
        toxiproxy.stop().await;
        for alert in FAULTS.iter().map(|fault| fault.alert).chain([DROPPING]) {
            wait_for(&receiver, alert, "firing", struck).await;
        }
    }
    toxiproxy.heal().await;
    let mended = now();
    for alert in FAULTS.iter().map(|fault| fault.alert).chain([DROPPING]) {
        wait_for(&receiver, alert, "resolved", mended).await;
    }
    traffic.end().await;

    let gone = now();
    {
        let _away = Away;
        change(&["scale", "statefulset", "todo-database", "--replicas=0"]);
        wait_for(&receiver, AWAY, "firing", gone).await;
    }
    wait_for(&receiver, AWAY, "resolved", gone).await;
    kubectl(NAMESPACE, &["rollout", "status", "deployment/todo-backend", "--timeout=120s"]);
}
