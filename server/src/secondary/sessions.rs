//! Sessions in the secondary storage, as better-auth keeps them:
//!
//! | key | value | kept for |
//! |---|---|---|
//! | `<token>` | the session and its user | as long as the session |
//! | `active-sessions-<user id>` | tokens of the user, and when they end | as long as the last of them |
//! | `revoked-sessions-before-<user id>` | milliseconds since 1970: sessions from before are void | the longest session |
//!
//! Where better-auth reads, changes and writes, what another request did in between is lost. Here a list and a session are
//! written only in the place of the one that was read, else read and changed again: nothing that another request did is
//! lost, and a session that was ended meanwhile does not come back.

mod lists;

use std::sync::Arc;

use authbackend_crds::auth;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::{
    document::{Document, Fields},
    error::SecondaryError,
    milliseconds,
    references::Reference,
    seconds_left,
    storage::{Kept, Replacement, Storage},
};
use crate::identity::{
    date,
    fields::AdditionalFields,
    session::{Session, SessionUser},
    user::User,
};

type Result<T> = std::result::Result<T, SecondaryError>;

/// How often what others change at the same time is tried to be changed before the request is given up.
const TRIES: usize = 16;

/// better-auth's shortest time for which it remembers that all sessions of a user were revoked, in seconds.
const LEAST_REVOCATION: u64 = 86_400;

/// Sessions in the secondary storage.
pub struct SecondarySessions {
    storage: Arc<Storage>,
    fields: Fields,
    /// For how many seconds a revocation of all sessions is remembered: as long as any session lives.
    revocation: u64,
}

/// What the secondary storage knows of a token.
#[derive(Debug)]
pub enum Lookup {
    /// A session, expired or not.
    Found(Box<SessionUser>),
    /// That it is nobody's: the session was revoked, or what is kept is no session.
    Void,
    /// Nothing.
    Absent,
}

/// A session that was ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ended {
    /// Its id.
    pub id: String,
    /// Whose it was.
    pub user_id: String,
}

impl SecondarySessions {
    /// Sessions as `settings` say, in `storage`.
    pub fn new(storage: Arc<Storage>, settings: &auth::AuthSettings) -> Self {
        let session = settings.session();
        Self {
            storage,
            fields: Fields {
                session: AdditionalFields::new(session.additional_fields.as_ref()),
                user: AdditionalFields::new(settings.user().additional_fields.as_ref()),
            },
            revocation: u64::from(session.expires_in()).max(LEAST_REVOCATION),
        }
    }

