//! The change log: who changed what and when, with the feature before and after. It is compact: a `before` that equals
//! the `after` of the previous line of its feature is omitted, and a bulk load has one line for all its features, in
//! `cityheart_loads`.

use super::gpkg_layer::GpkgLayer;
use super::stored_row::{RawCells, StoredRow};
use super::{geometry_blob, noted_row, tables};
use crate::change::{AccountId, FeatureVersion, RevisionNumber, StatePosition, find_state};
use crate::error::{Error, Result, version_removed_error};
use crate::feature::{Feature, FeatureId};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, HashSet};

/// One line to be written, with `before`, `after`, or both.
pub(super) struct LogEntry<'a> {
    pub revision: RevisionNumber,
    pub author: &'a str,
    pub account: Option<&'a AccountId>,
    pub at: &'a str,
    pub before: Option<&'a StoredRow>,
    pub after: Option<&'a StoredRow>,
}

/// A feature in the log: properties by name as JSON, geometry as a GeoPackage blob.
pub(super) type FeatureImage = (Option<String>, Option<Vec<u8>>);

/// A row in the log: the same, and its raw cells as JSON.
pub(super) type RowImage = (FeatureImage, Option<String>);

pub(super) fn write_entry(conn: &Connection, layer: &GpkgLayer, entry: &LogEntry<'_>) -> Result<()> {
    let Some(StoredRow { feature, .. }) = entry.after.or(entry.before) else {
        return Ok(());
    };
    let op = match (entry.before, entry.after) {
        (None, _) => "create",
        (Some(_), Some(_)) => "replace",
        (Some(_), None) => "delete",
    };
    let mut before = entry.before.map(|row| image_from_row(layer, row)).transpose()?.unwrap_or_default();
    if before.0.0.is_some() && last_after_image(conn, layer, &feature.id)?.as_ref() == Some(&before) {
        before = RowImage::default();
    }
    let after = entry.after.map(|row| image_from_row(layer, row)).transpose()?.unwrap_or_default();
    conn.prepare_cached(
        "INSERT INTO cityheart_changes (collection, revision, key, feature, author, at, op, before, before_geom, after, after_geom, before_raw, after_raw, author_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?
    .execute(params![
        layer.number,
        entry.revision as i64,
        feature.key,
        feature.id.as_str(),
        entry.author,
        entry.at,
        op,
        before.0.0,
        before.0.1,
        after.0.0,
        after.0.1,
        before.1,
        after.1,
        entry.account.map(AccountId::as_str)
    ])?;
    Ok(())
}

fn last_after_image(conn: &Connection, layer: &GpkgLayer, id: &FeatureId) -> Result<Option<RowImage>> {
    let mut statement = conn.prepare_cached(
        "SELECT after, after_geom, after_raw FROM cityheart_changes WHERE collection=?1 AND feature=?2 ORDER BY seq DESC LIMIT 1",
    )?;
    let image = |row: &Row<'_>| Ok(((row.get(0)?, row.get(1)?), row.get(2)?));
    Ok(statement.query_row(params![layer.number, id.as_str()], image).optional()?)
}

fn image_from_row(layer: &GpkgLayer, row: &StoredRow) -> Result<RowImage> {
    let properties = serde_json::to_string(&LoggedProperties(layer, &row.feature)).map_err(Error::internal)?;
    Ok(((Some(properties), row.geom.clone()), row.raw.to_json()))
}

/// The properties of a feature that have a value.
struct LoggedProperties<'a>(&'a GpkgLayer, &'a Feature);

impl Serialize for LoggedProperties<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> std::result::Result<S::Ok, S::Error> {
        let fields = self.0.collection.fields.iter().zip(&self.1.values);
        out.collect_map(fields.filter(|(_, v)| !v.is_null()).map(|(f, v)| (&f.name, v)))
    }
}

