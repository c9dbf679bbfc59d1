//! Geometries in the encodings of GeoArrow: positions as groups of numbers, lines and areas as lists of them.

use super::facts::NativeKind;
use crate::feature::Geometry;
use geo_types::{Coord, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};
use parquet::record::Field;

/// Reads a geometry; `None` for an empty one.
///
/// # Errors
/// The end of a sentence that begins with "the geometry".
pub fn read_native(kind: NativeKind, field: &Field) -> Result<Option<Geometry>, &'static str> {
    Ok(match kind {
        NativeKind::Point => Some(Geometry::Point(Point(read_position(field)?))).filter(is_number),
        NativeKind::LineString => Some(read_line(field)?).filter(|l| !l.0.is_empty()).map(Geometry::LineString),
        NativeKind::Polygon => read_polygon(field)?.map(Geometry::Polygon),
        NativeKind::MultiPoint => {
            let points: Vec<Point> = read_line(field)?.0.into_iter().map(Point).collect();
            (!points.is_empty()).then_some(Geometry::MultiPoint(MultiPoint(points)))
        }
        NativeKind::MultiLineString => {
            let lines = members(field)?.iter().map(read_line).collect::<Result<Vec<_>, _>>()?;
            (!lines.is_empty()).then_some(Geometry::MultiLineString(MultiLineString(lines)))
        }
        NativeKind::MultiPolygon => {
            let polygons = members(field)?.iter().map(read_polygon).collect::<Result<Vec<_>, _>>()?;
            let polygons: Vec<Polygon> = polygons.into_iter().flatten().collect();
            (!polygons.is_empty()).then_some(Geometry::MultiPolygon(MultiPolygon(polygons)))
        }
    })
}

/// A point whose coordinates are no numbers is empty.
fn is_number(geometry: &Geometry) -> bool {
    !matches!(geometry, Geometry::Point(p) if p.x().is_nan() && p.y().is_nan())
}

fn members(field: &Field) -> Result<&[Field], &'static str> {
    match field {
        Field::ListInternal(list) => Ok(list.elements()),
        _ => Err("is not of the type that the file names"),
    }
}

fn read_line(field: &Field) -> Result<LineString<f64>, &'static str> {
    Ok(LineString(members(field)?.iter().map(read_position).collect::<Result<_, _>>()?))
}

fn read_polygon(field: &Field) -> Result<Option<Polygon<f64>>, &'static str> {
    let mut rings = members(field)?.iter().map(read_line).collect::<Result<Vec<_>, _>>()?.into_iter();
    Ok(rings.next().filter(|outer| !outer.0.is_empty()).map(|outer| Polygon::new(outer, rings.collect())))
}

fn read_position(field: &Field) -> Result<Coord<f64>, &'static str> {
    let Field::Group(row) = field else { return Err("is not of the type that the file names") };
    let number = |wanted: &str| {
        row.get_column_iter().find(|(name, _)| *name == wanted).and_then(|(_, field)| match field {
            Field::Double(n) => Some(*n),
            _ => None,
        })
    };
    number("x").zip(number("y")).map(|(x, y)| Coord { x, y }).ok_or("has a position without x and y")
}
