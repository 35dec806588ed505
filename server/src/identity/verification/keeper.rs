//! Verifications as the settings keep them.

use std::{borrow::Cow, sync::Arc};

use authbackend_crds::auth::{self, IdentifierStorage};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::{NewVerification, Verification, store};
use crate::{
    db::{Conn, KeepError},
    secondary::{SecondaryVerifications, Storage},
};

/// Adds, finds and consumes verifications: under identifiers that the settings may want hashed, in the database, in the
/// secondary storage, or in both.
pub struct Verifications {
    settings: auth::Verification,
    secondary: Option<Secondary>,
}

struct Secondary {
    verifications: SecondaryVerifications,
    /// Whether verifications are rows of the database too, which then decides who uses one up.
    has_rows: bool,
}

impl Verifications {
    /// As `settings` say, in `storage` if there is one.
    pub fn new(settings: &auth::AuthSettings, storage: Option<&Arc<Storage>>) -> Self {
        Self {
            settings: settings.verification().into_owned(),
            secondary: storage.map(|storage| Secondary {
                verifications: SecondaryVerifications::new(Arc::clone(storage)),
                has_rows: settings.stores_verifications_in_database(),
            }),
        }
    }

    /// Adds a verification. Others with the same identifier stay, and are outdated by it.
    ///
    /// # Errors
    /// Whatever keeps verifications fails.
    pub async fn create(
        &self,
        db: &mut Conn,
        verification: &NewVerification<'_>,
        now: OffsetDateTime,
    ) -> Result<(), KeepError> {
        let identifier = self.stored(verification.identifier);
        if self.have_rows() {
            store::create(db, verification, &identifier, now).await?;
        }
        if let Some(secondary) = &self.secondary {
            let Secondary {
                verifications,
                has_rows,
            } = secondary;
            verifications
                .create(verification, &identifier, *has_rows, now)
                .await?;
        }
        Ok(())
    }

    /// The newest verification for `identifier`, if it has not ended at `now`. It can be found again.
    ///
    /// # Errors
    /// Whatever keeps verifications fails.
    pub async fn find(
        &self,
        db: &mut Conn,
        identifier: &str,
        now: OffsetDateTime,
    ) -> Result<Option<Verification>, KeepError> {
        let stored = self.stored(identifier);
        if let Some(Secondary { verifications, .. }) = &self.secondary {
            let mut found = verifications.find(&stored).await?;
            if found.is_none() && stored != identifier {
                found = verifications.find(identifier).await?;
            }
            if found.is_some() || !self.have_rows() {
                return Ok(found.filter(|found| found.expires_at >= now));
            }
        }
        let mut found = store::find(db, &stored, now).await?;
        if found.is_none() && stored != identifier {
            found = store::find(db, identifier, now).await?;
        }
        Ok(found)
    }

    /// Takes the newest verification for `identifier` away, with all older ones. Of several requests at
    /// once, one gets it. It is none if it has ended at `now`.
    ///
    /// # Errors
    /// Whatever keeps verifications fails.
    pub async fn consume(
        &self,
        db: &mut Conn,
        identifier: &str,
        now: OffsetDateTime,
    ) -> Result<Option<Verification>, KeepError> {
        let stored = self.stored(identifier);
        let mut identifiers = vec![&*stored];
        if stored != identifier {
            // From before identifiers were hashed.
            identifiers.push(identifier);
        }
        let secondary = self.secondary.as_ref().map(|it| &it.verifications);
        let mut consumed = None;
        for identifier in &identifiers {
            consumed = match secondary {
                Some(verifications) if !self.have_rows() => {
                    verifications.consume(identifier).await?
                }
                _ => store::consume(db, identifier, now).await?,
            };
            if consumed.is_some() {
                break;
            }
        }
        if let (Some(verifications), Some(_)) = (secondary, &consumed) {
            verifications.remove(&identifiers).await?;
        }
        Ok(consumed.filter(|consumed| consumed.expires_at >= now))
    }

    /// Whether verifications are rows of the database.
    fn have_rows(&self) -> bool {
        self.secondary.as_ref().is_none_or(|it| it.has_rows)
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
        let settings = serde_saphyr::from_str(&format!("verification: {{{yaml}}}")).unwrap();
        Verifications::new(&settings, None)
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
        assert_eq!(verifications("").stored("state"), "state");
    }
}
