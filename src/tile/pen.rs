//! One feature onto one tile: project (done by the index), simplify, clip, snap, in buffers that are used again for the next feature.

use super::clip;
use super::frame::{Frame, Px, Rel};
use super::label;
use super::mvt::{Commands, Shape};
use super::ring::Rings;
use crate::index::{ALL_RANKS, Path, Role, Segment, WorldBox};

/// What became of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Its commands are written.
    Drawn(Shape),
    /// It is here, but nothing is left of it on the grid.
    TooSmall,
    /// Its box is here, the feature is not.
    Outside,
}

pub(crate) struct Pen {
    frame: Frame,
    pub commands: Commands,
    /// What [`Frame::area`] says.
    area: WorldBox,
    line: Vec<Rel>,
    other: Vec<Rel>,
    parts: Vec<Rel>,
    ends: Vec<usize>,
    px: Vec<Px>,
    rings: Rings,
}

/// Twice the area (units²) that a ring must have to be drawn: a sixteenth of a pixel where a tile is shown at 512. From
/// [`KEEP_ALL`] on, whatever has an area is drawn.
const LEAST_AREA2: i64 = 8;
const KEEP_ALL: u8 = 16;

impl Pen {
    pub fn new(frame: Frame) -> Self {
        Self {
            frame,
            area: frame.area(),
            commands: Commands::default(),
            line: vec![],
            other: vec![],
            parts: vec![],
            ends: vec![],
            px: vec![],
            rings: Rings::default(),
        }
    }

    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Draws the point where a feature's name stands, if it lies in this tile and not in its buffer.
    pub fn label(&mut self, segment: &Segment, slot: usize) -> Outcome {
        let Some(at) = label::position(segment, slot).map(|w| self.frame.rel(w)).filter(|at| self.frame.owns(*at))
        else {
            return Outcome::Outside;
        };
        self.commands.points(&[self.frame.px(at)]);
        Outcome::Drawn(Shape::Point)
    }

    /// Draws what a feature has of the highest dimension, which is all of it unless it is a GeometryCollection.
    pub fn draw(&mut self, segment: &Segment, slot: usize) -> Outcome {
        let dimension = |role| match role {
            Role::Points => Shape::Point,
            Role::Line => Shape::Line,
            Role::Exterior | Role::Hole => Shape::Polygon,
        };
        let shapes = segment.shapes.paths(slot).map(|p| dimension(p.role));
        let Some(shape) = shapes.max_by_key(|s| *s as u8) else { return Outcome::Outside };
        let paths = segment.shapes.paths(slot).filter(|p| dimension(p.role) == shape);
        let around = &segment.boxes[slot];
        // From zoom 2 on what lies in the tile is drawn in 32 bits.
        let whole = self.frame.zoom >= 2 && self.area.contains(around);
        match (shape, whole) {
            (Shape::Point, _) => self.points(segment, paths),
            (Shape::Line, true) => self.whole_lines(segment, paths),
            (Shape::Line, false) => self.lines(segment, paths),
            (Shape::Polygon, true) => self.polygons(segment, paths, None),
            (Shape::Polygon, false) => {
                let corners = [self.frame.rel([around.x0, around.y0]), self.frame.rel([around.x1, around.y1])];
                self.polygons(segment, paths, Some(corners))
            }
        }
    }

    fn points(&mut self, segment: &Segment, paths: impl Iterator<Item = Path>) -> Outcome {
        self.px.clear();
        for path in paths {
            for &world in &segment.world[path.start..path.end] {
                let rel = self.frame.rel(world);
                if self.frame.shows(rel) {
                    let px = self.frame.px(rel);
                    if self.px.last() != Some(&px) {
                        self.px.push(px);
                    }
                }
            }
        }
        if self.px.is_empty() {
            return Outcome::Outside;
        }
        self.commands.points(&self.px);
        Outcome::Drawn(Shape::Point)
    }

