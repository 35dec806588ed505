//! `/callback/:id`: a browser comes back from a service.

mod link;
mod returned;

use serde_json::Value;

pub(super) use self::link::LINK_PURPOSE;
use self::{link::link_account, returned::Returned};
use super::{
    error::with_error,
    social::{
        begin::{self, Start, redirect_uri},
        enter::{self, Entry},
        flow::{Lost, resume},
    },
};
use crate::{
    app::App,
    http::{
        content_type::Accepts,
        cookie::Jar,
        error::ApiError,
        extract::{Body, Param, Queried, State},
        redirect::Redirect,
        session::Issuer,
        table::Route,
    },
    oauth::{
        profile::Person,
        provider::{Context, Provider},
        state::Flow,
        token::{Code, Tokens},
    },
    route,
};

pub(super) const ROUTES: &[Route] = &[
    route!(GET "/callback/:id" => callback).summary("Come back from a service"),
    route!(POST "/callback/:id" => callback_by_form)
        .summary("Come back from a service with a form")
        .accepting(Accepts::FormOrJson),
];

/// Why a browser is sent to a page for errors.
struct Failure {
    code: String,
    description: Option<String>,
}

impl From<&str> for Failure {
    fn from(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            description: None,
        }
    }
}

/// A form of another site brings no cookies of this one: the browser comes again, by a redirect.
async fn callback_by_form(
    State(app): State,
    Param(id): Param,
    Body(posted): Body<Returned>,
    Queried(queried): Queried<Returned>,
) -> Result<Redirect, ApiError> {
    let query = queried.or(posted).encoded();
    Ok(Redirect::own(&app, &format!("/callback/{id}?{query}")))
}

async fn callback(
    State(app): State,
    Param(id): Param,
    Queried(returned): Queried<Returned>,
    jar: Jar,
    issuer: Issuer,
) -> Result<Redirect, ApiError> {
    let Some(state) = returned.state.as_deref().filter(|state| !state.is_empty()) else {
        return without_state(&app, &jar, &id, &returned).await;
    };
    let flow = match resume(&app, &jar, state).await? {
        Ok(flow) => flow,
        Err(Lost { code, error_url }) => {
            tracing::warn!(code, "the state of a sign-in was not taken up");
            return Ok(fail(&app, error_url.as_deref(), &code.into()));
        }
    };
    match finish(&app, &issuer, &id, &returned, &flow).await? {
        Ok(url) => Ok(Redirect::stored(url)),
        Err(failure) => Ok(fail(&app, flow.error_url.as_deref(), &failure)),
    }
}

/// A service may be where a sign-in begins, if the settings allow it: the browser is sent back with a state of its own.
async fn without_state(
    app: &App,
    jar: &Jar,
    id: &str,
    returned: &Returned,
) -> Result<Redirect, ApiError> {
    let has_code = returned
        .code
        .as_deref()
        .is_some_and(|code| !code.is_empty());
    if returned.state.is_none() && has_code {
        let found = app.providers.find(&app.outbound, id, app.clock.now()).await;
        if let Some(provider) = found.filter(|provider| provider.allows_idp_initiated()) {
            let url = begin::begin(app, jar, &provider, Start::default()).await?;
            return Ok(Redirect::stored(url));
        }
    }
    Ok(fail(app, None, &"state_not_found".into()))
}

/// Sends the browser to the page for errors: that of the flow, of the settings, or the API's own.
fn fail(app: &App, error_url: Option<&str>, failure: &Failure) -> Redirect {
    let own = format!("{}/error", app.config.base_url.as_str());
    let settings = app.config.settings.on_api_error.as_ref();
    let configured = settings.and_then(|settings| settings.error_url.as_deref());
    let url = error_url
        .filter(|url| !url.is_empty())
        .or(configured)
        .unwrap_or(&own);
    let description = failure
        .description
        .as_deref()
        .filter(|text| !text.is_empty());
    with_error(url, &failure.code, description)
}

