//! What is recorded of those who come from services.

use crate::{
    app::App,
    db::Conn,
    events::{Event, EventKind},
    http::{error::ApiError, extract::Client},
    identity::user::User,
};

/// Records that the user has signed up through `provider`.
pub(super) async fn created(
    app: &App,
    db: &mut Conn,
    user: &User,
    provider: &str,
    client: &Client,
) -> Result<(), ApiError> {
    let event = Event::new(EventKind::UserCreated)
        .of_user(&user.id)
        .from_client(client)
        .with("email", user.email.as_str())
        .with("providerId", provider);
    Ok(app.events.record(db, event).await?)
}

/// Records that the user `user_id` has the account `id` at `provider` linked.
pub(in crate::routes) async fn linked(
    app: &App,
    db: &mut Conn,
    user_id: &str,
    (provider, id): (&str, &str),
    client: &Client,
) -> Result<(), ApiError> {
    let event = Event::new(EventKind::AccountLinked)
        .of_user(user_id)
        .from_client(client)
        .with("providerId", provider)
        .with("accountId", id);
    Ok(app.events.record(db, event).await?)
}

/// Records what a service has changed about a user.
pub(super) async fn changed(
    app: &App,
    db: &mut Conn,
    before: &User,
    after: &User,
    client: &Client,
) -> Result<(), ApiError> {
    let event = |kind| Event::new(kind).of_user(&after.id).from_client(client);
    if (&before.name, &before.image) != (&after.name, &after.image) {
        app.events.record(db, event(EventKind::UserUpdated)).await?;
    }
    if before.email != after.email {
        let event = event(EventKind::EmailChanged)
            .with("from", before.email.as_str())
            .with("to", after.email.as_str());
        app.events.record(db, event).await?;
    }
    if after.email_verified && (!before.email_verified || before.email != after.email) {
        app.events
            .record(db, event(EventKind::EmailVerified))
            .await?;
    }
    Ok(())
}

/// Records that somebody with the address `email` was not signed in, for a `reason`.
pub(super) async fn refused(
    app: &App,
    db: &mut Conn,
    (provider, email): (&str, &str),
    reason: &str,
    client: &Client,
) -> Result<(), ApiError> {
    let event = Event::new(EventKind::SignInFailed)
        .from_client(client)
        .with_given_email(email)
        .with("providerId", provider)
        .with("reason", reason);
    Ok(app.events.record(db, event).await?)
}
