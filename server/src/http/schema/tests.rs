use proptest::prelude::*;
use serde_json::json;

use super::*;

const SIGN_UP: Schema = Schema::object(&[
    Field::string("name"),
    Field::email("email"),
    Field::non_empty_string("password"),
    Field::string("image").optional(),
    Field::boolean("rememberMe").optional(),
])
.and_record();

fn issues(schema: &Schema, body: &Value) -> String {
    schema.check(Some(body)).err().unwrap_or_default()
}

#[test]
fn a_body_with_right_fields_and_others_is_accepted() {
    let body =
        json!({"name": "", "email": "a@b.co", "password": "p", "other": [1], "rememberMe": false});
    assert_eq!(issues(&SIGN_UP, &body), "");
}

#[test]
fn every_field_that_is_missing_is_named_in_order() {
    assert_eq!(
        issues(&SIGN_UP, &json!({})),
        "[body.name] Invalid input: expected string, received undefined; \
         [body.email] Invalid input: expected string, received undefined; \
         [body.password] Invalid input: expected string, received undefined"
    );
}

#[test]
fn every_type_that_is_wrong_is_named() {
    let cases = [
        (json!(null), "null"),
        (json!(1.5), "number"),
        (json!(true), "boolean"),
        (json!([]), "array"),
        (json!({}), "object"),
    ];
    for (value, found) in cases {
        let schema = Schema::object(const { &[Field::string("name")] });
        let expected = format!("[body.name] Invalid input: expected string, received {found}");
        assert_eq!(issues(&schema, &json!({"name": value})), expected);
    }
    let schema = Schema::object(const { &[Field::boolean("flag")] });
    let expected = "[body.flag] Invalid input: expected boolean, received string";
    assert_eq!(issues(&schema, &json!({"flag": "true"})), expected);
}

#[test]
fn an_optional_field_may_be_absent_but_not_null() {
    let schema = Schema::object(const { &[Field::string("image").optional()] });
    assert_eq!(issues(&schema, &json!({})), "");
    let expected = "[body.image] Invalid input: expected string, received null";
    assert_eq!(issues(&schema, &json!({"image": null})), expected);
}

#[test]
fn a_nullable_field_may_be_null() {
    let schema = Schema::record().with(const { &[Field::string("image").nullable()] });
    assert_eq!(issues(&schema, &json!({"image": null})), "");
    let expected = "[body.image] Invalid input: expected string, received number";
    assert_eq!(issues(&schema, &json!({"image": 1})), expected);
}

#[test]
fn an_empty_password_and_a_wrong_email_have_their_own_texts() {
    assert_eq!(
        issues(
            &SIGN_UP,
            &json!({"name": "a", "email": "b", "password": ""})
        ),
        "[body.email] Invalid email address; \
         [body.password] Too small: expected string to have >=1 characters"
    );
}

#[test]
fn an_empty_list_is_neither_text_nor_long_enough() {
    let schema = Schema::object(const { &[Field::non_empty_string("password")] });
    let wrong_type = "[body.password] Invalid input: expected string, received array";
    assert_eq!(
        issues(&schema, &json!({"password": []})),
        format!("{wrong_type}; [body.password] Too small: expected array to have >=1 items")
    );
    assert_eq!(issues(&schema, &json!({"password": ["x"]})), wrong_type);
}

#[test]
fn a_body_that_is_no_object_is_refused_under_the_name_of_its_kind() {
    let object = Schema::object(&[]);
    for (schema, body, expected) in [
        (
            object,
            Some(json!(null)),
            "[body] Invalid input: expected object, received null",
        ),
        (
            object,
            Some(json!([])),
            "[body] Invalid input: expected object, received array",
        ),
        (
            object,
            None,
            "[body] Invalid input: expected object, received undefined",
        ),
        (
            Schema::record(),
            Some(json!("x")),
            "[body] Invalid input: expected record, received string",
        ),
        (
            SIGN_UP,
            None,
            "[body] Invalid input: expected object, received undefined; \
             [body] Invalid input: expected record, received undefined",
        ),
    ] {
        assert_eq!(schema.check(body.as_ref()), Err(expected.to_owned()));
    }
}

#[test]
fn an_optional_body_may_be_absent_but_not_null() {
    let schema = Schema::object(&[]).optional();
    assert_eq!(schema.check(None), Ok(()));
    assert!(schema.check(Some(&json!(null))).is_err());
}

#[test]
fn email_addresses_are_judged_by_the_pattern_of_zod() {
    let accepted = [
        "a@b.co",
        "o'x@b.co",
        "a+tag@b.co",
        "a.b.c@d.e.co",
        "A_B-c@my-host.example",
        "_@b.co",
        "-@1.co",
    ];
    for email in accepted {
        assert!(is_email(email), "{email}");
    }
    let refused = [
        "",
        "@",
        "a@b",
        "@b.co",
        "a@.co",
        "a@b.",
        "a@b.c",
        "a@b.c1",
        ".a@b.co",
        "a.@b.co",
        "a..b@b.co",
        "a'@b.co",
        "a@b..co",
        "a@-b.co",
        "a@b_c.co",
        "a@b.co ",
        " a@b.co",
        "a b@c.co",
        "a@b@c.co",
        "a%b@c.co",
        "a!b@c.co",
        "é@b.co",
        "a@é.co",
        "\"a\"@b.co",
        "a@127.0.0.1",
        "a@[127.0.0.1]",
        "a@b.co\n",
    ];
    for email in refused {
        assert!(!is_email(email), "{email}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let key = prop_oneof![Just("name".to_owned()), Just("email".to_owned()), ".{0,4}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..4).prop_map(|pairs| pairs.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn a_body_is_accepted_only_when_it_can_be_read(body in any_json()) {
        if SIGN_UP.check(Some(&body)).is_ok() {
            prop_assert!(body["name"].is_string() && body["password"].is_string());
            prop_assert!(is_email(body["email"].as_str().unwrap()));
        }
    }

    #[test]
    fn an_email_address_that_is_accepted_is_ascii_with_one_at_sign(text in "[a-z.'@é-]{0,12}") {
        if is_email(&text) {
            prop_assert!(text.is_ascii() && text.matches('@').count() == 1);
        }
    }
}
