//! One entity of a drawing as a geometry: lines, points, texts and closed polylines. Arcs become lines that keep within
//! a centimetre of them.

use super::groups::{DxfGroup, strip_formatting};
use crate::feature::Geometry;
use crate::import::text_encoding::TextEncoding;
use geo_types::{Coord, LineString, Point, Polygon};
use std::f64::consts::{PI, TAU};

/// How far a line may be from the arc that it stands for.
const ARC_TOLERANCE_M: f64 = 0.01;
const MAX_ARC_SEGMENTS: f64 = 4096.0;

/// What an entity became.
#[derive(Debug)]
pub enum EntityOutcome {
    Shape(EntityShape),
    /// Its kind, or the reason, for the count of what was left out.
    LeftOut(String),
}

/// The place and the text of an entity.
#[derive(Debug, Default)]
pub struct EntityShape {
    pub geometry: Option<Geometry>,
    pub text: Option<String>,
    pub block: Option<String>,
    pub has_height: bool,
    pub has_arcs: bool,
    /// The text is not in the encoding of the drawing.
    pub is_undecodable: bool,
}

/// The groups of an entity; of a polyline, with those of its vertices, and of an insert, with those of its attributes.
pub struct DxfEntity {
    pub kind: String,
    pub groups: Vec<DxfGroup>,
    pub below: Vec<DxfEntity>,
}

impl DxfEntity {
    pub fn group(&self, code: i32) -> Option<&DxfGroup> {
        self.groups.iter().find(|g| g.code == code)
    }

    fn number(&self, code: i32) -> Option<f64> {
        self.group(code)?.number()
    }

    fn flags(&self, code: i32) -> i64 {
        self.group(code).map_or(0, DxfGroup::flags)
    }

    fn position(&self, x: i32) -> Option<Coord<f64>> {
        Some(Coord { x: self.number(x)?, y: self.number(x + 10)? })
    }

    fn has_height(&self) -> bool {
        [30, 31, 38].iter().any(|code| self.number(*code).is_some_and(|z| z != 0.0))
    }

    /// Reads the entity.
    pub fn read(&self, encoding: TextEncoding) -> EntityOutcome {
        if self.flags(67) == 1 {
            return EntityOutcome::LeftOut("entities on paper".into());
        }
        // The plane of the entity: the usual one, or that seen from below.
        let upward = self.number(230).unwrap_or(1.0);
        let is_tilted = [210, 220].iter().any(|code| self.number(*code).is_some_and(|n| n.abs() > 1e-9));
        if is_tilted {
            return EntityOutcome::LeftOut("entities in a tilted plane".into());
        }
        let mut shape = EntityShape { has_height: self.has_height(), ..EntityShape::default() };
        match self.kind.as_str() {
            "POINT" => shape.geometry = self.position(10).map(|c| Geometry::Point(Point(c))),
            "LINE" => {
                let ends = self.position(10).zip(self.position(11));
                shape.geometry = ends.map(|(a, b)| Geometry::LineString(LineString(vec![a, b])));
            }
            "TEXT" | "MTEXT" => {
                shape.geometry = self.position(10).map(|c| Geometry::Point(Point(c)));
                self.read_text(encoding, &mut shape);
            }
            "INSERT" => {
                shape.geometry = self.position(10).map(|c| Geometry::Point(Point(c)));
                match self.group(2).map(|g| g.text(encoding)) {
                    Some(Some(name)) => shape.block = Some(name),
                    Some(None) => shape.is_undecodable = true,
                    None => {}
                }
            }
            "CIRCLE" => self.read_circle(&mut shape, 0.0, 360.0),
            "ARC" => self.read_circle(&mut shape, self.number(50).unwrap_or(0.0), self.number(51).unwrap_or(360.0)),
            "LWPOLYLINE" => {
                let vertices = self.light_vertices();
                build_polyline(vertices, self.flags(70) & 1 == 1, &mut shape);
            }
            "POLYLINE" if self.flags(70) & (16 | 64) != 0 => return EntityOutcome::LeftOut("meshes".into()),
            "POLYLINE" => {
                let vertices = self.below.iter().filter(|v| v.kind == "VERTEX" && v.flags(70) & 16 == 0);
                let bulged = vertices.filter_map(|v| Some((v.position(10)?, v.number(42).unwrap_or(0.0)))).collect();
                shape.has_height |= self.below.iter().any(Self::has_height);
                build_polyline(bulged, self.flags(70) & 1 == 1, &mut shape);
            }
            other => return EntityOutcome::LeftOut(other.to_owned()),
        }
        if upward < 0.0 && self.kind != "LINE" && self.kind != "POINT" {
            shape.geometry = shape.geometry.map(mirror);
        }
        match shape.geometry {
            None => EntityOutcome::LeftOut(format!("{} without a position", self.kind)),
            Some(_) => EntityOutcome::Shape(shape),
        }
    }

