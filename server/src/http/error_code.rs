//! The error codes of the core endpoints, as better-auth has them.

use warp::http::StatusCode;

use super::error::ErrorCode;

macro_rules! error_codes {
    ($($status:ident $code:ident $message:literal;)*) => {
        $(
            #[doc = $message]
            pub const $code: ErrorCode =
                ErrorCode::new(StatusCode::$status, stringify!($code), $message);
        )*
    };
}

error_codes! {
    BAD_REQUEST CREDENTIAL_ACCOUNT_NOT_FOUND "Credential account not found";
    BAD_REQUEST EMAIL_CAN_NOT_BE_UPDATED "Email can not be updated";
    BAD_REQUEST EMAIL_PASSWORD_DISABLED "Email and password is not enabled";
    BAD_REQUEST EMAIL_PASSWORD_SIGN_UP_DISABLED "Email and password sign up is not enabled";
    BAD_REQUEST FIELD_NOT_ALLOWED "Field not allowed to be set";
    BAD_REQUEST INVALID_EMAIL "Invalid email";
    BAD_REQUEST INVALID_PASSWORD "Invalid password";
    BAD_REQUEST MISSING_FIELD "Field is required";
    BAD_REQUEST PASSWORD_TOO_LONG "Password too long";
    BAD_REQUEST PASSWORD_TOO_SHORT "Password too short";
    UNAUTHORIZED INVALID_EMAIL_OR_PASSWORD "Invalid email or password";
    UNAUTHORIZED UNAUTHORIZED "Unauthorized";
    FORBIDDEN CROSS_SITE_NAVIGATION_LOGIN_BLOCKED
        "Cross-site navigation login blocked. This request appears to be a CSRF attack.";
    FORBIDDEN INVALID_CALLBACK_URL "Invalid callbackURL";
    FORBIDDEN INVALID_ERROR_CALLBACK_URL "Invalid errorCallbackURL";
    FORBIDDEN INVALID_NEW_USER_CALLBACK_URL "Invalid newUserCallbackURL";
    FORBIDDEN INVALID_ORIGIN "Invalid origin";
    FORBIDDEN INVALID_REDIRECT_URL "Invalid redirectURL";
    FORBIDDEN MISSING_OR_NULL_ORIGIN "Missing or null Origin";
    FORBIDDEN SESSION_NOT_FRESH "Session is not fresh";
    METHOD_NOT_ALLOWED METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED
        "POST method requires deferSessionRefresh to be enabled in session config";
    UNPROCESSABLE_ENTITY FAILED_TO_CREATE_USER "Failed to create user";
    UNPROCESSABLE_ENTITY FAILED_TO_UPDATE_USER "Failed to update user";
    UNPROCESSABLE_ENTITY USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL
        "User already exists. Use another email.";
    INTERNAL_SERVER_ERROR FAILED_TO_GET_SESSION "Failed to get session";
}

/// Failed to get session: it ended while it was being extended.
pub const SESSION_ENDED: ErrorCode = ErrorCode::new(
    StatusCode::UNAUTHORIZED,
    FAILED_TO_GET_SESSION.code,
    FAILED_TO_GET_SESSION.message,
);
