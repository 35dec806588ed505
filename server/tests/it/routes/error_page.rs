use super::browser::{Browser, server};
use crate::support::TestServer;

#[tokio::test]
async fn a_browser_is_sent_to_the_front_page_with_the_error() {
    let server = TestServer::start().await;
    for (query, location) in [
        ("?error=INVALID_TOKEN", "/?error=INVALID_TOKEN"),
        (
            "?error=x&error_description=a%20b%27",
            "/?error=x&error_description=a+b%27",
        ),
        ("?error=%3Cscript%3E", "/?error=UNKNOWN"),
        ("", "/?error=UNKNOWN"),
    ] {
        let answer = Browser::new(&server).get(&format!("/error{query}")).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (302, Some(location)),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_browser_is_sent_where_the_settings_say() {
    let server = server("onAPIError: {errorURL: 'https://app.example/oops?a=1'}").await;
    let answer = Browser::new(&server).get("/error?error=X").await;
    assert_eq!(
        answer.header("location"),
        Some("https://app.example/oops?a=1&error=X")
    );
}
