//! The secondary storage: a Redis or a Valkey, in better-auth's own format, so that servers of better-auth can share it.
//!
//! Here is what is kept under which key and in which form; who keeps something asks [`Storage`] and the types around it.
//! When the secondary storage is asked and when the database is decided where something is kept:
//! `identity::session::Sessions`, `identity::verification::Verifications`, and the rate limits.

mod connection;
mod document;
mod error;
mod references;
mod sessions;
mod storage;
mod verifications;

pub use error::SecondaryError;
pub use sessions::{Ended, Lookup, SecondarySessions};
pub use storage::Storage;
pub use verifications::SecondaryVerifications;

use time::OffsetDateTime;

/// Milliseconds since 1970, as JavaScript counts.
fn milliseconds(date: OffsetDateTime) -> i64 {
    let milliseconds = date.unix_timestamp_nanos().div_euclid(1_000_000);
    i64::try_from(milliseconds).unwrap_or(i64::MAX)
}

/// Whole seconds from `now` until `end`, both in milliseconds since 1970; none where there is not one left.
fn seconds_left(end: i64, now: i64) -> Option<u64> {
    u64::try_from(end.saturating_sub(now).div_euclid(1000))
        .ok()
        .filter(|seconds| *seconds > 0)
}
