//! Sessions as the settings keep them: in the database, in the secondary storage, or in both.
//!
//! With a secondary storage it is asked first and, unless sessions are in both, alone. It is told of a change before the
//! transaction of the request ends: where that fails then, a session that should go on has ended, and never the other
//! way round.

mod ending;

use std::sync::Arc;

use authbackend_crds::auth;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::{NewSession, Session, SessionUser, store};
use crate::{
    crypto::{random::Random, token},
    db::{Conn, KeepError},
    identity::{
        account::{self, Proof},
        date,
        user::{self, User},
    },
    secondary::{Lookup, SecondaryError, SecondarySessions, Storage},
};

type Result<T> = std::result::Result<T, KeepError>;

/// Where sessions are kept.
pub struct Sessions {
    secondary: Option<Secondary>,
    random: Arc<Random>,
}

struct Secondary {
    sessions: SecondarySessions,
    /// Whether sessions are rows of the database too.
    has_rows: bool,
    /// Whether the rows of sessions that were ended stay.
    preserves: bool,
}

/// What is known of a token without asking the database.
#[derive(Debug)]
pub enum Recall {
    /// The session, expired or not.
    Found(Box<SessionUser>),
    /// There is none.
    Nobody,
    /// The database has to be asked.
    AskDatabase,
}

impl Secondary {
    /// Whether the database is asked for sessions that the secondary storage does not have.
    fn falls_back(&self) -> bool {
        self.has_rows && !self.preserves
    }
}

impl Sessions {
    /// As `settings` say, in `storage` if there is one.
    pub fn new(
        settings: &auth::AuthSettings,
        storage: Option<&Arc<Storage>>,
        random: Arc<Random>,
    ) -> Self {
        let session = settings.session();
        let secondary = storage.map(|storage| Secondary {
            sessions: SecondarySessions::new(Arc::clone(storage), settings),
            has_rows: settings.stores_sessions_in_database(),
            preserves: session.preserve_session_in_database(),
        });
        Self { secondary, random }
    }

    /// Whether nothing but the database knows of sessions.
    pub fn are_in_database_only(&self) -> bool {
        self.secondary.is_none()
    }

    /// Whether sessions are rows of the database.
    fn have_rows(&self) -> bool {
        self.secondary.as_ref().is_none_or(|it| it.has_rows)
    }

