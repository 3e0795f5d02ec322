//! Lists as they should be, in the simplest words: random tasks, random questions, and which tasks answer them in which
//! order. Shares nothing with the product but the reading of a moment.

use backend::timestamp::Timestamp;
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

use crate::{
    support::User,
    tasks::{add, at, encoded},
};

const PRIORITIES: [&str; 3] = ["low", "medium", "high"];
const TITLES: &[&str] = &[
    "milk", "Milk", "MILK 2", "straße", "STRASSE", "100%", "1000", "a_b", "axb", "Äpfel", "äpfel", r"a\b", "zebra",
    "🛒",
];
const DESCRIPTIONS: &[&str] = &["", "", "some MILK", "50%", "two\nlines", "ẞ"];
const SORTS: &[&str] = &["created_at", "-created_at", "due_at", "-due_at", "priority", "-priority", "title", "-title"];
const TEXTS: &[&str] = &["milk", "ILK", "SS", "ß", "ä", "%", "_", r"\", "0", "🛒", "nothing has this"];

/// A task that a test wants to exist.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    title: &'static str,
    description: &'static str,
    priority: &'static str,
    due_day: Option<u8>,
    completed: bool,
}

fn moment(day: u8) -> String {
    format!("2030-01-{day:02}T12:00:00Z")
}

impl Draft {
    /// Every title, with descriptions, priorities, dates and states in changing company, and many ties.
    pub(crate) fn one_of_each_kind() -> impl Iterator<Item = Self> {
        TITLES.iter().enumerate().map(|(n, title)| Self {
            title,
            description: DESCRIPTIONS[n % DESCRIPTIONS.len()],
            priority: PRIORITIES[n / 2 % 3],
            due_day: [None, Some(2), Some(1), Some(2)][n % 4],
            completed: n % 3 == 0,
        })
    }
}

pub(crate) fn drafts() -> impl Strategy<Value = Draft> {
    let due = prop_oneof![Just(None), (1_u8..5).prop_map(Some)];
    (select(TITLES), select(DESCRIPTIONS), select(&PRIORITIES[..]), due, any::<bool>()).prop_map(
        |(title, description, priority, due_day, completed)| Draft { title, description, priority, due_day, completed },
    )
}

pub(crate) async fn create(user: &User, draft: &Draft) -> Value {
    let body = json!({
        "title": draft.title, "description": draft.description, "priority": draft.priority,
        "due_at": draft.due_day.map(moment),
    });
    let task = add(user, body).await;
    if draft.completed {
        return user.patch(&at(&task), json!({"completed": true})).await.json;
    }
    task
}

/// What a list is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    status: &'static str,
    priority: Option<&'static str>,
    q: Option<&'static str>,
    due_before: Option<u8>,
    due_after: Option<u8>,
    sort: &'static str,
    pub(crate) limit: usize,
}

pub(crate) fn questions() -> impl Strategy<Value = Question> {
    let rarely = || prop_oneof![8 => Just(None), 1 => (1_u8..6).prop_map(Some)];
    (
        select(vec!["all", "all", "open", "completed"]),
        prop_oneof![5 => Just(None), 1 => select(&PRIORITIES[..]).prop_map(Some)],
        prop_oneof![5 => Just(None), 1 => select(TEXTS).prop_map(Some)],
        rarely(),
        rarely(),
        select(SORTS),
        1_usize..6,
    )
        .prop_map(|(status, priority, q, due_before, due_after, sort, limit)| Question {
            status,
            priority,
            q,
            due_before,
            due_after,
            sort,
            limit,
        })
}

impl Question {
    /// Every order, and every value of every filter alone.
    pub(crate) fn one_of_each_kind() -> Vec<Self> {
        let plain = Self {
            status: "all",
            priority: None,
            q: None,
            due_before: None,
            due_after: None,
            sort: "-priority",
            limit: 2,
        };
        let mut all: Vec<Self> = SORTS.iter().map(|sort| Self { sort, ..plain.clone() }).collect();
        all.extend(["open", "completed"].map(|status| Self { status, ..plain.clone() }));
        all.extend(PRIORITIES.map(|priority| Self { priority: Some(priority), ..plain.clone() }));
        all.extend(TEXTS.iter().map(|q| Self { q: Some(q), ..plain.clone() }));
        all.extend((1..4).map(|day| Self { due_before: Some(day), ..plain.clone() }));
        all.extend((1..4).map(|day| Self { due_after: Some(day), ..plain.clone() }));
        all
    }
}

/// The sorted value of a task, as the simplest thing that compares.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Moment(Option<Timestamp>),
    Never,
    Rank(usize),
    Text(String),
}

/// Enough of a case folding for the words above.
fn folded(text: &str) -> String {
    text.to_lowercase().replace('ß', "ss")
}

impl Question {
    pub(crate) fn path(&self, cursor: Option<&str>) -> String {
        let mut path = format!("/api/tasks?status={}&sort={}&limit={}", self.status, self.sort, self.limit);
        let optional = [
            ("priority", self.priority.map(str::to_owned)),
            ("q", self.q.map(encoded)),
            ("due_before", self.due_before.map(moment)),
            ("due_after", self.due_after.map(moment)),
            ("cursor", cursor.map(str::to_owned)),
        ];
        for (name, value) in optional {
            path += &value.map(|value| format!("&{name}={value}")).unwrap_or_default();
        }
        path
    }

    pub(crate) fn wants(&self, task: &Value) -> bool {
        let due = task["due_at"].as_str().map(|text| Timestamp::parse(text).unwrap());
        let limit = |day: u8| Timestamp::parse(&moment(day)).unwrap();
        let has = |text: &str, field: &str| folded(task[field].as_str().unwrap()).contains(&folded(text));
        (self.status == "all" || (self.status == "completed") == task["completed"].as_bool().unwrap())
            && self.priority.is_none_or(|priority| task["priority"] == priority)
            && self.q.is_none_or(|text| has(text, "title") || has(text, "description"))
            && self.due_before.is_none_or(|day| due.is_some_and(|due| due < limit(day)))
            && self.due_after.is_none_or(|day| due.is_some_and(|due| due >= limit(day)))
    }

    /// Whether `one` stands before `other`.
    pub(crate) fn in_order(&self, one: &Value, other: &Value) -> bool {
        let id = |task: &Value| task["id"].as_str().unwrap().to_owned();
        let (one, other) = ((self.key(one), id(one)), (self.key(other), id(other)));
        if self.sort.starts_with('-') { one > other } else { one < other }
    }

    fn key(&self, task: &Value) -> Key {
        let moment = |field: &str| task[field].as_str().map(|text| Timestamp::parse(text).unwrap());
        match self.sort.trim_start_matches('-') {
            "created_at" => Key::Moment(moment("created_at")),
            "due_at" => moment("due_at").map_or(Key::Never, |due| Key::Moment(Some(due))),
            "priority" => Key::Rank(PRIORITIES.iter().position(|name| task["priority"] == *name).unwrap()),
            _ => Key::Text(folded(task["title"].as_str().unwrap())),
        }
    }
}
