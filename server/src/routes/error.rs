//! `GET /error`: where a browser is sent when something failed that it cannot be told about otherwise.

use crate::{
    http::{
        Response, call::Query, error::ApiError, extract::State, openapi::Operation,
        redirect::Redirect, reply, schema::Field, table::Route,
    },
    route,
};

pub(super) const ROUTES: &[Route] = &[route!(GET "/error" => error)
    .summary("Send a browser to the page for errors")
    .query(&[
        Field::string("error").optional(),
        Field::string("error_description").optional(),
    ])
    .answering(Operation::redirects)];

/// Where a browser goes unless the settings say otherwise: the front page of the API's host.
const HOME: &str = "/";

/// Stands in the place of a code that is none.
const UNKNOWN: &str = "UNKNOWN";

async fn error(State(app): State, query: Query) -> Result<Response, ApiError> {
    let code = query
        .first("error")
        .filter(|code| is_code(code))
        .unwrap_or(UNKNOWN);
    let description = query
        .first("error_description")
        .filter(|text| !text.is_empty());
    let on_api_error = app.config.settings.on_api_error.as_ref();
    let url = on_api_error
        .and_then(|settings| settings.error_url.as_deref())
        .unwrap_or(HOME);
    Ok(reply::found(with_error(url, code, description).as_str()))
}

fn is_code(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"'_-".contains(&byte);
    !text.is_empty() && text.bytes().all(is_allowed)
}

/// `url` with the error in its query, before the fragment. A URL that cannot be parsed stays as it is.
pub(super) fn with_error(url: &str, code: &str, description: Option<&str>) -> Redirect {
    let redirect = Redirect::stored(url.to_owned()).with("error", code);
    match description {
        Some(description) => redirect.with("error_description", description),
        None => redirect,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_consists_of_letters_digits_and_few_signs() {
        for (text, expected) in [
            ("INVALID_TOKEN", true),
            ("a-b'c", true),
            ("", false),
            ("<b>", false),
            ("a b", false),
        ] {
            assert_eq!(is_code(text), expected, "{text}");
        }
    }

    #[test]
    fn the_error_joins_the_query_of_the_configured_url() {
        for (url, expected) in [
            (HOME, "/?error=X&error_description=a+b"),
            ("/oops", "/oops?error=X&error_description=a+b"),
            ("/oops?a=1#f", "/oops?a=1&error=X&error_description=a+b#f"),
            ("/oops?a=1&", "/oops?a=1&error=X&error_description=a+b"),
            (
                "/..//evil.example",
                "/.//evil.example?error=X&error_description=a+b",
            ),
            (
                "https://app.example",
                "https://app.example/?error=X&error_description=a+b",
            ),
        ] {
            assert_eq!(with_error(url, "X", Some("a b")).as_str(), expected);
        }
    }
}
