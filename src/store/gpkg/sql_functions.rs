//! The SQL functions that the R-tree triggers of a GeoPackage call. Without them no row of a spatial table can be
//! written.

use super::geometry_blob;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result};

/// Registers `ST_MinX`, `ST_MaxX`, `ST_MinY`, `ST_MaxY` (degrees) and `ST_IsEmpty`; each returns null for a value that
/// is no geometry.
pub(super) fn register_functions(conn: &Connection) -> Result<()> {
    for (i, name) in ["ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"].into_iter().enumerate() {
        conn.create_scalar_function(name, 1, function_flags(), move |ctx| {
            Ok(read_blob(ctx.get_raw(0), geometry_blob::read_envelope).map(|e| e[i]))
        })?;
    }
    conn.create_scalar_function("ST_IsEmpty", 1, function_flags(), |ctx| {
        Ok(read_blob(ctx.get_raw(0), geometry_blob::is_empty_geometry))
    })
}

fn function_flags() -> FunctionFlags {
    FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS
}

fn read_blob<T>(value: ValueRef<'_>, evaluate: fn(&[u8]) -> Option<T>) -> Option<T> {
    match value {
        ValueRef::Blob(bytes) => evaluate(bytes),
        _ => None,
    }
}
