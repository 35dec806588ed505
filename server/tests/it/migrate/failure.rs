//! Migrations that must not go on.

use sqlx::{Connection as _, raw_sql};

use super::{further, migrate, tables};
use crate::support::TestDatabase;

#[tokio::test]
async fn a_failing_migration_leaves_the_database_as_it_was() {
    let database = TestDatabase::empty().await;
    let error = {
        let broken = further(
            9001,
            "CREATE TABLE extra (a int);\nINSERT INTO extra\nVALUES ('no number')",
        );
        let migrator = auth_server::migrate::Migrator::new(vec![broken]);
        migrator.run(&database.target()).await.unwrap_err()
    };
    assert_eq!(error.exit_code(), 10);
    assert!(
        error
            .to_string()
            .contains("9001 (further) failed in line 3: invalid input syntax"),
        "{error}"
    );
    assert_eq!(tables(&database).await, "");
}

#[tokio::test]
async fn what_was_applied_before_the_failing_one_stays() {
    let database = TestDatabase::empty().await;
    let broken = [
        further(9001, "CREATE TABLE extra (a int)"),
        further(9002, "nonsense"),
    ];
    assert_eq!(
        migrate(&database, &broken).await.unwrap_err().exit_code(),
        10
    );
    assert_eq!(
        database
            .value("SELECT max(version) FROM authbackend_migration")
            .await,
        "9001"
    );
}

#[tokio::test]
async fn a_corrected_file_is_applied_after_a_failure() {
    let database = TestDatabase::migrated().await;
    migrate(&database, &[further(9001, "nonsense")])
        .await
        .unwrap_err();
    migrate(&database, &[further(9001, "CREATE TABLE extra (a int)")])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_failed_migration_without_a_transaction_runs_again_when_corrected() {
    let database = TestDatabase::migrated().await;
    let broken = "-- no-transaction\nCREATE TABLE IF NOT EXISTS extra (a int);\nnonsense;";
    assert_eq!(
        migrate(&database, &[further(9001, broken)])
            .await
            .unwrap_err()
            .exit_code(),
        10
    );
    let state = r#"SELECT "appliedAt" IS NULL FROM authbackend_migration WHERE version = 9001"#;
    assert_eq!(database.value(state).await, "true");
    let corrected = "-- no-transaction\nCREATE TABLE IF NOT EXISTS extra (a int);";
    migrate(&database, &[further(9001, corrected)])
        .await
        .unwrap();
    assert_eq!(database.value(state).await, "false");
}

/// Two rows alike keep a unique index from being finished: what is left is there and is not used.
#[tokio::test]
async fn an_index_that_was_interrupted_is_made_anew() {
    let database = TestDatabase::migrated().await;
    database
        .execute("CREATE TABLE extra (a int); INSERT INTO extra VALUES (1), (1)")
        .await;
    let sql = "-- no-transaction\n-- By what it is found.\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"Extra\" ON extra (a);";
    let index = further(9001, sql);
    migrate(&database, std::slice::from_ref(&index))
        .await
        .unwrap_err();
    let state = r#"SELECT indisvalid FROM pg_index WHERE indexrelid = '"Extra"'::regclass"#;
    assert_eq!(database.value(state).await, "false");
    database
        .execute("DELETE FROM extra WHERE ctid = '(0,1)'")
        .await;
    migrate(&database, &[index]).await.unwrap();
    assert_eq!(database.value(state).await, "true");
}

#[tokio::test]
async fn a_file_changed_after_it_was_applied_is_refused_by_name() {
    let database = TestDatabase::migrated().await;
    migrate(&database, &[further(9001, "SELECT 1")])
        .await
        .unwrap();
    let error = migrate(&database, &[further(9001, "SELECT 2")])
        .await
        .unwrap_err();
    assert_eq!(error.exit_code(), 10);
    assert!(
        error.to_string().contains("9001 (further) was changed"),
        "{error}"
    );
}

#[tokio::test]
async fn a_lost_connection_may_be_tried_again() {
    let database = TestDatabase::migrated().await;
    let suicide = further(9001, "SELECT pg_terminate_backend(pg_backend_pid())");
    assert_eq!(
        migrate(&database, &[suicide])
            .await
            .unwrap_err()
            .exit_code(),
        1
    );
    migrate(&database, &[further(9001, "SELECT 1")])
        .await
        .unwrap();
}

#[tokio::test]
async fn the_content_of_a_row_is_not_in_the_error() {
    let database = TestDatabase::migrated().await;
    let mut connection = database.connect().await;
    let rows = r#"INSERT INTO "user" VALUES ('1', 'same', 'a@private.example', false), ('2', 'same', 'b@private.example', false);
                  INSERT INTO verification (id, identifier, value, "expiresAt") VALUES ('1', 'private', 'x', now()), ('2', 'private', 'x', now())"#;
    raw_sql(rows).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let unique = further(
        9001,
        "CREATE UNIQUE INDEX extra ON verification (identifier)",
    );
    let error = migrate(&database, &[unique]).await.unwrap_err();
    assert_eq!(error.exit_code(), 10);
    assert!(!error.to_string().contains("private"), "{error}");
}
