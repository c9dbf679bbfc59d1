//! How many bytes a tile may have. When it would have more, the features that matter least are left out: those that are drawn from the
//! latest zoom on, and of these the smallest on the map.

use super::Sheet;

/// Names a piece: its sheet, and its place among the pieces of that.
type At = (usize, usize);

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
    let order = order(sheets);
    for &(sheet, nth) in &order {
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
    order[..kept].iter().for_each(|&(sheet, nth)| keep[sheet][nth] = true);
    for (sheet, keep) in sheets.iter_mut().zip(keep) {
        let mut keep = keep.into_iter();
        sheet.pieces.retain(|_| keep.next().unwrap_or(false));
    }
    count - kept
}

/// The pieces of all sheets, what matters most first.
fn order(sheets: &[Sheet<'_>]) -> Vec<At> {
    let mut order: Vec<(u8, u32, i64, At)> = vec![];
    for (at, sheet) in sheets.iter().enumerate() {
        for (nth, piece) in sheet.pieces.iter().enumerate() {
            let segment = &sheet.snapshot.tiers()[piece.tier as usize].segment;
            let size = segment.boxes[piece.slot as usize].size();
            order.push((segment.zoom(piece.slot), u32::MAX - size, piece.key, (at, nth)));
        }
    }
    order.sort_unstable();
    order.into_iter().map(|o| o.3).collect()
}
