//! Tiles, drawn once and kept as long as they are true.
//!
//! A kept tile remembers the revision of each layer it was drawn from. When a layer has moved on since, the edits in between
//! are looked through: if none fell on the tile it is still exact, otherwise it is drawn again. So there is no time to live, no
//! purge, and no tile older than the last answered edit.

use super::{Atlas, Leaf, Settings};
use crate::change::{Change, Revision};
use crate::collection::Collection;
use crate::crs;
use crate::error::{Error, Result};
use crate::feature::{Bbox, bbox_of};
use crate::index::Snapshot;
use crate::query::Show;
use crate::tile::{self, Layer, Part, TileId};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use moka::sync::Cache;
use std::collections::VecDeque;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// The layers beneath the plan go by one name.
const WORLD: &str = "world";

/// The layer with the names of `areas` is `areas_label`.
const LABEL: &str = "_label";

/// The most layers one tile may have.
pub const MAX_LAYERS: usize = 20;

/// Edits remembered per collection; a tile older than all of them is drawn again.
const REMEMBERED: usize = 1 << 16;

/// How far beyond its tile (as a part of its side) an edit can change it: the buffer, and a cell of the grid that thins points.
const REACH: f64 = 0.25;

/// How a tile is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Coding {
    Identity,
    Gzip,
    Brotli,
}

/// A finished tile.
#[derive(Debug, Clone)]
pub struct Tile {
    /// In the coding asked for; empty means that there is nothing here.
    pub body: Bytes,
    /// Strong and quoted: a hash of the content.
    pub etag: Arc<str>,
    /// Features that lie here but are too small to be drawn at this zoom.
    pub left_out: usize,
    /// Features that were left out because the tile would have been too large.
    pub dropped: usize,
}

