//! The journal: what other programs did. Triggers in the file note the first state of each row that a program changes,
//! also while we do not run. Adopting the journal turns these notes into lines of the change log. Our own transactions
//! leave no notes.
//!
//! The triggers use only what every SQLite has, so that every program can still write to the tables. While we write, a
//! row in `cityheart_meta` pauses them; it is removed in the same transaction, so that no other program ever sees it.

use super::change_log::{self, LogEntry};
use super::contents::{self, ExtentChanges};
use super::gpkg_layer::GpkgLayer;
use super::noted_row::parse_row;
use super::sql_literal::SqlLiteral;
use super::sql_text::quote_name;
use super::stored_row::StoredRow;
use super::tables;
use crate::error::Result;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};

/// The author in the history.
pub(super) const EXTERNAL_AUTHOR: &str = "another program";

/// The triggers, by their names, which contain the number of the collection, as tables may be renamed.
///
/// A column can be dropped while a trigger names it, because `quote("height")` then means the null of the outer query,
/// which has the names of all columns: SQLite resolves a name in the innermost query that has it. When a column is
/// renamed, SQLite writes the new name into the trigger, from which [`noted_columns`] reads it.
pub(super) fn trigger_statements(layer: &GpkgLayer) -> [(String, String); 3] {
    let layout = &layer.layout;
    let noted = std::iter::once(layout.id.as_ref()).chain(layout.value_columns().map(Some));
    let quoted: Vec<String> =
        noted.map(|c| c.map_or_else(|| "quote(NULL)".into(), |c| format!("quote({})", quote_name(c)))).collect();
    let names = layout.id.iter().chain(layout.value_columns()).chain(&layout.geom);
    let nulls: Vec<String> = names.map(|c| format!("NULL AS {}", quote_name(c))).collect();
    let nulls = if nulls.is_empty() { "NULL".to_owned() } else { nulls.join(", ") };
    let (table, key) = (quote_name(&layout.table), quote_name(&layout.key));
    let cell = |sql: &str| format!("(SELECT {sql} FROM {table} WHERE {key}=OLD.{key})");
    let fill = |event: &str, text: &str| {
        let name = format!("cityheart_{}_{event}", layer.number);
        let sql = text
            .replace("<external>", "NOT EXISTS (SELECT 1 FROM cityheart_meta WHERE key='writing')")
            .replace("<note>", NOTE)
            .replace("<id>", layout.id.as_ref().map_or("", |_| NEW_ID_FIX))
            .replace("<new>", tables::NEW_ID)
            .replace("<n>", &layer.number.to_string())
            .replace("<i>", &key)
            .replace("<t>", &table)
            .replace("<c>", &layout.id.as_deref().map(quote_name).unwrap_or_default())
            .replace("<old>", &cell(&quoted.join("||','||")))
            .replace("<geom>", &layout.geom.as_ref().map_or_else(|| "NULL".into(), |geom| cell(&quote_name(geom))))
            .replace("<nulls>", &nulls);
        (name, sql)
    };
    [fill("insert", INSERT_TRIGGER), fill("update", UPDATE_TRIGGER), fill("delete", DELETE_TRIGGER)]
}

/// `WHERE NOT EXISTS` instead of `OR IGNORE`, which the conflict clause of the statement that fires the trigger would
/// override.
const INSERT_TRIGGER: &str = r#"CREATE TRIGGER "cityheart_<n>_insert" AFTER INSERT ON <t> WHEN <external> BEGIN
  INSERT INTO cityheart_journal (collection, key) SELECT <n>, NEW.<i>
    WHERE NOT EXISTS (SELECT 1 FROM cityheart_journal WHERE collection=<n> AND key=NEW.<i>);<id>
END"#;
/// When GDAL changes the type of a column, it writes the defaults of all columns anew: that of the ids, an expression,
/// becomes its own text.
const NEW_ID_FIX: &str = "\n  UPDATE <t> SET <c>=<new> WHERE <i>=NEW.<i> AND <c>='<new>';";
const UPDATE_TRIGGER: &str = r#"CREATE TRIGGER "cityheart_<n>_update" BEFORE UPDATE ON <t> WHEN <external> BEGIN
  <note>
  INSERT INTO cityheart_journal (collection, key) SELECT <n>, NEW.<i>
    WHERE NOT EXISTS (SELECT 1 FROM cityheart_journal WHERE collection=<n> AND key=NEW.<i>);
