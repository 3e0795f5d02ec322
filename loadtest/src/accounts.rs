//! The people of a run: each signs up once, before the load, because a password costs the server some 20 ms on purpose.
//! Absent on purpose: what they do afterwards (`users`).

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;

use crate::api::{Api, Call, cause};

/// Sign-ups under way at once: enough to use both cores of a small server.
const AT_ONCE: usize = 4;

/// One person.
#[derive(Clone, Debug)]
pub struct Account {
    /// Position in the list of all accounts, the owner in the ledger.
    pub index: usize,
    pub email: String,
    pub token: String,
}

/// The password of every account of a run: planted, so that it can be looked for in the logs.
pub fn password(seed: u64) -> String {
    format!("planted-password-{seed:016x}")
}

/// Signs up this many people; one line says why when it cannot be done.
pub async fn sign_up(api: &Api, seed: u64, count: usize) -> Result<Vec<Account>, String> {
    let run = uuid::Uuid::new_v4().simple().to_string();
    stream::iter(0..count)
        .map(|index| {
            let email = format!("load-{run}-{index}@example.com");
            async move {
                let body = json!({ "email": email, "password": password(seed) });
                let answer = api
                    .send(&Call::post("/api/auth/signup", &body))
                    .await
                    .map_err(|error| format!("nobody can sign up: {}", cause(&error)))?;
                let token = answer.json()["token"].as_str().map(str::to_owned);
                match token {
                    Some(token) if answer.status == 201 => Ok(Account { index, email, token }),
                    _ => Err(format!(
                        "nobody can sign up: POST /api/auth/signup answered {}: {}",
                        answer.status,
                        String::from_utf8_lossy(&answer.body).chars().take(200).collect::<String>()
                    )),
                }
            }
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await
}
