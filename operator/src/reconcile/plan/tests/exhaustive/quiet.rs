//! Nobody interferes any longer, what can succeed does, and whoever is told to do something does it.

use authbackend_crds::v1alpha1::MigrationPhase;

use super::environment::Event;
use super::environment::{
    apply, approve_contract, approve_plan, check, complete, happen, start, succeed,
};
use super::operator::{Operator, template};
use super::state::{Alphabet, Backend, Progress, State};
use crate::reconcile::plan::migration::{Decision, Step};

/// The world a while later. Answers whether everything is as it should be.
pub fn pass(state: &mut State, operator: &mut Operator, alphabet: &Alphabet) -> bool {
    let mut well = true;
    for index in 0..alphabet.backends {
        cooperate(state, index, operator, alphabet);
        let before = *state;
        let decision = operator.plan(state, index, alphabet);
        operator.report(state, index, alphabet);
        remedy(state, index, &decision, operator, alphabet);
        well &= *state == before && is_well(state, index, &decision.step);
        check(state);
    }
    well
}

fn cooperate(state: &mut State, index: usize, operator: &mut Operator, alphabet: &Alphabet) {
    let backend = &mut state.backends[index];
    backend.secret = backend.secret.max(1);
    backend.suspended = false;
    operator.report(state, index, alphabet);
    if let Some(intent) = state.backends[index].intent.take() {
        apply(state, index, intent);
    }
    if let Some(place) = state.backends[index].running_job() {
        start(state, index, place);
        succeed(state, index, place, operator, alphabet);
    }
    let ends = Event::OrphanEnds { done: true };
    if let Some(later) = happen(*state, index, ends, operator, alphabet) {
        *state = later;
    }
    let databases = state.databases;
    let backend = &mut state.backends[index];
    if let Some(deployed) = backend.deployed {
        if deployed.fits(databases) {
            complete(backend, databases);
        } else {
            backend.progress = Progress::Failed;
        }
    }
    backend.ending = 0;
    approve_plan(backend, operator);
    approve_contract(backend, operator);
    *state = state.canonical();
}

/// What `docs/reference/conditions.md` advises.
fn remedy(
    state: &mut State,
    index: usize,
    decision: &Decision,
    operator: &Operator,
    alphabet: &Alphabet,
) {
    let backend = &mut state.backends[index];
    let migration = operator.migrations.get(backend.status.migration);
    match &decision.step {
        Step::Failed if migration.is_some_and(|migration| migration.exit_code == Some(11)) => {
            backend.image = alphabet.images.iter().copied().max().unwrap();
        }
        Step::Failed | Step::RolledBack => retry(backend),
        _ if decision.rejected.is_some() => retry(backend),
        // The database is somebody else's.
        Step::Wait if alphabet.backends > 1 => {
            let current = operator.currents.get(backend.status.current);
            backend.database = match current.map(|current| template(current, false)) {
                Some(current) => current.database,
                None => 1 - backend.database,
            };
        }
        _ => {}
    }
}

fn retry(backend: &mut Backend) {
    backend.retry ^= true;
    backend.refused = None;
}

fn is_well(state: &State, index: usize, step: &Step) -> bool {
    let backend = state.backends[index];
    let serves = backend.deployed.is_some_and(|deployed| {
        deployed.image == backend.image
            && deployed.database == backend.database
            && deployed.tweak == backend.tweak
    });
    *step == Step::Done
        && serves
        && backend.progress == Progress::Complete
        && backend.serving.is_power_of_two()
        && backend.running_job().is_none()
        && backend.orphan.is_none()
        && backend.intent.is_none()
}

/// Whether the contract that waits, if any, is one that failed.
pub fn contract_is_done(state: &State, index: usize, operator: &Operator) -> bool {
    let backend = state.backends[index];
    operator
        .contracts
        .get(backend.status.contract)
        .is_none_or(|contract| {
            matches!(
                contract.phase,
                MigrationPhase::Succeeded | MigrationPhase::Failed
            )
        })
}
