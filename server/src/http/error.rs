//! What a request can fail with, and the answer to it.

use std::{error::Error, io, panic::Location};

use serde_json::{Value, json};
use warp::{
    http::{StatusCode, header},
    reply::Response,
};

use super::{
    error_code::{FIELD_NOT_ALLOWED, MISSING_FIELD, SERVER_BUSY, TOO_MANY_PASSWORDS},
    reply,
};
use crate::{
    db::{CHECKOUT_TIMEOUT, is_exhausted},
    hasher::{HasherError, RETRY_AFTER_SECONDS},
    identity::fields::FieldError,
    metrics::ErrorLabel,
};

/// An error that clients tell apart by its code.
#[derive(Debug, Eq, PartialEq)]
pub struct ErrorCode {
    /// Status of the answer.
    pub status: StatusCode,
    /// The code, which client code relies on.
    pub code: &'static str,
    /// The text, which users may see.
    pub message: &'static str,
}

/// Why a request was not answered as asked.
#[derive(Debug)]
pub enum ApiError {
    /// An error with a code of its own.
    Code(&'static ErrorCode),
    /// An error with a code and a text that depends on the request.
    Text {
        /// Status of the answer.
        status: StatusCode,
        /// The code.
        code: &'static str,
        /// The text.
        message: String,
    },
    /// An error that better-auth answers without a code.
    Message {
        /// Status of the answer.
        status: StatusCode,
        /// The text.
        message: String,
    },
    /// An error that better-auth answers without a word.
    Empty(StatusCode),
    /// Too much to do at the moment.
    Busy {
        /// What the client gets.
        code: &'static ErrorCode,
        /// When it should come back, in seconds.
        retry_after: u64,
    },
    /// A failure of the server. It is logged; the client learns nothing of it.
    Internal {
        /// What the client gets; without one, an empty body.
        code: Option<&'static ErrorCode>,
        /// What failed.
        source: Box<dyn Error + Send + Sync>,
        /// Where in the code.
        location: &'static Location<'static>,
    },
}

impl ApiError {
    /// A request whose body or query does not fit.
    pub fn validation(message: String) -> Self {
        Self::Text {
            status: StatusCode::BAD_REQUEST,
            code: "VALIDATION_ERROR",
            message,
        }
    }

    /// A bad request that is explained without a code.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::Message {
            status: StatusCode::BAD_REQUEST,
            message: message.into(),
        }
    }

    /// The same failure of the server, told to the client as `code`; other errors stay as they are.
    #[must_use]
    pub fn told_as(self, code: &'static ErrorCode) -> Self {
        match self {
            Self::Internal {
                source, location, ..
            } => Self::Internal {
                code: Some(code),
                source,
                location,
            },
            other => other,
        }
    }

    /// The code that the client gets.
    fn code(&self) -> Option<&'static str> {
        match self {
            Self::Code(code)
            | Self::Busy { code, .. }
            | Self::Internal {
                code: Some(code), ..
            } => Some(code.code),
            Self::Text { code, .. } => Some(code),
            Self::Internal { code: None, .. } | Self::Message { .. } | Self::Empty(_) => None,
        }
    }

    /// The answer. A failure of the server is logged here, once.
    pub fn into_response(self) -> Response {
        let code = self.code();
        let mut response = self.answer();
        if let Some(code) = code {
            response.extensions_mut().insert(ErrorLabel(code));
        }
        response
    }

    fn answer(self) -> Response {
        match self {
            Self::Code(code) => code.to_response(),
            Self::Text {
                status,
                code,
                message,
            } => reply::json(status, &json!({ "message": message, "code": code })),
            Self::Message { status, message } => {
                reply::json(status, &json!({ "message": message }))
            }
            Self::Empty(status) => reply::with_body(status, "application/json", Vec::new()),
            Self::Busy { code, retry_after } => {
                let mut response = code.to_response();
                let headers = response.headers_mut();
                headers.insert(header::RETRY_AFTER, retry_after.into());
                response
            }
            Self::Internal {
                code,
                source,
                location,
            } => {
                tracing::error!(error = describe(source.as_ref()), %location, "request failed");
                code.map_or_else(
                    || reply::empty(StatusCode::INTERNAL_SERVER_ERROR),
                    ErrorCode::to_response,
                )
            }
        }
    }
}

impl From<FieldError> for ApiError {
    fn from(error: FieldError) -> Self {
        let code = match error {
            FieldError::Missing(_) => &MISSING_FIELD,
            FieldError::NotAllowed(_) => &FIELD_NOT_ALLOWED,
        };
        Self::Text {
            status: code.status,
            code: code.code,
            message: error.to_string(),
        }
    }
}

impl From<HasherError> for ApiError {
    #[track_caller]
    fn from(error: HasherError) -> Self {
        match error {
            HasherError::Busy => Self::Busy {
                code: &TOO_MANY_PASSWORDS,
                retry_after: RETRY_AFTER_SECONDS,
            },
            HasherError::Password(error) => error.into(),
            HasherError::Stopped => io::Error::other("password hashing has stopped").into(),
        }
    }
}

impl ErrorCode {
    /// An error code; `status` is one of the constants of [`StatusCode`].
    pub const fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self {
            status,
            code,
            message,
        }
    }

    /// The same error, with a text that depends on the request.
    pub fn with_message(&self, message: String) -> ApiError {
        ApiError::Text {
            status: self.status,
            code: self.code,
            message,
        }
    }

    fn body(&self) -> Value {
        json!({ "message": self.message, "code": self.code })
    }

    fn to_response(&self) -> Response {
        reply::json(self.status, &self.body())
    }
}

impl From<&'static ErrorCode> for ApiError {
    fn from(code: &'static ErrorCode) -> Self {
        Self::Code(code)
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for ApiError {
    #[track_caller]
    fn from(source: E) -> Self {
        if is_exhausted(&source) {
            return Self::Busy {
                code: &SERVER_BUSY,
                retry_after: CHECKOUT_TIMEOUT.as_secs(),
            };
        }
        Self::Internal {
            code: None,
            source: Box::new(source),
            location: Location::caller(),
        }
    }
}

/// An error with its causes, which hold no values of the database: see `db`.
fn describe(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        db::{DbError, ReadError},
        http::error_code::FAILED_TO_GET_SESSION,
    };

    #[test]
    fn whoever_got_no_connection_in_time_is_told_when_to_come_back() {
        let exhausted = || DbError::Exhausted(CHECKOUT_TIMEOUT);
        for error in [
            ApiError::from(exhausted()),
            ApiError::from(ReadError::from(exhausted())),
            ApiError::from(exhausted()).told_as(&FAILED_TO_GET_SESSION),
        ] {
            let response = error.into_response();
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(response.headers()[header::RETRY_AFTER], "5");
            let label = response.extensions().get::<ErrorLabel>();
            assert_eq!(label, Some(&ErrorLabel("SERVER_BUSY")));
        }
        let response = ApiError::from(DbError::Closed).into_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }

    #[test]
    fn too_many_passwords_at_once_are_answered_with_when_to_come_back() {
        let response = ApiError::from(HasherError::Busy).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "5");
        let label = response.extensions().get::<ErrorLabel>();
        assert_eq!(label, Some(&ErrorLabel("TOO_MANY_PASSWORDS")));
    }
}
