//! `--check`, as `helm test` runs it, and a cluster that is not there.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use crate::support::{eventually, run, run_with};

/// A backend of its own, ended with the test.
struct Backend {
    child: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Backend {
    fn start() -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", folder.path().join("todo.db").display());
        let mut command = Command::new(env!("CARGO_BIN_EXE_loadtest"));
        command
            .arg("__serve")
            .arg(std::process::id().to_string())
            .env("LISTEN_ADDR", address.to_string())
            .env("DATABASE_URL", database);
        command.env("JWT_SECRET", "a secret of thirty-two characters").stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        eventually("the backend listens", || TcpStream::connect(address).ok());
        Self { child, url: format!("http://{address}"), _folder: folder }
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_backend_that_works_passes_the_check() {
    let backend = Backend::start();
    // Until it is ready the check says so; `helm test` comes after that.
    let finished = eventually("the check passes", || {
        let finished = run(&["--check", "--url", &backend.url]);
        (finished.code == Some(0)).then_some(finished)
    });
    let lines: Vec<&str> = finished.stdout.lines().collect();
    assert!(lines[0].starts_with("ok") && lines[0].contains(&backend.url), "{lines:?}");
    assert_eq!(lines.last(), Some(&"passed"));
}

#[test]
fn a_check_that_fails_names_the_server_and_the_cause_and_ends_with_1() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{nobody}");
    let finished = run(&["--check", "--url", &url, "--frontend", &url]);
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    for server in ["backend", "frontend"] {
        let line = finished.stdout.lines().find(|line| line.contains(server)).unwrap();
        assert!(line.starts_with("failed") && line.contains("refused"), "{line}");
    }
    assert_eq!(finished.stdout.lines().last(), Some("failed"));
}

#[test]
fn a_cluster_that_cannot_be_reached_ends_with_2_and_the_reason() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: x\ncontexts: [{{name: x, context: {{cluster: x, user: x}}}}]\n\
         clusters: [{{name: x, cluster: {{server: 'http://{nobody}'}}}}]\nusers: [{{name: x, user: {{}}}}]\n"
    );
    std::fs::write(file.path(), text).unwrap();
    let finished = run_with(&["--target", "cluster"], &[("KUBECONFIG", file.path().to_str().unwrap())]);
    assert_eq!(finished.code, Some(2), "{}", finished.stderr);
    let last = finished.stderr.trim_end().lines().last().unwrap();
    assert!(last.contains("no cluster can be reached") && last.contains("refused"), "{last}");
}
