//! Databases that releases of better-auth have made, each with the statements that the release generates itself.

use serde_json::json;

use auth_server::{
    db::IdKind,
    migrate::{Action, Desired, Difference, Limits, Migrator, RELEASES, embedded},
};

use super::tables;
use crate::{
    routes::browser::{Browser, email, json_of},
    support::{TestDatabase, TestServer},
};

/// Release, type of ids, statements.
fn releases() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    RELEASES.iter().map(|release| {
        let ids = match release.ids {
            IdKind::Text => "text",
            IdKind::Uuid => "uuid",
            IdKind::Serial => "serial",
        };
        (release.version, ids, release.ddl)
    })
}

/// A hash that better-auth made of `password123`.
const SCRYPT: &str = "4fd51a04136afc90f5957db1a8ad0ace:381592f45151e9cccce0f107ec014a6ae9f1786e8d675ecef2e7e073be62b79b674e505891fe0a6994e622b3e305e8bde97d883d56092d6c7de35328492e14a5";

fn settings(ids: &str) -> String {
    match ids {
        "text" => "{}".to_owned(),
        ids => format!("advanced: {{database: {{generateId: {ids}}}}}"),
    }
}

fn migrator(yaml: &str) -> Migrator {
    let settings = serde_saphyr::from_str(yaml).unwrap();
    Migrator::new(embedded())
        .for_schema(Desired::of(&settings))
        .with_limits(Limits::default())
}

fn id(ids: &str, number: u32) -> String {
    match ids {
        "uuid" => format!("00000000-0000-4000-8000-{number:012}"),
        _ => number.to_string(),
    }
}

/// A database of a release with the user ann, who signed in with a password and by Google, and is signed in.
async fn filled(ddl: &str, ids: &str) -> TestDatabase {
    let database = TestDatabase::empty().await;
    database.execute(ddl).await;
    let id = id(ids, 1001);
    let issuer = if ddl.contains("\"issuer\"") {
        (", issuer", ", 'local:credential'")
    } else {
        ("", "")
    };
    database
        .execute(&format!(
            r#"INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
                   VALUES ('{id}', 'Ann', 'ann@example.com', true, '2024-05-01 12:00', '2024-05-01 12:00');
               INSERT INTO account (id, "accountId", "providerId", "userId", password, "createdAt", "updatedAt"{0})
                   VALUES ('{id}', '{id}', 'credential', '{id}', '{SCRYPT}', '2024-05-01 12:00', '2024-05-01 12:00'{1});
               INSERT INTO session (id, "expiresAt", token, "createdAt", "updatedAt", "userId")
                   VALUES ('{id}', '2026-01-08 12:00', 'a-token-of-thirty-two-characters', '2026-01-01 12:00', '2026-01-01 12:00', '{id}');
               INSERT INTO verification (id, identifier, value, "expiresAt") VALUES ('{id}', 'x', 'y', '2026-01-08 12:00')"#,
            issuer.0, issuer.1
        ))
        .await;
    database
}

async fn server(database: TestDatabase, yaml: &str) -> TestServer {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), yaml).unwrap();
    TestServer::on(database, &[("AUTH_CONFIG", file.path().to_str().unwrap())]).await
}

#[tokio::test]
async fn each_release_is_taken_over_and_used() {
    for (release, ids, ddl) in releases() {
        let name = format!("{release} {ids}");
        let yaml = settings(ids);
        let database = filled(ddl, ids).await;
        let outcome = migrator(&yaml).run(&database.target()).await;
        assert!(outcome.is_ok(), "{name}: {outcome:?}");
        let server = server(database, &yaml).await;

        let mut browser = Browser::new(&server);
        let body = json!({"email": "ann@example.com", "password": "password123"});
        let answer = browser.post("/sign-in/email", &body).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.body);
        let known = json_of(&browser.get("/get-session").await);
        assert_eq!(known["user"]["id"], id(ids, 1001), "{name}");
        assert_eq!(
            known["user"]["createdAt"], "2024-05-01T12:00:00.000Z",
            "{name}"
        );

        let list = json_of(&browser.get("/list-sessions").await);
        let list = list.as_array().unwrap();
        assert!(
            list.iter()
                .any(|session| session["expiresAt"] == "2026-01-08T12:00:00.000Z"),
            "{name}: {list:?}"
        );

        let body = json!({"name": "Bob", "email": email("bob"), "password": "password123"});
        let answer = Browser::new(&server).post("/sign-up/email", &body).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_second_run_finds_nothing_to_do() {
    for (release, ids, ddl) in releases() {
        let yaml = settings(ids);
        let database = filled(ddl, ids).await;
        let migrator = migrator(&yaml);
        migrator.run(&database.target()).await.unwrap();
        let plan = migrator.plan(&database.target()).await.unwrap();
        assert_eq!(
            (plan.pending.len(), plan.changes().count()),
            (0, 0),
            "{release} {ids}: {plan:?}"
        );
    }
}

#[tokio::test]
async fn a_plan_changes_nothing() {
    let (_, ids, ddl) = releases().next().unwrap();
    let database = filled(ddl, ids).await;
    let before = tables(&database).await;
    migrator("{}").plan(&database.target()).await.unwrap();
    assert_eq!(tables(&database).await, before);
}

async fn differences(ddl: &str, yaml: &str) -> Vec<(Action, String)> {
    let database = TestDatabase::empty().await;
    database.execute(ddl).await;
    let plan = migrator(yaml).plan(&database.target()).await.unwrap();
    let told = |difference: &Difference| (difference.action, difference.to_string());
    plan.differences.iter().map(told).collect()
}

fn ddl(release: &str, ids: &str) -> &'static str {
    let mut known = releases().filter(|known| (known.0, known.1) == (release, ids));
    known.next().unwrap().2
}

