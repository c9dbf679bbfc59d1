//! All features of a tile, drawn: in one go when they are few, otherwise what matters most first and side by side on all processors, and
//! no further than the tile has room. What comes out does not depend on how the work was shared.

use super::candidates::TileCandidate;
use super::feature_drawer::{DrawOutcome, FeatureDrawer};
use super::tile_frame::TileFrame;
use super::{DrawnFeature, DrawnTile, LayerContent, OutputLayer, budget, write_layers};
use std::thread;

/// A feature by its sheet, and its place among what was found for that.
type CandidateRef = (u32, u32);

/// Up to so many features are simply drawn.
const MAX_SERIAL_FEATURES: usize = 4_000;
/// Otherwise so many are drawn before looking at how much room is left.
const BLOCK_FEATURES: usize = 4_000;

/// What became of some features.
#[derive(Default)]
struct DrawnBatch {
    features: Vec<(u32, DrawnFeature)>,
    bytes: Vec<u8>,
    too_small: usize,
}

/// Draws what was found into the sheets.
pub(crate) fn draw_candidates(
    outputs: &mut [OutputLayer<'_>],
    found: &[Vec<TileCandidate>],
    drawer: &mut FeatureDrawer,
    budget_bytes: usize,
    drawn: &mut DrawnTile,
) {
    let count = found.iter().map(Vec::len).sum::<usize>();
    if count <= MAX_SERIAL_FEATURES {
        let all = found.iter().zip(0..).flat_map(|(found, sheet)| (0..found.len() as u32).map(move |nth| (sheet, nth)));
        let few = draw_batch(outputs, found, all, drawer);
        place_features(few, 0, outputs, drawn);
    } else {
        let order = budget::order_candidates(outputs, found);
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let mut done = 0;
        while done < count && is_within_budget(outputs, drawer, budget_bytes) {
            let block = &order[done..count.min(done + BLOCK_FEATURES)];
            done += block.len();
            for batch in draw_in_parallel(outputs, found, block, *drawer.frame(), workers) {
                let start = drawer.commands.bytes.len();
                drawer.commands.bytes.extend_from_slice(&batch.bytes);
                place_features(batch, start, outputs, drawn);
            }
        }
        drawn.dropped += count - done;
    }
    for sheet in outputs {
        sheet.sort_features();
    }
}

/// Whether the tile would still be within its budget if it were written now.
fn is_within_budget(outputs: &[OutputLayer<'_>], drawer: &FeatureDrawer, budget_bytes: usize) -> bool {
    // The geometries alone are known without writing.
    if drawer.commands.bytes.len() >= budget_bytes {
        return false;
    }
    if outputs.iter().all(|s| s.features.is_empty()) {
        return true;
    }
    let mut tile = vec![];
    write_layers(outputs, &drawer.commands.bytes, &mut tile);
    tile.len() < budget_bytes
}

fn draw_in_parallel(
    outputs: &[OutputLayer<'_>],
    found: &[Vec<TileCandidate>],
    block: &[CandidateRef],
    frame: TileFrame,
    workers: usize,
) -> Vec<DrawnBatch> {
    let share = block.len().div_ceil(workers);
    let alone = |part: &[CandidateRef]| {
        let mut drawer = FeatureDrawer::new(frame);
        let batch = draw_batch(outputs, found, part.iter().copied(), &mut drawer);
        DrawnBatch { bytes: drawer.commands.bytes, ..batch }
    };
    if workers == 1 {
        return vec![alone(block)];
    }
    thread::scope(|scope| {
        let alone = &alone;
        let threads: Vec<_> = block.chunks(share).map(|part| scope.spawn(move || alone(part))).collect();
        threads.into_iter().map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

/// Draws these; their commands are behind what the pen has written before.
fn draw_batch(
    outputs: &[OutputLayer<'_>],
    found: &[Vec<TileCandidate>],
    all: impl Iterator<Item = CandidateRef>,
    drawer: &mut FeatureDrawer,
) -> DrawnBatch {
    let mut batch = DrawnBatch::default();
    for (sheet, nth) in all {
        let layer = outputs[sheet as usize].layer;
        let TileCandidate { tier, slot, .. } = found[sheet as usize][nth as usize];
        let segment = &layer.snapshot.tiers()[tier as usize].segment;
        let start = drawer.commands.begin_feature();
        let outcome = match layer.content {
            LayerContent::Geometries => drawer.draw_feature(segment, slot as usize),
            LayerContent::Labels => drawer.draw_label(segment, slot as usize),
        };
        match outcome {
            DrawOutcome::Drawn(shape) => {
                let (key, geometry) = (segment.keys[slot as usize], start..drawer.commands.bytes.len());
                batch.features.push((sheet, DrawnFeature { key, tier, slot, shape, geometry }));
            }
            DrawOutcome::TooSmall => batch.too_small += 1,
            DrawOutcome::Outside => {}
        }
    }
    batch
}

/// Puts pieces into their sheets; their commands were moved by so much.
fn place_features(batch: DrawnBatch, by: usize, outputs: &mut [OutputLayer<'_>], drawn: &mut DrawnTile) {
    drawn.left_out += batch.too_small;
    for (sheet, mut feature) in batch.features {
        feature.geometry = feature.geometry.start + by..feature.geometry.end + by;
        outputs[sheet as usize].features.push(feature);
    }
}
