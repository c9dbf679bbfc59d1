//! One candidate, one verdict: imports, edits and the check of a plan say the same of the same feature. A new case is
//! one line.

use crate::support::importing::Job;
use cityheart::access::{AccessRole, Viewer};
use cityheart::atlas::{Atlas, AtlasSettings, BaseMap, EditAction, EditBatch, EditRequest, FaultHandling, PlanFile};
use cityheart::cli;
use cityheart::collection::{Collection, CollectionId};
use cityheart::crs::Crs;
use cityheart::error::Error;
use cityheart::feature::{Feature, FeatureId, FieldValue, Geometry};
use cityheart::plan::PlanModel;
use cityheart::work_budget::WorkBudget;
use serde_json::{Value as Json, json};

const CELJE: (f64, f64) = (15.2677, 46.2309);

/// JSON pointers with sentences.
type Faults = Vec<(String, String)>;

fn model_collection(id: &str) -> Collection {
    PlanModel::load().unwrap().collection(&CollectionId::new(id).unwrap()).unwrap().clone()
}

fn import_faults(into: &'static str, feature: &Json) -> Faults {
    let mut job = Job::new(&feature.to_string());
    (job.into, job.cities) = (into, vec![CELJE]);
    let findings = job.read().report.findings.details;
    findings.into_iter().map(|f| (f.place.pointer, f.message)).collect()
}

fn edit_faults(into: &'static str, feature: &Json) -> Faults {
    match change(into, feature, FaultHandling::Usual) {
        Ok(_) => vec![],
        Err(Error::Invalid(fault)) => vec![(fault.at, fault.message)],
        Err(Error::RuleViolations(faults)) => faults.into_iter().map(|f| (f.at, f.message)).collect(),
        Err(other) => panic!("{other}"),
    }
}

/// Creates a feature in a plan with one city; returns what was left out.
fn change(into: &str, feature: &Json, handling: FaultHandling) -> cityheart::error::Result<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let plan_file = plan_with_city(&folder);
    plan_file.load_collection(&model_collection(into), false, &mut std::iter::empty()).unwrap();
    let atlas =
        Atlas::open(plan_file, PlanModel::load().unwrap(), BaseMap::default(), &AtlasSettings::default()).unwrap();
    let request =
        EditRequest { at: String::new(), within: "", action: EditAction::Create(feature.clone()), precondition: None };
    let batch = EditBatch {
        collection: into.into(),
        requests: vec![request],
        crs: Crs::CRS84,
        handling,
        work: WorkBudget::unlimited(),
    };
    let admin = Viewer::new("ada", "Ada", AccessRole::Admin, []);
    atlas.plan_for_viewer(&admin).change(batch).map(|outcome| outcome.left_out)
}

/// Puts the feature into a plan past all judgement, as another program could, and checks the plan.
fn check_faults(into: &'static str, feature: &Json) -> Faults {
    let folder = tempfile::tempdir().unwrap();
    let plan_file = plan_with_city(&folder);
    let mut collection = model_collection(into);
    let mut schema = (*collection.schema).clone();
    let properties = feature["properties"].as_object().unwrap();
    for name in properties.keys().filter(|name| collection.field_index(name).is_none()) {
        schema["properties"][name] = json!({"type": "string"});
    }
    collection = Collection::from_schema(collection.id, schema).unwrap();
    let value = |json: &Json| match json {
        Json::Null => FieldValue::Null,
        Json::Bool(b) => FieldValue::Bool(*b),
        Json::Number(n) => n.as_i64().map_or_else(|| FieldValue::Real(n.as_f64().unwrap()), FieldValue::Int),
        Json::String(text) => FieldValue::text(text.as_str()),
        list => FieldValue::Json(Box::new(list.clone())),
    };
    let geometry: Option<geojson::Geometry> = serde_json::from_value(feature["geometry"].clone()).unwrap();
    let stored = Feature {
        key: 0,
        id: FeatureId::new(feature["id"].as_str().unwrap()).unwrap(),
        geometry: geometry.map(|g| Geometry::try_from(g).unwrap()),
        values: collection.fields.iter().map(|f| properties.get(&f.name).map_or(FieldValue::Null, value)).collect(),
    };
    plan_file.load_collection(&collection, false, &mut std::iter::once(Ok(stored))).unwrap();
    let report = cli::check_plan(&plan_file, &PlanModel::load().unwrap()).unwrap();
    let own = report.findings.into_iter().filter(|f| f.collection == into && f.kind != "links");
    own.map(|f| (f.at, f.message)).collect()
}

