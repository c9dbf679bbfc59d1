//! A file as a person reviews it: read with the answers and with our guesses where there is none, compared with the
//! plan, checked as an edit is. What would be refused at the end is found here.

use super::import_answers::ImportAnswers;
use super::open_question::{OpenQuestion, QuestionContext};
use super::review_findings::{ReviewFindings, RowFinding};
use super::review_outcome::{RowChanges, describe_outcome, row_number};
use super::review_preview::ReviewPreview;
use super::review_table::{ReviewTable, describe_fields, describe_unread};
use crate::atlas::{EditBatch, FaultHandling, MAX_EDITS, ViewerPlan};
use crate::collection::{Collection, CollectionId};
use crate::crs::Crs;
use crate::error::{Error, Result};
use crate::import::id_registry::IdRegistry;
use crate::import::job::{ImportJob, ImportOptions, ImportTarget, parse_crs};
use crate::import::place_names::PlaceGazetteer;
use crate::import::prepared_source::PreparedSource;
use crate::import::source::ImportSource;
use crate::import::source_bounds::SourceBounds;
use crate::import::source_facts::SourceOptions;
use crate::import::table::TableUnderstanding;
use crate::import::update::{ExistingFeatures, UpdateOptions, UpdateOutcome, ViewerFeatures};
use crate::intake::CityLocations;
use crate::query::Query;
use serde_json::{Map, Value as Json, json};
use std::path::Path;
use std::sync::Arc;

/// How often the file is read anew with the guesses of the last reading.
const MAX_ROUNDS: usize = 5;
/// The most questions at a time.
const MAX_QUESTIONS: usize = 3;
/// How many rows are refused one by one for what the plan's rules or rights say.
const MAX_REFUSALS: usize = 200;

/// A file that is reviewed, and for whom.
pub struct ReviewRequest<'a> {
    /// Where the file is.
    pub path: &'a Path,
    /// What its owner calls it.
    pub name: &'a str,
    pub plan: &'a ViewerPlan,
    pub into: &'a CollectionId,
    pub answers: &'a ImportAnswers,
    pub bounds: SourceBounds,
}

/// What was understood of a file, and what it would change.
pub struct ImportReview {
    /// The members of the document that tell it.
    pub document: Map<String, Json>,
    /// `None` while a question hides the rows.
    pub outcome: Option<UpdateOutcome>,
    pub collection: Collection,
    pub open_questions: usize,
    /// Rows that are left out.
    pub refused: u64,
}

impl ImportReview {
    /// The review of a file in which nothing is found.
    #[must_use]
    pub fn empty(collection: Collection) -> Self {
        Self { document: Map::new(), outcome: None, collection, open_questions: 0, refused: 0 }
    }
}

/// Reviews a file.
///
/// # Errors
/// When the file cannot be read, an answer names what it does not have, or the work had to stop.
pub fn review_import(request: &ReviewRequest<'_>) -> Result<ImportReview> {
    let work = &request.bounds.work;
    let existing = ViewerFeatures::read(request.plan, request.into, work)?;
    let collection = request.plan.collection_view(request.into.as_str())?.collection().clone();
    let mut reading =
        FileReading { request, existing: &existing, questions: vec![], defaults: Map::new(), first: None };
    let names = Arc::new(read_names(request, &collection)?);
    let mut answers = request.answers.clone();
    for round in 1.. {
        let options = read_options(&answers)?;
        let sources = [reading.open_source(&answers)?];
        let mut job =
            ImportJob::prepare(&sources, find_target(request, &collection, &names), &options, Arc::default())?;
        job.waive_missing(&existing)?;
        work.check()?;
        let guessed = reading.take_questions(&job, &answers)?;
        match guessed.filter(|guessed| *guessed != answers && round < MAX_ROUNDS) {
            Some(guessed) => answers = guessed,
            None => return reading.finish(job, &sources[0], options.crs),
        }
    }
    Err(Error::internal("a file is always read"))
}

/// What the answers say of the file as a whole.
fn read_options(answers: &ImportAnswers) -> Result<ImportOptions> {
    let named = answers.table().crs.as_deref().filter(|crs| *crs != "none");
    let crs = parse_crs(named).map_err(|e| match e {
        Error::Invalid(invalid) => Error::invalid("/answers/crs", invalid.message),
        e => e,
    })?;
    Ok(ImportOptions { id: None, lenient: false, crs, answers: answers.table().clone(), tells_all: true })
}

/// The names of the plan that the viewer sees, for a collection whose features say in words where they are.
fn read_names(request: &ReviewRequest<'_>, into: &Collection) -> Result<PlaceGazetteer> {
    let mut names = PlaceGazetteer::default();
    for view in request.plan.collections().iter().filter(|_| PlaceGazetteer::places(into)) {
        let collection = view.collection();
        if PlaceGazetteer::takes(collection.id.as_str()) {
            let query = Query { limit: u32::MAX as usize, ..Query::default() };
            let all = request.plan.select_items(view, &query, &request.bounds.work)?;
            all.features().for_each(|feature| names.add(collection, &feature));
        }
    }
    Ok(names)
}

