//! Random edits: the store does what a table of ids in memory does, and its R-tree holds what its table holds.

use crate::store::Plan;
use crate::store::features::{all, bare, collection_id, edits, id, load, place, scan, thing, things};
use cityheart::change::{FeatureChange, FeatureEdit, FeatureVersion, LogPosition, RevisionNumber};
use cityheart::error::Error;
use cityheart::feature::{BoundingBox, Feature, FieldValue, Geometry, bbox_of};
use cityheart::store::{GeoPackage, Store};
use geo_types::line_string;
use proptest::prelude::*;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What an edit does to one of a few ids, so that edits meet.
#[derive(Debug, Clone)]
enum Step {
    Create(u8, Place),
    Replace(u8, Place, Base),
    Patch(u8, Place, Base),
    Delete(u8, Base),
    /// To this many revisions before the present one.
    Restore(u8, u64, Base),
}

#[derive(Debug, Clone)]
enum Base {
    None,
    /// The feature's own revision, if it is there.
    Present,
    /// This many revisions before the present one of the collection.
    Ago(u64),
}

type Place = Option<Geometry>;

fn a_place() -> impl Strategy<Value = Place> {
    let x = -180.0..180.0_f64;
    let y = -90.0..90.0_f64;
    prop_oneof![
        1 => Just(None),
        2 => (x.clone(), y.clone()).prop_map(|(x, y)| place(x, y)),
        2 => (x.clone(), y.clone(), x, y).prop_map(|(a, b, c, d)| Some(line_string![(x: a, y: b), (x: c, y: d)].into())),
    ]
}

fn a_base() -> impl Strategy<Value = Base> {
    prop_oneof![3 => Just(Base::None), 3 => Just(Base::Present), 1 => (0..4_u64).prop_map(Base::Ago)]
}

fn a_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..12_u8, a_place()).prop_map(|(i, p)| Step::Create(i, p)),
        3 => (0..12_u8, a_place(), a_base()).prop_map(|(i, p, b)| Step::Replace(i, p, b)),
        2 => (0..12_u8, a_place(), a_base()).prop_map(|(i, p, b)| Step::Patch(i, p, b)),
        1 => (0..12_u8, a_base()).prop_map(|(i, b)| Step::Delete(i, b)),
        1 => (0..12_u8, 0..6_u64, a_base()).prop_map(|(i, ago, b)| Step::Restore(i, ago, b)),
    ]
}

/// A collection in memory: features with the revision of their last change.
#[derive(Debug, Clone, Default)]
struct Model {
    revision: RevisionNumber,
    features: BTreeMap<String, (Feature, RevisionNumber)>,
    deleted: BTreeSet<String>,
    /// Every state that was, by revision: what a restore goes back to.
    past: BTreeMap<RevisionNumber, BTreeMap<String, Feature>>,
}

impl Model {
    fn edit(&self, step: &Step) -> FeatureEdit {
        let base = |i: u8, base: &Base| match base {
            Base::None => None,
            Base::Present => self.features.get(&name(i)).map(|f| f.1),
            Base::Ago(n) => Some(self.revision.saturating_sub(*n)),
        };
        match step {
            Step::Create(i, place) => FeatureEdit::Create(thing(&name(*i), place.clone())),
            Step::Replace(i, place, b) => FeatureEdit::Replace {
                feature: Feature { geometry: place.clone(), ..bare(&name(*i)) },
                base: base(*i, b),
            },
            Step::Patch(i, place, b) => FeatureEdit::Patch {
                id: id(&name(*i)),
                base: base(*i, b),
                geometry: Some(place.clone()),
                values: vec![(1, FieldValue::Int(7))],
            },
            Step::Delete(i, b) => FeatureEdit::Delete { id: id(&name(*i)), base: base(*i, b) },
            Step::Restore(i, ago, b) => {
                let revision = self.revision.saturating_sub(*ago);
                FeatureEdit::Restore { id: id(&name(*i)), revision, base: base(*i, b) }
            }
        }
    }

