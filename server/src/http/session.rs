//! Whose request it is.

use std::sync::Arc;

use super::{
    call::Call,
    cookie::Jar,
    error::ApiError,
    error_code::{FAILED_TO_GET_SESSION, SESSION_ENDED, SESSION_NOT_FRESH, UNAUTHORIZED},
    extract::{Client, Extract},
    openapi::Operation,
};
use crate::{
    app::App,
    db::Conn,
    identity::{
        session::{NewSession, SessionUser, store},
        user::User,
    },
};

/// The session of the request, if it has one. Extends it when that is due.
pub struct MaybeSession(pub Option<SessionUser>);

/// The session of the request, without which the answer is 401.
pub struct CurrentSession(pub SessionUser);

/// The session of the request, which may come from the cookie cache, without which the answer is 401: for what a
/// session that was ended a moment ago may still see.
pub struct CachedSession(pub SessionUser);

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

    fn describe(operation: &mut Operation) {
        operation.welcomes_session();
        operation.fails(&SESSION_ENDED);
        operation.fails(&FAILED_TO_GET_SESSION);
    }
}

impl Extract for CurrentSession {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        match find(call).await? {
            Found::Somebody(session) => Ok(Self(*session)),
            Found::Nobody | Found::Ended => Err((&UNAUTHORIZED).into()),
        }
    }

    fn describe(operation: &mut Operation) {
        operation.needs_session();
        operation.fails(&UNAUTHORIZED);
    }
}

impl Extract for CachedSession {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        let CurrentSession(current) = CurrentSession::extract(call).await?;
        Ok(Self(current))
    }

    fn describe(operation: &mut Operation) {
        CurrentSession::describe(operation);
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

    fn describe(operation: &mut Operation) {
        CurrentSession::describe(operation);
        operation.fails(&SESSION_NOT_FRESH);
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

/// Begins sessions for the client of the request, and tells its browser: the only way in which an endpoint signs
/// someone in.
#[derive(Clone)]
pub struct Issuer {
    app: Arc<App>,
    client: Client,
    jar: Jar,
}

impl Extract for Issuer {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        Ok(Self {
            app: Arc::clone(&call.app),
            client: Client::extract(call).await?,
            jar: call.jar.clone(),
        })
    }
}

impl Issuer {
    /// Where the request comes from.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A session for the user `user_id` that has yet to be stored; `remember` says whether it outlives the browser.
    pub fn prepare(&self, user_id: &str, remember: bool) -> NewSession {
        let Self { app, client, .. } = self;
        NewSession::new(
            user_id,
            remember,
            &app.config.settings.session(),
            app.clock.now(),
            &app.random,
            app.new_id(),
        )
        .from_client(client.ip_address.clone(), client.user_agent.clone())
    }

    /// Signs `user` in. `remember` says whether the session outlives the browser.
    ///
    /// # Errors
    /// The database fails.
    pub async fn open(
        &self,
        db: &mut Conn,
        user: User,
        remember: bool,
    ) -> Result<SessionUser, ApiError> {
        let session = self.prepare(&user.id, remember);
        let id = store::open(db, &session).await?;
        let session = session.stored(id, user.id.clone());
        let current = SessionUser { session, user };
        self.announce(&current, Some(remember));
        Ok(current)
    }

    /// Gives the browser the cookies of a session that is stored. `remember` says whether it outlives the browser;
    /// `None` leaves that as the request's own cookies have it.
    pub fn announce(&self, current: &SessionUser, remember: Option<bool>) {
        self.jar.set_session(&current.session.token, remember);
    }

    /// Gives the browser the cookies of its session again, because what they hold has changed.
    pub fn renew(&self, current: &SessionUser) {
        self.announce(current, None);
    }

    /// Takes the cookies of the session from the browser.
    pub fn end(&self) {
        self.jar.clear_session();
    }
}
