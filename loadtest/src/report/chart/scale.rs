//! From values to pixels, with ticks at round numbers.

/// An axis. Values outside its range are drawn at its ends.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    logarithmic: bool,
    from: f64,
    to: f64,
    pub(super) ticks: Vec<f64>,
}

impl Scale {
    /// From zero to a round number at or above `high`, with about `wanted` ticks.
    pub(super) fn from_zero(high: f64, wanted: usize, from: f64, to: f64) -> Self {
        let high = if high.is_finite() && high > 0.0 { high } else { 1.0 };
        let step = round_step(high / wanted.max(1) as f64);
        let count = (high / step - 1e-9).ceil().max(1.0);
        let ticks = (0..=count as usize).map(|index| index as f64 * step).collect();
        Self { low: 0.0, high: count * step, logarithmic: false, from, to, ticks }
    }

    /// Exactly from zero to `high`, for time: the last tick may lie before the end.
    pub(super) fn exact(high: f64, wanted: usize, from: f64, to: f64) -> Self {
        let high = if high.is_finite() && high > 0.0 { high } else { 1.0 };
        let step = round_time_step(high / wanted.max(1) as f64);
        let ticks = (0..=(high / step + 1e-9) as usize).map(|index| index as f64 * step).collect();
        Self { low: 0.0, high, logarithmic: false, from, to, ticks }
    }

    /// Around positive values, on decades divided as 1, 2, 5; with fewer ticks when there are many decades.
    pub(super) fn logarithmic(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
        for value in values.filter(|value| value.is_finite() && *value > 0.0) {
            low = low.min(value);
            high = high.max(value);
        }
        if high == 0.0 {
            (low, high) = (1.0, 10.0);
        }
        let steps: Vec<f64> =
            (-9..12).flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10.0_f64.powi(power))).collect();
        let first = steps.iter().rposition(|step| *step <= low * (1.0 + 1e-9)).unwrap_or(0);
        let last = steps.iter().position(|step| *step >= high * (1.0 - 1e-9)).unwrap_or(steps.len() - 1).max(first + 1);
        let last = last.min(steps.len() - 1);
        let range = &steps[first.min(last - 1)..=last];
        let decades_only = range.len() > 10;
        let ticks = range.iter().copied().filter(|step| !decades_only || is_decade(*step)).collect();
        Self { low: range[0], high: range[range.len() - 1], logarithmic: true, from, to, ticks }
    }

    /// Where a value lies, in pixels.
    pub(super) fn at(&self, value: f64) -> f64 {
        let value = if value.is_nan() { self.low } else { value.clamp(self.low, self.high) };
        let share = if self.logarithmic {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.from + share * (self.to - self.from)
    }
}

/// The smallest of 1, 2, 2.5, 5 times a power of ten that is not below.
fn round_step(least: f64) -> f64 {
    let power = 10.0_f64.powf(least.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .map(|digit| digit * power)
        .into_iter()
        .find(|step| *step >= least * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

/// Like `round_step`, but in steps of the clock once they are longer than ten seconds.
fn round_time_step(least: f64) -> f64 {
    const STEPS: [f64; 13] = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0];
    if least < 0.5 {
        return round_step(least);
    }
    STEPS.into_iter().find(|step| *step >= least).unwrap_or_else(|| (least / 3_600.0).ceil() * 3_600.0)
}

fn is_decade(step: f64) -> bool {
    let power = step.log10();
    (power - power.round()).abs() < 1e-6
}

#[cfg(test)]
mod tests {
    use super::Scale;

    #[test]
    fn ticks_are_round_and_reach_the_highest_value() {
        for (high, ticks) in [
            (1_287.0, vec![0.0, 500.0, 1_000.0, 1_500.0]),
            (96.1, vec![0.0, 25.0, 50.0, 75.0, 100.0]),
            (2.0, vec![0.0, 0.5, 1.0, 1.5, 2.0]),
        ] {
            assert_eq!(Scale::from_zero(high, 4, 100.0, 0.0).ticks, ticks, "{high}");
        }
    }

    #[test]
    fn time_has_ticks_of_the_clock() {
        assert_eq!(Scale::exact(62.0, 7, 0.0, 100.0).ticks, [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]);
        assert_eq!(Scale::exact(3_600.0, 6, 0.0, 100.0).ticks.len(), 7);
        assert_eq!(Scale::exact(7_000.0, 4, 0.0, 100.0).ticks, [0.0, 1_800.0, 3_600.0, 5_400.0]);
    }

    #[test]
    fn a_logarithmic_axis_spans_its_values_in_equal_steps_per_decade() {
        let scale = Scale::logarithmic([3.0, 180.0].into_iter(), 0.0, 300.0);
        assert_eq!(scale.ticks, [2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0]);
        assert!((scale.at(20.0) - 150.0).abs() < 1e-6);
        assert_eq!(Scale::logarithmic([0.2, 90_000.0].into_iter(), 0.0, 1.0).ticks, [1.0, 10.0, 100.0, 1e3, 1e4, 1e5]);
    }

    #[test]
    fn strange_values_still_give_an_axis() {
        for high in [0.0, -3.0, f64::NAN, f64::INFINITY, 1e-300, 1e300] {
            for scale in [Scale::from_zero(high, 4, 0.0, 100.0), Scale::exact(high.min(1e6), 4, 0.0, 100.0)] {
                assert!(scale.ticks.len() >= 2, "{high}");
                assert!((0.0..=100.0).contains(&scale.at(high)), "{high}: {}", scale.at(high));
            }
        }
        for values in [vec![], vec![0.0], vec![f64::NAN], vec![5.0], vec![1e-30, 1e30]] {
            let scale = Scale::logarithmic(values.iter().copied(), 0.0, 100.0);
            assert!(scale.ticks.len() >= 2, "{values:?}");
            for value in [f64::NAN, -1.0, 0.0, 5.0, f64::INFINITY] {
                assert!((0.0..=100.0).contains(&scale.at(value)), "{values:?} {value}");
            }
        }
    }
}
