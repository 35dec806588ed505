//! Whose request it is.

mod cache;
mod issuer;
mod known;
mod lookup;
mod reader;
mod shortcut;

use self::lookup::{Found, Source, find};
use super::{
    call::Call,
    error::ApiError,
    error_code::{
        FAILED_TO_GET_SESSION, METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED, SESSION_ENDED,
        SESSION_NOT_FRESH, UNAUTHORIZED,
    },
    extract::Extract,
    openapi::Operation,
};
use crate::identity::session::{Current, SessionUser};

pub use issuer::Issuer;
pub use known::Known;
pub use reader::{CurrentSessionReader, SessionReader};
pub use shortcut::Shortcut;

/// The session of the request, if it has one, which may come from the cookie cache. Extends it when that is due, unless
/// sessions are extended by a request of their own.
pub struct MaybeSession {
    /// The session.
    pub current: Option<Current>,
    /// Where sessions are extended by a request of their own: whether it is time for that.
    pub needs_refresh: Option<bool>,
}

/// The session of a request that does nothing but extend it, without which setting the answer is 405.
pub struct ExtendedSession(pub Option<SessionUser>);

/// The session of the request, without which the answer is 401: for what changes something that matters.
pub struct CurrentSession(pub SessionUser);

/// The session of the request, which may come from the cookie cache, without which the answer is 401: for what a
/// session that was ended a moment ago may still see.
pub struct CachedSession(pub SessionUser);

/// A session whose user signed in recently, which may come from the cookie cache, without which the answer is 401 or
/// 403.
pub struct FreshSession(pub SessionUser);

impl Extract for MaybeSession {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        let is_deferred = call.app.config.settings.session().defer_session_refresh();
        let (current, needs_refresh) = look_up(call, !is_deferred).await?;
        Ok(Self {
            current,
            needs_refresh,
        })
    }

    fn describe(operation: &mut Operation) {
        operation.welcomes_session();
        operation.fails(&SESSION_ENDED);
        operation.fails(&FAILED_TO_GET_SESSION);
    }
}

impl Extract for ExtendedSession {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        if !call.app.config.settings.session().defer_session_refresh() {
            return Err((&METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED).into());
        }
        let (current, _) = look_up(call, true).await?;
        Ok(Self(current.map(Current::into_owned)))
    }

    fn describe(operation: &mut Operation) {
        operation.fails(&METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED);
        MaybeSession::describe(operation);
    }
}

impl Extract for CurrentSession {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        require(call, Source::Database).await.map(Self)
    }

    fn describe(operation: &mut Operation) {
        operation.needs_session();
        operation.fails(&UNAUTHORIZED);
    }
}

impl Extract for CachedSession {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        require(call, Source::Cookie).await.map(Self)
    }

    fn describe(operation: &mut Operation) {
        CurrentSession::describe(operation);
    }
}

impl Extract for FreshSession {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        let current = require(call, Source::Cookie).await?;
        let settings = call.app.config.settings.session();
        if current.session.is_fresh(&settings, call.app.clock.now()) {
            Ok(Self(current))
        } else {
            Err((&SESSION_NOT_FRESH).into())
        }
    }

    fn describe(operation: &mut Operation) {
        CurrentSession::describe(operation);
        operation.fails(&SESSION_NOT_FRESH);
    }
}

/// The session for those who ask for nothing else, and for whether it is time to extend it.
async fn look_up(
    call: &mut Call,
    may_write: bool,
) -> Result<(Option<Current>, Option<bool>), ApiError> {
    match find(call, Source::Cookie, may_write)
        .await
        .map_err(|error| error.told_as(&FAILED_TO_GET_SESSION))?
    {
        Found::Nobody => Ok((None, None)),
        Found::Somebody(current, needs_refresh) => {
            call.known.set(&current);
            Ok((Some(current), needs_refresh))
        }
        Found::Ended => Err((&SESSION_ENDED).into()),
    }
}

async fn require(call: &mut Call, source: Source) -> Result<SessionUser, ApiError> {
    let is_deferred = call.app.config.settings.session().defer_session_refresh();
    match find(call, source, !is_deferred).await? {
        Found::Somebody(current, _) => {
            call.known.set(&current);
            Ok(current.into_owned())
        }
        Found::Nobody | Found::Ended => Err((&UNAUTHORIZED).into()),
    }
}
