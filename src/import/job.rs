//! Files and the collection that they go into: the collection is found or made, then one thread reads and judges while
//! another stores.

use super::batch_channel::open_channel;
use super::feature_validator::{CollectionOrigin, FeatureValidator};
use super::finding::{FindingPlace, ImportFinding, ImportFindingKind};
use super::id_registry::IdRegistry;
use super::place_names::PlaceGazetteer;
use super::prepared_source::PreparedSource;
use super::progress::ImportProgress;
use super::report::ImportReport;
use super::row_reader::RowOptions;
use super::source::ImportSource;
use super::source_reader::{ReaderTotals, SourceReader};
use super::survey::{FieldSurvey, RenamedField};
use super::surveyed_field::{ExactTextField, UnreadTimes};
use super::table::{TableAnswers, TableQuestion, TableTarget};
use super::update::{ExistingFeatures, RowComparison, RowMatch, RowMatcher, UpdateOptions, UpdateOutcome};
use crate::collection::{Collection, CollectionId, DataLicence};
use crate::crs::Crs;
use crate::error::{Error, Result};
use crate::feature::Feature;
use crate::intake::{CityLocations, SourceCrs};
use crate::plan::PlanModel;
use std::sync::Arc;

/// What the caller wants.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// The property that holds the id.
    pub id: Option<String>,
    /// Leave bad features out instead of refusing the file.
    pub lenient: bool,
    /// The reference system of the coordinates; `None` is longitude and latitude.
    pub crs: Option<Crs>,
    /// What the caller says of tables.
    pub answers: TableAnswers,
    /// Plain texts are understood, too, so that their columns can be told.
    pub tells_all: bool,
}

impl ImportOptions {
    fn row_options(&self) -> RowOptions {
        RowOptions { declared_crs: self.crs, lenient: self.lenient }
    }
}

/// What the plan knows about the collection that is filled.
pub struct ImportTarget<'a> {
    pub model: &'a PlanModel,
    pub id: CollectionId,
    /// The collection as it is in the plan, when features are added to it, or when it has more fields than the model.
    pub existing: Option<Collection>,
    /// The ids that the collection has.
    pub ids: IdRegistry,
    pub cities: CityLocations,
    /// The names of the plan, for tables whose rows have no coordinates.
    pub names: Arc<PlaceGazetteer>,
}

impl ImportTarget<'_> {
    /// Whether the collection is neither the model's nor the plan's, so that its fields must be found by reading the
    /// files.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.existing.is_none() && self.model.collection(&self.id).is_none()
    }
}

/// Files and the collection that they go into; ready to run.
pub struct ImportJob<'a> {
    sources: Vec<PreparedSource<'a>>,
    options: &'a ImportOptions,
    model: &'a PlanModel,
    collection: Collection,
    origin: CollectionOrigin,
    renamed: Vec<RenamedField>,
    mixed_fields: Vec<String>,
    unread_times: Vec<UnreadTimes>,
    exact_text_fields: Vec<ExactTextField>,
    ids: IdRegistry,
    /// The reference system of each file.
    source_crs: Vec<SourceCrs>,
    cities: CityLocations,
    progress: Arc<ImportProgress>,
}

