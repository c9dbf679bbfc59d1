//! Writes output layers into a tile. Properties are read field by field: a column is read in sequence, and a repeated
//! value is looked up once. The order of features and values depends on the features and fields alone.

use super::mvt;
use super::output_layer::{DrawnFeature, OutputLayer};
use super::tile_layer::TileLayer;
use crate::index::{CellValue, IndexSegment, PropertyColumn, Snapshot, TextDictionary};
use std::borrow::Cow;
use std::collections::HashMap;

/// Stands for a value that has no number in the layer yet, or is null.
const NO_VALUE: u32 = u32::MAX;

/// In a dictionary column with more entries than this, every value is looked up by its text.
const MAX_DICTIONARY_ENTRIES: usize = 1 << 14;

/// Writes all layers into `tile`, whose old content is discarded; `geometry` has the commands of all features.
pub(crate) fn write_layers(outputs: &[OutputLayer<'_>], geometry: &[u8], tile: &mut Vec<u8>) {
    tile.clear();
    outputs.iter().for_each(|output| write_layer(output, geometry, tile));
}

fn write_layer(output: &OutputLayer<'_>, geometry: &[u8], tile: &mut Vec<u8>) {
    let OutputLayer { layer: TileLayer { snapshot, show, .. }, features, .. } = output;
    let fields = &snapshot.collection().fields;
    let bytes = features.iter().map(|f| f.geometry.len()).sum();
    let mut layer = mvt::MvtLayer::new(&output.name, features.len(), bytes, 1 + fields.len());
    let id = layer.add_key("id");
    let ids: Vec<u32> =
        features.iter().map(|f| layer.add_text(feature_segment(snapshot, f).ids.text_at(f.slot as usize))).collect();
    let mut columns = vec![(id, ids)];
    let mut keys = vec![("id", id)];
    for (at, field) in fields.iter().enumerate() {
        // The property 'id' is the feature's own id.
        if field.name != "id" && show.includes_field(at) {
            let values = intern_column(snapshot, features, at, &mut layer);
            if values.iter().any(|v| *v != NO_VALUE) {
                let key = layer.add_key(&field.name);
                keys.push((&field.name, key));
                columns.push((key, values));
            }
        }
    }
    for (nth, feature) in features.iter().enumerate() {
        let tags = columns.iter().map(|(key, values)| (*key, values[nth])).filter(|(_, value)| *value != NO_VALUE);
        layer.add_feature(feature.key, feature.shape, tags, &geometry[feature.geometry.clone()]);
    }
    write_clusters(output, &keys, geometry, &mut layer);
    layer.write_to(tile);
}

/// `keys` are the names and numbers of keys that the layer already has.
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

fn feature_segment<'a>(snapshot: &'a Snapshot, feature: &DrawnFeature) -> &'a IndexSegment {
    &snapshot.tiers()[feature.tier as usize].segment
}

/// For each feature, the number of its value of a field in the layer.
fn intern_column(
    snapshot: &Snapshot,
    features: &[DrawnFeature],
    field: usize,
    layer: &mut mvt::MvtLayer<'_>,
) -> Vec<u32> {
    // By tier: the number in the layer of each dictionary entry that has occurred.
    let mut known: Vec<Vec<u32>> = vec![vec![]; snapshot.tiers().len()];
    let value = |feature: &DrawnFeature| {
        let slot = feature.slot as usize;
        match &*feature_segment(snapshot, feature).columns[field] {
            PropertyColumn::Dictionary(words) if words.entries().len() <= MAX_DICTIONARY_ENTRIES => {
                intern_entry(words, words.codes()[slot], &mut known[feature.tier as usize], layer)
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
