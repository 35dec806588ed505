//! Sessions, verifications and counts of requests in a secondary storage, in better-auth's own format.

mod failure;

use futures::future::join_all;
use redis::cmd;
use serde_json::{Value, json};
use time::Duration;

use crate::{
    routes::browser::{
        Browser, PASSWORD, cookies_of, json_of, server, server_migrated_for, sign_in,
    },
    support::{TestServer, redis::Redis},
};

/// Sessions are rows of the database too.
const WITH_ROWS: &str = "session: {storeSessionInDatabase: true}\n";
/// And the rows of ended sessions stay.
const PRESERVED: &str =
    "session: {storeSessionInDatabase: true, preserveSessionInDatabase: true}\n";

/// A server with the settings `more` and a Redis of its own.
async fn start(more: &str) -> (TestServer, Redis) {
    let redis = Redis::start().await;
    let server = server(&(redis.settings() + more)).await;
    (server, redis)
}

/// The token of the browser's session.
fn token(browser: &Browser) -> String {
    let cookie = &browser.cookies["better-auth.session_token"];
    cookie.split('.').next().unwrap().to_owned()
}

async fn current(browser: &mut Browser) -> Value {
    json_of(&browser.get("/get-session").await)
}

async fn rows(server: &TestServer, condition: &str) -> String {
    let sql = format!("SELECT count(*)::text FROM session WHERE {condition}");
    server.database.value(&sql).await
}

#[tokio::test]
async fn a_session_is_kept_as_better_auth_keeps_it_and_in_no_table() {
    let (server, redis) = start("").await;
    let mut ann = Browser::signed_up(&server, "ann").await;
    let (shown, token) = (current(&mut ann).await, token(&ann));
    let user_id = shown["user"]["id"].as_str().unwrap();
    let list = format!("active-sessions-{user_id}");
    assert_eq!(redis.keys().await.len(), 2);
    assert_eq!(redis.json(&token).await, shown);
    let expected = json!([{"token": token, "expiresAt": 1_767_927_845_678_i64}]);
    assert_eq!(redis.json(&list).await, expected);
    for key in [&token, &list] {
        let seconds = redis.seconds(key).await;
        assert!((604_700..=604_800).contains(&seconds), "{key}: {seconds}");
    }
    assert_eq!(rows(&server, "true").await, "0");
}

#[tokio::test]
async fn a_session_is_read_without_the_database() {
    let (server, _redis) = start("").await;
    let mut ann = Browser::signed_up(&server, "ann").await;
    server
        .database
        .execute(r#"ALTER TABLE "user" RENAME TO gone"#)
        .await;
    assert_eq!(current(&mut ann).await["user"]["name"], "ann");
}

#[tokio::test]
async fn what_is_ended_has_ended_for_every_way_to_end_it() {
    for (more, keeps) in [("", false), (WITH_ROWS, false), (PRESERVED, true)] {
        let (server, redis) = start(more).await;
        let mut first = Browser::signed_up(&server, "ann").await;
        let mut second = Browser::signed_in(&server, "ann").await;
        let mut third = Browser::signed_in(&server, "ann").await;
        let listed = json_of(&first.get("/list-sessions").await);
        assert_eq!(listed.as_array().unwrap().len(), 3, "{more}");

        let body = json!({ "token": token(&second) });
        assert_eq!(first.post("/revoke-session", &body).await.status, 200);
        assert_eq!(current(&mut second).await, Value::Null, "{more}");
        assert_eq!(redis.json(&token(&third)).await["user"]["name"], "ann");

        assert_eq!(third.post("/sign-out", &json!({})).await.status, 200);
        let mut fourth = Browser::signed_in(&server, "ann").await;
        assert_eq!(
            first
                .post("/revoke-other-sessions", &json!({}))
                .await
                .status,
            200
        );
        assert_eq!(current(&mut fourth).await, Value::Null, "{more}");
        assert_eq!(current(&mut first).await["user"]["name"], "ann", "{more}");

        server.clock.step(Duration::seconds(1));
        let mut last = first.clone();
        assert_eq!(first.post("/revoke-sessions", &json!({})).await.status, 200);
        assert_eq!(current(&mut last).await, Value::Null, "{more}");
        let left = redis.keys().await;
        assert_eq!(left.len(), 1, "{more}: {left:?}");
        assert!(left[0].starts_with("revoked-sessions-before-"), "{left:?}");
        let count = if keeps { "4" } else { "0" };
        assert_eq!(rows(&server, "true").await, count, "{more}");
        let live = r#""expiresAt" > '2026-01-02 03:04:06.678Z'"#;
        assert_eq!(rows(&server, live).await, "0", "{more}");
    }
}

#[tokio::test]
async fn a_revocation_of_all_holds_for_sessions_that_no_list_names() {
    let (server, redis) = start("").await;
    let mut ann = Browser::signed_up(&server, "ann").await;
    let kept = redis.json(&token(&ann)).await;
    let user_id = kept["user"]["id"].as_str().unwrap();
    let mut other = Browser::signed_in(&server, "ann").await;
    redis.delete(&format!("active-sessions-{user_id}")).await;
    server.clock.step(Duration::seconds(1));
    assert_eq!(other.post("/revoke-sessions", &json!({})).await.status, 200);
    assert_eq!(redis.json(&token(&ann)).await, kept);
    assert_eq!(current(&mut ann).await, Value::Null);
}

#[tokio::test]
async fn what_only_the_database_has_is_found_unless_it_is_a_record() {
    for (more, found) in [("", false), (WITH_ROWS, true), (PRESERVED, false)] {
        let (server, redis) = start(more).await;
        let mut ann = Browser::signed_up(&server, "ann").await;
        redis.delete(&token(&ann)).await;
        assert_eq!(current(&mut ann).await.is_object(), found, "{more}");
    }
}

#[tokio::test]
async fn what_is_no_session_is_nobodys_and_stays() {
    let (server, redis) = start("").await;
    let ann = Browser::signed_up(&server, "ann").await;
    let token = token(&ann);
    let mut elses = redis.json(&token).await;
    elses["session"]["token"] = json!("another");
    for value in [
        "",
        "null",
        "5",
        "{",
        r#"{"session":{}}"#,
        &elses.to_string(),
    ] {
        redis.set(&token, value).await;
        let answer = ann.clone().get("/get-session").await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, "null"),
            "{value}"
        );
        assert_eq!(cookies_of(&answer).first().unwrap(), "session_token 0");
        let kept: String = redis
            .run(cmd("GET").arg(format!("better-auth:{token}")))
            .await;
        assert_eq!(kept, value);
    }
}

