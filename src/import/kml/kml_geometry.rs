//! The geometry of a placemark: longitude and latitude in any order of elements, tracks as lines.

use crate::feature::Geometry;
use crate::import::xml::{XmlElement, parse_coordinate, parse_tuples};
use geo_types::{Coord, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};

/// What is told of a geometry.
#[derive(Debug, Default)]
pub struct KmlGeometry {
    pub has_height: bool,
    pub has_model: bool,
    pub has_track_values: bool,
}

/// The geometry directly in an element; `None` when there is none, or an empty one.
///
/// # Errors
/// A sentence for coordinates that cannot be read.
pub fn read_geometry(parent: &XmlElement, told: &mut KmlGeometry) -> Result<Option<Geometry>, String> {
    let mut found = read_members(parent, told)?;
    Ok(match found.len() {
        0 | 1 => found.pop(),
        _ => Some(gather(found)),
    })
}

fn read_members(parent: &XmlElement, told: &mut KmlGeometry) -> Result<Vec<Geometry>, String> {
    let mut found: Vec<Geometry> = vec![];
    for child in &parent.children {
        match child.name.as_str() {
            "Point" => found.extend(read_coords(child, told)?.first().map(|c| Geometry::Point(Point(*c)))),
            "LineString" | "LinearRing" => {
                let coords = read_coords(child, told)?;
                found.extend((!coords.is_empty()).then_some(Geometry::LineString(LineString(coords))));
            }
            "Polygon" => found.extend(read_polygon(child, told)?.map(Geometry::Polygon)),
            "Track" => found.extend(read_track(child, told)?.map(Geometry::LineString)),
            "MultiTrack" => {
                let tracks = child.children_named("Track").map(|track| read_track(track, told));
                let lines: Vec<LineString<f64>> = tracks.filter_map(Result::transpose).collect::<Result<_, _>>()?;
                found.extend((!lines.is_empty()).then_some(Geometry::MultiLineString(MultiLineString(lines))));
            }
            "MultiGeometry" => {
                let members = read_members(child, told)?;
                found.extend((!members.is_empty()).then(|| gather(members)));
            }
            "Model" => told.has_model = true,
            _ => {}
        }
    }
    Ok(found)
}

/// Members of one type as its multi-geometry, others as a collection.
fn gather(members: Vec<Geometry>) -> Geometry {
    let all = |is: fn(&Geometry) -> bool| members.iter().all(is);
    if all(|g| matches!(g, Geometry::Point(_))) {
        return Geometry::MultiPoint(MultiPoint(members.into_iter().filter_map(|g| Point::try_from(g).ok()).collect()));
    }
    if all(|g| matches!(g, Geometry::LineString(_))) {
        let lines = members.into_iter().filter_map(|g| LineString::try_from(g).ok()).collect();
        return Geometry::MultiLineString(MultiLineString(lines));
    }
    if all(|g| matches!(g, Geometry::Polygon(_))) {
        let polygons = members.into_iter().filter_map(|g| Polygon::try_from(g).ok()).collect();
        return Geometry::MultiPolygon(MultiPolygon(polygons));
    }
    Geometry::GeometryCollection(GeometryCollection(members))
}

fn read_coords(element: &XmlElement, told: &mut KmlGeometry) -> Result<Vec<Coord<f64>>, String> {
    let Some(text) = element.child_text("coordinates") else { return Ok(vec![]) };
    let (coords, has_height) = parse_tuples(text).ok_or_else(|| {
        let start: String = text.chars().take(40).collect();
        format!("'{start}' are no coordinates. Write longitude,latitude with a blank between positions.")
    })?;
    told.has_height |= has_height;
    Ok(coords)
}

fn read_polygon(element: &XmlElement, told: &mut KmlGeometry) -> Result<Option<Polygon<f64>>, String> {
    let mut rings = |name: &str| -> Result<Vec<LineString<f64>>, String> {
        let borders = element.children_named(name).flat_map(|border| border.children_named("LinearRing"));
        borders.map(|ring| read_coords(ring, told).map(LineString)).collect()
    };
    let mut outer = rings("outerBoundaryIs")?;
    let holes = rings("innerBoundaryIs")?;
    if outer.len() > 1 {
        return Err("A polygon has several outer boundaries. Make it a MultiGeometry.".into());
    }
    Ok(outer.pop().filter(|ring| !ring.0.is_empty()).map(|outer| Polygon::new(outer, holes)))
}

/// `<gx:coord>15.26 46.23 250</gx:coord>`, one after the other; times and measurements are not kept.
fn read_track(track: &XmlElement, told: &mut KmlGeometry) -> Result<Option<LineString<f64>>, String> {
    let mut coords = vec![];
    for coord in track.children_named("coord") {
        let numbers: Option<Vec<f64>> = coord.text.split_ascii_whitespace().map(parse_coordinate).collect();
        match numbers.as_deref() {
            Some([x, y]) => coords.push(Coord { x: *x, y: *y }),
            Some([x, y, z]) => {
                told.has_height |= *z != 0.0;
                coords.push(Coord { x: *x, y: *y });
            }
            // A time without a place.
            Some([]) => {}
            _ => {
                return Err(format!(
                    "'{}' is no position of a track. Write longitude latitude height.",
                    coord.text.trim()
                ));
            }
        }
    }
    told.has_track_values |= track.children.iter().any(|c| matches!(c.name.as_str(), "when" | "ExtendedData"));
    Ok((coords.len() > 1).then_some(LineString(coords)))
}
