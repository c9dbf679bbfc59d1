//! The sheets of a workbook, the same in XLSX and ODS, so that a table can be worked in by a person and read back by an
//! import that knows each cell.
//!
//! One sheet for each collection, named by its title in the reader's language:
//!
//! | row | what |
//! |---|---|
//! | 1, hidden | the names of the columns: `_id`, `_revision`, the fields, then `lon` and `lat`, or `geometry` |
//! | 2, frozen | the headings in the reader's language, with the explanation of the field as a note, and a filter |
//! | from 3 on | one feature a row |
//!
//! The first two columns are hidden: `_id` is the id of the feature, `_revision` the revision of the collection that
//! the row was written at. A row that a person adds has neither. Points of a collection that has only points have
//! `lon` and `lat` in degrees; any other geometry is well-known text in the hidden column `geometry`.
//!
//! Two more sheets are hidden. `lists` has two columns for each vocabulary: the labels that cells show, headed by its
//! name, and beside them the ids, headed by the name and `:id`. `cityheart` describes the workbook, one entry a row,
//! whose first cell says what it is:
//!
//! - `cityheart`: the version of this layout, 1
//! - `program`, `plan`, `language`, `written`: one cell each: the program and its version, the name of the plan, the
//!   language of the headings, the instant
//! - `sheet`: sheet, collection, revision, number of the first row with a feature, number of features
//! - `column`: sheet, number of the column from 1 on, name, kind, vocabulary; kinds are `text`, `integer`, `real`,
//!   `decimal`, `boolean`, `date`, `date-time` and `json`
//! - `not_held`: sheet, id, column: the cell holds less than the value, which a reading leaves as it is when the cell
//!   is as it was written
//! - `told`: a sentence on what the file does not hold
//!
//! How values become cells is in [`super::sheet_cell`]; `docs/tables.md` has both for those who write such files.

use super::file_layer::{FileLayer, FileOptions};
use super::format_losses::FormatLosses;
use super::sheet_cell::SheetCell;
use super::vocabulary_list::VocabularyList;
use super::workbook_words::WorkbookWords;
use crate::collection::{Collection, FieldDefinition, FieldType};
use crate::encoding::geometry_to_wkt;
use crate::feature::{Feature, FieldValue, Geometry, GeometryTypeSet};
use serde_json::Value as Json;
use std::borrow::Cow;

/// The version of the layout.
pub const LAYOUT_VERSION: u32 = 1;
/// The number of the first row with a feature, counted from 0.
pub const FIRST_ROW: u32 = 2;
pub const LISTS_SHEET: &str = "lists";
pub const ABOUT_SHEET: &str = "cityheart";
/// The most rows of a sheet.
const MAX_ROWS: u64 = 1_048_576;
const MAX_COLUMNS: usize = 16_384;
const MAX_SHEET_NAME: usize = 31;
/// How many words of a list its note shows.
const MAX_NOTED_WORDS: usize = 30;

/// A sheet with the features of one collection.
pub struct SheetLayout {
    pub name: String,
    pub collection: String,
    pub revision: u64,
    pub columns: Vec<SheetColumn>,
    pub count: u64,
}

/// A column of it.
pub struct SheetColumn {
    /// In the hidden row.
    pub name: String,
    pub heading: String,
    pub note: Option<String>,
    pub form: ColumnForm,
    pub is_hidden: bool,
    /// In characters.
    pub width: u16,
    /// The position of the list that its words are in.
    pub list: Option<usize>,
    source: ColumnSource,
}

/// How the cells of a column look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnForm {
    Text,
    Number,
    Money,
    YesNo,
    Day,
    Instant,
}

enum ColumnSource {
    Id,
    Revision,
    Field(usize, FieldType),
    Longitude,
    Latitude,
    Wkt,
}

/// The sheets, and the lists that they share.
pub struct WorkbookLayout {
    pub words: WorkbookWords,
    pub lists: Vec<VocabularyList>,
    pub sheets: Vec<SheetLayout>,
    /// Sheet, id and column of the cells that hold less than the value.
    pub not_held: Vec<[String; 3]>,
    head: Vec<[String; 2]>,
}

