//! What can go wrong with the secondary storage.

use redis::RedisError;

use crate::config::Problem;

/// Why the secondary storage did not do what it was asked for. Holds no key and no value: keys are tokens.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SecondaryError {
    /// A Secret that is needed to connect cannot be read.
    #[error(transparent)]
    Secret(#[from] Problem),
    /// There is no connection.
    #[error("cannot connect to the secondary storage at {address}: {reason}")]
    Connect {
        /// `host:port`.
        address: String,
        /// What the driver or the server says.
        reason: String,
    },
    /// A command failed.
    #[error("the secondary storage at {address} failed: {reason}")]
    Command {
        /// `host:port`.
        address: String,
        /// What the driver or the server says.
        reason: String,
    },
    /// Others changed the same value at the same time, again and again.
    #[error(
        "too many requests change the list of a user's sessions in the secondary storage at once"
    )]
    Contended,
}

/// What `error` says, without what the server says about the command: that may repeat its arguments.
pub(super) fn reason(error: &RedisError) -> String {
    if error.is_io_error() {
        return error.to_string();
    }
    match error.code() {
        Some(code) => format!("{} ({code})", error.category()),
        None => error.category().to_owned(),
    }
}