/// What a tile is asked to show, all of it: the layers, resolved, and what of each. One value that is parsed at the door, drives the
/// drawing, and is what finished tiles are kept by.
#[derive(Clone)]
pub struct Layers {
    /// In one spelling: the names in the order asked for, then what is shown of each.
    key: Arc<str>,
    entries: Arc<[Entry]>,
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
    /// For people.
    #[must_use]
    pub fn title(&self) -> String {
        let title = &self.snapshot.collection().title;
        self.value.as_ref().map_or_else(|| title.clone(), |value| format!("{title}: {value}"))
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

struct Entry {
    name: Box<str>,
    source: Source,
    part: Part,
}

#[derive(Clone)]
enum Source {
    Leaf(Arc<Leaf>),
    Fixed(Arc<Snapshot>),
}

impl Layers {
    /// All of these, where `list` names them.
    fn all(list: &str, entries: Arc<[Entry]>) -> Self {
        let shows = vec![Show::ALL; entries.len()].into();
        Self { key: list.into(), entries, shows }
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
        let names: Vec<&str> = self.entries.iter().map(|e| &*e.name).collect();
        let mut key = names.join(",");
        for show in &shows {
            key.push(';');
            show.write_key(&mut key);
        }
        Self { key: key.into(), entries: self.entries.clone(), shows: shows.into() }
    }

    /// The deepest zoom with more detail than the one before.
    #[must_use]
    pub fn max_zoom(&self) -> u8 {
        if self.entries.iter().all(|e| matches!(e.source, Source::Fixed(_))) { 8 } else { 16 }
    }
}

impl Source {
    fn snapshot(&self) -> Arc<Snapshot> {
        match self {
            Self::Leaf(leaf) => leaf.index.snapshot(),
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
            Ok(Entry { name: (*name).into(), source: Source::Leaf(leaf), part })
        };
        Ok(Layers::all(list, names.iter().map(entry).collect::<Result<_>>()?))
    }

    /// The tile when it is kept and still true; never waits.
    #[must_use]
    pub fn cached(&self, layers: &Layers, tile: TileId, coding: Coding) -> Option<Tile> {
        let kept = self.tiles.cache.get(&Key { layers: layers.key.clone(), tile, coding })?;
        if !kept.is_true(layers, tile) {
            return None;
        }
        self.metrics.hit();
        Some(kept.tile.clone())
    }

    /// The tile, drawn now unless it is kept. Equal requests at the same time draw once.
    #[must_use]
    pub fn tile(&self, layers: &Layers, tile: TileId, coding: Coding) -> Tile {
        self.kept(layers, tile, coding).tile.clone()
    }

    fn kept(&self, layers: &Layers, tile: TileId, coding: Coding) -> Arc<Kept> {
        let key = Key { layers: layers.key.clone(), tile, coding };
        if self.tiles.is_off() {
            let plain = self.draw(layers, tile);
            return Arc::new(if coding == Coding::Identity { plain } else { packed(&plain, coding) });
        }
        let make = || {
            Arc::new(match coding {
                Coding::Identity => self.draw(layers, tile),
                Coding::Gzip | Coding::Brotli => packed(&self.kept(layers, tile, Coding::Identity), coding),
            })
        };
        for _ in 0..3 {
            let kept = self.tiles.cache.get_with_by_ref(&key, make);
            if kept.is_true(layers, tile) {
                return kept;
            }
            self.tiles.cache.invalidate(&key);
        }
        // Somebody edits here faster than tiles are drawn: this one is drawn now, so it is true to the moment of the request.
        let plain = self.draw(layers, tile);
        Arc::new(if coding == Coding::Identity { plain } else { packed(&plain, coding) })
    }

    fn draw(&self, layers: &Layers, tile: TileId) -> Kept {
        let snapshots: Vec<_> = layers.entries.iter().map(|e| e.source.snapshot()).collect();
        let seen = snapshots.iter().map(|s| AtomicU64::new(s.revision())).collect();
        let shown = layers.entries.iter().zip(&*layers.shows).zip(&snapshots);
        let shown: Vec<_> =
            shown.map(|((e, show), snapshot)| Layer { name: &e.name, snapshot, show, part: e.part }).collect();
        let drawn = tile::draw(&shown, tile, self.tiles.budget_bytes);
        self.metrics.drew(&drawn);
        let etag = format!("\"{:016x}\"", fnv(&drawn.bytes)).into();
        let tile = Tile { body: drawn.bytes.into(), etag, left_out: drawn.left_out, dropped: drawn.dropped };
        Kept { tile, seen }
    }
}

/// Finished tiles, bounded in bytes.
pub(super) struct TileCache {
    cache: Cache<Key, Arc<Kept>>,
    /// The most bytes of a tile before it is packed.
    budget_bytes: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    layers: Arc<str>,
    tile: TileId,
    coding: Coding,
}

struct Kept {
    tile: Tile,
    /// Per layer, the newest revision that this tile is known to show.
    seen: Box<[AtomicU64]>,
}

impl TileCache {
    pub(super) fn new(settings: &Settings) -> Self {
        let weight = |key: &Key, kept: &Arc<Kept>| {
            (kept.tile.body.len() + key.layers.len() + 160).try_into().unwrap_or(u32::MAX)
        };
        let cache = Cache::builder().max_capacity(settings.tile_cache_bytes).weigher(weight).build();
        Self { cache, budget_bytes: settings.tile_budget_bytes }
    }

    /// Whether nothing is ever kept.
    fn is_off(&self) -> bool {
        self.cache.policy().max_capacity() == Some(0)
    }

    pub(super) fn clear(&self) {
        self.cache.invalidate_all();
    }
}

impl Kept {
    /// Whether no edit since has fallen on it.
    fn is_true(&self, layers: &Layers, tile: TileId) -> bool {
        layers.entries.iter().zip(&self.seen).all(|(entry, seen)| {
            let Source::Leaf(leaf) = &entry.source else { return true };
            let now = leaf.index.snapshot().revision();
            let then = seen.load(Ordering::Acquire);
            if then == now {
                return true;
            }
            let clean = leaf.dirt.spared(then, tile);
            if clean {
                seen.fetch_max(now, Ordering::AcqRel);
            }
            clean
        })
    }
}

/// How hard a tile is packed: about what a tile takes to be drawn, as it is done once.
const GZIP_LEVEL: u32 = 6;
const BROTLI_LEVEL: u32 = 5;
/// The window of brotli, as a power of two: half a megabyte, which is a tile.
const BROTLI_WINDOW: u32 = 19;

fn packed(plain: &Kept, coding: Coding) -> Kept {
    let seen = plain.seen.iter().map(|s| AtomicU64::new(s.load(Ordering::Acquire))).collect();
    let body = &plain.tile.body;
    let room = Vec::with_capacity(body.len() / 2);
    let packed = match coding {
        Coding::Identity => None,
        Coding::Gzip => {
            let mut encoder = GzEncoder::new(room, Compression::new(GZIP_LEVEL));
            encoder.write_all(body).and_then(|()| encoder.finish()).ok().map(|packed| (packed, "-gz\""))
        }
        Coding::Brotli => {
            let mut encoder = brotli::CompressorWriter::new(room, 4096, BROTLI_LEVEL, BROTLI_WINDOW);
            encoder.write_all(body).ok().map(|()| (encoder.into_inner(), "-br\""))
        }
    };
    // Writing to memory does not fail; if it did, an empty body would be a lie, so the plain one stands in.
    let (body, suffix) = match packed {
        Some((packed, suffix)) if !body.is_empty() => (Bytes::from(packed), suffix),
        _ => (body.clone(), "\""),
    };
    let etag = format!("{}{suffix}", plain.tile.etag.trim_end_matches('"')).into();
    Kept { tile: Tile { body, etag, ..plain.tile }, seen }
}

/// Where edits have fallen, newest last.
pub(super) struct Dirt {
    log: RwLock<Log>,
}

struct Log {
    /// Edits up to this revision are forgotten.
    floor: Revision,
    edits: VecDeque<(Revision, Box2)>,
}

/// A box in world coordinates, both ends included.
#[derive(Debug, Clone, Copy)]
struct Box2 {
    x: [u32; 2],
    y: [u32; 2],
}

impl Box2 {
    fn around(Bbox { west, south, east, north }: Bbox) -> Self {
        let (a, b) = (crs::world(west, north), crs::world(east, south));
        Self { x: [a.x, b.x], y: [a.y, b.y] }
    }
}

impl Dirt {
    pub(super) fn new(revision: Revision) -> Self {
        Self { log: RwLock::new(Log { floor: revision, edits: VecDeque::new() }) }
    }

    /// Writes down the old and the new place of every changed feature, and of those that are now drawn from another zoom on.
    pub(super) fn mark(&self, revision: Revision, changes: &[Change], redrawn: &[Bbox], before: &Snapshot) {
        let mut log = self.log.write().unwrap_or_else(PoisonError::into_inner);
        log.edits.extend(redrawn.iter().map(|b| (revision, Box2::around(*b))));
        for change in changes {
            let (id, new) = match change {
                Change::Put(f) => (&f.id, f.geometry.as_ref().and_then(bbox_of)),
                Change::Removed { id, .. } => (id, None),
            };
            let old = before.get(id).and_then(|slot| before.box_of(slot));
            log.edits.extend([old, new].into_iter().flatten().map(|b| (revision, Box2::around(b))));
        }
        while log.edits.len() > REMEMBERED {
            if let Some((revision, _)) = log.edits.pop_front() {
                log.floor = revision;
            }
        }
    }

    /// Whether no edit after this revision fell on or near the tile.
    fn spared(&self, since: Revision, tile: TileId) -> bool {
        let log = self.log.read().unwrap_or_else(PoisonError::into_inner);
        if since < log.floor {
            return false;
        }
        let start = log.edits.partition_point(|(revision, _)| *revision <= since);
        let side = 4_294_967_296.0 / f64::from(1u32 << tile.z());
        let reach = |at: u32| ((f64::from(at) - REACH) * side, (f64::from(at) + 1.0 + REACH) * side);
        let (x, y) = (reach(tile.x()), reach(tile.y()));
        let meets =
            |range: [u32; 2], (low, high): (f64, f64)| f64::from(range[0]) <= high && f64::from(range[1]) >= low;
        !log.edits.range(start..).any(|(_, b)| meets(b.x, x) && meets(b.y, y))
    }
}

/// FNV-1a over eight bytes at a time: a content hash for ETags, not for secrets.
fn fnv(bytes: &[u8]) -> u64 {
    let step = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(29);
    let chunks = bytes.chunks_exact(8);
    let rest = chunks.remainder().iter().fold(bytes.len() as u64, |w, b| w << 8 | u64::from(*b));
    let hash = chunks.fold(0xcbf2_9ce4_8422_2325, |h, c| c.try_into().map_or(h, |c| step(h, u64::from_le_bytes(c))));
    step(step(hash, rest), 0)
}
