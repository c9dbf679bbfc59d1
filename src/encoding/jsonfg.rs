//! The members that JSON-FG 1.0 (OGC 21-045r1) adds to GeoJSON: reference system, time and feature type. Geometry and
//! properties are those of GeoJSON and are written elsewhere.

use super::OutputSchema;
use crate::collection::FieldType;
use crate::crs::Crs;
use crate::feature::{FieldValue, GeometryTypeSet, time};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Map, Value as Json, json};

/// The profile of a JSON response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonProfile {
    /// GeoJSON only.
    Rfc7946,
    /// JSON-FG; in another reference system than CRS84, only `place` has the geometry.
    JsonFg,
    /// JSON-FG that always has `geometry` too, for readers of GeoJSON.
    JsonFgPlus,
}

impl JsonProfile {
    pub const ALL: [Self; 3] = [Self::Rfc7946, Self::JsonFg, Self::JsonFgPlus];

    /// The name in the OGC register of profiles.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Rfc7946 => "rfc7946",
            Self::JsonFg => "jsonfg",
            Self::JsonFgPlus => "jsonfg-plus",
        }
    }

    /// The URI in the OGC register of profiles.
    #[must_use]
    pub fn uri(self) -> String {
        format!("{PROFILE_REGISTER}{}", self.id())
    }

    /// Parses the name, the URI, or the safe CURIE `[ogc-profile:jsonfg]`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let curie = text.strip_prefix("[ogc-profile:").and_then(|t| t.strip_suffix(']'));
        let id = curie.or_else(|| text.strip_prefix(PROFILE_REGISTER)).unwrap_or(text);
        Self::ALL.into_iter().find(|profile| profile.id() == id)
    }

    /// Whether the response has the members of JSON-FG.
    #[must_use]
    pub fn is_json_fg(self) -> bool {
        self != Self::Rfc7946
    }
}

const PROFILE_REGISTER: &str = "http://www.opengis.net/def/profile/OGC/0/";
const CONFORMANCE_CLASSES: [&str; 2] = [
    "http://www.opengis.net/spec/json-fg-1/1.0/conf/core",
    "http://www.opengis.net/spec/json-fg-1/1.0/conf/types-schemas",
];

/// The members of the root object beside those of GeoJSON: conformance, feature type, schema, dimension and reference
/// system.
#[must_use]
pub fn root_members(output: &OutputSchema, schema: &str) -> Map<String, Json> {
    let mut members = Map::new();
    members.insert("conformsTo".into(), json!(CONFORMANCE_CLASSES));
    members.insert("featureType".into(), output.collection.id.as_str().into());
    members.insert("featureSchema".into(), schema.into());
    if let Some(dimension) = geometry_dimension(output.collection.geometry) {
        members.insert("geometryDimension".into(), dimension.into());
    }
    if output.crs != Crs::CRS84 {
        members.insert("coordRefSys".into(), output.crs.uri().into());
    }
    members
}

/// The dimension of all geometries, if it is the same: points (0), lines (1) or areas (2).
fn geometry_dimension(kind: GeometryTypeSet) -> Option<u8> {
    let format = kind.schema_format()?.strip_prefix("geometry-")?;
    match format.split("-or-").next()?.trim_start_matches("multi") {
        "point" => Some(0),
        "linestring" => Some(1),
        "polygon" => Some(2),
        _ => None,
    }
}

/// The `time` of a feature: a date, a timestamp, or an interval with `..` for an open end. `None` when the feature is
/// undated or when its temporal fields are not written.
#[must_use]
pub fn feature_time(output: &OutputSchema, value: impl Fn(usize) -> FieldValue) -> Option<Json> {
    let fields = output.collection.time?;
    if !output.has_field(fields.start) || fields.end.is_some_and(|end| !output.has_field(end)) {
        return None;
    }
    let read = |at: usize| match (value(at), output.collection.fields.get(at)?.kind) {
        (FieldValue::Text(text), FieldType::Date) => Some(JsonFgInstant::Date(text.into())),
        (FieldValue::Text(text), _) => time::parse_time_span(&text).map(|span| JsonFgInstant::Timestamp(span.start_ms)),
        _ => None,
    };
    let Some(end) = fields.end else {
        return Some(match read(fields.start)? {
            JsonFgInstant::Date(day) => json!({"date": day}),
            instant @ JsonFgInstant::Timestamp(_) => json!({"timestamp": instant.to_text()?}),
        });
    };
    let (start, end) = match (read(fields.start), read(end)) {
        (None, None) => return None,
        // Both ends must have the same type.
        (Some(JsonFgInstant::Date(day)), Some(instant @ JsonFgInstant::Timestamp(_))) => {
            (Some(JsonFgInstant::Timestamp(time::parse_time_span(&day)?.start_ms)), Some(instant))
        }
        (Some(instant @ JsonFgInstant::Timestamp(_)), Some(JsonFgInstant::Date(day))) => {
            (Some(instant), Some(JsonFgInstant::Timestamp(time::parse_time_span(&day)?.end_ms)))
        }
        both => both,
    };
    let end_of = |end: Option<JsonFgInstant>| end.and_then(|instant| instant.to_text()).unwrap_or_else(|| "..".into());
    Some(json!({"interval": [end_of(start), end_of(end)]}))
}

