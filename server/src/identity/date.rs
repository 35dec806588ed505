//! Dates on the wire.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// Writes `date` as JavaScript's `toISOString` does: UTC with exactly three digits of a second's fraction. The
/// better-auth client reads the fraction as whole milliseconds, so that six digits would add minutes.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(date: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    match digits(*date) {
        Some(text) => serializer.serialize_str(str::from_utf8(&text).unwrap_or_default()),
        None => serializer.serialize_str(&format(*date)),
    }
}

/// Reads what [`serialize`] writes.
///
/// # Errors
/// The value is no text, or no date.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    OffsetDateTime::parse(&text, &Rfc3339).map_err(D::Error::custom)
}

/// What [`serialize`] writes, as JSON Schema.
pub fn schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "format": "date-time"})
}

/// `date` as JavaScript's `toISOString` writes it.
pub fn format(date: OffsetDateTime) -> String {
    if let Some(text) = digits(date) {
        return text.into_iter().map(char::from).collect();
    }
    // No date of this server; but the database may hold anything.
    let date = date.to_offset(UtcOffset::UTC);
    let (hour, minute, second, milli) = date.to_hms_milli();
    format!(
        "{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z",
        date.year(),
        u8::from(date.month()),
        date.day()
    )
}

/// The same as ASCII, for the years 0 to 9999. Digit by digit: an answer has four dates, and a format string takes longer for
/// one than the rest of its session.
fn digits(date: OffsetDateTime) -> Option<[u8; 24]> {
    let date = date.to_offset(UtcOffset::UTC);
    let year = u16::try_from(date.year())
        .ok()
        .filter(|year| *year < 10_000)?;
    let (hour, minute, second, milli) = date.to_hms_milli();
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let numbers = [
        (0..4, year),
        (5..7, u8::from(date.month()).into()),
        (8..10, date.day().into()),
        (11..13, hour.into()),
        (14..16, minute.into()),
        (17..19, second.into()),
        (20..23, milli),
    ];
    for (place, mut number) in numbers {
        for digit in text[place].iter_mut().rev() {
            *digit += u8::try_from(number % 10).unwrap_or(0);
            number /= 10;
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::format;

    #[test]
    fn dates_have_milliseconds_and_utc() {
        for (date, text) in [
            (
                datetime!(2026-01-02 03:04:05 UTC),
                "2026-01-02T03:04:05.000Z",
            ),
            (
                datetime!(2026-11-22 13:14:15.678_912 UTC),
                "2026-11-22T13:14:15.678Z",
            ),
            (
                datetime!(2026-01-01 00:30 +01:00),
                "2025-12-31T23:30:00.000Z",
            ),
            (
                datetime!(0999-10-20 10:20:30.040 UTC),
                "0999-10-20T10:20:30.040Z",
            ),
            (datetime!(-0001-01-01 00:00 UTC), "-001-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(format(date), text);
        }
    }
}
