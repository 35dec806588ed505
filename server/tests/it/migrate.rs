//! `auth-server migrate`.

mod adoption;
mod contention;
mod contract;
mod doctor;
mod failure;
mod process;
mod releases;
mod roles;

use std::time::Duration;

use auth_server::migrate::{
    Class, Limits, MigrateError, Migration, Migrator, Outcome, REQUIRED_VERSION, embedded,
};

use crate::support::TestDatabase;

/// A further migration, as a derived image has.
fn further(version: i64, sql: &str) -> Migration {
    Migration::new(version, "further", Class::Expand, sql)
}

/// The versions of the server's migrations.
fn versions() -> Vec<i64> {
    embedded()
        .iter()
        .map(|migration| migration.version)
        .collect()
}

/// The server's migrations and these.
fn migrator(more: &[Migration]) -> Migrator {
    Migrator::new([embedded(), more.to_vec()].concat()).with_limits(Limits {
        migrator_wait: Duration::from_secs(20),
        lock_timeout: Duration::from_millis(50),
        lock_attempts: 3,
        first_pause: Duration::from_millis(50),
        last_pause: Duration::from_millis(100),
    })
}

async fn migrate(database: &TestDatabase, more: &[Migration]) -> Result<Outcome, MigrateError> {
    migrator(more).run(&database.target()).await
}

/// All that a dump of the schema shows, bookkeeping included.
async fn tables(database: &TestDatabase) -> String {
    database
        .value("SELECT string_agg(table_name || '.' || column_name, ' ' ORDER BY table_name, ordinal_position)
                FROM information_schema.columns WHERE table_schema = 'public'")
        .await
}

#[tokio::test]
async fn an_empty_database_gets_the_schema_and_the_second_run_finds_nothing_to_do() {
    let database = TestDatabase::empty().await;
    let first = migrate(&database, &[]).await.unwrap();
    assert_eq!(
        first,
        Outcome {
            schema_version: REQUIRED_VERSION,
            applied: versions(),
            pending_contracts: vec![]
        }
    );
    let second = migrate(&database, &[]).await.unwrap();
    assert_eq!(
        second,
        Outcome {
            schema_version: REQUIRED_VERSION,
            applied: vec![],
            pending_contracts: vec![]
        }
    );
}

#[tokio::test]
async fn the_bookkeeping_says_what_was_applied_and_when() {
    let database = TestDatabase::migrated().await;
    let row = database
        .value(r#"SELECT concat_ws(' ', version, name, class, checksum, "appliedAt" > now() - interval '1 day', "durationMs" >= 0)
                  FROM authbackend_migration WHERE version = 1"#)
        .await;
    assert_eq!(
        row,
        format!("1 initial expand {} t t", embedded()[0].checksum)
    );
}

#[tokio::test]
async fn migrations_of_a_derived_image_follow() {
    let database = TestDatabase::migrated().await;
    let more = [further(
        9001,
        "CREATE TABLE extra (a int); INSERT INTO extra VALUES (1)",
    )];
    let outcome = migrate(&database, &more).await.unwrap();
    assert_eq!(
        outcome,
        Outcome {
            schema_version: 9001,
            applied: vec![9001],
            pending_contracts: vec![]
        }
    );
    assert_eq!(database.value("SELECT a FROM extra").await, "1");
}

#[tokio::test]
async fn a_migration_without_a_transaction_runs_statement_by_statement() {
    let database = TestDatabase::migrated().await;
    let sql = "-- no-transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS a ON session (\"expiresAt\");\n\
               CREATE INDEX CONCURRENTLY IF NOT EXISTS b ON session (\"createdAt\");";
    migrate(&database, &[further(9001, sql)]).await.unwrap();
    assert_eq!(
        database
            .value("SELECT count(*) FROM pg_indexes WHERE indexname IN ('a', 'b')")
            .await,
        "2"
    );
}

#[tokio::test]
async fn a_plan_writes_nothing() {
    let database = TestDatabase::empty().await;
    let plan = migrator(&[]).plan(&database.target()).await.unwrap();
    assert_eq!(
        (plan.current_version, plan.target_version, plan.adopt),
        (0, REQUIRED_VERSION, false)
    );
    assert_eq!(tables(&database).await, "");
}
