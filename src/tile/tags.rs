//! The properties of a layer's features, field by field: a column is read in one go, so that what it needs stays near and the values that
//! repeat are looked up once. Features and values come in an order that depends on the features and fields alone.

use super::mvt;
use super::{Piece, Sheet};
use crate::index::{Cell, Column, Snapshot, Words};
use std::borrow::Cow;
use std::collections::HashMap;

/// The layer's number of a value that is not known yet, or not there.
const NONE: u32 = u32::MAX;

/// Columns with more words than this are asked for each value anew.
const MOST_WORDS: usize = 1 << 14;

/// Writes a layer into a tile; `geometry` has the commands of all of its features.
pub(crate) fn write(sheet: &Sheet<'_>, geometry: &[u8], tile: &mut Vec<u8>) {
    let Sheet { layer: super::Layer { snapshot, show, .. }, pieces, .. } = sheet;
    let fields = &snapshot.collection().fields;
    let bytes = pieces.iter().map(|p| p.geometry.len()).sum();
    let mut layer = mvt::Layer::new(&sheet.name, pieces.len(), bytes, 1 + fields.len());
    let id = layer.key("id");
    let ids: Vec<u32> = pieces.iter().map(|p| layer.new_text(segment(snapshot, p).ids.text(p.slot as usize))).collect();
    let mut columns = vec![(id, ids)];
    let mut keys = vec![("id", id)];
    for (at, field) in fields.iter().enumerate() {
        // The feature's id has that name already.
        if field.name != "id" && show.shows(at) {
            let values = values(snapshot, pieces, at, &mut layer);
            if values.iter().any(|v| *v != NONE) {
                let key = layer.key(&field.name);
                keys.push((&field.name, key));
                columns.push((key, values));
            }
        }
    }
    for (nth, piece) in pieces.iter().enumerate() {
        let tags = columns.iter().map(|(key, values)| (*key, values[nth])).filter(|(_, value)| *value != NONE);
        layer.feature(piece.key, piece.shape, tags, &geometry[piece.geometry.clone()]);
    }
    write_clusters(sheet, &keys, geometry, &mut layer);
    layer.finish(tile);
}

/// `keys` are those that the layer has already.
fn write_clusters(sheet: &Sheet<'_>, keys: &[(&str, u32)], geometry: &[u8], layer: &mut mvt::Layer<'_>) {
    let mut keys: HashMap<Cow<'_, str>, u32> = keys.iter().map(|(name, key)| (Cow::Borrowed(*name), *key)).collect();
    for (cluster, commands) in &sheet.clusters {
        let mut tags = vec![];
        for (name, cell) in cluster.properties() {
            let key = *keys.entry(name).or_insert_with_key(|name| layer.key(name));
            tags.extend(layer.value(cell).map(|value| (key, value)));
        }
        layer.feature(cluster.key, mvt::Shape::Point, tags.into_iter(), &geometry[commands.clone()]);
    }
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
