//! Features for tests: a collection with a field of every kind, and random features, queries and edits from a seed.

use cityheart::change::FeatureChange;
use cityheart::collection::{Collection, CollectionId, FieldType};
use cityheart::feature::{BoundingBox, Feature, FeatureId, FieldValue, Geometry, GeometryTypeSet, time};
use cityheart::index::{CollectionIndex, IndexBuilder};
use cityheart::query::{Query, SortKey};
use geo::{Intersects, Validation};
use geo_types::{Coord, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};
use serde_json::json;
use std::sync::Arc;

/// SplitMix64: the same features for the same seed, everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
    pub fn between(&mut self, a: f64, b: f64) -> f64 {
        a + self.unit() * (b - a)
    }
    pub fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
    pub fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }
}

pub const FIELDS: [(&str, FieldType); 9] = [
    ("name", FieldType::Text),
    ("kind", FieldType::Text),
    ("tags", FieldType::Json),
    ("cost", FieldType::Decimal),
    ("count", FieldType::Integer),
    ("ratio", FieldType::Real),
    ("open", FieldType::Boolean),
    ("start", FieldType::Date),
    ("end", FieldType::Date),
];

pub fn collection(geometry: GeometryTypeSet) -> Arc<Collection> {
    let fields: Vec<_> = FIELDS.iter().map(|(n, k)| ((*n).to_owned(), *k)).collect();
    Arc::new(
        Collection::from_inferred_fields(CollectionId::new("things").unwrap(), "Things", geometry, &fields).unwrap(),
    )
}

pub fn index_of<'a>(collection: &Arc<Collection>, features: impl IntoIterator<Item = &'a Feature>) -> CollectionIndex {
    let mut builder = IndexBuilder::new(collection.clone());
    features.into_iter().for_each(|f| builder.push(f));
    builder.finish(1)
}

/// Where random features lie: the smaller, the more they touch.
#[derive(Clone, Copy)]
pub struct Place {
    pub lon: f64,
    pub lat: f64,
    /// Degrees.
    pub spread: f64,
}

pub const PARIS: Place = Place { lon: 2.35, lat: 48.85, spread: 0.05 };

fn position(r: &mut Random, p: Place) -> Coord<f64> {
    // A coarse grid now and then, so that positions meet each other and the borders of boxes.
    let grid = r.pick(&[1e7, 1e7, 1e3]);
    let round = |v: f64| (v * grid).round() / grid;
    let x = round(p.lon + r.between(-p.spread, p.spread)).clamp(-180.0, 180.0);
    let y = round(p.lat + r.between(-p.spread, p.spread)).clamp(-90.0, 90.0);
    Coord { x, y }
}

/// Radii as a share of the spread: from a doorstep to the whole place.
fn radius(r: &mut Random, p: Place) -> f64 {
    p.spread * 10_f64.powf(r.between(-4.0, 0.0))
}

fn star(r: &mut Random, at: Coord<f64>, radius: f64, low: f64) -> LineString<f64> {
    let n = 4 + r.below(20);
    let start = r.between(0.0, 6.0);
    let round = |v: f64| (v * 1e7).round() / 1e7;
    let mut ring: Vec<Coord<f64>> = (0..n)
        .map(|i| {
            let angle = start + (i as f64 + r.between(0.0, 0.8)) / n as f64 * std::f64::consts::TAU;
            let q = radius * r.between(low, 1.0);
            let (x, y) = (at.x + q * angle.cos(), at.y + q * angle.sin() * 0.7);
            Coord { x: round(x).clamp(-180.0, 180.0), y: round(y).clamp(-90.0, 90.0) }
        })
        .collect();
    ring.dedup();
    while ring.len() > 1 && ring.last() == ring.first() {
        ring.pop();
    }
    ring.push(ring[0]);
    LineString(ring)
}

