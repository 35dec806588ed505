//! One identity per request, in logs and in the answer's `x-request-id`.

use std::sync::atomic::{AtomicU64, Ordering};

use hyper::header::HeaderValue;

use crate::striped::{STRIPES, Striped};

/// Longer ones than this are not taken over from the client: they only fill the logs.
const MAX_LENGTH: usize = 128;

/// Identity of a request, in ASCII. Written as text when somebody asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Given(HeaderValue),
    Made { prefix: [u8; PREFIX], number: u64 },
}

impl RequestId {
    /// The identity that a proxy gave, unless it is something that does not belong into a log.
    fn from_header(value: &HeaderValue) -> Option<Self> {
        let text = value.as_bytes();
        let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(byte);
        let is_sane = !text.is_empty() && text.len() <= MAX_LENGTH && text.iter().all(is_allowed);
        is_sane.then(|| Self(Kind::Given(value.clone())))
    }

    /// The identity as the value of a header.
    pub fn to_header(&self) -> HeaderValue {
        match &self.0 {
            Kind::Given(value) => value.clone(),
            Kind::Made { prefix, number } => {
                let mut text = [0; PREFIX + DIGITS];
                let (before, digits) = text.split_at_mut(PREFIX);
                before.copy_from_slice(prefix);
                let length = PREFIX + decimal(*number, digits);
                // Digits and a hyphen are what a header may hold.
                let text = HeaderValue::from_bytes(text.get(..length).unwrap_or_default());
                text.unwrap_or_else(|_| HeaderValue::from_static("unknown"))
            }
        }
    }
}

/// Makes identities: a prefix of the process and a number.
#[derive(Debug)]
pub struct RequestIds {
    prefix: [u8; PREFIX],
    /// How many each stripe has made.
    made: Striped<AtomicU64>,
}

impl RequestIds {
    /// `prefix` tells processes apart and should be random.
    pub fn new(prefix: u64) -> Self {
        let mut text = [b'-'; PREFIX];
        for (digit, text) in format!("{prefix:016x}").bytes().zip(&mut text) {
            *text = digit;
        }
        Self {
            prefix: text,
            made: Striped::default(),
        }
    }

    /// The identity of a request whose header `x-request-id` is `header`.
    pub fn identify(&self, header: Option<&HeaderValue>) -> RequestId {
        header.and_then(RequestId::from_header).unwrap_or_else(|| {
            RequestId(Kind::Made {
                prefix: self.prefix,
                number: self.number(),
            })
        })
    }
}

impl RequestIds {
    /// Another one each time: of eight in a row each stripe has one.
    fn number(&self) -> u64 {
        let (stripe, made) = self.made.own();
        made.fetch_add(1, Ordering::Relaxed) * STRIPES as u64 + stripe as u64
    }
}

/// Bytes of the prefix: sixteen hexadecimal digits and a hyphen.
const PREFIX: usize = 17;

/// Digits of the largest number.
const DIGITS: usize = 20;

/// Writes `number` to `digits`, which has room for [`DIGITS`], and returns how many it has.
fn decimal(mut number: u64, digits: &mut [u8]) -> usize {
    let length = number.checked_ilog10().map_or(1, |last| last as usize + 1);
    for digit in digits.iter_mut().take(length).rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
    length
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, thread};

    use super::*;

    fn identify(header: &'static str) -> String {
        RequestIds::new(0xab)
            .identify(Some(&HeaderValue::from_static(header)))
            .to_header()
            .to_str()
            .unwrap()
            .to_owned()
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
            let made = identify(header);
            let number = made.strip_prefix("00000000000000ab-");
            let is_number = number.is_some_and(|number| number.parse::<u64>().is_ok());
            assert!(is_number, "{header:?}: {made}");
        }
        let long = "a".repeat(MAX_LENGTH + 1);
        let header = HeaderValue::from_str(&long).unwrap();
        assert_ne!(RequestIds::new(1).identify(Some(&header)).to_header(), long);
    }

    #[test]
    fn requests_are_numbered() {
        for number in [0, 9, 10, 1_234_567, u64::MAX] {
            let mut digits = [b'0'; DIGITS];
            let length = decimal(number, &mut digits);
            let text = str::from_utf8(&digits[..length]).unwrap();
            assert_eq!(text, number.to_string());
        }
    }

    #[test]
    fn requests_without_one_get_different_ones() {
        let ids = RequestIds::new(1);
        let mut made = Vec::new();
        thread::scope(|scope| {
            let threads = [(); 20].map(|()| {
                scope.spawn(|| {
                    (0..50)
                        .map(|_| ids.identify(None).to_header())
                        .collect::<Vec<_>>()
                })
            });
            made.extend(threads.map(|thread| thread.join().unwrap()).concat());
        });
        assert_eq!(made.into_iter().collect::<HashSet<_>>().len(), 1_000);
    }
}
