//! The state of a release in words: a few lines for a terminal, one line for a log. Pure: absent on purpose are the terminal
//! and the clock.

use crate::measurements::{Happening, Replicas};
use crate::watch::Recent;
use crate::words::{number, whole};

/// What is shown.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) replicas: Option<Replicas>,
    pub(super) load: Recent,
    /// Latest last.
    pub(super) happenings: Vec<Happening>,
}

/// More dots than this say less than their number.
const DOTS: u32 = 20;
/// Cells of the bar; its middle is the target.
const CELLS: usize = 20;

impl State {
    /// The lines of the moving display, none wider than the terminal.
    pub(super) fn lines(&self, width: usize) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(row) = &self.replicas {
            lines.push(format!("  replicas  {}  {}", replicas(row), dots(row)));
            lines.push(format!("  CPU       {}  {}", utilisation(row), bar(row)));
        }
        lines.push(format!("  load      {}", load(&self.load)));
        lines.extend(self.happenings.iter().map(timed));
        lines.iter().map(|line| cut(line, width)).collect()
    }

    /// One line, as `kubectl get hpa -w` gives it, with what it answers meanwhile.
    pub(super) fn line(&self) -> String {
        let load = load(&self.load);
        match &self.replicas {
            Some(row) => format!("CPU {}, replicas {}, {load}", utilisation(row), replicas(row)),
            None => load,
        }
    }
}

/// Kind and sentence.
pub(super) fn happening(happening: &Happening) -> String {
    let what = format!("{}: {}", happening.kind, happening.what);
    // It may quote what somebody else has written, which must not command the terminal.
    what.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// With minutes and seconds before it.
fn timed(happened: &Happening) -> String {
    let seconds = happened.at as u64;
    format!("  {:>2}:{:02}  {}", seconds / 60, seconds % 60, happening(happened))
}

fn replicas(row: &Replicas) -> String {
    let leaving = if row.running > row.desired { format!(" ({} still running)", row.running) } else { String::new() };
    format!("{} of {} ready{leaving}", row.ready, row.desired)
}

/// A full dot for a Ready pod, an empty one for one that is wanted and not Ready.
fn dots(row: &Replicas) -> String {
    if row.desired.max(row.ready) > DOTS {
        return String::new();
    }
    let missing = row.desired.saturating_sub(row.ready);
    format!("{}{}", "●".repeat(row.ready as usize), "○".repeat(missing as usize))
}

fn utilisation(row: &Replicas) -> String {
    let percent =
        |value: Option<f64>| value.map_or_else(|| "?".to_owned(), |value| format!("{} %", number(value.round())));
    format!("{} / {}", percent(row.cpu_percent), percent(row.target_percent))
}

/// The use against twice the target.
fn bar(row: &Replicas) -> String {
    let Some((seen, target)) = row.cpu_percent.zip(row.target_percent).filter(|(_, target)| *target > 0.0) else {
        return String::new();
    };
    let filled = ((seen / target).clamp(0.0, 2.0) * CELLS as f64 / 2.0).round() as usize;
    let cells =
        |from: usize, to: usize| (from..to).map(|cell| if cell < filled { '█' } else { '░' }).collect::<String>();
    format!("{}│{}", cells(0, CELLS / 2), cells(CELLS / 2, CELLS))
}

fn load(load: &Recent) -> String {
    let latency = load.p95_ms.map_or_else(String::new, |p95| format!(", p95 {} ms", number(p95)));
    let failed = if load.failures > 0 { format!(", {} failed", whole(load.failures)) } else { String::new() };
    format!("{} users, {} requests/s{latency}{failed}", load.users, number(load.requests_per_second.round()))
}

fn cut(line: &str, width: usize) -> String {
    if line.chars().count() <= width {
        return line.to_owned();
    }
    let kept: String = line.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State {
            replicas: Some(Replicas {
                at: 90.0,
                desired: 4,
                running: 4,
                ready: 2,
                cpu_percent: Some(145.2),
                target_percent: Some(70.0),
            }),
            load: Recent { users: 60, requests_per_second: 214.4, failures: 0, p95_ms: Some(310.0) },
            happenings: vec![Happening {
                at: 85.3,
                kind: "scale".to_owned(),
                what: "The HPA wants 4 replicas instead of 2\u{1b}[2J: CPU is at 145 % of the request.".to_owned(),
            }],
        }
    }

    #[test]
    fn a_terminal_sees_replicas_cpu_load_and_the_cause() {
        assert_eq!(
            state().lines(120),
            [
                "  replicas  2 of 4 ready  ●●○○",
                "  CPU       145 % / 70 %  ██████████│██████████",
                "  load      60 users, 214 requests/s, p95 310 ms",
                "   1:25  scale: The HPA wants 4 replicas instead of 2 [2J: CPU is at 145 % of the request.",
            ]
        );
        for line in state().lines(40) {
            assert!(line.chars().count() <= 40, "{line}");
        }
    }

    #[test]
    fn a_log_gets_the_same_in_one_line() {
        let mut state = state();
        assert_eq!(state.line(), "CPU 145 % / 70 %, replicas 2 of 4 ready, 60 users, 214 requests/s, p95 310 ms");
        state.replicas = state.replicas.map(|row| Replicas { desired: 2, cpu_percent: None, ..row });
        state.load.failures = 3;
        let line =
            "CPU ? / 70 %, replicas 2 of 2 ready (4 still running), 60 users, 214 requests/s, p95 310 ms, 3 failed";
        assert_eq!(state.line(), line);
        assert_eq!(State::default().line(), "0 users, 0 requests/s");
    }

    #[test]
    fn the_bar_shows_the_target_in_its_middle() {
        let bar = |cpu: f64| {
            super::bar(&Replicas { cpu_percent: Some(cpu), target_percent: Some(70.0), ..Replicas::default() })
        };
        assert_eq!(bar(0.0), "░░░░░░░░░░│░░░░░░░░░░");
        assert_eq!(bar(70.0), "██████████│░░░░░░░░░░");
        assert_eq!(bar(f64::NAN).chars().count(), 21);
        assert_eq!(bar(900.0), "██████████│██████████");
    }
}
