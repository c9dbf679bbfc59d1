//! Drawn tiles against the features that they were drawn from.

use crate::support::features::{Model, PARIS, Place, Random, collection, feature, index_of, point, shaped};
use crate::support::tiles::Tile;
use cityheart::feature::{Feature, FieldValue, Geometry, GeometryTypeSet};
use cityheart::index::{CollectionIndex, Snapshot};
use cityheart::query::LayerQuery;
use cityheart::tile::{BUDGET_BYTES, DrawnTile, LayerContent, TileId, TileLayer, draw_tile};
use cityheart::work_budget::WorkBudget;
use fast_mvt::MvtValue;
use geo::{Area, BooleanOps, BoundingRect, CoordsIter, Euclidean, Length, MapCoords};
use geo_types::{Coord, LineString, MultiPolygon, Point, Polygon, Rect, line_string, polygon};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;

pub fn tile(z: u8, x: u32, y: u32) -> TileId {
    TileId::new(z, x, y).unwrap()
}

fn drawn(snapshot: &Snapshot, at: TileId) -> DrawnTile {
    draw_tile(
        &[TileLayer { name: "things", snapshot, show: &LayerQuery::ALL, content: LayerContent::Geometries }],
        at,
        BUDGET_BYTES,
        &WorkBudget::unlimited(),
    )
}

/// Draws, decodes and checks.
pub fn read(index: &CollectionIndex, at: TileId) -> Tile {
    let drawn = drawn(&index.snapshot(), at);
    let tile = Tile::read(&drawn.bytes);
    assert_eq!(tile.features().len(), drawn.features);
    let keys: BTreeSet<u64> = tile.features().iter().map(|f| f.key).collect();
    assert_eq!(keys.len(), drawn.features, "each feature is there once");
    tile
}

pub fn tile_at(lon: f64, lat: f64, z: u8) -> TileId {
    let world = cityheart::crs::lonlat_to_world(lon, lat);
    let side = 32 - u32::from(z);
    let hold = |v: u32| if side == 32 { 0 } else { v >> side };
    tile(z, hold(world.x), hold(world.y))
}

/// Exact positions in tile units, without the index: doubles from the definition of Web Mercator.
pub fn unsnapped(geometry: &Geometry, at: TileId) -> Geometry {
    let n = f64::from(1_u32 << at.z());
    geometry.map_coords(|c| {
        let x = (c.x + 180.0) / 360.0;
        let phi = c.y.clamp(-85.051_128_779_806_6, 85.051_128_779_806_6).to_radians();
        let y = (1.0 - (phi.tan() + 1.0 / phi.cos()).ln() / std::f64::consts::PI) / 2.0;
        Coord { x: (x * n - f64::from(at.x())) * 4096.0, y: (y * n - f64::from(at.y())) * 4096.0 }
    })
}

/// What is drawn of a geometry: its parts of the highest dimension.
fn parts(geometry: &Geometry) -> (Vec<Point>, Vec<LineString>, Vec<Polygon>) {
    let mut all = (vec![], vec![], vec![]);
    fn collect(g: &Geometry, all: &mut (Vec<Point>, Vec<LineString>, Vec<Polygon>)) {
        match g {
            Geometry::Point(p) => all.0.push(*p),
            Geometry::MultiPoint(m) => all.0.extend(m),
            Geometry::LineString(l) => all.1.push(l.clone()),
            Geometry::MultiLineString(m) => all.1.extend(m.iter().cloned()),
            Geometry::Polygon(p) => all.2.push(p.clone()),
            Geometry::MultiPolygon(m) => all.2.extend(m.iter().cloned()),
            Geometry::GeometryCollection(c) => c.iter().for_each(|g| collect(g, all)),
            other => unreachable!("{other:?}"),
        }
    }
    collect(geometry, &mut all);
    if !all.2.is_empty() {
        all.1.clear();
    }
    if !all.1.is_empty() || !all.2.is_empty() {
        all.0.clear();
    }
    all
}

