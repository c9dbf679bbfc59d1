//! What other programs did. Triggers in the file note the first state of each row that anybody changes, also while we are not
//! running; taking over turns these notes into lines of the change log. Our own transactions leave no notes behind.
//!
//! The triggers use only what every SQLite has, so that any program can still write to the tables. While we write ourselves, a line in
//! `cityheart_meta` keeps them from noting anything; it is taken away again in the same transaction, so that nobody else ever sees it.

use super::change_log::{self, LogEntry};
use super::contents::{self, ExtentChanges};
use super::gpkg_layer::{GpkgLayer, quote_name, read_value};
use super::{geometry_blob, tables};
use crate::error::Result;
use crate::feature::{Feature, FeatureId};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params};

/// Who did it, as the history says.
pub(super) const EXTERNAL_AUTHOR: &str = "another program";

/// Creates the triggers. Their names carry the number of the collection, as tables may be renamed.
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
        .replace("<others>", "NOT EXISTS (SELECT 1 FROM cityheart_meta WHERE key='writing')")
        .replace("<n>", &layer.number.to_string())
        .replace("<t>", &quote_name(&layout.table))
        .replace("<i>", &quote_name(&layout.key))
        .replace("<old>", &old)
        .replace("<geom>", &geom);
    conn.execute_batch(&sql)?;
    Ok(())
}

/// `WHERE NOT EXISTS` and not `OR IGNORE`: the conflict clause of the statement outside would win.
const TRIGGERS: &str = r#"
CREATE TRIGGER "cityheart_<n>_insert" AFTER INSERT ON <t> WHEN <others> BEGIN
  INSERT INTO cityheart_journal (collection, key) SELECT <n>, NEW.<i>
    WHERE NOT EXISTS (SELECT 1 FROM cityheart_journal WHERE collection=<n> AND key=NEW.<i>);
END;
CREATE TRIGGER "cityheart_<n>_update" AFTER UPDATE ON <t> WHEN <others> BEGIN
  INSERT INTO cityheart_journal (collection, key, old, old_geom) SELECT <n>, OLD.<i>, <old>, <geom>
    WHERE NOT EXISTS (SELECT 1 FROM cityheart_journal WHERE collection=<n> AND key=OLD.<i>);
  INSERT INTO cityheart_journal (collection, key) SELECT <n>, NEW.<i>
    WHERE NOT EXISTS (SELECT 1 FROM cityheart_journal WHERE collection=<n> AND key=NEW.<i>);
END;
CREATE TRIGGER "cityheart_<n>_delete" AFTER DELETE ON <t> WHEN <others> BEGIN
  INSERT INTO cityheart_journal (collection, key, old, old_geom) SELECT <n>, OLD.<i>, <old>, <geom>
    WHERE NOT EXISTS (SELECT 1 FROM cityheart_journal WHERE collection=<n> AND key=OLD.<i>);
END;
"#;

/// Makes the triggers anew.
pub(super) fn recreate_triggers(conn: &Connection, layer: &GpkgLayer) -> Result<()> {
    for trigger in ["insert", "update", "delete"] {
        conn.execute_batch(&format!("DROP TRIGGER IF EXISTS \"cityheart_{}_{trigger}\"", layer.number))?;
    }
    create_triggers(conn, layer)
}

/// What this transaction writes is its own; to be followed by [`resume_triggers`].
pub(super) fn pause_triggers(conn: &Connection) -> Result<()> {
    conn.prepare_cached("INSERT OR IGNORE INTO cityheart_meta VALUES ('writing', 1)")?.execute([])?;
    Ok(())
}

/// From here on others are noted again, and nothing of ours stays noted.
pub(super) fn resume_triggers(conn: &Connection, layer: &GpkgLayer) -> Result<()> {
    clear_journal(conn, layer)?;
    conn.prepare_cached("DELETE FROM cityheart_meta WHERE key='writing'")?.execute([])?;
    Ok(())
}

