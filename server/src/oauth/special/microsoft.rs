//! Microsoft: users are known by their object id, and their picture is in the directory.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{Context, Told, claims_verified};
use crate::oauth::transport::{Call, ServiceError, Transport};

pub(super) async fn complete<T: Transport>(
    context: &Context<'_, T>,
    mut claims: Value,
) -> Result<Told, ServiceError> {
    if claims["oid"].as_str().unwrap_or_default().trim().is_empty() {
        return Err(ServiceError::Answer("the id token has no claim oid"));
    }
    if let Some(picture) = picture(context).await {
        claims["picture"] = Value::from(picture);
    }
    let email = claims["email"].as_str().filter(|email| !email.is_empty());
    let is_listed = |name: &str| {
        let listed = claims[name].as_array();
        listed.is_some_and(|listed| listed.iter().any(|one| one.as_str() == email))
    };
    let verified = if claims.get("email_verified").is_some() {
        claims_verified(&claims)
    } else {
        email.is_some()
            && (is_listed("verified_primary_email") || is_listed("verified_secondary_email"))
    };
    Ok(Told {
        data: claims,
        verified: Some(verified),
    })
}

/// The picture as a data URL; none where the directory has none or does not show it.
async fn picture<T: Transport>(context: &Context<'_, T>) -> Option<String> {
    let token = context.tokens.access_token.as_deref()?;
    if context.settings.disable_profile_photo == Some(true) {
        return None;
    }
    let size = context.settings.profile_photo_size.unwrap_or(48);
    let url = match &context.settings.user_info_endpoint {
        Some(url) if !url.is_empty() => url.clone(),
        _ => format!("https://graph.microsoft.com/v1.0/me/photos/{size}x{size}/$value"),
    };
    let answer = context.http.send(Call::get(url).bearer(token)).await.ok()?;
    let is_there = answer.status.is_success();
    is_there.then(|| format!("data:image/jpeg;base64, {}", STANDARD.encode(&answer.body)))
}
