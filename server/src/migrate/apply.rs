//! Applies one migration, or what one difference needs.

use std::time::Instant;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, raw_sql};
use tokio::time::sleep;

use super::{
    Limits, MigrateError, Migration,
    difference::Difference,
    effects::{concurrent_index, is_batch},
    error::is_contention,
    file_name::Class,
    history, statements,
};
use crate::db::Tables;

/// Applies `migration` and notes it.
pub(super) async fn apply(
    connection: &mut PgConnection,
    migration: &Migration,
    tables: &Tables,
    limits: &Limits,
) -> Result<(), MigrateError> {
    let script = migration.script(tables);
    let label = format!("migration {}", migration.label());
    if migration.class == Class::Backfill {
        let filled = backfill(connection, migration, &script, limits, &label);
        return filled
            .await
            .map_err(|error| told(error, &label, limits, migration, &script));
    }
    let outcome = patiently(limits, &label, async || {
        if migration.is_transactional() {
            in_transaction(connection, migration, &script).await
        } else {
            statement_by_statement(connection, migration, &script, limits).await
        }
    });
    outcome
        .await
        .map_err(|error| told(error, &label, limits, migration, &script))
}

/// A failure of `migration` as it is told.
fn told(
    failure: Failure,
    label: &str,
    limits: &Limits,
    migration: &Migration,
    script: &str,
) -> MigrateError {
    match failure {
        Failure::Locked => MigrateError::LockTimeout {
            what: label.to_owned(),
            attempts: limits.lock_attempts,
        },
        Failure::Refused(error) => MigrateError::in_migration(migration, script, &error),
    }
}

/// Repeats each statement that is bounded, every time in a transaction of its own, until it finds no row to change: no
/// lock is held for long, and whatever interrupts it, the next try goes on where it was.
async fn backfill(
    connection: &mut PgConnection,
    migration: &Migration,
    script: &str,
    limits: &Limits,
    label: &str,
) -> Result<(), Failure> {
    let started = Instant::now();
    history::ensure_table(connection).await?;
    history::begin(connection, migration).await?;
    for statement in statements::split(script) {
        let mut rows = 0;
        loop {
            let mut changed = 0;
            patiently(limits, label, async || {
                let sql = AssertSqlSafe(statement);
                changed = raw_sql(sql)
                    .execute(&mut *connection)
                    .await?
                    .rows_affected();
                Ok(())
            })
            .await?;
            rows += changed;
            if changed == 0 || !is_batch(statement) {
                break;
            }
            tracing::debug!(what = label, rows, "backfilled so far");
        }
        tracing::info!(what = label, rows, "backfilled");
    }
    history::complete(connection, migration.version, milliseconds(started)).await?;
    Ok(())
}

/// Brings the bookkeeping of an earlier release up to date.
pub(super) async fn update_bookkeeping(
    connection: &mut PgConnection,
    limits: &Limits,
) -> Result<(), MigrateError> {
    if !history::is_outdated(connection).await? {
        return Ok(());
    }
    let label = "the bookkeeping";
    let outcome = patiently(limits, label, async || {
        history::update_table(connection).await
    });
    outcome.await.map_err(|failure| match failure {
        Failure::Locked => MigrateError::LockTimeout {
            what: label.to_owned(),
            attempts: limits.lock_attempts,
        },
        Failure::Refused(error) => MigrateError::from(error),
    })
}

/// Changes what `difference` names and notes it.
pub(super) async fn change(
    connection: &mut PgConnection,
    difference: &Difference,
    limits: &Limits,
) -> Result<(), MigrateError> {
    let started = Instant::now();
    let label = difference.to_string();
    for statement in &difference.statements {
        let outcome = patiently(limits, &label, async || {
            limit_waiting(connection, statement, limits).await?;
            raw_sql(AssertSqlSafe(statement.as_str()))
                .execute(&mut *connection)
                .await?;
            Ok(())
        });
        outcome.await.map_err(|error| match error {
            Failure::Locked => MigrateError::LockTimeout {
                what: label.clone(),
                attempts: limits.lock_attempts,
            },
            Failure::Refused(error) => MigrateError::in_change(&label, &error),
        })?;
    }
    limit_waiting(connection, "", limits).await?;
    history::note_change(connection, difference, milliseconds(started)).await?;
    Ok(())
}

