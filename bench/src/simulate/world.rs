//! A service that is simulated event by event: servers with cores of their own, readers that ask for groups of sessions, one
//! primary or several databases, and a pooler between them.
//!
//! Each price is drawn from an exponential distribution around its mean, and requests come at random (Poisson). Cores are
//! taken in the order of arrival; hashing, which has the lowest priority, in slices by those that nothing else wants.

use std::collections::BTreeMap;
use std::mem;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::model::{Load, Outcome, Part, Setup};
use super::parts::{Cores, Readers, Request, Work};
use super::prices::{
    GENERATOR, HASH, LARGEST_GROUP, POOLER, POSTGRES, READERS, SERVER, SIGN_IN_READS, SIGN_IN_WRITE,
};

/// A thread of the lowest priority runs for so long before somebody else gets its core, in nanoseconds.
const SLICE: f64 = 1_000_000.0;

/// The first fifth of the answers is not counted: the queues fill meanwhile.
const WARM_UP: usize = 5;

/// Simulates until `checks` have been answered.
pub(super) fn simulate(setup: Setup, checks: usize, seed: u64) -> Outcome {
    let mut world = World::new(setup, seed);
    world.begin();
    while world.latencies.len() < checks && world.step() {}
    world.outcome()
}

struct World {
    setup: Setup,
    random: StdRng,
    now: u64,
    /// What ends when, on which cores if on any; the second number keeps the order of what ends at once.
    events: BTreeMap<(u64, u64), (Option<usize>, Work)>,
    number: u64,
    /// Of the servers, then of the databases, then of the pooler.
    cores: Vec<Cores>,
    readers: Vec<Readers>,
    latencies: Vec<u64>,
    arrived: u32,
}

impl World {
    fn new(setup: Setup, seed: u64) -> Self {
        let servers = (0..setup.replicas).map(|_| Cores::new(setup.cores));
        let databases = (0..setup.databases).map(|_| Cores::new(setup.database_cores));
        Self {
            setup,
            random: StdRng::seed_from_u64(seed),
            now: 0,
            events: BTreeMap::new(),
            number: 0,
            cores: servers.chain(databases).chain([Cores::new(1)]).collect(),
            readers: (0..setup.replicas).map(|_| Readers::default()).collect(),
            latencies: Vec::new(),
            arrived: 0,
        }
    }

    fn begin(&mut self) {
        match self.setup.load {
            Load::Rate(_) => self.later(0.0, None, Work::Arrive),
            Load::OnOneMachine(clients) => {
                let request = Request {
                    replica: 0,
                    since: 0,
                };
                for _ in 0..clients {
                    self.submit(0, Work::Generate(request), GENERATOR);
                }
            }
        }
    }

    /// Goes on to what ends next. False if nothing is under way.
    fn step(&mut self) -> bool {
        let Some(((at, _), (cores, work))) = self.events.pop_first() else {
            return false;
        };
        self.now = at;
        if let Some(place) = cores {
            self.cores[place].free += 1;
        }
        self.done(work);
        if let Some(place) = cores {
            self.start(place);
        }
        true
    }

    /// What follows once `work` is done.
    fn done(&mut self, work: Work) {
        let round_trip = self.setup.round_trip;
        match work {
            Work::Arrive => self.arrive(),
            Work::Generate(request) => {
                let since = self.now;
                let request = Request { since, ..request };
                self.submit(request.replica, Work::Check(request), SERVER.each / 2.0);
            }
            Work::Check(request) => {
                self.readers[request.replica].waiting.push(request);
                self.read(request.replica);
            }
            Work::Ask(replica, group) if self.setup.pooler => {
                let pooler = self.cores.len() - 1;
                self.submit(pooler, Work::Pass(replica, group), POOLER);
            }
            Work::Ask(replica, group) | Work::Pass(replica, group) => {
                self.later(round_trip / 2.0, None, Work::Send(replica, group));
            }
            Work::Send(replica, group) => {
                let database = self.database();
                let price = POSTGRES.of(group.len());
                self.submit(database, Work::Query(replica, group), price);
            }
            Work::Query(replica, group) => {
                self.later(round_trip / 2.0, None, Work::Return(replica, group));
            }
            Work::Return(replica, group) => {
                self.readers[replica].busy -= 1;
                for request in group {
                    self.submit(replica, Work::Answer(request), SERVER.each / 2.0);
                }
                self.read(replica);
            }
            Work::Answer(request) => {
                self.latencies.push(self.now - request.since);
                if let Load::OnOneMachine(_) = self.setup.load {
                    self.submit(0, Work::Generate(request), GENERATOR);
                }
            }
            Work::SignIn(request) => self.hash(request, HASH),
            Work::Hash(request, left) if left > 0.0 => self.hash(request, left),
            Work::Hash(..) => {
                // The primary: standbys take no writes.
                self.submit(self.setup.replicas, Work::Write, SIGN_IN_WRITE);
            }
            Work::Write => {}
        }
    }