#[tokio::test]
async fn a_session_is_extended_in_both_places() {
    for more in ["", WITH_ROWS, PRESERVED] {
        let (server, redis) = start(more).await;
        let mut ann = Browser::signed_up(&server, "ann").await;
        server.clock.step(Duration::days(2));
        let shown = current(&mut ann).await;
        assert_eq!(
            shown["session"]["expiresAt"], "2026-01-11T03:04:05.678Z",
            "{more}"
        );
        assert_eq!(redis.json(&token(&ann)).await, shown, "{more}");
        let user_id = shown["user"]["id"].as_str().unwrap();
        let list = redis.json(&format!("active-sessions-{user_id}")).await;
        let expected = json!([{"token": token(&ann), "expiresAt": 1_768_100_645_678_i64}]);
        assert_eq!(list, expected, "{more}");
        if !more.is_empty() {
            assert_eq!(
                rows(&server, r#""expiresAt" = '2026-01-11 03:04:05.678Z'"#).await,
                "1"
            );
        }
    }
}

#[tokio::test]
async fn a_session_that_has_ended_by_itself_is_removed() {
    let (server, redis) = start(WITH_ROWS).await;
    let mut ann = Browser::signed_up(&server, "ann").await;
    server.clock.step(Duration::days(8));
    assert_eq!(current(&mut ann).await, Value::Null);
    assert!(redis.keys().await.is_empty());
    assert_eq!(rows(&server, "true").await, "0");
}

#[tokio::test]
async fn a_user_who_changes_has_changed_in_all_sessions() {
    let (server, _redis) = start("").await;
    let mut first = Browser::signed_up(&server, "ann").await;
    let mut second = Browser::signed_in(&server, "ann").await;
    let body = json!({"name": "Ann of the shop"});
    assert_eq!(first.post("/update-user", &body).await.status, 200);
    for browser in [&mut first, &mut second] {
        assert_eq!(current(browser).await["user"]["name"], "Ann of the shop");
    }
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_and_not_the_one_it_begins() {
    for more in ["", WITH_ROWS, PRESERVED] {
        let (server, _redis) = start(more).await;
        let mut first = Browser::signed_up(&server, "ann").await;
        let mut second = Browser::signed_in(&server, "ann").await;
        server.clock.step(Duration::seconds(1));
        let body = json!({
            "currentPassword": PASSWORD, "newPassword": "another horse", "revokeOtherSessions": true,
        });
        assert_eq!(first.post("/change-password", &body).await.status, 200);
        assert_eq!(current(&mut second).await, Value::Null, "{more}");
        assert_eq!(current(&mut first).await["user"]["name"], "ann", "{more}");
    }
}

#[tokio::test]
async fn a_user_who_is_deleted_is_nowhere_signed_in() {
    let (server, redis) = start("user: {deleteUser: {enabled: true}}").await;
    let mut first = Browser::signed_up(&server, "ann").await;
    let mut second = Browser::signed_in(&server, "ann").await;
    server.clock.step(Duration::seconds(1));
    let answer = first
        .post("/delete-user", &json!({"password": PASSWORD}))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(current(&mut second).await, Value::Null);
    assert_eq!(redis.keys().await.len(), 1);
}

#[tokio::test]
async fn fields_of_a_session_change_and_those_that_are_hidden_stay() {
    let fields = "session: {additionalFields: {device: {type: string, required: false},
        risk: {type: string, required: false, defaultValue: low, returned: false, input: false}}}";
    let redis = Redis::start().await;
    let server = server_migrated_for(&(redis.settings() + fields)).await;
    let mut ann = Browser::signed_up(&server, "ann").await;
    let answer = ann
        .post("/update-session", &json!({"device": "phone"}))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(json_of(&answer)["session"]["risk"], Value::Null);
    assert_eq!(current(&mut ann).await["session"]["device"], "phone");
    let kept = redis.json(&token(&ann)).await;
    assert_eq!(
        (&kept["session"]["device"], &kept["session"]["risk"]),
        (&json!("phone"), &json!("low"))
    );
}

