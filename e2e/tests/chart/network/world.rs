//! Everybody who could want to connect: the pods of a release as they are rendered, and the rest of the world.

use std::{collections::BTreeSet, net::Ipv4Addr};

use serde_json::Value;

use super::{
    policy::{End, Pod},
    table::known,
};
use crate::{
    objects::{COMPONENT, Labels, Objects, containers, labels, list},
    values::at,
};

/// An end, and what the words of the table need to know of it.
pub(crate) struct Actor {
    pub(crate) end: End,
    /// The component, for pods of the release.
    pub(crate) component: Option<String>,
    /// The path of the value that names it as a peer.
    peer_of: Option<String>,
}

const DNS: &str = "the name server";
/// Lists of peers outside; where one is empty, whether the monitoring namespace is meant or anybody.
const PEERS: [(&str, bool); 5] = [
    ("networkPolicy.egress.backend.to", false),
    ("networkPolicy.egress.database.to", false),
    ("networkPolicy.egress.loki.to", true),
    ("networkPolicy.egress.model.to", false),
    ("networkPolicy.egress.otlp.to", true),
];
const COMPONENTS: [&str; 7] = ["backend", "backup", "database", "frontend", "loadtest", "postgres-exporter", "test"];

impl Actor {
    /// Whether the word of the table means this end. Words for the outside mean nobody of the release, whose pods have rules
    /// of their own for what they may do.
    pub(crate) fn is(&self, word: &str, values: &Value) -> bool {
        let outside = self.component.is_none();
        let in_namespace =
            |path: &str| self.end.pod.as_ref().is_some_and(|pod| known(values, path).as_str() == Some(&pod.namespace));
        if let Some(path) = word.strip_prefix("namespace ") {
            return outside && in_namespace(path);
        }
        if let Some(path) = word.strip_prefix("peers ") {
            let (_, monitoring) =
                PEERS.into_iter().find(|(known, _)| *known == path).unwrap_or_else(|| panic!("peers {path}"));
            let empty = list(known(values, path)).is_empty();
            return match (empty, monitoring) {
                (false, _) => self.peer_of.as_deref() == Some(path),
                (true, true) => outside && in_namespace("networkPolicy.monitoringNamespace"),
                (true, false) => outside,
            };
        }
        match word {
            "any pod" => !outside,
            "anywhere" => outside,
            "every namespace" => outside && self.end.pod.is_some(),
            "DNS" => self.end.name == DNS,
            component => {
                assert!(COMPONENTS.contains(&component), "the table speaks of {word:?}");
                self.component.as_deref() == Some(component)
            }
        }
    }
}

struct World(Vec<Actor>);

impl World {
    fn pod(&mut self, name: &str, namespace: &str, carried: Labels) -> &mut Actor {
        self.add(name, Some(Pod { namespace: namespace.to_owned(), labels: carried, ports: [].into() }))
    }

    fn add(&mut self, name: &str, pod: Option<Pod>) -> &mut Actor {
        let last = u8::try_from(self.0.len() + 1).expect("few ends");
        let end = End { name: name.to_owned(), address: [10, 244, 3, last].into(), pod };
        self.0.push(Actor { end, component: None, peer_of: None });
        self.0.last_mut().expect("just added")
    }

    fn machine(&mut self, name: &str, address: Ipv4Addr) -> &mut Actor {
        let actor = self.add(name, None);
        actor.end.address = address;
        actor
    }

    /// An end that a configured peer means.
    fn peer(&mut self, path: &str, peer: &Value) {
        let name = format!("{path} {peer}");
        let actor = if let Some(cidr) = peer["ipBlock"]["cidr"].as_str() {
            self.machine(&name, cidr.split('/').next().and_then(|base| base.parse().ok()).expect("an address"))
        } else {
            let namespace = peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"].as_str();
            self.pod(&name, namespace.unwrap_or("todo"), labels(&peer["podSelector"]["matchLabels"]))
        };
        actor.peer_of = Some(path.to_owned());
    }
}

/// The pods of the release, one that generates load, and everybody else.
pub(crate) fn actors(objects: &Objects, values: &Value) -> Vec<Actor> {
    let mut world = World(Vec::new());
    let mut seen = BTreeSet::new();
    for workload in objects.workloads().filter(|workload| seen.insert(workload.component())) {
        let ports =
            containers(workload.pod_spec()).flat_map(|container| list(&container["ports"])).filter_map(|port| {
                let number = u16::try_from(port["containerPort"].as_u64()?).ok()?;
                Some((port["name"].as_str()?.to_owned(), number))
            });
        let pod = Pod { namespace: "todo".to_owned(), labels: workload.pod_labels(), ports: ports.collect() };
        let component = workload.component();
        assert!(COMPONENTS.contains(&component), "the component {component} is new");
        world.add(component, Some(pod)).component = Some(component.to_owned());
    }
    let mut load = objects.workloads().next().expect("a pod").pod_labels();
    load.insert(COMPONENT.to_owned(), "loadtest".to_owned());
    if !seen.contains("loadtest") {
        // Whoever generates load by hand labels the pod so.
        world.pod("loadtest", "todo", load.clone()).component = Some("loadtest".to_owned());
    }

    let mut other = load;
    other.insert("app.kubernetes.io/instance".to_owned(), "other".to_owned());
    for component in ["backend", "frontend"] {
        other.insert(COMPONENT.to_owned(), component.to_owned());
        world.pod(&format!("{component} of another release"), "todo", other.clone());
    }
    let dns = Labels::from([("k8s-app".to_owned(), "kube-dns".to_owned())]);
    world.pod("a stray pod beside the release", "todo", Labels::new());
    world.pod("a pod elsewhere", "elsewhere", Labels::new());
    world.pod("a pod elsewhere that poses as a name server", "elsewhere", dns.clone());
    world.pod(DNS, "kube-system", dns);
    world.pod("another pod of kube-system", "kube-system", Labels::new());
    for (path, name) in [
        ("networkPolicy.ingressNamespace", "the Ingress controller"),
        ("networkPolicy.monitoringNamespace", "Prometheus"),
    ] {
        let namespace = at(values, path).as_str().filter(|namespace| !namespace.is_empty());
        world.pod(name, namespace.unwrap_or(name), Labels::new());
    }
    world.machine("a node", [192, 168, 7, 7].into());
    world.machine("a machine far away", [198, 51, 100, 50].into());
    for (path, _) in PEERS {
        for peer in list(at(values, path)) {
            world.peer(path, peer);
        }
    }
    world.0
}
