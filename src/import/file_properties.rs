//! The properties of a file that is no table: which field each is, by what the caller says or by its name, and what is
//! asked of them and of its reference system. Changes no value.

use super::draft::FeatureDraft;
use super::element_scanner::ScanFault;
use super::finding::FindingPlace;
use super::row_reader::{RowOptions, RowReader, TableRemarks};
use super::source::ImportSource;
use super::table::{
    ColumnSummary, FieldNames, MatchConfidence, QuestionChoice, TableAnswers, TableQuestion, TableTarget,
    TableUnderstanding, map_answer,
};
use crate::error::Result;
use crate::feature::Geometry;
use geo::CoordsIter;
use geo_types::{Coord, MultiPoint, Point};
use serde_json::{Map, json};
use std::collections::HashMap;
use std::sync::Arc;

/// How many features say which properties there are.
const SAMPLE_FEATURES: usize = 2_000;
/// How many properties are looked at.
const MAX_PROPERTIES: usize = 500;
/// How many positions a reference system is proposed by.
const MAX_POSITIONS: usize = 200;

/// The properties of a file, and what becomes of each.
#[derive(Debug, Clone)]
pub struct FileProperties {
    pub summary: TableUnderstanding,
    /// The field of each property; `None` leaves it out.
    fields: Arc<HashMap<String, Option<String>>>,
}

/// Properties that are no field for certain.
#[derive(Default)]
struct OpenProperties {
    unmatched: Vec<(usize, String)>,
    /// With the field that each may be.
    likely: Vec<(usize, String, String)>,
}

impl OpenProperties {
    fn add(&mut self, at: usize, name: &str, near: Option<&str>) {
        match near {
            Some(field) => self.likely.push((at, name.to_owned(), field.to_owned())),
            None => self.unmatched.push((at, name.to_owned())),
        }
    }

    fn ask(&self) -> impl Iterator<Item = TableQuestion> {
        ask_likely(&self.likely).into_iter().chain(ask_unmatched(&self.unmatched))
    }
}

/// What a sample of features has.
#[derive(Default)]
struct PropertySample {
    names: Vec<String>,
    cells: HashMap<String, u64>,
    positions: Vec<Coord<f64>>,
    features: u64,
}

impl FileProperties {
    /// Looks at the first features; `None` for a new collection, which takes all properties.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(source: &ImportSource, target: &TableTarget<'_>, answers: &TableAnswers) -> Result<Option<Self>> {
        let Some(collection) = target.collection else { return Ok(None) };
        let sample = PropertySample::read(source, target)?;
        let known = FieldNames::new(collection);
        let (mut fields, mut columns, mut open) = (HashMap::new(), vec![], OpenProperties::default());
        for (at, name) in sample.names.iter().enumerate() {
            let said = answers.map.iter().find(|(property, _)| property == name).map(|(_, field)| field.as_str());
            let matched = known.match_heading(name);
            let field = match said {
                Some(field) => Some(field.to_owned()).filter(|field| known.has_field(field)),
                None => matched.field.clone().filter(|_| matched.confidence == MatchConfidence::Sure),
            };
            if field.is_none() && said.is_none() {
                open.add(at, name, matched.field.as_deref());
            }
            columns.push(ColumnSummary {
                column: at,
                heading: name.clone(),
                headings: vec![name.clone()],
                field: field.clone(),
                confidence: Some(if said.is_some() { "sure" } else { matched.confidence.name() }),
                reason: Some(matched.reason),
                cells: sample.cells.get(name).copied().unwrap_or(0),
                ..ColumnSummary::default()
            });
            fields.insert(name.clone(), field);
        }
        let system = ask_system(source, target, &sample.positions);
        let questions = system.into_iter().chain(open.ask()).collect();
        let summary = sample.summarise(&source.name, columns, questions);
        Ok(Some(Self { summary, fields: Arc::new(fields) }))
    }

    /// The features of the file with the fields that their properties are.
    pub fn rename(&self, rows: Box<dyn RowReader + Send>) -> Box<dyn RowReader + Send> {
        Box::new(RenamedRows { rows, fields: self.fields.clone() })
    }
}

impl PropertySample {
    fn read(source: &ImportSource, target: &TableTarget<'_>) -> Result<Self> {
        let mut sample = Self::default();
        let mut rows = source.open_rows(None, RowOptions { declared_crs: target.crs, lenient: target.lenient })?;
        while let Some(row) = rows.next_draft()? {
            if let Ok(draft) = row {
                sample.add(&draft);
            }
            if sample.features >= SAMPLE_FEATURES as u64 {
                break;
            }
        }
        Ok(sample)
    }

    fn summarise(&self, file: &str, columns: Vec<ColumnSummary>, questions: Vec<TableQuestion>) -> TableUnderstanding {
        TableUnderstanding {
            file: file.to_owned(),
            features: self.features,
            data_rows: (1, self.features),
            columns,
            questions,
            ..TableUnderstanding::default()
        }
    }

