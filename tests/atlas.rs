//! Edits and tiles together: what is answered is on disk, in the next page and in the next tile, and nothing else is
//! redrawn.

use cityheart::access::{AccessRole, Viewer};
use cityheart::atlas::{
    Atlas, AtlasSettings, BaseMap, ChangeOutcome, ContentCoding, EditAction, EditBatch, EditPrecondition, EditRequest,
    EncodedTile, FaultHandling, PlanFile, TileId, state_tag,
};
use cityheart::change::{ChangeSet, FeatureEdit};
use cityheart::collection::{Collection, CollectionId, FieldType};
use cityheart::crs::{self, Crs};
use cityheart::error::{Error, Result};
use cityheart::feature::{Feature, FeatureId, FieldValue, Geometry, GeometryTypeSet};
use cityheart::plan::PlanModel;
use cityheart::query::{Query, TileParameters};
use cityheart::work_budget::WorkBudget;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::path::Path;
use std::sync::Arc;

/// Around Celje: where all features of these tests lie.
const CENTRE: (f64, f64) = (15.26, 46.23);

fn trees() -> Collection {
    let fields = [("name".to_owned(), FieldType::Text), ("height".to_owned(), FieldType::Integer)];
    Collection::from_inferred_fields(CollectionId::new("trees").unwrap(), "Trees", GeometryTypeSet::ANY, &fields)
        .unwrap()
}

fn feature(id: &str, geometry: Option<Geometry>) -> Feature {
    Feature {
        key: 0,
        id: FeatureId::new(id).unwrap(),
        geometry,
        values: vec![FieldValue::text(format!("tree {id}")), FieldValue::Int(7)],
    }
}

fn point(dx: f64, dy: f64) -> Option<Geometry> {
    Some(geo_types::Point::new(CENTRE.0 + dx, CENTRE.1 + dy).into())
}

fn square(dx: f64, dy: f64, side: f64) -> Option<Geometry> {
    let (x, y) = (CENTRE.0 + dx, CENTRE.1 + dy);
    Some(geo_types::Rect::new((x, y), (x + side, y + side)).to_polygon().into())
}

/// A plan with one collection in `dir`.
fn plan(dir: &Path, features: Vec<Feature>) -> Arc<Atlas> {
    let plan_file = PlanFile::open_or_create(&dir.join("plan.gpkg")).unwrap();
    plan_file.load_collection(&trees(), false, &mut features.into_iter().map(Ok)).unwrap();
    open(dir)
}

fn open(dir: &Path) -> Arc<Atlas> {
    let plan_file = PlanFile::open(&dir.join("plan.gpkg")).unwrap();
    Atlas::open(plan_file, PlanModel::load().unwrap(), BaseMap::default(), &AtlasSettings::default()).unwrap()
}

fn edits(edits: Vec<FeatureEdit>) -> ChangeSet {
    ChangeSet { collection: CollectionId::new("trees").unwrap(), edits, author: "test".into() }
}

fn tile_of(lon: f64, lat: f64, z: u8) -> TileId {
    let world = crs::lonlat_to_world(lon, lat);
    let at = |v: u32| if z == 0 { 0 } else { v >> (32 - u32::from(z)) };
    TileId::new(z, at(world.x), at(world.y)).unwrap()
}

/// The tiles that could show anything of these tests.
fn tiles() -> Vec<TileId> {
    let mut tiles: Vec<_> = (0..=13).map(|z| tile_of(CENTRE.0, CENTRE.1, z)).collect();
    for (dx, dy) in [(0.0, 0.0), (0.004, 0.004), (-0.004, 0.002), (0.009, -0.009)] {
        tiles.extend([14, 15, 17].map(|z| tile_of(CENTRE.0 + dx, CENTRE.1 + dy, z)));
    }
    tiles
}

/// Everything that a tile can be asked for: names of layers, and parameters.
const ASKED: [(&str, &[(&str, &str)]); 8] = [
    ("trees", &[]),
    ("trees,trees_label", &[]),
    ("trees", &[("filter", "height > 0")]),
    ("trees_label", &[("filter", "height < 40 AND name LIKE 'tree f%'")]),
    ("trees", &[("split", "height"), ("properties", "name")]),
    ("trees", &[("cluster", "128")]),
    ("trees", &[("cluster", "16"), ("split", "height")]),
    ("trees", &[("cluster", "64"), ("filter", "height > -50")]),
];

