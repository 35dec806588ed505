//! Who a user is at a service that is not built in.

use authbackend_crds::auth::Preset;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::{Generic, entra, preset};
use crate::oauth::{
    id_token,
    keys::KeyCache,
    profile::{self, Person, claims, id_text, is_subject, says_true},
    token::{Client, Tokens},
    transport::{Call, ServiceError, Transport, json},
};

impl Generic {
    /// Who has granted `tokens`. An id token is verified where the service names its keys, and has to carry `nonce`.
    ///
    /// # Errors
    /// The service does not tell, or its id token is not to be believed.
    pub async fn person(
        &self,
        http: &impl Transport,
        keys: &KeyCache,
        client: Client<'_>,
        tokens: &Tokens,
        nonce: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<Person, ServiceError> {
        let verified = match (&tokens.id_token, &self.id_token) {
            (Some(token), Some(rules)) => {
                let claims = id_token::verify(http, keys, rules, token, nonce, now).await;
                Some(claims.map_err(|error| {
                    tracing::warn!(provider = self.config.provider_id(), %error, "id token refused");
                    ServiceError::User("the id token is not to be believed")
                })?)
            }
            _ => None,
        };
        self.resolve(http, client, tokens, verified).await
    }

    /// Who an id token speaks of that a client has brought and that is verified already.
    ///
    /// # Errors
    /// The token tells too little, and there is no access token to ask with.
    pub async fn person_of_id_token(
        &self,
        http: &impl Transport,
        client: Client<'_>,
        token: &str,
    ) -> Result<Person, ServiceError> {
        let tokens = Tokens {
            id_token: Some(token.to_owned()),
            ..Tokens::default()
        };
        let Some(Value::Object(claims)) = claims(token) else {
            return Err(ServiceError::Answer("it holds no id token"));
        };
        self.resolve(http, client, &tokens, Some(claims)).await
    }

    pub(super) async fn resolve(
        &self,
        http: &impl Transport,
        client: Client<'_>,
        tokens: &Tokens,
        verified: Option<Map<String, Value>>,
    ) -> Result<Person, ServiceError> {
        let (preset, url) = (self.config.preset, self.user_info_url.as_deref());
        if preset == Some(Preset::MicrosoftEntraId) {
            return entra::ask(http, url, tokens).await;
        }
        if let Some(rules) = preset::profile(preset) {
            let complete = |data| preset::complete_profile(preset, data);
            return profile::ask_by(http, rules, complete, url, client, tokens).await;
        }
        let data = self.data(http, tokens).await?;
        let subject = verified
            .as_ref()
            .and_then(|claims| claims.get("sub"))
            .and_then(id_text);
        if let Some(subject) = &subject
            && id_text(&data["sub"]).as_ref() != Some(subject)
        {
            return Err(ServiceError::User(
                "the profile is not that of the id token",
            ));
        }
        self.map(data, subject)
    }

    /// The claims of the id token if they tell the address, otherwise what the service tells.
    async fn data(&self, http: &impl Transport, tokens: &Tokens) -> Result<Value, ServiceError> {
        if let Some(claims) = tokens.id_token.as_deref().and_then(claims)
            && !claims["email"].as_str().unwrap_or_default().is_empty()
            && id_text(&claims["sub"]).is_some()
        {
            return Ok(claims);
        }
        let (Some(url), Some(token)) = (&self.user_info_url, &tokens.access_token) else {
            return Err(ServiceError::Answer(
                "it holds neither an id token with an address nor an access token",
            ));
        };
        let data = json(&http.send(Call::get(url).bearer(token)).await?)?;
        if data.is_object() {
            Ok(data)
        } else {
            Err(ServiceError::Answer("it holds no profile"))
        }
    }

    fn map(&self, data: Value, verified_subject: Option<String>) -> Result<Person, ServiceError> {
        let mapping = self.config.profile.clone().unwrap_or_default();
        let at = |place: Option<&String>, default: &'static str| {
            data.pointer(place.map_or(default, String::as_str)).cloned()
        };
        let text = |value: Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
        let default = if self.is_oidc { "/sub" } else { "/id" };
        let subject = match &mapping.subject {
            Some(place) => at(Some(place), default).as_ref().and_then(id_text),
            None if self.is_oidc && verified_subject.is_some() => verified_subject,
            None => at(None, default)
                .as_ref()
                .and_then(id_text)
                .or(verified_subject),
        };
        let subject = subject.filter(|subject| is_subject(subject));
        Ok(Person {
            subject: subject.ok_or(ServiceError::Answer("it holds no id of the user"))?,
            name: text(at(mapping.name.as_ref(), "/name")).unwrap_or_default(),
            email: text(at(mapping.email.as_ref(), "/email")),
            email_verified: at(mapping.email_verified.as_ref(), "/email_verified")
                .as_ref()
                .is_some_and(says_true),
            image: text(at(mapping.image.as_ref(), "/picture")),
            data,
        })
    }
}