fn plan_with_city(folder: &tempfile::TempDir) -> PlanFile {
    let plan_file = PlanFile::open_or_create(&folder.path().join("plan.gpkg")).unwrap();
    let cities = model_collection("cities");
    let properties = json!({"name": "Celje", "country": "SI", "partner": "celje"});
    let celje = Feature {
        key: 0,
        id: FeatureId::new("celje").unwrap(),
        geometry: Some(geo_types::Point::from(CELJE).into()),
        values: cities.read_values(properties.as_object().unwrap()).unwrap(),
    };
    plan_file.load_collection(&cities, false, &mut std::iter::once(Ok(celje))).unwrap();
    plan_file
}

/// A good area with other properties.
fn area(changes: Json) -> Json {
    let mut feature = json!({
        "type": "Feature", "id": "celje-a",
        "geometry": {"type": "Polygon", "coordinates": [[[15.26, 46.22], [15.27, 46.22], [15.27, 46.23], [15.26, 46.22]]]},
        "properties": {"name": "A", "city": "celje", "kind": "survey_area"},
    });
    for (name, value) in changes.as_object().unwrap() {
        feature["properties"][name] = value.clone();
    }
    feature
}

/// A good area with another member.
fn area_with(member: &str, value: Json) -> Json {
    let mut feature = area(json!({}));
    feature[member] = value;
    feature
}

fn facility_at(lon: f64, lat: f64) -> Json {
    json!({
        "type": "Feature", "id": "celje-park", "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": {"name": "Park", "class": "park", "city": "celje", "location_precision": "exact"},
    })
}