/// Valid: of a polygon whose hole sticks out it is anyone's guess what it covers.
fn polygon(r: &mut Random, p: Place) -> Polygon<f64> {
    loop {
        let (at, size) = (position(r, p), radius(r, p).max(1e-5));
        let holes = if r.chance(0.4) {
            let mut hole = star(r, at, size * 0.3, 0.5);
            hole.0.reverse();
            vec![hole]
        } else {
            vec![]
        };
        let polygon = Polygon::new(star(r, at, size, 0.5), holes);
        if polygon.is_valid() {
            return polygon;
        }
    }
}

fn line(r: &mut Random, p: Place) -> LineString<f64> {
    let (mut at, step) = (position(r, p), radius(r, p) / 3.0);
    let mut angle = r.between(0.0, 6.3);
    let n = 2 + r.below(15);
    let mut coords = vec![at];
    for _ in 1..n {
        angle += r.between(-0.7, 0.7);
        at = Coord { x: at.x + angle.cos() * step + 1e-6, y: at.y + angle.sin() * step };
        coords.push(Coord { x: (at.x * 1e7).round() / 1e7, y: (at.y * 1e7).round() / 1e7 });
    }
    coords.iter_mut().for_each(|c| *c = Coord { x: c.x.clamp(-180.0, 180.0), y: c.y.clamp(-90.0, 90.0) });
    LineString(coords)
}

/// A geometry of any type. Polygons are valid, also together.
pub fn geometry(r: &mut Random, p: Place) -> Geometry {
    let many = 1 + r.below(3);
    match r.below(10) {
        0 | 1 => Point(position(r, p)).into(),
        2 => MultiPoint((0..many).map(|_| Point(position(r, p))).collect()).into(),
        3 | 4 => line(r, p).into(),
        5 => MultiLineString((0..many).map(|_| line(r, p)).collect()).into(),
        6 | 7 => polygon(r, p).into(),
        8 => {
            // Side by side: most do not overlap, and the rest is left out.
            let mut q = Place { spread: p.spread / 8.0, ..p };
            let mut polygons: Vec<Polygon<f64>> = vec![];
            for i in 0..many {
                q.lon = p.lon + p.spread * (i as f64 - 1.0);
                let next = polygon(r, q);
                if polygons.iter().all(|p| !p.intersects(&next)) {
                    polygons.push(next);
                }
            }
            MultiPolygon(polygons).into()
        }
        _ => {
            let within = Place { spread: p.spread / 2.0, ..p };
            Geometry::GeometryCollection(GeometryCollection((0..many).map(|_| geometry(r, within)).collect()))
        }
    }
}

fn date(r: &mut Random) -> FieldValue {
    FieldValue::text(format!("20{}-{:02}-{:02}", 20 + r.below(8), 1 + r.below(12), 1 + r.below(28)))
}

pub fn values(r: &mut Random, name: &str) -> Vec<FieldValue> {
    let mut values = vec![
        FieldValue::text(match r.below(4) {
            0 => format!("{name} \"quoted\" \\ \u{1}\n\t é 漢"),
            1 => String::new(),
            _ => format!("The {name}"),
        }),
        FieldValue::text(r.pick(&["park", "school", "stop", "tree"])),
        FieldValue::Json(Box::new(r.pick(&[
            json!([]),
            json!(["PO1"]),
            json!(["PO1", "PO2"]),
            json!([1, 2.5, true, null, "x \"y\""]),
            json!({"a": [1], "b": {}}),
        ]))),
        FieldValue::Real(r.pick(&[0.0, 314_623.45, 3_020_756.0, -0.5, 0.1, 9_999_999_999_999.99])),
        FieldValue::Int(r.pick(&[0, 1, -1, 7, i64::MAX, i64::MIN, 1 << 53])),
        FieldValue::Real(r.pick(&[0.0, 0.1, -1.0 / 3.0, 1e300, 5e-324, 12.0])),
        FieldValue::Bool(r.chance(0.5)),
        date(r),
        date(r),
    ];
    for value in &mut values {
        if r.chance(0.2) {
            *value = FieldValue::Null;
        }
    }
    values
}

