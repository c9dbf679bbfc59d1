//! The process is killed while it writes. A child of this test binary does the writing.

use crate::Plan;
use crate::features::{all, bare, edits, load, place, scan, thing, things};
use crate::model::rtree_equals_table;
use cityheart::change::{Edit, Revision};
use cityheart::store::{GeoPackage, Store};
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

const PLAN: &str = "CITYHEART_TEST_CRASH_PLAN";

/// Runs one of the `child_…` tests below on this plan.
fn child(test: &str, plan: &Path) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([&format!("crash::{test}"), "--exact", "--nocapture"]).env(PLAN, plan).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

fn plan_of_the_parent() -> Option<PathBuf> {
    std::env::var_os(PLAN).map(PathBuf::from)
}

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
    store.load(&things(), replace, &mut endless).unwrap();
}

/// Only does something when a test below starts it.
#[test]
fn child_that_edits_without_end() {
    let Some(plan) = plan_of_the_parent() else { return };
    let store = GeoPackage::open(&plan).unwrap();
    for i in 0.. {
        let set = [format!("a{i}"), format!("b{i}")].map(|n| Edit::Create(thing(&n, place(f64::from(i % 90), 1.0))));
        let (revision, _) = store.commit(&edits(set.to_vec())).unwrap();
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
    let mut last: Revision = 0;
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
