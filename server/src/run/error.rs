//! Why the server did not start.

use std::{io, net::SocketAddr};

use crate::{app::AppError, config::Problem, db::DbError};

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A setting cannot be used.
    #[error(transparent)]
    Configuration(#[from] Problem),
    /// A setting that passed validation cannot be used.
    #[error("AUTH_CONFIG: {0}")]
    Settings(#[from] AppError),
    /// The pool cannot be opened.
    #[error(transparent)]
    Database(DbError),
    /// An address cannot be listened on.
    #[error("{variable} {address} cannot be listened on: {source}")]
    Listen {
        /// The variable with the address.
        variable: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The system denies something else.
    #[error("{0}: {1}")]
    System(&'static str, io::Error),
}

impl ServeError {
    /// 78 when the configuration has to change first, 1 when a retry may help.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Configuration(_) | Self::Settings(_) => 78,
            Self::Database(_) | Self::Listen { .. } | Self::System(..) => 1,
        }
    }
}

impl From<DbError> for ServeError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Configuration(problem) => Self::Configuration(problem),
            other => Self::Database(other),
        }
    }
}
