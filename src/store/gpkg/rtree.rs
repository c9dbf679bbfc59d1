//! The R-tree index of a spatial table: the `gpkg_rtree_index` extension with the triggers of GeoPackage 1.3.
//!
//! The triggers are those of <https://www.geopackage.org/spec131/#extension_rtree>, word for word. All versions of
//! GDAL drop these six by name when they rename or overwrite a table; those before 3.7 fail where one of them is
//! missing, as in 1.4.

use super::gpkg_layer::{GpkgLayer, TableLayout};
use super::sql_text::quote_name;
use super::tables;
use crate::error::Result;
use rusqlite::{Connection, params};

/// A feature's key and its box: west, east, south, north.
pub(super) type RTreeEntry = (i64, [f64; 4]);

/// Whether a spatial table has no index.
pub(super) fn is_missing(conn: &Connection, layer: &GpkgLayer) -> Result<bool> {
    layer.layout.rtree_name().map_or(Ok(false), |rtree| Ok(!tables::table_exists(conn, &rtree)?))
}

/// Creates the index if it is missing, and registers the extension. Returns whether it was missing.
pub(super) fn create_rtree(conn: &Connection, layer: &GpkgLayer) -> Result<bool> {
    let (Some(rtree), Some(geom)) = (layer.layout.rtree_name(), &layer.layout.geom) else {
        return Ok(false);
    };
    if tables::table_exists(conn, &rtree)? {
        return Ok(false);
    }
    conn.execute_batch(&format!(
        "CREATE VIRTUAL TABLE {} USING rtree(id, minx, maxx, miny, maxy)",
        quote_name(&rtree)
    ))?;
    conn.execute(
        "INSERT OR REPLACE INTO gpkg_extensions VALUES (?1, ?2, 'gpkg_rtree_index', 'http://www.geopackage.org/spec131/#extension_rtree', 'write-only')",
        params![layer.layout.table, geom],
    )?;
    Ok(true)
}

/// Fills the index from the table.
pub(super) fn fill_rtree(conn: &Connection, layer: &GpkgLayer) -> Result<()> {
    let (Some(rtree), Some(geom)) = (layer.layout.rtree_name(), &layer.layout.geom) else {
        return Ok(());
    };
    let (rtree, geom, key, table) =
        (quote_name(&rtree), quote_name(geom), quote_name(&layer.layout.key), quote_name(&layer.layout.table));
    conn.execute_batch(&format!(
        "INSERT OR REPLACE INTO {rtree} SELECT {key}, ST_MinX({geom}), ST_MaxX({geom}), ST_MinY({geom}), ST_MaxY({geom}) FROM {table} WHERE ST_IsEmpty({geom})=0"
    ))?;
    Ok(())
}

/// Fills the index from the table, `most` entries at a time.
pub(super) fn fill_in_parts(conn: &Connection, layer: &GpkgLayer, most: usize) -> Result<()> {
    let Some(geom) = layer.layout.geom.as_ref().map(|geom| quote_name(geom)) else {
        return Ok(());
    };
    let (key, table) = (quote_name(&layer.layout.key), quote_name(&layer.layout.table));
    let mut boxes = conn.prepare(&format!(
        "SELECT {key}, ST_MinX({geom}), ST_MaxX({geom}), ST_MinY({geom}), ST_MaxY({geom}) FROM {table} WHERE ST_IsEmpty({geom})=0"
    ))?;
    let mut rows = boxes.query([])?;
    let mut entries: Vec<RTreeEntry> = vec![];
    while let Some(row) = rows.next()? {
        entries.push((row.get(0)?, [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?]));
        if entries.len() == most {
            insert_entries(conn, layer, std::mem::take(&mut entries))?;
        }
    }
    insert_entries(conn, layer, entries)
}

