//! Writes rows cell by cell: what a feature shows, and what it does not show, as it was.

use super::gpkg_layer::{GpkgLayer, SqlCell};
use super::sql_text::quote_name;
use super::stored_row::StoredRow;
use crate::error::Result;
use rusqlite::types::Null;
use rusqlite::{Connection, ToSql};
use std::fmt::Write as _;

/// Writes only the cells that differ, so that those that we cannot read stay as they are.
pub(super) fn update_row(conn: &Connection, layer: &GpkgLayer, before: &StoredRow, after: &StoredRow) -> Result<()> {
    let layout = &layer.layout;
    let mut columns = Vec::new();
    let mut cells: Vec<Box<dyn ToSql + '_>> = vec![Box::new(after.feature.key)];
    if let Some(geom) = &layout.geom
        && (before.geom.as_ref(), before.raw.get(geom)) != (after.geom.as_ref(), after.raw.get(geom))
    {
        columns.push(geom);
        cells.push(geometry_cell(geom, after));
    }
    for (i, column) in layout.columns.iter().enumerate() {
        let (old, new) = (&before.feature.values, &after.feature.values);
        if (old.get(i), before.raw.get(column)) != (new.get(i), after.raw.get(column)) {
            columns.push(column);
            cells.push(field_cell(layer, i, after));
        }
    }
    for column in layout.kept.iter().filter(|c| before.raw.get(c) != after.raw.get(c)) {
        columns.push(column);
        cells.push(raw_cell(column, after));
    }
    if columns.is_empty() {
        return Ok(());
    }
    let mut sql = format!("UPDATE {} SET ", quote_name(&layout.table));
    for (i, column) in columns.iter().enumerate() {
        let _ = write!(sql, "{}{}=?{}", if i == 0 { "" } else { "," }, quote_name(column), i + 2);
    }
    let _ = write!(sql, " WHERE {}=?1", quote_name(&layout.key));
    let all: Vec<&dyn ToSql> = cells.iter().map(|cell| &**cell).collect();
    conn.prepare_cached(&sql)?.execute(all.as_slice())?;
    Ok(())
}

/// Inserts a whole row under its key into `table`, which has the columns of the layer.
pub(super) fn insert_row(conn: &Connection, layer: &GpkgLayer, table: &str, row: &StoredRow) -> rusqlite::Result<()> {
    let layout = &layer.layout;
    let mut columns = vec![&layout.key];
    let mut cells: Vec<Box<dyn ToSql + '_>> = vec![Box::new(row.feature.key)];
    if let Some(id) = &layout.id {
        columns.push(id);
        cells.push(Box::new(row.feature.id.as_str()));
    }
    if let Some(geom) = &layout.geom {
        columns.push(geom);
        cells.push(geometry_cell(geom, row));
    }
    for (i, column) in layout.columns.iter().enumerate() {
        columns.push(column);
        cells.push(field_cell(layer, i, row));
    }
    for column in layout.kept.iter().filter(|c| row.raw.get(c).is_some()) {
        columns.push(column);
        cells.push(raw_cell(column, row));
    }
    let names: Vec<String> = columns.iter().map(|c| quote_name(c)).collect();
    let marks: Vec<String> = (1..=columns.len()).map(|i| format!("?{i}")).collect();
    let sql = format!("INSERT INTO {} ({}) VALUES ({})", quote_name(table), names.join(","), marks.join(","));
    let all: Vec<&dyn ToSql> = cells.iter().map(|cell| &**cell).collect();
    conn.prepare_cached(&sql)?.execute(all.as_slice()).map(drop)
}

fn geometry_cell<'r>(column: &str, row: &'r StoredRow) -> Box<dyn ToSql + 'r> {
    match &row.geom {
        Some(blob) => Box::new(blob),
        None => raw_cell(column, row),
    }
}

fn field_cell<'r>(layer: &'r GpkgLayer, field: usize, row: &'r StoredRow) -> Box<dyn ToSql + 'r> {
    match row.raw.get(&layer.layout.columns[field]) {
        Some(cell) => Box::new(cell),
        None => Box::new(SqlCell(layer.collection.fields[field].kind, &row.feature.values[field])),
    }
}

fn raw_cell<'r>(column: &str, row: &'r StoredRow) -> Box<dyn ToSql + 'r> {
    row.raw.get(column).map_or_else(|| Box::new(Null) as Box<dyn ToSql>, |cell| Box::new(cell))
}
