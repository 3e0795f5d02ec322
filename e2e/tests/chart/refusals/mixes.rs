//! Every mix of values that `todo.validate` refuses, with the words that it refuses it with. A `fail` in a template without a
//! case here fails the last test.

use crate::helm::{Chart, Render};

/// Assignments, and what the refusal has to say.
const CASES: &[(&str, &str)] = &[
    ("secrets.jwtSecret=short", "secrets.jwtSecret: has fewer than 32 characters"),
    (
        "secrets.existingSecret=mine,secrets.jwtSecret=0123456789012345678901234567890123",
        "secrets.existingSecret: that Secret has everything",
    ),
    ("secrets.databaseUrl=postgres://a@b/c", "secrets.databaseUrl: is set although database.enabled is true"),
    ("database.enabled=false", "secrets.databaseUrl: is empty although database.enabled is false"),
    (
        "database.enabled=false,secrets.databaseUrl=postgres://a@b/c,secrets.databasePassword=pass",
        "secrets.databasePassword: is for the database of this chart",
    ),
    (
        "database.enabled=false,secrets.databaseUrl=mysql://a@b/c",
        "secrets.databaseUrl: is neither a sqlite: nor a postgres: URL",
    ),
    ("database.enabled=false,secrets.databaseUrl=sqlite:todo.db", "a SQLite file must be under /data"),
    (
        "database.enabled=false,secrets.databaseUrl=sqlite:/data/todo.db",
        "backend.autoscaling.enabled: SQLite is a file of one pod",
    ),
    (
        "database.enabled=false,secrets.databaseUrl=sqlite:/data/todo.db,backend.autoscaling.enabled=false",
        "backend.replicas: SQLite is a file of one pod",
    ),
    (
        "database.enabled=false,secrets.databaseUrl=sqlite:/data/todo.db,backend.autoscaling.enabled=false,backend.replicas=1,\
         backup.enabled=true",
        "backup.enabled: dumps are made of PostgreSQL",
    ),
    (
        "database.enabled=false,secrets.databaseUrl=sqlite:/data/todo.db,backend.autoscaling.enabled=false,backend.replicas=1,\
         metrics.postgresExporter.enabled=true",
        "metrics.postgresExporter.enabled: a SQLite file has no server to measure",
    ),
    (
        "metrics.postgresExporter.enabled=true,database.enabled=false,secrets.databaseUrl=postgres://a@b/c?sslmode=prefer",
        "metrics.postgresExporter.enabled: secrets.databaseUrl must say sslmode=disable",
    ),
    (
        "metrics.postgresExporter.enabled=true,database.enabled=false,secrets.databaseUrl=postgres://a:p\\,w@b/c?sslmode=require",
        "metrics.postgresExporter.enabled: secrets.databaseUrl must not contain a comma",
    ),
    (
        "metrics.postgresExporter.enabled=true,secrets.databasePassword=two words",
        "metrics.postgresExporter.enabled: a password with a blank would stand in the exporter's log",
    ),
    (
        "metrics.postgresExporter.enabled=true,database.enabled=false,secrets.databaseUrl=postgres://a:p%20w@b/c?sslmode=require",
        "metrics.postgresExporter.enabled: a password with a blank would stand in the exporter's log",
    ),
    (
        "metrics.postgresExporter.enabled=true,database.maxConnections=60",
        "(8 + 1) connections x 6 pods (maximum and surge) + 7 = 61, above database.maxConnections 60",
    ),
    ("backend.replicas=6", "backend.autoscaling.maxReplicas: is 5, below the floor of 6"),
    ("backend.autoscaling.minReplicas=6", "backend.autoscaling.maxReplicas: is 5, below the floor of 6"),
    ("backend.replicas=0", "backend.replicas: an HPA needs at least 1"),
    (
        "backend.autoscaling.maxReplicas=10",
        "(8 + 1) connections x 11 pods (maximum and surge) + 5 = 104, above database.maxConnections 100",
    ),
    ("config.databaseMaxConnections=20", "config.databaseMaxConnections: (20 + 1) connections x 6 pods"),
    ("backend.pdb.maxUnavailable=0", "backend.pdb.maxUnavailable: is 0, which forbids every eviction"),
    ("frontend.pdb.maxUnavailable=0%", "frontend.pdb.maxUnavailable: is 0, which forbids every eviction"),
    (
        "backend.terminationGracePeriodSeconds=28",
        "backend.terminationGracePeriodSeconds: is 28, but preStop 5 + config.shutdownDelaySeconds 4 + config.shutdownGraceSeconds 15 + 5",
    ),
    ("config.shutdownGraceSeconds=30", "backend.terminationGracePeriodSeconds: is 30, but"),
    ("frontend.lifecycle.preStop.sleep.seconds=20", "frontend.terminationGracePeriodSeconds: is 30, but preStop 20"),
    (
        "fullnameOverride=tasks,metrics.prometheusRule.enabled=true",
        "fullnameOverride: rules and dashboards find objects by the word todo in their names, which tasks lacks",
    ),
    ("fullnameOverride=tasks,metrics.dashboards.enabled=true", "by the word todo in their names, which tasks lacks"),
    ("httpRoute.enabled=true", "/httpRoute/parentRefs"),
];

