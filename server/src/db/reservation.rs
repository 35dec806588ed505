//! The right to a connection, and waiting for it.

use std::{sync::Arc, time::Duration};

use authbackend_otlp::TARGET;
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, timeout},
};
use tracing::Instrument as _;

use super::{Db, DbError, pool::Pool};
use crate::metrics::PoolGauges;

/// How long a caller waits for a connection: longer than any query, shorter than a client's patience.
pub(crate) const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(5);

/// The right to a connection of the pool.
pub(crate) struct Reservation(pub(super) OwnedSemaphorePermit);

impl Db {
    /// The right to a connection, however long it takes until one is free: for those who wait on behalf of others.
    pub(crate) async fn reserve(&self) -> Result<Reservation, DbError> {
        if let Some(permit) = self.0.free_permit() {
            return Ok(Reservation(permit));
        }
        let _waiting = Waiting::new(self.0.gauges());
        let permit = Arc::clone(&self.0.permits).acquire_owned().await;
        permit.map(Reservation).map_err(|_| DbError::Closed)
    }

    /// The same for one caller, who waits for [`CHECKOUT_TIMEOUT`] at most.
    pub(super) async fn reserve_in_time(&self) -> Result<Reservation, DbError> {
        if let Some(permit) = self.0.free_permit() {
            return Ok(Reservation(permit));
        }
        let span = tracing::info_span!(target: TARGET, "wait for a connection");
        let reserved = timeout(CHECKOUT_TIMEOUT, self.reserve());
        let reserved = reserved.instrument(span).await;
        reserved.unwrap_or_else(|_| Err(self.exhausted(1)))
    }

    /// What `number` callers are told that waited as long as anybody waits for a connection.
    pub(crate) fn exhausted(&self, number: u64) -> DbError {
        self.0.gauges().timeouts.inc_by(number);
        DbError::Exhausted(CHECKOUT_TIMEOUT)
    }
}

impl Pool {
    fn free_permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).try_acquire_owned().ok()
    }
}

/// Counts a caller as waiting for as long as it lives, since when it did.
struct Waiting<'a>(&'a PoolGauges, Instant);

impl<'a> Waiting<'a> {
    fn new(gauges: &'a PoolGauges) -> Self {
        gauges.waiting.inc();
        Self(gauges, Instant::now())
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.dec();
        self.0.wait.observe(self.1.elapsed());
    }
}