/// Marks statements that make or remove an index without keeping anybody from writing.
const CONCURRENTLY: &str = " INDEX CONCURRENTLY ";

/// Sets how long `statement` waits for a lock. Nobody waits behind what runs concurrently, which itself waits for old
/// transactions to end.
async fn limit_waiting(
    connection: &mut PgConnection,
    statement: &str,
    limits: &Limits,
) -> sqlx::Result<()> {
    let timeout = if statement.contains(CONCURRENTLY) {
        0
    } else {
        limits.lock_timeout.as_millis()
    };
    let sql = AssertSqlSafe(format!("SET lock_timeout = {timeout}"));
    raw_sql(sql).execute(connection).await?;
    Ok(())
}

/// Removes what an interruption has left of the index that `statement` makes: it is there, so that `IF NOT EXISTS`
/// would leave it alone, and no query uses it.
async fn drop_unfinished(connection: &mut PgConnection, statement: &str) -> sqlx::Result<()> {
    let Some(name) = concurrent_index(statement) else {
        return Ok(());
    };
    let unfinished: Option<String> = sqlx::query_scalar(
        "SELECT indexrelid::regclass::text FROM pg_index
         WHERE indexrelid = to_regclass(quote_ident($1)) AND NOT indisvalid",
    )
    .bind(&name)
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(unfinished) = unfinished {
        let sql = AssertSqlSafe(format!("DROP INDEX CONCURRENTLY IF EXISTS {unfinished}"));
        raw_sql(sql).execute(connection).await?;
    }
    Ok(())
}

enum Failure {
    /// Other sessions held a table at each try.
    Locked,
    Refused(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Refused(error)
    }
}

/// Tries `attempt`. When other sessions are in the way it steps back, so that they are served, and tries again.
async fn patiently(
    limits: &Limits,
    label: &str,
    mut attempt: impl AsyncFnMut() -> sqlx::Result<()>,
) -> Result<(), Failure> {
    let mut pause = limits.first_pause;
    for number in 1..=limits.lock_attempts {
        match attempt().await {
            Ok(()) => return Ok(()),
            Err(error) if is_contention(&error) => {
                tracing::info!(
                    what = label,
                    attempt = number,
                    "a table is locked by other sessions, trying again"
                );
            }
            Err(error) => return Err(Failure::Refused(error)),
        }
        if number < limits.lock_attempts {
            sleep(pause).await;
            pause = (pause * 2).min(limits.last_pause);
        }
    }
    Err(Failure::Locked)
}

/// Either all of it happens, its bookkeeping included, or nothing.
async fn in_transaction(
    connection: &mut PgConnection,
    migration: &Migration,
    script: &str,
) -> sqlx::Result<()> {
    let started = Instant::now();
    let mut transaction = connection.begin().await?;
    history::ensure_table(&mut transaction).await?;
    history::begin(&mut transaction, migration).await?;
    raw_sql(AssertSqlSafe(script))
        .execute(&mut *transaction)
        .await?;
    history::complete(&mut transaction, migration.version, milliseconds(started)).await?;
    transaction.commit().await
}

/// The bookkeeping says first that it began, so that an interruption is seen and the migration run again.
async fn statement_by_statement(
    connection: &mut PgConnection,
    migration: &Migration,
    script: &str,
    limits: &Limits,
) -> sqlx::Result<()> {
    let started = Instant::now();
    history::ensure_table(connection).await?;
    history::begin(connection, migration).await?;
    for statement in statements::split(script) {
        limit_waiting(connection, statement, limits).await?;
        drop_unfinished(connection, statement).await?;
        raw_sql(AssertSqlSafe(statement))
            .execute(&mut *connection)
            .await?;
    }
    limit_waiting(connection, "", limits).await?;
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