const EVERYWHERE: &[fn(&'static str, &Json) -> Faults] = &[import_faults, edit_faults, check_faults];
/// What cannot be in a plan.
const INCOMING: &[fn(&'static str, &Json) -> Faults] = &[import_faults, edit_faults];

#[test]
fn the_same_candidate_has_the_same_faults_on_every_way_into_the_plan() {
    let ring = |positions: Json| json!({"type": "Polygon", "coordinates": [positions]});
    let metres = ring(json!([[520648.4, 121273.9], [520748.4, 121273.9], [520748.4, 121373.9], [520648.4, 121273.9]]));
    let crossed = ring(json!([[15.2, 46.2], [15.3, 46.3], [15.3, 46.2], [15.2, 46.3], [15.2, 46.2]]));
    let named_crs = json!({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3794"}});
    for (ways, into, feature, pointer, sentence) in [
        (
            EVERYWHERE,
            "areas",
            area(json!({"colour": "red"})),
            "/properties/colour",
            "'areas' has no property 'colour'. Rename it or leave it out.",
        ),
        (
            EVERYWHERE,
            "areas",
            area(json!({"populaton": "9"})),
            "/properties/populaton",
            "has no property 'populaton'. Did you mean 'population'? Rename it or leave it out.",
        ),
        (
            EVERYWHERE,
            "areas",
            area(json!({"cites": "x"})),
            "/properties/cites",
            "has no property 'cites'. Rename it or leave it out.",
        ),
        (INCOMING, "areas", area(json!({"a/b": "x"})), "/properties/a~1b", "has no property 'a/b'."),
        (
            INCOMING,
            "areas",
            area(json!({"population": "1200"})),
            "/properties/population",
            "Expected a whole number, found \"1200\". Remove the quotes: 1200.",
        ),
        (
            EVERYWHERE,
            "areas",
            area(json!({"valid_from": "31.12.2024"})),
            "/properties/valid_from",
            "Expected a date such as 2026-03-01, found \"31.12.2024\". Write 2024-12-31.",
        ),
        (EVERYWHERE, "areas", area(json!({"kind": "kingdom"})), "/properties/kind", "Correct the value."),
        (EVERYWHERE, "areas", area(json!({"population": -1})), "/properties/population", "Correct the value."),
        (
            EVERYWHERE,
            "areas",
            area(json!({"name": null})),
            "/properties",
            "\"name\" is a required property. Fill it in.",
        ),
        (
            INCOMING,
            "areas",
            area(json!({"id": "celje-b"})),
            "/properties/id",
            "The property id differs from the id of the feature.",
        ),
        (
            EVERYWHERE,
            "areas",
            area_with("id", json!("Celje A")),
            "/id",
            "The id 'Celje A' is not valid in 'areas'. Use lower-case letters, digits and hyphens",
        ),
        (INCOMING, "areas", area_with("id", json!([7])), "/id", "An id is text or a number, not a list."),
        (
            INCOMING,
            "areas",
            area_with("geometry", json!({"type": "Point", "coordinates": [15.26, 46.22]})),
            "/geometry",
            "'areas' holds Polygon or MultiPolygon, this is a Point. Redraw it, or put it into another collection.",
        ),
        (EVERYWHERE, "areas", area_with("geometry", Json::Null), "/geometry", "A feature of 'areas' needs a place."),
        (
            EVERYWHERE,
            "areas",
            area_with("geometry", crossed),
            "/geometry/coordinates/0",
            "The ring crosses or touches itself near",
        ),
        (
            EVERYWHERE,
            "areas",
            area_with("geometry", metres),
            "/geometry",
            "The position 520648.4, 121273.9 is not on the globe. It fits EPSG:3794 (Slovenia 1996 / Slovene National Grid)",
        ),
        (
            INCOMING,
            "areas",
            area_with("crs", named_crs),
            "/crs",
            "says that it is in EPSG:3794 (Slovenia 1996 / Slovene National Grid).",
        ),
        (
            EVERYWHERE,
            "facilities",
            facility_at(46.2309, 95.0),
            "/geometry",
            "Latitude and longitude seem to be swapped",
        ),
        (
            EVERYWHERE,
            "facilities",
            facility_at(CELJE.1, CELJE.0),
            "/geometry",
            "latitude and longitude are probably swapped",
        ),
        (EVERYWHERE, "facilities", facility_at(CELJE.0, CELJE.1), "", ""),
    ] {
        for (at, way) in ways.iter().enumerate() {
            let faults = way(into, &feature);
            let expected = usize::from(!sentence.is_empty());
            assert_eq!(faults.len(), expected, "{feature} on way {at}: {faults:?}");
            for (found_at, found) in &faults {
                assert!(found_at == pointer && found.contains(sentence), "{feature} on way {at}: {found_at}: {found}");
            }
        }
    }
}

#[test]
fn what_cannot_be_understood_is_not_a_broken_rule() {
    let malformed = change("areas", &area_with("id", json!([7])), FaultHandling::Usual);
    assert!(matches!(malformed, Err(Error::Invalid(_))), "{malformed:?}");
    let broken = change("areas", &area_with("id", json!("Celje A")), FaultHandling::Usual);
    assert!(matches!(broken, Err(Error::RuleViolations(_))), "{broken:?}");
}

#[test]
fn a_policy_decides_what_becomes_of_a_fault() {
    let tall = json!({"type": "Polygon", "coordinates": [[[15.26, 46.22, 240.0], [15.27, 46.22, 240.0], [15.27, 46.23, 240.0], [15.26, 46.22, 240.0]]]});
    let left_out = |feature: &Json, handling| change("areas", feature, handling).ok();
    let list = |places: &[&str]| Some(places.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>());
    for (feature, strict, usual, lenient) in [
        (area_with("geometry", tall), None, list(&["/geometry"]), list(&["/geometry"])),
        (area_with("colour", json!("red")), None, list(&["/colour"]), list(&["/colour"])),
        (area(json!({"colour": "red"})), None, None, list(&["/properties/colour"])),
        (area(json!({"population": "many"})), None, None, list(&["/properties/population"])),
        (area(json!({"population": "1200"})), None, None, list(&[])),
        (area(json!({"population": -1})), None, None, list(&["/properties/population"])),
        (area(json!({"kind": "kingdom"})), None, None, None),
        (area(json!({})), list(&[]), list(&[]), list(&[])),
    ] {
        let found =
            [FaultHandling::Strict, FaultHandling::Usual, FaultHandling::Lenient].map(|how| left_out(&feature, how));
        assert_eq!(found, [strict, usual, lenient], "{feature}");
    }
}
