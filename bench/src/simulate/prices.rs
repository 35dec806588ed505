//! What the parts cost, in nanoseconds of a core, as measured. Each figure names its source.

/// A price that a query pays once, and one for each session that it asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Price {
    pub(super) once: f64,
    pub(super) each: f64,
}

impl Price {
    /// From the price of a check that is asked for alone, and that of one in a group of `size`.
    const fn between(alone: f64, (size, in_group): (f64, f64)) -> Self {
        let each = (in_group * size - alone) / (size - 1.0);
        Self {
            once: alone - each,
            each,
        }
    }

    /// The price of a query for `number` sessions.
    pub(super) fn of(self, number: usize) -> f64 {
        self.once + self.each * f64::from(u32::try_from(number).unwrap_or(u32::MAX))
    }
}

/// Sessions in a group when 32 connections ask without a pause (docs/performance.md, "What was done").
const GROUP: f64 = 12.5;

/// The auth server, per check: 30 µs alone, 19 µs in groups (docs/performance.md, "A request for a session").
pub(super) const SERVER: Price = Price::between(30_000.0, (GROUP, 19_000.0));

/// Postgres, per check: 40 µs alone, 12.5 µs in groups (docs/performance.md, likewise).
pub(super) const POSTGRES: Price = Price::between(40_000.0, (GROUP, 12_500.0));

/// The load generator, per check, where it shares the cores: two cores at 208,513 answers/s of bare hyper are 9.6 µs, of which that
/// server takes 4.6 (docs/performance.md, "Figures").
pub(super) const GENERATOR: f64 = 5_000.0;

/// Hashing a password: 150 hashes/s on two cores (docs/performance.md, "Figures").
pub(super) const HASH: f64 = 13_300_000.0;

/// What a sign-in asks of Postgres besides: two reads, and one transaction that writes a session, taken for two reads more.
pub(super) const SIGN_IN_READS: f64 = 80_000.0;
pub(super) const SIGN_IN_WRITE: f64 = 80_000.0;

/// A query through a pooler, which has one thread: `PgBouncer` 1.18 in transaction mode took 1.27 s for 73,395 (`pgbench -S -M extended`).
pub(super) const POOLER: f64 = 17_000.0;

/// From a server to the database and back, on a network; an assumption.
pub(super) const ROUND_TRIP: f64 = 200_000.0;

/// Queries for sessions that a server has under way, and sessions that one asks for
/// (`server/src/identity/session/reads.rs`).
pub(super) const READERS: usize = 2;
pub(super) const LARGEST_GROUP: usize = 64;

/// Connections of a server to the database, and those that Postgres has unless told otherwise.
pub(super) const CONNECTIONS: u32 = 8;
pub(super) const MAX_CONNECTIONS: u32 = 97;
