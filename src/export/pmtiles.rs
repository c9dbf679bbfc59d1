//! Vector tiles as one PMTiles archive (version 3) for static hosts. It holds the tiles that the server sends,
//! compressed with gzip, without the empty ones.

use super::{AtomicFile, write_error};
use crate::atlas::{ContentCoding, TileId, TileLayerSet, ViewerPlan};
use crate::error::{Error, Result};
use crate::work_budget::WorkBudget;
use ::pmtiles::{Compression, PmTilesWriter, PmtError, TileCoord, TileType};
use serde_json::json;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;

/// The progress of a build; [`ArchiveProgress::stop`] ends it.
#[derive(Debug, Default)]
pub struct ArchiveProgress {
    tiles: AtomicU64,
    bytes: AtomicU64,
    stopped: AtomicBool,
}

/// How many tiles are drawn, and held in memory, before they are written.
const BLOCK: usize = 512;

impl ArchiveProgress {
    /// Tiles drawn so far, empty ones included.
    pub fn tile_count(&self) -> u64 {
        self.tiles.load(Relaxed)
    }

    /// Bytes of tiles written so far.
    pub fn byte_count(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    pub fn stop(&self) {
        self.stopped.store(true, Relaxed);
    }
}

/// The tiles that may have content, in the order of the archive.
#[must_use]
pub fn list_tiles(layers: &TileLayerSet, zooms: RangeInclusive<u8>) -> Vec<TileId> {
    let mut tiles = layers.non_empty_tiles(zooms);
    tiles.sort_by_cached_key(|tile| tile_coord(*tile).map(::pmtiles::TileId::from).ok());
    tiles
}

/// Writes the tiles of these layers, as they are at this moment; returns how many are not empty.
///
/// # Errors
/// [`Error::Refused`] when the file cannot be written, or when the build was stopped.
pub fn build_archive(
    plan: &ViewerPlan,
    layers: &TileLayerSet,
    zooms: RangeInclusive<u8>,
    file: AtomicFile,
    progress: &ArchiveProgress,
) -> Result<(u64, AtomicFile)> {
    let layers = layers.freeze();
    let tiles = list_tiles(&layers, zooms.clone());
    let metadata = json!({
        "name": layers.snapshots().map(|(name, _)| name.to_owned()).collect::<Vec<_>>().join(","),
        "type": "overlay",
        "format": "pbf",
        "generator": concat!("cityheart ", env!("CARGO_PKG_VERSION")),
        "vector_layers": layers.describe_layers(zooms.clone()),
    });
    let mut writer = PmTilesWriter::new(TileType::Mvt)
        .precompressed(Compression::Gzip)
        .min_zoom(*zooms.start())
        .max_zoom(*zooms.end())
        .metadata(metadata.to_string());
    if let Some(b) = layers.extent() {
        let (lon, lat) = (f64::midpoint(b.west, b.east), f64::midpoint(b.south, b.north));
        writer = writer.bounds(b.west, b.south, b.east, b.north).center(lon, lat).center_zoom(*zooms.start());
    }
    let mut file = file;
    let mut out = writer.create(&mut file).map_err(archive_error)?;
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let (mut count, unlimited) = (0, WorkBudget::unlimited());
    for block in tiles.chunks(BLOCK) {
        let share = block.len().div_ceil(workers);
        let drawn: Vec<_> = thread::scope(|scope| {
            let draw = |part: &[TileId]| {
                part.iter()
                    .filter_map(|tile| plan.find_or_draw_tile(&layers, *tile, ContentCoding::Gzip, &unlimited).ok())
                    .map(|tile| tile.body)
                    .collect::<Vec<_>>()
            };
            let threads: Vec<_> = block.chunks(share).map(|part| scope.spawn(move || draw(part))).collect();
            threads.into_iter().flat_map(|t| t.join().unwrap_or_default()).collect()
        });
        if drawn.len() != block.len() {
            return Err(Error::internal("a tile could not be drawn"));
        }
        if progress.stopped.load(Relaxed) {
            return Err(Error::Refused("Stopped. Nothing was written.".into()));
        }
        for (tile, body) in block.iter().zip(&drawn).filter(|(_, body)| !body.is_empty()) {
            out.add_tile(tile_coord(*tile)?, body).map_err(archive_error)?;
            progress.bytes.fetch_add(body.len() as u64, Relaxed);
            count += 1;
        }
        progress.tiles.fetch_add(block.len() as u64, Relaxed);
    }
    out.finalize().map_err(archive_error)?;
    Ok((count, file))
}

fn tile_coord(tile: TileId) -> Result<TileCoord> {
    TileCoord::new(tile.z(), tile.x(), tile.y()).map_err(Error::internal)
}

fn archive_error(e: PmtError) -> Error {
    match e {
        PmtError::Reading(e) => write_error(e),
        other => Error::internal(other),
    }
}
