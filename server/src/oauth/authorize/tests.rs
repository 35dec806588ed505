use serde_json::Value;

use super::*;
use crate::oauth::{catalog::SERVICES, golden};

const STATE: &str = "sTaTeSTATEstateSTATEstateSTATE00";

fn texts(value: &Value) -> Vec<String> {
    serde_json::from_value(value.clone()).unwrap_or_default()
}

/// The URL for a case of better-auth's.
fn url_for(service: &Service, case: &Value) -> String {
    let request = &case["request"];
    let scopes = texts(&request["scopes"]);
    let additional: Vec<_> = request["additionalParams"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    let redirect_uri = format!("http://localhost:8100/api/callback/{}", service.id);
    let request = Request {
        state: STATE,
        verifier: &"v".repeat(128),
        redirect_uri: &redirect_uri,
        nonce: None,
        scopes: &scopes,
        login_hint: request["loginHint"].as_str(),
        additional: &additional,
    };
    let settings: SocialProvider = serde_json::from_value(case["settings"].clone()).unwrap();
    service_url(service, &settings, &request).unwrap()
}

#[test]
fn every_page_has_the_url_that_better_auth_gives_it() {
    let mut count = 0;
    for service in SERVICES {
        for case in golden(service.id)["authorization"].as_array().unwrap() {
            assert_eq!(
                url_for(service, case),
                case["url"].as_str().unwrap(),
                "{}: {}",
                service.id,
                case["name"]
            );
            count += 1;
        }
    }
    assert!(count > 180, "{count}");
}

#[test]
fn a_page_that_is_no_url_is_an_error() {
    assert_eq!(url("no url", &Parameters::default()), Err(InvalidPage));
}
