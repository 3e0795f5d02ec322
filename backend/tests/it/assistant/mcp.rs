//! The tools over MCP, on the wire. Clients that others wrote are in `mcp_clients`.

use reqwest::Method;
use serde_json::{Value, json};

use super::{add_all, titles};
use crate::support::{Answer, Engine, Setup, TestApp, User, with_app};

/// One JSON-RPC request in a POST of its own.
async fn ask(user: &User, method: &str, params: Value) -> Answer {
    let request = user.request(Method::POST, "/mcp").header("accept", "application/json, text/event-stream");
    let request = request.header("mcp-protocol-version", "2025-06-18");
    request.json(&json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params})).send().await
}

async fn use_tool(user: &User, name: &str, arguments: Value) -> Value {
    let answer = ask(user, "tools/call", json!({"name": name, "arguments": arguments})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json["result"].clone()
}

on_both_engines! {
    async fn a_client_greets_lists_and_calls_without_a_session(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let params = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "0"}});
        let greeting = ask(&ada, "initialize", params).await;
        assert_eq!(greeting.status, 200, "{}", greeting.text);
        assert_eq!(greeting.json["result"]["serverInfo"]["name"], "todo");
        assert_eq!(greeting.header("mcp-session-id"), "");

        let list = ask(&ada, "tools/list", json!({})).await.json;
        let tools = list["result"]["tools"].as_array().unwrap();
        assert_eq!(tools.len(), 7, "{list}");
        for tool in tools {
            let hints = &tool["annotations"];
            assert!(["readOnlyHint", "destructiveHint", "idempotentHint"].iter().all(|hint| hints[hint].is_boolean()), "{tool}");
            assert_eq!((&tool["inputSchema"]["type"], &tool["outputSchema"]["type"]), (&json!("object"), &json!("object")));
        }
        let hint = |name: &str, hint: &str| tools.iter().find(|tool| tool["name"] == name).unwrap()["annotations"][hint].clone();
        assert_eq!((hint("list_tasks", "readOnlyHint"), hint("delete_task", "destructiveHint")), (json!(true), json!(true)));

        let added = use_tool(&ada, "add_task", json!({"title": "Buy milk"})).await;
        assert_eq!((&added["isError"], &added["structuredContent"]["affected_count"]), (&json!(false), &json!(1)), "{added}");
        assert_eq!(titles(&ada).await, ["Buy milk"]);
        let wrong = use_tool(&ada, "add_task", json!({})).await;
        assert_eq!((&wrong["isError"], &wrong["structuredContent"]["error_code"]), (&json!(true), &json!("MISSING_TITLE")));
        let unknown = ask(&ada, "tools/call", json!({"name": "format_disk", "arguments": {}})).await.json;
        assert!(unknown["error"]["code"].is_number(), "{unknown}");
    }
}

#[tokio::test]
async fn a_client_gets_the_version_that_it_names_or_one_that_it_knows() {
    with_app(Engine::Sqlite, Setup::new(), async |app| {
        let ada = app.sign_up("ada").await;
        for (named, given) in [
            ("2024-11-05", "2024-11-05"),
            ("2025-11-25", "2025-11-25"),
            ("2031-01-01", "2025-11-25"),
            ("", "2025-06-18"),
        ] {
            let client = json!({"name": "test", "version": "0"});
            let params = json!({"protocolVersion": named, "capabilities": {}, "clientInfo": client});
            // Without the header, which names a version that has been agreed on.
            let request = ada.request(Method::POST, "/mcp").header("accept", "application/json, text/event-stream");
            let body = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params});
            let greeting = request.json(&body).send().await;
            assert_eq!(greeting.json["result"]["protocolVersion"], given, "{named:?}: {}", greeting.text);
        }
    })
    .await;
}

