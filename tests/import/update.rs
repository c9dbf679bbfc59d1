//! Rows held against an open plan, as the service does it: through what a viewer sees, and as one batch of requests.

use cityheart::access::{AccessRole, Viewer};
use cityheart::atlas::{Atlas, AtlasSettings, BaseMap, ChangeOutcome, EditBatch, FaultHandling, PlanFile, ViewerPlan};
use cityheart::collection::CollectionId;
use cityheart::crs::Crs;
use cityheart::error::{Error, Result};
use cityheart::import::{
    IdRegistry, ImportJob, ImportOptions, ImportReport, ImportSource, ImportTarget, PlanImport, PlanImportRequest,
    RowChangeKind, UpdateOptions, UpdateOutcome, ViewerFeatures,
};
use cityheart::intake::CityLocations;
use cityheart::plan::PlanModel;
use cityheart::work_budget::WorkBudget;
use serde_json::{Value as Json, json};
use std::sync::Arc;

const TREES: &str = r#"{"type":"FeatureCollection","features":[
    {"type":"Feature","id":"a","geometry":{"type":"Point","coordinates":[15.26,46.23]},"properties":{"code":"1","height":7,"tags":["x","y"]}},
    {"type":"Feature","id":"b","geometry":null,"properties":{"code":"2","height":8,"tags":null}},
    {"type":"Feature","id":"c","geometry":null,"properties":{"code":"2","height":null,"tags":null}}]}"#;

struct OpenPlan {
    plan: ViewerPlan,
    id: CollectionId,
    _folder: tempfile::TempDir,
}

impl OpenPlan {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.gpkg");
        let id = CollectionId::new("trees").unwrap();
        let sources = [ImportSource::from_embedded("trees.geojson", TREES.as_bytes().into()).unwrap()];
        let request = PlanImportRequest {
            plan: path.clone(),
            into: id.clone(),
            replace: false,
            update: false,
            update_options: UpdateOptions::default(),
            dry_run: false,
            options: ImportOptions::default(),
        };
        let outcome = PlanImport::open(request, &sources).unwrap().run(&sources, Arc::default()).unwrap();
        assert!(outcome.error.is_none());
        let (plan_file, model) = (PlanFile::open(&path).unwrap(), PlanModel::load().unwrap());
        let atlas = Atlas::open(plan_file, model, BaseMap::default(), &AtlasSettings::default()).unwrap();
        let plan = atlas.plan_for_viewer(&Viewer::new("ana", "Ana", AccessRole::Admin, []));
        Self { plan, id, _folder: folder }
    }

    fn compare(&self, name: &str, text: &str) -> (ImportReport, UpdateOutcome) {
        let model = PlanModel::load().unwrap();
        let sources = [ImportSource::from_embedded(name, text.as_bytes().to_vec().into()).unwrap()];
        let view = self.plan.collection_view("trees").unwrap();
        let target = ImportTarget {
            model: &model,
            id: self.id.clone(),
            existing: Some((**view.collection()).clone()),
            ids: IdRegistry::default(),
            cities: CityLocations::default(),
            names: std::sync::Arc::default(),
        };
        let options = ImportOptions::default();
        let job = ImportJob::prepare(&sources, target, &options, Arc::default()).unwrap();
        let existing = ViewerFeatures::read(&self.plan, &self.id, &WorkBudget::unlimited()).unwrap();
        let (report, outcome) = job.compare(&existing, UpdateOptions::default());
        (report, outcome.unwrap())
    }

    fn commit(&self, outcome: &UpdateOutcome, remove_missing: bool) -> Result<ChangeOutcome> {
        let view = self.plan.collection_view("trees").unwrap();
        self.plan.change(EditBatch {
            collection: "trees".into(),
            requests: outcome.to_requests(view.collection(), remove_missing),
            crs: Crs::CRS84,
            handling: FaultHandling::Usual,
            work: WorkBudget::unlimited(),
        })
    }

    fn feature(&self, id: &str) -> Json {
        let view = self.plan.collection_view("trees").unwrap();
        view.collection().feature_to_geojson(&self.plan.find_item(&view, id).unwrap().feature())
    }

    fn revision(&self) -> u64 {
        self.plan.collection_view("trees").unwrap().revision()
    }
}

