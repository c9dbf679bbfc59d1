//! Reads the layers of any GeoPackage, for an import. Never writes to the file, and leaves nothing beside it.

use super::column_types::{TableColumn, is_json_column, is_opaque_type, read_columns};
use super::connection::{BUSY_TIMEOUT, immutable_uri};
use super::geometry_blob::decode_geometry;
use super::sql_functions::register_functions;
use super::sql_text::quote_name;
use super::tables::table_exists;
use super::wkb::{DecodedGeometry, read_wkb};
use crate::error::{Error, Result};
use crate::feature::Geometry;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Number, Value as Json};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A GeoPackage that is open for reading.
pub struct PackageReader {
    conn: Connection,
    /// The copy that is read when the file has a log beside it.
    _copy: Option<TempDir>,
}

/// A table or view of a GeoPackage.
#[derive(Debug, Clone)]
pub struct PackageLayer {
    pub name: String,
    /// `None` for a table without geometries.
    pub geometry_column: Option<String>,
    pub srs: Option<PackageSrs>,
    /// The columns that are read, and whether each holds JSON or yes and no.
    pub columns: Vec<PackageColumn>,
    /// Columns whose values no property can hold.
    pub unread: Vec<String>,
}

/// A column that is read.
#[derive(Debug, Clone)]
pub struct PackageColumn {
    pub name: String,
    kind: ColumnForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ColumnForm {
    Plain,
    Boolean,
    Json,
}

/// The reference system of a layer.
#[derive(Debug, Clone)]
pub struct PackageSrs {
    pub id: i64,
    pub organization: String,
    pub code: i64,
    pub definition: String,
}

/// A row of a layer.
#[derive(Debug)]
pub struct PackageRow {
    pub shape: Result<PackageShape, &'static str>,
    /// In the order of the columns; `None` for text that is not UTF-8.
    pub values: Vec<Option<Json>>,
}

/// A geometry as far as a feature can show it.
#[derive(Debug, Default)]
pub struct PackageShape {
    pub geometry: Option<Geometry>,
    /// Heights or measures were dropped.
    pub flattened: bool,
    /// Arcs became lines of short segments.
    pub linearised: bool,
}

/// Reads well-known binary as other formats hold it.
///
/// # Errors
/// The end of a sentence that begins with "the geometry".
pub fn decode_wkb(wkb: &[u8]) -> Result<PackageShape, &'static str> {
    let DecodedGeometry { geometry, flattened, linearised } = read_wkb(wkb)?;
    Ok(PackageShape { geometry, flattened, linearised })
}

