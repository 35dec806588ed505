//! What is kept of a user's sessions together.

use super::{Result, SecondarySessions, TRIES};
use crate::secondary::{
    error::SecondaryError,
    references::{self, Reference},
};

impl SecondarySessions {
    /// Before which moment, in milliseconds since 1970, sessions of a user began that were all revoked; 0 where none were.
    pub(super) async fn revoked_before(&self, user_id: &str) -> Result<i64> {
        let text = self.storage.get(&revocation_key(user_id)).await?;
        // What is no number revokes nothing, as with better-auth.
        Ok(text.and_then(|text| text.trim().parse().ok()).unwrap_or(0))
    }

    pub(super) async fn references(&self, user_id: &str) -> Result<Vec<Reference>> {
        let text = self.storage.get(&references::key(user_id)).await?;
        Ok(references::parse(text.as_deref()))
    }

    /// Puts a session into the list of its user.
    pub(super) async fn list(&self, user_id: &str, token: &str, ends: i64, now: i64) -> Result<()> {
        self.change_list(user_id, now, |list| {
            list.retain(|reference| reference.token != token);
            list.push(Reference {
                token: token.to_owned(),
                ends,
            });
        })
        .await
    }

    /// Changes the list of a user, and leaves out of it what has ended at `now`.
    pub(super) async fn change_list(
        &self,
        user_id: &str,
        now: i64,
        change: impl Fn(&mut Vec<Reference>),
    ) -> Result<()> {
        let key = references::key(user_id);
        for _ in 0..TRIES {
            let before = self.storage.get(&key).await?;
            let mut list = references::parse(before.as_deref());
            list.retain(|reference| reference.ends > now);
            change(&mut list);
            let after = references::kept(list, now);
            let is_done = self
                .storage
                .compare_and_set(&key, before.as_deref(), after.as_ref());
            if is_done.await? {
                return Ok(());
            }
        }
        Err(SecondaryError::Contended)
    }
}

pub(super) fn revocation_key(user_id: &str) -> String {
    format!("revoked-sessions-before-{user_id}")
}
