//! Sessions that must be over.

use serde_json::{Value, json};

use crate::routes::browser::{Browser, json_of, server};

/// Sessions that were kept apart from the users outlived them: whoever had the cookie stayed signed in.
#[tokio::test]
async fn ghsa_2vg6_77g8_24mp_no_session_outlives_its_user() {
    let server = server("user: {deleteUser: {enabled: true}}").await;
    // The database does not do it.
    let sql = r#"ALTER TABLE session DROP CONSTRAINT "session_userId_fkey""#;
    server.database.execute(sql).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(Browser::signed_in(&server, "ann").await);
    }
    browser.post("/delete-user", &json!({})).await;
    for other in &mut others {
        assert_eq!(json_of(&other.get("/get-session").await), Value::Null);
    }
    let sessions = server.database.value("SELECT count(*) FROM session");
    assert_eq!(sessions.await, "0");
}
