//! Two releases in one namespace do not meet.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::header::AUTHORIZATION;
use serde_json::Value;

use crate::release::{NAMESPACE, Release, client, newcomer, todo};
use crate::tools::{eventually, kubectl, objects, texts};

/// The addresses behind the Services of a release.
fn endpoints(release: &Release) -> BTreeSet<String> {
    let slices = release.objects("endpointslices");
    let endpoints: Vec<Value> =
        slices.iter().filter_map(|slice| slice["endpoints"].as_array()).flatten().cloned().collect();
    texts(&endpoints, "/addresses/0").into_iter().collect()
}

fn pods(release: &Release) -> BTreeSet<String> {
    texts(&release.objects("pods"), "/status/podIP").into_iter().collect()
}

#[tokio::test]
async fn a_second_release_in_the_namespace_shares_nothing_with_the_first() {
    let first = todo();
    let names = |release: &Release| {
        texts(&release.objects("all,configmaps,secrets,networkpolicies,persistentvolumeclaims"), "/metadata/name")
    };
    let second = Release::small("second", NAMESPACE);

    let (ours, theirs) = (endpoints(&first), endpoints(&second));
    assert!(!theirs.is_empty());
    assert!(ours.is_subset(&pods(&first)), "{ours:?} are pods of the first release");
    assert!(theirs.is_subset(&pods(&second)), "{theirs:?} are pods of the second release");

    // An account of the first is unknown to the second: another database and another key for tokens.
    let signed_up = client()
        .post(format!("{}/api/auth/signup", first.service_address("backend")))
        .json(&newcomer())
        .send()
        .await
        .expect("an answer");
    assert_eq!(signed_up.status(), 201);
    let session: Value = signed_up.json().await.expect("JSON");
    let foreign = client()
        .get(format!("{}/api/me", second.service_address("backend")))
        .header(AUTHORIZATION, format!("Bearer {}", session["token"].as_str().expect("a token")))
        .send()
        .await
        .expect("an answer");
    assert_eq!(foreign.status(), 401);

    let before = names(&first);
    second.uninstall();
    assert_eq!(names(&first), before, "removing the second release leaves the first alone");
    kubectl(NAMESPACE, &["delete", "persistentvolumeclaims,secrets", "--selector", &second.selector()]);
    eventually(Duration::from_secs(60), async || {
        let left = texts(&objects(NAMESPACE, &["pods", "--selector", &second.selector()]), "/metadata/name");
        if left.is_empty() { Ok(()) } else { Err(format!("pods left: {left:?}")) }
    })
    .await;
}
