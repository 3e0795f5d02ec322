//! The phrasings, one half written before the engine and held out while it was tuned: how often intent, entities and dates
//! are read as a person would.

use std::{collections::BTreeSet, fs, path::Path};

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value, json};

use super::{
    super::{About, Change, Context, Filter, Focus, Known, Question, Request, Status, Which, read},
    sample::{LIST, known, moment},
};

const ZONE: &str = "Europe/Berlin";
const NOW: &str = "2026-03-11T10:15";
const DATES: [&str; 3] = ["due", "after", "before"];

#[derive(Default)]
struct Score {
    right: u32,
    of: u32,
}

impl Score {
    fn count(&mut self, right: bool) {
        self.right += u32::from(right);
        self.of += 1;
    }

    fn percent(&self) -> f64 {
        100.0 * f64::from(self.right) / f64::from(self.of.max(1))
    }
}

#[derive(Default)]
struct Scores {
    intent: Score,
    entities: Score,
    dates: Score,
    misses: Vec<String>,
}

#[test]
fn the_tuned_half_is_read_well() {
    judge("tuned");
}

#[test]
fn the_held_out_half_is_read_well() {
    judge("held_out");
}

#[test]
fn the_corpus_is_large_enough_and_no_phrasing_is_in_both_halves() {
    let (tuned, held_out) = (phrasings("tuned"), phrasings("held_out"));
    let least = |intent: &str| if ["create", "read", "update"].contains(&intent) { 50 } else { 30 };
    for intent in ["create", "read", "update", "delete", "complete", "search", "statistics", "help", "clarify"] {
        let count = tuned.iter().chain(&held_out).filter(|(group, _)| group == intent).count();
        assert!(count >= least(intent), "{intent}: {count}");
    }
    let texts: BTreeSet<String> =
        tuned.iter().map(|(_, phrasing)| phrasing["text"].to_string().to_lowercase()).collect();
    for (_, phrasing) in &held_out {
        assert!(!texts.contains(&phrasing["text"].to_string().to_lowercase()), "{}", phrasing["text"]);
    }
}

fn judge(half: &str) {
    let mut scores = Scores::default();
    for (_, phrasing) in phrasings(half) {
        compare(&phrasing, &mut scores);
    }
    for miss in &scores.misses {
        println!("{miss}");
    }
    let (intent, entities, dates) = (scores.intent.percent(), scores.entities.percent(), scores.dates.percent());
    println!(
        "{half}: intent {intent:.1} % of {}, entities {entities:.1} % of {}, dates {dates:.1} % of {}",
        scores.intent.of, scores.entities.of, scores.dates.of
    );
    assert!(intent >= 95.0 && entities >= 90.0 && dates >= 98.0);
}

fn phrasings(half: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/assistant/rules/corpus").join(half);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let group = file.file_stem().unwrap().to_string_lossy().into_owned();
        let items: Vec<Value> = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        all.extend(items.into_iter().map(|item| (group.clone(), item)));
    }
    all
}

fn titles(value: Option<&Value>) -> Option<Vec<String>> {
    value.map(|list| serde_json::from_value(list.clone()).unwrap())
}

fn compare(phrasing: &Value, scores: &mut Scores) {
    let text = phrasing["text"].as_str().unwrap();
    let zone = TimeZone::get(phrasing["zone"].as_str().unwrap_or(ZONE)).unwrap();
    let now = moment(phrasing["now"].as_str().unwrap_or(NOW), &zone);
    let list = titles(phrasing.get("list")).unwrap_or_else(|| LIST.map(str::to_owned).to_vec());
    let list = known(&list.iter().map(String::as_str).collect::<Vec<_>>());
    let touched =
        if phrasing.get("touched").is_some() { Vec::new() } else { list.get(1).cloned().into_iter().collect() };
    let focus = Focus { list, touched };
    let requests = read(text, &Context { now, zone: &zone, focus: &focus, pending: false, asked: None });
    let actual: Vec<Map<String, Value>> = requests.iter().map(|request| plain(request, &focus.list, &zone)).collect();
    let expected: Vec<Map<String, Value>> = serde_json::from_value(phrasing["expect"].clone()).unwrap();
    let intents =
        |requests: &[Map<String, Value>]| requests.iter().map(|request| request["intent"].clone()).collect::<Vec<_>>();
    let same = intents(&actual) == intents(&expected);
    scores.intent.count(same);
    let mut right = same;
    for (index, wanted) in expected.iter().enumerate() {
        let empty = Map::new();
        let got = actual.get(index).unwrap_or(&empty);
        let keys: BTreeSet<&String> = wanted.keys().chain(got.keys()).filter(|key| *key != "intent").collect();
        for key in keys {
            let equal = wanted.get(key) == got.get(key);
            right &= equal;
            if DATES.contains(&key.as_str()) { scores.dates.count(equal) } else { scores.entities.count(equal) }
        }
    }
    if !right {
        scores.misses.push(format!("{text}\n  wanted {}\n  got    {}", json!(expected), json!(actual)));
    }
}

