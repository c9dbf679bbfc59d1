//! Draws one feature into one tile: simplifies, clips and snaps it, in buffers that the next feature reuses. The index
//! has projected it.

use super::clip;
use super::label;
use super::mvt::{MvtCommands, MvtGeometryType};
use super::tile_frame::{TileCoord, TileFrame, WorldOffset};
use super::tile_ring::TileRings;
use crate::index::{FULL_DETAIL_RANK, GeometryPath, IndexSegment, PathRole, WorldBox};

/// The outcome for one feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DrawOutcome {
    /// Its commands are written.
    Drawn(MvtGeometryType),
    /// It lies in the tile, but nothing is left of it on the tile grid.
    TooSmall,
    /// Its bounding box intersects the tile, the feature does not.
    Outside,
}

pub(crate) struct FeatureDrawer {
    frame: TileFrame,
    pub commands: MvtCommands,
    /// Cached from [`TileFrame::drawn_area`].
    area: WorldBox,
    line: Vec<WorldOffset>,
    other: Vec<WorldOffset>,
    parts: Vec<WorldOffset>,
    ends: Vec<usize>,
    coords: Vec<TileCoord>,
    rings: TileRings,
}

/// Twice the least area of a ring (tile units²): a sixteenth of a pixel when the tile is shown at 512 pixels. From
/// [`KEEP_ALL_ZOOM`] on, every ring with an area is drawn.
const MIN_RING_AREA2: i64 = 8;
const KEEP_ALL_ZOOM: u8 = 16;

impl FeatureDrawer {
    pub fn new(frame: TileFrame) -> Self {
        Self {
            frame,
            area: frame.drawn_area(),
            commands: MvtCommands::default(),
            line: vec![],
            other: vec![],
            parts: vec![],
            ends: vec![],
            coords: vec![],
            rings: TileRings::default(),
        }
    }

    pub fn frame(&self) -> &TileFrame {
        &self.frame
    }

    /// Draws the label point of a feature if it lies in this tile, buffer excluded.
    pub fn draw_label(&mut self, segment: &IndexSegment, slot: usize) -> DrawOutcome {
        let Some(at) = label::label_position(segment, slot)
            .map(|w| self.frame.offset_of(w))
            .filter(|at| self.frame.owns_position(*at))
        else {
            return DrawOutcome::Outside;
        };
        self.commands.write_points(&[self.frame.tile_coord_of(at)]);
        DrawOutcome::Drawn(MvtGeometryType::Point)
    }

    /// Draws the parts of the feature's highest dimension: all of it, except for a GeometryCollection of mixed
    /// dimensions.
    pub fn draw_feature(&mut self, segment: &IndexSegment, slot: usize) -> DrawOutcome {
        let dimension = |role| match role {
            PathRole::Points => MvtGeometryType::Point,
            PathRole::Line => MvtGeometryType::Line,
            PathRole::Exterior | PathRole::Hole => MvtGeometryType::Polygon,
        };
        let shapes = segment.shapes.paths(slot).map(|p| dimension(p.role));
        let Some(shape) = shapes.max_by_key(|s| *s as u8) else { return DrawOutcome::Outside };
        let paths = segment.shapes.paths(slot).filter(|p| dimension(p.role) == shape);
        let bounds = &segment.boxes[slot];
        // From zoom 2 on, 32 bits are enough for a feature that lies within the tile and its buffer.
        let unclipped = self.frame.zoom >= 2 && self.area.contains(bounds);
        match (shape, unclipped) {
            (MvtGeometryType::Point, _) => self.draw_points(segment, paths),
            (MvtGeometryType::Line, true) => self.draw_unclipped_lines(segment, paths),
            (MvtGeometryType::Line, false) => self.draw_clipped_lines(segment, paths),
            (MvtGeometryType::Polygon, true) => self.draw_polygons(segment, paths, None),
            (MvtGeometryType::Polygon, false) => {
                let corners =
                    [self.frame.offset_of([bounds.x0, bounds.y0]), self.frame.offset_of([bounds.x1, bounds.y1])];
                self.draw_polygons(segment, paths, Some(corners))
            }
        }
    }

    fn draw_points(&mut self, segment: &IndexSegment, paths: impl Iterator<Item = GeometryPath>) -> DrawOutcome {
        self.coords.clear();
        for path in paths {
            for &world in &segment.world[path.start..path.end] {
                let rel = self.frame.offset_of(world);
                if self.frame.shows_position(rel) {
                    let px = self.frame.tile_coord_of(rel);
                    if self.coords.last() != Some(&px) {
                        self.coords.push(px);
                    }
                }
            }
        }
        if self.coords.is_empty() {
            return DrawOutcome::Outside;
        }
        self.commands.write_points(&self.coords);
        DrawOutcome::Drawn(MvtGeometryType::Point)
    }

