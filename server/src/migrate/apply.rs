//! Applies one migration.

use std::time::Instant;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, raw_sql};
use tokio::time::sleep;

use super::{Limits, MigrateError, Migration, error::is_contention, history, statements};

/// Applies `migration` and notes it. When other sessions are in the way it steps back, so that they are served,
/// and tries again.
pub(super) async fn apply(
    connection: &mut PgConnection,
    migration: &Migration,
    limits: &Limits,
) -> Result<(), MigrateError> {
    let mut pause = limits.first_pause;
    for attempt in 1..=limits.lock_attempts {
        let result = if migration.is_transactional() {
            in_transaction(connection, migration).await
        } else {
            statement_by_statement(connection, migration).await
        };
        match result {
            Ok(()) => return Ok(()),
            Err(error) if is_contention(&error) => {
                let migration = migration.label();
                tracing::info!(
                    migration,
                    attempt,
                    "a table is locked by other sessions, trying again"
                );
            }
            Err(error) => return Err(MigrateError::in_migration(migration, &error)),
        }
        if attempt < limits.lock_attempts {
            sleep(pause).await;
            pause = (pause * 2).min(limits.last_pause);
        }
    }
    Err(MigrateError::LockTimeout {
        migration: migration.label(),
        attempts: limits.lock_attempts,
    })
}

/// Either all of it happens, its bookkeeping included, or nothing.
async fn in_transaction(connection: &mut PgConnection, migration: &Migration) -> sqlx::Result<()> {
    let started = Instant::now();
    let mut transaction = connection.begin().await?;
    history::ensure_table(&mut transaction).await?;
    history::begin(&mut transaction, migration).await?;
    raw_sql(AssertSqlSafe(migration.sql.as_str()))
        .execute(&mut *transaction)
        .await?;
    history::complete(&mut transaction, migration.version, milliseconds(started)).await?;
    transaction.commit().await
}

/// The bookkeeping says first that it began, so that an interruption is seen and the migration run again.
async fn statement_by_statement(
    connection: &mut PgConnection,
    migration: &Migration,
) -> sqlx::Result<()> {
    let started = Instant::now();
    history::ensure_table(connection).await?;
    history::begin(connection, migration).await?;
    for statement in statements::split(&migration.sql) {
        raw_sql(AssertSqlSafe(statement))
            .execute(&mut *connection)
            .await?;
    }
    history::complete(connection, migration.version, milliseconds(started)).await
}

/// Takes the tables over as they are: they count as migrations up to the baseline.
pub(super) async fn adopt(
    connection: &mut PgConnection,
    baseline: &[Migration],
) -> sqlx::Result<()> {
    let mut transaction = connection.begin().await?;
    history::ensure_table(&mut transaction).await?;
    for migration in baseline {
        history::begin(&mut transaction, migration).await?;
        history::complete(&mut transaction, migration.version, 0).await?;
    }
    transaction.commit().await
}

fn milliseconds(started: Instant) -> i64 {
    i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX)
}
