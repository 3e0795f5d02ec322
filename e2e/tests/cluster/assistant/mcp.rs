//! Clients of MCP by way of the Service: no session, so any pod answers any request with the same token.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::pods::two;
use super::user::{User, titles};
use crate::release::{NAMESPACE, client, todo};

/// The Service's name as programs in other namespaces say it; addresses alone are not let in.
fn host() -> String {
    format!("todo-backend.{NAMESPACE}")
}

/// How many requests of this method a pod has answered.
async fn answered(at: &str, method: &str) -> f64 {
    let scrape = client().get(format!("{at}/metrics")).send().await.expect("a scrape").text().await.expect("text");
    let label = format!(r#"mcp_method_name="{method}""#);
    let counts = scrape.lines().filter(|line| line.starts_with("mcp_server_operation_duration_seconds_count{"));
    let counts = counts.filter(|line| line.contains(&label)).filter_map(|line| line.rsplit_once(' '));
    counts.map(|(_, count)| count.parse::<f64>().expect("a number")).sum()
}

#[tokio::test]
async fn tools_are_listed_and_called_over_the_service_at_whichever_pod_answers() {
    const METHODS: [&str; 2] = ["tools/list", "tools/call"];
    let release = todo();
    let (pods, at) = (two(&release).await, release.service_address("backend"));
    let user = User::sign_up(&at).await;
    let figures = async || {
        let mut figures = Vec::new();
        for pod in &pods {
            for method in METHODS {
                figures.push(answered(&pod.address, method).await);
            }
        }
        figures
    };
    let before = figures().await;
    let all_rose = |after: &[f64]| before.iter().zip(after).all(|(before, after)| after > before);
    let mut added = BTreeSet::new();
    // Whom a connection goes to is drawn: that one of two is never met, in so many draws, happens to nobody.
    for number in 0..64 {
        let list = user.ask_mcp(&at, &host(), METHODS[0], json!({})).await;
        assert_eq!(list["tools"].as_array().map(Vec::len), Some(7), "{list}");
        let title = format!("Task {number:02}");
        let call = json!({"name": "add_task", "arguments": {"title": title}});
        let called = user.ask_mcp(&at, &host(), METHODS[1], call).await;
        assert_eq!(called["structuredContent"]["affected_count"], 1, "{called}");
        added.insert(title);
        if number >= 3 && all_rose(&figures().await) {
            break;
        }
    }
    let after = figures().await;
    assert!(all_rose(&after), "both methods were answered by both pods: {before:?} {after:?}");
    let call = json!({"name": "list_tasks", "arguments": {"limit": 100}});
    let listed = user.ask_mcp(&at, &host(), METHODS[1], call).await;
    assert_eq!(titles(&listed["structuredContent"]["data"]["tasks"]).into_iter().collect::<BTreeSet<_>>(), added);
}

#[tokio::test]
async fn what_one_pod_asks_a_client_about_another_one_carries_out() {
    let [first, second] = two(&todo()).await;
    let user = User::sign_up(&first.address).await;
    user.add(&first.address, &["One", "Two", "Three"]).await;
    let call = async |at: &str, name: &str, arguments: Value| {
        user.ask_mcp(at, &host(), "tools/call", json!({"name": name, "arguments": arguments})).await
    };
    let listed = call(&second.address, "list_tasks", json!({})).await;
    let tasks = listed["structuredContent"]["data"]["tasks"].as_array().expect("tasks");
    let ids: Vec<&Value> = tasks.iter().filter(|task| task["title"] != "Two").map(|task| &task["id"]).collect();
    let asked = call(&first.address, "delete_task", json!({"ids": ids})).await;
    let confirmation = &asked["structuredContent"]["data"]["confirmation"];
    assert_eq!(confirmation["count"], 2, "{asked}");
    let yes = json!({"ids": ids, "confirmation_id": confirmation["id"]});
    let done = call(&second.address, "delete_task", yes.clone()).await;
    assert_eq!(done["structuredContent"]["affected_count"], 2, "{done}");
    let twice = call(&first.address, "delete_task", yes).await;
    assert_eq!(twice["isError"], true, "{twice}");
    assert_eq!(user.titles(&first.address, "").await, ["Two"]);
}
