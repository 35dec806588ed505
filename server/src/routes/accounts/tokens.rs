//! Tokens of accounts, and new ones for those that have ended.

use std::{sync::Arc, time::Duration};

use time::OffsetDateTime;
use tokio::time::{Instant, sleep};

use crate::{
    app::App,
    crypto::secret_box::looks_sealed,
    http::{
        error::ApiError,
        error_code::{ACCOUNT_NOT_FOUND, FAILED_TO_GET_ACCESS_TOKEN, PROVIDER_NOT_SUPPORTED},
    },
    identity::account::{
        Account, Tokens,
        store::{of_user_by_id, try_lock_tokens, update_tokens},
    },
    oauth::{
        provider::{Context, Provider},
        token,
    },
    routes::social::tokens::stored,
};

/// An access token with less time left than this is refreshed first, as better-auth does.
const LEAST_LEFT: time::Duration = time::Duration::seconds(5);

/// How long a request waits while another one refreshes the same account: the longest call of a service and some more.
const PATIENCE: Duration = Duration::from_secs(12);

/// How often a request that waits looks whether the other one is done.
const PAUSE: Duration = Duration::from_millis(50);

/// The service of `account`.
pub(super) async fn provider_of(app: &App, account: &Account) -> Result<Arc<Provider>, ApiError> {
    let id = &account.provider_id;
    let provider = app.providers.find(&app.outbound, id, app.clock.now()).await;
    provider.ok_or_else(|| {
        PROVIDER_NOT_SUPPORTED.with_message(format!("Provider {id} is not supported."))
    })
}

/// A stored token in clear, empty for none; none if it is encrypted under a secret that is not known.
pub(super) fn open(app: &App, token: Option<&str>) -> Option<String> {
    let token = token.unwrap_or_default();
    let is_sealed = app.config.settings.account().encrypt_oauth_tokens() && looks_sealed(token);
    if token.is_empty() || !is_sealed {
        return Some(token.to_owned());
    }
    app.secret_box().open(token)
}

/// `account` with an access token that can be used, which is refreshed first when that is due and possible.
pub(super) async fn valid(
    app: &Arc<App>,
    provider: &Arc<Provider>,
    account: Account,
) -> Result<Account, ApiError> {
    let now = app.clock.now();
    let is_due = move |account: &Account| {
        let tokens = &account.tokens;
        let ends = tokens.access_token_expires_at;
        ends.is_some_and(|ends| ends - now < LEAST_LEFT)
            && tokens
                .refresh_token
                .as_ref()
                .is_some_and(|it| !it.is_empty())
    };
    if !is_due(&account) || !provider.can_refresh() {
        return Ok(account);
    }
    let renewed = renew(app, provider, &account, is_due)
        .await
        .map_err(|error| error.told_as(&FAILED_TO_GET_ACCESS_TOKEN))?;
    Ok(renewed.ok_or(&FAILED_TO_GET_ACCESS_TOKEN)?.account)
}

/// An account whose tokens are new.
pub(super) struct Renewed {
    /// As it is stored now.
    pub(super) account: Account,
    /// When the service has said that the access token ends.
    pub(super) access_token_expires_at: Option<OffsetDateTime>,
}

/// Spends the refresh token of `account`, unless it is no longer due when it is this request's turn: services that
/// rotate refresh tokens take one that is spent twice for stolen, and end all of them. None if the service gives no
/// tokens. Goes on after the client has gone: the service may have answered already.
pub(super) async fn renew(
    app: &Arc<App>,
    provider: &Arc<Provider>,
    account: &Account,
    is_due: impl Fn(&Account) -> bool + Send + Sync + 'static,
) -> Result<Option<Renewed>, ApiError> {
    let (app, provider) = (Arc::clone(app), Arc::clone(provider));
    let (user_id, id) = (account.user_id.clone(), account.id.clone());
    let task = tokio::spawn(async move {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            match attempt(&app, &provider, &user_id, &id, &is_due).await? {
                Turn::Done(renewed) => return Ok(renewed.map(|it| *it)),
                Turn::Wait => sleep(PAUSE).await,
            }
        }
        tracing::warn!(
            provider = provider.id(),
            "another request takes too long to refresh"
        );
        Ok(None)
    });
    task.await?
}

enum Turn {
    /// It is over, with tokens or without.
    Done(Option<Box<Renewed>>),
    /// Another request has the turn.
    Wait,
}

/// Refreshes if no other request is at it. Holds a connection while the service is asked, of which a share is kept for
/// everybody else; whoever has to wait holds none.
async fn attempt(
    app: &App,
    provider: &Provider,
    user_id: &str,
    id: &str,
    is_due: &(impl Fn(&Account) -> bool + Send + Sync),
) -> Result<Turn, ApiError> {
    let _permit = app.token_refreshes.acquire().await?;
    let mut db = app.db.get().await?;
    db.begin().await?;
    if !try_lock_tokens(&mut db, id).await? {
        return Ok(Turn::Wait);
    }
    let account = of_user_by_id(&mut db, user_id, id).await?;
    let account = account.ok_or(&ACCOUNT_NOT_FOUND)?;
    if !is_due(&account) {
        return Ok(Turn::Done(Some(Box::new(Renewed {
            access_token_expires_at: account.tokens.access_token_expires_at,
            account,
        }))));
    }
    let Some(given) = ask(app, provider, &account).await else {
        return Ok(Turn::Done(None));
    };
    let access_token_expires_at = given.access_token_expires_at;
    // The scope stays: what a service answers here may be less than what the user has granted.
    let new = stored(app, given, None)?;
    update_tokens(&mut db, id, &new, app.clock.now()).await?;
    db.commit().await?;
    Ok(Turn::Done(Some(Box::new(Renewed {
        account: with(account, new),
        access_token_expires_at,
    }))))
}

async fn ask(app: &App, provider: &Provider, account: &Account) -> Option<token::Tokens> {
    let Some(refresh_token) = open(app, account.tokens.refresh_token.as_deref()) else {
        tracing::error!(
            provider = provider.id(),
            "a refresh token cannot be decrypted"
        );
        return None;
    };
    match provider.refresh(Context::of(app), &refresh_token).await {
        Ok(given) => Some(token::Tokens {
            refresh_token: given.refresh_token.filter(|token| !token.is_empty()),
            id_token: given.id_token.filter(|token| !token.is_empty()),
            ..given
        }),
        Err(error) => {
            tracing::warn!(provider = provider.id(), %error, "a service gives no new tokens");
            None
        }
    }
}

/// `account` with the tokens that are `new`, and its own for the others.
fn with(account: Account, new: Tokens) -> Account {
    let old = account.tokens;
    Account {
        tokens: Tokens {
            access_token: new.access_token.or(old.access_token),
            refresh_token: new.refresh_token.or(old.refresh_token),
            id_token: new.id_token.or(old.id_token),
            access_token_expires_at: new.access_token_expires_at.or(old.access_token_expires_at),
            refresh_token_expires_at: new
                .refresh_token_expires_at
                .or(old.refresh_token_expires_at),
            scope: new.scope.or(old.scope),
        },
        ..account
    }
}
