//! The process is killed while it writes. A child of this test binary does the writing.

use crate::store::Plan;
use crate::store::features::{all, bare, collection_id, edits, id, load, place, scan, thing, things};
use crate::store::model::rtree_equals_table;
use cityheart::atlas::{Atlas, AtlasSettings, BaseMap, PlanFile};
use cityheart::change::{ChangeSet, FeatureEdit, RevisionNumber};
use cityheart::feature::{Feature, FieldValue};
use cityheart::plan::PlanModel;
use cityheart::store::{GeoPackage, Store};
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

const PLAN: &str = "CITYHEART_TEST_CRASH_PLAN";

/// Runs one of the `child_…` tests below on this plan.
fn child(test: &str, plan: &Path) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([&format!("store::crash::{test}"), "--exact", "--nocapture"]).env(PLAN, plan).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

fn plan_of_the_parent() -> Option<PathBuf> {
    std::env::var_os(PLAN).map(PathBuf::from)
}

#[allow(clippy::print_stdout, reason = "the parent reads it")]
fn say(word: impl std::fmt::Display) {
    println!("{word}");
    std::io::stdout().flush().unwrap();
}

/// Only does something when a test below starts it.
#[test]
fn child_that_loads_without_end() {
    let Some(plan) = plan_of_the_parent() else { return };
    let store = GeoPackage::open(&plan).unwrap();
    let mut endless = (0..u64::MAX).map(|i| {
        if i % 5_000 == 0 {
            say(format!("loaded {i}"));
        }
        Ok(thing(&format!("new-{i}"), place((i % 180) as f64, (i % 90) as f64)))
    });
    let replace = plan.to_string_lossy().contains("replace");
    store.load_collection(&things(), replace, &mut endless).unwrap();
}

/// Only does something when a test below starts it.
#[test]
fn child_that_edits_without_end() {
    let Some(plan) = plan_of_the_parent() else { return };
    let store = GeoPackage::open(&plan).unwrap();
    for i in 0.. {
        let set =
            [format!("a{i}"), format!("b{i}")].map(|n| FeatureEdit::Create(thing(&n, place(f64::from(i % 90), 1.0))));
        let (revision, _) = store.commit_change_set(&edits(set.to_vec())).unwrap();
        say(format!("committed {revision}"));
    }
}

#[test]
fn a_load_that_is_killed_leaves_the_plan_as_it_was() {
    for name in ["append.gpkg", "replace.gpkg"] {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        let store = GeoPackage::create(&path).unwrap();
        load(&store, false, vec![thing("a", place(1.0, 2.0)), bare("b")]);
        let before = scan(&store, None);
        drop(store);
        // More than fits into the cache, so that pages of the unfinished transaction are in the log.
        let (mut child, mut lines) = child("child_that_loads_without_end", &path);
        assert!(lines.any(|l| l.unwrap() == "loaded 50000"), "the child stopped by itself");
        child.kill().unwrap();
        child.wait().unwrap();
        let store = GeoPackage::open(&path).unwrap();
        assert_eq!(scan(&store, None), before);
        rtree_equals_table(&path, &store);
        load(&store, false, vec![bare("c")]);
    }
}

