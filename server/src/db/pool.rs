//! The pool: as many cells as it may hold connections, a semaphore, and a stack of the cells that are free.
//!
//! sqlx's own pool pings each connection whenever it is returned, which halves the throughput of short queries.
//! This one trusts a connection that was in use within the last second, pings one that rested longer, and
//! replaces one that is old, failed, or left in the middle of a query. A cell holds at most one connection, so
//! the process never has more than the pool's size. The stack is last in, first out: the connection with the
//! warmest caches serves next.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Mutex as Cell, OwnedMutexGuard, Semaphore},
    time::Instant,
};

use super::{
    Changes, DbError,
    conn::{Conn, FreeCell},
    connect::connect,
    reservation::Reservation,
    rotation::Credentials,
    slot::Slot,
    tables::Tables,
};
use crate::{config::Database, metrics::PoolGauges, migrate::embedded};

/// A connection that rested longer is pinged before use: under load none rests, and without load nobody notices.
const TRUSTED_REST: Duration = Duration::from_secs(1);

/// A connection unused for so long is closed, so that a quiet server holds few.
const MAX_REST: Duration = Duration::from_mins(5);

/// The one pool of the process; clones share it.
#[derive(Clone)]
pub struct Db(pub(super) Arc<Pool>);

pub(super) struct Pool {
    pub(super) credentials: Credentials,
    cells: Box<[Arc<Cell<Option<Slot>>>]>,
    free: Mutex<Vec<usize>>,
    pub(super) permits: Arc<Semaphore>,
    started: Instant,
    /// Microseconds after `started` at which a connection broke: one that rested since before may be broken too.
    suspect: AtomicU64,
    /// Microseconds after `started` at which a connection last came back with all of its questions answered; 0 for never.
    answered: AtomicU64,
    gauges: PoolGauges,
    tables: Tables,
    known: Vec<i64>,
    /// Where somebody remembers what they have read: what has changed since.
    changes: OnceLock<Arc<Changes>>,
}

impl Db {
    /// Opens the pool for `database` without connecting yet: a database that is down does not stop the start.
    ///
    /// # Errors
    /// A credential file cannot be read.
    pub fn open(database: &Database) -> Result<Self, DbError> {
        let known = embedded().iter().map(|known| known.version).collect();
        Self::open_measured(database, Tables::default(), known, PoolGauges::default())
    }

    /// As [`Db::open`], for tables with these names and a schema of the migrations `known`, and keeps `gauges` up to date.
    ///
    /// # Errors
    /// A credential file cannot be read.
    pub fn open_measured(
        database: &Database,
        tables: Tables,
        known: Vec<i64>,
        gauges: PoolGauges,
    ) -> Result<Self, DbError> {
        let size = usize::try_from(database.max_connections())
            .unwrap_or(1)
            .max(1);
        gauges.limit.set(i64::try_from(size).unwrap_or(i64::MAX));
        Ok(Self(Arc::new(Pool {
            credentials: Credentials::read(database.clone())?,
            cells: (0..size).map(|_| Arc::default()).collect(),
            free: Mutex::new((0..size).rev().collect()),
            permits: Arc::new(Semaphore::new(size)),
            started: Instant::now(),
            suspect: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            gauges,
            tables,
            known,
            changes: OnceLock::new(),
        })))
    }

    /// The versions of the migrations that this server knows.
    pub fn known_migrations(&self) -> &[i64] {
        &self.0.known
    }

    /// A connection for the exclusive use of the caller until it is dropped. Waits at most five seconds for one
    /// to become free. Take one per request, and hold none across work that needs no database.
    pub async fn get(&self) -> Result<Conn, DbError> {
        let reservation = self.reserve_in_time().await?;
        self.connect(reservation).await
    }

    /// The connection that is reserved.
    pub(crate) async fn connect(&self, reservation: Reservation) -> Result<Conn, DbError> {
        // Dropped in reverse when the caller leaves early: first the lock, then the cell, then the permit.
        let Reservation(permit) = reservation;
        let cell = self.free_cell()?;
        let mut slot = self.0.lock(&cell).await;
        self.0.freshen(&mut slot).await?;
        match OwnedMutexGuard::try_map(slot, Option::as_mut) {
            Ok(slot) => Ok(Conn::new(slot, cell, permit)),
            Err(_) => Err(DbError::Closed),
        }
    }

    /// The names of the tables and the type of ids.
    pub fn tables(&self) -> &Tables {
        self.0.tables()
    }

    /// What is known about changes of users and sessions. From the first call on the stores of this process tell theirs;
    /// those of others are heard of by a [`Listener`](super::Listener).
    pub fn changes(&self) -> Arc<Changes> {
        Arc::clone(self.0.changes.get_or_init(Arc::default))
    }

    /// Whether every connection is in use.
    pub fn is_exhausted(&self) -> bool {
        self.0.permits.available_permits() == 0
    }

