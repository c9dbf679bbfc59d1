//! A collection that gets more fields: the plan's model grew since the file was made. Nothing that is there goes.

use super::layer::{Layer, Layout, free_name, quoted};
use super::{Layers, Shared, find, foreign, journal, tables};
use crate::collection::Collection;
use crate::error::{Error, Result};
use rusqlite::{Connection, params};
use std::sync::Arc;

impl Shared {
    pub(super) fn grow(&self, collection: &Collection) -> Result<()> {
        self.write(&collection.id, |tx, layers| grow(tx, layers, collection))
    }
}

fn grow(conn: &Connection, layers: &Layers, collection: &Collection) -> Result<()> {
    let old = find(layers, &collection.id)?;
    journal::take_over(conn, old)?;
    let layer = Layer::new(old.number, collection.clone(), layout(conn, old, collection)?);
    conn.execute(
        "UPDATE cityheart_collections SET schema=?2, layout=?3 WHERE number=?1",
        params![layer.number, collection.schema.to_string(), tables::json(&layer.layout)?],
    )?;
    tables::describe(conn, &layer)?;
    // They name every column. Making them anew also tells every connection that layers are to be read again.
    journal::recreate_triggers(conn, &layer)
}

/// The columns of the fields that were there, and a new one for each other field; a column of its name that another program added is taken.
fn layout(conn: &Connection, old: &Arc<Layer>, collection: &Collection) -> Result<Layout> {
    for field in &old.collection.fields {
        if collection.field(&field.name).is_none_or(|at| collection.fields[at].kind != field.kind) {
            return Err(Error::internal(format!("'{}' would lose its field '{}'", collection.id, field.name)));
        }
    }
    let mut there: Vec<String> = foreign::column_names(conn, &old.layout.table)?;
    let mut columns = Vec::new();
    for field in &collection.fields {
        if let Some(at) = old.collection.field(&field.name) {
            columns.push(old.layout.columns[at].clone());
            continue;
        }
        let free = |name: &String| !old.layout.names().any(|taken| taken.eq_ignore_ascii_case(name));
        if let Some(column) = there.iter().find(|c| c.eq_ignore_ascii_case(&field.name) && free(c)) {
            columns.push(column.clone());
            continue;
        }
        let mut taken: Vec<String> = there.iter().map(|c| c.to_lowercase()).collect();
        let column = free_name(&field.name, &mut taken);
        let (table, kind) = (quoted(&old.layout.table), tables::column_type(field.kind));
        conn.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {} {kind}", quoted(&column)))?;
        there.push(column.clone());
        columns.push(column);
    }
    Ok(Layout { columns, ..old.layout.clone() })
}
