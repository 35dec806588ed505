//! The mail that asks a user who came from a service to confirm their address.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use time::Duration;

use crate::{
    app::App,
    db::Conn,
    http::{error::ApiError, extract::Client},
    identity::user::User,
    mail::{MailKind, Message},
};

/// What JavaScript's `encodeURIComponent` leaves alone besides letters and digits.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Asks `user` to confirm their address, if mail can be sent at all. The link leads to `callback_url` in the end.
pub(super) async fn ask_to_verify(
    app: &App,
    db: &mut Conn,
    user: &User,
    client: &Client,
    callback_url: Option<&str>,
) -> Result<(), ApiError> {
    if !app.mail.can_send(MailKind::Verification) {
        return Ok(());
    }
    let claims = Map::from_iter([
        ("email".to_owned(), Value::from(user.email.as_str())),
        ("userId".to_owned(), Value::from(user.id.as_str())),
    ]);
    let lifetime = app.config.settings.email_verification().expires_in();
    let lifetime = Duration::seconds(lifetime.into());
    let token = app.jwt_signer().sign(claims, app.clock.now(), lifetime)?;
    let target = callback_url.filter(|url| !url.is_empty()).unwrap_or("/");
    let url = format!(
        "{}/verify-email?token={token}&callbackURL={}",
        app.config.base_url.as_str(),
        utf8_percent_encode(target, COMPONENT)
    );
    let message = Message::new(MailKind::Verification, user)
        .with_link(url, token)
        .in_language_of(client);
    app.mail.queue(db, message).await?;
    Ok(())
}
