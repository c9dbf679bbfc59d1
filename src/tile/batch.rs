//! All features of a tile, drawn: in one go when they are few, otherwise what matters most first and side by side on all processors, and
//! no further than the tile has room. What comes out does not depend on how the work was shared.

use super::find::Found;
use super::frame::Frame;
use super::pen::{Outcome, Pen};
use super::{Drawn, Part, Piece, Sheet, budget, write};
use std::thread;

/// A feature by its sheet, and its place among what was found for that.
type At = (u32, u32);

/// Up to so many features are simply drawn.
const FEW: usize = 4_000;
/// Otherwise so many are drawn before looking at how much room is left.
const BLOCK: usize = 4_000;

/// What became of some features.
#[derive(Default)]
struct Batch {
    pieces: Vec<(u32, Piece)>,
    bytes: Vec<u8>,
    too_small: usize,
}

/// Draws what was found into the sheets.
pub(crate) fn draw(
    sheets: &mut [Sheet<'_>],
    found: &[Vec<Found>],
    pen: &mut Pen,
    budget_bytes: usize,
    drawn: &mut Drawn,
) {
    let count = found.iter().map(Vec::len).sum::<usize>();
    if count <= FEW {
        let all = found.iter().zip(0..).flat_map(|(found, sheet)| (0..found.len() as u32).map(move |nth| (sheet, nth)));
        let few = batch(sheets, found, all, pen);
        place(few, 0, sheets, drawn);
    } else {
        let order = budget::order(sheets, found);
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let mut done = 0;
        while done < count && has_room(sheets, pen, budget_bytes) {
            let block = &order[done..count.min(done + BLOCK)];
            done += block.len();
            for batch in side_by_side(sheets, found, block, *pen.frame(), workers) {
                let start = pen.commands.bytes.len();
                pen.commands.bytes.extend_from_slice(&batch.bytes);
                place(batch, start, sheets, drawn);
            }
        }
        drawn.dropped += count - done;
    }
    for sheet in sheets {
        sheet.put_in_order();
    }
}

/// Whether the tile would still be within its budget if it were written now.
fn has_room(sheets: &[Sheet<'_>], pen: &Pen, budget_bytes: usize) -> bool {
    // The geometries alone are known without writing.
    if pen.commands.bytes.len() >= budget_bytes {
        return false;
    }
    if sheets.iter().all(|s| s.pieces.is_empty()) {
        return true;
    }
    let mut tile = vec![];
    write(sheets, &pen.commands.bytes, &mut tile);
    tile.len() < budget_bytes
}

fn side_by_side(sheets: &[Sheet<'_>], found: &[Vec<Found>], block: &[At], frame: Frame, workers: usize) -> Vec<Batch> {
    let share = block.len().div_ceil(workers);
    let alone = |part: &[At]| {
        let mut pen = Pen::new(frame);
        let batch = batch(sheets, found, part.iter().copied(), &mut pen);
        Batch { bytes: pen.commands.bytes, ..batch }
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
fn batch(sheets: &[Sheet<'_>], found: &[Vec<Found>], all: impl Iterator<Item = At>, pen: &mut Pen) -> Batch {
    let mut batch = Batch::default();
    for (sheet, nth) in all {
        let layer = sheets[sheet as usize].layer;
        let Found { tier, slot, .. } = found[sheet as usize][nth as usize];
        let segment = &layer.snapshot.tiers()[tier as usize].segment;
        let start = pen.commands.begin();
        let outcome = match layer.part {
            Part::Shapes => pen.draw(segment, slot as usize),
            Part::Labels => pen.label(segment, slot as usize),
        };
        match outcome {
            Outcome::Drawn(shape) => {
                let (key, geometry) = (segment.keys[slot as usize], start..pen.commands.bytes.len());
                batch.pieces.push((sheet, Piece { key, tier, slot, shape, geometry }));
            }
            Outcome::TooSmall => batch.too_small += 1,
            Outcome::Outside => {}
        }
    }
    batch
}

/// Puts pieces into their sheets; their commands were moved by so much.
fn place(batch: Batch, by: usize, sheets: &mut [Sheet<'_>], drawn: &mut Drawn) {
    drawn.left_out += batch.too_small;
    for (sheet, mut piece) in batch.pieces {
        piece.geometry = piece.geometry.start + by..piece.geometry.end + by;
        sheets[sheet as usize].pieces.push(piece);
    }
}
