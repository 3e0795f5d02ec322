//! Backend and frontend as they ship, in this process, on free loopback ports, with a SQLite file of their own.

use std::collections::HashMap;

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

pub(crate) struct Application {
    /// Where a browser goes, without a slash at the end.
    pub(crate) address: String,
    /// Where the backend is, for whoever knows a token.
    pub(crate) api: String,
    stop: CancellationToken,
    backend: JoinHandle<()>,
    frontend: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Application {
    pub(crate) async fn start() -> Self {
        Self::start_with(async |backend| backend).await
    }

    /// With something between frontend and backend: it gets the backend's address and gives its own.
    pub(crate) async fn start_with(between: impl AsyncFnOnce(String) -> String) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the database");
        let stop = CancellationToken::new();

        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let backend_url = format!("http://{}", listener.local_addr().expect("bound"));
        let config = backend::config::Config::from_lookup(&settings(&[
            ("DATABASE_URL", format!("sqlite:{}", folder.path().join("todo.db").display())),
            ("JWT_SECRET", "a secret that only this test knows".to_owned()),
            ("LOGINS_PER_MINUTE", "0".to_owned()),
        ]))
        .expect("valid settings");
        let stopped = stop.clone();
        let backend = tokio::spawn(async move {
            backend::run(config, listener, stopped).await.expect("the backend runs to its end");
        });

        let api = backend_url.clone();
        let backend_url = between(backend_url).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("bound"));
        let config =
            frontend::config::Config::from_lookup(&settings(&[("BACKEND_URL", backend_url)])).expect("valid settings");
        let stopped = stop.clone();
        let frontend = tokio::spawn(async move {
            frontend::run(config, listener, stopped).await.expect("the frontend runs to its end");
        });
        Self { address, api, stop, backend, frontend, _folder: folder }
    }

    /// Ends both servers and waits until they have ended in good order.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.frontend.await.expect("the frontend ends without a panic");
        self.backend.await.expect("the backend ends without a panic");
    }
}

fn settings(values: &[(&'static str, String)]) -> impl Fn(&str) -> Option<String> + use<> {
    let values: HashMap<&'static str, String> = values.iter().cloned().collect();
    move |name: &str| values.get(name).cloned()
}
