//! `auth-server doctor`.

mod rights;

use serde_json::{Value, json};

use auth_server::{
    db::IdKind,
    migrate::{RELEASES, REQUIRED_VERSION},
};

use crate::support::{
    TestDatabase,
    process::{Exit, run},
};

/// Runs the doctor with the settings `yaml`.
async fn examine(url: &str, yaml: &str, arguments: &[&str]) -> Exit {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), yaml).unwrap();
    let variables = [
        ("DATABASE_URL", url),
        ("AUTH_CONFIG", file.path().to_str().unwrap()),
    ];
    run(&[&["doctor"], arguments].concat(), &variables).await
}

/// The exit code and the report.
async fn report_at(url: &str, yaml: &str) -> (i32, Value) {
    let exit = examine(url, yaml, &["--json"]).await;
    let report = serde_json::from_str(&exit.stdout.join("\n"));
    assert!(report.is_ok(), "{exit:?}");
    (exit.code.unwrap(), report.unwrap())
}

async fn report(database: &TestDatabase, yaml: &str) -> (i32, Value) {
    report_at(database.url(), yaml).await
}

/// The findings of one check, as `severity: message`.
fn told(report: &Value, check: &str) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["check"] == check)
        .map(|finding| {
            format!(
                "{}: {}",
                finding["severity"].as_str().unwrap(),
                finding["message"].as_str().unwrap()
            )
        })
        .collect()
}

/// What one check finds in a database of better-auth 1.7.25 after `sql`, and the exit code.
async fn after(sql: &str, yaml: &str, check: &str) -> (i32, Vec<String>) {
    let database = TestDatabase::of_better_auth().await;
    database.execute(sql).await;
    let (code, report) = report(&database, yaml).await;
    (code, told(&report, check))
}

const ANN: &str = r#"INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('1', 'Ann', 'ann@shop.example', true);"#;

fn account(id: &str, provider: &str, password: &str) -> String {
    format!(
        r#"INSERT INTO account (id, "accountId", "providerId", "userId", password, "updatedAt")
           VALUES ('{id}', '{id}', '{provider}', '1', '{password}', now());"#
    )
}

#[tokio::test]
async fn each_known_release_is_recognized_and_sound() {
    for release in RELEASES {
        let database = TestDatabase::empty().await;
        database.execute(release.ddl).await;
        let (yaml, ids) = match release.ids {
            IdKind::Text => ("{}", "text"),
            IdKind::Uuid => ("advanced: {database: {generateId: uuid}}", "uuid"),
            IdKind::Serial => ("advanced: {database: {generateId: serial}}", "serial"),
        };
        let (code, report) = report(&database, yaml).await;
        let origin = &report["origin"];
        let releases = origin["releases"].as_array().unwrap();
        assert!(
            releases.contains(&json!(release.version)),
            "{release:?}: {origin}"
        );
        assert_eq!(
            (&origin["ids"], &origin["departures"]),
            (&json!(ids), &json!([]))
        );
        assert_eq!(code, 0, "{release:?}: {report}");
    }
}

#[tokio::test]
async fn a_migrated_database_is_sound_and_nothing_is_to_be_said() {
    let (code, report) = report(&TestDatabase::migrated().await, "{}").await;
    assert_eq!((code, &report["findings"]), (0, &json!([])), "{report}");
    assert_eq!(
        report["schema"],
        json!({"isTakenOver": true, "currentVersion": REQUIRED_VERSION, "targetVersion": REQUIRED_VERSION, "pending": []})
    );
}

#[tokio::test]
async fn the_text_for_people_has_the_facts_then_the_findings_and_their_counts() {
    let database = TestDatabase::of_better_auth().await;
    database
        .execute(&format!("{ANN} {}", account("1", "github", "$2b$10$abc")))
        .await;
    let exit = examine(database.url(), "{}", &[]).await;
    let text = exit.stdout.join("\n");
    for line in [
        "tables      as made by better-auth 1.4.22, 1.5.6, 1.6.34, 1.7.3, 1.7.25, ids text\n",
        "rows        1 users, 0 sessions (0 expired), 1 accounts, 0 verifications\n",
        "providers   1 github\npasswords   1 bcrypt\n",
        "\nwarning     1 accounts are of the provider \"github\"",
        "\n            describe it in socialProviders.github",
        "\n0 errors, 2 warnings, 1 notes",
    ] {
        assert!(text.contains(line), "{line:?} is not in {text}");
    }
    assert!(!text.contains("abc"), "{text}");
}

