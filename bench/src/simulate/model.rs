//! What is simulated, and what comes of it.

/// What is simulated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setup {
    pub(super) replicas: usize,
    /// Cores of each.
    pub(super) cores: u32,
    /// The primary, and standbys that answer for it.
    pub(super) databases: usize,
    /// Cores of each.
    pub(super) database_cores: u32,
    pub(super) pooler: bool,
    /// Nanoseconds.
    pub(super) round_trip: f64,
    /// Of so many requests one is a sign-in; none if zero.
    pub(super) sign_in_of: u32,
    pub(super) load: Load,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Load {
    /// So many requests per second, whatever becomes of them.
    Rate(f64),
    /// So many who ask again as soon as they are answered, on the cores of the only server, as Postgres is too.
    OnOneMachine(usize),
}

/// What came of it.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    /// Checks per second.
    pub(super) rate: f64,
    /// How long the checks took, in nanoseconds, in ascending order.
    pub(super) latencies: Vec<u64>,
    /// Which part of its time the busiest one of each kind works.
    pub(super) busy: [(Part, f64); 3],
}

impl Outcome {
    /// The smallest value that so many thousandths do not exceed, in nanoseconds.
    pub(super) fn quantile(&self, per_mille: usize) -> u64 {
        let rank = (self.latencies.len() * per_mille).div_ceil(1000);
        self.latencies
            .get(rank.saturating_sub(1))
            .copied()
            .unwrap_or_default()
    }

    /// What is busiest.
    pub(super) fn busiest(&self) -> (Part, f64) {
        let [first, rest @ ..] = self.busy;
        rest.into_iter().fold(
            first,
            |most, part| if part.1 > most.1 { part } else { most },
        )
    }
}

/// What may be busy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Part {
    Servers,
    Databases,
    Pooler,
}
