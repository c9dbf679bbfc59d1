//! Features with values of every kind, and their files.

use cityheart::collection::{Collection, CollectionId, FieldType};
use cityheart::crs::Crs;
use cityheart::encoding::OutputSchema;
use cityheart::error::Result;
use cityheart::feature::{Feature, FeatureId, FieldValue, Geometry, GeometryTypeSet};
use cityheart::feature_file::{FileFormat, FileLayer, FileOptions, FileWriter, WrittenFile};
use cityheart::plan::PlanModel;
use geo_types::{Coord, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::{Value as Json, json};
use std::sync::Arc;

pub const FIELDS: [(&str, FieldType); 9] = [
    ("label", FieldType::Text),
    ("count", FieldType::Integer),
    ("ratio", FieldType::Real),
    ("cost", FieldType::Decimal),
    ("open", FieldType::Boolean),
    ("day", FieldType::Date),
    ("at", FieldType::DateTime),
    ("tags", FieldType::Json),
    ("a_long_name_of_a_field", FieldType::Text),
];

pub fn collection(geometry: &str) -> Arc<Collection> {
    let fields: Vec<_> = FIELDS.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
    let geometry = GeometryTypeSet::from_schema_format(geometry).unwrap();
    let id = CollectionId::new("things").unwrap();
    Arc::new(Collection::from_inferred_fields(id, "Things & more", geometry, &fields).unwrap())
}

pub fn write(format: FileFormat, collection: &Arc<Collection>, crs: Crs, features: &[Feature]) -> WrittenFile {
    try_write(format, collection, crs, features).unwrap()
}

pub fn try_write(
    format: FileFormat,
    collection: &Arc<Collection>,
    crs: Crs,
    features: &[Feature],
) -> Result<WrittenFile> {
    let model = PlanModel::load().unwrap();
    let layer = FileLayer { output: OutputSchema::new(collection.clone(), None, crs), revision: 7 };
    let options = FileOptions { model: &model, language: "en", plan: "plan.gpkg" };
    let mut writer = FileWriter::create(format, vec![layer], &options)?;
    for feature in features {
        writer.write_feature(feature)?;
    }
    writer.finish()
}

/// The bytes of a file.
pub fn bytes(written: &WrittenFile) -> Vec<u8> {
    std::fs::read(written.file.path()).unwrap()
}

pub fn feature(id: &str, geometry: Option<Geometry>, values: Vec<FieldValue>) -> Feature {
    Feature { key: 0, id: FeatureId::new(id).unwrap(), geometry, values }
}

/// What the values of a file are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleShape {
    Points,
    Lines,
    Areas,
    Any,
}

impl SampleShape {
    pub fn schema_format(self) -> &'static str {
        match self {
            Self::Points => "geometry-point",
            Self::Lines => "geometry-linestring-or-multilinestring",
            Self::Areas => "geometry-polygon-or-multipolygon",
            Self::Any => "geometry-any",
        }
    }

    fn strategy(self) -> BoxedStrategy<Geometry> {
        let point = position().prop_map(|c| Geometry::Point(Point(c)));
        let points = prop::collection::vec(position(), 2..5)
            .prop_map(|all| Geometry::MultiPoint(MultiPoint(all.into_iter().map(Point).collect())));
        let line = || prop::collection::vec(position(), 2..5).prop_map(LineString);
        let lines = prop_oneof![
            line().prop_map(Geometry::LineString),
            prop::collection::vec(line(), 2..4).prop_map(|all| Geometry::MultiLineString(MultiLineString(all))),
        ];
        let areas = prop_oneof![
            position().prop_map(|c| Geometry::Polygon(square(c, 0.5))),
            position().prop_map(|c| {
                let far = Coord { x: c.x + 2.0, y: c.y };
                Geometry::MultiPolygon(MultiPolygon(vec![square(c, 0.5), square(far, 0.25)]))
            }),
        ];
        match self {
            Self::Points => point.boxed(),
            Self::Lines => lines.boxed(),
            Self::Areas => areas.boxed(),
            Self::Any => prop_oneof![point, points, lines, areas].boxed(),
        }
    }
}

/// With seven decimals, as the plan shows them.
fn position() -> impl Strategy<Value = Coord<f64>> {
    (-1_700_000_000_i64..1_700_000_000, -800_000_000_i64..800_000_000)
        .prop_map(|(x, y)| Coord { x: x as f64 / 1e7, y: y as f64 / 1e7 })
}

