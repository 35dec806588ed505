//! Links that show that an email address is its user's.
//!
//! Nothing of them is stored: the token in the link is signed, says which address of which user it is for, and stops
//! holding once the user has another one. This is better-auth's own token, so that links which it has mailed hold here.

mod claims;

use time::Duration;

use crate::{
    app::App,
    crypto::jwt::{JwtError, SignError},
    http::{extract::Client, uri::encode_component},
    identity::user::User,
    mail::{MailKind, Message},
};

pub use claims::{Claims, Purpose};

/// A mail to `user` with a link that verifies their address, after which they are sent to `callback_url`.
///
/// # Errors
/// There is no secret to sign with.
pub fn mail(
    app: &App,
    user: &User,
    callback_url: Option<&str>,
    client: &Client,
) -> Result<Message, SignError> {
    let claims = Claims {
        email: user.email.clone(),
        purpose: Purpose::Verify,
        user_id: Some(user.id.clone()),
    };
    let message = Message::new(MailKind::Verification, user);
    with_link(app, message, claims, callback_url, client)
}

/// The mail `message` with a link that says `claims`.
///
/// # Errors
/// There is no secret to sign with.
pub fn with_link(
    app: &App,
    message: Message,
    claims: Claims,
    callback_url: Option<&str>,
    client: &Client,
) -> Result<Message, SignError> {
    let lifetime = app.config.settings.email_verification().expires_in();
    let lifetime = Duration::seconds(lifetime.into());
    let claims = claims.into_payload();
    let token = app.jwt_signer().sign(claims, app.clock.now(), lifetime)?;
    let callback_url = callback_url.filter(|url| !url.is_empty()).unwrap_or("/");
    let url = format!(
        "{}/verify-email?token={token}&callbackURL={}",
        app.config.base_url.as_str(),
        encode_component(callback_url)
    );
    Ok(message.with_link(url, token).in_language_of(client))
}

/// What the token of a link says.
///
/// # Errors
/// See [`JwtError`].
pub fn read(app: &App, token: &str) -> Result<Claims, JwtError> {
    let payload = app.jwt_signer().verify(token, app.clock.now())?;
    Claims::from_payload(&payload).ok_or(JwtError::Invalid)
}