on_both_engines! {
    async fn several_are_deleted_by_a_second_call_with_the_confirmation(app: TestApp) {
        let ada = app.sign_up("ada").await;
        let ids: Vec<Value> = add_all(&ada, &["One", "Two"]).await.iter().map(|task| task["id"].clone()).collect();
        let asked = use_tool(&ada, "delete_task", json!({"ids": ids})).await;
        let confirmation = &asked["structuredContent"]["data"]["confirmation"];
        assert_eq!((&confirmation["count"], &confirmation["titles"]), (&json!(2), &json!(["One", "Two"])), "{asked}");
        assert_eq!(titles(&ada).await.len(), 2);
        let third = add_all(&ada, &["Three"]).await[0]["id"].clone();
        let other = use_tool(&ada, "delete_task", json!({"ids": [ids[0], third], "confirmation_id": confirmation["id"]})).await;
        assert_eq!(other["isError"], json!(true), "a yes to something else: {other}");
        assert_eq!(titles(&ada).await.len(), 3);
        let again = use_tool(&ada, "delete_task", json!({"ids": ids})).await;
        let id = &again["structuredContent"]["data"]["confirmation"]["id"];
        let bob = app.sign_up("bob").await;
        let foreign = use_tool(&bob, "delete_task", json!({"ids": ids, "confirmation_id": id})).await;
        assert_eq!(foreign["isError"], json!(true));
        let done = use_tool(&ada, "delete_task", json!({"ids": ids, "confirmation_id": id})).await;
        assert_eq!(done["structuredContent"]["affected_count"], 2, "{done}");
        assert_eq!(titles(&ada).await, ["Three"]);
        let twice = use_tool(&ada, "delete_task", json!({"ids": ids, "confirmation_id": id})).await;
        assert_eq!(twice["isError"], json!(true));
    }
}

on_both_engines! {
    async fn anothers_ids_are_not_found(app: TestApp) {
        let (ada, bob) = (app.sign_up("ada").await, app.sign_up("bob").await);
        let id = add_all(&bob, &["Bob's"]).await[0]["id"].clone();
        for (tool, arguments) in [
            ("delete_task", json!({"ids": [id]})),
            ("complete_task", json!({"ids": [id]})),
            ("update_task", json!({"id": id, "title": "Ada's"})),
        ] {
            let answer = use_tool(&ada, tool, arguments).await;
            assert_eq!(answer["structuredContent"]["error_code"], "TASK_NOT_FOUND", "{tool}: {answer}");
            // The client's mistake, which must not look like a fault of ours.
            let scrape = app.scrape().await;
            let count = |error| {
                let labels = [("gen_ai_tool_name", tool), ("error_type", error)];
                scrape.value("gen_ai_execute_tool_duration_seconds_count", labels)
            };
            assert_eq!((count("tool_error"), count("internal")), (1.0, 0.0), "{tool}");
        }
        assert_eq!(titles(&bob).await, ["Bob's"]);
    }
}

on_both_engines! {
    async fn without_a_token_a_client_learns_where_to_read_about_one(app: TestApp) {
        let request = app.request(Method::POST, "/mcp").header("accept", "application/json, text/event-stream");
        let answer = request.json(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})).send().await;
        answer.assert_problem(401, "unauthorized");
        let challenge = answer.header("www-authenticate");
        let address = challenge.strip_prefix("Bearer resource_metadata=\"").unwrap().strip_suffix('"').unwrap();
        assert_eq!(address, format!("{}/.well-known/oauth-protected-resource/mcp", app.base));
        let metadata = app.get("/.well-known/oauth-protected-resource/mcp").await;
        assert_eq!(metadata.json["resource"], format!("{}/mcp", app.base));
        assert_eq!(metadata.json["bearer_methods_supported"], json!(["header"]));
    }
}

#[tokio::test]
async fn hosts_and_origins_are_those_that_are_set() {
    let setup = Setup::new().set("MCP_ALLOWED_HOSTS", "todo.local").set("CORS_ORIGINS", "https://app.example");
    with_app(Engine::Sqlite, setup, async |app| {
        let ada = app.sign_up("ada").await;
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
        for (host, origin, status) in [
            ("todo.local", "https://app.example", 200),
            ("todo.local", "https://evil.example", 403),
            ("todo.local", "https://app.example:8443", 403),
            ("evil.example", "https://app.example", 403),
        ] {
            let request = ada.request(Method::POST, "/mcp").header("accept", "application/json, text/event-stream");
            let answer = request.header("host", host).header("origin", origin).json(&body).send().await;
            assert_eq!(answer.status, status, "{host} {origin}: {}", answer.text);
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_that_is_too_large_or_no_json_rpc_is_refused() {
    with_app(Engine::Sqlite, Setup::new(), async |app| {
        let ada = app.sign_up("ada").await;
        // By one byte, so that the server has read all of it when it refuses, and no reset overtakes the answer.
        let bodies = [("x".repeat((4 << 20) + 1), 413), ("{".to_owned(), 415), ("{\"a\":1}".to_owned(), 415)];
        for (body, status) in bodies {
            let request = ada.request(Method::POST, "/mcp").header("accept", "application/json, text/event-stream");
            let answer = request.header("content-type", "application/json").body(body).send().await;
            assert_eq!(answer.status, status, "{}", answer.text);
        }
    })
    .await;
}
