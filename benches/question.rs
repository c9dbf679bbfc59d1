//! The planning questions on 100,000 generated features of one city. Targets: `nearby` and `inside` 1 ms, `summary`
//! over 150 areas 250 ms, `conflicts` over 10,000 dated works 1 s, `gaps` with 2,000 facilities 500 ms, `reach` over 15
//! minutes 20 ms, `portfolio` of 200 interventions with 10 rules 5 s.

use cityheart::collection::{Collection, CollectionId, FieldType};
use cityheart::feature::{Feature, FeatureId, FieldValue, Geometry, GeometryTypeSet};
use cityheart::index::{IndexBuilder, Snapshot};
use cityheart::question::{PlanSnapshot, find_question};
use cityheart::work_budget::WorkBudget;
use divan::Bencher;
use geo_types::{LineString, Point, Polygon};
use serde_json::{Value as Json, json};
use std::sync::Arc;

fn main() {
    divan::main();
}

const CENTRE: (f64, f64) = (15.2663, 46.2289);

/// A random number generator (SplitMix64).
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn near(&mut self, spread: f64) -> (f64, f64) {
        (CENTRE.0 + (self.unit() - 0.5) * spread, CENTRE.1 + (self.unit() - 0.5) * spread * 0.7)
    }
}

fn square((x, y): (f64, f64), side: f64) -> Polygon<f64> {
    Polygon::new(
        LineString::from(vec![(x, y), (x + side, y), (x + side, y + side * 0.7), (x, y + side * 0.7), (x, y)]),
        vec![],
    )
}

/// Points, lines and buildings, over 15 km by 15 km.
fn shape(random: &mut Random, n: usize) -> Geometry {
    let at = random.near(0.2);
    match n % 3 {
        0 => Point::new(at.0, at.1).into(),
        1 => LineString::from(vec![at, (at.0 + 0.0005, at.1 + 0.0003), (at.0 + 0.001, at.1)]).into(),
        _ => square(at, 0.0003).into(),
    }
}

fn list(words: &[&str]) -> FieldValue {
    FieldValue::Json(Box::new(json!(words)))
}

fn layer(name: &str, count: usize, mut make: impl FnMut(&mut Random, usize) -> Geometry) -> Arc<Snapshot> {
    let fields = [
        ("status", FieldType::Text),
        ("cost", FieldType::Decimal),
        ("eu_share", FieldType::Decimal),
        ("start", FieldType::Date),
        ("end", FieldType::Date),
        ("functions", FieldType::Json),
        ("objectives", FieldType::Json),
    ];
    let fields: Vec<_> = fields.iter().map(|(n, k)| ((*n).to_owned(), *k)).collect();
    let id = CollectionId::new(name).expect("a name");
    let collection = Collection::from_inferred_fields(id, name, GeometryTypeSet::ANY, &fields).expect("a collection");
    let mut builder = IndexBuilder::new(Arc::new(collection));
    let mut random = Random(42);
    for n in 0..count {
        let geometry = make(&mut random, n);
        let (start, days) = (1 + (random.unit() * 12.0) as u32, 1 + (random.unit() * 28.0) as u32);
        let status = ["idea", "approved", "funded", "completed"][n % 4];
        let values = vec![
            FieldValue::text(status),
            FieldValue::Real((random.unit() * 1e8).round() / 100.0),
            FieldValue::Real((random.unit() * 1e7).round() / 100.0),
            FieldValue::text(format!("2026-{start:02}-{days:02}")),
            FieldValue::text(format!("2027-{start:02}-{days:02}")),
            list(&[["housing", "work", "commerce"][n % 3], ["leisure", "public_space"][n % 2]]),
            list(&[["PO1", "PO2", "PO3", "PO4", "PO5"][n % 5]]),
        ];
        let id = FeatureId::new(&format!("{name}-{n}")).expect("an id");
        builder.push(&Feature { key: n as i64 + 1, id, geometry: Some(geometry), values });
    }
    builder.finish(1).snapshot()
}

