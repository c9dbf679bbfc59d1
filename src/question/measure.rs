//! Measures geometries: areas and lengths on the ellipsoid, shares inside an area, unions, buffers. Clipping works in
//! degrees, where the edges of GeoJSON are straight; only buffers use the metric plane.

use super::ellipsoid::{area_m2, areas_m2, length_m};
use super::planar_shape::PlanarShape;
use crate::feature::{BoundingBox, Geometry, bbox_of};
use geo::algorithm::buffer::{Buffer, BufferStyle, LineCap, LineJoin};
use geo::orient::Direction;
use geo::{BooleanOps, MapCoords, Orient, RemoveRepeatedPoints, Validation, unary_union};
use geo_types::{Coord, LineString, MultiLineString, MultiPolygon, Point, Polygon};

/// Vertices of the polygon that stands for a circle. It has the area of the circle; its boundary differs by up to 0.07
/// % of the radius.
const CIRCLE_VERTICES: usize = 72;

/// The size of a geometry in its own dimension. In a mixed collection only the parts of the highest dimension count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GeometrySize {
    Points(f64),
    LengthM(f64),
    AreaM2(f64),
}

/// An area that is prepared for tests against many geometries.
#[derive(Debug, Clone)]
pub struct PreparedArea {
    pub polygons: MultiPolygon<f64>,
    pub bbox: BoundingBox,
    shape: PlanarShape,
}

impl GeometrySize {
    /// The number, whatever its unit.
    #[must_use]
    pub fn value(self) -> f64 {
        match self {
            Self::Points(v) | Self::LengthM(v) | Self::AreaM2(v) => v,
        }
    }

    /// The unit as answers write it.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Points(_) => "points",
            Self::LengthM(_) => "m",
            Self::AreaM2(_) => "m2",
        }
    }
}

impl PreparedArea {
    /// `None` when the geometry has no polygon.
    #[must_use]
    pub fn new(geometry: &Geometry) -> Option<Self> {
        let polygons = polygons_of(geometry);
        let whole = Geometry::MultiPolygon(polygons.clone());
        Some(Self { bbox: bbox_of(&whole)?, shape: PlanarShape::from_geometry(&whole), polygons })
    }

    /// Whether a geometry shares a position with the area; touching the boundary is enough.
    #[must_use]
    pub fn intersects(&self, geometry: &Geometry) -> bool {
        self.shape.intersects(&PlanarShape::from_geometry(geometry))
    }

    /// The share of a geometry inside the area, 0 to 1, by area, length or number of points. `None` when they do not
    /// intersect; 0 when they only touch.
    #[must_use]
    pub fn share_inside(&self, geometry: &Geometry) -> Option<f64> {
        let shape = PlanarShape::from_geometry(geometry);
        if !self.shape.intersects(&shape) {
            return None;
        }
        if self.shape.surely_covers(&shape) {
            return Some(1.0);
        }
        let (inside, whole) = (measure_geometry(&self.clip(geometry)), measure_geometry(geometry));
        let same = std::mem::discriminant(&inside) == std::mem::discriminant(&whole);
        // Clipping snaps to a grid far finer than a millimetre, so a geometry entirely inside may come back slightly
        // smaller.
        let share = if same && whole.value() > 0.0 { inside.value() / whole.value() } else { 0.0 };
        Some(if share > 1.0 - 1e-9 { 1.0 } else { share })
    }

    /// The part of a geometry inside the area, in its own dimension.
    #[must_use]
    pub fn clip(&self, geometry: &Geometry) -> Geometry {
        let parts = DimensionParts::from_geometry(geometry);
        if !parts.polygons.0.is_empty() {
            return Geometry::MultiPolygon(parts.polygons.intersection(&self.polygons));
        }
        if !parts.lines.0.is_empty() {
            return Geometry::MultiLineString(self.polygons.clip(&parts.lines, false));
        }
        let inside = parts.points.into_iter().filter(|p| self.shape.covers_point(p.0));
        Geometry::MultiPoint(inside.collect::<Vec<_>>().into())
    }
}

/// Measures a geometry on the ellipsoid.
#[must_use]
pub fn measure_geometry(geometry: &Geometry) -> GeometrySize {
    use geo_types::Geometry as G;
    match geometry {
        G::Point(_) => GeometrySize::Points(1.0),
        G::MultiPoint(m) => GeometrySize::Points(m.0.len() as f64),
        G::Polygon(p) => GeometrySize::AreaM2(area_m2(p)),
        G::MultiPolygon(m) => GeometrySize::AreaM2(areas_m2(m)),
        G::LineString(l) => GeometrySize::LengthM(length_m(l)),
        G::MultiLineString(m) => GeometrySize::LengthM(m.iter().map(length_m).sum()),
        other => {
            let parts = DimensionParts::from_geometry(other);
            if !parts.polygons.0.is_empty() {
                GeometrySize::AreaM2(areas_m2(&union_polygons(&parts.polygons.0)))
            } else if !parts.lines.0.is_empty() {
                GeometrySize::LengthM(parts.lines.iter().map(length_m).sum())
            } else {
                GeometrySize::Points(parts.points.len() as f64)
            }
        }
    }
}

