//! Whether two values mean the same, however a spreadsheet writes them: 5 and 5.0, text with blanks around it, an
//! instant without its fraction of a second, a text that is cut where a cell ends.

use crate::collection::FieldType;
use crate::feature::{FieldValue, Geometry};
use geo::CoordsIter;
use jiff::Timestamp;
use serde_json::Value as Json;

/// The longest text of a cell, in UTF-16 units.
pub const MAX_CELL_CHARACTERS: usize = 32_767;
/// How far apart two coordinates may be that mean the same place: two centimetres, as grids are written.
const SAME_PLACE_DEG: f64 = 2e-7;

/// Whether a value of a row means what the plan has.
pub fn same_value(kind: FieldType, row: &FieldValue, plan: &FieldValue) -> bool {
    use FieldValue as V;
    match (row, plan) {
        (V::Null, V::Null) => true,
        // A cell cannot tell no text from an empty one.
        (V::Null, V::Text(text)) | (V::Text(text), V::Null) => text.trim().is_empty(),
        (V::Int(a), V::Real(b)) | (V::Real(b), V::Int(a)) => *a as f64 == *b,
        (V::Real(a), V::Real(b)) => a == b,
        (V::Text(a), V::Text(b)) if kind == FieldType::DateTime => same_instant(a, b),
        (V::Text(a), V::Text(b)) => same_text(a, b),
        (V::Json(a), V::Json(b)) => same_json(a, b),
        (a, b) => a == b,
    }
}

/// Whether a cell, as it is written, is what the plan has.
pub fn is_written_as(cell: &str, plan: &FieldValue) -> bool {
    match plan {
        FieldValue::Text(text) => same_text(cell, text),
        FieldValue::Json(json) => same_text(cell, &json.to_string()),
        FieldValue::Null => cell.trim().is_empty(),
        other => same_text(cell, &other.to_json().to_string()),
    }
}

/// Whether two geometries have the same positions in the same parts.
pub fn same_place(a: Option<&Geometry>, b: Option<&Geometry>) -> bool {
    let (Some(a), Some(b)) = (a, b) else { return a.is_none() && b.is_none() };
    let is_near = |(p, q): (geo_types::Coord, geo_types::Coord)| {
        (p.x - q.x).abs() <= SAME_PLACE_DEG && (p.y - q.y).abs() <= SAME_PLACE_DEG
    };
    parts(a) == parts(b) && a.coords_count() == b.coords_count() && a.coords_iter().zip(b.coords_iter()).all(is_near)
}

/// The kind of a geometry and the number of positions of each of its parts.
fn parts(geometry: &Geometry) -> (u8, Vec<usize>) {
    use geo_types::Geometry as G;
    let polygon = |p: &geo_types::Polygon<f64>| {
        let mut sizes = vec![p.interiors().len(), p.exterior().0.len()];
        sizes.extend(p.interiors().iter().map(|ring| ring.0.len()));
        sizes
    };
    match geometry {
        G::Point(_) => (1, vec![]),
        G::Line(_) | G::LineString(_) => (2, vec![]),
        G::Polygon(p) => (3, polygon(p)),
        G::MultiPoint(_) => (4, vec![]),
        G::MultiLineString(m) => (5, m.iter().map(|l| l.0.len()).collect()),
        G::MultiPolygon(m) => (6, m.iter().flat_map(polygon).collect()),
        G::GeometryCollection(c) => {
            (7, c.iter().flat_map(|g| [vec![usize::from(parts(g).0)], parts(g).1].concat()).collect())
        }
        G::Rect(_) | G::Triangle(_) => (8, vec![]),
    }
}

fn same_text(cell: &str, plan: &str) -> bool {
    if cell == plan {
        return true;
    }
    let lines = |text: &str| text.trim().replace("\r\n", "\n").replace('\r', "\n");
    let (cell, plan) = (lines(cell), lines(plan));
    cell == plan || (is_cut(&cell) && plan.starts_with(&cell))
}

