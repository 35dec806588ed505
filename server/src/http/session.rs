//! Whose request it is.

use super::{
    call::Call,
    error::ApiError,
    error_code::{FAILED_TO_GET_SESSION, SESSION_ENDED, SESSION_NOT_FRESH, UNAUTHORIZED},
    extract::Extract,
};
use crate::identity::session::{SessionUser, store};

/// The session of the request, if it has one. Extends it when that is due.
pub struct MaybeSession(pub Option<SessionUser>);

/// The session of the request, without which the answer is 401.
pub struct CurrentSession(pub SessionUser);

/// A session whose user signed in recently, without which the answer is 401 or 403.
pub struct FreshSession(pub SessionUser);

impl Extract for MaybeSession {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        match find(call)
            .await
            .map_err(|error| error.told_as(&FAILED_TO_GET_SESSION))?
        {
            Found::Nobody => Ok(Self(None)),
            Found::Somebody(session) => Ok(Self(Some(*session))),
            Found::Ended => Err((&SESSION_ENDED).into()),
        }
    }
}

impl Extract for CurrentSession {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        match find(call).await? {
            Found::Somebody(session) => Ok(Self(*session)),
            Found::Nobody | Found::Ended => Err((&UNAUTHORIZED).into()),
        }
    }
}

impl Extract for FreshSession {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        let CurrentSession(current) = CurrentSession::extract(call).await?;
        let settings = call.app.config.settings.session();
        if current.session.is_fresh(&settings, call.app.clock.now()) {
            Ok(Self(current))
        } else {
            Err((&SESSION_NOT_FRESH).into())
        }
    }
}

enum Found {
    Nobody,
    Somebody(Box<SessionUser>),
    /// There was a session, and another request ended it while this one wanted to extend it.
    Ended,
}

async fn find(call: &mut Call) -> Result<Found, ApiError> {
    let jar = call.jar.clone();
    // Another better-auth server may have left a copy of the session, which nobody here would keep true.
    jar.clear_session_data();
    let Some(token) = jar.session_token() else {
        return Ok(Found::Nobody);
    };
    let now = call.app.clock.now();
    let Some(found) = store::by_token(call.db().await?, token).await? else {
        jar.clear_session();
        return Ok(Found::Nobody);
    };
    if found.session.is_expired(now) {
        jar.clear_session();
        store::remove_expired(call.db().await?, token, now).await?;
        return Ok(Found::Nobody);
    }
    if jar.is_not_remembered() || call.query.has_flag("disableRefresh") {
        return Ok(Found::Somebody(Box::new(found)));
    }
    extend(call, found).await
}

/// Extends the session if that is due.
async fn extend(call: &mut Call, mut found: SessionUser) -> Result<Found, ApiError> {
    let now = call.app.clock.now();
    let settings = call.app.config.settings.session();
    let Some(expires_at) = found.session.extension(&settings, now) else {
        return Ok(Found::Somebody(Box::new(found)));
    };
    let jar = call.jar.clone();
    let db = call.db().await?;
    if store::extend(db, &found.session, expires_at, now).await? {
        found.session.expires_at = expires_at;
        found.session.updated_at = now;
    } else if let Some(current) = store::by_token(db, &found.session.token).await? {
        // Another request has extended it in the meantime.
        found = current;
    } else {
        jar.clear_session();
        return Ok(Found::Ended);
    }
    jar.set_session(&found.session.token, Some(true));
    Ok(Found::Somebody(Box::new(found)))
}
