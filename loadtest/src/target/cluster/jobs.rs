//! Runs a Job from a CronJob of the release, as `kubectl create job --from` does, with another command or variable where a
//! phase needs one; and takes a claim away. Absent on purpose: what the Jobs do.

use std::time::{Duration, Instant};

use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{EnvVar, PersistentVolumeClaim, Pod, PodSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{DeleteParams, ListParams, PostParams};

use super::{Cluster, ClusterError, pods, until};

const POLL: Duration = Duration::from_millis(200);
/// Should nobody be left to remove it.
const KEPT_SECONDS: i32 = 300;

/// What is different from the CronJob's own Job.
#[derive(Clone, Debug, Default)]
pub struct Wish<'a> {
    /// Replaces the command.
    pub command: Option<Vec<String>>,
    /// Replaces or adds variables.
    pub variables: Vec<(&'a str, String)>,
}

/// How a Job ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobEnd {
    pub succeeded: bool,
    /// From its creation to its end.
    pub seconds: f64,
    pub log: String,
}

impl Cluster {
    pub async fn cron_job(&self, name: &str) -> Result<Option<CronJob>, ClusterError> {
        let what = format!("the CronJob {name} cannot be read");
        self.api::<CronJob>().get_opt(name).await.map_err(ClusterError::api(what))
    }

    /// Runs the Job to its end, returns what it wrote and removes it again.
    pub async fn run_job(
        &self,
        from: &CronJob,
        name: &str,
        wish: &Wish<'_>,
        deadline: Duration,
    ) -> Result<JobEnd, ClusterError> {
        let job = job(from, name, wish)?;
        let began = Instant::now();
        let created = self.api::<Job>().create(&PostParams::default(), &job).await;
        created.map_err(ClusterError::api(format!("the Job {name} cannot be created")))?;
        let ended = self.wait_job(name, deadline).await;
        let seconds = began.elapsed().as_secs_f64();
        let log = self.job_log(name).await;
        // Also after a failure; should this fail as well, the Job's own time to live ends it.
        let removed = self.api::<Job>().delete(name, &DeleteParams::background()).await;
        let succeeded = ended?;
        removed.map_err(ClusterError::api(format!("the Job {name} cannot be removed")))?;
        Ok(JobEnd { succeeded, seconds, log: log? })
    }

    async fn wait_job(&self, name: &str, deadline: Duration) -> Result<bool, ClusterError> {
        let end = std::cell::Cell::new(None);
        until(deadline, POLL, async || {
            let what = format!("the Job {name} cannot be read");
            end.set(outcome(&self.api::<Job>().get(name).await.map_err(ClusterError::api(what))?));
            Ok(end.get().is_some())
        })
        .await?;
        end.get()
            .ok_or_else(|| ClusterError::Other(format!("the Job {name} did not end within {} s", deadline.as_secs())))
    }

    async fn job_log(&self, name: &str) -> Result<String, ClusterError> {
        let of_job = ListParams::default().labels(&format!("batch.kubernetes.io/job-name={name}"));
        let found = self.api::<Pod>().list(&of_job).await;
        let found = found.map_err(ClusterError::api(format!("the pods of the Job {name} cannot be read")))?;
        match found.items.first() {
            Some(pod) => self.log(&pods::name(pod), None, false).await,
            None => Ok(String::new()),
        }
    }

    /// Deletes a claim, and with it usually its volume.
    pub async fn delete_claim(&self, name: &str) -> Result<(), ClusterError> {
        let deleted = self.api::<PersistentVolumeClaim>().delete(name, &DeleteParams::default()).await;
        deleted.map(drop).map_err(ClusterError::api(format!("the claim {name} cannot be deleted")))
    }

    pub async fn claim(&self, name: &str) -> Result<Option<PersistentVolumeClaim>, ClusterError> {
        let what = format!("the claim {name} cannot be read");
        self.api::<PersistentVolumeClaim>().get_opt(name).await.map_err(ClusterError::api(what))
    }
}

