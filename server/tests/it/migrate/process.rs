//! The command as Kubernetes runs it: exit codes, output, termination message.

use auth_server::migrate::REQUIRED_VERSION;
use serde_json::{Value, json};

use super::versions;
use crate::support::{TestDatabase, process::run};

fn lines(output: &[String]) -> Vec<Value> {
    output
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn success_is_told_in_the_last_line_and_in_the_termination_message() {
    let database = TestDatabase::empty().await;
    let message = tempfile::NamedTempFile::new().unwrap();
    let exit = run(
        &["migrate"],
        &[
            ("DATABASE_URL", database.url()),
            ("TERMINATION_MESSAGE_PATH", message.path().to_str().unwrap()),
        ],
    )
    .await;
    assert_eq!(exit.code, Some(0));
    assert_eq!(
        lines(&exit.stderr).last().unwrap()["message"],
        "the database is up to date"
    );
    let message: Value = serde_json::from_str(&std::fs::read_to_string(message).unwrap()).unwrap();
    assert_eq!(
        message,
        json!({"schemaVersion": REQUIRED_VERSION, "applied": versions(), "pendingContracts": []})
    );
}

#[tokio::test]
async fn failure_is_told_in_the_last_line_and_in_the_termination_message() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("9001_boom.expand.sql"), "SELECT boom").unwrap();
    let message = tempfile::NamedTempFile::new().unwrap();
    let exit = run(
        &["migrate"],
        &[
            ("DATABASE_URL", database.url()),
            ("AUTH_MIGRATIONS_DIR", directory.path().to_str().unwrap()),
            ("TERMINATION_MESSAGE_PATH", message.path().to_str().unwrap()),
        ],
    )
    .await;
    assert_eq!(exit.code, Some(10));
    let expected =
        "migration 9001 (boom) failed in line 1: column \"boom\" does not exist (SQLSTATE 42703)";
    assert_eq!(lines(&exit.stderr).last().unwrap()["message"], expected);
    assert_eq!(std::fs::read_to_string(message).unwrap(), expected);
}

#[tokio::test]
async fn a_directory_with_a_file_that_is_no_migration_is_a_configuration_error() {
    let database = TestDatabase::migrated().await;
    for name in ["9001_boom.sql", "0001_mine.expand.sql", "readme.txt"] {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(name), "SELECT 1").unwrap();
        let variables = [
            ("DATABASE_URL", database.url()),
            ("AUTH_MIGRATIONS_DIR", directory.path().to_str().unwrap()),
        ];
        let exit = run(&["migrate"], &variables).await;
        assert_eq!(exit.code, Some(78), "{name}: {exit:?}");
    }
}

#[tokio::test]
async fn a_dry_run_prints_the_plan_as_json_and_writes_nothing() {
    let database = TestDatabase::empty().await;
    for _ in 0..2 {
        let exit = run(
            &["migrate", "--dry-run", "--json"],
            &[("DATABASE_URL", database.url())],
        )
        .await;
        assert_eq!(exit.code, Some(0));
        let plan = &lines(&exit.stdout)[0];
        assert_eq!(
            (
                &plan["currentVersion"],
                &plan["targetVersion"],
                &plan["adopt"]
            ),
            (&json!(0), &json!(REQUIRED_VERSION), &json!(false))
        );
        assert_eq!(plan["pending"][0]["name"], "initial");
    }
}

#[tokio::test]
async fn text_for_people_has_no_colours_when_it_goes_to_a_file() {
    let database = TestDatabase::empty().await;
    let exit = run(
        &["migrate"],
        &[("DATABASE_URL", database.url()), ("LOG_FORMAT", "text")],
    )
    .await;
    assert_eq!(exit.code, Some(0));
    assert!(!exit.output().contains('\u{1b}'), "{exit:?}");
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_may_be_tried_again() {
    let url = "postgres://shop:hunter2hunter2@127.0.0.1:1/shop";
    let exit = run(&["migrate"], &[("DATABASE_URL", url)]).await;
    assert_eq!(exit.code, Some(1));
    assert!(
        exit.output().contains("127.0.0.1:1/shop") && !exit.output().contains("hunter2"),
        "{exit:?}"
    );
}

#[tokio::test]
async fn a_wrong_password_may_be_tried_again_and_is_not_printed() {
    let database = TestDatabase::empty().await;
    let role = database.role("the-right-password").await;
    let url = database.url_of(&role, "hunter2hunter2");
    let exit = run(
        &["migrate"],
        &[("DATABASE_URL", &url), ("LOG_LEVEL", "trace")],
    )
    .await;
    assert_eq!(exit.code, Some(1));
    assert!(!exit.output().contains("hunter2"), "{exit:?}");
}
