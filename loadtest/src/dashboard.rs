//! Links to the load test's dashboard in Grafana, over the time of a run or of one of its phases. Absent on purpose: the
//! dashboard itself, which the chart brings.

use time::{Duration, OffsetDateTime};
use url::form_urlencoded::Serializer;

use crate::measurements::Measurements;

/// Its uid, which is its file's name in `dashboards/`.
const UID: &str = "todo-loadtest";
/// Where a port-forward leads to; port 3000 is our own frontend's.
const FORWARDED: &str = "http://127.0.0.1:3001";

/// Criteria that one phase of the timeline tells the most about.
const PHASES: &[(&str, &str)] = &[
    ("SC-001", "install"),
    ("SC-002", "install"),
    ("SC-003", "kills"),
    ("SC-004", "upgrade and rollback"),
    ("SC-006", "configuration"),
    ("SC-007", "steady load"),
    ("HEALTH", "steady load"),
    ("ERRORS", "steady load"),
    ("LATENCY", "steady load"),
    ("METRICS", "steady load"),
    ("HPA-UP", "scale up"),
    ("HPA-DOWN", "scale down"),
    ("READY", "outage"),
    ("ISOLATION", "isolation"),
    ("PENDING", "pending"),
    ("BACKUP", "backup and restore"),
];

/// Over the whole run.
pub fn of_run(measurements: &Measurements) -> Option<String> {
    let grafana = measurements.cluster.monitoring.grafana.as_deref()?;
    Some(link(grafana, measurements, measurements.run.started_at, measurements.run.finished_at))
}

/// Over the phase of a criterion.
pub fn of_criterion(measurements: &Measurements, id: &str) -> Option<String> {
    let grafana = measurements.cluster.monitoring.grafana.as_deref()?;
    let (_, wanted) = PHASES.iter().find(|(criterion, _)| *criterion == id)?;
    // What was measured several times leads to where the judged measurement was.
    let judged = measurements.latency_runs.iter().find(|run| run.judged && id == "LATENCY");
    let wanted = judged.map_or(*wanted, |run| run.phase.as_str());
    let phase = measurements.timeline.phases.iter().find(|phase| phase.name == wanted)?;
    let moment = |at: f64| Some(measurements.run.started_at + Duration::checked_seconds_f64(at)?);
    Some(link(grafana, measurements, moment(phase.from)?, moment(phase.to)?))
}

/// In words, for a Grafana that nobody has opened yet: the command, and the address after it.
pub fn by_forwarding(measurements: &Measurements) -> Option<(String, String)> {
    let monitoring = &measurements.cluster.monitoring;
    let command = monitoring.forwarding.clone().filter(|_| monitoring.grafana.is_none())?;
    Some((command, link(FORWARDED, measurements, measurements.run.started_at, measurements.run.finished_at)))
}

/// The command that leads to a Service, `namespace/name`.
pub fn forwarding(service: &str, port: &str) -> String {
    let (namespace, name) = service.split_once('/').unwrap_or_default();
    format!("kubectl --namespace {namespace} port-forward service/{name} 3001:{port}")
}

fn link(grafana: &str, measurements: &Measurements, from: OffsetDateTime, to: OffsetDateTime) -> String {
    let milliseconds = |at: OffsetDateTime| (at.unix_timestamp_nanos() / 1_000_000).to_string();
    let mut query = Serializer::new(String::new());
    query.append_pair("from", &milliseconds(from)).append_pair("to", &milliseconds(to));
    query.append_pair("var-namespace", &measurements.cluster.monitoring.namespace);
    format!("{grafana}/d/{UID}?{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::criteria;
    use crate::measurements::sample::{good_cluster_run, good_run};
    use crate::measurements::{LatencyRun, Phase};

    #[test]
    fn a_link_has_the_time_of_the_run_or_of_the_phase_in_milliseconds() {
        let mut run = good_cluster_run();
        let base = "https://grafana.example.com/d/todo-loadtest";
        let whole = format!("{base}?from=1773480413000&to=1773481013000&var-namespace=todo");
        assert_eq!(of_run(&run), Some(whole));
        let steady = format!("{base}?from=1773480426000&to=1773480473000&var-namespace=todo");
        assert_eq!(of_criterion(&run, "LATENCY"), Some(steady.clone()));
        assert_eq!(of_criterion(&run, "LOGS"), None);
        let again = LatencyRun { phase: "steady load 2".to_owned(), judged: true, ..LatencyRun::default() };
        run.latency_runs = vec![LatencyRun::default(), again];
        run.timeline.phases.push(Phase { name: "steady load 2".to_owned(), from: 61.0, to: 98.0 });
        let judged = format!("{base}?from=1773480474000&to=1773480511000&var-namespace=todo");
        assert_eq!(of_criterion(&run, "LATENCY"), Some(judged));
        assert_eq!(of_criterion(&run, "HEALTH"), Some(steady), "only LATENCY was measured again");
    }

    #[test]
    fn without_an_address_there_is_a_command_or_nothing() {
        assert_eq!((of_run(&good_run()), by_forwarding(&good_run())), (None, None));
        let mut run = good_cluster_run();
        assert_eq!(by_forwarding(&run), None, "the address is better");
        run.cluster.monitoring.grafana = None;
        run.cluster.monitoring.forwarding = Some(forwarding("monitoring/monitoring-grafana", "80"));
        let (command, address) = by_forwarding(&run).expect("a hint");
        assert_eq!(command, "kubectl --namespace monitoring port-forward service/monitoring-grafana 3001:80");
        assert!(address.starts_with("http://127.0.0.1:3001/d/todo-loadtest?from="), "{address}");
        assert_eq!(of_run(&run), None, "nobody can click on it yet");
    }

    #[test]
    fn phases_belong_to_criteria_that_exist() {
        for (id, _) in PHASES {
            assert!(criteria::IDS.contains(id), "{id}");
        }
    }
}
