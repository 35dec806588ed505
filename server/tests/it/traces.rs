//! What a collector is told of requests, and what it must not be told.

use std::path::Path;

use authbackend_otlp::collector::{Collector, Span};

use crate::support::{Process, SECRET, TestDatabase, eventually, http};

const PASSWORD: &str = "correct-horse-battery-staple";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

fn credentials(path: &str, headers: &str) -> Vec<u8> {
    let body = format!(r#"{{"name":"Ann","email":"ann@shop.example","password":"{PASSWORD}"}}"#);
    let headers = format!("content-type: application/json\r\n{headers}");
    http::request("POST", path, &headers, &body)
}

/// Serves with traces, lets `requests` ask, and gives the spans that were exported until the server had ended.
async fn spans_of(
    database: &TestDatabase,
    variables: &[(&str, &str)],
    requests: impl AsyncFnOnce(&Process),
) -> (Collector, Vec<Span>) {
    let collector = Collector::start().await.unwrap();
    let endpoint = collector.endpoint();
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str());
    let process = Process::serve(database, &[&[endpoint], variables].concat()).await;
    requests(&process).await;
    process.terminate().await;
    assert_eq!(process.exit().await.code, Some(0));
    let spans = collector.spans();
    (collector, spans)
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let found = spans.iter().find(|span| span.name == name);
    assert!(found.is_some(), "no span {name}: {spans:#?}");
    found.unwrap()
}

fn attribute<'a>(span: &'a Span, name: &str) -> &'a str {
    span.attributes.get(name).map_or("", String::as_str)
}

#[tokio::test]
async fn a_request_continues_the_trace_of_its_caller() {
    let database = TestDatabase::migrated().await;
    let (_, spans) = spans_of(&database, &[], async |process| {
        let header = format!("traceparent: 00-{TRACE}-{PARENT}-01\r\n");
        let request = credentials("/api/sign-up/email", &header);
        http::send(process.api(), &request).await.unwrap();
        eventually("the request is logged", async || {
            process.logged("request").is_some()
        })
        .await;
        assert_eq!(
            process.logged("request").unwrap()["span"]["trace_id"],
            TRACE
        );
    })
    .await;
    let request = named(&spans, "POST /sign-up/email");
    assert_eq!(
        (request.trace.as_str(), request.parent.as_str()),
        (TRACE, PARENT)
    );
    assert_eq!(request.kind, 2, "a server's");
    for (name, value) in [
        ("http.request.method", "POST"),
        ("http.route", "/sign-up/email"),
        ("http.response.status_code", "200"),
    ] {
        assert_eq!(attribute(request, name), value);
    }
    assert_eq!(
        request.resource.get("service.name").map(String::as_str),
        Some("auth-server")
    );
}

#[tokio::test]
async fn statements_and_hashing_are_parts_of_their_request() {
    let database = TestDatabase::migrated().await;
    let (_, spans) = spans_of(&database, &[], async |process| {
        let request = credentials("/api/sign-up/email", "");
        http::send(process.api(), &request).await.unwrap();
    })
    .await;
    let request = named(&spans, "POST /sign-up/email");
    let insert = named(&spans, "INSERT user");
    assert_eq!(
        (&insert.trace, &insert.parent),
        (&request.trace, &request.id)
    );
    assert_eq!(insert.kind, 3, "a client's");
    for (name, value) in [
        ("db.system.name", "postgresql"),
        ("db.operation.name", "INSERT"),
        ("db.collection.name", "user"),
    ] {
        assert_eq!(attribute(insert, name), value);
    }
    assert!(
        attribute(insert, "db.query.text").contains("VALUES ($1"),
        "{insert:?}"
    );
    assert_eq!(named(&spans, "hash a password").parent, request.id);
}

