//! What was found about one criterion, and the status that follows from it.
//!
//! A *fault* is proof that the limit is broken. A *gap* is evidence that the run owed and does not have: it fails a
//! complete run, because a proof that silently shrinks is no proof, and is nobody's fault in an interrupted one.
//! Something *skipped* was not tried at all. Only a criterion with none of the three passes.

use crate::limits::{Limit, Limits};
use crate::measurements::{Better, Measurements, Part, Served};
use crate::verdict::{Criterion, Figure, Status};
use crate::words::{counted, number, whole, with_unit};

/// How many faults the reason names before it points to the evidence.
const NAMED: usize = 3;

/// Collects what was found; every sentence is a clause without a full stop.
#[derive(Debug, Default)]
pub(super) struct Findings {
    faults: Vec<String>,
    gaps: Vec<String>,
    skipped: Vec<String>,
    evidence: Vec<String>,
}

/// What a criterion asks.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) limit: Figure,
    pub(super) unit: &'static str,
}

impl Findings {
    /// A fact for the reader.
    pub(super) fn fact(&mut self, text: impl Into<String>) {
        self.evidence.push(capitalised(text.into()));
    }

    /// Up to a few findings that the phase wrote down in words.
    pub(super) fn examples(&mut self, examples: &[String]) {
        self.evidence.extend(examples.iter().take(5).map(|example| format!("For example: {example}")));
    }

    pub(super) fn fault(&mut self, clause: impl Into<String>) {
        self.faults.push(clause.into());
    }

    pub(super) fn gap(&mut self, clause: impl Into<String>) {
        self.gaps.push(clause.into());
    }

    /// Whether evidence is missing.
    pub(super) fn lacks_evidence(&self) -> bool {
        !self.gaps.is_empty()
    }

    /// A count that must be zero.
    pub(super) fn none(&mut self, count: u64, clause: impl FnOnce(u64) -> String) {
        if count > 0 {
            self.fault(clause(count));
        }
    }

    /// A product limit. Written so that NaN is beyond it.
    pub(super) fn at_most(&mut self, what: &str, measured: f64, limit: Limit, unit: &str) {
        if measured.is_nan() || measured > limit.value {
            let (measured, most) = (number(measured), number(limit.value));
            self.fault(format!("{what} is {measured} {unit}, more than {most} {unit}"));
        }
    }

    /// An amount of evidence, in a noun in the plural.
    pub(super) fn at_least(&mut self, count: u64, limit: Limit, noun: &str) {
        if (count as f64) < limit.value {
            self.gap(format!("only {} of at least {} {noun}", whole(count), number(limit.value)));
        }
    }

    /// Requests meanwhile: enough of them, and none failed. `when` is a phrase like `during the upgrade`.
    pub(super) fn served(&mut self, served: Served, when: &str, limits: &Limits) {
        self.at_least(served.requests, limits.cluster.requests_meanwhile, &format!("requests {when}"));
        self.none(served.failed, |count| {
            format!("{} of {} requests failed {when}", whole(count), whole(served.requests))
        });
        self.fact(format!(
            "{} {when}, {} failed",
            counted(served.requests, "request", "requests"),
            whole(served.failed)
        ));
    }

    /// Refusals that an announced overload explains: shown, and held against nobody.
    pub(super) fn refused_in_overload(&mut self, count: u64) {
        self.fact(format!(
            "in the announced overload, from the load step until the maximum of replicas was Ready and settled, {} politely \
             (429 or 503 with Retry-After): the designed answer, not counted as failed; failures in it are counted",
            counted(count, "request was refused", "requests were refused")
        ));
    }

    /// What Prometheus says of the same thing over the same time: a second witness that can contradict a pass.
    pub(super) fn witnessed(&mut self, measurements: &Measurements, id: &str) {
        let told = measurements.cluster.monitoring.testimonies.measured();
        for testimony in told.into_iter().flatten().filter(|testimony| testimony.criterion == id) {
            let limit = with_unit(testimony.limit, &testimony.unit);
            let title = &testimony.title;
            match (testimony.value, testimony.agrees()) {
                (Some(value), Some(false)) => {
                    let value = with_unit(value, &testimony.unit);
                    let bound = match testimony.better {
                        Better::Below => "more",
                        Better::Above => "less",
                    };
                    self.fault(format!("Prometheus saw {value}, {bound} than {limit} ({title})"));
                }
                (Some(value), _) => {
                    self.fact(format!("Prometheus saw {} ({title}; limit {limit})", with_unit(value, &testimony.unit)));
                }
                (None, _) => self.fact(format!("Prometheus had nothing to say about: {title}")),
            }
        }
    }

