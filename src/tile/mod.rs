//! Draws vector tiles from snapshots: selects, simplifies, clips, snaps to the tile grid, encodes. No I/O, no waiting,
//! no errors.

use crate::work_budget::WorkBudget;
use candidates::TileCandidate;
use cluster::PointCluster;
use cluster_grid::ClusterGrid;
use feature_drawer::FeatureDrawer;
use output_layer::OutputLayer;
use std::ops::Range;
use tile_frame::TileFrame;

mod tile_id; // which tile
mod tile_layer; // what is requested
mod drawn_tile; // the result
mod mvt; // the format
mod tile_frame; // world coordinates to tile units
mod clip; // cutting at the tile's square
mod tile_ring; // valid rings on the tile grid
mod label; // where a label goes
mod feature_drawer; // one feature
mod cluster_grid; // cells of clusters
mod candidates; // which features
mod cluster; // many points as one
mod output_layer; // drawn features by layer
mod layer_writer; // their properties, and the layer as bytes
mod budget; // what fits into the tile
mod parallel_draw; // many features on all processors

pub use drawn_tile::DrawnTile;
pub use tile_id::{MAX_ZOOM, TileId};
pub use tile_layer::{LayerContent, TileLayer};

/// The byte budget of a tile before compression, unless another is configured.
pub const BUDGET_BYTES: usize = 500_000;

/// Draws layers into one tile of at most `budget_bytes`. The bytes depend on the features alone, not on the order of
/// past edits. Incomplete when the budget stops.
#[must_use]
pub fn draw_tile(layers: &[TileLayer<'_>], tile: TileId, budget_bytes: usize, work: &WorkBudget) -> DrawnTile {
    let mut drawn = DrawnTile::default();
    let mut drawer = FeatureDrawer::new(TileFrame::new(tile));
    let (mut outputs, mut found) = (vec![], vec![]);
    for layer in layers {
        let visible = candidates::find_candidates(layer, tile, work, &mut drawn.left_out);
        for (name, part) in candidates::split_by_field(layer, visible) {
            let (clusters, single) = draw_clusters(layer, part, &mut drawer, work);
            outputs.push(OutputLayer { name, layer, features: vec![], clusters });
            found.push(single);
        }
    }
    parallel_draw::draw_candidates(&mut outputs, &found, &mut drawer, budget_bytes, work, &mut drawn);
    let mut target_bytes = budget_bytes;
    while !work.is_stopped() {
        layer_writer::write_layers(&outputs, &drawer.commands.bytes, &mut drawn.bytes);
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
    drawn.features = outputs.iter().map(|o| o.features.len() + o.clusters.len()).sum();
    drawn
}

/// Whether any of these layers has a feature in or near a tile. If not, the tile and all tiles within it are empty.
#[must_use]
pub fn tile_has_features(layers: &[TileLayer<'_>], tile: TileId) -> bool {
    layers.iter().any(|layer| candidates::layer_has_features(layer, tile))
}

/// The clusters of a layer with their commands, if clusters are requested; and the candidates to draw one by one.
fn draw_clusters(
    layer: &TileLayer<'_>,
    found: Vec<TileCandidate>,
    drawer: &mut FeatureDrawer,
    work: &WorkBudget,
) -> (Vec<(PointCluster, Range<usize>)>, Vec<TileCandidate>) {
    let Some(px) = layer.show.cluster_px.filter(|_| layer.content == LayerContent::Geometries) else {
        return (vec![], found);
    };
    let is_point = |f: &TileCandidate| {
        cluster_grid::single_position(&layer.snapshot.tiers()[f.tier as usize].segment, f.slot).is_some()
    };
    let (points, mut others): (Vec<_>, Vec<_>) = found.into_iter().partition(is_point);
    let (clusters, single) = cluster::cluster_points(layer, ClusterGrid::new(drawer.frame().zoom, px), &points, work);
    others.extend(single);
    let clusters = clusters.into_iter().filter_map(|cluster| {
        let px = cluster.coord_in_frame(drawer.frame())?;
        let start = drawer.commands.begin_feature();
        drawer.commands.write_points(&[px]);
        Some((cluster, start..drawer.commands.bytes.len()))
    });
    (clusters.collect(), others)
}