/// The Job that the CronJob would start, changed as wished.
fn job(from: &CronJob, name: &str, wish: &Wish<'_>) -> Result<Job, ClusterError> {
    let template = from.spec.as_ref().map(|spec| spec.job_template.clone());
    let missing = || ClusterError::Other(format!("the CronJob for the Job {name} has no template"));
    let template = template.ok_or_else(missing)?;
    let mut spec = template.spec.ok_or_else(missing)?;
    spec.ttl_seconds_after_finished = Some(KEPT_SECONDS);
    change(spec.template.spec.as_mut().ok_or_else(missing)?, wish);
    let labels = template.metadata.and_then(|metadata| metadata.labels);
    let metadata = ObjectMeta { name: Some(name.to_owned()), labels, ..ObjectMeta::default() };
    Ok(Job { metadata, spec: Some(spec), status: None })
}

fn change(pod: &mut PodSpec, wish: &Wish<'_>) {
    for container in &mut pod.containers {
        if let Some(command) = &wish.command {
            container.command = Some(command.clone());
            container.args = None;
        }
        let variables = container.env.get_or_insert_default();
        for (name, value) in &wish.variables {
            variables.retain(|variable| variable.name != *name);
            variables.push(EnvVar { name: (*name).to_owned(), value: Some(value.clone()), value_from: None });
        }
    }
}

/// Whether the Job has ended, and how.
fn outcome(job: &Job) -> Option<bool> {
    let conditions = job.status.as_ref()?.conditions.as_deref().unwrap_or_default();
    let holds = |kind: &str| conditions.iter().any(|condition| condition.type_ == kind && condition.status == "True");
    if holds("Complete") {
        return Some(true);
    }
    holds("Failed").then_some(false)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_job_is_what_the_cronjob_would_start_but_for_the_wishes() {
        let from: CronJob = serde_json::from_value(json!({
            "spec": { "schedule": "0 0 31 2 *", "jobTemplate": {
                "metadata": { "labels": { "app.kubernetes.io/component": "backup" } },
                "spec": { "backoffLimit": 0, "template": { "spec": { "containers": [{
                    "name": "restore", "command": ["/bin/sh", "/scripts/restore.sh"],
                    "env": [{ "name": "PGHOST", "value": "db" }, { "name": "RESTORE_FILE", "value": "" }],
                }] } } },
            } },
        }))
        .unwrap();
        let wish = Wish { command: None, variables: vec![("RESTORE_FILE", "todo-1.dump".to_owned())] };
        let made = serde_json::to_value(job(&from, "drill", &wish).unwrap()).unwrap();
        assert_eq!(made["metadata"]["labels"]["app.kubernetes.io/component"], "backup");
        assert_eq!(made["spec"]["backoffLimit"], 0);
        let container = &made["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(container["command"][1], "/scripts/restore.sh");
        let variables =
            json!([{ "name": "PGHOST", "value": "db" }, { "name": "RESTORE_FILE", "value": "todo-1.dump" }]);
        assert_eq!(container["env"], variables);

        let wish = Wish { command: Some(vec!["/bin/true".to_owned()]), ..Wish::default() };
        let made = serde_json::to_value(job(&from, "drill", &wish).unwrap()).unwrap();
        assert_eq!(made["spec"]["template"]["spec"]["containers"][0]["command"], json!(["/bin/true"]));
    }

    #[test]
    fn a_job_has_ended_when_a_condition_says_so() {
        let told = |conditions: serde_json::Value| {
            outcome(&serde_json::from_value(json!({ "status": { "conditions": conditions } })).unwrap())
        };
        assert_eq!(told(json!([])), None);
        assert_eq!(told(json!([{ "type": "FailureTarget", "status": "True" }])), None);
        assert_eq!(told(json!([{ "type": "Complete", "status": "True" }])), Some(true));
        assert_eq!(told(json!([{ "type": "Failed", "status": "True" }])), Some(false));
        assert_eq!(told(json!([{ "type": "Complete", "status": "False" }])), None);
    }
}
