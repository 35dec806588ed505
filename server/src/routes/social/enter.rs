//! Signs somebody in who comes from a service: the rules are in [`crate::oauth::linking`].

use crate::{
    app::App,
    db::Conn,
    email_verification,
    http::{cookie::Remember, error::ApiError, extract::Client, session::Issuer},
    identity::{
        account::{
            Account, NewAccount,
            store::{add, lock_key, update_tokens, with_owner},
        },
        session::SessionUser,
        user::{
            User,
            store::{Registered, Registration, by_email, register},
        },
    },
    mail::MailKind,
    oauth::{
        linking::{Decision, Owner, Refusal, Situation, decide, folded},
        profile::Person,
        token::Tokens,
    },
};

use super::{
    known::{overridden, promoted, told_on_link},
    record,
    tokens::stored,
};

/// Somebody who comes from a service.
pub(in crate::routes) struct Entry<'a> {
    /// The service.
    pub(in crate::routes) provider: &'a str,
    /// Who they are there; with an email address.
    pub(in crate::routes) person: &'a Person,
    /// The tokens to be stored.
    pub(in crate::routes) tokens: Tokens,
    /// The scopes to be stored with a new account.
    pub(in crate::routes) scope: Option<String>,
    /// Where a link in a mail leads.
    pub(in crate::routes) callback_url: Option<&'a str>,
    /// Whether new users are refused.
    pub(in crate::routes) refuses_sign_up: bool,
    /// Whether what is known of a user is replaced.
    pub(in crate::routes) overrides: bool,
    /// Whether no session is opened without a verified address.
    pub(in crate::routes) needs_verified_email: bool,
}

/// Somebody who has been signed in.
pub(in crate::routes) struct Entered {
    /// Their session.
    pub(in crate::routes) current: SessionUser,
    /// Whether they are new.
    pub(in crate::routes) is_new: bool,
}

/// Signs `entry` in, links their account or creates them, as the rules say: all of that and its events, or nothing.
pub(in crate::routes) async fn enter(
    app: &App,
    issuer: &Issuer,
    entry: &Entry<'_>,
) -> Result<Result<Entered, Refusal>, ApiError> {
    let client = issuer.client();
    let mut db = app.db.get().await?;
    db.begin().await?;
    let mut outcome = attempt(app, &mut db, entry, client).await?;
    if matches!(outcome, Attempt::Raced) {
        // Another request has created the user in the meantime: this one signs them in.
        db.rollback().await?;
        db.begin().await?;
        outcome = attempt(app, &mut db, entry, client).await?;
    }
    let (user, is_new) = match outcome {
        Attempt::Found(user) => (user, false),
        Attempt::Created(user) => (user, true),
        Attempt::Refused(refusal) => {
            db.rollback().await?;
            return refuse(app, &mut db, entry, refusal, client).await;
        }
        Attempt::Raced => {
            db.rollback().await?;
            return refuse(app, &mut db, entry, Refusal::UnableToCreate, client).await;
        }
    };
    if !user.email_verified {
        ask_to_verify(app, &mut db, entry, (&user, is_new), client).await?;
        if entry.needs_verified_email {
            let refused = refuse(app, &mut db, entry, Refusal::EmailNotVerified, client).await;
            db.commit().await?;
            return refused;
        }
    }
    let session = issuer.prepare(&user.id, true);
    let session = app.sessions.open(&mut db, session, &user).await?;
    let events = &app.events;
    events.session_created(&mut db, &session, client).await?;
    db.commit().await?;
    let current = SessionUser { session, user };
    issuer.begin(&current, Remember::AsBefore);
    Ok(Ok(Entered { current, is_new }))
}

async fn refuse(
    app: &App,
    db: &mut Conn,
    entry: &Entry<'_>,
    refusal: Refusal,
    client: &Client,
) -> Result<Result<Entered, Refusal>, ApiError> {
    let who = (entry.provider, email(entry));
    record::refused(app, db, (who.0, &who.1), &refusal.code(), client).await?;
    Ok(Err(refusal))
}

/// Queues the mail with the link that verifies the address of a user, if the settings want that.
async fn ask_to_verify(
    app: &App,
    db: &mut Conn,
    entry: &Entry<'_>,
    (user, is_new): (&User, bool),
    client: &Client,
) -> Result<(), ApiError> {
    let settings = app.config.settings.email_verification();
    let is_asked = if is_new {
        settings
            .send_on_sign_up
            .unwrap_or(entry.needs_verified_email)
    } else {
        entry.needs_verified_email && settings.send_on_sign_in.unwrap_or(false)
    };
    if is_asked && app.mail.can_send(MailKind::Verification) {
        let message = email_verification::mail(app, user, entry.callback_url, client)?;
        app.mail.queue(db, message).await?;
    }
    Ok(())
}

