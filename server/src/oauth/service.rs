//! How a service differs from others: the type of the [catalog](super::catalog).

mod profile;

use authbackend_crds::auth::SocialProvider;

pub use profile::{At, Pick, Profile, Source, Verified};

/// What stands for `{}` in URLs.
pub type Base = fn(&SocialProvider) -> String;

/// A service that signs users in, as far as it is data.
///
/// URLs may hold `{}`, which [`Service::base`] fills in.
#[derive(Debug)]
pub struct Service {
    /// Its name in settings, paths and rows.
    pub id: &'static str,
    /// What stands for `{}` in its URLs.
    pub base: Option<Base>,
    /// The page where the user agrees.
    pub page: Page,
    /// Where tokens come from.
    pub exchange: Exchange,
    /// Who the user is.
    pub profile: Profile,
    /// Which id tokens that a client has got by itself are believed; none for none.
    pub id_token: Option<IdTokenRules>,
    /// What no data can say.
    pub special: Option<Special>,
}

/// The page where the user agrees.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one way in which services differ"
)]
pub struct Page {
    /// Its URL.
    pub url: &'static str,
    /// Which scopes are asked for.
    pub scopes: Scopes,
    /// Whether those of the request come before those of the settings.
    pub request_scopes_first: bool,
    /// What separates scopes.
    pub separator: &'static str,
    /// Whether a code challenge is sent (PKCE).
    pub pkce: bool,
    /// Whether `login_hint` is passed on.
    pub login_hint: bool,
    /// Which `prompt` is sent.
    pub prompt: PromptRule,
    /// Whether `access_type` of the settings is sent.
    pub takes_access_type: bool,
    /// `response_type`.
    pub response_type: &'static str,
    /// `response_mode`.
    pub response_mode: Option<&'static str>,
    /// Parameters that a client may replace.
    pub extra: Option<Extra>,
    /// Parameters that nobody may replace.
    pub fixed: &'static [(&'static str, &'static str)],
    /// Whether further parameters of the client are passed on.
    pub additional: bool,
    /// In which form the parameters are.
    pub form: Form,
}

/// Parameters that follow from the settings and the scopes.
pub type Extra = fn(&SocialProvider, &[String]) -> Vec<(String, String)>;

/// Which scopes are asked for.
#[derive(Debug)]
pub enum Scopes {
    /// These, and those of the settings and the request.
    Default(&'static [&'static str]),
    /// The same, each once.
    Distinct(&'static [&'static str]),
    /// None: the service keeps them with the client.
    Ignored,
}

/// Which `prompt` is sent.
#[derive(Debug)]
pub enum PromptRule {
    /// None.
    Never,
    /// That of the settings.
    Setting,
    /// That of the settings, otherwise this.
    SettingOr(&'static str),
}

/// In which form the parameters of a page are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// As RFC 6749 has them.
    Standard,
    /// The same, but the scope comes last, with spaces as `%20`.
    ScopeLast,
    /// With `client_key`, and the scope first.
    Tiktok,
    /// With `appid`, the scope first, and a fragment.
    Wechat,
}

impl Page {
    /// A page as most services have it.
    pub const STANDARD: Self = Self {
        url: "",
        scopes: Scopes::Default(&[]),
        request_scopes_first: false,
        separator: " ",
        pkce: false,
        login_hint: false,
        prompt: PromptRule::Never,
        takes_access_type: false,
        response_type: "code",
        response_mode: None,
        extra: None,
        fixed: &[],
        additional: true,
        form: Form::Standard,
    };
}

/// Where tokens come from.
#[derive(Debug)]
pub struct Exchange {
    /// The URL that gives tokens for a code.
    pub url: &'static str,
    /// How the client proves who it is.
    pub auth: ClientAuth,
    /// The same where it refreshes a token.
    pub refresh_auth: ClientAuth,
    /// Whether the code verifier is sent (PKCE).
    pub verifier: bool,
    /// Whether the `device_id` of the callback is sent.
    pub device_id: bool,
    /// Headers, which replace the usual ones.
    pub headers: Headers,
    /// How tokens are refreshed.
    pub refresh: Refresh,
}

/// Headers of a request.
pub type Headers = &'static [(&'static str, &'static str)];

/// How a client proves who it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ClientAuth {
    /// By id and secret in the body; without a secret by its id.
    Post,
    /// By id and secret in the header `Authorization` (RFC 6749, section 2.3.1).
    Basic,
    /// As the settings say; otherwise in the header where there is a secret, and by its id where there is none.
    Setting,
    /// By `client_key` and secret in the body.
    ClientKey,
}

/// How tokens are refreshed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refresh {
    /// At the URL that gives tokens for a code.
    Standard,
    /// The same, and the scopes are sent again.
    WithScopes,
    /// Not at all.
    Never,
}

impl Exchange {
    /// As most services have it.
    pub const STANDARD: Self = Self {
        url: "",
        auth: ClientAuth::Post,
        refresh_auth: ClientAuth::Post,
        verifier: true,
        device_id: false,
        headers: &[],
        refresh: Refresh::Standard,
    };
}

/// Which id tokens are believed.
#[derive(Debug)]
pub struct IdTokenRules {
    /// What stands for `{}` in the following two.
    pub base: Option<Base>,
    /// The URL of the service's keys.
    pub keys: &'static str,
    /// Who may have issued a token; empty where [`Special`] tells.
    pub issuers: &'static [&'static str],
    /// Longest time since a token was issued, in seconds; none for any.
    pub max_age: Option<u32>,
    /// Whether the nonce in the token may be the SHA-256 of the client's.
    pub hashed_nonce: bool,
    /// Whether a token that is no JWT is taken for an access token.
    pub opaque: bool,
    /// The service verifies its tokens itself, at the URL of its keys.
    pub remote: bool,
}

impl IdTokenRules {
    /// As most services have it.
    pub const STANDARD: Self = Self {
        base: None,
        keys: "",
        issuers: &[],
        max_age: Some(3600),
        hashed_nonce: false,
        opaque: false,
        remote: false,
    };
}

/// What no data can say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "named after the services, told in `special`")]
pub enum Special {
    Apple,
    Cognito,
    Discord,
    Facebook,
    GitHub,
    GitLab,
    Google,
    Microsoft,
    PayPal,
    Twitter,
    Vk,
    Wechat,
}
