//! Linking an account to the user who has asked for it before they went to the service.

use super::super::social::{
    known::told_on_link,
    record,
    tokens::{merged_scope, stored},
};
use crate::{
    app::App,
    db::Conn,
    http::{error::ApiError, extract::Client},
    identity::{
        account::{
            NewAccount,
            store::{add, lock_key, update_tokens, with_owner},
        },
        user::store::by_id,
    },
    oauth::{
        linking::{LinkRefusal, LinkRequest, may_link},
        profile::Person,
        provider::Provider,
        state::Link,
        token::Tokens,
    },
};

/// The purpose that the token of a session in a state is bound to.
pub(in crate::routes) const LINK_PURPOSE: &str = "oauth-link-session-token";

/// Links an account to the user who has asked for it, if they still may.
pub(super) async fn link_account(
    app: &App,
    provider: &Provider,
    link: &Link,
    (person, tokens): (&Person, Tokens),
    client: &Client,
) -> Result<Result<(), &'static str>, ApiError> {
    const UNABLE: &str = "unable_to_link_account";
    let mut db = app.db.get().await?;
    let now = app.clock.now();
    if !is_live(app, &mut db, link).await? {
        return Ok(Err(UNABLE));
    }
    db.begin().await?;
    lock_key(&mut db, provider.id(), &person.subject).await?;
    let known = with_owner(&mut db, provider.id(), &person.subject).await?;
    let known = known.map(|(account, _)| account);
    let rules = app.config.settings.account().account_linking();
    let request = LinkRequest {
        user_id: &link.user_id,
        email: &link.email,
        account_email: person.email.as_deref(),
        is_verified_there: person.email_verified,
        owner: known.as_ref().map(|account| account.user_id.as_str()),
        provider: provider.id(),
    };
    match may_link(&rules, &request) {
        Ok(()) => {}
        Err(LinkRefusal::NotAllowed) => return Ok(Err(UNABLE)),
        Err(LinkRefusal::OtherAddress) => return Ok(Err("email_does_not_match")),
        Err(LinkRefusal::OtherUser) => {
            return Ok(Err("account_already_linked_to_different_user"));
        }
    }
    let scopes = tokens.scopes.clone();
    if let Some(account) = known {
        let scope = merged_scope(account.tokens.scope.as_deref(), &scopes);
        let tokens = stored(app, tokens, Some(scope))?;
        update_tokens(&mut db, &account.id, &tokens, None, now).await?;
    } else {
        let account = NewAccount {
            id: app.new_id(),
            account_id: Some(person.subject.clone()),
            provider_id: provider.id().to_owned(),
            user_id: link.user_id.clone(),
            tokens: stored(app, tokens, Some(scopes.join(",")))?,
            ..NewAccount::default()
        };
        let id = add(&mut db, &account, now).await?;
        let of = (provider.id(), id.as_str());
        record::linked(app, &mut db, &link.user_id, of, client).await?;
    }
    if let Some(user) = by_id(&mut db, &link.user_id).await? {
        told_on_link(app, &mut db, person, user, client).await?;
    }
    db.commit().await?;
    Ok(Ok(()))
}

/// Whether the session in which they asked has not ended: whoever was thrown out meanwhile gets nothing linked.
async fn is_live(app: &App, db: &mut Conn, link: &Link) -> Result<bool, ApiError> {
    let Some(sealed) = &link.encrypted_session_token else {
        return Ok(true);
    };
    let Some(token) = app.purpose_box(LINK_PURPOSE).open(sealed) else {
        return Ok(false);
    };
    let live = app.sessions.by_token(db, &token).await?;
    Ok(live.is_some_and(|live| {
        live.session.user_id == link.user_id && live.session.expires_at > app.clock.now()
    }))
}
