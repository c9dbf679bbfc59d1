//! Tiles, drawn once and kept as long as they are true.
//!
//! A kept tile remembers the revision of each layer it was drawn from. When a layer has moved on since, the edits in between
//! are looked through: if none fell on the tile it is still exact, otherwise it is drawn again. So there is no time to live, no
//! purge, and no tile older than the last answered edit.

use super::tile_layers::{TileLayerSet, TileLayerSource};
use super::{Atlas, AtlasSettings};
use crate::digest::hash_content;
use crate::tile::{self, TileId};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use moka::sync::Cache;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How a tile is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContentCoding {
    Identity,
    Gzip,
    Brotli,
}

/// A finished tile.
#[derive(Debug, Clone)]
pub struct EncodedTile {
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
    pub fn find_cached_tile(&self, layers: &TileLayerSet, tile: TileId, coding: ContentCoding) -> Option<EncodedTile> {
        let cached = self.tiles.cache.get(&TileKey { layers: layers.key.clone(), tile, coding })?;
        if !cached.is_current(layers, tile) {
            return None;
        }
        self.metrics.count_cached();
        Some(cached.tile.clone())
    }

    /// The tile, drawn now unless it is kept. Equal requests at the same time draw once.
    #[must_use]
    pub fn find_or_draw_tile(&self, layers: &TileLayerSet, tile: TileId, coding: ContentCoding) -> EncodedTile {
        self.find_or_draw_cached(layers, tile, coding).tile.clone()
    }

    fn find_or_draw_cached(&self, layers: &TileLayerSet, tile: TileId, coding: ContentCoding) -> Arc<CachedTile> {
        let key = TileKey { layers: layers.key.clone(), tile, coding };
        if self.tiles.is_off() {
            let plain = self.draw_tile(layers, tile);
            return Arc::new(if coding == ContentCoding::Identity { plain } else { compress_tile(&plain, coding) });
        }
        let make = || {
            Arc::new(match coding {
                ContentCoding::Identity => self.draw_tile(layers, tile),
                ContentCoding::Gzip | ContentCoding::Brotli => {
                    compress_tile(&self.find_or_draw_cached(layers, tile, ContentCoding::Identity), coding)
                }
            })
        };
        for _ in 0..3 {
            let cached = self.tiles.cache.get_with_by_ref(&key, make);
            if cached.is_current(layers, tile) {
                return cached;
            }
            self.tiles.cache.invalidate(&key);
        }
        // Somebody edits here faster than tiles are drawn: this one is drawn now, so it is true to the moment of the request.
        let plain = self.draw_tile(layers, tile);
        Arc::new(if coding == ContentCoding::Identity { plain } else { compress_tile(&plain, coding) })
    }

    fn draw_tile(&self, layers: &TileLayerSet, tile: TileId) -> CachedTile {
        let snapshots: Vec<_> = layers.entries.iter().map(|e| e.source.snapshot()).collect();
        let revisions = snapshots.iter().map(|s| AtomicU64::new(s.revision())).collect();
        let drawn = tile::draw_tile(&layers.over_snapshots(&snapshots), tile, self.tiles.budget_bytes);
        self.metrics.count_drawn(&drawn);
        let etag = format!("\"{:032x}\"", hash_content(&drawn.bytes)).into();
        let tile = EncodedTile { body: drawn.bytes.into(), etag, left_out: drawn.left_out, dropped: drawn.dropped };
        CachedTile { tile, revisions }
    }
}

/// Finished tiles, bounded in bytes.
pub(super) struct TileCache {
    cache: Cache<TileKey, Arc<CachedTile>>,
    /// The most bytes of a tile before it is packed.
    budget_bytes: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct TileKey {
    layers: Arc<str>,
    tile: TileId,
    coding: ContentCoding,
}

struct CachedTile {
    tile: EncodedTile,
    /// Per layer, the newest revision that this tile is known to show.
    revisions: Box<[AtomicU64]>,
}

impl TileCache {
    pub(super) fn new(settings: &AtlasSettings) -> Self {
        let weight = |key: &TileKey, cached: &Arc<CachedTile>| {
            (cached.tile.body.len() + key.layers.len() + 160).try_into().unwrap_or(u32::MAX)
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

impl CachedTile {
    /// Whether no edit since has fallen on it.
    fn is_current(&self, layers: &TileLayerSet, tile: TileId) -> bool {
        layers.entries.iter().zip(&self.revisions).all(|(entry, revision)| {
            let TileLayerSource::Live(state, _) = &entry.source else { return true };
            let now = state.index.snapshot().revision();
            let then = revision.load(Ordering::Acquire);
            if then == now {
                return true;
            }
            let clean = state.dirty_regions.is_clean(then, tile);
            if clean {
                revision.fetch_max(now, Ordering::AcqRel);
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

fn compress_tile(plain: &CachedTile, coding: ContentCoding) -> CachedTile {
    let revisions = plain.revisions.iter().map(|s| AtomicU64::new(s.load(Ordering::Acquire))).collect();
    let (body, suffix) = match (compress_bytes(&plain.tile.body, coding), coding) {
        (Some(body), ContentCoding::Brotli) => (body, "-br\""),
        (Some(body), _) => (body, "-gz\""),
        (None, _) => (plain.tile.body.clone(), "\""),
    };
    let etag = format!("{}{suffix}", plain.tile.etag.trim_end_matches('"')).into();
    CachedTile { tile: EncodedTile { body, etag, ..plain.tile }, revisions }
}

/// The bytes in this coding; `None` when that is the way they are.
#[must_use]
pub fn compress_bytes(bytes: &Bytes, coding: ContentCoding) -> Option<Bytes> {
    if bytes.is_empty() {
        return None;
    }
    let buffer = Vec::with_capacity(bytes.len() / 2);
    // Writing to memory does not fail; if it did, the bytes would go out as they are.
    let packed = match coding {
        ContentCoding::Identity => None,
        ContentCoding::Gzip => {
            let mut encoder = GzEncoder::new(buffer, Compression::new(GZIP_LEVEL));
            encoder.write_all(bytes).and_then(|()| encoder.finish()).ok()
        }
        ContentCoding::Brotli => {
            let mut encoder = brotli::CompressorWriter::new(buffer, 4096, BROTLI_LEVEL, BROTLI_WINDOW);
            encoder.write_all(bytes).ok().map(|()| encoder.into_inner())
        }
    };
    packed.map(Bytes::from)
}
