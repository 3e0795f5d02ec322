//! Secrets stay in Secrets, and pods roll when what they read has changed, and only then.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use crate::{
    helm::{Chart, Render},
    objects::{Object, Objects, map},
};

const JWT: &str = "jwt-marker-0123456789-0123456789-abcdef";
const OTHER_JWT: &str = "jwt-other--0123456789-0123456789-abcdef";
const PASSWORD: &str = "database-marker-0123456789";
const MODEL_KEY: &str = "model-marker-0123456789";

fn fixed(chart: &Chart) -> Render {
    chart
        .render()
        .set(&format!("secrets.jwtSecret={JWT},secrets.databasePassword={PASSWORD},secrets.openaiApiKey={MODEL_KEY}"))
}

/// The texts of a Secret, decoded.
pub(crate) fn contents(secret: &Object) -> BTreeMap<String, String> {
    let plain = map(secret.at("/stringData")).map(|(key, value)| (key.clone(), text(value).to_owned()));
    let coded = map(secret.at("/data")).map(|(key, value)| (key.clone(), decoded(text(value))));
    plain.chain(coded).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// Base64 with the standard alphabet.
fn decoded(text: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::new());
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        let value = ALPHABET.iter().position(|known| *known == letter).expect("a letter of base64");
        bits = (bits << 6) | u32::try_from(value).expect("below 64");
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).expect("a byte"));
        }
    }
    String::from_utf8(bytes).expect("text in a Secret")
}

#[test]
fn base64_is_read() {
    assert_eq!(decoded("dG9kbw=="), "todo");
    assert_eq!(decoded("dG9kb3M="), "todos");
    assert_eq!(decoded(""), "");
}

#[test]
fn a_secret_value_stands_in_the_secret_and_nowhere_else() {
    let Some(chart) = Chart::open() else { return };
    let renders = chart.values_files().into_iter().map(|file| {
        let markers = format!("secrets.existingSecret=,secrets.jwtSecret={JWT},secrets.openaiApiKey={MODEL_KEY}");
        chart.render().file(file.as_deref()).set(&markers).objects()
    });
    for objects in renders.chain([fixed(&chart).objects()]) {
        let mut values: Vec<String> = [JWT, PASSWORD, MODEL_KEY].map(str::to_owned).to_vec();
        for secret in objects.of_kind("Secret") {
            // Short ones, a user's name or a port, are no secrets.
            values.extend(contents(secret).into_values().filter(|value| value.len() >= 12));
        }
        for object in objects.iter().filter(|object| object.kind() != "Secret") {
            let printed = object.0.to_string();
            assert!(!values.iter().any(|value| printed.contains(value.as_str())), "{} shows a secret", object.id());
        }
    }
}

#[test]
fn given_secrets_arrive_as_given() {
    let Some(chart) = Chart::open() else { return };
    let contents = contents(fixed(&chart).objects().get("Secret", "todo-secrets"));
    assert_eq!(contents["JWT_SECRET"], JWT);
    assert_eq!(contents["POSTGRES_PASSWORD"], PASSWORD);
    let url = &contents["DATABASE_URL"];
    assert!(url.starts_with("postgres") && url.contains(&format!(":{PASSWORD}@todo-database")), "{url}");
}

#[test]
fn generated_secrets_are_long_random_and_fit_into_an_address() {
    let Some(chart) = Chart::open() else { return };
    let [one, other] = [(); 2].map(|()| {
        let objects = chart.render().fresh().expect("a render");
        contents(objects.get("Secret", "todo-secrets"))
    });
    for key in ["JWT_SECRET", "POSTGRES_PASSWORD"] {
        assert!(one[key].len() >= 32 && one[key] != other[key], "{key}");
        assert!(one[key].chars().all(|letter| letter.is_ascii_alphanumeric()), "{key}");
    }
    assert!(one["DATABASE_URL"].contains(&one["POSTGRES_PASSWORD"]));
    backend::config::Config::from_lookup(&|name| one.get(name).cloned()).expect("the backend reads them");
}

#[test]
fn a_secret_survives_what_must_not_lose_it() {
    let Some(chart) = Chart::open() else { return };
    let objects = chart.render().objects();
    let secret = objects.get("Secret", "todo-secrets");
    assert_eq!(secret.text("/metadata/annotations/helm.sh~1resource-policy"), "keep");
    let ours = chart.render().set("secrets.existingSecret=mine").objects();
    assert_eq!(ours.of_kind("Secret").count(), 0, "a Secret of somebody else's is used, not made");
    for component in ["backend", "database"] {
        let pods: Vec<&Object> = ours.workloads().filter(|workload| workload.component() == component).collect();
        assert!(
            !pods.is_empty() && pods.iter().all(|pod| pod.pod_spec().to_string().contains("\"mine\"")),
            "{component}"
        );
    }
}

/// Everything but the contents of Secrets.
fn without_secrets(objects: &Objects) -> Vec<Value> {
    let mut values: Vec<Value> = objects.iter().map(|object| object.0.clone()).collect();
    for value in values.iter_mut().filter(|value| value["kind"] == "Secret") {
        for field in ["data", "stringData"] {
            value[field] = Value::Null;
        }
    }
    values
}

#[test]
fn two_renders_of_the_same_values_differ_in_generated_secrets_alone() {
    let Some(chart) = Chart::open() else { return };
    for file in chart.values_files() {
        let render = chart.render().file(file.as_deref());
        let (one, other) = (render.objects(), render.fresh().expect("a render"));
        let (one, other) = (without_secrets(&one), without_secrets(&other));
        assert_eq!(one.len(), other.len(), "{file:?}");
        for (one, other) in one.iter().zip(&other) {
            assert_eq!(one, other, "{file:?}: each upgrade would roll the pods");
        }
    }
}

/// Checksum annotations of each workload's pods.
fn checksums(objects: &Objects) -> BTreeMap<String, BTreeMap<String, Value>> {
    objects
        .of_kind("Deployment")
        .map(|workload| {
            let annotations = &workload.pod().expect("pods")["metadata"]["annotations"];
            let checksums = map(annotations).filter(|(key, _)| key.starts_with("checksum/"));
            (workload.component().to_owned(), checksums.map(|(key, value)| (key.clone(), value.clone())).collect())
        })
        .collect()
}

/// `component checksum` for each one that a changed value changes.
fn changed(before: &Arc<Objects>, after: &Arc<Objects>) -> Vec<String> {
    let after = checksums(after);
    let mut found = Vec::new();
    for (component, sums) in checksums(before) {
        let different = sums.into_iter().filter(|(key, sum)| after[&component].get(key) != Some(sum));
        found.extend(different.map(|(key, _)| format!("{component} {key}")));
    }
    found
}

#[test]
fn pods_roll_when_their_settings_change_and_only_then() {
    let Some(chart) = Chart::open() else { return };
    let before = fixed(&chart).objects();
    let with = |assignment: &str| changed(&before, &fixed(&chart).set(assignment).objects());
    assert_eq!(with("config.logLevel=DEBUG"), ["backend checksum/config", "frontend checksum/config"]);
    assert_eq!(with(&format!("secrets.jwtSecret={OTHER_JWT}")), ["backend checksum/secret"]);
    for unrelated in
        ["backend.autoscaling.maxReplicas=4", "ingress.enabled=false", "backup.enabled=true", "frontend.replicas=3"]
    {
        assert_eq!(with(unrelated), Vec::<String>::new(), "{unrelated}");
    }
}
