//! Every interleaving, of small worlds: edits, outcomes of Jobs, approvals, failed rollouts, Secrets that change, Jobs and
//! ReplicaSets that get lost, operators that end between two writes, two AuthBackends on one database. From each state each
//! event is tried, until no new state is found. The state machine is the real one; Jobs, pods and databases are abstracted.
//!
//! Eleven worlds: two are known in full, with 23,876 and 62,328 states, and of nine the nearest 25,000 states each; together
//! 311,204 states and 2.4 million transitions.
//!
//! In each state must hold: at most one migrator per database; what serves was migrated to and goes on; what failed is taken
//! back, to a template that every pod ran before, and not tried again unasked; what a pod that runs still uses is not removed;
//! only what was shown and approved is done. And from each state, left alone, all ends well.

mod environment;
mod operator;
mod promise;
mod quiet;
mod search;
mod state;

use search::explore;
use state::Alphabet;

/// What may happen in all of the worlds.
const ALWAYS: Alphabet = Alphabet {
    images: &[1, 2],
    backends: 1,
    databases: 1,
    jobs_get_lost: true,
    retries: false,
    secrets: false,
    suspends: false,
    manual: false,
    drifts: false,
    rollouts_fail: false,
    tweaks: false,
    templates_get_lost: false,
    contracts: false,
    serving: false,
    limit: 25_000,
};

#[test]
fn migrations_run_one_at_a_time_whatever_fails_and_changes() {
    explore(&Alphabet {
        images: &[1, 2, 3],
        retries: true,
        ..ALWAYS
    });
}

#[test]
fn an_upgrade_and_its_way_back_are_known_in_full() {
    let found = explore(&Alphabet {
        jobs_get_lost: false,
        limit: 100_000,
        ..ALWAYS
    });
    assert!(found < 100_000, "there are more states: {found}");
}

#[test]
fn secrets_that_come_late_or_change_and_suspension_stop_nothing_for_good() {
    explore(&Alphabet {
        secrets: true,
        suspends: true,
        ..ALWAYS
    });
}

#[test]
fn only_the_plan_that_was_shown_is_carried_out_and_only_when_approved() {
    explore(&Alphabet {
        manual: true,
        drifts: true,
        ..ALWAYS
    });
}

#[test]
fn a_failed_rollout_goes_back_to_what_served_and_stays_there() {
    explore(&Alphabet {
        rollouts_fail: true,
        tweaks: true,
        retries: true,
        jobs_get_lost: false,
        ..ALWAYS
    });
}

/// Edits of one version: what is on record when it begins serves.
#[test]
fn an_edit_that_fails_goes_back_to_the_template_that_served_and_stays_there() {
    explore(&Alphabet {
        serving: true,
        rollouts_fail: true,
        tweaks: true,
        templates_get_lost: true,
        retries: true,
        suspends: true,
        secrets: true,
        jobs_get_lost: false,
        ..ALWAYS
    });
}

#[test]
fn a_contract_removes_nothing_that_a_pod_still_uses() {
    explore(&Alphabet {
        images: &[1, 2, 3],
        contracts: true,
        rollouts_fail: true,
        ..ALWAYS
    });
}

/// By approval and by delay.
#[test]
fn a_contract_of_what_serves_is_known_in_full() {
    let found = explore(&Alphabet {
        serving: true,
        jobs_get_lost: false,
        contracts: true,
        limit: 400_000,
        ..ALWAYS
    });
    assert!(found < 400_000, "there are more states: {found}");
}

#[test]
fn another_database_serves_only_after_its_own_migration() {
    explore(&Alphabet {
        databases: 2,
        rollouts_fail: true,
        contracts: true,
        ..ALWAYS
    });
}

#[test]
fn two_on_one_database_never_migrate_at_the_same_time() {
    explore(&Alphabet {
        backends: 2,
        databases: 2,
        jobs_get_lost: false,
        limit: 25_000,
        ..ALWAYS
    });
}

#[test]
fn everything_at_once() {
    explore(&Alphabet {
        images: &[1, 2, 3],
        databases: 2,
        retries: true,
        secrets: true,
        suspends: true,
        manual: true,
        drifts: true,
        rollouts_fail: true,
        tweaks: true,
        templates_get_lost: true,
        contracts: true,
        limit: 25_000,
        ..ALWAYS
    });
}
