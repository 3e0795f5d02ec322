//! Moments and figures out of the timeline. Pure: absent on purpose are clocks and the cluster.

use crate::measurements::{Replicas, ScaleStep, Second};

/// Seconds over which p95 is looked at together: one second of the probe holds some forty answers only.
const LATENCY_WINDOW: usize = 5;

/// The readings from this moment on.
pub(super) fn since(replicas: &[Replicas], moment: f64) -> Vec<Replicas> {
    replicas.iter().filter(|row| row.at >= moment).copied().collect()
}

/// When it was so for the first time.
pub(super) fn first(replicas: &[Replicas], so: impl Fn(&Replicas) -> bool) -> Option<f64> {
    replicas.iter().find(|row| so(row)).map(|row| row.at)
}

/// Every change of the desired number.
pub(super) fn steps(replicas: &[Replicas]) -> Vec<ScaleStep> {
    let pairs = replicas.iter().zip(replicas.iter().skip(1));
    pairs
        .filter(|(before, after)| before.desired != after.desired)
        .map(|(before, after)| ScaleStep { at: after.at, from: before.desired, to: after.desired })
        .collect()
}

/// How often the desired number fell.
pub(super) fn falls(replicas: &[Replicas]) -> u64 {
    steps(replicas).iter().filter(|step| step.to < step.from).count() as u64
}

/// The first moment from which p95 stays under the limit for so many seconds; absent while there is none. What was found stays true when
/// more seconds follow.
pub(super) fn latency_back(seconds: &[Second], from: f64, to: f64, limit_ms: f64, lasting: f64) -> Option<f64> {
    let probed: Vec<(f64, f64)> = seconds
        .iter()
        .filter(|second| second.at >= from.floor() && second.at + 1.0 <= to)
        // The probe asks all the time: a second in which nothing was answered is the slowest of all.
        .map(|second| (second.at, second.p95_ms.unwrap_or(f64::INFINITY)))
        .collect();
    // A window says how quick its middle was.
    let middle = |window: usize| probed.get(window + LATENCY_WINDOW / 2).map(|(at, _)| *at);
    let mut since = None;
    for (index, window) in probed.windows(LATENCY_WINDOW).enumerate() {
        if is_slow(window, limit_ms) {
            since = None;
            continue;
        }
        let begun = if index == 0 { probed.first().map(|(at, _)| at.max(from)) } else { middle(index) };
        let start = *since.get_or_insert(begun?);
        if middle(index)? + 1.0 - start >= lasting {
            return Some(start);
        }
    }
    None
}

/// Whether the middle one of these seconds was slow: a single slow second is no lasting state.
fn is_slow(window: &[(f64, f64)], limit_ms: f64) -> bool {
    let mut values: Vec<f64> = window.iter().map(|(_, p95)| *p95).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).is_none_or(|middle| middle.is_nan() || *middle > limit_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(at: f64, desired: u32) -> Replicas {
        Replicas { at, desired, ..Replicas::default() }
    }

    fn second(at: f64, p95_ms: f64) -> Second {
        Second { at, p95_ms: Some(p95_ms), requests: 10, failures: 1, ..Second::default() }
    }

    #[test]
    fn steps_up_and_down_are_found_where_the_wish_changes() {
        let rows = [row(1.0, 2), row(2.0, 4), row(3.0, 4), row(4.0, 5), row(5.0, 3)];
        let found = steps(&rows);
        assert_eq!(found.len(), 3);
        assert_eq!(found[0], ScaleStep { at: 2.0, from: 2, to: 4 });
        assert_eq!(falls(&rows), 1);
        assert_eq!(first(&since(&rows, 2.5), |row| row.desired == 5), Some(4.0));
        assert!(steps(&rows[..1]).is_empty());
    }

    /// When p95 was back under 250 ms for 15 s, from these seconds on.
    fn back(values: &[f64]) -> Option<f64> {
        let course: Vec<Second> = values.iter().enumerate().map(|(at, p95)| second(at as f64, *p95)).collect();
        latency_back(&course, 0.0, values.len() as f64, 250.0, 15.0)
    }

    #[test]
    fn latency_is_back_from_the_first_moment_on_that_lasts() {
        let slow_then_quick = [[900.0; 6].as_slice(), &[20.0; 20]].concat();
        assert_eq!(back(&slow_then_quick), Some(6.0));
        assert_eq!(back(&[20.0; 20]), Some(0.0));
        let mut one_hiccup = slow_then_quick.clone();
        one_hiccup[12] = 900.0;
        assert_eq!(back(&one_hiccup), Some(6.0), "a single slow second is no lasting state");
        let short_relapse = [&slow_then_quick[..16], &[900.0; 4], &[20.0; 20]].concat();
        assert_eq!(back(&short_relapse), Some(20.0), "ten quick seconds are too few");
    }

    #[test]
    fn latency_that_was_back_for_long_enough_stays_found_whatever_follows() {
        let quick = [[900.0; 6].as_slice(), &[20.0; 17]].concat();
        assert_eq!(back(&quick), Some(6.0));
        for more in 1..20 {
            assert_eq!(back(&[quick.as_slice(), &vec![900.0; more]].concat()), Some(6.0), "{more} slow seconds more");
        }
    }

    #[test]
    fn latency_is_not_back_when_it_stays_slow_comes_back_too_short_or_is_unknown() {
        assert_eq!(back(&[900.0; 60]), None);
        assert_eq!(back(&[[20.0; 10], [900.0; 10]].concat().repeat(4)), None, "up and down");
        assert_eq!(back(&[[900.0; 6].as_slice(), &[20.0; 14]].concat()), None, "not for long enough yet");
        assert_eq!(back(&[20.0; 3]), None, "too little to say");
        assert_eq!(back(&[f64::NAN; 60]), None);
    }

    #[test]
    fn seconds_without_any_answer_are_slow_ones() {
        let mut course: Vec<Second> = (0..40).map(|at| second(f64::from(at), 20.0)).collect();
        let found = |course: &[Second]| latency_back(course, 0.0, 40.0, 250.0, 15.0);
        assert_eq!(found(&course), Some(0.0));
        course[8..14].iter_mut().for_each(|second| second.p95_ms = None);
        assert_eq!(found(&course), Some(14.0));
    }

    #[test]
    fn what_was_before_the_pods_were_ready_does_not_count() {
        let course: Vec<Second> = (0..40).map(|at| second(f64::from(at), if at < 20 { 20.0 } else { 900.0 })).collect();
        assert_eq!(latency_back(&course, 10.5, 40.0, 250.0, 15.0), None);
        let course: Vec<Second> = (0..40).map(|at| second(f64::from(at), if at < 10 { 900.0 } else { 20.0 })).collect();
        assert_eq!(latency_back(&course, 10.5, 40.0, 250.0, 15.0), Some(10.5));
    }
}
