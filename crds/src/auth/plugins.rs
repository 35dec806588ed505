//! Plugins, under the names that better-auth gives them.

mod generic_oauth;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use generic_oauth::{
    Authentication, GenericOAuth, GenericOAuthConfig, Preset, ProfileMapping, TokenEndpointAuth,
};

use super::problem::Problem;

/// Plugins, under the names that better-auth gives them.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plugins {
    /// Sign-in through services that are not built in.
    #[serde(rename = "genericOAuth", skip_serializing_if = "Option::is_none")]
    pub generic_oauth: Option<GenericOAuth>,
}

impl Plugins {
    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        if let Some(settings) = &self.generic_oauth {
            settings.validate(problems);
        }
    }
}