impl<'a> ImportJob<'a> {
    /// Finds the collection: the model's, the plan's, or, after a first reading, a new one with the fields of the
    /// files.
    ///
    /// # Errors
    /// When a file cannot be read, has too many fields, or the import was stopped. [`ImportJob::run`] reports the
    /// faults of features.
    pub fn prepare(
        sources: &'a [ImportSource],
        target: ImportTarget<'a>,
        options: &'a ImportOptions,
        progress: Arc<ImportProgress>,
    ) -> Result<Self> {
        let ImportTarget { model, id, existing, ids, cities, names } = target;
        let crs = options.crs.filter(|_| !options.answers.is_without_place());
        let prepare = |collection: Option<&Collection>, is_model: bool, cities: &CityLocations| {
            let id_property = options.id.as_deref();
            let lenient = options.lenient;
            let tells_all = options.tells_all;
            let names = &names;
            let target =
                TableTarget { model, collection, is_model, cities, names, crs, id_property, lenient, tells_all };
            sources
                .iter()
                .map(|source| PreparedSource::prepare(source, &target, &options.answers))
                .collect::<Result<Vec<_>>>()
        };
        let mut prepared = vec![];
        let (mut renamed, mut mixed_fields, mut unread_times, mut exact_text_fields) = (vec![], vec![], vec![], vec![]);
        let (collection, origin) = match (model.collection(&id).cloned(), existing) {
            // The plan may have fields that another program added.
            (Some(model), existing) => {
                // Its fields may be in another order.
                let is_whole = |own: &Collection| own.has_fields_beyond(&model) || !model.has_fields_beyond(own);
                (existing.filter(is_whole).unwrap_or(model), CollectionOrigin::Model)
            }
            (None, Some(collection)) => (collection, CollectionOrigin::Plan),
            (None, None) if let Some(known) = sources.iter().find_map(|s| s.collection.clone()) => {
                (known, CollectionOrigin::Files)
            }
            (None, None) => {
                let cities = &cities;
                prepared = prepare(None, false, cities)?;
                let is_open = prepared.iter().any(|source| !open_questions(source).is_empty());
                let survey =
                    if is_open { FieldSurvey::default() } else { survey_sources(&prepared, options, &progress)? };
                let mut surveyed = survey.finish(id)?;
                if let Some(licence) = join_licences(&prepared) {
                    surveyed.collection = surveyed.collection.with_licence(&licence)?;
                }
                (renamed, mixed_fields) = (surveyed.renamed, surveyed.mixed_fields);
                (unread_times, exact_text_fields) = (surveyed.unread_times, surveyed.exact_text_fields);
                (surveyed.collection, CollectionOrigin::Files)
            }
        };
        if prepared.len() < sources.len() {
            prepared = prepare(Some(&collection), origin == CollectionOrigin::Model, &cities)?;
        }
        let of_source = |source: &ImportSource| SourceCrs::of_file(source.read_in(options.crs)?);
        let source_crs = sources.iter().map(of_source).collect::<Result<Vec<_>>>()?;
        Ok(Self {
            sources: prepared,
            options,
            model,
            collection,
            origin,
            renamed,
            mixed_fields,
            unread_times,
            exact_text_fields,
            ids,
            source_crs,
            cities,
            progress,
        })
    }

    /// The collection that the features belong to.
    #[must_use]
    pub fn collection(&self) -> &Collection {
        &self.collection
    }

    /// The files as they were understood.
    pub(super) fn sources(&self) -> &[PreparedSource<'a>] {
        &self.sources
    }

    /// Reads the files and hands the features to `load`, in the order of the files, while it reads on in another
    /// thread. When there are faults and the import is not lenient, all are found first, and then the iterator ends in
    /// an error.
    pub fn run<T>(
        self,
        load: impl FnOnce(&Collection, &mut dyn Iterator<Item = Result<Feature>>) -> Result<T>,
    ) -> (ImportReport, Result<T>) {
        let mut report = self.new_report();
        if let Some(refusal) = add_questions(&self.sources, &mut report) {
            return (report, Err(refusal));
        }
        let (sender, mut features) = open_channel();
        let collection = &self.collection;
        let (source_crs, cities, options, model) = (&self.source_crs, &self.cities, self.options, self.model);
        let (sources, ids, progress) = (&self.sources, self.ids, self.progress);
        let (read, loaded) = std::thread::scope(|scope| {
            let reader = scope.spawn(move || {
                let id_property = options.id.as_deref();
                let lonlat = SourceCrs::lonlat();
                let validator = FeatureValidator::new(model, collection, id_property, ids, (&lonlat, cities));
                let reader = SourceReader::new(validator, sender, options.row_options(), progress);
                // The sender ends here, and with it the loading.
                reader.read_sources(sources, source_crs).0
            });
            let loaded = load(collection, &mut features);
            // The reader ends when its features are no longer received.
            drop(features);
            (reader.join(), loaded)
        });
        let Ok(read) = read else { return (report, Err(Error::internal("the reader of the file broke down"))) };
        add_totals(&mut report, read, sources);
        report.notes.extend(describe_licence(sources, collection));
        (report, loaded)
    }