impl WorkbookLayout {
    /// The layout of a workbook with these collections.
    pub fn new(layers: &[FileLayer], options: &FileOptions<'_>) -> Self {
        let words = WorkbookWords::of_language(options.language);
        let head = vec![
            ["program".to_owned(), concat!("cityheart ", env!("CARGO_PKG_VERSION")).to_owned()],
            ["plan".to_owned(), options.plan.to_owned()],
            ["language".to_owned(), options.language.to_owned()],
            ["written".to_owned(), format!("{:.0}", jiff::Timestamp::now())],
        ];
        let mut layout = Self { words, lists: vec![], sheets: vec![], not_held: vec![], head };
        for layer in layers {
            let sheet = layout.build_sheet(layer, options);
            layout.sheets.push(sheet);
        }
        layout
    }

    fn build_sheet(&mut self, layer: &FileLayer, options: &FileOptions<'_>) -> SheetLayout {
        let collection = &layer.output.collection;
        let mut columns = vec![
            service_column("_id", id_title(collection, options.language), ColumnForm::Text, ColumnSource::Id),
            service_column("_revision", self.words.revision.to_owned(), ColumnForm::Number, ColumnSource::Revision),
        ];
        columns.extend(layer.output.fields().map(|(at, field)| self.build_column(collection, at, field, options)));
        columns.extend(self.place_columns(collection, options.language));
        let title = localized(&collection.schema, "title", options.language).unwrap_or(&collection.title);
        SheetLayout {
            name: free_sheet_name(title, &self.sheets),
            collection: collection.id.to_string(),
            revision: layer.revision,
            columns,
            count: 0,
        }
    }

    fn build_column(
        &mut self,
        collection: &Collection,
        at: usize,
        field: &FieldDefinition,
        options: &FileOptions<'_>,
    ) -> SheetColumn {
        let property = collection.schema.get("properties").and_then(|p| p.get(&field.name)).unwrap_or(&Json::Null);
        let list = VocabularyList::of_field(collection, &field.name, options.model, options.language);
        let list = list.filter(|list| !list.words.is_empty()).map(|list| self.add_list(list));
        let mut note = localized(property, "description", options.language).unwrap_or_default().to_owned();
        if let Some(list) = list.filter(|_| field.kind == FieldType::Json) {
            let labels = self.lists[list].words.iter().take(MAX_NOTED_WORDS).map(|word| word.label.as_str());
            note = format!("{note}\n{} {}", self.words.several, labels.collect::<Vec<_>>().join("; "));
        }
        SheetColumn {
            name: field.name.clone(),
            heading: localized(property, "title", options.language).unwrap_or(&field.title).to_owned(),
            note: Some(note.trim().to_owned()).filter(|note| !note.is_empty()),
            form: column_form(field.kind),
            is_hidden: false,
            width: column_width(field, list.is_some()),
            list,
            source: ColumnSource::Field(at, field.kind),
        }
    }

    /// The position of a list, which several fields may share.
    fn add_list(&mut self, list: VocabularyList) -> usize {
        if let Some(at) = self.lists.iter().position(|known| known.name == list.name) {
            return at;
        }
        self.lists.push(list);
        self.lists.len() - 1
    }

    fn place_columns(&self, collection: &Collection, language: &str) -> Vec<SheetColumn> {
        let has_field = |name: &str| collection.fields.iter().any(|f| f.name.eq_ignore_ascii_case(name));
        let is_point = Some(collection.geometry) == GeometryTypeSet::from_schema_format("geometry-point");
        if collection.geometry.is_none() {
            return vec![];
        }
        if is_point && !["lon", "lat", "wkt", "geom", "the_geom"].into_iter().any(has_field) {
            let degrees = |name: &str, heading: &str, source| SheetColumn {
                is_hidden: false,
                ..service_column(name, heading.to_owned(), ColumnForm::Number, source)
            };
            return vec![
                degrees("lon", self.words.longitude, ColumnSource::Longitude),
                degrees("lat", self.words.latitude, ColumnSource::Latitude),
            ];
        }
        let heading = find_role(collection, "primary-geometry").and_then(|p| localized(p, "title", language));
        vec![service_column("geometry", heading.unwrap_or("WKT").to_owned(), ColumnForm::Text, ColumnSource::Wkt)]
    }

