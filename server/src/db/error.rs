//! Why there is no connection.

use std::{error::Error, iter, sync::Arc, time::Duration};

use crate::{config::Problem, secondary::SecondaryError};

/// Why there is no connection. No variant contains a credential.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A credential file cannot be read or understood.
    #[error("{0}")]
    Configuration(#[from] Problem),
    /// The server cannot be reached or refuses the connection.
    #[error("cannot connect to the database at {address}: {}", message(source))]
    Connect {
        /// `host:port/name`.
        address: String,
        /// What the driver says.
        source: sqlx::Error,
    },
    /// Connecting took too long.
    #[error("the database at {address} did not answer within {} s", .limit.as_secs())]
    ConnectTimeout {
        /// `host:port/name`.
        address: String,
        /// How long was waited.
        limit: Duration,
    },
    /// Every connection stayed in use.
    #[error("no database connection became free within {} s", .0.as_secs())]
    Exhausted(Duration),
    /// The pool is closed because the process stops.
    #[error("the database pool is closed")]
    Closed,
    /// A statement of the pool itself failed.
    #[error("the database refused a statement: {0}")]
    Statement(#[from] sqlx::Error),
}

/// Why something could not be read, for several who wanted to read it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no connection.
    #[error(transparent)]
    Connection(Arc<DbError>),
    /// The statement failed.
    #[error(transparent)]
    Statement(Arc<sqlx::Error>),
}

impl From<DbError> for ReadError {
    fn from(error: DbError) -> Self {
        Self::Connection(Arc::new(error))
    }
}

impl From<sqlx::Error> for ReadError {
    fn from(error: sqlx::Error) -> Self {
        Self::Statement(Arc::new(error))
    }
}

/// What the server says, without the place in its source that the driver adds.
fn message(error: &sqlx::Error) -> String {
    error
        .as_database_error()
        .map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

/// Wrong password, or a role that may not sign in.
const INVALID_PASSWORD: &str = "28P01";
/// No such role, or one that `pg_hba.conf` turns away.
const INVALID_AUTHORIZATION: &str = "28000";

impl DbError {
    /// Whether the server refused the credentials, so that reading them again may help.
    pub fn is_authentication(&self) -> bool {
        let Self::Connect {
            source: sqlx::Error::Database(error),
            ..
        } = self
        else {
            return false;
        };
        matches!(
            error.code().as_deref(),
            Some(INVALID_PASSWORD | INVALID_AUTHORIZATION)
        )
    }
}

/// Whether `error` comes of there being no connection in time.
pub fn is_exhausted(error: &(dyn Error + 'static)) -> bool {
    let mut errors = iter::successors(Some(error), |&error| error.source());
    errors.any(|error| {
        let read = error.downcast_ref::<ReadError>();
        let shared = read.and_then(|error| match error {
            ReadError::Connection(error) => Some(error.as_ref()),
            ReadError::Statement(_) => None,
        });
        let error = shared.or_else(|| error.downcast_ref::<DbError>());
        matches!(error, Some(DbError::Exhausted(_)))
    })
}

/// Whether `error` says that the database works, and refuses what it was given: a value that the column cannot hold, or
/// that another row has, that refers to no row, or that is too large for the index of its column (SQLSTATE classes 22, 23
/// and 54).
pub fn is_refused(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    let classes = ["22", "23", "54"];
    code.is_some_and(|code| classes.iter().any(|class| code.starts_with(class)))
}

/// Why something was not kept where the settings want it: in the database, in the secondary storage, or in both.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The secondary storage failed.
    #[error(transparent)]
    Secondary(#[from] SecondaryError),
}