/// Adds many entries at once.
pub(super) fn insert_entries(conn: &Connection, layer: &GpkgLayer, mut entries: Vec<RTreeEntry>) -> Result<()> {
    let Some(rtree) = layer.layout.rtree_name() else {
        return Ok(());
    };
    // Inserted in this order, neighbours find their node in the cache.
    entries.sort_by_cached_key(|(_, b)| hilbert_distance(f64::midpoint(b[0], b[1]), f64::midpoint(b[2], b[3])));
    let mut insert = conn.prepare(&format!("INSERT INTO {} VALUES (?1, ?2, ?3, ?4, ?5)", quote_name(&rtree)))?;
    for (key, [west, east, south, north]) in entries {
        insert.execute((key, west, east, south, north))?;
    }
    Ok(())
}

/// Drops the index of a table, and its registration as an extension.
pub(super) fn drop_rtree(conn: &Connection, layer: &GpkgLayer) -> Result<()> {
    if let Some(rtree) = layer.layout.rtree_name() {
        conn.execute_batch(&format!("DROP TABLE IF EXISTS {}", quote_name(&rtree)))?;
        conn.execute(
            "DELETE FROM gpkg_extensions WHERE extension_name='gpkg_rtree_index' AND lower(table_name)=lower(?1)",
            [&layer.layout.table],
        )?;
    }
    Ok(())
}

/// Creates the triggers that update the index with the table.
pub(super) fn create_triggers(conn: &Connection, layer: &GpkgLayer) -> Result<()> {
    let (Some(rtree), Some(geom)) = (layer.layout.rtree_name(), &layer.layout.geom) else {
        return Ok(());
    };
    let sql = TRIGGERS
        .replace("<name>", &rtree.replace('"', "\"\""))
        .replace("<t>", &quote_name(&layer.layout.table))
        .replace("<c>", &quote_name(geom))
        .replace("<i>", &quote_name(&layer.layout.key));
    conn.execute_batch(&sql)?;
    Ok(())
}

/// Creates the triggers anew where they are not the ones of this version of the standard, by their names. Where they
/// are not those of 1.4 either, some were missing, and the index is filled again.
pub(super) fn complete_triggers(conn: &Connection, layer: &GpkgLayer) -> Result<()> {
    let Some(rtree) = layer.layout.rtree_name() else {
        return Ok(());
    };
    let found = find_triggers(conn, &layer.layout.table, &rtree)?;
    let are = |endings: &[&str]| {
        let is_one = |name: &String| endings.iter().any(|t| name.eq_ignore_ascii_case(&format!("{rtree}_{t}")));
        found.len() == endings.len() && found.iter().all(is_one)
    };
    if are(&TRIGGER_NAMES) {
        return Ok(());
    }
    let is_followed = are(&NEWER_TRIGGER_NAMES);
    drop_triggers(conn, &found)?;
    if !is_followed {
        conn.execute_batch(&format!("DELETE FROM {}", quote_name(&rtree)))?;
        fill_rtree(conn, layer)?;
    }
    create_triggers(conn, layer)
}

/// Renames the index of a table that was renamed without it, and its triggers.
pub(super) fn rename_rtree(conn: &Connection, old: &TableLayout, layer: &GpkgLayer) -> Result<()> {
    let (Some(before), Some(after)) = (old.rtree_name(), layer.layout.rtree_name()) else {
        return Ok(());
    };
    if !tables::table_exists(conn, &before)? {
        return Ok(());
    }
    drop_triggers(conn, &find_triggers(conn, &layer.layout.table, &before)?)?;
    conn.execute_batch(&format!("ALTER TABLE {} RENAME TO {}", quote_name(&before), quote_name(&after)))?;
    create_triggers(conn, layer)
}