/// Whether the triggers are in place. They vanish when a program drops the table and makes it anew.
/// (SQLite prepares a statement anew for each pattern that it is given as it is; one that it puts together itself is not looked into.)
pub(super) fn has_triggers(conn: &Connection, layer: &GpkgLayer) -> Result<bool> {
    let mut statement = conn.prepare_cached(
        "SELECT count(*) FROM sqlite_master WHERE type='trigger' AND name GLOB 'cityheart_'||?1||'_*' AND lower(tbl_name)=lower(?2)",
    )?;
    Ok(statement.query_row(params![layer.number, layer.layout.table], |row| row.get::<_, i64>(0))? == 3)
}

/// Forgets what was noted of a collection.
pub(super) fn clear_journal(conn: &Connection, layer: &GpkgLayer) -> Result<()> {
    conn.prepare_cached("DELETE FROM cityheart_journal WHERE collection=?1")?.execute([layer.number])?;
    Ok(())
}

/// Writes what others did into the change log, as one revision. Returns whether there was anything.
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
    /// When the last of them happened.
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

/// The table was replaced as a whole, and with it our triggers: nothing is known of what was in it before. Its index is left
/// to the program that made it, which may not be done; when the file is opened next, a missing one is made.
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

/// The feature that a row was: its id and values as the SQL function `quote` writes them, with commas between.
fn parse_row(layer: &GpkgLayer, key: i64, old: &str, geom: Option<Vec<u8>>) -> Option<Feature> {
    let mut rest = old;
    next_literal(&mut rest)?;
    let mut values = Vec::with_capacity(layer.collection.fields.len());
    for field in &layer.collection.fields {
        rest = rest.strip_prefix(',')?;
        let cell = next_literal(&mut rest)?;
        values.push(read_value(field.kind, (&cell).into()).unwrap_or_default());
    }
    let geometry = geom.and_then(|g| geometry_blob::decode_geometry(&g).ok()?.geometry);
    Some(Feature { key, id: parse_old_id(key, old)?, geometry, values })
}

/// The id that a row had.
pub(super) fn parse_old_id(key: i64, old: &str) -> Option<FeatureId> {
    match next_literal(&mut &*old)? {
        Sql::Text(id) => FeatureId::new(&id).ok(),
        _ => FeatureId::new(&key.to_string()).ok(),
    }
}

/// Reads one literal: `NULL_FLAG`, a number, `'text'` or `X'…'`.
fn next_literal(rest: &mut &str) -> Option<Sql> {
    if let Some(text) = rest.strip_prefix('\'') {
        let mut out = String::new();
        let mut from = text;
        loop {
            let (head, tail) = from.split_once('\'')?;
            out.push_str(head);
            if let Some(more) = tail.strip_prefix('\'') {
                out.push('\'');
                from = more;
            } else {
                *rest = tail;
                return Some(Sql::Text(out));
            }
        }
    }
    let (word, tail) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
    *rest = tail;
    if word == "NULL" || word.starts_with("X'") {
        return Some(Sql::Null);
    }
    word.parse().map(Sql::Integer).ok().or_else(|| word.parse().map(Sql::Real).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_values_are_read_as_sqlite_writes_them() {
        let conn = Connection::open_in_memory().unwrap();
        let values = [
            Sql::Null,
            Sql::Integer(i64::MIN),
            Sql::Real(0.1 + 0.2),
            Sql::Real(-1.5e300),
            Sql::Text("l'été, 'a'".into()),
            Sql::Text(String::new()),
        ];
        let quoted: Vec<String> =
            values.iter().map(|v| conn.query_row("SELECT quote(?1)", [v], |r| r.get(0)).unwrap()).collect();
        let line = quoted.join(",");
        let mut rest = line.as_str();
        for (i, value) in values.iter().enumerate() {
            if i > 0 {
                rest = rest.strip_prefix(',').unwrap();
            }
            assert_eq!(next_literal(&mut rest).as_ref(), Some(value));
        }
        assert_eq!(rest, "");
    }
}