    /// The model after a change set, or the name of what refuses it.
    fn after(&self, set: &[FeatureEdit]) -> Result<Self, &'static str> {
        let mut next = Self { revision: self.revision + 1, ..self.clone() };
        let present = |model: &Self, id: &str, base: Option<RevisionNumber>| match (model.features.get(id), base) {
            (None, _) => Err("not found"),
            (Some((_, last)), Some(base)) if *last > base && *last <= self.revision => Err("stale"),
            _ => Ok(()),
        };
        for edit in set {
            match edit {
                FeatureEdit::Create(f) if next.features.contains_key(f.id.as_str()) => return Err("stale"),
                FeatureEdit::Create(f) if next.deleted.contains(f.id.as_str()) => return Err("refused"),
                FeatureEdit::Create(f) => {
                    next.features.insert(f.id.to_string(), (f.clone(), next.revision));
                }
                FeatureEdit::Replace { feature, base } => {
                    present(&next, feature.id.as_str(), *base)?;
                    next.features.insert(feature.id.to_string(), (feature.clone(), next.revision));
                }
                FeatureEdit::Patch { id, base, geometry, values } => {
                    present(&next, id.as_str(), *base)?;
                    let (feature, last) = next.features.get_mut(id.as_str()).expect("it is present");
                    feature.geometry = geometry.clone().flatten();
                    values.iter().for_each(|(field, value)| feature.values[*field] = value.clone());
                    *last = next.revision;
                }
                FeatureEdit::Restore { id, revision, base } => {
                    let name = id.as_str();
                    let known = next.features.contains_key(name) || next.deleted.contains(name);
                    if !known && !self.past.values().any(|p| p.contains_key(name)) {
                        return Err("not found");
                    }
                    let Some(then) = self.past.get(revision).and_then(|p| p.get(name)).cloned() else {
                        return Err("refused");
                    };
                    if next.features.contains_key(name) || base.is_some() {
                        present(&next, name, *base)?;
                    }
                    next.features.insert(name.to_owned(), (then, next.revision));
                    next.deleted.remove(name);
                }
                FeatureEdit::Delete { id, base } => {
                    present(&next, id.as_str(), *base)?;
                    next.features.remove(id.as_str());
                    next.deleted.insert(id.to_string());
                }
            }
        }
        next.remember();
        Ok(next)
    }

    fn remember(&mut self) {
        let now = self.features.iter().map(|(id, (f, _))| (id.clone(), f.clone())).collect();
        self.past.insert(self.revision, now);
    }

    fn assert_equals(&self, store: &dyn Store) {
        let (revision, stored) = (scan(store, None).0, all(store));
        let stored: BTreeMap<String, Feature> =
            stored.into_iter().map(|f| (f.id.to_string(), Feature { key: 0, ..f })).collect();
        let expected: BTreeMap<String, Feature> =
            self.features.iter().map(|(id, (f, _))| (id.clone(), f.clone())).collect();
        assert_eq!((revision, stored), (self.revision, expected));
    }
}

fn name(i: u8) -> String {
    format!("thing-{i}")
}

/// Everything the log tells, in pages of this size, from the beginning.
fn told(store: &dyn Store, limit: usize) -> Vec<FeatureVersion> {
    let mut from = LogPosition::after_revision(0);
    let mut all = Vec::new();
    loop {
        let page = store.read_change_log(&collection_id("things"), from, limit).unwrap();
        assert!(page.versions.len() <= limit);
        all.extend(page.versions);
        let Some(next) = page.next else {
            assert_eq!(page.revision, scan(store, None).0);
            return all;
        };
        from = next;
    }
}

