//! Signed posts, as Standard Webhooks (<https://www.standardwebhooks.com>, version 1) describes them.

use std::{fmt, sync::Arc, time::Duration};

use authbackend_crds::auth::SecretKeyRef;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};

use super::Failure;
use crate::{
    clock::Clock,
    config::SecretFiles,
    crypto::hmac::Signer,
    outbound::{Answer, Outbound, OutboundError},
};

/// Longest that a post takes: the deadline of [`Outbound`] and a little more.
pub const LIMIT: Duration = Duration::from_secs(12);

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// Bytes of a secret, by the specification.
const SECRET_LENGTH: std::ops::RangeInclusive<usize> = 24..=64;

/// A text that is no signing secret. Does not repeat it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidSecret;

impl fmt::Display for InvalidSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "must hold whsec_ and the base64 of 24 to 64 bytes: make one with `echo whsec_$(openssl rand -base64 32)`",
        )
    }
}

/// Posts signed JSON.
pub struct Poster {
    outbound: Arc<Outbound>,
    secret_files: SecretFiles,
    clock: Clock,
}

impl Poster {
    /// A poster that reads secrets from `secret_files`.
    pub fn new(outbound: Arc<Outbound>, secret_files: SecretFiles, clock: Clock) -> Self {
        Self {
            outbound,
            secret_files,
            clock,
        }
    }

    /// Posts `body` to `url`. `id` stays the same over all attempts, and the receiver knows by it what it has already.
    ///
    /// # Errors
    /// The receiver did not take it. One that is gone (410) is not asked again.
    pub async fn post(
        &self,
        url: &str,
        secret: &SecretKeyRef,
        id: &str,
        body: String,
    ) -> Result<(), Failure> {
        let secrets = self
            .secret_files
            .read(secret)
            .map_err(|problem| Failure::later(problem.to_string()))?;
        let timestamp = self.clock.now().unix_timestamp();
        let signatures = sign(secrets.expose(), id, timestamp, &body).map_err(|problem| {
            Failure::later(format!(
                "Secret {}, key {} {problem}",
                secret.name, secret.key
            ))
        })?;
        let timestamp = timestamp.to_string();
        let headers = [
            (CONTENT_TYPE, "application/json"),
            (ID, id),
            (TIMESTAMP, timestamp.as_str()),
            (SIGNATURE, signatures.as_str()),
        ];
        match self.outbound.post(url, &headers, body).await {
            Ok(answer) => judge(&answer),
            Err(error @ (OutboundError::Url | OutboundError::Header(_))) => {
                Err(Failure::never(error.to_string()))
            }
            Err(error) => Err(Failure::later(error.to_string())),
        }
    }
}

fn judge(answer: &Answer) -> Result<(), Failure> {
    let status = answer.status.as_u16();
    match status {
        200..=299 => Ok(()),
        410 => Err(Failure::never("the receiver answered 410: it is gone")),
        _ => Err(Failure::Later {
            reason: format!("the receiver answered {status}"),
            after: answer
                .headers
                .get(RETRY_AFTER)
                .and_then(|value| value.to_str().ok())
                .and_then(|value| value.trim().parse().ok())
                .map(Duration::from_secs),
        }),
    }
}

/// A signature for each of the `secrets`, which spaces or lines separate.
///
/// # Errors
/// There is none, or one is no secret.
pub fn sign(secrets: &str, id: &str, timestamp: i64, body: &str) -> Result<String, InvalidSecret> {
    let signed = format!("{id}.{timestamp}.{body}");
    let signatures = secrets
        .split_whitespace()
        .map(|secret| {
            let encoded = secret.strip_prefix("whsec_").unwrap_or(secret);
            let key = STANDARD.decode(encoded).map_err(|_| InvalidSecret)?;
            if !SECRET_LENGTH.contains(&key.len()) {
                return Err(InvalidSecret);
            }
            Ok(format!("v1,{}", Signer::new([key]).sign(&signed)))
        })
        .collect::<Result<Vec<_>, _>>()?;
    if signatures.is_empty() {
        return Err(InvalidSecret);
    }
    Ok(signatures.join(" "))
}

#[cfg(test)]
mod tests {
    use hyper::{HeaderMap, header::HeaderValue, http::StatusCode};

    use super::*;

    /// The example of the specification's reference libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const TIMESTAMP: i64 = 1_614_265_330;
    const BODY: &str = r#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn the_signature_is_that_of_the_reference_libraries() {
        assert_eq!(sign(SECRET, ID, TIMESTAMP, BODY).as_deref(), Ok(SIGNATURE));
    }

    #[test]
    fn a_secret_is_known_without_its_prefix() {
        let bare = SECRET.trim_start_matches("whsec_");
        assert_eq!(sign(bare, ID, TIMESTAMP, BODY).as_deref(), Ok(SIGNATURE));
    }

    #[test]
    fn each_of_several_secrets_signs() {
        let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let signatures = sign(&format!("{other}\n{SECRET}"), ID, TIMESTAMP, BODY).unwrap();
        let (first, second) = signatures.split_once(' ').unwrap();
        assert_eq!(Ok(first.to_owned()), sign(other, ID, TIMESTAMP, BODY));
        assert_eq!(second, SIGNATURE);
    }

    #[test]
    fn what_is_no_secret_signs_nothing() {
        for secret in ["", " ", "hunter2hunter2", "whsec_c2hvcnQ=", "whsec_&&&"] {
            assert_eq!(
                sign(secret, ID, TIMESTAMP, BODY),
                Err(InvalidSecret),
                "{secret:?}"
            );
        }
    }

    fn judged(status: u16, retry_after: Option<&'static str>) -> Result<(), Failure> {
        let mut headers = HeaderMap::new();
        if let Some(value) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(value));
        }
        judge(&Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            body: bytes::Bytes::new(),
        })
    }

    #[test]
    fn only_an_answer_of_2xx_takes_a_message() {
        for status in [200, 202, 204] {
            assert!(judged(status, None).is_ok(), "{status}");
        }
        for status in [301, 302, 400, 401, 404, 408, 429, 500, 503] {
            let failure = judged(status, None);
            assert!(matches!(failure, Err(Failure::Later { .. })), "{status}");
        }
    }

    #[test]
    fn a_receiver_that_is_gone_is_not_asked_again() {
        assert!(matches!(judged(410, None), Err(Failure::Never { .. })));
    }

    #[test]
    fn a_receiver_says_when_to_come_back() {
        for (value, expected) in [("120", Some(120)), ("soon", None)] {
            let Err(Failure::Later { after, .. }) = judged(429, Some(value)) else {
                panic!("not to be tried again");
            };
            assert_eq!(after, expected.map(Duration::from_secs), "{value}");
        }
    }
}
