//! Geometries as well-known binary (OGC 06-103r4): little-endian, two dimensions.

use crate::feature::Geometry;
use geo_types::{Coord, LineString, Polygon};

const LITTLE_ENDIAN: u8 = 1;

/// Appends a geometry.
pub fn write_wkb(geometry: &Geometry, out: &mut Vec<u8>) {
    use geo_types::Geometry as G;
    match geometry {
        G::Point(p) => {
            write_type(1, out);
            write_coord(p.0, out);
        }
        G::Line(l) => {
            write_type(2, out);
            write_coords(&[l.start, l.end], out);
        }
        G::LineString(l) => write_line(l, out),
        G::Polygon(p) => write_polygon(p, out),
        G::Rect(r) => write_polygon(&r.to_polygon(), out),
        G::Triangle(t) => write_polygon(&t.to_polygon(), out),
        G::MultiPoint(m) => {
            write_type(4, out);
            write_count(m.0.len(), out);
            for point in m {
                write_type(1, out);
                write_coord(point.0, out);
            }
        }
        G::MultiLineString(m) => {
            write_type(5, out);
            write_count(m.0.len(), out);
            m.iter().for_each(|line| write_line(line, out));
        }
        G::MultiPolygon(m) => {
            write_type(6, out);
            write_count(m.0.len(), out);
            m.iter().for_each(|polygon| write_polygon(polygon, out));
        }
        G::GeometryCollection(c) => {
            write_type(7, out);
            write_count(c.len(), out);
            c.iter().for_each(|member| write_wkb(member, out));
        }
    }
}

fn write_type(code: u32, out: &mut Vec<u8>) {
    out.push(LITTLE_ENDIAN);
    out.extend_from_slice(&code.to_le_bytes());
}

fn write_count(n: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&(n as u32).to_le_bytes());
}

fn write_coord(coord: Coord, out: &mut Vec<u8>) {
    out.extend_from_slice(&coord.x.to_le_bytes());
    out.extend_from_slice(&coord.y.to_le_bytes());
}

fn write_coords(coords: &[Coord], out: &mut Vec<u8>) {
    write_count(coords.len(), out);
    out.reserve(coords.len() * 16);
    coords.iter().for_each(|c| write_coord(*c, out));
}

fn write_line(line: &LineString, out: &mut Vec<u8>) {
    write_type(2, out);
    write_coords(&line.0, out);
}

fn write_polygon(polygon: &Polygon, out: &mut Vec<u8>) {
    write_type(3, out);
    let rings = if polygon.exterior().0.is_empty() { 0 } else { 1 + polygon.interiors().len() };
    write_count(rings, out);
    if rings > 0 {
        write_coords(&polygon.exterior().0, out);
        polygon.interiors().iter().for_each(|ring| write_coords(&ring.0, out));
    }
}