/// A request in the words of the corpus: numbers of the list, wall-clock times.
fn plain(request: &Request, list: &[Known], zone: &TimeZone) -> Map<String, Value> {
    let wall = |moment: &Timestamp| zone.to_datetime(*moment).strftime("%Y-%m-%dT%H:%M").to_string();
    let mut fields: Vec<(&str, Option<String>)> = Vec::new();
    let intent = match request {
        Request::Create { title, description, priority, due_at } => {
            fields.push(("title", Some(title.clone())));
            fields.push(("description", description.clone()));
            fields.push(("priority", priority.map(|p| word(&json!(p)))));
            fields.push(("due", due_at.as_ref().map(wall)));
            "create"
        }
        Request::List(filter) => {
            filtered(filter, &mut fields, zone);
            "read"
        }
        Request::Search { query } => {
            fields.push(("query", Some(query.clone())));
            "search"
        }
        Request::Statistics => "statistics",
        Request::Help => "help",
        Request::Update { which, change: Change { title, description, priority, due_at } } => {
            tasks(which, list, &mut fields, zone);
            fields.push(("title", title.clone()));
            fields.push(("description", description.clone()));
            fields.push(("priority", priority.map(|p| word(&json!(p)))));
            fields.push(("due", due_at.as_ref().map(|due| due.as_ref().map_or_else(|| "none".to_owned(), wall))));
            "update"
        }
        Request::Complete { which, completed } => {
            tasks(which, list, &mut fields, zone);
            if *completed { "complete" } else { "reopen" }
        }
        Request::Delete { which } => {
            tasks(which, list, &mut fields, zone);
            "delete"
        }
        Request::Confirm => "confirm",
        Request::Decline => "decline",
        Request::Clarify(Question { about, .. }) => {
            let kind = match about {
                About::Title => "title",
                About::LongTitle | About::TooLong => "long",
                About::Date { .. } | About::TwoDates { .. } | About::NewDate => "date",
                About::Which => "which",
                About::Number { .. } => "number",
                About::Change => "change",
                About::Query => "query",
                About::Refused(_) => "refused",
                About::Courtesy => "thanks",
                About::TooMany => "many",
                About::NotUnderstood => "unclear",
            };
            fields.push(("question", Some(kind.to_owned())));
            "clarify"
        }
    };
    fields.push(("intent", Some(intent.to_owned())));
    fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), Value::String(value?)))).collect()
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn filtered(filter: &Filter, fields: &mut Vec<(&str, Option<String>)>, zone: &TimeZone) {
    let wall = |moment: &Timestamp| zone.to_datetime(*moment).strftime("%Y-%m-%dT%H:%M").to_string();
    let status = filter.status.map(|status| if status == Status::Open { "open" } else { "completed" }.to_owned());
    fields.push(("status", status));
    fields.push(("priority", filter.priority.map(|p| word(&json!(p)))));
    fields.push(("after", filter.due_after.as_ref().map(wall)));
    fields.push(("before", filter.due_before.as_ref().map(wall)));
}

fn tasks(which: &Which, list: &[Known], fields: &mut Vec<(&str, Option<String>)>, zone: &TimeZone) {
    let which = match which {
        Which::Title(title) => title.clone(),
        Which::Id(id) => format!("id:{id}"),
        Which::All(filter) => {
            filtered(filter, fields, zone);
            "all".to_owned()
        }
        Which::Tasks(tasks) => {
            let number = |task: &Known| list.iter().position(|known| known.id == task.id).map_or(0, |index| index + 1);
            tasks.iter().map(|task| number(task).to_string()).collect::<Vec<_>>().join(",")
        }
    };
    fields.push(("which", Some(which)));
}
