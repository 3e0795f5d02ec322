//! A moment in UTC: RFC 3339 on the wire, whole microseconds in the database. Absent on purpose: time zones and calendars.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};

/// Stored as an integer because both engines then sort and compare it the same way; SQLite's text form of a date does
/// not sort once fractions of a second differ in length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
#[sqlx(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The end of the year 9999, after every other moment.
    pub const LAST: Self = Self(253_402_300_799_999_999);

    /// This moment.
    pub fn now() -> Self {
        Self::from(OffsetDateTime::now_utc())
    }

    /// From microseconds since 1970; `None` outside the years 1 to 9999, which RFC 3339 cannot write.
    pub fn from_microseconds(microseconds: i64) -> Option<Self> {
        let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(microseconds) * 1000).ok()?;
        (1..=9999).contains(&moment.year()).then_some(Self(microseconds))
    }

    /// Microseconds since 1970.
    pub fn microseconds(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, as tokens count them.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Reads RFC 3339 with any offset; `None` when the text is something else or leaves the years 1 to 9999 in UTC.
    pub fn parse(text: &str) -> Option<Self> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?.checked_to_offset(UtcOffset::UTC)?;
        i64::try_from(moment.unix_timestamp_nanos() / 1000).ok().and_then(Self::from_microseconds)
    }

    fn text(self) -> Option<String> {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1000).ok()?.format(&Rfc3339).ok()
    }
}

impl std::ops::Add<std::time::Duration> for Timestamp {
    type Output = Self;

    fn add(self, span: std::time::Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl std::ops::Sub<std::time::Duration> for Timestamp {
    type Output = Self;

    fn sub(self, span: std::time::Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl From<OffsetDateTime> for Timestamp {
    fn from(moment: OffsetDateTime) -> Self {
        // The years that `time` can hold fit 64 bits of microseconds; the fallback exists only because the type says so.
        Self(i64::try_from(moment.unix_timestamp_nanos() / 1000).unwrap_or(i64::MAX))
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text().unwrap_or_default())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.text().ok_or_else(|| serde::ser::Error::custom("a moment outside the years 1 to 9999"))?;
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("expected a moment like 2030-01-31T23:59:00Z"))
    }
}

impl utoipa::PartialSchema for Timestamp {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .into()
    }
}

impl utoipa::ToSchema for Timestamp {}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn any_offset_becomes_utc_and_order_is_order_in_time() {
        let early = Timestamp::parse("2030-01-31T23:59:00+02:00").unwrap();
        let late = Timestamp::parse("2030-01-31T21:59:00.5Z").unwrap();
        assert_eq!(early.to_string(), "2030-01-31T21:59:00Z");
        assert!(early < late);
    }

    #[test]
    fn what_rfc_3339_cannot_write_is_refused() {
        for text in ["", "2030-01-31", "2030-02-30T00:00:00Z", "0000-01-01T00:00:00+23:59", "9999-12-31T23:59:59-12:00"]
        {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
        assert_eq!(Timestamp::from_microseconds(i64::MAX), None);
    }

    proptest::proptest! {
        #[test]
        fn the_written_form_reads_back(microseconds in 0..253_402_300_799_000_000_i64) {
            let moment = Timestamp::from_microseconds(microseconds).unwrap();
            assert_eq!(Timestamp::parse(&moment.to_string()), Some(moment));
        }
    }
}
