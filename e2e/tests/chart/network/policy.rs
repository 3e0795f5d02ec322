//! What NetworkPolicies mean: whether a connection between two ends is allowed. Written after the API's own description, and
//! strict: a field it does not know fails the test instead of being ignored.
//! Where networks differ it takes the wider reading: an `ipBlock` also matches the addresses of pods.

use std::{collections::BTreeMap, net::Ipv4Addr};

use serde_json::Value;

use crate::objects::{Labels, Object, labels, list, map};

/// One end of a connection.
#[derive(Clone, Debug)]
pub(crate) struct End {
    pub(crate) name: String,
    pub(crate) address: Ipv4Addr,
    /// `None` for what is no pod: a node, a machine outside.
    pub(crate) pod: Option<Pod>,
}

/// What policies can know of a pod.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pod {
    pub(crate) namespace: String,
    pub(crate) labels: Labels,
    /// The named ports of its containers.
    pub(crate) ports: BTreeMap<String, u16>,
}

/// A port with its protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Port {
    pub(crate) protocol: Protocol,
    pub(crate) number: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Protocol {
    Tcp,
    Udp,
}

/// Which way a rule looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Ingress,
    Egress,
}

/// All policies of a cluster.
pub(crate) struct Policies<'a>(Vec<&'a Object>);

impl<'a> Policies<'a> {
    pub(crate) fn of(objects: impl Iterator<Item = &'a Object>) -> Self {
        Self(objects.filter(|object| object.kind() == "NetworkPolicy").collect())
    }

    /// Both ends have a say: the sender's policies about leaving, the receiver's about entering.
    pub(crate) fn allow(&self, from: &End, to: &End, port: Port) -> bool {
        self.permit(Direction::Egress, from, to, to, port) && self.permit(Direction::Ingress, to, from, to, port)
    }

    /// A pod that no policy of this direction chooses may do everything; one that is chosen, only what some rule says.
    fn permit(&self, direction: Direction, subject: &End, peer: &End, receiver: &End, port: Port) -> bool {
        let Some(pod) = &subject.pod else { return true };
        let mut choosing = self.0.iter().filter(|policy| chooses(policy, direction, pod)).peekable();
        choosing.peek().is_none()
            || choosing.any(|policy| {
                rules(policy, direction).iter().any(|rule| rule_matches(policy, direction, rule, peer, receiver, port))
            })
    }
}

fn namespace(policy: &Object) -> &str {
    let namespace = policy.text("/metadata/namespace");
    assert!(!namespace.is_empty(), "{}: the namespace of the policy is not known", policy.id());
    namespace
}

fn chooses(policy: &Object, direction: Direction, pod: &Pod) -> bool {
    known(policy.at("/spec"), &["podSelector", "policyTypes", "ingress", "egress"], policy);
    let types: Vec<&str> = list(policy.at("/spec/policyTypes")).iter().filter_map(Value::as_str).collect();
    let applies = match direction {
        Direction::Ingress => types.is_empty() || types.contains(&"Ingress"),
        Direction::Egress => types.contains(&"Egress") || (types.is_empty() && !policy.at("/spec/egress").is_null()),
    };
    applies && pod.namespace == namespace(policy) && selects(policy.at("/spec/podSelector"), &pod.labels)
}

fn rules(policy: &Object, direction: Direction) -> &[Value] {
    list(policy.at(match direction {
        Direction::Ingress => "/spec/ingress",
        Direction::Egress => "/spec/egress",
    }))
}

/// A list that is absent or empty restricts nothing.
fn rule_matches(policy: &Object, direction: Direction, rule: &Value, peer: &End, receiver: &End, port: Port) -> bool {
    let side = if direction == Direction::Ingress { "from" } else { "to" };
    known(rule, &[side, "ports"], policy);
    let peers = list(&rule[side]);
    let ports = list(&rule["ports"]);
    (peers.is_empty() || peers.iter().any(|entry| peer_matches(policy, entry, peer)))
        && (ports.is_empty() || ports.iter().any(|entry| port_matches(policy, entry, receiver, port)))
}

