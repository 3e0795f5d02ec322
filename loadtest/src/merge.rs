//! `--merge`: the verdicts of several workers, as their logs hold them, become one. Absent on purpose: judging again; a
//! criterion is as good as its worst worker. Percentiles cannot be added up, so the slowest worker's stand for all.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::measurements::{Load, RouteLoad};
use crate::verdict::{Criterion, Figure, LedgerCounts, Status, Verdict};
use crate::words::counted;

/// Finds every verdict in these files; `-` is stdin. Other lines, such as a worker's progress, may stand around them.
pub fn read(files: &[PathBuf]) -> Result<Vec<Verdict>, String> {
    let mut verdicts = Vec::new();
    for file in files {
        let text = content(file).map_err(|error| format!("--merge {}: {error}", file.display()))?;
        let found = find(&text);
        if found.is_empty() {
            return Err(format!("--merge {}: there is no verdict in it (--format json writes one)", file.display()));
        }
        verdicts.extend(found);
    }
    Ok(verdicts)
}

fn content(file: &Path) -> std::io::Result<String> {
    if file != Path::new("-") {
        return fs::read_to_string(file);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

/// Every verdict that begins at the start of a line.
fn find(text: &str) -> Vec<Verdict> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Verdict>();
        let read = if rest.starts_with('{') { values.next() } else { None };
        let after = match read {
            Some(Ok(verdict)) => {
                found.push(verdict);
                values.byte_offset()
            }
            _ => 0,
        };
        let remaining = rest.get(after..).unwrap_or_default();
        rest = remaining.split_once('\n').map_or("", |(_, next)| next);
    }
    found
}

/// One verdict of all.
pub fn merge(verdicts: Vec<Verdict>) -> Result<Verdict, String> {
    let mut workers = verdicts.iter();
    let first = workers.next().ok_or("--merge: there is no verdict")?.clone();
    if let Some(other) = workers.find(|other| (&other.target, &other.release) != (&first.target, &first.release)) {
        return Err(format!(
            "--merge: the verdicts are about different things: {} {} and {} {}",
            first.target, first.release, other.target, other.release
        ));
    }
    let criteria: Vec<Criterion> = first.criteria.iter().map(|criterion| worst(criterion, &verdicts)).collect();
    let has = |status| criteria.iter().any(|criterion: &Criterion| criterion.status == status);
    let partial = verdicts.iter().any(|verdict| verdict.partial);
    Ok(Verdict {
        started_at: verdicts.iter().map(|verdict| verdict.started_at).min().unwrap_or(first.started_at),
        finished_at: verdicts.iter().map(|verdict| verdict.finished_at).max().unwrap_or(first.finished_at),
        passed: has(Status::Pass) && !has(Status::Fail) && !partial,
        partial,
        ledger: ledger(&verdicts),
        load: load(&verdicts),
        criteria,
        ..first
    })
}

/// The same criterion of all workers: the worst status with its own reason and the largest figure.
fn worst(criterion: &Criterion, verdicts: &[Verdict]) -> Criterion {
    let of = |verdict: &Verdict| verdict.criteria.iter().find(|other| other.id == criterion.id).cloned();
    let all: Vec<Criterion> = verdicts.iter().filter_map(of).collect();
    let rank = |status| match status {
        Status::NotMeasured => 0,
        Status::Pass => 1,
        Status::Fail => 2,
    };
    let figure = |other: &Criterion| match other.measured {
        Some(Figure::Number(number)) => number,
        Some(Figure::Text(_)) | None => f64::NEG_INFINITY,
    };
    let order = |left: &&Criterion, right: &&Criterion| {
        rank(left.status).cmp(&rank(right.status)).then(figure(left).total_cmp(&figure(right)))
    };
    let mut merged = all.iter().max_by(order).unwrap_or(criterion).clone();
    let with_status = |status| all.iter().filter(|other| other.status == status).count() as u64;
    if merged.status != Status::NotMeasured {
        let (passed, workers) = (with_status(Status::Pass), all.len() as u64);
        merged.reason =
            format!("{passed} of {} passed; the worst: {}", counted(workers, "worker", "workers"), merged.reason);
    }
    merged.evidence = all
        .iter()
        .enumerate()
        .flat_map(|(number, other)| other.evidence.iter().map(move |fact| format!("worker {}: {fact}", number + 1)))
        .collect();
    merged
}

fn ledger(verdicts: &[Verdict]) -> Option<LedgerCounts> {
    verdicts.iter().filter_map(|verdict| verdict.ledger).reduce(|sum, other| LedgerCounts {
        acknowledged: sum.acknowledged + other.acknowledged,
        lost: sum.lost + other.lost,
        duplicated: sum.duplicated + other.duplicated,
        altered: sum.altered + other.altered,
    })
}

/// The workers were at it at the same time: their rates add up.
fn load(verdicts: &[Verdict]) -> Option<Load> {
    let loads: Vec<&Load> = verdicts.iter().filter_map(|verdict| verdict.load.as_ref()).collect();
    if loads.is_empty() {
        return None;
    }
    let mut routes: BTreeMap<&str, RouteLoad> = BTreeMap::new();
    for row in loads.iter().flat_map(|load| &load.routes) {
        match routes.get_mut(row.route.as_str()) {
            Some(sum) => add(sum, row),
            None => {
                routes.insert(&row.route, row.clone());
            }
        }
    }
    Some(Load {
        requests: loads.iter().map(|load| load.requests).sum(),
        failures: loads.iter().map(|load| load.failures).sum(),
        users: loads.iter().map(|load| load.users).sum(),
        seconds: loads.iter().map(|load| load.seconds).fold(0.0, f64::max),
        requests_per_second: loads.iter().map(|load| load.requests_per_second).sum(),
        routes: routes.into_values().collect(),
    })
}

