//! Measures geometries: areas and lengths on the ellipsoid, shares inside an area, unions, buffers. Clipping works in
//! degrees, where the edges of GeoJSON are straight; only buffers use the metric plane.

use super::ellipsoid::{area_m2, areas_m2, length_m};
use super::overlay::{clip_lines, intersect_polygons, union_polygons};
use super::planar_shape::PlanarShape;
use crate::error::Error;
use crate::feature::{BoundingBox, FaultKind, Geometry, bbox_of, find_fault};
use crate::work_budget::{ByteReservation, WorkBudget};
use geo::algorithm::buffer::{Buffer, BufferStyle, LineCap, LineJoin};
use geo::{CoordsIter, MapCoords, RemoveRepeatedPoints};
use geo_types::{Coord, LineString, MultiLineString, MultiPolygon, Point, Polygon};
use std::sync::Arc;

/// Vertices of the polygon that stands for a circle. It has the area of the circle; its boundary differs by up to 0.07
/// % of the radius.
const CIRCLE_VERTICES: usize = 72;

/// Lines and polygons with more positions are buffered in pieces.
const MAX_BUFFERED: usize = 256;
/// The segments of such a piece.
const BUFFERED_PIECE: usize = 24;
/// The work units of buffering one segment.
const BUFFER_UNITS: u64 = 2_000;

/// The work units and the memory of one segment of a shape.
const SHAPE_UNITS: u64 = 8;
const SHAPE_BYTES: usize = 120;

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
    work: WorkBudget,
    _memory: Option<Arc<ByteReservation>>,
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
    /// `None` when the geometry has no polygon. Every test spends from the budget.
    #[must_use]
    pub fn new(geometry: &Geometry, work: &WorkBudget) -> Option<Self> {
        let polygons = polygons_of(geometry);
        let whole = Geometry::MultiPolygon(polygons.clone());
        let memory = work.reserve(polygons.coords_count() * SHAPE_BYTES).ok().map(Arc::new);
        Some(Self {
            _memory: memory,
            bbox: bbox_of(&whole)?,
            shape: PlanarShape::from_geometry(&whole),
            polygons,
            work: work.clone(),
        })
    }

    /// Whether a geometry shares a position with the area; touching the boundary is enough.
    #[must_use]
    pub fn intersects(&self, geometry: &Geometry) -> bool {
        let (shape, mut meter) = (PlanarShape::from_geometry(geometry), self.work.meter());
        meter.spend(shape.segment_count() as u64 * SHAPE_UNITS) && self.shape.intersects(&shape, &mut meter)
    }

    /// The share of a geometry inside the area, 0 to 1, by area, length or number of points. `None` when they do not
    /// intersect; 0 when they only touch.
    #[must_use]
    pub fn share_inside(&self, geometry: &Geometry) -> Option<f64> {
        let (shape, mut meter) = (PlanarShape::from_geometry(geometry), self.work.meter());
        if !meter.spend(shape.segment_count() as u64 * SHAPE_UNITS) || !self.shape.intersects(&shape, &mut meter) {
            return None;
        }
        if self.shape.surely_covers(&shape, &mut meter) {
            return Some(1.0);
        }
        let (inside, whole) =
            (measure_geometry(&self.clip(geometry), &self.work), measure_geometry(geometry, &self.work));
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
            return Geometry::MultiPolygon(intersect_polygons(&parts.polygons, &self.polygons, &self.work));
        }
        if !parts.lines.0.is_empty() {
            return Geometry::MultiLineString(clip_lines(&parts.lines, &self.polygons, &self.work));
        }
        let mut meter = self.work.meter();
        let inside = parts.points.into_iter().filter(|p| self.shape.covers_point(p.0, &mut meter));
        Geometry::MultiPoint(inside.collect::<Vec<_>>().into())
    }
}

