//! Providers that are down, answer nonsense, or want to lead the server elsewhere.

use serde_json::{Value, json};
use time::Duration;

use super::{super::browser::error_of, Browser, Stage, location};
use crate::support::{
    oidc::{Fault, Oidc},
    receiver::Receiver,
};

/// Answers that are none.
fn faults() -> Vec<Fault> {
    vec![
        Fault::Status(500),
        Fault::Status(404),
        Fault::Body(""),
        Fault::Body("<html>"),
        Fault::Body("[]"),
        Fault::Body("null"),
        Fault::Body(r#"{"error":"server_error"}"#),
        Fault::Close,
    ]
}

async fn assert_fails(path: &'static str, faults: Vec<Fault>, code: &str) {
    let stage = Stage::new("", "").await;
    for fault in faults {
        let mut browser = Browser::new(&stage.server);
        let page = stage.begin(&mut browser, &json!({})).await;
        let url = stage.oidc.agree(&page).await;
        stage.oidc.fail(path, fault.clone());
        let answer = browser.get(&super::path_of(&url)).await;
        assert_eq!(
            location(&answer),
            format!("/oops?error={code}"),
            "{fault:?}"
        );
        stage.oidc.heal();
        // Keys are not asked for again before.
        stage.server.clock.step(Duration::seconds(20));
    }
    assert_eq!(stage.counts().await, "0 0 0");
    let answer = stage
        .sign_in(&mut Browser::new(&stage.server), &json!({}))
        .await;
    assert_eq!(location(&answer), "/in");
}

#[tokio::test]
async fn without_tokens_nobody_is_signed_in_and_the_next_sign_in_works() {
    assert_fails("/token", faults(), "invalid_code").await;
}

#[tokio::test]
async fn without_keys_nobody_is_signed_in_and_the_next_sign_in_works() {
    assert_fails("/jwks", faults(), "unable_to_get_user_info").await;
}

#[tokio::test]
async fn a_provider_that_is_silent_holds_a_sign_in_up_for_ten_seconds_and_no_longer() {
    assert_fails("/token", vec![Fault::Silence], "invalid_code").await;
}

#[tokio::test]
async fn without_a_profile_nobody_is_signed_in() {
    let stage = Stage::new("", "").await;
    // The id token tells no address, so that the profile is asked for.
    for fault in faults() {
        let mut browser = Browser::new(&stage.server);
        let page = stage.begin(&mut browser, &json!({})).await;
        let url = stage.oidc.agree(&page).await;
        stage.oidc.tell(&json!({"email": null}));
        stage.oidc.fail("/userinfo", fault.clone());
        let answer = browser.get(&super::path_of(&url)).await;
        assert_eq!(
            location(&answer),
            "/oops?error=unable_to_get_user_info",
            "{fault:?}"
        );
    }
    assert_eq!(stage.counts().await, "0 0 0");
}

#[tokio::test]
async fn a_profile_of_another_user_than_the_id_token_is_refused() {
    let stage = Stage::new("", "").await;
    stage.oidc.tell(&json!({"email": null}));
    let body =
        r#"{"sub":"somebody-else","name":"Eve","email":"ann@example.com","email_verified":true}"#;
    stage.oidc.fail("/userinfo", Fault::Body(body));
    let answer = stage
        .sign_in(&mut Browser::new(&stage.server), &json!({}))
        .await;
    assert_eq!(location(&answer), "/oops?error=unable_to_get_user_info");
}

#[tokio::test]
async fn no_redirect_of_a_provider_is_followed() {
    let elsewhere = Receiver::start(&[]).await;
    let redirect = || vec![Fault::Redirect(elsewhere.url())];
    assert_fails("/token", redirect(), "invalid_code").await;
    assert_fails("/jwks", redirect(), "unable_to_get_user_info").await;
    let stage = stage_without_document(Fault::Redirect(elsewhere.url())).await;
    assert_eq!(begin(&stage).await, "404 PROVIDER_NOT_FOUND");
    assert_eq!(elsewhere.received().len(), 0);
}

async fn stage_without_document(fault: Fault) -> Stage {
    let oidc = Oidc::start().await;
    oidc.fail("/.well-known/openid-configuration", fault);
    Stage::with(oidc, "", "").await
}

async fn begin(stage: &Stage) -> String {
    let body = json!({"provider": "shop"});
    let answer = Browser::new(&stage.server)
        .post("/sign-in/social", &body)
        .await;
    if answer.status == 200 {
        "200".to_owned()
    } else {
        error_of(&answer)
    }
}

#[tokio::test]
async fn a_provider_that_cannot_be_discovered_is_unknown_until_it_can_be() {
    let wrong = [
        Fault::Body(
            r#"{"issuer":"no url","authorization_endpoint":"https://a.example","token_endpoint":"https://a.example"}"#,
        ),
        Fault::Body(r#"{"issuer":"https://a.example"}"#),
    ];
    for fault in faults().into_iter().chain(wrong) {
        let stage = stage_without_document(fault.clone()).await;
        assert_eq!(begin(&stage).await, "404 PROVIDER_NOT_FOUND", "{fault:?}");
        stage.oidc.heal();
        // Not asked for again at once: whoever calls the API must not make the server call others.
        assert_eq!(begin(&stage).await, "404 PROVIDER_NOT_FOUND", "{fault:?}");
        stage.server.clock.step(Duration::seconds(5));
        assert_eq!(begin(&stage).await, "200", "{fault:?}");
    }
}

#[tokio::test]
async fn nothing_of_a_provider_is_asked_for_before_somebody_comes_back() {
    let stage = Stage::new("", "").await;
    stage
        .begin(&mut Browser::new(&stage.server), &json!({}))
        .await;
    for path in ["/token", "/jwks", "/userinfo"] {
        assert_eq!(stage.oidc.asked(path), Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_error_of_the_provider_cannot_lead_elsewhere() {
    let stage = Stage::new("", "").await;
    for url in ["/..//evil.example", "/.//evil.example"] {
        let mut browser = Browser::new(&stage.server);
        let more = json!({"errorCallbackURL": url});
        let page: Value = stage.begin(&mut browser, &more).await.into();
        let url = stage.oidc.agree(page.as_str().unwrap()).await;
        let answer = browser
            .get(&format!("{}&error=x", super::path_of(&url)))
            .await;
        assert!(
            location(&answer).starts_with("/.//evil.example"),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_sign_in_that_wants_too_much_remembered_is_refused() {
    let stage = Stage::new("", "").await;
    let remembering = |length| {
        let data = serde_json::json!({ "mine": "x".repeat(length) });
        serde_json::json!({"provider": "shop", "callbackURL": "/in", "additionalData": data})
    };
    for (length, status) in [(10_000, 200), (20_000, 413)] {
        let mut browser = Browser::new(&stage.server);
        let answer = browser.post("/sign-in/social", &remembering(length)).await;
        assert_eq!(answer.status, status, "{length}");
    }
}
