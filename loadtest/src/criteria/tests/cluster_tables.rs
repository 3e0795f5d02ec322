//! The same for a run on a cluster: one change to its good run per row.

use super::tables::{Breaking, Change, broken, of};
use crate::measurements::{Measurements, Part, ScaleStep, Testimony};

/// The first answer of Prometheus about a criterion.
fn witness<'a>(run: &'a mut Measurements, id: &str) -> &'a mut Testimony {
    let all = of(&mut run.cluster.monitoring.testimonies);
    all.iter_mut().find(|testimony| testimony.criterion == id).expect("an answer about this criterion")
}

pub(super) const AT_THE_LIMIT: &[(&str, Change)] = &[
    ("SC-001", |run| of(&mut run.cluster.install).usable_seconds = Some(300.0)),
    ("SC-002", |run| of(&mut run.cluster.install).ready_seconds = Some(120.0)),
    ("SC-003", |run| of(&mut run.cluster.pod_kills).truncate(10)),
    ("SC-003", |run| of(&mut run.cluster.pod_kills)[2].ready_again_seconds = Some(120.0)),
    ("SC-003", |run| {
        run.cluster.database_elsewhere = true;
        of(&mut run.cluster.pod_kills).iter_mut().filter(|kill| kill.component == "database").for_each(|kill| {
            kill.component = "backend".to_owned();
        });
    }),
    ("SC-007", |run| of(&mut run.freshness).delays_seconds.truncate(10)),
    ("SC-007", |run| of(&mut run.freshness).delays_seconds[3] = 10.0),
    ("SC-007", |run| of(&mut run.cluster.monitoring.log_freshness).delays_seconds[3] = 10.0),
    ("SC-007", |run| run.cluster.monitoring.log_freshness = Part::default()),
    ("METRICS", |run| of(&mut run.metrics).agreement[0].server = 9_180),
    ("METRICS", |run| {
        let pod = &mut of(&mut run.metrics).pods[1];
        (pod.before, pod.after) = (2_000, 2_000);
    }),
    ("ERRORS", |run| witness(run, "ERRORS").value = Some(0.0)),
    ("LATENCY", |run| witness(run, "LATENCY").value = Some(0.1)),
    ("METRICS", |run| witness(run, "METRICS").value = Some(2_000.0)),
    ("METRICS", |run| witness(run, "METRICS").value = None),
    // Shown without being judged: it means something else, or was asked about another time.
    ("HEALTH", |run| witness(run, "HEALTH").value = Some(9.0)),
    ("READY", |run| witness(run, "READY").value = Some(0.0)),
    ("ERRORS", |run| run.cluster.monitoring.testimonies = Part::default()),
    ("SC-004", |run| of(&mut run.cluster.rollouts)[0].seconds = Some(60.0)),
    ("SC-004", |run| of(&mut run.cluster.rollouts)[1].served.requests = 300),
    ("SC-004", |run| {
        let rollback = &mut of(&mut run.cluster.rollouts)[1];
        (rollback.pods, rollback.replaced_pods) = (2, 2);
    }),
    ("STREAMS", |run| {
        let row = &mut of(&mut run.streams)[1];
        (row.begun, row.done) = (30, 30);
    }),
    ("CHAT", |run| witness(run, "CHAT").value = Some(1.0)),
    ("SC-008", |run| of(&mut run.cluster.images)[1].megabytes = 25.0),
    // φ·W = (77 − 12) / (184 − 12) · 15 s, and 45 s of margin.
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).steps[0].at = 60.0 + 50.66),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).rate_at_maximum = Some(214.0 * 1.3)),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).held_seconds = 30.0),
    ("HPA-UP", |run| {
        for pod in &mut of(&mut run.cluster.scale_up).pods {
            pod.ready_at = Some(150.0);
        }
    }),
    // 45 s of the metric, 15 s of looking back, 30 s for each of three pods, 30 s of grace.
    ("HPA-DOWN", |run| of(&mut run.cluster.scale_down).minimum_at = Some(190.0 + 180.0)),
    ("HPA-DOWN", |run| {
        of(&mut run.cluster.scale_down).stabilization_seconds = None;
        of(&mut run.cluster.scale_down).minimum_at = Some(190.0 + 465.0);
    }),
    // The designed answer to an announced overload.
    ("ERRORS", |run| of(&mut run.errors).refused_in_overload = 43),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).served.refused_in_overload = 43),
    ("READY", |run| of(&mut run.cluster.outage).unready_seconds = Some(20.0)),
    ("READY", |run| of(&mut run.cluster.outage).endpoints_removed_seconds = Some(20.0)),
    ("READY", |run| of(&mut run.cluster.outage).recovered_seconds = Some(30.0)),
    ("READY", |run| of(&mut run.cluster.outage).outage_seconds = 35.0),
    ("ISOLATION", |run| of(&mut run.cluster.isolation)[0].recovered_seconds = Some(120.0)),
    ("PENDING", |run| of(&mut run.cluster.pending).recovered_seconds = Some(120.0)),
    ("BACKUP", |run| {
        of(&mut run.cluster.backup).tasks_before = 10;
        of(&mut run.cluster.backup).tasks_after_restore = 10;
    }),
];