    /// The measured value of a part; otherwise its reason is noted and there is nothing to look at.
    pub(super) fn open<'a, T>(&mut self, part: &'a Part<T>) -> Option<&'a T> {
        match part {
            Part::Measured(value) => return Some(value),
            // Two parts of one criterion are often missing for the same reason.
            Part::NotMeasured(reason) if !self.skipped.contains(&clause(reason)) => self.skipped.push(clause(reason)),
            Part::NotMeasured(_) => {}
            Part::Broken(reason) => self.faults.push(clause(reason)),
        }
        None
    }

    /// The judged criterion. `passed` is the sentence for the best case; `measured` may be no number.
    pub(super) fn conclude(
        self,
        question: Question,
        measured: Option<Figure>,
        passed: impl FnOnce() -> String,
        partial: bool,
    ) -> Criterion {
        let measured = measured.filter(|figure| !matches!(figure, Figure::Number(value) if !value.is_finite()));
        let (status, reason) = if !self.faults.is_empty() {
            (Status::Fail, sentence(&self.faults))
        } else if !self.skipped.is_empty() {
            (Status::NotMeasured, sentence(&self.skipped))
        } else if !self.gaps.is_empty() {
            let status = if partial { Status::NotMeasured } else { Status::Fail };
            (status, format!("Too little evidence: {}.", listed(&self.gaps)))
        } else if measured.is_none() {
            // Unreachable while every criterion notes a gap for a missing value; it keeps "no value" from ever passing.
            (Status::Fail, "Too little evidence: there is no measured value.".to_owned())
        } else {
            (Status::Pass, passed())
        };
        let mut evidence = self.evidence;
        if self.faults.len() > NAMED {
            evidence.extend(self.faults);
        }
        let Question { id, title, limit, unit } = question;
        Criterion {
            id: id.to_owned(),
            title: title.to_owned(),
            limit,
            measured,
            unit: unit.to_owned(),
            status,
            reason,
            evidence,
            dashboard: None,
        }
    }
}

/// A whole sentence without its full stop, so that clauses can be joined.
fn clause(reason: &str) -> String {
    reason.trim().trim_end_matches('.').to_owned()
}

fn listed(clauses: &[String]) -> String {
    match clauses.len() {
        0..=NAMED => clauses.join("; "),
        more => format!("{}; and {} more, listed in the evidence", clauses[..NAMED].join("; "), more - NAMED),
    }
}

fn sentence(clauses: &[String]) -> String {
    format!("{}.", capitalised(listed(clauses)))
}

/// With a capital letter, unless it begins with a path, a metric's name or a route, which keep their spelling.
fn capitalised(text: String) -> String {
    let first_word = text.split(' ').next().unwrap_or_default().trim_end_matches([',', ':']);
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if first_word.chars().all(|letter| letter.is_ascii_lowercase()) => {
            format!("{}{}", first.to_uppercase(), letters.as_str())
        }
        _ => text,
    }
}

/// A measured value beside its limit, to find the one with the least room.
pub(super) struct Room {
    pub(super) what: String,
    pub(super) measured: f64,
    pub(super) limit: f64,
}

impl Room {
    pub(super) fn used(&self) -> f64 {
        self.measured / self.limit
    }
}

/// The value with the least room to its limit; a value that is no number has none at all.
pub(super) fn tightest(rooms: Vec<Room>) -> Option<Room> {
    rooms.into_iter().max_by(|left, right| left.used().total_cmp(&right.used()))
}

/// The nearest-rank quantile of the finite values; nothing for no values.
pub(super) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::{quantile, sentence};

    #[test]
    fn quantiles_are_values_that_occurred() {
        let values = [5.0, 1.0, 3.0, f64::NAN, 2.0, 4.0];
        assert_eq!(quantile(&values, 0.5), Some(3.0));
        assert_eq!(quantile(&values, 0.0), Some(1.0));
        assert_eq!(quantile(&values, 1.0), Some(5.0));
        assert_eq!(quantile(&[f64::NAN], 0.5), None);
    }

    #[test]
    fn a_reason_is_a_sentence_and_names_only_a_few_faults() {
        let faults: Vec<String> = ["one write was lost", "b", "c", "d", "e"].map(str::to_owned).to_vec();
        assert_eq!(sentence(&faults[..1]), "One write was lost.");
        assert_eq!(sentence(&faults), "One write was lost; b; c; and 2 more, listed in the evidence.");
        assert_eq!(sentence(&["/health did not answer".to_owned()]), "/health did not answer.");
    }
}
