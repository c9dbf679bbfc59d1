//! Follows a collection to what other programs made of its table: renamed, with more, fewer, renamed or retyped
//! columns, or created again. Reads only; `adopt_schema.rs` writes what is found.

use super::column_types::{TableColumn, column_type, declared_length, field_type, plain_type};
use super::foreign_tables::choose_id_column;
use super::gpkg_layer::{GpkgLayer, TableLayout};
use super::journal;
use super::schema_edit::SchemaEdit;
use super::sql_text::quote_name;
use super::table_shape::{ID_COLUMN, TableShape, can_be_ids, read_shape};
use crate::collection::{Collection, CollectionId, FieldType};
use crate::error::Result;
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeMap;

/// A collection as our tables have it.
pub(super) struct StoredLayer {
    pub number: i64,
    pub collection: Collection,
    pub layout: TableLayout,
}

/// A collection as its table is now.
pub(super) struct FollowedLayer {
    pub layer: GpkgLayer,
    /// The place of each of its columns in the notes of the triggers.
    pub origins: Vec<Option<usize>>,
    /// The new names of fields and columns that were renamed, by their old ones.
    pub renamed: BTreeMap<String, String>,
    /// Whether the table has no triggers of ours: it was created again.
    pub is_replaced: bool,
    /// Whether the triggers are those of the layer.
    pub has_current_triggers: bool,
}

/// What became of a collection; a sentence when it cannot be shown any more.
pub(super) fn follow_layer(conn: &Connection, stored: &StoredLayer) -> Result<Result<FollowedLayer, String>> {
    let trigger = find_trigger(conn, stored.number)?;
    let table = trigger.as_ref().map_or(&stored.layout.table, |t| &t.table);
    let shape = match read_shape(conn, table)? {
        None => return Ok(Err(format!("It is not shown: its table '{table}' is gone."))),
        Some(Err(why)) => return Ok(Err(why)),
        Some(Ok(shape)) if !shape.can_be_followed => {
            return Ok(Err(format!("It is not shown: its table '{table}' has no integer primary key any more.")));
        }
        Some(Ok(shape)) => shape,
    };
    let old = &stored.layout;
    let mut noted = trigger.as_ref().map(|t| journal::noted_columns(&t.sql)).unwrap_or_default();
    // The triggers of older versions do not note the columns that are no fields.
    if ![old.columns.len() + 1, old.value_columns().count() + 1].contains(&noted.len()) {
        noted.clear();
    }
    let names = PresentNames { shape: &shape, noted: &noted, old };
    let mut layout = TableLayout {
        table: shape.table.clone(),
        key: shape.key.clone(),
        geom: shape.geometry.as_ref().map(|g| g.name.clone()),
        id: names.id_column(),
        columns: vec![],
        declared: vec![],
        kept: vec![],
        epsg: shape.geometry.as_ref().and_then(|g| g.epsg),
    };
    if let (None, Some(id)) = (&trigger, &layout.id)
        && !holds_ids(conn, &shape.table, id)?
    {
        layout.id = None;
    }
    if layout.id.is_none() {
        layout.id = choose_id_column(conn, &shape)?;
    }
    let mut origins = vec![];
    let edit = follow_fields(conn, stored, &names, &mut layout, &mut origins)?;
    let (collection, renamed) = edit.finish(&shape, &stored.layout.table)?;
    let layer = GpkgLayer::new(stored.number, collection, layout);
    let has_current_triggers = triggers_are_current(conn, &layer)?;
    Ok(Ok(FollowedLayer { is_replaced: trigger.is_none(), layer, origins, renamed, has_current_triggers }))
}

/// Whether the column of the ids can still hold them after its table was created again.
fn holds_ids(conn: &Connection, table: &str, column: &str) -> Result<bool> {
    let is_empty = format!("SELECT NOT EXISTS (SELECT 1 FROM {})", quote_name(table));
    Ok(column == ID_COLUMN || conn.query_row(&is_empty, [], |row| row.get(0))? || can_be_ids(conn, table, column)?)
}

impl FollowedLayer {
    /// The collection under another id, when its table was renamed.
    pub(super) fn with_id(self, id: CollectionId) -> Self {
        let GpkgLayer { number, collection, layout, .. } = self.layer;
        Self { layer: GpkgLayer::new(number, Collection { id, ..collection }, layout), ..self }
    }
}

