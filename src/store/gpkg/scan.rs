//! Reads a collection: all features, or the changes after a revision.

use super::gpkg_layer::{GpkgLayer, find_layer};
use super::package_state::GeoPackageState;
use super::row_findings::RowFindings;
use super::sql_text::quote_name;
use super::{change_log, contents};
use crate::change::{FeatureChange, RevisionNumber};
use crate::collection::CollectionId;
use crate::error::{Error, Result};
use rusqlite::{Connection, Rows};

type ChangeVisitor<'a> = &'a mut dyn FnMut(FeatureChange) -> Result<()>;

impl GeoPackageState {
    pub(super) fn scan_collection(
        &self,
        id: &CollectionId,
        since: Option<RevisionNumber>,
        visit: ChangeVisitor<'_>,
        findings: &mut RowFindings,
    ) -> Result<RevisionNumber> {
        self.run_read(|conn, layers| {
            let layer = find_layer(layers, id)?;
            let revision = contents::read_revision(conn, layer)?;
            match since {
                None => scan_all(conn, layer, visit, findings)?,
                Some(_) if layer.number == 0 => return Err(changes_unknown_error(layer)),
                Some(since) => scan_changed(conn, layer, since, visit, findings)?,
            }
            Ok(revision)
        })
    }
}

fn scan_all(conn: &Connection, layer: &GpkgLayer, visit: ChangeVisitor<'_>, findings: &mut RowFindings) -> Result<()> {
    let sql = format!("{} ORDER BY {}", layer.layout.select_sql(), quote_name(&layer.layout.key));
    visit_rows(layer, conn.prepare_cached(&sql)?.query([])?, findings, visit)
}

fn visit_rows(
    layer: &GpkgLayer,
    mut rows: Rows<'_>,
    findings: &mut RowFindings,
    visit: ChangeVisitor<'_>,
) -> Result<()> {
    while let Some(row) = rows.next()? {
        if let Some(feature) = layer.read_row(row, findings)? {
            visit(FeatureChange::Put(feature))?;
        }
    }
    Ok(())
}

/// Visits removed features first, so that an id that moved to another key exists in the end.
pub(super) fn scan_changed(
    conn: &Connection,
    layer: &GpkgLayer,
    since: RevisionNumber,
    visit: ChangeVisitor<'_>,
    findings: &mut RowFindings,
) -> Result<()> {
    let keys = change_log::keys_changed_since(conn, layer, since)?.ok_or_else(|| changes_unknown_error(layer))?;
    let mut present = Vec::new();
    for (key, id) in &keys {
        findings.forget_row(*key);
        match layer.find_by_key(conn, *key)? {
            Some(feature) if id.as_ref().is_none_or(|id| *id == feature.id) => present.push(*key),
            found => {
                if let Some(id) = id {
                    visit(FeatureChange::Removed { key: *key, id: id.clone() })?;
                }
                present.extend(found.map(|f| f.key));
            }
        }
    }
    for key in present {
        if let Some(feature) = layer.find_by_key_with(conn, key, findings)? {
            visit(FeatureChange::Put(feature))?;
        }
    }
    let ranges = change_log::loads_since(conn, layer, since)?;
    let sql = format!(
        "{} WHERE {key} BETWEEN ?1 AND ?2 ORDER BY {key}",
        layer.layout.select_sql(),
        key = quote_name(&layer.layout.key)
    );
    for (first, last) in ranges {
        let rows = &mut |change: FeatureChange| match &change {
            FeatureChange::Put(feature) if keys.contains_key(&feature.key) => Ok(()),
            _ => visit(change),
        };
        visit_rows(layer, conn.prepare_cached(&sql)?.query([first, last])?, findings, rows)?;
    }
    Ok(())
}

pub(super) fn changes_unknown_error(layer: &GpkgLayer) -> Error {
    Error::Stale(format!(
        "The changes of '{}' since then are unknown, because its table was replaced. Read the whole collection again.",
        layer.collection.id
    ))
}