    /// `session` if it is to be a row of the database.
    pub fn row_of<'a>(&self, session: Option<&'a NewSession>) -> Option<&'a NewSession> {
        session.filter(|_| self.have_rows())
    }

    /// The session with `token` and its user, without the database.
    ///
    /// # Errors
    /// The secondary storage fails.
    pub async fn recall(&self, token: &str) -> std::result::Result<Recall, SecondaryError> {
        let Some(secondary) = &self.secondary else {
            return Ok(Recall::AskDatabase);
        };
        Ok(match secondary.sessions.find(token).await? {
            Lookup::Found(current) => Recall::Found(current),
            Lookup::Absent if secondary.falls_back() => Recall::AskDatabase,
            Lookup::Absent | Lookup::Void => Recall::Nobody,
        })
    }

    /// The session with `token` and its user, expired or not.
    ///
    /// # Errors
    /// Whatever keeps sessions fails.
    pub async fn by_token(&self, db: &mut Conn, token: &str) -> Result<Option<SessionUser>> {
        match self.recall(token).await? {
            Recall::Found(current) => Ok(Some(*current)),
            Recall::Nobody => Ok(None),
            Recall::AskDatabase => Ok(store::by_token(db, token).await?),
        }
    }

    /// The sessions of a user that have not ended at `now`.
    ///
    /// # Errors
    /// Whatever keeps sessions fails.
    pub async fn active(
        &self,
        db: &mut Conn,
        user_id: &str,
        now: OffsetDateTime,
    ) -> Result<Vec<Session>> {
        match &self.secondary {
            Some(secondary) if !secondary.falls_back() => {
                Ok(secondary.sessions.active(user_id, now).await?)
            }
            _ => Ok(store::active(db, user_id, now).await?),
        }
    }

    /// Adds a session of `user`.
    ///
    /// # Errors
    /// Whatever keeps sessions fails.
    pub async fn open(&self, db: &mut Conn, session: NewSession, user: &User) -> Result<Session> {
        let id = if self.have_rows() {
            Some(store::open(db, &session).await?)
        } else {
            None
        };
        Ok(self.opened(session, id, user).await?)
    }

    /// Adds a session of `user`, whose password has proved right, if `proof` still holds; none if it does not.
    ///
    /// # Errors
    /// Whatever keeps sessions fails.
    pub async fn open_proved(
        &self,
        db: &mut Conn,
        session: NewSession,
        user: &User,
        proof: &Proof,
    ) -> Result<Option<Session>> {
        if self.secondary.is_none() {
            let id = store::open_proved(db, &session, proof).await?;
            return Ok(id.map(|id| session.stored(id, user.id.clone())));
        }
        // Whoever changes the password waits until the session is where it can be ended.
        let is_own = !db.is_in_transaction();
        if is_own {
            db.begin().await?;
        }
        let is_there = user::store::lock(db, &user.id).await?;
        let holds = is_there && account::store::confirm(db, proof, session.created_at).await?;
        let opened = if holds {
            Some(self.open(db, session, user).await?)
        } else {
            None
        };
        if is_own {
            db.commit().await?;
        }
        Ok(opened)
    }

    /// Adds a session of `user` to what there is besides the database, where it has its row with `id` by now, if it has
    /// one.
    ///
    /// # Errors
    /// The secondary storage fails.
    pub async fn opened(
        &self,
        session: NewSession,
        id: Option<String>,
        user: &User,
    ) -> std::result::Result<Session, SecondaryError> {
        let id = id
            .or_else(|| session.id.clone())
            .unwrap_or_else(|| token::id(&self.random));
        let additional = session.additional.clone();
        let session = session.stored(id, user.id.clone());
        if let Some(secondary) = &self.secondary {
            secondary.sessions.open(&session, &additional, user).await?;
        }
        Ok(session)
    }

    /// The same where there is to be a session.
    ///
    /// # Errors
    /// The secondary storage fails.
    pub async fn opened_if(
        &self,
        session: Option<NewSession>,
        id: Option<String>,
        user: &User,
    ) -> std::result::Result<Option<Session>, SecondaryError> {
        Ok(match session {
            Some(session) => Some(self.opened(session, id, user).await?),
            None => None,
        })
    }

    /// Extends `session` until `expires_at`. Returns false if it is not there any more, or if another request has
    /// extended it since it was read.
    ///
    /// # Errors
    /// Whatever keeps sessions fails.
    pub async fn extend(
        &self,
        db: &mut Conn,
        session: &Session,
        expires_at: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<bool> {
        let Some(secondary) = &self.secondary else {
            return Ok(store::extend(db, session, expires_at, now).await?);
        };
        let mut changes = Map::new();
        let ends = Value::String(date::format(expires_at));
        changes.insert("expiresAt".to_owned(), ends);
        let token = &session.token;
        let changed = secondary.sessions.change(token, changes, now).await?;
        if secondary.has_rows {
            return Ok(store::prolong(db, token, expires_at, now).await?);
        }
        Ok(changed.is_some())
    }

    /// Changes the additional fields of the session with `token`, and returns it as it is now.
    ///
    /// # Errors
    /// Whatever keeps sessions fails.
    pub async fn update(
        &self,
        db: &mut Conn,
        token: &str,
        fields: &Map<String, Value>,
        now: OffsetDateTime,
    ) -> Result<Option<Session>> {
        let Some(secondary) = &self.secondary else {
            return Ok(store::update(db, token, fields, now).await?);
        };
        let changed = secondary
            .sessions
            .change(token, fields.clone(), now)
            .await?;
        if secondary.has_rows {
            return Ok(store::update(db, token, fields, now).await?);
        }
        Ok(changed)
    }

    /// Tells the sessions of `user`, who has changed, what there is to know about them now.
    ///
    /// # Errors
    /// The secondary storage fails.
    pub async fn user_changed(
        &self,
        user: &User,
        now: OffsetDateTime,
    ) -> std::result::Result<(), SecondaryError> {
        match &self.secondary {
            Some(secondary) => secondary.sessions.user_changed(user, now).await,
            None => Ok(()),
        }
    }
}