    /// Calls `put` with the number of each column and its cell. What the cells do not hold is noted.
    pub fn write_cells<E>(
        &mut self,
        sheet: usize,
        feature: &Feature,
        losses: &mut FormatLosses,
        mut put: impl FnMut(usize, SheetCell<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self { sheets, lists, not_held, .. } = self;
        let layout = &mut sheets[sheet];
        layout.count += 1;
        for (at, column) in layout.columns.iter().enumerate() {
            let (cell, is_short) = column.read_cell(feature, layout.revision, lists);
            if is_short {
                losses.count(&format!("A cell of '{}' cannot hold the value whole", column.name), feature.id.as_str());
                not_held.push([layout.name.clone(), feature.id.to_string(), column.name.clone()]);
            }
            put(at, cell.cut())?;
        }
        Ok(())
    }

    /// What forbids another feature in a sheet, as a sentence.
    pub fn find_limit(&self, sheet: usize) -> Option<String> {
        let layout = &self.sheets[sheet];
        if layout.columns.len() > MAX_COLUMNS {
            return Some(format!("A sheet has at most {MAX_COLUMNS} columns. Choose fewer properties."));
        }
        let is_full = layout.count + u64::from(FIRST_ROW) >= MAX_ROWS;
        is_full.then(|| {
            format!(
                "A sheet has at most {} features, and '{}' has more. Filter them, or choose another format.",
                MAX_ROWS - u64::from(FIRST_ROW),
                layout.collection
            )
        })
    }

    /// The rows of the sheet that describes the workbook.
    pub fn describe(&self, losses: &FormatLosses) -> Vec<Vec<SheetCell<'_>>> {
        let text = |text: &str| SheetCell::Text(Cow::Owned(text.to_owned()));
        let number = |n: u64| SheetCell::Number(n as f64);
        let mut rows = vec![vec![text("cityheart"), number(LAYOUT_VERSION.into())]];
        rows.extend(self.head.iter().map(|[name, value]| vec![text(name), text(value)]));
        for sheet in &self.sheets {
            rows.push(vec![
                text("sheet"),
                text(&sheet.name),
                text(&sheet.collection),
                number(sheet.revision),
                number(u64::from(FIRST_ROW) + 1),
                number(sheet.count),
            ]);
        }
        for sheet in &self.sheets {
            for (at, column) in sheet.columns.iter().enumerate() {
                let list = column.list.map_or("", |list| &self.lists[list].name);
                let at = number(at as u64 + 1);
                rows.push(vec![
                    text("column"),
                    text(&sheet.name),
                    at,
                    text(&column.name),
                    text(column.kind_name()),
                    text(list),
                ]);
            }
        }
        let not_held = |[sheet, id, column]: &[String; 3]| vec![text("not_held"), text(sheet), text(id), text(column)];
        rows.extend(self.not_held.iter().map(not_held));
        rows.extend(losses.sentences().iter().map(|sentence| vec![text("told"), text(sentence)]));
        rows
    }
}

impl SheetColumn {
    fn read_cell<'v>(&self, feature: &'v Feature, revision: u64, lists: &'v [VocabularyList]) -> (SheetCell<'v>, bool) {
        let point = || match &feature.geometry {
            Some(Geometry::Point(point)) => Some(point),
            _ => None,
        };
        let number = |n: Option<f64>| (n.map_or(SheetCell::Blank, SheetCell::Number), false);
        match self.source {
            ColumnSource::Id => (SheetCell::Text(feature.id.as_str().into()), false),
            ColumnSource::Revision => number(Some(revision as f64)),
            ColumnSource::Longitude => number(point().map(|p| p.x())),
            ColumnSource::Latitude => number(point().map(|p| p.y())),
            ColumnSource::Wkt => {
                let wkt = feature.geometry.as_ref().map(geometry_to_wkt);
                let cell = wkt.map_or(SheetCell::Blank, |wkt| SheetCell::Text(wkt.into()));
                let is_short = cell.is_short_of(&FieldValue::Null);
                (cell, is_short)
            }
            ColumnSource::Field(at, kind) => {
                let value = feature.values.get(at).unwrap_or(&FieldValue::Null);
                let cell = SheetCell::of_value(value, kind, self.list.map(|list| &lists[list]));
                let is_short = cell.is_short_of(value);
                (cell, is_short)
            }
        }
    }

    fn kind_name(&self) -> &'static str {
        match self.source {
            ColumnSource::Id | ColumnSource::Wkt => "text",
            ColumnSource::Revision => "integer",
            ColumnSource::Longitude | ColumnSource::Latitude => "real",
            ColumnSource::Field(_, kind) => match kind {
                FieldType::Text => "text",
                FieldType::Integer => "integer",
                FieldType::Real => "real",
                FieldType::Decimal => "decimal",
                FieldType::Boolean => "boolean",
                FieldType::Date => "date",
                FieldType::DateTime => "date-time",
                FieldType::Json => "json",
            },
        }
    }

    /// Whether its cells choose one word of a list.
    pub fn is_choice(&self) -> bool {
        self.list.is_some() && matches!(self.source, ColumnSource::Field(_, FieldType::Text))
    }
}