enum Attempt {
    Found(User),
    Created(User),
    Refused(Refusal),
    /// Somebody else has taken the address since it was looked up.
    Raced,
}

async fn attempt(
    app: &App,
    db: &mut Conn,
    entry: &Entry<'_>,
    client: &Client,
) -> Result<Attempt, ApiError> {
    let email = email(entry);
    lock_key(db, entry.provider, &entry.person.subject).await?;
    let known = with_owner(db, entry.provider, &entry.person.subject).await?;
    let (owner, account, user) = match known {
        Some((account, Some(user))) => (Owner::Linked, Some(account), Some(user)),
        Some((_, None)) => (Owner::Orphaned, None, None),
        None => match by_email(db, &email).await? {
            Some(user) => {
                let is_verified_here = user.email_verified;
                (Owner::SameAddress { is_verified_here }, None, Some(user))
            }
            None => (Owner::Nobody, None, None),
        },
    };
    let before = match (decide(situation(app, entry, owner)), account, user) {
        (Decision::SignIn, Some(account), Some(user)) => {
            keep_tokens(app, db, entry, &account).await?;
            user
        }
        (Decision::Link, _, Some(user)) => {
            let account = new_account(app, entry, &user.id)?;
            let id = add(db, &account, app.clock.now()).await?;
            record::linked(app, db, &user.id, (entry.provider, &id), client).await?;
            told_on_link(app, db, entry.person, user, client).await?
        }
        (Decision::Create, ..) => return create(app, db, entry, client).await,
        (Decision::Refuse(refusal), ..) => return Ok(Attempt::Refused(refusal)),
        (Decision::SignIn | Decision::Link, ..) => {
            return Ok(Attempt::Refused(Refusal::UnableToLink));
        }
    };
    let after = promoted(app, db, (entry.person, &email), before.clone()).await?;
    let after = if entry.overrides {
        overridden(app, db, (entry.person, &email), after).await?
    } else {
        Some(after)
    };
    let Some(after) = after else {
        return Ok(Attempt::Raced);
    };
    record::changed(app, db, &before, &after, client).await?;
    Ok(Attempt::Found(after))
}

fn email(entry: &Entry<'_>) -> String {
    let email = entry.person.email.as_deref().unwrap_or_default();
    folded(email)
}

fn situation(app: &App, entry: &Entry<'_>, owner: Owner) -> Situation {
    let rules = app.config.settings.account().account_linking();
    Situation {
        owner,
        is_trusted: rules.trusts(entry.provider),
        is_verified_there: entry.person.email_verified,
        is_enabled: rules.enabled(),
        is_explicit_only: rules.disable_implicit_linking(),
        needs_local_verification: rules.require_local_email_verified(),
        is_sign_up_disabled: entry.refuses_sign_up,
    }
}

/// Stores the new tokens of somebody whose account is linked.
async fn keep_tokens(
    app: &App,
    db: &mut Conn,
    entry: &Entry<'_>,
    account: &Account,
) -> Result<(), ApiError> {
    if app.config.settings.account().update_account_on_sign_in() {
        // Not the scopes: a sign-in may ask for fewer than were granted when the account was linked.
        let tokens = stored(app, entry.tokens.clone(), None)?;
        update_tokens(db, &account.id, &tokens, None, app.clock.now()).await?;
    }
    Ok(())
}

fn new_account(app: &App, entry: &Entry<'_>, user_id: &str) -> Result<NewAccount, ApiError> {
    Ok(NewAccount {
        id: app.new_id(),
        account_id: Some(entry.person.subject.clone()),
        provider_id: entry.provider.to_owned(),
        user_id: user_id.to_owned(),
        tokens: stored(app, entry.tokens.clone(), entry.scope.clone())?,
        ..NewAccount::default()
    })
}

async fn create(
    app: &App,
    db: &mut Conn,
    entry: &Entry<'_>,
    client: &Client,
) -> Result<Attempt, ApiError> {
    let now = app.clock.now();
    let fields = app.user_fields.create(&serde_json::Map::new(), now)?;
    let visible = app.user_fields.visible(&fields.stored);
    let mut user = User {
        name: entry.person.name.clone(),
        email: email(entry),
        email_verified: entry.person.email_verified,
        image: entry.person.image.clone(),
        created_at: now,
        updated_at: now,
        additional: fields.stored,
        id: app.new_id().unwrap_or_default(),
    };
    let account = new_account(app, entry, "")?;
    let registration = Registration {
        user: &user,
        account: &account,
        session: None,
    };
    match register(db, &registration).await? {
        Registered::Done { user_id, .. } => {
            user.id = user_id;
            user.additional = visible;
            record::created(app, db, &user, entry.provider, client).await?;
            Ok(Attempt::Created(user))
        }
        Registered::EmailTaken => Ok(Attempt::Raced),
        Registered::Unstorable => Ok(Attempt::Refused(Refusal::UnableToCreate)),
    }
}
