//! The client of a language model against servers that behave in every way that a server can.

mod failures;
mod independent;
mod outages;
mod requests;
mod streams;

use std::time::Duration;

use backend::assistant::model::{Completion, Failure, Message, Model, ModelSettings, Patience};

use crate::support::model_server::ModelServer;

const KEY: &str = "sk-the-key-of-the-tests";

/// Short pauses, and time-outs that no loaded machine reaches.
fn patience() -> Patience {
    let long = Duration::from_secs(60);
    Patience {
        connect: long,
        headers: long,
        read: long,
        round: long * 5,
        tail: long,
        pauses: [1, 2, 4].map(Duration::from_millis).into(),
        ..Patience::default()
    }
}

fn settings(base: &str, patience: Patience) -> ModelSettings {
    ModelSettings {
        base_url: format!("{base}/v1").parse().unwrap(),
        api_key: KEY.into(),
        model: "small".to_owned(),
        temperature: 0.7,
        max_tokens: 500,
        patience,
    }
}

fn model(base: &str, patience: Patience) -> Model {
    Model::new(settings(base, patience)).unwrap()
}

/// One round, with all text that was handed over while it ran.
async fn ask(model: &Model) -> (String, Result<Completion, Failure>) {
    let mut said = String::new();
    let outcome = model.complete(&[Message::User("Hello".to_owned())], &[], |text| said.push_str(text)).await;
    match &outcome {
        Ok(completion) => assert_eq!(completion.text, said),
        Err(failure) => assert_eq!(failure.partial, said),
    }
    (said, outcome)
}

async fn asked(server: &ModelServer) -> (String, Result<Completion, Failure>) {
    ask(&model(&server.base, patience())).await
}