pub(super) const BROKEN: &[Breaking] = &[
    ("SC-001", |run| of(&mut run.cluster.install).usable_seconds = Some(300.5), "until it could be used"),
    ("SC-001", |run| of(&mut run.cluster.install).usable_seconds = None, "nobody could sign up"),
    ("SC-002", |run| of(&mut run.cluster.install).ready_seconds = Some(120.5), "until every pod was Ready"),
    ("SC-002", |run| of(&mut run.cluster.install).ready_seconds = None, "not every pod"),
    ("SC-002", |run| of(&mut run.cluster.install).restarts = 1, "restarts"),
    ("SC-003", |run| of(&mut run.ledger).lost = 1, "1 acknowledged write was lost"),
    ("SC-003", |run| of(&mut run.cluster.pod_kills)[2].ready_again_seconds = None, "the database was not Ready again"),
    ("SC-003", |run| of(&mut run.cluster.pod_kills)[0].ready_again_seconds = Some(121.0), "recovery of the backend"),
    ("SC-003", |run| of(&mut run.cluster.pod_kills)[0].ready_again_seconds = Some(f64::NAN), "recovery of the backend"),
    ("SC-004", |run| of(&mut run.cluster.rollouts)[0].seconds = Some(60.5), "the upgrade is"),
    ("SC-004", |run| of(&mut run.cluster.rollouts)[1].seconds = None, "the rollback did not come to its end"),
    (
        "SC-004",
        |run| of(&mut run.cluster.rollouts)[1].served.failed = 1,
        "1 of 4,120 requests failed during the rollback",
    ),
    ("STREAMS", |run| of(&mut run.streams)[1].done -= 1, "streams did not end in done during helm rollback"),
    ("CHAT", |run| of(&mut run.chat).failed = 1, "1 of 212 turns got no right answer"),
    ("CHAT", |run| witness(run, "CHAT").value = Some(1.01), "Prometheus saw 1.01 s, more than 1 s"),
    ("SC-006", |run| of(&mut run.configuration).second_executable = "other".to_owned(), "the image was another one"),
    ("SC-008", |run| of(&mut run.cluster.images)[0].megabytes = 25.5, "the backend's image"),
    ("HEALTH", |run| of(&mut run.health).slowest_ms = Some(1_000.5), "during the heaviest step"),
    ("SC-007", |run| of(&mut run.freshness).delays_seconds[3] = 10.01, "slowest marker through Prometheus is 10"),
    ("SC-007", |run| of(&mut run.freshness).never_seen = 1, "1 marker never became visible through Prometheus"),
    (
        "SC-007",
        |run| of(&mut run.cluster.monitoring.log_freshness).delays_seconds[3] = 10.01,
        "slowest marker through Loki is 10",
    ),
    (
        "SC-007",
        |run| of(&mut run.cluster.monitoring.log_freshness).never_seen = 1,
        "1 marker never became visible through Loki",
    ),
    ("METRICS", |run| of(&mut run.metrics).agreement[0].server = 9_181, "GET /api/tasks the client"),
    ("METRICS", |run| of(&mut run.metrics).agreement[0].server = 8_819, "more than 2 % apart"),
    ("METRICS", |run| of(&mut run.metrics).pods[1].after += 1, "todo-backend-6d5f7c9b8-7hnwl grow by 1"),
    (
        "METRICS",
        |run| {
            let pod = &mut of(&mut run.metrics).pods[2];
            (pod.before, pod.after) = (2_001, 2_001);
        },
        "the number of series of todo-frontend-7f6d9b5c4-lk8sx is 2,001 series",
    ),
    ("METRICS", |run| of(&mut run.metrics).missing.push("todos_open in a".to_owned()), "missing (todos_open in a)"),
    (
        "ERRORS",
        |run| {
            of(&mut run.errors).refused_in_overload = 43;
            of(&mut run.errors).failed_outside_windows = 1;
        },
        "1 of 58,211 requests",
    ),
    ("ERRORS", |run| of(&mut run.errors).refused_outside_windows = 1, "refused with 429 or 503"),
    ("ERRORS", |run| witness(run, "ERRORS").value = Some(1.0), "Prometheus saw 1, more than 0"),
    ("LATENCY", |run| witness(run, "LATENCY").value = Some(0.101), "Prometheus saw 0.101 s, more than 0.1 s"),
    ("METRICS", |run| witness(run, "METRICS").value = Some(2_001.0), "Prometheus saw 2,001, more than 2,000"),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).steps[0].at = 60.0 + 50.7, "later than floor and margin"),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).steps[0].at = f64::NAN, "later than floor and margin"),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).steps.clear(), "asked for no further replica"),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).maximum_at = None, "never asked for its maximum of 5"),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).ready_at = None, "never 5 Ready pods"),
    (
        "HPA-UP",
        |run| of(&mut run.cluster.scale_up).pods.iter_mut().for_each(|pod| pod.ready_at = Some(150.5)),
        "way from the load step to Ready",
    ),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).pods[2].served_at = None, "1 new pod served no request"),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).latency_back_at = None, "p95 did not come back under 250 ms"),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).rate_at_maximum = Some(270.0), "answered only 1.26 times as much"),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).falls_while_held = 1, "fell 1 time"),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).served.failed = 2, "requests failed while it scaled up"),
    ("HPA-DOWN", |run| of(&mut run.cluster.scale_down).minimum_at = Some(190.0 + 180.5), "later than 180 s"),
    ("HPA-DOWN", |run| of(&mut run.cluster.scale_down).minimum_at = None, "did not come back to 2"),
    ("HPA-DOWN", |run| of(&mut run.cluster.scale_down).rises = 1, "rose 1 time"),
    ("HPA-DOWN", |run| of(&mut run.cluster.scale_down).served.failed = 1, "while it scaled down"),
    ("READY", |run| of(&mut run.cluster.outage).unready_seconds = Some(20.5), "until /ready said 503"),
    ("READY", |run| of(&mut run.cluster.outage).unready_seconds = None, "/ready never said 503"),
    ("READY", |run| of(&mut run.cluster.outage).endpoints_removed_seconds = Some(21.0), "no endpoint"),
    ("READY", |run| of(&mut run.cluster.outage).endpoints_removed_seconds = None, "kept ready endpoints"),
    ("READY", |run| of(&mut run.cluster.outage).restarts = 1, "cost 1 container restart"),
    ("READY", |run| of(&mut run.cluster.outage).health_answered -= 1, "/health did not answer 1 of 80"),
    ("READY", |run| of(&mut run.cluster.outage).explained -= 1, "1 of 75 API requests"),
    ("READY", |run| of(&mut run.cluster.outage).recovered_seconds = Some(30.5), "the recovery is 30.5 s"),
    ("READY", |run| of(&mut run.cluster.outage).recovered_seconds = None, "no write was acknowledged"),
    ("ISOLATION", |run| of(&mut run.cluster.isolation)[1].message = None, "nothing said what is wrong"),
    ("ISOLATION", |run| of(&mut run.cluster.isolation)[1].message = Some("no".to_owned()), "does not name JWT_SECRET"),
    ("ISOLATION", |run| of(&mut run.cluster.isolation)[0].ready_pods = 1, "only 1 of 2 pods"),
    ("ISOLATION", |run| of(&mut run.cluster.isolation)[2].served.failed = 1, "beside the broken image"),
    ("ISOLATION", |run| of(&mut run.cluster.isolation)[2].recovered_seconds = None, "did not help"),
    ("ISOLATION", |run| of(&mut run.cluster.isolation)[2].recovered_seconds = Some(121.0), "recovery from the broken"),
    ("PENDING", |run| of(&mut run.cluster.pending).phase = "Running".to_owned(), "is Running, not Pending"),
    ("PENDING", |run| of(&mut run.cluster.pending).reason = None, "it said nothing"),
    ("PENDING", |run| of(&mut run.cluster.pending).ready_pods = 1, "only 1 of 2 pods"),
    ("PENDING", |run| of(&mut run.cluster.pending).served.failed = 1, "beside the waiting pod"),
    ("PENDING", |run| of(&mut run.cluster.pending).recovered_seconds = None, "did not help"),
    ("BACKUP", |run| of(&mut run.cluster.backup).backup_seconds = None, "the backup did not succeed"),
    ("BACKUP", |run| of(&mut run.cluster.backup).restore_seconds = None, "the restore did not succeed"),
    ("BACKUP", |run| of(&mut run.cluster.backup).tasks_after_restore -= 1, "9,213 after the restore"),
    ("BACKUP", |run| of(&mut run.cluster.backup).wrong_writes = 1, "contradicts 1 acknowledged write"),
    ("BACKUP", |run| of(&mut run.cluster.backup).damaged_refusal = None, "a damaged file was not refused"),
    ("BACKUP", |run| of(&mut run.cluster.backup).untouched_by_refusal = false, "changed the data"),
];

