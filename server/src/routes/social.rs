//! `POST /sign-in/social`: sends the browser to a service, or signs in with an id token that the client has got there.

mod answer;
pub(super) mod begin;
pub(super) mod enter;
pub(super) mod flow;
pub(super) mod known;
pub(super) mod record;
pub(super) mod tokens;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

pub(super) use self::answer::Answer;
use self::{begin::Start, enter::Entry};
use crate::{
    app::App,
    http::{
        Response, StatusCode,
        cookie::Jar,
        error::ApiError,
        error_code::{
            EMAIL_NOT_VERIFIED, FAILED_TO_GET_USER_INFO, ID_TOKEN_NOT_SUPPORTED, INVALID_TOKEN,
            PROVIDER_NOT_FOUND, USER_EMAIL_NOT_FOUND,
        },
        extract::{Body, Input, State},
        openapi::Operation,
        reply,
        schema::{Field, Schema},
        session::Issuer,
        table::Route,
    },
    oauth::{
        authorize::RESERVED,
        linking::Refusal,
        profile::Person,
        provider::{Context, Provider},
        token::Tokens,
    },
    route,
};

pub(super) const ROUTES: &[Route] = &[route!(POST "/sign-in/social" => sign_in)
    .summary("Sign in through a service")
    .answering(Operation::answers_json::<Answer>)
    .fails(&[
        &EMAIL_NOT_VERIFIED,
        &FAILED_TO_GET_USER_INFO,
        &ID_TOKEN_NOT_SUPPORTED,
        &INVALID_TOKEN,
        &PROVIDER_NOT_FOUND,
        &USER_EMAIL_NOT_FOUND,
    ])];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignIn {
    provider: String,
    #[serde(rename = "newUserCallbackURL")]
    new_user_callback_url: Option<String>,
    id_token: Option<IdToken>,
    #[serde(flatten)]
    start: Start,
}

/// An id token that a client has got by itself, and what came with it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IdToken {
    token: String,
    nonce: Option<String>,
    access_token: Option<String>,
    refresh_token: Option<String>,
    user: Option<Value>,
}

impl Input for SignIn {
    const SCHEMA: Schema = Schema::object(&[
        Field::string("callbackURL").optional(),
        Field::string("newUserCallbackURL").optional(),
        Field::string("errorCallbackURL").optional(),
        Field::either_string("provider"),
        Field::boolean("disableRedirect").optional(),
        Field::object(
            "idToken",
            &[
                Field::string("token"),
                Field::string("nonce").optional(),
                Field::string("accessToken").optional(),
                Field::string("refreshToken").optional(),
                Field::number("expiresAt").optional(),
                Field::object(
                    "user",
                    &[
                        Field::object(
                            "name",
                            &[
                                Field::string("firstName").optional(),
                                Field::string("lastName").optional(),
                            ],
                        )
                        .optional(),
                        Field::string("email").optional(),
                    ],
                )
                .optional(),
            ],
        )
        .optional(),
        Field::strings("scopes").optional(),
        Field::boolean("requestSignUp").optional(),
        Field::string("loginHint").optional(),
        Field::string_record("additionalParams").optional(),
        Field::record("additionalData").optional(),
    ]);
}

async fn sign_in(
    State(app): State,
    Body(input): Body<SignIn>,
    jar: Jar,
    issuer: Issuer,
) -> Result<Response, ApiError> {
    check_parameters(&input.start.additional_params)?;
    let provider = find(&app, &input.provider).await?;
    if let Some(id_token) = &input.id_token {
        return sign_in_by_id_token(&app, &provider, id_token, &input, &issuer).await;
    }
    let disable_redirect = input.start.disable_redirect;
    let mut start = input.start;
    start.new_user_url = input.new_user_callback_url;
    let url = begin::begin(&app, &jar, &provider, start).await?;
    Ok(Answer::go(url, disable_redirect))
}

/// The service `id`.
pub(super) async fn find(app: &App, id: &str) -> Result<std::sync::Arc<Provider>, ApiError> {
    let found = app.providers.find(&app.outbound, id, app.clock.now()).await;
    found.ok_or_else(|| (&PROVIDER_NOT_FOUND).into())
}

/// Refuses parameters that tie the answer to the request.
pub(super) fn check_parameters(parameters: &BTreeMap<String, String>) -> Result<(), ApiError> {
    if parameters
        .keys()
        .any(|name| RESERVED.contains(&name.as_str()))
    {
        return Err(ApiError::validation(format!(
            "[body.additionalParams] additionalParams cannot include reserved OAuth parameters: {}",
            RESERVED.join(", ")
        )));
    }
    Ok(())
}

/// Who an id token speaks of that a client has brought, and the tokens that it has brought.
pub(super) async fn person_of(
    app: &App,
    provider: &Provider,
    id_token: &IdToken,
) -> Result<(Person, Tokens), ApiError> {
    if !provider.takes_id_tokens() {
        return Err((&ID_TOKEN_NOT_SUPPORTED).into());
    }
    let context = Context::of(app);
    let nonce = id_token.nonce.as_deref();
    if let Err(error) = provider
        .verify_id_token(context, &id_token.token, nonce)
        .await
    {
        tracing::warn!(provider = provider.id(), %error, "id token refused");
        return Err((&INVALID_TOKEN).into());
    }
    let tokens = Tokens {
        access_token: id_token.access_token.clone(),
        refresh_token: id_token.refresh_token.clone(),
        id_token: Some(id_token.token.clone()),
        ..Tokens::default()
    };
    let posted = id_token.user.as_ref();
    let person = provider.person_of_id_token(context, &tokens, posted).await;
    let person = person.map_err(|error| {
        tracing::warn!(provider = provider.id(), %error, "no user info");
        ApiError::from(&FAILED_TO_GET_USER_INFO)
    })?;
    if person.email.as_deref().unwrap_or_default().is_empty() {
        return Err((&USER_EMAIL_NOT_FOUND).into());
    }
    Ok((person, tokens))
}

async fn sign_in_by_id_token(
    app: &App,
    provider: &Provider,
    id_token: &IdToken,
    input: &SignIn,
    issuer: &Issuer,
) -> Result<Response, ApiError> {
    let (person, tokens) = person_of(app, provider, id_token).await?;
    let policy = provider.policy();
    let asks = input.start.request_sign_up == Some(true);
    let entry = Entry {
        provider: provider.id(),
        person: &person,
        tokens: Tokens {
            refresh_token: None,
            ..tokens
        },
        scope: None,
        callback_url: input.start.callback_url.as_deref(),
        refuses_sign_up: policy.disable_sign_up || (policy.disable_implicit_sign_up && !asks),
        overrides: false,
        needs_verified_email: policy.require_email_verification,
    };
    match enter::enter(app, issuer, &entry).await? {
        Ok(entered) => {
            let answer = Answer {
                url: None,
                redirect: false,
                token: Some(entered.current.session.token),
                user: Some(entered.current.user),
                status: None,
            };
            Ok(reply::json(StatusCode::OK, &answer))
        }
        Err(Refusal::EmailNotVerified) => Err((&EMAIL_NOT_VERIFIED).into()),
        Err(refusal) => Err(ApiError::Text {
            status: StatusCode::UNAUTHORIZED,
            code: "OAUTH_LINK_ERROR",
            message: refusal.message().to_owned(),
        }),
    }
}