/// The collection that the log tells of.
fn replayed(versions: &[FeatureVersion]) -> BTreeMap<String, Feature> {
    let mut features: BTreeMap<String, Feature> = BTreeMap::new();
    for version in versions {
        let known = version.before.as_ref().map(|f| features.remove(f.id.as_str()).expect("what changes was there"));
        assert_eq!(known.as_ref(), version.before.as_ref(), "each change begins where the one before ended");
        if let Some(after) = &version.after {
            assert!(features.insert(after.id.to_string(), after.clone()).is_none(), "{} came twice", after.id);
        }
    }
    features
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_change_sets_do_what_a_table_in_memory_does(sets in prop::collection::vec(prop::collection::vec(a_step(), 1..5), 1..12), reopened in 0..12_usize) {
        let plan = Plan::new();
        load(&plan.store, false, vec![thing(&name(0), place(5.0, 5.0)), bare(&name(1))]);
        let mut store = plan.store;
        let mut model = Model { revision: 1, ..Model::default() };
        model.features = all(&store).into_iter().map(|f| (f.id.to_string(), (Feature { key: 0, ..f }, 1))).collect();
        model.remember();
        let mut follower: BTreeMap<i64, Feature> = all(&store).into_iter().map(|f| (f.key, f)).collect();
        for (at, steps) in sets.iter().enumerate() {
            if at == reopened {
                drop(store);
                store = GeoPackage::open(&plan.dir.path().join("plan.gpkg")).unwrap();
            }
            let set: Vec<FeatureEdit> = steps.iter().map(|s| model.edit(s)).collect();
            match (store.commit_change_set(&edits(set.clone())), model.after(&set)) {
                (Ok((revision, changes)), Ok(next)) => {
                    prop_assert_eq!(revision, model.revision + 1);
                    model = next;
                    for change in changes {
                        match change {
                            FeatureChange::Put(f) => { follower.insert(f.key, f); }
                            FeatureChange::Removed { key, .. } => { follower.remove(&key); }
                        }
                    }
                }
                (Err(Error::Stale(_)), Err("stale")) | (Err(Error::NotFound(_)), Err("not found")) | (Err(Error::Refused(_)), Err("refused")) => {}
                (got, wanted) => prop_assert!(false, "{got:?} instead of {wanted:?} for {set:?}"),
            }
            model.assert_equals(&store);
            prop_assert_eq!(follower.values().cloned().collect::<Vec<_>>(), all(&store), "the changes told are the changes made");
        }
        rtree_equals_table(&plan.dir.path().join("plan.gpkg"), &store);
    }

    #[test]
    fn sets_committed_together_come_out_as_if_one_after_the_other(sets in prop::collection::vec(prop::collection::vec(a_step(), 1..4), 1..14), together in 1..8_usize) {
        let plan = Plan::new();
        load(&plan.store, false, vec![thing(&name(0), place(5.0, 5.0)), bare(&name(1))]);
        let mut model = Model { revision: 1, ..Model::default() };
        model.features = all(&plan.store).into_iter().map(|f| (f.id.to_string(), (Feature { key: 0, ..f }, 1))).collect();
        model.remember();
        for steps in sets.chunks(together) {
            let group: Vec<_> = steps.iter().map(|set| edits(set.iter().map(|s| model.edit(s)).collect())).collect();
            let answers = plan.store.commit_all(&group).unwrap().results;
            prop_assert_eq!(answers.len(), group.len());
            for (set, answer) in group.iter().zip(answers) {
                match (answer, model.after(&set.edits)) {
                    (Ok(done), Ok(next)) => {
                        prop_assert_eq!(done.revision, model.revision + 1);
                        model = next;
                    }
                    (Err(Error::Stale(_)), Err("stale")) | (Err(Error::NotFound(_)), Err("not found")) | (Err(Error::Refused(_)), Err("refused")) => {}
                    (got, wanted) => prop_assert!(false, "{got:?} instead of {wanted:?} for {set:?}"),
                }
            }
            model.assert_equals(&plan.store);
        }
        rtree_equals_table(&plan.path(), &plan.store);
    }

    #[test]
    fn the_log_told_in_pages_of_any_size_is_what_happened(sets in prop::collection::vec(prop::collection::vec(a_step(), 1..4), 1..12), load_at in 0..12_usize, replace: bool, limit in 1..9_usize) {
        let plan = Plan::new();
        load(&plan.store, false, vec![thing(&name(0), place(5.0, 5.0)), bare(&name(1)), bare(&name(2))]);
        let mut model = Model { revision: 1, ..Model::default() };
        for (at, steps) in sets.iter().enumerate() {
            if at == load_at {
                // Some that are there, some that are not, and some that are another now.
                let named = |i: u8| if replace { thing(&name(i), place(f64::from(i), 1.0)) } else { bare(&format!("loaded-{i}")) };
                let there: BTreeSet<String> = all(&plan.store).iter().map(|f| f.id.to_string()).collect();
                let new = (0..6_u8).map(named).filter(|f| !replace || there.contains(f.id.as_str()));
                let more = (6..9_u8).map(|i| bare(&format!("loaded-{i}")));
                load(&plan.store, replace, new.chain(more).collect());
            }
            model.revision = scan(&plan.store, None).0;
            model.features = all(&plan.store).into_iter().map(|f| (f.id.to_string(), (f, model.revision))).collect();
            let set: Vec<FeatureEdit> = steps.iter().map(|s| model.edit(s)).collect();
            drop(plan.store.commit_change_set(&edits(set)));
        }
        let versions = told(&plan.store, limit);
        prop_assert_eq!(&versions, &told(&plan.store, 10_000), "pages of any size tell the same");
        let now: BTreeMap<String, Feature> = all(&plan.store).into_iter().map(|f| (f.id.to_string(), f)).collect();
        prop_assert_eq!(replayed(&versions), now);
        for id in versions.iter().filter_map(|v| v.after.as_ref()).map(|f| f.id.clone()).collect::<BTreeSet<_>>() {
            let of_it = |v: &&FeatureVersion| [&v.before, &v.after].into_iter().flatten().any(|f| f.id == id);
            let alone = plan.store.read_history(&collection_id("things"), &id).unwrap();
            prop_assert_eq!(versions.iter().filter(of_it).cloned().collect::<Vec<_>>(), alone, "the history of each is its part of the log");
        }
    }

    #[test]
    fn the_index_of_a_load_holds_every_box(first in prop::collection::vec(a_place(), 0..60), second in prop::collection::vec(a_place(), 0..60), replace: bool) {
        let plan = Plan::new();
        let named = |places: Vec<Place>, from: usize| places.into_iter().enumerate().map(|(i, p)| thing(&format!("t{}", i + from), p)).collect::<Vec<_>>();
        load(&plan.store, false, named(first, 0));
        load(&plan.store, replace, named(second, if replace { 30 } else { 100 }));
        rtree_equals_table(&plan.path(), &plan.store);
    }
}

