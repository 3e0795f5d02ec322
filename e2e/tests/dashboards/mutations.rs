//! Each rule of the lint is broken once, on a real dashboard, and must be the only one to object. A rule without a mutation
//! fails the test, so that none is added that can't fail.

use e2e::dashboards::{Dashboard, File, files};
use serde_json::{Value, json};

use crate::lint::{RULES, Surroundings, lint};

/// The rule, the dashboard without its prefix, and what is done to it.
type Mutation = (&'static str, &'static str, fn(&mut Value));

const MUTATIONS: &[Mutation] = &[
    ("the uid is the file's name", "overview", |json| json["uid"] = "another".into()),
    ("nothing is left of an export", "overview", |json| json["id"] = Value::Null),
    ("nothing is left of an export", "overview", |json| json["__inputs"] = json!([])),
    ("one schema version", "scaling", |json| json["schemaVersion"] = 41.into()),
    ("not editable", "scaling", |json| json["editable"] = true.into()),
    ("the time zone is UTC", "scaling", |json| json["timezone"] = "browser".into()),
    ("fresh every 5 to 30 seconds", "loadtest", |json| json["refresh"] = "1m".into()),
    ("fresh every 5 to 30 seconds", "loadtest", |json| json["refresh"] = "1s".into()),
    ("tagged and titled", "loadtest", |json| json["tags"] = json!(["other"])),
    ("tagged and titled", "loadtest", |json| json["title"] = "".into()),
    ("events are marked", "overview", |json| drop(array(&mut json["annotations"]["list"]).remove(1))),
    ("events are marked", "overview", |json| json["annotations"]["list"][0]["expr"] = "vector(1)".into()),
    ("events are marked", "overview", |json| json["annotations"]["list"][0]["datasource"]["uid"] = "prometheus".into()),
    ("data sources are variables", "overview", |json| json["templating"]["list"][0]["label"] = "Source".into()),
    ("data sources are variables", "logs-traces", |json| json["templating"]["list"][1]["query"] = "graphite".into()),
    ("one namespace", "overview", |json| variable(json, "namespace")["multi"] = true.into()),
    ("one namespace", "overview", |json| variable(json, "namespace")["refresh"] = 1.into()),
    ("servers and instances are lists", "overview", |json| variable(json, "job")["allValue"] = ".*".into()),
    ("servers and instances are lists", "overview", |json| variable(json, "job")["refresh"] = 1.into()),
    ("servers and instances are lists", "overview", |json| variable(json, "instance")["multi"] = false.into()),
    ("servers and instances are lists", "api-red", |json| variable(json, "endpoint")["includeAll"] = false.into()),
    ("only known variables", "logs-traces", |json| replace(json, "One request", "$trace_id", "$span_id")),
    ("only known variables", "api-red", |json| variable(json, "endpoint")["name"] = "route".into()),
    ("panels are numbered apart", "overview", |json| panel(json, "Errors")["id"] = 1.into()),
    ("panels do not overlap", "overview", |json| panel(json, "Errors")["gridPos"]["x"] = 4.into()),
    ("panels do not overlap", "overview", |json| panel(json, "Answer time")["gridPos"]["w"] = 9.into()),
    ("few panels", "overview", |json| {
        let mut one_more = panel(json, "Errors").clone();
        one_more["id"] = 99.into();
        one_more["title"] = "Errors again".into();
        one_more["gridPos"]["y"] = 99.into();
        array(&mut json["panels"]).push(one_more);
    }),
    ("a panel's data source is a variable", "overview", |json| {
        panel(json, "Errors")["datasource"]["uid"] = "prometheus".into()
    }),
    ("a panel's data source is a variable", "logs-traces", |json| {
        panel(json, "Error lines")["datasource"]["uid"] = "${prometheus_datasource}".into();
    }),
    ("a title", "overview", |json| panel(json, "Errors")["title"] = "".into()),
    ("a title", "overview", |json| panel(json, "Errors")["title"] = "Traffic".into()),
    ("a description", "overview", |json| panel(json, "Errors")["description"] = "Errors.".into()),
    ("a unit or words", "overview", |json| panel(json, "Traffic")["fieldConfig"]["defaults"]["unit"] = "req/s".into()),
    ("a unit or words", "scaling", |json| {
        panel(json, "Can it still grow?")["fieldConfig"]["defaults"]["mappings"] = json!([])
    }),
    ("a query", "overview", |json| panel(json, "Traffic")["targets"] = json!([])),
    ("a query", "overview", |json| panel(json, "Answer time")["targets"][1]["refId"] = "A".into()),
    ("the axis begins at 0", "overview", |json| panel(json, "Traffic")["fieldConfig"]["defaults"]["min"] = Value::Null),
    ("the axis begins at 0", "api-red", |json| {
        panel(json, "Answer times, all requests")["options"]["yAxis"]["min"] = 1.into()
    }),
    ("limits are those of the objectives", "overview", |json| {
        panel(json, "Errors")["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["value"] = json!(0.01);
    }),
    ("limits are those of the objectives", "runtime-db", |json| {
        let steps = json!([{"color": "green", "value": null}, {"color": "red", "value": 100}]);
        panel(json, "Threads")["fieldConfig"]["defaults"]["thresholds"]["steps"] = steps;
    }),
    ("limits are those of the objectives", "overview", |json| {
        panel(json, "Errors")["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["color"] = "dark-red".into();
    }),
    ("dashboards are linked by tag", "overview", |json| json["links"][0]["keepTime"] = false.into()),
    ("dashboards are linked by tag", "overview", |json| json["links"][0]["tags"] = json!([])),
    ("links lead somewhere", "overview", |json| replace(json, "Errors", "todoerrorbudgetburn", "nobodywroteit")),
    ("links lead somewhere", "overview", |json| replace(json, "Traffic", "/d/todo-api-red", "/d/todo-api-blue")),
    ("links lead somewhere", "overview", |json| replace(json, "Traffic", "${namespace:queryparam}", "")),
    ("rates use Grafana's interval", "overview", |json| replace(json, "Traffic", "$__rate_interval", "5m")),
    ("rates use Grafana's interval", "overview", |json| replace(json, "Traffic", "$__rate_interval", "$__range")),
    ("rates use Grafana's interval", "logs-traces", |json| replace(json, "Volume by level", "$__auto", "1m")),
    ("selectors obey the variables", "overview", |json| replace(json, "Traffic", "instance=~", "pod=~")),
    ("selectors obey the variables", "overview", |json| replace(json, "Budget burn", "namespace=~", "namespace!~")),
    ("selectors obey the variables", "scaling", |json| {
        replace(json, "What the autoscaler says", "$namespace", "todo");
    }),
    ("log selectors obey the variables", "logs-traces", |json| replace(json, "Error lines", r#"source=\"push\","#, "")),
    ("log selectors obey the variables", "logs-traces", |json| replace(json, "Error lines", "$job", "todo-backend")),
    ("counters are shown as rates", "api-red", |json| replace(json, "Clients that gave up", "(rate(", "(delta(")),
    ("counters are shown as rates", "runtime-db", |json| replace(json, "Workers busy", "rate(", "deriv(")),
    ("slow scrapes need a longer step", "scaling", |json| {
        panel(json, "Restarts")["targets"][0]["interval"] = "5s".into();
    }),
    ("metrics exist", "runtime-db", |json| replace(json, "Threads", "process_threads", "process_thread_count")),
    ("metrics exist", "scaling", |json| replace(json, "Start of a pod (p95)", "start_seconds", "began_seconds")),
    ("metrics exist", "api-red", |json| {
        replace(json, "Answer times, all requests", "duration_seconds_bucket", "duration_seconds");
    }),
];

fn array(value: &mut Value) -> &mut Vec<Value> {
    value.as_array_mut().expect("a list")
}

fn named<'a>(list: &'a mut Value, key: &str, name: &str) -> &'a mut Value {
    array(list).iter_mut().find(|one| one[key] == name).unwrap_or_else(|| panic!("nothing is called {name}"))
}

fn variable<'a>(json: &'a mut Value, name: &str) -> &'a mut Value {
    named(&mut json["templating"]["list"], "name", name)
}

