//! What one client may cost.

use std::fs;

use futures::future::join_all;
use tokio::time::timeout;

use crate::support::{Process, TestDatabase, TestServer, http};

#[tokio::test]
async fn a_body_above_the_limit_is_refused_before_it_is_read() {
    let server = TestServer::start().await;
    let mut client = http::Client::connect(server.api()).await.unwrap();
    let head = "POST /api/sign-in/email HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: 1048577\r\n\r\n";
    client.send(head.as_bytes()).await.unwrap();
    assert_eq!(client.answer().await.unwrap().status, 413);
}

#[tokio::test]
async fn a_body_of_unknown_length_is_refused_when_it_passes_the_limit() {
    let server = TestServer::start().await;
    let mut client = http::Client::connect(server.api()).await.unwrap();
    let head = "POST /api/sign-in/email HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    client.send(head.as_bytes()).await.unwrap();
    let chunk = format!("80001\r\n{}\r\n", " ".repeat(0x80001));
    client.send(chunk.as_bytes()).await.unwrap();
    client.send(chunk.as_bytes()).await.unwrap();
    assert_eq!(client.answer().await.unwrap().status, 413);
}

#[tokio::test]
async fn a_body_up_to_the_limit_of_its_route_is_read() {
    let server = TestServer::start().await;
    for (path, length, status) in [
        ("/api/sign-up/email", 1024 * 1024, 400),
        ("/api/update-user", 1024 * 1024, 401),
        ("/api/sign-in/email", 64 * 1024, 400),
        ("/api/sign-in/email", 64 * 1024 + 1, 413),
    ] {
        let body = format!("{{}}{}", " ".repeat(length - 2));
        let answer = http::send(server.api(), &http::post(path, &body)).await;
        assert_eq!(answer.unwrap().status, status, "{length} bytes to {path}");
    }
}

#[tokio::test]
async fn a_large_body_that_nobody_reads_keeps_nobody_from_the_answer() {
    let server = TestServer::start().await;
    let body = "x".repeat(1024 * 1024);
    let text = http::request(
        "POST",
        "/api/update-user",
        "content-type: text/plain\r\n",
        &body,
    );
    for (request, status) in [
        (http::post("/api/nowhere", &body), 404),
        (text, 415),
        (http::post("/api/sign-in/email", &body), 413),
        (http::request("GET", "/api/ok", "", &body), 200),
    ] {
        let mut client = http::Client::connect(server.api()).await.unwrap();
        client.send(&request).await.unwrap();
        assert_eq!(client.answer().await.unwrap().status, status);
        client
            .send(&http::request("GET", "/api/ok", "", ""))
            .await
            .unwrap();
        assert_eq!(client.answer().await.unwrap().status, 200, "after {status}");
    }
}

/// The memory that a process has, in KiB.
fn memory(process: &Process) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.unwrap().trim().trim_end_matches(" kB");
    number.parse().unwrap()
}

#[tokio::test]
async fn half_sent_bodies_take_no_more_than_bodies_may_and_others_are_answered() {
    let database = TestDatabase::migrated().await;
    // Of which four MiB are for bodies that are being read.
    let process = Process::serve(&database, &[("MEMORY_LIMIT", "64")]).await;
    let address = process.api();
    http::get(address, "/api/ok").await.unwrap();
    let before = memory(&process);
    let clients = (0..100).map(async |number| {
        let path = ["/api/update-user", "/api/nowhere"][number % 2];
        let mut request = http::post(path, &" ".repeat(1024 * 1024));
        request.pop();
        let mut client = http::Client::connect(address).await.unwrap();
        // What is not read may not be sent either.
        let _ = timeout(std::time::Duration::from_secs(1), client.send(&request)).await;
        client
    });
    let clients = join_all(clients).await;
    let sign_up = r#"{"name":"Ann","email":"ann@shop.example","password":"correct horse"}"#;
    for (request, status) in [
        (http::post("/api/sign-up/email", sign_up), 200),
        (http::post("/api/sign-in/email", sign_up), 200),
        (http::request("GET", "/api/get-session", "", ""), 200),
    ] {
        assert_eq!(http::send(address, &request).await.unwrap().status, status);
    }
    // Two hashes take 19 MiB each at most, and each connection less than 100 KiB.
    let grown = memory(&process).saturating_sub(before) / 1024;
    assert!(grown < 4 + 2 * 19 + 10 + 5, "{grown} MiB");
    drop(clients);
}

#[tokio::test]
async fn a_head_above_the_limit_is_refused() {
    let server = TestServer::start().await;
    let header = format!("x-filler: {}\r\n", "a".repeat(40 * 1024));
    let answer = http::send(server.api(), &http::request("GET", "/api/ok", &header, ""))
        .await
        .unwrap();
    assert_eq!(answer.status, 431);
}

#[tokio::test]
async fn requests_on_a_kept_connection_are_answered_in_order() {
    let server = TestServer::start().await;
    let mut client = http::Client::connect(server.api()).await.unwrap();
    let pipelined = [
        http::request("GET", "/api/ok", "", ""),
        http::request("GET", "/api/none", "", ""),
    ]
    .concat();
    client.send(&pipelined).await.unwrap();
    assert_eq!(client.answer().await.unwrap().status, 200);
    assert_eq!(client.answer().await.unwrap().status, 404);
}

#[tokio::test]
async fn what_is_no_http_is_answered_and_does_no_harm() {
    let server = TestServer::start().await;
    for bytes in [
        &b"GET /api/ok\x00 HTTP/1.1\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
    ] {
        assert_eq!(http::send(server.api(), bytes).await.unwrap().status, 400);
    }
    assert_eq!(
        http::get(server.api(), "/api/ok").await.unwrap().status,
        200
    );
}
