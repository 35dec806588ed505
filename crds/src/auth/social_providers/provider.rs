//! The settings of one service.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::auth::SecretKeyRef;

/// Settings of one service, under the names that better-auth gives its options. Those in the second half belong to
/// the services that they name and to no other.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SocialProvider {
    /// Offer this service. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,

    /// The client id that the service has given to your application, or a list of them: the first one signs users
    /// in, and id tokens for any of them are accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "client_id_schema")]
    pub client_id: Option<ClientId>,

    /// The client secret that the service has given to your application. Read again for each use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_ref: Option<SecretKeyRef>,

    /// Scopes to ask for besides the service's default ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 512)))]
    pub scope: Option<Vec<String>>,

    /// Do not ask for the service's default scopes. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_default_scope: Option<bool>,

    /// Where the service sends users back to. Default: `/callback/<service>` below the base URL.
    #[serde(rename = "redirectURI", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048))]
    pub redirect_uri: Option<String>,

    /// What the service asks the user for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Prompt>,

    /// Refuse users who are new. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_sign_up: Option<bool>,

    /// Refuse users who are new unless the client says `requestSignUp: true`. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_implicit_sign_up: Option<bool>,

    /// Refuse id tokens that the client has got by itself. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_id_token_sign_in: Option<bool>,

    /// At each sign-in replace name, image and email address by what the service says. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub override_user_info_on_sign_in: Option<bool>,

    /// Open no session for a user whose email address is not verified. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_email_verification: Option<bool>,

    /// Another URL of the page where the user agrees: for tests and private clouds, as the following three.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048))]
    pub authorization_endpoint: Option<String>,

    /// Another URL that gives tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048))]
    pub token_endpoint: Option<String>,

    /// Another URL that says who the user is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048))]
    pub user_info_endpoint: Option<String>,

    /// Another URL of the keys that id tokens are signed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2048))]
    pub jwks_endpoint: Option<String>,

    /// `google`: `offline` for a refresh token. `dropbox`: the same, as `token_access_type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_type: Option<String>,

    /// `apple`: the bundle id of an app, whose id tokens are accepted instead of the client id's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_bundle_identifier: Option<String>,

    /// `apple`: whose id tokens are accepted, before `appBundleIdentifier` and `clientId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<Vec<String>>,

    /// `microsoft`: another authority. Default: `https://login.microsoftonline.com`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,

    /// `twitch`: claims to ask for in the id token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claims: Option<Vec<String>>,

    /// `tiktok`: the client key, which stands in place of a client id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_key: Option<String>,

    /// `facebook`: the id of a login configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_id: Option<String>,

    /// `microsoft`: do not fetch the user's photo. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_profile_photo: Option<bool>,

    /// `google`: how the page is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,

    /// `cognito`: the domain of the user pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,

    /// `reddit`: `permanent` for a refresh token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,

    /// `paypal`: `sandbox` or `live`; default `sandbox`. `salesforce`: `sandbox` or `production`; default
    /// `production`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,

    /// `facebook`: further fields of the profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<String>>,

    /// `google`: the domain of the organization whose users may sign in, `*` for those of any organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hd: Option<String>,

    /// `cognito`: the identity provider to go on to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_provider: Option<String>,

    /// `google`: whether scopes that were granted before are granted again. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_granted_scopes: Option<bool>,

    /// `gitlab`: the URL of an instance. `paybin`: another issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,

    /// `wechat`: the language of the page. Default: `cn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,

    /// `salesforce`: the host of an organization's own login page.
    #[serde(rename = "loginUrl", skip_serializing_if = "Option::is_none")]
    pub login_url: Option<String>,

    /// `discord`: permissions of a bot, with the scope `bot`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions: Option<u64>,

    /// `zoom`: whether PKCE is used. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pkce: Option<bool>,

    /// `microsoft`: width and height of the user's photo in pixels. Default: 48.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 648))]
    pub profile_photo_size: Option<u16>,

    /// `cognito`: the region of the user pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,

    /// `cognito`: refuse to work without a client secret. Default: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_client_secret: Option<bool>,

    /// `microsoft`: the tenant, `common`, `organizations` or `consumers`. Default: `common`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,

    /// `cloudflare`: how the client proves who it is. Default: `client_secret_basic` with a secret, otherwise
    /// `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<TokenEndpointAuthMethod>,

    /// `cognito`: the id of the user pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_pool_id: Option<String>,
}

/// One client id or several.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ClientId {
    /// One.
    One(String),
    /// Several, the first of which is the application's own.
    Many(Vec<String>),
}

impl ClientId {
    /// Every id, the application's own first.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(id) => std::slice::from_ref(id),
            Self::Many(ids) => ids,
        }
    }

    /// The application's own id; empty where there is none.
    pub fn primary(&self) -> &str {
        self.all().first().map_or("", String::as_str)
    }
}

/// What a service asks the user for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// Which account.
    SelectAccount,
    /// Whether they agree.
    Consent,
    /// The password.
    Login,
    /// Nothing.
    None,
    /// Which account, and whether they agree.
    #[serde(rename = "select_account consent")]
    SelectAccountConsent,
}

impl Prompt {
    /// The value of the parameter `prompt`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SelectAccount => "select_account",
            Self::Consent => "consent",
            Self::Login => "login",
            Self::None => "none",
            Self::SelectAccountConsent => "select_account consent",
        }
    }
}

/// How a client proves who it is where it asks for tokens (RFC 7591, section 2).
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenEndpointAuthMethod {
    /// By id and secret in the header `Authorization`.
    ClientSecretBasic,
    /// By id and secret in the body.
    ClientSecretPost,
    /// Not at all.
    None,
}

/// A text or a list of them, which a structural schema cannot say in any other way.
fn client_id_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "x-kubernetes-preserve-unknown-fields": true })
}