fn square(from: f64, to: f64) -> Polygon {
    Rect::new(Coord { x: from, y: from }, Coord { x: to, y: to }).to_polygon()
}

/// Whether this must be seen in the tile: it is surely larger than what rounding and simplifying can take away.
fn surely_seen(f: &Feature, at: TileId) -> bool {
    let Some(geometry) = f.geometry.as_ref().map(|g| unsnapped(g, at)) else { return false };
    let (points, lines, polygons) = parts(&geometry);
    let within = |c: &Point| (-63.0..=4159.0).contains(&c.x()) && (-63.0..=4159.0).contains(&c.y());
    if points.iter().any(within) {
        return true;
    }
    // Smaller than two pixels: it may come at a later zoom.
    let size = geometry.bounding_rect().map_or(0.0, |r| r.width().max(r.height()));
    if size < 16.0 {
        return false;
    }
    let shown = square(-60.0, 4156.0);
    let long = |l: &LineString| {
        let inside = MultiPolygon(vec![shown.clone()]).clip(&geo_types::MultiLineString(vec![l.clone()]), false);
        inside.iter().any(|part| {
            Euclidean.length(part) > 16.0 && part.bounding_rect().is_some_and(|r| r.width().max(r.height()) > 16.0)
        })
    };
    let thick = |p: &Polygon| {
        let inside = p.intersection(&shown);
        inside.iter().any(|part| {
            let border: f64 =
                Euclidean.length(part.exterior()) + part.interiors().iter().map(|r| Euclidean.length(r)).sum::<f64>();
            part.unsigned_area() > 4.0 * border + 64.0
        })
    };
    lines.iter().any(long) || polygons.iter().any(thick)
}

/// Whether nothing of this can be seen in the tile, or it is under two thirds of a pixel.
fn surely_unseen(f: &Feature, at: TileId) -> bool {
    let Some(geometry) = f.geometry.as_ref().map(|g| unsnapped(g, at)) else { return true };
    let (points, lines, polygons) = parts(&geometry);
    let outside = |r: Rect| r.min().x > 4166.0 || r.min().y > 4166.0 || r.max().x < -70.0 || r.max().y < -70.0;
    let crosses = |l: &LineString| {
        let shown = MultiPolygon(vec![square(-70.0, 4166.0)]);
        !shown.clip(&geo_types::MultiLineString(vec![l.clone()]), false).0.is_empty()
    };
    points.iter().all(|p| outside(p.bounding_rect()))
        && lines.iter().all(|l| !crosses(l))
        && polygons.iter().all(|p| p.intersection(&square(-70.0, 4166.0)).0.is_empty())
}

fn assert_shows_what_it_should(tile: &Tile, model: &Model, at: TileId) {
    let shown: BTreeSet<&str> = tile.features().iter().map(|f| f.id.as_str()).collect();
    for f in &model.0 {
        if shown.contains(f.id.as_str()) {
            assert!(!surely_unseen(f, at), "{} is in {at:?} but lies elsewhere: {:?}", f.id, f.geometry);
        } else {
            assert!(
                !surely_seen(f, at),
                "{} is missing in {at:?}: {:?}",
                f.id,
                f.geometry.as_ref().map(|g| unsnapped(g, at))
            );
        }
    }
}

fn tiles_around(r: &mut Random, place: Place) -> Vec<TileId> {
    let near = |r: &mut Random, z| {
        let lon = (place.lon + r.between(-place.spread, place.spread)).clamp(-180.0, 180.0);
        let lat = (place.lat + r.between(-place.spread, place.spread)).clamp(-85.0, 85.0);
        tile_at(lon, lat, z)
    };
    [0, 5, 8, 10, 11, 12, 13, 14, 15, 16, 18, 21, 22].map(|z| near(r, z)).to_vec()
}

