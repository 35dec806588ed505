//! A service's tokens as they are stored.

use crate::{app::App, http::error::ApiError, identity::account, oauth::token::Tokens};

/// The tokens as rows have them: access and refresh token encrypted where the settings say so.
pub(in crate::routes) fn stored(
    app: &App,
    tokens: Tokens,
    scope: Option<String>,
) -> Result<account::Tokens, ApiError> {
    let seal = |token: Option<String>| match token {
        Some(token)
            if !token.is_empty() && app.config.settings.account().encrypt_oauth_tokens() =>
        {
            app.secret_box().seal(&token, &app.random).map(Some)
        }
        token => Ok(token),
    };
    Ok(account::Tokens {
        access_token: seal(tokens.access_token)?,
        refresh_token: seal(tokens.refresh_token)?,
        id_token: tokens.id_token,
        access_token_expires_at: tokens.access_token_expires_at,
        refresh_token_expires_at: tokens.refresh_token_expires_at,
        scope,
    })
}

/// The stored scopes and the new ones, each once, in the order in which they came.
pub(in crate::routes) fn merged_scope(stored: Option<&str>, new: &[String]) -> String {
    let stored = stored.unwrap_or_default().split(',');
    let mut scopes: Vec<&str> = Vec::new();
    for scope in stored.chain(new.iter().map(String::as_str)).map(str::trim) {
        if !scope.is_empty() && !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    scopes.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_merged_in_the_order_in_which_they_came() {
        let new = ["b".to_owned(), " c ".to_owned(), String::new()];
        assert_eq!(merged_scope(Some("a, b,"), &new), "a,b,c");
        assert_eq!(merged_scope(None, &new), "b,c");
        assert_eq!(merged_scope(Some("a"), &[]), "a");
    }
}
