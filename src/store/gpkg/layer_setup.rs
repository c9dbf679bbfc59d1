//! What makes a filled table a layer: the R-tree, the triggers and the extent.

use super::gpkg_layer::GpkgLayer;
use super::{contents, journal, rtree, tables};
use crate::error::Result;
use rusqlite::Connection;

/// Adds what a filled table lacks: R-tree, triggers, extent.
pub(super) fn finish_layer(conn: &Connection, layer: &GpkgLayer) -> Result<()> {
    if rtree::create_rtree(conn, layer)? {
        rtree::fill_rtree(conn, layer)?;
        rtree::create_triggers(conn, layer)?;
    } else {
        rtree::complete_triggers(conn, layer)?;
    }
    journal::recreate_triggers(conn, layer)?;
    contents::write_extent(conn, layer, contents::measure_extent(conn, layer)?, &tables::current_timestamp())
}

/// Creates the triggers of the R-tree and of the journal.
pub(super) fn create_triggers(conn: &Connection, layer: &GpkgLayer) -> Result<()> {
    rtree::create_triggers(conn, layer)?;
    journal::create_triggers(conn, layer)
}