/// The feature of an image; fields that the collection no longer has are omitted.
pub(super) fn feature_from_image(layer: &GpkgLayer, key: i64, id: &FeatureId, image: &FeatureImage) -> Option<Feature> {
    let properties: Map<String, Json> = serde_json::from_str(image.0.as_ref()?).ok()?;
    let values = layer
        .collection
        .fields
        .iter()
        .map(|f| properties.get(&f.name).and_then(|j| f.kind.read_value(j).ok()).unwrap_or_default())
        .collect();
    let geometry = image.1.as_ref().and_then(|b| geometry_blob::decode_geometry(b).ok()?.geometry);
    Some(Feature { key, id: id.clone(), geometry, values })
}

/// The row of an image.
fn row_from_image(layer: &GpkgLayer, key: i64, id: &FeatureId, image: &RowImage) -> Option<StoredRow> {
    let feature = feature_from_image(layer, key, id, &image.0)?;
    let mut raw = RawCells::from_json(image.1.as_deref());
    let known: HashSet<&String> = layer.layout.value_columns().chain(&layer.layout.geom).collect();
    raw.retain(|column| known.iter().any(|k| k.as_str() == column));
    Some(StoredRow { feature, geom: image.0.1.clone(), raw })
}

/// The row as it was after a revision; `None` when it did not exist then.
///
/// # Errors
/// [`Error::Refused`] when the versions around that revision were removed.
pub(super) fn row_at_revision(
    conn: &Connection,
    layer: &GpkgLayer,
    id: &FeatureId,
    revision: RevisionNumber,
) -> Result<Option<StoredRow>> {
    let mut versions = read_versions(conn, layer, id, true)?;
    let position = find_state(&versions, revision, |v| {
        (v.revision, v.before.as_ref().map(|row| &row.feature), v.after.as_ref().map(|row| &row.feature))
    })
    .map_err(|known| version_removed_error(id, revision, known))?;
    Ok(position.and_then(|position| match position {
        StatePosition::Before(at) => versions.swap_remove(at).before,
        StatePosition::After(at) => versions.swap_remove(at).after,
    }))
}

/// The revision at which a feature last changed, and the author.
pub(super) fn last_change(conn: &Connection, layer: &GpkgLayer, feature: &Feature) -> Result<(RevisionNumber, String)> {
    let mut statement = conn.prepare_cached(
        "SELECT revision, author FROM cityheart_changes WHERE collection=?1 AND feature=?2
         UNION ALL SELECT revision, author FROM cityheart_loads WHERE collection=?1 AND ?3 BETWEEN first_key AND last_key ORDER BY 1 DESC LIMIT 1",
    )?;
    let found = statement.query_row(params![layer.number, feature.id.as_str(), feature.key], |row| {
        Ok((row.get::<_, i64>(0)? as RevisionNumber, row.get(1)?))
    });
    Ok(found.optional()?.unwrap_or_default())
}

/// Whether a feature with this id was ever deleted.
pub(super) fn was_deleted(conn: &Connection, layer: &GpkgLayer, id: &FeatureId) -> Result<bool> {
    let mut statement = conn
        .prepare_cached("SELECT 1 FROM cityheart_changes WHERE collection=?1 AND feature=?2 AND op='delete' LIMIT 1")?;
    Ok(statement.exists(params![layer.number, id.as_str()])?)
}

/// Whether any feature was ever deleted from this collection. If not, a bulk load need not check every id.
pub(super) fn any_deleted(conn: &Connection, layer: &GpkgLayer) -> Result<bool> {
    Ok(conn
        .prepare_cached("SELECT 1 FROM cityheart_changes WHERE collection=?1 AND op='delete' LIMIT 1")?
        .exists([layer.number])?)
}

/// Adds the line of a bulk load.
pub(super) fn write_load(
    conn: &Connection,
    layer: &GpkgLayer,
    revision: RevisionNumber,
    author: &str,
    keys: (i64, i64),
    replaced: bool,
) -> Result<()> {
    let at = tables::current_timestamp();
    conn.execute(
        "INSERT INTO cityheart_loads VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![layer.number, revision as i64, author, at, keys.0, keys.1, replaced],
    )?;
    Ok(())
}

