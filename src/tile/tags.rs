//! The properties of a layer's features, field by field: a column is read in one go, so that what it needs stays near and the values that
//! repeat are looked up once. Features and values come in an order that depends on the features and fields alone.

use super::mvt;
use super::{DrawnFeature, OutputLayer};
use crate::index::{CellValue, PropertyColumn, Snapshot, TextDictionary};
use std::borrow::Cow;
use std::collections::HashMap;

/// The layer's number of a value that is not known yet, or not there.
const NO_VALUE: u32 = u32::MAX;

/// Columns with more words than this are asked for each value anew.
const MAX_DICTIONARY_ENTRIES: usize = 1 << 14;

/// Writes a layer into a tile; `geometry` has the commands of all of its features.
pub(crate) fn write_layer(output: &OutputLayer<'_>, geometry: &[u8], tile: &mut Vec<u8>) {
    let OutputLayer { layer: super::TileLayer { snapshot, show, .. }, features, .. } = output;
    let fields = &snapshot.collection().fields;
    let bytes = features.iter().map(|p| p.geometry.len()).sum();
    let mut layer = mvt::MvtLayer::new(&output.name, features.len(), bytes, 1 + fields.len());
    let id = layer.add_key("id");
    let ids: Vec<u32> =
        features.iter().map(|p| layer.add_text(feature_segment(snapshot, p).ids.text_at(p.slot as usize))).collect();
    let mut columns = vec![(id, ids)];
    let mut keys = vec![("id", id)];
    for (at, field) in fields.iter().enumerate() {
        // The feature's id has that name already.
        if field.name != "id" && show.includes_field(at) {
            let values = intern_column(snapshot, features, at, &mut layer);
            if values.iter().any(|v| *v != NO_VALUE) {
                let key = layer.add_key(&field.name);
                keys.push((&field.name, key));
                columns.push((key, values));
            }
        }
    }
    for (nth, piece) in features.iter().enumerate() {
        let tags = columns.iter().map(|(key, values)| (*key, values[nth])).filter(|(_, value)| *value != NO_VALUE);
        layer.add_feature(piece.key, piece.shape, tags, &geometry[piece.geometry.clone()]);
    }
    write_clusters(output, &keys, geometry, &mut layer);
    layer.write_to(tile);
}

/// `keys` are those that the layer has already.
fn write_clusters(output: &OutputLayer<'_>, keys: &[(&str, u32)], geometry: &[u8], layer: &mut mvt::MvtLayer<'_>) {
    let mut keys: HashMap<Cow<'_, str>, u32> = keys.iter().map(|(name, key)| (Cow::Borrowed(*name), *key)).collect();
    for (cluster, commands) in &output.clusters {
        let mut tags = vec![];
        for (name, cell) in cluster.properties() {
            let key = *keys.entry(name).or_insert_with_key(|name| layer.add_key(name));
            tags.extend(layer.intern_value(cell).map(|value| (key, value)));
        }
        layer.add_feature(cluster.key, mvt::MvtGeometryType::Point, tags.into_iter(), &geometry[commands.clone()]);
    }
}

fn feature_segment<'a>(snapshot: &'a Snapshot, feature: &DrawnFeature) -> &'a crate::index::IndexSegment {
    &snapshot.tiers()[feature.tier as usize].segment
}

/// The layer's number of each feature's value of a field.
fn intern_column(
    snapshot: &Snapshot,
    features: &[DrawnFeature],
    field: usize,
    layer: &mut mvt::MvtLayer<'_>,
) -> Vec<u32> {
    // By tier: the layer's number of each word that was met.
    let mut known: Vec<Vec<u32>> = vec![vec![]; snapshot.tiers().len()];
    let value = |piece: &DrawnFeature| {
        let slot = piece.slot as usize;
        match &*feature_segment(snapshot, piece).columns[field] {
            PropertyColumn::Dictionary(words) if words.entries().len() <= MAX_DICTIONARY_ENTRIES => {
                intern_entry(words, words.codes()[slot], &mut known[piece.tier as usize], layer)
            }
            column => layer.intern_value(column.cell_at(slot)).unwrap_or(NO_VALUE),
        }
    };
    features.iter().map(value).collect()
}

fn intern_entry(words: &TextDictionary, code: u32, known: &mut Vec<u32>, layer: &mut mvt::MvtLayer<'_>) -> u32 {
    if TextDictionary::is_null_code(code) {
        return NO_VALUE;
    }
    if known.is_empty() {
        known.resize(words.entries().len(), NO_VALUE);
    }
    let number = &mut known[code as usize];
    if *number == NO_VALUE {
        *number = layer.intern_value(CellValue::Text(words.entries().text_at(code as usize))).unwrap_or(NO_VALUE);
    }
    *number
}
