//! Who a user is at a service.

use authbackend_crds::auth::SocialProvider;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hyper::header::AUTHORIZATION;
use serde_json::Value;

use super::{
    service::{At, Pick, Profile, Service, Source, Special, Verified},
    special,
    token::{Client, Tokens},
    transport::{Call, ServiceError, Transport, json},
    wechat,
};
use crate::{
    http::{schema::is_email, uri::encode_component},
    identity::fields::is_truthy,
};

/// A user, as a service knows them.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// The user's id at the service, which never changes.
    pub subject: String,
    /// The name; empty where the service tells none.
    pub name: String,
    /// The email address.
    pub email: Option<String>,
    /// Whether the service vouches for the address.
    pub email_verified: bool,
    /// The picture.
    pub image: Option<String>,
    /// Everything that the service tells.
    pub data: Value,
}

/// Asks `service` who has granted `tokens`. `posted` is what Apple posts beside the code.
///
/// # Errors
/// The service does not tell, or refuses the user.
pub async fn ask(
    http: &impl Transport,
    service: &Service,
    settings: &SocialProvider,
    client: Client<'_>,
    tokens: &Tokens,
    posted: Option<&Value>,
) -> Result<Person, ServiceError> {
    let answer = match service.special {
        Some(Special::Facebook) => special::facebook(http, settings, client, tokens).await?,
        Some(Special::Wechat) => wechat_profile(http, service, settings, tokens).await?,
        _ => {
            let url = |template| service_url(service, settings, template);
            fetch(http, &service.profile, url, client, tokens).await?
        }
    };
    let profile = extract(&service.profile, &answer)?;
    let context = special::Context {
        http,
        service,
        settings,
        tokens,
        posted,
    };
    let told = context.complete(profile).await?;
    map(&service.profile, service.id, told)
}

/// Asks a service that `rules` describe alone, but for what `complete` does to the profile; `url` is another URL of it.
///
/// # Errors
/// The service does not tell.
pub async fn ask_by(
    http: &impl Transport,
    rules: &Profile,
    complete: impl FnOnce(Value) -> Result<Value, ServiceError>,
    url: Option<&str>,
    client: Client<'_>,
    tokens: &Tokens,
) -> Result<Person, ServiceError> {
    let url = |template: &'static str| url.unwrap_or(template).to_owned();
    let answer = fetch(http, rules, url, client, tokens).await?;
    map(rules, "", complete(extract(rules, &answer)?)?.into())
}

/// The profile in an answer that holds what it has to hold.
fn extract(rules: &Profile, answer: &Value) -> Result<Value, ServiceError> {
    for (place, expected) in rules.require {
        let found = answer.pointer(place).map(ToString::to_string);
        if found.as_deref() != Some(expected) {
            return Err(ServiceError::User(
                "the profile is not that of an active user",
            ));
        }
    }
    let profile = answer.pointer(rules.root);
    let profile = profile.filter(|profile| profile.is_object());
    profile
        .cloned()
        .ok_or(ServiceError::Answer("it holds no profile"))
}

fn map(rules: &Profile, namespace: &str, told: special::Told) -> Result<Person, ServiceError> {
    let special::Told { data, verified } = told;
    let subject = pick_id(&rules.subject, &data)
        .filter(|subject| is_subject(subject))
        .ok_or(ServiceError::Answer("it holds no id of the user"))?;
    let mut email = pick(&rules.email, &data);
    if rules.placeholder_email && email.as_deref().unwrap_or_default().is_empty() {
        email = Some(placeholder(&subject, namespace)?);
    }
    Ok(Person {
        name: pick(&rules.name, &data).unwrap_or_default(),
        email,
        email_verified: verified.unwrap_or_else(|| is_verified(&rules.verified, &data)),
        image: pick(&rules.image, &data),
        subject,
        data,
    })
}

/// An address that nobody can write to, for a user whose service tells none.
///
/// # Errors
/// The user's id cannot be part of an address.
pub fn placeholder(subject: &str, namespace: &str) -> Result<String, ServiceError> {
    let email = format!("{subject}@{namespace}.placeholder.invalid");
    if is_email(&email) {
        Ok(email)
    } else {
        Err(ServiceError::Answer(
            "the user's id is no part of an address",
        ))
    }
}

/// Whether a text can be the id of a user: JavaScript's words for nothing cannot.
pub fn is_subject(text: &str) -> bool {
    !text.trim().is_empty() && !matches!(text, "undefined" | "null")
}

/// The URL of a profile, or the one that the settings name.
fn service_url(service: &Service, settings: &SocialProvider, template: &'static str) -> String {
    match &settings.user_info_endpoint {
        Some(url) if !url.is_empty() => url.clone(),
        _ => service.url(template, settings).into_owned(),
    }
}

