//! An import into a plan file: the plan is opened or created, the target is read from it, the features are stored. A
//! failed import leaves the plan as it was, and leaves no plan that was not there before.

use super::finding::{FindingPlace, ImportFinding, ImportFindingKind};
use super::id_registry::IdRegistry;
use super::job::{ImportJob, ImportOptions, ImportTarget};
use super::place_names::PlaceGazetteer;
use super::progress::ImportProgress;
use super::report::ImportReport;
use super::source::ImportSource;
use super::update::{PlanFeatures, UpdateOptions, UpdateReport};
use crate::atlas::PlanFile;
use crate::change::ChangeSet;
use crate::collection::{Collection, CollectionId, FieldDefinition};
use crate::error::{Error, Result};
use crate::intake::{CityLocations, escape_pointer};
use crate::plan::PlanModel;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// Which plan is filled, and how.
#[derive(Debug, Clone)]
pub struct PlanImportRequest {
    pub plan: PathBuf,
    pub into: CollectionId,
    /// Empty the collection first.
    pub replace: bool,
    /// Change features that are in the plan already, whatever the format of the files; tables do so anyway.
    pub update: bool,
    pub update_options: UpdateOptions,
    /// Write nothing.
    pub dry_run: bool,
    pub options: ImportOptions,
}

/// An import whose plan is open.
pub struct PlanImport {
    request: PlanImportRequest,
    model: PlanModel,
    /// `None`: a dry run into a plan that does not exist.
    plan_file: Option<PlanFile>,
    /// Removes the plan when it was created for this import and the import fails. Stands behind the file, which is
    /// closed first.
    new_plan: NewPlanGuard,
    existing: Option<Collection>,
    /// The collection whose features are replaced.
    replaced: Option<Collection>,
    ids: IdRegistry,
    /// The collection has features already.
    has_features: bool,
    cities: CityLocations,
    names: Arc<PlaceGazetteer>,
}

/// What an import ends with.
pub struct ImportOutcome {
    pub report: ImportReport,
    /// Why nothing was stored.
    pub error: Option<Error>,
}

impl ImportOutcome {
    /// Whether the report says how the import ended, so that its error needs no further sentence.
    #[must_use]
    pub fn is_explained(&self) -> bool {
        self.error.is_none() || self.report.findings.errors > 0
    }
}

impl PlanImport {
    /// What the operator should know of how the plan was opened.
    #[must_use]
    pub fn opening_note(&self) -> Option<&str> {
        self.plan_file.as_ref()?.opening_note()
    }

    /// Opens the plan, or creates it, and reads from it what the import must know.
    ///
    /// # Errors
    /// When the plan cannot be opened, created or read.
    pub fn open(mut request: PlanImportRequest, sources: &[ImportSource]) -> Result<Self> {
        let model = PlanModel::load()?;
        let exists = request.plan.exists();
        let new_plan = NewPlanGuard { path: (!exists && !request.dry_run).then(|| request.plan.clone()) };
        let plan_file = match (exists, request.dry_run) {
            (true, true) => Some(PlanFile::open_read_only(&request.plan)?),
            (false, true) => None,
            (_, false) => Some(PlanFile::open_or_create(&request.plan)?),
        };
        if let Some(plan_file) = &plan_file {
            plan_file.add_model_fields(&model)?;
        }
        // Every extract has outlines that cross themselves or are cut off at its edge: they are left out, reported and
        // counted.
        request.options.lenient |= sources.iter().any(|s| s.collection.is_some());
        let (existing, ids) = match plan_file.as_ref().filter(|_| !request.replace) {
            Some(plan_file) => read_existing(plan_file, &request.into)?,
            None => (read_extended_model(plan_file.as_ref(), &model, &request.into)?, IdRegistry::default()),
        };
        let replaced = match plan_file.as_ref().filter(|_| request.replace) {
            Some(plan_file) => plan_file.collections()?.into_iter().find(|c| c.id == request.into),
            None => None,
        };
        let cities = match &plan_file {
            Some(plan_file) => read_city_locations(plan_file, &request.into)?,
            None => CityLocations::default(),
        };
        let names = match &plan_file {
            Some(plan_file) if sources.iter().any(ImportSource::is_table) => {
                read_names(plan_file, &model, &request.into)?
            }
            _ => Arc::default(),
        };
        let has_features = !ids.is_empty();
        Ok(Self { request, model, plan_file, new_plan, existing, replaced, ids, has_features, cities, names })
    }

