//! Whether and when a failed request is sent again. Absent on purpose: the clock, and whether an answer had begun, after
//! which nothing is ever sent again (see mod.rs).

use std::time::Duration;

use super::{
    failure::{FailureKind, Fault},
    settings::Patience,
};

/// The pause before the next request, after so many. A time-out is final: the person has waited, and the
/// server may still be at work on the first request.
pub(super) fn pause(fault: &Fault, attempts: u32, patience: &Patience) -> Option<Duration> {
    let most = match fault.kind {
        FailureKind::RateLimited => patience.pauses.len(),
        FailureKind::ServerError | FailureKind::Connection | FailureKind::Cut => patience.outage_retries,
        FailureKind::Timeout | FailureKind::BadAnswer | FailureKind::Refused | FailureKind::CircuitOpen => 0,
    };
    let retries = attempts.saturating_sub(1) as usize;
    let usual = *patience.pauses.get(retries).filter(|_| retries < most)?;
    let wanted = fault.retry_after.unwrap_or(usual);
    (wanted <= patience.longest_retry_after.max(usual)).then_some(wanted)
}

/// Longer by a random share.
pub(super) fn with_jitter(pause: Duration, share: f64) -> Duration {
    let factor = 1.0 + share.clamp(0.0, 1.0) * rand::random_range(0.0..1.0);
    // Pauses are far below the size at which this would panic, but settings decide that.
    Duration::try_from_secs_f64(pause.as_secs_f64() * factor).unwrap_or(pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses_after(kind: FailureKind, retry_after: Option<u64>) -> Vec<u64> {
        let fault = Fault { retry_after: retry_after.map(Duration::from_secs), ..Fault::new(kind, "") };
        (1..9)
            .map_while(|attempts| pause(&fault, attempts, &Patience::default()))
            .map(|pause| pause.as_secs())
            .collect()
    }

    #[test]
    fn too_many_requests_are_repeated_after_one_two_and_four_seconds() {
        assert_eq!(pauses_after(FailureKind::RateLimited, None), [1, 2, 4]);
    }

    #[test]
    fn an_outage_is_repeated_less_often() {
        for kind in [FailureKind::ServerError, FailureKind::Connection, FailureKind::Cut] {
            assert_eq!(pauses_after(kind, None), [1, 2], "{kind}");
        }
    }

    #[test]
    fn what_would_not_change_is_not_repeated() {
        for kind in [FailureKind::Timeout, FailureKind::BadAnswer, FailureKind::Refused, FailureKind::CircuitOpen] {
            assert_eq!(pauses_after(kind, None), [0; 0], "{kind}");
        }
    }

    #[test]
    fn the_server_may_choose_the_pause_within_a_bound() {
        assert_eq!(pauses_after(FailureKind::RateLimited, Some(3)), [3, 3, 3]);
        assert_eq!(pauses_after(FailureKind::RateLimited, Some(8)), [8, 8, 8]);
        assert_eq!(pauses_after(FailureKind::RateLimited, Some(9)), [0; 0]);
        assert_eq!(pauses_after(FailureKind::ServerError, Some(3)), [3, 3]);
    }

    #[test]
    fn jitter_only_adds_and_stays_within_its_share() {
        let second = Duration::from_secs(1);
        for _ in 0..1000 {
            let pause = with_jitter(second, 0.1);
            assert!(second <= pause && pause <= Duration::from_millis(1100), "{pause:?}");
        }
        assert_eq!(with_jitter(second, 0.0), second);
        assert_eq!(with_jitter(Duration::MAX, 1.0), Duration::MAX);
    }
}
