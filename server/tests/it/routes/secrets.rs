use serde_json::Value;

use super::browser::{Browser, json_of};
use crate::support::{SECRET, TestServer};

const NEW: &str = "a-newer-signing-secret-of-the-tests-0123456789";

/// A server on a list of secrets in files, and the session of a user who signed up with the last of them.
async fn session_after(secrets: &[&str]) -> Value {
    let files: Vec<_> = secrets
        .iter()
        .map(|secret| {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), secret).unwrap();
            file
        })
        .collect();
    let paths: Vec<_> = files
        .iter()
        .map(|file| file.path().to_str().unwrap())
        .collect();
    let server = TestServer::with(&[("AUTH_SECRET_FILE", &paths.join(","))]).await;
    let mut browser = Browser::signed_up(&server, "ann").await;
    let token = json_of(&browser.get("/get-session").await)["session"]["token"].clone();
    let signer = auth_server::crypto::hmac::Signer::new([SECRET]);
    let token = token.as_str().unwrap();
    let signed = format!("{token}.{}", signer.sign(token)).replace('+', "%2B");
    browser
        .cookies
        .insert("better-auth.session_token".to_owned(), signed);
    json_of(&browser.get("/get-session").await)
}

#[tokio::test]
async fn a_cookie_signed_with_an_older_secret_verifies_as_long_as_it_is_listed() {
    assert_ne!(session_after(&[NEW, SECRET]).await, Value::Null);
    assert_eq!(session_after(&[NEW]).await, Value::Null);
}