    fn add(&mut self, draft: &FeatureDraft) {
        self.features += 1;
        for (name, value) in &draft.properties {
            if !self.cells.contains_key(name) {
                if self.names.len() == MAX_PROPERTIES {
                    continue;
                }
                self.names.push(name.clone());
            }
            *self.cells.entry(name.clone()).or_default() += u64::from(!value.is_null());
        }
        let room = MAX_POSITIONS - self.positions.len().min(MAX_POSITIONS);
        let positions = draft.shape.iter().flat_map(|shape| shape.geometry.coords_iter()).take(room.min(8));
        self.positions.extend(positions);
    }
}

/// Asks for the reference system when the file says none and its positions are no degrees.
fn ask_system(source: &ImportSource, target: &TableTarget<'_>, positions: &[Coord<f64>]) -> Option<TableQuestion> {
    let is_known = source.facts().crs.is_some() || target.crs.is_some();
    let in_degrees = positions.iter().all(|c| c.x.abs() <= 180.0 && c.y.abs() <= 90.0);
    if is_known || in_degrees || positions.is_empty() {
        return None;
    }
    let all = Geometry::MultiPoint(MultiPoint(positions.iter().map(|c| Point(*c)).collect()));
    let likely = target.cities.likely_crs(&all).1.into_iter().filter(|crs| !crs.is_degrees()).take(3);
    let choices: Vec<QuestionChoice> = likely
        .map(|crs| {
            let id = crs.to_string();
            QuestionChoice::new(id.clone(), crs.name(), format!("--crs {id}"), json!({"crs": id}))
                .with_parameters(json!({"name": crs.name()}))
        })
        .collect();
    Some(TableQuestion {
        id: "crs",
        sentence: "Which reference system are the coordinates in? The file does not say it.".into(),
        default: (!choices.is_empty()).then_some(0),
        choices,
        cells: positions.len() as u64,
        columns: vec![],
        parameters: json!({"columns": [], "places": positions.len()}),
    })
}

fn ask_likely(likely: &[(usize, String, String)]) -> Option<TableQuestion> {
    let pairs: Vec<String> = likely.iter().map(|(_, name, field)| format!("'{name}' the field '{field}'")).collect();
    let options = |to_field: bool| {
        let field = |field: &str| if to_field { field.to_owned() } else { String::new() };
        likely.iter().map(|(_, name, near)| format!("--map '{name}={}'", field(near))).collect::<Vec<_>>().join(" ")
    };
    let yes = map_answer(likely.iter().map(|(_, name, field)| (name.clone(), field.as_str())));
    let no = map_answer(likely.iter().map(|(_, name, _)| (name.clone(), "")));
    let pair = |(_, name, field): &(usize, String, String)| json!({"heading": name, "field": field});
    (!likely.is_empty()).then(|| TableQuestion {
        id: "columns",
        sentence: format!("Is {}?", pairs.join(", and ")),
        choices: vec![
            QuestionChoice::new("yes", "yes", options(true), yes),
            QuestionChoice::new("leave-out", "leave out", options(false), no),
        ],
        default: Some(0),
        cells: 0,
        columns: likely.iter().map(|(at, ..)| *at).collect(),
        parameters: json!({"columns": likely.iter().map(pair).collect::<Vec<_>>()}),
    })
}

fn ask_unmatched(unmatched: &[(usize, String)]) -> Option<TableQuestion> {
    let names: Vec<String> = unmatched.iter().map(|(_, name)| format!("'{name}'")).collect();
    let answer = map_answer(unmatched.iter().map(|(_, name)| (name.clone(), "")));
    (!unmatched.is_empty()).then(|| TableQuestion {
        id: "unmatched",
        sentence: format!("No field is known for {}. Which field are they?", names.join(", ")),
        choices: vec![QuestionChoice::new("leave-out", "leave out", "", answer)],
        default: Some(0),
        cells: 0,
        columns: unmatched.iter().map(|(at, _)| *at).collect(),
        parameters: json!({"headings": unmatched.iter().map(|(_, name)| name).collect::<Vec<_>>()}),
    })
}

/// Features whose properties are called as the fields are.
struct RenamedRows {
    rows: Box<dyn RowReader + Send>,
    fields: Arc<HashMap<String, Option<String>>>,
}

impl RowReader for RenamedRows {
    fn next_draft(&mut self) -> Result<Option<Result<FeatureDraft, ScanFault>>> {
        let Some(row) = self.rows.next_draft()? else { return Ok(None) };
        Ok(Some(row.map(|mut draft| {
            let mut renamed = Map::new();
            for (name, value) in std::mem::take(&mut draft.properties) {
                match self.fields.get(&name) {
                    Some(Some(field)) => drop(renamed.insert(field.clone(), value)),
                    Some(None) => {}
                    // Behind the first features: the collection says whether it knows it.
                    None => drop(renamed.insert(name, value)),
                }
            }
            draft.properties = renamed;
            draft.spellings.retain_mut(|spelling| match self.fields.get(&spelling.name) {
                Some(Some(field)) => {
                    spelling.name.clone_from(field);
                    true
                }
                Some(None) => false,
                None => true,
            });
            draft
        })))
    }

    fn locate(&self, place: FindingPlace, below: &str) -> FindingPlace {
        self.rows.locate(place, below)
    }

    fn table_remarks(&self) -> Option<TableRemarks> {
        self.rows.table_remarks()
    }
}
