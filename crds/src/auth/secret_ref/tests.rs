use proptest::prelude::*;
use serde_json::json;

use super::*;

fn found(settings: &Value) -> Vec<(String, String)> {
    let mut found = BTreeSet::new();
    collect(settings, &mut found);
    found
        .into_iter()
        .map(|found| (found.name, found.key))
        .collect()
}

fn pair(name: &str, key: &str) -> (String, String) {
    (name.to_owned(), key.to_owned())
}

#[test]
fn settings_without_secrets_refer_to_none() {
    assert_eq!(AuthSettings::default().secret_refs(), []);
}

#[test]
fn references_are_found_at_any_depth() {
    let settings = json!({
        "mail": {"smtp": {"passwordRef": {"name": "smtp", "key": "password"}}},
        "plugins": {"genericOAuth": {"config": [
            {"clientSecretRef": {"name": "okta", "key": "secret"}},
        ]}},
    });
    assert_eq!(
        found(&settings),
        [pair("okta", "secret"), pair("smtp", "password")]
    );
}

#[test]
fn references_are_sorted_and_each_occurs_once() {
    let settings = json!({
        "aRef": {"name": "b", "key": "y"},
        "bRef": {"name": "a", "key": "z"},
        "cRef": {"name": "b", "key": "x"},
        "dRef": {"name": "b", "key": "y"},
    });
    assert_eq!(
        found(&settings),
        [pair("a", "z"), pair("b", "x"), pair("b", "y")]
    );
}

#[test]
fn a_field_of_another_name_or_shape_is_no_reference() {
    for settings in [
        json!({"field": {"name": "a", "key": "b"}}),
        json!({"fieldRef": "a"}),
        json!({"fieldRef": {"name": "a"}}),
        json!({"fieldRef": {"name": "a", "key": 1}}),
        json!({"fieldRef": {"name": "a", "key": "b", "more": true}}),
    ] {
        assert_eq!(found(&settings), [], "{settings}");
    }
}

#[test]
fn what_leads_out_of_a_directory_is_not_safe_in_a_path() {
    let reference = |name: &str, key: &str| SecretKeyRef {
        name: name.to_owned(),
        key: key.to_owned(),
    };
    assert!(reference("shop-db", "tls.key").is_path_safe());
    for (name, key) in [
        ("", "k"),
        ("..", "k"),
        ("a/b", "k"),
        ("n", "."),
        ("n", "../k"),
    ] {
        assert!(!reference(name, key).is_path_safe(), "{name} {key}");
    }
}

/// Settings of any shape, without fields that refer to Secrets.
fn settings() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        "[a-z]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,4}", inner, 0..4)
                .prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn a_reference_anywhere_is_the_only_one_found(
        around in settings(),
        name in "[a-z0-9-]{1,9}",
        key in "[a-z0-9._-]{1,9}",
        depth in 0..5_usize,
    ) {
        let reference = json!({"secretRef": {"name": name, "key": key}, "around": around});
        let nested = (0..depth).fold(reference, |inner, level| match level % 2 {
            0 => json!({"inner": inner, "around": around}),
            _ => json!([around, inner]),
        });
        prop_assert_eq!(found(&nested), [pair(&name, &key)]);
    }
}
