//! Opens one connection.

use std::time::Duration;

use log::LevelFilter;
use sqlx::{
    ConnectOptions as _, PgConnection,
    postgres::{PgConnectOptions, PgSslMode},
};

use super::{DbError, QuerySpans};
use crate::config::{SslMode, Target};

/// Shows in `pg_stat_activity` whose connection it is.
const APPLICATION_NAME: &str = "auth-server";

/// Prepared statements kept per connection: more than the distinct queries of the server, because each miss costs
/// another round trip.
const STATEMENT_CACHE_CAPACITY: usize = 512;

/// For name resolution, the TCP and TLS handshakes and signing in together.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Connects to `target`.
pub(crate) async fn connect(target: &Target) -> Result<PgConnection, DbError> {
    let address = target.address();
    match tokio::time::timeout(CONNECT_TIMEOUT, options(target).connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(source)) => Err(DbError::Connect { address, source }),
        Err(_) => Err(DbError::ConnectTimeout {
            address,
            limit: CONNECT_TIMEOUT,
        }),
    }
}

pub(super) fn options(target: &Target) -> PgConnectOptions {
    let mut options = PgConnectOptions::new_without_pgpass()
        .host(&target.host)
        .port(target.port)
        .username(&target.user)
        .ssl_mode(ssl_mode(target))
        .application_name(APPLICATION_NAME)
        .statement_cache_capacity(STATEMENT_CACHE_CAPACITY)
        .disable_statement_logging();
    if QuerySpans::are_wanted() {
        options = options
            .log_statements(LevelFilter::Trace)
            .log_slow_statements(LevelFilter::Trace, Duration::MAX);
    }
    if let Some(name) = &target.name {
        options = options.database(name);
    }
    if let Some(password) = &target.password {
        options = options.password(password.expose());
    }
    if let Some(authority) = &target.certificate_authority {
        options = options.ssl_root_cert_from_pem(authority.clone().into_bytes());
    }
    if !target.parameters.is_empty() {
        options = options.options(target.parameters.iter().map(|(name, value)| (name, value)));
    }
    options
}

fn ssl_mode(target: &Target) -> PgSslMode {
    match target.ssl_mode {
        SslMode::Disable => PgSslMode::Disable,
        SslMode::Allow => PgSslMode::Allow,
        SslMode::Prefer => PgSslMode::Prefer,
        // With an authority at hand libpq checks the certificate; the driver would not.
        SslMode::Require if target.certificate_authority.is_some() => PgSslMode::VerifyCa,
        SslMode::Require => PgSslMode::Require,
        SslMode::VerifyCa => PgSslMode::VerifyCa,
        SslMode::VerifyFull => PgSslMode::VerifyFull,
    }
}
