//! What keeps one client, or too many, from taking the service away from the others. Every limit is this process' own:
//! N replicas allow N times as much. Absent on purpose: probes and /metrics, which no limit touches.

mod address;
mod load;
mod rate;

pub use address::{ClientAddress, Network};
pub use load::shed;
pub use rate::{LoginAllowed, forget_idle};

use std::sync::Arc;

use tokio::sync::Semaphore;

use rate::Rate;

/// The limits as they are set; 0 switches one off.
#[derive(Clone, Debug, Default)]
pub struct LimitSettings {
    /// Requests being handled at the same time.
    pub concurrent_requests: usize,
    /// Requests of one user.
    pub requests_per_minute: u32,
    /// Log-ins and sign-ups from one address.
    pub logins_per_minute: u32,
    /// Messages to the assistant of one user.
    pub chat_messages_per_minute: u32,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
}

/// The limits at work. Cheap to clone; every clone counts together.
#[derive(Clone)]
pub struct Limits {
    requests: Option<Arc<Rate<crate::accounts::UserId>>>,
    logins: Option<Arc<Rate<std::net::IpAddr>>>,
    messages: Option<Arc<Rate<crate::accounts::UserId>>>,
    concurrent: Option<Arc<Semaphore>>,
    trusted_proxies: Arc<[Network]>,
}

impl Limits {
    /// Nothing counted yet.
    pub fn new(settings: &LimitSettings) -> Self {
        let concurrent = settings.concurrent_requests;
        Self {
            requests: Rate::per_minute(settings.requests_per_minute, telemetry::names::rate_limit::REQUESTS),
            logins: Rate::per_minute(settings.logins_per_minute, telemetry::names::rate_limit::LOGINS),
            messages: Rate::per_minute(settings.chat_messages_per_minute, telemetry::names::rate_limit::CHAT),
            concurrent: (concurrent > 0).then(|| Arc::new(Semaphore::new(concurrent.min(Semaphore::MAX_PERMITS)))),
            trusted_proxies: settings.trusted_proxies.clone().into(),
        }
    }
}
