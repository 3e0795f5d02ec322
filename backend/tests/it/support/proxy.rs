//! A way to the database that a test can cut, block and mend, without touching the server that other tests use.

use std::sync::{Arc, Mutex};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Everything passes.
    Open,
    /// Connections are closed, old and new.
    Cut,
    /// Connections stand and nothing passes: the database accepts and never answers.
    Blocked,
}

/// Stands between the server and its database.
pub(crate) struct Proxy {
    pub(crate) url: String,
    /// The last one is for new connections.
    ways: Arc<Mutex<Vec<watch::Sender<Way>>>>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    /// A proxy to the PostgreSQL server in `url`.
    pub(crate) async fn to(url: &str) -> Self {
        let (credentials, address) = url.rsplit_once('@').unwrap();
        let (server, name) = address.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let ways = Arc::new(Mutex::new(vec![watch::Sender::new(Way::Open)]));
        let (server, of_connections) = (server.to_owned(), Arc::clone(&ways));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let way = of_connections.lock().unwrap().last().unwrap().subscribe();
                connections.spawn(pass(client, server.clone(), way));
            }
        });
        Self { url: format!("{credentials}@127.0.0.1:{port}/{name}"), ways, _tasks: tasks }
    }

    pub(crate) fn set(&self, way: Way) {
        self.ways.lock().unwrap().last().unwrap().send_replace(way);
    }

    /// Another server takes over without a word from the first: connections stay as they are, new ones pass.
    pub(crate) fn fail_over(&self) {
        self.ways.lock().unwrap().push(watch::Sender::new(Way::Open));
    }
}

async fn pass(mut client: TcpStream, server: String, mut way: watch::Receiver<Way>) {
    let mut upstream = None;
    loop {
        let now = *way.borrow_and_update();
        match now {
            Way::Cut => return,
            Way::Blocked => {
                let _ = way.changed().await;
            }
            Way::Open => {
                let Ok(server) = (match upstream.take() {
                    Some(kept) => Ok(kept),
                    None => TcpStream::connect(&server).await,
                }) else {
                    return;
                };
                let mut server = server;
                tokio::select! {
                    _ = copy_bidirectional(&mut client, &mut server) => return,
                    _ = way.changed() => upstream = Some(server),
                }
            }
        }
    }
}
