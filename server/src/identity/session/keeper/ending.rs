//! How sessions end.

use time::OffsetDateTime;

use super::{Result, Sessions, store};
use crate::{db::Conn, secondary::SecondaryError};

/// What becomes of a session's row when it ends.
enum Row {
    /// There is none.
    Absent,
    /// It goes.
    Removed,
    /// It stays, as that of a session that has ended.
    Kept,
}

impl Sessions {
    fn row_of_ended(&self) -> Row {
        match &self.secondary {
            Some(secondary) if !secondary.has_rows => Row::Absent,
            Some(secondary) if secondary.preserves => Row::Kept,
            Some(_) | None => Row::Removed,
        }
    }

    /// Ends the session with `token`, whoever's it is. Returns its id and that of its user, if there was one.
    ///
    /// # Errors
    /// Whatever keeps sessions fails.
    pub async fn close(
        &self,
        db: &mut Conn,
        token: &str,
        now: OffsetDateTime,
    ) -> Result<Option<(String, String)>> {
        let ended = match &self.secondary {
            Some(secondary) => secondary.sessions.close(token, now).await?,
            None => None,
        };
        let row = match self.row_of_ended() {
            Row::Absent => None,
            Row::Removed => store::close(db, token).await?,
            Row::Kept => store::end(db, token, now).await?,
        };
        Ok(row.or(ended.map(|ended| (ended.id, ended.user_id))))
    }

    /// Removes the session with `token` if it has ended at `now`.
    ///
    /// # Errors
    /// Whatever keeps sessions fails.
    pub async fn remove_expired(
        &self,
        db: &mut Conn,
        token: &str,
        now: OffsetDateTime,
    ) -> Result<()> {
        if let Some(secondary) = &self.secondary {
            secondary.sessions.close(token, now).await?;
            if !secondary.falls_back() {
                return Ok(());
            }
        }
        Ok(store::remove_expired(db, token, now).await?)
    }

    /// Ends the session with `token` if it belongs to the user `user_id`. Returns the ids of those ended.
    ///
    /// # Errors
    /// Whatever keeps sessions fails.
    pub async fn revoke(
        &self,
        db: &mut Conn,
        user_id: &str,
        token: &str,
        now: OffsetDateTime,
    ) -> Result<Vec<String>> {
        if self.secondary.is_none() {
            return Ok(store::revoke(db, user_id, token).await?);
        }
        let found = self.by_token(db, token).await?;
        if found.is_none_or(|found| found.session.user_id != user_id) {
            return Ok(Vec::new());
        }
        let ended = self.close(db, token, now).await?;
        Ok(ended.into_iter().map(|(id, _)| id).collect())
    }

    /// Ends every session of the user `user_id`. Returns the ids of those ended.
    ///
    /// # Errors
    /// Whatever keeps sessions fails.
    pub async fn revoke_all(
        &self,
        db: &mut Conn,
        user_id: &str,
        now: OffsetDateTime,
    ) -> Result<Vec<String>> {
        let ended = match &self.secondary {
            Some(secondary) => secondary.sessions.revoke_all(user_id, now).await?,
            None => Vec::new(),
        };
        let rows = match self.row_of_ended() {
            Row::Absent => Vec::new(),
            Row::Removed => store::revoke_all(db, user_id).await?,
            Row::Kept => store::end_all(db, user_id, now).await?,
        };
        Ok(together(rows, ended))
    }

    /// Ends every session of the user `user_id` that has not ended at `now` but the one with `token`. Returns the ids of
    /// those ended.
    ///
    /// # Errors
    /// Whatever keeps sessions fails.
    pub async fn revoke_others(
        &self,
        db: &mut Conn,
        user_id: &str,
        token: &str,
        now: OffsetDateTime,
    ) -> Result<Vec<String>> {
        if self.secondary.is_none() {
            return Ok(store::revoke_others(db, user_id, token, now).await?);
        }
        let mut ended = Vec::new();
        for session in self.active(db, user_id, now).await? {
            if session.token != token {
                ended.extend(self.close(db, &session.token, now).await?);
            }
        }
        Ok(ended.into_iter().map(|(id, _)| id).collect())
    }

    /// Ends the sessions of the user `user_id`, whose rows are gone with the user.
    ///
    /// # Errors
    /// The secondary storage fails.
    pub async fn user_removed(
        &self,
        user_id: &str,
        now: OffsetDateTime,
    ) -> std::result::Result<(), SecondaryError> {
        if let Some(secondary) = &self.secondary {
            secondary.sessions.revoke_all(user_id, now).await?;
        }
        Ok(())
    }
}

/// The ids of both, each once.
pub(super) fn together(mut rows: Vec<String>, others: Vec<String>) -> Vec<String> {
    for id in others {
        if !rows.contains(&id) {
            rows.push(id);
        }
    }
    rows
}
