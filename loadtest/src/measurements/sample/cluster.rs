//! A made-up run against a release in which everything is well.

use super::*;
use crate::monitoring::queries;

/// A complete cluster run; every criterion of a cluster passes with it.
pub fn good_cluster_run() -> Measurements {
    let of_one_machine = good_run();
    let run = Run {
        target: "cluster".to_owned(),
        release: "todo".to_owned(),
        started_at: datetime!(2026-03-14 09:26:53 UTC),
        finished_at: datetime!(2026-03-14 09:36:53 UTC),
        partial: false,
    };
    let mut measured = Measurements::new(run, environment());
    measured.load = of_one_machine.load;
    measured.ledger = of_one_machine.ledger;
    measured.health = of_one_machine.health;
    measured.errors = of_one_machine.errors;
    measured.latency = of_one_machine.latency;
    measured.chat = of_one_machine.chat;
    measured.streams = Part::Measured(vec![streams("helm upgrade", None), streams("helm rollback", None)]);
    measured.configuration = Part::Measured(ConfigurationChange {
        setting: "API_VERSION".to_owned(),
        first_set: "1.0.0".to_owned(),
        first_seen: "1.0.0".to_owned(),
        second_set: "1.0.0-changed".to_owned(),
        second_seen: "1.0.0-changed".to_owned(),
        first_executable: "docker.io/library/todo-backend@sha256:9f2c41d07be8a6b3".to_owned(),
        second_executable: "docker.io/library/todo-backend@sha256:9f2c41d07be8a6b3".to_owned(),
    });
    let mut metrics = of_one_machine.metrics;
    if let Part::Measured(metrics) = &mut metrics {
        (metrics.series_before_random_paths, metrics.series_after_random_paths) = (0, 0);
        metrics.pods =
            ["todo-backend-6d5f7c9b8-2xkqd", "todo-backend-6d5f7c9b8-7hnwl", "todo-frontend-7f6d9b5c4-lk8sx"]
                .map(|pod| PodSeries { pod: pod.to_owned(), before: 612, after: 612 })
                .to_vec();
        (metrics.agreement[0].client_p95_ms, metrics.agreement[0].server_p95_ms) = (Some(9.3), Some(8.1));
    }
    measured.metrics = metrics;
    measured.freshness = Part::Measured(Freshness {
        delays_seconds: (0..12).map(|marker| 0.7 + 0.4 * f64::from(marker)).collect(),
        never_seen: 0,
    });
    measured.cluster = cluster();
    measured.environment.profile = "container image".to_owned();
    measured.timeline = timeline();
    measured
}

const SERVED: Served = Served { requests: 4_120, failed: 0, refused_in_overload: 0 };

fn cluster() -> Cluster {
    Cluster {
        install: Part::Measured(Install {
            usable_seconds: Some(11.4),
            ready_seconds: Some(12.9),
            pods: 5,
            restarts: 0,
        }),
        images: Part::Measured(vec![image("backend", 14.2), image("frontend", 9.8)]),
        scale_up: Part::Measured(scale_up()),
        scale_down: Part::Measured(ScaleDown {
            minimum: 2,
            from: 5,
            load_at: 190.0,
            steps: vec![step(241.0, 5, 3), step(257.0, 3, 2)],
            minimum_at: Some(262.0),
            rises: 0,
            stabilization_seconds: Some(15.0),
            served: SERVED,
        }),
        pod_kills: Part::Measured(pod_kills()),
        database_elsewhere: false,
        outage: Part::Measured(Outage {
            unready_seconds: Some(2.1),
            endpoints_removed_seconds: Some(6.4),
            health_asked: 80,
            health_answered: 80,
            asked: 75,
            explained: 75,
            restarts: 0,
            outage_seconds: 40.2,
            recovered_seconds: Some(3.7),
            examples: Vec::new(),
        }),
        isolation: Part::Measured(vec![
            broken(
                "ConfigMap LOG_LEVEL",
                "LOG_LEVEL",
                "config: LOG_LEVEL=\"LOUD\" is not one of DEBUG, INFO, WARNING, ERROR",
            ),
            broken("Secret JWT_SECRET", "JWT_SECRET", "config: JWT_SECRET has fewer than 32 characters"),
            broken(
                "image todo-backend:no-such-tag",
                "no-such-tag",
                "ErrImagePull: todo-backend:no-such-tag: not found",
            ),
        ]),
        pending: Part::Measured(Pending {
            asked: "1000 CPU".to_owned(),
            phase: "Pending".to_owned(),
            reason: Some("0/1 nodes are available: 1 Insufficient cpu.".to_owned()),
            ready_pods: 2,
            wanted_pods: 2,
            served: SERVED,
            recovered_seconds: Some(4.0),
        }),
        rollouts: Part::Measured(
            [("upgrade", 24.6), ("rollback", 23.1)]
                .map(|(kind, seconds)| Rollout {
                    kind: kind.to_owned(),
                    seconds: Some(seconds),
                    pods: 4,
                    replaced_pods: 4,
                    served: SERVED,
                })
                .to_vec(),
        ),
        backup: Part::Measured(Backup {
            backup_seconds: Some(3.2),
            restore_seconds: Some(4.4),
            tasks_before: 9_214,
            tasks_after_wipe: 0,
            tasks_after_restore: 9_214,
            wrong_writes: 0,
            damaged_refusal: Some("restore: the checksum of todo-20260314.dump does not match".to_owned()),
            untouched_by_refusal: true,
        }),
        monitoring: monitoring(),
    }
}