/// A square with a hole, counter-clockwise.
fn square(c: Coord<f64>, size: f64) -> Polygon {
    let ring = |from: f64, to: f64| {
        LineString(
            [(from, from), (to, from), (to, to), (from, to), (from, from)]
                .map(|(x, y)| Coord { x: round(c.x + x), y: round(c.y + y) })
                .to_vec(),
        )
    };
    let mut hole = ring(size / 4.0, size / 2.0);
    hole.0.reverse();
    Polygon::new(ring(0.0, size), vec![hole])
}

fn round(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~éßčŽ€Ωжя漢𝄞]{1,40}".prop_map(|text| text.trim().to_owned()),
        Just("one\ntwo".to_owned()),
        Just("=1+1".to_owned()),
        Just("007".to_owned()),
        Just("<b>&amp; \"x\"</b>".to_owned()),
        Just("_x0041_".to_owned()),
        Just("a  b\tc".to_owned()),
    ]
    .prop_filter("not empty", |text| !text.is_empty())
}

fn optional(value: impl Strategy<Value = FieldValue> + 'static) -> BoxedStrategy<FieldValue> {
    prop_oneof![3 => value, 1 => Just(FieldValue::Null)].boxed()
}

/// The values of one feature, in the order of [`FIELDS`].
fn values() -> impl Strategy<Value = Vec<FieldValue>> {
    let day = (1901..2100_i16, 1..13_i8, 1..29_i8).prop_map(|(y, m, d)| format!("{y}-{m:02}-{d:02}"));
    let instant = (1_000_000_000_000_i64..4_000_000_000_000).prop_map(|ms| {
        let instant = jiff::Timestamp::from_millisecond(ms - ms % 1000).unwrap();
        FieldValue::text(instant.to_string())
    });
    let json = prop_oneof![
        prop::collection::vec("[a-z é]{1,8}", 1..4).prop_map(|words| json!(words)),
        Just(json!(["a;b", "c"])),
        Just(json!([])),
        Just(json!({"a": {"b": [1, 2.5, null, "č"]}})),
        any::<i32>().prop_map(|n| json!([n])),
    ];
    (
        optional(text().prop_map(FieldValue::text)),
        optional(prop_oneof![any::<i64>(), -1000..1000_i64].prop_map(FieldValue::Int)),
        optional(
            prop_oneof![
                any::<f64>().prop_filter("finite", |n| n.is_finite()),
                -1e4..1e4_f64,
                (-9..9_i8).prop_map(f64::from)
            ]
            .prop_map(FieldValue::Real),
        ),
        optional((-9_999_999_999_i64..9_999_999_999).prop_map(|cents| FieldValue::Real(cents as f64 / 100.0))),
        optional(any::<bool>().prop_map(FieldValue::Bool)),
        optional(day.prop_map(FieldValue::text)),
        optional(instant),
        optional(json.prop_map(|json: Json| FieldValue::Json(Box::new(json)))),
        optional(text().prop_map(FieldValue::text)),
    )
        .prop_map(|(a, b, c, d, e, f, g, h, i)| vec![a, b, c, d, e, f, g, h, i])
}

/// Features; some have no place.
pub fn features(shape: SampleShape, most: usize) -> BoxedStrategy<Vec<Feature>> {
    let place = prop_oneof![5 => shape.strategy().prop_map(Some), 1 => Just(None)];
    let all = prop::collection::vec((place, values()), 1..most);
    all.prop_map(|all| {
        let numbered = all.into_iter().enumerate();
        numbered.map(|(nth, (geometry, values))| feature(&format!("thing-{nth}"), geometry, values)).collect()
    })
    .boxed()
}

/// The same features every time.
pub fn fixed_features(shape: SampleShape, count: usize) -> Vec<Feature> {
    let config = proptest::test_runner::Config::default();
    let seed = proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(config, seed);
    let mut all: Vec<Feature> = vec![];
    while all.len() < count {
        all.extend(features(shape, 40).new_tree(&mut runner).unwrap().current());
    }
    all.truncate(count);
    let numbered = all.into_iter().enumerate();
    numbered.map(|(nth, f)| Feature { id: FeatureId::new(&format!("thing-{nth}")).unwrap(), ..f }).collect()
}
