//! Well-known text of geometries (OGC 06-103r4), with every digit.

use crate::feature::Geometry;
use geo_types::{Coord, LineString, Polygon};
use std::fmt::Write;

/// `POINT (15.27 46.23)` and the like.
pub fn text(geometry: &Geometry) -> String {
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
