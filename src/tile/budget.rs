//! The byte budget of a tile. When a tile exceeds it, the least important features are dropped: those with the latest
//! first zoom, and among these the smallest on the map.

use super::candidates::TileCandidate;
use super::output_layer::OutputLayer;

/// A feature as the number of its output layer and its position in that layer.
type FeatureRef = (u32, u32);

/// Drops features from a tile that came out `total_bytes` long, so that it should fit into `budget_bytes`. Returns how
/// many were dropped. The caller writes the tile again, and lowers the budget if it is still too large.
pub(crate) fn drop_to_fit(outputs: &mut [OutputLayer<'_>], total_bytes: usize, budget_bytes: usize) -> usize {
    let count: usize = outputs.iter().map(|o| o.features.len()).sum();
    if count == 0 {
        return 0;
    }
    let geometry: usize = outputs.iter().flat_map(|o| &o.features).map(|f| f.geometry.len()).sum();
    // The average number of bytes that a feature takes besides its geometry.
    let other_bytes = total_bytes.saturating_sub(geometry).div_ceil(count);
    let mut left = budget_bytes;
    let mut fitting = 0;
    let order = order_by_importance(outputs, |output| output.features.iter().map(|f| (f.tier, f.slot)).collect());
    let at = |&(output, nth): &FeatureRef| (output as usize, nth as usize);
    for (output, nth) in order.iter().map(at) {
        let bytes = outputs[output].features[nth].geometry.len() + other_bytes;
        if bytes > left {
            break;
        }
        left -= bytes;
        fitting += 1;
    }
    // Drop at least one, so that the caller's loop ends.
    let fitting = fitting.min(count - 1);
    let mut retained: Vec<Vec<bool>> = outputs.iter().map(|o| vec![false; o.features.len()]).collect();
    order[..fitting].iter().map(at).for_each(|(output, nth)| retained[output][nth] = true);
    for (output, retained) in outputs.iter_mut().zip(retained) {
        let mut retained = retained.into_iter();
        output.features.retain(|_| retained.next().unwrap_or(false));
    }
    count - fitting
}

/// The candidates of all output layers, the most important first.
pub(crate) fn order_candidates(outputs: &[OutputLayer<'_>], found: &[Vec<TileCandidate>]) -> Vec<FeatureRef> {
    let mut found = found.iter();
    order_by_importance(outputs, |_| found.next().into_iter().flatten().map(|f| (f.tier, f.slot)).collect())
}

/// `features` gives the tiers and slots of an output layer.
fn order_by_importance<'a>(
    outputs: &[OutputLayer<'a>],
    mut features: impl FnMut(&OutputLayer<'a>) -> Vec<(u32, u32)>,
) -> Vec<FeatureRef> {
    let mut order: Vec<(u8, u32, i64, FeatureRef)> = vec![];
    for (at, output) in outputs.iter().enumerate() {
        for (nth, (tier, slot)) in features(output).into_iter().enumerate() {
            let segment = &output.layer.snapshot.tiers()[tier as usize].segment;
            let size = segment.boxes[slot as usize].longer_side();
            order.push((
                segment.first_zoom(slot),
                u32::MAX - size,
                segment.keys[slot as usize],
                (at as u32, nth as u32),
            ));
        }
    }
    order.sort_unstable();
    order.into_iter().map(|o| o.3).collect()
}