/// Selectors in one peer must both match; a selector of pods alone means the policy's own namespace.
fn peer_matches(policy: &Object, peer: &Value, end: &End) -> bool {
    known(peer, &["podSelector", "namespaceSelector", "ipBlock"], policy);
    let (pods, namespaces) = (&peer["podSelector"], &peer["namespaceSelector"]);
    if !peer["ipBlock"].is_null() {
        assert!(pods.is_null() && namespaces.is_null(), "{}: ipBlock stands alone in a peer", policy.id());
        return in_block(&peer["ipBlock"], end.address);
    }
    assert!(!(pods.is_null() && namespaces.is_null()), "{}: a peer without any selector", policy.id());
    let Some(pod) = &end.pod else { return false };
    let right_namespace = if namespaces.is_null() {
        pod.namespace == namespace(policy)
    } else {
        // Every namespace carries its name as a label since Kubernetes 1.22; other labels are not assumed.
        let carried = Labels::from([("kubernetes.io/metadata.name".to_owned(), pod.namespace.clone())]);
        selects(namespaces, &carried)
    };
    right_namespace && (pods.is_null() || selects(pods, &pod.labels))
}

/// The protocol is TCP unless said; without a number every port is meant.
fn port_matches(policy: &Object, entry: &Value, receiver: &End, port: Port) -> bool {
    known(entry, &["port", "endPort", "protocol"], policy);
    let protocol = match entry["protocol"].as_str().unwrap_or("TCP") {
        "TCP" => Protocol::Tcp,
        "UDP" => Protocol::Udp,
        other => panic!("{}: protocol {other}", policy.id()),
    };
    let right_number = match &entry["port"] {
        Value::Null => true,
        Value::String(name) => receiver.pod.as_ref().is_some_and(|pod| pod.ports.get(name) == Some(&port.number)),
        Value::Number(first) => {
            let first = first.as_u64().expect("a port number");
            let last = entry["endPort"].as_u64().unwrap_or(first);
            (first..=last).contains(&u64::from(port.number))
        }
        other => panic!("{}: port {other}", policy.id()),
    };
    protocol == port.protocol && right_number
}

fn in_block(block: &Value, address: Ipv4Addr) -> bool {
    let contains = |cidr: &Value| {
        let cidr = cidr.as_str().expect("a network");
        let (base, length) = cidr.split_once('/').unwrap_or_else(|| panic!("{cidr} is no network"));
        // The ends here have addresses of version 4; a network of version 6 contains none of them.
        let Ok(base) = base.parse::<Ipv4Addr>() else { return false };
        let length: u32 = length.parse().expect("a prefix length");
        let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
        u32::from(address) & mask == u32::from(base) & mask
    };
    contains(&block["cidr"]) && !list(&block["except"]).iter().any(contains)
}

/// An empty selector selects everything.
fn selects(selector: &Value, carried: &Labels) -> bool {
    assert!(
        map(selector).all(|(key, _)| ["matchLabels", "matchExpressions"].contains(&key.as_str())),
        "unknown words in the selector {selector}"
    );
    labels(&selector["matchLabels"]).iter().all(|(key, value)| carried.get(key) == Some(value))
        && list(&selector["matchExpressions"]).iter().all(|expression| {
            let value = carried.get(expression["key"].as_str().expect("a key"));
            let listed = value.is_some_and(|value| list(&expression["values"]).iter().any(|entry| entry == value));
            match expression["operator"].as_str().expect("an operator") {
                "In" => listed,
                "NotIn" => !listed,
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                other => panic!("operator {other}"),
            }
        })
}

fn known(mapping: &Value, words: &[&str], policy: &Object) {
    for (key, _) in map(mapping) {
        assert!(words.contains(&key.as_str()), "{}: {key} does not belong there", policy.id());
    }
}
