//! Features as a table (RFC 4180, UTF-8): points as two columns, any other geometry as well-known text in one. Lists and objects
//! are JSON. Text that a spreadsheet would run as a formula gets a quote before it, which reading the table takes off again.

use super::unwritable;
use crate::collection::Collection;
use crate::error::{Error, Result};
use crate::feature::{Feature, Geometry, GeometryKind, Value};
use geo_types::{Coord, LineString, Polygon};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Write;

/// How the place of a feature is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PlaceAs {
    Nothing,
    LonLat,
    Wkt,
}

pub struct Table<'a, W: Write> {
    writer: csv::Writer<W>,
    collection: &'a Collection,
    place: PlaceAs,
}

impl<'a, W: Write> Table<'a, W> {
    /// Writes the heading.
    pub fn new(out: W, collection: &'a Collection) -> Result<Self> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
        let taken = |name: &str| collection.fields.iter().any(|f| f.name.eq_ignore_ascii_case(name));
        let point = Some(collection.geometry) == GeometryKind::from_format("geometry-point");
        let place = match collection.geometry {
            kind if kind.is_none() => PlaceAs::Nothing,
            _ if point && !["lon", "lat", "wkt", "geom", "the_geom"].into_iter().any(taken) => PlaceAs::LonLat,
            _ => PlaceAs::Wkt,
        };
        let mut heading = vec!["id"];
        heading.extend(collection.fields.iter().map(|f| f.name.as_str()));
        match place {
            PlaceAs::Nothing => {}
            PlaceAs::LonLat => heading.extend(["lon", "lat"]),
            // No field can have this name, and reading prefers it to all others.
            PlaceAs::Wkt => heading.push("geometry"),
        }
        writer.write_record(heading).map_err(broken)?;
        Ok(Self { writer, collection, place })
    }

    pub fn feature(&mut self, feature: &Feature) -> Result<()> {
        let mut row: Vec<Cow<'_, str>> = vec![guarded(feature.id.as_str())];
        row.extend(self.collection.fields.iter().zip(&feature.values).map(|(_, value)| cell(value)));
        match (self.place, &feature.geometry) {
            (PlaceAs::Nothing, _) => {}
            (PlaceAs::LonLat, Some(Geometry::Point(p))) => {
                row.extend([p.x().to_string().into(), p.y().to_string().into()]);
            }
            (PlaceAs::LonLat, _) => row.extend(["".into(), "".into()]),
            (PlaceAs::Wkt, geometry) => row.push(geometry.as_ref().map(wkt).unwrap_or_default().into()),
        }
        self.writer.write_record(row.iter().map(AsRef::as_ref)).map_err(broken)
    }

    pub fn finish(self) -> Result<W> {
        self.writer.into_inner().map_err(|e| unwritable(e.into_error()))
    }
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

fn broken(e: csv::Error) -> Error {
    match e.into_kind() {
        csv::ErrorKind::Io(e) => unwritable(e),
        other => Error::internal(format!("{other:?}")),
    }
}

/// Well-known text of a geometry, with every digit.
fn wkt(geometry: &Geometry) -> String {
    let mut out = String::new();
    write_wkt(&mut out, geometry);
    out
}

fn write_wkt(out: &mut String, geometry: &Geometry) {
    use geo_types::Geometry as G;
    match geometry {
        G::Point(p) => tagged(out, "POINT", |out| list(out, [p.0].iter(), |out, c| position(out, *c))),
        G::MultiPoint(m) => tagged(out, "MULTIPOINT", |out| {
            list(out, m.iter(), |out, p| list(out, [p.0].iter(), |out, c| position(out, *c)));
        }),
        G::Line(l) => tagged(out, "LINESTRING", |out| list(out, [l.start, l.end].iter(), |out, c| position(out, *c))),
        G::LineString(l) => tagged(out, "LINESTRING", |out| line(out, l)),
        G::MultiLineString(m) => tagged(out, "MULTILINESTRING", |out| list(out, m.iter(), line)),
        G::Polygon(p) => tagged(out, "POLYGON", |out| polygon(out, p)),
        G::Rect(r) => tagged(out, "POLYGON", |out| polygon(out, &r.to_polygon())),
        G::Triangle(t) => tagged(out, "POLYGON", |out| polygon(out, &t.to_polygon())),
        G::MultiPolygon(m) => tagged(out, "MULTIPOLYGON", |out| list(out, m.iter(), polygon)),
        G::GeometryCollection(c) => tagged(out, "GEOMETRYCOLLECTION", |out| list(out, c.iter(), write_wkt)),
    }
}

fn tagged(out: &mut String, tag: &str, rest: impl FnOnce(&mut String)) {
    out.push_str(tag);
    out.push(' ');
    rest(out);
}

fn polygon(out: &mut String, polygon: &Polygon<f64>) {
    list(out, std::iter::once(polygon.exterior()).chain(polygon.interiors()), line);
}

fn line(out: &mut String, line: &LineString<f64>) {
    list(out, line.0.iter(), |out, c| position(out, *c));
}

fn position(out: &mut String, c: Coord<f64>) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{} {}", c.x, c.y);
}

fn list<T>(out: &mut String, items: impl Iterator<Item = T>, write: impl Fn(&mut String, T)) {
    out.push('(');
    for (i, item) in items.enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        write(out, item);
    }
    out.push(')');
}
