//! What the tests on a cluster rely on: every query is found, and the list of what may be empty names what exists.

use std::collections::BTreeSet;

use e2e::dashboards::{Language, Origin, Query, all, listed, may_be_empty};

fn queries() -> Vec<Query> {
    all().iter().flat_map(|dashboard| dashboard.queries()).collect()
}

#[test]
fn queries_of_variables_annotations_and_panels_are_all_found() {
    let of = |wanted: fn(&Query) -> bool| queries().iter().filter(|query| wanted(query)).count();
    assert!(of(|query| matches!(query.origin, Origin::Variable(_))) >= 21);
    assert_eq!(of(|query| matches!(query.origin, Origin::Annotation(_))), 28);
    assert!(of(|query| query.language == Language::LogQl) >= 6);
    assert_eq!(of(|query| query.language == Language::Jaeger), 1);
    assert!(of(|query| query.instant) > 10 && of(|query| !query.instant) > 40);
    assert!(queries().iter().all(|query| !query.text.is_empty()), "a query without a text");
}

#[test]
fn a_variable_says_which_series_and_which_label_it_wants() {
    let variable = queries().into_iter().find(|query| query.origin == Origin::Variable("job".to_owned()));
    let variable = variable.expect("a variable job");
    assert_eq!(variable.label_values(), Some((r#"todo_build_info{namespace=~"$namespace"}"#, "job")));
    let variables = queries().into_iter().filter(|query| matches!(query.origin, Origin::Variable(_)));
    assert!(variables.into_iter().all(|query| query.label_values().is_some()));
}

#[test]
fn what_may_be_empty_exists_is_short_and_leaves_the_rest_strict() {
    let panels: BTreeSet<(String, String)> = queries()
        .into_iter()
        .filter_map(|query| match query.origin {
            Origin::Panel { title, .. } => Some((query.dashboard, title)),
            _ => None,
        })
        .collect();
    for (dashboard, title) in listed() {
        assert!(panels.contains(&(dashboard.to_owned(), title.to_owned())), "{dashboard} has no panel {title:?}");
    }
    assert!(listed().count() <= 8, "a panel that can say 0 need not be on the list");
    let marks: BTreeSet<String> = queries()
        .into_iter()
        .filter(|query| may_be_empty(query).is_some())
        .filter_map(|query| match query.origin {
            Origin::Annotation(name) => Some(name),
            _ => None,
        })
        .collect();
    // A load test installs, upgrades and scales.
    assert_eq!(marks, ["Alerts", "Restarts"].map(str::to_owned).into());
    let strict = queries().iter().filter(|query| may_be_empty(query).is_none()).count();
    assert!(strict > 100, "only {strict} queries must find something");
}
