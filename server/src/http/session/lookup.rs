//! Finding the session of a request, and extending it when that is due.

use std::sync::Arc;

use authbackend_crds::auth;
use authbackend_otlp::TARGET;
use futures::future::BoxFuture;
use time::OffsetDateTime;
use tracing::Instrument as _;

use super::cache::{self, Copy};
use crate::{
    http::{call::Call, cookie::Remember, error::ApiError},
    identity::session::{Current, Recall, Recalled, SessionUser, Turn, store},
};

/// Where a session may come from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Source {
    /// From the cookie cache or from memory, if there is one.
    Cookie,
    /// From the database: for whatever a session that was ended a moment ago may not do.
    Database,
}

/// What became of the search.
pub(super) enum Found {
    /// Nobody is signed in.
    Nobody,
    /// Somebody is. The flag says, where sessions are extended by a request of their own, whether it is time for that.
    Somebody(Current, Option<bool>),
    /// There was a session, and another request ended it while this one wanted to extend it.
    Ended,
}

impl Found {
    fn somebody(current: impl Into<Current>) -> Self {
        Self::Somebody(current.into(), None)
    }
}

/// Finds the session of a request. `may_write` is false for requests that only read, where sessions are extended by a
/// request of their own.
pub(super) async fn find(
    call: &mut Call,
    source: Source,
    may_write: bool,
) -> Result<Found, ApiError> {
    let app = Arc::clone(&call.app);
    let settings = app.config.settings.session();
    let jar = call.jar.clone();
    if !settings.cookie_cache().enabled() {
        // Another better-auth server may have left a copy of the session, which nobody here would keep true.
        jar.clear_session_data();
    }
    let Some(token) = jar.session_token() else {
        return Ok(Found::Nobody);
    };
    if let Some(current) = from_cookie(call, &settings, source, &token) {
        return Ok(Found::somebody(Current::Own(current)));
    }
    let now = call.app.clock.now();
    let Some(found) = read(call, source, &token, now).await? else {
        jar.clear_session();
        return Ok(Found::Nobody);
    };
    if found.session.is_expired(now) {
        jar.clear_session();
        if may_write {
            boxed(async {
                let db = call.db().await?;
                app.sessions.remove_expired(db, &token, now).await?;
                Ok::<_, ApiError>(())
            })
            .await?;
        }
        return Ok(Found::Nobody);
    }
    if jar.is_not_remembered() || call.query.has_flag("disableRefresh") {
        return Ok(Found::somebody(found));
    }
    if may_write {
        return extend(call, found, &settings, now).await;
    }
    cache::write(&call.app, &jar, &found, true);
    let needs_refresh = found.session.extension(&settings, now).is_some();
    Ok(Found::Somebody(found, Some(needs_refresh)))
}

/// The session with `token` and its user, expired or not: from the secondary storage if there is one, from memory where
/// it may come from there, else from the database.
async fn read(
    call: &mut Call,
    source: Source,
    token: &str,
    now: OffsetDateTime,
) -> Result<Option<Current>, ApiError> {
    let recalled = if call.app.sessions.are_in_database_only() {
        Recall::AskDatabase
    } else {
        boxed(call.app.sessions.recall(token)).await?
    };
    match recalled {
        Recall::Found(current) => return Ok(Some(Current::from(*current))),
        Recall::Nobody => return Ok(None),
        Recall::AskDatabase => {}
    }
    let memory = call.app.session_memory.clone();
    let Some(memory) = memory.filter(|_| source == Source::Cookie) else {
        return Ok(boxed(from_database(call, token)).await?.map(Current::from));
    };
    match memory.recall(token, now) {
        Recalled::Current(current) => Ok(Some(current)),
        Recalled::Nothing(moment) => {
            let found = boxed(from_database(call, token)).await?;
            if let Some(found) = &found {
                memory.remember(found, moment, now);
            }
            Ok(found.map(Current::from))
        }
    }
}

async fn from_database(call: &mut Call, token: &str) -> Result<Option<SessionUser>, ApiError> {
    if call.has_db() {
        return Ok(store::by_token(call.db().await?, token).await?);
    }
    let reads = call.app.session_reads.clone();
    match reads.turn(token).await {
        Turn::Now(reader) => {
            let found = store::by_token(call.db().await?, token).await;
            drop(reader);
            Ok(found?)
        }
        Turn::Later(promise) => {
            let span = tracing::info_span!(target: TARGET, "read with others");
            Ok(promise.kept().instrument(span).await?)
        }
    }
}

/// The session of the request out of the cookie cache. A copy that is not to be believed is removed.
fn from_cookie(
    call: &Call,
    settings: &auth::Session,
    source: Source,
    token: &str,
) -> Option<Box<SessionUser>> {
    let cache = settings.cookie_cache();
    let is_wanted = source == Source::Cookie && !call.query.has_flag("disableCookieCache");
    if !cache.enabled() || !is_wanted {
        return None;
    }
    match cache::read(&call.app, &call.jar, &cache, token) {
        Copy::Good(current) => Some(current),
        Copy::Absent => None,
        Copy::Void => {
            call.jar.expire_session_data();
            None
        }
    }
}

/// Extends the session if that is due, and copies it into the cookie cache.
async fn extend(
    call: &mut Call,
    found: Current,
    settings: &auth::Session,
    now: OffsetDateTime,
) -> Result<Found, ApiError> {
    let found = match found.session.extension(settings, now) {
        Some(expires_at) => {
            match boxed(extend_until(call, found.into_owned(), expires_at, now)).await? {
                Some(extended) => Current::from(extended),
                None => return Ok(Found::Ended),
            }
        }
        None => found,
    };
    cache::write(&call.app, &call.jar, &found, true);
    Ok(Found::somebody(found))
}

/// Extends the session. None if it has ended in the meantime.
async fn extend_until(
    call: &mut Call,
    mut found: SessionUser,
    expires_at: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<Option<SessionUser>, ApiError> {
    let (app, jar) = (Arc::clone(&call.app), call.jar.clone());
    let (sessions, db) = (&app.sessions, call.db().await?);
    if sessions.extend(db, &found.session, expires_at, now).await? {
        found.session.expires_at = expires_at;
        found.session.updated_at = now;
    } else if let Some(current) = sessions.by_token(db, &found.session.token).await? {
        // Another request has extended it in the meantime.
        found = current;
    } else {
        jar.clear_session();
        return Ok(None);
    }
    jar.set_session(&found.session.token, Remember::Yes);
    Ok(Some(found))
}

/// `work` on the heap: what asks a database is some kilobytes large, and every request would move that about, also the
/// many that do not come to it.
fn boxed<'a, T>(work: impl Future<Output = T> + Send + 'a) -> BoxFuture<'a, T> {
    Box::pin(work)
}
