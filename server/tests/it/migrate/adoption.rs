//! Taking over a database that better-auth has made.

use auth_server::migrate::REQUIRED_VERSION;

use super::{migrate, migrator, tables, versions};
use crate::support::TestDatabase;

#[tokio::test]
async fn a_database_of_better_auth_is_taken_over_as_it_is() {
    let database = TestDatabase::of_better_auth().await;
    database
        .execute(r#"INSERT INTO "user" VALUES ('1', 'Ann', 'ann@shop.example', true)"#)
        .await;
    let outcome = migrate(&database, &[]).await.unwrap();
    assert_eq!(
        (outcome.schema_version, outcome.applied),
        (REQUIRED_VERSION, versions()[1..].to_vec())
    );
    assert_eq!(database.value(r#"SELECT name FROM "user""#).await, "Ann");
    assert_eq!(
        database
            .value("SELECT count(*) FROM authbackend_migration")
            .await,
        versions().len().to_string()
    );
}

#[tokio::test]
async fn the_plan_says_so() {
    let database = TestDatabase::of_better_auth().await;
    let plan = migrator(&[]).plan(&database.target()).await.unwrap();
    let pending = plan.pending.iter().map(|migration| migration.version);
    assert_eq!(
        (plan.adopt, pending.collect::<Vec<_>>()),
        (true, versions()[1..].to_vec())
    );
}

#[tokio::test]
async fn columns_of_plugins_and_further_tables_do_not_matter() {
    let database = TestDatabase::of_better_auth().await;
    database
        .execute(
            r#"ALTER TABLE "user" ADD COLUMN role text, ADD COLUMN banned boolean, ADD COLUMN level int NOT NULL DEFAULT 1;
               CREATE TABLE organization (id text PRIMARY KEY); CREATE INDEX more ON session ("expiresAt")"#,
        )
        .await;
    migrate(&database, &[]).await.unwrap();
}

#[tokio::test]
async fn a_table_of_rate_limits_is_kept_and_gets_the_key_that_old_ones_lack() {
    for key in ["text not null unique", "text not null"] {
        let database = TestDatabase::of_better_auth().await;
        database
            .execute(&format!(
                r#"CREATE TABLE "rateLimit" (id text PRIMARY KEY, key {key}, count integer NOT NULL, "lastRequest" bigint NOT NULL)"#
            ))
            .await;
        migrate(&database, &[]).await.unwrap();
        let keys = r#"SELECT count(*) FROM pg_constraint WHERE conrelid = '"rateLimit"'::regclass AND contype = 'u'"#;
        assert_eq!(database.value(keys).await, "1", "{key}");
    }
}

#[tokio::test]
async fn what_somebody_has_to_mend_is_named_and_nothing_is_changed_before() {
    let database = TestDatabase::of_better_auth().await;
    database
        .execute(
            r#"ALTER TABLE "user" DROP COLUMN "emailVerified", ALTER COLUMN "createdAt" TYPE date;
               ALTER TABLE session DROP CONSTRAINT session_token_key, ADD COLUMN level int NOT NULL;
               DROP INDEX "session_userId_idx""#,
        )
        .await;
    let before = tables(&database).await;
    let error = migrate(&database, &[]).await.unwrap_err();
    assert_eq!(error.exit_code(), 10);
    let text = error.to_string();
    for difference in [
        "column user.emailVerified is missing",
        "column user.createdAt has type date",
        "column session.level is NOT NULL without a default",
    ] {
        assert!(
            text.contains(difference),
            "{difference:?} is not in {text:?}"
        );
    }
    assert_eq!(tables(&database).await, before);
}

#[tokio::test]
async fn what_is_missing_is_made() {
    let database = TestDatabase::of_better_auth().await;
    database
        .execute(
            r#"ALTER TABLE "user" DROP COLUMN image;
               ALTER TABLE session DROP CONSTRAINT session_token_key, DROP CONSTRAINT "session_userId_fkey";
               ALTER TABLE account ALTER COLUMN scope SET NOT NULL;
               DROP INDEX "account_userId_idx"; DROP TABLE verification"#,
        )
        .await;
    migrate(&database, &[]).await.unwrap();
    let plan = migrator(&[]).plan(&database.target()).await.unwrap();
    assert_eq!(plan.differences, []);
}

#[tokio::test]
async fn values_that_occur_twice_and_rows_without_a_user_are_told() {
    let database = TestDatabase::of_better_auth().await;
    database
        .execute(
            r#"ALTER TABLE "user" DROP CONSTRAINT user_email_key; ALTER TABLE session DROP CONSTRAINT "session_userId_fkey";
               INSERT INTO "user" VALUES ('1', 'Ann', 'a@shop.example', true), ('2', 'Ann', 'a@shop.example', true);
               INSERT INTO session (id, token, "userId", "expiresAt", "updatedAt") VALUES ('1', 't', '3', now(), now())"#,
        )
        .await;
    let plan = migrator(&[]).plan(&database.target()).await.unwrap();
    let told: Vec<_> = plan.differences.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "column user.email has no unique index, and values that occur twice: \
             remove or change all rows but one of each value",
            "column session.userId has no foreign key: \
             1 rows belong to no user; without them `migrate` adds the key",
        ]
    );
}

#[tokio::test]
async fn a_type_of_text_that_was_chosen_since_stays() {
    let database = TestDatabase::migrated().await;
    database
        .execute(r#"ALTER TABLE "user" ALTER COLUMN name TYPE varchar(99)"#)
        .await;
    migrate(&database, &[]).await.unwrap();
}

#[tokio::test]
async fn tables_are_found_where_the_search_path_leads() {
    let database = TestDatabase::empty().await;
    database.execute("CREATE SCHEMA auth").await;
    let url = format!("{}?options=-c%20search_path%3Dauth", database.url());
    let target = auth_server::config::Database::from_url(&url, 1)
        .target()
        .unwrap();
    migrator(&[]).run(&target).await.unwrap();
    assert_eq!(
        database
            .value("SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_tables WHERE schemaname <> 'auth' AND schemaname !~ '^(pg_|information_)'")
            .await,
        ""
    );
    assert_eq!(
        database
            .value("SELECT count(*) FROM pg_tables WHERE schemaname = 'auth' AND tablename IN ('user', 'authbackend_migration')")
            .await,
        "2"
    );
}
