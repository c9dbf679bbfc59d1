//! The change log page by page, for those who keep a copy of a collection: every change once, in the order it happened.

use super::changes::{self, Image};
use super::layer::{Layer, quoted};
use super::{contents, scan};
use crate::change::{LogPage, LogPlace, Revision, Version};
use crate::error::Result;
use crate::feature::{Feature, FeatureId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::BTreeMap;

pub(super) fn page(conn: &Connection, layer: &Layer, from: LogPlace, limit: usize) -> Result<LogPage> {
    let revision = contents::revision(conn, layer)?;
    if layer.number == 0 {
        return Err(scan::unknown(layer));
    }
    let mut page = Page { conn, layer, place: start(conn, layer, from)?, limit, versions: vec![] };
    let complete = page.fill()?;
    Ok(LogPage {
        versions: page.versions,
        next: (!complete).then_some(page.place),
        revision: if complete { revision } else { page.place.revision.saturating_sub(1) },
    })
}

/// Where the log can be told from. A table that was replaced as a whole begins anew, for those who begin with it.
fn start(conn: &Connection, layer: &Layer, from: LogPlace) -> Result<LogPlace> {
    let mut ask = conn.prepare_cached(
        "SELECT max(revision) FROM cityheart_loads WHERE collection=?1 AND revision>=?2 AND replaced",
    )?;
    let anew: Option<i64> = ask.query_row(params![layer.number, from.revision as i64], |row| row.get(0))?;
    match anew.map(|r| r as Revision) {
        None => Ok(from),
        // Somebody who is within that revision has been told of it.
        Some(anew) if anew == from.revision && from.key > i64::MIN => Ok(from),
        Some(anew) if from == LogPlace::after(0) => Ok(LogPlace::after(anew - 1)),
        Some(_) => Err(scan::unknown(layer)),
    }
}

/// Features that came at once.
struct Load {
    revision: Revision,
    author: String,
    at: String,
    keys: (i64, i64),
}

struct Page<'a> {
    conn: &'a Connection,
    layer: &'a Layer,
    /// Up to where the page tells.
    place: LogPlace,
    limit: usize,
    versions: Vec<Version>,
}

