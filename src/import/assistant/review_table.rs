//! What was understood of a table, for a person who looks at it: the sheet, its columns with their headings, and the
//! field that each is.

use super::open_question::OpenQuestion;
use crate::collection::{Collection, FieldType};
use crate::crs::Crs;
use crate::import::table::{
    ColumnRole, ColumnSummary, PlaceRole, SheetEntry, TableNote, TableUnderstanding, UnderstoodTable, column_letters,
};
use serde_json::{Value as Json, json};

/// The parts of a place that a column can be given to.
const PLACE_FIELDS: [(&str, &str, &str); 6] = [
    ("lon", "Longitude", "number"),
    ("lat", "Latitude", "number"),
    ("x", "Easting", "number"),
    ("y", "Northing", "number"),
    ("wkt", "Geometry as WKT or GeoJSON", "text"),
    ("lat lon", "Latitude and longitude in one cell", "text"),
];

/// A table as it was understood with our guesses, and what was certain without them.
pub struct ReviewTable<'a> {
    /// `None` for a file whose columns are the properties of its features.
    pub table: Option<&'a UnderstoodTable>,
    pub summary: &'a TableUnderstanding,
    /// Without our guesses.
    pub first: &'a TableUnderstanding,
    pub questions: &'a [OpenQuestion],
    pub crs: Option<Crs>,
    /// The person named the reference system.
    pub is_crs_stated: bool,
}

/// The fields that a column can be given to.
pub fn describe_fields(collection: &Collection) -> Json {
    let title = |name: &str| {
        let title = collection.schema["properties"][name]["title"].as_str();
        title.unwrap_or(name).to_owned()
    };
    let own =
        collection.fields.iter().map(|f| json!({"name": f.name, "title": title(&f.name), "kind": name_kind(f.kind)}));
    let id = json!({"name": "id", "title": title("id"), "kind": "text"});
    let period = collection.time.is_some_and(|time| time.end.is_some()) && collection.field_index("period").is_none();
    let period = period.then(|| json!({"name": "period", "title": "Start and end", "kind": "text"}));
    let places = PLACE_FIELDS.iter().filter(|_| !collection.geometry.is_none());
    let places = places.map(|(name, title, kind)| json!({"name": name, "title": title, "kind": kind}));
    std::iter::once(id).chain(own).chain(period).chain(places).collect()
}

fn name_kind(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Text => "text",
        FieldType::Integer => "integer",
        FieldType::Real => "number",
        FieldType::Decimal => "decimal",
        FieldType::Boolean => "boolean",
        FieldType::Date => "date",
        FieldType::DateTime => "date-time",
        FieldType::Json => "json",
    }
}

/// What is told of a workbook whose sheet is not chosen.
pub fn describe_unread(understanding: &TableUnderstanding) -> Json {
    json!({
        "sheet": understanding.sheet,
        "sheets": describe_sheets(&understanding.sheets),
        "encoding": understanding.encoding,
        "encoding_example": understanding.encoding_example,
        "heading_rows": [],
        "merged_cells": 0,
        "data_rows": [0, 0],
        "features": 0,
        "columns": [],
        "notes": [],
        "crs": null,
    })
}

fn describe_sheets(sheets: &[SheetEntry]) -> Json {
    sheets.iter().map(|s| json!({"name": s.name, "hidden": s.is_hidden, "table": s.has_table})).collect()
}

impl ReviewTable<'_> {
    pub fn to_json(&self) -> Json {
        let summary = self.summary;
        let columns: Vec<Json> = summary.columns.iter().map(|column| self.describe_column(column)).collect();
        let heading_rows = match summary.heading_rows[..] {
            [] => json!([]),
            [only] => json!([only]),
            [first, .., last] => json!([first, last]),
        };
        let crs =
            self.crs.map(|crs| json!({"code": crs.to_string(), "name": crs.name(), "stated": self.is_crs_stated}));
        let mut json = describe_unread(summary);
        json["heading_rows"] = heading_rows;
        json["merged_cells"] = summary.merged_cells.into();
        json["data_rows"] = json!([summary.data_rows.0, summary.data_rows.1]);
        json["features"] = summary.features.into();
        json["columns"] = columns.into();
        json["notes"] = summary.notes.iter().map(TableNote::to_json).collect();
        json["crs"] = crs.unwrap_or_default();
        json
    }

    fn describe_column(&self, column: &ColumnSummary) -> Json {
        let first = self.first.columns.get(column.column);
        let is_styled = column.style.is_some() || column.decimal.is_some();
        json!({
            "column": column_letters(column.column),
            "headings": column.headings,
            "heading": if column.heading.is_empty() { column_letters(column.column) } else { column.heading.clone() },
            "field": self.name_field(column),
            "confidence": first.map_or(column.confidence, |first| first.confidence),
            "reason": first.and_then(|first| first.reason.as_ref()),
            "style": is_styled.then(|| json!({"decimal": column.decimal, "unit": column.unit, "text": column.style})),
            "cells": column.cells,
            "example": column.example,
            "question": self.question_of(column.column).map(|(_, question)| question.id.as_str()),
        })
    }

    /// The field, or the part of a place.
    fn name_field(&self, column: &ColumnSummary) -> Option<String> {
        let is_grid = self.crs.is_some_and(|crs| !crs.is_degrees());
        match self.table.and_then(|table| table.layout.columns.get(column.column)) {
            Some(ColumnRole::Place(role)) => Some(match role {
                PlaceRole::Lon => if is_grid { "x" } else { "lon" }.to_owned(),
                PlaceRole::Lat => if is_grid { "y" } else { "lat" }.to_owned(),
                PlaceRole::Geometry => "wkt".to_owned(),
                PlaceRole::Pair { latitude_first } => if *latitude_first { "lat lon" } else { "lon lat" }.to_owned(),
            }),
            _ => column.field.clone(),
        }
    }

    /// The first open question about a column, with its number.
    pub fn question_of(&self, column: usize) -> Option<(usize, &OpenQuestion)> {
        let mut numbered = self.questions.iter().enumerate();
        numbered.find(|(_, q)| q.question.columns.contains(&column)).map(|(at, question)| (at + 1, question))
    }
}