const PLACES: [Place; 5] = [
    PARIS,
    Place { spread: 0.001, ..PARIS },
    Place { lon: 179.9, lat: -16.5, spread: 0.2 },
    Place { lon: 0.0, lat: 0.0, spread: 0.05 },
    Place { lon: 20.0, lat: 84.9, spread: 0.3 },
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_tile_is_valid_and_shows_what_it_should(seed: u64, count in 1_usize..40) {
        let r = &mut Random(seed);
        let place = r.pick(&PLACES);
        let model = Model::random(r, count, place);
        let index = index_of(&collection(GeometryTypeSet::ANY), &model.0);
        for at in tiles_around(r, place) {
            let tile = read(&index, at);
            assert_shows_what_it_should(&tile, &model, at);
        }
    }

    #[test]
    fn tiles_after_edits_are_those_of_a_fresh_index(seed: u64, count in 1_usize..40) {
        let r = &mut Random(seed);
        let place = r.pick(&PLACES);
        let mut model = Model::random(r, count, place);
        let c = collection(GeometryTypeSet::ANY);
        let index = index_of(&c, &model.0);
        for revision in 2..8 {
            let changes = model.edit(r, 3, place, feature);
            index.apply_changes(&changes, revision);
            let fresh = index_of(&c, &model.0);
            for at in tiles_around(r, place) {
                prop_assert_eq!(drawn(&index.snapshot(), at), drawn(&fresh.snapshot(), at));
            }
        }
    }
}

/// Points crowd round a few places, so that most must wait for a later zoom.
fn crowd(r: &mut Random, key: i64, place: Place) -> Feature {
    let spread = place.spread * 10_f64.powf(r.between(-4.0, 0.0));
    point(key, place.lon + r.between(-spread, spread), place.lat + r.between(-spread, spread))
}

#[test]
fn many_points_are_thinned_the_same_however_they_came_to_be_there() {
    let r = &mut Random(5);
    let place = Place { spread: 1.0, ..PARIS };
    let c = collection(GeometryTypeSet::ANY);
    let mut model = Model((1..=1_990).map(|key| crowd(r, key, place)).collect());
    let index = index_of(&c, &model.0);
    for revision in 2..80 {
        // Across the number up to which nothing is thinned, and back; now and then nothing is moved or taken away.
        let size = if r.chance(0.3) { 0 } else { r.pick(&[1, 2, 20]) };
        let mut changes = model.edit(r, size, place, crowd);
        // Some stay where they are and are told anew.
        for _ in 0..r.pick(&[0, 0, 3]) {
            let at = r.below(model.0.len());
            changes.push(cityheart::change::FeatureChange::Put(model.0[at].clone()));
        }
        if revision % 20 < 10 {
            for key in 0..8 {
                let f = crowd(r, 1_000_000 * revision as i64 + key, place);
                model.0.push(f.clone());
                changes.push(cityheart::change::FeatureChange::Put(f));
            }
        } else {
            for _ in 0..8 {
                let lowest = (0..model.0.len()).min_by_key(|&i| model.0[i].key).unwrap();
                let gone = model.0.swap_remove(lowest);
                changes.push(cityheart::change::FeatureChange::Removed { key: gone.key, id: gone.id });
            }
        }
        index.apply_changes(&changes, revision);
        let fresh = index_of(&c, &model.0);
        for z in [0, 4, 7, 9, 11, 13, 14] {
            let at = tile_at(place.lon, place.lat, z);
            assert_eq!(drawn(&index.snapshot(), at), drawn(&fresh.snapshot(), at), "revision {revision}, {at:?}");
        }
    }
}

