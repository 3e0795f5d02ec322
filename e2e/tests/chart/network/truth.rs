//! Every connection that the rendered policies allow, between every two ends that matter, against the table: what the table
//! does not say must be denied, and what it says must be allowed.

use std::{collections::BTreeSet, fs, sync::Arc};

use e2e::tool::root;
use serde_json::{Value, json};

use super::{
    policy::{Policies, Port, Protocol},
    table::{Row, rows},
    world::{Actor, actors},
};
use crate::{
    helm::Chart,
    objects::{Object, Objects, list},
    values::{at, lay_over, merged, truthy},
};

type Connection = (String, String, Port);

fn connections(
    actors: &[Actor],
    ports: &BTreeSet<Port>,
    allowed: impl Fn(&Actor, &Actor, Port) -> bool,
) -> BTreeSet<Connection> {
    let mut found = BTreeSet::new();
    for from in actors {
        for to in actors.iter().filter(|to| from.component.is_some() || to.component.is_some()) {
            let open = ports.iter().filter(|port| allowed(from, to, **port));
            found.extend(open.map(|port| (from.end.name.clone(), to.end.name.clone(), *port)));
        }
    }
    found
}

/// The ports of the table and of the policies, and two that nobody has spoken of.
fn ports(table: &[&Row], objects: &Objects, values: &Value) -> BTreeSet<Port> {
    let mut ports: BTreeSet<Port> = table.iter().flat_map(|row| row.ports(values)).collect();
    let mut numbers = vec![22, 9999];
    for policy in objects.of_kind("NetworkPolicy") {
        for rule in list(policy.at("/spec/ingress")).iter().chain(list(policy.at("/spec/egress"))) {
            numbers.extend(list(&rule["ports"]).iter().filter_map(|entry| entry["port"].as_u64()));
        }
    }
    for number in numbers {
        let number = u16::try_from(number).expect("a port");
        ports.extend([Protocol::Tcp, Protocol::Udp].map(|protocol| Port { protocol, number }));
    }
    ports
}

/// What the table and the policies disagree about.
fn disagreements(table: &[Row], objects: &Objects, values: &Value) -> Vec<String> {
    let actors = actors(objects, values);
    let rows: Vec<&Row> = table.iter().filter(|row| row.holds(values)).collect();
    let ports = ports(&rows, objects, values);
    let mut namespaced: Vec<Object> = objects.of_kind("NetworkPolicy").cloned().collect();
    for policy in &mut namespaced {
        policy.0["metadata"]["namespace"] = json!("todo");
    }
    let policies = Policies::of(namespaced.iter());
    let said = connections(&actors, &ports, |from, to, port| {
        rows.iter().any(|row| row.ports(values).contains(&port) && from.is(&row.from, values) && to.is(&row.to, values))
    });
    let computed = connections(&actors, &ports, |from, to, port| policies.allow(&from.end, &to.end, port));
    let tell = |(from, to, port): &Connection, what: &str| format!("{from} -> {to} {port:?}: {what}");
    let missing =
        said.difference(&computed).map(|connection| tell(connection, "the table allows it, the policies do not"));
    let extra =
        computed.difference(&said).map(|connection| tell(connection, "the policies allow it, the table does not"));
    missing.chain(extra).collect()
}

fn table() -> Vec<Row> {
    rows(&fs::read_to_string(root().join("docs/network.md")).expect("docs/network.md"))
}

