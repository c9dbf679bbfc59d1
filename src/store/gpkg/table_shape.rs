//! The shape of a table or view: its key, geometry, ids and reference system, and whether it can be a layer.

use super::column_types::{TableColumn, read_columns};
use super::sql_text::quote_name;
use crate::crs::Crs;
use crate::error::Result;
use crate::feature::GeometryTypeSet;
use rusqlite::{Connection, OptionalExtension};

/// The column that is added for ids. Where it is null, the id is the key.
pub(super) const ID_COLUMN: &str = "cityheart_id";

/// What a layer must know of its table.
#[derive(Debug, Clone)]
pub(super) struct TableShape {
    pub table: String,
    pub key: String,
    pub geometry: Option<GeometryColumn>,
    pub columns: Vec<TableColumn>,
    /// Why features can only be read, as a sentence.
    pub read_only: Option<String>,
    /// Whether triggers can note the changes of the table, by its key.
    pub can_be_followed: bool,
}

#[derive(Debug, Clone)]
pub(super) struct GeometryColumn {
    pub name: String,
    pub types: GeometryTypeSet,
    /// The code of another reference system than EPSG:4326.
    pub epsg: Option<u16>,
}

/// Reads the shape of a table; a sentence when it cannot be a layer, `None` when there is no such table.
pub(super) fn read_shape(conn: &Connection, table: &str) -> Result<Option<Result<TableShape, String>>> {
    let mut statement = conn.prepare_cached(
        "SELECT name, type='view' FROM sqlite_master WHERE lower(name)=lower(?1) AND type IN ('table', 'view')",
    )?;
    let found = statement.query_row([table], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((table, is_view)): Option<(String, bool)> = found else { return Ok(None) };
    if let Err(e) = conn.prepare(&format!("SELECT * FROM {} LIMIT 0", quote_name(&table))) {
        return Ok(Some(Err(format!("'{table}' is not shown: it cannot be read ({e}). Correct it."))));
    }
    let columns = read_columns(conn, &table)?;
    let geometry = match read_geometry_column(conn, &table)? {
        Ok(geometry) => geometry.filter(|g| columns.iter().any(|c| c.name == g.name)),
        Err(why) => return Ok(Some(Err(why))),
    };
    let keys: Vec<&TableColumn> = columns.iter().filter(|c| c.primary > 0).collect();
    let mut shape = TableShape {
        table,
        key: String::new(),
        read_only: geometry.as_ref().and_then(|g| g.epsg).map(grid_reason),
        geometry,
        can_be_followed: true,
        columns: columns.clone(),
    };
    match keys.as_slice() {
        [key] if !is_view && key.declared == "INTEGER" => shape.key.clone_from(&key.name),
        _ => {
            let Some(key) = find_other_key(conn, &shape, is_view)? else {
                return Ok(Some(Err(no_key_reason(&shape.table, is_view))));
            };
            shape.key = key;
            shape.can_be_followed = false;
            let what = if is_view { "It is a view" } else { "Its table has no integer primary key" };
            shape.read_only = Some(format!("{what}, so that its features can only be read."));
        }
    }
    Ok(Some(Ok(shape)))
}

/// Whether a column holds a unique text in every row.
pub(super) fn can_be_ids(conn: &Connection, table: &str, column: &str) -> Result<bool> {
    let sql = format!(
        "SELECT count(*) = count(DISTINCT {c}) AND count(*) > 0 AND coalesce(min(typeof({c})='text' AND length(CAST({c} AS BLOB)) BETWEEN 1 AND 200), 1) FROM {t}",
        c = quote_name(column),
        t = quote_name(table)
    );
    Ok(conn.query_row(&sql, [], |row| row.get(0))?)
}

fn read_geometry_column(conn: &Connection, table: &str) -> Result<Result<Option<GeometryColumn>, String>> {
    let mut statement = conn.prepare_cached(
        "SELECT g.column_name, g.geometry_type_name, s.organization, s.organization_coordsys_id
         FROM gpkg_geometry_columns g LEFT JOIN gpkg_spatial_ref_sys s ON s.srs_id=g.srs_id WHERE lower(g.table_name)=lower(?1)",
    )?;
    type Entry = (String, Option<String>, Option<String>, Option<i64>);
    let found: Option<Entry> =
        statement.query_row([table], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).optional()?;
    let Some((name, types, authority, code)) = found else { return Ok(Ok(None)) };
    let epsg = match authority.zip(code) {
        Some((a, 4326)) if a.eq_ignore_ascii_case("EPSG") => None,
        Some((a, code)) if code > 0 => {
            let known = u16::try_from(code).ok().filter(|c| Crs::from_epsg(*c).is_some());
            match known.filter(|_| a.eq_ignore_ascii_case("EPSG")) {
                Some(known) => Some(known),
                None => return Ok(Err(unknown_grid_reason(table, &format!("{a}:{code}")))),
            }
        }
        _ => {
            return Ok(Err(format!(
                "The table '{table}' does not state its reference system. Set it to EPSG:4326 if its coordinates are in WGS 84."
            )));
        }
    };
    let types = GeometryTypeSet::from_gpkg_name(types.as_deref().unwrap_or_default());
    Ok(Ok(Some(GeometryColumn { name, types, epsg })))
}

fn grid_reason(code: u16) -> String {
    format!(
        "Its coordinates are in EPSG:{code} and are converted when they are read, so that its features can only be read. To edit them here, convert the layer to EPSG:4326 (for example `ogr2ogr -t_srs EPSG:4326 NEW.gpkg OLD.gpkg`)."
    )
}

fn unknown_grid_reason(table: &str, crs: &str) -> String {
    format!(
        "The table '{table}' is in the reference system {crs}. Convert it to EPSG:4326 (for example `ogr2ogr -t_srs EPSG:4326 NEW.gpkg OLD.gpkg`)."
    )
}

fn no_key_reason(table: &str, is_view: bool) -> String {
    let what = if is_view { "view" } else { "table" };
    format!(
        "The {what} '{table}' is not shown: it has no integer primary key, and no column with a unique whole number in each row. Add one."
    )
}

/// What can stand for the key of a table without one: the row number of a table, or a column of unique whole numbers.
fn find_other_key(conn: &Connection, shape: &TableShape, is_view: bool) -> Result<Option<String>> {
    let table = quote_name(&shape.table);
    let is_column = |name: &str| shape.columns.iter().any(|c| c.name.eq_ignore_ascii_case(name));
    for name in ["rowid", "_rowid_", "oid"].into_iter().filter(|name| !is_view && !is_column(name)) {
        // Without quotes, in which SQLite would take an unknown name for text.
        if conn.prepare(&format!("SELECT {name} FROM {table} LIMIT 0")).is_ok() {
            return Ok(Some(name.to_owned()));
        }
    }
    // GDAL takes the first column of a view for its key.
    for column in &shape.columns {
        let name = quote_name(&column.name);
        let sql = format!(
            "SELECT count(*) = count(DISTINCT {name}) AND coalesce(min(typeof({name})='integer'), 1) FROM {table}"
        );
        if conn.query_row(&sql, [], |row| row.get(0))? {
            return Ok(Some(column.name.clone()));
        }
    }
    Ok(None)
}
