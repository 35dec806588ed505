//! How much of the memory connections and bodies may take.

use crate::http::body::LARGE;

/// Bytes that a connection takes at its worst: a head that is as large as it may be, and a small body with its values. Most take a
/// quarter of that.
const CONNECTION: u64 = 64 * 1024;

/// One in so many bytes is for connections.
const SHARE_OF_CONNECTIONS: u64 = 4;

/// One in so many bytes is for bodies that are not small, and for their values.
const SHARE_OF_BODIES: u64 = 8;

/// Open connections at most, however much memory there is: far above what a load balancer keeps.
const MAX_CONNECTIONS: usize = 10_000;

/// So that it can be asked at all.
const MIN_CONNECTIONS: usize = 100;

/// Bytes for bodies at most and at least.
const MAX_BODIES: usize = 256 * LARGE;
const MIN_BODIES: usize = 4 * LARGE;

/// What may be there at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Open connections to the API.
    pub connections: usize,
    /// Bytes of bodies that are not small, and of their values.
    pub bodies: usize,
}

impl Limits {
    /// What fits a process that may take `memory` bytes; without a number, as much as ever is allowed.
    pub fn within(memory: Option<u64>) -> Self {
        let share = |of: u64| {
            let bytes = memory.map_or(u64::MAX, |memory| memory / of);
            usize::try_from(bytes).unwrap_or(usize::MAX)
        };
        Self {
            connections: share(SHARE_OF_CONNECTIONS * CONNECTION)
                .clamp(MIN_CONNECTIONS, MAX_CONNECTIONS),
            bodies: share(SHARE_OF_BODIES).clamp(MIN_BODIES, MAX_BODIES),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_and_bodies_have_their_shares_of_the_memory() {
        const MIB: u64 = 1024 * 1024;
        for (mebibytes, connections, bodies) in [
            (Some(256), 1024, 32),
            (Some(64), 256, 8),
            (Some(1), 100, 4),
            (Some(1024), 4096, 128),
            (Some(65_536), 10_000, 256),
            (None, 10_000, 256),
        ] {
            let limits = Limits::within(mebibytes.map(|mebibytes| mebibytes * MIB));
            let expected = Limits {
                connections,
                bodies: bodies * LARGE,
            };
            assert_eq!(limits, expected, "{mebibytes:?} MiB");
        }
    }
}
