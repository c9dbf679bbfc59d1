//! The archive of tiles for static hosts: what is in it is what the server answers, byte for byte, and GDAL opens it.

use crate::support::python;
use crate::support::server::{get_as, plan, router};
use crate::support::tiles::Tile;
use cityheart::access::Viewer;
use cityheart::export::AtomicFile;
use cityheart::export::pmtiles::{ArchiveProgress, build_archive};
use flate2::read::GzDecoder;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

const LAYERS: &str = "areas,areas_label,interventions";
const LAST: u8 = 9;

/// An archive read by the letter of the specification (PMTiles 3): tile id → its bytes, and the metadata.
struct Archive {
    header: Vec<u8>,
    metadata: Json,
    tiles: BTreeMap<u64, Vec<u8>>,
}

impl Archive {
    fn read(path: &Path) -> Self {
        let file = std::fs::read(path).unwrap();
        let number = |at: usize| u64::from_le_bytes(file[at..at + 8].try_into().unwrap()) as usize;
        assert_eq!((&file[..7], file[7]), (&b"PMTiles"[..], 3));
        let [root, root_len, meta, meta_len, leaves, _, data] = [8, 16, 24, 32, 40, 48, 56].map(number);
        let mut archive = Self {
            header: file[..127].to_vec(),
            metadata: serde_json::from_slice(&unpacked(&file[meta..meta + meta_len])).unwrap(),
            tiles: BTreeMap::new(),
        };
        archive.directory(&file, (root, root_len), leaves, data);
        archive
    }

    fn directory(&mut self, file: &[u8], (at, len): (usize, usize), leaves: usize, data: usize) {
        let bytes = unpacked(&file[at..at + len]);
        let mut rest = bytes.iter().copied();
        let mut next = || {
            let (mut value, mut shift) = (0_u64, 0);
            loop {
                let byte = rest.next().unwrap();
                value |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    return value;
                }
            }
        };
        let count = next() as usize;
        let mut id = 0;
        let ids: Vec<u64> = (0..count)
            .map(|_| {
                id += next();
                id
            })
            .collect();
        let runs: Vec<u64> = (0..count).map(|_| next()).collect();
        let lengths: Vec<usize> = (0..count).map(|_| next() as usize).collect();
        let mut end = 0;
        for i in 0..count {
            let offset = match next() {
                0 => end,
                n => n as usize - 1,
            };
            end = offset + lengths[i];
            if runs[i] == 0 {
                self.directory(file, (leaves + offset, lengths[i]), leaves, data);
            }
            for run in 0..runs[i] {
                self.tiles.insert(ids[i] + run, file[data + offset..data + end].to_vec());
            }
        }
    }
}

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![];
    GzDecoder::new(bytes).read_to_end(&mut out).unwrap();
    out
}

/// The number of a tile along the Hilbert curve of its zoom, behind all tiles of the zooms before (specification, 4.1).
fn id(z: u8, x: u32, y: u32) -> u64 {
    let (mut x, mut y, mut d) = (x, y, 0_u64);
    let mut s = 1_u32 << z >> 1;
    while s > 0 {
        let (rx, ry) = (u32::from(x & s > 0), u32::from(y & s > 0));
        d += u64::from(s) * u64::from(s) * u64::from((3 * rx) ^ ry);
        if ry == 0 {
            if rx == 1 {
                (x, y) = (
                    s.wrapping_mul(2).wrapping_sub(1).wrapping_sub(x),
                    s.wrapping_mul(2).wrapping_sub(1).wrapping_sub(y),
                );
            }
            (x, y) = (y, x);
        }
        (x, y, s) = (x & (s - 1), y & (s - 1), s >> 1);
    }
    (0..z).map(|z| 1_u64 << (2 * z)).sum::<u64>() + d
}

