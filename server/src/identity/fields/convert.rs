//! What columns make of the values that clients give.
//!
//! better-auth hands values to Postgres as they come, which reads numbers, truth values and dates out of texts. The
//! same is accepted here. What Postgres would refuse is found before it is asked.

use authbackend_crds::auth::{AdditionalField, FieldType, NamedType};
use serde_json::{Number, Value};
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

use crate::identity::date;

/// `value`, which is not null, as the column of `field` holds it; none if it cannot.
pub(super) fn convert(field: &AdditionalField, value: &Value) -> Option<Value> {
    if has_nul(value) {
        return None;
    }
    match &field.field_type {
        FieldType::OneOf(options) => text(value)
            .filter(|text| options.contains(text))
            .map(Value::String),
        FieldType::Named(named) => match named {
            NamedType::String => text(value).map(Value::String),
            NamedType::Number => number(value, field.bigint()),
            NamedType::Boolean => boolean(value).map(Value::Bool),
            NamedType::Date => parse_date(value.as_str()?)
                .map(date::format)
                .map(Value::String),
            NamedType::Json => Some(value.clone()),
            NamedType::StringArray => list(value, Value::is_string),
            NamedType::NumberArray => list(value, Value::is_number),
        },
    }
}

/// Why `value` does not fit `field`, in the words of better-auth's validation.
pub(super) fn issue(name: &str, field: &AdditionalField, value: &Value) -> String {
    let expected = match &field.field_type {
        FieldType::OneOf(options) => {
            let options = options.iter().map(|option| format!("{option:?}"));
            let options = options.collect::<Vec<_>>().join("|");
            return format!("[body.{name}] Invalid option: expected one of {options}");
        }
        FieldType::Named(named) => match named {
            NamedType::String => "string",
            NamedType::Number => "number",
            NamedType::Boolean => "boolean",
            NamedType::Date => "date",
            NamedType::Json => "json",
            NamedType::StringArray | NamedType::NumberArray => "array",
        },
    };
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    format!("[body.{name}] Invalid input: expected {expected}, received {found}")
}

/// Postgres cannot store the character NUL.
fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(list) => list.iter().any(has_nul),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => whole(number)
            .map(|whole| whole.to_string())
            .or_else(|| Some(number.to_string())),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

fn number(value: &Value, is_wide: bool) -> Option<Value> {
    let number = match value {
        Value::Number(number) => whole(number)?,
        Value::String(text) => text.trim_ascii().parse().ok()?,
        _ => return None,
    };
    if is_wide {
        // JavaScript's numbers cannot hold all of them: they are texts on the wire.
        return Some(Value::String(number.to_string()));
    }
    i32::try_from(number).ok().map(Value::from)
}

/// JavaScript does not tell 5.0 from 5.
fn whole(number: &Number) -> Option<i64> {
    /// The largest number up to which a double holds every whole one.
    const LIMIT: f64 = 9_007_199_254_740_991.0;
    number.as_i64().or_else(|| {
        let number = number.as_f64()?;
        // Within the limit nothing is cut off.
        #[expect(clippy::cast_possible_truncation, reason = "checked")]
        (number.fract() == 0.0 && number.abs() <= LIMIT).then_some(number as i64)
    })
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Number(number) => match number.as_f64() {
            Some(1.0) => Some(true),
            Some(0.0) => Some(false),
            _ => None,
        },
        Value::String(text) => match text.trim_ascii().to_ascii_lowercase().as_str() {
            "1" | "on" | "y" | "ye" | "yes" | "t" | "tr" | "tru" | "true" => Some(true),
            "0" | "of" | "off" | "n" | "no" | "f" | "fa" | "fal" | "fals" | "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn list(value: &Value, is_item: fn(&Value) -> bool) -> Option<Value> {
    let is_list = value
        .as_array()
        .is_some_and(|list| list.iter().all(is_item));
    is_list.then(|| value.clone())
}

/// JavaScript's date formats (ECMA-262, section 21.4.1.32): a date, or a date and a time. A time without a zone is UTC.
fn parse_date(text: &str) -> Option<OffsetDateTime> {
    let (day, rest) = match text.split_once('T') {
        Some((day, rest)) => (day, Some(rest)),
        None => (text, None),
    };
    let mut parts = day.split('-').map(digits);
    let year = parts.next()??;
    let (month, day) = (
        parts.next().unwrap_or(Some(1))?,
        parts.next().unwrap_or(Some(1))?,
    );
    if parts.next().is_some() || text.split('-').next()?.len() != 4 {
        return None;
    }
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date =
        Date::from_calendar_date(i32::try_from(year).ok()?, month, u8::try_from(day).ok()?).ok()?;
    let Some(rest) = rest else {
        return Some(date.midnight().assume_utc());
    };
    let zone_start = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (time, zone) = rest.split_at_checked(zone_start)?;
    let time = parse_time(time)?;
    Some(date.with_time(time).assume_offset(parse_offset(zone)?))
}

fn parse_time(text: &str) -> Option<Time> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts = clock
        .split(':')
        .map(|part| u8::try_from(digits(part)?).ok());
    let (hour, minute, second) = (
        parts.next()??,
        parts.next()??,
        parts.next().unwrap_or(Some(0))?,
    );
    if parts.next().is_some() {
        return None;
    }
    let milliseconds: String = fraction.chars().chain("000".chars()).take(3).collect();
    digits(fraction)?;
    Time::from_hms_milli(
        hour,
        minute,
        second,
        u16::try_from(digits(&milliseconds)?).ok()?,
    )
    .ok()
}

fn parse_offset(text: &str) -> Option<UtcOffset> {
    if text.is_empty() || text == "Z" {
        return Some(UtcOffset::UTC);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let part = |text| i8::try_from(digits(text)?).ok();
    UtcOffset::from_hms(sign * part(hours)?, sign * part(minutes)?, 0).ok()
}

/// A number of at most nine digits, which nothing precedes.
fn digits(text: &str) -> Option<u32> {
    let are_digits =
        (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    are_digits.then(|| text.parse().ok()).flatten()
}
