//! Where Alertmanager takes an alert, by the route tree of the values file: a page to who is on call, a ticket to the list, the
//! rest nowhere, and fewer messages while a cause is known.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    objects::list,
    values::{STACK, at, document},
};

type Labels<'alert> = &'alert [(&'alert str, &'alert str)];

fn configuration() -> Value {
    at(&document(STACK), "/alertmanager/config")
}

/// Whether an alert has what a matcher such as `severity =~ "a|b"` asks for. No more of the language is used, and more is refused.
fn matches(matcher: &Value, labels: Labels<'_>) -> bool {
    let text = matcher.as_str().expect("a matcher");
    let parts: Vec<&str> = text.splitn(3, ' ').collect();
    let [label, operator, value] = parts[..] else { panic!("{text}: label, operator, value") };
    let value =
        value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or_else(|| panic!("{text}: quotes"));
    let has = labels.iter().find(|(name, _)| *name == label).map_or("", |(_, value)| value);
    match operator {
        "=" => has == value,
        "=~" => value.split('|').any(|value| value == has),
        _ => panic!("{text}: another operator"),
    }
}

fn all(matchers: &Value, labels: Labels<'_>) -> bool {
    !list(matchers).is_empty() && list(matchers).iter().all(|matcher| matches(matcher, labels))
}

fn receiver(labels: Labels<'_>) -> String {
    let route = configuration()["route"].clone();
    let taken = list(&route["routes"]).iter().find(|route| all(&route["matchers"], labels));
    taken.unwrap_or(&route)["receiver"].as_str().expect("a receiver").to_owned()
}

/// Whether the second alert is silent while the first one fires.
fn inhibits(source: Labels<'_>, target: Labels<'_>) -> bool {
    let value = |labels: Labels<'_>, name: &Value| {
        labels.iter().find(|(label, _)| name == label).map_or(String::new(), |(_, value)| (*value).to_owned())
    };
    list(&configuration()["inhibit_rules"]).iter().any(|rule| {
        all(&rule["source_matchers"], source)
            && all(&rule["target_matchers"], target)
            && list(&rule["equal"]).iter().all(|name| value(source, name) == value(target, name))
    })
}

#[test]
fn a_page_a_ticket_and_the_heartbeat_go_their_own_ways() {
    assert_eq!(receiver(&[("alertname", "TodoDbDown"), ("severity", "page")]), "page");
    assert_eq!(receiver(&[("alertname", "TodoPanics"), ("severity", "ticket")]), "ticket");
    assert_eq!(receiver(&[("alertname", "Watchdog"), ("severity", "none")]), "watchdog");
    assert_eq!(receiver(&[("alertname", "TodoWatchdog"), ("severity", "ticket")]), "watchdog", "ours has a severity");
    for severity in ["critical", "warning"] {
        assert_eq!(receiver(&[("alertname", "KubeNodeNotReady"), ("severity", severity)]), "ticket");
    }
    assert_eq!(receiver(&[("alertname", "InfoInhibitor"), ("severity", "info")]), "null");
    let mut routes = list(&configuration()["route"]["routes"]).to_vec();
    routes.retain(|route| route["receiver"] == "page");
    assert_eq!(routes.len(), 1, "only our own pages wake anybody");
}

#[test]
fn every_receiver_that_a_route_names_is_there_and_tells_nobody_yet() {
    let configuration = configuration();
    let names: BTreeSet<&str> =
        list(&configuration["receivers"]).iter().map(|receiver| receiver["name"].as_str().expect("a name")).collect();
    let routes = list(&configuration["route"]["routes"]).iter().chain([&configuration["route"]]);
    let used: BTreeSet<&str> = routes.map(|route| route["receiver"].as_str().expect("a receiver")).collect();
    assert_eq!(names, used);
    for receiver in list(&configuration["receivers"]) {
        assert_eq!(
            receiver.as_object().expect("a receiver").len(),
            1,
            "{receiver}: an address stands in the repository"
        );
    }
}

#[test]
fn one_fault_of_one_release_is_one_message() {
    let route = &configuration()["route"];
    assert_eq!(*route["group_by"].as_array().expect("labels"), ["alertname", "namespace"]);
    assert!(list(&route["routes"]).iter().all(|route| route.get("group_by").is_none()), "{route}");
}

