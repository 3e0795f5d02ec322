//! What a container has written. Absent on purpose: waiting for it.

use k8s_openapi::api::core::v1::Pod;
use kube::api::LogParams;

use super::{Cluster, ClusterError};

/// More than any message of ours.
const LINES: i64 = 200;

impl Cluster {
    /// The end of a container's log; of its run before the last restart when `previous`.
    pub async fn log(&self, pod: &str, container: Option<&str>, previous: bool) -> Result<String, ClusterError> {
        let wish = LogParams {
            container: container.map(str::to_owned),
            previous,
            tail_lines: Some(LINES),
            ..LogParams::default()
        };
        let what = format!("the log of the pod {pod} cannot be read");
        self.api::<Pod>().logs(pod, &wish).await.map_err(ClusterError::api(&what))
    }
}
