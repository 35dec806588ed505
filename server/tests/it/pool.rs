//! The one pool.

use std::time::Duration;

use auth_server::{
    config::Database,
    db::{Conn, Db, DbError},
};
use sqlx::{Connection as _, raw_sql};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::support::{TestDatabase, TestServer, eventually, http};

async fn pid(connection: &mut Conn) -> i32 {
    sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(&mut **connection)
        .await
        .unwrap()
}

fn open(database: &TestDatabase, size: u32) -> Db {
    Db::open(&database.config(size)).unwrap()
}

#[tokio::test]
async fn the_server_never_has_more_backends_than_its_pool_is_large() {
    let server = TestServer::with(&[("DATABASE_MAX_CONNECTIONS", "3")]).await;
    let mut load = JoinSet::new();
    for worker in 0..24 {
        let api = server.api();
        load.spawn(async move {
            for number in 0..10 {
                let cookie =
                    format!("cookie: better-auth.session_token=none-{worker}-{number}\r\n");
                http::send(api, &http::request("GET", "/api/get-session", &cookie, ""))
                    .await
                    .unwrap();
                let body =
                    format!(r#"{{"email":"{worker}-{number}@shop.example","password":"x"}}"#);
                http::send(api, &http::post("/api/sign-in/email", &body))
                    .await
                    .unwrap();
            }
        });
    }
    let mut most = 0;
    while load.try_join_next().is_none() {
        most = most.max(server.database.backends().await);
    }
    while let Some(worker) = load.join_next().await {
        worker.unwrap();
    }
    assert!((1..=3).contains(&most), "{most} backends");
}

#[tokio::test]
async fn a_returned_connection_serves_the_next_caller() {
    let database = TestDatabase::migrated().await;
    let db = open(&database, 2);
    let first = pid(&mut db.get().await.unwrap()).await;
    assert_eq!(pid(&mut db.get().await.unwrap()).await, first);
}

#[tokio::test]
async fn the_connection_used_last_is_used_next() {
    let database = TestDatabase::migrated().await;
    let db = open(&database, 2);
    let (mut first, mut second) = (db.get().await.unwrap(), db.get().await.unwrap());
    let last = pid(&mut first).await;
    pid(&mut second).await;
    drop(second);
    drop(first);
    assert_eq!(pid(&mut db.get().await.unwrap()).await, last);
}

#[tokio::test]
async fn a_connection_tells_whose_it_is() {
    let database = TestDatabase::migrated().await;
    let db = open(&database, 2);
    let _connection = db.get().await.unwrap();
    assert_eq!(database.backends().await, 1);
}

#[tokio::test]
async fn a_caller_waits_for_a_connection_and_is_told_when_none_becomes_free() {
    let database = TestDatabase::migrated().await;
    let db = open(&database, 1);
    let held = db.get().await.unwrap();
    let error = db.get().await.unwrap_err();
    assert!(matches!(error, DbError::Exhausted(_)), "{error}");
    let waiting = tokio::spawn({
        let db = db.clone();
        async move { db.get().await.map(drop) }
    });
    sleep(Duration::from_millis(50)).await;
    drop(held);
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_request_that_gets_no_connection_in_time_is_told_when_to_come_back() {
    let server = TestServer::with(&[("DATABASE_MAX_CONNECTIONS", "1")]).await;
    let mut holder = server.database.connect().await;
    let mut lock = holder.begin().await.unwrap();
    raw_sql(r#"LOCK TABLE "user" IN ACCESS EXCLUSIVE MODE"#)
        .execute(&mut *lock)
        .await
        .unwrap();
    let sign_up = http::post(
        "/api/sign-up/email",
        r#"{"name":"Ann","email":"ann@shop.example","password":"correct horse"}"#,
    );
    let mut first = http::Client::connect(server.api()).await.unwrap();
    first.send(&sign_up).await.unwrap();
    let waiting = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("the first has the connection", async || {
        server.database.value(waiting).await != "0"
    })
    .await;
    let answer = http::send(server.api(), &sign_up).await.unwrap();
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert!(answer.body.contains("SERVER_BUSY"), "{answer:?}");
    lock.commit().await.unwrap();
    assert_eq!(first.answer().await.unwrap().status, 200);
}

#[tokio::test]
async fn a_transaction_that_was_not_committed_is_rolled_back() {
    let database = TestDatabase::migrated().await;
    let db = open(&database, 1);
    let mut connection = db.get().await.unwrap();
    let before = pid(&mut connection).await;
    connection.begin().await.unwrap();
    raw_sql("CREATE TABLE extra (a int)")
        .execute(&mut *connection)
        .await
        .unwrap();
    drop(connection);
    let mut connection = db.get().await.unwrap();
    assert_eq!(pid(&mut connection).await, before);
    assert_eq!(
        database
            .value("SELECT count(*) FROM pg_tables WHERE tablename = 'extra'")
            .await,
        "0"
    );
}

#[tokio::test]
async fn the_locks_of_a_dropped_transaction_are_released_at_once() {
    let database = TestDatabase::migrated().await;
    let db = open(&database, 1);
    let mut connection = db.get().await.unwrap();
    connection.begin().await.unwrap();
    raw_sql("LOCK TABLE session")
        .execute(&mut *connection)
        .await
        .unwrap();
    drop(connection);
    database
        .execute("SET lock_timeout = 1000; LOCK TABLE session")
        .await;
}

#[tokio::test]
async fn a_connection_left_in_the_middle_of_a_query_is_replaced() {
    let database = TestDatabase::migrated().await;
    let db = open(&database, 1);
    let mut connection = db.get().await.unwrap();
    let before = pid(&mut connection).await;
    let query = raw_sql("SELECT pg_sleep(30)").execute(&mut *connection);
    assert!(timeout(Duration::from_millis(50), query).await.is_err());
    drop(connection);
    assert_ne!(pid(&mut db.get().await.unwrap()).await, before);
}

#[tokio::test]
async fn a_transaction_whose_begin_was_interrupted_is_not_inherited() {
    let database = TestDatabase::migrated().await;
    let db = open(&database, 1);
    let mut connection = db.get().await.unwrap();
    let before = pid(&mut connection).await;
    // Polled once: the statement is sent, its answer is not read, unless it is there already.
    while futures::poll!(Box::pin(connection.begin())).is_ready() {
        connection.rollback().await.unwrap();
    }
    sleep(Duration::from_millis(50)).await;
    drop(connection);
    assert_ne!(pid(&mut db.get().await.unwrap()).await, before);
}

#[tokio::test]
async fn a_failed_statement_does_not_cost_the_connection() {
    let database = TestDatabase::migrated().await;
    let db = open(&database, 1);
    let mut connection = db.get().await.unwrap();
    let before = pid(&mut connection).await;
    raw_sql("nonsense")
        .execute(&mut *connection)
        .await
        .unwrap_err();
    drop(connection);
    assert_eq!(pid(&mut db.get().await.unwrap()).await, before);
}

#[tokio::test]
async fn a_connection_that_broke_while_it_rested_is_replaced_without_an_error() {
    let database = TestDatabase::migrated().await;
    let db = open(&database, 2);
    pid(&mut db.get().await.unwrap()).await;
    database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'auth-server' AND datname = current_database()").await;
    sleep(Duration::from_millis(1100)).await;
    pid(&mut db.get().await.unwrap()).await;
}

#[tokio::test]
async fn one_broken_connection_makes_the_others_suspect() {
    let database = TestDatabase::migrated().await;
    let db = open(&database, 4);
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(db.get().await.unwrap());
    }
    drop(held);
    database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'auth-server' AND datname = current_database()").await;
    let mut failures = 0;
    for _ in 0..8 {
        let mut connection = db.get().await.unwrap();
        failures += u32::from(raw_sql("SELECT 1").execute(&mut *connection).await.is_err());
    }
    assert!(failures <= 1, "{failures} failures");
}

#[tokio::test]
async fn a_closed_pool_has_no_backends_and_gives_no_connections() {
    let database = TestDatabase::migrated().await;
    let db = open(&database, 2);
    drop(db.get().await.unwrap());
    db.close().await;
    assert!(matches!(db.get().await.unwrap_err(), DbError::Closed));
    eventually("the backends end", async || database.backends().await == 0).await;
}

#[tokio::test]
async fn an_error_names_the_database_and_not_the_password() {
    let db = Db::open(&Database::from_url(
        "postgres://shop:hunter2@127.0.0.1:1/shop",
        1,
    ))
    .unwrap();
    let error = db.get().await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(
        text.contains("127.0.0.1:1/shop") && !text.contains("hunter2"),
        "{text}"
    );
}

#[tokio::test]
async fn an_answer_of_the_database_is_noted_and_a_connection_without_one_is_not() {
    let database = TestDatabase::migrated().await;
    let db = open(&database, 1);
    drop(db.get().await.unwrap());
    assert_eq!(db.last_answer(), None, "nothing was asked");
    pid(&mut db.get().await.unwrap()).await;
    let answer = db.last_answer();
    assert!(answer.is_some());
    let mut connection = db.get().await.unwrap();
    let sleep = raw_sql("SELECT pg_sleep(60)").execute(&mut *connection);
    assert!(timeout(Duration::from_millis(50), sleep).await.is_err());
    drop(connection);
    assert_eq!(db.last_answer(), answer, "the question is still open");
}