    /// The session with `token` and its user.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn find(&self, token: &str) -> Result<Lookup> {
        // An empty text counts as none with better-auth.
        let text = self.storage.get(token).await?;
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return Ok(Lookup::Absent);
        };
        let found = Document::parse(&text);
        let current = found.and_then(|found| found.current(&self.fields));
        // What is found under a key that is no token is no session.
        let Some(current) = current.filter(|current| current.session.token == token) else {
            tracing::warn!(
                "the secondary storage holds something else than a session under a token"
            );
            return Ok(Lookup::Void);
        };
        let Session {
            user_id,
            created_at,
            ..
        } = &current.session;
        if milliseconds(*created_at) < self.revoked_before(user_id).await? {
            return Ok(Lookup::Void);
        }
        Ok(Lookup::Found(Box::new(current)))
    }

    /// The sessions of a user that have not ended at `now`, the first to end first.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn active(&self, user_id: &str, now: OffsetDateTime) -> Result<Vec<Session>> {
        let mut listed = self.references(user_id).await?;
        let now = milliseconds(now);
        listed.retain(|reference| reference.ends > now);
        let mut tokens: Vec<String> = Vec::with_capacity(listed.len());
        for Reference { token, .. } in listed {
            if !tokens.contains(&token) {
                tokens.push(token);
            }
        }
        let texts = self.storage.get_all(&tokens).await?;
        let revoked_before = self.revoked_before(user_id).await?;
        let documents = texts.iter().flatten().filter_map(|text| {
            let document = Document::parse(text)?;
            let is_theirs = document.user_id()? == user_id;
            let is_valid = document.began()? >= revoked_before && document.ends()? > now;
            (is_theirs && is_valid).then(|| document.session(&self.fields))?
        });
        Ok(documents.collect())
    }

    /// Adds a session of `user`. `additional` are all members that the settings add to it, also those that clients do
    /// not see.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn open(
        &self,
        session: &Session,
        additional: &Map<String, Value>,
        user: &User,
    ) -> Result<()> {
        let now = milliseconds(session.created_at);
        let ends = milliseconds(session.expires_at);
        let Some(seconds) = seconds_left(ends, now) else {
            return Ok(());
        };
        self.list(&user.id, &session.token, ends, now).await?;
        let value = Document::new(session, additional, user).text();
        let kept = Kept { value, seconds };
        self.storage.set(&session.token, &kept).await
    }

    /// Changes members of the session with `token`, and returns it as it is now; none if there is no such session.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn change(
        &self,
        token: &str,
        mut changes: Map<String, Value>,
        now: OffsetDateTime,
    ) -> Result<Option<Session>> {
        changes.insert("updatedAt".to_owned(), Value::String(date::format(now)));
        let now = milliseconds(now);
        for _ in 0..TRIES {
            let text = self.storage.get(token).await?;
            let Some(mut document) = text.as_deref().and_then(Document::parse) else {
                return Ok(None);
            };
            document.set(changes.clone());
            let Some(session) = document.session(&self.fields) else {
                return Ok(None);
            };
            let ends = milliseconds(session.expires_at);
            let Some(seconds) = seconds_left(ends, now) else {
                return Ok(Some(session));
            };
            let value = document.text();
            let kept = Kept { value, seconds };
            let is_done = self
                .storage
                .compare_and_set(token, text.as_deref(), Some(&kept));
            if is_done.await? {
                self.list(&session.user_id, token, ends, now).await?;
                return Ok(Some(session));
            }
        }
        Err(SecondaryError::Contended)
    }

    /// Removes the session with `token`, whoever's it is. Returns what it was, if there was one.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn close(&self, token: &str, now: OffsetDateTime) -> Result<Option<Ended>> {
        let text = self.storage.get(token).await?;
        let document = text.as_deref().and_then(Document::parse);
        let ended = document.and_then(|document| {
            Some(Ended {
                id: document.id()?,
                user_id: document.user_id()?,
            })
        });
        let Some(ended) = ended else {
            // Whatever else it is, it is none of ours.
            return Ok(None);
        };
        let now = milliseconds(now);
        self.change_list(&ended.user_id, now, |list| {
            list.retain(|reference| reference.token != token);
        })
        .await?;
        self.storage.delete(&[token.to_owned()]).await?;
        Ok(Some(ended))
    }

    /// Ends every session of the user `user_id` that began before `now`, also those that their list does not name.
    /// Returns the ids of those that it names.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn revoke_all(&self, user_id: &str, now: OffsetDateTime) -> Result<Vec<String>> {
        let now = milliseconds(now);
        let key = lists::revocation_key(user_id);
        let before = self.revoked_before(user_id).await?;
        let revocation = Kept {
            value: now.max(before).to_string(),
            seconds: self.revocation,
        };
        self.storage.set(&key, &revocation).await?;
        let listed = self.references(user_id).await?;
        let tokens: Vec<String> = listed
            .into_iter()
            .map(|reference| reference.token)
            .collect();
        let texts = self.storage.get_all(&tokens).await?;
        let documents = texts
            .iter()
            .flatten()
            .filter_map(|text| Document::parse(text));
        let theirs = documents.filter(|document| document.user_id().as_deref() == Some(user_id));
        let ids = theirs.filter_map(|document| document.id()).collect();
        self.storage.delete(&tokens).await?;
        self.change_list(user_id, now, |list| {
            list.retain(|reference| !tokens.contains(&reference.token));
        })
        .await?;
        Ok(ids)
    }

    /// Puts the user as they are now into their sessions.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn user_changed(&self, user: &User, now: OffsetDateTime) -> Result<()> {
        let now = milliseconds(now);
        let listed = self.references(&user.id).await?;
        let mut tokens: Vec<String> = listed
            .into_iter()
            .filter(|reference| reference.ends > now)
            .map(|reference| reference.token)
            .collect();
        for _ in 0..TRIES {
            let texts = self.storage.get_all(&tokens).await?;
            let changed = tokens.into_iter().zip(texts).filter_map(|(token, text)| {
                let expected = text?;
                let mut document = Document::parse(&expected)?;
                if document.user_id()? != user.id {
                    return None;
                }
                document.set_user(user);
                let seconds = seconds_left(document.ends()?, now)?;
                let value = document.text();
                Some(Replacement {
                    key: token,
                    expected,
                    new: Kept { value, seconds },
                })
            });
            let changed: Vec<_> = changed.collect();
            let done = self.storage.replace_all(&changed).await?;
            let left = changed.into_iter().zip(done).filter(|(_, done)| !done);
            tokens = left.map(|(change, _)| change.key).collect();
            if tokens.is_empty() {
                return Ok(());
            }
        }
        Err(SecondaryError::Contended)
    }
}
