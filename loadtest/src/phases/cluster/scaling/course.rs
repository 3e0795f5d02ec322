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

/// The moment from which on p95 stays under the limit to the end; absent when it does not.
pub(super) fn latency_back(seconds: &[Second], from: f64, to: f64, limit_ms: f64) -> Option<f64> {
    let probed: Vec<(f64, f64)> = seconds
        .iter()
        .filter(|second| second.at >= from.floor() && second.at + 1.0 <= to)
        .filter_map(|second| Some((second.at, second.p95_ms?)))
        .collect();
    let slow = |window: &[(f64, f64)]| {
        let mut values: Vec<f64> = window.iter().map(|(_, p95)| *p95).collect();
        values.sort_by(f64::total_cmp);
        // The middle one: a single slow second is no lasting state.
        values.get(values.len() / 2).is_none_or(|middle| *middle > limit_ms)
    };
    let last_slow = probed.windows(LATENCY_WINDOW).rposition(slow);
    match last_slow {
        _ if probed.len() < LATENCY_WINDOW => None,
        None => probed.first().map(|(at, _)| at.max(from)),
        // Its middle was still slow, what follows is not.
        Some(index) if index + LATENCY_WINDOW < probed.len() => {
            probed.get(index + LATENCY_WINDOW / 2 + 1).map(|(at, _)| *at)
        }
        Some(_) => None,
    }
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

    #[test]
    fn latency_is_back_when_it_stays() {
        let course = |values: &[f64]| -> Vec<Second> {
            values.iter().enumerate().map(|(at, p95)| second(at as f64, *p95)).collect()
        };
        let back = |values: &[f64]| latency_back(&course(values), 0.0, values.len() as f64, 250.0);
        let slow_then_quick = [[900.0; 6].as_slice(), &[20.0; 10]].concat();
        assert_eq!(back(&slow_then_quick), Some(6.0));
        let mut one_hiccup = slow_then_quick.clone();
        one_hiccup[12] = 900.0;
        assert_eq!(back(&one_hiccup), Some(6.0));
        let relapse = [slow_then_quick.as_slice(), &[900.0; 6]].concat();
        assert_eq!(back(&relapse), None);
        assert_eq!(back(&[20.0; 8]), Some(0.0));
        assert_eq!(back(&[20.0; 3]), None, "too little to say");
    }
}