fn add(sum: &mut RouteLoad, row: &RouteLoad) {
    let weighted = |left: Option<f64>, right: Option<f64>| match (left, right) {
        (Some(left), Some(right)) => {
            let (here, there) = (sum.requests as f64, row.requests as f64);
            Some((left * here + right * there) / (here + there).max(1.0))
        }
        (left, right) => left.or(right),
    };
    let slower = |left: Option<f64>, right: Option<f64>| match (left, right) {
        (Some(left), Some(right)) => Some(left.max(right)),
        (left, right) => left.or(right),
    };
    sum.mean_ms = weighted(sum.mean_ms, row.mean_ms);
    sum.p50_ms = slower(sum.p50_ms, row.p50_ms);
    sum.p95_ms = slower(sum.p95_ms, row.p95_ms);
    sum.p99_ms = slower(sum.p99_ms, row.p99_ms);
    sum.max_ms = slower(sum.max_ms, row.max_ms);
    sum.requests += row.requests;
    sum.failures += row.failures;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(status: Status, measured: f64, requests: u64) -> Verdict {
        let criterion = Criterion {
            id: "LATENCY".to_owned(),
            title: "p95".to_owned(),
            limit: Figure::Number(100.0),
            measured: (status != Status::NotMeasured).then_some(Figure::Number(measured)),
            unit: "ms".to_owned(),
            status,
            reason: format!("It was {measured} ms."),
            evidence: vec!["a fact".to_owned()],
            dashboard: None,
        };
        let route = RouteLoad {
            route: "GET /a".to_owned(),
            requests,
            mean_ms: Some(measured),
            p95_ms: Some(measured),
            ..RouteLoad::default()
        };
        let load = Load {
            requests,
            requests_per_second: 5.0,
            seconds: 10.0,
            users: 3,
            routes: vec![route],
            ..Load::default()
        };
        Verdict {
            target: "url".to_owned(),
            release: "0.1.0".to_owned(),
            started_at: time::OffsetDateTime::UNIX_EPOCH,
            finished_at: time::OffsetDateTime::UNIX_EPOCH,
            passed: status == Status::Pass,
            partial: false,
            criteria: vec![criterion],
            ledger: Some(LedgerCounts { acknowledged: requests, ..LedgerCounts::default() }),
            load: Some(load),
            timeline: String::new(),
            dashboard: None,
            prometheus: Vec::new(),
        }
    }

    #[test]
    fn the_worst_worker_decides_and_loads_add_up() {
        let all =
            vec![verdict(Status::Pass, 20.0, 10), verdict(Status::Fail, 120.0, 30), verdict(Status::Pass, 90.0, 10)];
        let merged = merge(all).unwrap();
        assert!(!merged.passed);
        let criterion = &merged.criteria[0];
        assert_eq!((criterion.status, &criterion.measured), (Status::Fail, &Some(Figure::Number(120.0))));
        assert_eq!(criterion.reason, "2 of 3 workers passed; the worst: It was 120 ms.");
        assert_eq!(criterion.evidence[2], "worker 3: a fact");
        let load = merged.load.unwrap();
        assert_eq!((load.requests, load.users, load.requests_per_second, load.seconds), (50, 9, 15.0, 10.0));
        assert_eq!(
            (load.routes[0].requests, load.routes[0].p95_ms, load.routes[0].mean_ms),
            (50, Some(120.0), Some(94.0))
        );
        assert_eq!(merged.ledger.unwrap().acknowledged, 50);
    }

    #[test]
    fn what_nobody_measured_stays_open_and_one_measurement_is_enough() {
        let open = || verdict(Status::NotMeasured, 0.0, 1);
        let merged = merge(vec![open(), open()]).unwrap();
        assert_eq!((merged.criteria[0].status, merged.passed), (Status::NotMeasured, false));
        assert!(merge(vec![open(), verdict(Status::Pass, 9.0, 1)]).unwrap().passed);
        let mut interrupted = verdict(Status::Pass, 9.0, 1);
        interrupted.partial = true;
        assert!(!merge(vec![interrupted, verdict(Status::Pass, 9.0, 1)]).unwrap().passed);
    }

    #[test]
    fn verdicts_of_different_releases_are_not_mixed() {
        let mut other = verdict(Status::Pass, 9.0, 1);
        other.release = "0.2.0".to_owned();
        assert!(merge(vec![verdict(Status::Pass, 9.0, 1), other]).unwrap_err().contains("0.2.0"));
        assert!(merge(Vec::new()).is_err());
    }

    #[test]
    fn verdicts_are_found_in_logs_of_several_workers() {
        let one = serde_json::to_string_pretty(&verdict(Status::Pass, 20.0, 10)).unwrap();
        let two = serde_json::to_string(&verdict(Status::Pass, 30.0, 10)).unwrap();
        let log = format!("   0.0 s  steady load\n{{not json\n{one}\nreport: /tmp/x\n   0.1 s  load\n{two}\n");
        assert_eq!(find(&log).len(), 2);
        assert!(find("nothing\n").is_empty());
    }
}
