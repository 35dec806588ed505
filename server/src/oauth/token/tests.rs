use serde_json::json;
use time::{format_description::well_known::Rfc3339, macros::datetime};

use super::*;
use crate::oauth::{
    catalog::SERVICES,
    golden,
    recorded::{Recorded, normal},
};

const NOW: OffsetDateTime = datetime!(2026-01-10 12:00 UTC);

fn settings(golden: &Value) -> SocialProvider {
    serde_json::from_value(golden["exchange"]["settings"].clone()).unwrap()
}

fn secret() -> Secret {
    Secret::new("client secret/+ü")
}

fn client<'a>(settings: &'a SocialProvider, secret: &'a Secret) -> Client<'a> {
    let id = settings.client_key.as_deref();
    Client {
        id: id.unwrap_or_else(|| settings.client_id.as_ref().unwrap().primary()),
        secret: Some(secret),
    }
}

fn shown(tokens: &Tokens) -> Value {
    let date = |date: Option<OffsetDateTime>| {
        date.map(|date| date.format(&Rfc3339).unwrap().replace('Z', ".000Z"))
    };
    json!({
        "accessToken": tokens.access_token,
        "refreshToken": tokens.refresh_token,
        "idToken": tokens.id_token,
        "accessTokenExpiresAt": date(tokens.access_token_expires_at),
        "refreshTokenExpiresAt": date(tokens.refresh_token_expires_at),
        "scopes": tokens.scopes,
    })
}

#[tokio::test]
async fn every_service_is_asked_for_tokens_as_better_auth_asks() {
    for service in SERVICES {
        let golden = golden(service.id);
        let (settings, secret) = (settings(&golden), secret());
        let case = &golden["exchange"];
        let http = Recorded::new(&json!([case["answer"]]));
        let code = Code {
            code: "the code",
            verifier: &"v".repeat(128),
            redirect_uri: &format!("http://localhost:8100/api/callback/{}", service.id),
            device_id: Some("device"),
        };
        let tokens = exchange(
            &http,
            service,
            &settings,
            client(&settings, &secret),
            code,
            NOW,
        )
        .await
        .unwrap();
        let expected = case["requests"].as_array().unwrap();
        assert_eq!(normal(&http.asked()), normal(expected), "{}", service.id);
        assert_eq!(shown(&tokens), case["tokens"], "{}", service.id);
    }
}

#[tokio::test]
async fn every_service_is_asked_for_new_tokens_as_better_auth_asks() {
    for service in SERVICES {
        let golden = golden(service.id);
        let case = &golden["refresh"];
        assert_eq!(
            case.is_null(),
            service.exchange.refresh == Refresh::Never,
            "{}",
            service.id
        );
        if case.is_null() {
            continue;
        }
        let (settings, secret) = (settings(&golden), secret());
        let http = Recorded::new(&json!([case["answer"]]));
        let client = client(&settings, &secret);
        let tokens = refresh(&http, service, &settings, client, "refresh token", NOW)
            .await
            .unwrap();
        let expected = case["requests"].as_array().unwrap();
        assert_eq!(normal(&http.asked()), normal(expected), "{}", service.id);
        assert_eq!(shown(&tokens), case["tokens"], "{}", service.id);
    }
}

#[test]
fn an_error_that_comes_with_success_is_an_error() {
    let error = read(&json!({ "error": "bad_verification_code" }), NOW).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the service answers with status 200 and the error \"bad_verification_code\""
    );
}

#[test]
fn lifetimes_are_numbers_or_texts() {
    let at = |value: Value| expiry(Some(&value), NOW);
    assert_eq!(at(json!(60)), Some(NOW + Duration::MINUTE));
    assert_eq!(at(json!("60")), Some(NOW + Duration::MINUTE));
    for nothing in [
        json!(0),
        json!("soon"),
        json!(null),
        json!(1e300),
        json!([60]),
    ] {
        assert_eq!(at(nothing.clone()), None, "{nothing}");
    }
}

#[test]
fn scopes_are_a_text_or_a_list() {
    assert_eq!(scopes(Some(&json!(" a  b "))), ["a", "b"]);
    assert_eq!(scopes(Some(&json!(["a ", "", 1, "b"]))), ["a", "b"]);
    assert!(scopes(Some(&json!(1))).is_empty());
}

#[test]
fn a_client_without_a_secret_names_itself_and_nothing_else() {
    let client = Client {
        id: "id",
        secret: None,
    };
    let call = call("https://a/", refresh_form("r"), ClientAuth::Post, client).unwrap();
    assert_eq!(
        call.body,
        "grant_type=refresh_token&refresh_token=r&client_id=id"
    );
}

#[test]
fn tokens_are_not_printed() {
    let tokens = Tokens {
        access_token: Some("hush".to_owned()),
        ..Tokens::default()
    };
    assert!(!format!("{tokens:?}").contains("hush"));
}
