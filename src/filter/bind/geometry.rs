//! Geometries of a filter: transforms them from the filter's reference system to degrees, checks their size, and rounds
//! them as features are rounded.

use super::binder::FilterBinder;
use super::bound_operand::BoundOperand;
use crate::crs::Projection;
use crate::error::{Error, Result};
use crate::feature::Geometry;
use crate::filter::expression::{GeometryExpression, LiteralGeometry, NumericExpression, SpatialRelation};
use crate::filter::limits::{MAX_VERTICES, literal_budget};
use crate::filter::relate::{GridPoint, GridShape, relate_shapes};
use crate::filter::source::invalid_filter;
use crate::filter::syntax::SyntaxTree;
use geo::{Area, CoordsIter};
use geo_types::{Coord, Geometry as G, Line, LineString, MultiPolygon, Point, Polygon, Rect};

/// The side of a box in a national grid is a curve in degrees; this many steps approximate it to centimetres over a
/// city.
const STEPS_PER_SIDE: u32 = 16;

impl FilterBinder<'_> {
    /// Binds an operand of a spatial function.
    pub(super) fn bind_geometry(&mut self, expr: &SyntaxTree, op: &str) -> Result<GeometryExpression> {
        match self.bind_expression(expr)? {
            BoundOperand::Geometry(place) => Ok(place),
            other => Err(self.mismatch_error(expr, &other, &format!("{} compares geometries", op.to_uppercase()))),
        }
    }

    /// Binds a geometry or a box that is written in the filter.
    pub(super) fn bind_geometry_literal(&mut self, expr: &SyntaxTree) -> Result<GeometryExpression> {
        let written = match expr {
            SyntaxTree::BBox(bbox) => self.read_box(bbox)?,
            SyntaxTree::Geometry(geometry) => self.read_geometry(geometry)?,
            _ => return Err(Error::internal("the expression is not a geometry")),
        };
        let literal = LiteralGeometry::from_degrees(&written);
        if is_collapsed(&literal.geometry) {
            return Err(invalid_filter(
                "A geometry of the filter encloses nothing: its rings or lines collapse when their positions are rounded to seven decimals (about 1 cm), as those of features are. Redraw it, or use a POINT.",
            ));
        }
        Ok(GeometryExpression::Literal(literal))
    }

    fn read_geometry(&mut self, geometry: &Geometry) -> Result<Geometry> {
        self.vertices += geometry.coords_count();
        if self.vertices > MAX_VERTICES {
            return Err(Error::TooLarge(format!(
                "The geometries of the filter have {} positions; the limit is {MAX_VERTICES}. Simplify them.",
                self.vertices
            )));
        }
        if geometry.coords_count() == 0 {
            return Err(invalid_filter("A geometry of the filter is empty. Give it coordinates."));
        }
        self.projection.geometry_to_lonlat(geometry).map_err(at_filter_parameter)
    }

    /// West, south, east, north (or the first and second axis of the reference system); heights are ignored.
    fn read_box(&mut self, numbers: &[SyntaxTree]) -> Result<Geometry> {
        let mut found = vec![];
        for number in numbers {
            match self.bind_expression(number)? {
                BoundOperand::Number(NumericExpression::Literal(n)) => found.push(n.real()),
                other => return Err(self.mismatch_error(number, &other, "BBOX takes numbers")),
            }
        }
        let ([x0, y0, x1, y1] | [x0, y0, _, x1, y1, _]) = found[..] else {
            return Err(invalid_filter("BBOX takes four numbers (west, south, east, north) or six (with heights)."));
        };
        box_to_geometry(&self.projection, [x0, y0, x1, y1]).map_err(at_filter_parameter)
    }
}