/// Mixes that no values file has.
fn mixes() -> Vec<Value> {
    let url = "postgres://user@db.example.com/todo?sslmode=require";
    let exporter = json!({"postgresExporter": {"enabled": true}});
    let address = |last: u8| json!({"ipBlock": {"cidr": format!("203.0.113.{last}/32")}});
    let named =
        |namespace: &str| json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}});
    vec![
        json!({"backend": {"service": {"type": "NodePort"}}, "ingress": {"enabled": false}}),
        json!({
            "frontend": {"service": {"type": "ClusterIP"}},
            "ingress": {"enabled": false},
            "networkPolicy": {"monitoringNamespace": ""},
        }),
        json!({
            "frontend": {"service": {"type": "ClusterIP"}},
            "ingress": {"enabled": false},
            "httpRoute": {"enabled": true, "parentRefs": [{"name": "public"}]},
        }),
        json!({
            "frontend": {"service": {"type": "ClusterIP"}},
            "networkPolicy": {"ingressNamespace": "traefik"},
        }),
        // A key for the model that only the Secret knows.
        json!({"secrets": {"existingSecret": "mine"}, "config": {"openaiModel": "a-model"}}),
        // Measured, but read by nobody.
        json!({"metrics": exporter, "networkPolicy": {"monitoringNamespace": ""}}),
        // Anywhere outside, and nobody inside: an external database whose address nobody has told.
        json!({"database": {"enabled": false}, "secrets": {"databaseUrl": url}, "backup": {"enabled": true}, "metrics": exporter}),
        json!({
            "database": {"enabled": false},
            "secrets": {"databaseUrl": url, "openaiApiKey": "a-key"},
            "backup": {"enabled": true},
            "metrics": exporter,
            "config": {"lokiUrl": "http://loki:3100", "otlpEndpoint": "http://jaeger:4318"},
            "networkPolicy": {"egress": {
                "database": {"to": [address(7), address(8)], "ports": [5433]},
                "model": {"to": [address(9)]},
                "loki": {"to": [named("logs")]},
                "otlp": {"to": [{
                    "namespaceSelector": named("traces")["namespaceSelector"],
                    "podSelector": {"matchLabels": {"app": "jaeger"}},
                }], "ports": [4318, 4317]},
            }},
        }),
    ]
}

/// Every values file and every mix with policies: a name for messages, the values, the render.
fn cases(chart: &Chart) -> Vec<(String, Value, Arc<Objects>)> {
    let mut cases = Vec::new();
    for file in chart.values_files() {
        let values = merged(chart, file.as_deref());
        if truthy(at(&values, "networkPolicy.enabled")) {
            cases.push((format!("{file:?}"), values, chart.render().file(file.as_deref()).objects()));
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    for mix in mixes() {
        let path = folder.path().join("mix.yaml");
        fs::write(&path, mix.to_string()).expect("a values file");
        let objects = chart.render().argument(&format!("--values={}", path.display())).fresh();
        let mut values = merged(chart, None);
        let name = mix.to_string();
        lay_over(&mut values, mix);
        cases.push((name.clone(), values, objects.unwrap_or_else(|error| panic!("{name}: {error}"))));
    }
    cases
}

#[test]
fn the_policies_allow_what_the_table_says_and_nothing_else() {
    let Some(chart) = Chart::open() else { return };
    let (table, cases) = (table(), cases(&chart));
    let mut complaints = Vec::new();
    for (name, values, objects) in &cases {
        complaints.extend(disagreements(&table, objects, values).into_iter().map(|line| format!("{name}: {line}")));
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    for row in table {
        assert!(cases.iter().any(|(_, values, _)| row.holds(values)), "never tried: {row:?}");
    }
}

#[test]
fn a_hole_and_a_wall_in_the_policies_are_found() {
    let Some(chart) = Chart::open() else { return };
    let (values, objects, table) = (merged(&chart, None), chart.render().objects(), table());
    let with = |name: &str, change: &dyn Fn(&mut Value)| {
        let mut changed: Vec<Value> = objects.iter().map(|object| object.0.clone()).collect();
        let policy =
            changed.iter_mut().find(|object| object["kind"] == "NetworkPolicy" && object["metadata"]["name"] == name);
        change(&mut policy.unwrap_or_else(|| panic!("no policy {name}"))["spec"]);
        disagreements(&table, &Objects::of(changed), &values)
    };
    assert_eq!(with("todo-database", &|_| {}), Vec::<String>::new());
    let hole = with("todo-database", &|spec| spec["ingress"] = json!([{"ports": [{"port": 5432}]}]));
    assert!(hole.iter().any(|line| line.starts_with("a stray pod beside the release -> database")), "{hole:?}");
    let wall = with("todo-backend", &|spec| spec["ingress"] = json!([]));
    assert!(wall.iter().any(|line| line.starts_with("frontend -> backend") && line.contains("8000")), "{wall:?}");
    // Two peers where one was meant: every pod of kube-system, and every pod that calls itself a name server.
    let loose = with("todo-dns", &|spec| {
        let peer = spec["egress"][0]["to"][0].clone();
        spec["egress"][0]["to"] =
            json!([{"namespaceSelector": peer["namespaceSelector"]}, {"podSelector": peer["podSelector"]}]);
    });
    assert!(loose.iter().any(|line| line.contains("-> another pod of kube-system")), "{loose:?}");
    let open = with("todo-deny", &|spec| spec["policyTypes"] = json!(["Ingress"]));
    assert!(open.is_empty(), "every component has a policy of its own for both directions: {open:?}");
}