fn counts(outcome: &UpdateOutcome) -> (u64, u64, u64) {
    (outcome.count(RowChangeKind::Changed), outcome.count(RowChangeKind::New), outcome.unchanged)
}

#[test]
fn an_outcome_is_one_batch_that_moves_the_plan_by_one_revision() {
    let open = OpenPlan::new();
    let table = "id,height,tags,lon,lat\na,7.0,\"[\"\"x\"\",\"\"z\"\"]\",15.26,46.23\nb,9,,15.27,46.24\nd,3,,,\n";
    let (report, outcome) = open.compare("t.csv", table);
    assert_eq!((report.findings.errors, counts(&outcome)), (0, (2, 1, 0)), "{outcome:?}");
    let told = outcome.to_json(open.plan.collection_view("trees").unwrap().collection(), 10, false);
    assert_eq!(told["changes"][0]["fields"], json!([{"field": "tags", "from": ["x", "y"], "to": ["x", "z"]}]));
    assert_eq!((&told["changes"][1]["geometry_changed"], &told["changes"][1]["row"]), (&json!(true), &json!(3)));
    let before = open.revision();
    let done = open.commit(&outcome, false).unwrap();
    assert_eq!((done.revision, done.edits.len()), (before + 1, 3));
    assert_eq!(open.feature("a")["properties"], json!({"code": "1", "height": 7, "tags": ["x", "z"]}));
    assert_eq!(open.feature("b")["geometry"]["coordinates"], json!([15.27, 46.24]));
    let (_, again) = open.compare("t.csv", table);
    assert_eq!(counts(&again), (0, 0, 3), "{again:?}");
    assert!(again.is_empty(false));
}

#[test]
fn an_edit_between_comparison_and_commit_is_refused_as_stale() {
    let open = OpenPlan::new();
    let (_, first) = open.compare("t.csv", "id,height\na,9\n");
    let (_, second) = open.compare("t.csv", "id,height\na,10\n");
    open.commit(&first, false).unwrap();
    let refused = open.commit(&second, false);
    assert!(matches!(&refused, Err(Error::AtPointer(at, e)) if at == "/changes/0" && matches!(**e, Error::Stale(_))));
    assert_eq!(open.feature("a")["properties"]["height"], 9);
}

#[test]
fn rows_are_found_by_code_and_a_code_of_several_features_is_told() {
    let open = OpenPlan::new();
    let (report, outcome) = open.compare("t.csv", "code,height\n1,9\n2,9\n3,9\n");
    assert_eq!((counts(&outcome), outcome.refused), ((1, 1, 0), 1));
    assert_eq!(report.findings.by_kind["ambiguous-code"], 1);
    assert!(report.refusal().is_some());
    assert_eq!(outcome.missing, [], "what a row may mean is not missing");
}

#[test]
fn what_is_missing_is_removed_with_the_changes() {
    let open = OpenPlan::new();
    let (_, outcome) = open.compare("t.csv", "id,height\na,9\n");
    assert_eq!(outcome.missing.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(), ["b", "c"]);
    let done = open.commit(&outcome, true).unwrap();
    assert_eq!(done.edits.len(), 3);
    assert_eq!(open.plan.collection_view("trees").unwrap().revision(), done.revision);
    let (_, left) = open.compare("t.csv", "id,height\na,9\n");
    assert_eq!((counts(&left), left.missing.len()), ((0, 0, 1), 0));
}

#[test]
fn a_geojson_feature_is_compared_by_its_members() {
    let open = OpenPlan::new();
    let moved = TREES.replace("15.26,46.23", "15.2600001,46.23").replace("\"height\":8", "\"height\":8.0");
    assert_eq!(counts(&open.compare("t.geojson", &moved).1), (0, 0, 3));
    let edited = TREES.replace("[\"x\",\"y\"]", "null").replace("\"height\":8", "\"height\":80");
    let (_, outcome) = open.compare("t.geojson", &edited);
    assert_eq!((counts(&outcome), outcome.kept_empty), ((1, 0, 2), 1));
}
