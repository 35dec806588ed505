//! Sessions read in groups: everybody gets what they would have got alone.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use auth_server::{
    config::Database,
    crypto::hmac::Signer,
    db::{Db, DbError, ReadError, Tables},
    identity::session::{Promise, SessionReads, Turn, store},
    metrics::{Metrics, PoolGauges},
};
use serde_json::json;
use sqlx::{Connection as _, PgConnection, raw_sql};
use tokio::{
    task::{JoinHandle, JoinSet},
    time::timeout,
};

use crate::{
    routes::browser::{Browser, json_of, server_migrated_for},
    support::{
        SECRET, TestDatabase, TestServer, eventually,
        http::{self, Answer},
    },
};

/// Users `user 0` … with a session `token 0` … each.
const GUESTS: &str = r#"
    INSERT INTO "user" (id, name, email, "emailVerified")
    SELECT 'user ' || n, 'name ' || n, n || '@shop.example', true FROM generate_series(0, 29) n;
    INSERT INTO session (id, "expiresAt", token, "updatedAt", "userId")
    SELECT 'session ' || n, '2026-01-09', 'token ' || n, now(), 'user ' || n FROM generate_series(0, 29) n"#;

/// Readers at once.
const READERS: usize = 2;

/// Who the holder of `token` is, says the server.
fn ask(server: &TestServer, token: &str) -> JoinHandle<Answer> {
    let signature = Signer::new([SECRET]).sign(token);
    let value = format!("{token}.{signature}").replace('+', "%2B");
    let cookie = format!("cookie: better-auth.session_token={value}\r\n");
    let request = http::request("GET", "/api/get-session", &cookie, "");
    let api = server.api();
    tokio::spawn(async move { http::send(api, &request).await.unwrap() })
}

async fn metric(server: &TestServer, name: &str) -> u64 {
    let metrics = http::get(server.admin(), "/metrics").await.unwrap().body;
    let start = format!("auth_server_session_{name} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&start));
    let value: f64 = line.expect("there is no such metric").parse().unwrap();
    assert!(value >= 0.0);
    format!("{value:.0}").parse().unwrap()
}

/// A server with guests whose sessions nobody can read until the lock is given back.
async fn locked() -> (TestServer, PgConnection) {
    let server = TestServer::start().await;
    server.database.execute(GUESTS).await;
    let mut lock = server.database.connect().await;
    raw_sql("BEGIN; LOCK TABLE session")
        .execute(&mut lock)
        .await
        .unwrap();
    (server, lock)
}

/// Waits until so many queries of the server wait for the lock.
async fn stuck(server: &TestServer, number: usize) {
    let count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                 AND application_name = 'auth-server' AND wait_event_type = 'Lock'";
    let number = number.to_string();
    eventually("queries wait for the lock", async || {
        server.database.value(count).await == number
    })
    .await;
}

/// All readers are at work, and `tokens` wait.
async fn behind_readers(
    server: &TestServer,
    tokens: &[&str],
) -> (Vec<JoinHandle<Answer>>, Vec<JoinHandle<Answer>>) {
    let readers: Vec<_> = (0..READERS).map(|_| ask(server, "token 0")).collect();
    stuck(server, READERS).await;
    let waiting: Vec<_> = tokens.iter().map(|token| ask(server, token)).collect();
    let number = u64::try_from(tokens.len()).unwrap();
    eventually("the others wait", async || {
        metric(server, "reads_waiting").await == number
    })
    .await;
    (readers, waiting)
}

async fn terminate_backends(server: &TestServer) {
    server
        .database
        .execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE application_name = 'auth-server' AND datname = current_database()",
        )
        .await;
}

#[tokio::test]
async fn who_comes_while_others_read_is_read_for_with_one_query() {
    let (server, lock) = locked().await;
    let tokens: Vec<_> = (0..20).map(|number| format!("token {number}")).collect();
    let mut tokens: Vec<_> = tokens.iter().map(String::as_str).collect();
    tokens.extend(["token 7", "token 7", "token of nobody"]);
    let (readers, waiting) = behind_readers(&server, &tokens).await;
    lock.close().await.unwrap();
    for reader in readers {
        assert_eq!(json_of(&reader.await.unwrap())["user"]["id"], "user 0");
    }
    for (token, answer) in tokens.iter().zip(waiting) {
        let answer = answer.await.unwrap();
        if *token == "token of nobody" {
            assert_eq!(answer.body, "null");
            continue;
        }
        let number = token.strip_prefix("token ").unwrap();
        let body = json_of(&answer);
        assert_eq!(body["session"]["token"], json!(token));
        assert_eq!(body["user"]["name"], format!("name {number}"));
    }
    assert_eq!(metric(&server, "reads_count").await, 3);
    assert_eq!(metric(&server, "reads_sum").await, 2 + 23);
    assert_eq!(metric(&server, "reads_waiting").await, 0);
}

