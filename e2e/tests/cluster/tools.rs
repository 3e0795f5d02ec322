//! `helm` and `kubectl` as the tests call them, and waiting for what they start.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

/// What a program wrote.
pub(crate) struct Said {
    pub(crate) out: String,
    /// Where both tools put their warnings.
    pub(crate) err: String,
}

/// Runs a program that must succeed.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Said {
    attempt(program, arguments).unwrap_or_else(|error| panic!("{error}"))
}

/// Runs a program that may fail, with what it said.
pub(crate) fn attempt(program: &str, arguments: &[&str]) -> Result<Said, String> {
    let said = Command::new(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
    let (out, err) = (text(said.stdout), text(said.stderr));
    if said.status.success() {
        Ok(Said { out, err })
    } else {
        Err(format!("{program} {}: {}\n{out}{err}", arguments.join(" "), said.status))
    }
}

/// Puts something back at the end of a test, with `kubectl`.
pub(crate) fn put_back(arguments: &[&str]) {
    undo("kubectl", arguments);
}

/// Undoes something at the end of a test. A test that fails already goes on to undo the rest.
pub(crate) fn undo(program: &str, arguments: &[&str]) {
    if let Err(error) = attempt(program, arguments) {
        if std::thread::panicking() {
            eprintln!("not put back: {error}");
        } else {
            panic!("not put back: {error}");
        }
    }
}

pub(crate) fn kubectl(namespace: &str, arguments: &[&str]) -> Said {
    run("kubectl", &[&["--namespace", namespace], arguments].concat())
}

/// The objects that a `kubectl get` lists.
pub(crate) fn objects(namespace: &str, arguments: &[&str]) -> Vec<Value> {
    let said = kubectl(namespace, &[&["get"], arguments, &["--output", "json"]].concat());
    let list: Value = serde_json::from_str(&said.out).expect("kubectl writes JSON");
    list["items"].as_array().expect("a list").clone()
}

/// The texts of one field in all of them, in order; an object that lacks it adds nothing.
pub(crate) fn texts(objects: &[Value], pointer: &str) -> Vec<String> {
    objects.iter().filter_map(|object| object.pointer(pointer)?.as_str()).map(str::to_owned).collect()
}

/// Asks again until the answer is there, and gives up with the last obstacle.
pub(crate) async fn eventually<T>(limit: Duration, mut ask: impl AsyncFnMut() -> Result<T, String>) -> T {
    let end = Instant::now() + limit;
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(obstacle) => assert!(Instant::now() < end, "still after {limit:?}: {obstacle}"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}
