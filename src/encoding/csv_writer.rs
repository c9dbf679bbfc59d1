//! Features as CSV (RFC 4180, UTF-8): points as the columns `lon` and `lat`, any other geometry as well-known text.
//! Lists and objects are JSON. Text that a spreadsheet would run as a formula gets a quote in front, which the import
//! removes.

use super::{OutputSchema, wkt};
use crate::collection::FieldDefinition;
use crate::crs::Crs;
use crate::feature::{Feature, FieldValue, Geometry, GeometryTypeSet};
use crate::number_literal::NumberLiteral;
use serde_json::Number;
use std::borrow::Cow;

/// How geometries are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum GeometryColumns {
    Omitted,
    LonLat,
    Wkt,
}

/// Writes the features of one collection as CSV.
pub struct CsvWriter {
    output: OutputSchema,
    geometry: GeometryColumns,
}

impl CsvWriter {
    #[must_use]
    pub fn new(output: OutputSchema) -> Self {
        let collection = &output.collection;
        let has_field = |name: &str| collection.fields.iter().any(|f| f.name.eq_ignore_ascii_case(name));
        let point = Some(collection.geometry) == GeometryTypeSet::from_schema_format("geometry-point")
            && output.crs == Crs::CRS84;
        let geometry = match collection.geometry {
            kind if kind.is_none() => GeometryColumns::Omitted,
            _ if point && !["lon", "lat", "wkt", "geom", "the_geom"].into_iter().any(has_field) => {
                GeometryColumns::LonLat
            }
            _ => GeometryColumns::Wkt,
        };
        Self { output, geometry }
    }

    /// Appends the header line.
    pub fn write_header(&self, out: &mut Vec<u8>) {
        let names = self.output.fields().map(|(_, f)| Cow::Borrowed(f.name.as_str()));
        let geometry_names: &[&str] = match self.geometry {
            GeometryColumns::Omitted => &[],
            GeometryColumns::LonLat => &["lon", "lat"],
            // No field has this name, and the import prefers it to all others.
            GeometryColumns::Wkt => &["geometry"],
        };
        write_line(
            out,
            std::iter::once("id".into()).chain(names).chain(geometry_names.iter().map(|&name| name.into())),
        );
    }

    /// Appends the line of a feature, whose geometry is in the reference system of the output.
    pub fn write_row(&self, feature: &Feature, out: &mut Vec<u8>) {
        let values =
            self.output.fields().map(|(at, f)| feature.values.get(at).map_or("".into(), |value| format_cell(f, value)));
        let geometry: Vec<Cow<'_, str>> = match (self.geometry, &feature.geometry) {
            (GeometryColumns::Omitted, _) => vec![],
            (GeometryColumns::LonLat, Some(Geometry::Point(p))) => {
                vec![p.x().to_string().into(), p.y().to_string().into()]
            }
            (GeometryColumns::LonLat, _) => vec!["".into(), "".into()],
            (GeometryColumns::Wkt, geometry) => {
                vec![geometry.as_ref().map(wkt::geometry_to_wkt).unwrap_or_default().into()]
            }
        };
        write_line(out, std::iter::once(guard_formula(feature.id.as_str())).chain(values).chain(geometry));
    }
}

fn write_line<'a>(out: &mut Vec<u8>, cells: impl Iterator<Item = Cow<'a, str>>) {
    for (nth, cell) in cells.enumerate() {
        if nth > 0 {
            out.push(b',');
        }
        let quoted = cell.contains(['"', ',', '\r', '\n']);
        if quoted {
            out.push(b'"');
            out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
            out.push(b'"');
        } else {
            out.extend_from_slice(cell.as_bytes());
        }
    }
    out.extend_from_slice(b"\r\n");
}

fn format_cell<'v>(field: &FieldDefinition, value: &'v FieldValue) -> Cow<'v, str> {
    match value {
        FieldValue::Null => "".into(),
        FieldValue::Bool(b) => b.to_string().into(),
        FieldValue::Int(i) => i.to_string().into(),
        FieldValue::Real(r) if field.bare_whole && r.fract() == 0.0 && r.abs() < 1e15 => (*r as i64).to_string().into(),
        // As in JSON: an import reads the column as reals again, and has the same characters.
        FieldValue::Real(r) => Number::from_f64(*r).map_or("".into(), |number| number.to_string().into()),
        FieldValue::Text(text) => guard_formula(text),
        FieldValue::Json(json) => json.to_string().into(),
    }
}

/// Puts a quote in front of text that a spreadsheet would take for a formula, and of text that already looks guarded. A
/// signed number runs nothing and stays as it is.
fn guard_formula(text: &str) -> Cow<'_, str> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or("no sign");
    if unsigned.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b',')) || is_number(unsigned) {
        return text.into();
    }
    if text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}").into()
    } else {
        text.into()
    }
}

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && NumberLiteral::parse(text).is_some()
}
