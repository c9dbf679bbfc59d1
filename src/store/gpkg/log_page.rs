//! The change log page by page, for clients that keep a copy of a collection: every change once, in order.

use super::change_log::{self, FeatureImage};
use super::gpkg_layer::GpkgLayer;
use super::sql_text::quote_name;
use super::{contents, scan};
use crate::change::{FeatureVersion, LogPage, LogPosition, RevisionNumber};
use crate::error::Result;
use crate::feature::{Feature, FeatureId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::BTreeMap;

pub(super) fn read_page(conn: &Connection, layer: &GpkgLayer, from: LogPosition, limit: usize) -> Result<LogPage> {
    let revision = contents::read_revision(conn, layer)?;
    if layer.number == 0 {
        return Err(scan::changes_unknown_error(layer));
    }
    let mut page = LogPageReader { conn, layer, position: find_start(conn, layer, from)?, limit, versions: vec![] };
    let complete = page.read_versions()?;
    Ok(LogPage {
        versions: page.versions,
        next: (!complete).then_some(page.position),
        revision: if complete { revision } else { page.position.revision.saturating_sub(1) },
    })
}

/// Where the page starts. For a client that starts from the beginning, the log starts with the latest replacement of
/// the whole table.
fn find_start(conn: &Connection, layer: &GpkgLayer, from: LogPosition) -> Result<LogPosition> {
    let mut statement = conn.prepare_cached(
        "SELECT max(revision) FROM cityheart_loads WHERE collection=?1 AND revision>=?2 AND replaced",
    )?;
    let replaced: Option<i64> = statement.query_row(params![layer.number, from.revision as i64], |row| row.get(0))?;
    match replaced.map(|r| r as RevisionNumber) {
        None => Ok(from),
        // A client whose position is within that revision knows of the replacement.
        Some(replaced) if replaced == from.revision && from.key > i64::MIN => Ok(from),
        Some(replaced) if from == LogPosition::after_revision(0) => Ok(LogPosition::after_revision(replaced - 1)),
        Some(_) => Err(scan::changes_unknown_error(layer)),
    }
}

/// A line of `cityheart_loads`.
struct BulkLoad {
    revision: RevisionNumber,
    author: String,
    at: String,
    keys: (i64, i64),
}

struct LogPageReader<'a> {
    conn: &'a Connection,
    layer: &'a GpkgLayer,
    /// The position after the last version of the page.
    position: LogPosition,
    limit: usize,
    versions: Vec<FeatureVersion>,
}

