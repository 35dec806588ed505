//! One open connection and what decides its fate.

use std::{
    mem,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use sqlx::{Connection as _, PgConnection, postgres::PgTransactionManager};
use sqlx_core::transaction::TransactionManager as _;
use tokio::time::{Instant, timeout};

use crate::metrics::PoolGauges;

/// A server that does not answer a ping within this time has lost the connection.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// How long the rollback of a dropped transaction, or a query whose caller left, may take before the connection
/// is closed instead of used again: a few round trips.
const SETTLE_TIMEOUT: Duration = Duration::from_millis(50);

/// How long saying goodbye may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Backends grow with the catalogs that they have seen; a new one now and then costs nothing.
const MAX_AGE: Duration = Duration::from_mins(30);

/// One open connection.
pub(super) struct Slot {
    pub(super) connection: PgConnection,
    /// Number of the credentials with which it was opened.
    pub(super) generation: u64,
    /// When it was last in use.
    pub(super) released: Instant,
    /// Whether the server may be in a transaction that the driver knows nothing of.
    pub(super) is_uncertain: bool,
    /// Whether a transaction is open.
    pub(super) in_transaction: bool,
    opened: Instant,
    _open: OpenGauge,
}

/// What is known about a connection without waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Every query has been answered completely.
    Idle,
    /// A query or a rollback is still on its way.
    Busy,
    /// The connection is lost.
    Broken,
}

impl Slot {
    pub(super) fn new(connection: PgConnection, generation: u64, gauges: &PoolGauges) -> Self {
        let now = Instant::now();
        Self {
            connection,
            generation,
            released: now,
            is_uncertain: false,
            in_transaction: false,
            opened: now,
            _open: OpenGauge::new(gauges),
        }
    }

    /// Marks the end of its use and sends what is queued, such as the rollback of a dropped transaction, so that
    /// its locks do not outlive the request.
    pub(super) fn release(&mut self) -> Look {
        self.released = Instant::now();
        if mem::take(&mut self.in_transaction) {
            PgTransactionManager::start_rollback(&mut self.connection);
        }
        self.look()
    }

    /// Whether it may serve another caller who accepts connections of `generation`.
    pub(super) async fn is_usable(&mut self, generation: u64) -> bool {
        if self.is_uncertain || self.generation != generation || self.opened.elapsed() > MAX_AGE {
            return false;
        }
        match self.look() {
            Look::Idle => true,
            Look::Busy => matches!(
                timeout(SETTLE_TIMEOUT, self.connection.flush()).await,
                Ok(Ok(()))
            ),
            Look::Broken => false,
        }
    }

    /// Asks the server for a sign of life.
    pub(super) async fn is_alive(&mut self) -> bool {
        matches!(
            timeout(PING_TIMEOUT, self.connection.ping()).await,
            Ok(Ok(()))
        )
    }

    /// Closes the connection as the protocol wants it, so that the server logs no lost client.
    pub(super) async fn retire(self) {
        let Self {
            connection, _open, ..
        } = self;
        if timeout(CLOSE_TIMEOUT, connection.close()).await.is_err() {
            tracing::debug!("a database connection did not close in time");
        }
    }

    fn look(&mut self) -> Look {
        let flush = pin!(self.connection.flush());
        match flush.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => Look::Idle,
            Poll::Ready(Err(_)) => Look::Broken,
            Poll::Pending => Look::Busy,
        }
    }
}

/// Counts a connection as open for as long as it lives.
struct OpenGauge(PoolGauges);

impl OpenGauge {
    fn new(gauges: &PoolGauges) -> Self {
        gauges.open.inc();
        gauges.opened.inc();
        Self(gauges.clone())
    }
}

impl Drop for OpenGauge {
    fn drop(&mut self) {
        self.0.open.dec();
    }
}
