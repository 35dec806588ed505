//! GitHub tells which addresses are verified in a list of its own.

use serde_json::Value;

use super::{Context, Told};
use crate::oauth::transport::{Call, ServiceError, Transport, json};

const EMAILS: &str = "https://api.github.com/user/emails";

pub(super) async fn complete<T: Transport>(
    context: &Context<'_, T>,
    mut profile: Value,
) -> Result<Told, ServiceError> {
    let url = match &context.settings.user_info_endpoint {
        Some(url) if !url.is_empty() => format!("{url}/emails"),
        _ => EMAILS.to_owned(),
    };
    let call = Call::get(url)
        .bearer(context.access_token())
        .with_all(context.service.profile.headers);
    // Without the permission to see the list, the address of the profile stands, not verified.
    let answer = match context.http.send(call).await {
        Ok(answer) => json(&answer).unwrap_or_default(),
        Err(_) => Value::Null,
    };
    let emails = answer.as_array().map(Vec::as_slice).unwrap_or_default();
    if profile["email"].as_str().unwrap_or_default().is_empty() {
        let primary = emails.iter().find(|email| email["primary"] == true);
        if let Some(email) = primary.or(emails.first()) {
            profile["email"] = email["email"].clone();
        }
    }
    let own = emails
        .iter()
        .find(|email| email["email"] == profile["email"]);
    Ok(Told {
        verified: Some(own.is_some_and(|email| email["verified"] == true)),
        data: profile,
    })
}
