//! Why a call failed, told without what may be secret: the query, the headers, the bodies.

use std::{error::Error, fmt};

use hyper::Uri;

/// Why no complete answer came.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The URL has no host or is none. It is not repeated here: it may hold a secret.
    #[error("a URL that is to be called is not valid")]
    Url,
    /// A header has a value that cannot be sent.
    #[error("the header {0} of a call has a value that cannot be sent")]
    Header(String),
    /// No connection, or none that lasted.
    #[error("{0} cannot be reached")]
    Unreachable(Target, #[source] hyper_util::client::legacy::Error),
    /// The answer broke off.
    #[error("{0} broke its answer off")]
    Broken(Target, #[source] Box<dyn Error + Send + Sync>),
    /// The answer is too long.
    #[error("{0} answers with more than 1 MiB")]
    TooLong(Target),
    /// The answer is not complete in time.
    #[error("{0} does not answer in time")]
    TooSlow(Target),
}

/// Where a call goes, as far as it may be printed: scheme, host and port.
#[derive(Clone, Debug)]
pub struct Target(String);

impl Target {
    pub(super) fn of(uri: &Uri) -> Option<Self> {
        let scheme = uri.scheme_str()?;
        let host = uri.host()?;
        Some(Self(match uri.port() {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        }))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
