//! The admin port: `/livez`, `/readyz` and `/metrics`, apart from the API so that no ingress shows them.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Request, Response, StatusCode,
    body::Incoming,
    header::{self, HeaderValue},
};
use tokio::time::{Instant, timeout_at};

use crate::{
    app::App,
    db::{Db, DbError, Schema},
    draining::Draining,
    http::serve::Answer,
    metrics::Metrics,
    migrate::REQUIRED_VERSION,
    secondary::Storage,
};

/// Kubernetes gives a probe one second by default; the answer should say why before that.
const CHECK_TIMEOUT: Duration = Duration::from_millis(900);

/// When every connection is busy, the last verdict stands for this long, and on for as long as the database answers
/// others: a server under load must not be taken out of service for being loaded, least of all with all its replicas.
const VERDICT_LIFETIME: Duration = Duration::from_secs(30);

/// What the admin port tells about.
pub struct Admin {
    db: Db,
    secondary: Option<Arc<Storage>>,
    metrics: Metrics,
    draining: Draining,
    last_ready: Mutex<Option<Instant>>,
}

/// Why the server should get no requests.
#[derive(Debug, PartialEq, Eq)]
enum Unready {
    Draining,
    Database,
    SecondaryStorage,
    Schema { version: i64 },
    Contracted { needed: i64 },
    Lacking { name: String },
}

impl fmt::Display for Unready {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Draining => formatter.write_str("shutting down"),
            Self::Database => formatter.write_str("database not reachable"),
            Self::SecondaryStorage => formatter.write_str("secondary storage not reachable"),
            Self::Schema { version } => write!(
                formatter,
                "schema version {version}, needs {REQUIRED_VERSION}: run `auth-server migrate`"
            ),
            Self::Contracted { needed } => write!(
                formatter,
                "the schema works only with servers that know migration {needed}: run a newer version"
            ),
            Self::Lacking { name } => write!(
                formatter,
                "the schema has no {name}, which the settings name: run `auth-server migrate` with them"
            ),
        }
    }
}

impl Admin {
    /// Not ready once `draining` has begun.
    pub fn new(app: &App, metrics: Metrics, draining: Draining) -> Self {
        Self {
            db: app.db.clone(),
            secondary: app.secondary.clone(),
            metrics,
            draining,
            last_ready: Mutex::new(None),
        }
    }

    async fn readiness(&self) -> Result<(), Unready> {
        if self.draining.has_begun() {
            return Err(Unready::Draining);
        }
        let deadline = Instant::now() + CHECK_TIMEOUT;
        self.check_secondary(deadline).await?;
        let verdict = timeout_at(deadline, self.check_database()).await;
        let mut last_ready = self
            .last_ready
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match verdict {
            Ok(Ok(())) => {
                *last_ready = Some(Instant::now());
                Ok(())
            }
            Ok(Err(unready)) => {
                *last_ready = None;
                Err(unready)
            }
            Err(_) => {
                let stands = stands(*last_ready, self.db.last_answer(), Instant::now());
                if stands && self.db.is_exhausted() {
                    Ok(())
                } else {
                    Err(Unready::Database)
                }
            }
        }
    }

    /// Where sessions are kept they are looked for: without it nobody is signed in.
    async fn check_secondary(&self, deadline: Instant) -> Result<(), Unready> {
        let Some(secondary) = &self.secondary else {
            return Ok(());
        };
        match timeout_at(deadline, secondary.ping()).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => tracing::warn!(%error, "not ready"),
            Err(_) => tracing::warn!("not ready: the secondary storage does not answer"),
        }
        Err(Unready::SecondaryStorage)
    }

    async fn check_database(&self) -> Result<(), Unready> {
        let unreachable = |error: DbError| {
            tracing::warn!(%error, "not ready");
            Unready::Database
        };
        let mut connection = self.db.get().await.map_err(unreachable)?;
        let schema = Schema::read(
            &mut connection,
            self.db.known_migrations(),
            self.db.tables(),
        );
        match schema.await.map_err(|error| unreachable(error.into()))? {
            Schema::Ready { .. } => Ok(()),
            Schema::TooOld { version } => Err(Unready::Schema { version }),
            Schema::TooNew { needed } => Err(Unready::Contracted { needed }),
            Schema::Lacking { name } => Err(Unready::Lacking { name }),
        }
    }
}

/// Whether the verdict from `ready` stands at `now`, where no connection was to be had to look again. `answered` is when
/// the database answered somebody.
fn stands(ready: Option<Instant>, answered: Option<Instant>, now: Instant) -> bool {
    let Some(ready) = ready else {
        return false;
    };
    let proof = answered.map_or(ready, |answered| answered.max(ready));
    now.saturating_duration_since(proof) < VERDICT_LIFETIME
}

impl Answer for Admin {
    type Body = Full<Bytes>;

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        match request.uri().path() {
            "/livez" => text(StatusCode::OK, "ok\n".to_owned()),
            "/readyz" => match self.readiness().await {
                Ok(()) => text(StatusCode::OK, "ok\n".to_owned()),
                Err(unready) => text(StatusCode::SERVICE_UNAVAILABLE, format!("{unready}\n")),
            },
            "/metrics" => match self.metrics.encode() {
                Ok(metrics) => exposition(metrics),
                Err(error) => {
                    tracing::error!(%error, "metrics cannot be written");
                    text(StatusCode::INTERNAL_SERVER_ERROR, String::new())
                }
            },
            _ => text(StatusCode::NOT_FOUND, "not found\n".to_owned()),
        }
    }
}

fn text(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}

/// The metrics with the media type that tells Prometheus which format they are in.
fn exposition(metrics: String) -> Response<Full<Bytes>> {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let mut response = text(StatusCode::OK, metrics);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(OPEN_METRICS));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_stands_for_a_while_and_for_as_long_as_the_database_answers() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        for (ready, answered, now, expected) in [
            (Some(0), None, 29, true),
            (Some(0), None, 30, false),
            (Some(0), Some(299), 300, true),
            (Some(0), Some(270), 300, false),
            (Some(280), Some(10), 300, true),
            (None, Some(300), 300, false),
        ] {
            let stands = stands(ready.map(at), answered.map(at), at(now));
            assert_eq!(stands, expected, "{ready:?} {answered:?} {now}");
        }
    }
}
