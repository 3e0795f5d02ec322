//! The phases that only a cluster allows, one file each, and the load under which they happen. Absent on purpose: their order
//! (`run::cluster`). Every phase leaves the release as it found it, also when it fails or is interrupted.

pub mod absence;
pub mod backup;
pub mod configuration;
pub mod dump;
pub mod faults;
pub mod freshness;
pub mod install;
pub mod isolation;
pub mod kills;
pub mod metrics;
pub mod outage;
pub mod pages;
pub mod pressure;
pub mod rest;
pub mod scaling;
pub mod steady;
pub mod upgrade;
pub mod witness;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::watch;
use url::Url;

use super::{Context, Stopped, sentence};
use crate::accounts::Account;
use crate::api::Api;
use crate::attack;
use crate::load::Figures;
use crate::probe::Probes;
use crate::users::{Mix, Shared};

/// Who asks what, and where: the same people through all phases.
#[derive(Debug)]
pub struct Traffic {
    /// The backend's Service, on connections that are kept, as a gateway keeps them.
    pub api: Api,
    pub frontend: Url,
    /// Everybody, users first.
    pub accounts: Vec<Account>,
    /// Holds the tasks that the probe reads.
    pub reader: Account,
    /// The users: theirs is a client that keeps no connection, because a Service balances connections, not requests.
    pub shared: Arc<Shared>,
    /// On kept connections: the hard case while pods come and go.
    pub probes: Probes,
    /// False from the announcement of a kill until the component is ready again.
    pub up: watch::Sender<bool>,
    /// How many users a phase puts to work unless it has a reason of its own.
    pub users: usize,
    pub figures: Mutex<Figures>,
}

/// Keeps users, probe and somebody at the pages at work while `action` is performed, and ends them with it, whatever came of
/// it. The action itself has to heed Ctrl-C: only it knows what must be put right first.
pub async fn under_load<T>(
    context: &Context,
    traffic: &Traffic,
    users: usize,
    mix: Mix,
    action: impl Future<Output = Result<T, Stopped>>,
) -> Result<T, Stopped> {
    let stop = context.interrupted.child_token();
    // Longer than any action takes: its end is the end of the load.
    let plan = format!("{users},1s;{users},60m;0,1s");
    let (looking, _) = pages::start(&traffic.frontend, &traffic.reader.token, &context.watch, &stop)?;
    let following = context.progress.follow_load();
    let probing = traffic.probes.start(&context.watch, &stop);
    let began = Instant::now();
    let acting = async {
        let _stop = stop.clone().drop_guard();
        action.await
    };
    let (attack, result) = tokio::join!(attack::run(&traffic.shared, traffic.api.base(), mix, &plan, &stop), acting);
    following.abort();
    probing.join_all().await;
    looking.join_all().await;
    match attack {
        Ok(attack) => {
            let mut figures = traffic.figures.lock().unwrap_or_else(PoisonError::into_inner);
            figures.add(&attack, began.elapsed().as_secs_f64());
            result
        }
        // What the action says comes first: perhaps that the release was not put back.
        Err(error) => result.and(Err(Stopped::Broken(sentence(&format!("goose gave up: {error}"))))),
    }
}
