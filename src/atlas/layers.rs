//! The layers that a tile is asked to have: names to collections, what is shown of each, and how they are described.

use super::seen::Eye;
use super::{Atlas, Leaf};
use crate::collection::{Collection, Kind};
use crate::error::{Error, Result};
use crate::feature::Bbox;
use crate::index::Snapshot;
use crate::query::Show;
use crate::tile::{self, Layer, Part, TileId};
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
pub struct Layers {
    /// In one spelling: the names in the order asked for, then what is shown of each.
    pub(super) key: Arc<str>,
    pub(super) entries: Arc<[Entry]>,
    /// One for each source.
    shows: Arc<[Show]>,
}

/// A layer as it is called in a tile.
pub struct Named<'a> {
    pub name: String,
    pub snapshot: Arc<Snapshot>,
    pub show: &'a Show,
    /// What the features of a split layer have in common.
    value: Option<String>,
}

impl Named<'_> {
    /// The properties that its features may have, with the words that TileJSON has for their values.
    fn fields(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let shown = self.snapshot.collection().fields.iter().enumerate().filter(|(at, _)| self.show.shows(*at));
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
fn simple_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Date | Kind::DateTime | Kind::Json => "String",
        Kind::Integer | Kind::Real | Kind::Decimal => "Number",
        Kind::Boolean => "Boolean",
    }
}

/// The most values that a split layer is described with; in tiles there may be more.
const MAX_VALUES: usize = 200;

/// The values of a field: those of its closed list, or those that there are.
fn values(snapshot: &Snapshot, field: usize) -> Vec<String> {
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
        None => snapshot.values(field).into_iter().take(MAX_VALUES).collect(),
    }
}

pub(super) struct Entry {
    name: Box<str>,
    pub(super) source: Source,
    part: Part,
}

#[derive(Clone)]
pub(super) enum Source {
    Leaf(Arc<Leaf>, Eye),
    Fixed(Arc<Snapshot>),
}

impl Layers {
    /// All of these, where `list` names them.
    fn all(list: &str, entries: Arc<[Entry]>) -> Self {
        let shows = vec![Show::ALL; entries.len()].into();
        let key = if list == WORLD { list.into() } else { names(&entries).into() };
        Self { key, entries, shows }
    }

    /// Layer names with the collections they show, in order.
    pub fn snapshots(&self) -> impl Iterator<Item = (&str, Arc<Snapshot>)> {
        self.entries.iter().map(|e| (&*e.name, e.source.snapshot()))
    }

    /// The collections in this order, and what is shown of each.
    pub fn shown(&self) -> impl Iterator<Item = (&str, Arc<Snapshot>, &Show)> {
        self.entries.iter().zip(&*self.shows).map(|(e, show)| (&*e.name, e.source.snapshot(), show))
    }

