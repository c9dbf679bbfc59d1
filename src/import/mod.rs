//! Files into features: GeoJSON of any size, GeoJSON text sequences, CSV, OpenStreetMap extracts. Reads a file twice when its collection is new: once
//! for the fields, once for the features. Every fault is a finding with its place; nothing invalid gets past, and nothing is put
//! right silently. Never writes.

use crate::collection::{Collection, CollectionId};
use crate::crs::Crs;
use crate::error::{Error, Result};
use crate::feature::Feature;
use crate::plan::PlanModel;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

mod byte_reader;
mod csv;
mod demo;
mod draft;
mod element_scanner;
mod finding;
mod coordinates;
mod ids;
mod feature_validator;
mod osm;
mod report;
mod run;
mod source;
mod survey;
mod cells;
mod wkt;

pub use crate::atlas::CityLocations;
pub use demo::demo_sources;
pub use feature_validator::{CollectionOrigin, RepairCounts};
pub use finding::{FindingKind, FindingPlace, ImportFinding, ImportFindings};
pub use ids::IdRegistry;
pub use report::ImportReport;
pub use source::{ImportFormat, ImportSource};
pub use survey::{MAX_FIELDS, RenamedField};

use coordinates::CoordinateConverter;
use survey::FieldSurvey;

/// What the caller wants.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// The property that holds the id.
    pub id: Option<String>,
    /// Leave bad features out instead of refusing the file.
    pub lenient: bool,
    /// What the coordinates are in; `None` is longitude and latitude.
    pub crs: Option<Crs>,
}

/// What the plan has to do with it.
pub struct ImportTarget<'a> {
    pub model: &'a PlanModel,
    pub id: CollectionId,
    /// The collection as it is in the plan, when features are added to it.
    pub existing: Option<Collection>,
    /// Ids that are taken.
    pub ids: IdRegistry,
    pub cities: CityLocations,
}

impl ImportTarget<'_> {
    /// Whether the collection is neither the model's nor the plan's, so that its fields must be found by reading the files.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.existing.is_none() && self.model.collection(&self.id).is_none()
    }
}

/// How far an import is; shared with whoever shows it or wants to stop it.
#[derive(Debug, Default)]
pub struct ImportProgress {
    bytes: AtomicU64,
    features: AtomicU64,
    stopped: AtomicBool,
}

impl ImportProgress {
    /// Bytes read so far. Files that are read twice count twice.
    pub fn bytes_read(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Features read for good so far.
    pub fn features_read(&self) -> u64 {
        self.features.load(Ordering::Relaxed)
    }

    /// Asks the import to end; it then leaves nothing behind.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn add_bytes(&self, count: u64) {
        self.bytes.fetch_add(count, Ordering::Relaxed);
    }

    fn check_stopped(&self) -> Result<()> {
        if self.is_stopped() { Err(Error::Refused("Stopped. The plan is as it was.".into())) } else { Ok(()) }
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
    ids: IdRegistry,
    converter: CoordinateConverter,
    progress: Arc<ImportProgress>,
}

impl<'a> ImportJob<'a> {
    /// Finds the collection: the model's, the plan's, or, after a first reading, a new one with what is in the files.
    ///
    /// # Errors
    /// When a file cannot be read, has too many fields, or the import was stopped. Faults of features are told by [`ImportJob::run`].
    pub fn prepare(
        sources: &'a [ImportSource],
        target: ImportTarget<'a>,
        options: &'a ImportOptions,
        progress: Arc<ImportProgress>,
    ) -> Result<Self> {
        let ImportTarget { model, id, existing: present, ids, cities } = target;
        let (mut renamed, mut mixed) = (vec![], vec![]);
        let (collection, origin) = match (model.collection(&id).cloned(), present) {
            (Some(collection), _) => (collection, CollectionOrigin::Model),
            (None, Some(collection)) => (collection, CollectionOrigin::Plan),
            (None, None) if let Some(known) = sources.iter().find_map(|s| s.collection.clone()) => {
                (known, CollectionOrigin::Files)
            }
            (None, None) => {
                let surveyed = survey_sources(sources, options, &progress)?.finish(id)?;
                (renamed, mixed) = (surveyed.renamed, surveyed.mixed_fields);
                (surveyed.collection, CollectionOrigin::Files)
            }
        };
        let grid = CoordinateConverter::new(options.crs, cities)?;
        Ok(Self {
            sources,
            options,
            model,
            collection,
            origin,
            renamed,
            mixed_fields: mixed,
            ids,
            converter: grid,
            progress,
        })
    }

    /// The collection that the features belong to.
    #[must_use]
    pub fn collection(&self) -> &Collection {
        &self.collection
    }

    /// Reads the files and hands the features to `load`, in the order of the files, while it reads on in another thread. When there are
    /// faults and the import is not lenient, all are found first, and then the iterator ends in an error.
    pub fn run<T>(
        self,
        load: impl FnOnce(&Collection, &mut dyn Iterator<Item = Result<Feature>>) -> Result<T>,
    ) -> (ImportReport, Result<T>) {
        run::run_import(self, load)
    }
}

fn survey_sources(
    sources: &[ImportSource],
    options: &ImportOptions,
    progress: &Arc<ImportProgress>,
) -> Result<FieldSurvey> {
    let mut survey = FieldSurvey::default();
    for source in sources {
        let mut rows = source.open_rows(Some(progress), options.crs)?;
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

/// Reads what `--crs` says.
///
/// # Errors
/// [`Error::InvalidInput`] for a system that is not known.
pub fn parse_crs(text: Option<&str>) -> Result<Option<Crs>> {
    let known = |text| {
        Crs::parse(text).map_err(|_| {
            let codes: Vec<String> = Crs::all().filter_map(Crs::epsg_code).map(|code| code.to_string()).collect();
            let message = format!(
                "'{text}' is not known here. Say EPSG:n with n among {}; or convert the file first: ogr2ogr -s_srs {text} -t_srs EPSG:4326 out.geojson FILE.",
                codes.join(", ")
            );
            Error::invalid("--crs", message)
        })
    };
    let bare = text.map(|text| if text.eq_ignore_ascii_case("CRS84") { "OGC:CRS84" } else { text });
    Ok(bare.map(known).transpose()?.filter(|crs| !crs.is_degrees()))
}
