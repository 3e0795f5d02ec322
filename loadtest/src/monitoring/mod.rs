//! What watches the release beside us: a Prometheus, a Loki and a Grafana, named or found in the cluster by the labels that
//! their operators and charts give their Services. Absent on purpose: needing any of them.

pub mod loki;
pub mod prometheus;
pub mod queries;
pub mod way;

use std::time::Duration;

use k8s_openapi::api::core::v1::Service;
use kube::Api;
use kube::api::ListParams;
use reqwest::Client;
use url::Url;

pub use loki::Loki;
pub use prometheus::Prometheus;

use crate::api::cause;
use crate::arguments::ClusterOptions;
use crate::phases::{Stopped, sentence};
use crate::target::cluster::Cluster;
use way::Way;

/// Where it is looked for first.
const NAMESPACE: &str = "monitoring";

/// What was found; otherwise why not.
#[derive(Clone, Debug)]
pub struct Monitoring {
    pub prometheus: Result<Prometheus, Stopped>,
    pub loki: Result<Loki, Stopped>,
    /// `namespace/name` and port of a Grafana, for a hint.
    pub grafana: Option<(String, String)>,
}

impl Monitoring {
    /// Looks for all three. What was named and does not answer is a fault; what was not found is merely not there.
    pub async fn find(http: &Client, cluster: &Cluster, options: &ClusterOptions) -> Self {
        let seen = Seen::new(cluster).await;
        Self {
            prometheus: prometheus(http, cluster, &seen, options.prometheus.as_ref()).await,
            loki: loki(http, cluster, &seen, options.loki.as_ref()).await,
            grafana: seen.first(is_grafana, &["service", "http", "80", "3000"]),
        }
    }
}

async fn prometheus(http: &Client, cluster: &Cluster, seen: &Seen, url: Option<&Url>) -> Result<Prometheus, Stopped> {
    let way = seen.way(http, cluster, url, ("Prometheus", "--prometheus"), is_prometheus, &["web", "9090"])?;
    let found = Prometheus::new(way, url.is_some());
    answers(found.query("vector(1)", None).await, url.is_some())?;
    Ok(found)
}

async fn loki(http: &Client, cluster: &Cluster, seen: &Seen, url: Option<&Url>) -> Result<Loki, Stopped> {
    let way = seen.way(http, cluster, url, ("Loki", "--loki"), is_loki, &["3100"])?;
    let found = Loki::new(way);
    answers(found.finds("{service_name=\"todo-backend\"}", Duration::ZERO).await, url.is_some())?;
    Ok(found)
}

fn answers<T>(asked: Result<T, String>, named: bool) -> Result<(), Stopped> {
    asked.map(drop).map_err(|why| {
        let why = sentence(&why);
        if named { Stopped::Broken(why) } else { Stopped::Impossible(why) }
    })
}

/// The Services of the cluster as far as they may be seen.
struct Seen {
    services: Vec<Service>,
    /// Why not all of them were.
    hidden: Option<String>,
}

impl Seen {
    async fn new(cluster: &Cluster) -> Self {
        let all = ListParams::default();
        let why = match Api::<Service>::all(cluster.client.clone()).list(&all).await {
            Ok(services) => return Self { services: in_order(services.items), hidden: None },
            Err(error) => cause(&error),
        };
        // The right may be there for a namespace where it is not for all.
        let mut services = Vec::new();
        for namespace in [NAMESPACE, &cluster.namespace] {
            let here = Api::<Service>::namespaced(cluster.client.clone(), namespace).list(&all).await;
            services.extend(here.map(|services| services.items).unwrap_or_default());
        }
        Self { services: in_order(services), hidden: Some(why) }
    }

    /// `namespace/name` and port of the first Service of a kind.
    fn first(&self, is: fn(&Service) -> bool, ports: &[&str]) -> Option<(String, String)> {
        self.services.iter().filter(|service| is(service)).find_map(|service| {
            let name = service.metadata.name.as_deref()?;
            Some((format!("{}/{name}", namespace(service)), port(service, ports)?))
        })
    }

    fn way(
        &self,
        http: &Client,
        cluster: &Cluster,
        url: Option<&Url>,
        (what, option): (&str, &str),
        is: fn(&Service) -> bool,
        ports: &[&str],
    ) -> Result<Way, Stopped> {
        if let Some(url) = url {
            return Ok(Way::direct(http, url));
        }
        if let Some((service, port)) = self.first(is, ports) {
            return Ok(Way::Proxied { client: cluster.client.clone(), service, port });
        }
        let hidden =
            self.hidden.as_ref().map_or_else(String::new, |why| format!(", as far as Services may be listed ({why})"));
        Err(Stopped::Impossible(format!(
            "There is no {what} in the cluster{hidden}; {option} URL names one elsewhere."
        )))
    }
}

/// Those of the monitoring namespace first, and otherwise always in the same order.
fn in_order(mut services: Vec<Service>) -> Vec<Service> {
    let place = |service: &Service| {
        let namespace = namespace(service).to_owned();
        (namespace != NAMESPACE, namespace, service.metadata.name.clone())
    };
    services.sort_by_key(place);
    services
}

fn namespace(service: &Service) -> &str {
    service.metadata.namespace.as_deref().unwrap_or_default()
}

/// The first of these ports that the Service has, by name or number; its number, which the proxy always understands.
fn port(service: &Service, wanted: &[&str]) -> Option<String> {
    let ports = service.spec.as_ref()?.ports.as_deref()?;
    let is = |wanted: &str| {
        ports.iter().find(|port| port.name.as_deref() == Some(wanted) || port.port.to_string() == wanted)
    };
    wanted.iter().find_map(|wanted| is(wanted)).map(|port| port.port.to_string())
}

fn labelled(service: &Service, name: &str, value: &str) -> bool {
    service.metadata.labels.as_ref().and_then(|labels| labels.get(name)).is_some_and(|held| held == value)
}

/// The operator makes this one for every Prometheus.
fn is_prometheus(service: &Service) -> bool {
    labelled(service, "operated-prometheus", "true")
}

fn is_loki(service: &Service) -> bool {
    service.metadata.name.as_deref() == Some("loki") || labelled(service, "app.kubernetes.io/name", "loki")
}

fn is_grafana(service: &Service) -> bool {
    labelled(service, "app.kubernetes.io/name", "grafana")
}

#[cfg(test)]
pub mod stand_in;
#[cfg(test)]
mod tests;
