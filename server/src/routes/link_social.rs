//! `POST /link-social`: a signed-in user links an account at a service.

use serde::Deserialize;

use super::{
    callback::LINK_PURPOSE,
    social::{
        Answer, IdToken,
        begin::{self, Start},
        check_parameters, find,
        known::told_on_link,
        person_of, record,
        tokens::stored,
    },
};
use crate::{
    app::App,
    http::{
        Response,
        cookie::Jar,
        error::ApiError,
        error_code::{
            FAILED_TO_GET_USER_INFO, ID_TOKEN_NOT_SUPPORTED, INVALID_TOKEN,
            LINKING_DIFFERENT_EMAILS_NOT_ALLOWED, LINKING_FAILED, LINKING_NOT_ALLOWED,
            PROVIDER_NOT_FOUND, SOCIAL_ACCOUNT_ALREADY_LINKED, USER_EMAIL_NOT_FOUND,
        },
        extract::{Body, Client, Input, State},
        openapi::Operation,
        schema::{Field, Schema},
        session::CurrentSession,
        table::Route,
    },
    identity::{
        account::{
            NewAccount,
            store::{add, lock_key, update_tokens, with_owner},
        },
        session::SessionUser,
    },
    oauth::{
        linking::{LinkRefusal, LinkRequest, may_link},
        provider::Provider,
        state::Link,
    },
    route,
};

pub(super) const ROUTES: &[Route] = &[route!(POST "/link-social" => link)
    .summary("Link an account at a service to the user")
    .answering(Operation::answers_json::<Answer>)
    .fails(&[
        &FAILED_TO_GET_USER_INFO,
        &ID_TOKEN_NOT_SUPPORTED,
        &INVALID_TOKEN,
        &LINKING_DIFFERENT_EMAILS_NOT_ALLOWED,
        &LINKING_FAILED,
        &LINKING_NOT_ALLOWED,
        &PROVIDER_NOT_FOUND,
        &SOCIAL_ACCOUNT_ALREADY_LINKED,
        &USER_EMAIL_NOT_FOUND,
    ])];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LinkSocial {
    provider: String,
    id_token: Option<IdToken>,
    #[serde(flatten)]
    start: Start,
}

impl Input for LinkSocial {
    const SCHEMA: Schema = Schema::object(&[
        Field::string("callbackURL").optional(),
        Field::either_string("provider"),
        Field::object(
            "idToken",
            &[
                Field::string("token"),
                Field::string("nonce").optional(),
                Field::string("accessToken").optional(),
                Field::string("refreshToken").optional(),
            ],
        )
        .optional(),
        Field::boolean("requestSignUp").optional(),
        Field::strings("scopes").optional(),
        Field::string("errorCallbackURL").optional(),
        Field::boolean("disableRedirect").optional(),
        Field::string("loginHint").optional(),
        Field::string_record("additionalParams").optional(),
        Field::record("additionalData").optional(),
    ]);
}

async fn link(
    State(app): State,
    Body(input): Body<LinkSocial>,
    CurrentSession(current): CurrentSession,
    jar: Jar,
    client: Client,
) -> Result<Response, ApiError> {
    check_parameters(&input.start.additional_params)?;
    let provider = find(&app, &input.provider).await?;
    if let Some(id_token) = &input.id_token {
        link_by_id_token(&app, &provider, id_token, current, &client).await?;
        return Ok(Answer::linked());
    }
    let sealed = app
        .purpose_box(LINK_PURPOSE)
        .seal(&current.session.token, &app.random)?;
    let disable_redirect = input.start.disable_redirect;
    let mut start = input.start;
    start.link = Some(Link {
        email: current.user.email,
        user_id: current.user.id,
        encrypted_session_token: Some(sealed),
    });
    let url = begin::begin(&app, &jar, &provider, start).await?;
    Ok(Answer::go(url, disable_redirect))
}

async fn link_by_id_token(
    app: &App,
    provider: &Provider,
    id_token: &IdToken,
    current: SessionUser,
    client: &Client,
) -> Result<(), ApiError> {
    let (person, tokens) = person_of(app, provider, id_token).await?;
    let tokens = stored(app, tokens, None)?;
    let now = app.clock.now();
    let mut db = app.db.get().await?;
    db.begin().await?;
    lock_key(&mut db, provider.id(), &person.subject).await?;
    let known = with_owner(&mut db, provider.id(), &person.subject).await?;
    match known {
        Some((account, _)) if account.user_id == current.user.id => {
            update_tokens(&mut db, &account.id, &tokens, None, now).await?;
        }
        Some(_) => return Err((&SOCIAL_ACCOUNT_ALREADY_LINKED).into()),
        None => {
            let request = LinkRequest {
                user_id: &current.user.id,
                email: &current.user.email,
                account_email: person.email.as_deref(),
                is_verified_there: person.email_verified,
                owner: None,
                provider: provider.id(),
            };
            let rules = app.config.settings.account().account_linking();
            may_link(&rules, &request).map_err(|refusal| match refusal {
                LinkRefusal::NotAllowed => ApiError::from(&LINKING_NOT_ALLOWED),
                LinkRefusal::OtherAddress => (&LINKING_DIFFERENT_EMAILS_NOT_ALLOWED).into(),
                LinkRefusal::OtherUser => (&SOCIAL_ACCOUNT_ALREADY_LINKED).into(),
            })?;
            let account = NewAccount {
                id: app.new_id(),
                account_id: Some(person.subject.clone()),
                provider_id: provider.id().to_owned(),
                user_id: current.user.id.clone(),
                tokens,
                ..NewAccount::default()
            };
            let added = add(&mut db, &account, now).await;
            let id = added.map_err(|error| ApiError::from(error).told_as(&LINKING_FAILED))?;
            let of = (provider.id(), id.as_str());
            record::linked(app, &mut db, &current.user.id, of, client).await?;
        }
    }
    told_on_link(app, &mut db, &person, current.user, client).await?;
    db.commit().await?;
    Ok(())
}
