//! Rows that have had their time are removed beside the requests: few at once, and by one server at a time.

use auth_server::{
    clock::Clock,
    db::Db,
    janitor::{Janitor, Outcome},
    metrics::Metrics,
};
use sqlx::{Connection as _, raw_sql};
use time::{Duration, macros::datetime};
use tokio_util::sync::CancellationToken;

use crate::{
    routes::browser::Browser,
    support::{TestDatabase, TestServer, eventually, pgbouncer::PgBouncer},
};

/// A user, and sessions and verifications that end `n` times 20 minutes before noon.
const ROWS: &str = r#"
    INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('ann', 'Ann', 'ann@shop.example', true);
    INSERT INTO session (id, "expiresAt", token, "updatedAt", "userId")
    SELECT n, timestamptz '2026-06-01 12:00Z' - n * interval '20 minutes', n, now(), 'ann' FROM generate_series(-1, 5) n;
    INSERT INTO verification (id, identifier, value, "expiresAt")
    SELECT n, n, n, timestamptz '2026-06-01 12:00Z' - n * interval '20 minutes' FROM generate_series(-1, 5) n"#;

const SESSIONS: &str = "SELECT string_agg(id, ' ' ORDER BY id::int) FROM session";
const VERIFICATIONS: &str = "SELECT string_agg(id, ' ' ORDER BY id::int) FROM verification";

/// As many sessions that have ended.
async fn with_ended(sessions: u32) -> TestDatabase {
    let database = TestDatabase::migrated().await;
    database
        .execute(&format!(
            r#"INSERT INTO "user" (id, name, email, "emailVerified") VALUES ('ann', 'Ann', 'ann@shop.example', true);
               INSERT INTO session (id, "expiresAt", token, "updatedAt", "userId")
               SELECT n, timestamptz '2026-05-01Z' + n % 7 * interval '1 minute', n, now(), 'ann' FROM generate_series(1, {sessions}) n"#
        ))
        .await;
    database
}

fn janitor(url: &str, yaml: &str, metrics: &Metrics) -> Janitor {
    let database = auth_server::config::Database::from_url(url, 2);
    let settings = serde_saphyr::from_str(yaml).unwrap();
    let clock = Clock::fixed(datetime!(2026-06-01 12:00 UTC));
    let db = Db::open(&database).unwrap();
    Janitor::new(&settings, &db, &clock, metrics)
}

async fn look(url: &str, yaml: &str) -> Outcome {
    let janitor = janitor(url, yaml, &Metrics::new());
    janitor.look(&CancellationToken::new()).await.unwrap()
}

/// How many sessions `metrics` say were removed.
fn removed(metrics: &Metrics) -> u64 {
    let text = metrics.encode().unwrap();
    let start = r#"auth_server_clean_up_rows_total{kind="sessions"} "#;
    let line = text.lines().find_map(|line| line.strip_prefix(start));
    line.unwrap().parse().unwrap()
}

#[tokio::test]
async fn what_has_ended_is_removed_an_hour_later() {
    let database = TestDatabase::migrated().await;
    database.execute(ROWS).await;
    assert_eq!(look(database.url(), "{}").await, Outcome::Done);
    for left in [SESSIONS, VERIFICATIONS] {
        assert_eq!(database.value(left).await, "-1 0 1 2 3");
    }
}

#[tokio::test]
async fn what_the_settings_want_to_keep_stays() {
    for (yaml, kept, removed) in [
        ("session: {disableCleanup: true}", SESSIONS, VERIFICATIONS),
        (
            "verification: {disableCleanup: true}",
            VERIFICATIONS,
            SESSIONS,
        ),
    ] {
        let database = TestDatabase::migrated().await;
        database.execute(ROWS).await;
        look(database.url(), yaml).await;
        assert_eq!(database.value(kept).await, "-1 0 1 2 3 4 5", "{yaml}");
        assert_eq!(database.value(removed).await, "-1 0 1 2 3", "{yaml}");
    }
}