    fn whole_lines(&mut self, segment: &Segment, paths: impl Iterator<Item = Path>) -> Outcome {
        let mut outcome = Outcome::TooSmall;
        for path in paths {
            self.px.clear();
            snap_whole(&self.frame, segment, path, &mut self.px, 0);
            if self.px.len() > 1 {
                self.commands.line(&self.px);
                outcome = Outcome::Drawn(Shape::Line);
            }
        }
        outcome
    }

    fn lines(&mut self, segment: &Segment, paths: impl Iterator<Item = Path>) -> Outcome {
        let mut outcome = Outcome::Outside;
        for path in paths {
            self.gather(segment, path);
            self.parts.clear();
            self.ends.clear();
            clip::line(&self.frame, &self.line, &mut self.parts, &mut self.ends);
            let mut start = 0;
            for &end in &self.ends {
                self.px.clear();
                snap(&self.frame, &self.parts[start..end], &mut self.px, 0);
                start = end;
                if self.px.len() > 1 {
                    self.commands.line(&self.px);
                    outcome = Outcome::Drawn(Shape::Line);
                } else if outcome == Outcome::Outside {
                    outcome = Outcome::TooSmall;
                }
            }
        }
        outcome
    }

    /// `corners` of the feature's box if it must be clipped.
    fn polygons(&mut self, segment: &Segment, paths: impl Iterator<Item = Path>, corners: Option<[Rel; 2]>) -> Outcome {
        let least = if self.frame.zoom < KEEP_ALL { LEAST_AREA2 } else { 1 };
        self.rings.clear();
        let mut outcome = Outcome::Outside;
        let mut drawn = false;
        for path in paths {
            let exterior = path.role == Role::Exterior;
            if !exterior && !drawn {
                continue;
            }
            let start = self.rings.last_end();
            if let Some(corners) = corners {
                self.gather(segment, path);
                clip::ring(&self.frame, corners, &mut self.line, &mut self.other);
                snap(&self.frame, &self.line, &mut self.rings.points, start);
            } else {
                snap_whole(&self.frame, segment, path, &mut self.rings.points, start);
            }
            if self.rings.points.len() > start {
                outcome = Outcome::TooSmall;
            }
            let kept = self.rings.close(exterior, least);
            drawn = if exterior { kept } else { drawn };
        }
        if !self.rings.rings.is_empty() && !self.rings.is_simple() {
            self.rings.repair(least);
        }
        for ring in &self.rings.rings {
            let points = &self.rings.points[ring.start..ring.end];
            self.commands.ring(points, (ring.area2 > 0) != ring.exterior);
            outcome = Outcome::Drawn(Shape::Polygon);
        }
        outcome
    }

    /// Takes the positions that matter at this zoom into `line`.
    fn gather(&mut self, segment: &Segment, path: Path) {
        let (world, ranks) = segment.drawn(path);
        let (frame, zoom) = (self.frame, self.frame.zoom);
        self.line.clear();
        let matter = world.iter().zip(ranks).filter(|(_, rank)| **rank <= zoom);
        self.line.extend(matter.map(|(world, _)| frame.rel(*world)));
    }
}

/// Appends the positions that matter of a path that lies in the tile.
fn snap_whole(frame: &Frame, segment: &Segment, path: Path, out: &mut Vec<Px>, start: usize) {
    let (world, ranks) = segment.drawn(path);
    let mut push = |&world: &[u32; 2]| {
        let px = frame.px_within(world);
        if out.len() == start || out.last() != Some(&px) {
            out.push(px);
        }
    };
    if frame.zoom >= ALL_RANKS {
        world.iter().for_each(push);
    } else {
        world.iter().zip(ranks).filter(|(_, rank)| **rank <= frame.zoom).for_each(|(world, _)| push(world));
    }
}

/// Appends positions on the grid, without repeating one at once.
fn snap(frame: &Frame, line: &[Rel], out: &mut Vec<Px>, start: usize) {
    for &rel in line {
        let px = frame.px(rel);
        if out.len() == start || out.last() != Some(&px) {
            out.push(px);
        }
    }
}
