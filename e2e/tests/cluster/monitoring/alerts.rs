//! Alerts that fire because something is broken, reach the receiver that their severity asks for, and end when it is mended. The
//! rules are the release's with a tenth of their durations (`scaled`). Absent on purpose: boundaries, which promtool proves.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::monitoring::kept::Kept;
use crate::monitoring::scaled::Scaled;
use crate::monitoring::stack::{Prometheus, Receiver, Toxiproxy, now, renew_files};
use crate::monitoring::traffic::{Person, Traffic};
use crate::release::NAMESPACE;
use crate::tools::{eventually, kubectl};

/// Two periods of a backup by the minute, and then some.
const LIMIT: Duration = Duration::from_secs(300);

/// What is broken, and how.
struct Fault {
    /// The alert that has to tell.
    alert: &'static str,
    /// The receiver that it has to reach.
    receiver: &'static str,
    strike: fn(),
    mend: fn(),
}

/// Independent of each other, so that they are struck at the same time. The last one waits for Prometheus' new configuration.
const FAULTS: &[Fault] = &[
    Fault {
        alert: "TodoErrorBudgetBurn",
        receiver: "page",
        strike: || rename("tasks", "lost"),
        mend: || rename("lost", "tasks"),
    },
    Fault { alert: "TodoHpaAtMax", receiver: "ticket", strike: || target_cpu(1), mend: || target_cpu(70) },
    Fault {
        alert: "TodoBackupStale",
        receiver: "page",
        strike: || back_up_with("false"),
        mend: || back_up_with("sh /scripts/backup.sh"),
    },
    Fault { alert: "TodoTargetDown", receiver: "page", strike: || limit_samples(1), mend: || limit_samples(5_000) },
];

/// A scrape with more samples than this is refused, and its target counts as down.
fn limit_samples(limit: u32) {
    let patch = json!({"spec": {"sampleLimit": limit}}).to_string();
    kubectl(NAMESPACE, &["patch", "servicemonitor", "todo-frontend", "--type=merge", "--patch", &patch]);
}

/// What a migration might do that should not have been: every request for tasks fails, and the database itself answers.
fn rename(from: &str, to: &str) {
    let change = format!("ALTER TABLE IF EXISTS {from} RENAME TO {to}");
    kubectl(NAMESPACE, &["exec", "todo-database-0", "--", "psql", "-U", "todo", "-d", "todo", "-c", &change]);
}

/// At one percent every pod is far above it, so that the autoscaler asks for all it may have.
fn target_cpu(percent: u32) {
    let at = "/spec/metrics/0/resource/target/averageUtilization";
    let patch = json!([{"op": "replace", "path": at, "value": percent}]).to_string();
    kubectl(NAMESPACE, &["patch", "hpa", "todo-backend", "--type=json", "--patch", &patch]);
}

/// Every minute, by this program.
fn back_up_with(program: &str) {
    let at = "/spec/jobTemplate/spec/template/spec/containers/0/command";
    let patch = json!([
        {"op": "replace", "path": "/spec/schedule", "value": "* * * * *"},
        {"op": "replace", "path": at, "value": ["sh", "-c", program]},
    ]);
    kubectl(NAMESPACE, &["patch", "cronjob", "todo-backup", "--type=json", "--patch", &patch.to_string()]);
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

/// The states that the receiver was told of this alert since a moment, by receiver.
async fn told(receiver: &Receiver, alert: &str, since: f64) -> Result<BTreeSet<(String, String)>, String> {
    let mut states = BTreeSet::new();
    for message in receiver.messages().await? {
        if message["at"].as_f64().unwrap_or_default() < since {
            continue;
        }
        for one in message["message"]["alerts"].as_array().into_iter().flatten() {
            if one["labels"]["alertname"] == alert && one["labels"]["namespace"] == NAMESPACE {
                let annotations = &one["annotations"];
                for key in ["summary", "description", "runbook_url", "dashboard_url"] {
                    assert!(
                        annotations[key].as_str().is_some_and(|text| !text.is_empty() && !text.contains("<no value>")),
                        "{one}"
                    );
                }
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                states.insert((text(&message["receiver"]), text(&one["status"])));
            }
        }
    }
    Ok(states)
}

async fn wait_for(receiver: &Receiver, alert: &str, to: &str, state: &str, since: f64) {
    renew_files();
    let wanted = (to.to_owned(), state.to_owned());
    eventually(LIMIT, async || {
        let states = told(receiver, alert, since).await?;
        if states.contains(&wanted) { Ok(()) } else { Err(format!("{alert} is not {state} at {to}: {states:?}")) }
    })
    .await;
    println!("{alert} {state} at {to} after {:.0} s", now() - since);
}

#[tokio::test]
async fn faults_are_told_to_whom_they_concern_until_they_are_mended() {
    let (prometheus, receiver, toxiproxy) = (Prometheus::connect(), Receiver::connect(), Toxiproxy::connect());
    let person = Person::sign_up().await;
    let _objects = Kept::of(&["servicemonitor/todo-frontend", "hpa/todo-backend", "cronjob/todo-backup"]);
    let _rules = Scaled::install(&prometheus).await;

    let traffic = Traffic::start(&person, 20);
    let struck = now();
    {
        let _struck = Struck;
        FAULTS.iter().for_each(|fault| (fault.strike)());
        toxiproxy.stop().await;
        for fault in FAULTS {
            wait_for(&receiver, fault.alert, fault.receiver, "firing", struck).await;
        }
        wait_for(&receiver, "TodoLogPushDropping", "ticket", "firing", struck).await;
    }
    toxiproxy.heal().await;
    let mended = now();
    for fault in FAULTS {
        wait_for(&receiver, fault.alert, fault.receiver, "resolved", mended).await;
    }
    wait_for(&receiver, "TodoLogPushDropping", "ticket", "resolved", mended).await;
    traffic.end().await;

    // Alone, because it keeps back what it causes.
    let scale = |replicas: &str| kubectl(NAMESPACE, &["scale", "statefulset", "todo-database", replicas]);
    let away = now();
    scale("--replicas=0");
    wait_for(&receiver, "TodoDbDown", "page", "firing", away).await;
    scale("--replicas=1");
    wait_for(&receiver, "TodoDbDown", "page", "resolved", away).await;
    kubectl(NAMESPACE, &["rollout", "status", "deployment/todo-backend", "--timeout=120s"]);
}
