//! The properties of a layer's features, field by field: a column is read in one go, so that what it needs stays near and the values that
//! repeat are looked up once. Features and values come in an order that depends on keys and fields alone.

use super::Piece;
use super::mvt;
use crate::index::{Cell, Column, Snapshot, Words};

/// The layer's number of a value that is not known yet, or not there.
const NONE: u32 = u32::MAX;

/// Columns with more words than this are asked for each value anew.
const MOST_WORDS: usize = 1 << 14;

/// Writes a layer of these features, which are in the order of their keys, into a tile.
pub(crate) fn write(name: &str, snapshot: &Snapshot, pieces: &[Piece], geometry: &[u8], tile: &mut Vec<u8>) {
    let fields = &snapshot.collection().fields;
    let mut layer = mvt::Layer::new(name, pieces.len(), geometry.len(), 1 + fields.len());
    let id = layer.key("id");
    let ids: Vec<u32> = pieces.iter().map(|p| layer.new_text(segment(snapshot, p).ids.text(p.slot as usize))).collect();
    let mut columns = vec![(id, ids)];
    for (at, field) in fields.iter().enumerate() {
        // The feature's id has that name already.
        if field.name != "id" {
            let values = values(snapshot, pieces, at, &mut layer);
            if values.iter().any(|v| *v != NONE) {
                columns.push((layer.key(&field.name), values));
            }
        }
    }
    for (nth, piece) in pieces.iter().enumerate() {
        let tags = columns.iter().map(|(key, values)| (*key, values[nth])).filter(|(_, value)| *value != NONE);
        layer.feature(piece.key, piece.shape, tags, &geometry[piece.geometry.clone()]);
    }
    layer.finish(tile);
}

fn segment<'a>(snapshot: &'a Snapshot, piece: &Piece) -> &'a crate::index::Segment {
    &snapshot.tiers()[piece.tier as usize].segment
}

/// The layer's number of each feature's value of a field.
fn values(snapshot: &Snapshot, pieces: &[Piece], field: usize, layer: &mut mvt::Layer<'_>) -> Vec<u32> {
    // By tier: the layer's number of each word that was met.
    let mut known: Vec<Vec<u32>> = vec![vec![]; snapshot.tiers().len()];
    let value = |piece: &Piece| {
        let slot = piece.slot as usize;
        match &*segment(snapshot, piece).columns[field] {
            Column::Words(words) if words.words().len() <= MOST_WORDS => {
                word(words, words.codes()[slot], &mut known[piece.tier as usize], layer)
            }
            column => layer.value(column.cell(slot)).unwrap_or(NONE),
        }
    };
    pieces.iter().map(value).collect()
}

fn word(words: &Words, code: u32, known: &mut Vec<u32>, layer: &mut mvt::Layer<'_>) -> u32 {
    if Words::is_null(code) {
        return NONE;
    }
    if known.is_empty() {
        known.resize(words.words().len(), NONE);
    }
    let number = &mut known[code as usize];
    if *number == NONE {
        *number = layer.value(Cell::Text(words.words().text(code as usize))).unwrap_or(NONE);
    }
    *number
}