    /// Long text comes in pieces: those of code 3 first, the last one of code 1.
    fn read_text(&self, encoding: TextEncoding, shape: &mut EntityShape) {
        let pieces = |code: i32| self.groups.iter().filter(move |g| g.code == code);
        let bytes: Vec<u8> = pieces(3).chain(pieces(1)).flat_map(|g| g.raw.iter().copied()).collect();
        match (DxfGroup { code: 1, raw: bytes }).text(encoding) {
            Some(text) if self.kind == "MTEXT" => shape.text = Some(strip_formatting(&text)),
            text => {
                shape.is_undecodable = text.is_none();
                shape.text = text;
            }
        }
    }

    fn read_circle(&self, shape: &mut EntityShape, from_deg: f64, to_deg: f64) {
        let (Some(centre), Some(radius)) = (self.position(10), self.number(40).filter(|r| *r > 0.0)) else { return };
        let start = from_deg.to_radians();
        let sweep = (to_deg - from_deg).rem_euclid(360.0).to_radians();
        let sweep = if sweep == 0.0 { TAU } else { sweep };
        shape.has_arcs = true;
        let mut coords = arc_positions(centre, radius, start, sweep);
        shape.geometry = Some(if self.kind == "CIRCLE" {
            coords.pop();
            Geometry::Polygon(Polygon::new(LineString(coords), vec![]))
        } else {
            Geometry::LineString(LineString(coords))
        });
    }

    /// Position and bulge of each vertex.
    fn light_vertices(&self) -> Vec<(Coord<f64>, f64)> {
        let (mut vertices, mut x): (Vec<(Coord<f64>, f64)>, _) = (vec![], None);
        for group in &self.groups {
            match group.code {
                10 => x = group.number(),
                20 => vertices.extend(x.take().zip(group.number()).map(|(x, y)| (Coord { x, y }, 0.0))),
                42 => {
                    if let (Some(last), Some(bulge)) = (vertices.last_mut(), group.number()) {
                        last.1 = bulge;
                    }
                }
                _ => {}
            }
        }
        vertices
    }
}

fn mirror(geometry: Geometry) -> Geometry {
    use geo::MapCoords;
    geometry.map_coords(|c| Coord { x: -c.x, y: c.y })
}

fn build_polyline(vertices: Vec<(Coord<f64>, f64)>, is_closed: bool, shape: &mut EntityShape) {
    let mut coords: Vec<Coord<f64>> = vec![];
    let first = vertices.first().map(|v| v.0);
    for (at, (start, bulge)) in vertices.iter().enumerate() {
        coords.push(*start);
        let next = vertices.get(at + 1).map(|v| v.0).or(first.filter(|_| is_closed));
        if let Some(end) = next.filter(|end| *bulge != 0.0 && end != start) {
            shape.has_arcs = true;
            let arc = bulge_positions(*start, end, *bulge);
            coords.extend(arc.into_iter().skip(1));
            coords.pop();
        }
    }
    let is_ring = is_closed || (coords.len() > 3 && coords.first() == coords.last());
    let distinct = coords.iter().zip(coords.iter().skip(1)).filter(|(a, b)| a != b).count();
    shape.geometry = match coords.len() {
        0 => None,
        1 => Some(Geometry::Point(Point(coords[0]))),
        _ if is_ring && distinct >= 2 => Some(Geometry::Polygon(Polygon::new(LineString(coords), vec![]))),
        _ => Some(Geometry::LineString(LineString(coords))),
    };
}

/// Positions on an arc, its ends included, so that the chords keep within the tolerance.
fn arc_positions(centre: Coord<f64>, radius: f64, start: f64, sweep: f64) -> Vec<Coord<f64>> {
    let step = 2.0 * (1.0 - (ARC_TOLERANCE_M / radius).min(1.0)).acos();
    let segments =
        (sweep.abs() / step.max(1e-6)).ceil().clamp((sweep.abs() / PI * 8.0).ceil().max(1.0), MAX_ARC_SEGMENTS);
    let position = |i: u32| {
        let angle = start + sweep * f64::from(i) / segments;
        Coord { x: centre.x + radius * angle.cos(), y: centre.y + radius * angle.sin() }
    };
    (0..=segments as u32).map(position).collect()
}

/// The arc between two positions whose bulge is the tangent of a quarter of its angle, positive to the left.
fn bulge_positions(start: Coord<f64>, end: Coord<f64>, bulge: f64) -> Vec<Coord<f64>> {
    let (dx, dy) = (end.x - start.x, end.y - start.y);
    let sweep = 4.0 * bulge.atan();
    // From the middle of the chord to the centre, as a part of the chord's length.
    let apothem = (1.0 - bulge * bulge) / (4.0 * bulge);
    let centre = Coord { x: start.x + dx / 2.0 - dy * apothem, y: start.y + dy / 2.0 + dx * apothem };
    let radius = (start.x - centre.x).hypot(start.y - centre.y);
    let mut positions = arc_positions(centre, radius, (start.y - centre.y).atan2(start.x - centre.x), sweep);
    // The ends are those of the drawing, to the last digit.
    if let [first, .., last] = &mut positions[..] {
        (*first, *last) = (start, end);
    }
    positions
}
