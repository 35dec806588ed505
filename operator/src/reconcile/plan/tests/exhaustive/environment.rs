//! Everything that happens apart from the operator's decisions: users, Jobs, pods, and the ends of operators.

use authbackend_crds::v1alpha1::MigrationPhase;

use super::operator::Operator;
use super::state::{
    Alphabet, Backend, CONTRACTING, Db, End, Intent, Job, Progress, State, Template, Work,
};

/// Something that happens to one AuthBackend.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    Image(u8),
    Database(u8),
    Manual,
    Soon,
    Retry,
    Suspend,
    Tweak,
    SecretGoes,
    SecretChanges,
    ApprovePlan,
    ApproveContract,
    Drift,
    JobStarts(usize),
    JobSucceeds(usize),
    JobFails(usize),
    /// Somebody deletes a Job, or it expires; its pod goes on for a while.
    JobGoes(usize),
    OrphanEnds {
        done: bool,
    },
    PodReady,
    RolloutCompletes,
    RolloutFails,
    PodsEnded,
    /// The ReplicaSet of what served last goes.
    TemplateGoes,
    /// The operator reads and decides.
    Reconcile,
    /// It writes the status.
    Report,
    /// It does the rest.
    Apply,
    /// It ends before that.
    Crash,
    /// It ends after it created the Job.
    CrashAfterJob,
    /// Its process ends, with all that it is about to do and all that it remembers.
    Restart,
}

/// All events that `alphabet` has.
pub fn events(alphabet: &Alphabet) -> Vec<Event> {
    let mut events = vec![
        Event::PodReady,
        Event::RolloutCompletes,
        Event::RolloutFails,
        Event::PodsEnded,
        Event::Reconcile,
        Event::Apply,
        Event::Crash,
        Event::CrashAfterJob,
        Event::OrphanEnds { done: true },
        Event::OrphanEnds { done: false },
    ];
    events.extend(alphabet.images.iter().map(|image| Event::Image(*image)));
    events.extend((0..alphabet.databases).map(Event::Database));
    for place in 0..3 {
        events.extend([
            Event::JobStarts(place),
            Event::JobSucceeds(place),
            Event::JobFails(place),
            Event::JobGoes(place),
        ]);
    }
    for (can, more) in [
        (alphabet.backends > 1, &[Event::Report, Event::Restart][..]),
        (alphabet.manual, &[Event::Manual, Event::ApprovePlan]),
        (alphabet.contracts, &[Event::Soon, Event::ApproveContract]),
        (alphabet.retries, &[Event::Retry]),
        (alphabet.suspends, &[Event::Suspend]),
        (alphabet.tweaks, &[Event::Tweak]),
        (alphabet.templates_get_lost, &[Event::TemplateGoes]),
        (alphabet.secrets, &[Event::SecretGoes, Event::SecretChanges]),
        (alphabet.drifts, &[Event::Drift]),
    ] {
        if can {
            events.extend(more);
        }
    }
    events
}

/// The world after `event`, or `None` where it cannot happen.
pub fn happen(
    mut state: State,
    index: usize,
    event: Event,
    operator: &mut Operator,
    alphabet: &Alphabet,
) -> Option<State> {
    let before = state;
    let backend = &mut state.backends[index];
    match event {
        Event::ApprovePlan => approve_plan(backend, operator),
        Event::ApproveContract => approve_contract(backend, operator),
        Event::Drift => drift(&mut state.databases[usize::from(backend.database)]),
        Event::JobStarts(place) => start(&mut state, index, place),
        Event::JobSucceeds(place) => succeed(&mut state, index, place, operator, alphabet),
        Event::JobFails(place) => fail(backend, place),
        Event::JobGoes(place) => {
            let job = backend.jobs[place]?;
            if !alphabet.jobs_get_lost && !job.is_finished() {
                return None;
            }
            lose(backend, place);
        }
        Event::OrphanEnds { done } => {
            let mut orphan = backend.orphan.take()?;
            if done {
                let database = &mut state.databases[usize::from(orphan.database)];
                work(&mut orphan, database, operator, alphabet);
            }
        }
        Event::PodReady => {
            let deployed = backend.deployed.filter(|it| it.fits(state.databases))?;
            backend.serving |= deployed.bit();
        }
        Event::RolloutCompletes => complete(backend, before.databases),
        Event::RolloutFails => {
            let deployed = backend.deployed?;
            let may = alphabet.rollouts_fail || !deployed.fits(state.databases);
            fail_rollout(backend, may);
        }
        Event::PodsEnded => backend.ending = 0,
        Event::TemplateGoes => {
            backend.lost |= backend.proven?.place();
            backend.refused = None;
        }
        Event::Reconcile => {
            if backend.intent.is_some() || backend.pending.is_some() {
                return None;
            }
            operator.plan(&mut state, index, alphabet);
        }
        Event::Report => operator.report(&mut state, index, alphabet),
        Event::Restart => operator.restart(&mut state),
        Event::Apply => {
            let intent = backend.intent.take()?;
            apply(&mut state, index, intent);
        }
        Event::Crash => {
            if backend.pending.take().is_none() {
                backend.intent.take()?;
            }
        }
        Event::CrashAfterJob => create_only(&mut state, index)?,
        edit => self::edit(backend, edit),
    }
    (state != before).then(|| state.canonical())
}

