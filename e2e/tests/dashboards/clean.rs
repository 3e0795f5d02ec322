//! The dashboards themselves: they obey the lint, they are formatted, and they are all there.

use e2e::dashboards::files;
use serde_json::Value;

use crate::lint::{Surroundings, lint};

#[test]
fn every_dashboard_obeys_every_rule() {
    let surroundings = Surroundings::read();
    let found: Vec<String> =
        files().iter().flat_map(|file| lint(file, &surroundings)).map(|one| one.to_string()).collect();
    assert!(found.is_empty(), "{} objections\n{}", found.len(), found.join("\n"));
}

#[test]
fn the_seven_dashboards_are_there() {
    let names: Vec<String> = files().into_iter().map(|file| file.name).collect();
    let expected = ["api-red", "assistant", "loadtest", "logs-traces", "overview", "runtime-db", "scaling"];
    assert_eq!(names, expected.map(|name| format!("todo-{name}")));
}

/// As `jq -S .` prints it: keys in order, two spaces, a line break at the end.
fn formatted(value: &Value) -> String {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(sorted).collect(),
            Value::Object(map) => {
                let mut keys: Vec<&String> = map.keys().collect();
                keys.sort();
                Value::Object(keys.into_iter().map(|key| (key.clone(), sorted(&map[key]))).collect())
            }
            other => other.clone(),
        }
    }
    format!("{:#}\n", sorted(value))
}

#[test]
fn every_file_is_formatted_so_that_differences_stay_small() {
    for file in files() {
        let wanted = formatted(&file.dashboard.json);
        let line = file.text.lines().zip(wanted.lines()).position(|(is, should)| is != should);
        let at = line.map_or("its end".to_owned(), |line| format!("line {}", line + 1));
        assert!(file.text == wanted, "{}.json differs from `jq -S .` at {at}", file.name);
    }
}

#[test]
fn the_format_is_that_of_jq() {
    let value = serde_json::json!({"b": [1, 0.25, {}], "a": {"d": [], "c": "ü\""}});
    let expected =
        "{\n  \"a\": {\n    \"c\": \"ü\\\"\",\n    \"d\": []\n  },\n  \"b\": [\n    1,\n    0.25,\n    {}\n  ]\n}\n";
    assert_eq!(formatted(&value), expected);
}
