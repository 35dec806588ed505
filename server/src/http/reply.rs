//! Answers.

use bytes::Bytes;
use schemars::JsonSchema;
use serde::Serialize;
use warp::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    reply::Response,
};

use super::{openapi::Operation, uri};

/// What a handler answers with.
pub trait IntoReply {
    /// The response.
    fn into_reply(self) -> Response;

    /// Says what the response is; nothing where its type does not tell.
    fn describe(operation: &mut Operation) {
        let _ = operation;
    }
}

/// Bytes that a JSON body is given room for at first: enough for a session with its user.
const JSON_CAPACITY: usize = 1024;

/// A JSON body with status 200.
pub struct Json<T>(pub T);

impl<T: Serialize + JsonSchema> IntoReply for Json<T> {
    fn into_reply(self) -> Response {
        json(StatusCode::OK, &self.0)
    }

    fn describe(operation: &mut Operation) {
        operation.answers::<T>(StatusCode::OK);
    }
}

impl IntoReply for Response {
    fn into_reply(self) -> Response {
        self
    }
}

/// The content type of JSON.
const JSON: &str = "application/json";

/// A JSON body that is written already.
pub fn written_json(status: StatusCode, body: Bytes) -> Response {
    with_body(status, JSON, body)
}

/// A JSON body.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let mut text = Vec::with_capacity(JSON_CAPACITY);
    match serde_json::to_writer(&mut text, body) {
        Ok(()) => with_body(status, JSON, text),
        Err(error) => {
            tracing::error!(%error, "response body could not be written as JSON");
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// No body and no content type.
pub fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Vec::new().into());
    *response.status_mut() = status;
    response
}

/// A body of a type.
pub fn with_body(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response {
    let mut response = Response::new(body.into().into());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// A page that may do no more than `policy`, a Content-Security-Policy, allows.
pub fn page(text: String, policy: &str) -> Response {
    let mut response = with_body(
        StatusCode::OK,
        "text/html; charset=utf-8",
        text.into_bytes(),
    );
    if let Ok(policy) = HeaderValue::from_str(policy) {
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Adds a header that the scripts of other origins may read.
pub fn expose(response: &mut Response, name: &'static str, value: HeaderValue) {
    let headers = response.headers_mut();
    let exposed = headers.get(header::ACCESS_CONTROL_EXPOSE_HEADERS);
    let exposed = exposed
        .and_then(|list| list.to_str().ok())
        .unwrap_or_default();
    let mut names: Vec<_> = exposed
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    if !names.contains(&name) {
        names.push(name);
    }
    if let Ok(list) = HeaderValue::from_str(&names.join(", ")) {
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, list);
    }
    headers.insert(HeaderName::from_static(name), value);
}

/// A redirect of a browser.
pub fn found(location: &str) -> Response {
    let mut response = empty(StatusCode::FOUND);
    set_location(&mut response, location);
    response
}

/// Sets the header `Location` to `url`, written as the URI reference that the header wants (RFC 9110, section 10.2.2).
pub fn set_location(response: &mut Response, url: &str) {
    match HeaderValue::try_from(uri::reference(url)) {
        Ok(value) => drop(response.headers_mut().insert(header::LOCATION, value)),
        Err(error) => tracing::error!(%error, "a redirect could not be written"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(url: &str) -> Vec<u8> {
        let response = found(url);
        response
            .headers()
            .get(header::LOCATION)
            .unwrap()
            .as_bytes()
            .to_vec()
    }

    #[test]
    fn a_location_is_a_uri_reference_in_ascii() {
        assert_eq!(location("/a?b=c#d"), b"/a?b=c#d");
        assert_eq!(location("/\u{e9} \u{2028}"), b"/%C3%A9%20%E2%80%A8");
    }

    #[test]
    fn a_location_cannot_break_out_of_its_header() {
        assert_eq!(
            location("http://a/\r\nSet-Cookie: a=b\0c"),
            b"http://a/Set-Cookie:%20a=b%00c"
        );
    }
}
