//! Asks one pod and not the Service before it: what a pod says must not depend on whether it gets traffic. Absent on
//! purpose: a way around a network that does not lead to pods; the Job inside the cluster has one.

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use url::Url;

use super::pods;
use crate::api::{Answer, Api, Call, cause};

/// A pod that is reachable accepts a connection at once.
const CONNECT: Duration = Duration::from_secs(2);

/// One pod's own address.
#[derive(Clone, Debug)]
pub struct Direct {
    pub pod: String,
    api: Api,
}

impl Direct {
    /// `None` when the pod has no address yet.
    pub fn to(pod: &Pod, port: u16, http: &reqwest::Client) -> Option<Self> {
        let address = pods::address(pod)?;
        let host = if address.contains(':') { format!("[{address}]") } else { address };
        let base = Url::parse(&format!("http://{host}:{port}")).ok()?;
        Some(Self { pod: pods::name(pod), api: Api::new(http.clone(), &base) })
    }

    /// Sends one request to the pod.
    pub async fn ask(&self, call: &Call<'_>) -> Result<Answer, String> {
        self.api.send(call).await.map_err(|error| cause(&error))
    }

    /// Whether this machine has a way to the pod at all.
    pub async fn reachable(&self) -> bool {
        let answer = tokio::time::timeout(CONNECT, self.ask(&Call::get("/health"))).await;
        matches!(answer, Ok(Ok(_)))
    }
}
