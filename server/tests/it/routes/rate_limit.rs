use futures::future::join_all;
use time::Duration;

use super::browser::{Browser, ORIGIN, server};
use crate::support::{
    Process, TestDatabase, TestServer, eventually,
    http::{self, Answer},
};

const ON: &str = "rateLimit: {enabled: true}";
const IN_DATABASE: &str = "rateLimit: {storage: database}";
const SIGN_IN: &str = r#"{"email":"nobody@example.com","password":"not a password"}"#;

/// A sign-in that fails, by a client whose address the proxy gives as `address`.
fn sign_in(address: &str) -> Vec<u8> {
    let headers = format!("content-type: application/json\r\nx-forwarded-for: {address}\r\n");
    http::request("POST", "/api/sign-in/email", &headers, SIGN_IN)
}

async fn statuses(server: &TestServer, method: &str, paths: &[&str]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for path in paths {
        let headers = [("x-forwarded-for", "192.0.2.1")];
        let answer = Browser::new(server).send(method, path, &headers, "").await;
        statuses.push(answer.status);
    }
    statuses
}

async fn sign_in_from(server: &TestServer, addresses: &[&str]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for address in addresses {
        let answer = http::send(server.api(), &sign_in(address)).await.unwrap();
        statuses.push(answer.status);
    }
    statuses
}

#[tokio::test]
async fn the_fourth_sign_in_is_refused_as_better_auth_does() {
    let server = server(ON).await;
    let same = ["192.0.2.1"; 3];
    assert_eq!(sign_in_from(&server, &same).await, [401, 401, 401]);
    server.clock.step(Duration::milliseconds(2500));
    let refused = http::send(server.api(), &sign_in("192.0.2.1"))
        .await
        .unwrap();
    assert_eq!(
        (refused.status, refused.body.as_str()),
        (
            429,
            r#"{"message":"Too many requests. Please try again later."}"#
        )
    );
    assert_eq!(refused.header("x-retry-after"), Some("8"));
    assert_eq!(refused.header("content-type"), Some("application/json"));
    assert_eq!(refused.header("retry-after"), None);
}

#[tokio::test]
async fn it_is_on_without_any_setting() {
    let database = TestDatabase::migrated().await;
    let process = Process::serve(&database, &[]).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let answer = http::send(process.api(), &sign_in("192.0.2.1")).await;
        statuses.push(answer.unwrap().status);
    }
    assert_eq!(statuses, [401, 401, 401, 429]);
}

#[tokio::test]
async fn a_client_that_waits_may_call_again() {
    for settings in [ON, IN_DATABASE] {
        let server = server(settings).await;
        let all = ["192.0.2.1"; 4];
        assert_eq!(sign_in_from(&server, &all).await, [401, 401, 401, 429]);
        server.clock.step(Duration::milliseconds(9999));
        assert_eq!(sign_in_from(&server, &all[..1]).await, [429], "{settings}");
        server.clock.step(Duration::milliseconds(1));
        assert_eq!(sign_in_from(&server, &all).await, [401, 401, 401, 429]);
    }
}

#[tokio::test]
async fn each_client_and_each_path_is_counted_apart() {
    let server = server(ON).await;
    let addresses = [
        "192.0.2.1",
        "192.0.2.2",
        "192.0.2.1",
        "192.0.2.1",
        "192.0.2.1",
        "192.0.2.2",
    ];
    assert_eq!(
        sign_in_from(&server, &addresses).await,
        [401, 401, 401, 401, 429, 401]
    );
    assert_eq!(statuses(&server, "GET", &["/ok"]).await, [200]);
}

#[tokio::test]
async fn a_path_is_counted_before_it_is_known_to_be_one_and_whatever_the_method() {
    let server = server("rateLimit: {max: 2}").await;
    for path in ["/nowhere", "/ok"] {
        let expected = if path == "/ok" { 200 } else { 404 };
        assert_eq!(
            statuses(&server, "GET", &[path; 3]).await,
            [expected, expected, 429],
            "{path}"
        );
    }
    assert_eq!(statuses(&server, "POST", &["/ok"]).await, [429]);
    assert_eq!(statuses(&server, "GET", &["/ok/"]).await, [429]);
}

