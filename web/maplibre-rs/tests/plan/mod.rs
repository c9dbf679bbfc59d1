//! A plan of the demo's areas and interventions and two features drawn here, served by the real program; and faults to
//! plant into its tiles.

use crate::geometry::{Shape, TileSquare};
use cityheart_maplibre_rs::{picture, style};
use geozero::mvt::{tile::GeomType, Message, Tile};
use serde_json::{json, Value as Json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// The middle of a courtyard that a renewal in Celje leaves out; away from everything else of the plan.
pub const HOLE_IN_CELJE: (f64, f64) = (15.3095, 46.2369);
const SIZE_PX: u32 = 2048;

pub struct Plan {
    pub server: String,
    process: Child,
    _folder: TempDir,
}

impl Drop for Plan {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Plan {
    /// Imports and serves.
    pub fn open() -> Self {
        let binary = std::env::var("CITYHEART_BIN").expect("CITYHEART_BIN names the built server");
        let folder = tempfile::tempdir().unwrap();
        let plan = folder.path().join("plan.gpkg");
        let own = folder.path().join("own.geojson");
        std::fs::write(&own, own_features().to_string()).unwrap();
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../geodata/demo");
        let import = |file: PathBuf, into: &str| {
            let done =
                Command::new(&binary).args(["import", "--into", into, "--plan"]).arg(&plan).arg(file).output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        };
        for into in ["areas", "interventions"] {
            import(demo.join(format!("{into}.geojson")), into);
        }
        import(own, "interventions");
        let mut process = Command::new(&binary)
            .arg("serve")
            .arg(&plan)
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let server = lines.map_while(Result::ok).find_map(|line| {
            let at = line.find("http://")?;
            Some(line[at..].split_whitespace().next()?.trim_end_matches('/').to_owned())
        });
        Self { server: server.expect("the server says where it listens"), process, _folder: folder }
    }

    /// The bytes of a tile as the renderer is given them.
    pub fn bytes(&self, tile: &TileSquare) -> Vec<u8> {
        picture::fetch(&self.server, tile.zxy()).unwrap()
    }

    /// Every polygon and line of the plan in the pixels of a tile, in the order in which they are drawn.
    pub fn shapes(&self, tile: &TileSquare) -> Vec<Shape> {
        let areas = self.features("areas").into_iter().map(|f| ("areas".to_owned(), f));
        let interventions = self
            .features("interventions")
            .into_iter()
            .map(|f| (format!("interventions:{}", f["properties"]["status"].as_str().unwrap_or_default()), f));
        let all: Vec<_> = areas.chain(interventions).collect();
        let of_layer = |(name, colour): &(&str, [u8; 3])| {
            let mine = all.iter().filter(|(layer, _)| layer == name);
            mine.filter_map(|(_, feature)| shape(feature, *colour, tile)).collect::<Vec<_>>()
        };
        style::colours().iter().flat_map(of_layer).collect()
    }

    fn features(&self, collection: &str) -> Vec<Json> {
        let address = format!("{}/api/collections/{collection}/items?limit=1000", self.server);
        let text = ureq::get(&address).call().unwrap().into_string().unwrap();
        let json: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(json["numberMatched"], json["numberReturned"], "the plan has more than one page");
        json["features"].as_array().unwrap().clone()
    }
}

/// A block with a courtyard, and a street beside it.
fn own_features() -> Json {
    let (lon, lat) = HOLE_IN_CELJE;
    let ring = |dx: f64, dy: f64, turn: bool| {
        let mut ring = vec![
            [lon - dx, lat - dy],
            [lon + dx, lat - dy],
            [lon + dx, lat + dy],
            [lon - dx, lat + dy],
            [lon - dx, lat - dy],
        ];
        if turn {
            ring.reverse();
        }
        ring
    };
    let feature = |id: &str, status: &str, geometry: Json| {
        json!({"type": "Feature", "id": id, "geometry": geometry, "properties": {
            "title": id, "language": "en", "city": "celje", "kind": "hard_investment", "status": status,
            "location_precision": "exact", "visibility": "public"
        }})
    };
    let block = json!({"type": "Polygon", "coordinates": [ring(0.0015, 0.001, false), ring(0.0005, 0.0004, true)]});
    let street =
        json!({"type": "LineString", "coordinates": [[lon - 0.002, lat - 0.0013], [lon + 0.002, lat - 0.0012]]});
    json!({"type": "FeatureCollection", "features": [
        feature("block-with-courtyard", "in_progress", block),
        feature("street-beside-it", "approved", street)
    ]})
}

fn shape(feature: &Json, colour: [u8; 3], tile: &TileSquare) -> Option<Shape> {
    let mut shape = Shape { id: feature["id"].as_str()?.to_owned(), colour, rings: Vec::new(), lines: Vec::new() };
    collect(&feature["geometry"], tile, &mut shape);
    (!shape.rings.is_empty() || !shape.lines.is_empty()).then_some(shape)
}

fn collect(geometry: &Json, tile: &TileSquare, into: &mut Shape) {
    let path = |json: &Json| -> Vec<(f64, f64)> {
        let positions = json.as_array().into_iter().flatten();
        positions.map(|p| tile.px((p[0].as_f64().unwrap(), p[1].as_f64().unwrap()), SIZE_PX)).collect()
    };
    let each = |json: &Json| json.as_array().cloned().unwrap_or_default();
    let coordinates = &geometry["coordinates"];
    match geometry["type"].as_str() {
        Some("LineString") => into.lines.push(path(coordinates)),
        Some("MultiLineString") => into.lines.extend(each(coordinates).iter().map(path)),
        Some("Polygon") => into.rings.extend(each(coordinates).iter().map(path)),
        Some("MultiPolygon") => into.rings.extend(each(coordinates).iter().flat_map(each).map(|ring| path(&ring))),
        Some("GeometryCollection") => each(&geometry["geometries"]).iter().for_each(|part| collect(part, tile, into)),
        _ => {}
    }
}

/// The tile with every hole turned round.
pub fn reverse_holes(bytes: &[u8]) -> Vec<u8> {
    spoil(bytes, |ring| Some(ring.iter().rev().copied().collect()))
}

/// The tile without holes.
pub fn remove_holes(bytes: &[u8]) -> Vec<u8> {
    spoil(bytes, |_| None)
}

type Ring = Vec<(i32, i32)>;

fn spoil(bytes: &[u8], hole: impl Fn(&Ring) -> Option<Ring>) -> Vec<u8> {
    let mut tile = Tile::decode(bytes).unwrap();
    for feature in tile.layers.iter_mut().flat_map(|layer| &mut layer.features) {
        if feature.r#type == Some(GeomType::Polygon as i32) {
            let spoilt: Vec<Ring> = rings(&feature.geometry)
                .iter()
                .filter_map(|ring| if doubled_area(ring) < 0 { hole(ring) } else { Some(ring.clone()) })
                .collect();
            feature.geometry = commands(&spoilt);
        }
    }
    tile.encode_to_vec()
}

/// Positive for outer rings, as the tile specification has it.
fn doubled_area(ring: &Ring) -> i64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| i64::from(a.0) * i64::from(b.1) - i64::from(b.0) * i64::from(a.1)).sum()
}

