//! Reading a collection, whole or what changed after a revision.

use super::layer::{Layer, quoted};
use super::remarks::Remarks;
use super::{Shared, changes, contents, find};
use crate::change::{Change, Revision};
use crate::collection::CollectionId;
use crate::error::{Error, Result};
use rusqlite::{Connection, Rows};

type Visit<'a> = &'a mut dyn FnMut(Change) -> Result<()>;

impl Shared {
    pub(super) fn scan(&self, id: &CollectionId, since: Option<Revision>, visit: Visit<'_>) -> Result<Revision> {
        self.read(|conn, layers| {
            let layer = find(layers, id)?;
            let revision = contents::revision(conn, layer)?;
            match since {
                None => all(conn, layer, visit)?,
                Some(_) if layer.number == 0 => return Err(unknown(layer)),
                Some(since) => changed(conn, layer, since, visit)?,
            }
            Ok(revision)
        })
    }
}

fn all(conn: &Connection, layer: &Layer, visit: Visit<'_>) -> Result<()> {
    let sql = format!("{} ORDER BY {}", layer.layout.select(), quoted(&layer.layout.key));
    let mut remarks = Remarks::default();
    show(layer, conn.prepare_cached(&sql)?.query([])?, &mut remarks, visit)?;
    for sentence in remarks.sentences(&layer.collection.id) {
        tracing::warn!("{sentence}");
    }
    Ok(())
}

fn show(layer: &Layer, mut rows: Rows<'_>, remarks: &mut Remarks, visit: Visit<'_>) -> Result<()> {
    while let Some(row) = rows.next()? {
        if let Some(feature) = layer.read(row, remarks)? {
            visit(Change::Put(feature))?;
        }
    }
    Ok(())
}

/// First what went, so that an id that moved to another key is there at the end.
pub(super) fn changed(conn: &Connection, layer: &Layer, since: Revision, visit: Visit<'_>) -> Result<()> {
    let keys = changes::since(conn, layer, since)?.ok_or_else(|| unknown(layer))?;
    let mut present = Vec::new();
    for (key, id) in &keys {
        match layer.find_key(conn, *key)? {
            Some(feature) if id.as_ref().is_none_or(|id| *id == feature.id) => present.push(*key),
            found => {
                if let Some(id) = id {
                    visit(Change::Removed { key: *key, id: id.clone() })?;
                }
                present.extend(found.map(|f| f.key));
            }
        }
    }
    for key in present {
        if let Some(feature) = layer.find_key(conn, key)? {
            visit(Change::Put(feature))?;
        }
    }
    let ranges = changes::loads_since(conn, layer, since)?;
    let sql = format!(
        "{} WHERE {key} BETWEEN ?1 AND ?2 ORDER BY {key}",
        layer.layout.select(),
        key = quoted(&layer.layout.key)
    );
    for (first, last) in ranges {
        let rows = &mut |change: Change| match &change {
            Change::Put(feature) if keys.contains_key(&feature.key) => Ok(()),
            _ => visit(change),
        };
        show(layer, conn.prepare_cached(&sql)?.query([first, last])?, &mut Remarks::default(), rows)?;
    }
    Ok(())
}

pub(super) fn unknown(layer: &Layer) -> Error {
    Error::Stale(format!(
        "What changed in '{}' since then is not known, as its table was replaced. Read all of it.",
        layer.collection.id
    ))
}