#[tokio::test]
async fn of_sign_ins_at_once_none_is_missing_from_the_list() {
    let cheap = "emailAndPassword: {password: {argon2id: {memoryKiB: 8192, iterations: 1}}}";
    let (server, _redis) = start(cheap).await;
    let mut ann = Browser::signed_up(&server, "ann").await;
    let sign_ins = (0..12).map(|_| Browser::signed_in(&server, "ann"));
    join_all(sign_ins).await;
    let listed = json_of(&ann.get("/list-sessions").await);
    assert_eq!(listed.as_array().unwrap().len(), 13);
}

#[tokio::test]
async fn replicas_count_requests_together() {
    let redis = Redis::start().await;
    let settings = redis.settings() + "rateLimit: {enabled: true}";
    let (one, two) = (server(&settings).await, server(&settings).await);
    let mut statuses = Vec::new();
    for server in [&one, &two, &one, &two] {
        let body = sign_in("nobody").to_string();
        let headers = [
            ("content-type", "application/json"),
            ("x-forwarded-for", "192.0.2.1"),
        ];
        let answer = Browser::new(server)
            .send("POST", "/sign-in/email", &headers, &body)
            .await;
        statuses.push((
            answer.status,
            answer.header("x-retry-after").map(str::to_owned),
        ));
    }
    let refused = (429, Some("10".to_owned()));
    assert_eq!(statuses, [(401, None), (401, None), (401, None), refused]);
    assert_eq!(redis.keys().await, ["192.0.2.1|/sign-in/email"]);
    assert!((1..=10).contains(&redis.seconds("192.0.2.1|/sign-in/email").await));
}

#[tokio::test]
async fn a_team_without_a_prefix_has_none() {
    let redis = Redis::start().await;
    let settings = redis.settings().replace("url:", "keyPrefix: '', url:");
    let server = server(&settings).await;
    let ann = Browser::signed_up(&server, "ann").await;
    let found: i64 = redis.run(cmd("EXISTS").arg(token(&ann))).await;
    assert_eq!(found, 1);
}

#[tokio::test]
async fn of_changes_of_a_session_and_its_user_at_once_none_is_lost() {
    let fields = (0..8).map(|number| format!("f{number}: {{type: string, required: false}}"));
    let fields = fields.collect::<Vec<_>>().join(", ");
    let redis = Redis::start().await;
    let more = format!("session: {{additionalFields: {{{fields}}}}}\n");
    let server = server_migrated_for(&(redis.settings() + &more)).await;
    let ann = Browser::signed_up(&server, "ann").await;
    let session = |number: usize| ("/update-session", json!({format!("f{number}"): "set"}));
    let user = ("/update-user", json!({"name": "Anna"}));
    let changes = (0..8).map(session).chain([user]).map(|(path, body)| {
        let mut browser = ann.clone();
        async move { browser.post(path, &body).await.status }
    });
    assert_eq!(join_all(changes).await, [200; 9]);
    let kept = redis.json(&token(&ann)).await;
    for number in 0..8 {
        assert_eq!(kept["session"][format!("f{number}")], "set", "{kept}");
    }
    assert_eq!(kept["user"]["name"], "Anna");
}
