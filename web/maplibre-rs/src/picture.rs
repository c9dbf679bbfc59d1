//! One tile to one picture, through Vulkan. maplibre ends the process on a malformed tile and writes into the current
//! folder, so this belongs into a process of its own.

use crate::{style, tiles};
use maplibre::headless::{create_headless_renderer, map::HeadlessMap, HeadlessPlugin};
use maplibre::plugin::Plugin;
use maplibre::render::RenderPlugin;
use maplibre::vector::{DefaultVectorTransferables, VectorPlugin};
use std::io::Read;

/// A tile that is larger than this is not one of ours.
const MAX_TILE_BYTES: u64 = 32 << 20;

/// The bytes of one tile of a running cityheart, all its layers behind each other.
pub fn fetch(server: &str, tile: (u32, u32, u32)) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for address in tiles::addresses(server, "", tile) {
        let answer = ureq::get(&address).call().map_err(|e| format!("{address}: {e}"))?;
        answer.into_reader().take(MAX_TILE_BYTES).read_to_end(&mut bytes).map_err(|e| format!("{address}: {e}"))?;
    }
    Ok(bytes)
}

/// Draws the bytes of a tile into `frame_0.png` in the current folder, `size` pixels wide and high.
///
/// # Errors
/// When there is no Vulkan adapter.
pub fn draw(bytes: Vec<u8>, size: u32) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|e| e.to_string())?;
    runtime.block_on(async {
        let (kernel, renderer) = create_headless_renderer(size, None).await;
        let plugins: Vec<Box<dyn Plugin<_>>> = vec![
            Box::new(RenderPlugin),
            Box::new(VectorPlugin::<DefaultVectorTransferables>::default()),
            Box::new(HeadlessPlugin::new(true)),
        ];
        let mut map =
            HeadlessMap::new(style::style(style::plain), renderer, kernel, plugins).map_err(|e| e.to_string())?;
        let names: Vec<&str> = style::colours().iter().map(|(name, _)| *name).collect();
        let layers = map.process_tile(bytes.into_boxed_slice(), &names).await;
        map.render_tile(layers);
        Ok(())
    })
}
