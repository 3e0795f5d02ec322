//! The site under test: a frontend and a backend in this process, on free loopback ports, with a new SQLite file.

use std::net::SocketAddr;
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::browser::Browser;

const JWT_SECRET: &str = "a secret for tests that is long enough";
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server and the way to end it.
pub(crate) struct Server {
    pub address: SocketAddr,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Server {
    /// Stops it and waits until its port is free again.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.running).await.expect("the server stops").expect("the server ends well");
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// A frontend, its backend and the backend's database.
pub(crate) struct Site {
    pub frontend: Server,
    pub backend: Server,
    pub database: TempDir,
}

impl Site {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With further settings for the frontend.
    pub(crate) async fn start_with(settings: &[(&str, &str)]) -> Self {
        let database = tempfile::tempdir().expect("a temporary folder");
        let backend = start_backend(&database, free_port().await, &[]).await;
        let frontend = start_frontend(&backend.url(), settings).await;
        Self { frontend, backend, database }
    }

    /// A browser that has not been here yet.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.frontend.url())
    }

    /// A browser whose user has just signed up.
    pub(crate) async fn signed_up(&self, email: &str) -> Browser {
        let mut browser = self.browser();
        browser.sign_up(email).await;
        browser
    }

    /// Takes the backend away and leaves its port and its database for later.
    pub(crate) async fn stop_backend(self) -> Down {
        let address = self.backend.address;
        self.backend.stop().await;
        Down { frontend: self.frontend, address, database: self.database }
    }
}

/// A site without its backend.
pub(crate) struct Down {
    pub frontend: Server,
    address: SocketAddr,
    database: TempDir,
}

impl Down {
    /// The backend comes back where it was.
    pub(crate) async fn start_backend(self) -> Site {
        let listener = TcpListener::bind(self.address).await.expect("the old port is free");
        let backend = start_backend(&self.database, listener, &[]).await;
        Site { frontend: self.frontend, backend, database: self.database }
    }
}

pub(crate) async fn free_port() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port")
}

pub(crate) async fn start_backend(database: &TempDir, listener: TcpListener, settings: &[(&str, &str)]) -> Server {
    let url = format!("sqlite:{}", database.path().join("todo.db").display());
    let usual = [
        ("DATABASE_URL", url.as_str()),
        ("JWT_SECRET", JWT_SECRET),
        ("LOGINS_PER_MINUTE", "0"),
        ("REQUESTS_PER_MINUTE", "0"),
        ("SHUTDOWN_GRACE_SECONDS", "1"),
    ];
    let config = backend::config::Config::from_lookup(&lookup(settings, &usual)).expect("settings of the backend");
    let (address, stop) = (listener.local_addr().expect("an address"), CancellationToken::new());
    let run = backend::run(config, listener, stop.clone());
    let running = tokio::spawn(async move { run.await.expect("the backend runs") });
    let server = Server { address, stop, running };
    until_ready(&server.url()).await;
    server
}

pub(crate) async fn start_frontend(backend: &str, settings: &[(&str, &str)]) -> Server {
    let usual = [("BACKEND_URL", backend), ("SHUTDOWN_GRACE_SECONDS", "1")];
    let config = frontend::config::Config::from_lookup(&lookup(settings, &usual)).expect("settings of the frontend");
    let listener = free_port().await;
    let (address, stop) = (listener.local_addr().expect("an address"), CancellationToken::new());
    let run = frontend::run(config, listener, stop.clone());
    let running = tokio::spawn(async move { run.await.expect("the frontend runs") });
    let server = Server { address, stop, running };
    until_ready(&server.url()).await;
    server
}

/// Looks in both lists, the more special one first.
fn lookup(special: &[(&str, &str)], usual: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> + use<> {
    let pairs: Vec<(String, String)> =
        special.iter().chain(usual).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    move |wanted| pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
}

async fn until_ready(url: &str) {
    let http = http_client();
    let ready = async {
        loop {
            let answer = http.get(format!("{url}/ready")).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, ready).await.expect("the server becomes ready");
}

/// A plain client: no redirects, no proxy, no cookies, and no decompression, which the load test's dependencies switch
/// on for the whole workspace.
pub(crate) fn http_client() -> reqwest::Client {
    let builder = reqwest::Client::builder().no_proxy().no_gzip().redirect(reqwest::redirect::Policy::none());
    builder.tls_certs_only([]).build().expect("a client")
}
