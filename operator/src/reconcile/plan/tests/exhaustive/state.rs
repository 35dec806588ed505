//! A world, small enough to be remembered by the hundred thousand.

use std::collections::HashMap;
use std::hash::Hash;

/// What may happen.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Copy, Debug)]
pub struct Alphabet {
    pub images: &'static [u8],
    pub backends: usize,
    pub databases: u8,
    pub jobs_get_lost: bool,
    pub retries: bool,
    pub secrets: bool,
    pub suspends: bool,
    pub manual: bool,
    pub drifts: bool,
    pub rollouts_fail: bool,
    /// Edits that change the pods and not the migration.
    pub tweaks: bool,
    /// ReplicaSets are deleted by hand, or because there are too many.
    pub templates_get_lost: bool,
    pub contracts: bool,
    /// The first image serves already.
    pub serving: bool,
    /// States after which the search ends although there are more.
    pub limit: usize,
}

/// The newest image whose release has a contract; servers of before cannot serve afterwards.
pub const CONTRACTING: u8 = 2;

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct State {
    pub backends: [Backend; 2],
    pub databases: [Db; 2],
    /// What the operator's process remembers: who may migrate which database.
    pub claims: u16,
}

/// A database.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Db {
    /// The newest image whose migrations it has.
    pub expanded: u8,
    /// The oldest image that can serve.
    pub floor: u8,
    /// Somebody changed it by hand: a migration has more to do.
    pub drift: bool,
    /// That happens once.
    pub drifted: bool,
}

/// Spec, status and objects of one AuthBackend. Texts and records are numbers of a [`Table`], 0 for none.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Backend {
    pub image: u8,
    pub database: u8,
    pub manual: bool,
    pub soon: bool,
    pub retry: bool,
    pub suspended: bool,
    pub tweak: bool,
    /// Version of the Secret, 0 while it is missing.
    pub secret: u8,
    pub approved_plan: u16,
    pub approved_contract: u16,

    pub status: Status,
    /// What the operator decided and has not written yet.
    pub pending: Option<Pending>,
    /// What the operator has yet to do after it wrote the status.
    pub intent: Option<Intent>,
    pub jobs: [Option<Job>; 3],
    /// A pod that outlived its Job.
    pub orphan: Option<Job>,
    pub deployed: Option<Template>,
    pub progress: Progress,
    /// What has pods that serve, as bits: one for each image on each database.
    pub serving: u8,
    /// What has pods that are ending.
    pub ending: u8,
    /// The templates whose ReplicaSets somebody deleted, as bits.
    pub lost: u16,
    /// What the operator saw every pod run last, on this database; no part of what it knows.
    pub proven: Option<Template>,
    /// What failed and was taken back; nobody asked for it again.
    pub refused: Option<Template>,
}

/// What is on record.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Status {
    pub migration: u16,
    pub started: u8,
    pub finished: u8,
    pub current: u16,
    pub previous: u16,
    pub rejected: u16,
    pub contract: u16,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Pending {
    pub status: Status,
    /// What is done once that is written.
    pub intent: Option<Intent>,
}

/// What a Deployment is made from.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Template {
    pub image: u8,
    pub database: u8,
    pub tweak: bool,
}

impl Template {
    pub fn bit(self) -> u8 {
        1 << (self.image - 1 + 3 * self.database)
    }

    /// As [`Self::bit`], for each template.
    pub fn place(self) -> u16 {
        u16::from(self.bit()) << (6 * u16::from(self.tweak))
    }

    pub fn text(self) -> String {
        format!("{self:?}")
    }

    /// All that there can be.
    pub fn all() -> impl Iterator<Item = Self> {
        let images = (1..=3).flat_map(|image| [0, 1].map(|database| (image, database)));
        images.flat_map(|(image, database)| {
            [false, true].map(|tweak| Self {
                image,
                database,
                tweak,
            })
        })
    }

    /// Whether its pods get ready.
    pub fn fits(self, databases: [Db; 2]) -> bool {
        let database = databases[usize::from(self.database)];
        database.expanded >= self.image && database.floor <= self.image
    }
}

