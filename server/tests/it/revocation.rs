//! Ending the ten thousand sessions of one user: one statement, and one notification for those who remember sessions.
//! Nobody else is kept waiting: the statement locks rows of this user alone.

use serde_json::json;
use sqlx::{Connection as _, Row as _, postgres::PgListener, raw_sql};

use crate::{
    routes::browser::{Browser, PASSWORD, json_of, server_migrated_for},
    support::TestServer,
};

const SESSIONS: i64 = 10_000;

const SETTINGS: &str =
    "{session: {memoryCache: {enabled: true}}, user: {deleteUser: {enabled: true}}}";

/// Notes each statement that removes sessions, with how many.
const TRACE: &str = "
    CREATE TABLE trace (rows bigint);
    CREATE FUNCTION trace() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO trace SELECT count(*) FROM gone HAVING count(*) > 0; RETURN NULL; END $$;
    CREATE TRIGGER trace AFTER DELETE ON session REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION trace()";

/// A server with a user who has ten thousand sessions, and a browser that has one more.
async fn stage(settings: &str) -> (TestServer, Browser) {
    let server = server_migrated_for(settings).await;
    let browser = Browser::signed_up(&server, "ann").await;
    server
        .database
        .execute(&format!(
            r#"INSERT INTO session (id, "expiresAt", token, "updatedAt", "userId")
               SELECT n, '2026-01-09Z', 'token' || n, now(), u.id FROM "user" u, generate_series(1, {SESSIONS}) n"#
        ))
        .await;
    (server, browser)
}

/// What listeners were told of users since `listener` listens.
async fn told(server: &TestServer, listener: &mut PgListener) -> usize {
    server
        .database
        .execute("NOTIFY authbackend_changes, 'bend'")
        .await;
    let mut users = 0;
    loop {
        let notification = listener.recv().await.unwrap();
        match notification.payload() {
            "bend" => return users,
            payload => users += usize::from(payload.starts_with('u')),
        }
    }
}

#[tokio::test]
async fn it_is_one_statement_and_one_notification() {
    let change = json!({"currentPassword": PASSWORD, "newPassword": "another horse", "revokeOtherSessions": true});
    for (path, body) in [
        ("/revoke-sessions", json!({})),
        ("/revoke-other-sessions", json!({})),
        ("/change-password", change),
        ("/delete-user", json!({"password": PASSWORD})),
    ] {
        let (server, mut browser) = stage(SETTINGS).await;
        server.database.execute(TRACE).await;
        let mut listener = PgListener::connect(server.database.url()).await.unwrap();
        listener.listen("authbackend_changes").await.unwrap();
        let answer = browser.post(path, &body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let users = told(&server, &mut listener).await;
        let statements = "SELECT count(*) || ' ' || (sum(rows) >= 10000) FROM trace";
        assert_eq!(
            (server.database.value(statements).await.as_str(), users),
            ("1 true", 1),
            "{path}"
        );
    }
}

#[tokio::test]
async fn sessions_of_others_are_answered_and_extended_meanwhile() {
    let (server, _) = stage(SETTINGS).await;
    let mut eve = Browser::signed_up(&server, "eve").await;
    let mut connection = server.database.connect().await;
    let mut revoking = connection.begin().await.unwrap();
    let revoked = raw_sql(
        r#"DELETE FROM session WHERE "userId" = (SELECT id FROM "user" WHERE name = 'ann') RETURNING id"#,
    )
    .fetch_all(&mut *revoking)
    .await
    .unwrap();
    assert!(!revoked[0].get::<String, _>(0).is_empty());
    server.clock.step(time::Duration::days(2));
    let answer = eve.get("/get-session").await;
    assert_eq!(json_of(&answer)["user"]["name"], "eve");
    let expires_at = json_of(&answer)["session"]["expiresAt"].clone();
    assert_eq!(expires_at, "2026-01-11T03:04:05.678Z");
    revoking.rollback().await.unwrap();
}

#[tokio::test]
async fn no_event_tells_of_more_than_a_thousand_sessions() {
    let (server, mut browser) = stage("audit: {enabled: true}").await;
    browser.post("/revoke-other-sessions", &json!({})).await;
    let events = "SELECT count(*) || ' ' || sum(jsonb_array_length(data->'sessionIds')) || ' ' ||
                         max(jsonb_array_length(data->'sessionIds'))
                  FROM authbackend_audit WHERE event = 'session.revoked'";
    assert_eq!(server.database.value(events).await, "10 10000 1000");
}
