//! How a component is reached from here: its Service's address inside the cluster, or a port of the node. Absent on purpose:
//! asking it anything but whether it answers.

use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{Node, Service};
use kube::Api;
use kube::api::ListParams;
use url::Url;

use super::{Cluster, ClusterError, Component};

/// A Service's address that cannot be reached from here swallows packets: there is no use in waiting long.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// How long all of them are tried, again and again.
const PATIENCE: Duration = Duration::from_secs(10);
const AGAIN: Duration = Duration::from_millis(500);

impl Cluster {
    /// The first address of the component's Service that answers a connection from here; `Err` names what was tried.
    pub async fn reach(&self, component: Component) -> Result<Url, ClusterError> {
        let name = self.name(component);
        let service = self.api::<Service>().get(&name).await;
        let service = service.map_err(ClusterError::api(format!("the Service {name} cannot be read")))?;
        let nodes: Vec<Node> = match Api::<Node>::all(self.client.clone()).list(&ListParams::default()).await {
            Ok(nodes) => nodes.items,
            // Without the right to read nodes the node's own loopback is still worth a try.
            Err(_) => Vec::new(),
        };
        let addresses = addresses(&service, &nodes);
        let began = Instant::now();
        loop {
            for address in &addresses {
                if answers(address).await {
                    return Ok(address.clone());
                }
            }
            // What has just become Ready is not known to every proxy yet.
            if addresses.is_empty() || began.elapsed() > PATIENCE {
                break;
            }
            tokio::time::sleep(AGAIN).await;
        }
        let tried: Vec<&str> = addresses.iter().map(Url::as_str).collect();
        let tried =
            if tried.is_empty() { "it has no address".to_owned() } else { format!("tried {}", tried.join(", ")) };
        Err(ClusterError::Other(format!("the Service {name} cannot be reached from here ({tried})")))
    }
}

/// Every address that the Service could have here, the best one first.
fn addresses(service: &Service, nodes: &[Node]) -> Vec<Url> {
    let spec = service.spec.clone().unwrap_or_default();
    let Some(port) = spec.ports.unwrap_or_default().into_iter().next() else { return Vec::new() };
    let mut hosts: Vec<(String, i32)> = Vec::new();
    if let Some(host) = spec.cluster_ip.filter(|address| !matches!(address.as_str(), "" | "None")) {
        hosts.push((host, port.port));
    }
    if let Some(node_port) = port.node_port {
        hosts.extend(nodes.iter().filter_map(internal_address).map(|host| (host, node_port)));
        hosts.push(("127.0.0.1".to_owned(), node_port));
    }
    let bracketed = |host: &str| if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    hosts.iter().filter_map(|(host, port)| Url::parse(&format!("http://{}:{port}", bracketed(host))).ok()).collect()
}

fn internal_address(node: &Node) -> Option<String> {
    let addresses = node.status.as_ref()?.addresses.as_ref()?;
    addresses.iter().find(|address| address.type_ == "InternalIP").map(|address| address.address.clone())
}

/// Whether somebody accepts connections there.
async fn answers(url: &Url) -> bool {
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return false };
    let connecting = tokio::net::TcpStream::connect((host.trim_matches(['[', ']']), port));
    matches!(tokio::time::timeout(CONNECT_WITHIN, connecting).await, Ok(Ok(_)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_cluster_address_comes_first_and_node_ports_follow() {
        let service = json!({ "spec": { "clusterIP": "10.96.0.7", "ports": [{ "port": 3000, "nodePort": 30000 }] } });
        let node = json!({ "status": { "addresses": [{ "type": "InternalIP", "address": "10.250.0.1" }] } });
        let (service, node) = (serde_json::from_value(service).unwrap(), serde_json::from_value(node).unwrap());
        let found: Vec<String> = addresses(&service, &[node]).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["http://10.96.0.7:3000/", "http://10.250.0.1:30000/", "http://127.0.0.1:30000/"]);
    }

    #[test]
    fn a_headless_service_has_no_address() {
        let service = json!({ "spec": { "clusterIP": "None", "ports": [{ "port": 5432 }] } });
        assert!(addresses(&serde_json::from_value(service).unwrap(), &[]).is_empty());
    }

    #[tokio::test]
    async fn an_address_that_nobody_listens_on_does_not_answer() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: Url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        assert!(answers(&url).await);
        drop(listener);
        assert!(!answers(&url).await);
    }
}
