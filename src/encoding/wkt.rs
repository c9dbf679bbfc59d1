//! Geometries as well-known text (OGC 06-103r4), with all digits of the coordinates.

use crate::feature::Geometry;
use geo_types::{Coord, LineString, Polygon};
use std::fmt::Write;

/// The geometry as well-known text: `POINT (15.27 46.23)`.
pub fn geometry_to_wkt(geometry: &Geometry) -> String {
    let mut out = String::new();
    write_wkt(&mut out, geometry);
    out
}

fn write_wkt(out: &mut String, geometry: &Geometry) {
    use geo_types::Geometry as G;
    match geometry {
        G::Point(p) => {
            write_tagged(out, "POINT", |out| write_list(out, [p.0].iter(), |out, c| write_position(out, *c)));
        }
        G::MultiPoint(m) => write_tagged(out, "MULTIPOINT", |out| {
            write_list(out, m.iter(), |out, p| write_list(out, [p.0].iter(), |out, c| write_position(out, *c)));
        }),
        G::Line(l) => write_tagged(out, "LINESTRING", |out| {
            write_list(out, [l.start, l.end].iter(), |out, c| write_position(out, *c));
        }),
        G::LineString(l) => write_tagged(out, "LINESTRING", |out| write_line(out, l)),
        G::MultiLineString(m) => write_tagged(out, "MULTILINESTRING", |out| write_list(out, m.iter(), write_line)),
        G::Polygon(p) => write_tagged(out, "POLYGON", |out| write_polygon(out, p)),
        G::Rect(r) => write_tagged(out, "POLYGON", |out| write_polygon(out, &r.to_polygon())),
        G::Triangle(t) => write_tagged(out, "POLYGON", |out| write_polygon(out, &t.to_polygon())),
        G::MultiPolygon(m) => write_tagged(out, "MULTIPOLYGON", |out| write_list(out, m.iter(), write_polygon)),
        G::GeometryCollection(c) => write_tagged(out, "GEOMETRYCOLLECTION", |out| write_list(out, c.iter(), write_wkt)),
    }
}

fn write_tagged(out: &mut String, tag: &str, rest: impl FnOnce(&mut String)) {
    out.push_str(tag);
    out.push(' ');
    rest(out);
}

fn write_polygon(out: &mut String, polygon: &Polygon<f64>) {
    write_list(out, std::iter::once(polygon.exterior()).chain(polygon.interiors()), write_line);
}

fn write_line(out: &mut String, line: &LineString<f64>) {
    write_list(out, line.0.iter(), |out, c| write_position(out, *c));
}

fn write_position(out: &mut String, c: Coord<f64>) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{} {}", c.x, c.y);
}

fn write_list<T>(out: &mut String, items: impl Iterator<Item = T>, write: impl Fn(&mut String, T)) {
    out.push('(');
    for (i, item) in items.enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        write(out, item);
    }
    out.push(')');
}
