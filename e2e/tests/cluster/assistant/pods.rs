//! Backend pods by their own addresses, and a release of its own whose assistant has a model: e2e/receiver stands in for one.

use std::time::Duration;

use crate::release::{NAMESPACE, Release, todo};
use crate::tools::{attempt, eventually, kubectl, undo};

const NAME: &str = "todo-model";
/// Two backends and a database, watched like the release `todo`. The model is a pod beside Prometheus, and the way to it is open.
const SETTINGS: &[&str] = &[
    "backend.replicas=2",
    "backend.autoscaling.enabled=false",
    "backup.enabled=false",
    "frontend.enabled=false",
    "ingress.enabled=false",
    "metrics.dashboards.enabled=false",
    "metrics.postgresExporter.enabled=false",
    "metrics.prometheusRule.enabled=false",
    "secrets.openaiApiKey=nobody-looks-at-it",
    "config.openaiModel=stand-in",
    "config.openaiBaseUrl=http://receiver.monitoring:8080/v1",
    "networkPolicy.egress.model.ports={8080}",
    r"networkPolicy.egress.model.to[0].namespaceSelector.matchLabels.kubernetes\.io/metadata\.name=monitoring",
];

/// It is gone when this is dropped, also when a test fails.
pub(super) struct WithModel(pub(super) Release);

impl WithModel {
    pub(super) fn install(temperature: &str) -> Self {
        todo();
        // There already before anything is, so that what a failed installation leaves goes, too.
        let release = Self(Release { name: NAME.to_owned(), namespace: NAMESPACE.to_owned() });
        release.set_temperature(temperature);
        release
    }

    /// Installs or upgrades it with this temperature, until no pod serves with another one: Helm is content with new pods that are
    /// Ready, while the old ones may still be.
    pub(super) fn set_temperature(&self, temperature: &str) {
        self.0.upgrade(&[SETTINGS, &[&format!("config.agentTemperature={temperature}")]].concat());
        let backend = format!("deployment/{NAME}-backend");
        let rolled_out = kubectl(NAMESPACE, &["rollout", "status", &backend, "--timeout=120s"]);
        assert!(rolled_out.out.contains("successfully rolled out"), "{}", rolled_out.out);
    }
}

impl Drop for WithModel {
    fn drop(&mut self) {
        undo("helm", &["uninstall", NAME, "--namespace", NAMESPACE, "--ignore-not-found", "--wait", "--timeout", "2m"]);
        let kept = ["delete", "persistentvolumeclaims,secrets", "--selector", &self.0.selector()];
        undo("kubectl", &[&["--namespace", NAMESPACE], &kept[..]].concat());
    }
}

/// A backend that serves.
pub(super) struct Pod {
    name: String,
    /// Its own, no Service's.
    pub(super) address: String,
}

/// The two oldest backends that serve, as soon as there are two; an autoscaler takes the youngest away first.
pub(super) async fn two(release: &Release) -> [Pod; 2] {
    eventually(Duration::from_secs(120), async || {
        let mut pods = release.objects("pods");
        pods.retain(|pod| {
            let conditions = pod["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
            pod["metadata"]["labels"]["app.kubernetes.io/component"] == "backend"
                && pod["metadata"]["deletionTimestamp"].is_null()
                && conditions.iter().any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
        });
        // RFC 3339 in UTC sorts as it is.
        pods.sort_by_key(|pod| pod["metadata"]["creationTimestamp"].to_string());
        let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
        let serving: Vec<Pod> = pods
            .iter()
            .take(2)
            .map(|pod| Pod {
                name: text(&pod["metadata"]["name"]),
                address: format!("http://{}:8000", text(&pod["status"]["podIP"])),
            })
            .collect();
        serving.try_into().map_err(|few: Vec<Pod>| format!("{} backends serve", few.len()))
    })
    .await
}

impl Pod {
    /// As a node does that loses its power: nobody is told, nothing is finished.
    pub(super) fn kill(&self) {
        kubectl(NAMESPACE, &["delete", "pod", &self.name, "--force", "--grace-period=0"]);
    }

    /// As a rollout or a drained node does; returns at once.
    pub(super) fn end(&self) {
        kubectl(NAMESPACE, &["delete", "pod", &self.name, "--wait=false"]);
    }

    /// Whether it has printed a line with this text; what is gone has not.
    pub(super) fn says(&self, body: &str) -> Result<(), String> {
        let said = attempt("kubectl", &["--namespace", NAMESPACE, "logs", &self.name, "--tail=200"])?;
        let body = format!(r#""body":"{body}""#);
        if said.out.contains(&body) { Ok(()) } else { Err(format!("{} has not said {body}", self.name)) }
    }

    /// Whether there is nothing left of it.
    pub(super) fn is_gone(&self) -> Result<(), String> {
        let left = kubectl(NAMESPACE, &["get", "pod", &self.name, "--ignore-not-found", "--output=name"]).out;
        if left.is_empty() { Ok(()) } else { Err(format!("{} is still there", self.name)) }
    }
}
