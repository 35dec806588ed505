//! Sign-in through services: whose account it is, and whose browser.

use serde_json::json;

use crate::routes::{
    browser::{Browser, error_of, json_of},
    social::{Stage, is_signed_in, location, path_of},
};

/// Somebody registers the address of a victim with a password. When the victim comes through a service that vouches for
/// the address, both would share the account.
#[tokio::test]
async fn ghsa_g38m_r43w_p2q7_an_account_is_not_linked_to_a_user_whose_address_nobody_verified() {
    let stage = Stage::new("", "").await;
    Browser::signed_up(&stage.server, "ann").await;
    let mut victim = Browser::new(&stage.server);
    let answer = stage.sign_in(&mut victim, &json!({})).await;
    assert_eq!(location(&answer), "/oops?error=account_not_linked");
    assert!(!is_signed_in(&mut victim).await);
    let token = stage.oidc.id_token(&json!({}));
    let body = json!({"provider": "shop", "idToken": {"token": token}});
    let answer = victim.post("/sign-in/social", &body).await;
    assert_eq!(error_of(&answer), "401 OAUTH_LINK_ERROR");
    assert_eq!(stage.counts().await, "1 0 1");
    let verified = r#"SELECT "emailVerified"::text FROM "user""#;
    assert_eq!(stage.value(verified).await, "false");
}

/// With the state in a cookie and without PKCE, a callback took the state of another browser: a victim was signed in as
/// the attacker.
#[tokio::test]
async fn ghsa_wxw3_q3m9_c3jr_a_state_of_another_browser_is_refused_where_it_is_kept_in_a_cookie() {
    let settings = "account: {storeStateStrategy: cookie}";
    let stage = Stage::new(settings, "pkce: false, disableIdTokenNonceBinding: true,").await;
    let mut attacker = Browser::new(&stage.server);
    let page = stage.begin(&mut attacker, &json!({})).await;
    let theirs = path_of(&stage.oidc.agree(&page).await);
    let mut victim = Browser::new(&stage.server);
    stage.begin(&mut victim, &json!({})).await;
    let answer = victim.get(&theirs).await;
    assert_eq!(location(&answer), "/oops?error=state_mismatch");
    assert!(!is_signed_in(&mut victim).await);
    assert_eq!(stage.counts().await, "0 0 0");
    assert_eq!(location(&attacker.get(&theirs).await), "/in");
}

/// Id tokens that were made for another application, by another issuer or for nobody signed users in.
#[tokio::test]
async fn pr_10003_an_id_token_of_another_application_signs_nobody_in() {
    let stage = Stage::new("", "").await;
    for claims in [
        json!({"aud": "another application"}),
        json!({"iss": "https://evil.example"}),
        json!({"sub": null}),
    ] {
        let token = stage.oidc.id_token(&claims);
        let body = json!({"provider": "shop", "idToken": {"token": token}});
        let answer = Browser::new(&stage.server)
            .post("/sign-in/social", &body)
            .await;
        assert_eq!(error_of(&answer), "401 INVALID_TOKEN", "{claims}");
    }
    let token = stage.oidc.id_token(&json!({}));
    let body = json!({"provider": "shop", "idToken": {"token": token}});
    let answer = Browser::new(&stage.server)
        .post("/sign-in/social", &body)
        .await;
    assert_eq!(json_of(&answer)["user"]["email"], "ann@example.com");
}