/// The tile, through the cache.
fn asked(atlas: &Atlas, tile: TileId, (list, pairs): (&str, &[(&str, &str)]), coding: ContentCoding) -> EncodedTile {
    let ask = TileParameters::parse(pairs.iter().copied()).unwrap();
    let layers =
        atlas.resolve_layers(list).unwrap().with_chosen_shows(|collections| ask.bind_collections(collections)).unwrap();
    atlas.find_or_draw_tile(&layers, tile, coding)
}

fn drawn(atlas: &Atlas, tile: TileId) -> Vec<u8> {
    let layers = atlas.resolve_layers("trees").unwrap();
    atlas.find_or_draw_tile(&layers, tile, ContentCoding::Identity).body.to_vec()
}

#[test]
fn an_edit_is_in_the_next_tile_and_the_next_page_and_still_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let atlas = plan(dir.path(), vec![feature("a", point(0.0, 0.0))]);
    let tile = tile_of(CENTRE.0, CENTRE.1, 14);
    let before = drawn(&atlas, tile);
    atlas.commit(&edits(vec![FeatureEdit::Create(feature("b", point(0.001, 0.001)))])).unwrap();
    let after = drawn(&atlas, tile);
    assert_ne!(before, after, "the new tree is not in the tile");
    let view = atlas.collection_view("trees").unwrap();
    assert_eq!(atlas.select_items(&view, &Query::default()).number_matched(), 2);
    atlas.commit(&edits(vec![FeatureEdit::Delete { id: FeatureId::new("b").unwrap(), base: None }])).unwrap();
    assert_eq!(drawn(&atlas, tile), before, "the deleted tree is still in the tile");
    drop(atlas);
    assert_eq!(drawn(&open(dir.path()), tile), before);
}

#[test]
fn a_tile_that_an_edit_did_not_touch_is_not_drawn_again_and_keeps_its_etag() {
    let dir = tempfile::tempdir().unwrap();
    let atlas = plan(dir.path(), vec![feature("a", square(0.0, 0.0, 0.001)), feature("far", square(0.2, 0.2, 0.001))]);
    let layers = atlas.resolve_layers("trees").unwrap();
    let tile = tile_of(CENTRE.0 + 0.2005, CENTRE.1 + 0.2005, 15);
    let before = atlas.find_or_draw_tile(&layers, tile, ContentCoding::Identity);
    let count = atlas.metrics().counters()[0].2;
    let moved = FeatureEdit::Replace { feature: feature("a", square(0.0005, 0.0, 0.001)), base: None };
    atlas.commit(&edits(vec![moved])).unwrap();
    let kept = atlas.find_cached_tile(&layers, tile, ContentCoding::Identity).expect("the tile is still kept");
    assert_eq!((kept.etag, kept.body), (before.etag, before.body));
    assert_eq!(atlas.metrics().counters()[0].2, count);
    let touched = tile_of(CENTRE.0 + 0.0005, CENTRE.1 + 0.0005, 15);
    drop(atlas.find_or_draw_tile(&layers, touched, ContentCoding::Identity));
    assert_eq!(atlas.metrics().counters()[0].2, count + 1);
}

#[test]
fn a_packed_tile_is_the_plain_tile_and_follows_edits_too() {
    use std::io::Read;
    let dir = tempfile::tempdir().unwrap();
    let atlas = plan(dir.path(), vec![feature("a", square(0.0, 0.0, 0.002))]);
    let layers = atlas.resolve_layers("trees").unwrap();
    let tile = tile_of(CENTRE.0 + 0.001, CENTRE.1 + 0.001, 15);
    for step in 1..4 {
        let plain = atlas.find_or_draw_tile(&layers, tile, ContentCoding::Identity);
        for coding in [ContentCoding::Gzip, ContentCoding::Brotli] {
            let packed = atlas.find_or_draw_tile(&layers, tile, coding);
            let mut unpacked = Vec::new();
            match coding {
                ContentCoding::Gzip => {
                    flate2::read::GzDecoder::new(&packed.body[..]).read_to_end(&mut unpacked).unwrap()
                }
                _ => brotli::Decompressor::new(&packed.body[..], 4096).read_to_end(&mut unpacked).unwrap(),
            };
            assert_eq!(unpacked, plain.body);
            assert_ne!(packed.etag, plain.etag, "two representations have two tags");
            assert_eq!(atlas.find_cached_tile(&layers, tile, coding).expect("it is kept packed").body, packed.body);
        }
        let next = feature("a", square(0.0, 0.0, 0.002 + 0.0002 * f64::from(step)));
        atlas.commit(&edits(vec![FeatureEdit::Replace { feature: next, base: None }])).unwrap();
    }
}

