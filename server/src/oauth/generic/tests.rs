use authbackend_crds::auth::GenericOAuthConfig;
use serde_json::{Value, json};

use super::*;
use crate::oauth::recorded::{Recorded, normal};

const DISCOVERY: &str = "https://idp.example/.well-known/openid-configuration";

fn document() -> Value {
    json!({
        "issuer": "https://idp.example",
        "authorization_endpoint": "https://idp.example/auth",
        "token_endpoint": "https://idp.example/token",
        "userinfo_endpoint": "https://idp.example/me",
        "end_session_endpoint": "https://idp.example/end?a=1",
        "jwks_uri": "/jwks",
        "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
    })
}

fn config(more: &Value) -> GenericOAuthConfig {
    let mut config = json!({ "providerId": "acme", "clientId": "id", "discoveryUrl": DISCOVERY });
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    serde_json::from_value(config).unwrap()
}

async fn discovered(more: &Value, document: &Value) -> Result<Generic, ServiceError> {
    discover(&Recorded::new(&json!([document])), &config(more)).await
}

fn request(scopes: &[String]) -> Request<'_> {
    Request {
        state: "s",
        verifier: "v",
        redirect_uri: "https://shop.example/api/callback/acme",
        nonce: Some("n"),
        scopes,
        login_hint: None,
        additional: &[],
    }
}

#[tokio::test]
async fn a_discovery_document_names_endpoints_issuer_and_keys() {
    let generic = discovered(&json!({}), &document()).await.unwrap();
    assert_eq!(generic.token_url, "https://idp.example/token");
    assert_eq!(generic.issuer.as_deref(), Some("https://idp.example"));
    assert!(generic.is_oidc && generic.requires_nonce());
    let rules = generic.id_token.unwrap();
    assert_eq!(rules.keys_url, "https://idp.example/jwks");
    assert_eq!(rules.algorithms, [Algorithm::Rs256]);
    assert_eq!(rules.audiences, ["id"]);
}

#[tokio::test]
async fn settings_go_before_the_document() {
    let more =
        json!({ "tokenUrl": "https://other.example/token", "disableIdTokenNonceBinding": true });
    let generic = discovered(&more, &document()).await.unwrap();
    assert_eq!(generic.token_url, "https://other.example/token");
    assert!(!generic.requires_nonce());
}

#[tokio::test]
async fn a_document_that_cannot_be_had_matters_only_where_it_is_needed() {
    let refused = || json!({ "status": 500, "body": {} });
    assert!(discovered(&json!({}), &refused()).await.is_err());
    let urls =
        json!({ "authorizationUrl": "https://a.example/", "tokenUrl": "https://b.example/" });
    assert!(discovered(&urls, &refused()).await.is_ok());
}

#[tokio::test]
async fn a_service_that_must_verify_id_tokens_needs_issuer_and_keys() {
    let mut without_keys = document();
    without_keys["jwks_uri"] = Value::Null;
    let more = json!({ "requireIdTokenVerification": true });
    assert!(discovered(&more, &without_keys).await.is_err());
}

#[tokio::test]
async fn the_page_asks_for_openid_first_and_carries_the_nonce() {
    let generic = discovered(&json!({ "scopes": ["email"], "pkce": false }), &document())
        .await
        .unwrap();
    assert_eq!(
        generic.page_url(&request(&["extra".to_owned()])).unwrap(),
        "https://idp.example/auth?response_type=code&client_id=id&state=s&scope=openid+extra+email&\
         redirect_uri=https%3A%2F%2Fshop.example%2Fapi%2Fcallback%2Facme&nonce=n"
    );
}

#[tokio::test]
async fn presets_know_what_better_auths_helpers_know() {
    for (preset, more, expected) in [
        (
            "auth0",
            json!({ "domain": "tenant.auth0.com" }),
            "https://tenant.auth0.com",
        ),
        (
            "auth0",
            json!({ "domain": "https://tenant.auth0.com/x" }),
            "https://tenant.auth0.com",
        ),
        (
            "keycloak",
            json!({ "issuer": "https://kc.example/realms/a/" }),
            "https://kc.example/realms/a",
        ),
        (
            "okta",
            json!({ "issuer": "https://okta.example" }),
            "https://okta.example",
        ),
    ] {
        let mut config = json!({ "preset": preset, "clientId": "id" });
        for (name, value) in more.as_object().unwrap() {
            config[name] = value.clone();
        }
        let config: GenericOAuthConfig = serde_json::from_value(config).unwrap();
        let http = Recorded::new(&json!([document()]));
        let generic = discover(&http, &config).await.unwrap();
        assert_eq!(
            http.asked()[0]["url"],
            format!("{expected}/.well-known/openid-configuration")
        );
        assert_eq!(generic.scopes(), ["openid", "profile", "email"]);
    }
}

