//! The way to the collector.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{Request, Response, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use opentelemetry_http::{HttpClient, HttpError};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use tokio::{runtime::Handle, time::timeout};

use crate::{Problem, Settings, failures::Cause, headers::Headers};

/// Longest an answer may be: 64 KiB. It is empty, or says what was refused.
const BODY_LIMIT: usize = 64 * 1024;

/// How long a connection is kept: longer than the five seconds between two batches.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// Sends batches from the exporter's own thread, on the runtime of the process.
pub(crate) struct Transport {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    runtime: Handle,
    headers: Headers,
    limit: Duration,
    cause: Cause,
}

impl Transport {
    /// # Errors
    /// The certificate authority cannot be used.
    pub(crate) fn new(settings: &Settings, runtime: Handle, cause: Cause) -> Result<Self, Problem> {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls(settings.authority.as_deref())?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        Ok(Self {
            client: Client::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(IDLE_TIMEOUT)
                .build(connector),
            runtime,
            headers: settings.headers.clone(),
            limit: settings.timeout,
            cause,
        })
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (mut head, body) = request.into_parts();
        head.headers.extend(self.headers.current()?);
        let request = Request::from_parts(head, Full::new(body));
        let (client, limit) = (self.client.clone(), self.limit);
        let exchange = async move {
            let answer = client.request(request).await;
            let (head, body) = answer.map_err(|error| innermost(&error))?.into_parts();
            let body = Limited::new(body, BODY_LIMIT).collect().await?.to_bytes();
            Ok(Response::from_parts(head, body))
        };
        // The exporter's thread has no runtime of its own to do this on.
        let exchange = self
            .runtime
            .spawn(async move { timeout(limit, exchange).await });
        let Ok(answer) = exchange.await? else {
            return Err(format!("the collector did not answer within {limit:?}").into());
        };
        answer
    }
}

#[async_trait]
impl HttpClient for Transport {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let result = self.send(request).await;
        match &result {
            Ok(answer) if answer.status().is_success() => {}
            // Not its body, which may repeat what it was sent.
            Ok(answer) => self.cause.set(&refusal(answer.status())),
            Err(error) => self.cause.set(error),
        }
        result
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Transport")
    }
}

fn refusal(status: StatusCode) -> String {
    format!("the collector answered {status}")
}

/// The last cause, which says what happened (connection refused): the others only say where.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    format!("the collector cannot be reached: {innermost}")
}

fn tls(authority: Option<&str>) -> Result<ClientConfig, Problem> {
    const NAME: &str = "OTEL_EXPORTER_OTLP_CERTIFICATE";
    let mut roots = RootCertStore::empty();
    if let Some(pem) = authority {
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            certificate
                .ok()
                .and_then(|certificate| roots.add(certificate).ok())
                .ok_or_else(|| {
                    Problem::new(NAME, "must be a file of certificates in PEM format")
                })?;
        }
        if roots.is_empty() {
            return Err(Problem::new(NAME, "holds no certificate in PEM format"));
        }
    } else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Problem::new(NAME, format!("cannot be used: {error}")))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_that_is_none_names_the_variable() {
        for pem in [
            "",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ] {
            let problem = tls(Some(pem)).unwrap_err().to_string();
            assert!(
                problem.starts_with("OTEL_EXPORTER_OTLP_CERTIFICATE "),
                "{problem}"
            );
        }
    }
}
