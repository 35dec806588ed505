//! Several sessions at once.

use std::time::Duration;

use sqlx::{Connection as _, raw_sql};
use tokio::{join, time::sleep};

use super::{further, migrate};
use crate::support::TestDatabase;

#[tokio::test]
async fn of_two_migrators_one_works_and_one_waits() {
    let database = TestDatabase::migrated().await;
    let slow = [further(
        9001,
        "CREATE TABLE extra (a int); SELECT pg_sleep(0.5)",
    )];
    let (first, second) = join!(migrate(&database, &slow), migrate(&database, &slow));
    let mut applied = [first.unwrap().applied, second.unwrap().applied];
    applied.sort();
    assert_eq!(applied, [vec![], vec![9001]]);
}

#[tokio::test]
async fn a_migrator_that_waits_too_long_may_be_tried_again() {
    let database = TestDatabase::migrated().await;
    let mut holder = database.connect().await;
    raw_sql("SELECT pg_advisory_lock(7022647185630784871)")
        .execute(&mut holder)
        .await
        .unwrap();
    let limits = auth_server::migrate::Limits {
        migrator_wait: Duration::from_millis(300),
        ..Default::default()
    };
    let migrator =
        auth_server::migrate::Migrator::new(auth_server::migrate::embedded()).with_limits(limits);
    let error = migrator.run(&database.target()).await.unwrap_err();
    assert_eq!(error.exit_code(), 1);
    assert!(error.to_string().contains("another migrator"), "{error}");
}

#[tokio::test]
async fn a_lock_held_by_another_session_is_waited_for_in_tries() {
    let database = TestDatabase::migrated().await;
    let mut holder = database.connect().await;
    let mut transaction = holder.begin().await.unwrap();
    raw_sql("LOCK TABLE session IN ACCESS SHARE MODE")
        .execute(&mut *transaction)
        .await
        .unwrap();
    let release = async {
        sleep(Duration::from_millis(120)).await;
        transaction.commit().await.unwrap();
    };
    let alter = [further(9001, "ALTER TABLE session ADD COLUMN extra text")];
    let (outcome, ()) = join!(migrate(&database, &alter), release);
    assert_eq!(outcome.unwrap().applied, [9001]);
}

#[tokio::test]
async fn a_lock_that_is_never_released_ends_the_run_with_the_code_for_trying_again() {
    let database = TestDatabase::migrated().await;
    let mut holder = database.connect().await;
    let mut transaction = holder.begin().await.unwrap();
    raw_sql("LOCK TABLE session IN ACCESS SHARE MODE")
        .execute(&mut *transaction)
        .await
        .unwrap();
    let alter = [further(9001, "ALTER TABLE session ADD COLUMN extra text")];
    let error = migrate(&database, &alter).await.unwrap_err();
    assert_eq!(error.exit_code(), 1);
    assert!(
        error
            .to_string()
            .contains("9001 (further) could not lock a table in 3 tries"),
        "{error}"
    );
}

#[tokio::test]
async fn queries_of_the_locked_table_are_served_between_the_tries() {
    let database = TestDatabase::migrated().await;
    let mut holder = database.connect().await;
    let mut transaction = holder.begin().await.unwrap();
    raw_sql("LOCK TABLE session IN ACCESS SHARE MODE")
        .execute(&mut *transaction)
        .await
        .unwrap();
    let alter = [further(9001, "ALTER TABLE session ADD COLUMN extra text")];
    let query = async {
        sleep(Duration::from_millis(20)).await;
        database
            .execute("SET statement_timeout = 2000; SELECT count(*) FROM session")
            .await;
    };
    let (outcome, ()) = join!(migrate(&database, &alter), query);
    assert_eq!(outcome.unwrap_err().exit_code(), 1);
}

/// An index that is made while others write waits for their transactions, which keeps nobody else waiting: however long
/// that takes, it is no lock to be given up.
#[tokio::test]
async fn an_index_waits_for_the_transactions_before_it() {
    let database = TestDatabase::migrated().await;
    let mut holder = database.connect().await;
    let mut transaction = holder.begin().await.unwrap();
    raw_sql("LOCK TABLE session IN ROW EXCLUSIVE MODE")
        .execute(&mut *transaction)
        .await
        .unwrap();
    let release = async {
        // Longer than all tries for a lock together.
        sleep(Duration::from_millis(600)).await;
        transaction.commit().await.unwrap();
    };
    let index = [further(
        9001,
        "-- no-transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS a ON session (\"updatedAt\");",
    )];
    let (outcome, ()) = join!(migrate(&database, &index), release);
    assert_eq!(outcome.unwrap().applied, [9001]);
}