/// The keys that changed after a revision, with the id that each had. `None` when the log does not know.
pub(super) fn keys_changed_since(
    conn: &Connection,
    layer: &GpkgLayer,
    since: RevisionNumber,
) -> Result<Option<BTreeMap<i64, Option<FeatureId>>>> {
    let mut replaced =
        conn.prepare_cached("SELECT 1 FROM cityheart_loads WHERE collection=?1 AND revision>?2 AND replaced")?;
    if replaced.exists(params![layer.number, since as i64])? {
        return Ok(None);
    }
    let mut statement = conn.prepare_cached(
        "SELECT key, feature, NULL FROM cityheart_changes WHERE collection=?1 AND revision>?2
         UNION ALL SELECT key, NULL, old FROM cityheart_journal WHERE collection=?1 ORDER BY 1",
    )?;
    let mut rows = statement.query(params![layer.number, since as i64])?;
    let mut keys: BTreeMap<i64, Option<FeatureId>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (key, id): (i64, Option<String>) = (row.get(0)?, row.get(1)?);
        let old = match row.get_ref(2)? {
            ValueRef::Text(note) => Some(String::from_utf8_lossy(note)),
            _ => None,
        };
        let known = keys.entry(key).or_default();
        if known.is_none() {
            *known = id.and_then(|id| FeatureId::new(&id).ok()).or_else(|| noted_row::parse_old_id(key, &old?));
        }
    }
    Ok(Some(keys))
}

/// The key ranges of the bulk loads after a revision.
pub(super) fn loads_since(conn: &Connection, layer: &GpkgLayer, since: RevisionNumber) -> Result<Vec<(i64, i64)>> {
    let mut statement = conn.prepare_cached(
        "SELECT first_key, last_key FROM cityheart_loads WHERE collection=?1 AND revision>?2 ORDER BY 1",
    )?;
    Ok(statement
        .query_map(params![layer.number, since as i64], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?)
}

/// The versions of a feature, oldest first.
pub(super) fn read_history(conn: &Connection, layer: &GpkgLayer, id: &FeatureId) -> Result<Vec<FeatureVersion>> {
    let feature = |row: Option<StoredRow>| row.map(|row| row.feature);
    let version = |v: RowVersion| FeatureVersion {
        revision: v.revision,
        author: v.author,
        at: v.at,
        before: feature(v.before),
        after: feature(v.after),
    };
    Ok(read_versions(conn, layer, id, false)?.into_iter().map(version).collect())
}

/// A version of a row.
struct RowVersion {
    revision: RevisionNumber,
    author: String,
    at: String,
    before: Option<StoredRow>,
    after: Option<StoredRow>,
}

/// The versions of a row, oldest first, with their raw cells if wanted.
fn read_versions(conn: &Connection, layer: &GpkgLayer, id: &FeatureId, with_raw: bool) -> Result<Vec<RowVersion>> {
    let current = layer.find_row(conn, id)?;
    let lines = select_rows(conn, layer, id, with_raw, "ORDER BY seq", &[])?;
    if current.is_none() && lines.is_empty() {
        return Err(Error::NotFound(format!("'{}' has never had a feature '{id}'.", layer.collection.id)));
    }
    let mut versions: Vec<RowVersion> = Vec::with_capacity(lines.len() + 1);
    if lines.first().is_none_or(|l| l.op != "create") {
        let key = lines.first().map(|l| l.key).or(current.as_ref().map(|row| row.feature.key)).unwrap_or_default();
        let after = lines.first().map_or_else(|| current.clone(), |l| row_from_image(layer, l.key, id, &l.before));
        versions.extend(find_load(conn, layer, key)?.map(|(revision, author, at)| RowVersion {
            revision,
            author,
            at,
            before: None,
            after,
        }));
    }
    for line in lines {
        let logged = row_from_image(layer, line.key, id, &line.before);
        let before =
            if line.op == "create" { None } else { logged.or_else(|| versions.last().and_then(|v| v.after.clone())) };
        let after = row_from_image(layer, line.key, id, &line.after);
        versions.push(RowVersion { revision: line.revision, author: line.author, at: line.at, before, after });
    }
    Ok(versions)
}

/// A line of the log about one feature.
pub(super) struct ChangeRow {
    pub seq: i64,
    pub revision: RevisionNumber,
    pub author: String,
    pub at: String,
    pub key: i64,
    pub op: String,
    pub before: RowImage,
    pub after: RowImage,
}

/// The lines about a feature, with their raw cells if wanted: a file of an older version that is open for reading only
/// has none. `tail` is the rest of the SQL, with parameters from `?3` on.
pub(super) fn select_rows(
    conn: &Connection,
    layer: &GpkgLayer,
    id: &FeatureId,
    with_raw: bool,
    tail: &str,
    parameters: &[&dyn ToSql],
) -> Result<Vec<ChangeRow>> {
    if layer.number == 0 {
        return Ok(Vec::new());
    }
    let raw = if with_raw { "before_raw, after_raw" } else { "NULL, NULL" };
    let mut statement = conn.prepare_cached(&format!(
        "SELECT revision, author, at, key, op, before, before_geom, after, after_geom, {raw}, seq FROM cityheart_changes WHERE collection=?1 AND feature=?2 {tail}",
    ))?;
    let line = |row: &Row<'_>| {
        Ok(ChangeRow {
            revision: row.get::<_, i64>(0)? as RevisionNumber,
            author: row.get(1)?,
            at: row.get(2)?,
            key: row.get(3)?,
            op: row.get(4)?,
            before: ((row.get(5)?, row.get(6)?), row.get(9)?),
            after: ((row.get(7)?, row.get(8)?), row.get(10)?),
            seq: row.get(11)?,
        })
    };
    let id = id.as_str();
    let all = [&[&layer.number as &dyn ToSql, &id], parameters].concat();
    Ok(statement.query_map(all.as_slice(), line)?.collect::<rusqlite::Result<_>>()?)
}

