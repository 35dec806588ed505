use super::{Class, Comparison, MigrateError, Migration, Plan, Record};
use crate::{db::Tables, migrate::Report};

fn migration(version: i64) -> Migration {
    Migration::new(
        version,
        format!("m{version}"),
        Class::Expand,
        format!("SELECT {version}"),
    )
}

fn applied(version: i64) -> Record {
    Record {
        version,
        checksum: migration(version).checksum,
        min_server_version: None,
        is_complete: true,
    }
}

fn contract(version: i64) -> Migration {
    Migration {
        class: Class::Contract,
        ..migration(version)
    }
}

fn versions(plan: &Plan) -> Vec<i64> {
    plan.pending
        .iter()
        .map(|migration| migration.version)
        .collect()
}

fn plan(known: &[i64], history: &[Record]) -> Result<Plan, MigrateError> {
    let known: Vec<_> = known.iter().map(|version| migration(*version)).collect();
    Plan::new(
        &known,
        history,
        Comparison {
            is_empty: true,
            ..Comparison::default()
        },
    )
}

#[test]
fn an_empty_database_gets_everything() {
    let plan = plan(&[1, 2], &[]).unwrap();
    assert_eq!(
        (plan.current_version, plan.target_version, plan.adopt),
        (0, 2, false)
    );
    assert_eq!(versions(&plan), [1, 2]);
}

#[test]
fn what_was_applied_is_not_applied_again() {
    let plan = plan(&[1, 2, 3], &[applied(1), applied(2)]).unwrap();
    assert_eq!((plan.current_version, plan.target_version), (2, 3));
    assert_eq!(versions(&plan), [3]);
}

#[test]
fn a_migration_of_a_derived_image_does_not_hide_a_later_one_of_the_server() {
    let plan = plan(&[1, 2, 9000], &[applied(1), applied(9000)]).unwrap();
    assert_eq!(versions(&plan), [2]);
}

#[test]
fn an_interrupted_migration_runs_again_even_when_its_file_was_mended() {
    let interrupted = Record {
        version: 2,
        checksum: "other".into(),
        min_server_version: None,
        is_complete: false,
    };
    let plan = plan(&[1, 2], &[applied(1), interrupted]).unwrap();
    assert_eq!((plan.current_version, versions(&plan)), (1, vec![2]));
}

#[test]
fn a_changed_file_is_refused_by_name() {
    let changed = Record {
        checksum: "other".into(),
        ..applied(1)
    };
    let error = plan(&[1], &[changed]).unwrap_err();
    assert_eq!(error.exit_code(), 10);
    assert!(error.to_string().contains("1 (m1)"), "{error}");
}

#[test]
fn a_database_that_a_newer_version_expanded_is_worked_with() {
    let plan = plan(&[1], &[applied(1), applied(2)]).unwrap();
    assert_eq!((plan.current_version, plan.target_version), (2, 2));
    assert!(!plan.is_work());
}

#[test]
fn a_database_that_a_newer_version_contracted_is_refused() {
    let contracted = Record {
        min_server_version: Some(2),
        ..applied(3)
    };
    let error = plan(&[1], &[applied(1), applied(2), contracted.clone()]).unwrap_err();
    assert_eq!(error.exit_code(), 11);
    assert!(plan(&[1, 2], &[applied(1), applied(2), contracted]).is_ok());
}

#[test]
fn a_contract_that_began_and_did_not_end_counts_already() {
    let begun = Record {
        min_server_version: Some(2),
        is_complete: false,
        ..applied(2)
    };
    assert_eq!(
        plan(&[1], &[applied(1), begun]).unwrap_err().exit_code(),
        11
    );
}

fn plan_of(known: &[Migration], history: &[Record], is_empty: bool) -> Plan {
    let existing = Comparison {
        is_empty,
        ..Comparison::default()
    };
    Plan::new(known, history, existing).unwrap()
}

#[test]
fn a_contract_waits_while_everything_after_it_is_applied() {
    let known = [migration(1), contract(2), migration(3)];
    let plan = plan_of(&known, &[applied(1)], false);
    assert_eq!((versions(&plan), plan.target_version), (vec![3], 3));
    assert_eq!(plan.contracts, [contract(2)]);
}

#[test]
fn an_empty_database_has_no_servers_of_before_so_contracts_are_applied_at_once() {
    let plan = plan_of(&[migration(1), contract(2)], &[], true);
    assert_eq!((versions(&plan), plan.target_version), (vec![1, 2], 2));
    assert!(plan.contracts.is_empty());
}

#[test]
fn tables_of_better_auth_may_still_be_in_use_so_contracts_wait() {
    let plan = plan_of(&[migration(1), contract(2)], &[], false);
    assert!(plan.adopt);
    assert_eq!(plan.contracts, [contract(2)]);
}

#[test]
fn the_plan_as_json_has_the_fields_that_tools_read() {
    let known = [
        Migration::new(1, "m1", Class::Expand, "ALTER TABLE a ADD COLUMN b text"),
        Migration::new(2, "m2", Class::Contract, "DROP TABLE c"),
    ];
    let plan = plan_of(&known, &[applied(3)], false);
    let tables = Tables::default();
    let report = Report::new(&plan, &tables);
    assert_eq!(
        serde_json::to_value(&report).unwrap(),
        serde_json::json!({
            "hash": report.hash(), "currentVersion": 3, "targetVersion": 3, "adopt": false, "destructive": false,
            "differences": [],
            "pending": [{
                "version": 1, "name": "m1", "class": "expand", "checksum": known[0].checksum, "destructive": false,
                "locks": [{"table": "a", "mode": "ACCESS EXCLUSIVE"}],
            }],
            "contracts": [{
                "version": 2, "name": "m2", "class": "contract", "checksum": known[1].checksum, "destructive": true,
                "locks": [{"table": "c", "mode": "ACCESS EXCLUSIVE"}],
            }],
        })
    );
}

#[test]
fn another_plan_has_another_hash() {
    let hash =
        |known: &[Migration]| Report::new(&plan_of(known, &[], true), &Tables::default()).hash();
    assert_eq!(hash(&[migration(1)]), hash(&[migration(1)]));
    assert_ne!(hash(&[migration(1)]), hash(&[migration(1), migration(2)]));
    let edited = Migration::new(1, "m1", Class::Expand, "SELECT 7");
    assert_ne!(hash(&[migration(1)]), hash(&[edited]));
}

#[test]
fn a_summary_fits_and_says_what_it_leaves_out() {
    let known: Vec<_> = (1..200).map(migration).collect();
    let plan = plan_of(&known, &[], true);
    let summary = Report::new(&plan, &Tables::default()).summary(4096);
    assert!(summary.len() <= 4096);
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let shown = summary["pending"].as_array().unwrap().len();
    assert_eq!(summary["omitted"], 199 - shown);
    assert!(shown > 10);
}
