//! The layers of a file, as its tables are now, and what of the file is no layer.

use super::follow_schema::{FollowedLayer, StoredLayer, follow_layer};
use super::foreign_tables::{self, ForeignTable, collection_name};
use super::gpkg_layer::{GpkgLayer, GpkgLayers, TableLayout};
use super::tables;
use crate::collection::{Collection, CollectionId};
use crate::error::{Error, Result, count_noun};
use crate::store::finding::PlanFinding;
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a file holds.
pub(super) struct LayerCatalog {
    /// The collections of the plan whose tables are there, with what they were before.
    pub collections: Vec<(StoredLayer, FollowedLayer)>,
    /// Tables that are no collections (yet).
    pub foreign: Vec<ForeignTable>,
    /// Collections whose tables are gone or cannot be read, with the reason.
    pub missing: Vec<(StoredLayer, String)>,
}

/// Reads the catalog. Writes nothing.
pub(super) fn read_catalog(conn: &Connection) -> Result<LayerCatalog> {
    let stored = read_stored_layers(conn)?;
    let mut used_ids: Vec<String> = stored.iter().map(|s| s.collection.id.to_string()).collect();
    let (mut collections, mut missing) = (vec![], vec![]);
    for stored in stored {
        match follow_layer(conn, &stored)? {
            Ok(followed) => collections.push((stored, followed)),
            Err(why) => missing.push((stored, why)),
        }
    }
    let collections = follow_ids(collections)?;
    used_ids.extend(collections.iter().map(|(_, f)| f.layer.collection.id.to_string()));
    let known: BTreeSet<String> = collections
        .iter()
        .map(|(_, f)| &f.layer.layout.table)
        .chain(missing.iter().map(|(s, _)| &s.layout.table))
        .map(|table| table.to_lowercase())
        .collect();
    let foreign = foreign_tables::find_tables(conn, &known, &mut used_ids)?;
    Ok(LayerCatalog { collections, foreign, missing })
}

impl LayerCatalog {
    /// The layers that can be read.
    pub(super) fn layers(self) -> GpkgLayers {
        let own = self.collections.into_iter().map(|(_, followed)| followed.layer);
        let foreign = self.foreign.into_iter().filter_map(|found| found.layer.ok());
        own.chain(foreign).map(|layer| (layer.collection.id.clone(), Arc::new(layer))).collect()
    }

    /// What is not shown, or can only be read.
    pub(super) fn findings(&self) -> Vec<PlanFinding> {
        let mut findings: Vec<PlanFinding> =
            self.missing.iter().map(|(stored, why)| file_finding(stored.collection.id.as_str(), why)).collect();
        for found in &self.foreign {
            match &found.layer {
                Ok(layer) => findings.extend(layer_findings(layer)),
                Err(why) => findings.push(file_finding(&found.table, why)),
            }
        }
        findings.extend(self.collections.iter().flat_map(|(_, followed)| layer_findings(&followed.layer)));
        findings
    }

    /// Why a file that is no plan cannot become one: none of its tables can be a layer.
    pub(super) fn refusal(&self) -> Option<Error> {
        let is_plan = !(self.collections.is_empty() && self.missing.is_empty());
        let mut reasons = self.foreign.iter().map(|found| found.layer.as_ref().err());
        let first = reasons.next().flatten().filter(|_| !is_plan)?;
        reasons.all(|reason| reason.is_some()).then(|| Error::Refused(first.clone()))
    }
}

fn file_finding(collection: &str, message: &str) -> PlanFinding {
    PlanFinding {
        kind: "file",
        collection: collection.to_owned(),
        id: None,
        at: String::new(),
        count: 0,
        message: message.to_owned(),
    }
}

fn layer_findings(layer: &GpkgLayer) -> Vec<PlanFinding> {
    let id = layer.collection.id.as_str();
    let mut findings: Vec<PlanFinding> =
        layer.collection.read_only().map(|why| file_finding(id, why)).into_iter().collect();
    if !layer.layout.kept.is_empty() {
        let names: Vec<String> = layer.layout.kept.iter().map(|c| format!("'{c}'")).collect();
        let (are, they) = if names.len() == 1 { ("is", "It stays") } else { ("are", "They stay") };
        findings.push(file_finding(
            id,
            &format!(
                "{} of its table {are} not shown, because no property can hold such values: {}. {they} in the file as {are} now, and in no export.",
                count_noun(names.len() as u64, "column"),
                names.join(", ")
            ),
        ));
    }
    findings
}

/// The collections as our tables have them; none in a file that is no plan.
fn read_stored_layers(conn: &Connection) -> Result<Vec<StoredLayer>> {
    if !tables::table_exists(conn, "cityheart_collections")? {
        return Ok(vec![]);
    }
    let mut statement = conn.prepare("SELECT number, id, schema, layout FROM cityheart_collections ORDER BY number")?;
    let mut rows = statement.query([])?;
    let mut stored = vec![];
    while let Some(row) = rows.next()? {
        let (id, schema, layout): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let unreadable = |_| {
            Error::Refused(format!(
                "The schema of the collection '{id}' in the plan's file is corrupt. Restore your latest backup of the file."
            ))
        };
        let layout: TableLayout = serde_json::from_str(&layout).map_err(unreadable)?;
        let collection =
            Collection::from_schema(CollectionId::new(&id)?, serde_json::from_str(&schema).map_err(unreadable)?)?;
        stored.push(StoredLayer { number: row.get(0)?, collection, layout });
    }
    Ok(stored)
}

/// Gives collections whose id was the name of their table the new name of the table.
fn follow_ids(collections: Vec<(StoredLayer, FollowedLayer)>) -> Result<Vec<(StoredLayer, FollowedLayer)>> {
    let moves = |stored: &StoredLayer, followed: &FollowedLayer| {
        let (old, new) = (&stored.layout.table, &followed.layer.layout.table);
        old != new && stored.collection.id.as_str() == collection_name(old)
    };
    let mut used: Vec<String> =
        collections.iter().filter(|(s, f)| !moves(s, f)).map(|(s, _)| s.collection.id.to_string()).collect();
    let mut followed = vec![];
    for (stored, layer) in collections {
        if !moves(&stored, &layer) {
            followed.push((stored, layer));
            continue;
        }
        // The id of a collection whose table is gone is free.
        let id = foreign_tables::claim_collection_id(&layer.layer.layout.table, &mut used)?;
        followed.push((stored, layer.with_id(id)));
    }
    Ok(followed)
}
