//! Random plans: a collection in an index beside the plain list of what is in it, kept in step through random edits.

use cityheart::change::FeatureChange;
use cityheart::collection::{Collection, CollectionId};
use cityheart::feature::{Feature, FeatureId, FieldValue, Geometry};
use cityheart::index::{CollectionIndex, IndexBuilder};
use cityheart::plan::PlanModel;
use cityheart::question::{PlanSnapshot, QuestionAnswer, find_question};
use cityheart::work_budget::WorkBudget;
use geo::Validation;
use geo_types::{Coord, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

pub const CELJE: (f64, f64) = (15.2663, 46.2289);

/// SplitMix64: the same plan for the same seed, everywhere.
pub struct SeededRandom(pub u64);

impl SeededRandom {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }

    pub fn some(&mut self, of: &[&str]) -> Json {
        let picked: Vec<&&str> = of.iter().filter(|_| self.0 & 1 == 0 || self.below(3) == 0).take(3).collect();
        self.next();
        json!(picked)
    }
}

/// A collection and the truth about it.
pub struct Layer {
    pub index: CollectionIndex,
    pub truth: BTreeMap<i64, Feature>,
    pub collection: Arc<Collection>,
    revision: u64,
}

impl Layer {
    pub fn new(name: &str, features: impl IntoIterator<Item = Feature>) -> Self {
        let model = PlanModel::load().unwrap();
        Self::of(model.collection(&CollectionId::new(name).unwrap()).unwrap().clone(), features)
    }

    pub fn of(collection: Collection, features: impl IntoIterator<Item = Feature>) -> Self {
        let collection = Arc::new(collection);
        let mut builder = IndexBuilder::new(collection.clone());
        let mut truth = BTreeMap::new();
        for (i, mut feature) in features.into_iter().enumerate() {
            feature.key = i as i64 + 1;
            builder.push(&feature);
            truth.insert(feature.key, feature);
        }
        Self { index: builder.finish(1), truth, collection, revision: 1 }
    }

    pub fn apply(&mut self, changes: &[FeatureChange]) {
        self.revision += 1;
        self.index.apply_changes(changes, self.revision);
        for change in changes {
            match change {
                FeatureChange::Put(f) => self.truth.insert(f.key, f.clone()),
                FeatureChange::Removed { key, .. } => self.truth.remove(key),
            };
        }
    }

    /// Removes, replaces and adds features, a few at a time.
    pub fn edit(&mut self, random: &mut SeededRandom, make: impl Fn(&mut SeededRandom, &Collection, usize) -> Feature) {
        for _ in 0..random.below(6) {
            let keys: Vec<i64> = self.truth.keys().copied().collect();
            let mut changes = Vec::new();
            for round in 0..=random.below(8) {
                if random.below(3) == 0 || keys.is_empty() {
                    let key = self.truth.keys().last().unwrap_or(&0) + 1 + round as i64;
                    let fresh = make(random, &self.collection, 100_000 + self.revision as usize * 100 + round as usize);
                    changes.push(FeatureChange::Put(Feature { key, ..fresh }));
                } else {
                    let key = keys[(random.below(keys.len() as u64 / 9 + 1) * 9 + round) as usize % keys.len()];
                    if changes.iter().any(|c| {
                        matches!(c, FeatureChange::Put(f) if f.key == key)
                            || matches!(c, FeatureChange::Removed { key: k, .. } if *k == key)
                    }) {
                        continue;
                    }
                    let old = &self.truth[&key];
                    if random.below(2) == 0 {
                        changes.push(FeatureChange::Removed { key, id: old.id.clone() });
                    } else {
                        let fresh = make(random, &self.collection, 0);
                        changes.push(FeatureChange::Put(Feature { key, id: old.id.clone(), ..fresh }));
                    }
                }
            }
            self.apply(&changes);
        }
    }

    pub fn value<'a>(&self, feature: &'a Feature, field: &str) -> &'a FieldValue {
        &feature.values[self.collection.field_index(field).unwrap()]
    }

    pub fn text<'a>(&self, feature: &'a Feature, field: &str) -> Option<&'a str> {
        match self.value(feature, field) {
            FieldValue::Text(t) => Some(t),
            _ => None,
        }
    }
}

pub fn layers<'a>(of: impl IntoIterator<Item = &'a Layer>) -> PlanSnapshot {
    PlanSnapshot::new(of.into_iter().map(|l| l.index.snapshot()))
}

pub fn ask(layers: &PlanSnapshot, id: &str, inputs: Json) -> QuestionAnswer {
    try_ask(layers, id, &inputs).unwrap_or_else(|e| panic!("{id} {inputs}: {e}"))
}

/// Every answer any test asks for is written, read back and looked through.
pub fn try_ask(layers: &PlanSnapshot, id: &str, inputs: &Json) -> cityheart::error::Result<QuestionAnswer> {
    let answer = find_question(id)?.execute(layers, inputs.as_object().unwrap_or(&Map::new()))?;
    let json = written(&answer);
    for feature in json["features"]["features"].as_array().unwrap() {
        assert_eq!(feature["type"], "Feature");
        assert!(feature["result"].is_object(), "{feature}");
        if !feature["geometry"].is_null() {
            let geometry: geojson::Geometry = serde_json::from_value(feature["geometry"].clone()).unwrap();
            let geometry = Geometry::try_from(geometry).unwrap();
            assert!(geometry.is_valid(), "{id} made an invalid geometry: {}", feature["geometry"]);
        }
    }
    assert!(!json["rules"].as_array().unwrap().is_empty(), "{id} states no rule");
    for number in json["numbers"].as_array().unwrap() {
        assert!(number["name"].is_string() && number["unit"].is_string(), "{number}");
        assert_eq!(
            number.get("numerator").is_some(),
            number["unit"] == "%" || number.get("denominator").is_some(),
            "{number}"
        );
    }
    Ok(answer)
}