#[test]
fn thinned_points_are_counted_and_all_there_at_zoom_14() {
    let r = &mut Random(3);
    let place = Place { spread: 0.005, ..PARIS };
    let model = Model((1..=5_000).map(|key| crowd(r, key, place)).collect());
    let index = index_of(&collection(GeometryTypeSet::ANY), &model.0);
    let far = drawn(&index.snapshot(), tile_at(place.lon, place.lat, 5));
    assert!(far.features < 10, "{} features", far.features);
    assert_eq!(far.features + far.left_out, 5_000);
    let near = tile_at(place.lon, place.lat, 14);
    let all = read(&index, near);
    assert_shows_what_it_should(&all, &model, near);
    // A point that is drawn at a zoom is drawn at all deeper ones.
    let mut before = BTreeSet::new();
    for z in 0..=16 {
        let shown: BTreeSet<u64> = tiles_over(&index, place, z).into_iter().collect();
        assert!(before.is_subset(&shown), "zoom {z}");
        before = shown;
    }
    assert_eq!(before.len(), 5_000);
}

fn tiles_over(index: &CollectionIndex, place: Place, z: u8) -> Vec<u64> {
    let (a, b) = (tile_at(place.lon - 0.01, place.lat + 0.01, z), tile_at(place.lon + 0.01, place.lat - 0.01, z));
    let all = (a.x()..=b.x()).flat_map(|x| (a.y()..=b.y()).map(move |y| tile(z, x, y)));
    all.flat_map(|at| read(index, at).features().iter().map(|f| f.key).collect::<Vec<_>>()).collect()
}

#[test]
fn an_edit_says_where_other_points_are_drawn_from_another_zoom_on() {
    let r = &mut Random(9);
    let place = Place { spread: 0.05, ..PARIS };
    let c = collection(GeometryTypeSet::ANY);
    let mut model = Model((1..=3_000).map(|key| crowd(r, key, place)).collect());
    let index = index_of(&c, &model.0);
    for revision in 2..40 {
        let before = index.snapshot();
        let old: Vec<Feature> = model.0.clone();
        let changes = model.edit(r, 1, place, crowd);
        let mut redrawn = vec![];
        index.publish_changes(&changes, revision, |boxes| redrawn = boxes.to_vec());
        let id = match &changes[0] {
            cityheart::change::FeatureChange::Put(f) => &f.id,
            cityheart::change::FeatureChange::Removed { id, .. } => id,
        };
        let mut touched: Vec<Geometry> =
            old.iter().chain(&model.0).filter(|f| f.id == *id).filter_map(|f| f.geometry.clone()).collect();
        touched.extend(redrawn.iter().map(|b| Geometry::Point(Point::new(b.west, b.south))));
        for z in 8..=14 {
            let (a, b) = (tile_at(2.25, 48.95, z), tile_at(2.45, 48.75, z));
            for at in (a.x()..=b.x()).flat_map(|x| (a.y()..=b.y()).map(move |y| tile(z, x, y))) {
                let stale = drawn(&before, at).bytes != drawn(&index.snapshot(), at).bytes;
                let near = |g: &Geometry| {
                    unsnapped(g, at)
                        .coords_iter()
                        .all(|c| (-65.0..4161.0).contains(&c.x) && (-65.0..4161.0).contains(&c.y))
                };
                assert!(!stale || touched.iter().any(near), "{at:?} changed unannounced in revision {revision}");
            }
        }
    }
}