fn monitoring() -> Monitoring {
    let told = |query: &queries::Query| Testimony {
        criterion: query.criterion.clone(),
        title: query.title.clone(),
        query: query.filled("todo", 47),
        phase: "steady load".to_owned(),
        // Well within its limit, or just there.
        value: Some(if query.better == Better::Below { query.limit * 0.4 } else { query.limit }),
        refusal: None,
        limit: query.limit,
        unit: query.unit.clone(),
        better: query.better,
    };
    Monitoring {
        namespace: "todo".to_owned(),
        grafana: Some("https://grafana.example.com".to_owned()),
        forwarding: None,
        log_freshness: Part::Measured(Freshness {
            delays_seconds: (0..12).map(|marker| 0.6 + 0.1 * f64::from(marker % 5)).collect(),
            never_seen: 0,
        }),
        testimonies: Part::Measured(queries::all().iter().map(told).collect()),
    }
}

fn image(component: &str, megabytes: f64) -> Image {
    Image { component: component.to_owned(), name: format!("todo-{component}:0.1.0"), megabytes }
}

fn step(at: f64, from: u32, to: u32) -> ScaleStep {
    ScaleStep { at, from, to }
}

fn scale_up() -> ScaleUp {
    let pod = |name: &str, created: f64| NewPod {
        name: format!("todo-backend-6d5f7c9b8-{name}"),
        created_at: created,
        scheduled_at: Some(created + 0.1),
        ready_at: Some(created + 3.4),
        served_at: Some(created + 4.2),
    };
    ScaleUp {
        minimum: 2,
        maximum: 5,
        target_percent: 70.0,
        before_percent: Some(12.0),
        peak_percent: Some(184.0),
        load_at: 60.0,
        metric_at: Some(81.0),
        steps: vec![step(85.0, 2, 4), step(101.0, 4, 5)],
        pods: vec![pod("2xkqd", 85.3), pod("7hnwl", 85.3), pod("zp4mv", 101.3)],
        maximum_at: Some(101.0),
        ready_at: Some(104.7),
        latency_back_at: Some(112.0),
        latency_limit_ms: 250.0,
        latency_lasting_seconds: 15.0,
        rate_at_minimum: Some(214.0),
        rate_at_maximum: Some(455.0),
        falls_while_held: 0,
        held_seconds: 60.0,
        served: SERVED,
    }
}

fn pod_kills() -> Vec<PodKill> {
    (0..12)
        .map(|index| {
            let (component, pod, seconds) = [
                ("backend", "todo-backend-6d5f7c9b8-2xkqd", 4.1),
                ("frontend", "todo-frontend-7f6d9b5c4-lk8sx", 3.2),
                ("database", "todo-database-0", 9.6),
            ][index % 3];
            PodKill {
                at: 280.0 + 14.0 * index as f64,
                component: component.to_owned(),
                pod: pod.to_owned(),
                forced: index % 2 == 0,
                acknowledged_before: 310,
                in_flight: 14,
                ready_again_seconds: Some(seconds),
            }
        })
        .collect()
}

fn broken(what: &str, expected: &str, message: &str) -> Broken {
    Broken {
        what: what.to_owned(),
        expected: expected.to_owned(),
        message: Some(message.to_owned()),
        ready_pods: 2,
        wanted_pods: 2,
        served: SERVED,
        recovered_seconds: Some(6.8),
    }
}

const PHASES: [(&str, f64, f64); 10] = [
    ("install", 0.0, 13.0),
    ("steady load", 13.0, 60.0),
    ("scale up", 60.0, 190.0),
    ("scale down", 190.0, 270.0),
    ("kills", 270.0, 450.0),
    ("outage", 450.0, 500.0),
    ("configuration", 500.0, 520.0),
    ("isolation", 520.0, 550.0),
    ("upgrade and rollback", 550.0, 590.0),
    ("backup and restore", 590.0, 600.0),
];