    /// When a connection last came back with all of its questions answered, if one has: the database was there.
    pub fn last_answer(&self) -> Option<Instant> {
        let microseconds = self.0.answered.load(Ordering::Relaxed);
        (microseconds > 0).then(|| self.0.started + Duration::from_micros(microseconds))
    }

    /// Refuses further checkouts, waits until every connection is back, and closes them all.
    pub async fn close(&self) {
        let size = u32::try_from(self.0.cells.len()).unwrap_or(u32::MAX);
        let everything = self.0.permits.acquire_many(size).await;
        self.0.permits.close();
        drop(everything);
        for cell in &self.0.cells {
            if let Some(slot) = cell.lock().await.take() {
                slot.retire().await;
            }
        }
    }

    /// Closes free connections that rested for long, broke, or belong to replaced credentials.
    pub(super) async fn sweep(&self) {
        let generation = self.0.credentials.current().number;
        for index in 0..self.0.cells.len() {
            let Ok(permit) = Arc::clone(&self.0.permits).try_acquire_owned() else {
                return;
            };
            let Some(cell) = self.take_cell(index) else {
                continue;
            };
            let mut guard = self.0.lock(&cell).await;
            let is_kept = match guard.as_mut() {
                Some(slot) => {
                    slot.released.elapsed() < MAX_REST && slot.is_usable(generation).await
                }
                None => true,
            };
            if !is_kept && let Some(slot) = guard.take() {
                slot.retire().await;
            }
            drop((guard, cell, permit));
        }
    }

    /// The cell used last. Whoever holds a permit finds one.
    fn free_cell(&self) -> Result<FreeCell, DbError> {
        let index = self.0.free_cells().pop().ok_or(DbError::Closed)?;
        Ok(FreeCell {
            pool: Arc::clone(&self.0),
            index,
        })
    }

    /// The cell `index`, if it is free.
    fn take_cell(&self, index: usize) -> Option<FreeCell> {
        let mut free = self.0.free_cells();
        let position = free.iter().position(|free| *free == index)?;
        free.remove(position);
        Some(FreeCell {
            pool: Arc::clone(&self.0),
            index,
        })
    }
}

impl Pool {
    pub(super) fn tables(&self) -> &Tables {
        &self.tables
    }

    pub(super) fn changes(&self) -> Option<&Changes> {
        self.changes.get().map(Arc::as_ref)
    }

    pub(super) fn gauges(&self) -> &PoolGauges {
        &self.gauges
    }

    pub(super) fn free_cells(&self) -> MutexGuard<'_, Vec<usize>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One broken connection makes all that rest suspect: a restarted server breaks them together.
    pub(super) fn distrust_resting(&self) {
        self.suspect
            .store(self.microseconds(Instant::now()), Ordering::Relaxed);
    }

    pub(super) fn has_answered(&self, at: Instant) {
        self.answered
            .fetch_max(self.microseconds(at), Ordering::Relaxed);
    }

    /// Locks a cell that nobody else uses, so it does not wait.
    async fn lock(&self, cell: &FreeCell) -> OwnedMutexGuard<Option<Slot>> {
        // An index comes from the stack, which holds those of the cells only.
        match self.cells.get(cell.index) {
            Some(cell) => Arc::clone(cell).lock_owned().await,
            None => Arc::<Cell<Option<Slot>>>::default().lock_owned().await,
        }
    }

    /// Makes sure that the cell holds a connection that works.
    async fn freshen(&self, cell: &mut Option<Slot>) -> Result<(), DbError> {
        if let Some(slot) = cell {
            let is_trusted = slot.released.elapsed() < TRUSTED_REST
                && self.microseconds(slot.released) > self.suspect.load(Ordering::Relaxed);
            if slot.is_usable(self.credentials.current().number).await
                && (is_trusted || slot.is_alive().await)
            {
                return Ok(());
            }
        }
        if let Some(slot) = cell.take() {
            slot.retire().await;
        }
        *cell = Some(self.open_slot().await?);
        Ok(())
    }

    /// Opens a connection. When the server refuses the credentials, they are read again and tried once more: the
    /// password may have been rotated a moment ago.
    async fn open_slot(&self) -> Result<Slot, DbError> {
        let generation = self.credentials.current();
        let refused = match connect(&generation.target).await {
            Ok(connection) => return Ok(Slot::new(connection, generation.number, &self.gauges)),
            Err(error) if error.is_authentication() => error,
            Err(error) => return Err(error),
        };
        let Some(fresh) = self
            .credentials
            .replacement_of(&generation, &self.known, &self.tables)
            .await
        else {
            return Err(refused);
        };
        let connection = connect(&fresh.target).await?;
        Ok(Slot::new(connection, fresh.number, &self.gauges))
    }

    fn microseconds(&self, instant: Instant) -> u64 {
        let elapsed = instant.saturating_duration_since(self.started);
        u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
    }
}
