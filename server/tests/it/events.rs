//! What happens, in the audit log and told to other services.

use auth_server::outbox::webhook::sign;
use serde_json::Value;

use crate::support::{
    TestServer, eventually,
    http::{Answer, post, request, send},
    receiver::{Received, Receiver},
};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PASSWORD: &str = "correct horse";

struct Stage {
    server: TestServer,
    /// Deleted with this.
    _folder: tempfile::TempDir,
}

impl Stage {
    async fn new(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("auth.yaml");
        std::fs::write(&file, settings).unwrap();
        let secret = folder.path().join("hook");
        std::fs::create_dir(&secret).unwrap();
        std::fs::write(secret.join("secret"), SECRET).unwrap();
        let server = TestServer::with(&[
            ("AUTH_CONFIG", file.to_str().unwrap()),
            ("AUTH_SECRETS_DIR", folder.path().to_str().unwrap()),
        ])
        .await;
        Self {
            server,
            _folder: folder,
        }
    }

    async fn send(&self, bytes: &[u8]) -> Answer {
        send(self.server.api(), bytes).await.unwrap()
    }

    async fn sign_up(&self) -> Answer {
        let body =
            format!(r#"{{"name":"Ann","email":"ann@shop.example","password":"{PASSWORD}"}}"#);
        self.send(&post("/api/sign-up/email", &body)).await
    }

    async fn sign_in(&self, password: &str) -> Answer {
        let body = format!(r#"{{"email":"ann@shop.example","password":"{password}"}}"#);
        self.send(&post("/api/sign-in/email", &body)).await
    }

    /// A POST of somebody who is signed in, from a known address and browser.
    async fn act(&self, signed_in: &Answer, path: &str, body: &str) -> Answer {
        let cookie = signed_in.header("set-cookie").unwrap();
        let cookie = cookie.split(';').next().unwrap();
        let headers = format!(
            "cookie: {cookie}\r\norigin: http://localhost:8100\r\ncontent-type: application/json\r\n\
             x-forwarded-for: 192.0.2.1\r\nuser-agent: Test\r\n"
        );
        let answer = self.send(&request("POST", path, &headers, body)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer
    }

    /// The kinds of all events in the audit log, in their order.
    async fn kinds(&self) -> String {
        let sql = "SELECT string_agg(event, ' ' ORDER BY id) FROM authbackend_audit";
        self.server.database.value(sql).await
    }

    /// A column of the newest event of a kind.
    async fn newest(&self, kind: &str, column: &str) -> String {
        let sql = format!(
            "SELECT {column} FROM authbackend_audit WHERE event = '{kind}' ORDER BY id DESC LIMIT 1"
        );
        let sql = format!("({sql})");
        self.server.database.value(&sql).await
    }
}

const AUDIT: &str = "audit: {enabled: true}";

fn webhook(receiver: &Receiver, more: &str) -> String {
    let url = receiver.url();
    format!("webhooks: [{{url: '{url}', signingSecretRef: {{name: hook, key: secret}}{more}}}]")
}

async fn received(receiver: &Receiver, count: usize) -> Vec<Received> {
    eventually("the receiver is told", async || {
        receiver.received().len() >= count
    })
    .await;
    receiver.received()
}

#[tokio::test]
async fn nothing_is_recorded_unless_the_settings_ask_for_it() {
    let stage = Stage::new("{}").await;
    stage.sign_up().await;
    stage.sign_in("wrong horse").await;
    let rows =
        "(SELECT count(*) FROM authbackend_audit) + (SELECT count(*) FROM authbackend_outbox)";
    assert_eq!(stage.server.database.value(rows).await, "0");
}

#[tokio::test]
async fn signing_up_in_and_out_is_recorded() {
    let stage = Stage::new(AUDIT).await;
    stage.sign_up().await;
    stage.sign_in("wrong horse").await;
    let signed_in = stage.sign_in(PASSWORD).await;
    stage.act(&signed_in, "/api/sign-out", "{}").await;
    assert_eq!(
        stage.kinds().await,
        "user.created session.created sign_in.failed session.created session.revoked"
    );
}

#[tokio::test]
async fn what_users_change_is_recorded() {
    let stage = Stage::new(AUDIT).await;
    let signed_up = stage.sign_up().await;
    stage
        .act(&signed_up, "/api/update-user", r#"{"name":"Anna"}"#)
        .await;
    let body = format!(
        r#"{{"currentPassword":"{PASSWORD}","newPassword":"another horse","revokeOtherSessions":true}}"#
    );
    stage.act(&signed_up, "/api/change-password", &body).await;
    assert_eq!(
        stage.kinds().await,
        "user.created session.created user.updated password.changed session.revoked session.created"
    );
}

#[tokio::test]
async fn ending_sessions_is_recorded_with_their_ids() {
    let stage = Stage::new(AUDIT).await;
    stage.sign_up().await;
    stage.sign_in(PASSWORD).await;
    let last = stage.sign_in(PASSWORD).await;
    stage.act(&last, "/api/revoke-other-sessions", "{}").await;
    let count = stage
        .newest("session.revoked", "jsonb_array_length(data->'sessionIds')")
        .await;
    assert_eq!(count, "2");
    stage.act(&last, "/api/revoke-sessions", "{}").await;
    let ids = stage
        .newest("session.revoked", "data->'sessionIds'->>0")
        .await;
    assert_eq!(ids, stage.newest("session.created", r#""sessionId""#).await);
}

#[tokio::test]
async fn ending_nothing_is_no_event() {
    let stage = Stage::new(AUDIT).await;
    let signed_up = stage.sign_up().await;
    stage
        .act(&signed_up, "/api/revoke-other-sessions", "{}")
        .await;
    stage
        .act(&signed_up, "/api/revoke-session", r#"{"token":"unknown"}"#)
        .await;
    assert_eq!(stage.kinds().await, "user.created session.created");
}

#[tokio::test]
async fn an_event_says_who_from_where_and_when() {
    let stage = Stage::new(AUDIT).await;
    let signed_up = stage.sign_up().await;
    stage
        .act(&signed_up, "/api/update-user", r#"{"name":"Anna"}"#)
        .await;
    let id = r#"SELECT id FROM "user""#;
    let columns =
        r#"concat_ws('|', "userId", "ipAddress", "userAgent", "createdAt" AT TIME ZONE 'UTC')"#;
    assert_eq!(
        stage.newest("user.updated", columns).await,
        format!(
            "{}|192.0.2.1|Test|2026-01-02 03:04:05.678",
            stage.server.database.value(id).await
        )
    );
}

#[tokio::test]
async fn a_failed_sign_in_is_recorded_for_known_and_unknown_addresses() {
    let stage = Stage::new(AUDIT).await;
    stage.sign_in(PASSWORD).await;
    assert_eq!(stage.newest("sign_in.failed", r#""userId""#).await, "");
    assert_eq!(
        stage.newest("sign_in.failed", "data->>'email'").await,
        "ann@shop.example"
    );
    stage.sign_up().await;
    stage.sign_in("wrong horse").await;
    assert_ne!(stage.newest("sign_in.failed", r#""userId""#).await, "");
}

#[tokio::test]
async fn what_did_not_happen_is_not_recorded() {
    let stage = Stage::new(AUDIT).await;
    stage.sign_up().await;
    assert_eq!(stage.sign_up().await.status, 422);
    assert_eq!(stage.kinds().await, "user.created session.created");
}

#[tokio::test]
async fn of_sign_ups_at_once_with_one_address_one_is_recorded_and_all_have_the_same_answer() {
    let settings = format!("{AUDIT}\nemailAndPassword: {{autoSignIn: false}}");
    let stage = Stage::new(&settings).await;
    let answers = futures::future::join_all((0..4).map(|_| stage.sign_up())).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(stage.kinds().await, "user.created");
}

#[tokio::test]
async fn what_cannot_be_recorded_does_not_happen() {
    let stage = Stage::new(AUDIT).await;
    stage
        .server
        .database
        .execute("DROP TABLE authbackend_audit")
        .await;
    assert_eq!(stage.sign_up().await.status, 500);
    let users = r#"SELECT count(*) FROM "user""#;
    assert_eq!(stage.server.database.value(users).await, "0");
}

#[tokio::test]
async fn rows_older_than_the_retention_are_removed() {
    let stage = Stage::new("audit: {enabled: true, retention: 3600}").await;
    let database = &stage.server.database;
    // Another server on the same database, which cleans up at its start.
    for hours in [2, 0] {
        database
            .execute(&format!(
                r#"INSERT INTO authbackend_audit (event, data, "createdAt")
                   VALUES ('user.updated', '{{"hours": {hours}}}', now() - interval '{hours} hours')"#
            ))
            .await;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("auth.yaml");
    std::fs::write(&file, "audit: {enabled: true, retention: 3600}").unwrap();
    let _process =
        crate::support::Process::serve(database, &[("AUTH_CONFIG", file.to_str().unwrap())]).await;
    let left = "SELECT string_agg(data->>'hours', ' ') FROM authbackend_audit";
    eventually("the old row is gone", async || {
        database.value(left).await == "0"
    })
    .await;
}

#[tokio::test]
async fn services_are_told_with_a_signature() {
    let receiver = Receiver::start(&[]).await;
    let stage = Stage::new(&webhook(&receiver, "")).await;
    stage.sign_up().await;
    let requests = received(&receiver, 2).await;
    let mut kinds: Vec<_> = requests
        .iter()
        .map(|request| request.json()["type"].clone())
        .collect();
    kinds.sort_by_key(Value::to_string);
    assert_eq!(kinds, ["session.created", "user.created"]);
    for request in &requests {
        let timestamp = request.header("webhook-timestamp").parse().unwrap();
        let expected = sign(
            SECRET,
            request.header("webhook-id"),
            timestamp,
            &request.body,
        );
        assert_eq!(Ok(request.header("webhook-signature").to_owned()), expected);
        assert_eq!(request.json()["timestamp"], "2026-01-02T03:04:05.678Z");
        assert_ne!(request.json()["data"]["userId"], Value::Null);
    }
}

#[tokio::test]
async fn a_service_is_told_only_what_it_asks_for() {
    let receiver = Receiver::start(&[]).await;
    let stage = Stage::new(&webhook(&receiver, ", events: [sign_in.failed]")).await;
    stage.sign_up().await;
    stage.sign_in("wrong horse").await;
    let requests = received(&receiver, 1).await;
    assert_eq!(requests[0].json()["type"], "sign_in.failed");
}

#[tokio::test]
async fn neither_log_nor_service_learns_a_secret() {
    let receiver = Receiver::start(&[]).await;
    let stage = Stage::new(&format!("{AUDIT}\n{}", webhook(&receiver, ""))).await;
    let signed_up = stage.sign_up().await;
    let body: Value = serde_json::from_str(&signed_up.body).unwrap();
    let token = body["token"].as_str().unwrap();
    stage.sign_in("wrong horse").await;
    stage.act(&signed_up, "/api/sign-out", "{}").await;
    let log = stage
        .server
        .database
        .value("SELECT string_agg(a::text, ' ') FROM authbackend_audit a")
        .await;
    let told: String = received(&receiver, 4)
        .await
        .into_iter()
        .map(|request| request.body)
        .collect();
    for secret in [token, PASSWORD, "wrong horse"] {
        assert!(!log.contains(secret) && !told.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_service_that_is_down_does_not_disturb_a_request() {
    let settings =
        "webhooks: [{url: 'http://127.0.0.1:1', signingSecretRef: {name: hook, key: secret}}]";
    let stage = Stage::new(settings).await;
    assert_eq!(stage.sign_up().await.status, 200);
    let rows = "SELECT count(*) FROM authbackend_outbox";
    assert_eq!(stage.server.database.value(rows).await, "2");
}

#[tokio::test]
async fn of_an_address_that_cannot_be_one_the_beginning_is_kept() {
    let stage = Stage::new("audit: {enabled: true}").await;
    let body = format!(
        r#"{{"email":"{}@shop.example","password":"{PASSWORD}"}}"#,
        "x".repeat(50_000)
    );
    let answer = stage.send(&post("/api/sign-in/email", &body)).await;
    assert_eq!(answer.status, 401);
    let length = stage.newest("sign_in.failed", "length(data->>'email')");
    assert_eq!(length.await, "320");
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_keeps_no_other_waiting() {
    // Takes connections and answers nothing.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("http://{}/hook", listener.local_addr().unwrap());
    let receiver = Receiver::start(&[]).await;
    let hook =
        |url: &str| format!("{{url: '{url}', signingSecretRef: {{name: hook, key: secret}}}}");
    let hooks = format!("webhooks: [{}, {}]", hook(&silent), hook(&receiver.url()));
    let stage = Stage::new(&hooks).await;
    // More messages to the silent one than are sent at the same time.
    for _ in 0..10 {
        stage.sign_in("wrong horse").await;
    }
    received(&receiver, 10).await;
}
