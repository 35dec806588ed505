//! Verifications: what a link or a code that was mailed stands for.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::{additional_fields::any_value, tables::ColumnNames};

/// Verifications: what a link or a code that was mailed stands for.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// How identifiers, which hold the token of a link, are stored: `plain`, or `hashed`, so that whoever reads the
    /// database cannot use the links. An object with `default` and `overrides` says so for each beginning of an
    /// identifier, such as `reset-password:`. Those that are stored in plain are found all the same. Default: `plain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_identifier: Option<StoreIdentifier>,

    /// Leave verifications in the database when they have ended; otherwise they are removed an hour later. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_cleanup: Option<bool>,

    /// With `secondaryStorage`: keep verifications in the database too, which decides who uses one up. Default: false,
    /// they are in the secondary storage alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_in_database: Option<bool>,

    /// Name of the table. Default: `verification`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$")
    )]
    pub model_name: Option<String>,

    /// Names of the columns that are not called as better-auth calls them, for example `expiresAt: expires_at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<ColumnNames>,
}

/// How identifiers are stored.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IdentifierStorage {
    /// As they are.
    #[default]
    Plain,
    /// As the SHA-256 of them.
    Hashed,
}

/// How identifiers are stored, all alike or by how they begin.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(
    untagged,
    expecting = "storeIdentifier is plain, hashed, or an object with default and overrides"
)]
pub enum StoreIdentifier {
    /// All alike.
    All(IdentifierStorage),
    /// By how they begin.
    ByPrefix {
        /// Where no override fits.
        default: IdentifierStorage,
        /// By the beginning of the identifier; of several that fit, the longest counts.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        overrides: BTreeMap<String, IdentifierStorage>,
    },
}

impl JsonSchema for StoreIdentifier {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "StoreIdentifier".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        any_value(generator)
    }
}

impl StoreIdentifier {
    fn of(&self, identifier: &str) -> IdentifierStorage {
        match self {
            Self::All(storage) => *storage,
            Self::ByPrefix { default, overrides } => overrides
                .iter()
                .filter(|(prefix, _)| identifier.starts_with(prefix.as_str()))
                .max_by_key(|(prefix, _)| prefix.len())
                .map_or(*default, |(_, storage)| *storage),
        }
    }
}

impl Verification {
    /// How `identifier` is stored.
    pub fn store_identifier(&self, identifier: &str) -> IdentifierStorage {
        let settings = self.store_identifier.as_ref();
        settings.map_or_else(IdentifierStorage::default, |settings| {
            settings.of(identifier)
        })
    }

    /// Whether verifications stay in the database when they have ended.
    pub fn disable_cleanup(&self) -> bool {
        self.disable_cleanup.unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storage(yaml: &str, identifier: &str) -> IdentifierStorage {
        let settings: Verification = serde_saphyr::from_str(yaml).unwrap();
        settings.store_identifier(identifier)
    }

    #[test]
    fn identifiers_are_stored_as_the_longest_beginning_that_fits_says() {
        use IdentifierStorage::{Hashed, Plain};
        let by_prefix = "storeIdentifier: {default: hashed, overrides: {a: plain, 'a:b': hashed}}";
        for (yaml, identifier, expected) in [
            ("{}", "a", Plain),
            ("storeIdentifier: plain", "a", Plain),
            ("storeIdentifier: hashed", "a", Hashed),
            ("storeIdentifier: {default: hashed}", "a", Hashed),
            (by_prefix, "b", Hashed),
            (by_prefix, "a", Plain),
            (by_prefix, "a:b:c", Hashed),
        ] {
            assert_eq!(storage(yaml, identifier), expected, "{yaml} {identifier}");
        }
    }

    #[test]
    fn another_word_is_an_error_that_names_those_there_are() {
        let wrong = serde_saphyr::from_str::<Verification>("storeIdentifier: scrambled");
        let error = wrong.unwrap_err().to_string();
        assert!(error.contains("plain, hashed, or an object"), "{error}");
    }
}