/// A hidden column.
fn service_column(name: &str, heading: String, form: ColumnForm, source: ColumnSource) -> SheetColumn {
    SheetColumn { name: name.to_owned(), heading, note: None, form, is_hidden: true, width: 14, list: None, source }
}

fn column_form(kind: FieldType) -> ColumnForm {
    match kind {
        FieldType::Text | FieldType::Json => ColumnForm::Text,
        FieldType::Integer | FieldType::Real => ColumnForm::Number,
        FieldType::Decimal => ColumnForm::Money,
        FieldType::Boolean => ColumnForm::YesNo,
        FieldType::Date => ColumnForm::Day,
        FieldType::DateTime => ColumnForm::Instant,
    }
}

fn column_width(field: &FieldDefinition, is_choice: bool) -> u16 {
    match (field.kind, field.max_length) {
        (FieldType::Text, _) if is_choice => 20,
        (FieldType::Text, Some(0..=60)) => 14,
        (FieldType::Text, Some(61..=150)) => 24,
        (FieldType::Text, Some(151..=300)) => 40,
        (FieldType::Text, _) => 50,
        (FieldType::Json, _) => 30,
        (FieldType::Decimal, _) => 16,
        (FieldType::DateTime, _) => 18,
        _ => 12,
    }
}

/// The title or description of a schema or property in a language; in English for want of it.
fn localized<'s>(schema: &'s Json, member: &str, language: &str) -> Option<&'s str> {
    let translated = schema.get(format!("x-cityheart-{member}")).and_then(|all| all.get(language));
    translated.or_else(|| schema.get(member))?.as_str().filter(|text| !text.is_empty())
}

fn find_role<'c>(collection: &'c Collection, role: &str) -> Option<&'c Json> {
    let properties = collection.schema.get("properties")?.as_object()?;
    properties.values().find(|p| p.get("x-ogc-role").and_then(Json::as_str) == Some(role))
}

fn id_title(collection: &Collection, language: &str) -> String {
    find_role(collection, "id").and_then(|p| localized(p, "title", language)).unwrap_or("Id").to_owned()
}

/// A title as the name of a sheet: without the characters that Excel forbids, not too long, and free.
fn free_sheet_name(title: &str, sheets: &[SheetLayout]) -> String {
    let plain: String =
        title.chars().map(|c| if "[]:*?/\\'".contains(c) || c.is_control() { ' ' } else { c }).collect();
    let is_taken = |name: &str| {
        let folded = name.to_lowercase();
        [LISTS_SHEET, ABOUT_SHEET, "history"].contains(&folded.as_str())
            || sheets.iter().any(|sheet| sheet.name.to_lowercase() == folded)
    };
    let cut = |most: usize| plain.trim().chars().take(most).collect::<String>().trim().to_owned();
    let name = Some(cut(MAX_SHEET_NAME)).filter(|name| !name.is_empty()).unwrap_or_else(|| "1".to_owned());
    if !is_taken(&name) {
        return name;
    }
    (2..=u32::MAX).map(|n| format!("{} {n}", cut(MAX_SHEET_NAME - 6))).find(|name| !is_taken(name)).unwrap_or(name)
}
