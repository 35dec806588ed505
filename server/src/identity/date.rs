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
    serializer.serialize_str(&format(*date))
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
    let Ok(year) = u32::try_from(date.year()) else {
        // No date of this server; but the database may hold anything.
        return format!(
            "{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z",
            date.year(),
            u8::from(date.month()),
            date.day()
        );
    };
    // Digit by digit: an answer has four dates, and a format string takes longer for one than the rest of its session.
    let mut text = String::with_capacity("2026-01-02T03:04:05.678Z".len());
    push(&mut text, year, 1000, '-');
    push(&mut text, u8::from(date.month()).into(), 10, '-');
    push(&mut text, date.day().into(), 10, 'T');
    push(&mut text, hour.into(), 10, ':');
    push(&mut text, minute.into(), 10, ':');
    push(&mut text, second.into(), 10, '.');
    push(&mut text, milli.into(), 100, 'Z');
    text
}

/// Appends `number`, whose first digit counts `place`, and what follows it.
fn push(text: &mut String, number: u32, mut place: u32, then: char) {
    while place > 0 {
        let digit = u8::try_from(number / place % 10).unwrap_or(0);
        text.push(char::from(b'0' + digit));
        place /= 10;
    }
    text.push(then);
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