impl Page<'_> {
    /// Returns whether the end was reached.
    fn fill(&mut self) -> Result<bool> {
        for load in self.loads()? {
            if !self.lines(Some(load.revision))? || !self.rows(&load)? {
                return Ok(false);
            }
        }
        self.lines(None)
    }

    fn room(&self) -> usize {
        self.limit.saturating_sub(self.versions.len())
    }

    fn loads(&self) -> Result<Vec<Load>> {
        let mut ask = self.conn.prepare_cached(
            "SELECT revision, author, at, first_key, last_key FROM cityheart_loads WHERE collection=?1 AND revision>=?2 ORDER BY revision",
        )?;
        let load = |row: &Row<'_>| {
            Ok(Load {
                revision: row.get::<_, i64>(0)? as Revision,
                author: row.get(1)?,
                at: row.get(2)?,
                keys: (row.get(3)?, row.get(4)?),
            })
        };
        Ok(ask
            .query_map(params![self.layer.number, self.place.revision as i64], load)?
            .collect::<rusqlite::Result<_>>()?)
    }

    /// Tells lines up to a revision. Returns whether all of them found room.
    fn lines(&mut self, until: Option<Revision>) -> Result<bool> {
        let mut ask = self.conn.prepare_cached(
            "SELECT seq, revision, author, at, key, feature, op, before, before_geom, after, after_geom FROM cityheart_changes
             WHERE collection=?1 AND revision BETWEEN ?2 AND ?3 AND (revision>?2 OR seq>?4) ORDER BY revision, seq LIMIT ?5",
        )?;
        let last = until.map_or(i64::MAX, |r| r as i64);
        let room = self.room();
        let mut rows =
            ask.query(params![self.layer.number, self.place.revision as i64, last, self.place.line, room as i64 + 1])?;
        while let Some(row) = rows.next()? {
            if self.room() == 0 {
                return Ok(false);
            }
            let (seq, revision): (i64, i64) = (row.get(0)?, row.get(1)?);
            self.versions.extend(self.version(row)?);
            let key = if revision as Revision == self.place.revision { self.place.key } else { i64::MIN };
            self.place = LogPlace { revision: revision as Revision, line: seq, key };
        }
        Ok(true)
    }

    /// `None` for a line whose feature cannot be named any more.
    fn version(&self, row: &Row<'_>) -> Result<Option<Version>> {
        let (seq, key, op): (i64, i64, String) = (row.get(0)?, row.get(4)?, row.get(6)?);
        let Ok(id) = FeatureId::new(&row.get::<_, String>(5)?) else { return Ok(None) };
        let (mut before, after): (Image, Image) = ((row.get(7)?, row.get(8)?), (row.get(9)?, row.get(10)?));
        if before.0.is_none() && op != "create" {
            before = self.after_before(&id, seq)?;
        }
        Ok(Some(Version {
            revision: row.get::<_, i64>(1)? as Revision,
            author: row.get(2)?,
            at: row.get(3)?,
            before: changes::feature(self.layer, key, &id, &before),
            after: changes::feature(self.layer, key, &id, &after),
        }))
    }

    /// What a feature was after the line before this one.
    fn after_before(&self, id: &FeatureId, seq: i64) -> Result<Image> {
        let mut ask = self.conn.prepare_cached(
            "SELECT after, after_geom FROM cityheart_changes WHERE collection=?1 AND feature=?2 AND seq<?3 ORDER BY seq DESC LIMIT 1",
        )?;
        let found = ask.query_row(params![self.layer.number, id.as_str(), seq], |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(found.optional()?.unwrap_or_default())
    }

    /// Tells features of a load. Returns whether all of them found room.
    fn rows(&mut self, load: &Load) -> Result<bool> {
        let told = if load.revision == self.place.revision { self.place.key } else { i64::MIN };
        let mut first = load.keys.0.max(told.saturating_add(1));
        while first <= load.keys.1 {
            let room = self.room();
            if room == 0 {
                return Ok(false);
            }
            let loaded = self.loaded(load, first, room)?;
            let Some((&last, _)) = loaded.last_key_value() else { break };
            for (key, feature) in loaded {
                let (author, at) = (load.author.clone(), load.at.clone());
                self.versions.push(Version { revision: load.revision, author, at, before: None, after: Some(feature) });
                let line = if load.revision == self.place.revision { self.place.line } else { 0 };
                self.place = LogPlace { revision: load.revision, line, key };
            }
            first = last.saturating_add(1);
        }
        // Whoever comes back finds the whole load behind.
        let line = if load.revision == self.place.revision { self.place.line } else { 0 };
        self.place = LogPlace { revision: load.revision, line, key: load.keys.1 };
        Ok(true)
    }

    /// The first features of a load from a key on, as they came, by key.
    fn loaded(&self, load: &Load, first: i64, most: usize) -> Result<BTreeMap<i64, Feature>> {
        let (table, key) = (quoted(&self.layer.layout.table), quoted(&self.layer.layout.key));
        let sql = format!("SELECT {key} FROM {table} WHERE {key} BETWEEN ?1 AND ?2 ORDER BY {key} LIMIT ?3");
        let keys: Vec<i64> = self
            .conn
            .prepare_cached(&sql)?
            .query_map(params![first, load.keys.1, most as i64], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let last = if keys.len() < most { load.keys.1 } else { keys.last().copied().unwrap_or(load.keys.1) };
        let mut found = BTreeMap::new();
        // A gap among the keys is a feature that was deleted later, or never one.
        if last.saturating_sub(first) >= keys.len() as i64 {
            found = self.gone(load, first, last)?;
        }
        for key in keys {
            if let Some(now) = self.layer.find_key(self.conn, key)?
                && let Some(then) = self.as_it_came(load, now)?
            {
                found.insert(key, then);
            }
        }
        while found.len() > most {
            found.pop_last();
        }
        Ok(found)
    }

    /// What is under a key now, as it came.
    fn as_it_came(&self, load: &Load, now: Feature) -> Result<Option<Feature>> {
        match self.first_line(load, &now.id)? {
            None => Ok(Some(now)),
            // Another program gave it another id since: the line before says which it had.
            Some((op, _)) if op == "create" => Ok(self.gone(load, now.key, now.key)?.remove(&now.key)),
            Some((_, image)) => Ok(changes::feature(self.layer, now.key, &now.id, &image)),
        }
    }

    /// Features of a load that went since, as they came.
    fn gone(&self, load: &Load, first: i64, last: i64) -> Result<BTreeMap<i64, Feature>> {
        let mut ask = self.conn.prepare_cached(
            "SELECT key, feature FROM cityheart_changes WHERE collection=?1 AND revision>?2 AND op='delete' AND key BETWEEN ?3 AND ?4 ORDER BY seq DESC",
        )?;
        let pairs = ask
            .query_map(params![self.layer.number, load.revision as i64, first, last], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let mut gone = BTreeMap::new();
        for (key, id) in pairs {
            let Ok(id) = FeatureId::new(&id) else { continue };
            if let Some((op, image)) = self.first_line(load, &id)?
                && op != "create"
                && let Some(feature) = changes::feature(self.layer, key, &id, &image)
            {
                gone.insert(key, feature);
            }
        }
        Ok(gone)
    }

    /// The first change of a feature after a load: what it was, and what it found.
    fn first_line(&self, load: &Load, id: &FeatureId) -> Result<Option<(String, Image)>> {
        let mut ask = self.conn.prepare_cached(
            "SELECT seq, op, before, before_geom FROM cityheart_changes WHERE collection=?1 AND feature=?2 AND revision>?3 ORDER BY seq LIMIT 1",
        )?;
        let line = ask.query_row(params![self.layer.number, id.as_str(), load.revision as i64], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, (row.get(2)?, row.get(3)?)))
        });
        let Some((seq, op, before)) = line.optional()? else { return Ok(None) };
        let before: Image = before;
        let left_out = before.0.is_none() && op != "create";
        Ok(Some((op, if left_out { self.after_before(id, seq)? } else { before })))
    }
}
