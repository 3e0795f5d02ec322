//! Why a pod does not run, in the words of the scheduler, of the kubelet or of the program itself. Absent on purpose:
//! whether the words name the cause.

use k8s_openapi::api::core::v1::{ContainerState, ContainerStatus, Pod};
use serde_json::Value;

use super::{Cluster, ClusterError, pods};

/// Longer than any message of ours; what follows would only fill the report.
const CHARACTERS: usize = 400;

/// Why the scheduler has found no node.
pub fn unscheduled(pod: &Pod) -> Option<String> {
    let conditions = pod.status.as_ref()?.conditions.as_ref()?;
    let condition = conditions.iter().find(|one| one.type_ == "PodScheduled" && one.status == "False")?;
    condition.message.as_deref().map(short)
}

/// What the kubelet or the container itself has said about its failure; `None` while it has not failed.
pub async fn said(cluster: &Cluster, pod: &Pod) -> Result<Option<String>, ClusterError> {
    let statuses = pod.status.as_ref().and_then(|status| status.container_statuses.as_deref()).unwrap_or_default();
    for status in statuses {
        if let Some(message) = not_pulled(status) {
            return Ok(Some(short(&message)));
        }
        let (now, before) = (ended(status.state.as_ref()), ended(status.last_state.as_ref()));
        if now || before {
            let log = cluster.log(&pods::name(pod), Some(&status.name), !now).await?;
            return Ok(last_words(&log).map(|words| short(&words)));
        }
    }
    Ok(None)
}

fn ended(state: Option<&ContainerState>) -> bool {
    state.is_some_and(|state| state.terminated.is_some())
}

/// The kubelet's sentence about an image that it cannot get. It waits with a short reason first and explains later.
fn not_pulled(status: &ContainerStatus) -> Option<String> {
    let waiting = status.state.as_ref()?.waiting.as_ref()?;
    let reason = waiting.reason.as_deref().filter(|reason| reason.contains("Image"))?;
    Some(format!("{reason}: {}", waiting.message.as_deref().unwrap_or_default()))
}

/// The message of the last line that says anything; of a structured line its text alone.
fn last_words(log: &str) -> Option<String> {
    let line = log.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
    let structured: Option<Value> = serde_json::from_str(line).ok();
    let text = structured.as_ref().and_then(|fields| fields["message"].as_str());
    Some(text.unwrap_or(line).to_owned())
}

fn short(text: &str) -> String {
    text.trim().chars().take(CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_scheduler_gives_its_reason() {
        let told = |status: &str| {
            let condition =
                json!({ "type": "PodScheduled", "status": status, "message": "0/1 nodes: 1 Insufficient cpu." });
            serde_json::from_value(json!({ "status": { "conditions": [condition] } })).unwrap()
        };
        assert_eq!(unscheduled(&told("False")).as_deref(), Some("0/1 nodes: 1 Insufficient cpu."));
        assert_eq!(unscheduled(&told("True")), None);
    }

    #[test]
    fn the_kubelet_gives_its_reason_for_an_image_alone() {
        let waiting = |reason: &str| {
            let state = json!({ "waiting": { "reason": reason, "message": "todo:x: not found" } });
            serde_json::from_value(json!({ "name": "backend", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": state }))
                .unwrap()
        };
        assert_eq!(not_pulled(&waiting("ErrImagePull")).as_deref(), Some("ErrImagePull: todo:x: not found"));
        assert_eq!(not_pulled(&waiting("ContainerCreating")), None);
    }

    #[test]
    fn the_last_line_counts_and_of_a_structured_one_its_message() {
        assert_eq!(last_words("one\ntwo\n\n").as_deref(), Some("two"));
        assert_eq!(
            last_words("{\"level\":\"ERROR\",\"message\":\"LOG_LEVEL is wrong\"}").as_deref(),
            Some("LOG_LEVEL is wrong")
        );
        assert_eq!(last_words("\n"), None);
    }
}
