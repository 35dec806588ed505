//! The fields that the settings add to users and sessions: what clients may set, and what they see.

mod convert;

use std::fmt;

use authbackend_crds::auth;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::date;

/// The fields that the settings add to one kind of row.
#[derive(Clone, Debug, Default)]
pub struct AdditionalFields(Vec<(String, auth::AdditionalField)>);

/// Why fields are refused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum FieldError {
    /// A field without which no row is made.
    Missing(String),
    /// A field that clients may not set.
    NotAllowed(String),
}

impl fmt::Display for FieldError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(formatter, "{name} is required"),
            Self::NotAllowed(name) => write!(formatter, "{name} is not allowed to be set"),
        }
    }
}

/// The values of additional fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FieldValues {
    /// The values that are stored, as the columns hold them.
    pub stored: Map<String, Value>,
    /// What the columns cannot hold: one text per field, in the style of better-auth's validation.
    pub unfit: Vec<String>,
}

impl AdditionalFields {
    /// The fields that `settings` add.
    pub fn new(settings: Option<&auth::AdditionalFields>) -> Self {
        let fields = settings.into_iter().flatten();
        Self(
            fields
                .map(|(name, field)| (name.clone(), field.clone()))
                .collect(),
        )
    }

    /// The values of a new row out of what a client gave; other members of `given` are not looked at.
    ///
    /// # Errors
    /// A field is missing, or may not be set.
    pub fn create(
        &self,
        given: &Map<String, Value>,
        now: OffsetDateTime,
    ) -> Result<FieldValues, FieldError> {
        let mut values = FieldValues::default();
        for (name, field) in &self.0 {
            match given.get(name) {
                Some(value) if field.input() => values.put(name, field, value, now),
                Some(value) if field.default_value.is_none() && is_truthy(value) => {
                    return Err(FieldError::NotAllowed(name.clone()));
                }
                _ => {
                    if let Some(value) = default(field, now) {
                        values.put(name, field, &value, now);
                    } else if field.required() {
                        return Err(FieldError::Missing(name.clone()));
                    }
                }
            }
        }
        Ok(values)
    }

    /// The values that a client wants to change.
    ///
    /// # Errors
    /// A field may not be set.
    pub fn update(&self, given: &Map<String, Value>) -> Result<FieldValues, FieldError> {
        let mut values = FieldValues::default();
        for (name, field) in &self.0 {
            match given.get(name) {
                Some(value) if field.input() => values.change(name, field, value),
                Some(value) if is_truthy(value) => {
                    return Err(FieldError::NotAllowed(name.clone()));
                }
                _ => {}
            }
        }
        Ok(values)
    }

    /// The values of a new row for which a client gives none.
    pub fn defaults(&self, now: OffsetDateTime) -> Map<String, Value> {
        let defaults = self.0.iter();
        defaults
            .filter_map(|(name, field)| Some((name.clone(), stored(field, &default(field, now)?)?)))
            .collect()
    }

    /// What clients see of a row with the values `stored`.
    pub fn visible(&self, stored: &Map<String, Value>) -> Map<String, Value> {
        let visible = self.0.iter().filter(|(_, field)| field.returned());
        visible
            .map(|(name, _)| {
                (
                    name.clone(),
                    stored.get(name).cloned().unwrap_or(Value::Null),
                )
            })
            .collect()
    }
}

impl FieldValues {
    /// The value of a new row: null stands for the default where there must be a value.
    fn put(
        &mut self,
        name: &str,
        field: &auth::AdditionalField,
        value: &Value,
        now: OffsetDateTime,
    ) {
        if value.is_null()
            && field.required()
            && let Some(value) = default(field, now)
        {
            self.change(name, field, &value);
        } else {
            self.change(name, field, value);
        }
    }

    fn change(&mut self, name: &str, field: &auth::AdditionalField, value: &Value) {
        match stored(field, value) {
            Some(value) => {
                self.stored.insert(name.to_owned(), value);
            }
            None => self.unfit.push(convert::issue(name, field, value)),
        }
    }
}

/// `value` as the column of `field` holds it; none if it cannot.
fn stored(field: &auth::AdditionalField, value: &Value) -> Option<Value> {
    if value.is_null() {
        return (!field.required()).then_some(Value::Null);
    }
    convert::convert(field, value)
}

fn default(field: &auth::AdditionalField, now: OffsetDateTime) -> Option<Value> {
    if field.defaults_to_now() {
        return Some(Value::String(date::format(now)));
    }
    field.default_value.clone()
}

/// Whether JavaScript takes `value` for true.
pub fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

#[cfg(test)]
mod tests;
