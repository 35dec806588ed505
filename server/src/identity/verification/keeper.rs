//! Verifications as the settings keep them.

use std::borrow::Cow;

use authbackend_crds::auth::{self, IdentifierStorage};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::{NewVerification, Verification, store};
use crate::db::{Conn, DbError};

/// Adds, finds and consumes verifications: under identifiers that the settings may want hashed.
pub struct Verifications {
    settings: auth::Verification,
}

impl Verifications {
    /// As `settings` say.
    pub fn new(settings: auth::Verification) -> Self {
        Self { settings }
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
}

#[cfg(test)]
mod tests {
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
}
