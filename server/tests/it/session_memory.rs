//! Sessions in memory: answered without the database, and never after they changed.

mod shortcut;

use std::{net::SocketAddr, sync::Arc};

use auth_server::migrate::{Desired, Migrator, embedded};
use serde_json::json;
use sqlx::{Connection as _, PgConnection};
use time::Duration;

use crate::{
    routes::browser::{Browser, cookies_of, json_of, sign_in},
    support::{Process, TestDatabase, TestServer, eventually, http, process::run, proxy::Proxy},
};

const ON: &str = "session: {memoryCache: {enabled: true}}";

/// A server with the settings `yaml` that answers from memory.
async fn server(yaml: &str) -> TestServer {
    let database = TestDatabase::migrated_for(yaml).await;
    let server = beside(database, yaml).await;
    hears(server.admin()).await;
    server
}

/// A server with the settings `yaml` on this database.
async fn beside(database: impl Into<Arc<TestDatabase>>, yaml: &str) -> TestServer {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), yaml).unwrap();
    TestServer::on(database, &[("AUTH_CONFIG", file.path().to_str().unwrap())]).await
}

/// A second server that answers from memory, on the database of `server`.
async fn replica(server: &TestServer) -> TestServer {
    let replica = beside(Arc::clone(&server.database), ON).await;
    hears(replica.admin()).await;
    replica
}

async fn migrate(database: &TestDatabase, yaml: &str) {
    let settings = serde_saphyr::from_str(yaml).unwrap();
    let migrator = Migrator::new(embedded()).for_schema(Desired::of(&settings));
    migrator.run(&database.target()).await.unwrap();
}

