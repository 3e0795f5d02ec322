//! What each environment's values file promises.

use serde_json::{Value, json};

use crate::{
    helm::Chart,
    objects::{Objects, list},
    values::{at, merged},
};

struct Environment {
    values: Value,
    objects: std::sync::Arc<Objects>,
}

impl Environment {
    fn of(chart: &Chart, file: Option<&str>) -> Self {
        Self { values: merged(chart, file), objects: chart.render().file(file).objects() }
    }

    /// Floor, ceiling and target of the HPA.
    fn scaling(&self) -> [Option<u64>; 3] {
        let autoscaler = self.objects.get("HorizontalPodAutoscaler", "todo-backend");
        let fields = ["/spec/minReplicas", "/spec/maxReplicas", "/spec/metrics/0/resource/target/averageUtilization"];
        fields.map(|field| autoscaler.at(field).as_u64())
    }

    fn resources(&self, component: &str) -> &Value {
        let kind = if component == "database" { "StatefulSet" } else { "Deployment" };
        &self.objects.of_component(kind, component).pod_spec()["containers"][0]["resources"]
    }
}

#[test]
fn the_defaults_are_those_of_the_requirements() {
    let Some(chart) = Chart::open() else { return };
    let defaults = Environment::of(&chart, None);
    assert_eq!(defaults.scaling(), [Some(2), Some(5), Some(70)]);
    let resources = defaults.resources("backend");
    for (kind, cpu, memory) in [("requests", "250m", "256Mi"), ("limits", "500m", "512Mi")] {
        assert_eq!((&resources[kind]["cpu"], &resources[kind]["memory"]), (&json!(cpu), &json!(memory)));
    }
    let port = |component: &str| defaults.objects.of_component("Service", component).at("/spec/ports/0").clone();
    assert_eq!((port("backend")["port"].as_u64(), port("frontend")["port"].as_u64()), (Some(8000), Some(3000)));
    assert_eq!(port("frontend")["nodePort"], 30000);
    assert_eq!(defaults.objects.of_component("Service", "backend").at("/spec/type"), "ClusterIP");
    assert_eq!(port("database")["port"], 5432);
    assert_eq!(defaults.objects.get("Deployment", "todo-frontend").at("/spec/replicas"), 2);
    let claim = defaults.objects.get("StatefulSet", "todo-database").at("/spec/volumeClaimTemplates/0");
    assert_eq!(
        (&claim["metadata"]["name"], &claim["spec"]["resources"]["requests"]["storage"]),
        (&json!("data"), &json!("5Gi"))
    );
}

#[test]
fn production_scales_further_keeps_dumps_and_speaks_tls_only() {
    let Some(chart) = Chart::open() else { return };
    let production = Environment::of(&chart, Some("values-production.yaml"));
    assert_eq!(production.scaling(), [Some(2), Some(10), Some(70)]);
    assert_eq!(at(&production.values, "backend.replicas"), 3);
    assert!(
        production.objects.find("CronJob", "todo-backup").is_some(),
        "the database is the chart's, so it needs dumps"
    );
    assert!(!list(production.objects.get("Ingress", "todo").at("/spec/tls")).is_empty());
    let service = production.objects.of_component("Service", "frontend");
    assert_eq!(service.at("/spec/type"), "ClusterIP", "a NodePort would go past TLS");
    assert_eq!(production.objects.get("ConfigMap", "todo-config").at("/data/ENVIRONMENT"), "production");
    let down = production.objects.get("HorizontalPodAutoscaler", "todo-backend").at("/spec/behavior/scaleDown");
    assert_eq!(down["stabilizationWindowSeconds"], 300);
}

#[test]
fn development_has_a_quota_and_staging_is_like_production() {
    let Some(chart) = Chart::open() else { return };
    let development = Environment::of(&chart, Some("values-dev.yaml"));
    assert_eq!(development.objects.of_kind("ResourceQuota").count(), 1);
    assert_eq!(development.objects.of_component("Service", "frontend").at("/spec/ports/0/nodePort"), 30000);
    let [staging, production] =
        ["values-staging.yaml", "values-production.yaml"].map(|file| Environment::of(&chart, Some(file)).objects.ids());
    assert_eq!(staging, production, "staging is there to break first");
}

#[test]
fn no_file_of_an_environment_holds_a_secret() {
    let Some(chart) = Chart::open() else { return };
    for file in chart.values_files().into_iter().filter(|file| !file.as_ref().is_some_and(|file| file.contains('/'))) {
        for (key, value) in crate::objects::map(&merged(&chart, file.as_deref())["secrets"]) {
            assert_eq!(value, "", "{file:?}: secrets.{key}");
        }
    }
}

#[test]
fn five_backends_fit_on_the_test_node() {
    let Some(chart) = Chart::open() else { return };
    let test = Environment::of(&chart, Some("values-test.yaml"));
    assert_eq!(test.scaling(), [Some(2), Some(5), Some(70)]);
    let backend = test.resources("backend");
    assert_eq!((&backend["requests"]["cpu"], &backend["limits"]["cpu"]), (&json!("100m"), &json!("200m")));
    let database = test.resources("database");
    assert_eq!(database["requests"]["cpu"], "200m", "more than a backend, so that it does not starve before them");
    assert_eq!(test.objects.get("ConfigMap", "todo-config").at("/data/REQUESTS_PER_MINUTE"), "0");
    assert_eq!(test.objects.of_component("Service", "frontend").at("/spec/ports/0/nodePort"), 30000);
    let image = &test.objects.get("StatefulSet", "todo-database").pod_spec()["containers"][0]["image"];
    assert_eq!(image, "todo-postgres:15");
    for kind in ["ServiceMonitor", "PrometheusRule"] {
        assert_eq!(test.objects.of_kind(kind).count(), 0, "the node has no operator");
    }
}
