//! Every switch adds the objects that it names, takes them away again, and touches nothing else.

use std::collections::BTreeSet;

use crate::{
    helm::Chart,
    objects::{Object, Objects},
};

fn ids(objects: &Objects) -> BTreeSet<String> {
    objects.ids().into_iter().collect()
}

/// Assignments around the switch, the switch, what is there when it is on and not when it is off.
const SWITCHES: &[(&str, &str, &[&str])] = &[
    ("backend.replicas=2", "backend.autoscaling.enabled", &["HorizontalPodAutoscaler/todo-backend"]),
    ("backend.replicas=2", "backend.pdb.enabled", &["PodDisruptionBudget/todo-backend"]),
    ("backend.replicas=2", "frontend.pdb.enabled", &["PodDisruptionBudget/todo-frontend"]),
    ("backend.replicas=2", "ingress.enabled", &["Ingress/todo"]),
    ("httpRoute.parentRefs[0].name=public", "httpRoute.enabled", &["HTTPRoute/todo"]),
    ("backend.replicas=2", "resourceQuota.enabled", &["ResourceQuota/todo"]),
    (
        "backend.replicas=2",
        "metrics.serviceMonitor.enabled",
        &["ServiceMonitor/todo-backend", "ServiceMonitor/todo-frontend"],
    ),
    (
        "metrics.serviceMonitor.enabled=true",
        "metrics.postgresExporter.enabled",
        &[
            "Deployment/todo-postgres-exporter",
            "NetworkPolicy/todo-postgres-exporter",
            "Service/todo-postgres-exporter",
            "ServiceAccount/todo-postgres-exporter",
            "ServiceMonitor/todo-postgres-exporter",
        ],
    ),
    ("backend.replicas=2", "backend.serviceAccount.create", &["ServiceAccount/todo-backend"]),
];

#[test]
fn a_switch_adds_its_own_objects_and_no_others() {
    let Some(chart) = Chart::open() else { return };
    for (around, switch, expected) in SWITCHES {
        let with = |state: bool| ids(&chart.render().set(around).set(&format!("{switch}={state}")).objects());
        let (on, off) = (with(true), with(false));
        let added: Vec<&str> = on.difference(&off).map(String::as_str).collect();
        assert_eq!(&added, expected, "{switch}");
        assert_eq!(off.difference(&on).count(), 0, "{switch} takes something away");
    }
}

#[test]
fn switching_the_network_policies_off_removes_them_and_nothing_else() {
    let Some(chart) = Chart::open() else { return };
    let everything = chart.render().set("backup.enabled=true");
    let (on, off) = (everything.objects(), everything.set("networkPolicy.enabled=false").objects());
    assert!(on.of_kind("NetworkPolicy").count() > 0);
    let others: Vec<String> = on.iter().filter(|object| object.kind() != "NetworkPolicy").map(Object::id).collect();
    assert_eq!(off.ids(), others);
}

/// Objects of a component, and objects of others that speak of it by name.
fn traces(objects: &Objects, component: &str) -> Vec<String> {
    let name = format!("todo-{component}");
    let speaks = |object: &&Object| object.component() == component || object.name() == name;
    objects.iter().filter(speaks).map(Object::id).collect()
}

#[test]
fn a_component_that_is_switched_off_leaves_nothing_behind() {
    let Some(chart) = Chart::open() else { return };
    let external = "database.enabled=false,secrets.databaseUrl=postgres://user@db.example.com/todo?sslmode=require";
    for (component, switched_off) in [
        ("backend", "backend.enabled=false"),
        ("frontend", "frontend.enabled=false"),
        ("database", external),
        ("backup", "backup.enabled=false"),
        ("postgres-exporter", "metrics.postgresExporter.enabled=false"),
    ] {
        let everything = chart
            .render()
            .set("metrics.serviceMonitor.enabled=true,metrics.postgresExporter.enabled=true,backup.enabled=true");
        assert!(!traces(&everything.objects(), component).is_empty(), "{component}");
        let without = everything.set(switched_off).objects();
        assert_eq!(traces(&without, component), Vec::<String>::new(), "{component}");
        // Routes to a Service that does not exist are an error that shows only when somebody clicks.
        let routes: Vec<Object> =
            without.iter().filter(|object| ["Ingress", "HTTPRoute"].contains(&object.kind())).cloned().collect();
        assert!(!routes.iter().any(|route| route.0.to_string().contains(&format!("todo-{component}"))), "{component}");
    }
}

#[test]
fn an_external_database_deploys_no_database() {
    let Some(chart) = Chart::open() else { return };
    let objects = chart.render().file(Some("ci/02-external-database-values.yaml")).objects();
    for kind in ["StatefulSet", "PersistentVolumeClaim"] {
        assert_eq!(objects.of_kind(kind).count(), 0, "{kind}");
    }
    let secret = crate::secrets::contents(objects.get("Secret", "todo-secrets"));
    assert!(secret["DATABASE_URL"].contains("@db.example.com/"));
    assert!(!secret.contains_key("POSTGRES_PASSWORD"));
}

#[test]
fn the_ingress_sends_the_api_and_mcp_to_the_backend_and_the_rest_to_the_frontend_unrewritten() {
    let Some(chart) = Chart::open() else { return };
    let objects = chart.render().objects();
    let ingress = objects.get("Ingress", "todo");
    assert_eq!(ingress.at("/spec/rules/0/host"), "todo.local");
    let paths: Vec<String> = crate::objects::list(ingress.at("/spec/rules/0/http/paths"))
        .iter()
        .map(|path| {
            let service = &path["backend"]["service"];
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            format!("{} {} {}", text(&path["path"]), text(&path["pathType"]), text(&service["name"]))
        })
        .collect();
    let backend = ["/api", "/mcp", "/.well-known/oauth-protected-resource"];
    let mut wanted = backend.map(|path| format!("{path} Prefix todo-backend")).to_vec();
    wanted.push("/ Prefix todo-frontend".to_owned());
    assert_eq!(paths, wanted);
    let annotations = ingress.at("/metadata/annotations").to_string();
    assert!(!annotations.contains("rewrite"), "{annotations}");
    assert!(ingress.at("/spec/ingressClassName").is_null(), "the cluster's default class, unless said otherwise");
    let routes = chart.render().file(Some("ci/06-httproute-values.yaml")).objects();
    let route = routes.get("HTTPRoute", "todo");
    let led: Vec<(String, &serde_json::Value)> = crate::objects::list(route.at("/spec/rules"))
        .iter()
        .map(|rule| {
            let path = rule["matches"][0]["path"]["value"].as_str().unwrap_or_default();
            (path.to_owned(), &rule["backendRefs"][0]["name"])
        })
        .collect();
    let mut wanted = backend.map(|path| (path.to_owned(), "todo-backend")).to_vec();
    wanted.push(("/".to_owned(), "todo-frontend"));
    assert_eq!(
        led.iter().map(|(path, name)| (path.clone(), name.as_str().unwrap_or_default())).collect::<Vec<_>>(),
        wanted
    );
    assert!(!route.0.to_string().contains("URLRewrite"), "{}", route.0);
}