    fn draw_unclipped_lines(
        &mut self,
        segment: &IndexSegment,
        paths: impl Iterator<Item = GeometryPath>,
    ) -> DrawOutcome {
        let mut outcome = DrawOutcome::TooSmall;
        for path in paths {
            self.coords.clear();
            snap_unclipped(&self.frame, segment, path, &mut self.coords, 0);
            if self.coords.len() > 1 {
                self.commands.write_line(&self.coords);
                outcome = DrawOutcome::Drawn(MvtGeometryType::Line);
            }
        }
        outcome
    }

    fn draw_clipped_lines(&mut self, segment: &IndexSegment, paths: impl Iterator<Item = GeometryPath>) -> DrawOutcome {
        let mut outcome = DrawOutcome::Outside;
        for path in paths {
            self.collect_positions(segment, path);
            self.parts.clear();
            self.ends.clear();
            clip::clip_line(&self.frame, &self.line, &mut self.parts, &mut self.ends);
            let mut start = 0;
            for &end in &self.ends {
                self.coords.clear();
                snap_to_grid(&self.frame, &self.parts[start..end], &mut self.coords, 0);
                start = end;
                if self.coords.len() > 1 {
                    self.commands.write_line(&self.coords);
                    outcome = DrawOutcome::Drawn(MvtGeometryType::Line);
                } else if outcome == DrawOutcome::Outside {
                    outcome = DrawOutcome::TooSmall;
                }
            }
        }
        outcome
    }

    /// `corners` are those of the feature's bounding box; `None` when no clipping is needed.
    fn draw_polygons(
        &mut self,
        segment: &IndexSegment,
        paths: impl Iterator<Item = GeometryPath>,
        corners: Option<[WorldOffset; 2]>,
    ) -> DrawOutcome {
        let least = if self.frame.zoom < KEEP_ALL_ZOOM { MIN_RING_AREA2 } else { 1 };
        self.rings.clear();
        let mut outcome = DrawOutcome::Outside;
        let mut drawn = false;
        for path in paths {
            let exterior = path.role == PathRole::Exterior;
            if !exterior && !drawn {
                continue;
            }
            let start = self.rings.last_end();
            if let Some(corners) = corners {
                self.collect_positions(segment, path);
                clip::clip_ring(&self.frame, corners, &mut self.line, &mut self.other);
                snap_to_grid(&self.frame, &self.line, &mut self.rings.points, start);
            } else {
                snap_unclipped(&self.frame, segment, path, &mut self.rings.points, start);
            }
            if self.rings.points.len() > start {
                outcome = DrawOutcome::TooSmall;
            }
            let closed = self.rings.close_ring(exterior, least);
            drawn = if exterior { closed } else { drawn };
        }
        if !self.rings.rings.is_empty() && !self.rings.is_simple() {
            self.rings.repair_rings(least);
        }
        for ring in &self.rings.rings {
            let points = &self.rings.points[ring.start..ring.end];
            self.commands.write_ring(points, (ring.area2 > 0) != ring.exterior);
            outcome = DrawOutcome::Drawn(MvtGeometryType::Polygon);
        }
        outcome
    }

    /// Puts the positions that this zoom needs into `line`.
    fn collect_positions(&mut self, segment: &IndexSegment, path: GeometryPath) {
        let (world, ranks) = segment.path_positions(path);
        let (frame, zoom) = (self.frame, self.frame.zoom);
        self.line.clear();
        let needed = world.iter().zip(ranks).filter(|(_, rank)| **rank <= zoom);
        self.line.extend(needed.map(|(world, _)| frame.offset_of(*world)));
    }
}

/// Appends the positions that this zoom needs of a path within the tile and its buffer, on the tile grid.
fn snap_unclipped(
    frame: &TileFrame,
    segment: &IndexSegment,
    path: GeometryPath,
    out: &mut Vec<TileCoord>,
    start: usize,
) {
    let (world, ranks) = segment.path_positions(path);
    let mut push = |&world: &[u32; 2]| {
        let px = frame.tile_coord_within(world);
        if out.len() == start || out.last() != Some(&px) {
            out.push(px);
        }
    };
    if frame.zoom >= FULL_DETAIL_RANK {
        world.iter().for_each(push);
    } else {
        world.iter().zip(ranks).filter(|(_, rank)| **rank <= frame.zoom).for_each(|(world, _)| push(world));
    }
}

/// Appends the positions on the tile grid, without consecutive duplicates.
fn snap_to_grid(frame: &TileFrame, line: &[WorldOffset], out: &mut Vec<TileCoord>, start: usize) {
    for &rel in line {
        let px = frame.tile_coord_of(rel);
        if out.len() == start || out.last() != Some(&px) {
            out.push(px);
        }
    }
}
