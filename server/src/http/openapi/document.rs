//! The whole document.

use std::collections::BTreeMap;

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};
use warp::http::{Method, StatusCode};

use super::operation::Operation;
use crate::http::{content_type::Accepts, error_code::SERVER_BUSY, origin, table::Route};

/// Version of OpenAPI, as better-auth's document has it.
const OPENAPI: &str = "3.1.1";

/// What the document says apart from the endpoints.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// Public URL of the API.
    pub url: &'a str,
    /// Name of the cookie that holds the session.
    pub session_cookie: &'a str,
    /// Whether a session may be given as a bearer token.
    pub has_bearer: bool,
}

/// The document of `features`, each with the tag of its endpoints.
pub fn document<'r>(
    about: &About<'_>,
    features: impl IntoIterator<Item = (&'r str, &'r Route)>,
) -> Value {
    let settings = SchemaSettings::draft2020_12()
        .for_serialize()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let security: &[&str] = if about.has_bearer {
        &["sessionCookie", "bearerAuth"]
    } else {
        &["sessionCookie"]
    };
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut tags: Vec<&str> = Vec::new();
    for (tag, route) in features {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
        let methods = paths.entry(openapi_path(route.path)).or_default();
        let mut described;
        (described, generator) = describe(route, generator, security);
        let id = operation_id(route, !methods.is_empty());
        let mut operation = Map::from_iter([
            ("tags".to_owned(), json!([tag])),
            ("operationId".to_owned(), id.into()),
            ("summary".to_owned(), route.summary.into()),
        ]);
        operation.append(&mut described);
        methods.insert(route.method.as_str().to_ascii_lowercase(), operation.into());
    }
    let tags: Vec<Value> = tags.iter().map(|tag| json!({"name": tag})).collect();
    json!({
        "openapi": OPENAPI,
        "info": {
            "title": "AuthBackend",
            "description": "The HTTP API of better-auth, answered by AuthBackend.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": about.url}],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": security_schemes(about),
        },
    })
}

fn describe(
    route: &Route,
    generator: SchemaGenerator,
    security: &[&'static str],
) -> (Map<String, Value>, SchemaGenerator) {
    let mut operation = Operation::new(generator);
    (route.describe)(&mut operation);
    if let Some(query) = &route.query {
        operation.takes_query(query);
    }
    if let Some(answer) = route.answer {
        answer(&mut operation);
    }
    for error in route.errors {
        operation.fails(error);
    }
    describe_dispatch(route, &mut operation);
    operation.into_json(route.accepts, route.path, security)
}

/// What can be answered before the handler is asked.
fn describe_dispatch(route: &Route, operation: &mut Operation) {
    if route.method != Method::GET {
        for error in origin::ERRORS {
            operation.fails(error);
        }
        // A URL to redirect to that is no text.
        operation.fails_without_code(StatusCode::BAD_REQUEST);
        if route.accepts != Accepts::Nothing {
            operation.fails_with(StatusCode::BAD_REQUEST, "BAD_REQUEST");
            operation.fails_with(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE");
        }
    }
    operation.fails_without_code(StatusCode::TOO_MANY_REQUESTS);
    operation.fails_empty(StatusCode::PAYLOAD_TOO_LARGE);
    operation.fails_empty(StatusCode::INTERNAL_SERVER_ERROR);
    operation.fails(&SERVER_BUSY);
}

fn security_schemes(about: &About<'_>) -> Value {
    let mut schemes = json!({
        "sessionCookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": about.session_cookie,
            "description": "The session, in the cookie that signing in sets.",
        },
    });
    if about.has_bearer {
        schemes["bearerAuth"] = json!({
            "type": "http",
            "scheme": "bearer",
            "description": "The session, by the token that signing in answers with.",
        });
    }
    schemes
}

/// `/callback/:id` as `/callback/{id}`.
fn openapi_path(path: &str) -> String {
    let segment = |segment: &str| match segment.strip_prefix(':') {
        Some(name) => format!("{{{name}}}"),
        None => segment.to_owned(),
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// The words of the path in camel case; a further method of the same path is named behind them, as better-auth does.
fn operation_id(route: &Route, is_further: bool) -> String {
    let mut words = route
        .path
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let mut id = words.next().unwrap_or_default().to_owned();
    words.for_each(|word| push_capitalized(&mut id, word));
    if is_further {
        push_capitalized(&mut id, &route.method.as_str().to_ascii_lowercase());
    }
    id
}

fn push_capitalized(id: &mut String, word: &str) {
    let mut characters = word.chars();
    id.extend(characters.next().map(|first| first.to_ascii_uppercase()));
    id.extend(characters);
}

#[cfg(test)]
mod tests;
