use serde_json::json;
use warp::http::HeaderName;

use super::*;

const TRUSTED: &str = "http://localhost:4001";

/// The outcome as better-auth words it: the code, or the message of an error without one.
fn outcome(result: Result<(), ApiError>) -> String {
    match result {
        Ok(()) => "accepted".to_owned(),
        Err(ApiError::Code(code)) => code.code.to_owned(),
        Err(ApiError::Message { message, .. }) => message,
        Err(other) => format!("{other:?}"),
    }
}

fn rules(trusted: &TrustedOrigins) -> Rules<'_> {
    Rules {
        trusted,
        scheme: "http",
        checks_origin: true,
        checks_redirects: true,
        checks_forms: true,
    }
}

fn headers(list: &[(&str, &str)]) -> HeaderMap {
    let headers = list.iter().map(|(name, value)| {
        (
            HeaderName::from_bytes(name.as_bytes()).unwrap(),
            value.parse().unwrap(),
        )
    });
    headers.collect()
}

#[test]
fn an_origin_or_referer_must_be_trusted() {
    let trusted = TrustedOrigins::new(TRUSTED, &[]).unwrap();
    let missing = "MISSING_OR_NULL_ORIGIN";
    for (sent, expected) in [
        (&[("origin", TRUSTED)][..], "accepted"),
        (&[("referer", "http://localhost:4001/page?x")], "accepted"),
        (
            &[("origin", TRUSTED), ("referer", "http://evil.example")],
            "accepted",
        ),
        (
            &[("origin", "http://evil.example"), ("referer", TRUSTED)],
            "INVALID_ORIGIN",
        ),
        (&[("origin", "/ok")], "INVALID_ORIGIN"),
        (&[], missing),
        (&[("origin", "")], missing),
        (&[("origin", "null")], missing),
        (
            &[("origin", "null"), ("sec-fetch-site", "cross-site")],
            missing,
        ),
        (
            &[
                ("origin", "null"),
                ("sec-fetch-site", "same-origin"),
                ("host", "localhost:4001"),
            ],
            "accepted",
        ),
        (
            &[
                ("origin", "null"),
                ("sec-fetch-site", "same-origin"),
                ("host", "evil.example"),
            ],
            "INVALID_ORIGIN",
        ),
    ] {
        assert_eq!(
            outcome(rules(&trusted).check_origin(&headers(sent))),
            expected,
            "{sent:?}"
        );
    }
}

#[test]
fn a_form_that_signs_in_must_not_come_from_another_site() {
    let trusted = TrustedOrigins::new(TRUSTED, &[]).unwrap();
    let missing = "MISSING_OR_NULL_ORIGIN";
    let (site, mode) = (
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
    );
    for (sent, expected) in [
        (&[][..], "accepted"),
        (&[site, mode], "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED"),
        (
            &[site, mode, ("origin", TRUSTED)],
            "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED",
        ),
        (
            &[site, mode, ("cookie", "a=b"), ("origin", TRUSTED)],
            "accepted",
        ),
        (&[site, ("sec-fetch-mode", "cors")], missing),
        (
            &[site, ("sec-fetch-mode", "cors"), ("origin", TRUSTED)],
            "accepted",
        ),
        (&[("sec-fetch-dest", "empty")], missing),
        (&[("sec-fetch-dest", " ")], "accepted"),
        (
            &[
                ("sec-fetch-site", "same-origin"),
                ("origin", "http://evil.example"),
            ],
            "INVALID_ORIGIN",
        ),
        (&[("origin", "http://evil.example")], "INVALID_ORIGIN"),
        (&[("referer", "http://evil.example")], "INVALID_ORIGIN"),
        (&[("origin", TRUSTED)], "accepted"),
        (&[("cookie", "a=b")], missing),
        (&[("cookie", "a=b"), ("origin", TRUSTED)], "accepted"),
    ] {
        assert_eq!(
            outcome(rules(&trusted).check_form(&headers(sent))),
            expected,
            "{sent:?}"
        );
    }
}

fn check_redirects(query: &str, body: &Value) -> String {
    let trusted = TrustedOrigins::new(TRUSTED, &[]).unwrap();
    outcome(rules(&trusted).check_redirects(&Query::parse(query), Some(body)))
}

#[test]
fn every_url_that_a_request_leads_to_must_be_trusted() {
    let evil = "http://evil.example";
    for (body, expected) in [
        (json!({}), "accepted"),
        (json!({"callbackURL": "/ok"}), "accepted"),
        (json!({"callbackURL": ""}), "accepted"),
        (
            json!({"callbackURL": null, "redirectTo": false}),
            "accepted",
        ),
        (json!({"callbackURL": evil}), "INVALID_CALLBACK_URL"),
        (json!({"redirectTo": evil}), "INVALID_REDIRECT_URL"),
        (
            json!({"errorCallbackURL": evil}),
            "INVALID_ERROR_CALLBACK_URL",
        ),
        (
            json!({"newUserCallbackURL": evil}),
            "INVALID_NEW_USER_CALLBACK_URL",
        ),
        (
            json!({"callbackURL": evil, "redirectTo": evil}),
            "INVALID_CALLBACK_URL",
        ),
        (
            json!({"callbackURL": 1}),
            "Invalid callbackURL: expected a string",
        ),
        (
            json!({"redirectTo": ["/ok"]}),
            "Invalid redirectURL: expected a string",
        ),
        (json!(["callbackURL"]), "accepted"),
        (json!("callbackURL"), "accepted"),
    ] {
        assert_eq!(check_redirects("", &body), expected, "{body}");
    }
}

#[test]
fn the_query_names_a_callback_url_where_the_body_does_not() {
    let evil = "callbackURL=http://evil.example";
    for (query, body, expected) in [
        (evil, json!({}), "INVALID_CALLBACK_URL"),
        (evil, json!({"callbackURL": ""}), "INVALID_CALLBACK_URL"),
        (evil, json!({"callbackURL": "/ok"}), "accepted"),
        (
            "callbackURL=/a&callbackURL=/b",
            json!({}),
            "Invalid callbackURL: expected a string",
        ),
        ("redirectTo=http://evil.example", json!({}), "accepted"),
    ] {
        assert_eq!(check_redirects(query, &body), expected, "{query} {body}");
    }
}
