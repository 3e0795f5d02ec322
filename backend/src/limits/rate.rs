//! Requests per minute, counted by user or by address.

use std::{hash::Hash, net::IpAddr, num::NonZeroU32, sync::Arc, time::Duration};

use axum::{extract::FromRequestParts, http::request::Parts};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock};
use telemetry::names;
use tokio_util::sync::CancellationToken;

use super::{ClientAddress, Limits, address::counted};
use crate::{
    accounts::UserId,
    app::AppState,
    problem::{Kind, Problem},
};

/// One limit: so many per minute for each key, all at once if one likes.
pub(super) struct Rate<K: Hash + Eq + Clone> {
    limiter: DefaultKeyedRateLimiter<K>,
    name: &'static str,
}

impl<K: Hash + Eq + Clone> Rate<K> {
    /// `None` for a limit of 0, which means no limit.
    pub(super) fn per_minute(limit: u32, name: &'static str) -> Option<Arc<Self>> {
        let quota = Quota::per_minute(NonZeroU32::new(limit)?);
        Some(Arc::new(Self { limiter: RateLimiter::dashmap(quota), name }))
    }

    fn check(&self, key: &K) -> Result<(), Problem> {
        self.limiter.check_key(key).map_err(|refused| {
            metrics::counter!(names::RATE_LIMITED, "limit" => self.name).increment(1);
            Problem::new(Kind::RateLimited).retry_after(refused.wait_time_from(self.limiter.clock().now()))
        })
    }

    fn forget_idle(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

impl Limits {
    /// One more request of this user.
    pub fn request_of(&self, user: UserId) -> Result<(), Problem> {
        self.requests.as_ref().map_or(Ok(()), |limit| limit.check(&user))
    }

    /// One more message of this user to the assistant.
    pub fn message_of(&self, user: UserId) -> Result<(), Problem> {
        self.messages.as_ref().map_or(Ok(()), |limit| limit.check(&user))
    }

    /// One more log-in or sign-up from this address.
    fn login_from(&self, address: IpAddr) -> Result<(), Problem> {
        self.logins.as_ref().map_or(Ok(()), |limit| limit.check(&counted(address)))
    }
}

/// As a handler's argument: the request is one more log-in or sign-up of its address, and there are not too many.
#[derive(Clone, Copy, Debug)]
pub struct LoginAllowed {
    /// Where it came from, for the audit line.
    pub address: IpAddr,
}

impl FromRequestParts<AppState> for LoginAllowed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let ClientAddress(address) = ClientAddress::from_request_parts(parts, state).await?;
        state.limits.login_from(address)?;
        Ok(Self { address })
    }
}

/// Forgets once a minute whoever has their whole allowance back; without this, every key ever seen stays in memory.
pub async fn forget_idle(limits: Limits, stop: CancellationToken) {
    const PAUSE: Duration = Duration::from_secs(60);
    while stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_some() {
        limits.requests.iter().for_each(|limit| limit.forget_idle());
        limits.messages.iter().for_each(|limit| limit.forget_idle());
        limits.logins.iter().for_each(|limit| limit.forget_idle());
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Rate;

    #[test]
    fn keys_that_have_their_allowance_back_are_forgotten() {
        // Sixty thousand a minute are one in a millisecond.
        let rate = Rate::per_minute(60_000, "test").unwrap();
        (0..1000_u32).for_each(|key| rate.check(&key).unwrap());
        let deadline = Instant::now() + Duration::from_secs(30);
        while !rate.limiter.is_empty() {
            assert!(Instant::now() < deadline, "{} keys are kept", rate.limiter.len());
            rate.forget_idle();
        }
    }

    #[test]
    fn a_limit_of_zero_is_no_limit() {
        assert!(Rate::<u32>::per_minute(0, "test").is_none());
    }
}
