//! Drawing vector tiles from snapshots: project, clip, snap, simplify, encode. No I/O, no waiting, no failing.

use crate::filter::Filter;
use crate::index::{SlotRow, Snapshot};
use frame::Frame;
use mvt::Shape;
use pen::{Outcome, Pen};
use std::ops::Range;

mod frame; // where a tile lies
mod clip; // cutting to its square
mod ring; // rings on its grid
mod pen; // one feature
mod mvt; // the format
mod tags; // the properties, and the layer as a whole

/// The deepest zoom that tiles are drawn for.
pub const MAX_ZOOM: u8 = 22;

/// One tile of the WebMercatorQuad pyramid (x east, y south).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TileId {
    z: u8,
    x: u32,
    y: u32,
}

impl TileId {
    /// `None` when there is no such tile.
    #[must_use]
    pub fn new(z: u8, x: u32, y: u32) -> Option<Self> {
        (z <= MAX_ZOOM && x < 1 << z && y < 1 << z).then_some(Self { z, x, y })
    }
    #[must_use]
    pub fn z(self) -> u8 {
        self.z
    }
    #[must_use]
    pub fn x(self) -> u32 {
        self.x
    }
    #[must_use]
    pub fn y(self) -> u32 {
        self.y
    }
}

/// One layer of a tile: its name, and the collection it shows.
pub struct Layer<'a> {
    pub name: &'a str,
    pub snapshot: &'a Snapshot,
    /// Only features that this lets through.
    pub filter: Option<&'a Filter>,
}

/// A finished tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// Uncompressed MVT; empty when nothing is there.
    pub bytes: Vec<u8>,
    /// Features in it, over all layers.
    pub features: usize,
    /// Features that lie here but are too small, or come only at a later zoom.
    pub left_out: usize,
}

/// Draws these layers into one tile. The bytes depend on the features alone, not on how they came to be there.
#[must_use]
pub fn draw(layers: &[Layer<'_>], tile: TileId) -> Drawn {
    let mut drawn = Drawn { bytes: vec![], features: 0, left_out: 0 };
    let mut pen = Pen::new(Frame::new(tile));
    for layer in layers {
        draw_layer(layer, tile, &mut pen, &mut drawn);
    }
    drawn
}

fn draw_layer(layer: &Layer<'_>, tile: TileId, pen: &mut Pen, drawn: &mut Drawn) {
    let snapshot = layer.snapshot;
    pen.commands.bytes.clear();
    let mut pieces = vec![];
    let shown = match layer.filter {
        None => visible(snapshot, tile, &mut drawn.left_out),
        Some(filter) => passed(snapshot, tile, filter, &mut drawn.left_out),
    };
    for (tier, slot) in shown {
        let start = pen.commands.begin();
        let segment = &snapshot.tiers()[tier as usize].segment;
        match pen.draw(segment, slot as usize) {
            Outcome::Drawn(shape) => {
                let geometry = start..pen.commands.bytes.len();
                pieces.push(Piece { key: segment.keys[slot as usize], tier, slot, shape, geometry });
            }
            Outcome::TooSmall => drawn.left_out += 1,
            Outcome::Outside => {}
        }
    }
    pieces.sort_unstable_by_key(|p| p.key);
    drawn.features += pieces.len();
    tags::write(layer.name, snapshot, &pieces, &pen.commands.bytes, &mut drawn.bytes);
}

/// A feature of which something is drawn, and where its commands are.
struct Piece {
    key: i64,
    tier: u32,
    slot: u32,
    shape: Shape,
    geometry: Range<usize>,
}

/// Tier and slot of what may be seen in a tile. Counts what comes at a later zoom.
fn visible(snapshot: &Snapshot, tile: TileId, later: &mut usize) -> Vec<(u32, u32)> {
    let area = Frame::new(tile).area();
    let mut found = vec![];
    for (nth, tier) in snapshot.tiers().iter().enumerate() {
        let boxes = &tier.segment.boxes;
        for band in &tier.segment.bands {
            if band.zoom <= tile.z {
                band.slots(&area, boxes, |slot| {
                    if tier.lives(slot) {
                        found.push((nth as u32, slot));
                    }
                });
            } else {
                band.runs(&area, |inside, slots| {
                    *later += if inside {
                        tier.count(slots)
                    } else {
                        slots.filter(|&s| boxes[s as usize].meets(&area) && tier.lives(s)).count()
                    };
                });
            }
        }
    }
    found
}

/// With a filter, what lies beside a feature may not be shown: where few pass, all of them are drawn, whatever their first zoom.
const FEW: usize = 2_000;

/// [`visible`] through a filter.
fn passed(snapshot: &Snapshot, tile: TileId, filter: &Filter, later: &mut usize) -> Vec<(u32, u32)> {
    let area = Frame::new(tile).area();
    let predicate = filter.compile();
    let mut found = vec![];
    for (nth, tier) in snapshot.tiers().iter().enumerate() {
        let segment = &*tier.segment;
        for band in &segment.bands {
            band.slots(&area, &segment.boxes, |slot| {
                if tier.lives(slot) && predicate.holds(&SlotRow { segment, slot: slot as usize }) {
                    found.push((band.zoom, (nth as u32, slot)));
                }
            });
        }
    }
    if found.len() > FEW {
        let all = found.len();
        found.retain(|(zoom, _)| *zoom <= tile.z);
        *later += all - found.len();
    }
    found.into_iter().map(|(_, at)| at).collect()
}