#[tokio::test]
async fn a_request_sees_what_happened_before_it_came() {
    let server = Arc::new(TestServer::start().await);
    server.database.execute(GUESTS).await;
    let mut workers = JoinSet::new();
    for worker in 0..12 {
        let server = Arc::clone(&server);
        workers.spawn(async move {
            let mut connection = server.database.connect().await;
            let token = format!("own {worker}");
            for _ in 0..15 {
                let begin =
                    "INSERT INTO session (id, \"expiresAt\", token, \"updatedAt\", \"userId\")
                             VALUES ($1, '2026-01-09', $1, now(), 'user 0')";
                let begin = sqlx::query(begin).bind(&token);
                begin.execute(&mut connection).await.unwrap();
                assert_ne!(ask(&server, &token).await.unwrap().body, "null");
                let end = sqlx::query("DELETE FROM session WHERE token = $1").bind(&token);
                end.execute(&mut connection).await.unwrap();
                assert_eq!(ask(&server, &token).await.unwrap().body, "null");
            }
        });
    }
    workers.join_all().await;
    let (queries, requests) = (
        metric(&server, "reads_count").await,
        metric(&server, "reads_sum").await,
    );
    assert_eq!(requests, 12 * 15 * 2);
    assert!(queries <= requests);
}

#[tokio::test]
async fn a_connection_that_breaks_is_told_to_everybody_who_was_read_for() {
    let (server, lock) = locked().await;
    let (readers, waiting) = behind_readers(&server, &["token 1", "token 2", "token 2"]).await;
    terminate_backends(&server).await;
    for reader in readers {
        assert_eq!(reader.await.unwrap().status, 500);
    }
    // The group is being read now, on another connection.
    stuck(&server, 1).await;
    terminate_backends(&server).await;
    for answer in waiting {
        let answer = answer.await.unwrap();
        assert_eq!(answer.status, 500);
        assert_eq!(json_of(&answer)["code"], "FAILED_TO_GET_SESSION");
    }
    lock.close().await.unwrap();
    assert_eq!(ask(&server, "token 1").await.unwrap().status, 200);
}

#[tokio::test]
async fn a_session_that_cannot_be_read_fails_alone() {
    let (server, mut lock) = locked().await;
    raw_sql("UPDATE session SET \"expiresAt\" = 'infinity' WHERE token = 'token 1'")
        .execute(&mut lock)
        .await
        .unwrap();
    let (_readers, waiting) = behind_readers(&server, &["token 1", "token 2", "token 3"]).await;
    raw_sql("COMMIT").execute(&mut lock).await.unwrap();
    let mut statuses = Vec::new();
    for answer in waiting {
        statuses.push(answer.await.unwrap().status);
    }
    assert_eq!(statuses, [500, 200, 200]);
}

/// Readers of the sessions in `database` with a pool of so many connections.
fn reads(database: &Database) -> (Db, SessionReads) {
    let db = Db::open(database).unwrap();
    let reads = SessionReads::new(db.clone(), Metrics::new().session_reads);
    (db, reads)
}

/// All readers, at work.
async fn busy(reads: &SessionReads) -> Vec<Turn> {
    let mut readers = Vec::new();
    for _ in 0..READERS {
        readers.push(reads.turn("token 0").await);
    }
    readers
}

/// What waits for the session with `token`.
async fn promise(reads: &SessionReads, token: &str) -> Promise {
    let Turn::Later(promise) = reads.turn(token).await else {
        unreachable!("a reader is free")
    };
    promise
}

/// What becomes of a request that waited behind readers that ended.
async fn after_readers(reads: &SessionReads, token: &str) -> Result<Option<String>, ReadError> {
    let readers = busy(reads).await;
    let promise = promise(reads, token).await;
    drop(readers);
    let kept = timeout(Duration::from_mins(1), promise.kept()).await;
    let kept = kept.expect("nobody reads for it")?;
    Ok(kept.map(|current| current.user.id))
}

#[tokio::test]
async fn requests_that_end_early_take_nobody_along() {
    let database = TestDatabase::migrated().await;
    database.execute(GUESTS).await;
    let (_, reads) = reads(&database.config(2));
    let readers = busy(&reads).await;
    let gone = promise(&reads, "token 1").await;
    let stays = promise(&reads, "token 2").await;
    drop((gone, readers));
    let kept = stays.kept().await.unwrap();
    assert_eq!(kept.unwrap().user.id, "user 2");
    // The readers are free again.
    assert!(matches!(reads.turn("token 3").await, Turn::Now(_)));
}

#[tokio::test]
async fn whoever_waits_for_a_connection_in_vain_is_told_so() {
    let database = TestDatabase::migrated().await;
    database.execute(GUESTS).await;
    let (db, reads) = reads(&database.config(1));
    let held = db.get().await.unwrap();
    let error = after_readers(&reads, "token 1").await.unwrap_err();
    assert!(
        matches!(&error, ReadError::Connection(error) if matches!(**error, DbError::Exhausted(_))),
        "{error}"
    );
    drop(held);
    let found = after_readers(&reads, "token 1").await.unwrap();
    assert_eq!(found.as_deref(), Some("user 1"));
}

