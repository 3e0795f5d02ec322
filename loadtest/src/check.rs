//! `--check`: whether an installation works, as `helm test` asks it: one person, one task, through both servers. Absent on
//! purpose: load, and any right in the cluster.

use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{self, Api, Call, cause};
use crate::arguments::Check;
use crate::visitor::Visitor;

const TITLE: &str = "water the plants (checked)";

/// Tells every step on stdout; false when one of them failed.
pub async fn run(check: &Check) -> Result<bool, String> {
    let http = api::http_client(1).map_err(|error| format!("no HTTP client can be built: {}", cause(&error)))?;
    let mut works = tell(&format!("backend {}", check.backend), backend(&Api::new(http, &check.backend)).await);
    if let Some(frontend) = &check.frontend {
        let visitor =
            Visitor::new(frontend).map_err(|error| format!("no HTTP client can be built: {}", cause(&error)))?;
        works &= tell(&format!("frontend {frontend}"), pages(visitor).await);
    }
    println!("{}", if works { "passed" } else { "failed" });
    Ok(works)
}

fn tell(server: &str, result: Result<(), String>) -> bool {
    match &result {
        Ok(()) => println!("ok      {server}: signed up, created, read and deleted a task"),
        Err(why) => println!("failed  {server}: {why}"),
    }
    result.is_ok()
}

/// A name nobody has: two checks of one installation never meet.
fn newcomer() -> (String, String) {
    let id = uuid::Uuid::new_v4().simple().to_string();
    (format!("check-{id}@example.com"), format!("check-{id}"))
}

async fn backend(api: &Api) -> Result<(), String> {
    expect(api, &Call::get("/ready"), 200).await?;
    let (email, password) = newcomer();
    let who = json!({ "email": email, "password": password });
    let signed_up = expect(api, &Call::post("/api/auth/signup", &who), 201).await?;
    let token = signed_up["token"].as_str().ok_or("POST /api/auth/signup gave no token")?;
    let result = task(api, token).await;
    // Also after a failure: nothing of ours stays.
    let left = expect(api, &Call::new(Method::DELETE, "/api/me").token(token), 204).await;
    result.and(left.map(drop))
}

async fn task(api: &Api, token: &str) -> Result<(), String> {
    let new = json!({ "title": TITLE });
    let created = expect(api, &Call::post("/api/tasks", &new).token(token), 201).await?;
    let id = created["id"].as_str().ok_or("POST /api/tasks gave no id")?;
    let path = format!("/api/tasks/{id}");
    let read = expect(api, &Call::get(&path).token(token), 200).await?;
    if read["title"] != TITLE {
        return Err(format!("GET {path} gave another title: {}", read["title"]));
    }
    expect(api, &Call::new(Method::DELETE, &path).token(token), 204).await?;
    expect(api, &Call::get(&path).token(token), 404).await.map(drop)
}

async fn expect(api: &Api, call: &Call<'_>, status: u16) -> Result<Value, String> {
    let what = format!("{} {}", call.method, call.path);
    let answer = api.send(call).await.map_err(|error| format!("{what}: {}", cause(&error)))?;
    if answer.status == status {
        return Ok(answer.json());
    }
    let said: String = String::from_utf8_lossy(&answer.body).chars().take(200).collect();
    Err(format!("{what} answered {} instead of {status}: {said}", answer.status))
}

async fn pages(mut visitor: Visitor) -> Result<(), String> {
    let (email, password) = newcomer();
    visitor.sign_up(&email, &password).await?;
    let result = async {
        visitor.add(TITLE).await?;
        visitor.delete(TITLE).await
    }
    .await;
    let left = visitor.leave().await;
    result.and(left)
}
