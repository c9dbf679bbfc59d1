//! Features as a table (RFC 4180, UTF-8): points as two columns, any other geometry as well-known text in one. Lists and objects
//! are JSON. Text that a spreadsheet would run as a formula gets a quote before it, which reading the table takes off again.

use super::{Shown, wkt};
use crate::crs::Crs;
use crate::feature::{Feature, Geometry, GeometryKind, Value};
use std::borrow::Cow;

/// How the place of a feature is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PlaceAs {
    Nothing,
    LonLat,
    Wkt,
}

/// Writes rows.
pub struct Table {
    shown: Shown,
    place: PlaceAs,
}

impl Table {
    #[must_use]
    pub fn new(shown: Shown) -> Self {
        let collection = &shown.collection;
        let taken = |name: &str| collection.fields.iter().any(|f| f.name.eq_ignore_ascii_case(name));
        let point = Some(collection.geometry) == GeometryKind::from_format("geometry-point") && shown.crs == Crs::CRS84;
        let place = match collection.geometry {
            kind if kind.is_none() => PlaceAs::Nothing,
            _ if point && !["lon", "lat", "wkt", "geom", "the_geom"].into_iter().any(taken) => PlaceAs::LonLat,
            _ => PlaceAs::Wkt,
        };
        Self { shown, place }
    }

    /// Appends the line of names.
    pub fn heading(&self, out: &mut Vec<u8>) {
        let names = self.shown.fields().map(|(_, f)| Cow::Borrowed(f.name.as_str()));
        let place: &[&str] = match self.place {
            PlaceAs::Nothing => &[],
            PlaceAs::LonLat => &["lon", "lat"],
            // No field can have this name, and reading prefers it to all others.
            PlaceAs::Wkt => &["geometry"],
        };
        line(out, std::iter::once("id".into()).chain(names).chain(place.iter().map(|&name| name.into())));
    }

    /// Appends the line of a feature.
    pub fn row(&self, feature: &Feature, out: &mut Vec<u8>) {
        let values = self.shown.fields().map(|(at, _)| feature.values.get(at).map_or("".into(), cell));
        let place: Vec<Cow<'_, str>> = match (self.place, &feature.geometry) {
            (PlaceAs::Nothing, _) => vec![],
            (PlaceAs::LonLat, Some(Geometry::Point(p))) => vec![p.x().to_string().into(), p.y().to_string().into()],
            (PlaceAs::LonLat, _) => vec!["".into(), "".into()],
            (PlaceAs::Wkt, geometry) => vec![geometry.as_ref().map(wkt::text).unwrap_or_default().into()],
        };
        line(out, std::iter::once(guarded(feature.id.as_str())).chain(values).chain(place));
    }
}

fn line<'a>(out: &mut Vec<u8>, cells: impl Iterator<Item = Cow<'a, str>>) {
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

fn cell(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => "".into(),
        Value::Bool(b) => b.to_string().into(),
        Value::Int(i) => i.to_string().into(),
        // A whole number keeps its point, so that the column is read as numbers with fractions again.
        Value::Real(r) => format!("{r:?}").into(),
        Value::Text(text) => guarded(text),
        Value::Json(json) => json.to_string().into(),
    }
}

/// Puts one quote before what a spreadsheet would take for a formula, and before what already looks guarded.
fn guarded(text: &str) -> Cow<'_, str> {
    if text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}").into()
    } else {
        text.into()
    }
}
