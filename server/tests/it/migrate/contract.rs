//! Contracts and backfills: with the real migrator, on migrations that the server does not have.

use auth_server::migrate::{Class, Migration, REQUIRED_VERSION};
use serde_json::Value;

use super::{further, migrate, migrator};
use crate::support::{Process, TestDatabase, http, process::run};

const REMOVE: &str = "ALTER TABLE extra DROP COLUMN old";

/// A release that adds, and one that removes what the first one used.
fn releases() -> [Migration; 2] {
    [
        further(9001, "CREATE TABLE extra (old int, new int)"),
        Migration::new(9002, "remove", Class::Contract, REMOVE),
    ]
}

async fn columns(database: &TestDatabase) -> String {
    let query = "SELECT string_agg(column_name, ',' ORDER BY ordinal_position)
                 FROM information_schema.columns WHERE table_name = 'extra'";
    database.value(query).await
}

#[tokio::test]
async fn a_contract_is_applied_only_when_asked_for() {
    let database = TestDatabase::migrated().await;
    let outcome = migrate(&database, &releases()).await.unwrap();
    assert_eq!(
        (outcome.applied, outcome.pending_contracts),
        (vec![9001], vec![9002])
    );
    assert_eq!(columns(&database).await, "old,new");
    let outcome = migrator(&releases())
        .contract(&database.target())
        .await
        .unwrap();
    assert_eq!(
        (outcome.schema_version, outcome.applied),
        (9002, vec![9002])
    );
    assert_eq!(columns(&database).await, "new");
}

#[tokio::test]
async fn a_contract_waits_for_what_comes_before_it() {
    let database = TestDatabase::migrated().await;
    let contracting = migrator(&releases());
    let error = contracting.contract(&database.target()).await.unwrap_err();
    assert_eq!(error.exit_code(), 10);
    assert!(error.to_string().contains("auth-server migrate"), "{error}");
}

#[tokio::test]
async fn an_older_migrator_works_with_what_was_added_and_is_refused_after_a_contract() {
    let database = TestDatabase::migrated().await;
    migrate(&database, &releases()).await.unwrap();
    let older = migrate(&database, &[]).await.unwrap();
    assert_eq!((older.schema_version, older.applied), (9001, vec![]));
    migrator(&releases())
        .contract(&database.target())
        .await
        .unwrap();
    assert_eq!(migrate(&database, &[]).await.unwrap_err().exit_code(), 11);
    assert!(migrate(&database, &releases()).await.is_ok());
}

#[tokio::test]
async fn a_contract_may_leave_servers_of_one_version_before() {
    let database = TestDatabase::migrated().await;
    let [expand, _] = releases();
    let sql = format!("-- min-server-version: 9001\n{REMOVE}");
    let contract = Migration::new(9002, "remove", Class::Contract, sql);
    let both = [expand.clone(), contract];
    migrate(&database, &both).await.unwrap();
    migrator(&both).contract(&database.target()).await.unwrap();
    assert!(migrate(&database, &[expand]).await.is_ok());
    assert_eq!(migrate(&database, &[]).await.unwrap_err().exit_code(), 11);
}

#[tokio::test]
async fn a_failed_contract_changes_nothing_and_refuses_nobody() {
    let database = TestDatabase::migrated().await;
    let [expand, _] = releases();
    let sql = format!("{REMOVE}; nonsense");
    let broken = Migration::new(9002, "remove", Class::Contract, sql);
    let both = [expand, broken];
    migrate(&database, &both).await.unwrap();
    let error = migrator(&both)
        .contract(&database.target())
        .await
        .unwrap_err();
    assert_eq!(error.exit_code(), 10);
    assert_eq!(columns(&database).await, "old,new");
    assert!(migrate(&database, &[]).await.is_ok());
}

#[tokio::test]
async fn bookkeeping_of_before_there_were_contracts_is_brought_up_to_date() {
    let database = TestDatabase::migrated().await;
    database
        .execute(r#"ALTER TABLE authbackend_migration DROP COLUMN "minServerVersion""#)
        .await;
    assert!(migrate(&database, &[]).await.is_ok());
    migrate(&database, &releases()).await.unwrap();
    migrator(&releases())
        .contract(&database.target())
        .await
        .unwrap();
    let query = r#"SELECT "minServerVersion" FROM authbackend_migration WHERE version = 9002"#;
    assert_eq!(database.value(query).await, "9002");
}

/// The status and text of `/readyz` of a server that knows the migrations in `directory`.
async fn readiness(database: &TestDatabase, directory: Option<&str>) -> (u16, String) {
    let variables: Vec<_> = directory
        .map(|directory| ("AUTH_MIGRATIONS_DIR", directory))
        .into_iter()
        .collect();
    let process = Process::serve(database, &variables).await;
    let answer = http::get(process.admin(), "/readyz").await.unwrap();
    (answer.status, answer.body)
}

#[tokio::test]
async fn a_server_that_does_not_know_the_contract_is_not_ready() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_str().unwrap();
    let write = |name: &str, sql: &str| std::fs::write(directory.path().join(name), sql).unwrap();
    write(
        "9001_extra.expand.sql",
        "CREATE TABLE extra (old int, new int)",
    );
    write("9002_remove.contract.sql", REMOVE);
    let variables = [
        ("DATABASE_URL", database.url()),
        ("AUTH_MIGRATIONS_DIR", path),
    ];
    assert_eq!(run(&["migrate"], &variables).await.code, Some(0));
    assert_eq!(readiness(&database, None).await.0, 200);
    let exit = run(&["migrate", "--contract"], &variables).await;
    assert_eq!(exit.code, Some(0), "{exit:?}");
    let (status, text) = readiness(&database, None).await;
    assert_eq!(status, 503);
    assert!(text.contains("migration 9002"), "{text}");
    assert_eq!(readiness(&database, Some(path)).await.0, 200);
    let exit = run(&["migrate"], &[("DATABASE_URL", database.url())]).await;
    assert_eq!(exit.code, Some(11));
}

