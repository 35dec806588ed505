//! `PgBouncer` in transaction mode between the server and Postgres.

use tokio::task::JoinSet;

use crate::{
    routes::browser::{Browser, json_of},
    support::{
        Process, TestDatabase, TestServer, eventually, http, pgbouncer::PgBouncer, process::run,
    },
};

#[tokio::test]
async fn the_server_works_through_it() {
    if !PgBouncer::keeps_prepared_statements() {
        return;
    }
    let database = TestDatabase::migrated().await;
    let bouncer = PgBouncer::start(database.url()).await;
    let url = bouncer.url(database.url());
    let server = TestServer::on(
        database,
        &[("DATABASE_URL", &url), ("DATABASE_MAX_CONNECTIONS", "8")],
    )
    .await;
    let mut users = JoinSet::new();
    for number in 0..16 {
        let mut browser = Browser::new(&server);
        users.spawn(async move {
            let name = format!("user-{number}");
            let answer = browser
                .post("/sign-up/email", &crate::routes::browser::sign_up(&name))
                .await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            for _ in 0..20 {
                let read = json_of(&browser.get("/get-session").await);
                assert_eq!(read["user"]["name"], name);
            }
            let renamed = serde_json::json!({"name": format!("{name}!")});
            assert_eq!(browser.post("/update-user", &renamed).await.status, 200);
            assert_eq!(
                browser
                    .post("/sign-out", &serde_json::json!({}))
                    .await
                    .status,
                200
            );
            assert_eq!(browser.get("/get-session").await.body, "null");
        });
    }
    while let Some(user) = users.join_next().await {
        user.unwrap();
    }
    let ready = http::get(server.admin(), "/readyz").await.unwrap();
    assert_eq!(ready.status, 200, "{}", ready.body);
}

#[tokio::test]
async fn migrate_refuses_it_and_leaves_no_lock_behind() {
    let database = TestDatabase::empty().await;
    let bouncer = PgBouncer::start(database.url()).await;
    let url = bouncer.url(database.url());
    let exit = run(&["migrate"], &[("DATABASE_URL", &url)]).await;
    assert_eq!(exit.code, Some(10), "{}", exit.output());
    assert!(
        exit.output().contains("a pooler in transaction mode"),
        "{}",
        exit.output()
    );
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (
                     SELECT oid FROM pg_database WHERE datname = current_database())";
    assert_eq!(database.value(locks).await, "0");
    let exit = run(&["migrate"], &[("DATABASE_URL", database.url())]).await;
    assert_eq!(exit.code, Some(0), "{}", exit.output());
}

#[tokio::test]
async fn sessions_are_not_answered_from_memory_through_it_and_the_log_says_why() {
    let yaml = "session: {memoryCache: {enabled: true}}";
    let database = TestDatabase::migrated_for(yaml).await;
    let bouncer = PgBouncer::start(database.url()).await;
    let url = bouncer.url(database.url());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), yaml).unwrap();
    let settings = ("AUTH_CONFIG", file.path().to_str().unwrap());
    let process = Process::serve(&database, &[settings, ("DATABASE_URL", &url)]).await;
    eventually("the log says why", || async {
        process
            .logged("sessions are not answered from memory")
            .is_some()
    })
    .await;
    let metrics = http::get(process.admin(), "/metrics").await.unwrap().body;
    assert!(
        metrics.contains("auth_server_session_memory_channel_up 0"),
        "{metrics}"
    );
    let told = process
        .logged("sessions are not answered from memory")
        .unwrap();
    let reason = told["reason"].as_str().unwrap();
    assert!(reason.contains("a pooler in transaction mode"), "{reason}");
}
