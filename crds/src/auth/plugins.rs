//! Plugins, under the names that better-auth gives them.

mod bearer;
mod generic_oauth;
mod jwt;
mod open_api;
mod time_span;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use bearer::Bearer;
pub use generic_oauth::{
    Authentication, GenericOAuth, GenericOAuthConfig, Preset, ProfileMapping, TokenEndpointAuth,
};
pub use jwt::{Jwks, JwksTable, Jwt, JwtAlgorithm, JwtClaims, JwtSchema, KeyPair};
pub use open_api::OpenApi;

use super::problem::Problem;

/// Plugins, under the names that better-auth gives them: there once they are named, each with its settings, perhaps none
/// (`openAPI: {}`).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plugins {
    /// Sign-in through services that are not built in.
    #[serde(rename = "genericOAuth", skip_serializing_if = "Option::is_none")]
    pub generic_oauth: Option<GenericOAuth>,

    /// A description of the API for programs, and a page of it for people.
    #[serde(rename = "openAPI", skip_serializing_if = "Option::is_none")]
    pub open_api: Option<OpenApi>,
    /// Session tokens in the header `Authorization`, for clients that keep no cookies. `{}` switches it on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bearer: Option<Bearer>,

    /// Signed tokens for other services, which verify them by the server's public keys. `{}` switches it on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwt: Option<Jwt>,
}

impl Plugins {
    /// What the table of signing keys is called.
    pub(super) fn jwks_table(&self) -> Option<&JwksTable> {
        self.jwt.as_ref()?.schema.as_ref()?.jwks.as_ref()
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        if let Some(settings) = &self.generic_oauth {
            settings.validate(problems);
        }
        if let Some(settings) = &self.jwt {
            settings.validate(problems);
        }
    }
}