pub fn written(answer: &QuestionAnswer) -> Json {
    let mut out = Vec::new();
    answer.write_json(&WorkBudget::unlimited(), &mut out).unwrap();
    serde_json::from_slice(&out).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&out)))
}

/// The ids of the answer's features, in its order.
pub fn found(answer: &QuestionAnswer) -> Vec<String> {
    answer.features.iter().map(cityheart::question::AnswerFeature::id).collect()
}

pub fn quantised(v: f64) -> f64 {
    (v * 1e7).round() / 1e7
}

fn near(random: &mut SeededRandom, centre: Coord<f64>, spread: f64) -> Coord<f64> {
    Coord {
        x: quantised(centre.x + random.between(-spread, spread)),
        y: quantised(centre.y + random.between(-spread, spread) * 0.7),
    }
}

/// A star-shaped polygon, sometimes with a hole; valid by construction.
pub fn blob(random: &mut SeededRandom, centre: Coord<f64>, radius: f64) -> Polygon<f64> {
    let corners = 3 + random.below(8) as usize;
    let mut ring = |from: f64, to: f64| {
        let mut coords: Vec<Coord<f64>> = (0..corners)
            .map(|i| {
                let (sin, cos) = (std::f64::consts::TAU * i as f64 / corners as f64).sin_cos();
                let r = radius * random.between(from, to);
                Coord { x: quantised(centre.x + r * cos), y: quantised(centre.y + r * sin * 0.7) }
            })
            .collect();
        coords.push(coords[0]);
        LineString::new(coords)
    };
    let outer = ring(0.5, 1.0);
    let mut hole = ring(0.1, 0.15);
    hole.0.reverse();
    let with_hole = corners > 5 && radius > 0.0005;
    Polygon::new(outer, if with_hole { vec![hole] } else { vec![] })
}

/// A geometry of any kind, or none, within `spread` degrees of a centre.
pub fn geometry(random: &mut SeededRandom, centre: (f64, f64), spread: f64) -> Option<Geometry> {
    let at = near(random, Coord { x: centre.0, y: centre.1 }, spread);
    let size = random.between(0.0002, 0.002);
    let line =
        |random: &mut SeededRandom| LineString::new((0..2 + random.below(4)).map(|_| near(random, at, size)).collect());
    Some(match random.below(10) {
        0 => return None,
        1..=4 => Geometry::Point(at.into()),
        5 => Geometry::MultiPoint(MultiPoint((0..3).map(|_| Point(near(random, at, size))).collect())),
        6 | 7 => Geometry::LineString(line(random)),
        8 if random.below(2) == 0 => Geometry::MultiLineString(MultiLineString(vec![line(random), line(random)])),
        8 => {
            let east = Coord { x: quantised(at.x + size * 3.0), y: at.y };
            Geometry::MultiPolygon(MultiPolygon(vec![blob(random, at, size), blob(random, east, size)]))
        }
        _ => Geometry::Polygon(blob(random, at, size)),
    })
}

pub fn intervention(random: &mut SeededRandom, collection: &Collection, n: usize) -> Feature {
    let day = |random: &mut SeededRandom, year: u64| {
        format!("{}-{:02}-{:02}", year + random.below(3), 1 + random.below(12), 1 + random.below(28))
    };
    let mut properties = Map::new();
    let mut put = |name: &str, value: Json| properties.insert(name.to_owned(), value);
    put("title", json!(format!("Intervention {n}")));
    put("city", json!(random.one(&["celje", "sligo", "braga"])));
    put("kind", json!(random.one(&["hard_investment", "soft_measure", "event", "study"])));
    put("status", json!(random.one(&["idea", "proposed", "approved", "in_progress", "completed", "abandoned"])));
    put("types", random.some(&["pedestrianisation", "greening", "cycling", "parking", "public_realm", "market"]));
    put("functions", random.some(&["housing", "work", "public_facilities", "commerce", "leisure", "public_space"]));
    put("objectives", random.some(&["PO1", "PO2", "PO3", "PO4", "PO5"]));
    if random.below(3) > 0 {
        put("cost", json!((random.below(50_000_000) as f64) / 100.0));
        if random.below(2) == 0 {
            put("eu_share", json!((random.below(1_000_000) as f64) / 100.0));
        }
        if let Some(scope) = ["programme", "design", "grant", "total", "unknown"].get(n % 9) {
            put("cost_scope", json!(scope));
        }
    }
    if random.below(5) > 0 {
        put("start", json!(day(random, 2024)));
    }
    if random.below(5) > 1 {
        put("end", json!(day(random, 2027)));
    }
    put("date_precision", json!(random.one(&["day", "month", "season", "quarter", "half_year", "year"])));
    let values = collection.read_values(&properties).unwrap();
    Feature { key: 0, id: FeatureId::new(&format!("i{n}")).unwrap(), geometry: geometry(random, CELJE, 0.02), values }
}

/// A plan of up to so many interventions, after random edits.
pub fn interventions(random: &mut SeededRandom, most: u64) -> Layer {
    let model = PlanModel::load().unwrap();
    let collection = model.collection(&CollectionId::new("interventions").unwrap()).unwrap().clone();
    let count = random.below(most) as usize;
    let features: Vec<Feature> = (0..count).map(|n| intervention(random, &collection, n)).collect();
    let mut layer = Layer::of(collection, features);
    layer.edit(random, intervention);
    layer
}

pub fn area_json(polygon: &Polygon<f64>) -> Json {
    serde_json::to_value(geojson::Geometry::from(polygon)).unwrap()
}
