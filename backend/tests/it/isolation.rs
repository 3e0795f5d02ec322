//! Nobody sees or changes anything of anybody else. The list of operations comes from the OpenAPI document, so that a new
//! one is attacked without anybody thinking of it.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, JWT_SECRET, TestApp, User};

/// Stands in everything that belongs to Ada; must never reach anybody else.
const MARK: &str = "belongs-to-ada";

struct Operation {
    method: Method,
    /// With `{id}` where an id goes.
    path: String,
    public: bool,
}

fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(backend::openapi()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push(Operation {
                method: Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(),
                path: path.clone(),
                public: operation["security"] == json!([{}]),
            });
        }
    }
    operations
}

/// A body that every operation with one accepts, so that no attack ends early at a validation.
fn body() -> Value {
    json!({"title": "stolen", "email": "eve2@example.com", "password": "another password"})
}

async fn attack(app: &TestApp, operation: &Operation, id: &str, authorization: Option<&str>) -> Answer {
    let mut call = app.request(operation.method.clone(), &operation.path.replace("{id}", id));
    if let Some(authorization) = authorization {
        call = call.header("authorization", authorization);
    }
    if operation.method == Method::POST || operation.method == Method::PATCH {
        let mut body = body();
        if operation.path.starts_with("/api/tasks") {
            body = json!({"title": "stolen"});
        }
        call = call.json(&body);
    }
    call.send().await
}