fn timeline() -> Timeline {
    let phases = PHASES.map(|(name, from, to)| Phase { name: name.to_owned(), from, to }).to_vec();
    let happened = |at: f64, kind: &str, what: String| Happening { at, kind: kind.to_owned(), what };
    let up = scale_up();
    let mut happenings: Vec<Happening> = up
        .steps
        .iter()
        .chain(&[step(241.0, 5, 3), step(257.0, 3, 2)])
        .map(|step| happened(step.at, "scale", format!("The HPA wants {} replicas instead of {}.", step.to, step.from)))
        .collect();
    happenings.extend(pod_kills().iter().map(|kill| happened(kill.at, "kill", format!("{} is killed.", kill.pod))));
    happenings.push(happened(455.0, "outage", "The database is scaled to none.".to_owned()));
    happenings.push(happened(551.0, "rollout", "helm upgrade begins.".to_owned()));
    happenings.push(happened(576.0, "rollout", "helm rollback begins.".to_owned()));
    happenings.push(happened(104.0, "FailedGetResourceMetric", "did not receive metrics for one pod".to_owned()));
    happenings.sort_by(|left, right| left.at.total_cmp(&right.at));
    let windows: Vec<Window> = pod_kills()
        .iter()
        .filter(|kill| kill.forced)
        .enumerate()
        .map(|(index, kill)| window(&format!("kill {}", index + 1), WindowKind::Outage, kill.at, kill.at + 4.0))
        .chain([
            window("overload", WindowKind::Overload, 60.0, 114.7),
            window("outage", WindowKind::Outage, 455.0, 499.0),
        ])
        .collect();
    Timeline {
        seconds: (13..600).map(|second| second_of(f64::from(second), &windows)).collect(),
        phases,
        windows,
        replicas: (10..600).map(|second| replicas(f64::from(second))).collect(),
        happenings,
    }
}

fn window(name: &str, kind: WindowKind, from: f64, to: f64) -> Window {
    Window { name: name.to_owned(), kind, from, to }
}

/// The replicas follow the steps, a pod's start behind them.
fn replicas(at: f64) -> Replicas {
    let wanted = |at: f64| match at {
        at if at < 85.0 => 2,
        at if at < 101.0 => 4,
        at if at < 241.0 => 5,
        at if at < 257.0 => 3,
        _ => 2,
    };
    let (desired, before) = (wanted(at), wanted(at - 4.0));
    let ripple = (at * 0.9).sin();
    let cpu = match at {
        at if at < 75.0 => 12.0 + ripple,
        at if at < 110.0 => 184.0 - 1.2 * (at - 75.0) + 4.0 * ripple,
        at if at < 205.0 => 96.0 + 4.0 * ripple,
        at if at < 250.0 => (96.0 - 3.0 * (at - 205.0)).max(9.0),
        _ => 18.0 + 4.0 * ripple,
    };
    Replicas {
        at,
        desired,
        running: if at < 241.0 { desired } else { before },
        ready: desired.min(before),
        // The metric is missing for a moment now and then.
        cpu_percent: (!(at as u64).is_multiple_of(97)).then_some(cpu),
        target_percent: Some(70.0),
    }
}

fn second_of(at: f64, windows: &[Window]) -> Second {
    let ripple = (at * 1.7).sin() * 0.5 + (at * 0.6).sin() * 0.5;
    let replicas = replicas(at);
    let heavy = (60.0..190.0).contains(&at);
    let gone = (455.0..499.0).contains(&at);
    let down = |window: &&Window| window.kind == WindowKind::Outage;
    let hurt = windows.iter().filter(down).any(|window| window.from < at + 1.0 && window.to > at);
    let crowded = heavy && replicas.ready < 5;
    let p50 = if crowded { 95.0 } else { 8.0 } + 2.0 * ripple;
    let rate = if heavy { 100.0 * f64::from(replicas.ready) } else { 70.0 } * (1.0 + 0.06 * ripple);
    Second {
        at,
        users: Some(if heavy { 60 } else { 10 }),
        requests: if gone { 0 } else { rate as u64 },
        failures: if hurt { 7 } else { 0 },
        p50_ms: (!gone).then_some(p50),
        p95_ms: (!gone).then_some(p50 * 3.0),
        p99_ms: (!gone).then_some(p50 * 5.0),
        generator_cores: Some(if heavy { 0.5 } else { 0.1 } + 0.04 * ripple.abs()),
        ..Second::default()
    }
}
