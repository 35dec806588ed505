//! The admin port: `/livez`, `/readyz` and `/metrics`.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::metrics::Metrics;

/// Longest a client may take to send its request's head, and longest a connection lives. Probes and scrapes are short.
const CONNECTION_LIMIT: Duration = Duration::from_secs(10);

/// Bytes of an answer that is looked at.
const LONGEST_ANSWER: u64 = 4096;

/// The content type of Prometheus' text format as `OpenMetrics`.
const METRICS_CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How far this process is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Phase {
    /// Nothing works yet.
    Starting,
    /// Waits for the leader lease. Ready: a standby that is not would block the rollout of a new version.
    Standby,
    /// Leads, and reads the state of the cluster.
    Syncing,
    /// Leads, and knows the state of the cluster.
    Leading,
    /// Ends.
    Stopping,
}

impl Phase {
    const ALL: [Self; 5] = [
        Self::Starting,
        Self::Standby,
        Self::Syncing,
        Self::Leading,
        Self::Stopping,
    ];

    /// Whether the process does what it is there for.
    pub fn is_ready(self) -> bool {
        matches!(self, Self::Standby | Self::Leading)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Standby => "standby",
            Self::Syncing => "syncing",
            Self::Leading => "leading",
            Self::Stopping => "stopping",
        }
    }
}

/// The current [`Phase`]. Copies share it.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<AtomicU8>);

impl Health {
    /// Enters `phase`.
    pub fn enter(&self, phase: Phase) {
        tracing::info!(phase = phase.as_str(), "phase");
        self.0.store(phase as u8, Ordering::Release);
    }

    /// The current phase.
    pub fn phase(&self) -> Phase {
        let index = usize::from(self.0.load(Ordering::Acquire));
        Phase::ALL.get(index).copied().unwrap_or(Phase::Starting)
    }
}

/// Listens on `address`: for every address of both families, where `[::]` is asked for and the kernel has IPv6.
///
/// # Errors
/// The address cannot be listened on.
pub async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    if listener.is_ok() || address.ip() != Ipv6Addr::UNSPECIFIED {
        return listener;
    }
    let other = TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port())).await;
    // Of two errors the first one is told.
    other.or(listener)
}

/// Answers on `listener` for ever. Liveness does not depend on the API server: a restart would not bring it back.
pub async fn serve(listener: TcpListener, health: Health, metrics: Metrics) {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _peer)) => stream,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection on the admin port");
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
        };
        let (health, metrics) = (health.clone(), metrics.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let answer = answer(request.method(), request.uri().path(), &health, &metrics);
                async move { Ok::<_, Infallible>(answer) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(CONNECTION_LIMIT)
                .serve_connection(TokioIo::new(stream), service);
            // A client that goes away early is no event.
            let _ = tokio::time::timeout(CONNECTION_LIMIT, connection).await;
        });
    }
}

/// Asks the operator whose admin port is at `address` (host and port) whether it is ready.
///
/// # Errors
/// It is not, it does not answer, or something else does.
pub async fn ask(address: &str) -> anyhow::Result<()> {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        let request =
            format!("GET /readyz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(LONGEST_ANSWER).read_to_end(&mut answer).await?;
        io::Result::Ok(answer)
    };
    let answer = tokio::time::timeout(CONNECTION_LIMIT, exchange)
        .await
        .context("no answer in time")??;
    let answer = String::from_utf8_lossy(&answer);
    let phase = answer.lines().next_back().unwrap_or_default();
    anyhow::ensure!(answer.starts_with("HTTP/1.1 200 "), "not ready: {phase}");
    Ok(())
}

fn answer(
    method: &Method,
    path: &str,
    health: &Health,
    metrics: &Metrics,
) -> Response<Full<Bytes>> {
    let phase = health.phase();
    let (status, content_type, body) = match (method, path) {
        (&Method::GET, "/livez") => (StatusCode::OK, "text/plain", "ok".to_owned()),
        (&Method::GET, "/readyz") if phase.is_ready() => {
            (StatusCode::OK, "text/plain", phase.as_str().to_owned())
        }
        (&Method::GET, "/readyz") => (
            StatusCode::SERVICE_UNAVAILABLE,
            "text/plain",
            phase.as_str().to_owned(),
        ),
        (&Method::GET, "/metrics") => (StatusCode::OK, METRICS_CONTENT_TYPE, metrics.encode()),
        (_, "/livez" | "/readyz" | "/metrics") => {
            (StatusCode::METHOD_NOT_ALLOWED, "text/plain", String::new())
        }
        _ => (StatusCode::NOT_FOUND, "text/plain", String::new()),
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static(content_type),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(path: &str, phase: Phase) -> u16 {
        let health = Health::default();
        health.enter(phase);
        answer(&Method::GET, path, &health, &Metrics::default())
            .status()
            .as_u16()
    }

    #[tokio::test]
    async fn every_address_of_both_families_is_listened_on() {
        let every = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
        let listener = listen(every).await.unwrap();
        let address = listener.local_addr().unwrap();
        let port = address.port();
        TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .unwrap();
        if address.is_ipv6() {
            TcpStream::connect((Ipv6Addr::LOCALHOST, port))
                .await
                .unwrap();
        }
    }

    #[tokio::test]
    async fn an_operator_is_asked_whether_it_is_ready() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let health = Health::default();
        let server = tokio::spawn(serve(listener, health.clone(), Metrics::default()));
        health.enter(Phase::Syncing);
        let error = ask(&address).await.unwrap_err().to_string();
        assert_eq!(error, "not ready: syncing");
        health.enter(Phase::Leading);
        ask(&address).await.unwrap();
        server.abort();
        let _ = server.await;
        assert!(ask(&address).await.is_err());
    }

    #[test]
    fn a_standby_is_ready() {
        assert_eq!(status("/readyz", Phase::Standby), 200);
    }

    #[test]
    fn a_leader_is_ready_once_it_knows_the_cluster() {
        assert_eq!(status("/readyz", Phase::Syncing), 503);
        assert_eq!(status("/readyz", Phase::Leading), 200);
    }

    #[test]
    fn a_process_that_starts_or_stops_is_alive_and_not_ready() {
        for phase in [Phase::Starting, Phase::Stopping] {
            assert_eq!(status("/livez", phase), 200);
            assert_eq!(status("/readyz", phase), 503);
        }
    }

    #[test]
    fn other_paths_and_methods_are_refused() {
        assert_eq!(status("/", Phase::Leading), 404);
        let answer = answer(
            &Method::POST,
            "/livez",
            &Health::default(),
            &Metrics::default(),
        );
        assert_eq!(answer.status(), 405);
    }

    #[test]
    fn every_phase_survives_being_stored() {
        let health = Health::default();
        for phase in Phase::ALL {
            health.enter(phase);
            assert_eq!(health.phase(), phase);
        }
    }
}
