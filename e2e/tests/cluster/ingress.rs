//! `todo.local` through a real Ingress controller: Traefik at node port 30080.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HOST, LOCATION, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use crate::assistant::user::User;
use crate::release::{client, newcomer, node_address, todo};
use crate::tools::eventually;

const DOMAIN: &str = "todo.local";

/// The controller needs a moment to see a new Ingress; until then it answers 404 as plain text.
async fn ingress() -> String {
    todo();
    let address = format!("http://{}:30080", node_address());
    eventually(Duration::from_secs(30), async || {
        let answer = client().get(format!("{address}/login")).header(HOST, DOMAIN).send().await;
        let status = answer.map_err(|error| error.to_string())?.status();
        if status == 200 { Ok(()) } else { Err(format!("/login answers {status}")) }
    })
    .await;
    address
}

#[tokio::test]
async fn the_api_below_todo_local_is_the_backends_and_its_path_is_not_rewritten() {
    let address = ingress().await;
    let signed_up = client()
        .post(format!("{address}/api/auth/signup"))
        .header(HOST, DOMAIN)
        .json(&newcomer())
        .send()
        .await
        .expect("an answer");
    assert_eq!(signed_up.status(), 201);
    let session: Value = signed_up.json().await.expect("JSON");
    let token = format!("Bearer {}", session["token"].as_str().expect("a token"));

    let created = client()
        .post(format!("{address}/api/tasks"))
        .header(HOST, DOMAIN)
        .header(AUTHORIZATION, &token)
        .json(&json!({"title": "come in by the front door"}))
        .send()
        .await
        .expect("an answer");
    assert_eq!(created.status(), 201);
    let location = created.headers()[LOCATION].to_str().expect("a path").to_owned();
    assert!(location.starts_with("/api/tasks/"), "{location}");

    let task = client()
        .get(format!("{address}{location}"))
        .header(HOST, DOMAIN)
        .header(AUTHORIZATION, &token)
        .send()
        .await
        .expect("an answer");
    let task: Value = task.json().await.expect("JSON");
    assert_eq!(task["title"], "come in by the front door");
}

#[tokio::test]
async fn an_unknown_path_below_api_is_refused_by_the_backend_and_elsewhere_by_the_frontend() {
    let address = ingress().await;
    for (path, content_type) in [("/api/nothing", "application/problem+json"), ("/nothing", "text/html")] {
        let answer = client().get(format!("{address}{path}")).header(HOST, DOMAIN).send().await.expect("an answer");
        assert_eq!(answer.status(), 404, "{path}");
        let found = answer.headers()[CONTENT_TYPE].to_str().expect("a text");
        assert!(found.starts_with(content_type), "{path}: {found}");
    }
}

#[tokio::test]
async fn another_domain_is_not_served() {
    let address = ingress().await;
    let answer = client().get(format!("{address}/login")).header(HOST, "elsewhere.local").send().await;
    assert_eq!(answer.expect("an answer").status(), 404);
}

#[tokio::test]
async fn a_client_of_mcp_comes_by_todo_local_and_reads_there_what_it_needs() {
    let address = ingress().await;
    let refused = client().post(format!("{address}/mcp")).header(HOST, DOMAIN).send().await.expect("an answer");
    assert_eq!(refused.status(), 401);
    let challenge = refused.headers()[WWW_AUTHENTICATE].to_str().expect("a text");
    let place = format!("http://{DOMAIN}/.well-known/oauth-protected-resource/mcp");
    assert_eq!(challenge, format!("Bearer resource_metadata=\"{place}\""));
    let metadata = client().get(place.replace(&format!("http://{DOMAIN}"), &address)).header(HOST, DOMAIN).send().await;
    let metadata: Value = metadata.expect("an answer").json().await.expect("JSON");
    assert_eq!(metadata["resource"], format!("http://{DOMAIN}/mcp"));

    let user = User::sign_up(&todo().service_address("backend")).await;
    let tools = user.ask_mcp(&address, DOMAIN, "tools/list", json!({})).await;
    assert_eq!(tools["tools"].as_array().map(Vec::len), Some(7), "{tools}");
}
