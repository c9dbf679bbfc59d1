//! Reading vector tiles in tests. Every tile that is read here is checked against the Mapbox Vector Tile specification
//! 2.1 and against what cityheart promises beyond it: winding, range, closure, validity, ids.

use fast_mvt::{MvtFeatureRef, MvtReaderRef, MvtValue, proto::GeomType};
use geo::Validation;
use geo_types::{Coord, Geometry, LineString, MultiPolygon, Polygon};
use std::collections::{BTreeMap, BTreeSet};

/// Units along the side of a tile, and beyond it.
pub const EXTENT: i32 = 4096;
pub const BUFFER: i32 = 64;

#[derive(Debug, Clone)]
pub struct Tile {
    pub layers: Vec<Layer>,
}

#[derive(Debug, Clone)]
pub struct Layer {
    pub name: String,
    pub features: Vec<Feature>,
}

#[derive(Debug, Clone)]
pub struct Feature {
    /// The MVT id.
    pub key: u64,
    /// The property `id`.
    pub id: String,
    pub properties: BTreeMap<String, MvtValue>,
    /// In tile units.
    pub geometry: Geometry<i32>,
}

impl Tile {
    /// Reads and checks a tile. No bytes are a tile without layers.
    pub fn read(bytes: &[u8]) -> Self {
        let reader = MvtReaderRef::new(bytes).expect("a tile that can be decoded");
        let mut names = BTreeSet::new();
        let layers = reader.layers().map(|layer| {
            assert!(names.insert(layer.name().to_owned()), "two layers named {}", layer.name());
            assert_eq!((layer.version(), layer.extent()), (2, EXTENT as u32));
            assert!(!layer.is_empty(), "layer {} without features", layer.name());
            let keys: BTreeSet<&str> = layer.keys().iter().copied().collect();
            assert_eq!(keys.len(), layer.keys().len(), "keys repeat in {}", layer.name());
            let mut ids = BTreeSet::new();
            let features = layer.features().map(|f| {
                let feature = Feature::read(f);
                assert!(ids.insert(feature.key), "the id {} repeats", feature.key);
                feature
            });
            Layer { name: layer.name().to_owned(), features: features.collect() }
        });
        Self { layers: layers.collect() }
    }

    pub fn layer(&self, name: &str) -> Option<&Layer> {
        self.layers.iter().find(|l| l.name == name)
    }

    /// The features of the only layer, or none.
    pub fn features(&self) -> &[Feature] {
        assert!(self.layers.len() <= 1);
        self.layers.first().map_or(&[], |l| &l.features)
    }
}

impl Feature {
    fn read(f: MvtFeatureRef<'_>) -> Self {
        let key = f.id().expect("every feature has an id");
        let mut properties = BTreeMap::new();
        for property in f.properties() {
            let (name, value) = property.expect("tags that refer to keys and values");
            assert!(!matches!(value, fast_mvt::MvtValueRef::Null), "{name} of {key} is null");
            assert!(properties.insert(name.to_owned(), value.into_owned()).is_none(), "{key} has {name} twice");
        }
        let Some(MvtValue::String(id)) = properties.get("id").cloned() else { panic!("{key} has no string id") };
        let paths = paths(f.geometry_commands());
        assert!(!paths.is_empty(), "{id} has no geometry");
        for &Coord { x, y } in paths.iter().flat_map(|p| &p.points) {
            let shown = -BUFFER..=EXTENT + BUFFER;
            assert!(shown.contains(&x) && shown.contains(&y), "{id}: {x} {y} lies outside of the tile");
        }
        let geometry = f.geometry().expect("geometry that can be decoded");
        match f.geom_type().expect("a geometry type") {
            GeomType::Point => assert!(paths.len() == 1 && !paths[0].line && !paths[0].closed),
            GeomType::Linestring => check_lines(&id, &paths),
            GeomType::Polygon => check_polygons(&id, &paths, &geometry),
            GeomType::Unknown => panic!("{id} has no geometry type"),
        }
        Self { key, id, properties, geometry }
    }
}

/// A MoveTo and what follows it.
struct Path {
    points: Vec<Coord<i32>>,
    line: bool,
    closed: bool,
}

/// Decodes commands by the letter of the specification (4.3).
fn paths(commands: &[u32]) -> Vec<Path> {
    let mut paths: Vec<Path> = vec![];
    let mut at = Coord { x: 0, y: 0 };
    let mut rest = commands.iter().copied();
    while let Some(command) = rest.next() {
        let (id, count) = (command & 7, command >> 3);
        assert!(count > 0, "a command that is done no times");
        if id == 7 {
            assert_eq!(count, 1);
            paths.last_mut().expect("ClosePath after MoveTo").closed = true;
            continue;
        }
        assert!(id == 1 || id == 2, "unknown command {id}");
        if id == 1 {
            paths.push(Path { points: vec![], line: false, closed: false });
        }
        let path = paths.last_mut().expect("LineTo after MoveTo");
        path.line |= id == 2;
        for _ in 0..count {
            let mut delta = || {
                let v = rest.next().expect("parameters");
                (v >> 1) as i32 ^ -((v & 1) as i32)
            };
            let step = Coord { x: delta(), y: delta() };
            assert!(id == 1 || step != Coord { x: 0, y: 0 }, "a step of length zero");
            at = Coord { x: at.x + step.x, y: at.y + step.y };
            path.points.push(at);
        }
    }
    paths
}

fn check_lines(id: &str, paths: &[Path]) {
    for path in paths {
        assert!(path.points.len() >= 2 && !path.closed, "{id}: a line of {} points", path.points.len());
    }
}

fn check_polygons(id: &str, paths: &[Path], geometry: &Geometry<i32>) {
    let mut areas = paths.iter().map(|path| {
        assert!(path.closed && path.points.len() >= 3, "{id}: a ring of {} points", path.points.len());
        assert_ne!(path.points.first(), path.points.last(), "{id}: a ring that repeats its first point");
        area2(&path.points)
    });
    assert!(areas.next().is_some_and(|a| a > 0), "{id}: the first ring is not an outer ring");
    assert!(areas.all(|a| a != 0), "{id}: a ring without an area");
    let ring =
        |r: &LineString<i32>| LineString(r.0.iter().map(|c| Coord { x: f64::from(c.x), y: f64::from(c.y) }).collect());
    let polygon = |p: &Polygon<i32>| Polygon::new(ring(p.exterior()), p.interiors().iter().map(ring).collect());
    let real = match geometry {
        Geometry::Polygon(p) => MultiPolygon(vec![polygon(p)]),
        Geometry::MultiPolygon(m) => m.iter().map(polygon).collect(),
        other => panic!("{id}: {other:?} is no polygon"),
    };
    if let Err(error) = real.check_validation() {
        panic!("{id}: {error} in {real:?}");
    }
}

/// Twice the area by the surveyor's formula: positive for outer rings.
fn area2(points: &[Coord<i32>]) -> i64 {
    let next = points.iter().cycle().skip(1);
    points.iter().zip(next).map(|(a, b)| i64::from(a.x) * i64::from(b.y) - i64::from(b.x) * i64::from(a.y)).sum()
}
