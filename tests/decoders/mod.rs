//! Two thousand tiles in the hands of others: the reference decoder of the format in JavaScript, and GDAL. Both read
//! every tile without a warning, and find in it what a look at all features finds.

use crate::city::{self, Random};
use crate::support::{python, tiles::Tile};
use cityheart::crs;
use cityheart::feature::{Feature, Geometry};
use cityheart::index::{CollectionIndex, IndexBuilder};
use cityheart::query::LayerQuery;
use cityheart::tile::{BUDGET_BYTES, LayerContent, TileId, TileLayer, draw_tile};
use cityheart::work_budget::WorkBudget;
use geo::{BoundingRect, CoordsIter};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

const FEATURES: i64 = 12_000;
const TILES: usize = 2_000;

/// What a decoder found in a tile: features by layer and id, with how many positions they have and the sum of these.
type Found = BTreeMap<String, BTreeMap<String, (u64, i64)>>;

struct World {
    features: Vec<Feature>,
    /// The box of each feature in world coordinates: west, north, east, south.
    boxes: Vec<[u32; 4]>,
    index: CollectionIndex,
}

impl World {
    fn new() -> Self {
        let r = &mut Random(20);
        let features: Vec<Feature> = (1..=FEATURES).map(|i| city::feature(i, r)).collect();
        let mut builder = IndexBuilder::new(city::collection());
        features.iter().for_each(|f| builder.push(f));
        let around = |f: &Feature| {
            let b = f.geometry.as_ref().and_then(BoundingRect::bounding_rect).unwrap();
            let (a, b) = (crs::lonlat_to_world(b.min().x, b.max().y), crs::lonlat_to_world(b.max().x, b.min().y));
            [a.x, a.y, b.x, b.y]
        };
        Self { boxes: features.iter().map(around).collect(), features, index: builder.finish(1) }
    }

    /// The tiles of the peer benchmarks, and others from zoom 4 to 18.
    fn sample() -> Vec<TileId> {
        let r = &mut Random(8);
        let mut tiles: BTreeSet<(u8, u32, u32)> = city::mix(TILES / 2).iter().map(|t| (t.z(), t.x(), t.y())).collect();
        while tiles.len() < TILES {
            let zoom = 4 + (r.unit() * 15.0) as u8;
            let t = city::tile(r, zoom, 3_000.0);
            tiles.insert((t.z(), t.x(), t.y()));
        }
        tiles.into_iter().filter_map(|(z, x, y)| TileId::new(z, x, y)).collect()
    }

    /// Every feature of a tile is near it; every one that is larger than a pixel and lies wholly in it is there.
    fn hold_against(&self, at: TileId, tile: &Tile) {
        let shown: BTreeSet<&str> =
            tile.layer("features").into_iter().flat_map(|l| &l.features).map(|f| f.id.as_str()).collect();
        let side = 32 - u32::from(at.z());
        // A pixel of a tile that is shown at 512; the buffer is 64 of 4096 units.
        let (pixel, buffer) = (1_i64 << side >> 9, 1_i64 << side >> 6);
        let (x, y) = (i64::from(at.x()) << side, i64::from(at.y()) << side);
        for (f, b) in self.features.iter().zip(&self.boxes) {
            let [west, north, east, south] = b.map(i64::from);
            let size = (east - west).max(south - north);
            let whole = west >= x && east < x + (1 << side) && north >= y && south < y + (1 << side);
            let point = matches!(f.geometry, Some(Geometry::Point(_)));
            let wanted = whole && if point { at.z() >= 14 } else { size > 2 * pixel };
            // Features are kept at seven decimals.
            let buffer = buffer + 16;
            let near = west <= x + (1 << side) + buffer
                && east >= x - buffer
                && north <= y + (1 << side) + buffer
                && south >= y - buffer;
            if shown.contains(f.id.as_str()) {
                assert!(near, "{} is in {at:?} and lies elsewhere", f.id);
            } else {
                assert!(!wanted, "{} is missing in {at:?}", f.id);
            }
        }
    }
}