fn panel<'a>(json: &'a mut Value, title: &str) -> &'a mut Value {
    named(&mut json["panels"], "title", title)
}

/// Replaces a text wherever it stands in a panel.
fn replace(json: &mut Value, title: &str, old: &str, new: &str) {
    let panel = panel(json, title);
    let text = panel.to_string();
    assert!(text.contains(old), "{title} does not contain {old}");
    *panel = serde_json::from_str(&text.replace(old, new)).expect("JSON, still");
}

#[test]
fn every_broken_rule_objects_and_no_other_does() {
    let surroundings = Surroundings::read();
    let files = files();
    let mut wrong = Vec::new();
    for (rule, name, mutate) in MUTATIONS {
        let name = format!("todo-{name}");
        let file = files.iter().find(|file| file.name == name).expect("the dashboard");
        let mut json = file.dashboard.json.clone();
        mutate(&mut json);
        let broken = File { dashboard: Dashboard::new(json), ..file.clone() };
        let found = lint(&broken, &surroundings);
        if found.is_empty() || found.iter().any(|objection| objection.rule != *rule) {
            wrong.push(format!("{rule}, on {name}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_is_broken_by_a_mutation() {
    let broken = |rule: &str| MUTATIONS.iter().any(|(name, ..)| *name == rule);
    let never: Vec<&str> = RULES.iter().map(|(rule, _)| *rule).filter(|rule| !broken(rule)).collect();
    assert!(never.is_empty(), "nobody knows whether these can fail: {never:?}");
}
