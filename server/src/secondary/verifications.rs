//! Verifications in the secondary storage, as better-auth keeps them: under `verification:<identifier>`, as long as they
//! last.

use std::sync::Arc;

use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{
    document::parse_date,
    error::SecondaryError,
    milliseconds, seconds_left,
    storage::{Kept, Storage},
};
use crate::identity::{
    date,
    verification::{NewVerification, Verification},
};

type Result<T> = std::result::Result<T, SecondaryError>;

/// Verifications in the secondary storage.
pub struct SecondaryVerifications(Arc<Storage>);

impl SecondaryVerifications {
    /// Verifications in `storage`.
    pub fn new(storage: Arc<Storage>) -> Self {
        Self(storage)
    }

    /// Adds a verification under `identifier`, in the place of one that is there; with its id if it is a row of the
    /// database too.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn create(
        &self,
        verification: &NewVerification<'_>,
        identifier: &str,
        has_row: bool,
        now: OffsetDateTime,
    ) -> Result<()> {
        let ends = milliseconds(verification.expires_at);
        let Some(seconds) = seconds_left(ends, milliseconds(now)) else {
            return Ok(());
        };
        let id = verification.id.as_deref().filter(|_| has_row);
        let value = write(verification, id, identifier, now);
        self.0.set(&key(identifier), &Kept { value, seconds }).await
    }

    /// The verification for `identifier`, ended or not. It can be found again.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn find(&self, identifier: &str) -> Result<Option<Verification>> {
        let text = self.0.get(&key(identifier)).await?;
        Ok(text.and_then(|text| read(&text)))
    }

    /// Takes the verification for `identifier` out of the storage. Of several requests at once, one gets it.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn consume(&self, identifier: &str) -> Result<Option<Verification>> {
        let text = self.0.take(&key(identifier)).await?;
        Ok(text.and_then(|text| read(&text)))
    }

    /// Removes the verifications for `identifiers`.
    ///
    /// # Errors
    /// The storage fails.
    pub async fn remove(&self, identifiers: &[&str]) -> Result<()> {
        let keys: Vec<String> = identifiers.iter().map(|it| key(it)).collect();
        self.0.delete(&keys).await
    }
}

fn key(identifier: &str) -> String {
    format!("verification:{identifier}")
}

fn write(
    verification: &NewVerification<'_>,
    id: Option<&str>,
    identifier: &str,
    now: OffsetDateTime,
) -> String {
    let now = date::format(now);
    let mut value = json!({
        "createdAt": now,
        "updatedAt": now,
        "value": verification.value,
        "expiresAt": date::format(verification.expires_at),
        "identifier": identifier,
    });
    if let (Some(id), Some(members)) = (id, value.as_object_mut()) {
        members.insert("id".to_owned(), id.into());
    }
    value.to_string()
}

/// Reads what is kept; none if it is no verification. Those that are in the secondary storage alone have no id with
/// better-auth.
fn read(text: &str) -> Option<Verification> {
    let value: Value = serde_json::from_str(text).ok()?;
    let text = |name| Some(value.get(name)?.as_str()?.to_owned());
    Some(Verification {
        id: text("id").unwrap_or_default(),
        identifier: text("identifier")?,
        value: text("value")?,
        expires_at: parse_date(value.get("expiresAt")?)?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_verification_of_better_auth_is_read() {
        let text = r#"{"createdAt":"2026-01-02T03:04:05.678Z","updatedAt":"2026-01-02T03:04:05.678Z","value":"u1",
            "identifier":"reset-password:abc","expiresAt":"2026-01-02T04:04:05.678Z"}"#;
        let found = read(text).unwrap();
        assert_eq!(
            (found.identifier.as_str(), found.value.as_str()),
            ("reset-password:abc", "u1")
        );
        assert_eq!(found.expires_at, datetime!(2026-01-02 04:04:05.678 UTC));
    }

    #[test]
    fn what_is_no_verification_is_none() {
        for text in [
            "",
            "null",
            "[]",
            "{",
            "{}",
            r#"{"identifier":"a","value":"b"}"#,
            r#"{"identifier":"a","value":"b","expiresAt":"soon"}"#,
            r#"{"identifier":"a","value":1,"expiresAt":0}"#,
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_verification_is_read_as_it_was_written(identifier in ".{0,20}", value in ".{0,20}", id in prop::option::of("[a-z]{1,8}")) {
            let now = datetime!(2026-01-02 03:04:05.678 UTC);
            let new = NewVerification { id: id.clone(), identifier: &identifier, value: &value, expires_at: now };
            let found = read(&write(&new, id.as_deref(), &identifier, now)).unwrap();
            prop_assert_eq!(found.id, id.unwrap_or_default());
            prop_assert_eq!(found.identifier, identifier);
            prop_assert_eq!(found.value, value);
            prop_assert_eq!(found.expires_at, now);
        }

        #[test]
        fn any_text_is_read_without_harm(text in r#"(\{|\}|\[|\]|"|:|,|null|value|identifier|expiresAt|1e9|[a-z]){0,24}"#) {
            let _ = read(&text);
        }
    }
}
