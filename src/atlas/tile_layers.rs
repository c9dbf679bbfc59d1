//! The layers that a tile is asked to have: names to collections, what is shown of each, and how they are described.

use super::viewer_plan::MaskKey;
use super::{Atlas, CollectionState};
use crate::collection::{Collection, FieldType};
use crate::error::{Error, Result};
use crate::feature::BoundingBox;
use crate::index::Snapshot;
use crate::query::LayerQuery;
use crate::tile::{self, LayerContent, TileId, TileLayer};
use serde_json::{Map, Value as Json, json};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The layers beneath the plan go by one name.
const WORLD: &str = "world";

/// The layer with the names of `areas` is `areas_label`.
const LABEL: &str = "_label";

/// The most layers one tile may have.
pub const MAX_LAYERS: usize = 20;

/// What a tile is asked to show, all of it: the layers, resolved, and what of each. One value that is parsed at the door, drives the
/// drawing, and is what finished tiles are kept by.
#[derive(Clone)]
pub struct TileLayerSet {
    /// In one spelling: the names in the order asked for, then what is shown of each.
    pub(super) key: Arc<str>,
    pub(super) entries: Arc<[TileLayerEntry]>,
    /// One for each source.
    shows: Arc<[LayerQuery]>,
}

/// A layer as it is called in a tile.
pub struct NamedTileLayer<'a> {
    pub name: String,
    pub snapshot: Arc<Snapshot>,
    pub show: &'a LayerQuery,
    /// What the features of a split layer have in common.
    value: Option<String>,
}

impl NamedTileLayer<'_> {
    /// The properties that its features may have, with the words that TileJSON has for their values.
    fn fields(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let shown =
            self.snapshot.collection().fields.iter().enumerate().filter(|(at, _)| self.show.includes_field(*at));
        std::iter::once(("id", "String")).chain(shown.map(|(_, field)| (field.name.as_str(), simple_type(field.kind))))
    }

    /// For people.
    #[must_use]
    pub fn title(&self) -> String {
        let title = &self.snapshot.collection().title;
        self.value.as_ref().map_or_else(|| title.clone(), |value| format!("{title}: {value}"))
    }
}

/// The word that TileJSON has for a field's values.
fn simple_type(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Text | FieldType::Date | FieldType::DateTime | FieldType::Json => "String",
        FieldType::Integer | FieldType::Real | FieldType::Decimal => "Number",
        FieldType::Boolean => "Boolean",
    }
}

/// The most values that a split layer is described with; in tiles there may be more.
const MAX_SPLIT_VALUES: usize = 200;

/// The values of a field: those of its closed list, or those that there are.
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
    part: LayerContent,
}

#[derive(Clone)]
pub(super) enum TileLayerSource {
    Live(Arc<CollectionState>, MaskKey),
    Fixed(Arc<Snapshot>),
}

impl TileLayerSet {
    /// All of these, where `list` names them.
    fn from_entries(list: &str, entries: Arc<[TileLayerEntry]>) -> Self {
        let shows = vec![LayerQuery::ALL; entries.len()].into();
        let key = if list == WORLD { list.into() } else { join_names(&entries).into() };
        Self { key, entries, shows }
    }

    /// Layer names with the collections they show, in order.
    pub fn snapshots(&self) -> impl Iterator<Item = (&str, Arc<Snapshot>)> {
        self.entries.iter().map(|e| (&*e.name, e.source.snapshot()))
    }

    /// The collections in this order, and what is shown of each.
    pub fn layers_shown(&self) -> impl Iterator<Item = (&str, Arc<Snapshot>, &LayerQuery)> {
        self.entries.iter().zip(&*self.shows).map(|(e, show)| (&*e.name, e.source.snapshot(), show))
    }

    /// The layers that may be in a tile, by the names they have there: of one that is split, those of all values that there are or may be.
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

