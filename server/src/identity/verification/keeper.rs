//! Verifications as the settings keep them.

use std::{
    borrow::Cow,
    sync::atomic::{AtomicI64, Ordering},
};

use authbackend_crds::auth::{self, IdentifierStorage};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::{NewVerification, Verification, store};
use crate::db::{Conn, DbError};

/// Seconds between two looks for verifications that have ended, as better-auth has it.
const CLEANUP_INTERVAL: i64 = 60;

/// Adds, finds and consumes verifications: under identifiers that the settings may want hashed. Tidies up when one is
/// found, at most once a minute, unless the settings forbid it.
pub struct Verifications {
    settings: auth::Verification,
    /// Unix time in seconds.
    next_cleanup: AtomicI64,
}

impl Verifications {
    /// As `settings` say.
    pub fn new(settings: auth::Verification) -> Self {
        Self {
            settings,
            next_cleanup: AtomicI64::new(0),
        }
    }

    /// Adds a verification. Others with the same identifier stay, and are outdated by it.
    ///
    /// # Errors
    /// The database fails.
    pub async fn create(
        &self,
        db: &mut Conn,
        verification: &NewVerification<'_>,
        now: OffsetDateTime,
    ) -> Result<(), DbError> {
        let identifier = self.stored(verification.identifier);
        store::create(db, verification, &identifier, now).await?;
        Ok(())
    }

    /// The newest verification for `identifier`, if it has not ended at `now`. It can be found again.
    ///
    /// # Errors
    /// The database fails.
    pub async fn find(
        &self,
        db: &mut Conn,
        identifier: &str,
        now: OffsetDateTime,
    ) -> Result<Option<Verification>, DbError> {
        let stored = self.stored(identifier);
        let mut found = store::find(db, &stored, now).await?;
        if found.is_none() && stored != identifier {
            found = store::find(db, identifier, now).await?;
        }
        self.clean_up(db, now).await?;
        Ok(found)
    }

    /// Takes the newest verification for `identifier` out of the database, with all older ones. Of several requests at
    /// once, one gets it. It is none if it has ended at `now`.
    ///
    /// # Errors
    /// The database fails.
    pub async fn consume(
        &self,
        db: &mut Conn,
        identifier: &str,
        now: OffsetDateTime,
    ) -> Result<Option<Verification>, DbError> {
        let stored = self.stored(identifier);
        let consumed = store::consume(db, &stored, now).await?;
        if consumed.is_none() && stored != identifier {
            // From before identifiers were hashed.
            return Ok(store::consume(db, identifier, now).await?);
        }
        Ok(consumed)
    }

    /// What `identifier` is in the database.
    fn stored<'a>(&self, identifier: &'a str) -> Cow<'a, str> {
        match self.settings.store_identifier(identifier) {
            IdentifierStorage::Plain => identifier.into(),
            IdentifierStorage::Hashed => URL_SAFE_NO_PAD.encode(Sha256::digest(identifier)).into(),
        }
    }

    async fn clean_up(&self, db: &mut Conn, now: OffsetDateTime) -> Result<(), DbError> {
        if !self.settings.disable_cleanup() && self.is_cleanup_due(now) {
            store::remove_expired(db, now).await?;
        }
        Ok(())
    }

    /// Of requests at once, one is told so.
    fn is_cleanup_due(&self, now: OffsetDateTime) -> bool {
        let now = now.unix_timestamp();
        let due = self.next_cleanup.load(Ordering::Relaxed);
        let (expected, next) = (due, now.saturating_add(CLEANUP_INTERVAL));
        now >= due
            && self
                .next_cleanup
                .compare_exchange(expected, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn verifications(yaml: &str) -> Verifications {
        Verifications::new(serde_saphyr::from_str(yaml).unwrap())
    }

    #[test]
    fn identifiers_are_hashed_as_better_auth_does() {
        let verifications = verifications("storeIdentifier: hashed");
        assert_eq!(
            verifications.stored("reset-password:abc"),
            "IMUqJ3lXuvod79AbI4EdsWmdAkZeIP5syfKs7-d5fQQ"
        );
    }

    #[test]
    fn identifiers_stay_as_they_are_unless_the_settings_want_otherwise() {
        assert_eq!(verifications("{}").stored("state"), "state");
    }

    #[test]
    fn what_has_ended_is_looked_for_once_a_minute() {
        let verifications = verifications("{}");
        let start = datetime!(2026-01-02 03:04:05 UTC);
        let due = [0, 1, 59, 60, 61, 119, 120]
            .map(|second| verifications.is_cleanup_due(start + time::Duration::seconds(second)));
        assert_eq!(due, [true, false, false, true, false, false, true]);
    }
}
