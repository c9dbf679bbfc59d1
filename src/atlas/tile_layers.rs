//! The layers of a tile: which collections, what is shown of each, and how TileJSON describes them.

use super::collection_state::CollectionState;
use super::mask_cache::MaskKey;
use crate::collection::{Collection, FieldType};
use crate::error::{Error, Result};
use crate::feature::BoundingBox;
use crate::index::Snapshot;
use crate::query::LayerQuery;
use crate::tile::{self, LayerContent, TileId, TileLayer};
use serde_json::{Map, Value as Json, json};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The name of all layers of the base map.
pub(super) const WORLD: &str = "world";

/// The most layers of one tile.
pub const MAX_LAYERS: usize = 20;

/// The resolved layers of a tile, and what it shows of each. Tiles are drawn from this value, and cached by its key.
#[derive(Clone)]
pub struct TileLayerSet {
    /// The cache key, normalised: the names in the requested order, then what is shown of each.
    pub(super) key: Arc<str>,
    pub(super) entries: Arc<[TileLayerEntry]>,
    /// One for each source.
    shows: Arc<[LayerQuery]>,
}

/// A layer under the name that it has in a tile.
pub struct NamedTileLayer<'a> {
    pub name: String,
    pub snapshot: Arc<Snapshot>,
    pub show: &'a LayerQuery,
    /// The value that all features of a split layer have.
    value: Option<String>,
}

impl NamedTileLayer<'_> {
    /// The properties that its features may have, with their TileJSON types.
    fn fields(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let shown =
            self.snapshot.collection().fields.iter().enumerate().filter(|(at, _)| self.show.includes_field(*at));
        std::iter::once(("id", "String"))
            .chain(shown.map(|(_, field)| (field.name.as_str(), tilejson_type(field.kind))))
    }

    /// The title of the collection, with the value of a split layer.
    #[must_use]
    pub fn title(&self) -> String {
        let title = &self.snapshot.collection().title;
        self.value.as_ref().map_or_else(|| title.clone(), |value| format!("{title}: {value}"))
    }
}

fn tilejson_type(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Text | FieldType::Date | FieldType::DateTime | FieldType::Json => "String",
        FieldType::Integer | FieldType::Real | FieldType::Decimal => "Number",
        FieldType::Boolean => "Boolean",
    }
}

/// The most values that the description of a split layer names; tiles may have more.
const MAX_SPLIT_VALUES: usize = 200;

/// The values of a field: those of its `enum`, or else those that features have.
fn split_values(snapshot: &Snapshot, field: usize) -> Vec<String> {
    let collection = snapshot.collection();
    let listed = collection
        .fields
        .get(field)
        .and_then(|f| collection.schema.get("properties")?.get(&f.name)?.get("enum")?.as_array());
    match listed {
        Some(list) => list
            .iter()
            .filter(|v| !v.is_null())
            .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
            .collect(),
        None => snapshot.distinct_values(field).into_iter().take(MAX_SPLIT_VALUES).collect(),
    }
}

pub(super) struct TileLayerEntry {
    name: Box<str>,
    pub(super) source: TileLayerSource,
    content: LayerContent,
}

/// Where the features of a layer come from.
#[derive(Clone)]
pub(super) enum TileLayerSource {
    /// The current snapshot of a collection, behind a mask.
    Live(Arc<CollectionState>, MaskKey),
    Fixed(Arc<Snapshot>),
}

impl TileLayerSet {
    /// The layers of the base map.
    pub(super) fn from_base_map(layers: impl Iterator<Item = (&'static str, Arc<Snapshot>)>) -> Self {
        let fixed = |(name, snapshot): (&str, _)| TileLayerEntry {
            name: name.into(),
            source: TileLayerSource::Fixed(snapshot),
            content: LayerContent::Geometries,
        };
        let entries: Arc<[TileLayerEntry]> = layers.map(fixed).collect();
        let shows = vec![LayerQuery::ALL; entries.len()].into();
        Self { key: WORLD.into(), entries, shows }
    }

    /// These layers in their order, with all features and fields.
    pub(super) fn from_collections(entries: Arc<[TileLayerEntry]>) -> Self {
        let shows = vec![LayerQuery::ALL; entries.len()].into();
        Self { key: join_names(&entries).into(), entries, shows }
    }

    /// Layer names with the collections they show, in order.
    pub fn snapshots(&self) -> impl Iterator<Item = (&str, Arc<Snapshot>)> {
        self.entries.iter().map(|e| (&*e.name, e.source.snapshot()))
    }

    /// Layer names with the collections they show, and what is shown of each, in order.
    pub fn layers_shown(&self) -> impl Iterator<Item = (&str, Arc<Snapshot>, &LayerQuery)> {
        self.entries.iter().zip(&*self.shows).map(|(e, show)| (&*e.name, e.source.snapshot(), show))
    }

    /// The layers that a tile may have, under their names. A split layer has one for each value.
    #[must_use]
    pub fn named_layers(&self) -> Vec<NamedTileLayer<'_>> {
        let mut all = vec![];
        for (name, snapshot, show) in self.layers_shown() {
            all.push(NamedTileLayer { name: name.to_owned(), snapshot: snapshot.clone(), show, value: None });
            for value in show.split.map_or_else(Default::default, |field| split_values(&snapshot, field)) {
                all.push(NamedTileLayer {
                    name: format!("{name}:{value}"),
                    snapshot: snapshot.clone(),
                    show,
                    value: Some(value),
                });
            }
        }
        all
    }