    /// The layers that may be in a tile, by the names they have there: of one that is split, those of all values that there are or may be.
    #[must_use]
    pub fn named(&self) -> Vec<Named<'_>> {
        let mut all = vec![];
        for (name, snapshot, show) in self.shown() {
            all.push(Named { name: name.to_owned(), snapshot: snapshot.clone(), show, value: None });
            for value in show.split.map_or_else(Default::default, |field| values(&snapshot, field)) {
                all.push(Named {
                    name: format!("{name}:{value}"),
                    snapshot: snapshot.clone(),
                    show,
                    value: Some(value),
                });
            }
        }
        all
    }

    /// The same layers, showing what `make` says: one [`Show`] for each collection, in order.
    ///
    /// # Errors
    /// What `make` refuses; [`Error::Invalid`] for the base map, of which there is nothing to choose.
    pub fn showing(&self, make: impl FnOnce(&[&Collection]) -> Result<Vec<Show>>) -> Result<Self> {
        if &*self.key == WORLD {
            return Err(Error::invalid(
                "filter",
                "The base map is shown as it is. Leave out filter, datetime, properties, split and cluster.",
            ));
        }
        let collections: Vec<Arc<Collection>> = self.snapshots().map(|(_, s)| s.collection().clone()).collect();
        let shows = make(&collections.iter().map(|c| &**c).collect::<Vec<_>>())?;
        Ok(self.with(shows))
    }

    fn with(&self, mut shows: Vec<Show>) -> Self {
        shows.resize(self.entries.len(), Show::ALL);
        let mut key = names(&self.entries);
        for show in &shows {
            key.push(';');
            show.write_key(&mut key);
        }
        Self { key: key.into(), entries: self.entries.clone(), shows: shows.into() }
    }

    /// As they are over these snapshots.
    pub(super) fn over<'a>(&'a self, snapshots: &'a [Arc<Snapshot>]) -> Vec<Layer<'a>> {
        let all = self.entries.iter().zip(&*self.shows).zip(snapshots);
        all.map(|((e, show), snapshot)| Layer { name: &e.name, snapshot, show, part: e.part }).collect()
    }

    /// The same layers as they are at this moment, whatever is edited from now on.
    #[must_use]
    pub fn frozen(&self) -> Self {
        let freeze =
            |e: &Entry| Entry { name: e.name.clone(), source: Source::Fixed(e.source.snapshot()), part: e.part };
        let entries: Arc<[Entry]> = self.entries.iter().map(freeze).collect();
        let revisions = entries.iter().map(|e| e.source.snapshot().revision());
        let key = revisions.fold(self.key.to_string(), |key, revision| format!("{key} @{revision}"));
        Self { key: key.into(), entries, shows: self.shows.clone() }
    }

    /// The tiles of these zooms in which there may be something, zoom by zoom. Every other tile is empty.
    #[must_use]
    pub fn reached(&self, zooms: RangeInclusive<u8>) -> Vec<TileId> {
        let snapshots: Vec<_> = self.entries.iter().map(|e| e.source.snapshot()).collect();
        let layers = self.over(&snapshots);
        let mut all = vec![];
        let mut level: Vec<TileId> = TileId::new(0, 0, 0).into_iter().filter(|t| tile::reaches(&layers, *t)).collect();
        for zoom in 0..=*zooms.end() {
            if zooms.contains(&zoom) {
                all.extend_from_slice(&level);
            }
            level = level.iter().flat_map(|t| t.children()).filter(|t| tile::reaches(&layers, *t)).collect();
        }
        all
    }

    /// The box around everything in them.
    #[must_use]
    pub fn extent(&self) -> Option<Bbox> {
        self.snapshots().filter_map(|(_, snapshot)| snapshot.extent()).reduce(Bbox::union)
    }

    /// `vector_layers` of TileJSON 3: every layer that a tile may have, with its fields.
    #[must_use]
    pub fn described(&self, zooms: RangeInclusive<u8>) -> Json {
        let layer = |named: Named<'_>| {
            let fields: Map<String, Json> = named.fields().map(|(name, kind)| (name.to_owned(), kind.into())).collect();
            json!({
                "id": named.name, "description": named.title(), "minzoom": zooms.start(), "maxzoom": zooms.end(), "fields": fields,
            })
        };
        self.named().into_iter().map(layer).collect()
    }

    /// The deepest zoom with more detail than the one before.
    #[must_use]
    pub fn max_zoom(&self) -> u8 {
        if self.entries.iter().all(|e| matches!(e.source, Source::Fixed(_))) { 8 } else { 16 }
    }
}

/// The names of layers, each with the key of the eye that sees it unless that sees everything.
fn names(entries: &[Entry]) -> String {
    let name = |e: &Entry| match &e.source {
        Source::Leaf(_, eye) if !eye.key.is_empty() => format!("{}={}:{}", e.name, eye.key.len(), eye.key),
        _ => e.name.to_string(),
    };
    entries.iter().map(name).collect::<Vec<_>>().join(",")
}

impl Source {
    pub(super) fn snapshot(&self) -> Arc<Snapshot> {
        match self {
            Self::Leaf(leaf, eye) => eye.look(leaf),
            Self::Fixed(snapshot) => snapshot.clone(),
        }
    }
}

impl Atlas {
    /// Resolves `areas,areas_label,interventions`, or `world`. The name of a collection with `_label` is the layer of its names.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown name, [`Error::Invalid`] for none, a repeated one or more than [`MAX_LAYERS`].
    pub fn layers(&self, list: &str) -> Result<Layers> {
        self.layers_for(list, |_| Eye::whole())
    }

    /// The same as somebody sees them. Tiles are kept by what is seen.
    pub(super) fn layers_for(&self, list: &str, eye: impl Fn(&Leaf) -> Eye) -> Result<Layers> {
        if list == WORLD {
            let fixed = |(name, snapshot): (&str, _)| Entry {
                name: name.into(),
                source: Source::Fixed(snapshot),
                part: Part::Shapes,
            };
            return Ok(Layers::all(list, self.world.layers().map(fixed).collect()));
        }
        let names: Vec<&str> = list.split(',').collect();
        if names.len() > MAX_LAYERS {
            return Err(Error::invalid("collections", format!("A tile has at most {MAX_LAYERS} layers.")));
        }
        if let Some(i) = (1..names.len()).find(|&i| names[..i].contains(&names[i])) {
            return Err(Error::invalid("collections", format!("'{}' is named twice.", names[i])));
        }
        let entry = |name: &&str| {
            let (part, leaf) = match (self.leaf(name), name.strip_suffix(LABEL).map(|of| self.leaf(of))) {
                (Err(_), Some(Ok(leaf))) => (Part::Labels, leaf),
                (found, _) => (Part::Shapes, found?),
            };
            let eye = eye(&leaf);
            Ok(Entry { name: (*name).into(), source: Source::Leaf(leaf, eye), part })
        };
        Ok(Layers::all(list, names.iter().map(entry).collect::<Result<_>>()?))
    }
}
