//! Tiles, drawn once and kept as long as they are true.
//!
//! A kept tile remembers the revision of each layer it was drawn from. When a layer has moved on since, the edits in between
//! are looked through: if none fell on the tile it is still exact, otherwise it is drawn again. So there is no time to live, no
//! purge, and no tile older than the last answered edit.

use super::layers::{Layers, Source};
use super::{Atlas, Settings};
use crate::tile::{self, TileId};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use moka::sync::Cache;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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

impl Atlas {
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
        let drawn = tile::draw(&layers.over(&snapshots), tile, self.tiles.budget_bytes);
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
            let Source::Leaf(leaf, _) = &entry.source else { return true };
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
    let (body, suffix) = match (pack(&plain.tile.body, coding), coding) {
        (Some(body), Coding::Brotli) => (body, "-br\""),
        (Some(body), _) => (body, "-gz\""),
        (None, _) => (plain.tile.body.clone(), "\""),
    };
    let etag = format!("{}{suffix}", plain.tile.etag.trim_end_matches('"')).into();
    Kept { tile: Tile { body, etag, ..plain.tile }, seen }
}

/// The bytes in this coding; `None` when that is the way they are.
#[must_use]
pub fn pack(bytes: &Bytes, coding: Coding) -> Option<Bytes> {
    if bytes.is_empty() {
        return None;
    }
    let room = Vec::with_capacity(bytes.len() / 2);
    // Writing to memory does not fail; if it did, the bytes would go out as they are.
    let packed = match coding {
        Coding::Identity => None,
        Coding::Gzip => {
            let mut encoder = GzEncoder::new(room, Compression::new(GZIP_LEVEL));
            encoder.write_all(bytes).and_then(|()| encoder.finish()).ok()
        }
        Coding::Brotli => {
            let mut encoder = brotli::CompressorWriter::new(room, 4096, BROTLI_LEVEL, BROTLI_WINDOW);
            encoder.write_all(bytes).ok().map(|()| encoder.into_inner())
        }
    };
    packed.map(Bytes::from)
}

/// FNV-1a over eight bytes at a time: a content hash for ETags, not for secrets.
fn fnv(bytes: &[u8]) -> u64 {
    let step = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(29);
    let chunks = bytes.chunks_exact(8);
    let rest = chunks.remainder().iter().fold(bytes.len() as u64, |w, b| w << 8 | u64::from(*b));
    let hash = chunks.fold(0xcbf2_9ce4_8422_2325, |h, c| c.try_into().map_or(h, |c| step(h, u64::from_le_bytes(c))));
    step(step(hash, rest), 0)
}