fn refused(render: &Render) -> String {
    render.result().err().unwrap_or_else(|| "nothing".to_owned())
}

#[test]
fn every_impossible_mix_is_refused_with_words_that_name_the_value() {
    let Some(chart) = Chart::open() else { return };
    for (assignments, words) in CASES {
        let said = refused(&chart.render().set(assignments));
        assert!(said.contains(words), "{assignments} is refused with:\n{said}\ninstead of {words:?}");
    }
}

#[test]
fn a_cluster_without_the_sleep_action_is_refused() {
    let Some(chart) = Chart::open() else { return };
    let said = refused(&chart.render().argument("--kube-version=1.29.9"));
    assert!(said.contains("chart requires kubeVersion: >=1.30.0-0"), "{said}");
    assert_eq!(refused(&chart.render().argument("--kube-version=1.30.0-eks-1")), "nothing");
}

#[test]
fn the_neighbours_of_what_is_refused_are_accepted() {
    let Some(chart) = Chart::open() else { return };
    for assignments in [
        "secrets.jwtSecret=01234567890123456789012345678901",
        "database.enabled=false,secrets.existingSecret=mine",
        "database.enabled=false,secrets.databaseUrl=postgresql://a@b/c",
        "database.enabled=false,secrets.databaseUrl=sqlite:/data/todo.db,backend.autoscaling.enabled=false,backend.replicas=1",
        "metrics.postgresExporter.enabled=true,database.maxConnections=61",
        "metrics.postgresExporter.enabled=true,database.enabled=false,secrets.databaseUrl=postgres://a@b/c?x=1&sslmode=disable",
        "metrics.postgresExporter.enabled=true,database.enabled=false,secrets.existingSecret=mine",
        "fullnameOverride=tasks,metrics.serviceMonitor.enabled=true",
        "nameOverride=tasks,metrics.prometheusRule.enabled=true,metrics.dashboards.enabled=true",
        "backend.replicas=5",
        "backend.replicas=0,backend.autoscaling.enabled=false",
        "backend.autoscaling.maxReplicas=9",
        "backend.autoscaling.maxReplicas=10,database.maxConnections=104",
        "backend.pdb.maxUnavailable=10%",
        "backend.terminationGracePeriodSeconds=29,frontend.terminationGracePeriodSeconds=29",
    ] {
        let said = refused(&chart.render().set(assignments));
        assert_eq!(said, "nothing", "{assignments}");
    }
}

/// The literal words of every `fail` and `required` in the templates, up to the first blank of a format.
fn refusals(template: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in template.lines() {
        for word in ["fail ", "required "] {
            let Some((_, rest)) =
                line.split_once(&format!("{{{{- {word}")).or_else(|| line.split_once(&format!("| {word}")))
            else {
                continue;
            };
            let literal = rest.split('"').nth(1).unwrap_or_else(|| panic!("a refusal without words: {line}"));
            found.push(literal.to_owned());
        }
    }
    found
}

#[test]
fn every_refusal_in_the_templates_has_a_case() {
    let Some(chart) = Chart::open() else { return };
    let said: Vec<String> = CASES.iter().map(|(assignments, _)| refused(&chart.render().set(assignments))).collect();
    let mut literals = Vec::new();
    for entry in std::fs::read_dir(chart.folder.join("templates")).expect("the templates") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            literals.extend(refusals(&std::fs::read_to_string(&path).expect("a template")));
        }
    }
    assert!(literals.len() >= 10, "the refusals are not recognised any more");
    for literal in literals {
        // Formats have their values between the words.
        let parts: Vec<&str> = literal.split(['%']).map(|part| part.trim_start_matches(['d', 's', 'q'])).collect();
        let complete = |said: &&String| parts.iter().all(|part| said.contains(part));
        assert!(said.iter().any(|said| complete(&said)), "no case for {literal:?}");
    }
}