    /// The bytes that the import will read: a file is read twice when its collection is new.
    #[must_use]
    pub fn total_bytes(&self, sources: &[ImportSource]) -> u64 {
        let is_known = self.existing.is_some()
            || self.model.collection(&self.request.into).is_some()
            || sources.iter().any(|s| s.collection.is_some());
        let passes = if is_known { 1 } else { 2 };
        passes * sources.iter().map(ImportSource::len).sum::<u64>()
    }

    /// Reads the files and stores their features, all or none.
    ///
    /// # Errors
    /// When a file cannot be read, or the import was stopped before its second reading. What is wrong with features is
    /// in the outcome.
    pub fn run(mut self, sources: &[ImportSource], progress: Arc<ImportProgress>) -> Result<ImportOutcome> {
        let started = Instant::now();
        let PlanImportRequest { into, replace, dry_run, options, .. } = &self.request;
        let target = ImportTarget {
            model: &self.model,
            id: into.clone(),
            existing: self.existing.take(),
            ids: std::mem::take(&mut self.ids),
            cities: std::mem::take(&mut self.cities),
            names: self.names.clone(),
        };
        let job = ImportJob::prepare(sources, target, options, progress)?;
        if let Some(existing) = self.find_existing(sources, &job)? {
            return self.run_update(job, &existing, started);
        }
        let dropped = self.replaced.as_ref().map(|old| find_dropped_fields(old, job.collection())).unwrap_or_default();
        let (mut report, result) = job.run(|collection, features| match &self.plan_file {
            Some(plan_file) if !dry_run => {
                plan_file.load_collection(collection, *replace, features).map(|loaded| Some(loaded.features))
            }
            _ => {
                for feature in features {
                    feature?;
                }
                Ok(None)
            }
        });
        dropped.into_iter().for_each(|finding| report.findings.add(finding));
        report.seconds = started.elapsed().as_secs_f64();
        report.dry_run = *dry_run;
        report.loaded = result.as_ref().ok().copied().flatten();
        if result.is_ok() {
            self.new_plan.keep();
        }
        Ok(ImportOutcome { report, error: result.err() })
    }
}

