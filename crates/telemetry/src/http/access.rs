//! The access line and the counters that belong to one request's end, however it ends.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes},
    extract::MatchedPath,
};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use metrics::counter;

use super::route_name;
use crate::{names, probes::Readiness};

/// A request whose headers take longer is counted as slow.
const SLOW: Duration = Duration::from_secs(1);

/// A request under way. Dropped without an answer, the client has gone away, or the request was cut or panicked.
pub(super) struct Access {
    method: &'static str,
    route: Option<MatchedPath>,
    probe: bool,
    started: Instant,
    readiness: Readiness,
    answered: bool,
}

/// A streamed body that counts a client who leaves before its end.
pub(super) struct Watched {
    body: Body,
    readiness: Readiness,
    ended: bool,
}

impl Access {
    pub(super) fn start(method: &'static str, route: Option<MatchedPath>, probe: bool, readiness: Readiness) -> Self {
        Self { method, route, probe, started: Instant::now(), readiness, answered: false }
    }

    /// Writes the access line, unless it is a probe's.
    pub(super) fn answered(mut self, status: u16) {
        self.answered = true;
        if self.probe {
            return;
        }
        let took = self.started.elapsed();
        if took > SLOW {
            counter!(names::SLOW_REQUESTS).increment(1);
        }
        let error = (status >= 500).then_some(status);
        tracing::info!(
            target: "access",
            duration_ms = millis(took),
            http.route = route_name(self.route.as_ref()),
            http.request.method = self.method,
            http.response.status_code = status,
            error.type = error.map(tracing::field::display),
            "answered"
        );
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        if self.answered || self.probe {
            return;
        }
        let error = match (std::thread::panicking(), self.readiness.closing()) {
            (true, _) => "panic",
            (false, true) => "cut_at_shutdown",
            (false, false) => {
                counter!(names::CLIENT_DISCONNECTS).increment(1);
                "client_disconnect"
            }
        };
        tracing::info!(
            target: "access",
            duration_ms = millis(self.started.elapsed()),
            http.route = route_name(self.route.as_ref()),
            http.request.method = self.method,
            error.type = error,
            "not answered"
        );
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // Who writes the body need not ask for more when it says that it is at its end.
        let ended = self.ended || self.body.is_end_stream();
        if !ended && !self.readiness.closing() {
            counter!(names::CLIENT_DISCONNECTS).increment(1);
        }
    }
}

impl Watched {
    pub(super) fn new(body: Body, readiness: Readiness) -> Self {
        Self { body, readiness, ended: false }
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        // An error of ours ends the answer too, and is not the client's doing.
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.ended = true;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Milliseconds with microseconds behind the point.
fn millis(duration: Duration) -> f64 {
    let micros = u32::try_from(duration.as_micros()).unwrap_or(u32::MAX);
    f64::from(micros) / 1000.0
}