fn find_target<'r>(
    request: &'r ReviewRequest<'_>,
    collection: &Collection,
    names: &Arc<PlaceGazetteer>,
) -> ImportTarget<'r> {
    let is_about_cities = request.into.as_str() == "cities";
    ImportTarget {
        model: request.plan.model(),
        id: request.into.clone(),
        existing: Some(collection.clone()),
        ids: IdRegistry::default(),
        cities: if is_about_cities { CityLocations::default() } else { (*request.plan.city_locations()).clone() },
        names: names.clone(),
    }
}

/// A file between its readings.
struct FileReading<'a> {
    request: &'a ReviewRequest<'a>,
    existing: &'a ViewerFeatures<'a>,
    questions: Vec<OpenQuestion>,
    /// The values of fields that no column is, which need no question.
    defaults: Map<String, Json>,
    /// What was understood without guesses.
    first: Option<TableUnderstanding>,
}

impl FileReading<'_> {
    fn open_source(&self, answers: &ImportAnswers) -> Result<ImportSource> {
        let named = answers.table().crs.as_deref().filter(|crs| *crs != "none");
        let crs = parse_crs(named)?.or(named.map(|_| Crs::CRS84));
        let options = SourceOptions {
            format: None,
            layer: answers.layer().or(answers.table().sheet.as_deref()).map(ToOwned::to_owned),
            encoding: answers.table().encoding.clone(),
            crs,
            bounds: Some(self.request.bounds.clone()),
        };
        let source = ImportSource::open_copy(self.request.path, self.request.name, options)?;
        source.prepare_for(self.request.into, &Arc::default())
    }

    /// Adds the questions that are new, and returns the answers with the guesses of all.
    fn take_questions(&mut self, job: &ImportJob<'_>, answers: &ImportAnswers) -> Result<Option<ImportAnswers>> {
        let Some(source) = job.sources().first() else { return Ok(None) };
        let Some(understanding) = source.understanding() else { return Ok(None) };
        let has_places = understanding.columns.iter().any(|column| column.field.as_deref() == Some("place"));
        let context = QuestionContext {
            model: self.request.plan.model(),
            collection: job.collection(),
            viewer: self.request.plan.viewer(),
            has_places,
        };
        let mut guessed = answers.clone();
        for question in OpenQuestion::split(&understanding.questions, &context) {
            if let Some(guess) = question.guess() {
                guessed = guessed.with_guess(guess)?;
            }
            if let Some((field, value)) = question.default_value() {
                self.defaults.insert(field.to_owned(), value.into());
            } else if !self.questions.iter().any(|known| known.id == question.id) {
                self.questions.push(question);
            }
        }
        self.first.get_or_insert_with(|| understanding.clone());
        Ok(Some(guessed))
    }

    fn finish(mut self, job: ImportJob<'_>, source: &ImportSource, crs: Option<Crs>) -> Result<ImportReview> {
        let collection = job.collection().clone();
        let prepared = job.sources().first().cloned();
        let prepared = prepared.ok_or_else(|| Error::internal("the job has no file"))?;
        put_open_first(&mut self.questions);
        let is_unread = self.questions.iter().any(|question| question.id == "sheet");
        let mut review = ImportReview {
            document: self.begin_document(&collection, source),
            outcome: None,
            collection,
            open_questions: self.questions.len(),
            refused: 0,
        };
        if is_unread {
            let unread = prepared.understanding().map(describe_unread);
            review.document.insert("tables".into(), json!([unread]));
            return Ok(review);
        }
        self.compare(job, &prepared, crs, &mut review)?;
        Ok(review)
    }

    fn begin_document(&self, collection: &Collection, source: &ImportSource) -> Map<String, Json> {
        let shown = self.questions.iter().take(MAX_QUESTIONS).enumerate();
        let mut document = Map::new();
        document.insert("format".into(), source.format().name().into());
        document.insert("revision".into(), self.existing.revision().into());
        document.insert("fields".into(), describe_fields(collection));
        document.insert("questions".into(), shown.map(|(at, question)| question.to_json(at + 1)).collect());
        document.insert("defaults".into(), Json::Object(self.defaults.clone()));
        document.insert("answers".into(), self.request.answers.to_json());
        for name in ["preview", "marks", "outcome"] {
            document.insert(name.into(), Json::Null);
        }
        document.insert("tables".into(), json!([]));
        document.insert("findings".into(), json!([]));
        document.insert("findings_total".into(), 0.into());
        document
    }

    /// Reads the rows and compares them with the plan.
    fn compare(
        &self,
        job: ImportJob<'_>,
        prepared: &PreparedSource<'_>,
        crs: Option<Crs>,
        review: &mut ImportReview,
    ) -> Result<()> {
        let work = &self.request.bounds.work;
        let (report, outcome) = job.compare(self.existing, UpdateOptions::default());
        let mut outcome = outcome?;
        work.check()?;
        if outcome.changes.len() > MAX_EDITS {
            return Err(Error::TooLarge(format!(
                "The file would change {} features, and {MAX_EDITS} are allowed here. Import it by the command line, or split it.",
                outcome.changes.len()
            )));
        }
        let is_table = prepared.table().is_some();
        let total = report.findings.errors + report.findings.warnings;
        let mut findings = ReviewFindings::collect(&report.findings.details, total, prepared.table());
        self.refuse_forbidden(&review.collection, &mut outcome, &mut findings, is_table)?;
        self.tell(prepared, (&findings, &outcome), crs, review)?;
        review.refused = outcome.refused;
        review.outcome = Some(outcome);
        Ok(())
    }

    /// Puts what was found into the document.
    fn tell(
        &self,
        prepared: &PreparedSource<'_>,
        (findings, outcome): (&ReviewFindings, &UpdateOutcome),
        crs: Option<Crs>,
        review: &mut ImportReview,
    ) -> Result<()> {
        let (work, is_table) = (&self.request.bounds.work, prepared.table().is_some());
        let changes = RowChanges::new(outcome, is_table);
        let document = &mut review.document;
        if let Some(summary) = prepared.understanding() {
            let table = ReviewTable {
                first: self.first.as_ref().unwrap_or(summary),
                table: prepared.table(),
                summary,
                questions: &self.questions,
                crs,
                is_crs_stated: self.request.answers.table().crs.is_some(),
            };
            let preview = if is_table {
                ReviewPreview::of_table(prepared, &table, findings, &changes, work)?
            } else {
                ReviewPreview::of_features(prepared, &table, findings, &changes, work)?
            };
            document.insert("tables".into(), json!([table.to_json()]));
            document.insert("preview".into(), json!({"rows": preview.rows, "total": preview.total}));
            let marks = preview.marks;
            let marks = json!({"understood": marks.understood, "asked": marks.asked, "refused": marks.refused});
            document.insert("marks".into(), marks);
        }
        document.insert("outcome".into(), describe_outcome(outcome, &review.collection, is_table));
        document.insert("findings".into(), findings.to_json());
        document.insert("findings_total".into(), findings.total.into());
        Ok(())
    }

    /// Refuses rows that the viewer may not write, or that the rules of the plan do not let pass.
    fn refuse_forbidden(
        &self,
        collection: &Collection,
        outcome: &mut UpdateOutcome,
        findings: &mut ReviewFindings,
        is_table: bool,
    ) -> Result<()> {
        let (plan, into) = (self.request.plan, self.request.into.as_str());
        for _ in 0..MAX_REFUSALS {
            let batch = EditBatch {
                collection: into.to_owned(),
                requests: outcome.to_requests(collection, false),
                crs: Crs::CRS84,
                handling: FaultHandling::Usual,
                work: self.request.bounds.work.clone(),
            };
            let faults = match plan.check_change(&batch) {
                Ok(()) => return Ok(()),
                Err(Error::RuleViolations(all)) => all.into_iter().map(|v| (v.at, v.message, "rule")).collect(),
                Err(Error::AtPointer(at, e)) => {
                    let kind = if matches!(*e, Error::PermissionDenied(_)) { "not-allowed" } else { "rule" };
                    vec![(at, e.to_string(), kind)]
                }
                Err(Error::Invalid(invalid)) => vec![(invalid.at, invalid.message, "rule")],
                Err(e) => return Err(e),
            };
            refuse_changes(outcome, findings, faults, is_table)?;
        }
        Err(Error::PermissionDenied(format!(
            "More than {MAX_REFUSALS} rows would change features that are not yours to change. Import only your own."
        )))
    }
}

