use super::model::{Load, Part, Setup};
use super::prices::{POSTGRES, SERVER};
use super::world::simulate;

const ALONE: Setup = Setup {
    replicas: 1,
    cores: 2,
    databases: 1,
    database_cores: 8,
    pooler: false,
    round_trip: 200_000.0,
    sign_in_of: 0,
    load: Load::Rate(1_000.0),
};

#[test]
fn a_group_costs_what_was_measured() {
    assert!((SERVER.of(1) - 30_000.0).abs() < 1.0);
    assert!((POSTGRES.of(25) / 25.0) < 12_500.0);
}

#[test]
fn the_same_seed_gives_the_same_outcome() {
    let [first, second] = [1, 1].map(|seed| simulate(ALONE, 2_000, seed));
    assert_eq!(first.quantile(990), second.quantile(990));
    assert_ne!(first.quantile(990), simulate(ALONE, 2_000, 2).quantile(990));
}

#[test]
fn as_many_are_answered_as_ask_where_nothing_is_busy() {
    let outcome = simulate(ALONE, 20_000, 1);
    assert!(
        (outcome.rate / 1_000.0 - 1.0).abs() < 0.05,
        "{}",
        outcome.rate
    );
    assert!(outcome.busiest().1 < 0.1);
}

#[test]
fn whoever_is_alone_waits_for_the_round_trip_and_the_prices() {
    let load = Load::Rate(1.0);
    let outcome = simulate(Setup { load, ..ALONE }, 5_000, 1);
    let mean = ALONE.round_trip + SERVER.of(1) + POSTGRES.of(1);
    let median = outcome.quantile(500);
    assert!(
        (230_000..280_000).contains(&median),
        "{median} beside {mean}"
    );
}

#[test]
fn groups_grow_with_the_load_so_that_a_check_costs_less() {
    let busy = |rate| {
        let load = Load::Rate(rate);
        simulate(Setup { load, ..ALONE }, 50_000, 1).busy
    };
    let ([_, (_, few), _], [_, (_, many), _]) = (busy(1_000.0), busy(60_000.0));
    assert!(many < few * 60.0 * 0.5, "{few} {many}");
}

#[test]
fn with_many_servers_the_primary_is_what_is_busiest() {
    let load = Load::Rate(450_000.0);
    let setup = Setup {
        replicas: 16,
        load,
        ..ALONE
    };
    assert_eq!(simulate(setup, 100_000, 1).busiest().0, Part::Databases);
}

#[test]
fn checks_overtake_the_hashes_of_sign_ins() {
    let load = Load::Rate(5_000.0);
    // 500 sign-ins a second are three times what two cores hash.
    let setup = Setup {
        sign_in_of: 10,
        load,
        ..ALONE
    };
    let outcome = simulate(setup, 20_000, 1);
    assert!(
        outcome.quantile(990) < 10_000_000,
        "{}",
        outcome.quantile(990)
    );
}