impl LogPageReader<'_> {
    /// Returns whether the page reaches the end of the log.
    fn read_versions(&mut self) -> Result<bool> {
        for load in self.read_loads()? {
            if !self.add_changes(Some(load.revision))? || !self.add_load_features(&load)? {
                return Ok(false);
            }
        }
        self.add_changes(None)
    }

    fn remaining_count(&self) -> usize {
        self.limit.saturating_sub(self.versions.len())
    }

    fn read_loads(&self) -> Result<Vec<BulkLoad>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT revision, author, at, first_key, last_key FROM cityheart_loads WHERE collection=?1 AND revision>=?2 ORDER BY revision",
        )?;
        let load = |row: &Row<'_>| {
            Ok(BulkLoad {
                revision: row.get::<_, i64>(0)? as RevisionNumber,
                author: row.get(1)?,
                at: row.get(2)?,
                keys: (row.get(3)?, row.get(4)?),
            })
        };
        Ok(statement
            .query_map(params![self.layer.number, self.position.revision as i64], load)?
            .collect::<rusqlite::Result<_>>()?)
    }

    /// Adds the lines up to a revision. Returns whether all of them fit on the page.
    fn add_changes(&mut self, until: Option<RevisionNumber>) -> Result<bool> {
        let mut statement = self.conn.prepare_cached(
            "SELECT seq, revision, author, at, key, feature, op, before, before_geom, after, after_geom FROM cityheart_changes
             WHERE collection=?1 AND revision BETWEEN ?2 AND ?3 AND (revision>?2 OR seq>?4) ORDER BY revision, seq LIMIT ?5",
        )?;
        let last = until.map_or(i64::MAX, |r| r as i64);
        let remaining = self.remaining_count();
        let mut rows = statement.query(params![
            self.layer.number,
            self.position.revision as i64,
            last,
            self.position.line,
            remaining as i64 + 1
        ])?;
        while let Some(row) = rows.next()? {
            if self.remaining_count() == 0 {
                return Ok(false);
            }
            let (seq, revision): (i64, i64) = (row.get(0)?, row.get(1)?);
            self.versions.extend(self.read_version(row)?);
            let key = if revision as RevisionNumber == self.position.revision { self.position.key } else { i64::MIN };
            self.position = LogPosition { revision: revision as RevisionNumber, line: seq, key };
        }
        Ok(true)
    }

    /// `None` for a line whose feature has an invalid id.
    fn read_version(&self, row: &Row<'_>) -> Result<Option<FeatureVersion>> {
        let (seq, key, op): (i64, i64, String) = (row.get(0)?, row.get(4)?, row.get(6)?);
        let Ok(id) = FeatureId::new(&row.get::<_, String>(5)?) else { return Ok(None) };
        let (mut before, after): (FeatureImage, FeatureImage) =
            ((row.get(7)?, row.get(8)?), (row.get(9)?, row.get(10)?));
        if before.0.is_none() && op != "create" {
            before = change_log::previous_after_image(self.conn, self.layer, &id, seq)?;
        }
        Ok(Some(FeatureVersion {
            revision: row.get::<_, i64>(1)? as RevisionNumber,
            author: row.get(2)?,
            at: row.get(3)?,
            before: change_log::feature_from_image(self.layer, key, &id, &before),
            after: change_log::feature_from_image(self.layer, key, &id, &after),
        }))
    }

    /// Adds the features of a load. Returns whether all of them fit on the page.
    fn add_load_features(&mut self, load: &BulkLoad) -> Result<bool> {
        let reported_key = if load.revision == self.position.revision { self.position.key } else { i64::MIN };
        let mut first = load.keys.0.max(reported_key.saturating_add(1));
        while first <= load.keys.1 {
            let remaining = self.remaining_count();
            if remaining == 0 {
                return Ok(false);
            }
            let loaded = self.loaded_features(load, first, remaining)?;
            let Some((&last, _)) = loaded.last_key_value() else { break };
            for (key, feature) in loaded {
                let (author, at) = (load.author.clone(), load.at.clone());
                self.versions.push(FeatureVersion {
                    revision: load.revision,
                    author,
                    at,
                    before: None,
                    after: Some(feature),
                });
                let line = if load.revision == self.position.revision { self.position.line } else { 0 };
                self.position = LogPosition { revision: load.revision, line, key };
            }
            first = last.saturating_add(1);
        }
        // The position moves behind the whole load.
        let line = if load.revision == self.position.revision { self.position.line } else { 0 };
        self.position = LogPosition { revision: load.revision, line, key: load.keys.1 };
        Ok(true)
    }

    /// The first features of a load from a key on, as they were loaded, by key.
    fn loaded_features(&self, load: &BulkLoad, first: i64, most: usize) -> Result<BTreeMap<i64, Feature>> {
        let (table, key) = (quote_name(&self.layer.layout.table), quote_name(&self.layer.layout.key));
        let sql = format!("SELECT {key} FROM {table} WHERE {key} BETWEEN ?1 AND ?2 ORDER BY {key} LIMIT ?3");
        let keys: Vec<i64> = self
            .conn
            .prepare_cached(&sql)?
            .query_map(params![first, load.keys.1, most as i64], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let last = if keys.len() < most { load.keys.1 } else { keys.last().copied().unwrap_or(load.keys.1) };
        let mut found = BTreeMap::new();
        // A gap in the keys is a feature that was deleted later, or a key that was never used.
        if last.saturating_sub(first) >= keys.len() as i64 {
            found = self.deleted_features(load, first, last)?;
        }
        for key in keys {
            if let Some(now) = self.layer.find_by_key(self.conn, key)?
                && let Some(then) = self.as_loaded(load, now)?
            {
                found.insert(key, then);
            }
        }
        while found.len() > most {
            found.pop_last();
        }
        Ok(found)
    }

    /// A present feature as it was loaded.
    fn as_loaded(&self, load: &BulkLoad, now: Feature) -> Result<Option<Feature>> {
        match self.first_change(load, &now.id)? {
            None => Ok(Some(now)),
            // Another program has changed its id since; the line before has the id that it was loaded with.
            Some((op, _)) if op == "create" => Ok(self.deleted_features(load, now.key, now.key)?.remove(&now.key)),
            Some((_, image)) => Ok(change_log::feature_from_image(self.layer, now.key, &now.id, &image)),
        }
    }

    /// The features of a load that were deleted since, as they were loaded.
    fn deleted_features(&self, load: &BulkLoad, first: i64, last: i64) -> Result<BTreeMap<i64, Feature>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT key, feature FROM cityheart_changes WHERE collection=?1 AND revision>?2 AND op='delete' AND key BETWEEN ?3 AND ?4 ORDER BY seq DESC",
        )?;
        let pairs = statement
            .query_map(params![self.layer.number, load.revision as i64, first, last], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let mut deleted = BTreeMap::new();
        for (key, id) in pairs {
            let Ok(id) = FeatureId::new(&id) else { continue };
            if let Some((op, image)) = self.first_change(load, &id)?
                && op != "create"
                && let Some(feature) = change_log::feature_from_image(self.layer, key, &id, &image)
            {
                deleted.insert(key, feature);
            }
        }
        Ok(deleted)
    }

    /// The first change of a feature after a load: its operation, and the feature before it.
    fn first_change(&self, load: &BulkLoad, id: &FeatureId) -> Result<Option<(String, FeatureImage)>> {
        let mut statement = self.conn.prepare_cached(
            "SELECT seq, op, before, before_geom FROM cityheart_changes WHERE collection=?1 AND feature=?2 AND revision>?3 ORDER BY seq LIMIT 1",
        )?;
        let line = statement.query_row(params![self.layer.number, id.as_str(), load.revision as i64], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, (row.get(2)?, row.get(3)?)))
        });
        let Some((seq, op, before)) = line.optional()? else { return Ok(None) };
        let before: FeatureImage = before;
        let left_out = before.0.is_none() && op != "create";
        Ok(Some((
            op,
            if left_out { change_log::previous_after_image(self.conn, self.layer, id, seq)? } else { before },
        )))
    }
}
