//! A signed-in person who looks at the page of their tasks again and again, on kept connections: what is asked of the
//! frontend while something is done to a pod, and through it of the backend. Absent on purpose: forms (`visitor`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use reqwest::Client;
use reqwest::header::COOKIE;
use reqwest::redirect::Policy;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::api::{cause, refusal};
use crate::phases::{Stopped, sentence};
use crate::probe::{Ask, Route};
use crate::watch::{Outcome, Watch};

const NAME: &str = "GET frontend /tasks";
/// A page costs the frontend more than an answer costs the backend.
const PER_SECOND: f64 = 5.0;
/// Longer than the frontend's own limit for a page.
const PATIENCE: Duration = Duration::from_secs(20);
/// As `api::gateway_client` and for its reason: an idle connection is given up before a server that ends closes it.
const IDLE: Duration = Duration::from_millis(800);

/// What the page says when the backend has refused. The same status without it means that the backend could not be reached.
const BUSY: &str = "The service is busy";

struct Page {
    http: Client,
    url: String,
    cookies: String,
    shown: Arc<Shown>,
}

/// How many pages were shown: each of them has asked the backend once.
#[derive(Debug, Default)]
pub struct Shown(AtomicU64);

impl Shown {
    pub fn count(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Asks on schedule until `stop`; join the set to wait for the last pages.
pub fn start(
    frontend: &Url,
    token: &str,
    watch: &Arc<Watch>,
    stop: &CancellationToken,
) -> Result<(JoinSet<()>, Arc<Shown>), Stopped> {
    let broken = |what: String| Stopped::Broken(sentence(&what));
    // A redirect is the way to the log-in page, which would be a wrong answer that looks right.
    let client = Client::builder().no_proxy().http1_only().timeout(PATIENCE).redirect(Policy::none());
    let http = client.pool_idle_timeout(IDLE).build();
    let http = http.map_err(|error| broken(format!("no HTTP client can be built: {}", cause(&error))))?;
    let route = Route::new(NAME, PER_SECOND).map_err(|error| broken(error.to_string()))?;
    let url = format!("{}/tasks", frontend.as_str().trim_end_matches('/'));
    // The cookie has the one name or the other, as the frontend thinks of HTTPS.
    let shown = Arc::default();
    let cookies = format!("session={token}; __Host-session={token}");
    let page = Page { http, url, cookies, shown: Arc::clone(&shown) };
    let mut running = JoinSet::new();
    running.spawn(Arc::new(route).run(Arc::new(page), Arc::clone(watch), stop.clone()));
    Ok((running, shown))
}

impl Ask for Page {
    async fn ask(&self, _: u64) -> Outcome {
        let answer = match self.http.get(&self.url).header(COOKIE, &self.cookies).send().await {
            Ok(answer) => answer,
            Err(error) => return Outcome::Failed(format!("page: {}", cause(&error))),
        };
        let status = answer.status().as_u16();
        let refused = refusal(status, answer.headers());
        match answer.text().await {
            Ok(_) if status == 200 => {
                self.shown.0.fetch_add(1, Relaxed);
                Outcome::Answered
            }
            Ok(text) if refused && (status == 429 || text.contains(BUSY)) => {
                Outcome::Refused(format!("page: refused with status {status}"))
            }
            Ok(_) => Outcome::Failed(format!("page: status {status}")),
            Err(error) => Outcome::Failed(format!("page: the answer was cut: {}", cause(&error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frontend_tells_a_backend_that_refuses_from_one_that_is_out_of_reach() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../frontend/src/pages/failure.rs");
        let page = std::fs::read_to_string(page).expect("the frontend's page about a failure");
        let (_, arms) = page.split_once("ApiError::Busy { retry_after, .. }").expect("the page of a refusal");
        let (refused, unreachable) = arms.split_once("ApiError::Unreachable").expect("the page of no answer");
        assert!(refused.contains(BUSY) && !unreachable.contains(BUSY));
    }
}
