//! Calls to other servers: identity providers and receivers of webhooks. One client for the process.
//!
//! Redirects are not followed: whoever answers could send a request with its credentials elsewhere.

mod error;
mod span;

use std::{sync::OnceLock, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{
    Method, Request, Uri,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT},
    http::StatusCode,
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use rustls::{ClientConfig, RootCertStore};
use serde::de::DeserializeOwned;
use tracing::Instrument as _;
use url::form_urlencoded;

pub use error::OutboundError;
use error::Target;

/// Longest a call may take, from the look-up of the name to the last byte of the answer.
const DEADLINE: Duration = Duration::from_secs(10);

/// Longest an answer may be: 1 MiB.
const BODY_LIMIT: usize = 1024 * 1024;

/// How long a connection is kept for the next call.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// What other servers see as the caller.
const NAME: &str = concat!("AuthBackend/", env!("CARGO_PKG_VERSION"));

type Transport = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Calls other servers over HTTP/1.1, with TLS by rustls and the certificate authorities of the system.
pub struct Outbound {
    /// Made at the first call: a server that calls nobody need not hold a hundred certificates.
    transport: OnceLock<Transport>,
    deadline: Duration,
}

/// What another server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status; any, also that of a redirect or an error.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, 1 MiB at most.
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Errors
    /// It is something else.
    pub fn json<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_slice(&self.body)
    }
}

/// Headers of a call. Those that carry credentials are never printed.
pub type Headers<'a> = &'a [(HeaderName, &'a str)];

impl Outbound {
    /// A client without connections.
    pub fn new() -> Self {
        Self {
            transport: OnceLock::new(),
            deadline: DEADLINE,
        }
    }

    /// Gets `url`.
    ///
    /// # Errors
    /// No complete answer came in time.
    pub async fn get(&self, url: &str, headers: Headers<'_>) -> Result<Answer, OutboundError> {
        self.call(Method::GET, url, headers, Bytes::new()).await
    }

    /// Posts `form` to `url`, its fields in their order.
    ///
    /// # Errors
    /// No complete answer came in time.
    pub async fn post_form(
        &self,
        url: &str,
        headers: Headers<'_>,
        form: &[(&str, &str)],
    ) -> Result<Answer, OutboundError> {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let content_type = (CONTENT_TYPE, "application/x-www-form-urlencoded");
        let headers: Vec<_> = std::iter::once(content_type)
            .chain(headers.iter().cloned())
            .collect();
        self.post(url, &headers, body).await
    }

    /// Posts `body` to `url`.
    ///
    /// # Errors
    /// No complete answer came in time.
    pub async fn post(
        &self,
        url: &str,
        headers: Headers<'_>,
        body: impl Into<Bytes>,
    ) -> Result<Answer, OutboundError> {
        self.call(Method::POST, url, headers, body.into()).await
    }

    async fn call(
        &self,
        method: Method,
        url: &str,
        headers: Headers<'_>,
        body: Bytes,
    ) -> Result<Answer, OutboundError> {
        let uri: Uri = url.parse().map_err(|_| OutboundError::Url)?;
        let target = Target::of(&uri).ok_or(OutboundError::Url)?;
        let span = span::begin(&method, &uri);
        let request = request(method, uri, headers, body)?;
        let transport = self.transport.get_or_init(transport);
        let exchange = async {
            let response = transport
                .request(request)
                .await
                .map_err(|source| OutboundError::Unreachable(target.clone(), source))?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, BODY_LIMIT)
                .collect()
                .await
                .map_err(|error| {
                    if error.is::<LengthLimitError>() {
                        OutboundError::TooLong(target.clone())
                    } else {
                        OutboundError::Broken(target.clone(), error)
                    }
                })?;
            Ok(Answer {
                status: head.status,
                headers: head.headers,
                body: body.to_bytes(),
            })
        };
        let answer = tokio::time::timeout(self.deadline, exchange)
            .instrument(span.clone())
            .await
            .unwrap_or(Err(OutboundError::TooSlow(target.clone())));
        span::end(&span, answer.as_ref().ok().map(|answer| answer.status));
        answer
    }
}

impl Default for Outbound {
    fn default() -> Self {
        Self::new()
    }
}

fn request(
    method: Method,
    uri: Uri,
    headers: Headers<'_>,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, OutboundError> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    let own = request.headers_mut();
    own.insert(USER_AGENT, HeaderValue::from_static(NAME));
    for (name, value) in headers {
        let value = HeaderValue::from_str(value)
            .map_err(|_| OutboundError::Header(name.as_str().to_owned()))?;
        own.insert(name, value);
    }
    Ok(request)
}

fn transport() -> Transport {
    let mut http = HttpConnector::new();
    // Providers are reached over https; http is for tests and for those inside a cluster.
    http.enforce_http(false);
    http.set_nodelay(true);
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls())
        .https_or_http()
        .enable_http1()
        .wrap_connector(http);
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .build(connector)
}

fn tls() -> ClientConfig {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (count, _) = roots.add_parsable_certificates(found.certs);
    if count == 0 {
        tracing::error!(
            "no certificate authorities found on this system: no server can be called over TLS"
        );
    }
    ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

#[cfg(test)]
mod tests;
