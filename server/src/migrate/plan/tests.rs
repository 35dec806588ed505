use super::{Class, Comparison, MigrateError, Migration, Plan, Record};

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
        is_complete: true,
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
fn a_newer_database_is_refused() {
    let error = plan(&[1], &[applied(1), applied(2)]).unwrap_err();
    assert_eq!(error.exit_code(), 11);
}

#[test]
fn the_plan_as_json_has_the_fields_that_tools_read() {
    let plan = plan(&[1], &[]).unwrap();
    let checksum = migration(1).checksum;
    assert_eq!(
        serde_json::to_value(&plan).unwrap(),
        serde_json::json!({
            "currentVersion": 0, "targetVersion": 1, "adopt": false, "differences": [],
            "pending": [{"version": 1, "name": "m1", "class": "expand", "checksum": checksum}],
        })
    );
}