#[test]
fn a_page_silences_the_ticket_about_the_same_fault_alone() {
    let alert = |name, severity, slo, namespace| {
        [("alertname", name), ("severity", severity), ("slo", slo), ("namespace", namespace)]
    };
    let page = alert("TodoErrorBudgetBurn", "page", "api-latency", "todo");
    assert!(inhibits(&page, &alert("TodoErrorBudgetBurn", "ticket", "api-latency", "todo")));
    assert!(!inhibits(&page, &alert("TodoErrorBudgetBurn", "ticket", "api-latency", "other")));
    assert!(!inhibits(&page, &alert("TodoErrorBudgetBurn", "ticket", "log-delivery", "todo")), "another objective");
    assert!(!inhibits(&page, &alert("TodoCpuThrottled", "ticket", "api-latency", "todo")), "another fault");
    assert!(!inhibits(&page, &page) && !inhibits(&alert("TodoPanics", "ticket", "none", "todo"), &page));
    for (name, label) in [("TodoTargetDown", "job"), ("TodoRolloutStuck", "deployment")] {
        let about = |severity, value| {
            [("alertname", name), ("severity", severity), ("slo", "none"), ("namespace", "todo"), (label, value)]
        };
        let page = about("page", "todo-backend");
        assert!(inhibits(&page, &about("ticket", "todo-backend")), "{name}");
        assert!(!inhibits(&page, &about("ticket", "todo-frontend")), "{name} of another server");
    }
}

#[test]
fn pods_that_the_autoscaler_does_not_get_are_told_once() {
    let alert = |name, (label, value), namespace| {
        [("alertname", name), ("severity", "page"), ("namespace", namespace), (label, value)]
    };
    let cause = alert("TodoHpaStuck", ("deployment", "todo-backend"), "todo");
    let missing = |object, namespace| alert("TodoRolloutStuck", object, namespace);
    assert!(inhibits(&cause, &missing(("deployment", "todo-backend"), "todo")));
    assert!(!inhibits(&cause, &missing(("deployment", "todo-frontend"), "todo")));
    assert!(!inhibits(&cause, &missing(("deployment", "todo-backend"), "other")));
    assert!(!inhibits(&cause, &missing(("statefulset", "todo-database"), "todo")));
}

#[test]
fn a_database_that_is_down_silences_what_it_causes_in_its_own_namespace() {
    let alert =
        |name, slo, namespace| [("alertname", name), ("severity", "page"), ("slo", slo), ("namespace", namespace)];
    let cause = alert("TodoDbDown", "api-availability", "todo");
    let mut single = cause;
    single[1].1 = "ticket";
    assert!(inhibits(&cause, &single), "when it is all of them, each of them is no news");
    for slo in ["api-availability", "api-latency", "pages-availability"] {
        let effect = alert("TodoErrorBudgetBurn", slo, "todo");
        assert!(inhibits(&cause, &effect), "{slo}");
        assert!(!inhibits(&effect, &cause), "an effect never silences its cause");
        assert!(!inhibits(&single, &effect), "one backend without it explains nothing");
    }
    for name in ["TodoRolloutStuck", "TodoHpaStuck"] {
        assert!(inhibits(&cause, &alert(name, "none", "todo")), "{name}: no backend is ready without it");
        assert!(!inhibits(&single, &alert(name, "none", "todo")), "{name}: the others are ready");
    }
    assert!(!inhibits(&cause, &alert("TodoErrorBudgetBurn", "api-availability", "other")));
    for (name, slo) in
        [("TodoBackupStale", "none"), ("TodoErrorBudgetBurn", "log-delivery"), ("TodoHpaNoMetrics", "api-latency")]
    {
        assert!(!inhibits(&cause, &alert(name, slo, "todo")), "{name} is not an effect");
    }
}

#[test]
fn every_severity_and_every_alert_that_is_spoken_of_exists_in_the_rules() {
    let (mut severities, mut alerts, mut objectives) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (_, rule) in e2e::rules::all() {
        objectives.extend(rule["labels"]["sloth_slo"].as_str().map(str::to_owned));
        let Some(name) = rule["alert"].as_str() else { continue };
        let severity = rule["labels"]["severity"].as_str().unwrap_or_else(|| panic!("{name} has no severity"));
        let expected = if name.ends_with("Watchdog") { "watchdog" } else { severity };
        assert_eq!(receiver(&[("alertname", name), ("severity", severity)]), expected, "{name}");
        severities.insert(severity.to_owned());
        alerts.insert(name.to_owned());
    }
    assert!(severities.is_superset(&["page", "ticket"].map(str::to_owned).into()), "{severities:?}");
    let text = configuration()["inhibit_rules"].to_string();
    let words = text.split(|character: char| !character.is_alphanumeric()).filter(|word| word.starts_with("Todo"));
    let unknown: Vec<&str> = words.filter(|word| !alerts.contains(*word)).collect();
    assert_eq!(unknown, Vec::<&str>::new(), "no such alert");
    for objective in ["api-availability", "api-latency", "pages-availability"] {
        assert!(text.contains(objective) && objectives.contains(objective), "{objective}");
    }
}
