//! What the client is told: where to go, or who has signed in.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    http::{Response, StatusCode, reply},
    identity::user::User,
};

/// Where to go, or who has signed in.
#[derive(JsonSchema, Serialize)]
pub(in crate::routes) struct Answer {
    /// The page of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    /// Whether the client should go there.
    pub(super) redirect: bool,
    /// The token of the new session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<String>,
    /// Who has signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<User>,
    /// Whether an account was linked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<bool>,
}

impl Answer {
    /// Sends the client to `url`, unless it wants to go by itself.
    pub(in crate::routes) fn go(url: String, disable_redirect: Option<bool>) -> Response {
        let redirect = disable_redirect != Some(true);
        let location = redirect.then(|| url.clone());
        let answer = Self {
            url: Some(url),
            redirect,
            token: None,
            user: None,
            status: None,
        };
        let mut response = reply::json(StatusCode::OK, &answer);
        if let Some(location) = location {
            reply::set_location(&mut response, &location);
        }
        response
    }

    /// Says that an account was linked.
    pub(in crate::routes) fn linked() -> Response {
        let answer = Self {
            url: Some(String::new()),
            redirect: false,
            token: None,
            user: None,
            status: Some(true),
        };
        reply::json(StatusCode::OK, &answer)
    }
}