#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Progress {
    #[default]
    Moving,
    Failed,
    Complete,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Intent {
    pub create: Option<Job>,
    /// Place of the Job to delete.
    pub remove: Option<u8>,
    pub deploy: Option<Template>,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Work {
    Migrate,
    Plan,
    Contract,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum End {
    /// Its pod does not exist yet.
    Waiting,
    Running,
    Succeeded,
    Failed,
    /// The database is too new.
    Refused,
    /// The plan is another one.
    Changed,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Job {
    pub work: Work,
    pub hash: u16,
    pub image: u8,
    pub database: u8,
    /// The plan that was approved, or that was made.
    pub plan: u16,
    pub end: End,
    pub created: u8,
    pub finished: u8,
    /// The schema that it reports.
    pub version: u8,
    /// Whether it reports a contract that waits.
    pub contracts: bool,
}

impl Job {
    pub fn is_finished(&self) -> bool {
        !matches!(self.end, End::Waiting | End::Running)
    }
}

impl State {
    pub fn new(alphabet: &Alphabet) -> Self {
        let backend = Backend {
            image: alphabet.images[0],
            secret: 1,
            ..Backend::default()
        };
        let mut second = backend;
        second.database = u8::from(alphabet.backends > 1);
        Self {
            backends: [backend, second],
            databases: [Db::default(); 2],
            claims: 0,
        }
    }

    /// Renumbers the times, so that worlds that differ only in when they are count as one.
    pub fn canonical(mut self) -> Self {
        for backend in &mut self.backends {
            let mut times = backend.times();
            let mut known: Vec<u8> = times
                .iter()
                .map(|time| **time)
                .filter(|time| *time > 0)
                .collect();
            known.sort_unstable();
            known.dedup();
            for time in &mut times {
                let rank = known.iter().position(|known| known == *time);
                **time = rank.map_or(0, |rank| u8::try_from(rank + 1).unwrap());
            }
            // Jobs are told apart by their times and hashes, not by their places.
            let jobs = backend.jobs;
            backend
                .jobs
                .sort_by_key(|job| job.map_or((1, 0, 0), |job| (0, job.created, job.hash)));
            let sorted = backend.jobs;
            let pending = backend.pending.as_mut().and_then(|it| it.intent.as_mut());
            for intent in pending.into_iter().chain(&mut backend.intent) {
                let doomed = intent.remove.and_then(|place| jobs[usize::from(place)]);
                let place = sorted
                    .iter()
                    .position(|job| job.is_some() && *job == doomed);
                intent.remove = place.map(|place| u8::try_from(place).unwrap());
            }
        }
        self
    }
}

impl Backend {
    fn times(&mut self) -> Vec<&mut u8> {
        let jobs = self.jobs.iter_mut().flatten();
        let jobs = jobs.flat_map(|job| [&mut job.created, &mut job.finished]);
        let pending = self.pending.iter_mut().map(|pending| &mut pending.status);
        let statuses = pending.chain([&mut self.status]);
        let statuses = statuses.flat_map(|status| [&mut status.started, &mut status.finished]);
        statuses.chain(jobs).collect()
    }

    /// Later than all that happened.
    pub fn now(&self) -> u8 {
        let mut copy = *self;
        copy.times()
            .into_iter()
            .map(|time| *time)
            .max()
            .unwrap_or(0)
            + 1
    }

    /// The templates that can be put back.
    pub fn templates(&self) -> impl Iterator<Item = Template> {
        let (lost, deployed) = (self.lost, self.deployed);
        Template::all().filter(move |it| lost & it.place() == 0 || deployed == Some(*it))
    }

    pub fn running_job(&self) -> Option<usize> {
        let unfinished = |job: &Option<Job>| job.is_some_and(|job| !job.is_finished());
        self.jobs.iter().position(unfinished)
    }
}

/// Numbers things.
#[derive(Default)]
pub struct Table<T> {
    numbers: HashMap<String, u16>,
    things: Vec<T>,
}

impl<T: Clone + std::fmt::Debug> Table<T> {
    pub fn number(&mut self, thing: Option<&T>) -> u16 {
        let Some(thing) = thing else {
            return 0;
        };
        let text = format!("{thing:?}");
        if let Some(number) = self.numbers.get(&text) {
            return *number;
        }
        self.things.push(thing.clone());
        let number = u16::try_from(self.things.len()).unwrap();
        self.numbers.insert(text, number);
        number
    }

    pub fn get(&self, number: u16) -> Option<&T> {
        self.things.get(usize::from(number).checked_sub(1)?)
    }
}