#[test]
fn without_a_cache_every_tile_is_drawn_anew_and_a_small_budget_is_kept_to() {
    let dir = tempfile::tempdir().unwrap();
    drop(plan(
        dir.path(),
        (0..50).map(|i| feature(&format!("f{i}"), square(0.0001 * f64::from(i), 0.0, 0.002))).collect(),
    ));
    let plan_file = PlanFile::open(&dir.path().join("plan.gpkg")).unwrap();
    let settings = AtlasSettings { tile_cache_bytes: 0, tile_budget_bytes: 1000, ..AtlasSettings::default() };
    let atlas = Atlas::open(plan_file, PlanModel::load().unwrap(), BaseMap::default(), &settings).unwrap();
    let layers = atlas.resolve_layers("trees").unwrap();
    let tile = tile_of(CENTRE.0 + 0.001, CENTRE.1 + 0.001, 14);
    for coding in [ContentCoding::Identity, ContentCoding::Gzip, ContentCoding::Identity] {
        let drawn = atlas.find_or_draw_tile(&layers, tile, coding);
        assert!(drawn.body.len() <= 1000 && drawn.dropped > 0, "{} bytes, {} dropped", drawn.body.len(), drawn.dropped);
        assert!(atlas.find_cached_tile(&layers, tile, coding).is_none());
    }
    let counters = atlas.metrics().counters();
    let value = |name: &str| counters.iter().find(|c| c.0 == name).unwrap().2;
    assert_eq!(value("tiles_drawn"), 3);
    assert!(value("tile_features_dropped") >= 3);
}

#[test]
fn unknown_repeated_and_too_many_layers_are_refused_with_a_sentence() {
    let dir = tempfile::tempdir().unwrap();
    let atlas = plan(dir.path(), vec![]);
    let sentence = |list: &str| atlas.resolve_layers(list).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(sentence("nowhere").contains("There is no collection 'nowhere'"));
    assert!(sentence("trees,trees").contains("named twice"));
    assert!(sentence(&vec!["trees"; 21].join(",")).contains("at most 20"));
    assert!(atlas.resolve_layers("trees").is_ok() && atlas.resolve_layers("world").is_ok());
}