END"#;
const DELETE_TRIGGER: &str = r#"CREATE TRIGGER "cityheart_<n>_delete" BEFORE DELETE ON <t> WHEN <external> BEGIN
  <note>
END"#;
/// Notes the row as it is before the change.
const NOTE: &str = "INSERT INTO cityheart_journal (collection, key, old, old_geom)
    SELECT <n>, OLD.<i>, <old>, <geom> FROM (SELECT <nulls>)
    WHERE NOT EXISTS (SELECT 1 FROM cityheart_journal WHERE collection=<n> AND key=OLD.<i>);";

/// The columns that a trigger notes, under their present names: the id, then the others. Reads the triggers of older
/// versions, too. `None` at a note without a column.
pub(super) fn noted_columns(trigger: &str) -> Vec<Option<String>> {
    let mut columns = Vec::new();
    let mut rest = trigger;
    while let Some(at) = rest.find("quote(") {
        if !columns.is_empty() && !rest[..at].ends_with("||','||") {
            break;
        }
        rest = &rest[at + "quote(".len()..];
        rest = rest.strip_prefix("OLD.").unwrap_or(rest);
        columns.push(read_name(&mut rest));
        let Some(tail) = rest.strip_prefix(')') else { break };
        rest = tail;
    }
    columns
}

/// Reads a name in double quotes, or a plain word; `None` for `NULL`.
fn read_name(rest: &mut &str) -> Option<String> {
    let Some(mut from) = rest.strip_prefix('"') else {
        let (word, tail) = rest.split_at(rest.find(')').unwrap_or(rest.len()));
        *rest = tail;
        return (word != "NULL").then(|| word.to_owned());
    };
    let mut name = String::new();
    loop {
        let (head, tail) = from.split_once('"')?;
        name.push_str(head);
        if let Some(more) = tail.strip_prefix('"') {
            name.push('"');
            from = more;
        } else {
            *rest = tail;
            return Some(name);
        }
    }
}

/// Creates the triggers.
pub(super) fn create_triggers(conn: &Connection, layer: &GpkgLayer) -> Result<()> {
    for (_, sql) in trigger_statements(layer) {
        conn.execute_batch(&sql)?;
    }
    Ok(())
}

/// Drops the triggers and creates them again.
pub(super) fn recreate_triggers(conn: &Connection, layer: &GpkgLayer) -> Result<()> {
    for trigger in ["insert", "update", "delete"] {
        conn.execute_batch(&format!("DROP TRIGGER IF EXISTS \"cityheart_{}_{trigger}\"", layer.number))?;
    }
    create_triggers(conn, layer)
}

/// Keeps the triggers from noting what this transaction writes, until [`resume_triggers`].
pub(super) fn pause_triggers(conn: &Connection) -> Result<()> {
    conn.prepare_cached("INSERT OR IGNORE INTO cityheart_meta VALUES ('writing', 1)")?.execute([])?;
    Ok(())
}

/// Lets the triggers note changes again, and removes notes of this transaction.
pub(super) fn resume_triggers(conn: &Connection, layer: &GpkgLayer) -> Result<()> {
    clear_journal(conn, layer)?;
    conn.prepare_cached("DELETE FROM cityheart_meta WHERE key='writing'")?.execute([])?;
    Ok(())
}

/// Whether the triggers exist. They vanish when a program drops the table and creates it again. (The pattern is
/// concatenated in SQL: with a pattern as a parameter, SQLite would prepare the statement again for each value.)
fn has_triggers(conn: &Connection, layer: &GpkgLayer) -> Result<bool> {
    let mut statement = conn.prepare_cached(
        "SELECT count(*) FROM sqlite_master WHERE type='trigger' AND name GLOB 'cityheart_'||?1||'_*' AND lower(tbl_name)=lower(?2)",
    )?;
    Ok(statement.query_row(params![layer.number, layer.layout.table], |row| row.get::<_, i64>(0))? == 3)
}

/// Deletes the notes of a collection.
pub(super) fn clear_journal(conn: &Connection, layer: &GpkgLayer) -> Result<()> {
    conn.prepare_cached("DELETE FROM cityheart_journal WHERE collection=?1")?.execute([layer.number])?;
    Ok(())
}

