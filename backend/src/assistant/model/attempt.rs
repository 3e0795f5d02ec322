//! One request and its answer, every wait bounded. Absent on purpose: sending it again (see mod.rs).

use std::time::Duration;

use reqwest::{
    RequestBuilder, Response,
    header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER},
};
use tokio::time::{Instant, timeout_at};

use super::{
    answer::{Answer, Finished, Form},
    failure::{FailureKind, Fault},
    messages::Timing,
    settings::Patience,
};

/// One request on its way, kept apart from its outcome so that what came before a fault is still there.
pub(super) struct Attempt<'a> {
    pub(super) patience: &'a Patience,
    /// Of the whole round.
    pub(super) deadline: Instant,
    pub(super) answer: Answer,
    pub(super) first_chunk: Option<Instant>,
}

impl Attempt<'_> {
    pub(super) async fn run(
        &mut self,
        request: Option<RequestBuilder>,
        on_text: &mut (impl FnMut(&str) + Send),
    ) -> Result<Finished, Fault> {
        let response = self.send(request).await?;
        self.answer = Answer::new(form(response.headers())?);
        self.read(response, on_text).await?;
        self.answer.finish()
    }

    async fn send(&self, request: Option<RequestBuilder>) -> Result<Response, Fault> {
        let request = request.ok_or(Fault::new(FailureKind::Refused, "the request cannot be made"))?;
        let headers_by = self.at_most(self.patience.headers);
        let response = match timeout_at(headers_by, request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) if error.is_builder() => {
                return Err(Fault::new(FailureKind::Refused, "the request cannot be made").caused_by(error));
            }
            Ok(Err(error)) => return Err(Fault::new(FailureKind::Connection, "no connection").caused_by(error)),
            Err(_) => return Err(Fault::new(FailureKind::Timeout, "no answer in time")),
        };
        let status = response.status().as_u16();
        let (kind, detail) = match status {
            200..=299 => return Ok(response),
            429 => (FailureKind::RateLimited, "too many requests"),
            408 => (FailureKind::ServerError, "the server gave up waiting"),
            500.. => (FailureKind::ServerError, "the server failed"),
            _ => (FailureKind::Refused, "the request was refused"),
        };
        let retry_after = retry_after(response.headers());
        Err(Fault { status: Some(status), retry_after, ..Fault::new(kind, detail) })
    }

    async fn read(&mut self, mut response: Response, on_text: &mut (impl FnMut(&str) + Send)) -> Result<(), Fault> {
        let mut tail_until = None;
        loop {
            let next_by = tail_until.unwrap_or_else(|| self.at_most(self.patience.read));
            let outcome = match timeout_at(next_by, response.chunk()).await {
                Ok(Ok(Some(bytes))) => self.answer.push(&bytes, on_text),
                Ok(Ok(None)) => return self.answer.end(on_text),
                Ok(Err(error)) => Err(Fault::new(FailureKind::Cut, "the connection was lost").caused_by(error)),
                Err(_) => Err(Fault::new(FailureKind::Timeout, "the answer stood still")),
            };
            // A whole answer has no pieces before its end.
            if self.first_chunk.is_none() && self.answer.pieces() > 0 {
                self.first_chunk = Some(Instant::now());
            }
            match outcome {
                Ok(()) if self.answer.is_done() => return self.answer.end(on_text),
                // An answer that has ended is whole; whatever happens to the token counts behind it does no harm.
                Err(_) if self.answer.has_ended() => return Ok(()),
                outcome => outcome?,
            }
            tail_until = match self.answer.has_ended() {
                true => tail_until.or_else(|| Some(self.at_most(self.patience.tail))),
                false => None,
            };
        }
    }

    /// How long it took, seen from the start of its round.
    pub(super) fn timing(&self, started: Instant) -> Timing {
        let first_chunk = self.first_chunk.map(|first| first - started);
        Timing { first_chunk, chunks: self.answer.pieces(), whole: started.elapsed() }
    }

    fn at_most(&self, limit: Duration) -> Instant {
        self.deadline.min(Instant::now() + limit)
    }
}

/// By the type of the answer and not by what was asked for: some servers cannot stream.
fn form(headers: &HeaderMap) -> Result<Form, Fault> {
    let Some(content_type) = headers.get(CONTENT_TYPE) else { return Ok(Form::Stream) };
    let essence = content_type.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    match essence.to_ascii_lowercase().as_str() {
        "text/event-stream" => Ok(Form::Stream),
        "application/json" => Ok(Form::Whole),
        _ => Err(Fault::bad_answer("the answer is neither a stream nor JSON")),
    }
}

/// In seconds; a date is not worth trusting two clocks.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}
