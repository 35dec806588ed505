//! What has to be remembered while a user is at a service, in better-auth's form: a row or a cookie of one server
//! is understood by the other.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

/// How long a user may stay at the service.
pub const LIFETIME: Duration = Duration::minutes(10);

/// What a state is called in the table `verification`.
pub fn identifier(state: &str) -> String {
    format!("auth-state:{state}")
}

/// What has to be remembered while a user is at a service.
#[derive(Clone, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Flow {
    /// Where the browser goes in the end.
    #[serde(rename = "callbackURL")]
    pub callback_url: String,
    /// The secret of PKCE.
    pub code_verifier: String,
    /// Where the browser goes after an error.
    #[serde(rename = "errorURL", skip_serializing_if = "Option::is_none")]
    pub error_url: Option<String>,
    /// Where the browser of a new user goes.
    #[serde(rename = "newUserURL", skip_serializing_if = "Option::is_none")]
    pub new_user_url: Option<String>,
    /// Who links an account, if anybody does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    /// When it ends, in milliseconds since 1970.
    pub expires_at: i64,
    /// The state itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oauth_state: Option<String>,
    /// Whether the client asks for sign-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_sign_up: Option<bool>,
    /// What the id token has to carry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_nonce: Option<String>,
    /// What the client wants to be remembered.
    #[serde(flatten)]
    pub additional: Map<String, Value>,
}

/// Who links an account.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// The user's address when they began.
    pub email: String,
    /// The user.
    pub user_id: String,
    /// The token of the session in which they began, encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encrypted_session_token: Option<String>,
}

/// Names that no client may give to what it wants to be remembered.
const OWN: [&str; 10] = [
    "callbackURL",
    "codeVerifier",
    "errorURL",
    "newUserURL",
    "link",
    "expiresAt",
    "oauthState",
    "requestSignUp",
    "idTokenNonce",
    "serverContext",
];

impl Flow {
    /// What of `data` a client may want to be remembered: nothing by a name that means something here.
    pub fn additional(mut data: Map<String, Value>) -> Map<String, Value> {
        data.retain(|name, _| !OWN.contains(&name.as_str()));
        data
    }

    /// Whether it has ended at `now`.
    pub fn is_expired(&self, now: OffsetDateTime) -> bool {
        i128::from(self.expires_at) < now.unix_timestamp_nanos() / 1_000_000
    }

    /// When something that begins at `now` ends, in milliseconds since 1970.
    pub fn expiry(now: OffsetDateTime) -> i64 {
        let end = (now + LIFETIME).unix_timestamp_nanos() / 1_000_000;
        i64::try_from(end).unwrap_or(i64::MAX)
    }
}

impl fmt::Debug for Flow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Flow")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Link")
            .field("user_id", &self.user_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_flow_of_better_auth_is_understood() {
        let text = json!({
            "mine": { "a": 1 },
            "callbackURL": "/done",
            "codeVerifier": "v",
            "errorURL": "/oops",
            "link": { "userId": "u", "email": "a@b.co", "encryptedSessionToken": "00" },
            "expiresAt": 1_768_046_400_000_i64,
            "oauthState": "s",
            "requestSignUp": true,
        });
        let flow: Flow = serde_json::from_value(text.clone()).unwrap();
        assert_eq!(flow.additional["mine"], json!({ "a": 1 }));
        assert_eq!(serde_json::to_value(&flow).unwrap(), text);
    }

    proptest::proptest! {
        #[test]
        fn what_is_remembered_comes_back(
            callback_url in ".*", error_url in proptest::option::of(".*"), expires_at: i64,
            remembered in "[a-z]{1,8}", value in ".*",
        ) {
            let data = [(remembered, Value::String(value))].into_iter().collect();
            let flow = Flow {
                callback_url,
                error_url,
                expires_at,
                additional: Flow::additional(data),
                ..Flow::default()
            };
            let text = serde_json::to_string(&flow).unwrap();
            proptest::prop_assert!(serde_json::from_str::<Flow>(&text).unwrap() == flow);
        }

        #[test]
        fn any_text_is_read_without_harm(text in r#"(\{|\}|\[|"|:|,|null|link|callbackURL|expiresAt|1e9|[a-z]){0,24}"#) {
            let _ = serde_json::from_str::<Flow>(&text);
        }
    }

    #[test]
    fn a_client_cannot_change_what_is_remembered_for_the_server() {
        let data =
            json!({ "errorURL": "https://evil", "link": {}, "serverContext": {}, "mine": 1 });
        let kept = Flow::additional(data.as_object().unwrap().clone());
        assert_eq!(Value::Object(kept), json!({ "mine": 1 }));
    }

    #[test]
    fn a_flow_ends_after_ten_minutes() {
        let now = datetime!(2026-01-10 12:00 UTC);
        let flow = Flow {
            expires_at: Flow::expiry(now),
            ..Flow::default()
        };
        assert!(!flow.is_expired(now + LIFETIME));
        assert!(flow.is_expired(now + LIFETIME + Duration::MILLISECOND));
    }

    #[test]
    fn what_is_remembered_is_not_printed() {
        let flow = Flow {
            code_verifier: "hush".to_owned(),
            ..Flow::default()
        };
        assert!(!format!("{flow:?}").contains("hush"));
    }
}
