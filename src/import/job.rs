//! Files and the collection that they go into: the collection is found or made, then one thread reads and judges while
//! another stores.

use super::batch_channel::open_channel;
use super::feature_validator::{CollectionOrigin, FeatureValidator};
use super::id_registry::IdRegistry;
use super::progress::ImportProgress;
use super::report::ImportReport;
use super::row_reader::RowOptions;
use super::source::ImportSource;
use super::source_reader::SourceReader;
use super::survey::{FieldSurvey, RenamedField};
use super::surveyed_field::{ExactTextField, UnreadTimes};
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
    sources: &'a [ImportSource],
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
        let ImportTarget { model, id, existing, ids, cities } = target;
        let (mut renamed, mut mixed_fields, mut unread_times, mut exact_text_fields) = (vec![], vec![], vec![], vec![]);
        let (collection, origin) = match (model.collection(&id).cloned(), existing) {
            // The plan may have fields that another program added.
            (Some(model), existing) => {
                (existing.filter(|own| own.has_fields_beyond(&model)).unwrap_or(model), CollectionOrigin::Model)
            }
            (None, Some(collection)) => (collection, CollectionOrigin::Plan),
            (None, None) if let Some(known) = sources.iter().find_map(|s| s.collection.clone()) => {
                (known, CollectionOrigin::Files)
            }
            (None, None) => {
                let mut surveyed = survey_sources(sources, options, &progress)?.finish(id)?;
                if let Some(licence) = join_licences(sources) {
                    surveyed.collection = surveyed.collection.with_licence(&licence)?;
                }
                (renamed, mixed_fields) = (surveyed.renamed, surveyed.mixed_fields);
                (unread_times, exact_text_fields) = (surveyed.unread_times, surveyed.exact_text_fields);
                (surveyed.collection, CollectionOrigin::Files)
            }
        };
        let of_source = |source: &ImportSource| SourceCrs::of_file(source.read_in(options.crs)?);
        let source_crs = sources.iter().map(of_source).collect::<Result<Vec<_>>>()?;
        Ok(Self {
            sources,
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

    /// Reads the files and hands the features to `load`, in the order of the files, while it reads on in another
    /// thread. When there are faults and the import is not lenient, all are found first, and then the iterator ends in
    /// an error.
    pub fn run<T>(
        self,
        load: impl FnOnce(&Collection, &mut dyn Iterator<Item = Result<Feature>>) -> Result<T>,
    ) -> (ImportReport, Result<T>) {
        let mut report = ImportReport {
            collection: self.collection.id.to_string(),
            renamed: self.renamed.clone(),
            mixed_fields: self.mixed_fields.clone(),
            unread_times: self.unread_times.clone(),
            exact_text_fields: self.exact_text_fields,
            lenient: self.options.lenient,
            crs: self.options.crs.or_else(|| self.source_crs.iter().find_map(SourceCrs::crs)),
            sources: self.sources.iter().map(|s| (s.name.clone(), s.facts().clone())).collect(),
            ..ImportReport::new(self.origin)
        };
        let (sender, mut features) = open_channel();
        let collection = &self.collection;
        let (source_crs, cities, options, model) = (&self.source_crs, &self.cities, self.options, self.model);
        let (sources, ids, progress) = (self.sources, self.ids, self.progress);
        let (read, loaded) = std::thread::scope(|scope| {
            let reader = scope.spawn(move || {
                let id_property = options.id.as_deref();
                let lonlat = SourceCrs::lonlat();
                let validator = FeatureValidator::new(model, collection, id_property, ids, (&lonlat, cities));
                let reader = SourceReader::new(validator, sender, options.row_options(), progress);
                reader.read_sources(sources, source_crs)
            });
            let loaded = load(collection, &mut features);
            // The reader ends when its features are no longer received.
            drop(features);
            (reader.join(), loaded)
        });
        let Ok(read) = read else { return (report, Err(Error::internal("the reader of the file broke down"))) };
        report.read = read.features;
        report.left_out = read.left_out;
        report.findings = read.findings;
        report.repairs = read.repairs;
        report.is_unreadable = read.unreadable;
        report.notes = self.sources.iter().flat_map(|s| s.facts().notes.iter().cloned()).chain(read.notes).collect();
        report.notes.extend(describe_licence(self.sources, collection));
        report.blank_rows = read.blank_rows;
        (report, loaded)
    }
}

/// The licence of all files that state one.
fn join_licences(sources: &[ImportSource]) -> Option<DataLicence> {
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
fn describe_licence(sources: &[ImportSource], collection: &Collection) -> Option<String> {
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
    sources: &[ImportSource],
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