/// All polygons of a geometry.
#[must_use]
pub fn polygons_of(geometry: &Geometry) -> MultiPolygon<f64> {
    DimensionParts::from_geometry(geometry).polygons
}

/// All lines of a geometry; outlines of polygons are not lines.
#[must_use]
pub fn lines_of(geometry: &Geometry) -> MultiLineString<f64> {
    DimensionParts::from_geometry(geometry).lines
}

/// The union of polygons. The result is valid, with the winding order of RFC 7946.
#[must_use]
pub fn union_polygons(polygons: &[Polygon<f64>]) -> MultiPolygon<f64> {
    let oriented: Vec<Polygon<f64>> = polygons.iter().map(|p| p.orient(Direction::Default)).collect();
    unary_union(oriented.iter())
}

/// Polygons for output: rounded to seven decimals, valid, none smaller than `least_m2`, the largest first.
#[must_use]
pub fn clean_polygons(polygons: &MultiPolygon<f64>, least_m2: f64) -> Vec<Polygon<f64>> {
    let seven = |v: f64| (v * 1e7).round() / 1e7;
    let round = |p: &Polygon<f64>| p.map_coords(|c| Coord { x: seven(c.x), y: seven(c.y) }).remove_repeated_points();
    let mut clean: Vec<Polygon<f64>> = Vec::new();
    for polygon in polygons.iter().filter(|p| area_m2(p) >= least_m2).map(round) {
        if polygon.is_valid() {
            clean.push(polygon);
        } else {
            // Rounding made vertices touch: rebuild the polygon from what its rings enclose.
            clean.extend(
                union_polygons(&[polygon]).iter().map(round).filter(|p| p.is_valid() && area_m2(p) >= least_m2),
            );
        }
    }
    clean.sort_by(|a, b| area_m2(b).total_cmp(&area_m2(a)));
    clean
}

/// Everything within `distance_m` of a geometry, both in a metric plane. A circle is off by 0.07 % of the radius at its
/// edge, not in its area.
#[must_use]
pub fn buffer_in_plane(geometry: &Geometry, distance_m: f64) -> MultiPolygon<f64> {
    let parts = DimensionParts::from_geometry(geometry);
    let angle = std::f64::consts::TAU / CIRCLE_VERTICES as f64;
    let style = || BufferStyle::new(distance_m).line_join(LineJoin::Round(angle)).line_cap(LineCap::Round(angle));
    let mut all: Vec<Polygon<f64>> = parts.points.iter().map(|p| circle_polygon(p.0, distance_m)).collect();
    if distance_m > 0.0 && !parts.lines.0.is_empty() {
        all.extend(parts.lines.buffer_with_style(style()));
    }
    if !parts.polygons.0.is_empty() {
        let buffered = if distance_m > 0.0 { parts.polygons.buffer_with_style(style()) } else { parts.polygons };
        all.extend(buffered);
    }
    if all.len() == 1 { MultiPolygon(all) } else { union_polygons(&all) }
}

/// A regular polygon with the area of the circle.
fn circle_polygon(centre: Coord<f64>, radius: f64) -> Polygon<f64> {
    let step = std::f64::consts::TAU / CIRCLE_VERTICES as f64;
    let radius = radius * (step / step.sin()).sqrt();
    let vertex = |i: usize| {
        let (sin, cos) = (step * (i % CIRCLE_VERTICES) as f64).sin_cos();
        Coord { x: centre.x + radius * cos, y: centre.y + radius * sin }
    };
    Polygon::new(LineString::new((0..=CIRCLE_VERTICES).map(vertex).collect()), vec![])
}

/// The parts of a geometry by dimension.
struct DimensionParts {
    points: Vec<Point<f64>>,
    lines: MultiLineString<f64>,
    polygons: MultiPolygon<f64>,
}

impl DimensionParts {
    fn from_geometry(geometry: &Geometry) -> Self {
        let mut parts = Self { points: vec![], lines: MultiLineString(vec![]), polygons: MultiPolygon(vec![]) };
        parts.add_geometry(geometry);
        parts
    }

    fn add_geometry(&mut self, geometry: &Geometry) {
        use geo_types::Geometry as G;
        match geometry {
            G::Point(p) => self.points.push(*p),
            G::MultiPoint(m) => self.points.extend(m),
            G::Line(l) => self.lines.0.push(LineString::from(vec![l.start, l.end])),
            G::LineString(l) => self.lines.0.push(l.clone()),
            G::MultiLineString(m) => self.lines.0.extend(m.iter().cloned()),
            G::Polygon(p) => self.polygons.0.push(p.clone()),
            G::MultiPolygon(m) => self.polygons.0.extend(m.iter().cloned()),
            G::Rect(r) => self.polygons.0.push(r.to_polygon()),
            G::Triangle(t) => self.polygons.0.push(t.to_polygon()),
            G::GeometryCollection(c) => c.iter().for_each(|g| self.add_geometry(g)),
        }
    }
}