impl PackageReader {
    /// Opens a file.
    ///
    /// # Errors
    /// [`Error::Refused`] with a sentence when it cannot be read or is no GeoPackage.
    pub fn open(path: &Path) -> Result<Self> {
        let refuse =
            |e: &dyn std::fmt::Display| Error::Refused(format!("The file cannot be read as a GeoPackage ({e})."));
        let has_log = LOG_ENDINGS.iter().any(|ending| with_ending(path, ending).metadata().is_ok_and(|m| m.len() > 0));
        let (conn, copy) = if has_log {
            let (copy, path) = copy_with_log(path).map_err(|e| refuse(&e))?;
            (
                Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX),
                Some(copy),
            )
        } else {
            // As immutable, the file gets no files beside it, not even for a moment.
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
            (Connection::open_with_flags(immutable_uri(path), flags), None)
        };
        let conn = conn.map_err(|e| refuse(&e))?;
        conn.busy_timeout(BUSY_TIMEOUT).map_err(|e| refuse(&e))?;
        conn.pragma_update(None, "trusted_schema", false).map_err(|e| refuse(&e))?;
        register_functions(&conn)?;
        if !table_exists(&conn, "gpkg_contents").map_err(damage_error)? {
            return Err(Error::Refused("This is an SQLite file, but no GeoPackage: it has no gpkg_contents.".into()));
        }
        Ok(Self { conn, _copy: copy })
    }

    /// The layers with and without geometries, in the order of the file. Pictures (tiles) are none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn list_layers(&self) -> Result<Vec<PackageLayer>> {
        self.read_layers().map_err(damage_error)
    }

    fn read_layers(&self) -> Result<Vec<PackageLayer>> {
        let sql = "SELECT table_name, data_type FROM gpkg_contents ORDER BY rowid";
        let mut statement = self.conn.prepare(sql)?;
        let named = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let named: Vec<(String, String)> = named.collect::<rusqlite::Result<_>>()?;
        let is_layer = |kind: &str| matches!(kind, "features" | "attributes" | "aspatial");
        let mut layers = vec![];
        for (name, _) in named.iter().filter(|(_, kind)| is_layer(kind)) {
            layers.extend(self.describe_layer(name)?);
        }
        Ok(layers)
    }

    fn describe_layer(&self, name: &str) -> Result<Option<PackageLayer>> {
        let all = read_columns(&self.conn, name)?;
        if all.is_empty() {
            return Ok(None);
        }
        let (geometry_column, srs_id) = self.find_geometry(name)?.unzip();
        let keys: Vec<&TableColumn> = all.iter().filter(|c| c.primary > 0).collect();
        // The key of SQLite's rows is no property.
        let row_key = match keys[..] {
            [key] if key.declared.contains("INT") => Some(key.name.clone()),
            _ => None,
        };
        let is_geometry =
            |c: &TableColumn| geometry_column.as_ref().is_some_and(|g: &String| g.eq_ignore_ascii_case(&c.name));
        let mut layer =
            PackageLayer { name: name.to_owned(), srs: None, columns: vec![], unread: vec![], geometry_column: None };
        for column in all.iter().filter(|c| Some(&c.name) != row_key.as_ref() && !is_geometry(c)) {
            if is_opaque_type(&column.declared) {
                layer.unread.push(column.name.clone());
                continue;
            }
            let kind = match column.declared.as_str() {
                "BOOLEAN" | "BOOL" => ColumnForm::Boolean,
                _ if is_json_column(&self.conn, name, &column.name)? => ColumnForm::Json,
                _ => ColumnForm::Plain,
            };
            layer.columns.push(PackageColumn { name: column.name.clone(), kind });
        }
        layer.srs = srs_id.map(|id| self.read_srs(id)).transpose()?;
        layer.geometry_column = geometry_column;
        Ok(Some(layer))
    }

    fn find_geometry(&self, table: &str) -> Result<Option<(String, i64)>> {
        if !table_exists(&self.conn, "gpkg_geometry_columns")? {
            return Ok(None);
        }
        let sql = "SELECT column_name, srs_id FROM gpkg_geometry_columns WHERE lower(table_name)=lower(?1)";
        let mut statement = self.conn.prepare(sql)?;
        let mut rows = statement.query([table])?;
        Ok(rows.next()?.map(|row| Ok::<_, rusqlite::Error>((row.get(0)?, row.get(1)?))).transpose()?)
    }

    fn read_srs(&self, id: i64) -> Result<PackageSrs> {
        let mut srs = PackageSrs { id, organization: "NONE".into(), code: id, definition: String::new() };
        let sql = "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id=?1";
        let mut statement = self.conn.prepare(sql)?;
        let mut rows = statement.query([id])?;
        if let Some(row) = rows.next()? {
            (srs.organization, srs.code, srs.definition) = (row.get(0)?, row.get(1)?, row.get(2)?);
        }
        Ok(srs)
    }

    /// Hands on each row of a layer, until the caller has enough.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn scan_rows(&self, layer: &PackageLayer, take: &mut dyn FnMut(PackageRow) -> bool) -> Result<()> {
        self.read_rows(layer, take).map_err(damage_error)
    }

    fn read_rows(&self, layer: &PackageLayer, take: &mut dyn FnMut(PackageRow) -> bool) -> Result<()> {
        let mut names: Vec<String> = layer.columns.iter().map(|c| quote_name(&c.name)).collect();
        names.push(layer.geometry_column.as_ref().map_or_else(|| "NULL".to_owned(), |g| quote_name(g)));
        let sql = format!("SELECT {} FROM {}", names.join(", "), quote_name(&layer.name));
        let mut statement = self.conn.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let mut values = Vec::with_capacity(layer.columns.len());
            for (at, column) in layer.columns.iter().enumerate() {
                values.push(read_value(row.get_ref(at)?, column.kind));
            }
            let shape = match row.get_ref(layer.columns.len())? {
                ValueRef::Null => Ok(PackageShape::default()),
                ValueRef::Blob(blob) => decode_geometry(blob).map(|decoded| PackageShape {
                    geometry: decoded.geometry,
                    flattened: decoded.flattened,
                    linearised: decoded.linearised,
                }),
                _ => Err("is not a GeoPackage geometry"),
            };
            if !take(PackageRow { shape, values }) {
                break;
            }
        }
        Ok(())
    }
}

/// The sentences of SQLite's errors speak of the plan, which this file is not.
fn damage_error(e: Error) -> Error {
    tracing::debug!("a GeoPackage to import: {e}");
    Error::Refused("The GeoPackage is damaged and cannot be read to its end. Export it again.".into())
}

/// What SQLite keeps beside a file while it is written.
const LOG_ENDINGS: [&str; 2] = ["-wal", "-journal"];

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Copies a file with its log, so that what is in the log is read and the file stays as it is.
fn copy_with_log(path: &Path) -> std::io::Result<(TempDir, PathBuf)> {
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("copy.gpkg");
    std::fs::copy(path, &copy)?;
    for ending in LOG_ENDINGS {
        let log = with_ending(path, ending);
        if log.exists() {
            std::fs::copy(log, with_ending(&copy, ending))?;
        }
    }
    Ok((folder, copy))
}

/// A cell as JSON; `None` for text that is not UTF-8.
fn read_value(cell: ValueRef<'_>, kind: ColumnForm) -> Option<Json> {
    Some(match (cell, kind) {
        (ValueRef::Null | ValueRef::Blob(_), _) => Json::Null,
        (ValueRef::Integer(n @ (0 | 1)), ColumnForm::Boolean) => (n == 1).into(),
        (ValueRef::Integer(n), _) => n.into(),
        (ValueRef::Real(n), _) => Number::from_f64(n).map_or(Json::Null, Json::Number),
        (ValueRef::Text(text), ColumnForm::Json) => {
            serde_json::from_slice(text).ok().or_else(|| std::str::from_utf8(text).ok().map(Json::from))?
        }
        (ValueRef::Text(text), _) => std::str::from_utf8(text).ok()?.into(),
    })
}
