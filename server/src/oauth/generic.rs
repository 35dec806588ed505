//! Services that are not built in: described by the settings, and by a discovery document.

mod discovery;
mod entra;
mod person;
mod preset;

use authbackend_crds::auth::{GenericOAuthConfig, TokenEndpointAuthMethod};
use time::{Duration, OffsetDateTime};
use url::Url;

use super::{
    authorize::{self, InvalidPage, Parameters, Request},
    id_token::Rules,
    service::ClientAuth,
    token::{self, Client, Code, Tokens},
    transport::{ServiceError, Transport, json},
};
use crate::crypto::jws::Algorithm;

pub use discovery::discover;

/// A service as the settings and the discovery document describe it.
#[derive(Debug)]
pub struct Generic {
    /// The settings.
    pub config: GenericOAuthConfig,
    /// The page where the user agrees.
    pub authorization_url: String,
    /// The URL that gives tokens.
    pub token_url: String,
    /// The URL that says who the user is.
    pub user_info_url: Option<String>,
    /// The URL that signs the user out.
    pub end_session_url: Option<String>,
    /// Who the service says it is.
    pub issuer: Option<String>,
    /// Whether the service speaks OpenID Connect.
    pub is_oidc: bool,
    /// Which id tokens are believed; none where the service names no keys.
    pub id_token: Option<Rules>,
}

impl Generic {
    /// Whether id tokens are tied to the request by a nonce.
    pub fn requires_nonce(&self) -> bool {
        self.id_token.is_some() && self.config.disable_id_token_nonce_binding != Some(true)
    }

    fn scopes(&self) -> Vec<String> {
        match &self.config.scopes {
            Some(scopes) => scopes.clone(),
            None => preset::scopes(self.config.preset),
        }
    }

    /// The URL of the page where the user agrees.
    ///
    /// # Errors
    /// It is no URL.
    pub fn page_url(&self, request: &Request<'_>) -> Result<String, InvalidPage> {
        let config = &self.config;
        let mut scopes = request.scopes.to_vec();
        scopes.extend(self.scopes());
        if self.is_oidc && !scopes.iter().any(|scope| scope == "openid") {
            scopes.insert(0, "openid".to_owned());
        }
        let own = config.redirect_uri.as_deref().filter(|uri| !uri.is_empty());
        let mut parameters = Parameters::default();
        let response_type = config.response_type.as_deref();
        parameters.set(
            "response_type",
            response_type
                .filter(|text| !text.is_empty())
                .unwrap_or("code"),
        );
        parameters.set("client_id", &config.client_id);
        parameters.set("state", request.state);
        parameters.set_some("scope", Some(&scopes.join(" ")));
        parameters.set("redirect_uri", own.unwrap_or(request.redirect_uri));
        parameters.set_some("login_hint", request.login_hint);
        parameters.set_some("nonce", request.nonce);
        parameters.set_some("prompt", config.prompt.as_deref());
        parameters.set_some("access_type", config.access_type.as_deref());
        parameters.set_some("response_mode", config.response_mode.as_deref());
        if config.pkce != Some(false) {
            authorize::challenge(&mut parameters, request.verifier);
        }
        let configured: Vec<_> = config
            .authorization_url_params
            .clone()
            .into_iter()
            .flatten()
            .collect();
        parameters.add(&configured);
        parameters.add(request.additional);
        authorize::url(&self.authorization_url, &parameters)
    }

    /// The tokens for a code.
    ///
    /// # Errors
    /// The service gives none.
    pub async fn exchange(
        &self,
        http: &impl Transport,
        client: Client<'_>,
        code: Code<'_>,
        now: OffsetDateTime,
    ) -> Result<Tokens, ServiceError> {
        let verifier = Some(code.verifier).filter(|_| self.config.pkce != Some(false));
        let mut form = token::code_form(&code, verifier, false);
        let own = self
            .config
            .redirect_uri
            .as_deref()
            .filter(|uri| !uri.is_empty());
        form.set("redirect_uri", own.unwrap_or(code.redirect_uri));
        for (name, value) in self.config.token_url_params.iter().flatten() {
            form.set_new(name, value);
        }
        let call = token::call(&self.token_url, form, self.auth(), client)?;
        let tokens = token::read(&json(&http.send(call).await?)?, now)?;
        Ok(self.with_expiry(tokens, now))
    }

    /// New tokens for a refresh token.
    ///
    /// # Errors
    /// The service gives none.
    pub async fn refresh(
        &self,
        http: &impl Transport,
        client: Client<'_>,
        refresh_token: &str,
        now: OffsetDateTime,
    ) -> Result<Tokens, ServiceError> {
        let mut form = token::refresh_form(refresh_token);
        for (name, value) in self.config.refresh_token_params.iter().flatten() {
            if !matches!(name.as_str(), "grant_type" | "refresh_token") {
                form.set(name, value);
            }
        }
        let call = token::call(&self.token_url, form, self.auth(), client)?;
        let tokens = token::read_refreshed(&json(&http.send(call).await?)?, now)?;
        Ok(self.with_expiry(tokens, now))
    }

    fn auth(&self) -> ClientAuth {
        match self.config.auth_method() {
            TokenEndpointAuthMethod::ClientSecretBasic => ClientAuth::Basic,
            TokenEndpointAuthMethod::ClientSecretPost | TokenEndpointAuthMethod::None => {
                ClientAuth::Post
            }
        }
    }

    fn with_expiry(&self, mut tokens: Tokens, now: OffsetDateTime) -> Tokens {
        if tokens.access_token_expires_at.is_none() {
            let lifetime = self.config.access_token_expires_in;
            tokens.access_token_expires_at =
                lifetime.map(|seconds| now + Duration::seconds(seconds.into()));
        }
        tokens
    }

    /// The URL that signs the user out at the service (OpenID Connect RP-Initiated Logout 1.0).
    pub fn end_session_url(
        &self,
        base_url: &str,
        id_token: Option<&str>,
        redirect_uri: Option<&str>,
        state: Option<&str>,
    ) -> Option<String> {
        let config = &self.config;
        let endpoint = self.end_session_url.as_deref()?;
        if config.disable_provider_logout == Some(true) {
            return None;
        }
        let mut url = Url::parse(endpoint).ok()?;
        let mut query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let mut set = |name: &str, value: &str| {
            query.retain(|(known, _)| known != name);
            query.push((name.to_owned(), value.to_owned()));
        };
        let id_token = id_token.filter(|token| !token.is_empty());
        if let Some(token) = id_token {
            set("id_token_hint", token);
        }
        let target = redirect_uri.or(config.post_logout_redirect_uri.as_deref());
        match target.filter(|target| !target.is_empty()) {
            Some(target) => {
                let base = Url::parse(base_url).ok()?;
                set("post_logout_redirect_uri", base.join(target).ok()?.as_str());
                set("client_id", &config.client_id);
                if let Some(state) = state.filter(|state| !state.is_empty()) {
                    set("state", state);
                }
            }
            None if id_token.is_none() => set("client_id", &config.client_id),
            None => {}
        }
        if !query.is_empty() {
            url.query_pairs_mut().clear().extend_pairs(query);
        }
        Some(url.into())
    }
}

/// The algorithms that a discovery document names, as far as they are known here.
fn algorithms(names: &[String]) -> Vec<Algorithm> {
    names
        .iter()
        .filter_map(|name| Algorithm::from_name(name))
        .collect()
}

#[cfg(test)]
mod tests;