impl PlanImport {
    /// The features that are changed; `None` when the files only add some.
    fn find_existing(&self, sources: &[ImportSource], job: &ImportJob<'_>) -> Result<Option<PlanFeatures<'_>>> {
        let request = &self.request;
        let are_tables = sources.iter().all(|source| source.format().is_table());
        let Some(plan_file) = self.plan_file.as_ref().filter(|_| self.has_features && !request.replace) else {
            return Ok(None);
        };
        if !request.update && !are_tables {
            return Ok(None);
        }
        let existing = PlanFeatures::read(plan_file, job.collection())?;
        let is_update = request.update || job.names_existing(&existing)?;
        Ok(is_update.then_some(existing))
    }

    /// Compares the files with the plan, and writes the differences as one change set.
    fn run_update(&self, job: ImportJob<'_>, existing: &PlanFeatures<'_>, started: Instant) -> Result<ImportOutcome> {
        let PlanImportRequest { update_options, dry_run, .. } = &self.request;
        let collection = job.collection().clone();
        let remove_missing = update_options.remove_missing;
        let (mut report, outcome) = job.compare(existing, *update_options);
        report.dry_run = *dry_run;
        let error = match outcome {
            Ok(outcome) => {
                report.update = Some(UpdateReport::new(&outcome, &collection, remove_missing));
                let refusal = report.refusal().cloned();
                let is_written = refusal.is_none() && !dry_run && !outcome.is_empty(remove_missing);
                if is_written && let Some(plan_file) = &self.plan_file {
                    let edits = outcome.to_edits(remove_missing);
                    plan_file.commit(&ChangeSet { collection: collection.id, edits, author: "import".into() })?;
                }
                refusal
            }
            Err(e) => Some(e),
        };
        report.seconds = started.elapsed().as_secs_f64();
        Ok(ImportOutcome { report, error })
    }
}

/// The collection as the plan has it, and the ids of its features.
fn read_existing(plan_file: &PlanFile, id: &CollectionId) -> Result<(Option<Collection>, IdRegistry)> {
    let mut ids = IdRegistry::default();
    let existing = plan_file.collections()?.into_iter().find(|c| c.id == *id);
    if existing.is_some() {
        plan_file.scan_features(id, &mut |feature| {
            ids.add_existing(feature.id.as_str());
            Ok(())
        })?;
    }
    Ok((existing, ids))
}

/// The collection of the model as the plan has it, when another program added fields to it: a replacement keeps them.
fn read_extended_model(
    plan_file: Option<&PlanFile>,
    model: &PlanModel,
    id: &CollectionId,
) -> Result<Option<Collection>> {
    let (Some(plan_file), Some(model)) = (plan_file, model.collection(id)) else { return Ok(None) };
    Ok(plan_file.collections()?.into_iter().find(|own| own.id == *id && own.has_fields_beyond(model)))
}

/// The fields of a collection that are not in the one that replaces it.
fn find_dropped_fields(old: &Collection, new: &Collection) -> Vec<ImportFinding> {
    let dropped = old.fields.iter().filter(|f| new.field_index(&f.name).is_none());
    let finding = |field: &FieldDefinition| ImportFinding {
        kind: ImportFindingKind::DroppedField,
        warning: true,
        place: FindingPlace {
            pointer: format!("/properties/{}", escape_pointer(&field.name)),
            ..FindingPlace::default()
        },
        message: format!(
            "'{}' had the field '{}', which the files do not have: its values leave the collection and stay in the history only. Add the field to the files to keep it.",
            old.id, field.name
        ),
    };
    dropped.map(finding).collect()
}

/// Where the plan's cities are; nowhere when the cities themselves are imported.
pub fn read_city_locations(plan_file: &PlanFile, into: &CollectionId) -> Result<CityLocations> {
    if into.as_str() == "cities" { Ok(CityLocations::default()) } else { plan_file.city_locations() }
}

/// The names of the plan, for a collection whose features say where they are in words.
fn read_names(plan_file: &PlanFile, model: &PlanModel, into: &CollectionId) -> Result<Arc<PlaceGazetteer>> {
    let mut names = PlaceGazetteer::default();
    if model.collection(into).is_some_and(PlaceGazetteer::places) {
        for collection in plan_file.collections()?.iter().filter(|c| PlaceGazetteer::takes(c.id.as_str())) {
            plan_file.scan_features(&collection.id, &mut |feature| {
                names.add(collection, &feature);
                Ok(())
            })?;
        }
    }
    Ok(Arc::new(names))
}

/// Removes a plan that was created for an import, unless the import succeeds.
struct NewPlanGuard {
    path: Option<PathBuf>,
}

impl NewPlanGuard {
    fn keep(&mut self) {
        self.path = None;
    }
}

impl Drop for NewPlanGuard {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            remove_plan(path);
        }
    }
}

