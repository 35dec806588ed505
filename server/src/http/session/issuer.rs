//! Beginning and ending sessions.

use std::sync::Arc;

use super::{Known, cache};
use crate::{
    app::App,
    db::Conn,
    http::{
        call::Call,
        cookie::{Jar, Remember},
        error::ApiError,
        extract::{Client, Extract},
    },
    identity::{
        account::Proof,
        session::{NewSession, SessionUser},
        user::User,
    },
};

/// Begins sessions for the client of the request, and tells its browser: the only way in which an endpoint signs
/// someone in.
#[derive(Clone)]
pub struct Issuer {
    app: Arc<App>,
    client: Client,
    jar: Jar,
    known: Known,
}

impl Extract for Issuer {
    async fn extract(call: &mut Call) -> Result<Self, ApiError> {
        Ok(Self {
            app: Arc::clone(&call.app),
            client: Client::extract(call).await?,
            jar: call.jar.clone(),
            known: call.known.clone(),
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
        .with_additional(&app.session_fields)
    }

    /// Signs `user` in. `remember` says whether the session outlives the browser.
    ///
    /// # Errors
    /// Whatever keeps sessions fails.
    pub async fn open(
        &self,
        db: &mut Conn,
        user: User,
        remember: bool,
    ) -> Result<SessionUser, ApiError> {
        let events = &self.app.events;
        let session = self.prepare(&user.id, remember);
        let scope = events.begin(db).await?;
        let session = self.app.sessions.open(db, session, &user).await?;
        events.session_created(db, &session, &self.client).await?;
        events.commit(db, scope).await?;
        let current = SessionUser { session, user };
        self.begin(&current, remember.into());
        Ok(current)
    }

    /// The same for a user whose password has proved right, if `proof` still holds: none if it does not.
    ///
    /// # Errors
    /// Whatever keeps sessions fails.
    pub async fn open_proved(
        &self,
        db: &mut Conn,
        user: User,
        remember: bool,
        proof: &Proof,
    ) -> Result<Option<SessionUser>, ApiError> {
        let Self { app, client, .. } = self;
        let session = self.prepare(&user.id, remember);
        let scope = app.events.begin(db).await?;
        let opened = app.sessions.open_proved(db, session, &user, proof).await?;
        let Some(session) = opened else {
            app.events.roll_back(db, scope).await?;
            return Ok(None);
        };
        app.events.session_created(db, &session, client).await?;
        app.events.commit(db, scope).await?;
        let current = SessionUser { session, user };
        self.begin(&current, remember.into());
        Ok(Some(current))
    }

    /// Gives the browser the cookies of a session that was just stored, and counts it.
    pub fn begin(&self, current: &SessionUser, remember: Remember) {
        self.jar.note_session_start();
        self.announce(current, remember);
    }

    /// Gives the browser the cookies of its session again, because what they hold has changed.
    pub fn renew(&self, current: &SessionUser) {
        self.announce(current, Remember::AsBefore);
    }

    fn announce(&self, current: &SessionUser, remember: Remember) {
        let remember = self.jar.set_session(&current.session.token, remember);
        cache::write(&self.app, &self.jar, current, remember);
        self.known.set(current);
    }

    /// Takes the cookies of the session from the browser.
    pub fn end(&self) {
        self.jar.clear_session();
    }
}