#[tokio::test]
async fn the_plan_names_what_a_release_before_1_3_lacks() {
    let told = differences(ddl("1.1.21", "text"), "{}").await;
    for (action, text) in [
        (
            Action::Change,
            "table user has dates without a time zone (createdAt, updatedAt), which are taken for UTC",
        ),
        (Action::Change, "column session.userId has no index"),
        (
            Action::Change,
            "column session.userId has a foreign key that does not cascade",
        ),
        (
            Action::Adopt,
            "column verification.createdAt may be null: the server never stores null there",
        ),
    ] {
        assert!(
            told.contains(&(action, text.to_owned())),
            "{text:?} is not in {told:#?}"
        );
    }
}

#[tokio::test]
async fn the_issuer_of_1_7_0_need_not_be_known() {
    assert_eq!(
        differences(ddl("1.7.0", "text"), "{}").await,
        [(
            Action::Change,
            "column account.issuer is NOT NULL without a default".to_owned()
        )]
    );
}

#[tokio::test]
async fn a_database_of_the_newest_release_has_no_difference() {
    for ids in ["text", "uuid", "serial"] {
        assert_eq!(differences(ddl("1.7.25", ids), &settings(ids)).await, []);
    }
}

#[tokio::test]
async fn ids_of_another_type_name_the_setting() {
    let told = differences(ddl("1.7.25", "uuid"), "{}").await;
    assert!(
        told.contains(&(
            Action::Fix,
            "column user.id has type uuid: set advanced.database.generateId to uuid".to_owned()
        )),
        "{told:#?}"
    );
}

#[tokio::test]
async fn dates_without_a_time_zone_are_taken_for_the_zone_of_the_settings() {
    let database = filled(ddl("1.2.12", "text"), "text").await;
    migrator("advanced: {database: {legacyTimeZone: Europe/Berlin}}")
        .run(&database.target())
        .await
        .unwrap();
    assert_eq!(
        database
            .value(r#"SELECT "createdAt" = '2024-05-01T10:00:00Z' FROM "user""#)
            .await,
        "true"
    );
}

#[tokio::test]
async fn what_was_changed_is_in_the_bookkeeping() {
    let database = filled(ddl("1.7.2", "text"), "text").await;
    migrator("{}").run(&database.target()).await.unwrap();
    assert_eq!(
        database
            .value("SELECT string_agg(array_to_string(statements, '; '), '; ') FROM authbackend_schema_change")
            .await,
        r#"ALTER TABLE "account" ALTER COLUMN "issuer" DROP NOT NULL"#
    );
}

#[tokio::test]
async fn tables_under_other_names_are_not_made_a_second_time() {
    let database = TestDatabase::empty().await;
    database
        .execute(
            r"CREATE TABLE sessions (id text, token text, user_id text, expires_at timestamptz, ip_address text, user_agent text);
              CREATE TABLE accounts (id text, account_id text, provider_id text, user_id text, access_token text)",
        )
        .await;
    let error = migrator("{}").run(&database.target()).await.unwrap_err();
    assert_eq!(error.exit_code(), 10);
    assert!(error.to_string().contains("accounts, sessions"), "{error}");
}

#[tokio::test]
async fn a_field_that_is_added_to_a_table_with_rows_gets_its_default() {
    let database = filled(ddl("1.7.25", "text"), "text").await;
    let yaml = "user: {additionalFields: {plan: {type: string, defaultValue: free, index: true}}}";
    migrator(yaml).run(&database.target()).await.unwrap();
    assert_eq!(database.value(r#"SELECT plan FROM "user""#).await, "free");
}

#[tokio::test]
async fn a_required_field_without_a_default_is_not_added_to_a_table_with_rows() {
    let database = filled(ddl("1.7.25", "text"), "text").await;
    let yaml = "user: {additionalFields: {plan: {type: string}}}";
    let error = migrator(yaml).run(&database.target()).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("column user.plan is missing, and there are rows"),
        "{error}"
    );
    assert_eq!(
        database
            .value("SELECT to_regclass('authbackend_migration') IS NULL")
            .await,
        "true"
    );
}

#[tokio::test]
async fn tables_and_columns_of_other_names_are_taken_over() {
    let database = TestDatabase::empty().await;
    let renamed = ddl("1.7.25", "text")
        .replace("\"user\"", "\"users\"")
        .replace("\"userId\"", "\"user_id\"")
        .replace("\"emailVerified\"", "\"email_verified\"");
    database.execute(&renamed).await;
    let yaml = "user: {modelName: users, fields: {emailVerified: email_verified}}
session: {fields: {userId: user_id}}
account: {fields: {userId: user_id}}";
    let plan = migrator(yaml).plan(&database.target()).await.unwrap();
    assert!(plan.adopt && plan.differences.is_empty(), "{plan:?}");
}
