//! What holds for every message, whatever it says.

use jiff::{Timestamp, tz::TimeZone};
use proptest::{collection::vec, prelude::*, sample::select};

use super::{
    super::{About, Context, Focus, Known, MOST_REQUESTS, Pick, Question, Request, pick, read},
    sample::{focus, known, reading},
};
use crate::tasks::values::TITLE_CHARACTERS;

/// Words that the grammar hangs on, and some that hang over its edges.
const WORDS: &[&str] = &[
    "add",
    "task",
    "remind",
    "me",
    "to",
    "delete",
    "all",
    "the",
    "second",
    "one",
    "and",
    "then",
    ";",
    "tomorrow",
    "at",
    "5pm",
    "on",
    "Friday",
    "30",
    "February",
    "next",
    "week",
    "#3",
    "it",
    "high",
    "priority",
    "!",
    "!!",
    "rename",
    "\"Buy",
    "milk\"",
    "'",
    "show",
    "what's",
    "due",
    "by",
    "in",
    "99999999999",
    "hours",
    "3/12",
    "25:00",
    "mark",
    "as",
    "done",
    "not",
    "change",
    "move",
    "every",
    "yes",
    "no",
    ",",
    ":",
    "-",
    ".",
    "?",
    "search",
    "for",
    "how",
    "many",
    "2026-02-30",
    "end",
    "of",
    "month",
    "last",
    "-1",
    "between",
    "İ",
    "ß",
    "🛒",
    "e\u{301}",
    "\u{202e}",
    "\n",
    "\0",
    "１",
    "half",
    "past",
    "999",
    "years",
    "from",
    "now",
    "first",
    "two",
];

fn check(text: &str, pending: bool, asked: Option<&Question>, now: i64, zone: &str) -> Result<(), TestCaseError> {
    let zone = TimeZone::get(zone).unwrap();
    let focus = focus();
    let context = Context { now: Timestamp::from_second(now).unwrap(), zone: &zone, focus: &focus, pending, asked };
    let requests = read(text, &context);
    prop_assert!(!requests.is_empty());
    prop_assert!(requests.len() <= MOST_REQUESTS);
    for request in &requests {
        match request {
            Request::Create { title, .. } => {
                prop_assert!((1..=TITLE_CHARACTERS).contains(&title.chars().count()), "{title:?}");
                prop_assert!(!title.chars().any(char::is_control), "{title:?}");
                prop_assert_eq!(title.trim(), title);
            }
            Request::Clarify(question) => prop_assert!(!question.text().is_empty()),
            Request::Confirm => prop_assert!(pending),
            Request::Decline => prop_assert!(pending || asked.is_some()),
            _ => {}
        }
        let stored = serde_json::to_string(request).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Request>(&stored).unwrap(), request);
    }
    prop_assert_eq!(read(text, &context), requests);
    Ok(())
}

fn questions() -> Vec<Option<Question>> {
    let mut all = vec![None];
    for text in ["add a task", "delete", "add milk on Blursday", "postpone it", "search", "number 99 is done"] {
        if let [Request::Clarify(question)] = reading(text).as_slice() {
            all.push(Some(question.clone()));
        }
    }
    all
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in any::<String>(), pending: bool) {
        check(&text, pending, None, 1_773_220_500, "Europe/Berlin")?;
    }

    #[test]
    fn any_mixture_of_known_words_is_read_without_a_panic(
        words in vec(select(WORDS), 0..40),
        pending: bool,
        asked in select(questions()),
        now in -2_000_000_000_i64..60_000_000_000,
        zone in select(&["Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Africa/Casablanca"][..]),
    ) {
        check(&words.join(" "), pending, asked.as_ref(), now, zone)?;
    }

    #[test]
    fn at_the_ends_of_time_dates_are_asked_about(words in vec(select(WORDS), 0..12), late: bool) {
        let now = if late { Timestamp::MAX } else { Timestamp::MIN };
        check(&words.join(" "), false, None, now.as_second(), "Europe/Berlin")?;
    }

    #[test]
    fn a_date_never_stays_in_the_title(
        title in "[a-z]{3,8} (the )?[a-z]{3,8}",
        date in select(&["tomorrow at 5pm", "by Friday", "on 3 April at 17:00", "in 3 days", "next Tuesday", "at noon", "2026-04-01"][..]),
        before: bool,
    ) {
        let text = if before { format!("remind me {date} to {title}") } else { format!("remind me to {title} {date}") };
        let requests = reading(&text);
        let [Request::Create { title: got, due_at, .. }] = requests.as_slice() else {
            // A random word may be one that the grammar knows.
            return Err(TestCaseError::reject("another request"));
        };
        prop_assert!(due_at.is_some(), "{text}");
        prop_assert!(!got.to_lowercase().contains(&date.to_lowercase()), "{got}");
    }

    #[test]
    fn picking_never_panics_and_only_offers_what_there_is(wanted in any::<String>(), titles in vec(any::<String>(), 0..8)) {
        let tasks = known(&titles.iter().map(String::as_str).collect::<Vec<_>>());
        let found: Vec<Known> = match pick(&wanted, &tasks) {
            Pick::One(one) => vec![one],
            Pick::Several(several) => several,
            Pick::None => Vec::new(),
        };
        prop_assert!(found.iter().all(|task| tasks.contains(task)));
    }
}

#[test]
fn without_a_conversation_every_reference_is_asked_about() {
    let zone = TimeZone::UTC;
    let empty = Focus::default();
    let context = Context { now: Timestamp::UNIX_EPOCH, zone: &zone, focus: &empty, pending: false, asked: None };
    for text in
        ["delete it", "tick off number 3", "make those urgent", "rename the last one to Milk", "complete the first two"]
    {
        let got = read(text, &context);
        let asks =
            matches!(got.as_slice(), [Request::Clarify(Question { about: About::Which | About::Number { .. }, .. })]);
        assert!(asks, "{text}: {got:?}");
    }
}
