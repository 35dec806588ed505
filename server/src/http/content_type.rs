//! Which content types a route reads, and the body of a request as one JSON value.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};
use warp::http::{HeaderMap, HeaderValue, StatusCode, header};

use super::error::ApiError;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// The bodies that a route reads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Accepts {
    /// JSON.
    Json,
    /// JSON, and what an HTML form sends.
    FormOrJson,
    /// None: a body is left unread, whatever it is.
    Nothing,
}

impl Accepts {
    /// The content types, the preferred one last.
    pub const fn types(self) -> &'static [&'static str] {
        match self {
            Self::Json => &[JSON],
            Self::FormOrJson => &[FORM, JSON],
            Self::Nothing => &[],
        }
    }

    /// How the body is to be parsed; none where there is no body to read. `is_empty` says that nothing will come.
    ///
    /// # Errors
    /// The content type is not one of the route's.
    pub fn format(self, headers: &HeaderMap, is_empty: bool) -> Result<Option<Format>, ApiError> {
        // A body without a content type counts as none, as with better-auth on Node.
        let Some(content_type) = headers.get(header::CONTENT_TYPE) else {
            return Ok(None);
        };
        let is_absent = is_empty && !headers.contains_key(header::TRANSFER_ENCODING);
        if self == Self::Nothing || is_absent {
            return Ok(None);
        }
        let sent = latin_1(content_type);
        let essence = sent
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        if !self.types().contains(&essence.as_str()) {
            return Err(unsupported(&sent, self.types()));
        }
        Ok(Some(if essence == FORM {
            Format::Form
        } else {
            Format::Json
        }))
    }
}

/// How a body is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// JSON.
    Json,
    /// What an HTML form sends.
    Form,
}

impl Format {
    /// The value that `body` stands for.
    ///
    /// # Errors
    /// It is not JSON.
    pub fn parse(self, body: &[u8]) -> Result<Value, ApiError> {
        let body = String::from_utf8_lossy(body);
        match self {
            Self::Json => read_json(&body),
            Self::Form => Ok(read_form(&body)),
        }
    }
}

fn read_json(body: &str) -> Result<Value, ApiError> {
    let body = body.strip_prefix('\u{feff}').unwrap_or(body);
    let read = serde_json::from_str(body);
    let read = read.or_else(|_| serde_json::from_str(&replace_lone_surrogates(body)));
    read.map_err(|_| ApiError::Text {
        status: StatusCode::BAD_REQUEST,
        code: "BAD_REQUEST",
        message: "Invalid JSON in request body".to_owned(),
    })
}

/// JavaScript takes an escape for one half of a surrogate pair for a character, and writes U+FFFD in its place when
/// it leaves the process. No other escape is touched.
fn replace_lone_surrogates(body: &str) -> String {
    const HIGH: RangeInclusive<u16> = 0xd800..=0xdbff;
    const LOW: RangeInclusive<u16> = 0xdc00..=0xdfff;
    let mut replaced = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(start) = rest.find('\\') {
        let (before, escape) = rest.split_at(start);
        replaced.push_str(before);
        let (text, length) = match (code_unit(escape), escape.get(6..).and_then(code_unit)) {
            (Some(high), Some(low)) if HIGH.contains(&high) && LOW.contains(&low) => (None, 12),
            (Some(unit), _) if HIGH.contains(&unit) || LOW.contains(&unit) => (Some("\\ufffd"), 6),
            _ => (None, 2),
        };
        let length = escape.len().min(length);
        // Half a character cannot follow a backslash in JSON: what is left then is refused as it is.
        let Some((escape, after)) = escape.split_at_checked(length) else {
            break;
        };
        replaced.push_str(text.unwrap_or(escape));
        rest = after;
    }
    replaced.push_str(rest);
    replaced
}

/// The code unit that an escape such as `\u00e9` at the start of `text` names.
fn code_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex {
        u16::from_str_radix(digits, 16).ok()
    } else {
        None
    }
}

/// The fields of a form; of two with one name, the last counts.
fn read_form(body: &str) -> Value {
    let fields = url::form_urlencoded::parse(body.as_bytes());
    Value::Object(
        fields
            .map(|(name, value)| (name.into(), value.into()))
            .collect::<Map<_, _>>(),
    )
}

fn unsupported(sent: &str, types: &[&str]) -> ApiError {
    let types = types.join(", ");
    let message = if sent.is_empty() {
        format!("Content-Type is required. Allowed types: {types}")
    } else {
        format!("Content-Type \"{sent}\" is not allowed. Allowed types: {types}")
    };
    ApiError::Text {
        status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
        code: "UNSUPPORTED_MEDIA_TYPE",
        message,
    }
}

