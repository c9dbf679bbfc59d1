//! Files into features: GeoJSON of any size, GeoJSON text sequences, CSV, OpenStreetMap extracts. Reads a file twice when its collection is new: once
//! for the fields, once for the features. Every fault is a finding with its place; nothing invalid gets past, and nothing is put
//! right silently. Never writes.

use crate::collection::{Collection, CollectionId};
use crate::crs::Crs;
use crate::error::{Error, Result};
use crate::feature::Feature;
use crate::plan::Model;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

mod bytes;
mod csv;
mod demo;
mod draft;
mod elements;
mod finding;
mod grid;
mod ids;
mod judge;
mod osm;
mod report;
mod run;
mod source;
mod survey;
mod text;
mod wkt;

pub use crate::atlas::Cities;
pub use demo::demo;
pub use finding::{Finding, Findings, Kind, Place};
pub use ids::Ids;
pub use judge::{Origin, Repairs};
pub use report::Report;
pub use source::{Format, Source};
pub use survey::{MAX_FIELDS, Renamed};

use grid::Grid;
use survey::Survey;

/// What the caller wants.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The property that holds the id.
    pub id: Option<String>,
    /// Leave bad features out instead of refusing the file.
    pub lenient: bool,
    /// What the coordinates are in; `None` is longitude and latitude.
    pub crs: Option<Crs>,
}

/// What the plan has to do with it.
pub struct Target<'a> {
    pub model: &'a Model,
    pub id: CollectionId,
    /// The collection as it is in the plan, when features are added to it.
    pub present: Option<Collection>,
    /// Ids that are taken.
    pub ids: Ids,
    pub cities: Cities,
}

impl Target<'_> {
    /// Whether the collection is neither the model's nor the plan's, so that its fields must be found by reading the files.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.present.is_none() && self.model.collection(&self.id).is_none()
    }
}

/// How far an import is; shared with whoever shows it or wants to stop it.
#[derive(Debug, Default)]
pub struct Progress {
    bytes: AtomicU64,
    features: AtomicU64,
    stopped: AtomicBool,
}

impl Progress {
    /// Bytes read so far. Files that are read twice count twice.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Features read for good so far.
    pub fn features(&self) -> u64 {
        self.features.load(Ordering::Relaxed)
    }

    /// Asks the import to end; it then leaves nothing behind.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    pub fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn read(&self, count: u64) {
        self.bytes.fetch_add(count, Ordering::Relaxed);
    }

    fn check(&self) -> Result<()> {
        if self.stopped() { Err(Error::Refused("Stopped. The plan is as it was.".into())) } else { Ok(()) }
    }
}

/// Files and the collection that they go into; ready to run.
pub struct Import<'a> {
    sources: &'a [Source],
    options: &'a Options,
    model: &'a Model,
    collection: Collection,
    origin: Origin,
    renamed: Vec<Renamed>,
    mixed: Vec<String>,
    ids: Ids,
    grid: Grid,
    progress: Arc<Progress>,
}

impl<'a> Import<'a> {
    /// Finds the collection: the model's, the plan's, or, after a first reading, a new one with what is in the files.
    ///
    /// # Errors
    /// When a file cannot be read, has too many fields, or the import was stopped. Faults of features are told by [`Import::run`].
    pub fn prepare(
        sources: &'a [Source],
        target: Target<'a>,
        options: &'a Options,
        progress: Arc<Progress>,
    ) -> Result<Self> {
        let Target { model, id, present, ids, cities } = target;
        let (mut renamed, mut mixed) = (vec![], vec![]);
        let (collection, origin) = match (model.collection(&id).cloned(), present) {
            (Some(collection), _) => (collection, Origin::Model),
            (None, Some(collection)) => (collection, Origin::Plan),
            (None, None) if let Some(known) = sources.iter().find_map(|s| s.collection.clone()) => {
                (known, Origin::Files)
            }
            (None, None) => {
                let surveyed = survey(sources, options, &progress)?.finish(id)?;
                (renamed, mixed) = (surveyed.renamed, surveyed.mixed);
                (surveyed.collection, Origin::Files)
            }
        };
        let grid = Grid::new(options.crs, cities)?;
        Ok(Self { sources, options, model, collection, origin, renamed, mixed, ids, grid, progress })
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
    ) -> (Report, Result<T>) {
        run::run(self, load)
    }
}

fn survey(sources: &[Source], options: &Options, progress: &Arc<Progress>) -> Result<Survey> {
    let mut survey = Survey::default();
    for source in sources {
        let mut rows = source.rows(Some(progress), options.crs)?;
        while let Some(glance) = rows.glance()? {
            if let Some(glance) = glance {
                survey.see(&glance, options.id.as_deref());
            }
            if survey.features % 1024 == 0 {
                progress.check()?;
            }
        }
    }
    Ok(survey)
}

/// Reads what `--crs` says.
///
/// # Errors
/// [`Error::Invalid`] for a system that is not known.
pub fn crs(text: Option<&str>) -> Result<Option<Crs>> {
    let known = |text| {
        Crs::parse(text).map_err(|_| {
            let codes: Vec<String> = Crs::all().filter_map(Crs::code).map(|code| code.to_string()).collect();
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
