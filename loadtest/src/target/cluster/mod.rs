//! A release of the chart in a Kubernetes cluster, found by the labels that the chart promises. Absent on purpose: what the
//! load does to it (`phases::cluster`).

pub mod direct;
pub mod endpoints;
pub mod helm;
pub mod jobs;
pub mod logs;
pub mod nodes;
pub mod pods;
pub mod preflight;
pub mod reasons;
pub mod scaling;
pub mod services;
pub mod settings;
pub mod workloads;

use std::fmt;
use std::time::{Duration, Instant};

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Event;
use kube::api::ListParams;
use kube::{Api, Client, Config, Resource};
use serde::de::DeserializeOwned;

pub use direct::Direct;
pub use helm::Helm;
pub use scaling::Scaling;

use crate::api::cause;

/// How long the API server may take for one answer, also while the node is busy with the load.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// How long a step that puts something back is tried, and after which pause again.
const INSISTING: Duration = Duration::from_secs(120);
const AGAIN: Duration = Duration::from_millis(500);
/// The chart's name, which becomes part of the objects' names.
const CHART: &str = "todo";

/// A part of the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Component {
    Backend,
    Frontend,
    Database,
}

impl Component {
    pub const ALL: [Self; 3] = [Self::Backend, Self::Frontend, Self::Database];

    /// The value of the label `app.kubernetes.io/component`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Backend => "backend",
            Self::Frontend => "frontend",
            Self::Database => "database",
        }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Why the cluster did not do what was asked; a clause for the reader.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    #[error("no cluster can be reached: {0}")]
    Unreachable(String),
    #[error("{what}: {}", cause(source))]
    Api { what: String, source: kube::Error },
    #[error("{0}")]
    Other(String),
}

impl ClusterError {
    /// For `map_err`: says what could not be done.
    pub fn api(what: impl Into<String>) -> impl FnOnce(kube::Error) -> Self {
        let what = what.into();
        move |source| Self::Api { what, source }
    }
}

/// One release in one namespace.
#[derive(Clone)]
pub struct Cluster {
    pub client: Client,
    pub namespace: String,
    pub release: String,
    /// What the names of all objects begin with.
    pub fullname: String,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Cluster({} in {})", self.release, self.namespace)
    }
}

impl Cluster {
    /// Uses the current kubeconfig, or inside a pod its service account. The release need not exist yet.
    pub async fn connect(namespace: &str, release: &str) -> Result<Self, ClusterError> {
        let unreachable = |error: &(dyn std::error::Error + 'static)| ClusterError::Unreachable(cause(error));
        let mut config = Config::infer().await.map_err(|error| unreachable(&error))?;
        config.connect_timeout = Some(Duration::from_secs(5));
        config.read_timeout = Some(ANSWER_WITHIN);
        let client = Client::try_from(config).map_err(|error| unreachable(&error))?;
        client.apiserver_version().await.map_err(|error| unreachable(&error))?;
        let mut cluster =
            Self { client, namespace: namespace.to_owned(), release: release.to_owned(), fullname: full_name(release) };
        if let Some(fullname) = cluster.installed().await? {
            cluster.fullname = fullname;
        }
        Ok(cluster)
    }

    /// The prefix of the release's names when its backend is there: `fullnameOverride` may have chosen another one.
    pub async fn installed(&self) -> Result<Option<String>, ClusterError> {
        let deployments = self.api::<Deployment>().list(&self.selector(Component::Backend)).await;
        let deployments = deployments.map_err(ClusterError::api("the Deployments cannot be read"))?;
        Ok(deployments
            .items
            .iter()
            .find_map(|deployment| Some(deployment.metadata.name.as_deref()?.strip_suffix("-backend")?.to_owned())))
    }

    /// Objects of one kind in the release's namespace.
    pub fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope> + Clone + DeserializeOwned + fmt::Debug,
        K::DynamicType: Default,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// The name of a component's Deployment or StatefulSet and Service.
    pub fn name(&self, component: Component) -> String {
        format!("{}-{component}", self.fullname)
    }

    /// Selects a component's objects.
    pub fn selector(&self, component: Component) -> ListParams {
        self.labelled(component.name())
    }

    /// Selects the objects of any component, such as `test` or `backup`.
    pub fn labelled(&self, component: &str) -> ListParams {
        let instance = &self.release;
        ListParams::default()
            .labels(&format!("app.kubernetes.io/instance={instance},app.kubernetes.io/component={component}"))
    }

    /// What Kubernetes has said about an object, oldest first.
    pub async fn events(&self, object: &str) -> Result<Vec<Event>, ClusterError> {
        let about = ListParams::default().fields(&format!("involvedObject.name={object}"));
        let events = self.api::<Event>().list(&about).await;
        let mut events = events.map_err(ClusterError::api("the events cannot be read"))?.items;
        events.sort_by_key(|event| event.last_timestamp.clone());
        Ok(events)
    }
}

/// The chart's rule for the names of its objects.
fn full_name(release: &str) -> String {
    if release.contains(CHART) { release.to_owned() } else { format!("{release}-{CHART}") }
}

/// Asks again and again until it is so, and says how long that took; `None` when `patience` ran out. An answer that
/// fails is asked again: the API server may be busy.
pub async fn until<Question, Answer>(
    patience: Duration,
    every: Duration,
    mut so: Question,
) -> Result<Option<Duration>, ClusterError>
where
    Question: FnMut() -> Answer,
    Answer: Future<Output = Result<bool, ClusterError>>,
{
    let began = Instant::now();
    loop {
        let asked = so().await;
        match asked {
            Ok(true) => return Ok(Some(began.elapsed())),
            Err(error) if began.elapsed() >= patience => return Err(error),
            Ok(false) if began.elapsed() >= patience => return Ok(None),
            Ok(false) | Err(_) => tokio::time::sleep(every).await,
        }
    }
}

/// Does what must not fail for want of one answer, because it puts something back: the API server may be busy with the very
/// load that ends with it. Only for steps that may be done twice.
pub async fn insist<Step, Doing>(mut step: Step) -> Result<(), ClusterError>
where
    Step: FnMut() -> Doing,
    Doing: Future<Output = Result<(), ClusterError>>,
{
    let done = until(INSISTING, AGAIN, || {
        let doing = step();
        async move { doing.await.map(|()| true) }
    });
    done.await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rule_of_the_chart() {
        assert_eq!(full_name("todo"), "todo");
        assert_eq!(full_name("my-todo-2"), "my-todo-2");
        assert_eq!(full_name("demo"), "demo-todo");
    }

    #[tokio::test]
    async fn what_puts_something_back_is_tried_again() {
        let mut tried = 0;
        let done = insist(|| {
            tried += 1;
            let now = tried;
            async move { if now < 2 { Err(ClusterError::Other("busy".to_owned())) } else { Ok(()) } }
        });
        assert!(done.await.is_ok());
        assert_eq!(tried, 2);
    }

    #[tokio::test]
    async fn a_condition_is_asked_until_it_holds_or_patience_ends() {
        let mut asked = 0;
        let held = until(Duration::from_secs(10), Duration::from_millis(1), || {
            asked += 1;
            let now = asked;
            async move { if now == 2 { Err(ClusterError::Other("busy".to_owned())) } else { Ok(now >= 4) } }
        });
        assert!(held.await.unwrap().is_some());
        let never = until(Duration::ZERO, Duration::from_secs(1), || async { Ok(false) }).await;
        assert!(never.unwrap().is_none());
    }
}