async fn wechat_profile(
    http: &impl Transport,
    service: &Service,
    settings: &SocialProvider,
    tokens: &Tokens,
) -> Result<Value, ServiceError> {
    let Source::Get(template) = service.profile.source else {
        return Err(ServiceError::Answer("it holds no profile"));
    };
    let open_id = tokens.open_id.as_deref();
    let open_id = open_id.ok_or(ServiceError::Answer("it holds no open id"))?;
    let url = service_url(service, settings, template);
    wechat::profile(http, &url, access_token(tokens)?, open_id).await
}

fn access_token(tokens: &Tokens) -> Result<&str, ServiceError> {
    let token = tokens.access_token.as_deref();
    token.ok_or(ServiceError::Answer("it holds no access token"))
}

async fn fetch(
    http: &impl Transport,
    rules: &Profile,
    url: impl Fn(&'static str) -> String,
    client: Client<'_>,
    tokens: &Tokens,
) -> Result<Value, ServiceError> {
    let call = match &rules.source {
        Source::IdToken => return id_token_claims(tokens),
        Source::IdTokenOr(template) => match id_token_claims(tokens) {
            Ok(claims) => return Ok(claims),
            Err(_) => Call::get(url(template)).bearer(access_token(tokens)?),
        },
        Source::Get(template) => Call::get(url(template)).bearer(access_token(tokens)?),
        Source::GetAs(template, scheme) => Call::get(url(template))
            .with(AUTHORIZATION, format!("{scheme} {}", access_token(tokens)?)),
        Source::GetOfToken(template) => Call::get(format!(
            "{}{}",
            url(template),
            encode_component(access_token(tokens)?)
        )),
        Source::Post(template) => {
            Call::post(url(template), String::new()).bearer(access_token(tokens)?)
        }
        Source::PostForm(template) => {
            special::user_form(&url(template), access_token(tokens)?, client)
        }
        Source::GraphQl(template, query) => {
            special::graph_ql(&url(template), query, access_token(tokens)?)
        }
    };
    json(&http.send(call.with_all(rules.headers)).await?)
}

/// The claims of the id token that came with the access token. Its signature need not be verified: it comes from the
/// service itself (OpenID Connect Core, section 3.1.3.7, number 6).
///
/// # Errors
/// There is no id token, or it is no JWT.
pub fn id_token_claims(tokens: &Tokens) -> Result<Value, ServiceError> {
    let token = tokens.id_token.as_deref();
    token
        .and_then(claims)
        .ok_or(ServiceError::Answer("it holds no id token"))
}

/// The claims of a JWT, of which nothing is verified.
pub fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (_, payload, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
        return None;
    };
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: Value = serde_json::from_slice(&payload).ok()?;
    claims.is_object().then_some(claims)
}

fn pick(pick: &Pick, data: &Value) -> Option<String> {
    let (places, takes_empty) = match pick {
        Pick::Truthy(places) => (*places, false),
        Pick::Present(places) => (*places, true),
    };
    places.iter().find_map(|at| {
        let text = match at {
            At::Place(place) => data.pointer(place)?.as_str()?.to_owned(),
            At::WithoutQuery(place) => {
                let url = data.pointer(place)?.as_str()?;
                url.split('?').next()?.to_owned()
            }
            At::Words(places) => {
                let words = places
                    .iter()
                    .filter_map(|place| data.pointer(place)?.as_str());
                let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
                words.join(" ")
            }
        };
        (takes_empty || !text.is_empty()).then_some(text)
    })
}

/// An id, which may be a number.
fn pick_id(pick: &Pick, data: &Value) -> Option<String> {
    let (Pick::Truthy(places) | Pick::Present(places)) = pick;
    places.iter().find_map(|at| match at {
        At::Place(place) => id_text(data.pointer(place)?),
        At::WithoutQuery(_) | At::Words(_) => None,
    })
}

/// The text of an id that is a text or a number.
pub fn id_text(id: &Value) -> Option<String> {
    match id {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn is_verified(rule: &Verified, data: &Value) -> bool {
    match rule {
        Verified::Never => false,
        Verified::At(place) => data.pointer(place).is_some_and(says_true),
        Verified::All(places) => places
            .iter()
            .all(|place| data.pointer(place).is_some_and(is_truthy)),
    }
}

/// Whether a service says `true`, which some do as a text.
pub fn says_true(value: &Value) -> bool {
    matches!(value, Value::Bool(true)) || value.as_str() == Some("true")
}

#[cfg(test)]
mod tests;
