//! Drawing vector tiles from snapshots: project, clip, snap, simplify, encode. No I/O, no waiting, no failing.

use crate::index::Snapshot;
use crate::query::LayerQuery;
use candidates::TileCandidate;
use cluster::{ClusterGrid, PointCluster};
use feature_drawer::FeatureDrawer;
use mvt::MvtGeometryType;
use std::borrow::Cow;
use std::ops::Range;
use tile_frame::TileFrame;

mod candidates; // what may be seen in it
mod tile_frame; // where a tile lies
mod clip; // cutting to its square
mod tile_ring; // rings on its grid
mod feature_drawer; // one feature
mod label; // where its name stands
mod cluster; // many points as one
mod budget; // how many bytes
mod parallel_draw; // many features, side by side
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
pub struct TileLayer<'a> {
    pub name: &'a str,
    pub snapshot: &'a Snapshot,
    pub show: &'a LayerQuery,
    pub content: LayerContent,
}

/// What of its features a layer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerContent {
    /// Their geometries.
    Geometries,
    /// One point each, where the name stands, in the only tile that this point lies in.
    Labels,
}

/// A finished tile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DrawnTile {
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
struct OutputLayer<'a> {
    name: Cow<'a, str>,
    layer: &'a TileLayer<'a>,
    /// In the order of [`Segment::place`](crate::index::Segment::place).
    features: Vec<DrawnFeature>,
    /// In the order of keys; with the commands of each.
    clusters: Vec<(PointCluster, Range<usize>)>,
}

impl OutputLayer<'_> {
    /// An order that depends on the features alone, and is that of memory: what a tile shows is read there in one go.
    fn sort_features(&mut self) {
        let tiers = self.layer.snapshot.tiers();
        if self.features.windows(2).all(|two| two[0].tier == two[1].tier) {
            self.features.sort_unstable_by_key(|p| p.slot);
        } else {
            self.features.sort_by_cached_key(|p| tiers[p.tier as usize].segment.layout_key(p.slot));
        }
    }
}

/// A feature of which something is drawn, and where its commands are.
struct DrawnFeature {
    key: i64,
    tier: u32,
    slot: u32,
    shape: MvtGeometryType,
    geometry: Range<usize>,
}

/// Draws these layers into one tile of at most so many bytes. The bytes depend on the features alone, not on how they came to be there.
#[must_use]
pub fn draw_tile(layers: &[TileLayer<'_>], tile: TileId, budget_bytes: usize) -> DrawnTile {
    let mut drawn = DrawnTile::default();
    let mut drawer = FeatureDrawer::new(TileFrame::new(tile));
    let (mut outputs, mut found) = (vec![], vec![]);
    for layer in layers {
        let visible = candidates::find_candidates(layer, tile, &mut drawn.left_out);
        for (name, part) in candidates::split_by_field(layer, visible) {
            let (clusters, alone) = draw_clusters(layer, part, &mut drawer);
            outputs.push(OutputLayer { name, layer, features: vec![], clusters });
            found.push(alone);
        }
    }
    parallel_draw::draw_candidates(&mut outputs, &found, &mut drawer, budget_bytes, &mut drawn);
    let mut target_bytes = budget_bytes;
    loop {
        write_layers(&outputs, &drawer.commands.bytes, &mut drawn.bytes);
        if drawn.bytes.len() <= budget_bytes {
            break;
        }
        let dropped = budget::drop_to_fit(&mut outputs, drawn.bytes.len(), target_bytes);
        if dropped == 0 {
            break;
        }
        drawn.dropped += dropped;
        target_bytes = target_bytes / 20 * 19;
    }
    drawn.features = outputs.iter().map(|s| s.features.len() + s.clusters.len()).sum();
    drawn
}

/// Whether any of these layers has something in or near a tile: where this is false, the tile and all tiles in it are empty.
#[must_use]
pub fn tile_has_features(layers: &[TileLayer<'_>], tile: TileId) -> bool {
    layers.iter().any(|layer| candidates::layer_has_features(layer, tile))
}

fn write_layers(outputs: &[OutputLayer<'_>], geometry: &[u8], tile: &mut Vec<u8>) {
    tile.clear();
    outputs.iter().for_each(|sheet| tags::write_layer(sheet, geometry, tile));
}

/// The clusters of a layer with their commands, if it is to have any; and what is drawn by itself.
fn draw_clusters(
    layer: &TileLayer<'_>,
    found: Vec<TileCandidate>,
    drawer: &mut FeatureDrawer,
) -> (Vec<(PointCluster, Range<usize>)>, Vec<TileCandidate>) {
    let Some(px) = layer.show.cluster_px.filter(|_| layer.content == LayerContent::Geometries) else {
        return (vec![], found);
    };
    let is_point = |f: &TileCandidate| {
        cluster::single_position(&layer.snapshot.tiers()[f.tier as usize].segment, f.slot).is_some()
    };
    let (points, mut others): (Vec<_>, Vec<_>) = found.into_iter().partition(is_point);
    let (clusters, alone) = cluster::cluster_points(layer, ClusterGrid::new(drawer.frame().zoom, px), &points);
    others.extend(alone);
    let clusters = clusters.into_iter().filter_map(|cluster| {
        let px = cluster.coord_in_frame(drawer.frame())?;
        let start = drawer.commands.begin_feature();
        drawer.commands.write_points(&[px]);
        Some((cluster, start..drawer.commands.bytes.len()))
    });
    (clusters.collect(), others)
}