/// Measures a geometry on the ellipsoid.
#[must_use]
pub fn measure_geometry(geometry: &Geometry, work: &WorkBudget) -> GeometrySize {
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
                GeometrySize::AreaM2(areas_m2(&union_polygons(&parts.polygons.0, work)))
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

/// Polygons for output: rounded to seven decimals, valid, none smaller than `least_m2`, the largest first.
#[must_use]
pub fn clean_polygons(polygons: &MultiPolygon<f64>, least_m2: f64, work: &WorkBudget) -> Vec<Polygon<f64>> {
    let seven = |v: f64| (v * 1e7).round() / 1e7;
    let round = |p: &Polygon<f64>| p.map_coords(|c| Coord { x: seven(c.x), y: seven(c.y) }).remove_repeated_points();
    let mut clean: Vec<Polygon<f64>> = Vec::new();
    for polygon in polygons.iter().filter(|p| area_m2(p) >= least_m2).map(round) {
        if is_valid(&polygon, work) {
            clean.push(polygon);
        } else {
            // Rounding made vertices touch: rebuild the polygon from what its rings enclose.
            clean.extend(
                union_polygons(&[polygon], work)
                    .iter()
                    .map(round)
                    .filter(|p| is_valid(p, work) && area_m2(p) >= least_m2),
            );
        }
    }
    clean.sort_by(|a, b| area_m2(b).total_cmp(&area_m2(a)));
    clean
}

/// Whether a polygon without repeated positions is valid. One that is too complex to be checked stops the budget.
fn is_valid(polygon: &Polygon<f64>, work: &WorkBudget) -> bool {
    let fault = find_fault(&Geometry::Polygon(polygon.clone()), work);
    let too_complex = fault.as_ref().filter(|fault| fault.kind == FaultKind::TooManyVertices);
    if too_complex.is_some() {
        work.stop(Error::TooMuchWork(
            "The outline of the answer is too complex. Simplify the area, or send a filter that matches fewer features."
                .into(),
        ));
    }
    fault.is_none() || too_complex.is_some()
}

/// Everything within `distance_m` of a geometry, both in a metric plane. A circle is off by 0.07 % of the radius at its
/// edge, not in its area. Long lines are taken apart: their buffers are small, and so is the union.
#[must_use]
pub fn buffer_in_plane(geometry: &Geometry, distance_m: f64, work: &WorkBudget) -> MultiPolygon<f64> {
    let parts = DimensionParts::from_geometry(geometry);
    let angle = std::f64::consts::TAU / CIRCLE_VERTICES as f64;
    let style = || BufferStyle::new(distance_m).line_join(LineJoin::Round(angle)).line_cap(LineCap::Round(angle));
    let Ok(_memory) = work.reserve(parts.points.len() * CIRCLE_VERTICES * size_of::<Coord<f64>>()) else {
        return MultiPolygon(vec![]);
    };
    let mut all: Vec<Polygon<f64>> = parts.points.iter().map(|p| circle_polygon(p.0, distance_m)).collect();
    let (mut lines, mut polygons) = (parts.lines.0, parts.polygons.0);
    if distance_m > 0.0 {
        // A large polygon and the buffer of its outline are together the buffer of the polygon.
        let (large, small): (Vec<_>, Vec<_>) = polygons.into_iter().partition(|p| p.coords_count() > MAX_BUFFERED);
        for polygon in &large {
            lines.push(polygon.exterior().clone());
            lines.extend(polygon.interiors().iter().cloned());
        }
        all.extend(large);
        for line in lines.iter().flat_map(split_line).take_while(|_| !work.is_stopped()) {
            let units = line.0.len() as u64 * BUFFER_UNITS;
            all.extend(work.spend(units).is_ok().then(|| line.buffer_with_style(style())).into_iter().flatten());
        }
        polygons = vec![];
        for polygon in small.iter().take_while(|_| !work.is_stopped()) {
            let units = polygon.coords_count() as u64 * BUFFER_UNITS;
            polygons
                .extend(work.spend(units).is_ok().then(|| polygon.buffer_with_style(style())).into_iter().flatten());
        }
    }
    all.extend(polygons);
    if all.len() == 1 { MultiPolygon(all) } else { union_polygons(&all, work) }
}

/// A line in pieces that are short enough to be buffered one by one.
fn split_line(line: &LineString<f64>) -> Vec<LineString<f64>> {
    if line.0.len() <= MAX_BUFFERED {
        return vec![line.clone()];
    }
    let starts = (0..line.0.len() - 1).step_by(BUFFERED_PIECE);
    starts.map(|at| LineString(line.0[at..(at + BUFFERED_PIECE + 1).min(line.0.len())].to_vec())).collect()
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
