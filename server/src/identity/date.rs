//! Dates on the wire.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Writes `date` as JavaScript's `toISOString` does: UTC with exactly three digits of a second's fraction. The
/// better-auth client reads the fraction as whole milliseconds, so that six digits would add minutes.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(date: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format(*date))
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
    let date = date.to_offset(time::UtcOffset::UTC);
    let (hour, minute, second, milli) = date.to_hms_milli();
    format!(
        "{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
    )
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
        ] {
            assert_eq!(format(date), text);
        }
    }
}
