//! The change log: who changed what, when, with the feature before and after. Kept compact: a `before` that equals the
//! `after` of the line before it is left out, and features that came in bulk have one line for all in `cityheart_loads`.

use super::layer::Layer;
use super::{blob, journal, tables};
use crate::change::{Revision, Version};
use crate::error::{Error, Result};
use crate::feature::{Feature, FeatureId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// One line to be written. At least one of `before` and `after` is there.
pub(super) struct Entry<'a> {
    pub revision: Revision,
    pub author: &'a str,
    pub at: &'a str,
    pub before: Option<&'a Feature>,
    pub after: Option<&'a Feature>,
}

/// A feature as the log keeps it: properties by name as JSON, geometry as a GeoPackage blob.
pub(super) type Image = (Option<String>, Option<Vec<u8>>);

pub(super) fn write(conn: &Connection, layer: &Layer, entry: &Entry<'_>) -> Result<()> {
    let Some(feature) = entry.after.or(entry.before) else {
        return Ok(());
    };
    let op = match (entry.before, entry.after) {
        (None, _) => "create",
        (Some(_), Some(_)) => "replace",
        (Some(_), None) => "delete",
    };
    let mut before = entry.before.map(|f| image(layer, f)).transpose()?.unwrap_or_default();
    if before.0.is_some() && last_after(conn, layer, &feature.id)?.as_ref() == Some(&before) {
        before = (None, None);
    }
    let after = entry.after.map(|f| image(layer, f)).transpose()?.unwrap_or_default();
    conn.prepare_cached(
        "INSERT INTO cityheart_changes (collection, revision, key, feature, author, at, op, before, before_geom, after, after_geom)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![layer.number, entry.revision as i64, feature.key, feature.id.as_str(), entry.author, entry.at, op, before.0, before.1, after.0, after.1])?;
    Ok(())
}

fn last_after(conn: &Connection, layer: &Layer, id: &FeatureId) -> Result<Option<Image>> {
    let mut ask = conn.prepare_cached(
        "SELECT after, after_geom FROM cityheart_changes WHERE collection=?1 AND feature=?2 ORDER BY seq DESC LIMIT 1",
    )?;
    Ok(ask.query_row(params![layer.number, id.as_str()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

fn image(layer: &Layer, feature: &Feature) -> Result<Image> {
    let properties = serde_json::to_string(&Properties(layer, feature)).map_err(Error::internal)?;
    let geometry = feature.geometry.as_ref().map(|g| {
        let mut bytes = Vec::new();
        blob::encode(g, &mut bytes);
        bytes
    });
    Ok((Some(properties), geometry))
}

/// What a feature has of the fields of its collection.
struct Properties<'a>(&'a Layer, &'a Feature);

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> std::result::Result<S::Ok, S::Error> {
        let fields = self.0.collection.fields.iter().zip(&self.1.values);
        out.collect_map(fields.filter(|(_, v)| !v.is_null()).map(|(f, v)| (&f.name, v)))
    }
}

/// The feature of an image; fields that the collection has no more are left out.
pub(super) fn feature(layer: &Layer, key: i64, id: &FeatureId, image: &Image) -> Option<Feature> {
    let properties: Map<String, Json> = serde_json::from_str(image.0.as_ref()?).ok()?;
    let values = layer
        .collection
        .fields
        .iter()
        .map(|f| properties.get(&f.name).and_then(|j| f.kind.read(j).ok()).unwrap_or_default())
        .collect();
    let geometry = image.1.as_ref().and_then(|b| blob::decode(b).ok()?.geometry);
    Some(Feature { key, id: id.clone(), geometry, values })
}

/// The revision at which a feature last changed, and who did it.
pub(super) fn last(conn: &Connection, layer: &Layer, feature: &Feature) -> Result<(Revision, String)> {
    let mut ask = conn.prepare_cached(
        "SELECT revision, author FROM cityheart_changes WHERE collection=?1 AND feature=?2
         UNION ALL SELECT revision, author FROM cityheart_loads WHERE collection=?1 AND ?3 BETWEEN first_key AND last_key ORDER BY 1 DESC LIMIT 1",
    )?;
    let found = ask.query_row(params![layer.number, feature.id.as_str(), feature.key], |row| {
        Ok((row.get::<_, i64>(0)? as Revision, row.get(1)?))
    });
    Ok(found.optional()?.unwrap_or_default())
}

/// Whether a feature with this id was deleted (and is not there any more).
pub(super) fn was_deleted(conn: &Connection, layer: &Layer, id: &FeatureId) -> Result<bool> {
    let mut ask = conn
        .prepare_cached("SELECT 1 FROM cityheart_changes WHERE collection=?1 AND feature=?2 AND op='delete' LIMIT 1")?;
    Ok(ask.exists(params![layer.number, id.as_str()])?)
}

/// Whether anything was ever deleted from this collection, which is dear to ask for each of a million features.
pub(super) fn any_deleted(conn: &Connection, layer: &Layer) -> Result<bool> {
    Ok(conn
        .prepare_cached("SELECT 1 FROM cityheart_changes WHERE collection=?1 AND op='delete' LIMIT 1")?
        .exists([layer.number])?)
}

/// Notes a bulk load.
pub(super) fn write_load(
    conn: &Connection,
    layer: &Layer,
    revision: Revision,
    author: &str,
    keys: (i64, i64),
    replaced: bool,
) -> Result<()> {
    let at = tables::now();
    conn.execute(
        "INSERT INTO cityheart_loads VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![layer.number, revision as i64, author, at, keys.0, keys.1, replaced],
    )?;
    Ok(())
}

/// The keys that changed after a revision, with the id that was under each. `None` when that is not known.
pub(super) fn since(
    conn: &Connection,
    layer: &Layer,
    since: Revision,
) -> Result<Option<BTreeMap<i64, Option<FeatureId>>>> {
    let mut replaced =
        conn.prepare_cached("SELECT 1 FROM cityheart_loads WHERE collection=?1 AND revision>?2 AND replaced")?;
    if replaced.exists(params![layer.number, since as i64])? {
        return Ok(None);
    }
    let mut ask = conn.prepare_cached(
        "SELECT key, feature, NULL FROM cityheart_changes WHERE collection=?1 AND revision>?2
         UNION ALL SELECT key, NULL, old FROM cityheart_journal WHERE collection=?1 ORDER BY 1",
    )?;
    let mut rows = ask.query(params![layer.number, since as i64])?;
    let mut keys: BTreeMap<i64, Option<FeatureId>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (key, id, old): (i64, Option<String>, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let known = keys.entry(key).or_default();
        if known.is_none() {
            *known = id.and_then(|id| FeatureId::new(&id).ok()).or_else(|| journal::old_id(key, &old?));
        }
    }
    Ok(Some(keys))
}

/// The ranges of keys that were loaded after a revision.
pub(super) fn loads_since(conn: &Connection, layer: &Layer, since: Revision) -> Result<Vec<(i64, i64)>> {
    let mut ask = conn.prepare_cached(
        "SELECT first_key, last_key FROM cityheart_loads WHERE collection=?1 AND revision>?2 ORDER BY 1",
    )?;
    Ok(ask
        .query_map(params![layer.number, since as i64], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

/// The versions of a feature, oldest first.
pub(super) fn history(conn: &Connection, layer: &Layer, id: &FeatureId) -> Result<Vec<Version>> {
    let current = layer.find(conn, id)?;
    let lines = lines(conn, layer, id)?;
    if current.is_none() && lines.is_empty() {
        return Err(Error::NotFound(format!("There has never been a feature '{id}' in '{}'.", layer.collection.id)));
    }
    let mut versions: Vec<Version> = Vec::with_capacity(lines.len() + 1);
    if lines.first().is_none_or(|l| l.op != "create") {
        let key = lines.first().map(|l| l.key).or(current.as_ref().map(|f| f.key)).unwrap_or_default();
        let after = lines.first().map_or_else(|| current.clone(), |l| feature(layer, l.key, id, &l.before));
        versions.extend(loaded(conn, layer, key)?.map(|(revision, author, at)| Version {
            revision,
            author,
            at,
            before: None,
            after,
        }));
    }
    for line in lines {
        let kept = feature(layer, line.key, id, &line.before);
        let before =
            if line.op == "create" { None } else { kept.or_else(|| versions.last().and_then(|v| v.after.clone())) };
        let after = feature(layer, line.key, id, &line.after);
        versions.push(Version { revision: line.revision, author: line.author, at: line.at, before, after });
    }
    Ok(versions)
}

struct Line {
    revision: Revision,
    author: String,
    at: String,
    key: i64,
    op: String,
    before: Image,
    after: Image,
}

fn lines(conn: &Connection, layer: &Layer, id: &FeatureId) -> Result<Vec<Line>> {
    if layer.number == 0 {
        return Ok(Vec::new());
    }
    let mut ask = conn.prepare_cached(
        "SELECT revision, author, at, key, op, before, before_geom, after, after_geom FROM cityheart_changes WHERE collection=?1 AND feature=?2 ORDER BY seq",
    )?;
    let line = |row: &Row<'_>| {
        Ok(Line {
            revision: row.get::<_, i64>(0)? as Revision,
            author: row.get(1)?,
            at: row.get(2)?,
            key: row.get(3)?,
            op: row.get(4)?,
            before: (row.get(5)?, row.get(6)?),
            after: (row.get(7)?, row.get(8)?),
        })
    };
    Ok(ask.query_map(params![layer.number, id.as_str()], line)?.collect::<rusqlite::Result<_>>()?)
}

/// When and by whom the feature with this key was loaded.
fn loaded(conn: &Connection, layer: &Layer, key: i64) -> Result<Option<(Revision, String, String)>> {
    if layer.number == 0 {
        return Ok(None);
    }
    let mut ask = conn.prepare_cached("SELECT revision, author, at FROM cityheart_loads WHERE collection=?1 AND ?2 BETWEEN first_key AND last_key ORDER BY revision LIMIT 1")?;
    Ok(ask
        .query_row(params![layer.number, key], |row| Ok((row.get::<_, i64>(0)? as Revision, row.get(1)?, row.get(2)?)))
        .optional()?)
}
