//! Answers by a model: what it gets, what its calls do, and who answers when it fails.

use reqwest::Method;
use serde_json::{Value, json};

use super::{add_all, go_on, say, titles, tools};
use crate::support::{
    Engine, Setup, TestApp, eventually,
    model_server::{ModelServer, Reply, call, end, text, usage},
    with_app,
};

/// A server with this model behind it.
pub(super) fn setup(model: &ModelServer) -> Setup {
    setup_at(&model.base)
}

/// A server with the model at this address behind it.
pub(super) fn setup_at(base: &str) -> Setup {
    Setup::new()
        .set("OPENAI_API_KEY", "sk-the-key-of-the-tests")
        .set("OPENAI_BASE_URL", format!("{base}/v1"))
        .set("OPENAI_MODEL", "small")
}

async fn with_model(replies: Vec<Reply>, body: impl AsyncFn(TestApp, &ModelServer)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let model = ModelServer::start(replies.clone()).await;
        with_app(engine, setup(&model), async |app| body(app, &model).await).await;
    }
}

#[tokio::test]
async fn a_model_runs_tools_and_says_what_it_likes() {
    let add = call(0, "a", "add_task", r#"{"title":"Buy milk","priority":"high"}"#);
    let replies = vec![
        Reply::stream(&[add, end("tool_calls"), usage(90, 10)]),
        Reply::stream(&[text("Done, "), text("it is on the list."), end("stop"), usage(120, 8)]),
    ];
    with_model(replies, async |app, model| {
        let ada = app.sign_up("ada").await;
        let answer = say(&ada, "I am out of milk").await;
        assert_eq!(answer["response"], "Done, it is on the list.", "{answer}");
        assert_eq!((&answer["engine"], &answer["fallback"]), (&json!("model"), &json!(false)));
        assert_eq!(tools(&answer), [("add_task", "completed")]);
        assert_eq!(titles(&ada).await, ["Buy milk"]);
        assert_eq!(ada.get("/api/assistant").await.json, json!({"engine": "model", "model": "small"}));

        let requests = model.requests();
        assert_eq!(requests.len(), 2);
        let first = &requests[0].body;
        assert_eq!(
            (&first["model"], &first["temperature"], &first["max_tokens"]),
            (&json!("small"), &json!(0.7), &json!(500))
        );
        assert_eq!(first["tools"].as_array().unwrap().len(), 7);
        let result = &requests[1].body["messages"].as_array().unwrap().last().unwrap()["content"];
        assert!(result.as_str().unwrap().contains("\"affected_count\":1"), "{result}");
        let scrape = app.scrape().await;
        let tokens = [("gen_ai_token_type", "input")];
        assert_eq!(scrape.value("gen_ai_client_token_usage_sum", tokens), 210.0);
        assert_eq!(scrape.value("assistant_turns_total", [("engine", "model"), ("outcome", "answered")]), 1.0);
    })
    .await;
}

#[tokio::test]
async fn settings_reach_the_model_and_history_is_bounded() {
    let model = ModelServer::start([Reply::stream(&[text("Hello."), end("stop")])]).await;
    let setup = setup(&model)
        .set("AGENT_TEMPERATURE", "0.2")
        .set("AGENT_MAX_TOKENS", "77")
        .set("AGENT_MAX_HISTORY", "3")
        .set("OPENAI_MODEL", "large");
    with_app(Engine::Sqlite, setup, async |app| {
        let ada = app.sign_up("ada").await;
        let mut said = say(&ada, "number 0").await;
        for number in 1..5 {
            said = go_on(&ada, &said, &format!("number {number}")).await;
        }
        let body = model.requests().pop().unwrap().body;
        assert_eq!(
            (&body["model"], &body["temperature"], &body["max_tokens"]),
            (&json!("large"), &json!(0.2), &json!(77))
        );
        let messages = body["messages"].as_array().unwrap();
        let roles: Vec<&str> = messages.iter().map(|message| message["role"].as_str().unwrap()).collect();
        assert_eq!(roles, ["system", "assistant", "user", "assistant", "user"], "three of before, and this one");
        assert_eq!(messages[4]["content"], "number 4");
    })
    .await;
}

#[tokio::test]
async fn when_the_model_refuses_the_rules_answer_and_say_so() {
    with_model(vec![Reply::status(401)], async |app, _| {
        let ada = app.sign_up("ada").await;
        let answer = say(&ada, "add Buy milk").await;
        assert_eq!((&answer["engine"], &answer["fallback"]), (&json!("rules"), &json!(true)), "{answer}");
        assert_eq!(tools(&answer), [("add_task", "completed")]);
        assert_eq!(titles(&ada).await, ["Buy milk"]);
        let turns = [("engine", "rules"), ("outcome", "fallback")];
        assert_eq!(app.scrape().await.value("assistant_turns_total", turns), 1.0);
        assert!(!app.process.raw_lines().iter().any(|line| line.contains("sk-the-key")));
    })
    .await;
}

#[tokio::test]
async fn a_partial_answer_is_kept_and_tools_that_ran_do_not_run_again() {
    let add = call(0, "a", "add_task", r#"{"title":"Buy milk"}"#);
    let broken = Reply::head("text/event-stream").send(format!("data: {}\n\n", text("I have add")));
    with_model(vec![Reply::stream(&[add, end("tool_calls")]), broken], async |app, _| {
        let ada = app.sign_up("ada").await;
        let answer = say(&ada, "add Buy milk").await;
        let response = answer["response"].as_str().unwrap();
        assert!(response.starts_with("I have add") && response.contains("1 task added"), "{response}");
        assert_eq!((tools(&answer), &answer["fallback"]), (vec![("add_task", "completed")], &json!(true)));
        assert_eq!(titles(&ada).await, ["Buy milk"]);
    })
    .await;
}

#[tokio::test]
async fn what_a_model_wants_to_delete_is_asked_about_whatever_it_says() {
    let model = ModelServer::start([Reply::default()]).await;
    with_app(Engine::Sqlite, setup(&model), async |app| {
        let ada = app.sign_up("ada").await;
        let task = &add_all(&ada, &["Buy milk"]).await[0];
        let arguments = json!({"ids": [task["id"]]}).to_string();
        model.then([
            Reply::stream(&[call(0, "a", "delete_task", &arguments), end("tool_calls")]),
            Reply::stream(&[text("I deleted it."), end("stop")]),
        ]);
        let answer = say(&ada, "what about the milk?").await;
        assert_eq!(answer["confirmation"]["count"], 1, "{answer}");
        let response = answer["response"].as_str().unwrap();
        assert!(response.contains("Delete 1 task?") && response.ends_with("Please answer yes or no."), "{response}");
        assert_eq!(titles(&ada).await, ["Buy milk"]);
        let asked = model.requests().len();
        let yes = go_on(&ada, &answer, "yes").await;
        assert_eq!(tools(&yes), [("delete_task", "completed")]);
        assert_eq!(model.requests().len(), asked, "a yes is no model's business");
        assert!(titles(&ada).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_question_shows_everything_that_a_yes_would_do() {
    let model = ModelServer::start([Reply::default()]).await;
    with_app(Engine::Sqlite, setup(&model), async |app| {
        let ada = app.sign_up("ada").await;
        let tasks = add_all(&ada, &["One", "Two", "Three", "Four"]).await;
        let ids: Vec<&Value> = tasks.iter().map(|task| &task["id"]).collect();
        let arguments = |value: Value| value.to_string();
        model.then([
            Reply::stream(&[
                call(0, "a", "complete_task", &arguments(json!({"ids": [ids[0]]}))),
                call(1, "b", "complete_task", &arguments(json!({"ids": [ids[1]], "completed": false}))),
                call(2, "c", "update_task", &arguments(json!({"id": ids[2], "title": "Drei", "priority": "high"}))),
                call(3, "d", "delete_task", &arguments(json!({"ids": [ids[3]]}))),
                call(4, "e", "update_task", &arguments(json!({"id": ids[2], "title": "Vier"}))),
                call(5, "f", "delete_task", &arguments(json!({"ids": [ids[3], ids[3]]}))),
                end("tool_calls"),
            ]),
            Reply::stream(&[text("As you wish."), end("stop")]),
        ]);
        let answer = say(&ada, "tidy up").await;
        assert_eq!(answer["confirmation"]["tool"], "delete_task", "{answer}");
        let response = answer["response"].as_str().unwrap();
        assert!(response.contains("**Reopen 1 task, change 2 tasks, delete 1 task?**"), "{response}");
        assert!(response.contains("4. Change: Three → title “Vier”\n\nPlease"), "{response}");
        let lines = "1. Reopen: Two\n2. Change: Three → title “Drei”, priority “high”\n3. Delete: Four";
        let sorted = "1. Reopen: Two\n2. Change: Three → priority “high”, title “Drei”\n3. Delete: Four";
        assert!(response.contains(lines) || response.contains(sorted), "{response}");
    })
    .await;
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_models_work_and_what_was_said_is_kept() {
    let endless = Reply::head("text/event-stream").send(format!("data: {}\n\n", text("Once upon a time"))).stall();
    with_model(vec![endless], async |app, model| {
        let ada = app.sign_up("ada").await;
        let call = ada.request(Method::POST, "/api/chat").header("accept", "text/event-stream");
        let mut response = call.json(&json!({"message": "tell me a story"})).open().await;
        let mut heard = String::new();
        while !heard.contains("Once upon a time") {
            heard += std::str::from_utf8(&response.chunk().await.unwrap().unwrap()).unwrap();
        }
        drop(response);
        model.until_hung_up(1).await;
        let conversations = ada.get("/api/conversations").await.json;
        let at = format!("/api/conversations/{}/messages", conversations["items"][0]["id"].as_str().unwrap());
        eventually("what was said is kept", async || {
            let items = ada.get(&at).await.json["items"].clone();
            items[1]["content"].as_str().is_some_and(|said| said.starts_with("Once upon a time"))
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_message_for_which_nothing_was_done_before_its_client_left_may_be_sent_again() {
    let endless = Reply::head("text/event-stream").send(format!("data: {}\n\n", text("Once upon a time"))).stall();
    with_model(vec![endless], async |app, model| {
        let ada = app.sign_up("ada").await;
        let send = || {
            let call = ada.request(Method::POST, "/api/chat").header("accept", "text/event-stream");
            call.header("idempotency-key", "k").json(&json!({"message": "add Buy milk"}))
        };
        let mut response = send().open().await;
        response.chunk().await.unwrap();
        drop(response);
        model.until_hung_up(1).await;
        model.then([
            Reply::stream(&[call(0, "a", "add_task", r#"{"title":"Buy milk"}"#), end("tool_calls")]),
            Reply::stream(&[text("Done."), end("stop")]),
        ]);
        eventually("the turn has ended", async || {
            let again = send().send().await;
            again.status == 200 && again.text.contains("Done.")
        })
        .await;
        // What has been done is not done again.
        assert!(send().send().await.text.contains("Done."));
        assert_eq!(titles(&ada).await, ["Buy milk"]);
    })
    .await;
}

#[tokio::test]
async fn a_stream_that_is_under_way_when_the_server_has_to_go_is_ended_and_kept() {
    let endless = Reply::head("text/event-stream").send(format!("data: {}\n\n", text("Once upon a time"))).stall();
    let model = ModelServer::start([endless]).await;
    let setup = setup(&model).set("SHUTDOWN_GRACE_SECONDS", 4);
    with_app(Engine::Sqlite, setup, async |app| {
        let ada = app.sign_up("ada").await;
        let call = ada.request(Method::POST, "/api/chat").header("accept", "text/event-stream");
        let mut response = call.json(&json!({"message": "tell me a story"})).open().await;
        let first = response.chunk().await.unwrap().unwrap();
        app.process.terminate();
        let mut heard = std::str::from_utf8(&first).unwrap().to_owned();
        while let Some(piece) = response.chunk().await.unwrap() {
            heard += std::str::from_utf8(&piece).unwrap();
        }
        assert!(heard.contains("event: done") && heard.contains("being restarted"), "{heard}");
        assert_eq!(app.process.wait().await.code(), Some(0));
    })
    .await;
}
