//! What the doctor says of a role that may not do everything, and that it cannot write itself.

use super::{examine, report_at, told};
use crate::support::TestDatabase;

/// A migrated database and the URL of a role of its own, which owns nothing.
async fn with_role() -> (TestDatabase, String) {
    let database = TestDatabase::migrated().await;
    let role = database.role("a-password-of-the-role").await;
    let url = database.url_of(&role, "a-password-of-the-role");
    (database, url)
}

#[tokio::test]
async fn a_role_that_may_do_all_that_serve_does_has_no_error() {
    let (_database, url) = with_role().await;
    let (code, report) = report_at(&url, "{}").await;
    assert_eq!(
        (code, &report["findings"]),
        (0, &serde_json::json!([])),
        "{report}"
    );
}

#[tokio::test]
async fn rights_that_serve_lacks_are_named_with_the_grant() {
    let (database, url) = with_role().await;
    let role = format!("{}_role", database.name());
    database
        .execute(&format!("REVOKE INSERT, DELETE ON session FROM {role}; REVOKE INSERT, UPDATE, DELETE ON authbackend_migration FROM {role}"))
        .await;
    let (code, report) = report_at(&url, "{}").await;
    assert_eq!(code, 10);
    assert_eq!(
        told(&report, "serve-rights"),
        [format!(
            "error: {role} lacks INSERT, DELETE on the table session, which `serve` needs"
        )]
    );
    assert_eq!(
        report["findings"][0]["statements"],
        serde_json::json!([format!(r#"GRANT INSERT, DELETE ON "session" TO "{role}""#)])
    );
}

#[tokio::test]
async fn a_table_that_cannot_be_read_is_an_error_and_rows_are_not_counted() {
    let (database, url) = with_role().await;
    database
        .execute(&format!(
            "REVOKE SELECT ON session FROM {}_role",
            database.name()
        ))
        .await;
    let (code, report) = report_at(&url, "{}").await;
    assert_eq!(
        (
            code,
            told(&report, "serve-rights").len(),
            report.get("rows")
        ),
        (10, 1, None),
        "{report}"
    );
}

#[tokio::test]
async fn rights_that_migrate_lacks_are_a_warning_while_it_has_work() {
    let database = TestDatabase::of_better_auth().await;
    database
        .execute(r#"REVOKE CREATE ON SCHEMA public FROM PUBLIC; DROP INDEX "session_userId_idx""#)
        .await;
    let role = database.role("a-password-of-the-role").await;
    database
        .execute(&format!("REVOKE CREATE ON SCHEMA public FROM {role}"))
        .await;
    let url = database.url_of(&role, "a-password-of-the-role");
    let (code, report) = report_at(&url, "{}").await;
    let told = told(&report, "migrate-rights");
    assert_eq!((code, told.len()), (0, 4), "{told:?}");
    assert!(
        told[0].contains("may not make tables in the schema public"),
        "{told:?}"
    );
    // Each of which gets an index.
    for table in ["session", "account", "verification"] {
        let of_another = format!("the table {table} is of postgres");
        let names = |finding: &String| finding.contains(&of_another);
        assert!(told.iter().any(names), "{told:?}");
    }
}

#[tokio::test]
async fn row_level_security_that_hides_rows_is_an_error() {
    let (database, url) = with_role().await;
    database
        .execute(r#"ALTER TABLE "user" ENABLE ROW LEVEL SECURITY"#)
        .await;
    let (code, report) = report_at(&url, "{}").await;
    assert_eq!(
        (code, told(&report, "row-security").len()),
        (10, 1),
        "{report}"
    );
    let (code, report) = report_at(database.url(), "{}").await;
    assert_eq!(
        (code, told(&report, "row-security").len()),
        (0, 0),
        "{report}"
    );
}

#[tokio::test]
async fn a_search_path_that_leads_nowhere_is_an_error() {
    let database = TestDatabase::empty().await;
    let url = format!("{}?options=-c%20search_path%3Dnowhere", database.url());
    let (code, report) = report_at(&url, "{}").await;
    assert_eq!(
        (code, told(&report, "search-path").len()),
        (10, 1),
        "{report}"
    );
}

#[tokio::test]
async fn a_database_that_takes_no_writes_is_an_error() {
    let database = TestDatabase::migrated().await;
    let url = format!(
        "{}?options=-c%20default_transaction_read_only%3Don",
        database.url()
    );
    let (code, report) = report_at(&url, "{}").await;
    assert_eq!(
        (code, told(&report, "read-only").len()),
        (10, 1),
        "{report}"
    );
}

#[tokio::test]
async fn more_connections_than_the_role_may_open_are_a_warning() {
    let (database, url) = with_role().await;
    database
        .execute(&format!(
            "ALTER ROLE {}_role CONNECTION LIMIT 3",
            database.name()
        ))
        .await;
    let (code, report) = report_at(&url, "{}").await;
    assert_eq!(
        (code, told(&report, "connections").len()),
        (0, 1),
        "{report}"
    );
}

#[tokio::test]
async fn an_encoding_that_cannot_hold_every_name_is_a_warning() {
    let database = TestDatabase::empty().await;
    let name = format!("{}_latin1", database.name());
    database
        .execute(&format!(
            "CREATE DATABASE {name} ENCODING LATIN1 TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
        ))
        .await;
    let url = database.url().replace(database.name(), &name);
    let (_, report) = report_at(&url, "{}").await;
    database
        .execute(&format!("DROP DATABASE {name} WITH (FORCE)"))
        .await;
    assert_eq!(told(&report, "server").len(), 1, "{report}");
}

/// A policy runs a function for each row that is read: whoever could write would leave a trace.
#[tokio::test]
async fn nothing_that_the_doctor_asks_can_write() {
    let (database, url) = with_role().await;
    database
        .execute(
            r#"INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('1', 'Ann', 'ann@shop.example', true);
               CREATE TABLE trace (at timestamptz);
               CREATE FUNCTION spy() RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS
                   $$ BEGIN INSERT INTO public.trace VALUES (now()); RETURN true; END $$;
               CREATE POLICY spy ON "user" USING (spy());
               ALTER TABLE "user" ENABLE ROW LEVEL SECURITY"#,
        )
        .await;
    let exit = examine(&url, "{}", &[]).await;
    assert!(
        exit.output()
            .contains("cannot execute INSERT in a read-only transaction"),
        "{exit:?}"
    );
    assert_eq!(database.value("SELECT count(*) FROM trace").await, "0");
}
