//! What the table of keys is called.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::auth::ColumnNames;

/// What the tables of the plugin are called.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JwtSchema {
    /// The table of keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<JwksTable>,
}

/// What the table of keys is called.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JwksTable {
    /// Name of the table. Default: `jwks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$")
    )]
    pub model_name: Option<String>,

    /// Names of the columns that are not called as better-auth calls them, for example `publicKey: public_key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<ColumnNames>,
}
