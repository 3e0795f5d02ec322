//! The four routes that the probe asks, with accounts and tasks of their own, so that the users' load does not change what
//! is asked. Their writes stand in the ledger like all others. Absent on purpose: the schedule.

use std::sync::Arc;

use reqwest::Method;
use serde_json::json;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Ask, Route};
use crate::accounts::Account;
use crate::api::{Answer, Api, Call, cause};
use crate::ledger::{Change, Ledger};
use crate::measurements::RouteLatency;
use crate::users::tasks;
use crate::watch::{Outcome, Watch};

/// Arrivals per second on each route.
const PER_SECOND: f64 = 10.0;
/// Tasks that are read and changed in turn: enough that two changes of one task meet only after a long stall.
pub const TASKS: usize = 30;

const LIST: &str = "/api/tasks";
const ONE: &str = "/api/tasks/{id}";

/// The probe of a run.
#[derive(Debug)]
pub struct Probes {
    list: Arc<Route>,
    show: Arc<Route>,
    create: Arc<Route>,
    change: Arc<Route>,
    asked: Arc<Asked>,
}

/// What is asked with.
#[derive(Debug)]
struct Asked {
    api: Api,
    ledger: Arc<Ledger>,
    /// Holds the tasks that are read and changed.
    reader: Account,
    /// Gets the new tasks, so that the reader's list keeps its length.
    writer: Account,
    tasks: Vec<(Uuid, Uuid)>,
    /// One lock per task: the ledger must know which of two changes came last.
    changing: Vec<Mutex<()>>,
}

impl Probes {
    /// Prepares the tasks that the probe needs, as acknowledged writes.
    pub async fn prepare(api: &Api, ledger: &Arc<Ledger>, reader: Account, writer: Account) -> Result<Self, String> {
        let mut prepared = Vec::new();
        for _ in 0..TASKS {
            let (mark, content) = tasks::content(&mut rand::rng());
            ledger.creating(reader.index, mark, &content);
            let (key, body) = (mark.to_string(), tasks::creation(&content));
            let call = Call::post(LIST, &body).token(&reader.token);
            let answer = api.send(&call.headers(&[("idempotency-key", &key)])).await.map_err(|error| cause(&error))?;
            let id = created(&answer).ok_or_else(|| format!("POST {LIST} answered {}", answer.status))?;
            ledger.created(mark, id);
            prepared.push((mark, id));
        }
        let route = |name| Route::new(name, PER_SECOND).map(Arc::new).map_err(|error| error.to_string());
        let changing = prepared.iter().map(|_| Mutex::default()).collect();
        Ok(Self {
            list: route("GET /api/tasks")?,
            show: route("GET /api/tasks/{id}")?,
            create: route("POST /api/tasks")?,
            change: route("PATCH /api/tasks/{id}")?,
            asked: Arc::new(Asked {
                api: api.clone(),
                ledger: Arc::clone(ledger),
                reader,
                writer,
                tasks: prepared,
                changing,
            }),
        })
    }

    /// Asks all four routes until `stop`; join the set to wait for the last answers.
    pub fn start(&self, watch: &Arc<Watch>, stop: &CancellationToken) -> JoinSet<()> {
        let mut running = JoinSet::new();
        let asked = || Arc::clone(&self.asked);
        running.spawn(Arc::clone(&self.list).run(Arc::new(List(asked())), Arc::clone(watch), stop.clone()));
        running.spawn(Arc::clone(&self.show).run(Arc::new(Show(asked())), Arc::clone(watch), stop.clone()));
        running.spawn(Arc::clone(&self.create).run(Arc::new(Create(asked())), Arc::clone(watch), stop.clone()));
        running.spawn(Arc::clone(&self.change).run(Arc::new(Patch(asked())), Arc::clone(watch), stop.clone()));
        running
    }

    /// Begins to count anew; nothing may be under way.
    pub fn forget(&self) {
        [&self.list, &self.show, &self.create, &self.change].into_iter().for_each(|route| route.forget());
    }

    /// The figures so far.
    pub fn results(&self) -> Vec<RouteLatency> {
        [&self.list, &self.show, &self.create, &self.change].map(|route| route.result()).into()
    }
}

struct List(Arc<Asked>);
struct Show(Arc<Asked>);
struct Create(Arc<Asked>);
struct Patch(Arc<Asked>);

impl Ask for List {
    async fn ask(&self, _: u64) -> Outcome {
        let call = Call::get(LIST).token(&self.0.reader.token);
        outcome(self.0.api.send(&call).await, 200)
    }
}

impl Ask for Show {
    async fn ask(&self, number: u64) -> Outcome {
        let (_, (_, id)) = self.0.task(number);
        let path = format!("/api/tasks/{id}");
        let call = Call::get(&path).template(ONE).token(&self.0.reader.token);
        outcome(self.0.api.send(&call).await, 200)
    }
}

impl Ask for Create {
    async fn ask(&self, _: u64) -> Outcome {
        let Asked { api, ledger, writer, .. } = &*self.0;
        let (mark, content) = tasks::content(&mut rand::rng());
        ledger.creating(writer.index, mark, &content);
        let (key, body) = (mark.to_string(), tasks::creation(&content));
        let headers = [("idempotency-key", key.as_str())];
        let result = api.send(&Call::post(LIST, &body).token(&writer.token).headers(&headers)).await;
        match result.as_ref().ok().and_then(created) {
            Some(id) => ledger.created(mark, id),
            None => ledger.creation_in_doubt(),
        }
        outcome(result, 201)
    }
}

impl Ask for Patch {
    async fn ask(&self, number: u64) -> Outcome {
        let Asked { api, ledger, reader, changing, .. } = &*self.0;
        let (index, (mark, id)) = self.0.task(number);
        let _alone = match changing.get(index) {
            Some(lock) => Some(lock.lock().await),
            None => None,
        };
        let change = Change { title: Some(format!("probe {number}")), ..Change::default() };
        let (path, body) = (format!("/api/tasks/{id}"), json!(change));
        let call = Call { body: Some(&body), ..Call::new(Method::PATCH, &path) };
        let result = api.send(&call.template(ONE).token(&reader.token)).await;
        match &result {
            Ok(answer) if answer.status == 200 => ledger.changed(mark, &change),
            Ok(answer) if matches!(answer.status, 404 | 429) => {}
            _ => ledger.change_in_doubt(mark, &change),
        }
        outcome(result, 200)
    }
}

impl Asked {
    /// The task of this turn and its place.
    fn task(&self, number: u64) -> (usize, (Uuid, Uuid)) {
        let index = usize::try_from(number).unwrap_or(0) % self.tasks.len().max(1);
        (index, self.tasks.get(index).copied().unwrap_or_default())
    }
}

/// The id of the task that was created, when it was.
pub fn created(answer: &Answer) -> Option<Uuid> {
    if answer.status != 201 {
        return None;
    }
    Uuid::parse_str(answer.json()["id"].as_str()?).ok()
}

fn outcome(result: Result<Answer, reqwest::Error>, expected: u16) -> Outcome {
    match result {
        Ok(answer) if answer.status == expected => Outcome::Answered,
        Ok(answer) if answer.refused() => Outcome::Refused(answer.told()),
        Ok(answer) => Outcome::Failed(format!("probe: {}", answer.told())),
        Err(error) => Outcome::Failed(format!("probe: {}", cause(&error))),
    }
}
