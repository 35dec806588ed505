//! One migrator per database.

use std::time::Duration;

use sqlx::PgConnection;
use tokio::time::{Instant, sleep};

use super::MigrateError;

/// Advisory locks are numbers, one space per database; this one is "authbkmg" in ASCII.
const LOCK: i64 = 0x6175_7468_626b_6d67;

/// How often to ask. Waiting inside the database would hold a snapshot, for which `CREATE INDEX CONCURRENTLY` of
/// the other migrator waits in turn.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// Takes the lock for the life of the connection, waiting at most `limit` for another migrator.
pub(super) async fn acquire(
    connection: &mut PgConnection,
    limit: Duration,
) -> Result<(), MigrateError> {
    let deadline = Instant::now() + limit;
    let mut is_announced = false;
    while !try_acquire(connection).await? {
        if Instant::now() >= deadline {
            return Err(MigrateError::Busy(limit));
        }
        if !is_announced {
            tracing::info!(
                limit_seconds = limit.as_secs(),
                "waiting for another migrator"
            );
            is_announced = true;
        }
        sleep(POLL_INTERVAL).await;
    }
    Ok(())
}

async fn try_acquire(connection: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
        .bind(LOCK)
        .fetch_one(connection)
        .await
}
