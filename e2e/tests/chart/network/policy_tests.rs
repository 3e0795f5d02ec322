//! The evaluator itself, on policies whose meaning is known, mistakes of real charts among them.

use serde_json::{Value, json};

use super::policy::{End, Pod, Policies, Port, Protocol};
use crate::objects::Object;

const HTTP: Port = Port { protocol: Protocol::Tcp, number: 8000 };

fn pod(namespace: &str, app: &str) -> End {
    End {
        name: format!("{namespace}/{app}"),
        address: [10, 244, 0, 7].into(),
        pod: Some(Pod {
            namespace: namespace.to_owned(),
            labels: [("app".to_owned(), app.to_owned())].into(),
            ports: [("http".to_owned(), 8000)].into(),
        }),
    }
}

fn machine(address: [u8; 4]) -> End {
    End { name: "a machine".to_owned(), address: address.into(), pod: None }
}

fn policy(spec: Value) -> Object {
    Object(json!({"kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": "todo"}, "spec": spec}))
}

fn allows(specs: &[Value], from: &End, to: &End, port: Port) -> bool {
    let policies: Vec<Object> = specs.iter().cloned().map(policy).collect();
    Policies::of(policies.iter()).allow(from, to, port)
}

/// Whether a policy on the pod `server` with this one rule lets `from` in.
fn enters(rule: Value, from: &End) -> bool {
    let spec = json!({"podSelector": {"matchLabels": {"app": "server"}}, "ingress": [rule]});
    allows(&[spec], from, &pod("todo", "server"), HTTP)
}

#[test]
fn without_a_policy_everything_is_allowed() {
    assert!(allows(&[], &pod("elsewhere", "client"), &pod("todo", "server"), HTTP));
}

#[test]
fn an_empty_selector_chooses_every_pod_of_its_namespace_and_no_other() {
    let deny = json!({"podSelector": {}, "policyTypes": ["Ingress"]});
    assert!(!allows(std::slice::from_ref(&deny), &pod("todo", "client"), &pod("todo", "server"), HTTP));
    assert!(allows(&[deny], &pod("todo", "client"), &pod("elsewhere", "server"), HTTP));
}

#[test]
fn both_ends_must_allow() {
    let (client, server) = (pod("todo", "client"), pod("todo", "server"));
    let deny = json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]});
    let enter = json!({"podSelector": {"matchLabels": {"app": "server"}}, "ingress": [{}]});
    let leave = json!({"podSelector": {"matchLabels": {"app": "client"}}, "policyTypes": ["Egress"], "egress": [{}]});
    assert!(!allows(&[deny.clone(), enter.clone()], &client, &server, HTTP));
    assert!(!allows(&[deny.clone(), leave.clone()], &client, &server, HTTP));
    assert!(allows(&[deny, enter, leave], &client, &server, HTTP));
}

#[test]
fn policy_types_default_to_ingress_and_to_egress_where_there_are_rules() {
    let (client, server) = (pod("todo", "client"), pod("todo", "server"));
    let only_in = json!({"podSelector": {"matchLabels": {"app": "client"}}});
    assert!(allows(&[only_in], &client, &server, HTTP));
    let both = json!({"podSelector": {"matchLabels": {"app": "client"}}, "egress": [{"ports": [{"port": 53}]}]});
    assert!(!allows(&[both], &client, &server, HTTP));
    // Rules of a direction that the types leave out say nothing.
    let named = json!({"podSelector": {}, "policyTypes": ["Egress"], "ingress": [], "egress": [{}]});
    assert!(allows(&[named], &client, &server, HTTP));
}

#[test]
fn selectors_in_one_peer_both_count_and_in_two_peers_either() {
    let dns = json!({"matchLabels": {"app": "dns"}});
    let system = json!({"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}});
    let both = json!({"from": [{"podSelector": dns, "namespaceSelector": system}]});
    assert!(enters(both.clone(), &pod("kube-system", "dns")));
    assert!(!enters(both.clone(), &pod("kube-system", "other")));
    assert!(!enters(both, &pod("todo", "dns")));
    let either = json!({"from": [{"podSelector": dns}, {"namespaceSelector": system}]});
    assert!(enters(either.clone(), &pod("kube-system", "other")));
    assert!(enters(either.clone(), &pod("todo", "dns")));
    assert!(!enters(either, &pod("elsewhere", "dns")));
}

#[test]
fn pods_alone_mean_the_own_namespace() {
    let rule = json!({"from": [{"podSelector": {}}]});
    assert!(enters(rule.clone(), &pod("todo", "client")));
    assert!(!enters(rule.clone(), &pod("elsewhere", "client")));
    assert!(!enters(rule, &machine([192, 0, 2, 1])));
}

#[test]
fn every_namespace_means_every_pod_and_no_machine() {
    let rule = json!({"from": [{"namespaceSelector": {}}]});
    assert!(enters(rule.clone(), &pod("elsewhere", "client")));
    assert!(!enters(rule, &machine([192, 0, 2, 1])));
}

#[test]
fn blocks_of_addresses_have_exceptions() {
    let rule = json!({"from": [{"ipBlock": {"cidr": "192.0.2.0/24", "except": ["192.0.2.128/25"]}}]});
    assert!(enters(rule.clone(), &machine([192, 0, 2, 1])));
    assert!(!enters(rule.clone(), &machine([192, 0, 2, 200])));
    assert!(!enters(rule, &machine([192, 0, 3, 1])));
    let everywhere = json!({"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]});
    assert!(enters(everywhere.clone(), &machine([8, 8, 8, 8])));
    assert!(enters(everywhere, &pod("elsewhere", "client")));
}

#[test]
fn missing_ports_mean_all_and_a_missing_protocol_means_tcp() {
    let client = pod("todo", "client");
    assert!(enters(json!({}), &client));
    assert!(enters(json!({"ports": [{"port": 8000}]}), &client));
    assert!(enters(json!({"ports": [{"port": "http"}]}), &client));
    assert!(enters(json!({"ports": [{"port": 7000, "endPort": 9000}]}), &client));
    assert!(enters(json!({"ports": [{"protocol": "TCP"}]}), &client));
    assert!(!enters(json!({"ports": [{"port": 8000, "protocol": "UDP"}]}), &client));
    assert!(!enters(json!({"ports": [{"port": 5432}]}), &client));
    assert!(!enters(json!({"ports": [{"port": "metrics"}]}), &client));
}

#[test]
fn expressions_are_understood() {
    for (expression, expected) in [
        (json!({"key": "app", "operator": "In", "values": ["client", "other"]}), true),
        (json!({"key": "app", "operator": "NotIn", "values": ["client"]}), false),
        (json!({"key": "app", "operator": "Exists"}), true),
        (json!({"key": "app", "operator": "DoesNotExist"}), false),
        (json!({"key": "tier", "operator": "NotIn", "values": ["client"]}), true),
    ] {
        let rule = json!({"from": [{"podSelector": {"matchExpressions": [expression]}}]});
        assert_eq!(enters(rule, &pod("todo", "client")), expected, "{expression}");
    }
}

#[test]
#[should_panic(expected = "port does not belong there")]
fn ports_inside_a_peer_are_a_mistake_and_no_rule() {
    enters(json!({"from": [{"podSelector": {}, "port": 8000}]}), &pod("todo", "client"));
}
