//! A service that the settings offer, whatever it is.

mod policy;
mod verify;

use authbackend_crds::auth::{ClientId, SocialProvider};
use serde_json::Value;
use time::OffsetDateTime;

pub use self::policy::Policy;
use super::{
    authorize::{self, InvalidPage, Request},
    generic::Generic,
    id_token::{self, IdTokenError},
    keys::KeyCache,
    profile::{self, Person},
    service::{Refresh, Service},
    token::{self, Client, Code, Tokens},
    transport::ServiceError,
};
use crate::{
    app::App,
    config::{Secret, SecretFiles},
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

impl Provider {
    /// Its name in settings, paths and rows.
    pub fn id(&self) -> &str {
        match self {
            Self::BuiltIn(service, _) => service.id,
            Self::Generic(generic) => generic.config.provider_id(),
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
                verify::built_in(context, service, settings, token, nonce).await
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