fn sign(algorithm: Algorithm, secret: &str, claims: &Value) -> String {
    encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

/// Every header that must not be taken for Ada, with a name for the failure's message.
fn forgeries(ada: &User) -> Vec<(&'static str, Option<String>)> {
    let now = backend::timestamp::Timestamp::now().seconds();
    let right = json!({"sub": ada.id, "iat": now, "exp": now + 3600, "iss": "todo"});
    let with = |name: &str, value: Value| {
        let mut claims = right.clone();
        claims[name] = value;
        claims
    };
    let without = |name: &str| {
        let mut claims = right.clone();
        claims.as_object_mut().unwrap().remove(name);
        claims
    };
    let ours = |claims: Value| sign(Algorithm::HS256, JWT_SECRET, &claims);
    let payload = ada.token.split('.').nth(1).unwrap();
    let signature = ada.token.split('.').nth(2).unwrap();
    // {"alg":"none","typ":"JWT"} and {"alg":"None"} in base64url
    let (none, other_none) = ("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0", "eyJhbGciOiJOb25lIn0");
    let bearer = |token: String| Some(format!("Bearer {token}"));
    vec![
        ("no token", None),
        ("an empty token", bearer(String::new())),
        ("the scheme alone", Some("Bearer".to_owned())),
        ("another scheme", Some(format!("Basic {}", ada.token))),
        ("the bare token", Some(ada.token.clone())),
        ("no token at all", bearer("a.b.c".to_owned())),
        ("expired", bearer(ours(with("exp", json!(now - 1))))),
        ("a string as exp", bearer(ours(with("exp", json!((now + 3600).to_string()))))),
        ("null as exp", bearer(ours(with("exp", Value::Null)))),
        ("an array as exp", bearer(ours(with("exp", json!([now + 3600]))))),
        ("no exp", bearer(ours(without("exp")))),
        ("not valid yet", bearer(ours(with("nbf", json!(now + 3600))))),
        ("another issuer", bearer(ours(with("iss", json!("somebody"))))),
        ("no issuer", bearer(ours(without("iss")))),
        ("no subject", bearer(ours(without("sub")))),
        ("a subject that is no id", bearer(ours(with("sub", json!("ada@example.com"))))),
        ("a user who never was", bearer(ours(with("sub", json!("0190a0a0-0000-7000-8000-000000000000"))))),
        ("another key", bearer(sign(Algorithm::HS256, "another secret of 32 characters!!", &right))),
        ("an empty key", bearer(sign(Algorithm::HS256, "", &right))),
        ("the right key with HS384", bearer(sign(Algorithm::HS384, JWT_SECRET, &right))),
        ("the right key with HS512", bearer(sign(Algorithm::HS512, JWT_SECRET, &right))),
        ("alg none, no signature", bearer(format!("{none}.{payload}."))),
        ("alg None, no signature", bearer(format!("{other_none}.{payload}."))),
        ("alg none, the old signature", bearer(format!("{none}.{payload}.{signature}"))),
        ("no signature", bearer(ada.token.trim_end_matches(signature).to_owned())),
        ("a changed payload", bearer(ada.token.replacen(payload, &payload.replace(['A', 'I'], "B"), 1))),
    ]
}

async fn ada_with_a_task(app: &TestApp) -> (User, String) {
    let ada = app.sign_up(MARK).await;
    let task = ada.post("/api/tasks", json!({"title": MARK, "description": MARK})).await;
    assert_eq!(task.status, 201, "{}", task.text);
    (ada, task.json["id"].as_str().unwrap().to_owned())
}

/// Everything that Ada can see.
async fn everything(ada: &User) -> [Value; 2] {
    [ada.get("/api/me").await.json, ada.get("/api/tasks?status=all").await.json]
}

#[test]
fn only_signing_up_and_logging_in_are_public() {
    let operations = operations();
    let public: Vec<_> = operations.iter().filter(|operation| operation.public).map(|o| o.path.as_str()).collect();
    assert_eq!(public, ["/api/auth/login", "/api/auth/signup"]);
    assert!(operations.len() >= 9, "the document lists what there is");
}

on_both_engines! {
    async fn no_forged_token_opens_any_operation(app: TestApp) {
        let (ada, task) = ada_with_a_task(&app).await;
        let before = everything(&ada).await;
        for operation in operations().iter().filter(|operation| !operation.public) {
            for (forgery, authorization) in forgeries(&ada) {
                let answer = attack(&app, operation, &task, authorization.as_deref()).await;
                let case = format!("{} {} with {forgery}: {}", operation.method, operation.path, answer.text);
                assert_eq!(answer.status, 401, "{case}");
                answer.assert_problem(401, "unauthorized");
                assert_eq!(answer.header("www-authenticate"), "Bearer", "{case}");
                assert!(!answer.text.contains(MARK), "{case}");
            }
        }
        assert_eq!(everything(&ada).await, before);
    }
}

on_both_engines! {
    async fn somebody_elses_id_is_like_one_that_never_was(app: TestApp) {
        const NEVER: &str = "0190a0a0-0000-7000-8000-000000000000";
        let (ada, task) = ada_with_a_task(&app).await;
        let before = everything(&ada).await;
        for (number, operation) in operations().iter().filter(|operation| !operation.public).enumerate() {
            let eve = app.sign_up(&format!("eve{number}")).await;
            let token = format!("Bearer {}", eve.token);
            let answer = attack(&app, operation, &task, Some(&token)).await;
            let case = format!("{} {}: {}", operation.method, operation.path, answer.text);
            assert!(!answer.text.contains(MARK) && !answer.text.contains(&task) && !answer.text.contains(&ada.id), "{case}");
            if operation.path.contains("{id}") {
                answer.assert_problem(404, "not-found");
                let never = attack(&app, operation, NEVER, Some(&token)).await;
                assert_eq!(shape(&answer), shape(&never), "{case}");
                let no_id = attack(&app, operation, "not-an-id", Some(&token)).await;
                assert_eq!(shape(&answer), shape(&no_id), "{case}");
            }
        }
        assert_eq!(everything(&ada).await, before);
    }
}

/// An answer without what differs from request to request.
fn shape(answer: &Answer) -> (u16, Value, Vec<String>) {
    let mut json = answer.json.clone();
    json["request_id"].take();
    let mut names: Vec<_> = answer.headers.keys().map(|name| name.as_str().to_owned()).collect();
    names.sort();
    (answer.status, json, names)
}
