//! A table is understood: scanned once, its columns matched and styled by all their cells, its doubts asked. Takes
//! nothing for granted that the cells, the headings or the caller do not say.

use super::answers::TableAnswers;
use super::cell::TableRow;
use super::column_evidence::ColumnEvidence;
use super::column_layout::{ColumnLayout, ColumnRole, PeriodFields};
use super::column_matching::{MappedColumn, find_column, match_columns, read_map};
use super::column_styles::{ColumnStyles, ColumnUse, decide_styles};
use super::date_reading::DateContext;
use super::exported_sheet::{self, ExportedSheet, ID_COLUMN, REVISION_COLUMN, map_names};
use super::field_names::{FieldMatch, FieldNames, MatchConfidence, PERIOD};
use super::field_readings::{FieldReadings, reading_of_new_column};
use super::named_places::NamedPlaces;
use super::place_columns::{FoundPlaces, PlaceSearch};
use super::question::{QuestionChoice, TableQuestion, quote_argument};
use super::sheet_table::SheetTable;
use super::table_note::TableNote;
use super::table_scan::{ScannedTable, scan_heading, scan_rows};
use super::understanding::{ColumnSummary, TableRowsSource, TableUnderstanding, UnderstoodTable};
use super::understanding_notes::{note_rows, note_text_columns};
use super::value_reading::ValueReading;
use crate::collection::{Collection, FieldType};
use crate::crs::Crs;
use crate::error::{Error, Result};
use crate::import::place_names::PlaceGazetteer;
use crate::intake::CityLocations;
use crate::plan::PlanModel;
use serde_json::{Map, Value as Json, json};
use std::collections::HashSet;
use std::sync::Arc;

/// What a table is read for.
pub struct TableTarget<'a> {
    pub model: &'a PlanModel,
    /// The collection that the rows go into; `None` for a new one.
    pub collection: Option<&'a Collection>,
    /// It is part of the plan's model.
    pub is_model: bool,
    pub cities: &'a CityLocations,
    /// The names of the plan.
    pub names: &'a Arc<PlaceGazetteer>,
    pub crs: Option<Crs>,
    /// The column that `--id` names.
    pub id_property: Option<&'a str>,
    pub lenient: bool,
    /// A plain text is understood, too, so that its columns can be told.
    pub tells_all: bool,
}

/// Opens the rows of a table from the start.
pub type OpenRows<'a> = &'a dyn Fn() -> Result<Box<dyn Iterator<Item = Result<TableRow>> + Send>>;

/// Understands a table of text.
///
/// # Errors
/// When the table cannot be read, is empty, or an answer names what it does not have.
pub fn understand_rows(
    open: OpenRows<'_>,
    target: &TableTarget<'_>,
    answers: &TableAnswers,
) -> Result<UnderstoodTable> {
    let heading = scan_heading(&mut *open()?, None, answers.header_rows)?;
    let scan = scan_rows(&mut *open()?, None, heading)?;
    Understander { scan: &scan, target, answers, sheet: None, exported: None }.understand()
}

/// Understands a sheet, and fills its merged cells.
///
/// # Errors
/// When the sheet is empty, or an answer names what it does not have.
pub fn understand_sheet(
    sheet: &mut SheetTable,
    target: &TableTarget<'_>,
    answers: &TableAnswers,
    exported: Option<&ExportedSheet>,
) -> Result<UnderstoodTable> {
    let named = exported.and_then(|_| exported_sheet::read_names(sheet));
    let is_named = named.is_some();
    let heading = match named {
        Some(heading) => heading,
        None => scan_heading(&mut sheet.rows.iter().cloned().map(Ok), Some(sheet), answers.header_rows)?,
    };
    let filled = sheet.fill_down(heading.last);
    let mut scan = scan_rows(&mut sheet.rows.iter().cloned().map(Ok), Some(sheet), heading)?;
    scan.filled_down = filled;
    let exported = exported.filter(|_| is_named);
    Understander { scan: &scan, target, answers, sheet: Some(sheet), exported }.understand()
}

/// What was found of the columns before they are laid out.
struct FoundColumns<'f> {
    mapped: &'f [Option<MappedColumn>],
    matches: Option<&'f [FieldMatch]>,
    styles: &'f ColumnStyles,
    places: &'f FoundPlaces,
    readings: Option<FieldReadings<'f>>,
}