    fn new_report(&self) -> ImportReport {
        ImportReport {
            collection: self.collection.id.to_string(),
            renamed: self.renamed.clone(),
            mixed_fields: self.mixed_fields.clone(),
            unread_times: self.unread_times.clone(),
            exact_text_fields: self.exact_text_fields.clone(),
            lenient: self.options.lenient,
            crs: self.options.crs.or_else(|| self.source_crs.iter().find_map(SourceCrs::crs)),
            sources: self.sources.iter().map(|s| (s.name().to_owned(), s.facts().clone())).collect(),
            tables: self.sources.iter().filter_map(PreparedSource::understanding).cloned().collect(),
            ..ImportReport::new(self.origin)
        }
    }
}

impl ImportJob<'_> {
    /// Whether a row of the files names a feature of the plan.
    ///
    /// # Errors
    /// When a file or the plan cannot be read.
    pub fn names_existing(&self, existing: &dyn ExistingFeatures) -> Result<bool> {
        let matcher = self.matcher(existing);
        for source in &self.sources {
            let mut rows = source.open_rows(None, self.options.row_options())?;
            while let Some(row) = rows.next_draft()? {
                match row {
                    Ok(draft) if !matches!(matcher.find(&draft)?, RowMatch::New) => return Ok(true),
                    Err(fault) if fault.fatal => break,
                    _ => {}
                }
            }
            self.progress.check_stopped()?;
        }
        Ok(false)
    }

    /// Reads the files and compares their rows with the features of the plan, instead of adding them: a row that names
    /// a feature by its id or its code changes it, any other is new. Nothing is written; what
    /// [`UpdateOutcome::to_edits`] or [`UpdateOutcome::to_requests`] gives is to be committed as one change set, unless
    /// [`ImportReport::refusal`] says why not. The outcome is there also when rows have faults; the report has the
    /// findings.
    pub fn compare(
        mut self,
        existing: &dyn ExistingFeatures,
        options: UpdateOptions,
    ) -> (ImportReport, Result<UpdateOutcome>) {
        let mut report = self.new_report();
        if let Err(e) = self.waive_missing(existing) {
            return (report, Err(e));
        }
        let is_reviewed = self.options.tells_all;
        report.tables = self.sources.iter().filter_map(PreparedSource::understanding).cloned().collect();
        if let Some(refusal) = add_questions(&self.sources, &mut report).filter(|_| !is_reviewed) {
            return (report, Err(refusal));
        }
        let exported = self.sources.iter().map(PreparedSource::exported_features).sum::<Option<u64>>();
        let ids = std::mem::take(&mut self.ids);
        let comparison = RowComparison::new(self.matcher(existing), options);
        let lonlat = SourceCrs::lonlat();
        let id_property = self.options.id.as_deref();
        let cities = (&lonlat, &self.cities);
        let validator = FeatureValidator::new(self.model, &self.collection, id_property, ids, cities);
        let reader = SourceReader::new(validator, comparison, self.options.row_options(), self.progress.clone());
        let (read, comparison) = reader.read_sources(&self.sources, &self.source_crs);
        add_totals(&mut report, read, &self.sources);
        let outcome = comparison.into_outcome(exported);
        let outcome = outcome.map(|(outcome, refusal)| {
            report.refusal = refusal;
            outcome
        });
        (report, outcome)
    }

    fn matcher<'m>(&'m self, existing: &'m dyn ExistingFeatures) -> RowMatcher<'m> {
        RowMatcher { existing, collection: &self.collection, id_property: self.options.id.as_deref() }
    }

    /// A table whose rows are all features of the plan needs no fields that features must have.
    pub(super) fn waive_missing(&mut self, existing: &dyn ExistingFeatures) -> Result<()> {
        for at in 0..self.sources.len() {
            let is_asked = open_questions(&self.sources[at]).iter().any(|question| question.id == "missing");
            if is_asked && self.names_only_existing(&self.sources[at], existing)? {
                self.sources[at].drop_question("missing");
            }
        }
        Ok(())
    }

    fn names_only_existing(&self, source: &PreparedSource<'_>, existing: &dyn ExistingFeatures) -> Result<bool> {
        let matcher = self.matcher(existing);
        let mut rows = source.open_rows(None, self.options.row_options())?;
        while let Some(row) = rows.next_draft()? {
            match row {
                Ok(draft) if matches!(matcher.find(&draft)?, RowMatch::New) => return Ok(false),
                Err(fault) if fault.fatal => return Ok(false),
                _ => {}
            }
        }
        Ok(true)
    }
}

