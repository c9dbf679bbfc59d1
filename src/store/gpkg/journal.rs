//! The journal: what other programs did. Triggers in the file note the first state of each row that a program changes,
//! also while we do not run. Adopting the journal turns these notes into lines of the change log. Our own transactions
//! leave no notes.
//!
//! The triggers use only what every SQLite has, so that every program can still write to the tables. While we write, a
//! row in `cityheart_meta` pauses them; it is removed in the same transaction, so that no other program ever sees it.

use super::change_log::{self, LogEntry};
use super::contents::{self, ExtentChanges};
use super::gpkg_layer::{GpkgLayer, quote_name};
use super::quoted_row::parse_row;
use super::tables;
use crate::error::Result;
use crate::feature::Feature;
use rusqlite::{Connection, params};

/// The author in the history.
pub(super) const EXTERNAL_AUTHOR: &str = "another program";

/// Creates the triggers. Their names contain the number of the collection, as tables may be renamed.
pub(super) fn create_triggers(conn: &Connection, layer: &GpkgLayer) -> Result<()> {
    let layout = &layer.layout;
    let id = layout.id.as_ref().map_or_else(|| "NULL".into(), |id| format!("OLD.{}", quote_name(id)));
    let mut old = format!("quote({id})");
    for column in &layout.columns {
        old.push_str("||','||quote(OLD.");
        old.push_str(&quote_name(column));
        old.push(')');
    }
    let geom = layout.geom.as_ref().map_or_else(|| "NULL".into(), |geom| format!("OLD.{}", quote_name(geom)));
    let sql = TRIGGERS
        .replace("<external>", "NOT EXISTS (SELECT 1 FROM cityheart_meta WHERE key='writing')")
        .replace("<n>", &layer.number.to_string())
        .replace("<t>", &quote_name(&layout.table))
        .replace("<i>", &quote_name(&layout.key))
        .replace("<old>", &old)
        .replace("<geom>", &geom);
    conn.execute_batch(&sql)?;
    Ok(())
}

/// `WHERE NOT EXISTS` instead of `OR IGNORE`, which the conflict clause of the statement that fires the trigger would
/// override.
const TRIGGERS: &str = r#"
CREATE TRIGGER "cityheart_<n>_insert" AFTER INSERT ON <t> WHEN <external> BEGIN
  INSERT INTO cityheart_journal (collection, key) SELECT <n>, NEW.<i>
    WHERE NOT EXISTS (SELECT 1 FROM cityheart_journal WHERE collection=<n> AND key=NEW.<i>);
END;
CREATE TRIGGER "cityheart_<n>_update" AFTER UPDATE ON <t> WHEN <external> BEGIN
  INSERT INTO cityheart_journal (collection, key, old, old_geom) SELECT <n>, OLD.<i>, <old>, <geom>
    WHERE NOT EXISTS (SELECT 1 FROM cityheart_journal WHERE collection=<n> AND key=OLD.<i>);
  INSERT INTO cityheart_journal (collection, key) SELECT <n>, NEW.<i>
    WHERE NOT EXISTS (SELECT 1 FROM cityheart_journal WHERE collection=<n> AND key=NEW.<i>);
END;
CREATE TRIGGER "cityheart_<n>_delete" AFTER DELETE ON <t> WHEN <external> BEGIN
  INSERT INTO cityheart_journal (collection, key, old, old_geom) SELECT <n>, OLD.<i>, <old>, <geom>
    WHERE NOT EXISTS (SELECT 1 FROM cityheart_journal WHERE collection=<n> AND key=OLD.<i>);
END;
"#;

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
pub(super) fn has_triggers(conn: &Connection, layer: &GpkgLayer) -> Result<bool> {
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
    let replaced = !has_triggers(conn, layer)?;
    if replaced {
        adopt_replaced_table(conn, layer)?;
        return Ok(true);
    }
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
        let (key, old, geom): (i64, Option<String>, Option<Vec<u8>>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let before = old.and_then(|old| parse_row(layer, key, &old, geom));
        replay.replay_row(before, layer.find_by_key(conn, key)?, row.get(3)?)?;
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
    fn replay_row(&mut self, before: Option<Feature>, after: Option<Feature>, at: String) -> Result<()> {
        if before == after {
            return Ok(());
        }
        if let Some(before) = &before {
            self.extent.remove_feature(before);
        }
        if let Some(after) = &after {
            self.extent.add_feature(after);
        }
        let renamed = before.as_ref().zip(after.as_ref()).is_some_and(|(b, a)| b.id != a.id);
        let log = |before, after| {
            change_log::write_entry(
                self.conn,
                self.layer,
                &LogEntry { revision: self.revision, author: EXTERNAL_AUTHOR, at: &at, before, after },
            )
        };
        if renamed {
            log(before.as_ref(), None)?;
            log(None, after.as_ref())?;
        } else {
            log(before.as_ref(), after.as_ref())?;
        }
        self.last = Some(at);
        Ok(())
    }
}

/// The table was replaced as a whole, and our triggers with it: its former content is unknown. Its R-tree is left to
/// the program that created the table, which may not have finished; if it is still missing when the file is opened
/// next, it is created then.
fn adopt_replaced_table(conn: &Connection, layer: &GpkgLayer) -> Result<()> {
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
