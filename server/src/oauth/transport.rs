//! Calls of a service's API.

use hyper::{
    Method,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderName},
};
use serde_json::Value;

use super::service::Headers;
use crate::{
    config::Problem,
    outbound::{Answer, Outbound, OutboundError},
};

/// Sends calls: over the network, or in a test to a list of answers.
pub trait Transport: Send + Sync {
    /// Sends `call` and waits for the answer.
    fn send(&self, call: Call) -> impl Future<Output = Result<Answer, OutboundError>> + Send;
}

impl Transport for Outbound {
    async fn send(&self, call: Call) -> Result<Answer, OutboundError> {
        let headers: Vec<_> = call
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str()))
            .collect();
        if call.method == Method::POST {
            self.post(&call.url, &headers, call.body).await
        } else {
            self.get(&call.url, &headers).await
        }
    }
}

/// A call of a service's API.
pub struct Call {
    /// GET or POST.
    pub method: Method,
    /// The URL.
    pub url: String,
    /// The headers.
    pub headers: Vec<(HeaderName, String)>,
    /// The body, empty for GET.
    pub body: String,
}

impl Call {
    /// GET.
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            url: url.into(),
            headers: Vec::new(),
            body: String::new(),
        }
    }

    /// POST.
    pub fn post(url: impl Into<String>, body: String) -> Self {
        Self {
            method: Method::POST,
            body,
            ..Self::get(url)
        }
    }

    /// POST of a form.
    pub fn form(url: impl Into<String>, body: String) -> Self {
        Self::post(url, body).with(CONTENT_TYPE, "application/x-www-form-urlencoded")
    }

    /// The same call with a header, which replaces one of that name.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    /// The same call with `headers`.
    #[must_use]
    pub fn with_all(self, headers: Headers) -> Self {
        headers.iter().fold(self, |call, (name, value)| {
            call.with(HeaderName::from_static(name), *value)
        })
    }

    /// The same call in the name of the user who has granted `token` (RFC 6750).
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.with(AUTHORIZATION, format!("Bearer {token}"))
    }
}

/// Why a service cannot be asked, or what it answers cannot be used. Holds nothing secret.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// No answer.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// The client secret cannot be read.
    #[error("the client secret cannot be read: {0}")]
    Secret(#[from] Problem),
    /// The service needs a client secret, and there is none.
    #[error("there is no client secret")]
    NoSecret,
    /// The service refuses.
    #[error("the service answers with status {status}{}", code.as_ref().map(|code| format!(" and the error {code:?}")).unwrap_or_default())]
    Refused {
        /// The status.
        status: u16,
        /// The error code (RFC 6749, section 5.2).
        code: Option<String>,
    },
    /// The answer is no JSON object of the expected kind.
    #[error("the answer cannot be understood: {0}")]
    Answer(&'static str),
    /// The user may not sign in.
    #[error("the user is refused: {0}")]
    User(&'static str),
}

/// The JSON of a successful answer. A redirect is none: see [`crate::outbound`].
///
/// # Errors
/// The answer is an error, or no JSON.
pub fn json(answer: &Answer) -> Result<Value, ServiceError> {
    let body: Option<Value> = answer.json().ok();
    if !answer.status.is_success() {
        let code = body.as_ref().and_then(|body| body.get("error")?.as_str());
        return Err(ServiceError::Refused {
            status: answer.status.as_u16(),
            code: code.map(|code| code.chars().take(64).collect()),
        });
    }
    body.ok_or(ServiceError::Answer("it is no JSON"))
}