/// What our own reading finds, which checks every rule of the format; counts rings.
fn found(tile: &Tile, rings: &mut usize) -> Found {
    let mut found = Found::new();
    for layer in &tile.layers {
        let features = layer.features.iter().map(|f| {
            let sum = f.geometry.coords_iter().map(|c| i64::from(c.x) + 3 * i64::from(c.y)).sum();
            *rings += match &f.geometry {
                geo_types::Geometry::Polygon(p) => 1 + p.interiors().len(),
                geo_types::Geometry::MultiPolygon(m) => m.iter().map(|p| 1 + p.interiors().len()).sum(),
                _ => 0,
            };
            (f.id.clone(), (f.geometry.coords_count() as u64, sum))
        });
        found.insert(layer.name.clone(), features.collect());
    }
    found
}

#[test]
fn the_reference_decoder_and_gdal_find_in_two_thousand_tiles_what_is_there() {
    let world = World::new();
    let snapshot = world.index.snapshot();
    let folder = tempfile::tempdir().unwrap();
    let (mut expected, mut rings, mut dropped) = (BTreeMap::new(), 0, 0);
    let layers = [("features", LayerContent::Geometries), ("features_label", LayerContent::Labels)]
        .map(|(name, part)| TileLayer { name, snapshot: &snapshot, show: &LayerQuery::ALL, content: part });
    for at in World::sample() {
        let drawn = draw_tile(&layers, at, BUDGET_BYTES, &WorkBudget::unlimited());
        assert!(drawn.bytes.len() <= BUDGET_BYTES);
        dropped += drawn.dropped;
        let tile = Tile::read(&drawn.bytes);
        if drawn.dropped == 0 {
            world.hold_against(at, &tile);
        }
        if !drawn.bytes.is_empty() {
            let name = format!("{}-{}-{}.mvt", at.z(), at.x(), at.y());
            std::fs::write(folder.path().join(&name), &drawn.bytes).unwrap();
            expected.insert(name, found(&tile, &mut rings));
        }
    }
    // Every ring went through a validator on its way here.
    println!("{} tiles with {rings} rings, all of them valid; {dropped} features dropped", expected.len());
    assert!(expected.len() > TILES / 2 && rings > 30_000);
    let as_json = |found: &Found| -> Json {
        found
            .iter()
            .map(|(layer, features)| {
                (layer.clone(), features.iter().map(|(id, (n, sum))| (id.clone(), json!([n, sum]))).collect::<Json>())
            })
            .collect()
    };
    let by_reference = reference(folder.path());
    for (name, found) in &expected {
        assert_eq!(by_reference[name], as_json(found), "{name}");
    }
    let by_gdal: Json = serde_json::from_str(&python::run(GDAL, &json!(folder.path()).to_string())).unwrap();
    for (name, found) in &expected {
        assert_eq!(by_gdal[name].as_object().unwrap().len(), found.len(), "{name}");
        for (layer, features) in found {
            let read: Vec<&str> =
                by_gdal[name][layer].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
            let missing: Vec<_> = features.keys().filter(|id| !read.contains(&id.as_str())).collect();
            assert!(
                missing.is_empty() && read.len() == features.len(),
                "{name} {layer}: GDAL finds {} of {} and not {missing:?}",
                read.len(),
                features.len()
            );
        }
    }
}

/// Runs the decoder that comes with the map's renderer over all tiles of a folder.
fn reference(folder: &Path) -> Json {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(
        root.join("web/node_modules/@mapbox/vector-tile").is_dir(),
        "The reference decoder is not installed. Run 'npm ci' in web/."
    );
    let ran = Command::new("node").arg(root.join("tests/decoders/reference.mjs")).arg(folder).output().unwrap();
    assert!(ran.status.success() && ran.stderr.is_empty(), "node: {}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).unwrap()
}

const GDAL: &str = r#"
import sys, json, os, warnings, pyogrio
warnings.simplefilter("error")
folder = json.load(sys.stdin)
out = {}
for name in sorted(os.listdir(folder)):
    path = os.path.join(folder, name)
    out[name] = {}
    for layer in pyogrio.list_layers(path)[:, 0].tolist():
        meta, fids, geometry, fields = pyogrio.raw.read(path, layer=layer, CLIP="NO")
        assert all(g is not None for g in geometry), (name, layer)
        out[name][layer] = sorted(dict(zip(meta["fields"].tolist(), fields))["id"].tolist())
print(json.dumps(out))
"#;