/// The value of one of the metrics of `session_memory`.
async fn metric(admin: SocketAddr, name: &str) -> u64 {
    let metrics = http::get(admin, "/metrics").await.unwrap().body;
    let start = format!("auth_server_session_memory_{name} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&start));
    line.expect("there is no such metric").parse().unwrap()
}

async fn is_up(admin: SocketAddr) -> bool {
    metric(admin, "channel_up").await == 1
}

async fn hears(admin: SocketAddr) {
    eventually("the server hears of changes", || is_up(admin)).await;
}

async fn is_deaf(admin: SocketAddr) {
    eventually("the server knows that it is deaf", || async {
        !is_up(admin).await
    })
    .await;
}

/// Has the server remember the session of `browser`, and shows that it does.
async fn warm(server: &TestServer, browser: &mut Browser) {
    eventually("the session is answered from memory", || {
        let mut browser = browser.clone();
        async move {
            let before = metric(server.admin(), "hits_total").await;
            assert_ne!(browser.get("/get-session").await.body, "null");
            metric(server.admin(), "hits_total").await > before
        }
    })
    .await;
}

/// Waits until the answer is that nobody is signed in.
async fn is_refused(browser: &Browser) {
    eventually("the session is refused", || {
        let mut browser = browser.clone();
        async move { browser.get("/get-session").await.body == "null" }
    })
    .await;
}

/// Waits until the answer says this of the user.
async fn shows(browser: &Browser, field: &str, value: serde_json::Value) {
    eventually("the change is seen", || {
        let (mut browser, value) = (browser.clone(), value.clone());
        async move { json_of(&browser.get("/get-session").await)["user"][field] == value }
    })
    .await;
}

#[tokio::test]
async fn the_second_answer_is_the_first_byte_for_byte_and_asks_no_database() {
    let server = server(ON).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let first = browser.get("/get-session").await;
    let second = browser.get("/get-session").await;
    assert_eq!(second.body, first.body);
    assert_eq!(cookies_of(&second), cookies_of(&first));
    let counts = ["hits_total", "misses_total"].map(|name| metric(server.admin(), name));
    let [hits, misses] = counts;
    assert_eq!((hits.await, misses.await), (1, 1));
}

#[tokio::test]
async fn whoever_removes_a_session_it_is_refused() {
    for (yaml, statement) in [
        (ON, "DELETE FROM session"),
        (ON, "TRUNCATE session"),
        (ON, r#"DELETE FROM "user""#),
        (ON, r#"TRUNCATE "user" CASCADE"#),
        // As a subscription or a restore changes rows.
        (ON, "SET session_replication_role = replica; DELETE FROM session"),
        (ON, r#"UPDATE session SET "expiresAt" = '2020-01-01'"#),
        (ON, r"UPDATE session SET token = 'another'"),
        (
            "{session: {memoryCache: {enabled: true}, modelName: Sessions, fields: {userId: user_id, token: secret}},
              user: {modelName: users}, advanced: {database: {generateId: serial}}}",
            r#"DELETE FROM "Sessions""#,
        ),
        (
            "{session: {memoryCache: {enabled: true}}, advanced: {database: {generateId: uuid}}}",
            r#"DELETE FROM "user""#,
        ),
    ] {
        let server = server(yaml).await;
        let mut browser = Browser::signed_up(&server, "ann").await;
        warm(&server, &mut browser).await;
        server.database.execute(statement).await;
        is_refused(&browser).await;
    }
}

#[tokio::test]
async fn whoever_changes_a_user_it_is_seen() {
    let yaml = "{session: {memoryCache: {enabled: true}},
                 user: {additionalFields: {banned: {type: boolean, required: false, input: false}}}}";
    let server = server(yaml).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    warm(&server, &mut browser).await;
    server
        .database
        .execute(r#"UPDATE "user" SET name = 'Anna'"#)
        .await;
    shows(&browser, "name", json!("Anna")).await;
    warm(&server, &mut browser).await;
    server
        .database
        .execute(r#"UPDATE "user" SET banned = true"#)
        .await;
    shows(&browser, "banned", json!(true)).await;
}

#[tokio::test]
async fn what_one_replica_changes_the_other_sees() {
    let here = server(ON).await;
    let there = replica(&here).await;
    let mut at_home = Browser::signed_up(&here, "ann").await;
    let mut abroad = Browser::signed_in(&there, "ann").await;
    warm(&there, &mut abroad).await;
    at_home.post("/update-user", &json!({"name": "Anna"})).await;
    shows(&abroad, "name", json!("Anna")).await;
    warm(&there, &mut abroad).await;
    at_home.post("/revoke-other-sessions", &json!({})).await;
    is_refused(&abroad).await;
    assert_ne!(at_home.get("/get-session").await.body, "null");
}

#[tokio::test]
async fn a_session_is_refused_at_once_where_it_was_ended() {
    let server = server(ON).await;
    Browser::signed_up(&server, "ann").await;
    for (path, body) in [
        ("/revoke-sessions", json!({})),
        ("/sign-out", json!({})),
        (
            "/change-password",
            json!({"currentPassword": "correct horse", "newPassword": "correct horse", "revokeOtherSessions": true}),
        ),
        ("/revoke-other-sessions", json!({})),
    ] {
        for _ in 0..5 {
            let mut browser = Browser::signed_in(&server, "ann").await;
            let mut other = Browser::signed_in(&server, "ann").await;
            warm(&server, &mut browser).await;
            let gone = if path == "/sign-out" {
                let gone = browser.clone();
                browser.post(path, &body).await;
                gone
            } else {
                let answer = other.post(path, &body).await;
                assert_eq!(answer.status, 200, "{path}: {}", answer.body);
                browser
            };
            assert_eq!(
                gone.clone().get("/get-session").await.body,
                "null",
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn a_change_is_seen_at_once_where_it_was_made() {
    let server = server(ON).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    for number in 0..20 {
        let name = format!("Ann {number}");
        warm(&server, &mut browser).await;
        browser.post("/update-user", &json!({"name": name})).await;
        let seen = json_of(&browser.get("/get-session").await);
        assert_eq!(seen["user"]["name"], name);
    }
}

#[tokio::test]
async fn while_the_channel_is_down_the_database_answers() {
    let server = server(ON).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    warm(&server, &mut browser).await;
    let name = server.database.name();
    let mut connection = server.database.connect().await;
    let mut elsewhere = url::Url::parse(server.database.url()).unwrap();
    elsewhere.set_path("postgres");
    let mut admin = PgConnection::connect(elsewhere.as_str()).await.unwrap();
    let statement = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false");
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
        .execute(&mut admin)
        .await
        .unwrap();
    // Superusers are refused too, and connections that are there stay.
    let killed: i64 = sqlx::query_scalar(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
         WHERE datname = current_database() AND query LIKE 'LISTEN%'",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert_eq!(killed, 1);
    is_deaf(server.admin()).await;
    for number in 0..10 {
        let sql = format!(r#"UPDATE "user" SET name = 'Ann {number}'"#);
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&mut connection)
            .await
            .unwrap();
        let seen = json_of(&browser.get("/get-session").await);
        assert_eq!(seen["user"]["name"], format!("Ann {number}"));
    }
    eventually("the memory is empty", || async {
        metric(server.admin(), "entries").await == 0
    })
    .await;
    let statement = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true");
    sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
        .execute(&mut admin)
        .await
        .unwrap();
    hears(server.admin()).await;
    warm(&server, &mut browser).await;
}

#[tokio::test]
async fn a_connection_that_went_silent_is_noticed_although_it_is_open() {
    let database = TestDatabase::migrated_for(ON).await;
    let proxy = Proxy::to(database.url()).await;
    let url = proxy.url(database.url());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), ON).unwrap();
    let settings = ("AUTH_CONFIG", file.path().to_str().unwrap());
    let server = TestServer::on(database, &[settings, ("DATABASE_URL", &url)]).await;
    hears(server.admin()).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    warm(&server, &mut browser).await;
    assert_eq!(proxy.listeners(), 1);
    proxy.silence_listeners();
    server.database.execute("DELETE FROM session").await;
    is_refused(&browser).await;
    eventually("another connection listens", || async {
        proxy.listeners() > 1
    })
    .await;
    hears(server.admin()).await;
}

#[tokio::test]
async fn without_the_triggers_nothing_is_answered_from_memory() {
    let server = beside(TestDatabase::migrated().await, ON).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    for _ in 0..10 {
        browser.get("/get-session").await;
    }
    assert_eq!(metric(server.admin(), "hits_total").await, 0);
    migrate(&server.database, ON).await;
    hears(server.admin()).await;
    server
        .database
        .execute(r#"ALTER TABLE "user" DISABLE TRIGGER authbackend_user_changed"#)
        .await;
    is_deaf(server.admin()).await;
}

#[tokio::test]
async fn triggers_go_when_the_setting_does_and_servers_of_before_ask_the_database() {
    let server = server(ON).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    warm(&server, &mut browser).await;
    migrate(&server.database, "{}").await;
    let left = "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'authbackend%'";
    assert_eq!(server.database.value(left).await, "0");
    let left = "SELECT count(*) FROM pg_proc WHERE proname LIKE 'authbackend%'";
    assert_eq!(server.database.value(left).await, "0");
    is_deaf(server.admin()).await;
    server.database.execute("DELETE FROM session").await;
    assert_eq!(browser.get("/get-session").await.body, "null");
}

#[tokio::test]
async fn the_plan_says_what_is_made_and_a_second_one_has_nothing_to_do() {
    let database = TestDatabase::migrated().await;
    let settings = serde_saphyr::from_str(ON).unwrap();
    let migrator = Migrator::new(embedded()).for_schema(Desired::of(&settings));
    let plan = migrator.plan(&database.target()).await.unwrap();
    let changes: Vec<String> = plan.changes().map(ToString::to_string).collect();
    let finding = "does not tell servers of changes, which session.memoryCache needs";
    assert_eq!(
        changes,
        [
            format!("table session {finding}"),
            format!("table user {finding}")
        ]
    );
    assert!(!migrator.report(&plan).is_destructive());
    migrator.run(&database.target()).await.unwrap();
    let plan = migrator.plan(&database.target()).await.unwrap();
    assert!(!plan.is_work(), "{plan:?}");
}

#[tokio::test]
async fn columns_that_are_renamed_later_have_their_triggers_made_anew() {
    let database = TestDatabase::migrated_for(ON).await;
    let renamed = "session: {memoryCache: {enabled: true}, fields: {userId: user_id}}";
    database
        .execute(r#"ALTER TABLE session RENAME "userId" TO user_id"#)
        .await;
    migrate(&database, renamed).await;
    let server = beside(database, renamed).await;
    hears(server.admin()).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    warm(&server, &mut browser).await;
    server.database.execute("DELETE FROM session").await;
    is_refused(&browser).await;
}

/// What a browser sees that asks at different ages of its session, and what the database has afterwards.
async fn life(yaml: &str) -> Vec<String> {
    let server = beside(TestDatabase::migrated_for(yaml).await, yaml).await;
    if yaml != "{}" {
        hears(server.admin()).await;
    }
    let mut browser = Browser::signed_up(&server, "ann").await;
    let mut seen = Vec::new();
    for (hours, path) in [
        (0, "/get-session"),
        (1, "/get-session"),
        (22, "/list-sessions"),
        (2, "/list-sessions"),
        (0, "/get-session"),
        (0, "/get-session?disableRefresh=true"),
        (24 * 3, "/get-session?disableRefresh=true"),
        (0, "/get-session"),
        (0, "/get-session"),
        (24 * 7, "/get-session"),
        (1, "/get-session"),
        (24 * 8, "/get-session"),
        (0, "/get-session"),
    ] {
        server.clock.step(Duration::hours(hours));
        let answer = browser.get(path).await;
        let session = &serde_json::from_str::<serde_json::Value>(&answer.body).unwrap();
        let stored = r#"SELECT string_agg("expiresAt" || ' ' || "updatedAt", ',') FROM session"#;
        seen.push(format!(
            "{} {} {} {:?} {}",
            answer.status,
            session["session"]["expiresAt"],
            session["session"]["updatedAt"],
            cookies_of(&answer),
            server.database.value(stored).await
        ));
    }
    seen
}

#[tokio::test]
async fn a_session_ages_is_extended_and_ends_as_without_the_memory() {
    let remembering = "session: {memoryCache: {enabled: true, maxAge: 86400}}";
    assert_eq!(life(remembering).await, life("{}").await);
}

#[tokio::test]
async fn the_channel_is_one_connection_beside_the_pool() {
    let server = server(ON).await;
    let mut browsers = tokio::task::JoinSet::new();
    for number in 0..12 {
        let mut browser = Browser::new(&server);
        browsers.spawn(async move {
            let body = sign_in(&format!("nobody-{number}"));
            browser.post("/sign-in/email", &body).await
        });
    }
    browsers.join_all().await;
    // Four of the pool.
    assert!(server.database.backends().await <= 5);
}

#[tokio::test]
async fn a_server_that_cannot_listen_says_so_and_what_to_do() {
    let database = TestDatabase::migrated().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), ON).unwrap();
    let settings = ("AUTH_CONFIG", file.path().to_str().unwrap());
    let process = Process::serve(&database, &[settings]).await;
    eventually("the log says why", || async {
        let told = process.logged("sessions are not answered from memory");
        told.is_some_and(|line| {
            line["reason"]
                .as_str()
                .unwrap()
                .contains("auth-server migrate")
        })
    })
    .await;
    let exit = run(&["migrate"], &[("DATABASE_URL", database.url()), settings]).await;
    assert_eq!(exit.code, Some(0));
    hears(process.admin()).await;
}

#[tokio::test]
async fn ten_thousand_sessions_that_end_together_are_one_notification() {
    let database = TestDatabase::migrated_for(ON).await;
    database
        .execute(
            r#"INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('u', 'Ann', 'ann@shop.example', true);
               INSERT INTO session (id, "expiresAt", token, "updatedAt", "userId")
               SELECT n, now(), n, now(), 'u' FROM generate_series(1, 10000) n"#,
        )
        .await;
    let mut heard = sqlx::postgres::PgListener::connect(database.url())
        .await
        .unwrap();
    heard.listen("authbackend_changes").await.unwrap();
    database
        .execute("DELETE FROM session; NOTIFY authbackend_changes, 'end'")
        .await;
    let first = heard.recv().await.unwrap();
    let second = heard.recv().await.unwrap();
    assert_eq!((first.payload(), second.payload()), ("uu", "end"));
}
