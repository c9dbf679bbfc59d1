//! The tables of the file: those of the GeoPackage standard (1.3), our own (`cityheart_…`), and one per collection.

use super::column_types::column_type;
use super::gpkg_layer::{GpkgLayer, TableLayout};
use super::sql_text::quote_name;
use crate::collection::{Collection, FieldType};
use crate::error::{Error, Result};
use rusqlite::{Connection, params};
use serde_json::Value as Json;
use std::fmt::Write as _;

/// `GPKG`.
pub(super) const APPLICATION_ID: i32 = 0x4750_4B47;
/// GeoPackage 1.3: the newest that GDAL before 3.7 opens without a warning.
const USER_VERSION: i32 = 10300;
/// The version of our own tables.
pub(super) const SCHEMA_VERSION: i64 = 4;

/// Annex C of the standard, and the three reference systems every GeoPackage must have.
const CREATE_GEOPACKAGE: &str = r#"
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
INSERT INTO gpkg_spatial_ref_sys VALUES
  ('Undefined Cartesian SRS', -1, 'NONE', -1, 'undefined', 'undefined Cartesian coordinate reference system'),
  ('Undefined geographic SRS', 0, 'NONE', 0, 'undefined', 'undefined geographic coordinate reference system'),
  ('WGS 84 geodetic', 4326, 'EPSG', 4326, 'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","4326"]]', 'longitude/latitude coordinates in decimal degrees on the WGS 84 spheroid');
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE,
  srs_id INTEGER, CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL,
  z TINYINT NOT NULL, m TINYINT NOT NULL, CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
"#;

/// The SQL of a new id.
pub(super) const NEW_ID: &str = "lower(hex(randomblob(16)))";

/// The tables that a foreign GeoPackage may lack.
const CREATE_EXTENSIONS: &str = "
CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
CREATE TABLE IF NOT EXISTS gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT, mime_type TEXT,
  constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE IF NOT EXISTS gpkg_data_column_constraints (constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
  min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT, CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
";

/// Our own tables. The log has every change; a line of the loads stands for all features of a bulk load; the journal
/// has the changes of other programs until they are adopted.
const CREATE_OWN_TABLES: &str = "
CREATE TABLE cityheart_meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE cityheart_collections (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, schema TEXT NOT NULL, layout TEXT NOT NULL,
  revision INTEGER NOT NULL DEFAULT 0);
CREATE TABLE cityheart_changes (seq INTEGER PRIMARY KEY, collection INTEGER NOT NULL REFERENCES cityheart_collections(number), revision INTEGER NOT NULL,
  key INTEGER NOT NULL, feature TEXT NOT NULL, author TEXT NOT NULL, at DATETIME NOT NULL, op TEXT NOT NULL,
  before TEXT, before_geom BLOB, after TEXT, after_geom BLOB, before_raw TEXT, after_raw TEXT, author_id TEXT);
CREATE INDEX cityheart_changes_by_feature ON cityheart_changes (collection, feature);
CREATE INDEX cityheart_changes_by_revision ON cityheart_changes (collection, revision);
";

/// The tables that version 2 added.
pub(super) const CREATE_VERSION_2_TABLES: &str = "
CREATE TABLE cityheart_loads (collection INTEGER NOT NULL REFERENCES cityheart_collections(number), revision INTEGER NOT NULL, author TEXT NOT NULL,
  at DATETIME NOT NULL, first_key INTEGER NOT NULL, last_key INTEGER NOT NULL, replaced BOOLEAN NOT NULL, PRIMARY KEY (collection, revision)) WITHOUT ROWID;
CREATE TABLE cityheart_journal (seq INTEGER PRIMARY KEY AUTOINCREMENT, collection INTEGER NOT NULL, key INTEGER NOT NULL, old TEXT, old_geom BLOB,
  at DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), UNIQUE (collection, key));
";

/// Makes an empty database a GeoPackage.
pub(super) fn create_geopackage(conn: &Connection) -> Result<()> {
    conn.pragma_update(None, "application_id", APPLICATION_ID)?;
    conn.pragma_update(None, "user_version", USER_VERSION)?;
    conn.execute_batch(CREATE_GEOPACKAGE)?;
    Ok(())
}

