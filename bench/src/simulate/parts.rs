//! Requests, what is done for them, and by whom.

use std::collections::VecDeque;

/// A request: which server has it, and since when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub(super) replica: usize,
    pub(super) since: u64,
}

/// What a core does, or what is on its way.
#[derive(Clone, Debug)]
pub(super) enum Work {
    Arrive,
    /// From a request to the point where it wants its session.
    Check(Request),
    /// A reader writes a query, a pooler passes it on, it travels, and a database answers it.
    Ask(usize, Vec<Request>),
    Pass(usize, Vec<Request>),
    Send(usize, Vec<Request>),
    Query(usize, Vec<Request>),
    /// The rows are there.
    Return(usize, Vec<Request>),
    /// From a session to the answer.
    Answer(Request),
    SignIn(Request),
    /// So much of the hash is left.
    Hash(Request, f64),
    Write,
    /// The load generator, where it shares the cores.
    Generate(Request),
}

/// Cores and who waits for them, with the price of what they want done.
#[derive(Debug)]
pub(super) struct Cores {
    pub(super) number: u32,
    pub(super) free: u32,
    pub(super) waiting: VecDeque<(Work, f64)>,
    /// Those of the lowest priority.
    pub(super) patient: VecDeque<(Work, f64)>,
    /// Nanoseconds of all cores together.
    pub(super) used: f64,
}

impl Cores {
    pub(super) fn new(number: u32) -> Self {
        Self {
            number,
            free: number,
            waiting: VecDeque::new(),
            patient: VecDeque::new(),
            used: 0.0,
        }
    }
}

/// The readers of a server, and who waits for their next query.
#[derive(Debug, Default)]
pub(super) struct Readers {
    pub(super) busy: usize,
    pub(super) waiting: Vec<Request>,
}
