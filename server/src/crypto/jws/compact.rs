//! The compact form: header, payload and signature in base64url, with dots between.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::{Map, Value};

/// A token in its parts, whose signature nobody has verified.
#[derive(Debug)]
pub struct Compact<'a> {
    /// What is signed: header and payload as they were sent.
    pub signed: &'a str,
    /// The header.
    pub header: Map<String, Value>,
    /// The payload.
    pub payload: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

impl<'a> Compact<'a> {
    /// Reads `token`; none where it has another form, or demands extensions (`crit`), of which none is known here.
    pub fn parse(token: &'a str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let decode = |part| URL_SAFE_NO_PAD.decode(part).ok();
        let header: Map<String, Value> = serde_json::from_slice(&decode(header)?).ok()?;
        (!header.contains_key("crit")).then_some(Self {
            signed,
            header,
            payload: decode(payload)?,
            signature: decode(signature)?,
        })
    }

    /// A text parameter of the header.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.header.get(name)?.as_str()
    }
}

/// A token with `header` and `payload`, whose signature `sign` makes of the text that it is given.
///
/// # Errors
/// `header` or `payload` cannot be written as JSON, or `sign` fails.
pub fn encode<E: From<serde_json::Error>>(
    header: &impl Serialize,
    payload: &impl Serialize,
    sign: impl FnOnce(&str) -> Result<Vec<u8>, E>,
) -> Result<String, E> {
    let mut token = URL_SAFE_NO_PAD.encode(serde_json::to_vec(header)?);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(payload)?, &mut token);
    let signature = sign(&token)?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}