/// The R-tree has exactly the features with a place, each under a box that its own fits into closely; `gpkg_contents`
/// has the box around all.
pub fn rtree_equals_table(path: &Path, store: &dyn Store) {
    let features = all(store);
    let conn = Connection::open(path).unwrap();
    let mut ask = conn.prepare("SELECT id, minx, miny, maxx, maxy FROM rtree_things_geom ORDER BY id").unwrap();
    let rows = ask.query_map([], |r| Ok((r.get::<_, i64>(0)?, [r.get::<_, f64>(1)?, r.get(2)?, r.get(3)?, r.get(4)?])));
    let indexed: BTreeMap<i64, [f64; 4]> = rows.unwrap().map(Result::unwrap).collect();
    let boxes: BTreeMap<i64, BoundingBox> =
        features.iter().filter_map(|f| Some((f.key, bbox_of(f.geometry.as_ref()?)?))).collect();
    assert_eq!(indexed.keys().collect::<Vec<_>>(), boxes.keys().collect::<Vec<_>>());
    for (key, [west, south, east, north]) in indexed {
        let b = boxes[&key];
        // The index keeps 32 bits, rounded outwards.
        let near = |inner: f64, outer: f64| inner >= outer && inner - outer <= inner.abs() * 3e-7;
        assert!(
            near(b.west, west) && near(b.south, south) && near(-b.east, -east) && near(-b.north, -north),
            "{key}: {b:?}"
        );
    }
    let sql = "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents WHERE table_name='things'";
    let extent: [Option<f64>; 4] =
        conn.query_row(sql, [], |r| Ok([r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?])).unwrap();
    assert_eq!(extent, boxes.into_values().reduce(BoundingBox::union).map_or([None; 4], |b| b.to_array().map(Some)));
    assert_eq!(conn.query_row("PRAGMA foreign_key_check", [], |r| r.get::<_, String>(0)).ok(), None);
    assert_eq!(store.list_collections().unwrap(), vec![things()]);
}
