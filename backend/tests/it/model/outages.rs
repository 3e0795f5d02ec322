//! The circuit breaker, from outside.

use std::time::Duration;

use backend::assistant::model::{FailureKind, Patience};

use super::{ask, model, patience};
use crate::support::model_server::{ModelServer, Reply, end};

#[tokio::test]
async fn after_failures_in_a_row_nobody_asks_for_a_while() {
    let server = ModelServer::start([Reply::status(500)]).await;
    let patience = Patience { failures_to_open: 2, outage_retries: 0, ..patience() };
    let model = model(&server.base, patience);
    let clone = model.clone();
    for (model, kind, attempts, requests) in [
        (&model, FailureKind::ServerError, 1, 1),
        (&clone, FailureKind::ServerError, 1, 2),
        (&model, FailureKind::CircuitOpen, 0, 2),
        (&clone, FailureKind::CircuitOpen, 0, 2),
    ] {
        let failure = ask(model).await.1.unwrap_err();
        assert_eq!((failure.kind, failure.attempts, server.requests().len()), (kind, attempts, requests));
    }
}

#[tokio::test]
async fn a_good_trial_closes_the_circuit() {
    let server = ModelServer::start([Reply::status(500), Reply::stream(&[end("stop")])]).await;
    let patience = Patience { failures_to_open: 1, outage_retries: 0, rest: Duration::ZERO, ..patience() };
    let model = model(&server.base, patience);
    assert!(ask(&model).await.1.is_err());
    assert!(ask(&model).await.1.is_ok());
    assert!(ask(&model).await.1.is_ok());
}

#[tokio::test]
async fn refusals_and_bad_answers_leave_the_model_to_the_others() {
    let html = Reply::head("text/html").send("<html>");
    for (reply, kind) in [(Reply::status(400), FailureKind::Refused), (html, FailureKind::BadAnswer)] {
        let server = ModelServer::start([reply]).await;
        let model = model(&server.base, Patience { failures_to_open: 1, ..patience() });
        for _ in 0..3 {
            assert_eq!(ask(&model).await.1.unwrap_err().kind, kind);
        }
    }
}
