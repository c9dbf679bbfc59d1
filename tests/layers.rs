//! What layers can be asked for besides geometries: names, clusters, parts; each against a plain list of the features.

use crate::support::features::{Model, PARIS, Place, Random, collection, feature, index_of, point};
use crate::support::tiles::Tile;
use cityheart::crs;
use cityheart::feature::{Feature, FieldValue, Geometry, GeometryTypeSet};
use cityheart::index::Snapshot;
use cityheart::query::{CLUSTER_SIDES_PX, LayerQuery, TileParameters};
use cityheart::tile::{BUDGET_BYTES, DrawnTile, LayerContent, TileId, TileLayer, draw_tile};
use cityheart::work_budget::WorkBudget;
use fast_mvt::MvtValue;
use geo::dimensions::Dimensions;
use geo::{Contains, CoordsIter, Distance, Euclidean, HasDimensions};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn drawn(snapshot: &Snapshot, at: TileId, show: &LayerQuery, part: LayerContent) -> DrawnTile {
    draw_tile(
        &[TileLayer { name: "things", snapshot, show, content: part }],
        at,
        BUDGET_BYTES,
        &WorkBudget::unlimited(),
    )
}

fn tile_at(lon: f64, lat: f64, z: u8) -> TileId {
    let world = crs::lonlat_to_world(lon, lat);
    let hold = |v: u32| if z == 0 { 0 } else { v >> (32 - u32::from(z)) };
    TileId::new(z, hold(world.x), hold(world.y)).unwrap()
}

