//! `bearer`: the session token in the header `Authorization`, for clients that keep no cookies.
//!
//! A request with one is taken for a request with that session's cookie. An answer that sets the cookie carries its
//! value in the header `set-auth-token` too.

use std::borrow::Cow;

use authbackend_crds::auth::Bearer;
use percent_encoding::percent_decode_str;

use crate::{
    app::App,
    http::{
        HeaderValue, Response,
        call::Call,
        error::ApiError,
        plugin::{After, Answered, Before, Plugin},
        reply,
    },
};

pub(super) static PLUGIN: Plugin = Plugin {
    before: Some(Before {
        on: |_| true,
        run: |call| {
            Box::pin(async {
                take_token(call);
                Ok(())
            })
        },
    }),
    after: Some(After {
        on: |_| true,
        run: |answered, response| Box::pin(async { give_token(answered, response) }),
    }),
    ..Plugin::new("bearer", |settings| settings.plugins().bearer.is_some())
};

/// Puts the token of the request into its cookies, if the server has signed it. Any other is no token: the cookies
/// count as they are.
fn take_token(call: &mut Call) {
    let signed = call
        .headers
        .get("authorization")
        .and_then(|header| header.to_str().ok())
        .and_then(token)
        .and_then(|token| signed_token(&call.app, token));
    if let Some(signed) = signed {
        call.jar = call.jar.with_session_token(signed);
    }
}

/// What follows the scheme, which is written in any case.
fn token(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_at_checked(7)?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer ") && !token.is_empty()).then_some(token)
}

/// The token with its signature, which the server adds itself unless the settings demand one.
fn signed_token(app: &App, token: &str) -> Option<String> {
    let signer = app.signer();
    if !token.contains('.') {
        let plugins = app.config.settings.plugins();
        let settings = plugins.bearer.as_ref();
        let is_refused = settings.is_some_and(Bearer::require_signature);
        return (!is_refused).then(|| format!("{token}.{}", signer.sign(token)));
    }
    let token = percent_decode_str(token)
        .decode_utf8()
        .unwrap_or(Cow::Borrowed(token));
    let (value, signature) = token.split_once('.')?;
    signer
        .verify(value, signature)
        .then(|| token.clone().into_owned())
}

/// Tells the client the token that the answer sets.
fn give_token(answered: &Answered, response: &mut Response) -> Result<(), ApiError> {
    if let Some(token) = answered.jar.new_session_token() {
        reply::expose(response, "set-auth-token", HeaderValue::from_str(&token)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::token;

    #[test]
    fn the_scheme_is_written_in_any_case_and_anything_else_is_no_token() {
        for (header, expected) in [
            ("Bearer abc", Some("abc")),
            ("bEARER  abc.def ", Some("abc.def")),
            ("Bearer ", None),
            ("Bearer", None),
            ("Basic abc", None),
            ("Bearer\tabc", None),
            ("é", None),
        ] {
            assert_eq!(token(header), expected, "{header}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_harm(header in ".{0,40}") {
            prop_assert!(token(&header).is_none_or(|token| !token.is_empty() && header.contains(token)));
        }
    }
}