fn add_totals(report: &mut ImportReport, read: ReaderTotals, sources: &[PreparedSource<'_>]) {
    report.read = read.features;
    report.left_out = read.left_out;
    report.findings = read.findings;
    report.repairs = read.repairs;
    report.is_unreadable = read.unreadable;
    report.notes = sources.iter().flat_map(|s| s.facts().notes.iter().cloned()).chain(read.notes).collect();
    report.blank_rows = read.blank_rows;
}

/// What the caller has not answered.
fn open_questions<'s>(source: &'s PreparedSource<'_>) -> &'s [TableQuestion] {
    source.understanding().map(|table| table.questions.as_slice()).unwrap_or_default()
}

/// Adds the open questions as findings; with any, nothing is imported.
fn add_questions(sources: &[PreparedSource<'_>], report: &mut ImportReport) -> Option<Error> {
    let mut first = None;
    for source in sources {
        for question in open_questions(source) {
            let file = (sources.len() > 1).then(|| source.name().to_owned());
            let place = FindingPlace { file, ..FindingPlace::default() };
            let message = question.to_sentence();
            first.get_or_insert_with(|| Error::Refused(format!("Nothing was imported: {message}")));
            report.findings.add(ImportFinding { kind: ImportFindingKind::Question, warning: false, place, message });
        }
    }
    first
}

/// The licence of all files that state one.
fn join_licences(sources: &[PreparedSource<'_>]) -> Option<DataLicence> {
    let mut licences: Vec<&DataLicence> = vec![];
    for licence in sources.iter().filter_map(|s| s.facts().licence.as_ref()) {
        if !licences.contains(&licence) {
            licences.push(licence);
        }
    }
    match licences[..] {
        [] => None,
        [one] => Some(one.clone()),
        _ => {
            let all = |part: fn(&DataLicence) -> &str| licences.iter().map(|l| part(l)).collect::<Vec<_>>().join("; ");
            Some(DataLicence { name: all(|l| &l.name), href: None, attribution: all(|l| &l.attribution) })
        }
    }
}

/// What becomes of the licence of the files.
fn describe_licence(sources: &[PreparedSource<'_>], collection: &Collection) -> Option<String> {
    let attribution = join_licences(sources)?.attribution;
    Some(if collection.attribution() == attribution {
        format!("'{attribution}' is shown with the data.")
    } else {
        let id = &collection.id;
        format!(
            "'{attribution}' is not kept with '{id}', which has its own schema. Write it into a field of the features, or import into a collection of its own."
        )
    })
}

/// Reads the files a first time, for their fields and kinds of geometry.
fn survey_sources(
    sources: &[PreparedSource<'_>],
    options: &ImportOptions,
    progress: &Arc<ImportProgress>,
) -> Result<FieldSurvey> {
    let mut survey = FieldSurvey::default();
    for source in sources {
        let mut rows = source.open_rows(Some(progress), options.row_options())?;
        while let Some(feature) = rows.next_surveyed()? {
            if let Some(feature) = feature {
                survey.add_feature(&feature, options.id.as_deref());
            }
            if survey.features % 1024 == 0 {
                progress.check_stopped()?;
            }
        }
    }
    Ok(survey)
}

/// Reads the value of `--crs`; `None` is longitude and latitude.
///
/// # Errors
/// [`Error::Invalid`] for a reference system that is not known.
pub fn parse_crs(text: Option<&str>) -> Result<Option<Crs>> {
    let parse = |text| {
        Crs::parse(text).map_err(|_| {
            let codes: Vec<String> = Crs::all().filter_map(Crs::epsg_code).map(|code| code.to_string()).collect();
            let message = format!(
                "'{text}' is not known here. Say EPSG:n with n among {}; or convert the file first: ogr2ogr -s_srs {text} -t_srs EPSG:4326 out.geojson FILE.",
                codes.join(", ")
            );
            Error::invalid("--crs", message)
        })
    };
    let text = text.map(|text| if text.eq_ignore_ascii_case("CRS84") { "OGC:CRS84" } else { text });
    Ok(text.map(parse).transpose()?.filter(|crs| !crs.is_geodetic_wgs84()))
}
