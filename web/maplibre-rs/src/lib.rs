//! The plan of a running cityheart, drawn by maplibre-rs: natively to a picture ([`picture`]), or in the browser
//! (`browser`).
//!
//! maplibre 0.0.3 draws fills and lines in one colour per layer, so it is given tiles whose layers are already split by
//! status (`split=status`), and a [`style`] with one colour for each.

pub mod style;
pub mod tiles;

#[cfg(not(target_arch = "wasm32"))]
pub mod picture;

#[cfg(target_arch = "wasm32")]
mod browser;
