//! The migrations make exactly the tables that better-auth makes, and a few under names of our own.

use sqlx::{AssertSqlSafe, Connection as _};

use crate::support::TestDatabase;

/// Columns in their order, with type, nullability and default.
const COLUMNS: &str = "
    SELECT format('%s.%s %s %s %s default=%s', table_name, ordinal_position, column_name, data_type, is_nullable, column_default)
    FROM information_schema.columns WHERE table_schema = 'public'";

/// Primary keys, unique constraints and foreign keys, with their names and rules.
const CONSTRAINTS: &str = "
    SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace";

const INDEXES: &str = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'";

/// Whatever else a dump would show.
const OBJECTS: &str = "
    SELECT format('%s %s', relkind, relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT format('function %s', oid::regprocedure) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT format('trigger %s', tgname) FROM pg_trigger WHERE NOT tgisinternal";

/// What our migrations add on purpose, each with its reason.
const EXTRA: &[&str] = &[
    // The bookkeeping of the migrator.
    "authbackend_migration",
    // Messages to be sent.
    "authbackend_outbox",
    // What happened.
    "authbackend_audit",
    // By what clean-up finds rows that have ended.
    "session_expiresAt_idx",
    "verification_expiresAt_idx",
    // By what sign-in through a service finds an account.
    "account_providerId_accountId_idx",
];

async fn described(database: &TestDatabase, query: &'static str) -> Vec<String> {
    let mut connection = database.connect().await;
    let mut lines: Vec<String> = sqlx::query_scalar(AssertSqlSafe(query))
        .fetch_all(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    lines.retain(|line| EXTRA.iter().all(|extra| !line.contains(extra)));
    lines.sort();
    lines
}

async fn assert_same(query: &'static str) {
    let ours = TestDatabase::migrated().await;
    let theirs = TestDatabase::of_better_auth().await;
    for further in [
        include_str!("fixtures/better-auth-1.7.25-rate-limit.sql"),
        include_str!("fixtures/better-auth-1.7.25-jwks.sql"),
    ] {
        theirs.execute(further).await;
    }
    let expected = described(&theirs, query).await;
    assert!(!expected.is_empty());
    assert_eq!(described(&ours, query).await, expected);
}

#[tokio::test]
async fn the_columns_are_those_of_better_auth() {
    assert_same(COLUMNS).await;
}

#[tokio::test]
async fn the_keys_are_those_of_better_auth() {
    assert_same(CONSTRAINTS).await;
}

#[tokio::test]
async fn the_indexes_are_those_of_better_auth() {
    assert_same(INDEXES).await;
}

#[tokio::test]
async fn there_is_nothing_else() {
    assert_same(OBJECTS).await;
}
