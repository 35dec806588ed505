//! The admin port.

use std::cell::RefCell;
use std::net::SocketAddr;

use auth_server::migrate::REQUIRED_VERSION;

use crate::support::{Process, TestDatabase, TestServer, eventually, http};

async fn ready(address: SocketAddr) -> (u16, String) {
    let answer = http::get(address, "/readyz").await.unwrap();
    (answer.status, answer.body)
}

#[tokio::test]
async fn a_server_on_a_migrated_database_is_live_and_ready() {
    let server = TestServer::start().await;
    assert_eq!(
        http::get(server.admin(), "/livez").await.unwrap().status,
        200
    );
    assert_eq!(ready(server.admin()).await, (200, "ok\n".to_owned()));
}

#[tokio::test]
async fn a_schema_that_is_too_old_is_not_ready_until_it_is_migrated() {
    let database = TestDatabase::empty().await;
    let process = Process::serve(&database, &[]).await;
    let (status, body) = ready(process.admin()).await;
    assert_eq!(
        (status, body.as_str()),
        (
            503,
            format!("schema version 0, needs {REQUIRED_VERSION}: run `auth-server migrate`\n")
                .as_str()
        )
    );
    assert_eq!(
        http::get(process.admin(), "/livez").await.unwrap().status,
        200
    );
    let exit =
        crate::support::process::run(&["migrate"], &[("DATABASE_URL", database.url())]).await;
    assert_eq!(exit.code, Some(0));
    assert_eq!(ready(process.admin()).await.0, 200);
}

/// What a server with the settings `yaml` says on a database that was migrated without them, and once it was with them.
async fn ready_before_and_after(yaml: &str) -> (String, u16) {
    let database = TestDatabase::migrated().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), yaml).unwrap();
    let settings = ("AUTH_CONFIG", file.path().to_str().unwrap());
    let process = Process::serve(&database, &[settings]).await;
    let (status, body) = ready(process.admin()).await;
    assert_eq!(status, 503, "{body}");
    let variables = [("DATABASE_URL", database.url()), settings];
    let exit = crate::support::process::run(&["migrate"], &variables).await;
    if exit.code != Some(0) {
        return (body, 0);
    }
    (body, ready(process.admin()).await.0)
}

#[tokio::test]
async fn a_column_that_the_settings_add_has_to_be_there() {
    assert_eq!(
        ready_before_and_after("user: {additionalFields: {plan: {type: string, required: false}}}").await,
        (
            "the schema has no user.plan, which the settings name: run `auth-server migrate` with them\n".to_owned(),
            200
        )
    );
}

#[tokio::test]
async fn tables_and_columns_that_the_settings_rename_have_to_be_there() {
    for (yaml, name) in [
        ("verification: {modelName: verifications}", "verifications"),
        ("session: {fields: {userId: user_id}}", "session.user_id"),
    ] {
        let (body, _) = ready_before_and_after(yaml).await;
        assert!(body.contains(&format!("has no {name},")), "{body}");
    }
}

#[tokio::test]
async fn a_database_that_goes_down_makes_the_server_unready_until_it_is_back() {
    let server = TestServer::start().await;
    assert_eq!(ready(server.admin()).await.0, 200);
    let name = server.database.name();
    let admin = TestDatabase::empty().await;
    admin
        .execute(&format!(
            "ALTER DATABASE {name} ALLOW_CONNECTIONS false;
             SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        ))
        .await;
    eventually("it turns unready", async || {
        ready(server.admin()).await.0 == 503
    })
    .await;
    assert_eq!(ready(server.admin()).await.1, "database not reachable\n");
    admin
        .execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
        .await;
    eventually("it turns ready", async || {
        ready(server.admin()).await.0 == 200
    })
    .await;
}

#[tokio::test]
async fn a_server_starts_before_its_database() {
    let process = Process::serve_with(&[("DATABASE_URL", "postgres://a:b@127.0.0.1:1/c")]).await;
    assert_eq!(
        ready(process.admin()).await,
        (503, "database not reachable\n".to_owned())
    );
}