    /// A request comes, to any server, and so will the next one.
    fn arrive(&mut self) {
        let replica = self.random.random_range(0..self.setup.replicas);
        let request = Request {
            replica,
            since: self.now,
        };
        self.arrived += 1;
        if self.setup.sign_in_of > 0 && self.arrived.is_multiple_of(self.setup.sign_in_of) {
            let database = self.database();
            self.submit(database, Work::SignIn(request), SIGN_IN_READS);
        } else {
            self.submit(replica, Work::Check(request), SERVER.each / 2.0);
        }
        if let Load::Rate(rate) = self.setup.load {
            let pause = self.draw(1e9 / rate);
            self.later(pause, None, Work::Arrive);
        }
    }

    /// A reader that is free asks for those who wait.
    fn read(&mut self, replica: usize) {
        let readers = &mut self.readers[replica];
        if readers.busy == READERS || readers.waiting.is_empty() {
            return;
        }
        readers.busy += 1;
        let rest = readers
            .waiting
            .split_off(readers.waiting.len().min(LARGEST_GROUP));
        let group = mem::replace(&mut readers.waiting, rest);
        self.submit(replica, Work::Ask(replica, group), SERVER.once);
    }

    /// A slice of a hash, behind everything else.
    fn hash(&mut self, request: Request, left: f64) {
        let slice = left.min(SLICE);
        let work = Work::Hash(request, left - slice);
        self.cores[request.replica].patient.push_back((work, slice));
        self.start(request.replica);
    }

    /// Any of the databases.
    fn database(&mut self) -> usize {
        match self.setup.load {
            Load::OnOneMachine(_) => 0,
            Load::Rate(_) => {
                self.setup.replicas + self.random.random_range(0..self.setup.databases)
            }
        }
    }

    fn submit(&mut self, place: usize, work: Work, price: f64) {
        let price = self.draw(price);
        self.cores[place].waiting.push_back((work, price));
        self.start(place);
    }

    /// Cores that are free take what waits.
    fn start(&mut self, place: usize) {
        let cores = &mut self.cores[place];
        if cores.free == 0 {
            return;
        }
        let next = cores
            .waiting
            .pop_front()
            .or_else(|| cores.patient.pop_front());
        if let Some((work, price)) = next {
            cores.free -= 1;
            cores.used += price;
            self.later(price, Some(place), work);
        }
    }

    /// A value around `mean`.
    fn draw(&mut self, mean: f64) -> f64 {
        // Never the logarithm of zero.
        -(1.0 - self.random.random::<f64>()).ln() * mean
    }

    fn later(&mut self, delay: f64, cores: Option<usize>, work: Work) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "nanoseconds of less than an hour"
        )]
        let at = self.now + delay as u64;
        self.number += 1;
        self.events.insert((at, self.number), (cores, work));
    }

    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    fn outcome(mut self) -> Outcome {
        let seconds = (self.now as f64 / 1e9).max(f64::EPSILON);
        let rate = self.latencies.len() as f64 / seconds;
        let mut latencies = self.latencies.split_off(self.latencies.len() / WARM_UP);
        latencies.sort_unstable();
        let (servers, others) = self.cores.split_at(self.setup.replicas);
        let (databases, pooler) = others.split_at(self.setup.databases);
        let busy = |cores: &[Cores]| {
            let parts = cores
                .iter()
                .map(|cores| cores.used / 1e9 / seconds / f64::from(cores.number));
            parts.fold(0.0, f64::max)
        };
        Outcome {
            rate,
            latencies,
            busy: [
                (Part::Servers, busy(servers)),
                (Part::Databases, busy(databases)),
                (Part::Pooler, busy(pooler)),
            ],
        }
    }
}
