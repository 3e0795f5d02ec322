//! Requests to the backend's Service at a constant rate, timed from when they were due, so that a stalled server shows as slow
//! and not as a rest. Absent on purpose: users, who wait for answers (the load test has them).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::release::{client, newcomer, todo};

/// How one request ended: its status, or why there was none.
pub(crate) type Outcome = Result<u16, String>;

/// The answers so far: time from when each was due, and how it ended.
#[derive(Clone, Default)]
pub(crate) struct Answers(Arc<Mutex<Vec<(Duration, Outcome)>>>);

impl Answers {
    /// Takes what has come since the last time.
    pub(crate) fn take(&self) -> Vec<(Duration, Outcome)> {
        std::mem::take(&mut *self.0.lock().expect("nobody panicked"))
    }
}

/// The time that this share of the answers did not exceed.
pub(crate) fn quantile(answers: &[(Duration, Outcome)], share: f64) -> Duration {
    let mut times: Vec<Duration> = answers.iter().map(|(time, _)| *time).collect();
    times.sort();
    let rank = (times.len() as f64 * share).ceil() as usize;
    times[rank.clamp(1, times.len()) - 1]
}

pub(crate) struct Traffic {
    pub(crate) answers: Answers,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// Somebody with an account and one task.
pub(crate) struct Person {
    pub(crate) backend: String,
    pub(crate) token: String,
}

impl Person {
    pub(crate) async fn sign_up() -> Self {
        let backend = todo().service_address("backend");
        let answer = client().post(format!("{backend}/api/auth/signup")).json(&newcomer()).send().await;
        let session: Value = answer.expect("an answer").json().await.expect("JSON");
        let person = Self { backend, token: session["token"].as_str().expect("a token").to_owned() };
        let created = client()
            .post(format!("{}/api/tasks", person.backend))
            .bearer_auth(&person.token)
            .json(&json!({"title": "be found again"}))
            .send()
            .await;
        assert_eq!(created.expect("an answer").status(), 201);
        person
    }
}

impl Traffic {
    /// Reads the person's list this often, until it is ended.
    pub(crate) fn start(person: &Person, per_second: u32) -> Self {
        let (answers, stop) = (Answers::default(), CancellationToken::new());
        let (url, token) = (format!("{}/api/tasks", person.backend), person.token.clone());
        let task = tokio::spawn(send(url, token, per_second, answers.clone(), stop.clone()));
        Self { answers, stop, task }
    }

    pub(crate) async fn end(self) {
        self.stop.cancel();
        self.task.await.expect("the requests end");
    }
}

async fn send(url: String, token: String, per_second: u32, answers: Answers, stop: CancellationToken) {
    let http = Client::builder().timeout(Duration::from_secs(15)).build().expect("a client");
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second);
    let mut open = JoinSet::new();
    while let Some(due) = stop.run_until_cancelled(ticks.tick()).await {
        let request = http.get(&url).bearer_auth(&token);
        let answers = answers.clone();
        open.spawn(async move { note(request, due, &answers).await });
        while open.try_join_next().is_some() {}
    }
    open.join_all().await;
}

async fn note(request: reqwest::RequestBuilder, due: Instant, answers: &Answers) {
    let outcome = match request.send().await {
        Ok(answer) => {
            let status = answer.status().as_u16();
            answer.bytes().await.map(|_| status).map_err(|error| error.to_string())
        }
        Err(error) => Err(error.to_string()),
    };
    answers.0.lock().expect("nobody panicked").push((due.elapsed(), outcome));
}