/// Header values are bytes; like the platform of better-auth, read them as Latin-1.
pub fn latin_1(value: &HeaderValue) -> String {
    value.as_bytes().iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read_with(
        accepts: Accepts,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Option<Value>, ApiError> {
        let format = accepts.format(headers, body.is_empty())?;
        format.map(|format| format.parse(body)).transpose()
    }

    fn read(accepts: Accepts, content_type: &str, body: &[u8]) -> Result<Option<Value>, String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
        read_with(accepts, &headers, body).map_err(|error| match error {
            ApiError::Text { message, .. } => message,
            other => format!("{other:?}"),
        })
    }

    #[test]
    fn json_is_read_whatever_its_parameters_and_case() {
        for content_type in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/json ;x",
        ] {
            let read = read(Accepts::Json, content_type, b"\xef\xbb\xbf{\"a\": 1}");
            assert_eq!(read, Ok(Some(json!({"a": 1}))), "{content_type}");
        }
    }

    #[test]
    fn another_content_type_is_refused_with_the_list_of_the_route() {
        for (accepts, sent, message) in [
            (
                Accepts::Json,
                "text/plain",
                "Content-Type \"text/plain\" is not allowed. Allowed types: application/json",
            ),
            (
                Accepts::FormOrJson,
                "Multipart/Form-Data; boundary=x",
                "Content-Type \"Multipart/Form-Data; boundary=x\" is not allowed. Allowed types: \
                 application/x-www-form-urlencoded, application/json",
            ),
            (
                Accepts::Json,
                "application/vnd.api+json",
                "Content-Type \"application/vnd.api+json\" is not allowed. Allowed types: application/json",
            ),
            (
                Accepts::Json,
                "",
                "Content-Type is required. Allowed types: application/json",
            ),
        ] {
            assert_eq!(read(accepts, sent, b"{}"), Err(message.to_owned()));
        }
    }

    #[test]
    fn a_request_without_body_or_content_type_has_none() {
        assert_eq!(read(Accepts::Json, "text/plain", b""), Ok(None));
        let absent = read_with(Accepts::Json, &HeaderMap::new(), b"{}");
        assert_eq!(absent.unwrap(), None);
    }

    #[test]
    fn a_chunked_body_that_is_empty_is_malformed() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
        headers.insert(
            header::TRANSFER_ENCODING,
            HeaderValue::from_static("chunked"),
        );
        assert!(read_with(Accepts::Json, &headers, b"").is_err());
    }

    #[test]
    fn a_route_without_body_reads_none() {
        assert_eq!(read(Accepts::Nothing, "text/plain", b"x"), Ok(None));
    }

    #[test]
    fn malformed_json_is_a_bad_request() {
        for body in ["{", "", "{'a': 1}", "{\"a\": 1,}", "undefined"] {
            let expected = if body.is_empty() {
                Ok(None)
            } else {
                Err("Invalid JSON in request body".to_owned())
            };
            assert_eq!(
                read(Accepts::Json, JSON, body.as_bytes()),
                expected,
                "{body}"
            );
        }
    }

    #[test]
    fn half_a_surrogate_pair_becomes_the_replacement_character() {
        for (body, expected) in [
            (r#"["\ud800"]"#, json!(["\u{fffd}"])),
            (
                r#"["\uDC00\ud83d\ude00\\ud800\n"]"#,
                json!(["\u{fffd}😀\\ud800\n"]),
            ),
            (
                r#"["\ud800\ud83d\ude00\ud800x"]"#,
                json!(["\u{fffd}😀\u{fffd}x"]),
            ),
        ] {
            assert_eq!(
                read(Accepts::Json, JSON, body.as_bytes()),
                Ok(Some(expected)),
                "{body}"
            );
        }
        for body in [r#"["\ud8"]"#, "[\"\\", "[\"\\é", r#"["\ud800"#] {
            assert!(
                read(Accepts::Json, JSON, body.as_bytes()).is_err(),
                "{body}"
            );
        }
    }

    #[test]
    fn the_last_of_two_form_fields_counts() {
        let read = read(Accepts::FormOrJson, FORM, b"a=1&b=x+y%21&a=2");
        assert_eq!(read, Ok(Some(json!({"a": "2", "b": "x y!"}))));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in any::<Vec<u8>>()) {
            let _ = read(Accepts::FormOrJson, JSON, &body);
            prop_assert!(read(Accepts::FormOrJson, FORM, &body).is_ok());
        }

        #[test]
        fn what_is_written_as_json_is_read_back(text in ".*", number in any::<i32>()) {
            let value = json!({"text": text, "list": [number, null, true]});
            let read = read(Accepts::Json, JSON, value.to_string().as_bytes());
            prop_assert_eq!(read, Ok(Some(value)));
        }
    }
}