#[tokio::test]
async fn no_statement_removes_more_than_a_thousand_rows() {
    let database = with_ended(5_000).await;
    database
        .execute(
            "CREATE TABLE trace (rows bigint);
             CREATE FUNCTION trace() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN INSERT INTO trace SELECT count(*) FROM gone; RETURN NULL; END $$;
             CREATE TRIGGER trace AFTER DELETE ON session REFERENCING OLD TABLE AS gone
                 FOR EACH STATEMENT EXECUTE FUNCTION trace()",
        )
        .await;
    look(database.url(), "{}").await;
    let bounded = "SELECT sum(rows) || ' ' || bool_and(rows <= 1000) FROM trace";
    assert_eq!(database.value(bounded).await, "5000 true");
}

#[tokio::test]
async fn while_another_server_removes_this_one_leaves_it_the_rest() {
    let database = with_ended(10).await;
    let mut other = database.connect().await;
    let mut removing = other.begin().await.unwrap();
    raw_sql("SELECT pg_advisory_xact_lock(7022647185630782316)")
        .execute(&mut *removing)
        .await
        .unwrap();
    assert_eq!(look(database.url(), "{}").await, Outcome::Another);
    assert_eq!(database.value("SELECT count(*) FROM session").await, "10");
    removing.commit().await.unwrap();
    assert_eq!(look(database.url(), "{}").await, Outcome::Done);
    assert_eq!(database.value("SELECT count(*) FROM session").await, "0");
}

#[tokio::test]
async fn of_servers_at_once_each_row_is_removed_by_one() {
    let database = with_ended(5_000).await;
    let metrics = Metrics::new();
    let [first, second] = [0, 1].map(|_| janitor(database.url(), "{}", &metrics));
    let stop = CancellationToken::new();
    loop {
        let (first, second) = tokio::join!(first.look(&stop), second.look(&stop));
        if (first.unwrap(), second.unwrap()) == (Outcome::Done, Outcome::Done) {
            break;
        }
    }
    assert_eq!(removed(&metrics), 5_000);
}

#[tokio::test]
async fn a_row_that_a_request_holds_keeps_nobody_waiting_and_goes_later() {
    let database = with_ended(10).await;
    let mut request = database.connect().await;
    let mut holding = request.begin().await.unwrap();
    raw_sql("SELECT FROM session WHERE id = '3' FOR UPDATE")
        .execute(&mut *holding)
        .await
        .unwrap();
    assert_eq!(look(database.url(), "{}").await, Outcome::Done);
    assert_eq!(database.value(SESSIONS).await, "3");
    holding.rollback().await.unwrap();
    look(database.url(), "{}").await;
    assert_eq!(database.value(SESSIONS).await, "");
}

#[tokio::test]
async fn a_pooler_in_transaction_mode_is_left_without_a_lock() {
    if !PgBouncer::keeps_prepared_statements() {
        return;
    }
    let database = with_ended(2_000).await;
    let bouncer = PgBouncer::start(database.url()).await;
    let url = bouncer.url(database.url());
    assert_eq!(look(&url, "{}").await, Outcome::Done);
    assert_eq!(database.value(SESSIONS).await, "");
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert_eq!(database.value(locks).await, "0");
}

#[tokio::test]
async fn a_server_cleans_up_by_itself() {
    let database = with_ended(10).await;
    database
        .execute(r#"UPDATE session SET "expiresAt" = '2025-12-01Z'"#)
        .await;
    let server = TestServer::on(database, &[]).await;
    eventually("the sessions are gone", async || {
        server.database.value(SESSIONS).await.is_empty()
    })
    .await;
}

#[tokio::test]
async fn a_client_cannot_tell_whether_its_session_was_cleaned_up() {
    let server = TestServer::start().await;
    let mut there = Browser::signed_up(&server, "ann").await;
    let mut gone = Browser::signed_in(&server, "ann").await;
    server.clock.step(Duration::days(8));
    server
        .database
        .execute(
            r#"DELETE FROM session WHERE token = (SELECT token FROM session ORDER BY "createdAt" DESC LIMIT 1)"#,
        )
        .await;
    assert_eq!(
        server.database.value("SELECT count(*) FROM session").await,
        "1"
    );
    let answers = [
        there.get("/get-session").await,
        gone.get("/get-session").await,
    ];
    let [there, gone] = answers.map(|answer| {
        let cookies: Vec<String> = answer.headers("set-cookie").map(str::to_owned).collect();
        (answer.status, answer.body, cookies)
    });
    assert_eq!(there, gone);
}
