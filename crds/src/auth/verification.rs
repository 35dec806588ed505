//! Verifications: what a link or a code that was mailed stands for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::tables::ColumnNames;

/// Verifications: what a link or a code that was mailed stands for.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
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
