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
    BAD_REQUEST ACCESS_TOKEN_NOT_FOUND "Access token not found";
    BAD_REQUEST ACCOUNT_NOT_FOUND "Account not found";
    BAD_REQUEST CHANGE_EMAIL_DISABLED "Change email is disabled";
    BAD_REQUEST CREDENTIAL_ACCOUNT_NOT_FOUND "Credential account not found";
    BAD_REQUEST EMAIL_ALREADY_VERIFIED "Email is already verified";
    BAD_REQUEST EMAIL_CAN_NOT_BE_UPDATED "Email can not be updated";
    BAD_REQUEST EMAIL_MISMATCH "Email mismatch";
    BAD_REQUEST EMAIL_PASSWORD_DISABLED "Email and password is not enabled";
    BAD_REQUEST EMAIL_PASSWORD_SIGN_UP_DISABLED "Email and password sign up is not enabled";
    BAD_REQUEST FAILED_TO_GET_ACCESS_TOKEN "Failed to get a valid access token";
    BAD_REQUEST FAILED_TO_REFRESH_ACCESS_TOKEN "Failed to refresh access token";
    BAD_REQUEST FAILED_TO_UNLINK_LAST_ACCOUNT "You can't unlink your last account";
    BAD_REQUEST FIELD_NOT_ALLOWED "Field not allowed to be set";
    BAD_REQUEST INVALID_EMAIL "Invalid email";
    BAD_REQUEST INVALID_PASSWORD "Invalid password";
    BAD_REQUEST MISSING_FIELD "Field is required";
    BAD_REQUEST PASSWORD_TOO_LONG "Password too long";
    BAD_REQUEST PASSWORD_TOO_SHORT "Password too short";
    BAD_REQUEST PROVIDER_NOT_CONFIGURED
        "Account is not associated with a configured social provider.";
    BAD_REQUEST PROVIDER_NOT_SUPPORTED "The provider is not supported.";
    BAD_REQUEST REFRESH_TOKEN_NOT_FOUND "Refresh token not found";
    BAD_REQUEST RESET_PASSWORD_DISABLED "Reset password isn't enabled";
    BAD_REQUEST SESSION_EXPIRED "Session expired. Re-authenticate to perform this action.";
    BAD_REQUEST TOKEN_REFRESH_NOT_SUPPORTED "The provider does not support token refreshing.";
    BAD_REQUEST VERIFICATION_EMAIL_NOT_ENABLED "Verification email isn't enabled";
    UNAUTHORIZED INVALID_EMAIL_OR_PASSWORD "Invalid email or password";
    UNAUTHORIZED INVALID_TOKEN "Invalid token";
    UNAUTHORIZED INVALID_USER "Invalid user";
    UNAUTHORIZED TOKEN_EXPIRED "Token expired";
    UNAUTHORIZED UNAUTHORIZED "Unauthorized";
    UNAUTHORIZED USER_NOT_FOUND "User not found";
    UNAUTHORIZED FAILED_TO_GET_USER_INFO "Failed to get user info";
    UNAUTHORIZED LINKING_DIFFERENT_EMAILS_NOT_ALLOWED
        "Account not linked - different emails not allowed";
    UNAUTHORIZED LINKING_NOT_ALLOWED "Account not linked - linking not allowed";
    UNAUTHORIZED USER_EMAIL_NOT_FOUND "User email not found";
    NOT_FOUND PROVIDER_NOT_FOUND "Provider not found";
    CONFLICT SOCIAL_ACCOUNT_ALREADY_LINKED "Social account already linked";
    EXPECTATION_FAILED LINKING_FAILED "Account not linked - unable to create account";
    FORBIDDEN CROSS_SITE_NAVIGATION_LOGIN_BLOCKED
        "Cross-site navigation login blocked. This request appears to be a CSRF attack.";
    FORBIDDEN EMAIL_NOT_VERIFIED "Email not verified";
    FORBIDDEN INVALID_CALLBACK_URL "Invalid callbackURL";
    FORBIDDEN INVALID_ERROR_CALLBACK_URL "Invalid errorCallbackURL";
    FORBIDDEN INVALID_NEW_USER_CALLBACK_URL "Invalid newUserCallbackURL";
    FORBIDDEN INVALID_ORIGIN "Invalid origin";
    FORBIDDEN INVALID_REDIRECT_URL "Invalid redirectURL";
    FORBIDDEN MISSING_OR_NULL_ORIGIN "Missing or null Origin";
    FORBIDDEN SESSION_NOT_FRESH "Session is not fresh";
    NOT_FOUND NOT_FOUND "Not found";
    METHOD_NOT_ALLOWED METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED
        "POST method requires deferSessionRefresh to be enabled in session config";
    UNPROCESSABLE_ENTITY FAILED_TO_CREATE_USER "Failed to create user";
    UNPROCESSABLE_ENTITY FAILED_TO_UPDATE_USER "Failed to update user";
    UNPROCESSABLE_ENTITY USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL
        "User already exists. Use another email.";
    SERVICE_UNAVAILABLE SERVER_BUSY "Too many requests at once. Please try again later.";
    SERVICE_UNAVAILABLE TOO_MANY_PASSWORDS "Too many sign-ins at once. Please try again later.";
    INTERNAL_SERVER_ERROR FAILED_TO_GET_SESSION "Failed to get session";
}

/// Failed to get session: it ended while it was being extended.
pub const SESSION_ENDED: ErrorCode = ErrorCode::new(
    StatusCode::UNAUTHORIZED,
    FAILED_TO_GET_SESSION.code,
    FAILED_TO_GET_SESSION.message,
);

/// Invalid token: of a link to choose a new password.
pub const RESET_TOKEN_INVALID: ErrorCode = ErrorCode::new(
    StatusCode::BAD_REQUEST,
    INVALID_TOKEN.code,
    INVALID_TOKEN.message,
);

/// User not found: who was to get a new password.
pub const RESET_USER_NOT_FOUND: ErrorCode = ErrorCode::new(
    StatusCode::BAD_REQUEST,
    USER_NOT_FOUND.code,
    USER_NOT_FOUND.message,
);

/// Invalid token: of a link to delete an account.
pub const DELETION_TOKEN_INVALID: ErrorCode = ErrorCode::new(
    StatusCode::NOT_FOUND,
    INVALID_TOKEN.code,
    INVALID_TOKEN.message,
);

/// Failed to get user info: nobody is signed in who could be deleted.
pub const NOBODY_TO_DELETE: ErrorCode = ErrorCode::new(
    StatusCode::NOT_FOUND,
    "FAILED_TO_GET_USER_INFO",
    "Failed to get user info",
);

/// The service has no id tokens that could be verified.
pub const ID_TOKEN_NOT_SUPPORTED: ErrorCode = ErrorCode::new(
    StatusCode::NOT_FOUND,
    "ID_TOKEN_NOT_SUPPORTED",
    "id_token not supported",
);