#[tokio::test]
async fn requests_are_counted_by_route_and_status_class() {
    let server = TestServer::start().await;
    http::get(server.api(), "/api/ok").await.unwrap();
    http::get(server.api(), "/api/reset-password/a-secret-token")
        .await
        .unwrap();
    let metrics = http::get(server.admin(), "/metrics").await.unwrap().body;
    assert!(
        metrics.contains(r#"auth_server_http_requests_total{route="/ok",status="2xx"} 1"#),
        "{metrics}"
    );
    assert!(
        metrics.contains(r#"auth_server_http_request_duration_seconds_count{route="/ok"} 1"#),
        "{metrics}"
    );
    assert!(!metrics.contains("a-secret-token"), "{metrics}");
}

#[tokio::test]
async fn sign_ins_are_counted_by_result() {
    let server = TestServer::start().await;
    let ann = r#"{"name":"Ann","email":"ann@shop.example","password":"correct horse"}"#;
    let wrong = r#"{"email":"ann@shop.example","password":"wrong horse"}"#;
    for (path, body) in [
        ("/api/sign-up/email", ann),
        ("/api/sign-in/email", ann),
        ("/api/sign-in/email", wrong),
        ("/api/sign-in/email", wrong),
    ] {
        http::send(server.api(), &http::post(path, body))
            .await
            .unwrap();
    }
    let metrics = http::get(server.admin(), "/metrics").await.unwrap().body;
    for line in [
        r#"auth_server_sessions_started_total{route="/sign-up/email"} 1"#,
        r#"auth_server_sessions_started_total{route="/sign-in/email"} 1"#,
        r#"auth_server_http_errors_total{route="/sign-in/email",code="INVALID_EMAIL_OR_PASSWORD"} 2"#,
        r"auth_server_password_hash_duration_seconds_count 4",
        r"auth_server_password_hash_wait_seconds_count 4",
    ] {
        assert!(
            metrics.lines().any(|known| known == line),
            "{line} is not in {metrics}"
        );
    }
    assert!(!metrics.contains("ann@"), "{metrics}");
}

#[tokio::test]
async fn paths_that_are_no_routes_share_one_label() {
    let server = TestServer::start().await;
    for path in ["/api/a", "/api/b?c=d", "/"] {
        http::get(server.api(), path).await.unwrap();
    }
    let metrics = http::get(server.admin(), "/metrics").await.unwrap().body;
    let routes: Vec<&str> = metrics
        .lines()
        .filter(|line| line.starts_with("auth_server_http_requests_total{"))
        .collect();
    assert_eq!(
        routes,
        [r#"auth_server_http_requests_total{route="unmatched",status="4xx"} 3"#]
    );
}

#[tokio::test]
async fn the_pool_and_the_hasher_are_measured() {
    let server = TestServer::start().await;
    ready(server.admin()).await;
    // The outbox and the clean-up look at the database too, each for a moment.
    let metrics = RefCell::default();
    eventually("no connection is in use", async || {
        metrics.replace(http::get(server.admin(), "/metrics").await.unwrap().body);
        gauge(&metrics.borrow(), "auth_server_database_connections_in_use") == 0
    })
    .await;
    let metrics = metrics.into_inner();
    for (name, value) in [
        ("auth_server_database_connections_limit", 4),
        ("auth_server_database_connections_waiting", 0),
        ("auth_server_database_checkout_timeouts_total", 0),
        ("auth_server_password_hashes_running", 0),
        ("auth_server_password_hashes_waiting", 0),
    ] {
        assert_eq!(gauge(&metrics, name), value, "{name}");
    }
    let open = gauge(&metrics, "auth_server_database_connections_open");
    assert!((1..=4).contains(&open), "{open} connections");
    let opened = gauge(&metrics, "auth_server_database_connections_opened_total");
    assert_eq!(opened, open, "none was closed");
}

/// The value of a metric without labels.
fn gauge(metrics: &str, name: &str) -> u32 {
    let value = metrics
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.unwrap().parse().unwrap()
}

#[tokio::test]
async fn the_api_does_not_answer_for_the_admin_port() {
    let server = TestServer::start().await;
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(
            http::get(server.api(), path).await.unwrap().status,
            404,
            "{path}"
        );
    }
}
