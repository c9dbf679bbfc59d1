//! Generated features like those of cities, in the mix of the peer benchmarks: 60 % buildings, 15 % districts, 15 %
//! streets and 10 % points round ten city centres, with 26 positions and ten properties on average. The same seed gives
//! the same features.

use cityheart::collection::{Collection, CollectionId, FieldType};
use cityheart::feature::{BoundingBox, Feature, FeatureId, FieldValue, Geometry, GeometryTypeSet};
use cityheart::tile::TileId;
use geo_types::{Coord, LineString, Point, Polygon};
use std::f64::consts::TAU;
use std::sync::Arc;

const CITIES: [(&str, f64, f64); 10] = [
    ("Paris", 2.3522, 48.8566),
    ("Celje", 15.2675, 46.2311),
    ("Cesena", 12.2431, 44.1391),
    ("Fleurus", 4.5503, 50.4835),
    ("Sligo", -8.4761, 54.2766),
    ("Granada", -3.5986, 37.1773),
    ("Krakow", 19.9372, 50.0617),
    ("Osijek", 18.6939, 45.5550),
    ("Braga", -8.4265, 41.5454),
    ("Amfiktyonies", 22.4340, 38.9000),
];
const BUILDINGS: &[&str] = &["housing", "school", "market hall", "town hall", "museum", "workshop"];
const QUARTERS: &[&str] = &["regeneration area", "low-traffic zone", "heritage area", "business improvement area"];
const STREETS: &[&str] = &["street redesign", "cycle lane", "tram corridor", "green axis"];
const POINTS: &[&str] = &["charging point", "tree pit", "bench", "bus stop", "sensor"];
const STATUS: &[&str] = &["planned", "approved", "in progress", "completed", "on hold"];
const OBJECTIVES: &[&str] =
    &["climate adaptation", "social inclusion", "local economy", "mobility", "heritage", "housing", "public space"];
const WORDS: &str = "renewal of the public space with trees shade water benches lighting cycle parking and safer crossings for pupils residents traders visitors near the old market square river bank and station";

/// A random number generator (SplitMix64).
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
    pub fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }
    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
    fn gauss(&mut self) -> f64 {
        (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (TAU * self.unit()).cos()
    }
    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }
    /// A normally distributed position round a centre, with the degrees of longitude and latitude of one metre there.
    fn place(&mut self, centre: (f64, f64), metres: f64) -> (Coord<f64>, f64, f64) {
        let ky = 1.0 / 111_320.0;
        let kx = ky / centre.1.to_radians().cos();
        (Coord { x: centre.0 + self.gauss() * metres * kx, y: centre.1 + self.gauss() * metres * ky }, kx, ky)
    }
}

pub fn collection() -> Arc<Collection> {
    let kinds = [
        ("id", FieldType::Integer),
        ("title", FieldType::Text),
        ("city", FieldType::Text),
        ("kind", FieldType::Text),
        ("status", FieldType::Text),
        ("budget", FieldType::Integer),
        ("start", FieldType::Date),
        ("end", FieldType::Date),
        ("policy_objective", FieldType::Text),
        ("description", FieldType::Text),
    ];
    let fields: Vec<_> = kinds.map(|(name, kind)| (name.to_owned(), kind)).into();
    let id = CollectionId::new("features").expect("a name");
    Arc::new(Collection::from_inferred_fields(id, "Features", GeometryTypeSet::ANY, &fields).expect("a collection"))
}

