//! What a user is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::identity::date;

/// A user, as clients see it.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The name that the user goes by; may be empty.
    pub name: String,
    /// The email address in lower case.
    pub email: String,
    /// Whether the user has shown that the address is theirs.
    pub email_verified: bool,
    /// URL of a picture.
    pub image: Option<String>,
    /// When the user signed up.
    #[serde(with = "date")]
    #[schemars(schema_with = "date::schema")]
    pub created_at: OffsetDateTime,
    /// When the row changed last.
    #[serde(with = "date")]
    #[schemars(schema_with = "date::schema")]
    pub updated_at: OffsetDateTime,
    /// The fields that the settings add, as far as clients see them.
    #[serde(flatten)]
    pub additional: Map<String, Value>,
    /// The id.
    pub id: String,
}

/// What a user changes about themselves; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserChanges {
    /// The new name.
    pub name: Option<String>,
    /// The new picture, or none.
    pub image: Option<Option<String>>,
    /// The additional fields that change.
    pub additional: Map<String, Value>,
}

impl UserChanges {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.name.is_none() && self.image.is_none() && self.additional.is_empty()
    }

    /// What clients would see of `user` with these changes, for a user whose row is gone.
    #[must_use]
    pub fn applied_to(self, mut user: User) -> User {
        user.name = self.name.unwrap_or(user.name);
        user.image = self.image.unwrap_or(user.image);
        for (field, value) in self.additional {
            // Fields that are hidden are not among those of the user.
            if let Some(known) = user.additional.get_mut(&field) {
                *known = value;
            }
        }
        user
    }
}