/// Where the browser goes in the end.
async fn finish(
    app: &App,
    issuer: &Issuer,
    id: &str,
    returned: &Returned,
    flow: &Flow,
) -> Result<Result<String, Failure>, ApiError> {
    if let Some(error) = returned.error.as_ref().filter(|error| !error.is_empty()) {
        return Ok(Err(Failure {
            code: error.clone(),
            description: returned.error_description.clone(),
        }));
    }
    let Some(code) = returned.code.as_deref().filter(|code| !code.is_empty()) else {
        return Ok(Err("no_code".into()));
    };
    let found = app.providers.find(&app.outbound, id, app.clock.now()).await;
    let Some(provider) = found else {
        return Ok(Err("oauth_provider_not_found".into()));
    };
    let (person, tokens) = match identify(app, &provider, code, returned, flow).await {
        Ok(identified) => identified,
        Err(code) => return Ok(Err(code.into())),
    };
    if let Some(link) = &flow.link {
        let client = issuer.client();
        let linked = link_account(app, &provider, link, (&person, tokens), client).await?;
        return Ok(linked
            .map(|()| flow.callback_url.clone())
            .map_err(Failure::from));
    }
    if person.email.as_deref().unwrap_or_default().is_empty() {
        tracing::error!(
            provider = provider.id(),
            "the service tells no email address: ask for its scope"
        );
        return Ok(Err("email_not_found".into()));
    }
    let policy = provider.policy();
    let asks = flow.request_sign_up == Some(true);
    let entry = Entry {
        provider: provider.id(),
        person: &person,
        scope: Some(tokens.scopes.join(",")),
        tokens,
        callback_url: Some(&flow.callback_url),
        refuses_sign_up: policy.disable_sign_up || (policy.disable_implicit_sign_up && !asks),
        overrides: policy.override_user_info,
        needs_verified_email: policy.require_email_verification,
    };
    Ok(match enter::enter(app, issuer, &entry).await {
        Ok(Ok(entered)) => {
            let new = flow
                .new_user_url
                .as_ref()
                .filter(|url| entered.is_new && !url.is_empty());
            Ok(new.unwrap_or(&flow.callback_url).clone())
        }
        Ok(Err(refusal)) => Err(Failure::from(refusal.code().as_str())),
        // A field of the settings that no service tells.
        Err(ApiError::Text { code, message, .. }) => Err(Failure {
            code: code.to_owned(),
            description: Some(message),
        }),
        Err(error) => return Err(error),
    })
}

/// Who has come back, and the tokens that they have granted.
async fn identify(
    app: &App,
    provider: &Provider,
    code: &str,
    returned: &Returned,
    flow: &Flow,
) -> Result<(Person, Tokens), &'static str> {
    let told = returned.iss.as_deref().filter(|iss| !iss.is_empty());
    if let (Some(told), Some(own)) = (told, provider.issuer())
        && told != own
    {
        tracing::error!(
            provider = provider.id(),
            "another issuer answers (RFC 9207)"
        );
        return Err("issuer_mismatch");
    }
    let nonce = flow
        .id_token_nonce
        .as_deref()
        .filter(|nonce| !nonce.is_empty());
    if provider.requires_nonce() && nonce.is_none() {
        return Err("nonce_binding_missing");
    }
    let context = Context::of(app);
    let code = Code {
        code,
        verifier: &flow.code_verifier,
        redirect_uri: &redirect_uri(app, provider),
        device_id: returned.device_id.as_deref(),
    };
    let tokens = provider.exchange(context, code).await.map_err(|error| {
        tracing::error!(provider = provider.id(), %error, "no tokens for a code");
        "invalid_code"
    })?;
    let posted = returned.user.as_deref().unwrap_or_default();
    let posted: Option<Value> = serde_json::from_str(posted).ok();
    let person = provider
        .person(context, &tokens, posted.as_ref(), nonce)
        .await;
    let person = person.map_err(|error| {
        tracing::error!(provider = provider.id(), %error, "no user info");
        "unable_to_get_user_info"
    })?;
    Ok((person, tokens))
}