#[tokio::test]
async fn only_the_approved_plan_is_carried_out() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, sql: &str| std::fs::write(directory.path().join(name), sql).unwrap();
    let variables = [
        ("DATABASE_URL", database.url()),
        ("AUTH_MIGRATIONS_DIR", directory.path().to_str().unwrap()),
    ];
    file("9001_extra.expand.sql", "CREATE TABLE extra (old int)");
    let shown = run(&["migrate", "--dry-run", "--json"], &variables).await;
    let plan: Value = serde_json::from_str(&shown.stdout[0]).unwrap();
    let hash = plan["hash"].as_str().unwrap();
    assert_eq!(plan["pending"][0]["version"], 9001);
    file("9002_more.expand.sql", "CREATE TABLE more (a int)");
    let exit = run(&["migrate", "--plan", hash], &variables).await;
    assert_eq!(exit.code, Some(12), "{exit:?}");
    assert_eq!(columns(&database).await, "");
    std::fs::remove_file(directory.path().join("9002_more.expand.sql")).unwrap();
    let exit = run(&["migrate", "--plan", hash], &variables).await;
    assert_eq!(exit.code, Some(0), "{exit:?}");
    // Another try after the work was done.
    let exit = run(&["migrate", "--plan", hash], &variables).await;
    assert_eq!(exit.code, Some(0), "{exit:?}");
}

#[tokio::test]
async fn a_dry_run_leaves_a_plan_that_fits_into_a_termination_message() {
    let database = TestDatabase::empty().await;
    let message = tempfile::NamedTempFile::new().unwrap();
    let variables = [
        ("DATABASE_URL", database.url()),
        ("TERMINATION_MESSAGE_PATH", message.path().to_str().unwrap()),
    ];
    let exit = run(&["migrate", "--dry-run", "--json"], &variables).await;
    assert_eq!(exit.code, Some(0));
    let left = std::fs::read_to_string(message).unwrap();
    let plan: Value = serde_json::from_str(&left).unwrap();
    assert!(left.len() <= 4096);
    assert_eq!(plan["targetVersion"], REQUIRED_VERSION);
    assert_eq!(plan["pending"][0]["name"], "initial");
    assert_eq!(plan["destructive"], false);
}

/// A backfill of `extra`, a thousand rows of it, in batches of a hundred.
fn backfill(extra: &str) -> [Migration; 2] {
    let rows = "CREATE TABLE extra (id int, a int);
                CREATE TABLE batch (number int GENERATED ALWAYS AS IDENTITY, rows bigint);
                INSERT INTO extra SELECT n FROM generate_series(1, 1000) n";
    let batch = format!(
        "WITH done AS (UPDATE extra SET a = 1{extra} WHERE id IN (SELECT id FROM extra WHERE a IS NULL ORDER BY id LIMIT 100) RETURNING 1)
         INSERT INTO batch (rows) SELECT count(*) FROM done HAVING count(*) > 0"
    );
    [
        further(9001, rows),
        Migration::new(9002, "fill", Class::Backfill, batch),
    ]
}

#[tokio::test]
async fn a_backfill_is_done_in_batches_each_in_a_transaction_of_its_own() {
    let database = TestDatabase::migrated().await;
    migrate(&database, &backfill("")).await.unwrap();
    let filled = database
        .value("SELECT count(*) FROM extra WHERE a = 1")
        .await;
    assert_eq!(filled, "1000");
    let batches = database
        .value("SELECT count(*) || ' of ' || max(rows) FROM batch")
        .await;
    assert_eq!(batches, "10 of 100");
    let transactions = database
        .value("SELECT count(DISTINCT xmin::text) FROM batch")
        .await;
    assert_eq!(transactions, "10");
}

#[tokio::test]
async fn an_interrupted_backfill_goes_on_where_it_was() {
    let database = TestDatabase::migrated().await;
    // The fourth batch ends the session.
    let fails =
        " + CASE WHEN id > 300 AND pg_terminate_backend(pg_backend_pid()) THEN 0 ELSE 0 END";
    let error = migrate(&database, &backfill(fails)).await.unwrap_err();
    assert_eq!(error.exit_code(), 1, "{error}");
    let done = "SELECT count(*) FROM extra WHERE a = 1";
    assert_eq!(database.value(done).await, "300");
    let outcome = migrate(&database, &backfill("")).await.unwrap();
    assert_eq!(outcome.applied, [9002]);
    assert_eq!(database.value(done).await, "1000");
    assert_eq!(database.value("SELECT count(*) FROM batch").await, "10");
}
