//! The settings of one service.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Authentication, Preset, ProfileMapping, TokenEndpointAuth};
use crate::auth::SecretKeyRef;

/// A service, by its discovery document (OpenID Connect Discovery 1.0) or by its URLs.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GenericOAuthConfig {
    /// What better-auth's helper of this name knows about a service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<Preset>,

    /// The service's name in paths and rows. Default: that of the preset.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub provider_id: Option<String>,

    /// The discovery document. What it says can be replaced by the following settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discovery_url: Option<String>,

    /// The page where the user agrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_url: Option<String>,

    /// The URL that gives tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_url: Option<String>,

    /// The URL that says who the user is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_info_url: Option<String>,

    /// The URL that signs the user out at the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_session_endpoint: Option<String>,

    /// Where the service sends the user after signing out there, if the client does not say.
    #[serde(
        rename = "postLogoutRedirectURI",
        skip_serializing_if = "Option::is_none"
    )]
    pub post_logout_redirect_uri: Option<String>,

    /// Do not sign the user out at the service. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_provider_logout: Option<bool>,

    /// `auth0`: the domain of the tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,

    /// `keycloak` and `okta`: the issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,

    /// `microsoft-entra-id`: the GUID of the tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub tenant_id: Option<String>,

    /// The client id that the service has given to your application.
    #[schemars(length(min = 1, max = 1024))]
    pub client_id: String,

    /// The client secret that the service has given to your application. Read again for each use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_ref: Option<SecretKeyRef>,

    /// Scopes to ask for. Default: those of the preset.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 512)))]
    pub scopes: Option<Vec<String>>,

    /// Where the service sends users back to. Default: `/callback/<service>` below the base URL.
    #[serde(rename = "redirectURI", skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,

    /// Whether PKCE is used. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pkce: Option<bool>,

    /// What the service asks the user for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,

    /// The parameter `access_type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_type: Option<String>,

    /// The parameter `response_type`. Default: `code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_type: Option<String>,

    /// The parameter `response_mode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_mode: Option<String>,

    /// How the client proves who it is where it asks for tokens. Default: `post`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication: Option<Authentication>,

    /// The same in the words of RFC 7591, before `authentication`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth: Option<TokenEndpointAuth>,

    /// Further parameters of the page where the user agrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_url_params: Option<BTreeMap<String, String>>,

    /// Further parameters where a code is exchanged for tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_url_params: Option<BTreeMap<String, String>>,

    /// Further parameters where a token is refreshed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token_params: Option<BTreeMap<String, String>>,

    /// Lifetime of access tokens in seconds, where the service does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 31_536_000))]
    pub access_token_expires_in: Option<u32>,

    /// Where in the profile the user is, in place of better-auth's `accountSubject` and `mapProfileToUser`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileMapping>,

    /// Refuse to work where the discovery document does not name issuer and keys. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_id_token_verification: Option<bool>,

    /// Do not tie id tokens to the request by a nonce. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_id_token_nonce_binding: Option<bool>,

    /// Accept that the service begins the sign-in: a callback without state begins a new one. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_idp_initiated: Option<bool>,

    /// At each sign-in replace name, image and email address by what the service says. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub override_user_info: Option<bool>,

    /// Refuse users who are new. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_sign_up: Option<bool>,

    /// Refuse users who are new unless the client says `requestSignUp: true`. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_implicit_sign_up: Option<bool>,

    /// Open no session for a user whose email address is not verified. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_email_verification: Option<bool>,
}
