//! Rows without coordinates that say in words where they are: placed by the names of the plan, once that was confirmed.
//! Each is told with what was found, and marked with how precise it is.

use super::column_layout::{ColumnLayout, ColumnRole};
use super::question::{QuestionChoice, TableQuestion};
use super::table_note::TableNote;
use crate::collection::Collection;
use crate::crs::{Crs, Projection};
use crate::error::{Result, count_noun};
use crate::feature::geojson::ParsedGeometry;
use crate::feature::{FaultKind, FeatureFault, Geometry};
use crate::import::draft::FeatureDraft;
use crate::import::finding::ImportFindingKind;
use crate::import::place_names::{NamedLocation, PlaceGazetteer};
use crate::import::row_reader::RowReader;
use geo::MapCoords;
use serde_json::json;
use std::sync::Arc;

pub use crate::import::place_names::PLACE_FIELD;

/// How many sentences on names that fit no one place are told.
const MAX_NOTES: usize = 10;

/// The names of the plan, for rows of one collection.
#[derive(Debug, Clone)]
pub struct NamedPlaces {
    names: Arc<PlaceGazetteer>,
    /// Fields that a place by its name fills: no column has them.
    fills_precision: bool,
    fills_schematic: bool,
}

impl NamedPlaces {
    /// `None` when the plan has no names, or the table no column that says in words where its rows are.
    pub fn new(collection: &Collection, layout: &ColumnLayout, names: &Arc<PlaceGazetteer>) -> Option<Self> {
        let has = |field: &str| collection.field_index(field).is_some();
        let is_column = |field: &str| {
            layout.columns.iter().any(|role| matches!(role, ColumnRole::Property { name, .. } if name == field))
        };
        (!names.is_empty() && is_column(PLACE_FIELD)).then(|| Self {
            names: names.clone(),
            fills_precision: has("location_precision") && !is_column("location_precision"),
            fills_schematic: has("schematic") && !is_column("schematic"),
        })
    }

    /// Gives a row its place by the name that it has, in the reference system of the table.
    pub fn place(&self, draft: &mut FeatureDraft, crs: Option<Crs>) {
        if draft.shape.is_some() || !draft.faults.is_empty() {
            return;
        }
        let Some(text) = filled_text(draft, PLACE_FIELD) else { return };
        let found = match self.names.locate(&text, filled_text(draft, "city").as_deref()) {
            Ok(found) => found,
            Err(fault) => {
                let message = fault.describe(&text).map(|why| format!("The row has no place: {why}."));
                draft.warnings.extend(message.map(|m| (ImportFindingKind::NoPlace, at_place(m))));
                return;
            }
        };
        let Some(geometry) = write_in(&found, crs) else { return };
        draft.shape = Some(ParsedGeometry { geometry, flattened: false });
        if self.fills_precision {
            draft.properties.insert("location_precision".into(), found.precision.as_str().into());
        }
        if self.fills_schematic && found.schematic {
            draft.properties.insert("schematic".into(), true.into());
        }
        let message = format!("Placed by its name: {}. Look at it on the map.", found.description);
        draft.warnings.push((ImportFindingKind::PlacedByName, at_place(message)));
    }
}

fn at_place(message: String) -> FeatureFault {
    FeatureFault::new(FaultKind::EmptyGeometry, format!("/properties/{PLACE_FIELD}"), message)
}

fn filled_text(draft: &FeatureDraft, field: &str) -> Option<String> {
    let text = draft.properties.get(field)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The geometry in the reference system that the rows are read in; `None` outside of its area.
fn write_in(found: &NamedLocation, crs: Option<Crs>) -> Option<Geometry> {
    let Some(crs) = crs else { return Some(found.geometry.clone()) };
    let projection = Projection::new(crs).ok()?;
    found.geometry.try_map_coords(|c| projection.lonlat_to_easting_first(c).ok_or(())).ok()
}

/// Reads the rows of a table that takes places by their names, and asks whether it shall.
///
/// # Errors
/// When the table cannot be read.
pub fn ask_place_names(rows: &mut dyn RowReader) -> Result<(Option<TableQuestion>, Vec<TableNote>)> {
    let (mut found, mut example, mut notes) = (0_u64, None, vec![]);
    while let Some(row) = rows.next_draft()? {
        for (kind, warning) in row.map(|draft| draft.warnings).unwrap_or_default() {
            match kind {
                ImportFindingKind::PlacedByName => {
                    found += 1;
                    let told = || warning.message.trim_start_matches("Placed by its name: ").to_owned();
                    example.get_or_insert_with(told);
                }
                ImportFindingKind::NoPlace if warning.at.ends_with(PLACE_FIELD) && notes.len() < MAX_NOTES => {
                    notes.push(TableNote::new("no-named-place", warning.message, json!({})));
                }
                _ => {}
            }
        }
    }
    let Some(example) = example else { return Ok((None, notes)) };
    let example = example.split(". Look at it").next().unwrap_or_default().to_owned();
    let (rows, name) = (count_noun(found, "row"), if found == 1 { "names" } else { "name" });
    let choice = |answer: &str, label: &str| {
        QuestionChoice::new(answer, label, format!("--place-names {answer}"), json!({"place_names": answer}))
    };
    let question = TableQuestion {
        id: "place_names",
        sentence: format!(
            "{rows} without coordinates {name} a place that the plan knows, such as {example}. Are these the places?"
        ),
        choices: vec![choice("yes", "yes, to be looked at on the map"), choice("no", "no, without places")],
        default: Some(0),
        cells: found,
        columns: vec![],
        parameters: json!({"rows": found, "example": example}),
    };
    Ok((Some(question), notes))
}
