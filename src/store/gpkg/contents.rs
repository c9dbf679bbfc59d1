//! What `gpkg_contents` and our own table say about a collection as a whole: extent, last change, revision.

use super::layer::{Layer, quoted};
use super::tables;
use crate::change::Revision;
use crate::error::Result;
use crate::feature::{Bbox, Feature, bbox_of};
use rusqlite::{Connection, OptionalExtension, params};

/// The revision a collection has; 0 when the file does not know it as one of ours.
pub(super) fn revision(conn: &Connection, layer: &Layer) -> Result<Revision> {
    let mut ask = conn.prepare_cached("SELECT revision FROM cityheart_collections WHERE number=?1").ok();
    let revision: Option<i64> = match &mut ask {
        Some(ask) => ask.query_row([layer.number], |row| row.get(0)).optional()?,
        None => None,
    };
    Ok(revision.unwrap_or_default() as Revision)
}

pub(super) fn set_revision(conn: &Connection, layer: &Layer, revision: Revision) -> Result<()> {
    conn.prepare_cached("UPDATE cityheart_collections SET revision=?2 WHERE number=?1")?
        .execute(params![layer.number, revision as i64])?;
    Ok(())
}

/// How the extent of a collection follows the changes to its features.
#[derive(Debug, Default)]
pub(super) struct Extent {
    gone: Option<Bbox>,
    come: Option<Bbox>,
}

impl Extent {
    pub(super) fn gone(&mut self, feature: &Feature) {
        join(&mut self.gone, feature.geometry.as_ref().and_then(bbox_of));
    }

    pub(super) fn come(&mut self, feature: &Feature) {
        join(&mut self.come, feature.geometry.as_ref().and_then(bbox_of));
    }

    /// What happened later, too.
    pub(super) fn then(&mut self, later: &Self) {
        join(&mut self.gone, later.gone);
        join(&mut self.come, later.come);
    }

    /// Writes extent and time of change. Looks at the whole index only when something went that touched the edge.
    pub(super) fn write(&self, conn: &Connection, layer: &Layer, at: &str) -> Result<()> {
        let mut known = known(conn, layer)?;
        let touched =
            |g: &Bbox, k: &Bbox| g.west <= k.west || g.south <= k.south || g.east >= k.east || g.north >= k.north;
        if known.is_none() || self.gone.as_ref().zip(known.as_ref()).is_some_and(|(g, k)| touched(g, k)) {
            known = measure(conn, layer)?;
        } else {
            join(&mut known, self.come);
        }
        write(conn, layer, known, at)
    }
}

/// The extent that `gpkg_contents` has.
pub(super) fn known(conn: &Connection, layer: &Layer) -> Result<Option<Bbox>> {
    let mut ask = conn.prepare_cached("SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name=?1")?;
    let four = ask.query_row([&layer.layout.table], |row| {
        let [west, south, east, north]: [Option<f64>; 4] = [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?];
        Ok(west.zip(south).zip(east).zip(north))
    });
    Ok(four.optional()?.flatten().map(|(((west, south), east), north)| Bbox { west, south, east, north }))
}

fn join(all: &mut Option<Bbox>, more: Option<Bbox>) {
    if let Some(more) = more {
        *all = Some(all.map_or(more, |a| a.union(more)));
    }
}

pub(super) fn write(conn: &Connection, layer: &Layer, extent: Option<Bbox>, at: &str) -> Result<()> {
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

/// The box around all features. The R-tree holds boxes rounded outwards to 32 bits, in order: so the features that reach its
/// edges are found there, and their exact edges in the table.
pub(super) fn measure(conn: &Connection, layer: &Layer) -> Result<Option<Bbox>> {
    let (Some(rtree), Some(geom)) = (layer.layout.rtree(), &layer.layout.geom) else {
        return Ok(None);
    };
    let indexed = tables::exists(conn, &rtree)?;
    let (rtree, geom, key, table) =
        (quoted(&rtree), quoted(geom), quoted(&layer.layout.key), quoted(&layer.layout.table));
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
    Ok(west.zip(south).zip(east).zip(north).map(|(((west, south), east), north)| Bbox { west, south, east, north }))
}
