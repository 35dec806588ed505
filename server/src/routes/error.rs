//! `GET /error`: where a browser ends up when something failed that it cannot be told about otherwise.

use url::{Url, form_urlencoded};
use warp::{http::StatusCode, reply::Response};

use crate::{
    http::{call::Query, error::ApiError, extract::State, reply, table::Route},
    route,
};

pub(super) const ROUTES: &[Route] = &[route!(GET "/error" => error)];

/// What the page shows in the place of a code that is none.
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
    if let Some(url) = on_api_error.and_then(|settings| settings.error_url.as_deref()) {
        return Ok(reply::found(&with_error(url, code, description)));
    }
    let page = page(code, description).into_bytes();
    Ok(reply::with_body(StatusCode::OK, "text/html", page))
}

fn is_code(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"'_-".contains(&byte);
    !text.is_empty() && text.bytes().all(is_allowed)
}

/// `url` with the error in its query, before the fragment. A URL that cannot be parsed stays as it is.
fn with_error(url: &str, code: &str, description: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("error", code);
    if let Some(description) = description {
        query.append_pair("error_description", description);
    }
    let query = query.finish();
    let base = Url::parse("https://relative.invalid").ok();
    let options = Url::options();
    let Ok(mut parsed) = options.base_url(base.as_ref()).parse(url) else {
        return url.to_owned();
    };
    let joined = match parsed.query() {
        None | Some("") => query,
        Some(own) if own.ends_with('&') => format!("{own}{query}"),
        Some(own) => format!("{own}&{query}"),
    };
    parsed.set_query(Some(&joined));
    let whole = String::from(parsed);
    if url.starts_with('/') {
        whole
            .strip_prefix("https://relative.invalid")
            .unwrap_or(&whole)
            .to_owned()
    } else {
        whole
    }
}

fn page(code: &str, description: Option<&str>) -> String {
    let description = description.map_or_else(
        || "Something unexpected happened. Please go back and try again.".to_owned(),
        escape,
    );
    let code = escape(code);
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Error</title>
<style>
:root {{ color-scheme: light dark; font-family: system-ui, sans-serif; }}
main {{ max-width: 36rem; margin: 20vh auto; padding: 0 1rem; }}
code {{ font-size: 0.9rem; overflow-wrap: anywhere; }}
</style>
</head>
<body>
<main>
<h1>Something went wrong</h1>
<p>{description}</p>
<p><code>{code}</code></p>
<p><a href="/">Home</a></p>
</main>
</body>
</html>
"#
    )
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
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
            ("/oops", "/oops?error=X&error_description=a+b"),
            ("/oops?a=1#f", "/oops?a=1&error=X&error_description=a+b#f"),
            ("/oops?a=1&", "/oops?a=1&error=X&error_description=a+b"),
            (
                "https://app.example",
                "https://app.example/?error=X&error_description=a+b",
            ),
        ] {
            assert_eq!(with_error(url, "X", Some("a b")), expected);
        }
    }

    #[test]
    fn nothing_in_the_page_is_taken_for_markup() {
        let page = page("X", Some("<script>alert('x')</script>&"));
        assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;"));
    }
}
