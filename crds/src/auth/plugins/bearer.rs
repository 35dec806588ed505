//! Session tokens in the header `Authorization`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Session tokens in the header `Authorization`, for clients that keep no cookies.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bearer {
    /// Refuse tokens that the server has not signed, such as those out of the database. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_signature: Option<bool>,
}

impl Bearer {
    /// Whether tokens need a signature.
    pub fn require_signature(&self) -> bool {
        self.require_signature.unwrap_or(false)
    }
}
