//! What one client may cost.

use crate::support::{TestServer, http};

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
async fn a_body_up_to_the_limit_is_read() {
    let server = TestServer::start().await;
    let body = format!("{{}}{}", " ".repeat(1024 * 1024 - 2));
    let answer = http::send(server.api(), &http::post("/api/sign-in/email", &body))
        .await
        .unwrap();
    assert_eq!(answer.status, 400);
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
