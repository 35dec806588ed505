//! What a service says about a user who is known already.

use crate::{
    app::App,
    db::Conn,
    http::{error::ApiError, extract::Client},
    identity::{
        account::store::{Kept, Told, keep},
        user::User,
    },
    oauth::profile::Person,
};

use super::record;

/// The user, whose address counts as verified from now on if the service vouches for it.
pub(super) async fn promoted(
    app: &App,
    db: &mut Conn,
    (person, email): (&Person, &str),
    user: User,
) -> Result<User, ApiError> {
    let vouches = person.email_verified && email == user.email;
    if user.email_verified || !vouches {
        return Ok(user);
    }
    let told = Told {
        email_verified: Some(true),
        ..Told::default()
    };
    Ok(kept(app, db, &user.id, &told).await?.or(user))
}

/// Keeps what a service says about the user `id`, also in their sessions.
async fn kept(app: &App, db: &mut Conn, id: &str, told: &Told<'_>) -> Result<Kept, ApiError> {
    let now = app.clock.now();
    let kept = keep(db, id, told, now).await?;
    if let Kept::Done(user) = &kept {
        app.sessions.user_changed(user, now).await?;
    }
    Ok(kept)
}

/// The user with what the service says whenever they sign in. None if that has ended the transaction.
pub(super) async fn overridden(
    app: &App,
    db: &mut Conn,
    (person, email): (&Person, &str),
    user: User,
) -> Result<Option<User>, ApiError> {
    let is_same = email == user.email;
    let told = Told {
        name: Some(&person.name),
        image: person.image.as_deref(),
        email: Some(email),
        email_verified: Some(person.email_verified || (is_same && user.email_verified)),
    };
    Ok(match kept(app, db, &user.id, &told).await? {
        Kept::Done(user) => Some(*user),
        Kept::Nothing => {
            let id = &user.id;
            tracing::warn!(
                id,
                "what the service says of a user was not kept: the address is taken"
            );
            Some(user)
        }
        Kept::Raced => None,
    })
}

/// The user with name and picture of an account that was just linked, if the settings want it.
pub(in crate::routes) async fn told_on_link(
    app: &App,
    db: &mut Conn,
    person: &Person,
    user: User,
    client: &Client,
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
    let kept = kept(app, db, &user.id, &told).await?;
    let after = kept.or(user.clone());
    record::changed(app, db, &user, &after, client).await?;
    Ok(after)
}
