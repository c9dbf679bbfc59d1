//! The values of Parquet as JSON.

use super::facts::FieldRole;
use crate::number_literal::NumberLiteral;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use parquet::data_type::Decimal;
use parquet::record::Field;
use serde_json::{Map, Number, Value as Json};

const MAX_DEPTH: usize = 16;
const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// A value; bytes are null.
pub fn field_to_json(field: &Field, role: FieldRole) -> Json {
    match (role, field) {
        (FieldRole::Json, Field::Str(text)) => serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into()),
        (FieldRole::Instant { a_second, is_utc }, Field::Long(n)) => format_instant(*n, a_second, is_utc),
        (FieldRole::Instant { is_utc, .. }, Field::TimestampMillis(n)) => format_instant(*n, 1_000, is_utc),
        (FieldRole::Instant { is_utc, .. }, Field::TimestampMicros(n)) => format_instant(*n, 1_000_000, is_utc),
        _ => plain_to_json(field, 0),
    }
}

fn plain_to_json(field: &Field, depth: usize) -> Json {
    let real = |n: f64| Number::from_f64(n).map_or(Json::Null, Json::Number);
    if depth > MAX_DEPTH {
        return Json::Null;
    }
    match field {
        Field::Null | Field::Bytes(_) => Json::Null,
        Field::Bool(b) => (*b).into(),
        Field::Byte(n) => (*n).into(),
        Field::Short(n) => (*n).into(),
        Field::Int(n) => (*n).into(),
        Field::Long(n) => (*n).into(),
        Field::UByte(n) => (*n).into(),
        Field::UShort(n) => (*n).into(),
        Field::UInt(n) => (*n).into(),
        Field::ULong(n) => i64::try_from(*n).map_or_else(|_| n.to_string().into(), Json::from),
        // The shortest decimal that is this float: 0.1 stays 0.1.
        Field::Float16(n) => n.to_f32().to_string().parse().map_or(Json::Null, real),
        Field::Float(n) => n.to_string().parse().map_or(Json::Null, real),
        Field::Double(n) => real(*n),
        Field::Decimal(decimal) => decimal_to_json(decimal),
        Field::Str(text) => text.as_str().into(),
        Field::Date(days) => EPOCH
            .checked_add(jiff::Span::new().try_days(*days).unwrap_or_default())
            .map_or(Json::Null, |day| day.to_string().into()),
        Field::TimeMillis(n) => format_time(i64::from(*n) * 1000),
        Field::TimeMicros(n) => format_time(*n),
        Field::TimestampMillis(n) => format_instant(*n, 1_000, true),
        Field::TimestampMicros(n) => format_instant(*n, 1_000_000, true),
        Field::Group(row) => {
            let member = |(name, field): (&String, &Field)| (name.clone(), plain_to_json(field, depth + 1));
            Json::Object(row.get_column_iter().map(member).collect::<Map<_, _>>())
        }
        Field::ListInternal(list) => list.elements().iter().map(|f| plain_to_json(f, depth + 1)).collect(),
        Field::MapInternal(map) => {
            let entry = |(key, value): &(Field, Field)| {
                let key = match plain_to_json(key, depth + 1) {
                    Json::String(text) => text,
                    other => other.to_string(),
                };
                (key, plain_to_json(value, depth + 1))
            };
            Json::Object(map.entries().iter().map(entry).collect())
        }
    }
}

/// An instant in UTC, or a local time without a zone.
fn format_instant(number: i64, a_second: i64, is_utc: bool) -> Json {
    let nanoseconds = i128::from(number) * i128::from(1_000_000_000 / a_second);
    let Ok(instant) = Timestamp::from_nanosecond(nanoseconds) else { return Json::Null };
    if is_utc { instant.to_string().into() } else { instant.to_zoned(TimeZone::UTC).datetime().to_string().into() }
}

fn format_time(microseconds: i64) -> Json {
    let time = jiff::civil::Time::midnight().checked_add(jiff::Span::new().microseconds(microseconds));
    time.map_or(Json::Null, |time| time.to_string().into())
}

/// A decimal of any size: its digits with the point in its place.
fn decimal_to_json(decimal: &Decimal) -> Json {
    let bytes = decimal.data();
    let Some(first) = bytes.first().filter(|_| bytes.len() <= 16) else { return Json::Null };
    let mut all = [if first & 0x80 == 0 { 0 } else { 0xff }; 16];
    all[16 - bytes.len()..].copy_from_slice(bytes);
    let number = i128::from_be_bytes(all);
    let scale = usize::try_from(decimal.scale()).unwrap_or_default().min(60);
    let digits = format!("{:0>1$}", number.unsigned_abs(), scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if number < 0 { "-" } else { "" };
    let literal = if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") };
    match NumberLiteral::parse(&literal) {
        Some(NumberLiteral::Exact(number)) => number.into(),
        _ => literal.into(),
    }
}