fn remove_plan(plan: &Path) {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let mut path = plan.as_os_str().to_owned();
        path.push(ending);
        let _ = std::fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREES: &str = r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","id":"a","geometry":{"type":"Point","coordinates":[15.26,46.23]},"properties":{"n":1}}]}"#;
    const CITY: &str = r#"{"type":"Feature","id":"celje","geometry":{"type":"Point","coordinates":[15.2677,46.2309]},
        "properties":{"name":"Celje","country":"SI","partner":"celje"}}"#;

    struct TestPlan(tempfile::TempDir);

    impl TestPlan {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn request(&self, into: &str) -> PlanImportRequest {
            PlanImportRequest {
                plan: self.0.path().join("plan.gpkg"),
                into: CollectionId::new(into).unwrap(),
                replace: false,
                update: false,
                update_options: UpdateOptions::default(),
                dry_run: false,
                options: ImportOptions::default(),
            }
        }

        fn files(&self) -> usize {
            std::fs::read_dir(self.0.path()).unwrap().count()
        }

        fn count(&self, id: &str) -> usize {
            let plan_file = PlanFile::open_read_only(&self.0.path().join("plan.gpkg")).unwrap();
            let mut count = 0;
            let mut add = |_| {
                count += 1;
                Ok(())
            };
            plan_file.scan_features(&CollectionId::new(id).unwrap(), &mut add).unwrap();
            count
        }
    }

    fn import(text: &str, request: PlanImportRequest) -> ImportOutcome {
        let sources = [ImportSource::from_embedded("file.geojson", text.as_bytes().to_vec().into()).unwrap()];
        PlanImport::open(request, &sources).unwrap().run(&sources, Arc::default()).unwrap()
    }

    #[test]
    fn a_plan_that_was_created_for_a_failed_import_is_removed() {
        let plan = TestPlan::new();
        let outcome = import(&TREES.replace("46.23", "460.23"), plan.request("trees"));
        assert!(outcome.error.is_some() && outcome.is_explained());
        assert_eq!(plan.files(), 0);
        assert!(PlanImport::open(plan.request("trees"), &[]).is_ok(), "dropped before it ran");
        assert_eq!(plan.files(), 0);
        assert!(import(TREES, plan.request("trees")).error.is_none());
        assert!(import(&TREES.replace("46.23", "460.23"), plan.request("trees")).error.is_some());
        assert_eq!(plan.count("trees"), 1, "a plan that was there before stays");
    }

    #[test]
    fn a_dry_run_writes_nothing() {
        let plan = TestPlan::new();
        let dry_run = PlanImportRequest { dry_run: true, ..plan.request("trees") };
        let outcome = import(TREES, dry_run);
        assert_eq!((outcome.report.read, outcome.report.loaded, plan.files()), (1, None, 0));
        import(TREES, plan.request("trees"));
        let dry_run = PlanImportRequest { dry_run: true, ..plan.request("trees") };
        assert!(import(&TREES.replace("\"a\"", "\"b\""), dry_run).error.is_none());
        assert_eq!(plan.count("trees"), 1);
    }

    #[test]
    fn ids_of_the_plan_are_in_use_unless_they_are_replaced() {
        let plan = TestPlan::new();
        import(TREES, plan.request("trees"));
        let outcome = import(TREES, plan.request("trees"));
        assert_eq!(outcome.report.findings.by_kind["taken-id"], 1);
        let replace = PlanImportRequest { replace: true, ..plan.request("trees") };
        assert_eq!(import(TREES, replace).report.loaded, Some(1));
    }

    #[test]
    fn more_features_than_wait_for_the_index_are_replaced_and_indexed_where_they_are() {
        let plan = TestPlan::new();
        let points = |numbers: std::ops::Range<u32>, latitude: f64| {
            let point = |n: u32| {
                let lon = 15.0 + f64::from(n) / 1000.0;
                format!(
                    r#"{{"type":"Feature","id":"p{n}","geometry":{{"type":"Point","coordinates":[{lon},{latitude}]}},"properties":{{"lon":{lon}}}}}"#
                )
            };
            let all: Vec<String> = numbers.map(point).collect();
            format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, all.join(","))
        };
        assert!(import(&points(0..350, 46.0), plan.request("points")).error.is_none());
        let replace = PlanImportRequest { replace: true, ..plan.request("points") };
        assert!(import(&points(30..420, 46.5), replace).error.is_none());

        let file = rusqlite::Connection::open(plan.0.path().join("plan.gpkg")).unwrap();
        let count = |sql: &str| file.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
        let joined = "SELECT count(*) FROM points p JOIN rtree_points_geom r ON r.id=p.fid";
        assert_eq!(count("SELECT count(*) FROM rtree_points_geom"), 390);
        assert_eq!(count(&format!("{joined} WHERE abs(r.minx-p.lon)<0.0001 AND abs(r.miny-46.5)<0.0001")), 390);
        assert_eq!(count("SELECT count(*) FROM cityheart_changes WHERE op='delete'"), 30, "removed ones are logged");
        assert_eq!(count("SELECT count(*) FROM cityheart_changes WHERE op='replace'"), 320);
    }

    #[test]
    fn places_are_held_against_the_cities_of_the_plan() {
        let plan = TestPlan::new();
        let far = CITY.replace("15.2677", "115.2677");
        assert!(import(CITY, plan.request("cities")).error.is_none());
        let replace = PlanImportRequest { replace: true, ..plan.request("cities") };
        assert_eq!(import(&far, replace).report.findings.warnings, 0, "cities are held against none");
        let swapped = TREES.replace("15.26,46.23", "46.23,15.26");
        import(CITY, PlanImportRequest { replace: true, ..plan.request("cities") });
        assert_eq!(import(&swapped, plan.request("trees")).report.findings.by_kind["probably-swapped"], 1);
    }

    #[test]
    fn the_files_of_a_new_collection_are_read_twice() {
        let plan = TestPlan::new();
        let sources = [ImportSource::from_embedded("file.geojson", TREES.as_bytes().into()).unwrap()];
        let total = |into: &str| PlanImport::open(plan.request(into), &sources).unwrap().total_bytes(&sources);
        assert_eq!((total("trees"), total("areas")), (2 * TREES.len() as u64, TREES.len() as u64));
        import(TREES, plan.request("trees"));
        assert_eq!(total("trees"), TREES.len() as u64);
    }
}
