//! What ties the way back to the way there: state, cookie, PKCE, nonce, issuer.

use serde_json::json;
use time::Duration;
use url::Url;

use super::{Browser, Stage, is_signed_in, location, path_of};

const STRATEGIES: [&str; 2] = [
    "account: {storeStateStrategy: database}",
    "account: {storeStateStrategy: cookie}",
];

/// The same URL with another value of a parameter; none takes it away.
fn replaced(url: &Url, name: &str, value: Option<&str>) -> Url {
    let mut changed = url.clone();
    let pairs: Vec<(String, String)> = url
        .query_pairs()
        .into_owned()
        .filter(|(known, _)| known != name)
        .collect();
    changed.query_pairs_mut().clear().extend_pairs(pairs);
    if let Some(value) = value {
        changed.query_pairs_mut().append_pair(name, value);
    }
    changed
}

#[tokio::test]
async fn a_state_is_good_in_the_browser_that_began_and_once() {
    for strategy in STRATEGIES {
        let stage = Stage::new(strategy, "").await;
        let mut browser = Browser::new(&stage.server);
        let page = stage.begin(&mut browser, &json!({})).await;
        let path = path_of(&stage.oidc.agree(&page).await);
        let mut other = Browser::new(&stage.server);
        let answer = other.get(&path).await;
        assert!(
            location(&answer).ends_with("error=state_mismatch"),
            "{strategy}"
        );
        assert!(!is_signed_in(&mut other).await);
        assert_eq!(location(&browser.get(&path).await), "/in", "{strategy}");
        let answer = browser.get(&path).await;
        assert!(
            location(&answer).ends_with("error=state_mismatch"),
            "{strategy}"
        );
    }
}

#[tokio::test]
async fn a_copy_of_the_browser_cannot_use_a_state_again() {
    let stage = Stage::new(STRATEGIES[0], "").await;
    let mut browser = Browser::new(&stage.server);
    let page = stage.begin(&mut browser, &json!({})).await;
    let path = path_of(&stage.oidc.agree(&page).await);
    let mut copy = browser.clone();
    browser.get(&path).await;
    assert!(location(&copy.get(&path).await).ends_with("error=state_mismatch"));
    assert_eq!(stage.counts().await, "1 1 1");
}

#[tokio::test]
async fn a_state_ends_after_ten_minutes() {
    for strategy in STRATEGIES {
        let stage = Stage::new(strategy, "").await;
        let mut browser = Browser::new(&stage.server);
        let page = stage.begin(&mut browser, &json!({})).await;
        let path = path_of(&stage.oidc.agree(&page).await);
        stage
            .server
            .clock
            .step(Duration::minutes(10) + Duration::SECOND);
        let answer = browser.get(&path).await;
        assert!(
            location(&answer).ends_with("error=state_mismatch"),
            "{strategy}"
        );
        assert_eq!(stage.counts().await, "0 0 0", "{strategy}");
    }
}

#[tokio::test]
async fn a_callback_without_what_it_needs_leads_to_the_page_for_errors() {
    let stage = Stage::new("", "").await;
    for (name, value, expected) in [
        ("state", None, "/api/error?error=state_not_found"),
        ("state", Some("unknown"), "/api/error?error=state_mismatch"),
        ("code", None, "/oops?error=no_code"),
        ("code", Some("unknown"), "/oops?error=invalid_code"),
        (
            "iss",
            Some("https://evil.example"),
            "/oops?error=issuer_mismatch",
        ),
        ("error", Some("access_denied"), "/oops?error=access_denied"),
    ] {
        let mut browser = Browser::new(&stage.server);
        let page = stage.begin(&mut browser, &json!({})).await;
        let url = replaced(&stage.oidc.agree(&page).await, name, value);
        let answer = browser.get(&path_of(&url)).await;
        assert!(
            location(&answer).ends_with(expected),
            "{name} {value:?}: {answer:?}"
        );
        assert!(!is_signed_in(&mut browser).await);
    }
    assert_eq!(stage.counts().await, "0 0 0");
}

#[tokio::test]
async fn a_provider_gets_the_verifier_of_the_challenge_that_was_sent_to_its_page() {
    let stage = Stage::new("", "").await;
    let mut browser = Browser::new(&stage.server);
    let page = stage.begin(&mut browser, &json!({})).await;
    assert!(page.contains("code_challenge_method=S256"), "{page}");
    // With another challenge the provider refuses the code, as it must be the hash of the verifier.
    let page = Url::parse(&page).unwrap();
    let page = replaced(
        &page,
        "code_challenge",
        Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    );
    let answer = stage.come_back(&mut browser, page.as_str()).await;
    assert_eq!(location(&answer), "/oops?error=invalid_code");
    assert_eq!(
        location(&stage.sign_in(&mut browser, &json!({})).await),
        "/in"
    );
}

#[tokio::test]
async fn an_id_token_without_the_nonce_of_the_request_is_refused() {
    let stage = Stage::new("", "").await;
    for nonce in [None, Some("that of another request")] {
        let mut browser = Browser::new(&stage.server);
        let page = Url::parse(&stage.begin(&mut browser, &json!({})).await).unwrap();
        let answer = stage
            .come_back(&mut browser, replaced(&page, "nonce", nonce).as_str())
            .await;
        assert_eq!(
            location(&answer),
            "/oops?error=unable_to_get_user_info",
            "{nonce:?}"
        );
    }
    assert_eq!(stage.counts().await, "0 0 0");
}

#[tokio::test]
async fn no_parameter_of_a_client_unties_the_answer_from_the_request() {
    let stage = Stage::new("", "").await;
    for name in [
        "state",
        "redirect_uri",
        "client_id",
        "response_type",
        "code_challenge",
        "nonce",
        "scope",
    ] {
        let body = json!({"provider": "shop", "additionalParams": {name: "x"}});
        let answer = Browser::new(&stage.server)
            .post("/sign-in/social", &body)
            .await;
        assert_eq!(answer.status, 400, "{name}");
    }
}
