//! A description of the API for programs, and a page of it for people.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A description of the API for programs, at `/open-api/generate-schema`, and a page of it for people, at `/reference`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenApi {
    /// Leave the page out. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_default_reference: Option<bool>,
}

impl OpenApi {
    /// Whether the page is left out.
    pub fn disable_default_reference(&self) -> bool {
        self.disable_default_reference.unwrap_or(false)
    }
}
