//! Id tokens that a client has got by itself.

use serde_json::{Value, json};

use super::{
    super::browser::{error_of, json_of},
    Browser, Stage, is_signed_in,
};

async fn sign_in(stage: &Stage, id_token: &Value) -> (Browser, String) {
    let mut browser = Browser::new(&stage.server);
    let body = json!({"provider": "shop", "idToken": id_token});
    let answer = browser.post("/sign-in/social", &body).await;
    let status = if answer.status == 200 {
        json_of(&answer)["user"]["email"].to_string()
    } else {
        error_of(&answer)
    };
    (browser, status)
}

#[tokio::test]
async fn an_id_token_of_the_provider_signs_its_user_in() {
    let stage = Stage::new("", "").await;
    let token = stage.oidc.id_token(&json!({"nonce": "mine"}));
    let (mut browser, status) = sign_in(&stage, &json!({"token": token, "nonce": "mine"})).await;
    assert_eq!(status, r#""ann@example.com""#);
    assert!(is_signed_in(&mut browser).await);
}

#[tokio::test]
async fn an_id_token_that_is_not_for_this_client_or_not_valid_now_is_refused() {
    let stage = Stage::new("", "").await;
    let now = stage.server.clock.now().unix_timestamp();
    for claims in [
        json!({"aud": "another client"}),
        json!({"aud": ["another client"]}),
        json!({"aud": null}),
        json!({"iss": "https://evil.example"}),
        json!({"iss": null}),
        json!({"sub": null}),
        json!({"exp": now - 60}),
        json!({"exp": null}),
        json!({"nbf": now + 60}),
    ] {
        let token = stage.oidc.id_token(&claims);
        let (mut browser, status) = sign_in(&stage, &json!({"token": token})).await;
        assert_eq!(status, "401 INVALID_TOKEN", "{claims}");
        assert!(!is_signed_in(&mut browser).await);
    }
    let token = stage.oidc.id_token(&json!({"nonce": "mine"}));
    for nonce in ["yours", "mine2"] {
        let (_, status) = sign_in(&stage, &json!({"token": token, "nonce": nonce})).await;
        assert_eq!(status, "401 INVALID_TOKEN");
    }
    assert_eq!(stage.counts().await, "0 0 0");
}

#[tokio::test]
async fn an_id_token_that_the_provider_has_not_signed_is_refused() {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    let stage = Stage::new("", "").await;
    let token = stage.oidc.id_token(&json!({}));
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
    let hmac = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","kid":"one"}"#);
    let other = URL_SAFE_NO_PAD.encode(r#"{"sub":"eve","email":"ann@example.com"}"#);
    for token in [
        format!("{none}.{payload}."),
        format!("{none}.{payload}.{signature}"),
        format!("{hmac}.{payload}.{signature}"),
        format!("{header}.{other}.{signature}"),
        format!("{signed}."),
        signed.to_owned(),
        "a.b.c".to_owned(),
        String::new(),
    ] {
        let (_, status) = sign_in(&stage, &json!({"token": token})).await;
        assert_eq!(status, "401 INVALID_TOKEN", "{token}");
    }
    assert_eq!(stage.counts().await, "0 0 0");
}

#[tokio::test]
async fn a_key_that_the_provider_has_changed_is_taken_up() {
    let stage = Stage::new("", "").await;
    let token = stage.oidc.id_token(&json!({}));
    assert_eq!(
        sign_in(&stage, &json!({"token": token})).await.1,
        r#""ann@example.com""#
    );
    stage.oidc.change_key(2);
    let fresh = stage.oidc.id_token(&json!({}));
    assert_eq!(
        sign_in(&stage, &json!({"token": fresh})).await.1,
        r#""ann@example.com""#
    );
    assert_eq!(
        sign_in(&stage, &json!({"token": token})).await.1,
        "401 INVALID_TOKEN"
    );
}

#[tokio::test]
async fn unknown_keys_make_the_server_ask_once_in_a_while() {
    let stage = Stage::new("", "").await;
    let token = stage.oidc.id_token(&json!({}));
    sign_in(&stage, &json!({"token": token})).await;
    stage.oidc.change_key(2);
    let forged = stage.oidc.id_token(&json!({}));
    stage.oidc.change_key(1);
    for _ in 0..5 {
        assert_eq!(
            sign_in(&stage, &json!({"token": forged})).await.1,
            "401 INVALID_TOKEN"
        );
    }
    assert_eq!(stage.oidc.asked("/jwks").len(), 2);
}

#[tokio::test]
async fn the_rules_of_linking_hold_for_id_tokens_too() {
    let stage = Stage::new("", "").await;
    Browser::signed_up(&stage.server, "ann").await;
    let token = stage.oidc.id_token(&json!({}));
    let (mut browser, status) = sign_in(&stage, &json!({"token": token})).await;
    assert_eq!(status, "401 OAUTH_LINK_ERROR");
    assert!(!is_signed_in(&mut browser).await);
    assert_eq!(stage.counts().await, "1 0 1");
}