/// A tile and the eight around it, as far as they exist.
fn around(at: TileId) -> Vec<TileId> {
    let near = |v: u32| v.saturating_sub(1)..=v + 1;
    near(at.x()).flat_map(|x| near(at.y()).filter_map(move |y| TileId::new(at.z(), x, y))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_feature_that_is_drawn_is_named_once_in_the_tile_that_its_name_lies_in(seed: u64, count in 1_usize..40, z in 9_u8..17) {
        let r = &mut Random(seed);
        let model = Model::random(r, count, PARIS);
        let index = index_of(&collection(GeometryTypeSet::ANY), &model.0);
        let snapshot = index.snapshot();
        // All tiles that a feature could have its name in.
        let all: BTreeSet<(u32, u32)> = model.0.iter().filter_map(|f| f.geometry.as_ref()).flat_map(|g| {
            let ids: Vec<TileId> = g.coords_iter().map(|c| tile_at(c.x, c.y.clamp(-85.0, 85.0), z)).collect();
            let x = ids.iter().map(|t| t.x()).min().unwrap()..=ids.iter().map(|t| t.x()).max().unwrap();
            let y = ids.iter().map(|t| t.y()).min().unwrap()..=ids.iter().map(|t| t.y()).max().unwrap();
            x.take(40).flat_map(move |x| y.clone().take(40).map(move |y| (x, y))).collect::<Vec<_>>()
        }).collect();
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        for (x, y) in all {
            let at = TileId::new(z, x, y).unwrap();
            let named = Tile::read(&drawn(&snapshot, at, &LayerQuery::ALL, LayerContent::Labels).bytes);
            for f in named.features() {
                *names.entry(f.id.clone()).or_default() += 1;
                let Geometry::Point(p) = lonlat(at, &f.geometry) else { panic!("a name is no point") };
                let own = model.0.iter().find(|m| m.id.as_str() == f.id).unwrap().geometry.as_ref().unwrap();
                prop_assert!(is_at(own, p, z), "{} is named at {p:?}, not in {own:?}", f.id);
            }
            for f in Tile::read(&drawn(&snapshot, at, &LayerQuery::ALL, LayerContent::Geometries).bytes).features() {
                names.entry(f.id.clone()).or_default();
            }
        }
        for (id, count) in names {
            let own = model.0.iter().find(|m| m.id.as_str() == id).unwrap().geometry.as_ref().unwrap();
            // Shapes that reach beyond the forty tiles looked at may have their name there.
            let small = geo::BoundingRect::bounding_rect(own).is_some_and(|r| r.width().max(r.height()) < 10.0 / f64::from(1_u32 << (z - 5)));
            prop_assert!(count == 1 || (count == 0 && !small), "{id} is named {count} times at zoom {z}");
        }
    }

    #[test]
    fn clusters_hold_every_point_once_with_its_cost_and_neighbours_agree(seed: u64, count in 1_usize..400, z in 0_u8..17, size in 0_usize..4) {
        let r = &mut Random(seed);
        let mut features = vec![];
        for key in 1..=count as i64 {
            let spread = 0.2 * 10_f64.powf(r.between(-4.0, 0.0));
            let round = |degrees: f64| (degrees * 1e7).round() / 1e7;
            let mut f = point(key, round(2.35 + r.between(-spread, spread)), round(48.85 + r.between(-spread, spread)));
            f.values[3] = if r.chance(0.2) { FieldValue::Null } else { FieldValue::Real((r.between(0.0, 1e6) * 100.0).round() / 100.0) };
            features.push(f);
        }
        let index = index_of(&collection(GeometryTypeSet::ANY), &features);
        let show = LayerQuery { cluster_px: Some(CLUSTER_SIDES_PX[size]), ..LayerQuery::ALL };
        let at = tile_at(2.35, 48.85, z);
        let mut cells: BTreeMap<(u32, u32), Vec<&Feature>> = BTreeMap::new();
        let shift = 32 - u32::from(z) - (512 / u32::from(CLUSTER_SIDES_PX[size])).ilog2();
        for f in &features {
            let Some(Geometry::Point(p)) = &f.geometry else { unreachable!() };
            let world = crs::lonlat_to_world(p.x(), p.y());
            cells.entry((world.x >> shift, world.y >> shift)).or_default().push(f);
        }
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        for at in around(at) {
            let tile = Tile::read(&drawn(&index.snapshot(), at, &show, LayerContent::Geometries).bytes);
            for f in tile.features() {
                let lonlat = lonlat(at, &f.geometry);
                let Geometry::Point(p) = lonlat else { panic!() };
                // The same cluster in two tiles says the same.
                let says = format!("{:?}", f.properties);
                if let Some(before) = seen.insert(f.id.clone(), says.clone()) {
                    prop_assert_eq!(before, says);
                }
                let Some(rest) = f.id.strip_prefix("cluster-") else {
                    let alone = cells.values().find(|c| c.iter().any(|m| m.id.as_str() == f.id)).unwrap();
                    prop_assert_eq!(alone.len(), 1);
                    continue;
                };
                let numbers: Vec<u32> = rest.split('-').map(|n| n.parse().unwrap()).collect();
                let members = &cells[&(numbers[1], numbers[2])];
                prop_assert_eq!(numbers[0], u32::from(z));
                prop_assert_eq!(format!("{:?}", f.properties["point_count"]), format!("{:?}", MvtValue::Int(members.len() as i64)));
                let cents: i64 = members.iter().map(|m| if let FieldValue::Real(c) = m.values[3] { (c * 100.0).round() as i64 } else { 0 }).sum();
                prop_assert_eq!(format!("{:?}", f.properties["cost"]), format!("{:?}", MvtValue::Double(cents as f64 / 100.0)));
                prop_assert_eq!(f.key as i64, members.iter().map(|m| m.key).min().unwrap());
                let mean = members.iter().fold((0.0, 0.0), |s, m| {
                    let Some(Geometry::Point(p)) = &m.geometry else { unreachable!() };
                    (s.0 + p.x() / members.len() as f64, s.1 + p.y() / members.len() as f64)
                });
                let unit = 360.0 / f64::from(1_u32 << z) / 4096.0;
                prop_assert!((p.x() - mean.0).abs() < 2.0 * unit && (p.y() - mean.1).abs() < 2.0 * unit + 1e-3, "{p:?} {mean:?}");
            }
        }
        // Every cell whose mean lies in the middle tile is there.
        let whole: usize = cells.iter().filter(|(_, members)| {
            let mean = members.iter().fold((0_u64, 0_u64), |s, m| {
                let Some(Geometry::Point(p)) = &m.geometry else { unreachable!() };
                let w = crs::lonlat_to_world(p.x(), p.y());
                (s.0 + u64::from(w.x), s.1 + u64::from(w.y))
            });
            let n = members.len() as u64;
            let side = 32 - u32::from(z);
            (mean.0 / n) >> side == u64::from(at.x()) && (mean.1 / n) >> side == u64::from(at.y())
        }).count();
        let tile = Tile::read(&drawn(&index.snapshot(), at, &show, LayerContent::Geometries).bytes);
        prop_assert!(tile.features().len() >= whole, "{} of {whole}", tile.features().len());
    }

    #[test]
    fn after_edits_every_kind_of_layer_is_that_of_a_fresh_index(seed: u64, count in 1_usize..60) {
        let r = &mut Random(seed);
        let place = r.pick(&[PARIS, Place { spread: 0.001, ..PARIS }]);
        let mut model = Model::random(r, count, place);
        let c = collection(GeometryTypeSet::ANY);
        let index = index_of(&c, &model.0);
        let asked = |pairs: &[(&str, &str)]| TileParameters::parse(pairs.iter().copied()).unwrap().bind_collections(&[&c]).unwrap().remove(0);
        let shows = [
            (LayerQuery::ALL, LayerContent::Labels),
            (asked(&[("split", "kind")]), LayerContent::Geometries),
            (asked(&[("cluster", "64")]), LayerContent::Geometries),
            (asked(&[("cluster", "128"), ("split", "kind"), ("filter", "count > 0")]), LayerContent::Geometries),
            (asked(&[("filter", "cost > 1 OR open = true"), ("properties", "name,cost")]), LayerContent::Geometries),
            (asked(&[("datetime", "2026-01-01/..")]), LayerContent::Labels),
        ];
        for revision in 2..6 {
            index.apply_changes(&model.edit(r, 3, place, feature), revision);
            let fresh = index_of(&c, &model.0);
            for z in [0, 6, 11, 13, 14, 16, 19] {
                let at = tile_at(place.lon + r.between(-place.spread, place.spread), place.lat, z);
                for (show, part) in &shows {
                    let now = drawn(&index.snapshot(), at, show, *part);
                    Tile::read(&now.bytes);
                    prop_assert_eq!(now, drawn(&fresh.snapshot(), at, show, *part), "{:?} {:?}", show, part);
                }
            }
        }
    }
}

/// What is drawn of many features over each other, for a tile of so many bytes.
fn within(snapshot: &Snapshot, at: TileId, budget_bytes: usize) -> (DrawnTile, BTreeMap<u64, String>) {
    let drawn = draw_tile(
        &[TileLayer { name: "things", snapshot, show: &LayerQuery::ALL, content: LayerContent::Geometries }],
        at,
        budget_bytes,
        &WorkBudget::unlimited(),
    );
    let shown = Tile::read(&drawn.bytes).features().iter().map(|f| (f.key, format!("{f:?}"))).collect();
    (drawn, shown)
}

#[test]
fn a_tile_over_its_budget_leaves_out_the_smallest_and_says_how_many() {
    let r = &mut Random(11);
    let model = Model::random(r, 400, PARIS);
    let index = index_of(&collection(GeometryTypeSet::ANY), &model.0);
    let at = tile_at(PARIS.lon, PARIS.lat, 12);
    let (whole, all) = within(&index.snapshot(), at, usize::MAX);
    assert_eq!((whole.dropped, whole.features), (0, all.len()));
    let size = |key: u64| {
        let f = model.0.iter().find(|f| f.key as u64 == key).unwrap();
        let r = geo::BoundingRect::bounding_rect(f.geometry.as_ref().unwrap()).unwrap();
        r.width().max(r.height())
    };
    let points = |key: &u64| {
        let f = model.0.iter().find(|f| f.key as u64 == *key).unwrap();
        f.geometry.as_ref().unwrap().dimensions() == Dimensions::ZeroDimensional
    };
    let mut before: BTreeSet<u64> = BTreeSet::new();
    for share in [0, 1, 5, 20, 50, 80, 99, 100] {
        let budget = whole.bytes.len() * share / 100;
        let (drawn, shown) = within(&index.snapshot(), at, budget);
        assert!(drawn.bytes.len() <= budget, "{} bytes of {budget}", drawn.bytes.len());
        assert_eq!((drawn.features, drawn.left_out), (shown.len(), whole.left_out));
        assert_eq!(drawn.features + drawn.dropped, whole.features);
        // As much as possible is used, up to what a few features take.
        assert!(share < 20 || drawn.bytes.len() * 4 >= budget * 3, "{} bytes of {budget}", drawn.bytes.len());
        for (key, feature) in &shown {
            assert_eq!(*feature, all[key], "what is kept is drawn as ever");
        }
        let kept: BTreeSet<u64> = shown.keys().copied().collect();
        assert!(before.is_subset(&kept), "a larger tile has all of a smaller one");
        // Points that are drawn from the first zoom on come before everything of later zooms.
        let least = kept.iter().filter(|k| !points(k)).map(|k| size(*k)).fold(f64::INFINITY, f64::min);
        let most = all.keys().filter(|k| !points(k) && !kept.contains(k)).map(|k| size(*k)).fold(0.0, f64::max);
        assert!(most <= least * 2.0, "one of size {most} is left out, one of size {least} is not");
        before = kept;
    }
    assert_eq!(before.len(), all.len());
}

/// Back from tile units to degrees.
fn lonlat(at: TileId, geometry: &geo_types::Geometry<i32>) -> Geometry {
    let geo_types::Geometry::Point(p) = geometry else { panic!("{geometry:?}") };
    let n = f64::from(1_u32 << at.z());
    let x = (f64::from(at.x()) + f64::from(p.x()) / 4096.0) / n;
    let y = (f64::from(at.y()) + f64::from(p.y()) / 4096.0) / n;
    let lat = (std::f64::consts::PI * (1.0 - 2.0 * y)).sinh().atan().to_degrees();
    geo_types::Point::new(x * 360.0 - 180.0, lat).into()
}

/// Whether a position lies in the highest dimension of a geometry, up to the rounding of a tile.
fn is_at(geometry: &Geometry, p: geo_types::Point, z: u8) -> bool {
    let unit = 360.0 / f64::from(1_u32 << z) / 4096.0;
    let near = |g: &Geometry| match g {
        Geometry::Polygon(x) => x.contains(&p) || Euclidean.distance(&p, x) < 2.0 * unit,
        Geometry::MultiPolygon(x) => x.contains(&p) || Euclidean.distance(&p, x) < 2.0 * unit,
        // Half way along a line in the plane of the map is not exactly half way in degrees.
        Geometry::LineString(x) => Euclidean.distance(&p, x) < 2.0 * unit + 1e-4,
        Geometry::MultiLineString(x) => Euclidean.distance(&p, x) < 2.0 * unit + 1e-4,
        Geometry::Point(x) => Euclidean.distance(&p, x) < 2.0 * unit,
        Geometry::MultiPoint(x) => x.iter().any(|q| Euclidean.distance(&p, q) < 2.0 * unit),
        _ => false,
    };
    match geometry {
        Geometry::GeometryCollection(c) => c.iter().any(|g| is_at(g, p, z)),
        g => near(g),
    }
}
