//! A service that the settings offer, whatever it is.

use authbackend_crds::auth::{ClientId, SocialProvider};
use serde_json::Value;
use time::{Duration, OffsetDateTime};

use super::{
    authorize::{self, InvalidPage, Request},
    catalog::base,
    generic::Generic,
    id_token::{self, IdTokenError, Rules},
    keys::KeyCache,
    profile::{self, Person},
    service::{Refresh, Service, Special},
    special,
    token::{self, Client, Code, Tokens},
    transport::{Call, ServiceError, Transport, json},
};
use crate::{
    app::App,
    config::{Secret, SecretFiles},
    crypto::jws::Algorithm,
    outbound::Outbound,
};

/// A service that the settings offer.
#[derive(Debug)]
pub enum Provider {
    /// One that is built in.
    BuiltIn(&'static Service, Box<SocialProvider>),
    /// One that the settings describe.
    Generic(Box<Generic>),
}

/// What a service is asked with.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The network.
    pub http: &'a Outbound,
    /// Where client secrets are read from.
    pub secrets: &'a SecretFiles,
    /// The public keys of services.
    pub keys: &'a KeyCache,
    /// The time of the request.
    pub now: OffsetDateTime,
}

impl<'a> Context<'a> {
    /// What `app` asks with.
    pub fn of(app: &'a App) -> Self {
        Self {
            http: &app.outbound,
            secrets: &app.secret_files,
            keys: app.providers.keys(),
            now: app.clock.now(),
        }
    }
}

/// What the settings say about the users of a service.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own"
)]
pub struct Policy {
    /// Refuse users who are new.
    pub disable_sign_up: bool,
    /// Refuse them unless the client asks for sign-up.
    pub disable_implicit_sign_up: bool,
    /// Replace what is known of a user at each sign-in.
    pub override_user_info: bool,
    /// Open no session without a verified address.
    pub require_email_verification: bool,
}

impl Provider {
    /// Its name in settings, paths and rows.
    pub fn id(&self) -> &str {
        match self {
            Self::BuiltIn(service, _) => service.id,
            Self::Generic(generic) => generic.config.provider_id(),
        }
    }

    /// What the settings say about its users.
    pub fn policy(&self) -> Policy {
        let is = |flag: Option<bool>| flag.unwrap_or(false);
        match self {
            Self::BuiltIn(_, settings) => Policy {
                disable_sign_up: is(settings.disable_sign_up),
                disable_implicit_sign_up: is(settings.disable_implicit_sign_up),
                override_user_info: is(settings.override_user_info_on_sign_in),
                require_email_verification: is(settings.require_email_verification),
            },
            Self::Generic(generic) => Policy {
                disable_sign_up: is(generic.config.disable_sign_up),
                disable_implicit_sign_up: is(generic.config.disable_implicit_sign_up),
                override_user_info: is(generic.config.override_user_info),
                require_email_verification: is(generic.config.require_email_verification),
            },
        }
    }

    /// Who it says it is (RFC 9207).
    pub fn issuer(&self) -> Option<&str> {
        match self {
            Self::BuiltIn(..) => None,
            Self::Generic(generic) => generic.issuer.as_deref(),
        }
    }

    /// Whether id tokens are tied to the request by a nonce.
    pub fn requires_nonce(&self) -> bool {
        matches!(self, Self::Generic(generic) if generic.requires_nonce())
    }

    /// Whether a callback without state begins a sign-in.
    pub fn allows_idp_initiated(&self) -> bool {
        matches!(self, Self::Generic(generic) if generic.config.allow_idp_initiated == Some(true))
    }

    /// The URL of the page where the user agrees.
    ///
    /// # Errors
    /// The settings name a page that is no URL.
    pub fn page_url(&self, request: &Request<'_>) -> Result<String, InvalidPage> {
        match self {
            Self::BuiltIn(service, settings) => authorize::service_url(service, settings, request),
            Self::Generic(generic) => generic.page_url(request),
        }
    }

    /// The tokens for a code.
    ///
    /// # Errors
    /// The service gives none.
    pub async fn exchange(
        &self,
        context: Context<'_>,
        code: Code<'_>,
    ) -> Result<Tokens, ServiceError> {
        let secret = self.secret(context.secrets)?;
        let client = self.client(secret.as_ref());
        let Context { http, now, .. } = context;
        match self {
            Self::BuiltIn(service, settings) => {
                token::exchange(http, service, settings, client, code, now).await
            }
            Self::Generic(generic) => generic.exchange(http, client, code, now).await,
        }
    }

