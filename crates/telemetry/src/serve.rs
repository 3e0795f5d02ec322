//! Serving until told to stop, then the shutdown order of the design.

use std::{io, net::SocketAddr, time::Duration};

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::probes::Readiness;

/// How long the steps of a shutdown may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grace {
    /// Serve on after becoming unready, while load balancers notice.
    pub keep_serving: Duration,
    /// Wait this long for open requests after accepting has stopped; what is then still open is cut.
    pub drain: Duration,
}

/// How the shutdown went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were still busy when the drain's time was over.
    pub cut: usize,
}

/// Serves until `stop`, then shuts down in order.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    readiness: Readiness,
    stop: CancellationToken,
    grace: Grace,
) -> Result<Drained, io::Error> {
    let address = listener.local_addr()?;
    tracing::info!(server.address = %address.ip(), server.port = address.port(), "listening");
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let stopped = async move {
        stop.cancelled().await;
        readiness.close();
        tokio::time::sleep(grace.keep_serving).await;
    };
    axum::serve(listener, service).with_graceful_shutdown(stopped).await?;
    Ok(Drained::default())
}

/// Cancelled at SIGTERM or SIGINT. Call inside a runtime.
pub fn stop_on_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let cancel = stop.clone();
    tokio::spawn(async move {
        if wait_for_signal().await.is_err() {
            tracing::error!("signals cannot be received; the process ends only by force");
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
