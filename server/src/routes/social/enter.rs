//! Signs somebody in who comes from a service: the rules are in [`crate::oauth::linking`].

use crate::{
    app::App,
    db::Conn,
    email_verification,
    http::{error::ApiError, session::Issuer},
    identity::{
        account::{
            Account, NewAccount,
            store::{Told, add_once, keep, update_tokens, with_owner},
        },
        session::{self, SessionUser},
        user::{
            User,
            store::{Registered, Registration, by_email, register},
        },
    },
    mail::MailKind,
    oauth::{
        linking::{Decision, Owner, Refusal, Situation, decide},
        profile::Person,
        token::Tokens,
    },
};

use super::tokens::stored;

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

/// Signs `entry` in, links their account or creates them, as the rules say.
pub(in crate::routes) async fn enter(
    app: &App,
    issuer: &Issuer,
    entry: &Entry<'_>,
) -> Result<Result<Entered, Refusal>, ApiError> {
    let mut db = app.db.get().await?;
    let mut outcome = attempt(app, &mut db, entry).await?;
    if matches!(outcome, Attempt::Raced) {
        // Another request has created the user in the meantime: this one signs them in.
        outcome = attempt(app, &mut db, entry).await?;
    }
    let (user, is_new) = match outcome {
        Attempt::Found(user) => (user, false),
        Attempt::Created(user) => (user, true),
        Attempt::Refused(refusal) => return Ok(Err(refusal)),
        Attempt::Raced => return Ok(Err(Refusal::UnableToCreate)),
    };
    if !user.email_verified {
        let settings = app.config.settings.email_verification();
        let is_asked = if is_new {
            settings
                .send_on_sign_up
                .unwrap_or(entry.needs_verified_email)
        } else {
            entry.needs_verified_email && settings.send_on_sign_in.unwrap_or(false)
        };
        if is_asked && app.mail.can_send(MailKind::Verification) {
            let message =
                email_verification::mail(app, &user, entry.callback_url, issuer.client())?;
            app.mail.queue(&mut db, message).await?;
        }
        if entry.needs_verified_email {
            return Ok(Err(Refusal::EmailNotVerified));
        }
    }
    let session = issuer.prepare(&user.id, true);
    let id = session::store::open(&mut db, &session).await?;
    let session = session.stored(id, user.id.clone());
    let client = issuer.client();
    app.events
        .session_created(&mut db, &session, client)
        .await?;
    let current = SessionUser { session, user };
    issuer.announce(&current, None);
    Ok(Ok(Entered { current, is_new }))
}

enum Attempt {
    Found(User),
    Created(User),
    Refused(Refusal),
    /// Somebody else has taken the address since it was looked up.
    Raced,
}

async fn attempt(app: &App, db: &mut Conn, entry: &Entry<'_>) -> Result<Attempt, ApiError> {
    let email = email(entry);
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
    match (decide(situation(app, entry, owner)), account, user) {
        (Decision::SignIn, Some(account), Some(user)) => {
            let user = sign_in(app, db, entry, &account, user).await?;
            Ok(Attempt::Found(overridden(app, db, entry, user).await?))
        }
        (Decision::Link, _, Some(user)) => {
            let account = new_account(app, entry, &user.id)?;
            add_once(db, &account, app.clock.now()).await?;
            let user = promoted(app, db, entry, user).await?;
            let user = told_on_link(app, db, entry.person, user).await?;
            Ok(Attempt::Found(overridden(app, db, entry, user).await?))
        }
        (Decision::Create, ..) => create(app, db, entry).await,
        (Decision::Refuse(refusal), ..) => Ok(Attempt::Refused(refusal)),
        (Decision::SignIn | Decision::Link, ..) => Ok(Attempt::Refused(Refusal::UnableToLink)),
    }
}

fn email(entry: &Entry<'_>) -> String {
    let email = entry.person.email.as_deref().unwrap_or_default();
    email.to_lowercase()
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
async fn sign_in(
    app: &App,
    db: &mut Conn,
    entry: &Entry<'_>,
    account: &Account,
    user: User,
) -> Result<User, ApiError> {
    if app.config.settings.account().update_account_on_sign_in() {
        // Not the scopes: a sign-in may ask for fewer than were granted when the account was linked.
        let tokens = stored(app, entry.tokens.clone(), None)?;
        update_tokens(db, &account.id, &tokens, app.clock.now()).await?;
    }
    promoted(app, db, entry, user).await
}

/// The user, whose address counts as verified from now on if the service vouches for it.
async fn promoted(
    app: &App,
    db: &mut Conn,
    entry: &Entry<'_>,
    user: User,
) -> Result<User, ApiError> {
    let vouches = entry.person.email_verified && email(entry) == user.email;
    if user.email_verified || !vouches {
        return Ok(user);
    }
    let told = Told {
        email_verified: Some(true),
        ..Told::default()
    };
    Ok(keep(db, &user.id, &told, app.clock.now())
        .await?
        .unwrap_or(user))
}

/// The user with what the service says, if the settings want it whenever they sign in.
async fn overridden(
    app: &App,
    db: &mut Conn,
    entry: &Entry<'_>,
    user: User,
) -> Result<User, ApiError> {
    if !entry.overrides {
        return Ok(user);
    }
    let email = email(entry);
    let is_same = email == user.email;
    let told = Told {
        name: Some(&entry.person.name),
        image: entry.person.image.as_deref(),
        email: Some(&email),
        email_verified: Some(entry.person.email_verified || (is_same && user.email_verified)),
    };
    if let Some(user) = keep(db, &user.id, &told, app.clock.now()).await? {
        return Ok(user);
    }
    let id = &user.id;
    tracing::warn!(
        id,
        "what the service says of a user was not kept: the address is taken"
    );
    Ok(user)
}

/// The user with name and picture of an account that was just linked, if the settings want it.
pub(in crate::routes) async fn told_on_link(
    app: &App,
    db: &mut Conn,
    person: &Person,
    user: User,
) -> Result<User, ApiError> {
    if !app
        .config
        .settings
        .account()
        .account_linking()
        .update_user_info_on_link()
    {
        return Ok(user);
    }
    let told = Told {
        name: Some(&person.name),
        image: person.image.as_deref(),
        ..Told::default()
    };
    Ok(keep(db, &user.id, &told, app.clock.now())
        .await?
        .unwrap_or(user))
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

async fn create(app: &App, db: &mut Conn, entry: &Entry<'_>) -> Result<Attempt, ApiError> {
    let now = app.clock.now();
    let mut user = User {
        name: entry.person.name.clone(),
        email: email(entry),
        email_verified: entry.person.email_verified,
        image: entry.person.image.clone(),
        created_at: now,
        updated_at: now,
        additional: serde_json::Map::new(),
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
            Ok(Attempt::Created(user))
        }
        Registered::EmailTaken => Ok(Attempt::Raced),
        Registered::Unstorable => Ok(Attempt::Refused(Refusal::UnableToCreate)),
    }
}