/// Turns the notes of a collection into lines of the change log, as one revision. Returns whether anything had changed.
pub(super) fn adopt_journal(conn: &Connection, layer: &GpkgLayer) -> Result<bool> {
    if layer.number == 0 {
        return Ok(false);
    }
    if !has_triggers(conn, layer)? {
        adopt_replaced_table(conn, layer)?;
        return Ok(true);
    }
    let same: Vec<Option<usize>> = (0..layer.layout.value_columns().count()).map(Some).collect();
    adopt_notes(conn, layer, &same)
}

/// The same for notes of triggers that may have been created for other columns: `origins` has the place in the note of
/// each column.
pub(super) fn adopt_notes(conn: &Connection, layer: &GpkgLayer, origins: &[Option<usize>]) -> Result<bool> {
    let mut statement =
        conn.prepare_cached("SELECT key, old, old_geom, at FROM cityheart_journal WHERE collection=?1 ORDER BY seq")?;
    let mut rows = statement.query([layer.number])?;
    let mut replay = JournalReplay {
        conn,
        layer,
        revision: contents::read_revision(conn, layer)? + 1,
        extent: ExtentChanges::default(),
        last: None,
    };
    let mut noted = false;
    while let Some(row) = rows.next()? {
        noted = true;
        let key: i64 = row.get(0)?;
        let before = match row.get_ref(1)? {
            ValueRef::Text(old) => {
                let geom = SqlLiteral::from(row.get_ref(2)?);
                parse_row(layer, origins, key, &String::from_utf8_lossy(old), Some(&geom))
            }
            _ => None,
        };
        replay.replay_row(before.as_ref(), layer.find_row_by_key(conn, key)?.as_ref(), row.get(3)?)?;
    }
    if noted {
        clear_journal(conn, layer)?;
    }
    let Some(at) = replay.last else {
        return Ok(false);
    };
    replay.extent.update_contents(conn, layer, &at)?;
    contents::set_revision(conn, layer, replay.revision)?;
    Ok(true)
}

struct JournalReplay<'a> {
    conn: &'a Connection,
    layer: &'a GpkgLayer,
    revision: u64,
    extent: ExtentChanges,
    /// The time of the latest change.
    last: Option<String>,
}

impl JournalReplay<'_> {
    fn replay_row(&mut self, before: Option<&StoredRow>, after: Option<&StoredRow>, at: String) -> Result<()> {
        if before == after {
            return Ok(());
        }
        if let Some(before) = before {
            self.extent.remove_feature(&before.feature);
        }
        if let Some(after) = after {
            self.extent.add_feature(&after.feature);
        }
        let renamed = before.zip(after).is_some_and(|(b, a)| b.feature.id != a.feature.id);
        let log = |before, after| {
            change_log::write_entry(
                self.conn,
                self.layer,
                &LogEntry { revision: self.revision, author: EXTERNAL_AUTHOR, account: None, at: &at, before, after },
            )
        };
        if renamed {
            log(before, None)?;
            log(None, after)?;
        } else {
            log(before, after)?;
        }
        self.last = Some(at);
        Ok(())
    }
}

/// The table was replaced as a whole, and our triggers with it: its former content is unknown. Its R-tree is left to
/// the program that created the table, which may not have finished; if it is still missing when the file is opened
/// next, it is created then.
pub(super) fn adopt_replaced_table(conn: &Connection, layer: &GpkgLayer) -> Result<()> {
    let revision = contents::read_revision(conn, layer)? + 1;
    recreate_triggers(conn, layer)?;
    contents::write_extent(conn, layer, contents::measure_extent(conn, layer)?, &tables::current_timestamp())?;
    clear_journal(conn, layer)?;
    let sql = format!(
        "SELECT min({key}), max({key}) FROM {}",
        quote_name(&layer.layout.table),
        key = quote_name(&layer.layout.key)
    );
    let keys: (Option<i64>, Option<i64>) = conn.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    change_log::write_load(conn, layer, revision, EXTERNAL_AUTHOR, (keys.0.unwrap_or(1), keys.1.unwrap_or(0)), true)?;
    contents::set_revision(conn, layer, revision)
}
