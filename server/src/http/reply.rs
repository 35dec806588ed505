//! Answers.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use schemars::JsonSchema;
use serde::Serialize;
use warp::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    reply::Response,
};

use super::openapi::Operation;

/// What a handler answers with.
pub trait IntoReply {
    /// The response.
    fn into_reply(self) -> Response;

    /// Says what the response is; nothing where its type does not tell.
    fn describe(operation: &mut Operation) {
        let _ = operation;
    }
}

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

/// A JSON body.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => with_body(status, "application/json", body),
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
pub fn with_body(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(body.into());
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

/// Sets the header `Location` to `url` as it is. Characters that a header cannot carry are percent-encoded;
/// others beyond ASCII are Latin-1, as browsers read them.
pub fn set_location(response: &mut Response, url: &str) {
    const SAFE: &AsciiSet = &CONTROLS.remove(b'\t');
    let mut value = Vec::with_capacity(url.len());
    for character in url.trim_matches([' ', '\t', '\r', '\n']).chars() {
        match u8::try_from(character) {
            Ok(byte) if !character.is_control() || byte == b'\t' => value.push(byte),
            _ => {
                let encoded =
                    utf8_percent_encode(character.encode_utf8(&mut [0; 4]), SAFE).to_string();
                value.extend(encoded.into_bytes());
            }
        }
    }
    if let Ok(value) = HeaderValue::from_bytes(&value) {
        response.headers_mut().insert(header::LOCATION, value);
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
    fn a_location_carries_the_url_as_it_is() {
        assert_eq!(location("/a b?c=d#e"), b"/a b?c=d#e");
    }

    #[test]
    fn a_location_beyond_ascii_is_latin_1_and_beyond_that_percent_encoded() {
        assert_eq!(location("/é"), b"/\xe9");
        assert_eq!(location(" /x\u{2028}"), b"/x%E2%80%A8");
    }

    #[test]
    fn a_location_cannot_break_out_of_its_header() {
        assert_eq!(
            location("http://a/\r\nSet-Cookie: a=b\0"),
            b"http://a/%0D%0ASet-Cookie: a=b%00"
        );
    }
}
