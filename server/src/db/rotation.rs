//! Follows the credential files: a changed password or address replaces the connections, with no restart.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use sqlx::Connection as _;
use tokio::{
    sync::Mutex,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use super::{Db, DbError, Schema, Tables, connect::connect};
use crate::config::{Database, Problem, Target};

/// How often the files are looked at. Kubernetes takes up to a minute to swap them, so more often gains nothing.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// New credentials that do not work yet are tried again after this time, doubled each time: whoever rotates a
/// password writes the file and changes the role in either order.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// The longest time between two tries.
const LAST_RETRY: Duration = Duration::from_secs(10);

/// Credentials that worked, or the first ones read.
pub(super) struct Generation {
    /// Grows by one with each replacement.
    pub(super) number: u64,
    pub(super) target: Target,
}

/// The credentials in force, and those that were refused last.
pub(super) struct Credentials {
    database: Database,
    current: RwLock<Arc<Generation>>,
    rejected: Mutex<Option<Rejected>>,
}

/// New credentials that do not work.
struct Rejected {
    reason: Reason,
    retry_after: Duration,
    retry_at: Instant,
}

#[derive(Clone, PartialEq)]
enum Reason {
    Unreadable(Problem),
    Target(Target),
}

/// Why new credentials are not used.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(transparent)]
    Connect(#[from] DbError),
    #[error("cannot read its schema: {0}")]
    Schema(#[from] sqlx::Error),
    #[error("its schema has version {0}: run `auth-server migrate` on it")]
    TooOld(i64),
    #[error("it works only with servers that know migration {0}: run a newer version")]
    TooNew(i64),
    #[error("its schema has no {0}, which the settings name: run `auth-server migrate` on it")]
    Lacking(String),
}

impl Credentials {
    pub(super) fn read(database: Database) -> Result<Self, Problem> {
        let target = database.target()?;
        for parameter in &target.ignored {
            tracing::warn!(%parameter, "ignoring a parameter of DATABASE_URL that means nothing to this server");
        }
        let first = Arc::new(Generation { number: 0, target });
        Ok(Self {
            database,
            current: RwLock::new(first),
            rejected: Mutex::new(None),
        })
    }

    pub(super) fn current(&self) -> Arc<Generation> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Credentials newer than `used`, which the server refused: replaced already, or now by reading them again.
    pub(super) async fn replacement_of(
        &self,
        used: &Generation,
        known: &[i64],
        tables: &Tables,
    ) -> Option<Arc<Generation>> {
        self.refresh(known, tables).await;
        Some(self.current()).filter(|current| current.number != used.number)
    }

    /// Reads the files and replaces the credentials if they changed and the new ones work. One caller at a time;
    /// the others wait and find the work done. A database is used only if it has the `tables`, and if this server
    /// knows, with `known`, the migrations that it has.
    pub(super) async fn refresh(&self, known: &[i64], tables: &Tables) {
        if !self.database.may_change() {
            return;
        }
        let mut rejected = self.rejected.lock().await;
        let current = self.current();
        let target = match self.database.target() {
            Ok(target) => target,
            Err(problem) => {
                reject(&mut rejected, Reason::Unreadable(problem.clone()), &problem);
                return;
            }
        };
        if target == current.target {
            *rejected = None;
            return;
        }
        let reason = Reason::Target(target.clone());
        if rejected
            .as_ref()
            .is_some_and(|last| last.reason == reason && Instant::now() < last.retry_at)
        {
            return;
        }
        match verify(&target, known, tables).await {
            Ok(()) => {
                let address = target.address();
                let number = current.number + 1;
                *self.current.write().unwrap_or_else(PoisonError::into_inner) =
                    Arc::new(Generation { number, target });
                *rejected = None;
                tracing::info!(%address, "database credentials replaced");
            }
            Err(refusal) => reject(&mut rejected, reason, &refusal),
        }
    }
}

/// Remembers why, and says so once per change.
fn reject(rejected: &mut Option<Rejected>, reason: Reason, error: &dyn std::error::Error) {
    let retry_after = match rejected {
        Some(last) if last.reason == reason => (last.retry_after * 2).min(LAST_RETRY),
        _ => {
            tracing::warn!(%error, "new database credentials do not work, the old ones stay in use");
            FIRST_RETRY
        }
    };
    *rejected = Some(Rejected {
        reason,
        retry_after,
        retry_at: Instant::now() + retry_after,
    });
}

/// Connects once, apart from the pool, and checks that this server can work there.
async fn verify(target: &Target, known: &[i64], tables: &Tables) -> Result<(), Refusal> {
    let mut connection = connect(target).await?;
    let schema = Schema::read(&mut connection, known, tables).await?;
    // The check is done; a goodbye that fails changes nothing.
    drop(connection.close().await);
    match schema {
        Schema::Ready { .. } => Ok(()),
        Schema::TooOld { version } => Err(Refusal::TooOld(version)),
        Schema::TooNew { needed } => Err(Refusal::TooNew(needed)),
        Schema::Lacking { name } => Err(Refusal::Lacking(name)),
    }
}

impl Db {
    /// Looks after the pool until `stop` is cancelled: follows the credential files and closes connections that
    /// nobody needs any more.
    pub async fn maintain(self, stop: CancellationToken) {
        let mut ticks = interval(POLL_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let known = self.known_migrations();
            self.0.credentials.refresh(known, self.tables()).await;
            self.sweep().await;
        }
    }
}
