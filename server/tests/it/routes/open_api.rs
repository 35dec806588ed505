//! The description of the API, for programs and for people.

use serde_json::Value;

use crate::support::{TestServer, http};

async fn with(settings: &str) -> TestServer {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.yaml");
    std::fs::write(&path, settings).unwrap();
    TestServer::with(&[("AUTH_CONFIG", path.to_str().unwrap())]).await
}

async fn document(settings: &str) -> Value {
    let server = with(settings).await;
    let path = "/api/open-api/generate-schema";
    let answer = http::get(server.api(), path).await.unwrap();
    assert_eq!(answer.status, 200);
    serde_json::from_str(&answer.body).unwrap()
}

#[tokio::test]
async fn unless_switched_on_there_is_no_description() {
    let server = TestServer::start().await;
    for path in ["/api/open-api/generate-schema", "/api/reference"] {
        let answer = http::get(server.api(), path).await.unwrap();
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_document_names_the_server_and_its_endpoints() {
    let document = document("plugins: {openAPI: {}}").await;
    assert_eq!(document["openapi"], "3.1.1");
    assert_eq!(document["servers"][0]["url"], "http://localhost:8100/api");
    assert!(document["paths"]["/sign-in/email"]["post"].is_object());
    let cookie = &document["components"]["securitySchemes"]["sessionCookie"];
    assert_eq!(cookie["name"], "better-auth.session_token");
}

#[tokio::test]
async fn disabled_paths_are_not_described() {
    let document = document("{plugins: {openAPI: {}}, disabledPaths: [/sign-up/email]}").await;
    assert!(document["paths"]["/sign-up/email"].is_null());
}

#[tokio::test]
async fn the_page_needs_nothing_from_elsewhere_and_may_load_nothing() {
    let server = with("plugins: {openAPI: {}}").await;
    let answer = http::get(server.api(), "/api/reference").await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .header("content-type")
            .unwrap()
            .starts_with("text/html")
    );
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(answer.body.contains("/sign-in/email"));
    assert!(!answer.body.contains(" src="));
}

#[tokio::test]
async fn the_page_can_be_left_out() {
    let server = with("plugins: {openAPI: {disableDefaultReference: true}}").await;
    let answer = http::get(server.api(), "/api/reference").await.unwrap();
    assert_eq!(answer.status, 404);
}