#[tokio::test]
async fn signing_out_at_the_service_brings_what_it_needs() {
    let generic = discovered(&json!({}), &document()).await.unwrap();
    let url = |id_token, target| {
        generic.end_session_url("https://shop.example/api", id_token, target, Some("st"))
    };
    assert_eq!(
        url(None, None).unwrap(),
        "https://idp.example/end?a=1&client_id=id"
    );
    assert_eq!(
        url(Some("t"), None).unwrap(),
        "https://idp.example/end?a=1&id_token_hint=t"
    );
    assert_eq!(
        url(Some("t"), Some("/bye")).unwrap(),
        "https://idp.example/end?a=1&id_token_hint=t&post_logout_redirect_uri=https%3A%2F%2Fshop.example%2Fbye\
         &client_id=id&state=st"
    );
    let off = discovered(&json!({ "disableProviderLogout": true }), &document())
        .await
        .unwrap();
    assert_eq!(
        off.end_session_url("https://shop.example/api", None, None, None),
        None
    );
}

const TENANT: &str = "5F0C6E7A-1B2C-4D3E-8F90-A1B2C3D4E5F6";

async fn preset(name: &str) -> Generic {
    let config = json!({ "preset": name, "clientId": "id", "tenantId": TENANT });
    let config: GenericOAuthConfig = serde_json::from_value(config).unwrap();
    let http = Recorded::new(&json!([document()]));
    discover(&http, &config).await.unwrap()
}

#[tokio::test]
async fn entra_is_asked_at_its_tenant_and_its_id_tokens_are_verified() {
    let generic = preset("microsoft-entra-id").await;
    let tenant = format!(
        "https://login.microsoftonline.com/{}",
        TENANT.to_ascii_lowercase()
    );
    assert_eq!(
        generic.authorization_url,
        format!("{tenant}/oauth2/v2.0/authorize")
    );
    assert_eq!(generic.token_url, format!("{tenant}/oauth2/v2.0/token"));
    assert!(generic.requires_nonce());
    let config = json!({ "preset": "microsoft-entra-id", "clientId": "id", "tenantId": TENANT });
    let config: GenericOAuthConfig = serde_json::from_value(config).unwrap();
    let refused = Recorded::new(&json!([{ "status": 500, "body": {} }]));
    assert!(discover(&refused, &config).await.is_err());
}

/// The golden files hold what better-auth's helpers ask and make of the answers: `conformance/bin/preset-fixtures.mjs`.
#[tokio::test]
async fn each_preset_makes_the_user_that_better_auths_helper_makes() {
    let files = std::fs::read_dir(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/oauth/golden/presets"
    ));
    let mut count = 0;
    for file in files.unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let golden: Value = serde_json::from_str(&text).unwrap();
        let name = golden["preset"].as_str().unwrap();
        let generic = preset(name).await;
        for case in golden["profiles"].as_array().unwrap() {
            let what = format!("{name}: {}", case["name"]);
            let text = |key: &str| case["tokens"][key].as_str().map(str::to_owned);
            let tokens = Tokens {
                access_token: text("accessToken"),
                id_token: text("idToken"),
                ..Tokens::default()
            };
            let http = Recorded::new(&case["answers"]);
            let client = Client {
                id: "id",
                secret: None,
            };
            let person = generic.resolve(&http, client, &tokens, None).await;
            assert_eq!(
                normal(&http.asked()),
                normal(case["requests"].as_array().unwrap()),
                "{what}"
            );
            let told = person.ok().map(|person| {
                json!({
                    "subject": person.subject, "name": person.name, "email": person.email,
                    "image": person.image, "emailVerified": person.email_verified,
                })
            });
            assert_eq!(told.unwrap_or_default(), case["expected"], "{what}");
            count += 1;
        }
    }
    assert!(count > 20, "{count} cases");
}