#[tokio::test]
async fn sessions_that_better_auth_keeps_elsewhere_are_asked_after() {
    let redis = "secondaryStorage: {redis: {url: 'redis://cache'}}";
    for (yaml, expected) in [("{}", 1), (redis, 0)] {
        let (code, told) = after("DROP TABLE session", yaml, "schema").await;
        let warned = told.iter().filter(|it| it.contains("secondaryStorage"));
        assert_eq!((code, warned.count()), (0, expected), "{told:?}");
    }
}

#[tokio::test]
async fn an_empty_database_waits_for_migrate() {
    let (code, report) = report(&TestDatabase::empty().await, "{}").await;
    assert_eq!(code, 0, "{report}");
    assert_eq!(
        told(&report, "bookkeeping"),
        ["note: there are no tables of better-auth's"]
    );
}

#[tokio::test]
async fn tables_that_are_not_taken_over_yet_are_a_note() {
    let (code, told) = after("", "{}", "bookkeeping").await;
    assert_eq!(
        (code, told),
        (
            0,
            vec!["note: the tables are better-auth's and not taken over yet".to_owned()]
        )
    );
}

#[tokio::test]
async fn a_newer_database_has_an_exit_code_of_its_own() {
    let database = TestDatabase::migrated().await;
    database
        .execute(
            "INSERT INTO authbackend_migration VALUES (9999, 'later', 'contract', 'x', now(), 1)",
        )
        .await;
    let (code, report) = report(&database, "{}").await;
    assert_eq!(code, 11);
    assert!(
        told(&report, "bookkeeping")[0]
            .starts_with("error: the database works only with versions that know migration 9999"),
        "{report}"
    );
}

#[tokio::test]
async fn a_migration_that_was_edited_or_interrupted_is_told() {
    for (change, expected) in [
        (
            "checksum = 'other'",
            "error: migration 2 (outbox) was changed",
        ),
        (
            r#""appliedAt" = NULL"#,
            "warning: migration 2 began and did not end",
        ),
    ] {
        let database = TestDatabase::migrated().await;
        database
            .execute(&format!(
                "UPDATE authbackend_migration SET {change} WHERE version = 2"
            ))
            .await;
        let (_, report) = report(&database, "{}").await;
        let told = told(&report, "bookkeeping");
        assert!(told[0].starts_with(expected), "{told:?}");
    }
}

