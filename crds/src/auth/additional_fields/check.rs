//! Additional fields that cannot work.

use serde_json::Value;

use super::{AdditionalField, AdditionalFields, FieldType, NamedType};
use crate::auth::{problem::Problem, tables::is_name};

/// Who makes the rows.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(in crate::auth) enum MadeBy {
    /// A client, who gives the fields.
    Client,
    /// The server alone.
    Server,
}

/// Reports the fields below `path` that cannot work. `reserved` are names that mean something else.
pub(in crate::auth) fn check(
    problems: &mut Vec<Problem>,
    path: &str,
    fields: &AdditionalFields,
    reserved: &[&str],
    made_by: MadeBy,
) {
    for (name, field) in fields {
        let path = format!("{path}.additionalFields.{name}");
        let mut report = |suffix: &str, remedy: String| {
            problems.push(Problem::new(format!("{path}{suffix}"), remedy));
        };
        if !is_name(name) {
            report(
                "",
                "must be named with letters, digits and underscores".to_owned(),
            );
        }
        if reserved.contains(&name.as_str()) {
            report("", "is a name that has a meaning already".to_owned());
        }
        if let Some(remedy) = type_problem(field) {
            report(".type", remedy);
        }
        if let Some(value) = &field.default_value
            && !fits(&field.field_type, value)
        {
            report(".defaultValue", "does not fit the type".to_owned());
        }
        let is_given = made_by == MadeBy::Client && field.input();
        if field.required() && field.default_value.is_none() && !is_given {
            report(
                ".required",
                "nobody can give the value: set it to false, or set a defaultValue".to_owned(),
            );
        }
        let is_number = field.field_type == FieldType::Named(NamedType::Number);
        if field.bigint() && !is_number {
            report(".bigint", "is for fields of type number only".to_owned());
        }
        if field.unique() && field.default_value.is_some() {
            report(
                ".unique",
                "cannot be together with a defaultValue, which the second row would have too"
                    .to_owned(),
            );
        }
    }
}

fn type_problem(field: &AdditionalField) -> Option<String> {
    match &field.field_type {
        FieldType::OneOf(options) if options.is_empty() => {
            Some("is an empty list: name the texts that are allowed".to_owned())
        }
        FieldType::Named(
            NamedType::Json | NamedType::StringArray | NamedType::NumberArray | NamedType::Boolean,
        ) if field.unique() || field.index() || field.references.is_some() => {
            Some("cannot be unique, have an index or refer to another table".to_owned())
        }
        _ => None,
    }
}

fn fits(field_type: &FieldType, value: &Value) -> bool {
    let all = |is: fn(&Value) -> bool| value.as_array().is_some_and(|list| list.iter().all(is));
    match field_type {
        FieldType::OneOf(options) => value
            .as_str()
            .is_some_and(|text| options.iter().any(|option| option == text)),
        FieldType::Named(named) => match named {
            NamedType::String => value.is_string(),
            NamedType::Number => value.is_i64(),
            NamedType::Boolean => value.is_boolean(),
            NamedType::Date => value.as_str() == Some(super::NOW),
            NamedType::Json => true,
            NamedType::StringArray => all(Value::is_string),
            NamedType::NumberArray => all(Value::is_number),
        },
    }
}
