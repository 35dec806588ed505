use std::error::Error as _;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    task::JoinHandle,
};

use super::*;

/// A server that answers one request with `answer` and returns what it was asked.
async fn server(answer: Vec<u8>) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = vec![0; 4096];
        let length = stream.read(&mut asked).await.unwrap();
        // The client may hang up before the end of a long answer.
        let _ = stream.write_all(&answer).await;
        let _ = stream.shutdown().await;
        String::from_utf8_lossy(&asked[..length]).into_owned()
    });
    (url, asked)
}

fn ok(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn whole_message(error: &OutboundError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[tokio::test]
async fn an_answer_has_its_status_headers_and_body() {
    let (url, _) = server(ok(r#"{"a":1}"#)).await;
    let answer = Outbound::new().get(&url, &[]).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-length"], "7");
    let json: serde_json::Value = answer.json().unwrap();
    assert_eq!(json["a"], 1);
}

#[tokio::test]
async fn a_form_is_sent_in_the_order_of_its_fields() {
    let (url, asked) = server(ok("")).await;
    let form = [("b", "1 2"), ("a", "ü&")];
    Outbound::new()
        .post_form(&format!("{url}/token"), &[], &form)
        .await
        .unwrap();
    let asked = asked.await.unwrap();
    assert!(asked.starts_with("POST /token HTTP/1.1\r\n"), "{asked}");
    assert!(
        asked.contains("content-type: application/x-www-form-urlencoded\r\n"),
        "{asked}"
    );
    assert!(asked.ends_with("\r\n\r\nb=1+2&a=%C3%BC%26"), "{asked}");
}

#[tokio::test]
async fn the_caller_names_itself_unless_told_otherwise() {
    let (url, asked) = server(ok("")).await;
    Outbound::new().get(&url, &[]).await.unwrap();
    assert!(asked.await.unwrap().contains("user-agent: AuthBackend/"));

    let (url, asked) = server(ok("")).await;
    let headers = [(USER_AGENT, "other")];
    Outbound::new().get(&url, &headers).await.unwrap();
    assert!(asked.await.unwrap().contains("user-agent: other\r\n"));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (url, _) = server(
        b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
            .to_vec(),
    )
    .await;
    let answer = Outbound::new().get(&url, &[]).await.unwrap();
    assert_eq!(answer.status, 302);
}

#[tokio::test]
async fn an_answer_of_1_mib_is_read_and_a_longer_one_is_not() {
    let (url, _) = server(ok(&"x".repeat(BODY_LIMIT))).await;
    let answer = Outbound::new().get(&url, &[]).await.unwrap();
    assert_eq!(answer.body.len(), BODY_LIMIT);

    let (url, _) = server(ok(&"x".repeat(BODY_LIMIT + 1))).await;
    let error = Outbound::new().get(&url, &[]).await.unwrap_err();
    assert!(matches!(error, OutboundError::TooLong(_)), "{error}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_error() {
    let (url, _) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec()).await;
    let error = Outbound::new().get(&url, &[]).await.unwrap_err();
    assert!(matches!(error, OutboundError::Broken(..)), "{error}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let outbound = Outbound {
        deadline: Duration::from_millis(20),
        ..Outbound::new()
    };
    let error = outbound.get(&url, &[]).await.unwrap_err();
    assert!(matches!(error, OutboundError::TooSlow(_)), "{error}");
}

#[tokio::test]
async fn tls_with_a_server_that_speaks_none_is_an_error() {
    let (url, _) = server(ok("")).await;
    let url = url.replace("http://", "https://");
    let error = Outbound::new().get(&url, &[]).await.unwrap_err();
    assert!(matches!(error, OutboundError::Unreachable(..)), "{error}");
}

#[tokio::test]
async fn an_error_names_the_server_and_repeats_nothing_secret() {
    let url = "http://user:pass@127.0.0.1:1/path?client_secret=hush";
    let error = Outbound::new().get(url, &[]).await.unwrap_err();
    let text = format!("{} {error:?}", whole_message(&error));
    assert!(
        text.contains("http://127.0.0.1:1 cannot be reached"),
        "{text}"
    );
    for secret in ["hush", "pass", "path"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn what_is_no_url_is_refused_without_being_repeated() {
    for url in ["", "/relative", "no url", "example.com?secret=hush"] {
        let error = Outbound::new().get(url, &[]).await.unwrap_err();
        assert!(matches!(error, OutboundError::Url), "{url}");
        assert!(!error.to_string().contains("hush"));
    }
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_is_refused_without_its_value() {
    let headers = [(HeaderName::from_static("authorization"), "a\r\nb: hush")];
    let error = Outbound::new()
        .get("http://127.0.0.1:1/", &headers)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the header authorization of a call has a value that cannot be sent"
    );
}
