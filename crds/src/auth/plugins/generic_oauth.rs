//! Sign-in through services that are not built in.

mod config;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use config::GenericOAuthConfig;

use crate::auth::{TokenEndpointAuthMethod, problem::Problem, social_providers::is_url};

/// Sign-in through services that are not built in.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GenericOAuth {
    /// The services. One with the name of a service that is built in stands in its place.
    #[schemars(length(max = 64))]
    pub config: Vec<GenericOAuthConfig>,
}

/// What better-auth's helper of this name knows about a service.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Auth0, by its `domain`.
    Auth0,
    /// Gumroad.
    Gumroad,
    /// `HubSpot`.
    Hubspot,
    /// Keycloak, by its `issuer`.
    Keycloak,
    /// LINE, once for each country's channel.
    Line,
    /// Microsoft Entra ID, by its `tenantId`.
    MicrosoftEntraId,
    /// Okta, by its `issuer`.
    Okta,
    /// Patreon.
    Patreon,
    /// Slack.
    Slack,
    /// Yandex.
    Yandex,
}

/// How a client proves who it is where it asks for tokens.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Authentication {
    /// By id and secret in the header `Authorization`.
    Basic,
    /// By id and secret in the body.
    Post,
}

/// How a client proves who it is where it asks for tokens.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenEndpointAuth {
    /// The method.
    pub method: TokenEndpointAuthMethod,
}

/// Where in a profile the user is: JSON pointers (RFC 6901), for example `/data/attributes/email`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileMapping {
    /// The user's id at the service, which must never change. Default: `/sub`, or `/id` without a discovery document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,

    /// The name. Default: `/name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,

    /// The email address. Default: `/email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,

    /// The picture. Default: `/picture`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,

    /// Whether the address is verified. Default: `/email_verified`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<String>,
}

impl Preset {
    /// The service's name where the settings give it none.
    pub const fn provider_id(self) -> &'static str {
        match self {
            Self::Auth0 => "auth0",
            Self::Gumroad => "gumroad",
            Self::Hubspot => "hubspot",
            Self::Keycloak => "keycloak",
            Self::Line => "line",
            Self::MicrosoftEntraId => "microsoft-entra-id",
            Self::Okta => "okta",
            Self::Patreon => "patreon",
            Self::Slack => "slack",
            Self::Yandex => "yandex",
        }
    }
}

impl GenericOAuthConfig {
    /// The service's name; empty where there is none.
    pub fn provider_id(&self) -> &str {
        let preset = self.preset.map_or("", Preset::provider_id);
        self.provider_id.as_deref().unwrap_or(preset)
    }

    /// How the client proves who it is.
    pub fn auth_method(&self) -> TokenEndpointAuthMethod {
        match (self.token_endpoint_auth, self.authentication) {
            (Some(auth), _) => auth.method,
            (None, Some(Authentication::Basic)) => TokenEndpointAuthMethod::ClientSecretBasic,
            (None, _) if self.client_secret_ref.is_some() => {
                TokenEndpointAuthMethod::ClientSecretPost
            }
            (None, _) => TokenEndpointAuthMethod::None,
        }
    }

    fn validate(&self, path: &str, problems: &mut Vec<Problem>) {
        let mut report = |field: &str, remedy: &str| {
            problems.push(Problem::new(format!("{path}.{field}"), remedy));
        };
        if self.provider_id().is_empty() || self.provider_id().contains('/') {
            report(
                "providerId",
                "must be a name that can be part of a path, for example acme",
            );
        }
        if self.client_id.is_empty() {
            report(
                "clientId",
                "is empty: set it to the id that the service has given to your application",
            );
        }
        let needs_secret = matches!(
            self.auth_method(),
            TokenEndpointAuthMethod::ClientSecretBasic | TokenEndpointAuthMethod::ClientSecretPost
        );
        if needs_secret != self.client_secret_ref.is_some() {
            report(
                "clientSecretRef",
                "does not fit the way in which the client proves who it is: set it, or choose none",
            );
        }
        let needs_urls = match self.preset {
            None => self.discovery_url.is_none(),
            Some(Preset::Auth0) => {
                if self.domain.as_deref().unwrap_or_default().is_empty() {
                    report("domain", "is not set: set it to the domain of the tenant");
                }
                false
            }
            Some(Preset::Keycloak | Preset::Okta) => {
                if self.issuer.is_none() {
                    report("issuer", "is not set: set it to the URL of the issuer");
                }
                false
            }
            Some(Preset::MicrosoftEntraId) => {
                if !self.tenant_id.as_deref().is_some_and(is_guid) {
                    report(
                        "tenantId",
                        "must be the GUID of a tenant; for common, organizations and consumers there is socialProviders.microsoft",
                    );
                }
                false
            }
            Some(_) => false,
        };
        if needs_urls && (self.authorization_url.is_none() || self.token_url.is_none()) {
            report(
                "discoveryUrl",
                "is not set: set it, or authorizationUrl and tokenUrl",
            );
        }
        self.validate_urls(path, problems);
    }

    fn validate_urls(&self, path: &str, problems: &mut Vec<Problem>) {
        for (field, url) in [
            ("discoveryUrl", &self.discovery_url),
            ("authorizationUrl", &self.authorization_url),
            ("tokenUrl", &self.token_url),
            ("userInfoUrl", &self.user_info_url),
            ("endSessionEndpoint", &self.end_session_endpoint),
            ("issuer", &self.issuer),
            ("redirectURI", &self.redirect_uri),
        ] {
            if url.as_ref().is_some_and(|url| !is_url(url)) {
                problems.push(Problem::new(
                    format!("{path}.{field}"),
                    "must be a URL that begins with https:// (or http://, for a test)",
                ));
            }
        }
    }
}

/// Whether `text` is a GUID: groups of 8, 4, 4, 4 and 12 hexadecimal digits.
fn is_guid(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups
            .iter()
            .all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

impl GenericOAuth {
    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        let mut seen = BTreeSet::new();
        for (index, config) in self.config.iter().enumerate() {
            let path = format!("plugins.genericOAuth.config[{index}]");
            config.validate(&path, problems);
            if !seen.insert(config.provider_id()) {
                problems.push(Problem::new(
                    format!("{path}.providerId"),
                    "is the name of another service in this list: give it a name of its own",
                ));
            }
        }
    }
}
