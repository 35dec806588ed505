//! The issues of a field.

use serde_json::Value;

use super::{Field, FieldKind, is_email};

/// Checks that `value` is an object of one of these shapes, without any other field. Where all that keeps it from one
/// of them are other fields, the issue names those.
pub(super) fn one_of(shapes: &[&[Field]], value: Option<&Value>) -> Result<(), String> {
    const NONE: &str = "Invalid input";
    let Some(Value::Object(values)) = value else {
        return Err(NONE.to_owned());
    };
    let mut near = Vec::new();
    for shape in shapes {
        let mut issues = Vec::new();
        for field in *shape {
            field.check("", values.get(field.name), &mut issues);
        }
        if issues.is_empty() {
            let is_other = |name: &&String| shape.iter().all(|field| field.name != **name);
            near.push(values.keys().filter(is_other).collect::<Vec<_>>());
        }
    }
    if near.iter().any(Vec::is_empty) {
        return Ok(());
    }
    let [others] = near.as_slice() else {
        return Err(NONE.to_owned());
    };
    let plural = if others.len() > 1 { "s" } else { "" };
    let names: Vec<_> = others.iter().map(|name| format!("\"{name}\"")).collect();
    Err(format!("Unrecognized key{plural}: {}", names.join(", ")))
}

impl Field {
    /// Adds to `issues` what is wrong with `value`, the field at `path`.
    pub(super) fn check(self, path: &str, value: Option<&Value>, issues: &mut Vec<String>) {
        let path = format!("{path}.{}", self.name);
        let mut report = |path: &str, text: &str| issues.push(format!("[{path}] {text}"));
        let Some(value) = value else {
            if !self.optional {
                report(&path, &self.kind.refusal(None));
            }
            return;
        };
        if self.nullable && value.is_null() {
            return;
        }
        if !self.kind.has_type_of(value) {
            report(&path, &self.kind.refusal(Some(value)));
        }
        match (self.kind, value) {
            (FieldKind::NonEmptyString, Value::String(text)) if text.is_empty() => {
                report(&path, "Too small: expected string to have >=1 characters");
            }
            // The check of a length goes on after the wrong type, for whatever has a length.
            (FieldKind::NonEmptyString, Value::Array(items)) if items.is_empty() => {
                report(&path, "Too small: expected array to have >=1 items");
            }
            (FieldKind::Email, Value::String(text)) if !is_email(text) => {
                report(&path, "Invalid email address");
            }
            (FieldKind::Strings, Value::Array(items)) => {
                for (index, item) in items.iter().enumerate().filter(|it| !it.1.is_string()) {
                    report(
                        &format!("{path}.{index}"),
                        &unexpected("string", Some(item)),
                    );
                }
            }
            (FieldKind::StringRecord, Value::Object(fields)) => {
                for (name, value) in fields.iter().filter(|it| !it.1.is_string()) {
                    report(
                        &format!("{path}.{name}"),
                        &unexpected("string", Some(value)),
                    );
                }
            }
            (FieldKind::Object(fields), Value::Object(values)) => {
                for field in fields {
                    field.check(&path, values.get(field.name), issues);
                }
            }
            _ => {}
        }
    }
}

impl FieldKind {
    /// The type as JavaScript names it.
    const fn name(self) -> &'static str {
        match self {
            Self::String | Self::EitherString | Self::NonEmptyString | Self::Email => "string",
            Self::Boolean | Self::True => "boolean",
            Self::Number => "number",
            Self::Strings => "array",
            Self::StringRecord | Self::Record => "record",
            Self::Object(_) => "object",
        }
    }

    /// What is said of a value of another type.
    fn refusal(self, found: Option<&Value>) -> String {
        match self {
            Self::EitherString => "Invalid input".to_owned(),
            _ => unexpected(self.name(), found),
        }
    }

    fn has_type_of(self, value: &Value) -> bool {
        match self {
            Self::String | Self::EitherString | Self::NonEmptyString | Self::Email => {
                value.is_string()
            }
            Self::Boolean => value.is_boolean(),
            Self::True => *value == Value::Bool(true),
            Self::Number => value.is_number(),
            Self::Strings => value.is_array(),
            Self::StringRecord | Self::Record | Self::Object(_) => value.is_object(),
        }
    }
}

/// The issue of a value of another type than `expected`.
pub(super) fn unexpected(expected: &str, found: Option<&Value>) -> String {
    let found = match found {
        None => "undefined",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(_)) => "number",
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
    };
    format!("Invalid input: expected {expected}, received {found}")
}
