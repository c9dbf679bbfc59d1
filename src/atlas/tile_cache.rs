//! The cache of finished tiles: a tile stays in it until an edit falls on it.
//!
//! A cached tile remembers the revision of each of its layers. When a layer has a newer one, the regions that edits
//! fell on in between are compared with the tile: if none meets it, the tile is still exact; otherwise it is drawn
//! again. So tiles have no time to live, nobody purges them, and none is older than the last answered edit.

use super::content_coding::ContentCoding;
use super::tile_layers::{TileLayerSet, TileLayerSource};
use crate::tile::TileId;
use bytes::Bytes;
use moka::sync::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A finished tile.
#[derive(Debug, Clone)]
pub struct EncodedTile {
    /// In the requested coding; empty when nothing lies in the tile.
    pub body: Bytes,
    /// Strong and quoted: a hash of the content.
    pub etag: Arc<str>,
    /// Features that lie here and are too small to draw at this zoom.
    pub left_out: usize,
    /// Features that were left out because the tile would have been too large.
    pub dropped: usize,
}

/// Finished tiles, bounded in bytes.
pub(super) struct TileCache {
    pub(super) cache: Cache<TileKey, Arc<CachedTile>>,
    /// The most bytes of a tile before compression.
    pub(super) budget_bytes: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct TileKey {
    layers: Arc<str>,
    tile: TileId,
    coding: ContentCoding,
}

pub(super) struct CachedTile {
    pub(super) tile: EncodedTile,
    /// Per layer, the newest revision that this tile is known to show.
    revisions: Box<[AtomicU64]>,
}

impl TileCache {
    pub(super) fn new(cache_bytes: u64, budget_bytes: usize) -> Self {
        let weight = |key: &TileKey, cached: &Arc<CachedTile>| {
            (cached.tile.body.len() + key.layers.len() + 160).try_into().unwrap_or(u32::MAX)
        };
        Self { cache: Cache::builder().max_capacity(cache_bytes).weigher(weight).build(), budget_bytes }
    }

    /// Whether the cache holds nothing, ever.
    pub(super) fn is_off(&self) -> bool {
        self.cache.policy().max_capacity() == Some(0)
    }

    pub(super) fn clear(&self) {
        self.cache.invalidate_all();
    }
}

impl TileKey {
    pub(super) fn new(layers: &TileLayerSet, tile: TileId, coding: ContentCoding) -> Self {
        Self { layers: layers.key.clone(), tile, coding }
    }
}

impl CachedTile {
    /// A tile that shows these revisions of its layers.
    pub(super) fn new(tile: EncodedTile, revisions: impl Iterator<Item = u64>) -> Self {
        Self { tile, revisions: revisions.map(AtomicU64::new).collect() }
    }

    /// The same content in another coding.
    pub(super) fn with_body(&self, body: Bytes, etag: Arc<str>) -> Self {
        let revisions = self.revisions.iter().map(|revision| revision.load(Ordering::Acquire));
        Self::new(EncodedTile { body, etag, ..self.tile }, revisions)
    }

    /// Whether no edit has fallen on the tile since it was drawn.
    pub(super) fn is_current(&self, layers: &TileLayerSet, tile: TileId) -> bool {
        layers.entries.iter().zip(&self.revisions).all(|(entry, revision)| {
            let TileLayerSource::Live(state, _) = &entry.source else { return true };
            let current = state.index.snapshot().revision();
            let drawn = revision.load(Ordering::Acquire);
            if drawn == current {
                return true;
            }
            let clean = state.dirty_regions.is_clean(drawn, tile);
            if clean {
                revision.fetch_max(current, Ordering::AcqRel);
            }
            clean
        })
    }
}
