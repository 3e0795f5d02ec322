//! Serving until told to stop, then the shutdown order of the design. It drives hyper itself, because `axum::serve`
//! sets no time-out for a client that sends its header slowly or reads no answer, closes connections that have just been
//! accepted, and waits for open streams for ever. Absent on purpose: TLS and HTTP/2, which belong to whatever stands in
//! front.

mod impatient;

use std::{convert::Infallible, io, net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service;

use self::impatient::Impatient;
use crate::probes::Readiness;

/// What one connection may make us keep, its whole request header included; hyper's own limit is six times that.
const MAX_BUFFER_BYTES: usize = 64 << 10;

/// How long the steps of a shutdown may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grace {
    /// Serve on after becoming unready, while load balancers notice.
    pub keep_serving: Duration,
    /// Wait this long for open requests after accepting has stopped; what is then still open is cut.
    pub drain: Duration,
}

/// What a client may take its time with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For a whole request header, and for the pause between two requests of one connection. Above the minute after
    /// which common proxies close an idle connection themselves, so that the server is not the one who hangs up.
    pub header: Duration,
    /// For taking some more of an answer that does not fit into the network's buffers.
    pub write: Duration,
    /// While draining: for the first or next request of a connection that says nothing. A connection that is closed
    /// the moment it falls silent meets the request that was just under way.
    pub settle: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { header: Duration::from_secs(65), write: Duration::from_secs(30), settle: Duration::from_secs(1) }
    }
}

/// How the shutdown went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were still busy when the drain's time was over.
    pub cut: usize,
}

/// Serves until `stop`; then becomes unready, keeps serving, takes what still waits to be accepted, stops accepting,
/// and waits for open requests. Answers say `connection: close` from `stop` on when the router is observed.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    readiness: Readiness,
    stop: CancellationToken,
    grace: Grace,
) -> Result<Drained, io::Error> {
    serve_patiently(listener, router, readiness, stop, grace, Patience::default()).await
}

/// [`serve`] with other limits for slow clients.
pub async fn serve_patiently(
    listener: TcpListener,
    router: Router,
    readiness: Readiness,
    stop: CancellationToken,
    grace: Grace,
    patience: Patience,
) -> Result<Drained, io::Error> {
    let address = listener.local_addr()?;
    tracing::info!(server.address = %address.ip(), server.port = address.port(), "listening");
    let connections = Connections::new(router, grace, patience);

    connections.accept_until(&listener, stop.cancelled()).await;
    readiness.close();
    tracing::info!(keep_serving_ms = millis(grace.keep_serving), "stopping: unready, still serving");
    connections.accept_until(&listener, tokio::time::sleep(grace.keep_serving)).await;

    let waiting = connections.accept_waiting(listener)?;
    tracing::info!(connections.open = connections.open(), connections.taken = waiting, "draining");
    let cut = connections.drain(grace.drain).await;
    if cut > 0 {
        tracing::warn!(
            connections.cut = cut,
            drain_ms = millis(grace.drain),
            "requests were cut: the drain's time is over"
        );
    } else {
        tracing::info!("drained");
    }
    Ok(Drained { cut })
}

/// Everything that is open, and the two signals that it listens to.
struct Connections {
    router: Router,
    http: http1::Builder,
    write: Duration,
    settle: Duration,
    open: TaskTracker,
    draining: CancellationToken,
    cut: CancellationToken,
}

impl Connections {
    fn new(router: Router, grace: Grace, patience: Patience) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(patience.header).max_buf_size(MAX_BUFFER_BYTES);
        Self {
            // Resolves the routes once instead of at each request.
            router: router.with_state(()),
            http,
            write: patience.write,
            settle: patience.settle.min(grace.drain / 2),
            open: TaskTracker::new(),
            draining: CancellationToken::new(),
            cut: CancellationToken::new(),
        }
    }

    fn open(&self) -> usize {
        self.open.len()
    }

    async fn accept_until(&self, listener: &TcpListener, end: impl Future<Output = ()>) {
        tokio::pin!(end);
        loop {
            tokio::select! {
                biased;
                () = &mut end => return,
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => self.spawn(stream, peer),
                    Err(error) => pause_after(&error).await,
                },
            }
        }
    }

    /// Clients in the kernel's queue have finished their handshake and may have sent a request already; dropping the
    /// listener would reset them. Asked through the plain socket, because the runtime only learns later who waits.
    fn accept_waiting(&self, listener: TcpListener) -> io::Result<usize> {
        let listener = listener.into_std()?;
        let mut taken = 0;
        while let Ok((stream, peer)) = listener.accept() {
            stream.set_nonblocking(true)?;
            self.spawn(TcpStream::from_std(stream)?, peer);
            taken += 1;
        }
        Ok(taken)
    }

    fn spawn(&self, stream: TcpStream, peer: SocketAddr) {
        // Small answers leave at once; a failure only costs latency.
        let _ = stream.set_nodelay(true);
        let router = self.router.clone();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let mut request: Request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            let answer = router.clone().call(request);
            async move { answer.await.map_err(|never: Infallible| never) }
        });
        let connection = self.http.serve_connection(TokioIo::new(Impatient::new(stream, self.write)), service);
        let (draining, cut, settle) = (self.draining.clone(), self.cut.clone(), self.settle);
        self.open.spawn(async move {
            tokio::pin!(connection);
            // A connection ends with an error when its client hangs up or sends nonsense: nothing to do about either.
            let drained = async {
                tokio::select! {
                    _ = connection.as_mut() => return,
                    () = draining.cancelled() => {}
                }
                if tokio::time::timeout(settle, connection.as_mut()).await.is_err() {
                    connection.as_mut().graceful_shutdown();
                    let _ = connection.await;
                }
            };
            tokio::select! {
                () = drained => {}
                () = cut.cancelled() => {}
            }
        });
    }

    async fn drain(self, bound: Duration) -> usize {
        self.draining.cancel();
        self.open.close();
        if tokio::time::timeout(bound, self.open.wait()).await.is_ok() {
            return 0;
        }
        let busy = self.open.len();
        self.cut.cancel();
        self.open.wait().await;
        busy
    }
}

/// A client that hung up early is no reason to wait; being out of file descriptors is.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(error.message = %error, "cannot accept connections; trying again in a second");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Cancelled at SIGTERM or SIGINT. Call inside a runtime.
pub fn stop_on_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let cancel = stop.clone();
    tokio::spawn(async move {
        if let Err(error) = wait_for_signal().await {
            tracing::error!(error.message = %error, "signals cannot be received; only force ends this process");
            std::future::pending::<()>().await;
        }
        cancel.cancel();
    });
    stop
}

async fn wait_for_signal() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
