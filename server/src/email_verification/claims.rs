//! What the token of a link says.

use serde_json::{Map, Value};

use crate::http::schema::is_email;

const CONFIRMATION: &str = "change-email-confirmation";
const VERIFICATION: &str = "change-email-verification";

/// What the token of a link says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claims {
    /// The address that the user must still have.
    pub email: String,
    /// What following the link does.
    pub purpose: Purpose,
    /// The user; older releases of better-auth did not say.
    pub user_id: Option<String>,
}

/// What following a link does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// Marks the address as verified.
    Verify,
    /// Goes to the old address: asks the new one.
    ConfirmChange {
        /// The new address.
        to: String,
    },
    /// Goes to the new address: the user has it from now on.
    Change {
        /// The new address.
        to: String,
    },
    /// The user has the new address from now on, and has yet to verify it: a link of older releases of better-auth,
    /// which goes to the old address.
    ChangeUnverified {
        /// The new address.
        to: String,
    },
}

impl Claims {
    /// The claims as better-auth names them.
    pub(super) fn into_payload(self) -> Map<String, Value> {
        let (request_type, update_to) = match self.purpose {
            Purpose::Verify => (None, None),
            Purpose::ConfirmChange { to } => (Some(CONFIRMATION), Some(to)),
            Purpose::Change { to } => (Some(VERIFICATION), Some(to)),
            Purpose::ChangeUnverified { to } => (None, Some(to)),
        };
        [
            ("email", Some(self.email)),
            ("updateTo", update_to),
            ("requestType", request_type.map(str::to_owned)),
            ("userId", self.user_id),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?))))
        .collect()
    }

    /// What a payload claims; none if it is that of another token.
    pub(super) fn from_payload(payload: &Map<String, Value>) -> Option<Self> {
        let text = |name| match payload.get(name) {
            None => Some(None),
            Some(Value::String(text)) => Some(Some(text.clone()).filter(|text| !text.is_empty())),
            Some(_) => None,
        };
        let (to, request_type) = (text("updateTo")?, text("requestType")?);
        Some(Self {
            email: text("email")?.filter(|email| is_email(email))?,
            purpose: match (to, request_type.as_deref()) {
                (None, _) => Purpose::Verify,
                (Some(to), Some(CONFIRMATION)) => Purpose::ConfirmChange { to },
                (Some(to), Some(VERIFICATION)) => Purpose::Change { to },
                (Some(to), _) => Purpose::ChangeUnverified { to },
            },
            user_id: text("userId")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(payload: &Value) -> Option<Claims> {
        Claims::from_payload(payload.as_object().unwrap())
    }

    #[test]
    fn claims_are_read_as_they_are_written() {
        let to = || "new@b.example".to_owned();
        for purpose in [
            Purpose::Verify,
            Purpose::ConfirmChange { to: to() },
            Purpose::Change { to: to() },
            Purpose::ChangeUnverified { to: to() },
        ] {
            let claims = Claims {
                email: "a@b.example".to_owned(),
                purpose,
                user_id: Some("u".to_owned()),
            };
            let payload = claims.clone().into_payload();
            assert_eq!(Claims::from_payload(&payload), Some(claims));
        }
    }

    #[test]
    fn a_link_of_an_older_release_names_no_user() {
        let claims = read(&json!({ "email": "a@b.example", "iat": 1, "exp": 2 }));
        let expected = Claims {
            email: "a@b.example".to_owned(),
            purpose: Purpose::Verify,
            user_id: None,
        };
        assert_eq!(claims, Some(expected));
    }

    #[test]
    fn a_token_for_something_else_claims_nothing() {
        for payload in [
            json!({}),
            json!({ "session": {}, "user": {}, "updatedAt": 1, "version": "1" }),
            json!({ "email": "nonsense" }),
            json!({ "email": 1 }),
            json!({ "email": "a@b.example", "updateTo": 1 }),
            json!({ "email": "a@b.example", "userId": null }),
        ] {
            assert_eq!(read(&payload), None, "{payload}");
        }
    }
}
