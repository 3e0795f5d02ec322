//! SC-007: something happens, and its sample in `/metrics` is waited for. Absent on purpose: Prometheus, which a single
//! machine does not have; its scrape interval comes on top.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::api::{Api, Call};
use crate::exposition::Scrape;
use crate::measurements::Freshness;

/// Markers of a run: a few more than the judge asks for.
const MARKERS: u64 = 24;
/// A marker that is not visible after this time never will be.
const VISIBLE_WITHIN: Duration = Duration::from_secs(35);
const POLL: Duration = Duration::from_millis(10);

/// Makes markers until there are enough or `stop` is cancelled, one every `pause`. The last one is still waited for, unless
/// the run is `interrupted`: a marker given up early says nothing. Both kinds of marker are events that nothing else in a run
/// causes, so that the counter cannot move for another reason.
pub async fn run(
    api: Api,
    token: String,
    pause: Duration,
    stop: CancellationToken,
    interrupted: CancellationToken,
) -> Freshness {
    let mut freshness = Freshness::default();
    for number in 0..MARKERS {
        let marker = if number.is_multiple_of(2) { Marker::FailedLogIn } else { Marker::RefusedTask };
        let Some(before) = marker.count(&api).await else {
            freshness.never_seen += 1;
            continue;
        };
        let began = Instant::now();
        marker.cause(&api, &token).await;
        loop {
            if marker.count(&api).await.is_some_and(|now| now > before) {
                freshness.delays_seconds.push(began.elapsed().as_secs_f64());
                break;
            }
            if interrupted.is_cancelled() {
                return freshness;
            }
            if began.elapsed() > VISIBLE_WITHIN {
                freshness.never_seen += 1;
                break;
            }
            tokio::time::sleep(POLL).await;
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(pause) => {}
        }
    }
    freshness
}

enum Marker {
    /// Moves a counter of the application.
    FailedLogIn,
    /// Moves a counter of the HTTP layer, in a series of its own.
    RefusedTask,
}

impl Marker {
    async fn cause(&self, api: &Api, token: &str) {
        // An answer that never comes shows as a marker that never becomes visible.
        let _ = match self {
            Self::FailedLogIn => {
                let body = json!({ "email": "nobody@example.com", "password": "not the password" });
                api.send(&Call::post("/api/auth/login", &body)).await
            }
            Self::RefusedTask => {
                let body = json!({ "title": "" });
                api.send(&Call::post("/api/tasks", &body).token(token)).await
            }
        };
    }

    /// The counter that the marker moves; `None` when `/metrics` does not answer.
    async fn count(&self, api: &Api) -> Option<f64> {
        let answer = api.send(&Call::get("/metrics")).await.ok().filter(|answer| answer.status == 200)?;
        let scrape = Scrape::parse(std::str::from_utf8(&answer.body).ok()?).ok()?;
        Some(match self {
            Self::FailedLogIn => scrape.sum("auth_attempts_total", &[("result", "failure")]),
            Self::RefusedTask => {
                let labels = [("method", "POST"), ("endpoint", "/api/tasks"), ("status", "422")];
                scrape.sum("axum_http_requests_total", &labels)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;
    use crate::api::http_client;

    /// A server whose counters never move.
    async fn stuck() -> Api {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let _ = connection.read(&mut [0; 4_096]).await;
                let answer = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nup 1\n";
                let _ = connection.write_all(answer.as_bytes()).await;
            }
        });
        Api::new(http_client(0).unwrap(), &base)
    }

    #[tokio::test]
    async fn a_marker_given_up_by_ctrl_c_does_not_count_as_never_seen() {
        let interrupted = CancellationToken::new();
        let stop = interrupted.child_token();
        let running = tokio::spawn(run(stuck().await, String::new(), Duration::ZERO, stop, interrupted.clone()));
        tokio::time::sleep(Duration::from_millis(50)).await;
        interrupted.cancel();
        assert_eq!(running.await.unwrap().never_seen, 0);
    }
}