struct Understander<'a> {
    scan: &'a ScannedTable,
    target: &'a TableTarget<'a>,
    answers: &'a TableAnswers,
    sheet: Option<&'a SheetTable>,
    /// The sheet was exported from a plan, and its columns are named.
    exported: Option<&'a ExportedSheet>,
}

impl Understander<'_> {
    fn names(&self) -> &[String] {
        &self.scan.heading.names
    }

    fn understand(&self) -> Result<UnderstoodTable> {
        let names = self.names().to_vec();
        let fields = self.target.collection.map(FieldNames::new);
        let mut mapped = read_map(&names, self.answers, fields.as_ref())?;
        if self.exported.is_some() {
            let named = map_names(&names, fields.as_ref());
            mapped = mapped.into_iter().zip(named).map(|(said, named)| said.or(named)).collect();
        }
        let matches = match (self.target.collection, &fields) {
            (Some(collection), Some(fields)) => {
                Some(match_columns(&names, &self.scan.columns, collection, fields, &mapped))
            }
            _ => None,
        };
        let styles = self.decide_styles(matches.as_deref());
        let mut places = self.find_places(&mapped, &styles)?;
        let mut questions = styles.questions.clone();
        questions.extend(places.question.take());
        let readings = self.target.collection.map(|c| FieldReadings::new(self.target.model, c, self.target.is_model));
        let found =
            FoundColumns { mapped: &mapped, matches: matches.as_deref(), styles: &styles, places: &places, readings };
        let (layout, columns) = self.lay_out(&found, &mut questions)?;
        let mut notes = note_rows(self.scan, self.sheet, self.exported.is_some());
        notes.extend(self.note_foreign_columns(&layout));
        if matches.is_none() {
            notes.extend(note_text_columns(&names, &self.scan.columns, &layout));
        }
        let has_place = layout.columns.iter().any(|role| matches!(role, ColumnRole::Place(_)));
        let is_silent = has_place || self.answers.is_without_place();
        let summary = TableUnderstanding {
            heading_rows: self.scan.heading.rows.clone(),
            merged_cells: self.scan.heading.merged_cells,
            data_rows: (self.scan.first, self.scan.last),
            features: self.scan.features,
            columns,
            notes,
            questions,
            ..TableUnderstanding::default()
        };
        let named_places = self.named_places(&layout);
        Ok(UnderstoodTable {
            summary,
            layout,
            rows: TableRowsSource::None,
            heading_last: self.scan.heading.last,
            left_out: self.scan.left_out_numbers(),
            without_place: (!is_silent).then(|| places.candidates.clone()),
            named_places,
            blank_rows: if self.sheet.is_some() { 0 } else { self.scan.blank },
            corrections: vec![],
            places: self.answers.places.clone(),
            exported_features: self.exported.filter(|_| self.is_own_export()).map(|sheet| sheet.features),
        })
    }

    fn named_places(&self, layout: &ColumnLayout) -> Option<NamedPlaces> {
        let is_wanted = self.answers.place_names != Some(false);
        self.target.collection.filter(|_| is_wanted).and_then(|c| NamedPlaces::new(c, layout, self.target.names))
    }

    fn decide_styles(&self, matches: Option<&[FieldMatch]>) -> ColumnStyles {
        let kind = |at: usize| -> Option<FieldType> {
            let field = matches?.get(at)?.field.as_deref()?;
            if field == PERIOD {
                return Some(FieldType::Date);
            }
            self.target.collection.and_then(|c| c.field_index(field).map(|f| c.fields[f].kind))
        };
        let columns = &self.scan.columns;
        let is_free = |at: usize| matches.is_none_or(|m| m.get(at).is_none_or(|m| m.field.is_none()));
        let all_numbers = |c: &ColumnEvidence| c.texts > 0 && c.point.read.max(c.comma.read) == c.texts;
        let matters = |at: usize, used: ColumnUse| match used {
            ColumnUse::Number => {
                matches!(kind(at), Some(FieldType::Decimal | FieldType::Real | FieldType::Integer))
                    || (is_free(at) && all_numbers(&columns[at]))
            }
            ColumnUse::Date => {
                matches!(kind(at), Some(FieldType::Date | FieldType::DateTime))
                    || (is_free(at) && columns[at].text_days + columns[at].either_order == columns[at].texts)
            }
        };
        decide_styles(columns, self.answers, self.names(), &matters)
    }

    fn find_places(&self, mapped: &[Option<MappedColumn>], styles: &ColumnStyles) -> Result<FoundPlaces> {
        let said: Vec<_> = mapped
            .iter()
            .enumerate()
            .filter_map(|(at, m)| if let Some(MappedColumn::Place(role)) = m { Some((at, *role)) } else { None })
            .collect();
        if !said.is_empty() {
            return Ok(FoundPlaces { roles: said, ..FoundPlaces::default() });
        }
        // A column that the caller gave to a field is no place.
        let is_field = |at: usize| mapped.get(at).is_some_and(Option::is_some);
        let names: Vec<String> = self
            .names()
            .iter()
            .enumerate()
            .map(|(at, n)| if is_field(at) { format!("\u{1}{at}") } else { n.clone() })
            .collect();
        let search = PlaceSearch {
            names: &names,
            sample: &self.scan.sample,
            signs: &styles.signs,
            crs: self.target.crs,
            cities: self.target.cities,
        };
        let mut found = search.find(self.answers.is_without_place()).map_err(Error::Refused)?;
        found.roles.retain(|(at, _)| !is_field(*at));
        Ok(found)
    }

    fn lay_out(
        &self,
        found: &FoundColumns<'_>,
        questions: &mut Vec<TableQuestion>,
    ) -> Result<(ColumnLayout, Vec<ColumnSummary>)> {
        let styles = found.styles;
        let mut layout = ColumnLayout { signs: styles.signs.clone(), ..ColumnLayout::default() };
        let mut summaries = vec![];
        for at in 0..self.names().len() {
            let mut summary = self.begin_summary(at);
            let role = self.decide_role(at, found, &mut summary);
            summary.style = match &role {
                ColumnRole::Property { reading, .. } => reading.describe(),
                ColumnRole::Period(_) => Some("dates and periods".into()),
                ColumnRole::Place(_) | ColumnRole::Revision | ColumnRole::Skipped => None,
            };
            if let ColumnRole::Property { reading: ValueReading::Number(number), .. } = &role {
                summary.decimal = Some(number.sign.name());
                summary.unit = number.is_money.then_some("EUR");
            }
            layout.columns.push(role);
            summaries.push(summary);
        }
        if let (Some(collection), Some(readings)) = (self.target.collection, &found.readings) {
            self.add_periods(&mut layout, collection, readings, styles.dates);
            self.add_constants(&mut layout, readings)?;
            self.ask_columns(found, &summaries, questions);
            if self.target.is_model {
                self.ask_missing(&layout, collection, questions);
            }
        } else {
            let set = self.answers.set.iter();
            layout.constants = set.map(|(field, value)| (field.clone(), value.as_str().into())).collect();
        }
        Ok((layout, summaries))
    }

    fn begin_summary(&self, at: usize) -> ColumnSummary {
        let evidence = &self.scan.columns[at];
        ColumnSummary {
            column: at,
            heading: self.names()[at].clone(),
            headings: self.scan.heading.levels_of(at),
            cells: evidence.cells(),
            example: evidence.example.clone(),
            ..ColumnSummary::default()
        }
    }

    /// Whether the sheet was exported from the collection that it is read for.
    fn is_own_export(&self) -> bool {
        let collection = self.target.collection.map(|c| c.id.as_str());
        self.exported.is_some_and(|sheet| Some(sheet.collection.as_str()) == collection)
    }

    /// A hidden column of an exported sheet.
    fn hidden_role(&self, at: usize, summary: &mut ColumnSummary) -> Option<ColumnRole> {
        self.exported?;
        let (field, role) = match self.names()[at].as_str() {
            ID_COLUMN => ("id", ColumnRole::Property { name: "id".into(), reading: ValueReading::Words }),
            REVISION_COLUMN if self.is_own_export() => ("revision", ColumnRole::Revision),
            _ => return None,
        };
        summary.field = Some(field.into());
        Some(role)
    }

    /// Columns that a person added to an exported sheet.
    fn note_foreign_columns(&self, layout: &ColumnLayout) -> Vec<TableNote> {
        let columns = layout.columns.iter().zip(self.names()).zip(&self.scan.columns).enumerate();
        let foreign = columns.filter(|(_, ((role, name), column))| {
            self.exported.is_some()
                && matches!(role, ColumnRole::Skipped)
                && *name != REVISION_COLUMN
                && column.cells() > 0
        });
        let letters: Vec<String> = foreign.map(|(at, _)| super::cell::column_letters(at)).collect();
        if letters.is_empty() {
            return vec![];
        }
        let letters = letters.join(", ");
        let sentence = format!("Not a field of the collection, and left out: column {letters}.");
        vec![TableNote::new("foreign-columns", sentence, json!({"columns": letters}))]
    }

    fn decide_role(&self, at: usize, found: &FoundColumns<'_>, summary: &mut ColumnSummary) -> ColumnRole {
        if let Some(role) = self.hidden_role(at, summary) {
            return role;
        }
        let FoundColumns { mapped, matches, styles, places, readings } = found;
        let (name, evidence) = (&self.names()[at], &self.scan.columns[at]);
        if let Some((_, role)) = places.roles.iter().find(|(column, _)| *column == at) {
            summary.field = Some("place".into());
            return ColumnRole::Place(*role);
        }
        let is_blank = evidence.cells() + evidence.absent == 0 && mapped[at].is_none();
        let is_open = places.row_numbers == Some(at) || places.open_columns.contains(&at);
        if places.open_columns.contains(&at) {
            summary.field = Some("place".into());
        }
        if is_blank || is_open || mapped[at] == Some(MappedColumn::LeftOut) {
            return ColumnRole::Skipped;
        }
        if let (Some(matches), Some(readings)) = (matches, readings) {
            let matched = &matches[at];
            summary.confidence = Some(matched.confidence.name());
            summary.reason = Some(matched.reason.clone());
            summary.field = matched.field.clone().filter(|_| matched.confidence == MatchConfidence::Sure);
            let role = |field: &str| readings.role(field, name, evidence, styles.signs[at], styles.dates);
            return summary.field.as_deref().map_or(ColumnRole::Skipped, role);
        }
        let name = match &mapped[at] {
            Some(MappedColumn::Field(field)) => field.clone(),
            _ if name.is_empty() => format!("column {}", super::cell::column_letters(at)),
            _ => name.clone(),
        };
        summary.field = Some(name.clone());
        let reading = reading_of_new_column(evidence, styles.signs[at], styles.dates);
        ColumnRole::Property { name, reading }
    }

    fn add_periods(
        &self,
        layout: &mut ColumnLayout,
        collection: &Collection,
        readings: &FieldReadings,
        dates: DateContext,
    ) {
        let has_period = layout.columns.iter().any(|role| matches!(role, ColumnRole::Period(_)));
        let Some((start, end)) = readings.period_fields().filter(|_| has_period) else { return };
        let is_taken = layout
            .columns
            .iter()
            .any(|role| matches!(role, ColumnRole::Property { name, .. } if name == "date_precision"))
            || self.answers.set.iter().any(|(name, _)| name == "date_precision");
        let precision = collection.field_index("date_precision").filter(|_| !is_taken);
        let words = || readings.words_of("date_precision");
        let precision = precision.map(|_| ("date_precision".to_owned(), words()));
        layout.period = Some(PeriodFields { start, end, precision, context: dates });
    }

    fn add_constants(&self, layout: &mut ColumnLayout, readings: &FieldReadings) -> Result<()> {
        for (field, value) in &self.answers.set {
            let read = readings.read_constant(field, value).map_err(|message| Error::invalid("--set", message))?;
            layout.constants.push((field.clone(), read));
        }
        Ok(())
    }

    /// Columns that are no field for certain.
    fn ask_columns(&self, found: &FoundColumns<'_>, summaries: &[ColumnSummary], questions: &mut Vec<TableQuestion>) {
        // Columns that were held against the fields, and are none for certain.
        let doubtful = summaries.iter().filter(|s| s.confidence.is_some() && s.field.is_none()).map(|s| s.column);
        let field = |at: usize| found.matches.and_then(|matches| matches[at].field.clone());
        let (mut unmatched, mut likely) = (vec![], vec![]);
        for at in doubtful {
            match field(at) {
                Some(field) => likely.push((at, field)),
                None => unmatched.push(at),
            }
        }
        let name = |at: usize| self.column_name(at);
        let map = |at: usize, field: &str| format!("--map {}", quote_argument(&format!("{}={field}", name(at))));
        let is_id = |at: &usize| self.target.id_property.is_some_and(|id| find_column(self.names(), id) == Some(*at));
        let cells = |columns: &mut dyn Iterator<Item = usize>| columns.map(|at| self.scan.columns[at].cells()).sum();
        if !likely.is_empty() {
            let pairs: Vec<String> =
                likely.iter().map(|(at, field)| format!("'{}' the field '{field}'", name(*at))).collect();
            let yes: Vec<String> = likely.iter().map(|(at, field)| map(*at, field)).collect();
            let no: Vec<String> = likely.iter().map(|(at, _)| map(*at, "")).collect();
            let pair = |(at, field): &(usize, String)| json!({"heading": name(*at), "field": field});
            questions.push(TableQuestion {
                id: "columns",
                sentence: format!("Is {}?", pairs.join(", and ")),
                choices: vec![
                    QuestionChoice::new(
                        "yes",
                        "yes",
                        yes.join(" "),
                        map_answer(likely.iter().map(|(at, f)| (name(*at), f.as_str()))),
                    ),
                    QuestionChoice::new(
                        "leave-out",
                        "leave out",
                        no.join(" "),
                        map_answer(likely.iter().map(|(at, _)| (name(*at), ""))),
                    ),
                ],
                default: Some(0),
                cells: cells(&mut likely.iter().map(|(at, _)| *at)),
                columns: likely.iter().map(|(at, _)| *at).collect(),
                parameters: json!({"columns": likely.iter().map(pair).collect::<Vec<_>>()}),
            });
        }
        let open: Vec<usize> = unmatched.iter().copied().filter(|at| !is_id(at)).collect();
        if !open.is_empty() && !self.target.lenient {
            let names: Vec<String> = open.iter().map(|at| format!("'{}'", name(*at))).collect();
            let left: Vec<String> = open.iter().map(|at| map(*at, "")).collect();
            questions.push(TableQuestion {
                id: "unmatched",
                sentence: format!(
                    "No field is known for {}. Which field are they (--map COLUMN=FIELD)?",
                    names.join(", ")
                ),
                choices: vec![
                    QuestionChoice::new(
                        "leave-out",
                        "leave out",
                        left.join(" "),
                        map_answer(open.iter().map(|at| (name(*at), ""))),
                    ),
                    QuestionChoice::new("", "leave out all such", "--lenient", Json::Null),
                ],
                default: Some(0),
                cells: cells(&mut open.iter().copied()),
                parameters: json!({"headings": open.iter().map(|at| name(*at)).collect::<Vec<_>>()}),
                columns: open,
            });
        }
    }

    fn column_name(&self, at: usize) -> String {
        let name = &self.names()[at];
        if name.is_empty() { super::cell::column_letters(at) } else { name.clone() }
    }

    /// Fields that the model requires, and that no column has.
    fn ask_missing(&self, layout: &ColumnLayout, collection: &Collection, questions: &mut Vec<TableQuestion>) {
        let mut known: HashSet<&str> = layout.constants.iter().map(|(name, _)| name.as_str()).collect();
        for role in &layout.columns {
            if let ColumnRole::Property { name, .. } = role {
                known.insert(name);
            }
        }
        let missing: Vec<&str> = collection
            .fields
            .iter()
            .filter(|f| f.required && !known.contains(f.name.as_str()))
            .map(|f| f.name.as_str())
            .collect();
        // A column that is asked about may be one of them.
        let is_asked = |field: &&str| {
            questions.iter().any(|q| q.id == "columns" && q.sentence.contains(&format!("the field '{field}'")))
        };
        let missing: Vec<&str> = missing.into_iter().filter(|field| !is_asked(field)).collect();
        if missing.is_empty() || self.scan.features == 0 {
            return;
        }
        let options: Vec<String> = missing.iter().map(|field| format!("--set {field}=VALUE")).collect();
        questions.push(TableQuestion {
            id: "missing",
            sentence: format!(
                "No column is {}, which every feature needs. Which value do all rows have?",
                missing.iter().map(|m| format!("'{m}'")).collect::<Vec<_>>().join(", ")
            ),
            choices: vec![QuestionChoice::new("", "", options.join(" "), Json::Null)],
            default: None,
            cells: self.scan.features * missing.len() as u64,
            columns: vec![],
            parameters: json!({"fields": missing}),
        });
    }
}

/// The members of a recipe that give columns to fields.
pub fn map_answer<'f>(pairs: impl Iterator<Item = (String, &'f str)>) -> Json {
    json!({"map": pairs.map(|(name, field)| (name, field.into())).collect::<Map<String, Json>>()})
}
