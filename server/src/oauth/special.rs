//! What no data can say about a service's profile.

mod facebook;
mod github;
mod microsoft;

use authbackend_crds::auth::SocialProvider;
use hyper::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::{
    authorize::Parameters,
    profile::{claims, id_text, says_true},
    service::{Service, Special},
    token::{Client, Tokens},
    transport::{Call, ServiceError, Transport, json as answer_json},
};

pub(super) use facebook::ask as facebook;

/// A profile that is complete.
pub(super) struct Told {
    /// The profile.
    pub data: Value,
    /// Whether the email address is verified, where the profile alone does not tell.
    pub verified: Option<bool>,
}

impl From<Value> for Told {
    fn from(data: Value) -> Self {
        Self {
            data,
            verified: None,
        }
    }
}

/// What there is to complete a profile with.
pub(super) struct Context<'a, T> {
    pub http: &'a T,
    pub service: &'a Service,
    pub settings: &'a SocialProvider,
    pub tokens: &'a Tokens,
    pub posted: Option<&'a Value>,
}

impl<T: Transport> Context<'_, T> {
    /// Completes `data`, and refuses users who may not sign in.
    pub(super) async fn complete(&self, mut data: Value) -> Result<Told, ServiceError> {
        let Some(special) = self.service.special else {
            return Ok(data.into());
        };
        match special {
            Special::Apple => data["name"] = apple_name(self.posted, &data),
            Special::Cognito if self.tokens.id_token.is_some() => {
                data["name"] = cognito_name(&data);
            }
            Special::Discord => data["image_url"] = discord_image(&data),
            Special::Facebook => return Ok(facebook::told(data)),
            Special::GitHub => return github::complete(self, data).await,
            Special::GitLab
                if data
                    .get("locked")
                    .is_some_and(crate::identity::fields::is_truthy) =>
            {
                return Err(ServiceError::User("locked at GitLab"));
            }
            Special::Google if !is_of_domain(self.settings.hd.as_deref(), &data) => {
                return Err(ServiceError::User("of another Google Workspace domain"));
            }
            Special::Microsoft => return microsoft::complete(self, data).await,
            Special::PayPal => self.check_paypal(&data)?,
            Special::Twitter => return self.twitter_email(data).await,
            Special::Vk
                if data["user"]["email"]
                    .as_str()
                    .unwrap_or_default()
                    .is_empty() =>
            {
                return Err(ServiceError::User("without an email address at VK"));
            }
            _ => {}
        }
        Ok(data.into())
    }

    fn access_token(&self) -> &str {
        self.tokens.access_token.as_deref().unwrap_or_default()
    }

    /// The id token and the profile have to be those of one user.
    fn check_paypal(&self, data: &Value) -> Result<(), ServiceError> {
        let Some(id_token) = self.tokens.id_token.as_deref() else {
            return Ok(());
        };
        let claimed = claims(id_token).and_then(|claims| id_text(&claims["sub"]));
        let told = id_text(&data["sub"]).or_else(|| id_text(&data["user_id"]));
        if claimed.is_some() && claimed == told {
            Ok(())
        } else {
            Err(ServiceError::User(
                "the profile is not that of the id token",
            ))
        }
    }

    /// X tells a confirmed address only when it is asked for by itself.
    async fn twitter_email(&self, mut data: Value) -> Result<Told, ServiceError> {
        let url = match &self.settings.user_info_endpoint {
            Some(url) if !url.is_empty() => url.clone(),
            _ => "https://api.x.com/2/users/me".to_owned(),
        };
        let call =
            Call::get(format!("{url}?user.fields=confirmed_email")).bearer(self.access_token());
        // Without the permission to see the address there is none.
        let answer = match self.http.send(call).await {
            Ok(answer) => answer_json(&answer).unwrap_or_default(),
            Err(_) => Value::Null,
        };
        let email = answer["data"]["confirmed_email"]
            .as_str()
            .filter(|email| !email.is_empty());
        let is_verified = email.is_some();
        if let Some(email) = email {
            data["data"]["email"] = Value::from(email);
        }
        Ok(Told {
            data,
            verified: Some(is_verified),
        })
    }
}

/// Apple tells the name once: beside the first code.
fn apple_name(posted: Option<&Value>, claims: &Value) -> Value {
    let Some(name) = posted
        .map(|user| &user["name"])
        .filter(|name| name.is_object())
    else {
        return Value::from(claims["name"].as_str().unwrap_or_default());
    };
    let part = |key: &str| name[key].as_str().unwrap_or_default().to_owned();
    let name = format!("{} {}", part("firstName"), part("lastName"));
    Value::from(name.trim())
}

fn cognito_name(claims: &Value) -> Value {
    let names =
        ["name", "given_name", "username"].map(|key| claims[key].as_str().unwrap_or_default());
    Value::from(
        names
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or_default(),
    )
}

/// The picture, or the one that Discord shows for users who have none.
fn discord_image(profile: &Value) -> Value {
    let id = profile["id"].as_str().unwrap_or_default();
    let Some(avatar) = profile["avatar"].as_str() else {
        let index = match profile["discriminator"].as_str() {
            Some("0") | None => (id.parse::<u64>().unwrap_or_default() >> 22) % 6,
            Some(number) => number.parse::<u64>().unwrap_or_default() % 5,
        };
        return Value::from(format!(
            "https://cdn.discordapp.com/embed/avatars/{index}.png"
        ));
    };
    let format = if avatar.starts_with("a_") {
        "gif"
    } else {
        "png"
    };
    Value::from(format!(
        "https://cdn.discordapp.com/avatars/{id}/{avatar}.{format}"
    ))
}

/// Whether Google's claim `hd` is the domain that the settings allow.
pub(super) fn is_of_domain(allowed: Option<&str>, claims: &Value) -> bool {
    let Some(allowed) = allowed.filter(|allowed| !allowed.is_empty()) else {
        return true;
    };
    let domain = claims["hd"].as_str().unwrap_or_default();
    !domain.is_empty() && (allowed == "*" || allowed == domain)
}

/// The form in which VK wants an access token.
pub(super) fn user_form(url: &str, access_token: &str, client: Client<'_>) -> Call {
    let mut form = Parameters::default();
    form.set("access_token", access_token);
    form.set("client_id", client.id);
    Call::form(url, form.encoded())
}

/// A query of GraphQL.
pub(super) fn graph_ql(url: &str, query: &str, access_token: &str) -> Call {
    Call::post(url, json!({ "query": query }).to_string())
        .with(CONTENT_TYPE, "application/json")
        .bearer(access_token)
}

/// Whether the claim `email_verified` says so.
fn claims_verified(claims: &Value) -> bool {
    says_true(&claims["email_verified"])
}
