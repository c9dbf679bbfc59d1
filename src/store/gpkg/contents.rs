//! The properties of a collection as a whole in `gpkg_contents` and our own table: extent, time of the last change,
//! revision.

use super::gpkg_layer::GpkgLayer;
use super::sql_text::quote_name;
use super::tables;
use crate::change::RevisionNumber;
use crate::error::Result;
use crate::feature::{BoundingBox, Feature, bbox_of};
use rusqlite::{Connection, OptionalExtension, params};

/// The revision of a collection; 0 for a table in a file that is no plan.
pub(super) fn read_revision(conn: &Connection, layer: &GpkgLayer) -> Result<RevisionNumber> {
    let mut statement = conn.prepare_cached("SELECT revision FROM cityheart_collections WHERE number=?1").ok();
    let revision: Option<i64> = match &mut statement {
        Some(statement) => statement.query_row([layer.number], |row| row.get(0)).optional()?,
        None => None,
    };
    Ok(revision.unwrap_or_default() as RevisionNumber)
}

pub(super) fn set_revision(conn: &Connection, layer: &GpkgLayer, revision: RevisionNumber) -> Result<()> {
    conn.prepare_cached("UPDATE cityheart_collections SET revision=?2 WHERE number=?1")?
        .execute(params![layer.number, revision as i64])?;
    Ok(())
}

/// The boxes of removed and added features, by which the extent of a collection is updated.
#[derive(Debug, Default)]
pub(super) struct ExtentChanges {
    removed: Option<BoundingBox>,
    added: Option<BoundingBox>,
}

impl ExtentChanges {
    pub(super) fn remove_feature(&mut self, feature: &Feature) {
        extend_bbox(&mut self.removed, feature.geometry.as_ref().and_then(bbox_of));
    }

    pub(super) fn add_feature(&mut self, feature: &Feature) {
        extend_bbox(&mut self.added, feature.geometry.as_ref().and_then(bbox_of));
    }

    /// Adds later changes.
    pub(super) fn merge_later(&mut self, later: &Self) {
        extend_bbox(&mut self.removed, later.removed);
        extend_bbox(&mut self.added, later.added);
    }

    /// Writes the extent and the time of the change. Measures the extent again only when a removed feature touched its
    /// edge.
    pub(super) fn update_contents(&self, conn: &Connection, layer: &GpkgLayer, at: &str) -> Result<()> {
        let mut extent = read_extent(conn, layer)?;
        let touches_edge = |removed: &BoundingBox, extent: &BoundingBox| {
            removed.west <= extent.west
                || removed.south <= extent.south
                || removed.east >= extent.east
                || removed.north >= extent.north
        };
        if extent.is_none() || self.removed.as_ref().zip(extent.as_ref()).is_some_and(|(r, e)| touches_edge(r, e)) {
            extent = measure_extent(conn, layer)?;
        } else {
            extend_bbox(&mut extent, self.added);
        }
        write_extent(conn, layer, extent, at)
    }
}

/// The extent in `gpkg_contents`.
pub(super) fn read_extent(conn: &Connection, layer: &GpkgLayer) -> Result<Option<BoundingBox>> {
    let mut statement =
        conn.prepare_cached("SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name=?1")?;
    let four = statement.query_row([&layer.layout.table], |row| {
        let [west, south, east, north]: [Option<f64>; 4] = [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?];
        Ok(west.zip(south).zip(east).zip(north))
    });
    Ok(four.optional()?.flatten().map(|(((west, south), east), north)| BoundingBox { west, south, east, north }))
}

fn extend_bbox(all: &mut Option<BoundingBox>, more: Option<BoundingBox>) {
    if let Some(more) = more {
        *all = Some(all.map_or(more, |a| a.union(more)));
    }
}

/// Layers in other reference systems keep the extent that their program wrote.
pub(super) fn write_extent(conn: &Connection, layer: &GpkgLayer, extent: Option<BoundingBox>, at: &str) -> Result<()> {
    if layer.layout.epsg.is_some() {
        return Ok(());
    }
    conn.prepare_cached(
        "UPDATE gpkg_contents SET last_change=?2, min_x=?3, min_y=?4, max_x=?5, max_y=?6 WHERE table_name=?1",
    )?
    .execute(params![
        layer.layout.table,
        at,
        extent.map(|e| e.west),
        extent.map(|e| e.south),
        extent.map(|e| e.east),
        extent.map(|e| e.north)
    ])?;
    Ok(())
}

/// The bounding box of all features. The boxes in the R-tree are rounded outwards to 32 bits, which keeps their order:
/// the features at its edges are found there, and their exact coordinates in the table.
pub(super) fn measure_extent(conn: &Connection, layer: &GpkgLayer) -> Result<Option<BoundingBox>> {
    let (Some(rtree), Some(geom)) = (layer.layout.rtree_name(), &layer.layout.geom) else {
        return Ok(None);
    };
    let indexed = tables::table_exists(conn, &rtree)?;
    let (rtree, geom, key, table) =
        (quote_name(&rtree), quote_name(geom), quote_name(&layer.layout.key), quote_name(&layer.layout.table));
    let exact = |best: &str, of: &str, side: &str, reaches: &str| -> Result<Option<f64>> {
        let edge = if indexed {
            format!("WHERE {key} IN (SELECT id FROM {rtree} WHERE {side}{reaches}(SELECT {best}({side}) FROM {rtree}))")
        } else {
            String::new()
        };
        Ok(conn.query_row(&format!("SELECT {best}({of}({geom})) FROM {table} {edge}"), [], |row| row.get(0))?)
    };
    let west = exact("min", "ST_MinX", "minx", "<=")?;
    let south = exact("min", "ST_MinY", "miny", "<=")?;
    let east = exact("max", "ST_MaxX", "maxx", ">=")?;
    let north = exact("max", "ST_MaxY", "maxy", ">=")?;
    Ok(west.zip(south).zip(east).zip(north).map(|(((west, south), east), north)| BoundingBox {
        west,
        south,
        east,
        north,
    }))
}