/// Follows fields and further columns, and then takes up what is new.
fn follow_fields<'s>(
    conn: &Connection,
    stored: &'s StoredLayer,
    names: &PresentNames<'_>,
    layout: &mut TableLayout,
    origins: &mut Vec<Option<usize>>,
) -> Result<SchemaEdit<'s>> {
    let (old, table) = (&stored.layout, &names.shape.table);
    let mut edit = SchemaEdit::new(&stored.collection);
    let mut kept_origins = BTreeMap::new();
    for (at, (column, field)) in old.columns.iter().zip(&stored.collection.fields).enumerate() {
        let Some(now) = names.value_column(at).filter(|c| layout.column_names().all(|used| *used != c.name)) else {
            edit.drop_field(&field.name);
            continue;
        };
        let declared = old.declared.get(at).filter(|_| old.declared.len() == old.columns.len());
        let kind = match declared {
            Some(declared) if plain_type(declared) == now.declared => Some(field.kind),
            None if declares(&now.declared, field.kind) => Some(field.kind),
            _ => retyped_field(conn, table, now, field.kind)?,
        };
        let Some(kind) = kind else {
            edit.drop_field(&field.name);
            edit.rename_column(column, &now.name);
            kept_origins.insert(now.name.clone(), at);
            continue;
        };
        edit.keep_field(&field.name, kind, (now.name != *column).then_some((column, &now.name)));
        if declared.and_then(|d| declared_length(d)) != now.max_length {
            edit.limit_text(now.max_length);
        }
        layout.columns.push(now.name.clone());
        layout.declared.push(now.full_type());
        origins.push(Some(at));
    }
    for at in old.columns.len()..old.value_columns().count() {
        let (before, now) = (old.value_columns().nth(at), names.value_column(at));
        if let Some((before, now)) = before.zip(now) {
            edit.rename_column(before, &now.name);
            kept_origins.insert(now.name.clone(), at);
        }
    }
    add_new_columns(conn, names.shape, layout, &mut edit, |column| {
        origins.push(kept_origins.get(column).copied());
    })?;
    Ok(edit)
}

/// Takes up the columns that are neither used nor followed, and calls `added` for each: first those that are fields.
fn add_new_columns(
    conn: &Connection,
    shape: &TableShape,
    layout: &mut TableLayout,
    edit: &mut SchemaEdit<'_>,
    mut added: impl FnMut(&str),
) -> Result<()> {
    let used: Vec<String> = layout.column_names().cloned().collect();
    for column in shape.columns.iter().filter(|c| !used.contains(&c.name) && c.name != ID_COLUMN) {
        match field_type(conn, &shape.table, column)? {
            None => layout.kept.push(column.name.clone()),
            Some(kind) => {
                edit.add_field(&column.name, kind);
                edit.limit_text(column.max_length);
                layout.columns.push(column.name.clone());
                layout.declared.push(column.full_type());
                added(&column.name);
            }
        }
    }
    layout.kept.iter().for_each(|column| added(column));
    Ok(())
}

/// Whether a column that became a field in an older version is still declared as it was.
fn declares(declared: &str, kind: FieldType) -> bool {
    declared == column_type(kind) || kind == FieldType::Text || (kind == FieldType::Integer && declared.contains("INT"))
}

/// The type of a field whose column has another declared type now; `None` when no property can represent it.
fn retyped_field(conn: &Connection, table: &str, now: &TableColumn, before: FieldType) -> Result<Option<FieldType>> {
    let kind = field_type(conn, table, now)?;
    // Money and lists have the columns of numbers and texts.
    Ok(kind.map(|kind| if column_type(kind) == column_type(before) { before } else { kind }))
}

/// The present names of columns, by the triggers if they are there, or else by name.
struct PresentNames<'a> {
    shape: &'a TableShape,
    /// The columns in the triggers: the id, the fields, the others.
    noted: &'a [Option<String>],
    old: &'a TableLayout,
}

impl<'a> PresentNames<'a> {
    fn find(&self, name: &str) -> Option<&'a TableColumn> {
        let is_value = |c: &&TableColumn| {
            c.name != self.shape.key && self.shape.geometry.as_ref().is_none_or(|g| g.name != c.name)
        };
        self.shape.columns.iter().filter(is_value).find(|c| c.name.eq_ignore_ascii_case(name))
    }

    fn id_column(&self) -> Option<String> {
        let name = self.noted.first().cloned().flatten().or_else(|| self.old.id.clone())?;
        self.find(&name).map(|c| c.name.clone())
    }

    /// The column that was at this place among the value columns.
    fn value_column(&self, at: usize) -> Option<&'a TableColumn> {
        let name = self.old.value_columns().nth(at)?;
        let noted = self.noted.get(at + 1).cloned().flatten();
        self.find(noted.as_deref().unwrap_or(name))
    }
}

struct OwnTrigger {
    table: String,
    sql: String,
}

/// The trigger on updates of a collection's table, wherever the table is now.
fn find_trigger(conn: &Connection, number: i64) -> Result<Option<OwnTrigger>> {
    let mut statement =
        conn.prepare_cached("SELECT tbl_name, sql FROM sqlite_master WHERE type='trigger' AND name=?1")?;
    let trigger = |row: &rusqlite::Row<'_>| Ok(OwnTrigger { table: row.get(0)?, sql: row.get(1)? });
    Ok(statement.query_row([format!("cityheart_{number}_update")], trigger).optional()?)
}

fn triggers_are_current(conn: &Connection, layer: &GpkgLayer) -> Result<bool> {
    let mut statement = conn.prepare_cached("SELECT sql FROM sqlite_master WHERE type='trigger' AND name=?1")?;
    for (name, sql) in journal::trigger_statements(layer) {
        let found: Option<String> = statement.query_row([name], |row| row.get(0)).optional()?;
        if found.as_deref() != Some(&sql) {
            return Ok(false);
        }
    }
    Ok(true)
}