/// Whether a text fills its cell, so that more may have stood behind it.
pub fn is_cut(cell: &str) -> bool {
    cell.len() >= MAX_CELL_CHARACTERS - 1 && cell.encode_utf16().count() >= MAX_CELL_CHARACTERS - 1
}

/// Two instants, to a hundredth of a second, or to the second where one is written without a fraction.
fn same_instant(a: &str, b: &str) -> bool {
    let (Ok(first), Ok(second)) = (a.parse::<Timestamp>(), b.parse::<Timestamp>()) else { return a == b };
    let apart_ms = (first.as_millisecond() - second.as_millisecond()).abs();
    let is_whole = !(a.contains('.') && b.contains('.'));
    // LibreOffice writes hundredths into ODS.
    apart_ms < 10 || (is_whole && (apart_ms <= 500 || first.as_second() == second.as_second()))
}

fn same_json(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(x), Json::Number(y)) => x == y || x.as_f64() == y.as_f64(),
        (Json::String(x), Json::String(y)) => same_text(x, y),
        (Json::Array(x), Json::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same_json(x, y)),
        (Json::Object(x), Json::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(name, x)| y.get(name).is_some_and(|y| same_json(x, y)))
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{line_string, point, polygon};
    use serde_json::json;

    #[test]
    fn values_are_compared_by_what_they_mean() {
        let text = |text: &str| FieldValue::text(text);
        let long = "a".repeat(40_000);
        let list = |json: Json| FieldValue::Json(Box::new(json));
        for (kind, row, plan) in [
            (FieldType::Real, FieldValue::Int(5), FieldValue::Real(5.0)),
            (FieldType::Text, text("a b"), text(" a b \n")),
            (FieldType::Text, text("a\nb"), text("a\r\nb")),
            (FieldType::Text, FieldValue::Null, text("")),
            (FieldType::Text, text(&long[..32_767]), text(&long)),
            (FieldType::DateTime, text("2026-03-01T08:30:00Z"), text("2026-03-01T08:30:00.123Z")),
            (FieldType::DateTime, text("2026-03-01T08:30:00.14Z"), text("2026-03-01T08:30:00.137Z")),
            (FieldType::Json, list(json!([1.0, "x"])), list(json!([1, "x"]))),
        ] {
            assert!(same_value(kind, &row, &plan), "{row:?} {plan:?}");
        }
        for (kind, row, plan) in [
            (FieldType::Real, FieldValue::Real(5.0), FieldValue::Real(5.01)),
            (FieldType::Text, text("1.1"), text("1.10")),
            (FieldType::Text, FieldValue::Null, text("a")),
            (FieldType::Text, text("a"), text("A")),
            (FieldType::DateTime, text("2026-03-01T08:30:01Z"), text("2026-03-01T08:30:00.123Z")),
            (FieldType::Json, list(json!(["x", "y"])), list(json!(["y", "x"]))),
        ] {
            assert!(!same_value(kind, &row, &plan), "{row:?} {plan:?}");
        }
    }

    #[test]
    fn places_are_compared_to_the_precision_of_a_grid_and_by_their_parts() {
        let a: Geometry = point!(x: 15.26, y: 46.23).into();
        assert!(same_place(Some(&a), Some(&point!(x: 15.260_000_1, y: 46.23).into())));
        assert!(!same_place(Some(&a), Some(&point!(x: 15.260_001, y: 46.23).into())));
        assert!(!same_place(Some(&a), None));
        let ring: Geometry = polygon![(x: 0.0, y: 0.0), (x: 1.0, y: 0.0), (x: 0.0, y: 1.0)].into();
        let line: Geometry =
            line_string![(x: 0.0, y: 0.0), (x: 1.0, y: 0.0), (x: 0.0, y: 1.0), (x: 0.0, y: 0.0)].into();
        assert!(same_place(Some(&ring), Some(&ring)) && !same_place(Some(&ring), Some(&line)));
    }
}