/// Lets the questions to show first be those that only a person can answer, and keeps the order of the table in them.
fn put_open_first(questions: &mut Vec<OpenQuestion>) {
    let mut order: Vec<usize> = (0..questions.len()).collect();
    order.sort_by_key(|&at| questions[at].guess().is_some());
    let shown = &order[..MAX_QUESTIONS.min(order.len())];
    let (mut first, mut later) = (vec![], vec![]);
    for (at, question) in questions.drain(..).enumerate() {
        if shown.contains(&at) { first.push(question) } else { later.push(question) }
    }
    first.append(&mut later);
    *questions = first;
}

/// Takes changes out of an outcome: each fault has the pointer of its change.
fn refuse_changes(
    outcome: &mut UpdateOutcome,
    findings: &mut ReviewFindings,
    faults: Vec<(String, String, &'static str)>,
    is_table: bool,
) -> Result<()> {
    let mut refused = std::collections::BTreeSet::new();
    for (at, message, kind) in faults {
        let number = at.strip_prefix("/changes/").and_then(|rest| rest.split('/').next()?.parse::<usize>().ok());
        let Some((number, change)) = number.and_then(|n| Some((n, outcome.changes.get(n)?))) else {
            return Err(Error::internal(format!("a fault at {at} is of no row")));
        };
        refused.insert(number);
        findings.total += 1;
        findings.add(RowFinding {
            row: row_number(&change.place, is_table).unwrap_or_default(),
            column: None,
            sheet: change.place.sheet.clone(),
            kind,
            message,
            is_warning: false,
        });
    }
    let mut at = 0;
    outcome.changes.retain(|_| {
        at += 1;
        !refused.contains(&(at - 1))
    });
    outcome.refused += refused.len() as u64;
    Ok(())
}