    /// Whether tokens can be refreshed.
    pub fn can_refresh(&self) -> bool {
        !matches!(self, Self::BuiltIn(service, _) if service.exchange.refresh == Refresh::Never)
    }

    /// New tokens for a refresh token.
    ///
    /// # Errors
    /// The service gives none.
    pub async fn refresh(
        &self,
        context: Context<'_>,
        refresh_token: &str,
    ) -> Result<Tokens, ServiceError> {
        let secret = self.secret(context.secrets)?;
        let client = self.client(secret.as_ref());
        let Context { http, now, .. } = context;
        match self {
            Self::BuiltIn(service, settings) => {
                token::refresh(http, service, settings, client, refresh_token, now).await
            }
            Self::Generic(generic) => generic.refresh(http, client, refresh_token, now).await,
        }
    }

    /// Who has granted `tokens`. `posted` is what Apple posts beside the code, `nonce` what an id token has to carry.
    ///
    /// # Errors
    /// The service does not tell, or refuses the user.
    pub async fn person(
        &self,
        context: Context<'_>,
        tokens: &Tokens,
        posted: Option<&Value>,
        nonce: Option<&str>,
    ) -> Result<Person, ServiceError> {
        let secret = self.secret(context.secrets)?;
        let client = self.client(secret.as_ref());
        let Context {
            http, keys, now, ..
        } = context;
        match self {
            Self::BuiltIn(service, settings) => {
                profile::ask(http, service, settings, client, tokens, posted).await
            }
            Self::Generic(generic) => generic.person(http, keys, client, tokens, nonce, now).await,
        }
    }

    /// Who an id token speaks of that a client has brought, with the access token that it has brought as well, after
    /// [`Provider::verify_id_token`].
    ///
    /// # Errors
    /// The service does not tell, or refuses the user.
    pub async fn person_of_id_token(
        &self,
        context: Context<'_>,
        tokens: &Tokens,
        posted: Option<&Value>,
    ) -> Result<Person, ServiceError> {
        match self {
            Self::BuiltIn(..) => self.person(context, tokens, posted, None).await,
            Self::Generic(generic) => {
                let secret = self.secret(context.secrets)?;
                let client = self.client(secret.as_ref());
                let token = tokens.id_token.as_deref().unwrap_or_default();
                generic
                    .person_of_id_token(context.http, client, token)
                    .await
            }
        }
    }

    /// Whether clients may bring an id token.
    pub fn takes_id_tokens(&self) -> bool {
        match self {
            Self::BuiltIn(service, settings) => {
                service.id_token.is_some() && settings.disable_id_token_sign_in != Some(true)
            }
            Self::Generic(generic) => generic.id_token.is_some(),
        }
    }

    /// Whether an id token that a client has brought is to be believed, and carries `nonce` where one is given.
    ///
    /// # Errors
    /// It is not.
    pub async fn verify_id_token(
        &self,
        context: Context<'_>,
        token: &str,
        nonce: Option<&str>,
    ) -> Result<(), IdTokenError> {
        let Context {
            http, keys, now, ..
        } = context;
        match self {
            Self::Generic(generic) => match &generic.id_token {
                Some(rules) => id_token::verify(http, keys, rules, token, nonce, now)
                    .await
                    .map(|_| ()),
                None => Err(IdTokenError::Refused),
            },
            Self::BuiltIn(service, settings) => {
                let Some(rules) = &service.id_token else {
                    return Err(IdTokenError::Refused);
                };
                if rules.remote {
                    return verify_remotely(http, rules.keys, settings, token, nonce).await;
                }
                if token.split('.').count() != 3 {
                    // Facebook's access tokens: whose they are is asked with the profile.
                    return if rules.opaque {
                        Ok(())
                    } else {
                        Err(IdTokenError::Refused)
                    };
                }
                let rules = built_in_rules(service, settings, rules);
                let claims = id_token::verify(http, keys, &rules, token, nonce, now).await?;
                check_special(service, settings, &Value::Object(claims))
            }
        }
    }

    /// The URL that signs the user out at the service.
    pub fn end_session_url(
        &self,
        base_url: &str,
        id_token: Option<&str>,
        redirect_uri: Option<&str>,
        state: Option<&str>,
    ) -> Option<String> {
        match self {
            Self::BuiltIn(..) => None,
            Self::Generic(generic) => {
                generic.end_session_url(base_url, id_token, redirect_uri, state)
            }
        }
    }

    /// The client secret as it is now.
    fn secret(&self, secrets: &SecretFiles) -> Result<Option<Secret>, ServiceError> {
        let reference = match self {
            Self::BuiltIn(_, settings) => settings.client_secret_ref.as_ref(),
            Self::Generic(generic) => generic.config.client_secret_ref.as_ref(),
        };
        Ok(reference
            .map(|reference| secrets.read(reference))
            .transpose()?)
    }