/// Creates the tables of extensions that are missing.
pub(super) fn create_extension_tables(conn: &Connection) -> Result<()> {
    Ok(conn.execute_batch(CREATE_EXTENSIONS)?)
}

/// Makes a GeoPackage a plan without collections.
pub(super) fn create_own_tables(conn: &Connection) -> Result<()> {
    create_extension_tables(conn)?;
    conn.execute_batch(CREATE_OWN_TABLES)?;
    conn.execute_batch(CREATE_VERSION_2_TABLES)?;
    conn.execute("INSERT INTO cityheart_meta VALUES ('schema_version', ?1)", [SCHEMA_VERSION])?;
    register_own_tables(conn)
}

/// Registers our tables in `gpkg_extensions`, as the standard requires of tables that it does not define.
pub(super) fn register_own_tables(conn: &Connection) -> Result<()> {
    let mut register = conn.prepare(
        "INSERT INTO gpkg_extensions SELECT ?1, NULL, 'cityheart_plan', 'Change log and schemas of cityheart, a map service for city centres', 'read-write'
         WHERE NOT EXISTS (SELECT 1 FROM gpkg_extensions WHERE table_name=?1 AND extension_name='cityheart_plan')",
    )?;
    for table in ["meta", "collections", "changes", "loads", "journal"] {
        register.execute([format!("cityheart_{table}")])?;
    }
    Ok(())
}

/// Registers a collection, without its table, and returns its number. A collection whose table is gone keeps its number
/// and revision.
pub(super) fn register_collection(conn: &Connection, collection: &Collection, layout: &TableLayout) -> Result<i64> {
    Ok(conn.query_row(
        "INSERT INTO cityheart_collections (id, schema, layout) VALUES (?1, ?2, ?3)
         ON CONFLICT (id) DO UPDATE SET schema=excluded.schema, layout=excluded.layout RETURNING number",
        params![collection.id.as_str(), collection.schema.to_string(), layout_to_json(layout)?],
        |row| row.get(0),
    )?)
}

pub(super) fn layout_to_json(layout: &TableLayout) -> Result<String> {
    serde_json::to_string(layout).map_err(Error::internal)
}

/// Creates the table of a layer under this name, without index and triggers.
pub(super) fn create_table(conn: &Connection, layer: &GpkgLayer, table: &str) -> Result<()> {
    let mut sql = format!("CREATE TABLE {} (\"fid\" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL", quote_name(table));
    if let Some(geom) = &layer.layout.geom {
        let _ = write!(sql, ",{} {}", quote_name(geom), layer.collection.geometry.gpkg_name());
    }
    // The default lets users of a desktop GIS add features without an id.
    let _ = write!(sql, ",\"id\" TEXT NOT NULL UNIQUE DEFAULT ({NEW_ID})");
    for (column, field) in layer.layout.columns.iter().zip(&layer.collection.fields) {
        let _ = write!(sql, ",{} {}", quote_name(column), column_type(field.kind));
    }
    sql.push(')');
    conn.execute_batch(&sql)?;
    Ok(())
}

/// Describes the table of a layer in the tables of the standard, in place of an earlier description.
pub(super) fn describe_table(conn: &Connection, layer: &GpkgLayer) -> Result<()> {
    let (table, collection) = (&layer.layout.table, &layer.collection);
    for known in ["gpkg_data_columns", "gpkg_geometry_columns"] {
        conn.execute(&format!("DELETE FROM {known} WHERE table_name=?1"), [table])?;
    }
    let spatial = layer.layout.geom.is_some();
    conn.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id)
         VALUES (?1, ?2, (SELECT ?3 WHERE NOT EXISTS (SELECT 1 FROM gpkg_contents WHERE identifier=?3 AND table_name<>?1) UNION ALL SELECT ?1 LIMIT 1), ?4, ?5)
         ON CONFLICT (table_name) DO UPDATE SET data_type=excluded.data_type, identifier=excluded.identifier, description=excluded.description, srs_id=excluded.srs_id",
        params![table, if spatial { "features" } else { "attributes" }, collection.title, collection.description, if spatial { 4326 } else { 0 }],
    )?;
    if let Some(geom) = &layer.layout.geom {
        conn.execute(
            "INSERT INTO gpkg_geometry_columns VALUES (?1, ?2, ?3, 4326, 0, 0)",
            params![table, geom, collection.geometry.gpkg_name()],
        )?;
    }
    describe_columns(conn, layer)
}

