//! The tools as MCP clients see them that others wrote, in every version of the protocol that each of them speaks, while
//! each request goes to the other one of two replicas.

use std::sync::Arc;

use serde_json::{Value, json};

use super::titles;
use crate::support::{
    Setup, TestDatabase, User,
    front::Front,
    mcp_client::{Foreign, McpClient},
};

/// A client, connected as somebody.
struct Connected(McpClient);

impl Connected {
    async fn connect(mut client: McpClient, url: &str, token: &str, (version, meant): (&str, &str)) -> Self {
        let greeting = client.ask(&json!({"do": "connect", "url": url, "token": token, "version": version})).await;
        assert_eq!(greeting, json!({"version": meant, "server": "todo"}));
        Self(client)
    }

    /// What the client makes of a tool's answer. It must be the same in both of its forms.
    async fn call(&mut self, name: &str, arguments: Value) -> Value {
        let answer = self.0.ask(&json!({"do": "call", "name": name, "arguments": arguments})).await;
        let text: Value = serde_json::from_str(answer["text"].as_str().unwrap_or_else(|| panic!("{answer}"))).unwrap();
        assert_eq!(text, answer["structured"], "{name}");
        assert_eq!(answer["is_error"], json!(text["success"] == false), "{name}: {answer}");
        text
    }

    /// All that a user does, with titles that begin like this.
    async fn everything(&mut self, prefix: &str) {
        let list = self.0.ask(&json!({"do": "list"})).await;
        let tools = list["tools"].as_array().unwrap_or_else(|| panic!("{list}"));
        assert_eq!(tools.len(), 7, "{list}");
        let delete = tools.iter().find(|tool| tool["name"] == "delete_task").unwrap();
        assert_eq!(delete["annotations"]["destructiveHint"], json!(true), "{delete}");
        assert_eq!(delete["inputSchema"]["type"], "object", "{delete}");

        let mut ids = Vec::new();
        for title in ["one", "two", "three"] {
            let title = format!("{prefix} {title}");
            let added = self.call("add_task", json!({"title": title, "due_at": "2031-02-03T17:00:00+01:00"})).await;
            assert_eq!(added["data"]["task"]["title"], json!(title), "{added}");
            ids.push(added["data"]["task"]["id"].clone());
        }
        let found = self.call("search_tasks", json!({"query": format!("{prefix} thre")})).await;
        assert_eq!(found["data"]["tasks"][0]["id"], ids[2], "{found}");
        let done = self.call("complete_task", json!({"ids": [ids[2]]})).await;
        assert_eq!(done["data"]["tasks"][0]["completed"], json!(true), "{done}");
        let renamed = self.call("update_task", json!({"id": ids[2], "title": format!("{prefix} kept")})).await;
        assert_eq!(renamed["affected_count"], 1, "{renamed}");

        let missing = self.call("add_task", json!({})).await;
        assert_eq!(missing["error_code"], "MISSING_TITLE");
        let unknown = self.0.ask(&json!({"do": "call", "name": "format_disk", "arguments": {}})).await;
        assert!(unknown["error"].as_str().is_some_and(|error| error.contains("there is no such tool")), "{unknown}");

        // The question and the yes are answered by two replicas.
        let asked = self.call("delete_task", json!({"ids": ids[..2]})).await;
        let confirmation = &asked["data"]["confirmation"];
        assert_eq!(confirmation["count"], 2, "{asked}");
        let yes = json!({"ids": ids[..2], "confirmation_id": confirmation["id"]});
        assert_eq!(self.call("delete_task", yes.clone()).await["affected_count"], 2);
        assert_eq!(self.call("delete_task", yes).await["success"], json!(false), "a yes counts once");
    }
}

async fn every_version_over_two_replicas(which: Foreign, database: &TestDatabase) {
    if McpClient::start(which).is_none() {
        return;
    }
    let (first, second) = (Setup::new().start(database).await, Setup::new().start(database).await);
    let (ada, bob) = (first.sign_up("ada").await, second.sign_up("bob").await);
    let front = Front::new().await;
    let url = format!("{}/mcp", front.base);
    let leading = front.lead_to(&[&first.base, &second.base], None);
    for version in which.versions() {
        let client = McpClient::start(which).unwrap();
        Connected::connect(client, &url, &ada.token, *version).await.everything(&format!("({})", version.0)).await;
    }
    let kept: Vec<String> = which.versions().iter().map(|(version, _)| format!("({version}) kept")).collect();
    assert_eq!(titles(&ada).await, kept);
    let asked = leading.asked();
    assert!(asked.iter().all(|count| *count >= 10 * kept.len() / 2), "both were asked: {asked:?}");

    let mut client = Connected::connect(McpClient::start(which).unwrap(), &url, &bob.token, which.versions()[0]).await;
    let tasks = client.call("list_tasks", json!({})).await;
    assert_eq!(tasks["data"]["tasks"], json!([]), "Bob sees none of Ada's");
    refused(which, &url, &ada).await;
}

/// With a wrong token no client gets in, and those that can are told where to read about a right one.
async fn refused(which: Foreign, url: &str, user: &User) {
    let wrong = format!("{}x", user.token);
    for (version, _) in which.versions() {
        let mut client = McpClient::start(which).unwrap();
        let answer = client.ask(&json!({"do": "connect", "url": url, "token": wrong, "version": version})).await;
        assert!(answer["error"].is_string(), "{answer}");
    }
    if matches!(which, Foreign::McpGo) {
        return;
    }
    let mut client = McpClient::start(which).unwrap();
    let challenge = client.ask(&json!({"do": "challenge", "url": url, "token": wrong})).await;
    assert_eq!(challenge["status"], 401, "{challenge}");
    let address = url.replace("/mcp", "/.well-known/oauth-protected-resource/mcp");
    assert_eq!((&challenge["address"], &challenge["document"]["resource"]), (&json!(address), &json!(url)));
}

on_both_engines! {
    async fn the_python_package_works_over_two_replicas(database: Arc<TestDatabase>) {
        every_version_over_two_replicas(Foreign::Python, &database).await;
    }
}

on_both_engines! {
    async fn the_go_sdk_works_over_two_replicas(database: Arc<TestDatabase>) {
        every_version_over_two_replicas(Foreign::GoSdk, &database).await;
    }
}

on_both_engines! {
    async fn the_client_inside_kubectl_ai_works_over_two_replicas(database: Arc<TestDatabase>) {
        every_version_over_two_replicas(Foreign::McpGo, &database).await;
    }
}