fn built(path: &Path) -> u64 {
    let seen = plan().atlas.plan_for_viewer(&Viewer::visitor());
    let layers = seen.resolve_layers(LAYERS).unwrap();
    let building = ArchiveProgress::default();
    let (count, file) = build_archive(&seen, &layers, 0..=LAST, AtomicFile::create(path).unwrap(), &building).unwrap();
    assert!(!path.exists(), "it is there before it is whole");
    file.commit().unwrap();
    assert!(building.tile_count() >= count && building.byte_count() > 0);
    count
}

#[tokio::test]
async fn an_archive_has_every_tile_that_the_server_answers_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plan.pmtiles");
    let count = built(&path);
    let archive = Archive::read(&path);
    assert_eq!(archive.tiles.len() as u64, count);
    assert_eq!((archive.header[97], archive.header[98], archive.header[99]), (2, 2, 1), "gzip, gzip, vector tiles");
    assert_eq!((archive.header[100], archive.header[101]), (0, LAST));
    let described: Vec<&str> =
        archive.metadata["vector_layers"].as_array().unwrap().iter().map(|l| l["id"].as_str().unwrap()).collect();
    assert_eq!(described.join(","), LAYERS);
    let router = router();
    // Every tile down to zoom 5, and deeper those that features reach into, with their neighbours.
    let mut all: BTreeSet<(u8, u32, u32)> =
        (0..=5).flat_map(|z| (0..1 << z).flat_map(move |x| (0..1 << z).map(move |y| (z, x, y)))).collect();
    let layers = plan().atlas.plan_for_viewer(&Viewer::visitor()).resolve_layers(LAYERS).unwrap();
    for tile in layers.non_empty_tiles(6..=LAST) {
        all.extend([
            (tile.z(), tile.x(), tile.y()),
            (tile.z(), tile.x() ^ 1, tile.y()),
            (tile.z(), tile.x(), tile.y() ^ 1),
        ]);
    }
    let mut met = 0;
    for (z, x, y) in all {
        let reply = get_as(&router, &format!("/tiles/{LAYERS}/{z}/{x}/{y}.mvt"), &[("accept-encoding", "gzip")]).await;
        match archive.tiles.get(&id(z, x, y)) {
            Some(tile) => {
                assert_eq!(reply.status, 200, "{z}/{x}/{y}");
                assert_eq!(reply.body, *tile, "{z}/{x}/{y}");
                assert!(!Tile::read(&unpacked(tile)).layers.is_empty());
                met += 1;
            }
            None => assert_eq!(reply.status, 204, "{z}/{x}/{y} is not in the archive"),
        }
    }
    assert_eq!(met, count);
}

#[test]
fn gdal_reads_an_archive_with_its_layers_and_features() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plan.pmtiles");
    built(&path);
    let script = r#"
import sys, json, warnings, pyogrio
warnings.simplefilter("error")
path = json.load(sys.stdin)
layers = sorted(name for name, kind in pyogrio.list_layers(path).tolist())
meta, fids, geometry, fields = pyogrio.raw.read(path, layer="areas")
ids = sorted(set(dict(zip(meta["fields"].tolist(), fields))["id"].tolist()))
print(json.dumps({"layers": layers, "areas": ids}))
"#;
    let seen: Json = serde_json::from_str(&python::run(script, &json!(path).to_string())).unwrap();
    assert_eq!(seen["layers"], json!(["areas", "areas_label", "interventions"]));
    assert!(seen["areas"].as_array().unwrap().len() > 5, "{seen}");
}

#[test]
fn a_building_that_is_stopped_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plan.pmtiles");
    let seen = plan().atlas.plan_for_viewer(&Viewer::visitor());
    let layers = seen.resolve_layers("areas").unwrap();
    let building = ArchiveProgress::default();
    building.stop();
    let file = AtomicFile::create(&path).unwrap();
    let failed = build_archive(&seen, &layers, 0..=8, file, &building).err().map(|e| e.to_string());
    assert!(failed.unwrap_or_default().contains("Stopped"));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}