pub(super) const TOO_LITTLE: &[(&str, Change)] = &[
    ("SC-002", |run| of(&mut run.cluster.install).pods = 0),
    ("SC-003", |run| of(&mut run.cluster.pod_kills).truncate(9)),
    ("SC-003", |run| of(&mut run.cluster.pod_kills).iter_mut().for_each(|kill| kill.forced = false)),
    ("SC-003", |run| of(&mut run.cluster.pod_kills).iter_mut().for_each(|kill| kill.acknowledged_before = 0)),
    ("SC-003", |run| of(&mut run.cluster.pod_kills).iter_mut().for_each(|kill| kill.component = "backend".to_owned())),
    ("SC-003", |run| {
        let kills = of(&mut run.cluster.pod_kills).iter_mut();
        kills.filter(|kill| kill.component == "frontend").for_each(|kill| kill.forced = false);
    }),
    ("SC-003", |run| of(&mut run.ledger).audited -= 1),
    ("SC-004", |run| of(&mut run.cluster.rollouts).truncate(1)),
    ("SC-004", |run| {
        let upgrade = &mut of(&mut run.cluster.rollouts)[0];
        (upgrade.pods, upgrade.replaced_pods) = (1, 1);
    }),
    ("SC-004", |run| of(&mut run.cluster.rollouts)[0].replaced_pods = 3),
    ("SC-004", |run| of(&mut run.cluster.rollouts)[0].served.requests = 299),
    ("STREAMS", |run| of(&mut run.streams).truncate(1)),
    ("STREAMS", |run| of(&mut run.streams)[0].during = "SIGTERM".to_owned()),
    ("CHAT", |run| of(&mut run.chat).turns = 19),
    ("SC-006", |run| of(&mut run.configuration).first_executable.clear()),
    ("SC-007", |run| of(&mut run.freshness).delays_seconds.truncate(9)),
    ("SC-007", |run| of(&mut run.cluster.monitoring.log_freshness).delays_seconds.truncate(9)),
    ("METRICS", |run| of(&mut run.metrics).pods[0].before = 0),
    ("METRICS", |run| of(&mut run.metrics).random_paths = 999),
    ("METRICS", |run| of(&mut run.metrics).agreement.clear()),
    ("SC-008", |run| of(&mut run.cluster.images).truncate(1)),
    ("SC-008", |run| of(&mut run.cluster.images)[0].megabytes = 0.0),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).before_percent = None),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).peak_percent = Some(77.0)),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).steps = vec![ScaleStep { at: 85.0, from: 2, to: 5 }]),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).steps[0].at = 59.5),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).pods.iter_mut().for_each(|pod| pod.served_at = None)),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).pods.truncate(2)),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).pods.clear()),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).rate_at_minimum = None),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).held_seconds = 29.9),
    ("HPA-UP", |run| of(&mut run.cluster.scale_up).served.requests = 299),
    ("HPA-DOWN", |run| of(&mut run.cluster.scale_down).from = 2),
    ("HPA-DOWN", |run| of(&mut run.cluster.scale_down).served.requests = 299),
    ("READY", |run| of(&mut run.cluster.outage).outage_seconds = 34.9),
    ("READY", |run| {
        of(&mut run.cluster.outage).health_asked = 19;
        of(&mut run.cluster.outage).health_answered = 19;
    }),
    ("READY", |run| {
        of(&mut run.cluster.outage).asked = 19;
        of(&mut run.cluster.outage).explained = 19;
    }),
    ("ISOLATION", |run| drop(of(&mut run.cluster.isolation).remove(1))),
    ("ISOLATION", |run| of(&mut run.cluster.isolation)[0].wanted_pods = 0),
    ("ISOLATION", |run| of(&mut run.cluster.isolation)[0].served.requests = 299),
    ("PENDING", |run| of(&mut run.cluster.pending).wanted_pods = 0),
    ("PENDING", |run| of(&mut run.cluster.pending).served.requests = 299),
    ("BACKUP", |run| of(&mut run.cluster.backup).tasks_after_wipe = 1),
    ("BACKUP", |run| {
        of(&mut run.cluster.backup).tasks_before = 9;
        of(&mut run.cluster.backup).tasks_after_restore = 9;
    }),
];

