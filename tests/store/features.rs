//! Collections and features that the tests of stores use.

use cityheart::change::{ChangeSet, FeatureChange, FeatureEdit, RevisionNumber};
use cityheart::collection::{Collection, CollectionId, FieldType};
use cityheart::feature::{Feature, FeatureId, FieldValue, Geometry, GeometryTypeSet};
use cityheart::store::Store;
use geo_types::{
    Geometry as G, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, line_string, point,
    polygon,
};
use serde_json::json;

pub fn id(text: &str) -> FeatureId {
    FeatureId::new(text).unwrap()
}

pub fn collection_id(text: &str) -> CollectionId {
    CollectionId::new(text).unwrap()
}

/// A collection with a field of every kind, and geometry of any type.
pub fn things() -> Collection {
    let kinds = [
        ("name", FieldType::Text),
        ("count", FieldType::Integer),
        ("share", FieldType::Real),
        ("cost", FieldType::Decimal),
        ("open", FieldType::Boolean),
        ("start", FieldType::Date),
        ("seen", FieldType::DateTime),
        ("tags", FieldType::Json),
        // Names that a table has for itself, and one that needs quotes.
        ("FID", FieldType::Integer),
        ("geom", FieldType::Text),
        ("se\"lect", FieldType::Text),
    ];
    let fields: Vec<_> = kinds.iter().map(|(n, k)| ((*n).to_owned(), *k)).collect();
    Collection::from_inferred_fields(collection_id("things"), "Things", GeometryTypeSet::ANY, &fields).unwrap()
}

pub fn thing(name: &str, geometry: Option<Geometry>) -> Feature {
    let values = vec![
        FieldValue::text(format!("{name}: l'été à Kraków «\"ά»")),
        FieldValue::Int(i64::MIN),
        FieldValue::Real(0.1 + 0.2),
        FieldValue::Real(1_234_567.89),
        FieldValue::Bool(true),
        FieldValue::text("2026-03-01"),
        FieldValue::text("2026-03-01T08:30:00.500Z"),
        FieldValue::Json(Box::new(json!(["a", {"b": [1, 2.5, null]}]))),
        FieldValue::Int(7),
        FieldValue::text(""),
        FieldValue::text("'; DROP TABLE things; --"),
    ];
    Feature { key: 0, id: id(name), geometry, values }
}

pub fn bare(name: &str) -> Feature {
    Feature { key: 0, id: id(name), geometry: None, values: vec![FieldValue::Null; things().fields.len()] }
}

/// One of each type, some with more than seven decimals.
pub fn geometries() -> Vec<Geometry> {
    let square = |x: f64| polygon!(exterior: [(x: x, y: 0.0), (x: x + 4.0, y: 0.0), (x: x + 4.0, y: 4.0), (x: x, y: 4.000_000_000_1)], interiors: [[(x: x + 1.0, y: 1.0), (x: x + 1.0, y: 2.0), (x: x + 2.0, y: 2.0)]]);
    let line: LineString =
        line_string![(x: 15.267_512_345_678_9, y: 46.231_1), (x: -0.1, y: 1.0 / 3.0), (x: 180.0, y: -90.0)];
    let all: Vec<Geometry> = vec![
        point!(x: 15.267_512_345_678_9, y: 46.231_098_765_432_1).into(),
        MultiPoint::new(vec![point!(x: 1.0, y: 2.0), point!(x: 1.0, y: 2.0)]).into(),
        line.clone().into(),
        MultiLineString::new(vec![line.clone(), line]).into(),
        square(0.1).into(),
        MultiPolygon::new(vec![square(10.0), square(20.0)]).into(),
    ];
    let mut with_collection = all.clone();
    with_collection.push(G::GeometryCollection(GeometryCollection(all)));
    with_collection
}

pub fn place(x: f64, y: f64) -> Option<Geometry> {
    Some(point!(x: x, y: y).into())
}

pub fn edits(edits: Vec<FeatureEdit>) -> ChangeSet {
    ChangeSet { collection: collection_id("things"), edits, author: "ana".into() }
}

pub fn load(store: &dyn Store, replace: bool, features: Vec<Feature>) -> RevisionNumber {
    store.load_collection(&things(), replace, &mut features.into_iter().map(Ok)).unwrap().revision
}

/// Everything, or what changed since, with the revision.
pub fn scan(store: &dyn Store, since: Option<RevisionNumber>) -> (RevisionNumber, Vec<FeatureChange>) {
    scan_of(store, "things", since)
}

fn scan_of(store: &dyn Store, id: &str, since: Option<RevisionNumber>) -> (RevisionNumber, Vec<FeatureChange>) {
    let mut seen = Vec::new();
    let revision = store.scan_collection(&collection_id(id), since, &mut |change| {
        seen.push(change);
        Ok(())
    });
    (revision.unwrap(), seen)
}

pub fn all(store: &dyn Store) -> Vec<Feature> {
    all_of(store, "things")
}

/// All features of a collection.
pub fn all_of(store: &dyn Store, id: &str) -> Vec<Feature> {
    let features = scan_of(store, id, None).1.into_iter().map(|change| match change {
        FeatureChange::Put(feature) => feature,
        FeatureChange::Removed { .. } => panic!("a whole scan removes nothing"),
    });
    features.collect()
}

pub fn ids(changes: &[FeatureChange]) -> Vec<String> {
    let id = |c: &FeatureChange| match c {
        FeatureChange::Put(f) => f.id.to_string(),
        FeatureChange::Removed { id, .. } => format!("-{id}"),
    };
    changes.iter().map(id).collect()
}

/// A feature without its key, for comparing what went in with what came out.
pub fn keyless(feature: &Feature) -> Feature {
    Feature { key: 0, ..feature.clone() }
}
