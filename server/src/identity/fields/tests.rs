use proptest::prelude::*;
use serde_json::json;
use time::macros::datetime;

use super::*;

const NOW: OffsetDateTime = datetime!(2026-01-02 03:04:05.678 UTC);

fn fields(yaml: &str) -> AdditionalFields {
    let settings: auth::AdditionalFields = serde_saphyr::from_str(yaml).unwrap();
    AdditionalFields::new(Some(&settings))
}

fn object(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

#[test]
fn a_new_row_has_what_was_given_and_defaults_for_the_rest() {
    let fields = fields(
        "{plan: {type: string, defaultValue: free}, born: {type: date, defaultValue: now}, \
          age: {type: number, required: false}, role: {type: string, input: false, defaultValue: user}}",
    );
    let values = fields.create(&object(json!({"age": "7", "role": "admin", "x": 1})), NOW);
    assert_eq!(
        Value::Object(values.unwrap().stored),
        json!({"plan": "free", "born": "2026-01-02T03:04:05.678Z", "age": 7, "role": "user"})
    );
}

#[test]
fn a_required_field_that_is_not_given_is_missing() {
    let fields = fields("{company: {type: string}}");
    let missing = fields.create(&Map::new(), NOW).unwrap_err();
    assert_eq!(missing.to_string(), "company is required");
}

#[test]
fn a_field_that_clients_may_not_set_is_refused_unless_the_value_says_nothing() {
    let fields = fields("{score: {type: number, required: false, input: false}}");
    for (value, is_refused) in [
        (json!(1), true),
        (json!("0"), true),
        (json!(0), false),
        (json!(""), false),
        (json!(null), false),
        (json!(false), false),
    ] {
        let given = object(json!({ "score": value }));
        assert_eq!(fields.create(&given, NOW).is_err(), is_refused, "{value}");
        assert_eq!(fields.update(&given).is_err(), is_refused, "{value}");
    }
}

#[test]
fn a_default_does_not_open_a_field_to_updates() {
    let fields = fields("{role: {type: string, input: false, defaultValue: user}}");
    let refused = fields
        .update(&object(json!({"role": "admin"})))
        .unwrap_err();
    assert_eq!(refused, FieldError::NotAllowed("role".to_owned()));
}

#[test]
fn null_is_no_value_where_there_must_be_one() {
    let fields = fields(
        "{a: {type: string}, b: {type: string, defaultValue: x}, c: {type: string, required: false}}",
    );
    let values = fields
        .create(&object(json!({"a": null, "b": null, "c": null})), NOW)
        .unwrap();
    assert_eq!(Value::Object(values.stored), json!({"b": "x", "c": null}));
    assert_eq!(
        values.unfit,
        ["[body.a] Invalid input: expected string, received null"]
    );
}

#[test]
fn values_become_what_the_column_holds() {
    for (field_type, value, expected) in [
        ("string", json!(5), Some(json!("5"))),
        ("string", json!(5.0), Some(json!("5"))),
        ("string", json!(true), Some(json!("true"))),
        ("string", json!({}), None),
        ("string", json!("a\u{0}"), None),
        ("number", json!("42"), Some(json!(42))),
        ("number", json!(5.0), Some(json!(5))),
        ("number", json!(5.5), None),
        ("number", json!(2_147_483_648_i64), None),
        ("number", json!(true), None),
        ("boolean", json!("yes"), Some(json!(true))),
        ("boolean", json!(0), Some(json!(false))),
        ("boolean", json!(2), None),
        (
            "date",
            json!("2000-01-02"),
            Some(json!("2000-01-02T00:00:00.000Z")),
        ),
        (
            "date",
            json!("2000-01-02T03:04:05.6789+01:00"),
            Some(json!("2000-01-02T02:04:05.678Z")),
        ),
        ("date", json!("2000-02-30"), None),
        ("date", json!("soon"), None),
        ("date", json!(5), None),
        ("'string[]'", json!(["a"]), Some(json!(["a"]))),
        ("'string[]'", json!("a"), None),
        ("'number[]'", json!([1.5]), Some(json!([1.5]))),
        ("'number[]'", json!(["1"]), None),
        ("json", json!({"a": [1]}), Some(json!({"a": [1]}))),
        ("[a, b]", json!("b"), Some(json!("b"))),
        ("[a, b]", json!("c"), None),
    ] {
        let fields = fields(&format!("{{f: {{type: {field_type}}}}}"));
        let values = fields.update(&object(json!({ "f": value }))).unwrap();
        assert_eq!(
            values.stored.get("f"),
            expected.as_ref(),
            "{field_type} {value}"
        );
        assert_eq!(
            values.unfit.is_empty(),
            expected.is_some(),
            "{field_type} {value}"
        );
    }
}

#[test]
fn a_number_of_64_bits_is_a_text_on_the_wire() {
    let fields = fields("{f: {type: number, bigint: true}}");
    let values = fields
        .update(&object(json!({"f": 9_007_199_254_740_993_i64})))
        .unwrap();
    assert_eq!(values.stored["f"], json!("9007199254740993"));
}

#[test]
fn clients_see_every_field_that_is_returned() {
    let fields = fields(
        "{a: {type: string, required: false}, b: {type: string, returned: false}, c: {type: number, required: false}}",
    );
    let visible = fields.visible(&object(json!({"b": "hidden", "c": 1})));
    assert_eq!(Value::Object(visible), json!({"a": null, "c": 1}));
}

proptest! {
    #[test]
    fn no_value_makes_the_parser_panic(text in ".{0,40}|[0-9TZ:.+-]{0,30}") {
        let fields = fields("{a: {type: date}, b: {type: number}, c: {type: boolean}}");
        let given = object(json!({"a": text, "b": text, "c": text}));
        prop_assert!(fields.update(&given).is_ok());
    }

    #[test]
    fn a_date_that_was_written_is_read_again(seconds in 0_i64..4_102_444_800, milliseconds in 0_i64..1000) {
        let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap() + time::Duration::milliseconds(milliseconds);
        let text = date::format(moment);
        let fields = fields("{f: {type: date}}");
        let values = fields.update(&object(json!({"f": text}))).unwrap();
        prop_assert_eq!(&values.stored["f"], &Value::String(text));
    }
}

#[test]
fn javascript_takes_five_json_values_for_false() {
    for value in [json!(null), json!(false), json!(0), json!(-0.0), json!("")] {
        assert!(!is_truthy(&value), "{value}");
    }
    for value in [json!(true), json!(1), json!("0"), json!([]), json!({})] {
        assert!(is_truthy(&value), "{value}");
    }
}