pub fn feature(r: &mut Random, key: i64, place: Place) -> Feature {
    let id = format!("thing-{key}");
    let geometry = if r.chance(0.08) { None } else { Some(geometry(r, place)) };
    Feature { key, id: FeatureId::new(&id).unwrap(), geometry, values: values(r, &id) }
}

pub fn point(key: i64, lon: f64, lat: f64) -> Feature {
    let geometry = Some(Point::new(lon, lat).into());
    let mut values = vec![FieldValue::Null; FIELDS.len()];
    values[0] = FieldValue::text(format!("point {key}"));
    Feature { key, id: FeatureId::new(&format!("thing-{key}")).unwrap(), geometry, values }
}

pub fn shaped(key: i64, geometry: impl Into<Geometry>) -> Feature {
    Feature { geometry: Some(geometry.into()), ..point(key, 0.0, 0.0) }
}

/// What the collection holds, without an index.
#[derive(Clone, Default)]
pub struct Model(pub Vec<Feature>);

impl Model {
    pub fn random(r: &mut Random, count: usize, place: Place) -> Self {
        // Keys in no order, with gaps.
        let mut keys: Vec<i64> = (1..=count as i64 * 2).collect();
        for i in (1..keys.len()).rev() {
            keys.swap(i, r.below(i + 1));
        }
        Self(keys.into_iter().take(count).map(|key| feature(r, key, place)).collect())
    }

    /// A random batch of changes, done here; for [`CollectionIndex::apply_changes`] to do there.
    pub fn edit(
        &mut self,
        r: &mut Random,
        count: usize,
        place: Place,
        make: impl Fn(&mut Random, i64, Place) -> Feature,
    ) -> Vec<FeatureChange> {
        let mut changes = vec![];
        for _ in 0..count {
            let highest = self.0.iter().map(|f| f.key).max().unwrap_or(0);
            match r.below(3) {
                0 if !self.0.is_empty() => {
                    let gone = self.0.swap_remove(r.below(self.0.len()));
                    changes.push(FeatureChange::Removed { key: gone.key, id: gone.id });
                }
                1 if !self.0.is_empty() => {
                    let at = r.below(self.0.len());
                    self.0[at] = make(r, self.0[at].key, place);
                    changes.push(FeatureChange::Put(self.0[at].clone()));
                }
                _ => {
                    self.0.push(make(r, highest + 1, place));
                    changes.push(FeatureChange::Put(self.0[self.0.len() - 1].clone()));
                }
            }
        }
        changes
    }
}

pub fn query(r: &mut Random, p: Place) -> Query {
    let mut query = Query { limit: r.pick(&[0, 1, 3, 10, 1000]), ..Query::default() };
    if r.chance(0.7) {
        let (a, b) = (position(r, p), position(r, p));
        let small = r.chance(0.3);
        let size = radius(r, p);
        query.bbox = Some(BoundingBox {
            west: a.x.min(b.x),
            south: a.y.min(b.y),
            east: if small { (a.x.min(b.x) + size).min(180.0) } else { a.x.max(b.x) },
            north: if small { (a.y.min(b.y) + size).min(90.0) } else { a.y.max(b.y) },
        });
        if r.chance(0.1) {
            let b = query.bbox.as_mut().unwrap();
            std::mem::swap(&mut b.west, &mut b.east);
        }
    }
    if r.chance(0.3) {
        let FieldValue::Text(day) = date(r) else { unreachable!() };
        query.time = time::parse_time_span(&day);
    }
    for field in 0..FIELDS.len() {
        if r.chance(0.08) {
            let mut value = values(r, "x")[field].clone();
            if let FieldValue::Json(_) = value {
                value = r.pick(&[
                    FieldValue::text("PO1"),
                    FieldValue::Int(1),
                    FieldValue::Real(2.5),
                    FieldValue::Bool(true),
                    FieldValue::text("PO"),
                ]);
            }
            query.equals.push((field, value));
        }
    }
    for _ in 0..r.below(3) {
        query.sort.push(SortKey { field: r.below(FIELDS.len()), descending: r.chance(0.5) });
    }
    query
}