enum JsonFgInstant {
    Date(String),
    /// Milliseconds since 1970.
    Timestamp(i64),
}

impl JsonFgInstant {
    /// Timestamps are in UTC, whatever their original time zone.
    fn to_text(&self) -> Option<String> {
        match self {
            Self::Date(day) => Some(day.clone()),
            Self::Timestamp(ms) => {
                Timestamp::from_millisecond(*ms).ok().map(|t| t.to_zoned(TimeZone::UTC).timestamp().to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collection::{Collection, CollectionId};
    use std::sync::Arc;

    fn output_schema(fields: &[(&str, FieldType)], only: Option<&[usize]>) -> OutputSchema {
        let fields: Vec<(String, FieldType)> = fields.iter().map(|(n, k)| ((*n).to_owned(), *k)).collect();
        let id = CollectionId::new("things").unwrap();
        let collection = Collection::from_inferred_fields(id, "Things", GeometryTypeSet::ANY, &fields).unwrap();
        OutputSchema::new(Arc::new(collection), only, Crs::CRS84)
    }

    #[test]
    fn times_are_dates_timestamps_in_utc_and_intervals_of_one_type() {
        let (day, instant) = (("start", FieldType::Date), ("start", FieldType::DateTime));
        let cases = [
            (vec![day], vec!["2026-03-01"], json!({"date": "2026-03-01"})),
            (vec![instant], vec!["2026-03-01T08:30:00+01:00"], json!({"timestamp": "2026-03-01T07:30:00Z"})),
            (vec![day, ("end", FieldType::Date)], vec!["2026-03-01", ""], json!({"interval": ["2026-03-01", ".."]})),
            (vec![day, ("end", FieldType::Date)], vec!["", "2026-04-01"], json!({"interval": ["..", "2026-04-01"]})),
            (
                vec![day, ("end", FieldType::DateTime)],
                vec!["2026-03-01", "2026-04-01T00:00:00Z"],
                json!({"interval": ["2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z"]}),
            ),
        ];
        for (fields, values, expected) in cases {
            let value = |at: usize| if values[at].is_empty() { FieldValue::Null } else { FieldValue::text(values[at]) };
            assert_eq!(feature_time(&output_schema(&fields, None), value), Some(expected));
        }
        assert_eq!(feature_time(&output_schema(&[day], None), |_| FieldValue::Null), None);
    }

    #[test]
    fn a_time_is_not_written_without_its_fields() {
        let fields = [("start", FieldType::Date), ("end", FieldType::Date), ("name", FieldType::Text)];
        let value = |_| FieldValue::text("2026-03-01");
        assert!(feature_time(&output_schema(&fields, Some(&[0, 1])), value).is_some());
        assert_eq!(feature_time(&output_schema(&fields, Some(&[0, 2])), value), None);
        assert_eq!(feature_time(&output_schema(&fields, Some(&[1, 2])), value), None);
    }

    #[test]
    fn profiles_are_parsed_in_each_of_their_spellings() {
        for profile in JsonProfile::ALL {
            assert_eq!(JsonProfile::parse(profile.id()), Some(profile));
            assert_eq!(JsonProfile::parse(&profile.uri()), Some(profile));
            assert_eq!(JsonProfile::parse(&format!("[ogc-profile:{}]", profile.id())), Some(profile));
        }
        assert_eq!(JsonProfile::parse("jsonfg-minus"), None);
    }
}
