//! What a file would change, for a person who looks at it: the changes of each row, and their places on the map.

use crate::collection::Collection;
use crate::feature::{Geometry, bbox_of};
use crate::import::finding::FindingPlace;
use crate::import::update::{RowChange, UpdateOutcome};
use serde_json::{Value as Json, json};
use std::collections::HashMap;

/// The most changes that are listed.
const MAX_CHANGES: usize = 500;
/// The most places on the map, and the most bytes of all of them.
const MAX_PLACES: usize = 2_000;
const MAX_PLACE_BYTES: usize = 2 << 20;

/// The changes of a file by their rows.
pub struct RowChanges<'a> {
    by_row: HashMap<u64, &'a RowChange>,
}

/// The row of a table, or the number of the feature in another file.
pub fn row_number(place: &FindingPlace, is_table: bool) -> Option<u64> {
    if !is_table {
        return place.feature;
    }
    let of_cell = |cell: &String| cell.trim_start_matches(|c: char| c.is_ascii_alphabetic()).parse().ok();
    place.cell.as_ref().and_then(of_cell).or(place.line)
}

impl<'a> RowChanges<'a> {
    pub fn new(outcome: &'a UpdateOutcome, is_table: bool) -> Self {
        let rows = outcome.changes.iter();
        Self { by_row: rows.filter_map(|c| Some((row_number(&c.place, is_table)?, c))).collect() }
    }

    /// A row of the preview.
    pub fn describe_row(&self, row: u64, cells: Vec<Json>, finding: Option<Json>, is_refused: bool) -> Json {
        let change = self.by_row.get(&row).filter(|_| !is_refused);
        let kind = change.map_or(if is_refused { "refused" } else { "unchanged" }, |change| change.kind().name());
        json!({
            "row": row,
            "cells": cells,
            "finding": finding,
            "place": change.and_then(|change| find_middle(change.after.geometry.as_ref()?)),
            "feature": change.map(|change| change.after.id.as_str()),
            "kind": kind,
        })
    }
}

/// The middle of a geometry's box.
fn find_middle(geometry: &Geometry) -> Option<[f64; 2]> {
    let found = bbox_of(geometry)?;
    Some([f64::midpoint(found.west, found.east), f64::midpoint(found.south, found.north)])
}

/// The outcome of a file, with at most so many changes and places.
pub fn describe_outcome(outcome: &UpdateOutcome, collection: &Collection, is_table: bool) -> Json {
    let mut json = outcome.to_json(collection, MAX_CHANGES, false);
    for (listed, change) in
        json["changes"].as_array_mut().into_iter().flatten().zip(outcome.held.iter().chain(&outcome.changes))
    {
        listed["row"] = row_number(&change.place, is_table).into();
        for field in listed["fields"].as_array_mut().into_iter().flatten() {
            field["from"] = plain_number(&field["from"]);
            field["to"] = plain_number(&field["to"]);
        }
    }
    json["places"] = describe_places(outcome, collection);
    json
}

/// A whole number without a decimal point, as features are published; any other value as it is.
pub fn plain_number(value: &Json) -> Json {
    match value.as_f64().filter(|n| value.is_f64() && n.fract() == 0.0 && n.abs() < 9e15) {
        Some(whole) => (whole as i64).into(),
        None => value.clone(),
    }
}

fn describe_places(outcome: &UpdateOutcome, collection: &Collection) -> Json {
    let mut bytes = 0;
    let place = |change: &RowChange| {
        change.after.geometry.as_ref()?;
        let geometry = collection.feature_to_geojson(&change.after)["geometry"].take();
        Some(json!({
            "type": "Feature",
            "id": change.after.id.as_str(),
            "geometry": geometry,
            "properties": {"kind": change.kind().name()},
        }))
    };
    let fits = |feature: &Json| {
        bytes += feature.to_string().len();
        bytes <= MAX_PLACE_BYTES
    };
    let features: Vec<Json> = outcome.changes.iter().filter_map(place).take(MAX_PLACES).take_while(fits).collect();
    json!({"type": "FeatureCollection", "features": features})
}