pub fn feature(i: i64, r: &mut Random) -> Feature {
    let (city, lon, lat) = CITIES[r.below(10)];
    let share = r.unit();
    let near = if r.unit() < 0.6 { 2_000.0 } else { 6_000.0 };
    let metres = if (0.60..0.75).contains(&share) { 8_000.0 } else { near };
    let (at, kx, ky) = r.place((lon, lat), metres);
    let (kinds, geometry): (_, Geometry) = if share < 0.60 {
        let n = 5 + (r.exponential(8.0) as usize).min(35);
        let radius = 10.0 + 90.0 * r.unit() * r.unit();
        (BUILDINGS, star(r, at, n, radius * kx, radius * ky, 0.65).into())
    } else if share < 0.75 {
        let n = 50 + (250.0 * r.unit() * r.unit()) as usize;
        let radius = 250.0 + 750.0 * r.unit();
        (QUARTERS, star(r, at, n, radius * kx, radius * ky, 0.85).into())
    } else if share < 0.90 {
        (STREETS, street(r, at, kx, ky).into())
    } else {
        (POINTS, Point(at).into())
    };
    let kind = r.pick(kinds);
    let year = 2021 + r.below(6);
    let words: Vec<&str> = WORDS.split(' ').collect();
    let mut description = String::new();
    while description.len() < 72 {
        description += r.pick(&words);
        description.push(' ');
    }
    let values = vec![
        FieldValue::Int(i),
        FieldValue::text(format!("{city} {kind} {i}")),
        FieldValue::text(city),
        FieldValue::text(kind),
        FieldValue::text(r.pick(STATUS)),
        FieldValue::Int(1000 * (1 + r.below(5000) as i64)),
        FieldValue::text(format!("{year}-{:02}-01", 1 + r.below(12))),
        FieldValue::text(format!("{}-{:02}-28", year + 1 + r.below(5), 1 + r.below(12))),
        FieldValue::text(r.pick(OBJECTIVES)),
        FieldValue::text(description.trim()),
    ];
    Feature { key: i, id: FeatureId::new(&i.to_string()).expect("an id"), geometry: Some(geometry), values }
}

fn star(r: &mut Random, at: Coord<f64>, n: usize, rx: f64, ry: f64, low: f64) -> Polygon<f64> {
    let start = r.unit() * TAU;
    let mut ring: Vec<_> = (0..n)
        .map(|k| {
            let angle = start + (k as f64 + 0.8 * r.unit()) * TAU / n as f64;
            let q = low + (1.0 - low) * r.unit();
            Coord { x: at.x + angle.cos() * q * rx, y: at.y + angle.sin() * q * ry }
        })
        .collect();
    ring.push(ring[0]);
    Polygon::new(LineString(ring), vec![])
}

fn street(r: &mut Random, mut at: Coord<f64>, kx: f64, ky: f64) -> LineString<f64> {
    let n = 2 + (r.exponential(7.0) as usize).min(28);
    let mut angle = r.unit() * TAU;
    let mut next = || {
        let here = at;
        angle += (r.unit() - 0.5) * 0.6;
        let step = 15.0 + 65.0 * r.unit();
        at = Coord { x: at.x + angle.cos() * step * kx, y: at.y + angle.sin() * step * ky };
        here
    };
    LineString((0..n).map(|_| next()).collect())
}

/// A tile near one of the centres.
pub fn tile(r: &mut Random, z: u8, metres: f64) -> TileId {
    let (_, lon, lat) = CITIES[r.below(10)];
    let (at, ..) = r.place((lon, lat), metres);
    let world = cityheart::crs::lonlat_to_world(at.x, at.y);
    TileId::new(z, world.x >> (32 - z), world.y >> (32 - z)).expect("a tile")
}

/// The tiles of the peer benchmarks: 10, 20, 30, 20 and 20 % of z12 to z16, without duplicates, shuffled so that every
/// part of the list has the same mix.
pub fn mix(n: usize) -> Vec<TileId> {
    let r = &mut Random(7);
    let zooms = [(12, 0.1, 10_000.0), (13, 0.2, 7_000.0), (14, 0.3, 4_000.0), (15, 0.2, 2_000.0), (16, 0.2, 2_000.0)];
    let mut tiles = Vec::with_capacity(n);
    for (z, share, metres) in zooms {
        let until = tiles.len() + (n as f64 * share) as usize;
        while tiles.len() < until {
            let tile = tile(r, z, metres);
            if !tiles.contains(&tile) {
                tiles.push(tile);
            }
        }
    }
    for last in (1..tiles.len()).rev() {
        tiles.swap(last, r.below(last + 1));
    }
    tiles
}

/// A box 200 m to 2 km wide near a centre.
pub fn bbox(r: &mut Random) -> BoundingBox {
    let (_, lon, lat) = CITIES[r.below(10)];
    let (at, kx, ky) = r.place((lon, lat), 2_000.0);
    let w = (200_f64.ln() + r.unit() * 10_f64.ln()).exp() / 2.0;
    let h = w * (0.6 + 0.8 * r.unit());
    BoundingBox { west: at.x - w * kx, south: at.y - h * ky, east: at.x + w * kx, north: at.y + h * ky }
}