    /// The same layers with what `make` chooses to show: one [`LayerQuery`] for each collection, in order.
    ///
    /// # Errors
    /// The errors of `make`; [`Error::Invalid`] for the base map, which cannot be filtered.
    pub fn with_chosen_shows(&self, make: impl FnOnce(&[&Collection]) -> Result<Vec<LayerQuery>>) -> Result<Self> {
        if &*self.key == WORLD {
            return Err(Error::invalid(
                "filter",
                "The base map cannot be filtered. Leave out filter, datetime, properties, split and cluster.",
            ));
        }
        let collections: Vec<Arc<Collection>> = self.snapshots().map(|(_, s)| s.collection().clone()).collect();
        let shows = make(&collections.iter().map(|c| &**c).collect::<Vec<_>>())?;
        Ok(self.with_shows(shows))
    }

    /// Whether features are selected by a filter, which may be slow for each of them.
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        self.shows.iter().any(|show| show.filter.is_some())
    }

    fn with_shows(&self, mut shows: Vec<LayerQuery>) -> Self {
        shows.resize(self.entries.len(), LayerQuery::ALL);
        let mut key = join_names(&self.entries);
        for show in &shows {
            key.push(';');
            show.write_cache_key(&mut key);
        }
        Self { key: key.into(), entries: self.entries.clone(), shows: shows.into() }
    }

    /// What to draw from these snapshots, one for each layer.
    pub(super) fn over_snapshots<'a>(&'a self, snapshots: &'a [Arc<Snapshot>]) -> Vec<TileLayer<'a>> {
        let all = self.entries.iter().zip(&*self.shows).zip(snapshots);
        all.map(|((e, show), snapshot)| TileLayer { name: &e.name, snapshot, show, content: e.content }).collect()
    }

    /// The same layers, fixed to their current snapshots: later edits do not change them.
    #[must_use]
    pub fn freeze(&self) -> Self {
        let freeze = |e: &TileLayerEntry| TileLayerEntry {
            name: e.name.clone(),
            source: TileLayerSource::Fixed(e.source.snapshot()),
            content: e.content,
        };
        let entries: Arc<[TileLayerEntry]> = self.entries.iter().map(freeze).collect();
        let revisions = entries.iter().map(|e| e.source.snapshot().revision());
        let key = revisions.fold(self.key.to_string(), |key, revision| format!("{key} @{revision}"));
        Self { key: key.into(), entries, shows: self.shows.clone() }
    }

    /// The tiles of these zooms that may have features, zoom by zoom. Every other tile is empty.
    #[must_use]
    pub fn non_empty_tiles(&self, zooms: RangeInclusive<u8>) -> Vec<TileId> {
        let snapshots: Vec<_> = self.entries.iter().map(|e| e.source.snapshot()).collect();
        let layers = self.over_snapshots(&snapshots);
        let mut all = vec![];
        let mut level: Vec<TileId> =
            TileId::new(0, 0, 0).into_iter().filter(|t| tile::tile_has_features(&layers, *t)).collect();
        for zoom in 0..=*zooms.end() {
            if zooms.contains(&zoom) {
                all.extend_from_slice(&level);
            }
            level = level.iter().flat_map(|t| t.children()).filter(|t| tile::tile_has_features(&layers, *t)).collect();
        }
        all
    }

    /// The bounding box of all features.
    #[must_use]
    pub fn extent(&self) -> Option<BoundingBox> {
        self.snapshots().filter_map(|(_, snapshot)| snapshot.extent()).reduce(BoundingBox::union)
    }

    /// `vector_layers` of TileJSON 3.0: every layer that a tile may have, with its fields.
    #[must_use]
    pub fn describe_layers(&self, zooms: RangeInclusive<u8>) -> Json {
        let layer = |named: NamedTileLayer<'_>| {
            let fields: Map<String, Json> = named.fields().map(|(name, kind)| (name.to_owned(), kind.into())).collect();
            json!({
                "id": named.name, "description": named.title(), "minzoom": zooms.start(), "maxzoom": zooms.end(), "fields": fields,
            })
        };
        self.named_layers().into_iter().map(layer).collect()
    }

    /// The highest zoom that shows more detail than the one before.
    #[must_use]
    pub fn max_zoom(&self) -> u8 {
        if self.entries.iter().all(|e| matches!(e.source, TileLayerSource::Fixed(_))) { 8 } else { 16 }
    }
}

/// The names of the layers, each with the key of its mask unless it is unmasked.
fn join_names(entries: &[TileLayerEntry]) -> String {
    let name = |e: &TileLayerEntry| match &e.source {
        TileLayerSource::Live(_, mask_key) if !mask_key.key.is_empty() => {
            format!("{}={}:{}", e.name, mask_key.key.len(), mask_key.key)
        }
        _ => e.name.to_string(),
    };
    entries.iter().map(name).collect::<Vec<_>>().join(",")
}

impl TileLayerEntry {
    /// A collection behind a mask.
    pub(super) fn new(name: &str, content: LayerContent, state: Arc<CollectionState>, mask_key: MaskKey) -> Self {
        Self { name: name.into(), source: TileLayerSource::Live(state, mask_key), content }
    }
}

impl TileLayerSource {
    pub(super) fn snapshot(&self) -> Arc<Snapshot> {
        match self {
            Self::Live(state, mask_key) => state.masked_snapshot(mask_key),
            Self::Fixed(snapshot) => snapshot.clone(),
        }
    }
}
