//! How many bytes a tile may have. When it would have more, the features that matter least are left out: those that are drawn from the
//! latest zoom on, and of these the smallest on the map.

use super::OutputLayer;
use super::candidates::TileCandidate;

/// Names a feature: its sheet, and its place among those of that.
type FeatureRef = (u32, u32);

/// Takes pieces out of the sheets of a tile that has come out as `total_bytes` long, so that it should fit; says how many. The tile is
/// written again then, and asked for less if it still does not.
pub(crate) fn drop_to_fit(outputs: &mut [OutputLayer<'_>], total_bytes: usize, budget_bytes: usize) -> usize {
    let count: usize = outputs.iter().map(|s| s.features.len()).sum();
    if count == 0 {
        return 0;
    }
    let geometry: usize = outputs.iter().flat_map(|s| &s.features).map(|p| p.geometry.len()).sum();
    // What a piece takes besides its geometry, on the whole.
    let besides = total_bytes.saturating_sub(geometry).div_ceil(count);
    let mut left = budget_bytes;
    let mut kept = 0;
    let order = order_by_importance(outputs, |sheet| sheet.features.iter().map(|p| (p.tier, p.slot)).collect());
    let at = |&(sheet, nth): &FeatureRef| (sheet as usize, nth as usize);
    for (sheet, nth) in order.iter().map(at) {
        let bytes = outputs[sheet].features[nth].geometry.len() + besides;
        if bytes > left {
            break;
        }
        left -= bytes;
        kept += 1;
    }
    // One at least goes, so that asking again ends.
    let kept = kept.min(count - 1);
    let mut keep: Vec<Vec<bool>> = outputs.iter().map(|s| vec![false; s.features.len()]).collect();
    order[..kept].iter().map(at).for_each(|(sheet, nth)| keep[sheet][nth] = true);
    for (sheet, keep) in outputs.iter_mut().zip(keep) {
        let mut keep = keep.into_iter();
        sheet.features.retain(|_| keep.next().unwrap_or(false));
    }
    count - kept
}

/// What was found for each sheet, what matters most first.
pub(crate) fn order_candidates(outputs: &[OutputLayer<'_>], found: &[Vec<TileCandidate>]) -> Vec<FeatureRef> {
    let mut found = found.iter();
    order_by_importance(outputs, |_| found.next().into_iter().flatten().map(|f| (f.tier, f.slot)).collect())
}

fn order_by_importance<'a>(
    outputs: &[OutputLayer<'a>],
    mut features: impl FnMut(&OutputLayer<'a>) -> Vec<(u32, u32)>,
) -> Vec<FeatureRef> {
    let mut order: Vec<(u8, u32, i64, FeatureRef)> = vec![];
    for (at, sheet) in outputs.iter().enumerate() {
        for (nth, (tier, slot)) in features(sheet).into_iter().enumerate() {
            let segment = &sheet.layer.snapshot.tiers()[tier as usize].segment;
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
