use serde_json::json;

use super::*;
use crate::{
    config::Secret,
    oauth::{
        catalog::SERVICES,
        golden,
        recorded::{Recorded, normal},
    },
};

fn tokens(case: &Value) -> Tokens {
    let text = |name: &str| case["tokens"][name].as_str().map(str::to_owned);
    Tokens {
        access_token: text("accessToken"),
        id_token: text("idToken"),
        open_id: text("openid"),
        ..Tokens::default()
    }
}

fn shown(person: &Person) -> Value {
    json!({
        "subject": person.subject,
        "name": person.name,
        "email": person.email,
        "image": person.image,
        "emailVerified": person.email_verified,
        "data": person.data,
    })
}

#[tokio::test]
async fn every_profile_gives_the_user_that_better_auth_makes_of_it() {
    let secret = Secret::new("client secret/+ü");
    let mut count = 0;
    for service in SERVICES {
        let golden = golden(service.id);
        let settings: SocialProvider =
            serde_json::from_value(golden["exchange"]["settings"].clone()).unwrap();
        let client = Client {
            id: "client-id",
            secret: Some(&secret),
        };
        for case in golden["profiles"].as_array().unwrap() {
            let name = format!("{}: {}", service.id, case["name"]);
            let http = Recorded::new(&case["answers"]);
            let posted = Some(&case["tokens"]["user"]).filter(|user| user.is_object());
            let person = ask(&http, service, &settings, client, &tokens(case), posted).await;
            let expected = case["requests"].as_array().unwrap();
            assert_eq!(normal(&http.asked()), normal(expected), "{name}");
            // Who has no id at the service is refused there by the next step.
            let expected =
                Some(&case["expected"]).filter(|expected| expected["subject"].is_string());
            assert_eq!(
                person.as_ref().ok().map(shown).as_ref(),
                expected,
                "{name}: {:?}",
                person.err()
            );
            count += 1;
        }
    }
    assert!(count > 90, "{count}");
}

#[test]
fn an_id_is_a_text_or_a_number() {
    assert_eq!(id_text(&json!("a")).as_deref(), Some("a"));
    assert_eq!(id_text(&json!(583_231)).as_deref(), Some("583231"));
    for nothing in [json!(""), json!(null), json!(true), json!({})] {
        assert_eq!(id_text(&nothing), None, "{nothing}");
    }
    for word in ["undefined", "null", " ", ""] {
        assert!(!is_subject(word), "{word:?}");
    }
}

#[test]
fn what_is_no_jwt_has_no_claims() {
    for token in ["", "a.b", "a.b.c.d", "a.!.c", "a.W10.c"] {
        assert_eq!(claims(token), None, "{token}");
    }
    assert_eq!(claims("e30.eyJhIjoxfQ.x"), Some(json!({ "a": 1 })));
}

proptest::proptest! {
    #[test]
    fn the_claims_of_any_object_are_read_out_of_a_token(
        name in "[a-z]{1,8}", value in ".*", head in "[A-Za-z0-9_-]{0,8}", signature in "[A-Za-z0-9_-]{0,8}",
    ) {
        let told = json!({ name: value });
        let token = format!("{head}.{}.{signature}", URL_SAFE_NO_PAD.encode(told.to_string()));
        proptest::prop_assert_eq!(claims(&token), Some(told));
    }

    #[test]
    fn any_text_is_a_token_with_claims_or_without(text in "[A-Za-z0-9_.=-]{0,48}") {
        if let Some(claims) = claims(&text) {
            proptest::prop_assert!(claims.is_object());
        }
    }
}
