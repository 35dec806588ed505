//! A connection in use, and its way back into the pool.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::Arc,
};

use sqlx::{AssertSqlSafe, PgConnection, postgres::PgTransactionManager};
use sqlx_core::transaction::TransactionManager as _;
use tokio::sync::{OwnedMappedMutexGuard, OwnedSemaphorePermit};

use super::{
    pool::Pool,
    slot::{Look, Slot},
};

/// A connection for the exclusive use of its holder. Dropping it returns it to the pool; a transaction that was
/// not committed is rolled back, and a connection left in the middle of a query is closed unless that ends at once.
pub struct Conn {
    // Dropped in this order: a cell must be unlocked before the next caller may find it.
    slot: OwnedMappedMutexGuard<Option<Slot>, Slot>,
    cell: FreeCell,
    /// Users whom the open transaction changes.
    changed: Vec<String>,
    /// Whether the database was asked anything.
    is_used: bool,
    _permit: OwnedSemaphorePermit,
}

impl Conn {
    pub(super) fn new(
        slot: OwnedMappedMutexGuard<Option<Slot>, Slot>,
        cell: FreeCell,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        cell.pool.gauges().in_use.inc();
        Self {
            slot,
            cell,
            changed: Vec::new(),
            is_used: false,
            _permit: permit,
        }
    }

    /// The statement that `template` stands for in this database: see [`Tables`](super::Tables).
    pub fn sql(&self, template: &'static str) -> AssertSqlSafe<Arc<str>> {
        self.cell.pool.tables().sql(template)
    }

    /// Whether a transaction is open.
    pub fn is_in_transaction(&self) -> bool {
        self.slot.in_transaction
    }

    /// Tells those who remember users and sessions that the user `user_id` or one of their sessions has changed: at once,
    /// or when the open transaction has ended. Every store that changes rows of these tables calls it; a test looks for
    /// one that does not.
    pub fn changed(&mut self, user_id: &str) {
        let Some(changes) = self.cell.pool.changes() else {
            return;
        };
        if self.slot.in_transaction {
            self.changed.push(user_id.to_owned());
        } else {
            changes.user_changed(user_id);
        }
    }

    fn tell_changes(&mut self) {
        for user_id in std::mem::take(&mut self.changed) {
            if let Some(changes) = self.cell.pool.changes() {
                changes.user_changed(&user_id);
            }
        }
    }

    /// Begins a transaction, which ends with [`Conn::commit`]; dropping the connection before that rolls it back.
    /// Hides the driver's own `begin`, which forgets the transaction when its future is dropped before the server
    /// has answered.
    ///
    /// # Errors
    /// The server refuses, or the connection is lost.
    pub async fn begin(&mut self) -> sqlx::Result<()> {
        let slot = &mut *self.slot;
        slot.is_uncertain = true;
        PgTransactionManager::begin(&mut slot.connection, None).await?;
        slot.is_uncertain = false;
        slot.in_transaction = true;
        Ok(())
    }

    /// Makes everything since [`Conn::begin`] permanent.
    ///
    /// # Errors
    /// The server refuses, which makes nothing permanent, or the connection is lost.
    pub async fn commit(&mut self) -> sqlx::Result<()> {
        let slot = &mut *self.slot;
        slot.is_uncertain = true;
        PgTransactionManager::commit(&mut slot.connection).await?;
        slot.is_uncertain = false;
        slot.in_transaction = false;
        self.tell_changes();
        Ok(())
    }

    /// Takes everything since [`Conn::begin`] back.
    ///
    /// # Errors
    /// The connection is lost.
    pub async fn rollback(&mut self) -> sqlx::Result<()> {
        let slot = &mut *self.slot;
        slot.is_uncertain = true;
        PgTransactionManager::rollback(&mut slot.connection).await?;
        slot.is_uncertain = false;
        slot.in_transaction = false;
        Ok(())
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        // A commit may have been lost on its way back: telling too much is right too.
        self.tell_changes();
        let pool = &self.cell.pool;
        pool.gauges().in_use.dec();
        match self.slot.release() {
            Look::Broken => pool.distrust_resting(),
            Look::Idle if self.is_used => pool.has_answered(self.slot.released),
            Look::Idle | Look::Busy => {}
        }
    }
}

impl Deref for Conn {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.slot.connection
    }
}

impl DerefMut for Conn {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.is_used = true;
        &mut self.slot.connection
    }
}

impl fmt::Debug for Conn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Conn")
    }
}

/// The right to one cell of the pool; dropping it makes the cell the next one to be used.
pub(super) struct FreeCell {
    pub(super) pool: Arc<Pool>,
    pub(super) index: usize,
}

impl Drop for FreeCell {
    fn drop(&mut self) {
        self.pool.free_cells().push(self.index);
    }
}