/// Of what is to be done only the Job is created.
fn create_only(state: &mut State, index: usize) -> Option<()> {
    let intent = state.backends[index].intent.take()?;
    intent.create?;
    let only_job = Intent {
        remove: None,
        deploy: None,
        ..intent
    };
    apply(state, index, only_job);
    Some(())
}

fn fail_rollout(backend: &mut Backend, may: bool) {
    if may && backend.progress == Progress::Moving {
        backend.progress = Progress::Failed;
    }
}

/// What users change.
fn edit(backend: &mut Backend, event: Event) {
    match event {
        Event::Image(image) => backend.image = image,
        Event::Database(database) => backend.database = database,
        Event::Manual => backend.manual ^= true,
        Event::Soon => backend.soon ^= true,
        Event::Retry => backend.retry ^= true,
        Event::Suspend => backend.suspended ^= true,
        Event::Tweak => backend.tweak ^= true,
        Event::SecretGoes => backend.secret = 0,
        Event::SecretChanges => backend.secret = if backend.secret == 1 { 2 } else { 1 },
        other => panic!("{other:?} is no edit"),
    }
    if !matches!(event, Event::Manual | Event::Soon | Event::Suspend) {
        backend.refused = None;
    }
    // What was decided before is refused: it carries the version that was read. Secrets are other objects.
    if !matches!(event, Event::SecretGoes | Event::SecretChanges) {
        backend.pending = None;
    }
}

pub fn approve_plan(backend: &mut Backend, operator: &mut Operator) {
    let shown = operator.migrations.get(backend.status.migration);
    let shown = shown.filter(|migration| migration.phase == MigrationPhase::AwaitingApproval);
    if let Some(plan) = shown.and_then(|migration| migration.plan.clone()) {
        backend.approved_plan = operator.texts.number(Some(&plan.hash));
        backend.pending = None;
    }
}

pub fn approve_contract(backend: &mut Backend, operator: &mut Operator) {
    let shown = operator.contracts.get(backend.status.contract);
    let shown = shown.filter(|contract| contract.phase == MigrationPhase::AwaitingApproval);
    if let Some(contract) = shown.cloned() {
        backend.approved_contract = operator.texts.number(Some(&contract.hash));
        backend.pending = None;
    }
}

fn drift(database: &mut Db) {
    if !database.drifted {
        database.drift = true;
        database.drifted = true;
    }
}

pub fn start(state: &mut State, index: usize, place: usize) {
    let Some(job) = state.backends[index].jobs[place].as_mut() else {
        return;
    };
    if job.end != End::Waiting {
        return;
    }
    job.end = End::Running;
    let job = *job;
    if job.work == Work::Contract {
        contract(state, &job);
    }
}

/// From its first statement on, servers of before are refused.
fn contract(state: &mut State, job: &Job) {
    state.databases[usize::from(job.database)].floor = CONTRACTING;
    for backend in &state.backends {
        for image in 1..CONTRACTING {
            let before = Template {
                image,
                database: job.database,
                tweak: false,
            };
            let pods = backend.serving | backend.ending;
            assert!(pods & before.bit() == 0, "what a pod uses is removed");
        }
    }
}

pub fn succeed(
    state: &mut State,
    index: usize,
    place: usize,
    operator: &mut Operator,
    alphabet: &Alphabet,
) {
    let now = state.backends[index].now();
    let Some(job) = state.backends[index].jobs[place].as_mut() else {
        return;
    };
    if job.end == End::Running {
        job.finished = now;
        let database = &mut state.databases[usize::from(job.database)];
        work(job, database, operator, alphabet);
    }
}

