//! Microsoft Entra ID: the id token and the directory together tell who a user is, who is known by the object id.

use authbackend_crds::auth::GenericOAuthConfig;
use serde_json::Value;

use crate::oauth::{
    profile::{Person, id_token_claims, placeholder, says_true},
    token::Tokens,
    transport::{Call, ServiceError, Transport, json},
};

const USER_INFO: &str = "https://graph.microsoft.com/oidc/userinfo";

/// What users without an address have one of.
const NAMESPACE: &str = "microsoft-entra-id";

/// Adds the URLs of the tenant, whose id tokens have to be verified.
pub(super) fn complete(config: &mut GenericOAuthConfig) {
    let tenant = config.tenant_id.as_deref().unwrap_or_default();
    let tenant = format!(
        "https://login.microsoftonline.com/{}",
        tenant.to_ascii_lowercase()
    );
    let set = |field: &mut Option<String>, url: String| {
        field.get_or_insert(url);
    };
    set(
        &mut config.authorization_url,
        format!("{tenant}/oauth2/v2.0/authorize"),
    );
    set(&mut config.token_url, format!("{tenant}/oauth2/v2.0/token"));
    set(
        &mut config.discovery_url,
        format!("{tenant}/v2.0/.well-known/openid-configuration"),
    );
    set(&mut config.user_info_url, USER_INFO.to_owned());
    config.require_id_token_verification = Some(true);
}

/// Who has granted `tokens`: what the directory tells counts as far as the id token does not tell, and only where both
/// are about the same user.
pub(super) async fn ask(
    http: &impl Transport,
    url: Option<&str>,
    tokens: &Tokens,
) -> Result<Person, ServiceError> {
    let claims = id_token_claims(tokens)?;
    let subject = claims["oid"].as_str().unwrap_or_default().to_owned();
    if subject.trim().is_empty() {
        return Err(ServiceError::Answer("the id token has no claim oid"));
    }
    let profile = profile(http, url.unwrap_or(USER_INFO), tokens).await;
    let profile = profile.filter(|profile| {
        claims["sub"].is_string() && profile.is_object() && profile["sub"] == claims["sub"]
    });
    let told = profile.unwrap_or_default();
    let either = |key: &str| [&claims, &told].into_iter().find_map(|it| it[key].as_str());
    let verified = [&claims, &told]
        .into_iter()
        .find_map(|it| it.get("email_verified").filter(|value| !value.is_null()));
    let email = either("email");
    let mut person = Person {
        name: name(&claims).or_else(|| name(&told)).unwrap_or_default(),
        email_verified: email.is_some() && verified.is_some_and(says_true),
        email: Some(match email {
            Some(email) => email.to_owned(),
            None => placeholder(&subject, NAMESPACE)?,
        }),
        image: either("picture").map(str::to_owned),
        data: Value::Null,
        subject,
    };
    person.data = merged(told, claims);
    Ok(person)
}

/// What the directory tells; none where it does not.
async fn profile(http: &impl Transport, url: &str, tokens: &Tokens) -> Option<Value> {
    let token = tokens.access_token.as_deref()?;
    let answer = http.send(Call::get(url).bearer(token)).await.ok()?;
    json(&answer).ok()
}

fn name(profile: &Value) -> Option<String> {
    if let Some(name) = profile["name"].as_str() {
        return Some(name.to_owned());
    }
    let part = |keys: [&str; 2]| {
        let found = keys.into_iter().find_map(|key| profile[key].as_str());
        found.unwrap_or_default()
    };
    let name = format!(
        "{} {}",
        part(["given_name", "givenname"]),
        part(["family_name", "familyname"])
    );
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// Everything that either tells; the id token goes before the directory.
fn merged(told: Value, claims: Value) -> Value {
    match (told, claims) {
        (Value::Object(mut told), Value::Object(claims)) => {
            told.extend(claims);
            told.into()
        }
        (_, claims) => claims,
    }
}