#[tokio::test]
async fn inventing_paths_brings_no_new_counts() {
    let server = server("rateLimit: {max: 2, storage: database}").await;
    assert_eq!(
        statuses(&server, "GET", &["/a", "/b", "/c", "/a//b"]).await,
        [404, 404, 429, 429]
    );
    let long = format!("/{}", "x".repeat(10_000));
    assert_eq!(statuses(&server, "GET", &[&long]).await, [429]);
    let rows = server.database.value(r#"SELECT count(*) FROM "rateLimit""#);
    assert_eq!(rows.await, "1");
}

#[tokio::test]
async fn settings_change_the_limits_of_paths() {
    let server =
        server("rateLimit: {max: 1, customRules: {/sign-in/*: {window: 60, max: 2}, /ok: false}}")
            .await;
    let all = ["192.0.2.1"; 3];
    assert_eq!(sign_in_from(&server, &all).await, [401, 401, 429]);
    assert_eq!(statuses(&server, "GET", &["/ok"; 5]).await, [200; 5]);
    assert_eq!(statuses(&server, "GET", &["/error"; 2]).await, [302, 429]);
    server.clock.step(Duration::seconds(59));
    assert_eq!(sign_in_from(&server, &all[..1]).await, [429]);
}

#[tokio::test]
async fn disabled_paths_are_not_counted() {
    let server = server("rateLimit: {max: 1}\ndisabledPaths: [/ok]").await;
    assert_eq!(statuses(&server, "GET", &["/ok"; 3]).await, [404; 3]);
}

#[tokio::test]
async fn clients_without_an_address_share_one_count_unless_nobody_wants_addresses() {
    let shared = ["", "192.0.2.1, 192.0.2.2", "unknown", "192.0.2.1:80"];
    let server_with_addresses = server(ON).await;
    assert_eq!(
        sign_in_from(&server_with_addresses, &shared).await,
        [401, 401, 401, 429]
    );
    let without = server(&format!(
        "{ON}\nadvanced: {{ipAddress: {{disableIpTracking: true}}}}"
    ))
    .await;
    assert_eq!(sign_in_from(&without, &shared).await, [401; 4]);
    assert_eq!(sign_in_from(&without, &["192.0.2.1"; 4]).await, [401; 4]);
}

#[tokio::test]
async fn clients_without_an_address_are_logged_once_in_a_while() {
    let database = TestDatabase::migrated().await;
    let process = Process::serve(&database, &[]).await;
    for _ in 0..3 {
        http::get(process.api(), "/api/ok").await.unwrap();
    }
    http::send(process.api(), &sign_in("192.0.2.1"))
        .await
        .unwrap();
    eventually("the sign-in is logged", async || {
        process.logged("request").is_some()
    })
    .await;
    let warnings = process.log().into_iter().filter(|line| {
        let message = line["message"].as_str().unwrap_or_default();
        message.contains("without the address of their client")
    });
    assert_eq!(warnings.count(), 1);
}

#[tokio::test]
async fn the_database_counts_exactly_over_requests_at_once() {
    let server = server(IN_DATABASE).await;
    assert_eq!(passed(&[server.api()], 50).await, 3);
    let row = server
        .database
        .value(r#"SELECT concat_ws(' ', key, count, "lastRequest") FROM "rateLimit""#);
    assert_eq!(row.await, "192.0.2.1|/sign-in/email 3 1767323045678");
}

#[tokio::test]
async fn the_memory_counts_exactly_over_requests_at_once() {
    let server = server(ON).await;
    assert_eq!(passed(&[server.api()], 50).await, 3);
}

#[tokio::test]
async fn two_servers_on_one_database_count_together() {
    let database = TestDatabase::migrated().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), IN_DATABASE).unwrap();
    let variables = [("AUTH_CONFIG", file.path().to_str().unwrap())];
    let first = Process::serve(&database, &variables).await;
    let second = Process::serve(&database, &variables).await;
    assert_eq!(passed(&[first.api(), second.api()], 30).await, 3);
}

/// How many of so many sign-ins at once are not refused, taking turns between the servers.
async fn passed(servers: &[std::net::SocketAddr], requests: usize) -> usize {
    let request = sign_in("192.0.2.1");
    let sent = servers.iter().cycle().take(requests);
    let answers = join_all(sent.map(|address| http::send(*address, &request))).await;
    let is_refused = |answer: &Answer| answer.status == 429;
    answers
        .into_iter()
        .map(Result::unwrap)
        .filter(|it| !is_refused(it))
        .count()
}

#[tokio::test]
async fn counts_that_have_ended_are_removed() {
    let database = TestDatabase::migrated().await;
    let row = r#"INSERT INTO "rateLimit" VALUES ('1', 'old', 3, 1), ('2', 'new', 3, (extract(epoch FROM now()) * 1000)::bigint)"#;
    database.execute(row).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), IN_DATABASE).unwrap();
    let variables = [("AUTH_CONFIG", file.path().to_str().unwrap())];
    let _process = Process::serve(&database, &variables).await;
    eventually("the old row is gone", async || {
        database
            .value(r#"SELECT string_agg(key, ' ') FROM "rateLimit""#)
            .await
            == "new"
    })
    .await;
}

#[tokio::test]
async fn while_the_database_cannot_count_each_server_counts_for_itself() {
    let server = server(IN_DATABASE).await;
    server.database.execute(r#"DROP TABLE "rateLimit""#).await;
    let all = ["192.0.2.1"; 4];
    assert_eq!(sign_in_from(&server, &all).await, [401, 401, 401, 429]);
}

#[tokio::test]
async fn a_refused_request_changes_nothing() {
    let server = server(ON).await;
    let headers = [
        ("content-type", "application/json"),
        ("origin", ORIGIN),
        ("x-forwarded-for", "192.0.2.1"),
    ];
    for number in 0..5 {
        let body = super::browser::sign_up(&format!("user{number}")).to_string();
        Browser::new(&server)
            .send("POST", "/sign-up/email", &headers, &body)
            .await;
    }
    assert_eq!(
        server
            .database
            .value(r#"SELECT count(*) FROM "user""#)
            .await,
        "3"
    );
}