#[test]
fn readers_see_an_edit_as_soon_as_it_is_answered_however_many_draw_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let atlas = plan(dir.path(), vec![feature("a", square(0.0, 0.0, 0.001))]);
    let tile = tile_of(CENTRE.0 + 0.0005, CENTRE.1 + 0.0005, 14);
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    drawn(&atlas, tile);
                }
            });
        }
        for step in 0..60 {
            let id = format!("n{step}");
            atlas.commit(&edits(vec![FeatureEdit::Create(feature(&id, square(0.0, 0.0, 0.001)))])).unwrap();
            let bytes = drawn(&atlas, tile);
            let name = format!("tree {id}");
            assert!(
                bytes.windows(name.len()).any(|w| w == name.as_bytes()),
                "{id} is not in the tile after its answer"
            );
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

/// Changes a property of the feature `a` as an admin does, in a state or in any.
fn change(atlas: &Arc<Atlas>, property: &str, value: Json, state: Option<&str>) -> Result<ChangeOutcome> {
    let action = EditAction::Patch { id: "a".into(), patch: json!({"properties": {property: value}}) };
    let precondition = state.map(|tag| EditPrecondition::States(vec![tag.to_owned()]));
    let request = EditRequest { at: String::new(), within: "", action, precondition };
    let (collection, handling) = ("trees".to_owned(), FaultHandling::Usual);
    let batch =
        EditBatch { collection, requests: vec![request], crs: Crs::CRS84, handling, work: WorkBudget::unlimited() };
    atlas.plan_for_viewer(&Viewer::new("ana", "Ana", AccessRole::Admin, [])).change(batch)
}

#[test]
fn changes_of_one_feature_at_the_same_time_all_happen_each_with_a_revision() {
    let dir = tempfile::tempdir().unwrap();
    let atlas = plan(dir.path(), vec![feature("a", point(0.0, 0.0))]);
    let mut revisions: Vec<u64> = std::thread::scope(|scope| {
        let repeat = |client: i64| {
            let atlas = &atlas;
            move || {
                (0..8)
                    .map(|n| change(atlas, "height", json!(client * 100 + n), None).unwrap().revision)
                    .collect::<Vec<_>>()
            }
        };
        let clients: Vec<_> = (1..=6).map(|client| scope.spawn(repeat(client))).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    revisions.sort_unstable();
    assert_eq!(revisions, (2..50).collect::<Vec<u64>>());
    assert_eq!(atlas.collection_view("trees").unwrap().revision(), 49);
}

#[test]
fn of_changes_of_one_state_at_the_same_time_one_happens_and_the_others_are_stale() {
    let dir = tempfile::tempdir().unwrap();
    let atlas = plan(dir.path(), vec![feature("a", point(0.0, 0.0))]);
    for round in 0..5 {
        let view = atlas.collection_view("trees").unwrap();
        let state = state_tag(&atlas.find_item(&view, "a").unwrap().feature());
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let (atlas, state) = (&atlas, &state);
            let attempt = |n: i64| move || change(atlas, "height", json!(1000 * (round + 1) + n), Some(state));
            let clients: Vec<_> = (0..6).map(|n| scope.spawn(attempt(n))).collect();
            clients.into_iter().map(|client| client.join().unwrap()).collect()
        });
        assert_eq!(outcomes.iter().filter(|o| o.is_ok()).count(), 1, "{outcomes:?}");
        assert!(outcomes.iter().all(|o| matches!(o, Ok(_) | Err(Error::Stale(_)))), "{outcomes:?}");
    }
}

#[test]
fn a_change_keeps_what_another_program_has_just_written_to_the_same_feature() {
    let dir = tempfile::tempdir().unwrap();
    let atlas = plan(dir.path(), vec![feature("a", point(0.0, 0.0))]);
    let other = open(dir.path());
    for round in 0..5 {
        let name = format!("elm {round}");
        change(&other, "height", json!(round), None).unwrap();
        let outcome = change(&atlas, "name", json!(name), None).unwrap();
        let tree = outcome.edits[0].feature.as_ref().unwrap();
        assert_eq!(tree.values, [FieldValue::text(name), FieldValue::Int(round)]);
        assert_eq!(outcome.revision as i64, 2 * round + 3, "loaded, and changed by each in turn");
    }
}

#[derive(Debug, Clone)]
enum Step {
    Put(u8, i8, i8, u8),
    Remove(u8),
    Look(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0u8..12, any::<i8>(), any::<i8>(), 0u8..6).prop_map(|(id, x, y, kind)| Step::Put(id, x, y, kind)),
        1 => (0u8..12).prop_map(Step::Remove),
        3 => any::<u8>().prop_map(Step::Look),
    ];
    proptest::collection::vec(step, 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn after_any_edits_every_kept_tile_is_the_tile_drawn_from_scratch(steps in steps()) {
        let dir = tempfile::tempdir().unwrap();
        let atlas = plan(dir.path(), vec![feature("start", square(-0.002, -0.002, 0.003))]);
        let tiles = tiles();
        let mut generation = 0;
        for step in steps {
            match step {
                Step::Put(id, x, y, kind) => {
                    let (dx, dy) = (f64::from(x) / 9000.0, f64::from(y) / 9000.0);
                    let geometry = match kind {
                        0 => None,
                        1 | 2 => point(dx, dy),
                        k => square(dx, dy, 0.0004 * f64::from(k) * f64::from(k)),
                    };
                    let name = format!("f{id}-{generation}");
                    let tree = |geometry| Feature {
                        values: vec![FieldValue::text(format!("tree {name}")), FieldValue::Int(i64::from(y) % 3 * 40)],
                        ..feature(&name, geometry)
                    };
                    let known = atlas.find_item(&atlas.collection_view("trees").unwrap(), &name).is_ok();
                    let edit = if known {
                        FeatureEdit::Replace { feature: tree(geometry), base: None }
                    } else {
                        FeatureEdit::Create(tree(geometry))
                    };
                    atlas.commit(&edits(vec![edit])).unwrap();
                }
                Step::Remove(id) => {
                    let name = format!("f{id}-{generation}");
                    if atlas.find_item(&atlas.collection_view("trees").unwrap(), &name).is_ok() {
                        atlas.commit(&edits(vec![FeatureEdit::Delete { id: FeatureId::new(&name).unwrap(), base: None }])).unwrap();
                        generation += 1;
                    }
                }
                Step::Look(which) => {
                    let tile = tiles[usize::from(which) % tiles.len()];
                    ASKED.iter().for_each(|ask| drop(asked(&atlas, tile, *ask, ContentCoding::Identity)));
                }
            }
        }
        let fresh = open(dir.path());
        for tile in tiles {
            for ask in ASKED {
                let (kept, anew) = (asked(&atlas, tile, ask, ContentCoding::Identity), asked(&fresh, tile, ask, ContentCoding::Identity));
                prop_assert_eq!((kept.body, kept.etag, kept.left_out), (anew.body, anew.etag, anew.left_out), "{:?} {:?}", tile, ask);
            }
        }
    }
}