/// The feature after the line before this one.
pub(super) fn previous_after_image(
    conn: &Connection,
    layer: &GpkgLayer,
    id: &FeatureId,
    seq: i64,
) -> Result<FeatureImage> {
    let mut statement = conn.prepare_cached(
        "SELECT after, after_geom FROM cityheart_changes WHERE collection=?1 AND feature=?2 AND seq<?3 ORDER BY seq DESC LIMIT 1",
    )?;
    let found = statement.query_row(params![layer.number, id.as_str(), seq], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(found.optional()?.unwrap_or_default())
}

/// Gives the fields of all lines of a collection their new names, and the raw cells those of their columns, so that
/// every version can still be restored.
pub(super) fn rename_fields(conn: &Connection, number: i64, names: &BTreeMap<String, String>) -> Result<()> {
    let rename = |json: Option<String>| -> Option<String> {
        let members: Map<String, Json> = serde_json::from_str(json.as_ref()?).ok()?;
        let renamed = members.into_iter().map(|(name, value)| (names.get(&name).cloned().unwrap_or(name), value));
        Some(Json::Object(renamed.collect()).to_string())
    };
    let mut lines =
        conn.prepare("SELECT seq, before, after, before_raw, after_raw FROM cityheart_changes WHERE collection=?1")?;
    let mut update =
        conn.prepare("UPDATE cityheart_changes SET before=?2, after=?3, before_raw=?4, after_raw=?5 WHERE seq=?1")?;
    let mut rows = lines.query([number])?;
    let mut renamed = Vec::new();
    while let Some(row) = rows.next()? {
        let seq: i64 = row.get(0)?;
        renamed.push((seq, [rename(row.get(1)?), rename(row.get(2)?), rename(row.get(3)?), rename(row.get(4)?)]));
    }
    for (seq, [before, after, before_raw, after_raw]) in renamed {
        update.execute(params![seq, before, after, before_raw, after_raw])?;
    }
    Ok(())
}

/// The revision, author and time of the bulk load of a feature.
pub(super) fn find_load(
    conn: &Connection,
    layer: &GpkgLayer,
    key: i64,
) -> Result<Option<(RevisionNumber, String, String)>> {
    if layer.number == 0 {
        return Ok(None);
    }
    let mut statement = conn.prepare_cached("SELECT revision, author, at FROM cityheart_loads WHERE collection=?1 AND ?2 BETWEEN first_key AND last_key ORDER BY revision LIMIT 1")?;
    Ok(statement
        .query_row(params![layer.number, key], |row| {
            Ok((row.get::<_, i64>(0)? as RevisionNumber, row.get(1)?, row.get(2)?))
        })
        .optional()?)
}
