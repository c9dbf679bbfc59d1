//! An independent decoder and tessellator draws our tiles, and the pixels are held against the geometry of the
//! features: filled inside, background in a hole and outside, a line along a street. Needs a Vulkan adapter and
//! `CITYHEART_BIN`, the server.

mod geometry;
mod plan;

use geometry::{Shape, TileSquare};
use plan::{Plan, HOLE_IN_CELJE};
use std::path::Path;
use std::process::Command;

const SIZE_PX: u32 = 2048;
/// Nearer than this to an edge a pixel may be either: rounding to the tile's grid, simplification, and smoothing of
/// edges.
const EDGE_PX: f64 = 4.0;
const STEP_PX: usize = 8;
const TOLERANCE: u8 = 2;
const WHITE: [u8; 3] = [255, 255, 255];

/// A place in each of three cities.
const PLACES: [(&str, f64, f64); 3] =
    [("Celje", 15.2655, 46.2290), ("Granada", -3.5985, 37.1765), ("Paris", 2.3522, 48.8566)];

/// What the pixels of a picture said.
#[derive(Debug, Default)]
struct Findings {
    filled: usize,
    background: usize,
    along_lines: usize,
    wrong: Vec<String>,
}

#[test]
fn areas_and_interventions_are_where_their_geometry_is() {
    let plan = Plan::open();
    for (name, lon, lat) in PLACES {
        for zoom in [13, 15] {
            let tile = TileSquare::at(lon, lat, zoom);
            let found = compare(&plan.shapes(&tile), &draw_from(&plan, &tile));
            assert_eq!(found.wrong, Vec::<String>::new(), "{name} at {zoom}");
            assert!(found.filled > 200 && found.background > 200, "{name} at {zoom} shows too little: {found:?}");
        }
    }
}

#[test]
fn a_street_is_a_line_and_a_hole_is_empty() {
    let plan = Plan::open();
    let tile = TileSquare::at(HOLE_IN_CELJE.0, HOLE_IN_CELJE.1, 15);
    let shapes = plan.shapes(&tile);
    let picture = draw_from(&plan, &tile);
    let found = compare(&shapes, &picture);
    assert_eq!(found.wrong, Vec::<String>::new());
    assert!(found.along_lines > 20, "{found:?}");
    let (x, y) = tile.px(HOLE_IN_CELJE, SIZE_PX);
    assert_eq!(picture.at(x as usize, y as usize), WHITE, "the hole is filled");
}

#[test]
fn a_hole_that_is_wound_wrongly_or_missing_is_noticed() {
    let plan = Plan::open();
    let tile = TileSquare::at(HOLE_IN_CELJE.0, HOLE_IN_CELJE.1, 15);
    let shapes = plan.shapes(&tile);
    let bytes = plan.bytes(&tile);
    assert_eq!(compare(&shapes, &draw_bytes(&bytes)).wrong, Vec::<String>::new());
    for fault in [plan::reverse_holes, plan::remove_holes] {
        let spoilt = fault(&bytes);
        assert_ne!(spoilt, bytes, "the tile has no hole to spoil");
        assert!(!compare(&shapes, &draw_bytes(&spoilt)).wrong.is_empty());
    }
}

struct Picture {
    rgba: Vec<u8>,
}

impl Picture {
    fn read(path: &Path) -> Self {
        let mut reader = png::Decoder::new(std::fs::File::open(path).unwrap()).read_info().unwrap();
        let mut rgba = vec![0; reader.output_buffer_size()];
        let info = reader.next_frame(&mut rgba).unwrap();
        assert_eq!((info.width, info.height), (SIZE_PX, SIZE_PX));
        Self { rgba }
    }

    fn at(&self, x: usize, y: usize) -> [u8; 3] {
        let from = (y * SIZE_PX as usize + x) * 4;
        [self.rgba[from], self.rgba[from + 1], self.rgba[from + 2]]
    }
}

fn draw_from(plan: &Plan, tile: &TileSquare) -> Picture {
    draw(&["--tiles", &plan.server, &tile.to_string()])
}

fn draw_bytes(bytes: &[u8]) -> Picture {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tile.mvt");
    std::fs::write(&file, bytes).unwrap();
    draw(&["--file", file.to_str().unwrap()])
}

/// In a process of its own, as it is meant.
fn draw(source: &[&str]) -> Picture {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("tile.png");
    let done = Command::new(env!("CARGO_BIN_EXE_cityheart-maplibre-rs"))
        .args(["--size", &SIZE_PX.to_string()])
        .args(source)
        .arg(&out)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "no picture; is a Vulkan adapter there (Debian: mesa-vulkan-drivers)?\n{}",
        String::from_utf8_lossy(&done.stderr)
    );
    Picture::read(&out)
}

/// Holds pixels against shapes. Those near an edge are passed over, except along lines, which are nothing but edge.
fn compare(shapes: &[Shape], picture: &Picture) -> Findings {
    let mut found = Findings::default();
    let size = SIZE_PX as usize;
    for y in (STEP_PX / 2..size).step_by(STEP_PX) {
        for x in (STEP_PX / 2..size).step_by(STEP_PX) {
            let point = (x as f64 + 0.5, y as f64 + 0.5);
            if shapes.iter().any(|shape| shape.distance_to_edge(point) < EDGE_PX) {
                continue;
            }
            let top = shapes.iter().rev().find(|shape| shape.contains(point));
            let expected = top.map_or(WHITE, |shape| shape.colour);
            match top {
                Some(_) => found.filled += 1,
                None => found.background += 1,
            }
            check(
                &mut found.wrong,
                picture.at(x, y),
                expected,
                format!("{x},{y} ({})", top.map_or("outside", |s| &s.id)),
            );
        }
    }
    for (at, shape) in shapes.iter().enumerate() {
        let above = &shapes[at + 1..];
        for (x, y) in shape.along_lines(STEP_PX as f64) {
            let inside = x > 1.0 && y > 1.0 && x < f64::from(SIZE_PX) - 2.0 && y < f64::from(SIZE_PX) - 2.0;
            let free = |s: &Shape| !s.contains((x, y)) && s.distance_to_edge((x, y)) >= EDGE_PX;
            if inside && above.iter().all(free) {
                found.along_lines += 1;
                // A line is three pixels wide; its middle may be off by half a unit of the tile's grid.
                let seen = (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (x + f64::from(dx), y + f64::from(dy))));
                let seen = seen.map(|(x, y)| picture.at(x as usize, y as usize));
                let nearest =
                    seen.min_by_key(|c| c.iter().zip(shape.colour).map(|(a, b)| u32::from(a.abs_diff(b))).sum::<u32>());
                check(
                    &mut found.wrong,
                    nearest.unwrap_or(WHITE),
                    shape.colour,
                    format!("{x:.0},{y:.0} on {}", shape.id),
                );
            }
        }
    }
    found
}

fn check(wrong: &mut Vec<String>, seen: [u8; 3], expected: [u8; 3], place: String) {
    if seen.iter().zip(expected).any(|(a, b)| a.abs_diff(b) > TOLERANCE) {
        wrong.push(format!("{place}: {seen:?} instead of {expected:?}"));
    }
}
