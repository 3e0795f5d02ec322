//! The client of a language model behind an OpenAI-compatible `chat/completions`: one round of a conversation, streamed,
//! with bounds on everything that a server could send or withhold. What comes back is untrusted.
//! Absent on purpose: tools themselves, rounds beyond one, prompts, metrics, and the answer when the model fails: they are
//! the caller's.

mod answer;
mod attempt;
mod breaker;
mod calls;
mod chunk;
mod event_stream;
mod failure;
mod joined;
mod messages;
mod request;
mod retry;
mod settings;

use std::sync::Arc;

use tokio::time::Instant;

use self::{
    answer::{Answer, Form},
    attempt::Attempt,
    breaker::{Breaker, Permit},
    failure::Fault,
};

pub use failure::{Failure, FailureKind};
pub use messages::{Call, Completion, Finish, Message, Timing, ToolDefinition, Usage};
pub use request::ModelError;
pub use settings::{ModelSettings, Patience};

/// A model. Clones are the same one, with one pool of connections and one circuit breaker.
#[derive(Clone)]
pub struct Model {
    http: reqwest::Client,
    address: url::Url,
    settings: Arc<ModelSettings>,
    breaker: Breaker,
}

impl Model {
    /// A client with these settings; connects when it is first used.
    pub fn new(settings: ModelSettings) -> Result<Self, ModelError> {
        Ok(Self {
            http: request::client(&settings)?,
            address: request::address(&settings.base_url),
            breaker: Breaker::new(settings.patience.failures_to_open, settings.patience.rest),
            settings: Arc::new(settings),
        })
    }

    /// The provider's name of the model.
    pub fn name(&self) -> &str {
        &self.settings.model
    }

    /// One round: sends the history, and hands over text as it comes. Requests are repeated only while nothing of an
    /// answer has come. Dropping the future closes the connection, which tells the provider to stop.
    pub async fn complete(
        &self,
        messages: &[Message],
        tools: &[ToolDefinition],
        mut on_text: impl FnMut(&str) + Send,
    ) -> Result<Completion, Failure> {
        let started = Instant::now();
        let patience = &self.settings.patience;
        let Some(permit) = self.breaker.admit(started.into_std()) else {
            return Err(Failure { kind: FailureKind::CircuitOpen, partial: String::new(), attempts: 0 });
        };
        let body = request::Body::new(&self.settings, messages, tools);
        let request = request::round(&self.http, &self.address, &body);
        let deadline = started + patience.round;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let answer = Answer::new(Form::Stream);
            let mut attempt = Attempt { patience, deadline, answer, first_chunk: None };
            let fault = match attempt.run(request.try_clone(), &mut on_text).await {
                Ok(answer::Finished { text, calls, finish, usage }) => {
                    permit.succeeded();
                    let timing = attempt.timing(started);
                    return Ok(Completion { text, calls, finish, usage, timing, attempts });
                }
                Err(fault) => fault,
            };
            let pause = match attempt.answer.has_begun() {
                true => None,
                false => {
                    retry::pause(&fault, attempts, patience).map(|pause| retry::with_jitter(pause, patience.jitter))
                }
            };
            let Some(pause) = pause.filter(|pause| Instant::now() + *pause < deadline) else {
                return Err(self.failed(permit, &fault, attempt.answer.into_text(), attempts));
            };
            tracing::debug!(error.type = fault.kind.as_str(), attempts, "asking the model again after {pause:?}");
            tokio::time::sleep(pause).await;
        }
    }

    /// The one place where a failed round is logged: neither what was asked nor what was answered, and no address.
    fn failed(&self, permit: Permit, fault: &Fault, partial: String, attempts: u32) -> Failure {
        let opened = match fault.kind.is_outage() {
            true => permit.failed(std::time::Instant::now()),
            false => {
                permit.succeeded();
                false
            }
        };
        tracing::warn!(
            gen_ai.request.model = self.name(),
            error.type = fault.kind.as_str(),
            error.message = telemetry::chain(fault),
            http.response.status_code = fault.status,
            attempts,
            circuit.opened = opened,
            "the model failed"
        );
        Failure { kind: fault.kind, partial, attempts }
    }
}
