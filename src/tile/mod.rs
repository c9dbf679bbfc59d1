//! Drawing vector tiles from snapshots: project, clip, snap, simplify, encode. No I/O, no waiting, no failing.

use crate::index::Snapshot;
use crate::query::Show;
use cluster::{Cluster, Grid};
use find::Found;
use frame::Frame;
use mvt::Shape;
use pen::Pen;
use std::borrow::Cow;
use std::ops::Range;

mod find; // what may be seen in it
mod frame; // where a tile lies
mod clip; // cutting to its square
mod ring; // rings on its grid
mod pen; // one feature
mod label; // where its name stands
mod cluster; // many points as one
mod budget; // how many bytes
mod batch; // many features, side by side
mod mvt; // the format
mod tags; // the properties, and the layer as a whole

/// The most bytes of a tile, before it is packed, when nobody says otherwise.
pub const BUDGET_BYTES: usize = 500_000;

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
    /// The four tiles of the next zoom that lie in this one; none at the deepest.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let at = |dx, dy| Self::new(self.z + 1, 2 * self.x + dx, 2 * self.y + dy);
        [at(0, 0), at(1, 0), at(0, 1), at(1, 1)].into_iter().flatten()
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

/// One layer of a tile: its name, the collection it shows, and what of it.
pub struct Layer<'a> {
    pub name: &'a str,
    pub snapshot: &'a Snapshot,
    pub show: &'a Show,
    pub part: Part,
}

/// What of its features a layer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Their geometries.
    Shapes,
    /// One point each, where the name stands, in the only tile that this point lies in.
    Labels,
}

/// A finished tile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drawn {
    /// Uncompressed MVT; empty when nothing is there.
    pub bytes: Vec<u8>,
    /// Features in it, over all layers.
    pub features: usize,
    /// Features that lie here but are too small, or come only at a later zoom.
    pub left_out: usize,
    /// Features that were left out because the tile would have been too large.
    pub dropped: usize,
}

/// A layer as it comes to be in the tile: of a layer that is split there are several.
struct Sheet<'a> {
    name: Cow<'a, str>,
    layer: &'a Layer<'a>,
    /// In the order of [`Segment::place`](crate::index::Segment::place).
    pieces: Vec<Piece>,
    /// In the order of keys; with the commands of each.
    clusters: Vec<(Cluster, Range<usize>)>,
}

impl Sheet<'_> {
    /// An order that depends on the features alone, and is that of memory: what a tile shows is read there in one go.
    fn put_in_order(&mut self) {
        let tiers = self.layer.snapshot.tiers();
        if self.pieces.windows(2).all(|two| two[0].tier == two[1].tier) {
            self.pieces.sort_unstable_by_key(|p| p.slot);
        } else {
            self.pieces.sort_by_cached_key(|p| tiers[p.tier as usize].segment.place(p.slot));
        }
    }
}

/// A feature of which something is drawn, and where its commands are.
struct Piece {
    key: i64,
    tier: u32,
    slot: u32,
    shape: Shape,
    geometry: Range<usize>,
}

/// Draws these layers into one tile of at most so many bytes. The bytes depend on the features alone, not on how they came to be there.
#[must_use]
pub fn draw(layers: &[Layer<'_>], tile: TileId, budget_bytes: usize) -> Drawn {
    let mut drawn = Drawn::default();
    let mut pen = Pen::new(Frame::new(tile));
    let (mut sheets, mut found) = (vec![], vec![]);
    for layer in layers {
        let visible = find::visible(layer, tile, &mut drawn.left_out);
        for (name, part) in find::parted(layer, visible) {
            let (clusters, alone) = clusters(layer, part, &mut pen);
            sheets.push(Sheet { name, layer, pieces: vec![], clusters });
            found.push(alone);
        }
    }
    batch::draw(&mut sheets, &found, &mut pen, budget_bytes, &mut drawn);
    let mut aim = budget_bytes;
    loop {
        write(&sheets, &pen.commands.bytes, &mut drawn.bytes);
        if drawn.bytes.len() <= budget_bytes {
            break;
        }
        let dropped = budget::fit(&mut sheets, drawn.bytes.len(), aim);
        if dropped == 0 {
            break;
        }
        drawn.dropped += dropped;
        aim = aim / 20 * 19;
    }
    drawn.features = sheets.iter().map(|s| s.pieces.len() + s.clusters.len()).sum();
    drawn
}

/// Whether any of these layers has something in or near a tile: where this is false, the tile and all tiles in it are empty.
#[must_use]
pub fn reaches(layers: &[Layer<'_>], tile: TileId) -> bool {
    layers.iter().any(|layer| find::any(layer, tile))
}

fn write(sheets: &[Sheet<'_>], geometry: &[u8], tile: &mut Vec<u8>) {
    tile.clear();
    sheets.iter().for_each(|sheet| tags::write(sheet, geometry, tile));
}

/// The clusters of a layer with their commands, if it is to have any; and what is drawn by itself.
fn clusters(layer: &Layer<'_>, found: Vec<Found>, pen: &mut Pen) -> (Vec<(Cluster, Range<usize>)>, Vec<Found>) {
    let Some(px) = layer.show.cluster_px.filter(|_| layer.part == Part::Shapes) else { return (vec![], found) };
    let is_point = |f: &Found| cluster::position(&layer.snapshot.tiers()[f.tier as usize].segment, f.slot).is_some();
    let (points, mut others): (Vec<_>, Vec<_>) = found.into_iter().partition(is_point);
    let (clusters, alone) = cluster::clustered(layer, Grid::new(pen.frame().zoom, px), &points);
    others.extend(alone);
    let clusters = clusters.into_iter().filter_map(|cluster| {
        let px = cluster.shown_in(pen.frame())?;
        let start = pen.commands.begin();
        pen.commands.points(&[px]);
        Some((cluster, start..pen.commands.bytes.len()))
    });
    (clusters.collect(), others)
}
