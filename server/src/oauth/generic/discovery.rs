//! Discovery documents (OpenID Connect Discovery 1.0, section 4).

use authbackend_crds::auth::GenericOAuthConfig;
use serde::Deserialize;
use url::Url;

use super::{Generic, algorithms, preset};
use crate::{
    crypto::jws::Algorithm,
    oauth::{
        id_token::Rules,
        transport::{Call, ServiceError, Transport, json},
    },
};

#[derive(Default, Deserialize)]
struct Document {
    issuer: Option<String>,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    userinfo_endpoint: Option<String>,
    end_session_endpoint: Option<String>,
    jwks_uri: Option<String>,
    id_token_signing_alg_values_supported: Option<Vec<String>>,
}

/// The service that `config` describes.
///
/// # Errors
/// The discovery document cannot be had, or leaves out what the service cannot do without.
pub async fn discover(
    http: &impl Transport,
    config: &GenericOAuthConfig,
) -> Result<Generic, ServiceError> {
    let config = preset::complete(config.clone());
    let document = match &config.discovery_url {
        Some(url) => fetch(http, url).await,
        None => Ok(Document::default()),
    };
    // Settings that name every URL need no document.
    let document = match document {
        Ok(document) => document,
        Err(_) if config.authorization_url.is_some() && config.token_url.is_some() => {
            Document::default()
        }
        Err(error) => return Err(error),
    };
    let id_token = rules(&config, &document)?;
    if config.require_id_token_verification == Some(true) && id_token.is_none() {
        return Err(ServiceError::Answer("it does not name issuer and keys"));
    }
    let algorithms = document.id_token_signing_alg_values_supported;
    let missing = ServiceError::Answer("it does not name the endpoints");
    let (Some(authorization_url), Some(token_url)) = (
        config
            .authorization_url
            .clone()
            .or(document.authorization_endpoint),
        config.token_url.clone().or(document.token_endpoint),
    ) else {
        return Err(missing);
    };
    Ok(Generic {
        authorization_url,
        token_url,
        user_info_url: config.user_info_url.clone().or(document.userinfo_endpoint),
        end_session_url: config
            .end_session_endpoint
            .clone()
            .or(document.end_session_endpoint),
        issuer: document.issuer,
        is_oidc: algorithms.is_some_and(|names| !names.is_empty()),
        id_token,
        config,
    })
}

async fn fetch(http: &impl Transport, url: &str) -> Result<Document, ServiceError> {
    let answer = json(&http.send(Call::get(url)).await?)?;
    let document: Document = serde_json::from_value(answer)
        .map_err(|_| ServiceError::Answer("it is no discovery document"))?;
    match &document.issuer {
        Some(issuer) if Url::parse(issuer).is_err() => {
            Err(ServiceError::Answer("its issuer is no URL"))
        }
        _ => Ok(document),
    }
}

fn rules(config: &GenericOAuthConfig, document: &Document) -> Result<Option<Rules>, ServiceError> {
    let (Some(keys), Some(issuer), Some(url)) =
        (&document.jwks_uri, &document.issuer, &config.discovery_url)
    else {
        return Ok(None);
    };
    let invalid = |_| ServiceError::Answer("its jwks_uri is no URL");
    let keys = Url::parse(url)
        .and_then(|url| url.join(keys))
        .map_err(invalid)?;
    let named = document.id_token_signing_alg_values_supported.as_deref();
    Ok(Some(Rules {
        keys_url: keys.into(),
        issuers: vec![issuer.clone()],
        audiences: vec![config.client_id.clone()],
        algorithms: match named.unwrap_or_default() {
            [] => Algorithm::ALL.to_vec(),
            names => algorithms(names),
        },
        max_age: None,
        hashed_nonce: false,
    }))
}
