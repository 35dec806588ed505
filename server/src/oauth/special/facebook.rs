//! Facebook: access tokens that belong to another application are refused.

use authbackend_crds::auth::{ClientId, SocialProvider};
use serde_json::Value;

use super::Told;
use crate::{
    config::Secret,
    http::uri::encode_component,
    oauth::{
        profile::claims,
        token::{Client, Tokens},
        transport::{Call, ServiceError, Transport, json},
    },
};

const GRAPH: &str = "https://graph.facebook.com";

/// The profile: out of the id token of a limited login, otherwise from the Graph API, which answers for tokens of
/// every application, so that it is asked first whose the token is.
pub(in crate::oauth) async fn ask(
    http: &impl Transport,
    settings: &SocialProvider,
    client: Client<'_>,
    tokens: &Tokens,
) -> Result<Value, ServiceError> {
    if let Some(token) = tokens.id_token.as_deref()
        && token.split('.').count() == 3
    {
        return claims(token).ok_or(ServiceError::Answer("it holds no id token"));
    }
    let token = tokens.access_token.as_deref();
    let token = token.ok_or(ServiceError::Answer("it holds no access token"))?;
    let owner = owner(http, settings, client, token).await?;
    let fields = ["id", "name", "email", "picture"]
        .map(str::to_owned)
        .to_vec();
    let more = settings.fields.iter().flatten().cloned();
    let fields: Vec<_> = fields.into_iter().chain(more).collect();
    let url = match &settings.user_info_endpoint {
        Some(url) if !url.is_empty() => url.clone(),
        _ => format!("{GRAPH}/me"),
    };
    let call = Call::get(format!(
        "{url}?fields={}",
        encode_component(&fields.join(","))
    ))
    .bearer(token);
    let profile = json(&http.send(call).await?)?;
    if profile["id"].as_str() == Some(&owner) {
        Ok(profile)
    } else {
        Err(ServiceError::User(
            "the profile is not that of the access token",
        ))
    }
}

/// The user of an access token of this application.
async fn owner(
    http: &impl Transport,
    settings: &SocialProvider,
    client: Client<'_>,
    token: &str,
) -> Result<String, ServiceError> {
    let secret = client
        .secret
        .map(Secret::expose)
        .ok_or(ServiceError::NoSecret)?;
    let application = format!("{}|{secret}", client.id);
    let graph = match &settings.user_info_endpoint {
        Some(url) if !url.is_empty() => url.trim_end_matches("/me"),
        _ => GRAPH,
    };
    let call = Call::get(format!(
        "{graph}/debug_token?input_token={}&access_token={}",
        encode_component(token),
        encode_component(&application)
    ));
    let answer = json(&http.send(call).await?)?;
    let data = &answer["data"];
    let ids = settings
        .client_id
        .as_ref()
        .map(ClientId::all)
        .unwrap_or_default();
    let is_ours = data["app_id"]
        .as_str()
        .is_some_and(|id| ids.iter().any(|own| own == id));
    match data["user_id"].as_str().filter(|id| !id.is_empty()) {
        Some(user) if is_ours && data["is_valid"] == true => Ok(user.to_owned()),
        _ => Err(ServiceError::User(
            "the access token is not one of this application",
        )),
    }
}

/// A limited login vouches for no address.
pub(super) fn told(data: Value) -> Told {
    let is_limited = data.get("sub").is_some();
    Told {
        verified: is_limited.then_some(false),
        data,
    }
}
