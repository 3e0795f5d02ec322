//! Questions back: what is unclear, what is missing, what cannot be done. Absent on purpose: how a question is shown.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{request::Request, words::Token};

/// A question, and the request that its answer completes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// What is asked.
    pub about: About,
    /// What was understood so far: with an empty title, without the date, or about the tasks that are asked for.
    pub unfinished: Option<Box<Request>>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A task without a title.
    Title,
    /// A title of more than 200 characters.
    LongTitle,
    /// Words that look like a date and are none.
    Date {
        /// The words.
        text: String,
    },
    /// Numbers that are two dates.
    TwoDates {
        /// The numbers.
        text: String,
        /// Read with the day first.
        day_first: Date,
        /// Read with the month first.
        month_first: Date,
    },
    /// A task is to be moved by a span, and its date is not known here.
    NewDate,
    /// Which task is meant.
    Which,
    /// A number that the last list does not have.
    Number {
        /// The number; -1 and below count from the end.
        number: i64,
        /// How many the list has.
        of: usize,
    },
    /// What is to be changed.
    Change,
    /// What is searched for.
    Query,
    /// What cannot be done.
    Refused(Refusal),
    /// Thanks and farewells.
    Courtesy,
    /// A message that is too long to read.
    TooLong,
    /// More requests than are run at once.
    TooMany,
    /// Nothing that is known.
    NotUnderstood,
}

/// What the assistant cannot do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Anything outside the user's task list: sending, ordering, the weather.
    Outside,
    /// Sharing, assigning, and tasks of other people.
    OtherPeople,
    /// Tasks that come back by themselves.
    Repeating,
    /// Taking back what was done.
    Undo,
}

impl Question {
    /// A question that no half-understood request belongs to.
    pub fn new(about: About) -> Self {
        Self { about, unfinished: None }
    }

    /// A question whose answer completes the request.
    pub fn for_request(about: About, unfinished: Request) -> Self {
        Self { about, unfinished: Some(Box::new(unfinished)) }
    }

    /// What is asked back, in plain text: words of the user in it are untrusted, and control characters never get in.
    pub fn text(&self) -> String {
        match &self.about {
            About::Title => "What should the task be called?".to_owned(),
            About::LongTitle => "A title has at most 200 characters. Please say it in fewer words.".to_owned(),
            About::Date { text } => {
                format!(
                    "I do not know the date \"{text}\". Which day do you mean, for example \"Friday\" or \"3 March at 5pm\"?"
                )
            }
            About::TwoDates { text, day_first, month_first } => format!(
                "Is \"{text}\" {} or {}? Please say the month by name.",
                day_first.strftime("%-d %B %Y"),
                month_first.strftime("%-d %B %Y")
            ),
            About::NewDate => "To which day shall I move it?".to_owned(),
            About::Which => {
                "Which task do you mean? Say its number in the last list, or words of its title.".to_owned()
            }
            About::Number { number, of: 0 } if *number > 0 => {
                format!("There is no list yet that has a number {number}. Ask me to show your tasks first.")
            }
            About::Number { of: 0, .. } => "There is no list yet. Ask me to show your tasks first.".to_owned(),
            About::Number { number, of } => {
                format!("The last list has no number {number}; it has {of}. Which task do you mean?")
            }
            About::Change => {
                "What shall I change: the title, the description, the priority or the due date?".to_owned()
            }
            About::Query => "What shall I search for?".to_owned(),
            About::Refused(refusal) => refusal.text().to_owned(),
            About::Courtesy => "You are welcome. I am here when there is something to do.".to_owned(),
            About::TooLong => "That is too long for me. Please say it in at most 1000 characters.".to_owned(),
            About::TooMany => "That was more than I do at once. Please send the rest again.".to_owned(),
            About::NotUnderstood => {
                "I did not understand that. Try \"add buy milk tomorrow at 5pm\", \"show my tasks\" or \"help\"."
                    .to_owned()
            }
        }
    }
}

impl Refusal {
    fn text(self) -> &'static str {
        match self {
            Self::Outside => {
                "I cannot do that: I only keep your task list. I can add it as a task if you say \"add\" and what is to be done."
            }
            Self::OtherPeople => "I cannot do that: I see and change only your own tasks, and nobody else sees them.",
            Self::Repeating => {
                "I cannot make tasks that repeat. I can add one with a date, for example \"water the plants on Monday\"."
            }
            Self::Undo => "I cannot take that back by myself. Tell me what to change, or say \"reopen\" and the task.",
        }
    }
}

impl About {
    /// An unclear date of so many words.
    pub(super) fn date(words: &[&Token], count: usize) -> Self {
        Self::Date { text: Self::text_of(words, count) }
    }

    /// The words as they were understood.
    pub(super) fn text_of(words: &[&Token], count: usize) -> String {
        words.iter().take(count).map(|token| token.word.as_str()).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::{About, Question, Refusal};

    #[test]
    fn questions_are_sentences_and_survive_a_row_of_the_database() {
        let day = jiff::civil::date(2026, 4, 5);
        for about in [
            About::Title,
            About::TwoDates { text: "5/4".to_owned(), day_first: day, month_first: day },
            About::Number { number: 9, of: 3 },
            About::Number { number: -1, of: 0 },
            About::Refused(Refusal::Undo),
        ] {
            let question = Question::new(about);
            assert!(question.text().ends_with(['.', '?']), "{}", question.text());
            let stored = serde_json::to_string(&question).unwrap();
            assert_eq!(serde_json::from_str::<Question>(&stored).unwrap(), question);
        }
    }
}