#[test]
fn what_was_committed_when_the_process_is_killed_is_there() {
    let plan = Plan::new();
    load(&plan.store, false, vec![]);
    let path = plan.path();
    drop(plan.store);
    let (mut child, mut lines) = child("child_that_edits_without_end", &path);
    let mut last: RevisionNumber = 0;
    while last < 40 {
        let line = lines.next().expect("the child stopped by itself").unwrap();
        last = line.strip_prefix("committed ").map_or(last, |n| n.parse().unwrap());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let store = GeoPackage::open(&path).unwrap();
    let (revision, features) = (scan(&store, None).0, all(&store));
    assert!(revision >= last, "{revision} of {last}");
    assert_eq!(features.len() as u64, 2 * (revision - 1), "all of each set");
    rtree_equals_table(&path, &store);
}

const WRITERS: usize = 8;
const ROUNDS: usize = 200;

/// The pair that writer `t` counts in.
fn pair(t: usize) -> [String; 2] {
    [format!("pair-{t}-a"), format!("pair-{t}-b")]
}

fn counting(name: &str, n: i64, at: f64) -> Feature {
    let mut feature = thing(name, place(at, (n % 170) as f64 / 2.0));
    feature.values[1] = FieldValue::Int(n);
    feature
}

fn count_of(feature: &Feature) -> i64 {
    match feature.values[1] {
        FieldValue::Int(n) => n,
        ref other => panic!("{} counts {other:?}", feature.id),
    }
}

/// What step `n` of a writer does, in one change set: both of the pair count on, one feature comes, and an older one
/// goes.
fn step(t: usize, n: i64) -> ChangeSet {
    let at = t as f64;
    let mut set: Vec<FeatureEdit> =
        pair(t).iter().map(|name| FeatureEdit::Replace { feature: counting(name, n, at), base: None }).collect();
    set.push(FeatureEdit::Create(counting(&format!("new-{t}-{n}"), n, at)));
    if n > 3 {
        set.push(FeatureEdit::Delete { id: id(&format!("new-{t}-{}", n - 3)), base: None });
    }
    edits(set)
}

/// Only does something when the test below starts it: eight clients of one open plan, each saying what was answered.
#[test]
fn child_with_eight_writers() {
    let Some(plan) = plan_of_the_parent() else { return };
    let plan_file = PlanFile::open(&plan).unwrap();
    let mut counts = [0; WRITERS];
    let find = &mut |feature: Feature| {
        for (t, count) in counts.iter_mut().enumerate() {
            if feature.id.as_str() == pair(t)[0] {
                *count = count_of(&feature);
            }
        }
        Ok(())
    };
    plan_file.scan_features(&collection_id("things"), find).unwrap();
    let atlas =
        Atlas::open(plan_file, PlanModel::load().unwrap(), BaseMap::default(), &AtlasSettings::default()).unwrap();
    std::thread::scope(|scope| {
        for (t, count) in counts.into_iter().enumerate() {
            let atlas = &atlas;
            scope.spawn(move || {
                for n in count + 1.. {
                    atlas.commit(&step(t, n)).unwrap();
                    say(format!("answered {t} {n}"));
                }
            });
        }
    });
}

#[test]
fn two_hundred_kills_under_eight_writers_lose_nothing_that_was_answered() {
    let plan = Plan::new();
    let path = plan.path();
    let pairs = (0..WRITERS).flat_map(|t| pair(t).map(|name| counting(&name, 0, t as f64)));
    let start = load(&plan.store, false, pairs.collect());
    drop(plan.store);
    let seed = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    println!("seed {seed}");
    let mut random = seed;
    let mut before = [0; WRITERS];
    for round in 0..ROUNDS {
        let (mut child, mut lines) = child("child_with_eight_writers", &path);
        let mut answered = before;
        let mut hear = |line: &str| {
            if let Some((t, n)) = line.strip_prefix("answered ").and_then(|rest| rest.split_once(' ')) {
                answered[t.parse::<usize>().unwrap()] = n.parse().unwrap();
                return true;
            }
            false
        };
        while !hear(&lines.next().expect("the child stopped by itself").unwrap()) {}
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_micros((random >> 33) % 40_000));
        child.kill().unwrap();
        child.wait().unwrap();
        for line in lines {
            hear(&line.unwrap());
        }
        let store = GeoPackage::open(&path).unwrap();
        let (revision, features) = (scan(&store, None).0, all(&store));
        let mut expected = vec![];
        for t in 0..WRITERS {
            let [a, b] = pair(t).map(|name| count_of(features.iter().find(|f| f.id.as_str() == name).unwrap()));
            assert_eq!(a, b, "round {round}: half a change set was written");
            assert!(a >= answered[t], "round {round}: {} was answered, {a} is there", answered[t]);
            assert!(a <= answered[t] + 1, "round {round}: nobody asked for more");
            expected.extend(pair(t));
            expected.extend((1.max(a - 2)..=a).map(|n| format!("new-{t}-{n}")));
            before[t] = a;
        }
        let mut there: Vec<String> = features.iter().map(|f| f.id.to_string()).collect();
        there.sort();
        expected.sort();
        assert_eq!(there, expected, "round {round}");
        let sets: i64 = before.iter().sum();
        assert_eq!(
            revision,
            start + sets as RevisionNumber,
            "round {round}: one revision for each change set, none lost"
        );
        rtree_equals_table(&path, &store);
    }
    assert!(before.iter().all(|n| *n > 0), "every writer got its turn");
    let sound: String =
        rusqlite::Connection::open(&path).unwrap().query_row("PRAGMA quick_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
}
