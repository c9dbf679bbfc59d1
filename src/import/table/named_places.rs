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
use crate::import::draft::{FeatureDraft, ImpliedValue};
use crate::import::finding::ImportFindingKind;
use crate::import::place_names::{NamedLocation, PlaceGazetteer};
use crate::import::row_reader::RowReader;
use geo::MapCoords;
use serde_json::json;
use std::sync::Arc;

pub use crate::import::place_names::PLACE_FIELD;

/// The sentence on a row that was placed, around what was found.
const PLACED: &str = "Placed by its name: ";
const LOOK: &str = ". Look at it on the map.";
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
        // What was exported without a place has none.
        if draft.shape.is_some() || draft.revision.is_some() || !draft.faults.is_empty() {
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
        let schematic = (self.fills_schematic && found.schematic).then(|| ("schematic", true.into()));
        let precision = self.fills_precision.then(|| ("location_precision", found.precision.as_str().into()));
        for (name, value) in [precision, schematic].into_iter().flatten() {
            draft.implied.retain(|(implied, _)| implied != name);
            draft.implied.push((name.to_owned(), ImpliedValue::NamedPlace));
            draft.properties.insert(name.to_owned(), value);
        }
        let message = format!("{PLACED}{}{LOOK}", found.description);
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
        let Ok(draft) = row else { continue };
        let text = filled_text(&draft, PLACE_FIELD).unwrap_or_default();
        for (kind, warning) in draft.warnings {
            match kind {
                ImportFindingKind::PlacedByName => {
                    found += 1;
                    example.get_or_insert_with(|| (text.clone(), warning.message));
                }
                ImportFindingKind::NoPlace if warning.at.ends_with(PLACE_FIELD) && notes.len() < MAX_NOTES => {
                    notes.push(TableNote::new("no-named-place", warning.message, json!({})));
                }
                _ => {}
            }
        }
    }
    let Some((text, message)) = example else { return Ok((None, notes)) };
    let example = message.strip_prefix(PLACED).and_then(|rest| rest.strip_suffix(LOOK)).unwrap_or(&text);
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
        parameters: json!({"rows": found, "text": text}),
    };
    Ok((Some(question), notes))
}