#[tokio::test]
async fn what_a_client_does_wrong_is_no_error_of_the_server() {
    let database = TestDatabase::empty().await;
    let (_, spans) = spans_of(&database, &[], async |process| {
        let refused = http::post("/api/sign-up/email", r#"{"email":"ann@shop.example"}"#);
        http::send(process.api(), &refused).await.unwrap();
        // There are no tables.
        let failed = credentials("/api/sign-in/email", "");
        http::send(process.api(), &failed).await.unwrap();
    })
    .await;
    let refused = named(&spans, "POST /sign-up/email");
    assert_eq!(attribute(refused, "http.response.status_code"), "400");
    assert_eq!(
        attribute(refused, "authbackend.error_code"),
        "VALIDATION_ERROR"
    );
    assert_eq!((refused.status, attribute(refused, "error.type")), (0, ""));
    let failed = named(&spans, "POST /sign-in/email");
    assert_eq!((failed.status, attribute(failed, "error.type")), (2, "500"));
}

/// Signs up, and asks with planted secrets in every place of a request; gives the signed token of the session.
async fn plant(process: &Process) -> String {
    let state = format!(
        "tracestate: a=planted-state\r\nbaggage: a=planted-baggage\r\ntraceparent: 00-{TRACE}-{PARENT}-01\r\n"
    );
    let signed_up = http::send(process.api(), &credentials("/api/sign-up/email", &state)).await;
    let signed_up = signed_up.unwrap();
    assert_eq!(signed_up.status, 200);
    let cookie = signed_up
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    let (token, agent) = (cookie.split('=').nth(1).unwrap(), "planted-agent");
    let headers =
        format!("cookie: {cookie}\r\nuser-agent: {agent}\r\nx-request-id: planted-id\r\n");
    for path in [
        format!("/api/get-session?token={token}&email=ann@shop.example"),
        format!("/api/reset-password/{token}?q={token}"),
        format!("/planted-path/{token}"),
    ] {
        http::send(process.api(), &http::request("GET", &path, &headers, ""))
            .await
            .unwrap();
    }
    http::send(process.api(), &credentials("/api/sign-in/email", ""))
        .await
        .unwrap();
    token.to_owned()
}

#[tokio::test]
async fn no_secret_and_nothing_of_a_person_is_in_any_byte_that_is_exported() {
    let database = TestDatabase::migrated().await;
    let role = database.role("database-pass-word").await;
    let url = database.url_of(&role, "database-pass-word");
    let collector = Collector::start().await.unwrap();
    let process = Process::serve_with(&[
        ("DATABASE_URL", &url),
        ("LOG_LEVEL", "trace"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint()),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "authorization=Bearer%20collector-pass-word",
        ),
    ])
    .await;
    let token = &plant(&process).await;
    process.terminate().await;
    let output = process.exit().await.output();
    let spans = collector.spans();
    for name in [
        "GET /get-session",
        "GET /reset-password/:token",
        "GET",
        "POST /sign-in/email",
    ] {
        named(&spans, name);
    }
    let session_token = token.split('.').next().unwrap();
    for secret in [
        PASSWORD,
        SECRET,
        "database-pass-word",
        "collector-pass-word",
        token,
        session_token,
        "ann@shop.example",
        "planted",
        "127.0.0.1",
        "$argon2id",
    ] {
        assert!(!collector.text().contains(secret), "{secret} was exported");
    }
    assert!(!output.contains("collector-pass-word"));
    assert!(!output.contains("INSERT"), "statements are not logged");
}

#[tokio::test]
async fn a_replaced_header_is_sent_without_a_restart() {
    let database = TestDatabase::migrated().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("headers");
    let write = |text: &str| std::fs::write(Path::new(&file), text).unwrap();
    write("x-key=old\n");
    let collector = Collector::start().await.unwrap();
    let process = Process::serve(
        &database,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint()),
            ("OTEL_EXPORTER_OTLP_HEADERS_FILE", file.to_str().unwrap()),
            ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ],
    )
    .await;
    for key in ["old", "new"] {
        write(&format!("x-key={key}\n"));
        eventually("the header is sent", async || {
            http::get(process.api(), "/api/ok").await.unwrap();
            collector
                .headers()
                .last()
                .is_some_and(|headers| headers["x-key"] == key)
        })
        .await;
    }
}

#[tokio::test]
async fn a_collector_that_does_not_answer_holds_up_neither_requests_nor_the_end() {
    let database = TestDatabase::migrated().await;
    let collector = Collector::start().await.unwrap();
    collector.answer(0);
    let endpoint = collector.endpoint();
    let process = Process::serve(&database, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]).await;
    // More than the queue of 2048 holds. Most are refused by the rate limit, which makes a span too.
    for _ in 0..3000 {
        http::get(process.api(), "/api/ok").await.unwrap();
    }
    process.terminate().await;
    let exit = process.exit().await;
    assert_eq!(exit.code, Some(0));
    assert!(
        exit.output()
            .contains("some traces were not exported in time")
    );
}

#[tokio::test]
async fn settings_of_traces_that_cannot_be_used_stop_the_start() {
    let exit = crate::support::process::run(
        &["serve"],
        &[
            ("AUTH_BASE_URL", "http://localhost:8100/api"),
            ("AUTH_SECRET", SECRET),
            ("DATABASE_URL", "postgres://user@localhost/x"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"),
        ],
    )
    .await;
    assert_eq!(exit.code, Some(78));
    assert_eq!(
        exit.only_line(),
        "auth-server: OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https URL, e.g. http://collector:4318"
    );
}
