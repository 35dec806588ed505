//! A role for the schema and another one, with less rights, for the server: the grants of `docs/operations.md`.

use serde_json::json;

use crate::support::{Process, TestDatabase, http, process::run};

/// Roles `<database>_role`, which serves, and `<database>_owner`, which migrates; dropped with the database.
async fn roles(database: &TestDatabase) -> (String, String) {
    let server = database.bare_role("server-password").await;
    let owner = database.owner("owner-password").await;
    database
        .execute(&format!(
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC;
             GRANT USAGE, CREATE ON SCHEMA public TO {owner};
             GRANT USAGE ON SCHEMA public TO {server};
             ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public
                 GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {server};
             ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public
                 GRANT USAGE, SELECT ON SEQUENCES TO {server}"
        ))
        .await;
    (server, owner)
}

#[tokio::test]
async fn a_role_that_cannot_change_the_schema_serves_what_another_one_migrated() {
    let database = TestDatabase::empty().await;
    let (server, owner) = roles(&database).await;
    let url = database.url_of(&server, "server-password");
    let exit = run(&["migrate"], &[("DATABASE_URL", &url)]).await;
    assert_eq!(exit.code, Some(10), "the server's role migrates: {exit:?}");
    // As the operator starts a migration with credentials of its own.
    let credentials = [
        ("DATABASE_URL", url.as_str()),
        ("DATABASE_USER", owner.as_str()),
        ("DATABASE_PASSWORD", "owner-password"),
    ];
    let exit = run(&["migrate"], &credentials).await;
    assert_eq!(exit.code, Some(0), "{exit:?}");

    let process = Process::serve_with(&[("DATABASE_URL", &url)]).await;
    let ready = http::get(process.admin(), "/readyz").await.unwrap();
    assert_eq!((ready.status, ready.body.as_str()), (200, "ok\n"));
    let body = json!({"name": "a", "email": "a@x.example", "password": "password-1"}).to_string();
    let request = http::post("/api/sign-up/email", &body);
    let answer = http::send(process.api(), &request).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    for forbidden in [
        r#"ALTER TABLE "user" ADD COLUMN a text"#,
        "DROP TABLE session",
        "CREATE TABLE a (b text)",
    ] {
        let refused = database.refuses(&url, forbidden).await;
        assert_eq!(refused, "42501", "{forbidden}");
    }
}
