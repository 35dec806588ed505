//! Errors that have no caller to answer to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the API does with errors that have no caller to answer to.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OnApiError {
    /// Where `/error` redirects to, with `error` and `error_description` as query. Default: `/`.
    #[serde(rename = "errorURL", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048))]
    pub error_url: Option<String>,
}