/// The rings of a polygon's commands, without the closing point.
fn rings(geometry: &[u32]) -> Vec<Ring> {
    let mut all = Vec::new();
    let (mut ring, mut cursor) = (Vec::new(), (0, 0));
    let mut words = geometry.iter().copied();
    let zigzag = |word: u32| (word >> 1) as i32 ^ -((word & 1) as i32);
    while let Some(command) = words.next() {
        if command & 7 == 7 {
            all.push(std::mem::take(&mut ring));
            continue;
        }
        for _ in 0..command >> 3 {
            cursor.0 += zigzag(words.next().unwrap());
            cursor.1 += zigzag(words.next().unwrap());
            ring.push(cursor);
        }
    }
    all
}

fn commands(rings: &[Ring]) -> Vec<u32> {
    let mut words = Vec::new();
    let mut cursor = (0, 0);
    let zigzag = |value: i32| ((value << 1) ^ (value >> 31)) as u32;
    for ring in rings {
        for (at, point) in ring.iter().enumerate() {
            match at {
                0 => words.push(1 << 3 | 1),
                1 => words.push((ring.len() as u32 - 1) << 3 | 2),
                _ => {}
            }
            words.extend([zigzag(point.0 - cursor.0), zigzag(point.1 - cursor.1)]);
            cursor = *point;
        }
        words.push(1 << 3 | 7);
    }
    words
}
