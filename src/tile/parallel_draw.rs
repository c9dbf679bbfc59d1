//! Draws all features of a tile: few of them on the calling thread, many in blocks on all processors, the most
//! important first, until the byte budget is reached. The result does not depend on the number of threads.

use super::budget;
use super::candidates::TileCandidate;
use super::drawn_tile::DrawnTile;
use super::feature_drawer::{DrawOutcome, FeatureDrawer};
use super::layer_writer::write_layers;
use super::output_layer::{DrawnFeature, OutputLayer};
use super::tile_frame::TileFrame;
use super::tile_layer::LayerContent;
use crate::work_budget::WorkBudget;
use std::thread;

/// A candidate as the number of its output layer and its position among the candidates of that layer.
type CandidateRef = (u32, u32);

/// Up to so many features are drawn on the calling thread.
const MAX_SERIAL_FEATURES: usize = 4_000;
/// With more, so many are drawn before the budget is checked.
const BLOCK_FEATURES: usize = 4_000;

/// The work units of drawing one feature.
const FEATURE_UNITS: u64 = 100;

/// The result of drawing some candidates: features with the number of their output layer, and the commands of all.
#[derive(Default)]
struct DrawnBatch {
    features: Vec<(u32, DrawnFeature)>,
    bytes: Vec<u8>,
    too_small: usize,
}

/// Draws the candidates of each output layer into it.
pub(crate) fn draw_candidates(
    outputs: &mut [OutputLayer<'_>],
    found: &[Vec<TileCandidate>],
    drawer: &mut FeatureDrawer,
    budget_bytes: usize,
    work: &WorkBudget,
    drawn: &mut DrawnTile,
) {
    let count = found.iter().map(Vec::len).sum::<usize>();
    if count <= MAX_SERIAL_FEATURES {
        let all =
            found.iter().zip(0..).flat_map(|(found, output)| (0..found.len() as u32).map(move |nth| (output, nth)));
        let few = draw_batch(outputs, found, all, drawer, work);
        place_features(few, 0, outputs, drawn);
    } else {
        let order = budget::order_candidates(outputs, found);
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let mut done = 0;
        while done < count && !work.is_stopped() && is_within_budget(outputs, drawer, budget_bytes) {
            let block = &order[done..count.min(done + BLOCK_FEATURES)];
            done += block.len();
            for batch in draw_in_parallel(outputs, found, block, *drawer.frame(), workers, work) {
                let start = drawer.commands.bytes.len();
                drawer.commands.bytes.extend_from_slice(&batch.bytes);
                place_features(batch, start, outputs, drawn);
            }
        }
        drawn.dropped += count - done;
    }
    for output in outputs {
        output.sort_features();
    }
}

/// Whether the tile is still below its budget with the features drawn so far.
fn is_within_budget(outputs: &[OutputLayer<'_>], drawer: &FeatureDrawer, budget_bytes: usize) -> bool {
    // The size of the geometries is known without writing the tile.
    if drawer.commands.bytes.len() >= budget_bytes {
        return false;
    }
    if outputs.iter().all(|o| o.features.is_empty()) {
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
    work: &WorkBudget,
) -> Vec<DrawnBatch> {
    let share = block.len().div_ceil(workers);
    let draw_part = |part: &[CandidateRef]| {
        let mut drawer = FeatureDrawer::new(frame);
        let batch = draw_batch(outputs, found, part.iter().copied(), &mut drawer, work);
        DrawnBatch { bytes: drawer.commands.bytes, ..batch }
    };
    if workers == 1 {
        return vec![draw_part(block)];
    }
    thread::scope(|scope| {
        let draw_part = &draw_part;
        let threads: Vec<_> = block.chunks(share).map(|part| scope.spawn(move || draw_part(part))).collect();
        threads.into_iter().map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

/// Draws candidates; their commands follow those that the drawer has already written.
fn draw_batch(
    outputs: &[OutputLayer<'_>],
    found: &[Vec<TileCandidate>],
    all: impl Iterator<Item = CandidateRef>,
    drawer: &mut FeatureDrawer,
    work: &WorkBudget,
) -> DrawnBatch {
    let (mut batch, mut meter) = (DrawnBatch::default(), work.meter());
    for (output, nth) in all {
        if !meter.spend(FEATURE_UNITS) {
            break;
        }
        let layer = outputs[output as usize].layer;
        let TileCandidate { tier, slot, .. } = found[output as usize][nth as usize];
        let segment = &layer.snapshot.tiers()[tier as usize].segment;
        let start = drawer.commands.begin_feature();
        let outcome = match layer.content {
            LayerContent::Geometries => drawer.draw_feature(segment, slot as usize),
            LayerContent::Labels => drawer.draw_label(segment, slot as usize),
        };
        match outcome {
            DrawOutcome::Drawn(shape) => {
                let (key, geometry) = (segment.keys[slot as usize], start..drawer.commands.bytes.len());
                batch.features.push((output, DrawnFeature { key, tier, slot, shape, geometry }));
            }
            DrawOutcome::TooSmall => batch.too_small += 1,
            DrawOutcome::Outside => {}
        }
    }
    batch
}

/// Puts drawn features into their output layers; `by` is how far their commands have moved.
fn place_features(batch: DrawnBatch, by: usize, outputs: &mut [OutputLayer<'_>], drawn: &mut DrawnTile) {
    drawn.left_out += batch.too_small;
    for (output, mut feature) in batch.features {
        feature.geometry = feature.geometry.start + by..feature.geometry.end + by;
        outputs[output as usize].features.push(feature);
    }
}