#[test]
fn properties_are_scalars_with_the_id_first() {
    let mut f = point(42, 2.35, 48.85);
    f.values = vec![
        FieldValue::text("Trg celjskih knezov"),
        FieldValue::text("park"),
        FieldValue::Json(Box::new(json!(["PO1", "PO2"]))),
        FieldValue::Real(314_623.45),
        FieldValue::Int(-7),
        FieldValue::Null,
        FieldValue::Bool(true),
        FieldValue::text("2026-03-01"),
        FieldValue::Null,
    ];
    let index = index_of(&collection(GeometryTypeSet::ANY), [&f]);
    let tile = read(&index, tile_at(2.35, 48.85, 16));
    let found = &tile.features()[0];
    assert_eq!((found.key, found.id.as_str()), (42, "thing-42"));
    let text = |t: &str| MvtValue::String(t.into());
    let mut expected = vec![
        ("id", text("thing-42")),
        ("name", text("Trg celjskih knezov")),
        ("kind", text("park")),
        ("tags", text(r#"["PO1","PO2"]"#)),
        ("cost", MvtValue::Double(314_623.45)),
        ("count", MvtValue::SInt(-7)),
        ("open", MvtValue::Bool(true)),
        ("start", text("2026-03-01")),
    ];
    expected.sort_by_key(|e| e.0);
    let properties: Vec<(&str, MvtValue)> = found.properties.iter().map(|(k, v)| (k.as_str(), v.clone())).collect();
    assert_eq!(format!("{properties:?}"), format!("{expected:?}"));
    let bytes = drawn(&index.snapshot(), tile_at(2.35, 48.85, 16)).bytes;
    let first = fast_mvt::MvtReaderRef::new(&bytes).unwrap().layers().next().unwrap().keys()[0].to_owned();
    assert_eq!(first, "id");
}

#[test]
fn nothing_there_means_no_bytes() {
    let index = index_of(&collection(GeometryTypeSet::ANY), [&point(1, 2.35, 48.85)]);
    let drawn = drawn(&index.snapshot(), tile(5, 0, 0));
    assert_eq!(drawn, DrawnTile { bytes: vec![], features: 0, left_out: 0, dropped: 0 });
}

#[test]
fn several_layers_share_a_tile_and_empty_ones_are_absent() {
    let c = collection(GeometryTypeSet::ANY);
    let (a, b, none) =
        (index_of(&c, [&point(1, 2.35, 48.85)]), index_of(&c, [&point(1, 2.36, 48.86)]), index_of(&c, []));
    let (a, b, none) = (a.snapshot(), b.snapshot(), none.snapshot());
    let layers = [("a", &a), ("none", &none), ("b", &b)].map(|(name, snapshot)| TileLayer {
        name,
        snapshot,
        show: &LayerQuery::ALL,
        content: LayerContent::Geometries,
    });
    let drawn = draw_tile(&layers, tile_at(2.35, 48.85, 8), BUDGET_BYTES, &WorkBudget::unlimited());
    let tile = Tile::read(&drawn.bytes);
    assert_eq!(tile.layers.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(drawn.features, 2);
}

#[test]
fn odd_shapes_give_valid_tiles_everywhere() {
    let odd: Vec<Geometry> = vec![
        // The whole world, and more than the square shows.
        polygon![(x: -180.0, y: -90.0), (x: 180.0, y: -90.0), (x: 180.0, y: 90.0), (x: -180.0, y: 90.0)].into(),
        line_string![(x: -180.0, y: -90.0), (x: 180.0, y: 90.0)].into(),
        // At the antimeridian and at the poles.
        polygon![(x: 179.9, y: 0.0), (x: 180.0, y: 0.0), (x: 180.0, y: 1.0)].into(),
        Point::new(180.0, 0.0).into(),
        Point::new(-180.0, 90.0).into(),
        line_string![(x: 0.0, y: 85.0), (x: 10.0, y: 90.0)].into(),
        // Along and on tile borders.
        polygon![(x: 0.0, y: 0.0), (x: 90.0, y: 0.0), (x: 90.0, y: 66.513_260_4), (x: 0.0, y: 66.513_260_4)].into(),
        line_string![(x: 0.0, y: -60.0), (x: 0.0, y: 60.0), (x: 45.0, y: 60.0)].into(),
        Point::new(0.0, 0.0).into(),
        // A comb whose teeth leave each tile many times, a needle, a speck, a frame with a hole that touches it.
        comb(40).into(),
        polygon![(x: 0.0, y: 0.0), (x: 50.0, y: 0.000_000_1), (x: 50.0, y: 0.0)].into(),
        polygon![(x: 2.0, y: 48.0), (x: 2.000_000_1, y: 48.0), (x: 2.0, y: 48.000_000_1)].into(),
        polygon!(
            exterior: [(x: 1.0, y: 1.0), (x: 3.0, y: 1.0), (x: 3.0, y: 3.0), (x: 1.0, y: 3.0)],
            interiors: [[(x: 1.0, y: 2.0), (x: 2.0, y: 2.5), (x: 2.0, y: 1.5)]],
        )
        .into(),
        // Not valid, but it must not matter: a bow tie, a line of one place.
        polygon![(x: 0.0, y: 0.0), (x: 9.0, y: 9.0), (x: 9.0, y: 0.0), (x: 0.0, y: 9.0)].into(),
        line_string![(x: 2.0, y: 48.0), (x: 2.0, y: 48.0)].into(),
        spiral(3_000).into(),
    ];
    let features: Vec<Feature> = odd.into_iter().zip(1..).map(|(g, key)| shaped(key, g)).collect();
    let index = index_of(&collection(GeometryTypeSet::ANY), &features);
    for z in [0, 1, 2, 3, 5, 9, 14, 20, 22] {
        let last = (1_u32 << z) - 1;
        let middle = (1_u32 << z) / 2;
        for x in [0, middle.saturating_sub(1), middle, (middle + middle / 100).min(last), last] {
            for y in [0, middle.saturating_sub(1), middle, (middle + middle / 90).min(last), last] {
                read(&index, tile(z, x, y));
            }
        }
    }
}

fn comb(teeth: usize) -> Polygon {
    let step = 60.0 / teeth as f64;
    let mut ring = vec![Coord { x: -30.0, y: -20.0 }, Coord { x: 30.0, y: -20.0 }];
    for tooth in (0..teeth).rev() {
        let x = -30.0 + tooth as f64 * step;
        ring.extend([Coord { x: x + step * 0.7, y: 20.0 }, Coord { x, y: -19.9 }]);
    }
    Polygon::new(LineString(ring), vec![])
}

fn spiral(turns: usize) -> LineString {
    let at = |i: usize| {
        let angle = i as f64 * 0.3;
        Coord { x: angle.cos() * i as f64 / turns as f64 * 170.0, y: angle.sin() * i as f64 / turns as f64 * 80.0 }
    };
    LineString((0..turns).map(at).collect())
}

#[test]
fn neighbouring_tiles_meet_at_their_border() {
    // What one tile shows beyond its border is what its neighbour shows within, but for rounding at the very end.
    let r = &mut Random(77);
    for _ in 0..20 {
        let model = Model(vec![shaped(1, crate::support::features::geometry(r, PARIS))]);
        let index = index_of(&collection(GeometryTypeSet::ANY), &model.0);
        let left = tile_at(2.35, 48.85, 13);
        let right = tile(13, left.x() + 1, left.y());
        let strip = |t: &Tile, from: i32| -> MultiPolygon {
            let all = t.features().iter().flat_map(|f| match &f.geometry {
                geo_types::Geometry::Polygon(p) => vec![p.clone()],
                geo_types::Geometry::MultiPolygon(m) => m.0.clone(),
                _ => vec![],
            });
            let real = all.map(|p| p.map_coords(|c| Coord { x: f64::from(c.x - from), y: f64::from(c.y) }));
            let strip = Rect::new(Coord { x: -40.0, y: 0.0 }, Coord { x: 40.0, y: 4096.0 }).to_polygon();
            MultiPolygon(real.collect()).intersection(&strip)
        };
        let (a, b) = (strip(&read(&index, left), 4096), strip(&read(&index, right), 0));
        let differs = a.xor(&b).unsigned_area();
        let border: f64 = a.iter().map(|p| Euclidean.length(p.exterior())).sum();
        assert!(differs <= border + 1.0, "{differs} of a border of {border}");
    }
}
