//! Dates as Postgres sends them.

use sqlx::{
    Decode, Postgres, Type,
    error::BoxDynError,
    postgres::{PgTypeInfo, PgValueFormat, PgValueRef},
};
use time::{Duration, OffsetDateTime, macros::datetime};

/// What Postgres counts from.
const EPOCH: OffsetDateTime = datetime!(2000-01-01 00:00 UTC);

/// A `timestamptz`. The driver's own reading panics at `infinity`, which a row changed by hand may have.
#[derive(Clone, Copy, Debug)]
pub struct Timestamp(pub OffsetDateTime);

impl Type<Postgres> for Timestamp {
    fn type_info() -> PgTypeInfo {
        <OffsetDateTime as Type<Postgres>>::type_info()
    }
}

impl<'r> Decode<'r, Postgres> for Timestamp {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        if value.format() == PgValueFormat::Text {
            return <OffsetDateTime as Decode<Postgres>>::decode(value).map(Self);
        }
        let microseconds = <i64 as Decode<Postgres>>::decode(value)?;
        let date = EPOCH.checked_add(Duration::microseconds(microseconds));
        Ok(Self(date.ok_or("a date is infinite or too far away")?))
    }
}
