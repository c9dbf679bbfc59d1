//! Tiles of an open plan: layer names to collections, from the cache or drawn now.

use super::Atlas;
use super::collection_state::CollectionState;
use super::content_coding::{ContentCoding, compress_bytes};
use super::mask_cache::MaskKey;
use super::tile_cache::{CachedTile, EncodedTile, TileKey};
use super::tile_layers::{MAX_LAYERS, TileLayerEntry, TileLayerSet, WORLD};
use crate::digest::hash_content;
use crate::error::{Error, Result};
use crate::tile::{self, LayerContent, TileId};
use crate::work_budget::WorkBudget;
use std::sync::Arc;

/// The layer with the names of `areas` is `areas_label`.
const LABEL_SUFFIX: &str = "_label";

impl Atlas {
    /// Resolves `areas,areas_label,interventions`, or `world`. The id of a collection with `_label` is the layer of its
    /// names.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown name; [`Error::Invalid`] for none, a repeated one, or more than
    /// [`MAX_LAYERS`].
    pub fn resolve_layers(&self, list: &str) -> Result<TileLayerSet> {
        self.resolve_layers_for(list, |_| MaskKey::unmasked())
    }

    /// The same with a mask on each collection. The key of a cached tile contains the masks.
    pub(super) fn resolve_layers_for(
        &self,
        list: &str,
        mask_key: impl Fn(&CollectionState) -> MaskKey,
    ) -> Result<TileLayerSet> {
        if list == WORLD {
            return Ok(TileLayerSet::from_base_map(self.base_map.layers()));
        }
        let names: Vec<&str> = list.split(',').collect();
        if names.len() > MAX_LAYERS {
            return Err(Error::invalid("collections", format!("A tile has at most {MAX_LAYERS} layers.")));
        }
        if let Some(i) = (1..names.len()).find(|&i| names[..i].contains(&names[i])) {
            return Err(Error::invalid("collections", format!("'{}' is named twice.", names[i])));
        }
        let resolve = |name: &&str| {
            let labels = name.strip_suffix(LABEL_SUFFIX).map(|id| self.collection_state(id));
            let (content, state) = match (self.collection_state(name), labels) {
                (Err(_), Some(Ok(state))) => (LayerContent::Labels, state),
                (found, _) => (LayerContent::Geometries, found?),
            };
            let mask_key = mask_key(&state);
            Ok(TileLayerEntry::new(name, content, state, mask_key))
        };
        Ok(TileLayerSet::from_collections(names.iter().map(resolve).collect::<Result<_>>()?))
    }

    /// The tile if it is cached and still exact; never blocks.
    #[must_use]
    pub fn find_cached_tile(&self, layers: &TileLayerSet, tile: TileId, coding: ContentCoding) -> Option<EncodedTile> {
        let cached = self.tiles.cache.get(&TileKey::new(layers, tile, coding))?;
        if !cached.is_current(layers, tile) {
            return None;
        }
        self.metrics.count_cached();
        Some(cached.tile.clone())
    }

    /// The tile, drawn now unless it is cached. Equal requests at the same time draw it once.
    #[must_use]
    pub fn find_or_draw_tile(&self, layers: &TileLayerSet, tile: TileId, coding: ContentCoding) -> EncodedTile {
        self.find_or_draw_within(layers, tile, coding, &WorkBudget::unlimited())
            .expect("a budget without limits never stops")
    }

    /// The same within a budget.
    ///
    /// # Errors
    /// Why the work had to stop.
    pub fn find_or_draw_within(
        &self,
        layers: &TileLayerSet,
        tile: TileId,
        coding: ContentCoding,
        work: &WorkBudget,
    ) -> Result<EncodedTile> {
        Ok(self.find_or_draw_cached(layers, tile, coding, work)?.tile.clone())
    }

    fn find_or_draw_cached(
        &self,
        layers: &TileLayerSet,
        tile: TileId,
        coding: ContentCoding,
        work: &WorkBudget,
    ) -> Result<Arc<CachedTile>> {
        if self.tiles.is_off() {
            return Ok(Arc::new(self.draw_encoded(layers, tile, coding, work)?));
        }
        let key = TileKey::new(layers, tile, coding);
        let make = || match coding {
            ContentCoding::Identity => self.draw_tile(layers, tile, work).map(Arc::new),
            ContentCoding::Gzip | ContentCoding::Brotli => {
                let plain = self.find_or_draw_cached(layers, tile, ContentCoding::Identity, work)?;
                Ok(Arc::new(compress_tile(&plain, coding)))
            }
        };
        for _ in 0..3 {
            match self.tiles.cache.try_get_with_by_ref(&key, make) {
                Ok(cached) if cached.is_current(layers, tile) => return Ok(cached),
                Ok(_) => self.tiles.cache.invalidate(&key),
                // The budget that has stopped may be that of an equal request.
                Err(_) => work.check()?,
            }
        }
        // Edits fall on this tile faster than it can be drawn. It is drawn once more, and is exact at the moment of the
        // request.
        Ok(Arc::new(self.draw_encoded(layers, tile, coding, work)?))
    }

    fn draw_encoded(
        &self,
        layers: &TileLayerSet,
        tile: TileId,
        coding: ContentCoding,
        work: &WorkBudget,
    ) -> Result<CachedTile> {
        let plain = self.draw_tile(layers, tile, work)?;
        Ok(if coding == ContentCoding::Identity { plain } else { compress_tile(&plain, coding) })
    }

    fn draw_tile(&self, layers: &TileLayerSet, tile: TileId, work: &WorkBudget) -> Result<CachedTile> {
        let snapshots: Vec<_> = layers.entries.iter().map(|e| e.source.snapshot()).collect();
        let drawn = tile::draw_tile(&layers.over_snapshots(&snapshots), tile, self.tiles.budget_bytes, work);
        work.check()?;
        self.metrics.count_drawn(&drawn);
        let etag = format!("\"{:032x}\"", hash_content(&drawn.bytes)).into();
        let encoded = EncodedTile { body: drawn.bytes.into(), etag, left_out: drawn.left_out, dropped: drawn.dropped };
        Ok(CachedTile::new(encoded, snapshots.iter().map(|s| s.revision())))
    }
}

fn compress_tile(plain: &CachedTile, coding: ContentCoding) -> CachedTile {
    let (body, suffix) = match (compress_bytes(&plain.tile.body, coding), coding) {
        (Some(body), ContentCoding::Brotli) => (body, "-br\""),
        (Some(body), _) => (body, "-gz\""),
        (None, _) => (plain.tile.body.clone(), "\""),
    };
    plain.with_body(body, format!("{}{suffix}", plain.tile.etag.trim_end_matches('"')).into())
}
