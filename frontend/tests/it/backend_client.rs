//! `frontend::api` against the answers of the real backend, so that the two cannot drift apart; and what every call carries.

use std::time::Duration;

use axum::http::StatusCode;
use frontend::api::{Api, ApiError, Caller, Credentials, Engine, Priority, Reply, Role, Said, TaskFields};
use uuid::Uuid;

use crate::browser::{Browser, PASSWORD};
use crate::site::{Site, start_frontend};
use crate::stand_in::StandIn;

fn fields(title: &str) -> TaskFields {
    TaskFields { title: title.to_owned(), description: String::new(), priority: "medium".to_owned(), due_at: None }
}

fn client(site: &Site) -> Api {
    Api::new(&site.backend.url().parse().expect("an address"), Duration::from_secs(12)).expect("a client")
}

fn nobody() -> Caller {
    Caller { token: None, forwarded_for: None }
}

async fn sign_up(api: &Api, email: &str) -> Caller {
    let who = Credentials { email, password: PASSWORD };
    let signed_in = api.sign_up(&nobody(), &Uuid::new_v4().to_string(), &who).await.expect("an account");
    assert!(signed_in.expires_at > jiff::Timestamp::now());
    Caller { token: Some(signed_in.token), forwarded_for: None }
}

#[tokio::test]
async fn every_answer_of_the_real_backend_is_understood() {
    let site = Site::start().await;
    let api = client(&site);
    assert!(api.is_ready().await);
    let ada = sign_up(&api, "ada@example.com").await;
    assert_eq!(api.account(&ada).await.expect("the account").email, "ada@example.com");
    api.log_in(&nobody(), &Credentials { email: "ada@example.com", password: PASSWORD }).await.expect("a session");

    let due = "2099-12-31T22:59:00.5Z".parse().expect("an instant");
    let full = TaskFields {
        title: "Buy milk".to_owned(),
        description: "blue\nlabel".to_owned(),
        priority: "high".to_owned(),
        due_at: Some(due),
    };
    let key = Uuid::new_v4().to_string();
    let task = api.create(&ada, &key, &full).await.expect("a task");
    assert_eq!((task.fields(), task.priority, task.completed), (full.clone(), Priority::High, false));
    assert_eq!(api.create(&ada, &key, &full).await.expect("the same task").id, task.id);

    let read = api.task(&ada, task.id).await.expect("the task");
    assert_eq!(read, task);
    let changed = api.update(&ada, task.id, read.version, &fields("Buy bread")).await.expect("the task");
    assert_eq!((changed.fields(), changed.due_at), (fields("Buy bread"), None));
    let done = api.set_completed(&ada, task.id, true).await.expect("the task");
    assert!(done.completed && done.completed_at.is_some());
    let open = api.set_completed(&ada, task.id, false).await.expect("the task");
    assert!(!open.completed && open.completed_at.is_none());

    api.create(&ada, &Uuid::new_v4().to_string(), &fields("Second")).await.expect("a task");
    let query =
        |pairs: &[(&'static str, &str)]| pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let part: Vec<_> = query(&[("status", "open"), ("sort", "-created_at"), ("limit", "1"), ("q", "")]);
    let page = api.tasks(&ada, &part).await.expect("a page");
    assert_eq!(page.items[0].title, "Second");
    let mut rest = part.clone();
    rest.push(("cursor", page.next_cursor.expect("more")));
    let page = api.tasks(&ada, &rest).await.expect("a page");
    assert_eq!((page.items[0].title.as_str(), page.next_cursor), ("Buy bread", None));

    api.delete(&ada, task.id, open.version).await.expect("deleted");
    api.delete_account(&ada).await.expect("deleted");
    assert!(matches!(api.account(&ada).await, Err(ApiError::Refused)));
}

#[tokio::test]
async fn every_answer_of_the_real_assistant_is_understood() {
    let site = Site::start().await;
    let api = client(&site);
    let ada = sign_up(&api, "ada@example.com").await;
    let key = || Uuid::new_v4().to_string();
    let assistant = api.assistant(&ada).await.expect("who answers");
    assert_eq!((assistant.engine, assistant.model), (Engine::Rules, None));
    assert_eq!(api.newest_conversation(&ada).await.expect("none yet"), None);

    let said =
        |message, conversation_id| Said { message, conversation_id, confirmation_id: None, timezone: "Europe/Berlin" };
    let first = key();
    let id = api.say(&ada, &first, &said("Add buy milk", None)).await.expect("an answer").conversation_id;
    assert_eq!(api.say(&ada, &first, &said("Add buy milk", None)).await.expect("the same").conversation_id, id);
    let reply = api.say_streaming(&ada, &key(), &said("Add water the plants", Some(id))).await.expect("an answer");
    let Reply::Stream(stream) = reply else { panic!("a stream") };
    let events = stream.text().await.expect("events");
    assert!(events.contains("event: tool_call") && events.contains("event: done"), "{events}");
    assert_eq!(api.tasks(&ada, &[]).await.expect("the list").items.len(), 2, "a second try adds nothing");

    api.say(&ada, &key(), &said("Delete all my tasks", Some(id))).await.expect("a question");
    let page = api.messages(&ada, id, "").await.expect("the messages");
    assert_eq!(page.confirmation.expect("it asks first").count, 2);
    assert_eq!(page.items.len(), 6);
    assert_eq!((page.items[0].role, page.items[0].content.as_str()), (Role::User, "Add buy milk"));
    let answer = &page.items[1];
    assert_eq!((answer.role, answer.engine, answer.fallback), (Role::Assistant, Some(Engine::Rules), false));
    assert_eq!((answer.tool_calls[0].tool.as_str(), answer.tool_calls[0].status.as_str()), ("add_task", "completed"));

    let history = api.conversations(&ada, "").await.expect("the history");
    assert_eq!((history.items.len(), history.items[0].id, history.next_cursor), (1, id, None));
    assert_eq!(api.newest_conversation(&ada).await.expect("one"), Some(id));
    let refused = api.say(&ada, &key(), &said("", Some(id))).await;
    assert!(matches!(&refused, Err(ApiError::Invalid(problem)) if problem.errors[0].field == "message"), "{refused:?}");
    assert!(matches!(api.say(&ada, &key(), &said("x", Some(Uuid::new_v4()))).await, Err(ApiError::NotFound)));
    assert!(matches!(api.messages(&ada, id, "nonsense").await, Err(ApiError::Invalid(_))));
    assert!(matches!(api.conversations(&ada, "nonsense").await, Err(ApiError::Invalid(_))));
    api.delete_conversation(&ada, id).await.expect("deleted");
    assert!(matches!(api.messages(&ada, id, "").await, Err(ApiError::NotFound)));
    assert!(matches!(api.delete_conversation(&ada, id).await, Err(ApiError::NotFound)));
}

#[tokio::test]
async fn every_refusal_of_the_real_backend_is_understood() {
    let site = Site::start().await;
    let api = client(&site);
    let ada = sign_up(&api, "ada@example.com").await;
    let key = || Uuid::new_v4().to_string();
    let task = api.create(&ada, &key(), &fields("Task")).await.expect("a task");

    assert!(matches!(api.tasks(&nobody(), &[]).await, Err(ApiError::Refused)));
    let wrong = Credentials { email: "ada@example.com", password: "wrong password" };
    assert!(matches!(api.log_in(&nobody(), &wrong).await, Err(ApiError::Refused)));
    let taken = Credentials { email: "ada@example.com", password: PASSWORD };
    assert!(matches!(api.sign_up(&nobody(), &key(), &taken).await, Err(ApiError::Conflict(_))));
    assert!(matches!(api.task(&ada, Uuid::new_v4()).await, Err(ApiError::NotFound)));
    assert!(matches!(api.update(&ada, task.id, 99, &fields("x")).await, Err(ApiError::Changed)));
    assert!(matches!(api.delete(&ada, task.id, 99).await, Err(ApiError::Changed)));

    let reused = key();
    api.create(&ada, &reused, &fields("One")).await.expect("a task");
    match api.create(&ada, &reused, &fields("Other")).await {
        Err(ApiError::Invalid(problem)) => assert_eq!(problem.kind, frontend::api::Problem::KEY_REUSED),
        other => panic!("{other:?}"),
    }
    for (expected, wrong) in [
        ("title", TaskFields { title: " ".to_owned(), ..fields("") }),
        ("description", TaskFields { description: "x".repeat(2001), ..fields("x") }),
        ("priority", TaskFields { priority: "urgent".to_owned(), ..fields("x") }),
        ("due_at", TaskFields { due_at: Some(jiff::Timestamp::MAX), ..fields("x") }),
    ] {
        for outcome in [api.create(&ada, &key(), &wrong).await, api.update(&ada, task.id, task.version, &wrong).await] {
            match outcome {
                Err(ApiError::Invalid(problem)) => assert_eq!(problem.errors[0].field, expected),
                other => panic!("{expected}: {other:?}"),
            }
        }
    }
    let cursor = [("cursor", "nonsense".to_owned())];
    assert!(matches!(api.tasks(&ada, &cursor).await, Err(ApiError::Invalid(_))));
    site.backend.stop().await;
    assert!(matches!(api.account(&ada).await, Err(ApiError::Unreachable(_))));
    assert!(!api.is_ready().await);
}

#[tokio::test]
async fn every_call_carries_the_users_identity_trace_and_address() {
    let stand_in = StandIn::start().await;
    let frontend = start_frontend(&stand_in.url(), &[]).await;
    stand_in.answer(StatusCode::OK, "{\"items\":[],\"next_cursor\":null}", &[]);
    let mut ada = Browser::new(&frontend.url());
    ada.cookies.insert("session".to_owned(), "the.users.token".to_owned());
    let request = ada
        .request(reqwest::Method::GET, "/tasks")
        .header("x-forwarded-for", "203.0.113.9")
        .header("x-request-id", "request-4711")
        .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    assert_eq!(ada.send(request).await.status, 200);

    let asked = stand_in.asked("/api/tasks");
    let header = |name: &str| asked[0].get(name).map(|value| value.to_str().expect("text")).unwrap_or_default();
    assert_eq!(header("authorization"), "Bearer the.users.token");
    assert_eq!(header("x-forwarded-for"), "203.0.113.9, 127.0.0.1");
    assert_eq!(header("x-request-id"), "request-4711");
    assert!(header("traceparent").contains("4bf92f3577b34da6a3ce929d0e0e4736"), "{}", header("traceparent"));
    assert_eq!(header("cookie"), "");
}

#[tokio::test]
async fn a_twin_waits_for_the_answer_of_the_first() {
    let stand_in = StandIn::start().await;
    let frontend = start_frontend(&stand_in.url(), &[]).await;
    let in_progress = format!("{{\"type\":\"{}\"}}", frontend::api::Problem::IN_PROGRESS);
    stand_in.answer(StatusCode::CONFLICT, &in_progress, &[("retry-after", "1")]);
    let mut ada = Browser::new(&frontend.url());
    ada.cookies.insert("session".to_owned(), "a.b.c".to_owned());
    let key = Uuid::new_v4().to_string();
    let form = [("title", "Once"), ("key", key.as_str())];
    let first_is_done = async {
        while stand_in.asked("/api/tasks").len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let task = format!(
            "{{\"id\":\"{key}\",\"title\":\"Once\",\"description\":\"\",\"priority\":\"low\",\"due_at\":null,\
             \"completed\":false,\"completed_at\":null,\"version\":1}}"
        );
        stand_in.answer(StatusCode::CREATED, &task, &[]);
    };
    let both = async { tokio::join!(ada.post("/tasks", &form), first_is_done) };
    let (answer, ()) = tokio::time::timeout(Duration::from_secs(30), both).await.expect("the twin asks again");
    assert_eq!((answer.status, answer.location()), (303, "/tasks"));
    for headers in stand_in.asked("/api/tasks") {
        assert_eq!(headers["idempotency-key"], key.as_str());
    }
}

#[tokio::test]
async fn a_sign_up_that_is_still_at_work_keeps_its_key() {
    let stand_in = StandIn::start().await;
    let frontend = start_frontend(&stand_in.url(), &[]).await;
    let in_progress = format!("{{\"type\":\"{}\"}}", frontend::api::Problem::IN_PROGRESS);
    stand_in.answer(StatusCode::CONFLICT, &in_progress, &[("retry-after", "1")]);
    let key = Uuid::new_v4().to_string();
    let form = [("email", "ada@example.com"), ("password", PASSWORD), ("key", key.as_str())];
    let page = Browser::new(&frontend.url()).post("/signup", &form).await;
    assert_eq!((page.status, page.value("key")), (503, key), "with another key the account would be taken");
}
