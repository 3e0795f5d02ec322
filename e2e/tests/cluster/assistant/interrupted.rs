//! Pods that end in the middle of a model's answer: one with time to finish it, one without.

use std::time::Duration;

use serde_json::{Value, json};

use super::events::{Events, said};
use super::pods::{WithModel, two};
use super::user::{User, json_of, tools};
use crate::monitoring::stack::Receiver;
use crate::tools::eventually;

/// What the model answers with a tool first, and then slowly.
const MESSAGE: &str = "slowly remember Buy milk";
/// Two minutes after a message that found no answer it is clear that it will not get one.
const GIVEN_UP: Duration = Duration::from_secs(180);

#[tokio::test]
async fn an_answer_is_finished_by_a_pod_that_ends_and_not_begun_again_after_one_that_was_killed() {
    let (receiver, release) = (Receiver::connect(), WithModel::install("0.7"));
    let earlier = receiver.asked(MESSAGE).await.len();
    let [doomed, other] = two(&release.0).await;
    let user = User::sign_up(&doomed.address).await;
    let begun = user.say(&doomed.address, &Value::Null, "tell a story").await;
    assert_eq!((&begun["engine"], &begun["fallback"]), (&json!("model"), &json!(false)), "{begun}");
    let conversation = &begun["conversation_id"];
    let message = |at: &str| user.message(at, conversation, MESSAGE).header("idempotency-key", "once");

    let mut events = Events::open(message(&doomed.address)).await;
    let before = events.until("token").await;
    assert!(before.iter().any(|(_, data)| data["status"] == "completed"), "the tool has run: {before:?}");
    doomed.kill();
    let rest = events.rest().await;
    assert!(rest.iter().all(|(name, _)| name == "token"), "a stream that is cut off has no end: {rest:?}");
    // Nobody but the pod that is gone knows whether it would have gone on.
    assert_eq!(message(&other.address).send().await.expect("an answer").status(), 409);
    let gone_on = user.say(&other.address, conversation, "tell another story").await;
    assert_eq!((&gone_on["engine"], &gone_on["fallback"]), (&json!("model"), &json!(false)), "{gone_on}");

    let ended = end_while_it_speaks(&receiver, &release, &user, conversation).await;

    let [_, at] = two(&release.0).await;
    let closed = eventually(GIVEN_UP, async || {
        let answer = message(&at.address).send().await.map_err(|error| error.to_string())?;
        match answer.status().as_u16() {
            200 => answer.json::<Value>().await.map_err(|error| error.to_string()),
            status => Err(format!("{MESSAGE}: {status}")),
        }
    })
    .await;
    assert_eq!(tools(&closed), [], "{closed}");
    assert_eq!(json_of(message(&at.address)).await, closed);
    assert_eq!(user.titles(&at.address, "").await, ["Buy milk"]);
    let rounds = receiver.asked(MESSAGE).await.len() - earlier;
    assert_eq!(rounds, 2, "before and after the tool, and never again");
    let text = |answer: &Value| answer["response"].as_str().expect("a text").to_owned();
    let history = user.history(&at.address, conversation).await;
    let by =
        |who: &str| history.iter().filter(|(role, _)| role == who).map(|(_, text)| text.clone()).collect::<Vec<_>>();
    assert_eq!(by("user"), ["tell a story", MESSAGE, "tell another story", "slowly tell a third one"]);
    assert_eq!(by("assistant"), [text(&begun), text(&gone_on), ended, text(&closed)]);
}

/// A pod is told to end while it answers. Gives what it said to its end.
async fn end_while_it_speaks(receiver: &Receiver, release: &WithModel, user: &User, conversation: &Value) -> String {
    let [ending, other] = two(&release.0).await;
    let message = user.message(&ending.address, conversation, "slowly tell a third one");
    let mut events = Events::open(message).await;
    let mut heard = events.until("token").await;
    ending.end();
    // From here on it takes no connection any more, and waits for those that are open.
    eventually(Duration::from_secs(60), async || ending.says("draining")).await;
    receiver.go_on().await;
    heard.extend(events.rest().await);
    let (name, done) = heard.last().expect("events");
    assert_eq!((name.as_str(), &done["engine"], &done["fallback"]), ("done", &json!("model"), &json!(false)), "{done}");
    let whole = said(&heard);
    assert!(whole.starts_with("Once upon a time") && whole.ends_with("that is all."), "{whole}");
    assert_eq!(done["message"], whole);
    assert_eq!(user.history(&other.address, conversation).await.last().expect("messages").1, whole);
    eventually(Duration::from_secs(60), async || ending.is_gone()).await;
    whole
}