/// A box in a reference system (lower corner, upper corner, in the authority's order of axes) as a geometry in degrees,
/// longitude first.
///
/// # Errors
/// [`Error::Invalid`] without a place.
pub(crate) fn box_to_geometry(projection: &Projection, [x0, y0, x1, y1]: [f64; 4]) -> Result<Geometry> {
    let crs = projection.crs();
    if crs.is_geodetic_wgs84() {
        let [west, south, east, north] = if crs.is_north_first() { [y0, x0, y1, x1] } else { [x0, y0, x1, y1] };
        return degrees_box(west, south, east, north);
    }
    if x0 > x1 || y0 > y1 {
        return Err(Error::invalid(
            "",
            "The second corner of the box must be above and to the right of the first. Swap its numbers.",
        ));
    }
    let (low, high) = (Coord { x: x0, y: y0 }, Coord { x: x1, y: y1 });
    let side = || LineString::from(Line::new(low, high));
    projection.geometry_to_lonlat(&match (x0 < x1, y0 < y1) {
        (true, true) => G::Polygon(Polygon::new(densify_path(Rect::new(low, high).to_polygon().exterior()), vec![])),
        (false, false) => G::Point(Point(low)),
        _ => G::LineString(densify_path(&side())),
    })
}

/// A box in degrees as a geometry; without width or height it is a line or a point. Parts beyond the globe are cut off.
fn degrees_box(west: f64, south: f64, east: f64, north: f64) -> Result<Geometry> {
    if south > north {
        return Err(Error::invalid(
            "",
            format!("The south edge {south} is north of the north edge {north}. Swap them."),
        ));
    }
    let at = |x: f64, y: f64| {
        GridPoint::from_lonlat(Coord { x: x.clamp(-180.0, 180.0), y: y.clamp(-90.0, 90.0) }).to_lonlat()
    };
    let rect = |west, east| Rect::new(at(west, south), at(east, north)).to_polygon();
    Ok(if west > east {
        G::MultiPolygon(MultiPolygon(vec![rect(west, 180.0), rect(-180.0, east)]))
    } else {
        let (low, high) = (at(west, south), at(east, north));
        match (low.x < high.x, low.y < high.y) {
            (true, true) => G::Polygon(rect(west, east)),
            (false, false) => G::Point(Point(low)),
            _ => G::LineString(LineString::from(Line::new(low, high))),
        }
    })
}

/// Adds positions along the segments of a line.
fn densify_path(ring: &LineString<f64>) -> LineString<f64> {
    let mut dense: Vec<Coord<f64>> = ring
        .lines()
        .flat_map(|l| {
            (0..STEPS_PER_SIDE).map(move |i| l.start + (l.end - l.start) * (f64::from(i) / f64::from(STEPS_PER_SIDE)))
        })
        .collect();
    dense.extend(ring.0.last().copied());
    LineString(dense)
}

/// Whether every line of the geometry has no length, and every polygon encloses nothing.
fn is_collapsed(geometry: &Geometry) -> bool {
    let has_no_length = |line: &LineString<f64>| line.0.windows(2).all(|w| w[0] == w[1]);
    match geometry {
        G::LineString(line) => has_no_length(line),
        G::MultiLineString(lines) => lines.iter().all(has_no_length),
        G::Polygon(polygon) => encloses_nothing(polygon),
        G::MultiPolygon(polygons) => polygons.iter().all(encloses_nothing),
        G::GeometryCollection(parts) => parts.iter().all(is_collapsed),
        _ => false,
    }
}

fn encloses_nothing(polygon: &Polygon<f64>) -> bool {
    // A ring with an area by the shoelace formula encloses something; a crooked one may enclose as much on its left as
    // on its right.
    if polygon.interiors().is_empty() && polygon.unsigned_area() > 0.0 {
        return false;
    }
    let shape = GridShape::from_geometry(&G::Polygon(polygon.clone()));
    relate_shapes(&shape, &shape, &literal_budget()).is_some_and(|matrix| !matrix.has_relation(SpatialRelation::Equals))
}

fn at_filter_parameter(error: Error) -> Error {
    match error {
        Error::Invalid(e) if e.message.contains("cannot be in") => {
            invalid_filter(format!("{} Longitude comes first unless filter-crs says otherwise.", e.message))
        }
        Error::Invalid(e) => invalid_filter(e.message),
        other => other,
    }
}