/// The names of the triggers on a table that belong to this index.
fn find_triggers(conn: &Connection, table: &str, rtree: &str) -> Result<Vec<String>> {
    let mut find = conn.prepare_cached(
        "SELECT name FROM sqlite_master WHERE type='trigger' AND lower(tbl_name)=lower(?1) AND lower(substr(name, 1, length(?2)))=lower(?2)",
    )?;
    let names = find.query_map([table, &format!("{rtree}_")], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

fn drop_triggers(conn: &Connection, names: &[String]) -> Result<()> {
    for name in names {
        conn.execute_batch(&format!("DROP TRIGGER {}", quote_name(name)))?;
    }
    Ok(())
}

/// What the names of the triggers end with.
const TRIGGER_NAMES: [&str; 6] = ["insert", "update1", "update2", "update3", "update4", "delete"];
/// The same in version 1.4.
const NEWER_TRIGGER_NAMES: [&str; 7] = ["insert", "update2", "update4", "update5", "update6", "update7", "delete"];

const TRIGGERS: &str = r#"
CREATE TRIGGER "<name>_insert" AFTER INSERT ON <t> WHEN (NEW.<c> NOT NULL AND NOT ST_IsEmpty(NEW.<c>))
BEGIN
  INSERT OR REPLACE INTO "<name>" VALUES (NEW.<i>, ST_MinX(NEW.<c>), ST_MaxX(NEW.<c>), ST_MinY(NEW.<c>), ST_MaxY(NEW.<c>));
END;
CREATE TRIGGER "<name>_update1" AFTER UPDATE OF <c> ON <t>
  WHEN OLD.<i> = NEW.<i> AND (NEW.<c> NOTNULL AND NOT ST_IsEmpty(NEW.<c>))
BEGIN
  INSERT OR REPLACE INTO "<name>" VALUES (NEW.<i>, ST_MinX(NEW.<c>), ST_MaxX(NEW.<c>), ST_MinY(NEW.<c>), ST_MaxY(NEW.<c>));
END;
CREATE TRIGGER "<name>_update2" AFTER UPDATE OF <c> ON <t>
  WHEN OLD.<i> = NEW.<i> AND (NEW.<c> ISNULL OR ST_IsEmpty(NEW.<c>))
BEGIN
  DELETE FROM "<name>" WHERE id = OLD.<i>;
END;
CREATE TRIGGER "<name>_update3" AFTER UPDATE ON <t>
  WHEN OLD.<i> != NEW.<i> AND (NEW.<c> NOTNULL AND NOT ST_IsEmpty(NEW.<c>))
BEGIN
  DELETE FROM "<name>" WHERE id = OLD.<i>;
  INSERT OR REPLACE INTO "<name>" VALUES (NEW.<i>, ST_MinX(NEW.<c>), ST_MaxX(NEW.<c>), ST_MinY(NEW.<c>), ST_MaxY(NEW.<c>));
END;
CREATE TRIGGER "<name>_update4" AFTER UPDATE ON <t>
  WHEN OLD.<i> != NEW.<i> AND (NEW.<c> ISNULL OR ST_IsEmpty(NEW.<c>))
BEGIN
  DELETE FROM "<name>" WHERE id IN (OLD.<i>, NEW.<i>);
END;
CREATE TRIGGER "<name>_delete" AFTER DELETE ON <t> WHEN OLD.<c> NOT NULL
BEGIN
  DELETE FROM "<name>" WHERE id = OLD.<i>;
END;
"#;

/// The distance of a position (degrees) along a Hilbert curve over the globe.
/// After <https://en.wikipedia.org/wiki/Hilbert_curve#Applications_and_mapping_algorithms>.
fn hilbert_distance(lon: f64, lat: f64) -> u64 {
    const SIDE: u64 = 1 << 24;
    let step = |v: f64, range: f64| ((v / range + 0.5) * SIDE as f64).clamp(0.0, (SIDE - 1) as f64) as u64;
    let (mut x, mut y) = (step(lon, 360.0), step(lat, 180.0));
    let mut along = 0;
    let mut side = SIDE / 2;
    while side > 0 {
        let (right, top) = (u64::from(x & side > 0), u64::from(y & side > 0));
        along += side * side * ((3 * right) ^ top);
        if top == 0 {
            if right == 1 {
                (x, y) = (SIDE - 1 - x, SIDE - 1 - y);
            }
            std::mem::swap(&mut x, &mut y);
        }
        side /= 2;
    }
    along
}
