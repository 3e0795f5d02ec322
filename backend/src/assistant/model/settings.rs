//! What a client of a model is made from. Absent on purpose: environment variables (see config.rs).

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

/// Which model, where, and how it is asked.
#[derive(Clone, Debug)]
pub struct ModelSettings {
    /// What `/chat/completions` is put behind, for example `https://host/v1`; a slash at the end makes no difference.
    pub base_url: Url,
    /// Sent as a bearer token.
    pub api_key: SecretString,
    /// The provider's name of the model.
    pub model: String,
    /// How freely it chooses its words.
    pub temperature: f64,
    /// The most tokens of one answer.
    pub max_tokens: u32,
    /// How long it may take.
    pub patience: Patience,
}

/// All waiting of the client. The default is what production uses.
#[derive(Clone, Debug)]
pub struct Patience {
    /// For a connection.
    pub connect: Duration,
    /// From the request to the head of the answer.
    pub headers: Duration,
    /// From one piece of the answer to the next.
    pub read: Duration,
    /// For the whole round: requests, pauses and reading.
    pub round: Duration,
    /// For the token counts, once the answer itself is complete.
    pub tail: Duration,
    /// Before the second, third, … request after 429.
    pub pauses: Vec<Duration>,
    /// How many of these pauses are spent on a server that is broken or away.
    pub outage_retries: usize,
    /// The longest `Retry-After` that is waited for. After a longer one the round fails at once: coming back earlier
    /// would only be refused again, and a person is waiting.
    pub longest_retry_after: Duration,
    /// Every pause is longer by up to this share, so that replicas do not come back in step.
    pub jitter: f64,
    /// After so many failed rounds in a row the model is left alone …
    pub failures_to_open: u32,
    /// … for this long.
    pub rest: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            headers: Duration::from_secs(20),
            read: Duration::from_secs(20),
            round: Duration::from_secs(60),
            tail: Duration::from_secs(2),
            pauses: [1, 2, 4].map(Duration::from_secs).into(),
            outage_retries: 2,
            longest_retry_after: Duration::from_secs(8),
            jitter: 0.1,
            failures_to_open: 5,
            rest: Duration::from_secs(30),
        }
    }
}