pub(super) const PARTS: &[(&str, Change, Change)] = &[
    ("SC-001", |run| run.cluster.install = Part::default(), |run| run.cluster.install = broken()),
    ("SC-002", |run| run.cluster.install = Part::default(), |run| run.cluster.install = broken()),
    ("SC-003", |run| run.cluster.pod_kills = Part::default(), |run| run.cluster.pod_kills = broken()),
    ("SC-003", |run| run.ledger = Part::default(), |run| run.ledger = broken()),
    ("SC-004", |run| run.cluster.rollouts = Part::default(), |run| run.cluster.rollouts = broken()),
    ("STREAMS", |run| run.streams = Part::default(), |run| run.streams = broken()),
    ("CHAT", |run| run.chat = Part::default(), |run| run.chat = broken()),
    ("SC-006", |run| run.configuration = Part::default(), |run| run.configuration = broken()),
    ("SC-008", |run| run.cluster.images = Part::default(), |run| run.cluster.images = broken()),
    ("HEALTH", |run| run.health = Part::default(), |run| run.health = broken()),
    ("SC-007", |run| run.freshness = Part::default(), |run| run.freshness = broken()),
    ("METRICS", |run| run.metrics = Part::default(), |run| run.metrics = broken()),
    ("HPA-UP", |run| run.cluster.scale_up = Part::default(), |run| run.cluster.scale_up = broken()),
    ("HPA-DOWN", |run| run.cluster.scale_down = Part::default(), |run| run.cluster.scale_down = broken()),
    ("READY", |run| run.cluster.outage = Part::default(), |run| run.cluster.outage = broken()),
    ("ISOLATION", |run| run.cluster.isolation = Part::default(), |run| run.cluster.isolation = broken()),
    ("PENDING", |run| run.cluster.pending = Part::default(), |run| run.cluster.pending = broken()),
    ("BACKUP", |run| run.cluster.backup = Part::default(), |run| run.cluster.backup = broken()),
];
