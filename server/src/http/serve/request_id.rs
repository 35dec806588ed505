//! One identity per request, in logs and in the answer's `x-request-id`.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use hyper::header::HeaderValue;

/// Longer ones than this are not taken over from the client: they only fill the logs.
const MAX_LENGTH: usize = 128;

/// Identity of a request.
#[derive(Debug, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// The identity that a proxy gave, unless it is something that does not belong into a log.
    fn from_header(value: &HeaderValue) -> Option<Self> {
        let text = value.to_str().ok()?;
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(&byte);
        let is_sane = !text.is_empty() && text.len() <= MAX_LENGTH && text.bytes().all(is_allowed);
        is_sane.then(|| Self(text.to_owned()))
    }

    /// The identity as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Makes identities: a prefix of the process and a number.
#[derive(Debug)]
pub struct RequestIds {
    prefix: u64,
    next: AtomicU64,
}

impl RequestIds {
    /// `prefix` tells processes apart and should be random.
    pub fn new(prefix: u64) -> Self {
        Self {
            prefix,
            next: AtomicU64::new(1),
        }
    }

    /// The identity of a request whose header `x-request-id` is `header`.
    pub fn identify(&self, header: Option<&HeaderValue>) -> RequestId {
        header.and_then(RequestId::from_header).unwrap_or_else(|| {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            RequestId(format!("{:016x}-{number}", self.prefix))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identify(header: &'static str) -> String {
        RequestIds::new(0xab)
            .identify(Some(&HeaderValue::from_static(header)))
            .to_string()
    }

    #[test]
    fn an_identity_given_by_a_proxy_is_kept() {
        assert_eq!(
            identify("0af7651916cd43dd-8448/eb211c80319c="),
            "0af7651916cd43dd-8448/eb211c80319c="
        );
    }

    #[test]
    fn what_does_not_belong_into_a_log_is_replaced() {
        for header in ["", "a b", "\"quoted\"", "{\"level\":\"error\"}"] {
            assert_eq!(identify(header), "00000000000000ab-1", "{header:?}");
        }
        let long = "a".repeat(MAX_LENGTH + 1);
        let header = HeaderValue::from_str(&long).unwrap();
        assert_ne!(RequestIds::new(1).identify(Some(&header)).as_str(), long);
    }

    #[test]
    fn requests_without_one_get_different_ones() {
        let ids = RequestIds::new(1);
        assert_ne!(ids.identify(None), ids.identify(None));
    }
}