#[tokio::test]
async fn a_departure_from_the_release_is_told_with_what_migrate_does_about_it() {
    let database = TestDatabase::of_better_auth().await;
    database
        .execute(r#"DROP INDEX "session_userId_idx"; ALTER TABLE "user" ALTER COLUMN name TYPE varchar(99)"#)
        .await;
    let (code, report) = report(&database, "{}").await;
    assert_eq!(
        report["origin"]["departures"],
        json!([
            {"table": "user", "column": "name", "finding": "has type character varying in place of text"},
            {"table": "session", "column": "userId", "finding": "has no index"},
        ])
    );
    assert_eq!(
        (code, told(&report, "schema")),
        (
            0,
            vec!["note: column session.userId has no index".to_owned()]
        )
    );
}

#[tokio::test]
async fn what_somebody_has_to_mend_ends_with_10() {
    let (code, told) = after("ALTER TABLE session DROP COLUMN token", "{}", "schema").await;
    assert_eq!(
        (code, told),
        (
            10,
            vec!["error: column session.token is missing".to_owned()]
        )
    );
}

#[tokio::test]
async fn tables_under_other_names_come_with_the_settings_that_name_them() {
    let database = TestDatabase::of_better_auth().await;
    database
        .execute(
            r#"ALTER TABLE "user" RENAME TO users; ALTER TABLE session RENAME TO sessions; ALTER TABLE account RENAME TO accounts;
               ALTER TABLE verification RENAME TO verifications; ALTER TABLE users RENAME COLUMN "emailVerified" TO email_verified"#,
        )
        .await;
    let (code, first) = report(&database, "{}").await;
    assert_eq!(code, 10);
    let names = first["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["check"] == "names");
    let yaml: Vec<&str> = names.unwrap()["statements"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(
        yaml[0],
        "user: {modelName: users, fields: {emailVerified: email_verified}}"
    );
    let (code, report) = report(&database, &yaml.join("\n")).await;
    assert_eq!(
        (code, &report["origin"]["departures"]),
        (0, &json!([])),
        "{report}"
    );
}

#[tokio::test]
async fn columns_of_nobody_are_a_note_unless_the_settings_have_them() {
    let sql = r#"ALTER TABLE "user" ADD COLUMN plan text"#;
    let (code, told) = after(sql, "{}", "unknown-columns").await;
    assert_eq!((code, told.len()), (0, 1), "{told:?}");
    let yaml = "user: {additionalFields: {plan: {type: string, required: false}}}";
    assert_eq!(
        after(sql, yaml, "unknown-columns").await.1,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn hashes_are_counted_by_their_algorithm_and_none_is_shown() {
    let scrypt = format!("{}:{}", "0a".repeat(16), "0b".repeat(64));
    let database = TestDatabase::of_better_auth().await;
    let accounts = [
        "$argon2id$v=19$m=1,t=1,p=1$x$y",
        scrypt.as_str(),
        "$2b$10$x",
        "sha1$y",
    ];
    let accounts = accounts.iter().enumerate();
    let accounts: Vec<_> = accounts
        .map(|(id, hash)| account(&id.to_string(), "credential", hash))
        .collect();
    database
        .execute(&format!("{ANN} {}", accounts.join(" ")))
        .await;
    let (code, report) = report(&database, "{}").await;
    assert_eq!(
        report["rows"]["passwords"],
        json!({"argon2id": 1, "bcrypt": 1, "other": 1, "scrypt": 1})
    );
    let told = told(&report, "password-hashes");
    assert_eq!((code, told.len()), (0, 3), "{told:?}");
    assert!(!report.to_string().contains(&scrypt[..32]), "{report}");
}

#[tokio::test]
async fn argon2id_in_a_database_that_better_auth_still_uses_is_a_warning() {
    let sql = format!(
        "{ANN} {}",
        account("1", "credential", "$argon2id$v=19$m=1,t=1,p=1$x$y")
    );
    let yaml = "emailAndPassword: {password: {hash: scrypt}}";
    let (_, told) = after(&sql, yaml, "password-hashes").await;
    assert!(
        told[0].starts_with("warning: 1 passwords are hashed by argon2id"),
        "{told:?}"
    );
}

#[tokio::test]
async fn an_index_that_was_not_finished_is_told() {
    let sql = r"CREATE INDEX half ON session (token);
                 UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'half'::regclass";
    let (code, told) = after(sql, "{}", "indexes").await;
    assert_eq!((code, told.len()), (0, 1), "{told:?}");
}

const UNCHECKED: &str = r#"ALTER TABLE session DROP CONSTRAINT "session_userId_fkey";
    INSERT INTO session (id, token, "userId", "expiresAt", "updatedAt") VALUES ('1', 't', 'gone', now(), now());
    ALTER TABLE session ADD CONSTRAINT "session_userId_fkey" FOREIGN KEY ("userId") REFERENCES "user" ON DELETE CASCADE NOT VALID;"#;

#[tokio::test]
async fn a_foreign_key_that_was_never_checked_and_the_rows_that_it_missed_are_told() {
    assert_eq!(
        after(UNCHECKED, "{}", "foreign-keys").await.1,
        [
            "warning: the foreign key session_userId_fkey of the table session was never checked against the rows before it"
        ]
    );
    assert_eq!(
        after(UNCHECKED, "{}", "orphans").await.1,
        ["warning: 1 rows of the table session belong to no user"]
    );
}

#[tokio::test]
async fn migrate_checks_a_foreign_key_that_was_never_checked() {
    let database = TestDatabase::of_better_auth().await;
    database
        .execute(&format!("{UNCHECKED} DELETE FROM session"))
        .await;
    super::migrate(&database, &[]).await.unwrap();
    let validated = "SELECT convalidated FROM pg_constraint WHERE conname = 'session_userId_fkey'";
    assert_eq!(database.value(validated).await, "true");
}

#[tokio::test]
async fn addresses_that_differ_by_case_and_addresses_in_capitals_are_told() {
    let sql = format!(
        r#"{ANN} INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('2', 'Ann', 'Ann@shop.example', true)"#
    );
    let (code, told) = after(&sql, "{}", "email-case").await;
    assert_eq!((code, told.len()), (0, 2), "{told:?}");
}

#[tokio::test]
async fn accounts_that_occur_twice_are_told() {
    let sql = format!(
        "{ANN} {} UPDATE account SET id = '2'; {}",
        account("1", "google", ""),
        account("1", "google", "")
    );
    let (_, told) = after(&sql, "{}", "duplicate-accounts").await;
    assert_eq!(told.len(), 1, "{told:?}");
}

#[tokio::test]
async fn a_provider_that_the_settings_do_not_have_is_a_warning() {
    let sql = format!(
        "{ANN} {} {}",
        account("1", "google", ""),
        account("2", "credential", "")
    );
    let (_, told) = after(&sql, "{}", "providers").await;
    assert_eq!(told.len(), 1, "{told:?}");
    let yaml = "socialProviders: {google: {clientId: x, clientSecretRef: {name: a, key: b}}}";
    assert_eq!(after(&sql, yaml, "providers").await.1, Vec::<String>::new());
}

#[tokio::test]
async fn dates_in_the_future_tell_of_a_wrong_zone() {
    let database = TestDatabase::empty().await;
    let release = RELEASES
        .iter()
        .find(|release| release.version == "1.1.21")
        .unwrap();
    database.execute(release.ddl).await;
    database
        .execute(
            r#"INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
               VALUES ('1', 'Ann', 'a@b.example', true, now() AT TIME ZONE 'Asia/Tokyo', now() AT TIME ZONE 'Asia/Tokyo')"#,
        )
        .await;
    let (_, wrong) = report(&database, "{}").await;
    assert_eq!(
        told(&wrong, "dates"),
        ["warning: 1 dates of user.createdAt, taken for UTC, lie in the future"]
    );
    let (_, right) = report(
        &database,
        "advanced: {database: {legacyTimeZone: Asia/Tokyo}}",
    )
    .await;
    assert_eq!(told(&right, "dates"), Vec::<String>::new());
}

#[tokio::test]
async fn a_counter_behind_the_ids_is_an_error() {
    let database = TestDatabase::migrated_for("advanced: {database: {generateId: serial}}").await;
    database
        .execute(
            r#"INSERT INTO "user" (name, email, "emailVerified") VALUES ('Ann', 'a@b.example', true);
               INSERT INTO "user" (id, name, email, "emailVerified") VALUES (7, 'Bob', 'b@b.example', true)"#,
        )
        .await;
    let (code, report) = report(&database, "advanced: {database: {generateId: serial}}").await;
    assert_eq!(
        (code, told(&report, "id-sequence").len()),
        (10, 1),
        "{report}"
    );
}

#[tokio::test]
async fn plugins_are_named_and_users_whom_they_kept_out_are_an_error() {
    let sql = format!(
        r#"{ANN} ALTER TABLE "user" ADD COLUMN banned boolean; ALTER TABLE session ADD COLUMN "activeOrganizationId" text;
           CREATE TABLE organization (id text);"#
    );
    let (code, told) = after(&sql, "{}", "plugins").await;
    assert_eq!((code, told.len()), (0, 2), "{told:?}");
    let (code, told) = after(
        &format!(r#"{sql} UPDATE "user" SET banned = true"#),
        "{}",
        "plugins",
    )
    .await;
    assert_eq!(code, 10);
    assert!(told[0].contains("1 users are banned"), "{told:?}");
}

#[tokio::test]
async fn keys_of_the_plugin_jwt_count_only_while_the_settings_do_not_have_it() {
    let database = TestDatabase::migrated().await;
    database
        .execute(r#"INSERT INTO jwks (id, "publicKey", "privateKey", "createdAt") VALUES ('1', '{}', '{}', now())"#)
        .await;
    let (_, off) = report(&database, "{}").await;
    assert_eq!(told(&off, "plugins").len(), 1, "{off}");
    let (_, on) = report(&database, "plugins: {jwt: {}}").await;
    assert_eq!(told(&on, "plugins"), Vec::<String>::new());
}

#[tokio::test]
async fn another_program_that_migrates_is_a_note() {
    let sql = "CREATE SCHEMA drizzle; CREATE TABLE drizzle.__drizzle_migrations (id int)";
    let (code, told) = after(sql, "{}", "other-migrator").await;
    assert_eq!((code, told.len()), (0, 1), "{told:?}");
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_may_be_tried_again() {
    let exit = examine("postgres://shop:hunter2hunter2@127.0.0.1:1/shop", "{}", &[]).await;
    assert_eq!(exit.code, Some(1));
    assert!(!exit.output().contains("hunter2"), "{exit:?}");
}

#[tokio::test]
async fn missing_configuration_ends_with_78() {
    assert_eq!(run(&["doctor"], &[]).await.code, Some(78));
}
