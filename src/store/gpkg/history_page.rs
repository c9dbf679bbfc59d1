//! The history of one feature, page by page, and what is removed from it when it may not grow for ever.

use super::change_log::{self, ChangeRow};
use super::gpkg_layer::GpkgLayer;
use super::package_state::GeoPackageState;
use crate::change::{FeatureVersion, HistoryOrder, HistoryPage, HistoryQuery, HistoryRetention, HistorySize};
use crate::error::{Error, Result};
use crate::feature::FeatureId;
use jiff::{Timestamp, ToSpan};
use rusqlite::{Connection, OptionalExtension, params};

/// The position of the version that a bulk load made, before all lines of the log.
const LOAD_POSITION: i64 = 0;
/// Versions that are removed in one transaction: edits wait for it.
const BATCH: usize = 1_000;

pub(super) fn read_page(
    conn: &Connection,
    layer: &GpkgLayer,
    id: &FeatureId,
    query: &HistoryQuery,
) -> Result<HistoryPage> {
    let newest = query.order == HistoryOrder::NewestFirst;
    let (compare, direction, start) = if newest { ("<", "DESC", i64::MAX) } else { (">", "ASC", i64::MIN) };
    let after = query.after.unwrap_or(start);
    let tail = format!("AND seq{compare}?3 ORDER BY seq {direction} LIMIT ?4");
    let most = i64::try_from(query.limit).unwrap_or(i64::MAX - 1);
    let mut rows = change_log::select_rows(conn, layer, id, false, &tail, &[&after, &(most + 1)])?;
    let loaded = if after == LOAD_POSITION { None } else { read_loaded(conn, layer, id)? };
    let more = rows.len() > query.limit;
    rows.truncate(query.limit);
    let mut versions: Vec<(i64, FeatureVersion)> = Vec::with_capacity(rows.len() + 1);
    for row in rows {
        versions.push((row.seq, row.into_version(conn, layer, id)?));
    }
    // The version of the load is the oldest.
    let mut next = more.then(|| versions.last().map_or(after, |(seq, _)| *seq));
    if let Some(loaded) = loaded {
        if newest && next.is_none() {
            if versions.len() < query.limit {
                versions.push((LOAD_POSITION, loaded));
            } else {
                next = versions.last().map(|(seq, _)| *seq);
            }
        } else if !newest && after == start {
            versions.insert(0, (LOAD_POSITION, loaded));
            if versions.len() > query.limit {
                versions.truncate(query.limit);
                next = versions.last().map(|(seq, _)| *seq);
            }
        }
    }
    if versions.is_empty() && !exists(conn, layer, id)? {
        return Err(Error::NotFound(format!("'{}' has never had a feature '{id}'.", layer.collection.id)));
    }
    Ok(HistoryPage { versions: versions.into_iter().map(|(_, version)| version).collect(), next })
}

/// The version that a bulk load made, if the feature comes from one.
fn read_loaded(conn: &Connection, layer: &GpkgLayer, id: &FeatureId) -> Result<Option<FeatureVersion>> {
    let first = change_log::select_rows(conn, layer, id, false, "ORDER BY seq LIMIT 1", &[])?.pop();
    if first.as_ref().is_some_and(|row| row.op == "create") {
        return Ok(None);
    }
    let current = layer.find_feature(conn, id)?;
    let Some(key) = first.as_ref().map(|row| row.key).or(current.as_ref().map(|f| f.key)) else { return Ok(None) };
    let after = first.map_or(current, |row| change_log::feature_from_image(layer, row.key, id, &row.before.0));
    let load = change_log::find_load(conn, layer, key)?;
    Ok(load.map(|(revision, author, at)| FeatureVersion { revision, author, at, before: None, after }))
}

fn exists(conn: &Connection, layer: &GpkgLayer, id: &FeatureId) -> Result<bool> {
    Ok(layer.find_feature(conn, id)?.is_some()
        || !change_log::select_rows(conn, layer, id, false, "LIMIT 1", &[])?.is_empty())
}

impl ChangeRow {
    fn into_version(self, conn: &Connection, layer: &GpkgLayer, id: &FeatureId) -> Result<FeatureVersion> {
        let before = if self.op == "create" {
            None
        } else if self.before.0.0.is_some() {
            change_log::feature_from_image(layer, self.key, id, &self.before.0)
        } else {
            let image = change_log::previous_after_image(conn, layer, id, self.seq)?;
            change_log::feature_from_image(layer, self.key, id, &image)
        };
        let after = change_log::feature_from_image(layer, self.key, id, &self.after.0);
        Ok(FeatureVersion { revision: self.revision, author: self.author, at: self.at, before, after })
    }
}

