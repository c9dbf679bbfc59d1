//! How many bytes a tile may have. When it would have more, the features that matter least are left out: those that are drawn from the
//! latest zoom on, and of these the smallest on the map.

use super::Sheet;
use super::find::Found;

/// Names a feature: its sheet, and its place among those of that.
type At = (u32, u32);

/// Takes pieces out of the sheets of a tile that has come out as `total_bytes` long, so that it should fit; says how many. The tile is
/// written again then, and asked for less if it still does not.
pub(crate) fn fit(sheets: &mut [Sheet<'_>], total_bytes: usize, budget_bytes: usize) -> usize {
    let count: usize = sheets.iter().map(|s| s.pieces.len()).sum();
    if count == 0 {
        return 0;
    }
    let geometry: usize = sheets.iter().flat_map(|s| &s.pieces).map(|p| p.geometry.len()).sum();
    // What a piece takes besides its geometry, on the whole.
    let besides = total_bytes.saturating_sub(geometry).div_ceil(count);
    let mut left = budget_bytes;
    let mut kept = 0;
    let order = order_of(sheets, |sheet| sheet.pieces.iter().map(|p| (p.tier, p.slot)).collect());
    let at = |&(sheet, nth): &At| (sheet as usize, nth as usize);
    for (sheet, nth) in order.iter().map(at) {
        let bytes = sheets[sheet].pieces[nth].geometry.len() + besides;
        if bytes > left {
            break;
        }
        left -= bytes;
        kept += 1;
    }
    // One at least goes, so that asking again ends.
    let kept = kept.min(count - 1);
    let mut keep: Vec<Vec<bool>> = sheets.iter().map(|s| vec![false; s.pieces.len()]).collect();
    order[..kept].iter().map(at).for_each(|(sheet, nth)| keep[sheet][nth] = true);
    for (sheet, keep) in sheets.iter_mut().zip(keep) {
        let mut keep = keep.into_iter();
        sheet.pieces.retain(|_| keep.next().unwrap_or(false));
    }
    count - kept
}

/// What was found for each sheet, what matters most first.
pub(crate) fn order(sheets: &[Sheet<'_>], found: &[Vec<Found>]) -> Vec<At> {
    let mut found = found.iter();
    order_of(sheets, |_| found.next().into_iter().flatten().map(|f| (f.tier, f.slot)).collect())
}

fn order_of<'a>(sheets: &[Sheet<'a>], mut features: impl FnMut(&Sheet<'a>) -> Vec<(u32, u32)>) -> Vec<At> {
    let mut order: Vec<(u8, u32, i64, At)> = vec![];
    for (at, sheet) in sheets.iter().enumerate() {
        for (nth, (tier, slot)) in features(sheet).into_iter().enumerate() {
            let segment = &sheet.layer.snapshot.tiers()[tier as usize].segment;
            let size = segment.boxes[slot as usize].size();
            order.push((segment.zoom(slot), u32::MAX - size, segment.keys[slot as usize], (at as u32, nth as u32)));
        }
    }
    order.sort_unstable();
    order.into_iter().map(|o| o.3).collect()
}
