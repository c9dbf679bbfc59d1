//! Drawing vector tiles from snapshots: project, clip, snap, simplify, encode. No I/O, no waiting, no failing.

use crate::collection::Collection;
use crate::filter::Filter;
use crate::index::{Cell, Column, SlotRow, Snapshot, Tier, Words};
use frame::Frame;
use pen::{Outcome, Pen};

mod frame; // where a tile lies
mod clip; // cutting to its square
mod ring; // rings on its grid
mod pen; // one feature
mod mvt; // the format

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
    let mut out = mvt::Layer::new(layer.name);
    let mut tags = Tags::new(snapshot);
    let shown = match layer.filter {
        None => visible(snapshot, tile, &mut drawn.left_out),
        Some(filter) => passed(snapshot, tile, filter, &mut drawn.left_out),
    };
    for (_, nth, slot) in shown {
        let tier = &snapshot.tiers()[nth as usize];
        match pen.draw(&tier.segment, slot as usize) {
            Outcome::Drawn(shape) => {
                tags.write(tier, nth as usize, slot as usize, &mut out);
                out.feature(tier.segment.keys[slot as usize], shape, &pen.commands.bytes);
            }
            Outcome::TooSmall => drawn.left_out += 1,
            Outcome::Outside => {}
        }
    }
    drawn.features += out.count;
    out.finish(&mut drawn.bytes);
}

/// Key, tier and slot of what may be seen in a tile, in the order of keys. Counts what comes at a later zoom.
fn visible(snapshot: &Snapshot, tile: TileId, later: &mut usize) -> Vec<(i64, u32, u32)> {
    let area = Frame::new(tile).area();
    let mut found = vec![];
    for (nth, tier) in snapshot.tiers().iter().enumerate() {
        let boxes = &tier.segment.boxes;
        for band in &tier.segment.bands {
            if band.zoom <= tile.z {
                band.slots(&area, boxes, |slot| {
                    if tier.lives(slot) {
                        found.push((tier.segment.keys[slot as usize], nth as u32, slot));
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
    found.sort_unstable();
    found
}

/// With a filter, what lies beside a feature may not be shown: where few pass, all of them are drawn, whatever their first zoom.
const FEW: usize = 2_000;

/// [`visible`] through a filter.
fn passed(snapshot: &Snapshot, tile: TileId, filter: &Filter, later: &mut usize) -> Vec<(i64, u32, u32)> {
    let area = Frame::new(tile).area();
    let predicate = filter.compile();
    let mut found = vec![];
    for (nth, tier) in snapshot.tiers().iter().enumerate() {
        let segment = &*tier.segment;
        for band in &segment.bands {
            band.slots(&area, &segment.boxes, |slot| {
                if tier.lives(slot) && predicate.holds(&SlotRow { segment, slot: slot as usize }) {
                    found.push((band.zoom, (segment.keys[slot as usize], nth as u32, slot)));
                }
            });
        }
    }
    if found.len() > FEW {
        let all = found.len();
        found.retain(|(zoom, _)| *zoom <= tile.z);
        *later += all - found.len();
    }
    let mut found: Vec<_> = found.into_iter().map(|(_, at)| at).collect();
    found.sort_unstable();
    found
}

/// The properties of one layer's features. Knows which words of which tier the layer has already.
struct Tags<'a> {
    collection: &'a Collection,
    id: Option<u32>,
    /// By field.
    keys: Vec<Option<u32>>,
    /// By tier and field: the layer's number for each word of the column, or none.
    words: Vec<Vec<Vec<u32>>>,
}

/// Columns with more words than this are asked for each value anew.
const MOST_WORDS: usize = 1 << 14;
const UNKNOWN: u32 = u32::MAX;

impl<'a> Tags<'a> {
    fn new(snapshot: &'a Snapshot) -> Self {
        let fields = snapshot.collection().fields.len();
        let words = snapshot.tiers().iter().map(|_| vec![vec![]; fields]).collect();
        Self { collection: snapshot.collection(), id: None, keys: vec![None; fields], words }
    }

    fn write(&mut self, tier: &Tier, nth: usize, slot: usize, out: &mut mvt::Layer<'_>) {
        let segment = &tier.segment;
        let id = *self.id.get_or_insert_with(|| out.key("id"));
        if let Some(value) = out.new_value(Cell::Text(segment.ids.text(slot))) {
            out.tag(id, value);
        }
        for (at, column) in segment.columns.iter().enumerate() {
            let field = &self.collection.fields[at];
            if field.name == "id" {
                continue; // The feature's id has that name already.
            }
            let value = match column {
                Column::Words(words) if words.words().len() <= MOST_WORDS => {
                    word(words, slot, &mut self.words[nth][at], out)
                }
                column => out.value(column.cell(slot)),
            };
            if let Some(value) = value {
                let key = *self.keys[at].get_or_insert_with(|| out.key(&field.name));
                out.tag(key, value);
            }
        }
    }
}

/// The layer's number for the word of a slot.
fn word(words: &Words, slot: usize, known: &mut Vec<u32>, out: &mut mvt::Layer<'_>) -> Option<u32> {
    let code = words.codes()[slot];
    if Words::is_null(code) {
        return None;
    }
    if known.is_empty() {
        known.resize(words.words().len(), UNKNOWN);
    }
    let value = &mut known[code as usize];
    if *value == UNKNOWN {
        *value = out.value(Cell::Text(words.words().text(code as usize)))?;
    }
    Some(*value)
}