/// What `auth-server migrate` does.
fn work(job: &mut Job, database: &mut Db, operator: &mut Operator, alphabet: &Alphabet) {
    let plan = plan(job.image, *database);
    let approved = operator.texts.get(job.plan).cloned();
    job.end = match job.work {
        _ if database.floor > job.image => End::Refused,
        Work::Migrate if !plan.is_empty() && approved.is_some_and(|approved| approved != plan) => {
            End::Changed
        }
        Work::Plan => {
            job.plan = operator.texts.number(Some(&plan));
            End::Succeeded
        }
        Work::Migrate => {
            let knows_contract = alphabet.contracts && job.image >= CONTRACTING;
            if database.expanded == 0 && knows_contract {
                database.floor = CONTRACTING;
            }
            database.expanded = database.expanded.max(job.image);
            database.drift = false;
            job.version = database.expanded;
            job.contracts = knows_contract && database.floor < CONTRACTING;
            End::Succeeded
        }
        Work::Contract => {
            job.version = database.expanded;
            End::Succeeded
        }
    };
}

/// What the migration to `image` would do, as text; empty for nothing.
fn plan(image: u8, database: Db) -> String {
    if database.expanded >= image && !database.drift {
        return String::new();
    }
    format!("{image} {} {}", database.expanded, database.drift)
}

fn fail(backend: &mut Backend, place: usize) {
    let now = backend.now();
    if let Some(job) = backend.jobs[place].as_mut()
        && job.end == End::Running
    {
        job.end = End::Failed;
        job.finished = now;
    }
}

fn lose(backend: &mut Backend, place: usize) {
    let Some(job) = backend.jobs[place].take() else {
        return;
    };
    if job.end == End::Running {
        assert!(backend.orphan.is_none(), "two pods of migrations");
        backend.orphan = Some(job);
    }
    let pending = backend.pending.as_mut().and_then(|it| it.intent.as_mut());
    for intent in pending.into_iter().chain(&mut backend.intent) {
        if intent.remove.map(usize::from) == Some(place) {
            intent.remove = None;
        }
    }
}

pub fn complete(backend: &mut Backend, databases: [Db; 2]) {
    if let Some(deployed) = backend.deployed.filter(|it| it.fits(databases)) {
        backend.ending |= backend.serving & !deployed.bit();
        backend.serving = deployed.bit();
        backend.progress = Progress::Complete;
    }
}

pub fn apply(state: &mut State, index: usize, intent: Intent) {
    let backend = &mut state.backends[index];
    if let Some(job) = intent.create {
        create(backend, job);
    }
    if let Some(deploy) = intent.deploy {
        assert!(
            deploy.fits(state.databases),
            "{deploy:?} is deployed and the schema is not what it needs"
        );
        assert_ne!(
            backend.refused,
            Some(deploy),
            "what failed is tried again unasked"
        );
        if backend.deployed != Some(deploy) {
            backend.deployed = Some(deploy);
            backend.progress = Progress::Moving;
        }
        backend.lost &= !deploy.place();
        backend.proven = backend.proven.filter(|it| it.database == deploy.database);
    }
    if let Some(place) = intent.remove {
        lose(backend, usize::from(place));
    }
}

fn create(backend: &mut Backend, mut job: Job) {
    let has_name = |live: &Job| live.work == job.work && live.hash == job.hash;
    if backend.jobs.iter().flatten().any(has_name) {
        return;
    }
    job.created = backend.now();
    let free = backend.jobs.iter().position(Option::is_none);
    // The operator keeps three that are finished; the oldest goes.
    let oldest = || {
        let finished = |place: &usize| backend.jobs[*place].is_some_and(|job| job.is_finished());
        let age = |place: &usize| backend.jobs[*place].map(|job| job.created);
        (0..3).filter(finished).min_by_key(age)
    };
    let place = free.or_else(oldest).expect("three Jobs run");
    backend.jobs[place] = Some(job);
}

/// What must hold in every world.
pub fn check(state: &State) {
    let mut migrators = [0; 2];
    for backend in &state.backends {
        let unfinished = backend
            .jobs
            .iter()
            .flatten()
            .filter(|job| !job.is_finished());
        let alive: Vec<_> = unfinished.chain(&backend.orphan).collect();
        assert!(alive.len() <= 1, "two Jobs at once");
        for job in alive.iter().filter(|job| job.work != Work::Plan) {
            migrators[usize::from(job.database)] += 1;
        }
        for (image, database) in [(1, 0), (2, 0), (3, 0), (1, 1), (2, 1), (3, 1)] {
            let template = Template {
                image,
                database,
                tweak: false,
            };
            assert!(
                backend.serving & template.bit() == 0 || template.fits(state.databases),
                "{template:?} serves on a schema that is not for it"
            );
        }
    }
    assert!(
        migrators.iter().all(|count| *count <= 1),
        "two migrators on a database"
    );
}