impl GeoPackageState {
    /// Removes versions that need not be kept, some at a time. The first and the last version of a feature, its
    /// creation and its removal stay: whoever follows the change log arrives at the same state, no id is used twice,
    /// and who created a feature is known.
    pub(super) fn compact_history(&self, keep: HistoryRetention) -> Result<u64> {
        let Some((cutoff, newer)) = removal_bounds(keep) else { return Ok(0) };
        let mut removed = 0;
        let mut after = 0;
        loop {
            let batch = self.run_read(|conn, _| find_removable(conn, &cutoff, newer, after))?;
            let Some(last) = batch.last() else { return Ok(removed) };
            after = *last;
            self.run_write_log(|conn| batch.iter().try_for_each(|seq| remove_version(conn, *seq)))?;
            removed += batch.len() as u64;
        }
    }

    pub(super) fn count_versions(&self) -> Result<u64> {
        self.run_read(|conn, _| {
            if !super::tables::table_exists(conn, "cityheart_changes")? {
                return Ok(0);
            }
            let count: i64 = conn.query_row("SELECT count(*) FROM cityheart_changes", [], |row| row.get(0))?;
            Ok(count.unsigned_abs())
        })
    }

    pub(super) fn history_size(&self) -> Result<HistorySize> {
        self.run_read(|conn, _| {
            let sql =
                "SELECT count(*), coalesce(sum(coalesce(length(CAST(before AS BLOB)),0)+coalesce(length(before_geom),0)
                +coalesce(length(CAST(after AS BLOB)),0)+coalesce(length(after_geom),0)),0) FROM cityheart_changes";
            if !super::tables::table_exists(conn, "cityheart_changes")? {
                return Ok(HistorySize::default());
            }
            let (versions, bytes): (i64, i64) = conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(HistorySize { versions: versions.unsigned_abs(), bytes: bytes.unsigned_abs() })
        })
    }
}

/// The time before which versions are removed, and how many newer ones a version needs to be removed.
fn removal_bounds(keep: HistoryRetention) -> Option<(String, i64)> {
    let days = keep.days.map(|days| Timestamp::now().saturating_sub((i64::from(days) * 24).hours()));
    let cutoff = match days {
        Some(Ok(at)) => format!("{at:.3}"),
        _ => String::new(),
    };
    (keep.days.is_some() || keep.versions.is_some()).then(|| (cutoff, keep.versions.map_or(i64::MAX, i64::from)))
}

fn find_removable(conn: &Connection, cutoff: &str, newer: i64, after: i64) -> Result<Vec<i64>> {
    let mut statement = conn.prepare_cached(
        "SELECT seq FROM cityheart_changes c WHERE seq>?3 AND op='replace'
         AND EXISTS (SELECT 1 FROM cityheart_changes n WHERE n.collection=c.collection AND n.feature=c.feature AND n.seq>c.seq)
         AND EXISTS (SELECT 1 FROM cityheart_changes p WHERE p.collection=c.collection AND p.feature=c.feature AND p.seq<c.seq)
         AND (c.at<?1 OR (SELECT count(*) FROM cityheart_changes n WHERE n.collection=c.collection AND n.feature=c.feature AND n.seq>c.seq)>=?2)
         ORDER BY seq LIMIT ?4",
    )?;
    let found = statement.query_map(params![cutoff, newer, after, BATCH as i64], |row| row.get(0))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Removes a version; the next one of its feature, whose state before it is that after this one, gets a copy of it.
fn remove_version(conn: &Connection, seq: i64) -> Result<()> {
    let mut find = conn.prepare_cached(
        "SELECT n.seq FROM cityheart_changes c JOIN cityheart_changes n ON n.collection=c.collection AND n.feature=c.feature
         WHERE c.seq=?1 AND n.seq>?1 ORDER BY n.seq LIMIT 1",
    )?;
    let next: Option<i64> = find.query_row([seq], |row| row.get(0)).optional()?;
    conn.prepare_cached(
        "UPDATE cityheart_changes SET before=c.after, before_geom=c.after_geom FROM (SELECT after, after_geom FROM cityheart_changes WHERE seq=?1) c
         WHERE seq=?2 AND before IS NULL AND op<>'create'",
    )?
    .execute(params![seq, next])?;
    conn.prepare_cached("DELETE FROM cityheart_changes WHERE seq=?1")?.execute([seq])?;
    Ok(())
}
