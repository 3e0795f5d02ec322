//! The notebook of the turns that goose's chatters had. Absent on purpose: turns that touch an announced window, in which something is
//! down, as with every other request.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::clock::milliseconds;
use crate::measurements::Chat;
use crate::watch::{Outcome, Watch};

/// How many failures are kept in words.
const EXAMPLES: usize = 10;

/// Shared by all chatters of a run.
#[derive(Debug, Default)]
pub struct Notes(Mutex<Chat>);

impl Notes {
    /// Notes a turn that began at `began` and ends now.
    pub fn note(&self, watch: &Watch, began: Instant, first_token: Option<Duration>, outcome: &Outcome) {
        let (from, to) = (watch.clock.at(began), watch.clock.now());
        if watch.announced(from, to) {
            return;
        }
        let mut chat = self.chat();
        chat.turns += 1;
        let what = match outcome {
            Outcome::Answered => {
                chat.whole_ms.push(milliseconds(began.elapsed()));
                chat.first_token_ms.extend(first_token.map(milliseconds));
                return;
            }
            Outcome::Refused(what) | Outcome::Failed(what) => what,
        };
        chat.failed += 1;
        if chat.examples.len() < EXAMPLES {
            chat.examples.push(format!("a turn at {to:.1} s: {what}"));
        }
    }

    /// The turns so far.
    pub fn result(&self) -> Chat {
        self.chat().clone()
    }

    fn chat(&self) -> MutexGuard<'_, Chat> {
        // A panic of one turn leaves counts that are still true.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn every_turn_outside_the_windows_counts_and_only_right_ones_are_timed() {
        let (notes, watch, began) = (Notes::default(), Watch::new(Clock::start()), Instant::now());
        notes.note(&watch, began, Some(Duration::from_millis(5)), &Outcome::Answered);
        notes.note(&watch, began, None, &Outcome::Answered);
        notes.note(&watch, began, Some(Duration::from_millis(7)), &Outcome::Failed("cut".to_owned()));
        notes.note(&watch, began, None, &Outcome::Refused("status 503".to_owned()));
        watch.open_window("kill 1");
        notes.note(&watch, Instant::now(), None, &Outcome::Failed("connection refused".to_owned()));
        let chat = notes.result();
        assert_eq!((chat.turns, chat.failed, chat.whole_ms.len()), (4, 2, 2));
        assert_eq!(chat.first_token_ms, [5.0]);
        assert!(chat.examples[0].contains("cut"), "{:?}", chat.examples);
    }
}
