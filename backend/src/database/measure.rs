//! Times the waits for a connection and the operations on it, and gives each operation a span. The pools know none of it,
//! so it is done here, once for all.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use metrics::{counter, gauge, histogram};
use telemetry::names;

use super::{Database, Pools};

/// Awaits a connection; counts who waits, how long, and who gave up.
pub(super) async fn acquire<C>(connection: impl Future<Output = Result<C, sqlx::Error>>) -> Result<C, sqlx::Error> {
    let _waiting = Waiting::enter();
    let started = Instant::now();
    let outcome = connection.await;
    histogram!(names::DB_CONNECTION_WAIT_TIME).record(started.elapsed());
    if matches!(outcome, Err(sqlx::Error::PoolTimedOut)) {
        counter!(names::DB_CONNECTION_TIMEOUTS).increment(1);
    }
    outcome.map_err(unreachable)
}

/// Whatever keeps us from a connection, a broken greeting or a refused password as much as a closed port, the request has
/// not been tried and may succeed later.
fn unreachable(error: sqlx::Error) -> sqlx::Error {
    if super::is_passing(&error) { error } else { sqlx::Error::Io(std::io::Error::other(error)) }
}

/// One request in the queue; leaves it on drop, so also when the request is cancelled.
struct Waiting;

impl Waiting {
    fn enter() -> Self {
        gauge!(names::DB_CONNECTION_PENDING_REQUESTS).increment(1);
        Self
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        gauge!(names::DB_CONNECTION_PENDING_REQUESTS).decrement(1);
    }
}

/// From the connection being there to its being given back, so rows read, changes made and the commit.
pub(super) struct OperationTimer {
    operation: &'static str,
    collection: &'static str,
    started: Instant,
    _span: tracing::Span,
}

impl OperationTimer {
    pub(super) fn start(operation: &'static str, collection: &'static str) -> Self {
        let span = telemetry::database_span(operation, collection);
        Self { operation, collection, started: Instant::now(), _span: span }
    }
}

impl Drop for OperationTimer {
    fn drop(&mut self) {
        let labels = [("db_operation_name", self.operation), ("db_collection_name", self.collection)];
        histogram!(names::DB_OPERATION_DURATION, &labels).record(self.started.elapsed());
    }
}

impl Database {
    /// Writes the pool gauges; called at every scrape, because a pool does not tell when it changes.
    pub fn record_pool_size(&self) {
        let (size, idle, max) = match &self.pools {
            Pools::Sqlite { read, write } => (
                read.size() + write.size(),
                read.num_idle() + write.num_idle(),
                read.options().get_max_connections() + write.options().get_max_connections(),
            ),
            Pools::Postgres(pool) => (pool.size(), pool.num_idle(), pool.options().get_max_connections()),
        };
        let idle = u32::try_from(idle).unwrap_or(u32::MAX);
        gauge!(names::DB_CONNECTION_COUNT, "state" => "idle").set(idle);
        gauge!(names::DB_CONNECTION_COUNT, "state" => "used").set(size.saturating_sub(idle));
        gauge!(names::DB_CONNECTION_MAX).set(max);
    }
}

/// What a pool time-out tells the client to wait.
pub const RETRY_AFTER: Duration = Duration::from_secs(1);