#[tokio::test]
async fn nobody_waits_on_behind_readers_that_are_stuck_while_others_come() {
    let database = TestDatabase::migrated().await;
    let (_, reads) = reads(&database.config(1));
    let _readers = busy(&reads).await;
    let first = promise(&reads, "token 1").await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let _second = promise(&reads, "token 2").await;
    let error = first.kept().await.unwrap_err();
    assert!(
        matches!(&error, ReadError::Connection(error) if matches!(**error, DbError::Exhausted(_))),
        "{error}"
    );
}

#[tokio::test]
async fn whoever_waits_is_told_why_there_is_no_connection() {
    let url = "postgres://shop:hunter2@127.0.0.1:1/shop";
    let (db, reads) = reads(&Database::from_url(url, 1));
    let error = after_readers(&reads, "token 1").await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains("cannot connect to the database at 127.0.0.1:1/shop"));
    assert!(!text.contains("hunter2"));
    db.close().await;
    let error = after_readers(&reads, "token 1").await.unwrap_err();
    assert_eq!(error.to_string(), DbError::Closed.to_string());
}

#[tokio::test]
async fn readers_do_not_keep_the_only_connection_from_others() {
    let database = TestDatabase::migrated().await;
    database.execute(GUESTS).await;
    let (db, reads) = reads(&database.config(1));
    let mut load = JoinSet::new();
    for worker in 0..20 {
        let (db, reads) = (db.clone(), reads.clone());
        load.spawn(async move {
            let token = format!("token {worker}");
            loop {
                let found = match reads.turn(&token).await {
                    Turn::Now(_reader) => store::by_token(&mut db.get().await.unwrap(), &token)
                        .await
                        .unwrap(),
                    Turn::Later(promise) => promise.kept().await.unwrap(),
                };
                assert_eq!(found.unwrap().user.id, format!("user {worker}"));
            }
        });
    }
    for _ in 0..50 {
        let mut connection = db.get().await.unwrap();
        raw_sql("SELECT 1").execute(&mut *connection).await.unwrap();
    }
    load.shutdown().await;
}

#[tokio::test]
async fn sessions_read_together_are_as_each_read_alone() {
    for yaml in [
        "{}",
        "{advanced: {database: {generateId: serial}}}",
        "advanced: {database: {generateId: uuid}}
user: {modelName: users, additionalFields: {plan: {type: string, defaultValue: free}}}
session:
  modelName: logins
  fields: {token: secret, userId: user_id}
  additionalFields: {seen: {type: date, required: false}, device: {type: string, defaultValue: web}}",
    ] {
        let server = server_migrated_for(yaml).await;
        let mut tokens = vec!["token of nobody".to_owned()];
        for name in ["ann", "bob", "eve"] {
            let mut browser = Browser::signed_up(&server, name).await;
            let body = json_of(&browser.get("/get-session").await);
            tokens.push(body["session"]["token"].as_str().unwrap().to_owned());
        }
        let tables = Tables::of(&serde_saphyr::from_str(yaml).unwrap());
        let database = server.database.config(1);
        let db = Db::open_measured(&database, tables, Vec::new(), PoolGauges::default()).unwrap();
        let mut connection = db.get().await.unwrap();
        let mut alone = Vec::new();
        for token in &tokens {
            alone.extend(store::by_token(&mut connection, token).await.unwrap());
        }
        let tokens: Vec<_> = tokens.iter().map(String::as_str).collect();
        let mut together = store::by_tokens(&mut connection, &tokens).await.unwrap();
        together.sort_by_key(|it| tokens.iter().position(|token| *token == it.session.token));
        assert_eq!(alone.len(), 3, "{yaml}");
        assert_eq!(together, alone, "{yaml}");
    }
}

#[tokio::test]
async fn the_query_for_a_group_is_not_planned_anew_each_time() {
    let database = TestDatabase::migrated().await;
    database.execute(GUESTS).await;
    let db = Db::open(&database.config(1)).unwrap();
    let mut connection = db.get().await.unwrap();
    for number in 0..20 {
        let tokens: Vec<_> = (0..2 + number).map(|n| format!("token {n}")).collect();
        let tokens: Vec<_> = tokens.iter().map(String::as_str).collect();
        let found = store::by_tokens(&mut connection, &tokens).await.unwrap();
        let found: BTreeSet<_> = found.iter().map(|it| it.session.token.as_str()).collect();
        assert_eq!(found, tokens.iter().copied().collect());
    }
    let (anew, kept): (i64, i64) = sqlx::query_as(
        "SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE statement LIKE '%ANY%'",
    )
    .fetch_one(&mut *connection)
    .await
    .unwrap();
    assert_eq!((anew, kept), (5, 15));
}