/// Describes titles, media types and choices of the columns by the schema extension.
fn describe_columns(conn: &Connection, layer: &GpkgLayer) -> Result<()> {
    let table = &layer.layout.table;
    conn.execute_batch(
        "INSERT OR IGNORE INTO gpkg_extensions SELECT t, NULL, 'gpkg_schema', 'http://www.geopackage.org/spec121/#extension_schema', 'read-write'
         FROM (SELECT 'gpkg_data_columns' t UNION ALL SELECT 'gpkg_data_column_constraints') WHERE t NOT IN (SELECT table_name FROM gpkg_extensions WHERE table_name=t)",
    )?;
    let mut insert = conn.prepare("INSERT INTO gpkg_data_columns VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for (column, field) in layer.layout.columns.iter().zip(&layer.collection.fields) {
        let property = layer.collection.schema.pointer("/properties").and_then(|p| p.get(&field.name));
        let description = property.and_then(|p| p.get("description")).and_then(Json::as_str);
        let mime = (field.kind == FieldType::Json).then_some("application/json");
        let choices =
            property.and_then(|p| p.get("enum")).and_then(Json::as_array).filter(|_| field.kind == FieldType::Text);
        let constraint = choices.map(|_| format!("{table}_{column}").to_lowercase());
        if let (Some(choices), Some(name)) = (choices, &constraint) {
            write_choices(conn, name, choices)?;
        }
        insert.execute(params![table, column, field.name, field.title, description, mime, constraint])?;
    }
    Ok(())
}

fn write_choices(conn: &Connection, name: &str, choices: &[Json]) -> Result<()> {
    conn.execute("DELETE FROM gpkg_data_column_constraints WHERE constraint_name=?1", [name])?;
    let mut insert = conn.prepare("INSERT OR IGNORE INTO gpkg_data_column_constraints (constraint_name, constraint_type, value) VALUES (?1, 'enum', ?2)")?;
    for choice in choices.iter().filter_map(Json::as_str) {
        insert.execute([name, choice])?;
    }
    Ok(())
}

/// Whether there is a table (or view, index, trigger) of this name.
pub(super) fn table_exists(conn: &Connection, name: &str) -> Result<bool> {
    Ok(conn.prepare_cached("SELECT 1 FROM sqlite_master WHERE lower(name)=lower(?1)")?.exists([name])?)
}

/// Drops our triggers and those of the R-tree, so that many rows can be written fast.
pub(super) fn drop_triggers(conn: &Connection, layer: &GpkgLayer) -> Result<()> {
    let table = &layer.layout.table;
    let rtree = layer.layout.rtree_name().map_or_else(String::new, |r| format!("{r}_"));
    let mut find = conn.prepare("SELECT name FROM sqlite_master WHERE type='trigger' AND lower(tbl_name)=lower(?1)")?;
    let names = find.query_map([table], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    let ours = |name: &String| {
        name.starts_with("cityheart_") || (!rtree.is_empty() && name.to_lowercase().starts_with(&rtree.to_lowercase()))
    };
    for name in names.iter().filter(|n| ours(n)) {
        conn.execute_batch(&format!("DROP TRIGGER {}", quote_name(name)))?;
    }
    Ok(())
}

/// Creates the index that keeps the ids of a table of another program unique. It names the collation that it would
/// have anyway: GDAL takes the column of a plain index for one that is declared `UNIQUE`; when it then changes the type
/// of any field, it writes that into the schema, and the file is corrupt.
pub(super) fn create_id_index(conn: &Connection, number: i64, table: &str, id: &str) -> Result<()> {
    let (table, id) = (quote_name(table), quote_name(id));
    conn.execute_batch(&format!(
        "DROP INDEX IF EXISTS \"cityheart_{number}_ids\"; CREATE UNIQUE INDEX \"cityheart_{number}_ids\" ON {table} ({id} COLLATE BINARY)"
    ))?;
    Ok(())
}

/// The present instant as GeoPackage writes it.
pub(super) fn current_timestamp() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}
