//! The phases of a run on a cluster in their order, and where their results go. Absent on purpose: coming by the release
//! (the parent) and the phases' insides.

use crate::arguments::{ClusterOptions, Options};
use crate::cluster_watch::ClusterWatch;
use crate::criteria::latency;
use crate::limits::Limits;
use crate::measurements::{LatencyRun, Measurements, Part};
use crate::monitoring::Monitoring;
use crate::phases::cluster::witness::{self, Window};
use crate::phases::cluster::{
    Traffic, backup, configuration, isolation, kills, metrics, outage, scaling, steady, upgrade,
};
use crate::phases::{Context, audit, part};
use crate::target::cluster::{Cluster, Helm};

/// What the phases are given.
pub(super) struct Run<'a> {
    pub(super) options: &'a Options,
    pub(super) target: &'a ClusterOptions,
    pub(super) context: &'a Context,
    pub(super) cluster: &'a Cluster,
    pub(super) helm: Option<&'a Helm>,
    pub(super) seen: &'a ClusterWatch,
    pub(super) monitoring: &'a Monitoring,
    pub(super) traffic: &'a Traffic,
}

impl Run<'_> {
    /// Every phase that was asked for, as long as nobody interrupts.
    pub(super) async fn everything(&self, m: &mut Measurements) {
        let Self { context, cluster, traffic, .. } = *self;
        let progress = &context.progress;
        if self.wants(&["LATENCY", "CHAT", "HEALTH", "ERRORS", "SC-007", "METRICS"]) {
            progress.phase("steady load");
            self.steady(m).await;
            // Before anything overloads or breaks the release.
            self.latency(m).await;
        }
        if self.wants(&["HPA-UP", "HPA-DOWN"]) {
            self.scaling(m).await;
        }
        if self.wants(&["SC-003"]) {
            progress.phase("pods are killed under load");
            m.cluster.pod_kills = part(kills::run(context, cluster, traffic).await);
        }
        if self.wants(&["READY"]) {
            progress.phase("the database is taken away");
            m.cluster.outage = part(outage::run(context, cluster, traffic).await);
        }
        if self.wants(&["SC-006"]) {
            progress.phase("a changed setting");
            m.configuration = part(configuration::run(context, cluster, traffic).await);
        }
        if self.wants(&["ISOLATION"]) {
            progress.phase("a broken setting, a broken secret, a broken image");
            m.cluster.isolation = part(isolation::run(context, cluster, traffic).await);
        }
        if self.wants(&["PENDING"]) {
            progress.phase("a request that fits nowhere");
            m.cluster.pending = part(isolation::pending(context, cluster, traffic).await);
        }
        if self.wants(&["SC-004", "STREAMS"]) {
            progress.phase("helm upgrade and helm rollback");
            let (rollouts, streams) = match upgrade::run(context, cluster, traffic, self.helm).await {
                Ok(seen) => (Ok(seen.rollouts), Ok(seen.streams)),
                Err(stopped) => (Err(stopped.clone()), Err(stopped)),
            };
            m.cluster.rollouts = part(rollouts);
            m.streams = match &traffic.shared.chat {
                Ok(_) => part(streams),
                Err(why) => Part::NotMeasured(why.clone()),
            };
        }
        if self.wants(&["SC-003"]) {
            progress.phase("audit");
            m.ledger = part(audit::run(context, &traffic.api, &traffic.accounts).await);
        }
        if m.cluster.install.measured().is_none() && !self.target.wipe {
            m.cluster.backup = Part::NotMeasured(
                "The release was there already; --wipe allows to wipe its database and to restore it.".to_owned(),
            );
        } else if self.wants(&["BACKUP"]) {
            // After the audit: what a failed restore loses is no fault of the kills.
            progress.phase("backup, wipe, restore");
            m.cluster.backup = part(backup::run(context, cluster, traffic).await);
        }
    }

    /// The steady load with everybody who watches it, and METRICS on the release that has just come to rest.
    async fn steady(&self, m: &mut Measurements) {
        let Self { context, cluster, traffic, monitoring, .. } = *self;
        let wants = |id: &str| self.options.wants(id);
        let watching = steady::Watching { cluster, monitoring, wants: &wants };
        let steady = match steady::run(context, traffic, &self.options.plan, &watching).await {
            Ok(steady) => steady,
            Err(stopped) => {
                m.chat = part(Err(stopped.clone()));
                m.health = part(Err(stopped));
                return;
            }
        };
        m.health = Part::Measured(steady.health);
        m.chat = steady.chat;
        m.freshness = part(steady.freshness);
        m.cluster.monitoring.log_freshness = part(steady.log_freshness);
        m.cluster.monitoring.testimonies = part(steady.testimonies);
        if self.wants(&["METRICS"]) {
            context.progress.phase("random paths");
            let measuring = async {
                let prometheus = monitoring.prometheus.as_ref().map_err(Clone::clone)?;
                metrics::run(context, traffic, prometheus, &cluster.namespace, steady.agreement?).await
            };
            m.metrics = part(measuring.await);
        }
    }

    /// LATENCY as the steady load has shown it. A shared machine is slow now and then and a slow release always, so a measurement that
    /// breaks a limit is repeated, and the best one is judged; all of them are kept.
    async fn latency(&self, m: &mut Measurements) {
        let Self { context, cluster, traffic, monitoring, .. } = *self;
        let limits = Limits::default();
        let wants = |id: &str| self.options.wants(id);
        let watching = steady::Watching { cluster, monitoring, wants: &wants };
        let told = m.cluster.monitoring.testimonies.measured().into_iter().flatten();
        let mut runs = vec![LatencyRun {
            phase: steady::PHASE.to_owned(),
            routes: traffic.probes.results(),
            testimonies: told.filter(|testimony| testimony.criterion == "LATENCY").cloned().collect(),
            judged: false,
        }];
        for phase in steady::AGAIN {
            let slow = runs.last().is_some_and(|run| latency::breaks_a_limit(run, &limits));
            if !slow || !self.wants(&["LATENCY"]) {
                break;
            }
            context.progress.phase("steady load once more: LATENCY broke a limit");
            match steady::again(context, traffic, &self.options.plan, &watching, phase).await {
                Ok(run) => runs.push(run),
                Err(why) => {
                    context.progress.note(&format!("LATENCY could not be measured again: {why}"));
                    break;
                }
            }
        }
        let best = latency::best(&runs, &limits);
        m.judge_latency(runs, best);
    }

    /// Up and down again, and what Prometheus has seen of it.
    async fn scaling(&self, m: &mut Measurements) {
        let Self { context, cluster, traffic, monitoring, .. } = *self;
        let prometheus = monitoring.prometheus.as_ref().ok();
        let from = match prometheus {
            Some(prometheus) => prometheus.now(context).await.ok(),
            None => None,
        };
        let (up, down) = scaling::run(context, cluster, self.seen, traffic).await;
        (m.cluster.scale_up, m.cluster.scale_down) = (part(up), part(down));
        if let (Some((prometheus, from)), Part::Measured(all)) =
            (prometheus.zip(from), &mut m.cluster.monitoring.testimonies)
            && let Ok(to) = prometheus.now(context).await
        {
            let window = Window { phase: "scale up and down", from, to };
            let told = witness::ask(context, prometheus, &cluster.namespace, window, |id| id == "HPA-UP").await;
            all.extend(told.into_iter().flatten());
        }
    }

    fn wants(&self, ids: &[&str]) -> bool {
        !self.context.interrupted.is_cancelled() && ids.iter().any(|id| self.options.wants(id))
    }
}
