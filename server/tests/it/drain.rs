//! The orderly end.

use sqlx::{Connection as _, raw_sql};

use crate::support::{Process, TestDatabase, eventually, http};

const SIGN_UP: &str = r#"{"name":"Ann","email":"ann@shop.example","password":"correct horse"}"#;

/// A request that lasts until the lock on the table is released.
async fn slow_request(process: &Process) -> http::Client {
    let mut client = http::Client::connect(process.api()).await.unwrap();
    client
        .send(&http::post("/api/sign-up/email", SIGN_UP))
        .await
        .unwrap();
    client
}

async fn blocked(database: &TestDatabase) -> bool {
    let waiting = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    database.value(waiting).await != "0"
}

#[tokio::test]
async fn a_request_under_way_is_answered_while_new_connections_are_refused() {
    let database = TestDatabase::migrated().await;
    let process = Process::serve(&database, &[]).await;
    let mut holder = database.connect().await;
    let mut lock = holder.begin().await.unwrap();
    raw_sql(r#"LOCK TABLE "user" IN ACCESS EXCLUSIVE MODE"#)
        .execute(&mut *lock)
        .await
        .unwrap();
    let mut client = slow_request(&process).await;
    eventually("the request waits for the lock", async || {
        blocked(&database).await
    })
    .await;

    let api = process.api();
    process.terminate().await;
    eventually("new connections are refused", async || {
        http::get(api, "/api/ok").await.is_err()
    })
    .await;
    lock.commit().await.unwrap();

    assert_eq!(client.answer().await.unwrap().status, 200);
    let exit = process.exit().await;
    assert_eq!(exit.code, Some(0), "{exit:#?}");
    eventually("the pool is closed", async || {
        database.backends().await == 0
    })
    .await;
}

#[tokio::test]
async fn during_the_delay_the_server_is_unready_and_still_answers() {
    let database = TestDatabase::migrated().await;
    let process = Process::serve(&database, &[("SHUTDOWN_DELAY", "2")]).await;
    let mut kept = http::Client::connect(process.api()).await.unwrap();
    process.terminate().await;
    let admin = process.admin();
    eventually("it is unready", async || {
        http::get(admin, "/readyz").await.unwrap().status == 503
    })
    .await;
    assert_eq!(
        http::get(admin, "/readyz").await.unwrap().body,
        "shutting down\n"
    );
    let answer = http::get(process.api(), "/api/ok").await.unwrap();
    assert_eq!(
        (answer.status, answer.header("connection")),
        (200, Some("close"))
    );
    kept.send(&http::request("GET", "/api/ok", "", ""))
        .await
        .unwrap();
    assert_eq!(
        kept.answer().await.unwrap().header("connection"),
        Some("close")
    );
    assert_eq!(process.exit().await.code, Some(0));
}

#[tokio::test]
async fn a_request_that_lasts_longer_than_the_limit_does_not_hold_up_the_end() {
    let database = TestDatabase::migrated().await;
    let process = Process::serve(&database, &[("SHUTDOWN_TIMEOUT", "1")]).await;
    let mut holder = database.connect().await;
    let mut lock = holder.begin().await.unwrap();
    raw_sql(r#"LOCK TABLE "user" IN ACCESS EXCLUSIVE MODE"#)
        .execute(&mut *lock)
        .await
        .unwrap();
    let _client = slow_request(&process).await;
    eventually("the request waits for the lock", async || {
        blocked(&database).await
    })
    .await;
    process.terminate().await;
    let exit = process.exit().await;
    assert_eq!(exit.code, Some(0));
    assert!(
        exit.output()
            .contains("some requests were not answered in time"),
        "{exit:#?}"
    );
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_end() {
    let database = TestDatabase::migrated().await;
    let process = Process::serve(&database, &[]).await;
    let mut idle = http::Client::connect(process.api()).await.unwrap();
    idle.send(&http::request("GET", "/api/ok", "", ""))
        .await
        .unwrap();
    idle.answer().await.unwrap();
    process.terminate().await;
    assert_eq!(process.exit().await.code, Some(0));
}
