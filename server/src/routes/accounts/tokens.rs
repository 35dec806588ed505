//! Tokens of accounts, and new ones for those that have ended.

use std::{sync::Arc, time::Duration};

use time::OffsetDateTime;
use tokio::time::{Instant, sleep, timeout_at};

use crate::{
    app::App,
    crypto::secret_box::looks_sealed,
    http::{
        error::ApiError,
        error_code::{ACCOUNT_NOT_FOUND, FAILED_TO_GET_ACCESS_TOKEN, PROVIDER_NOT_SUPPORTED},
    },
    identity::{
        account::{
            Account, Tokens,
            store::{lock_tokens, of_user_by_id, update_tokens},
        },
        verification::NewVerification,
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

/// How often a request that waits for one at another server looks whether that is done, and how long after what a service
/// gave could not be stored that is tried again.
const PAUSE: Duration = Duration::from_millis(250);

/// How long what a service gave is tried to be stored: without it the account would have to be linked again.
const STORING: Duration = Duration::from_secs(10);

/// How long nobody else spends the refresh token after a server has died that was at it: the call, the storing, and twice
/// as long as anybody waits for a connection.
const LEASE: time::Duration = time::Duration::seconds(30);

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
    let refreshes = Arc::clone(&app.refreshes);
    let task = refreshes.start(async move {
        let deadline = Instant::now() + PATIENCE;
        // One of this process at a time; the others find what it brought.
        let own_turn = timeout_at(deadline, app.refreshes.turn(&id)).await;
        while own_turn.is_ok() {
            match claim(&app, &user_id, &id, &is_due).await? {
                Turn::Over(account) => return Ok(Some(Renewed::stored(*account))),
                Turn::Own(account) => return spend(&app, &provider, *account).await,
                Turn::Others if Instant::now() < deadline => sleep(PAUSE).await,
                Turn::Others => break,
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

impl Renewed {
    /// One that somebody else has refreshed.
    fn stored(account: Account) -> Self {
        Self {
            access_token_expires_at: account.tokens.access_token_expires_at,
            account,
        }
    }
}

/// Whose turn it is to spend a refresh token.
enum Turn {
    /// Nobody's: it need not be spent any more.
    Over(Box<Account>),
    /// This request's.
    Own(Box<Account>),
    /// Another server's.
    Others,
}

/// By what the lease of the account `id` is found.
fn lease(id: &str) -> String {
    format!("refresh-tokens:{id}")
}

/// Takes the lease to spend the refresh token of the account `id`, where it is still due and nobody has it. The
/// lease is a row and no lock: no connection is held while a service is asked.
async fn claim(
    app: &App,
    user_id: &str,
    id: &str,
    is_due: &(impl Fn(&Account) -> bool + Send + Sync),
) -> Result<Turn, ApiError> {
    let mut db = app.db.get().await?;
    db.begin().await?;
    lock_tokens(&mut db, id).await?;
    let account = of_user_by_id(&mut db, user_id, id).await?;
    let account = Box::new(account.ok_or(&ACCOUNT_NOT_FOUND)?);
    if !is_due(&account) {
        return Ok(Turn::Over(account));
    }
    let (identifier, now) = (lease(id), app.clock.now());
    let leases = &app.verifications;
    if leases.find(&mut db, &identifier, now).await?.is_some() {
        return Ok(Turn::Others);
    }
    let lease = NewVerification {
        id: app.new_id(),
        identifier: &identifier,
        value: id,
        expires_at: now + LEASE,
    };
    leases.create(&mut db, &lease, now).await?;
    db.commit().await?;
    Ok(Turn::Own(account))
}

/// Spends the refresh token of `account`, stores what it brings, and gives the lease back.
async fn spend(
    app: &App,
    provider: &Provider,
    account: Account,
) -> Result<Option<Renewed>, ApiError> {
    let given = ask(app, provider, &account).await;
    let access_token_expires_at = given.as_ref().and_then(|it| it.access_token_expires_at);
    // The scope stays: what a service answers here may be less than what the user has granted.
    let new = given.map(|given| stored(app, given, None)).transpose()?;
    let deadline = Instant::now() + STORING;
    let kept = loop {
        match keep(app, &account, new.as_ref()).await {
            Ok(kept) => break kept,
            Err(error) if Instant::now() < deadline => {
                tracing::warn!(
                    provider = provider.id(),
                    ?error,
                    "new tokens cannot be stored yet"
                );
                sleep(PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    };
    let Some(new) = new else {
        return Ok(None);
    };
    Ok(Some(match kept {
        Kept::New => Renewed {
            account: with(account, new),
            access_token_expires_at,
        },
        Kept::Others(account) => Renewed::stored(*account),
    }))
}

/// Which tokens an account has now.
enum Kept {
    /// Those that were just given, or those of before where none were.
    New,
    /// Others: the user has linked it again meanwhile.
    Others(Box<Account>),
}

/// Stores what was given for the refresh token of `account`, unless it has another one by now, and gives the lease back.
async fn keep(app: &App, account: &Account, new: Option<&Tokens>) -> Result<Kept, ApiError> {
    let Account { id, user_id, .. } = account;
    let spent = account.tokens.refresh_token.as_deref();
    let now = app.clock.now();
    let mut db = app.db.get().await?;
    db.begin().await?;
    let is_kept = match new {
        Some(new) => update_tokens(&mut db, id, new, spent, now).await?,
        None => true,
    };
    app.verifications.consume(&mut db, &lease(id), now).await?;
    db.commit().await?;
    if is_kept {
        return Ok(Kept::New);
    }
    let current = of_user_by_id(&mut db, user_id, id).await?;
    Ok(Kept::Others(Box::new(current.ok_or(&ACCOUNT_NOT_FOUND)?)))
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