    /// The same layers, showing what `make` says: one [`LayerQuery`] for each collection, in order.
    ///
    /// # Errors
    /// What `make` refuses; [`Error::InvalidInput`] for the base map, of which there is nothing to choose.
    pub fn with_chosen_shows(&self, make: impl FnOnce(&[&Collection]) -> Result<Vec<LayerQuery>>) -> Result<Self> {
        if &*self.key == WORLD {
            return Err(Error::invalid(
                "filter",
                "The base map is shown as it is. Leave out filter, datetime, properties, split and cluster.",
            ));
        }
        let collections: Vec<Arc<Collection>> = self.snapshots().map(|(_, s)| s.collection().clone()).collect();
        let shows = make(&collections.iter().map(|c| &**c).collect::<Vec<_>>())?;
        Ok(self.with_shows(shows))
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

    /// As they are over these snapshots.
    pub(super) fn over_snapshots<'a>(&'a self, snapshots: &'a [Arc<Snapshot>]) -> Vec<TileLayer<'a>> {
        let all = self.entries.iter().zip(&*self.shows).zip(snapshots);
        all.map(|((e, show), snapshot)| TileLayer { name: &e.name, snapshot, show, content: e.part }).collect()
    }

    /// The same layers as they are at this moment, whatever is edited from now on.
    #[must_use]
    pub fn freeze(&self) -> Self {
        let freeze = |e: &TileLayerEntry| TileLayerEntry {
            name: e.name.clone(),
            source: TileLayerSource::Fixed(e.source.snapshot()),
            part: e.part,
        };
        let entries: Arc<[TileLayerEntry]> = self.entries.iter().map(freeze).collect();
        let revisions = entries.iter().map(|e| e.source.snapshot().revision());
        let key = revisions.fold(self.key.to_string(), |key, revision| format!("{key} @{revision}"));
        Self { key: key.into(), entries, shows: self.shows.clone() }
    }

    /// The tiles of these zooms in which there may be something, zoom by zoom. Every other tile is empty.
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

    /// The box around everything in them.
    #[must_use]
    pub fn extent(&self) -> Option<BoundingBox> {
        self.snapshots().filter_map(|(_, snapshot)| snapshot.extent()).reduce(BoundingBox::union)
    }

    /// `vector_layers` of TileJSON 3: every layer that a tile may have, with its fields.
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

    /// The deepest zoom with more detail than the one before.
    #[must_use]
    pub fn max_zoom(&self) -> u8 {
        if self.entries.iter().all(|e| matches!(e.source, TileLayerSource::Fixed(_))) { 8 } else { 16 }
    }
}

/// The names of layers, each with the key of the eye that sees it unless that sees everything.
fn join_names(entries: &[TileLayerEntry]) -> String {
    let name = |e: &TileLayerEntry| match &e.source {
        TileLayerSource::Live(_, mask_key) if !mask_key.key.is_empty() => {
            format!("{}={}:{}", e.name, mask_key.key.len(), mask_key.key)
        }
        _ => e.name.to_string(),
    };
    entries.iter().map(name).collect::<Vec<_>>().join(",")
}

impl TileLayerSource {
    pub(super) fn snapshot(&self) -> Arc<Snapshot> {
        match self {
            Self::Live(state, mask_key) => mask_key.masked_snapshot(state),
            Self::Fixed(snapshot) => snapshot.clone(),
        }
    }
}

impl Atlas {
    /// Resolves `areas,areas_label,interventions`, or `world`. The name of a collection with `_label` is the layer of its names.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown name, [`Error::InvalidInput`] for none, a repeated one or more than [`MAX_LAYERS`].
    pub fn resolve_layers(&self, list: &str) -> Result<TileLayerSet> {
        self.resolve_layers_for(list, |_| MaskKey::unmasked())
    }

    /// The same as somebody sees them. Tiles are kept by what is seen.
    pub(super) fn resolve_layers_for(
        &self,
        list: &str,
        mask_key: impl Fn(&CollectionState) -> MaskKey,
    ) -> Result<TileLayerSet> {
        if list == WORLD {
            let fixed = |(name, snapshot): (&str, _)| TileLayerEntry {
                name: name.into(),
                source: TileLayerSource::Fixed(snapshot),
                part: LayerContent::Geometries,
            };
            return Ok(TileLayerSet::from_entries(list, self.base_map.layers().map(fixed).collect()));
        }
        let names: Vec<&str> = list.split(',').collect();
        if names.len() > MAX_LAYERS {
            return Err(Error::invalid("collections", format!("A tile has at most {MAX_LAYERS} layers.")));
        }
        if let Some(i) = (1..names.len()).find(|&i| names[..i].contains(&names[i])) {
            return Err(Error::invalid("collections", format!("'{}' is named twice.", names[i])));
        }
        let entry = |name: &&str| {
            let (part, state) =
                match (self.collection_state(name), name.strip_suffix(LABEL).map(|of| self.collection_state(of))) {
                    (Err(_), Some(Ok(state))) => (LayerContent::Labels, state),
                    (found, _) => (LayerContent::Geometries, found?),
                };
            let mask_key = mask_key(&state);
            Ok(TileLayerEntry { name: (*name).into(), source: TileLayerSource::Live(state, mask_key), part })
        };
        Ok(TileLayerSet::from_entries(list, names.iter().map(entry).collect::<Result<_>>()?))
    }
}
