//! One feature as GeoJSON (RFC 7946), with every digit of its coordinates.

use crate::collection::Collection;
use crate::feature::{Feature, FieldValue, Geometry};
use geo_types::{Coord, Polygon};
use std::io::{Result, Write};

/// Appends `{"type":"Feature","id":…,"geometry":…,"properties":{…}}`. Nulls are written, so that every feature has all
/// fields.
pub fn write_feature(out: &mut Vec<u8>, collection: &Collection, feature: &Feature) -> Result<()> {
    out.write_all(b"{\"type\":\"Feature\",\"id\":")?;
    serde_json::to_writer(&mut *out, feature.id.as_str())?;
    out.write_all(b",\"geometry\":")?;
    match &feature.geometry {
        Some(geometry) => write_geometry(out, geometry)?,
        None => out.write_all(b"null")?,
    }
    out.write_all(b",\"properties\":{")?;
    for (i, (field, value)) in collection.fields.iter().zip(&feature.values).enumerate() {
        if i > 0 {
            out.push(b',');
        }
        serde_json::to_writer(&mut *out, &field.name)?;
        out.push(b':');
        write_value(out, value, field.bare_whole)?;
    }
    out.write_all(b"}}")
}

fn write_value(out: &mut Vec<u8>, value: &FieldValue, bare_whole: bool) -> Result<()> {
    match value {
        FieldValue::Text(text) => serde_json::to_writer(out, text)?,
        FieldValue::Json(json) => serde_json::to_writer(out, json)?,
        FieldValue::Int(i) => write!(out, "{i}")?,
        FieldValue::Real(r) if bare_whole && r.fract() == 0.0 && r.abs() < 1e15 => write!(out, "{}", *r as i64)?,
        FieldValue::Real(r) if r.is_finite() => serde_json::to_writer(out, r)?,
        FieldValue::Bool(b) => write!(out, "{b}")?,
        FieldValue::Null | FieldValue::Real(_) => out.write_all(b"null")?,
    }
    Ok(())
}

fn write_geometry(out: &mut Vec<u8>, geometry: &Geometry) -> Result<()> {
    use geo_types::Geometry as G;
    let kind = match geometry {
        G::Point(_) => "Point",
        G::MultiPoint(_) => "MultiPoint",
        G::Line(_) | G::LineString(_) => "LineString",
        G::MultiLineString(_) => "MultiLineString",
        G::Polygon(_) | G::Rect(_) | G::Triangle(_) => "Polygon",
        G::MultiPolygon(_) => "MultiPolygon",
        G::GeometryCollection(_) => "GeometryCollection",
    };
    let member = if matches!(geometry, G::GeometryCollection(_)) { "geometries" } else { "coordinates" };
    write!(out, "{{\"type\":\"{kind}\",\"{member}\":")?;
    match geometry {
        G::Point(p) => write_position(out, p.0)?,
        G::MultiPoint(m) => write_list(out, m.iter(), |out, p| write_position(out, p.0))?,
        G::Line(l) => write_list(out, [l.start, l.end].into_iter(), write_position)?,
        G::LineString(l) => write_line(out, &l.0)?,
        G::MultiLineString(m) => write_list(out, m.iter(), |out, l| write_line(out, &l.0))?,
        G::Polygon(p) => write_polygon(out, p)?,
        G::Rect(r) => write_polygon(out, &r.to_polygon())?,
        G::Triangle(t) => write_polygon(out, &t.to_polygon())?,
        G::MultiPolygon(m) => write_list(out, m.iter(), write_polygon)?,
        G::GeometryCollection(c) => write_list(out, c.iter(), write_geometry)?,
    }
    out.push(b'}');
    Ok(())
}

fn write_polygon(out: &mut Vec<u8>, polygon: &Polygon<f64>) -> Result<()> {
    write_list(out, std::iter::once(polygon.exterior()).chain(polygon.interiors()), |out, ring| {
        write_line(out, &ring.0)
    })
}

fn write_line(out: &mut Vec<u8>, positions: &[Coord<f64>]) -> Result<()> {
    write_list(out, positions.iter(), |out, c| write_position(out, *c))
}

fn write_position(out: &mut Vec<u8>, c: Coord<f64>) -> Result<()> {
    out.push(b'[');
    serde_json::to_writer(&mut *out, &c.x)?;
    out.push(b',');
    serde_json::to_writer(&mut *out, &c.y)?;
    out.push(b']');
    Ok(())
}

fn write_list<T>(
    out: &mut Vec<u8>,
    items: impl Iterator<Item = T>,
    write: impl Fn(&mut Vec<u8>, T) -> Result<()>,
) -> Result<()> {
    out.push(b'[');
    for (i, item) in items.enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write(out, item)?;
    }
    out.push(b']');
    Ok(())
}