    fn client<'a>(&'a self, secret: Option<&'a Secret>) -> Client<'a> {
        let id = match self {
            Self::BuiltIn(_, settings) => match &settings.client_key {
                Some(key) => key,
                None => settings.client_id.as_ref().map_or("", ClientId::primary),
            },
            Self::Generic(generic) => &generic.config.client_id,
        };
        Client { id, secret }
    }
}

fn built_in_rules(
    service: &Service,
    settings: &SocialProvider,
    rules: &super::service::IdTokenRules,
) -> Rules {
    let base = rules.base.map(|base| base(settings)).unwrap_or_default();
    let fill = |text: &str| text.replace("{}", &base);
    let own = settings
        .jwks_endpoint
        .as_ref()
        .filter(|url| !url.is_empty());
    let ids = settings
        .client_id
        .as_ref()
        .map(ClientId::all)
        .unwrap_or_default();
    let audience = settings
        .audience
        .as_deref()
        .filter(|audience| !audience.is_empty());
    let bundle = settings
        .app_bundle_identifier
        .as_ref()
        .filter(|id| !id.is_empty());
    Rules {
        keys_url: own.cloned().unwrap_or_else(|| fill(rules.keys)),
        issuers: if service.special == Some(Special::Microsoft) {
            microsoft_issuers(settings)
        } else {
            rules.issuers.iter().map(|issuer| fill(issuer)).collect()
        },
        audiences: match (audience, bundle) {
            (Some(audience), _) => audience.to_vec(),
            (None, Some(bundle)) => vec![bundle.clone()],
            (None, None) => ids.to_vec(),
        },
        algorithms: vec![Algorithm::Rs256],
        max_age: rules
            .max_age
            .map(|seconds| Duration::seconds(seconds.into())),
        hashed_nonce: rules.hashed_nonce,
    }
}

/// The issuer of one tenant; for kinds of tenants the tenant in the token tells: see [`check_special`].
fn microsoft_issuers(settings: &SocialProvider) -> Vec<String> {
    match base::microsoft_tenant(settings) {
        "common" | "organizations" | "consumers" => Vec::new(),
        _ => vec![format!("{}/v2.0", base::microsoft(settings))],
    }
}

/// The tenant of all personal accounts:
/// <https://learn.microsoft.com/en-us/entra/identity-platform/id-token-claims-reference>.
const MICROSOFT_CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

fn check_special(
    service: &Service,
    settings: &SocialProvider,
    claims: &Value,
) -> Result<(), IdTokenError> {
    match service.special {
        Some(Special::Google) if !special::is_of_domain(settings.hd.as_deref(), claims) => {
            Err(IdTokenError::Claim("hd"))
        }
        Some(Special::Microsoft) => {
            let tenant = claims["tid"].as_str().ok_or(IdTokenError::Claim("tid"))?;
            let authority = base::microsoft_authority(settings);
            if claims["iss"].as_str() != Some(&format!("{authority}/{tenant}/v2.0")) {
                return Err(IdTokenError::Claim("iss"));
            }
            let is_personal = tenant == MICROSOFT_CONSUMERS;
            match base::microsoft_tenant(settings) {
                "organizations" if is_personal => Err(IdTokenError::Claim("tid")),
                "consumers" if !is_personal => Err(IdTokenError::Claim("tid")),
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// LINE says itself whether a token is one of its own.
async fn verify_remotely(
    http: &Outbound,
    url: &str,
    settings: &SocialProvider,
    token: &str,
    nonce: Option<&str>,
) -> Result<(), IdTokenError> {
    let own = settings
        .jwks_endpoint
        .as_deref()
        .filter(|url| !url.is_empty());
    let id = settings.client_id.as_ref().map_or("", ClientId::primary);
    let mut form = authorize::Parameters::default();
    form.set("id_token", token);
    form.set("client_id", id);
    form.set_some("nonce", nonce);
    let call = Call::form(own.unwrap_or(url), form.encoded());
    let answer = http.send(call).await.map_err(|_| IdTokenError::Refused)?;
    let claims = json(&answer).map_err(|_| IdTokenError::Refused)?;
    if claims["aud"].as_str() != Some(id) {
        return Err(IdTokenError::Claim("aud"));
    }
    match claims["nonce"].as_str().filter(|nonce| !nonce.is_empty()) {
        Some(claimed) if Some(claimed) != nonce => Err(IdTokenError::Claim("nonce")),
        _ => Ok(()),
    }
}
