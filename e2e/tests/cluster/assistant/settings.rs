//! What the chart says about the model, and what the model gets to read; and what can be seen of it.

use std::time::Duration;

use e2e::dashboards::{Origin, Values, all};
use serde_json::{Value, json};

use super::pods::{WithModel, two};
use super::user::User;
use crate::monitoring::dashboards::has_data;
use crate::monitoring::stack::{Loki, Prometheus, Receiver, now, renew_files};
use crate::release::NAMESPACE;
use crate::tools::eventually;

#[tokio::test]
async fn a_model_is_asked_as_the_chart_says_and_fills_every_panel_of_its_dashboard() {
    let (receiver, release) = (Receiver::connect(), WithModel::install("0.25"));
    let at = release.0.service_address("backend");
    let user = User::sign_up(&at).await;
    let begun = user.say(&at, &Value::Null, "tell a story of settings").await;
    let conversation = &begun["conversation_id"];
    let asked = receiver.asked("tell a story of settings").await.pop().expect("a request");
    let named = |asked: &Value| (asked["model"].clone(), asked["temperature"].clone(), asked["max_tokens"].clone());
    assert_eq!(named(&asked), (json!("stand-in"), json!(0.25), json!(500)));

    every_panel_has_data(&user, &at, conversation).await;

    release.set_temperature("0.75");
    for (pod, message) in two(&release.0).await.iter().zip(["tell me one", "tell me two"]) {
        user.say(&pod.address, conversation, message).await;
        let asked = receiver.asked(message).await.pop().expect("a request");
        assert_eq!(named(&asked), (json!("stand-in"), json!(0.75), json!(500)));
        let messages = asked["messages"].as_array().expect("messages");
        assert!(messages.len() <= 12, "ten of before, beside what is said to it and to this: {}", messages.len());
    }
}

/// Speaks until there is nothing empty: Prometheus has to get to know the pods first.
async fn every_panel_has_data(user: &User, at: &str, conversation: &Value) {
    let (prometheus, loki, began) = (Prometheus::connect(), Loki::connect(), now());
    let mut queries = all().iter().flat_map(|dashboard| dashboard.queries()).collect::<Vec<_>>();
    queries.retain(|query| query.dashboard == "todo-assistant" && matches!(query.origin, Origin::Panel { .. }));
    assert!(queries.len() >= 12, "{} queries", queries.len());
    eventually(Duration::from_secs(180), async || {
        renew_files();
        user.say(at, conversation, "tell another story").await;
        let mut empty = Vec::new();
        for query in &queries {
            if !has_data(&prometheus, &loki, query, &Values::everything(NAMESPACE), (began, now())).await? {
                empty.push(format!("{:?}", query.origin));
            }
        }
        if empty.is_empty() { Ok(()) } else { Err(format!("without data: {empty:?}")) }
    })
    .await;
}