fn city_plan() -> PlanSnapshot {
    let areas = layer("areas", 150, |random, _| square(random.near(0.18), 0.012).into());
    PlanSnapshot::new([layer("things", 100_000, shape), areas])
}

fn bench_question(bencher: Bencher, layers: &PlanSnapshot, id: &str, inputs: Json) {
    let question = find_question(id).expect("a question");
    let inputs = inputs.as_object().expect("an object").clone();
    bencher.bench(|| {
        let mut out = Vec::new();
        question
            .execute(layers, &inputs)
            .expect("an answer")
            .write_json(&WorkBudget::unlimited(), &mut out)
            .expect("an answer");
        out.len()
    });
}

#[divan::bench]
fn nearby_within_150_m(bencher: Bencher) {
    bench_question(
        bencher,
        &city_plan(),
        "nearby",
        json!({"collection": "things", "point": [CENTRE.0, CENTRE.1], "radius_m": 150}),
    );
}

#[divan::bench]
fn nearby_the_20_nearest(bencher: Bencher) {
    bench_question(
        bencher,
        &city_plan(),
        "nearby",
        json!({"collection": "things", "point": [CENTRE.0, CENTRE.1], "k": 20}),
    );
}

#[divan::bench]
fn inside_a_quarter(bencher: Bencher) {
    let quarter = square((CENTRE.0 - 0.004, CENTRE.1 - 0.003), 0.008);
    let area = serde_json::to_value(geojson::Geometry::from(&quarter)).expect("JSON");
    bench_question(bencher, &city_plan(), "inside", json!({"collection": "things", "area": area}));
}

#[divan::bench(sample_count = 10)]
fn summary_over_150_areas(bencher: Bencher) {
    bench_question(
        bencher,
        &city_plan(),
        "summary",
        json!({"collection": "things", "group_by": ["area", "status"], "rule": "share"}),
    );
}

#[divan::bench(sample_count = 5)]
fn conflicts_of_10_000_works_within_100_m(bencher: Bencher) {
    let layers = PlanSnapshot::new([layer("works", 10_000, shape)]);
    bench_question(bencher, &layers, "conflicts", json!({"collection": "works", "distance_m": 100}));
}

#[divan::bench(sample_count = 5)]
fn gaps_with_2_000_facilities(bencher: Bencher) {
    let quarter = square((CENTRE.0 - 0.1, CENTRE.1 - 0.07), 0.2);
    let area = serde_json::to_value(geojson::Geometry::from(&quarter)).expect("JSON");
    let layers = PlanSnapshot::new([layer("facilities", 2000, |random, _| Geometry::Point(random.near(0.2).into()))]);
    bench_question(bencher, &layers, "gaps", json!({"area": area, "distance_m": 300}));
}

/// Blocks of about 60 m, as dense as the streets of Krems, over an area far wider than 15 minutes on foot.
#[divan::bench]
fn reach_in_15_minutes(bencher: Bencher) {
    let side = 60;
    let corner = |x: usize, y: usize| (CENTRE.0 + (x as f64 - 30.0) * 0.0008, CENTRE.1 + (y as f64 - 30.0) * 0.00055);
    let streets = layer("streets", 2 * side, |_, n| {
        let at = |k| if n < side { corner(k, n) } else { corner(n - side, k) };
        LineString::from((0..side).map(at).collect::<Vec<_>>()).into()
    });
    let facilities = layer("facilities", 2000, |random, _| Geometry::Point(random.near(0.04).into()));
    let layers = PlanSnapshot::new([streets, facilities]);
    bench_question(bencher, &layers, "reach", json!({"point": [CENTRE.0 + 0.0001, CENTRE.1 + 0.0001], "minutes": 15}));
}

#[divan::bench(sample_count = 3)]
fn portfolio_of_200_with_10_rules(bencher: Bencher) {
    let layers = PlanSnapshot::new([layer("works", 267, shape)]);
    let rules = json!({"objectives": [], "functions": []});
    let inputs = json!({"collection": "works", "budget": 20_000_000, "at_least_one": rules});
    bench_question(bencher, &layers, "portfolio", inputs);
}
