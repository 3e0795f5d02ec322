//! A conversation by the rules goes on wherever its next message comes to.

use reqwest::Method;
use serde_json::Value;

use super::pods::two;
use super::user::{User, json_of, titles, tools};
use crate::release::{NAMESPACE, todo};
use crate::tools::kubectl;

#[tokio::test]
async fn the_second_one_of_a_list_is_known_to_a_pod_that_did_not_show_it() {
    let [first, second] = two(&todo()).await;
    let user = User::sign_up(&first.address).await;
    user.add(&first.address, &["Write the report", "Call the dentist", "Buy milk"]).await;

    let shown = user.say(&first.address, &Value::Null, "show my tasks").await;
    let listed = titles(&shown["tool_calls"][0]["result"]["data"]["tasks"]);
    assert_eq!(listed.len(), 3, "{shown}");
    let done = user.say(&second.address, &shown["conversation_id"], "complete the second one").await;
    assert_eq!(tools(&done), [("complete_task", "completed")], "{done}");
    let it = user.say(&first.address, &shown["conversation_id"], "reopen it").await;
    assert_eq!(tools(&it), [("complete_task", "completed")], "{it}");
    assert_eq!(user.titles(&first.address, "status=completed").await, Vec::<String>::new());
    user.say(&second.address, &shown["conversation_id"], "complete it").await;
    assert_eq!(user.titles(&first.address, "status=completed").await, [listed[1].as_str()]);
}

#[tokio::test]
async fn of_two_yeses_at_two_pods_one_deletes_what_was_asked_about_and_nothing_else() {
    let [first, second] = two(&todo()).await;
    let user = User::sign_up(&first.address).await;
    user.add(&first.address, &["Post the letter", "Mow the lawn", "Paint the fence"]).await;
    for message in ["complete Post the letter", "complete Mow the lawn"] {
        user.say(&first.address, &Value::Null, message).await;
    }
    assert_eq!(user.titles(&second.address, "status=completed").await, ["Post the letter", "Mow the lawn"]);

    let asked = user.say(&first.address, &Value::Null, "delete all completed tasks").await;
    assert_eq!(asked["confirmation"]["count"], 2, "{asked}");
    // What is completed after the question was not asked about.
    user.say(&first.address, &Value::Null, "complete Paint the fence").await;
    assert_eq!(user.titles(&second.address, "status=completed").await.len(), 3, "a question deletes nothing");

    let conversation = &asked["conversation_id"];
    let (one, other) =
        tokio::join!(user.say(&second.address, conversation, "yes"), user.say(&first.address, conversation, "yes"));
    let deletions: Vec<&Value> = [&one, &other].into_iter().filter(|answer| !tools(answer).is_empty()).collect();
    assert_eq!(deletions.len(), 1, "{one} {other}");
    assert_eq!(tools(deletions[0]), [("delete_task", "completed")]);
    assert_eq!(deletions[0]["tool_calls"][0]["result"]["affected_count"], 2, "{}", deletions[0]);
    assert_eq!(user.titles(&first.address, "").await, ["Paint the fence"]);
    let again = user.say(&first.address, conversation, "yes").await;
    assert_eq!(tools(&again), [], "{again}");
}

#[tokio::test]
async fn a_conversation_outlives_the_pod_that_it_began_on_and_a_repeated_message_is_done_once() {
    let release = todo();
    let [doomed, other] = two(&release).await;
    let user = User::sign_up(&doomed.address).await;
    let begun = user.say(&doomed.address, &Value::Null, "add Buy milk").await;
    let conversation = &begun["conversation_id"];
    let add = |at: &str| user.message(at, conversation, "add Water the plants").header("idempotency-key", "once");
    let added = json_of(add(&doomed.address)).await;
    assert_eq!(tools(&added), [("add_task", "completed")], "{added}");
    doomed.kill();

    // Its client never heard the answer, and asks again.
    assert_eq!(json_of(add(&other.address)).await, added);
    assert_eq!(user.titles(&other.address, "").await, ["Buy milk", "Water the plants"]);
    let done = user.say(&other.address, conversation, "complete it").await;
    assert_eq!(tools(&done), [("complete_task", "completed")], "{done}");
    assert_eq!(user.titles(&other.address, "status=completed").await, ["Water the plants"]);
    let answer = |of: &Value| ("assistant".to_owned(), of["response"].as_str().expect("a text").to_owned());
    let question = |text: &str| ("user".to_owned(), text.to_owned());
    assert_eq!(
        user.history(&other.address, conversation).await,
        [
            question("add Buy milk"),
            answer(&begun),
            question("add Water the plants"),
            answer(&added),
            question("complete it"),
            answer(&done)
        ]
    );
    let listed = json_of(user.request(Method::GET, &other.address, "/api/conversations")).await;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
    kubectl(NAMESPACE, &["rollout", "status", "deployment/todo-backend", "--timeout=120s"]);
}
