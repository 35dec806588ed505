//! What the settings want of the schema.

use authbackend_crds::auth::{AdditionalField, AdditionalFields, AuthSettings};

use crate::db::Tables;

/// What the settings want of the schema.
#[derive(Debug, Default)]
pub struct Desired {
    pub(super) tables: Tables,
    user: AdditionalFields,
    session: AdditionalFields,
    pub(super) time_zone: Option<String>,
    /// Whether servers keep sessions in memory and are told of changes.
    pub(super) session_memory: bool,
}

impl Desired {
    /// What `settings` want.
    pub fn of(settings: &AuthSettings) -> Self {
        let [user, session, ..] = settings.tables();
        let database = settings.advanced().database.clone().unwrap_or_default();
        Self {
            tables: Tables::of(settings),
            user: user.additional.cloned().unwrap_or_default(),
            session: session.additional.cloned().unwrap_or_default(),
            time_zone: database.legacy_time_zone,
            session_memory: settings.session().memory_cache().enabled(),
        }
    }

    /// The names of the tables.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The zone of dates without one.
    pub(super) fn time_zone(&self) -> &str {
        self.time_zone.as_deref().unwrap_or("UTC")
    }

    /// The fields that are added to `table`, with their names.
    pub(super) fn additional(&self, table: &str) -> impl Iterator<Item = (&str, &AdditionalField)> {
        let fields = match table {
            "user" => Some(&self.user),
            "session" => Some(&self.session),
            _ => None,
        };
        fields
            .into_iter()
            .flatten()
            .map(|(name, field)| (name.as_str(), field))
    }
}
