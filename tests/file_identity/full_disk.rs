//! A disk that is full: what was answered stays, before and after the server is started again.

use super::{assert_sound, ids};
use crate::store::features::{bare, edits, load, place, thing};
use cityheart::change::FeatureEdit;
use cityheart::error::Error;
use cityheart::store::{GeoPackage, Store};
use std::path::PathBuf;
use std::process::Command;

const DISK: &str = "CITYHEART_TEST_FULL_DISK";

/// Only does something when the test below starts it, on a disk of four megabytes.
#[test]
fn child_that_fills_its_disk() {
    let Some(dir) = std::env::var_os(DISK).map(PathBuf::from) else { return };
    let path = dir.join("plan.gpkg");
    let store = GeoPackage::create(&path).unwrap();
    load(&store, false, vec![bare("a")]);
    let mut answered = vec!["a".to_owned()];
    let refused = loop {
        let id = format!("b{}", answered.len());
        match store.commit_change_set(&edits(vec![FeatureEdit::Create(thing(&id, place(1.0, 2.0)))])) {
            Ok(_) => answered.push(id),
            Err(e) => break e,
        }
    };
    assert!(matches!(&refused, Error::StorageFull(s) if s.contains("Free some space")), "{refused}");
    store.check_file().unwrap();
    drop(store);
    let resized = Command::new("mount").args(["-o", "remount,size=32m"]).arg(&dir).status().unwrap();
    assert!(resized.success());
    let store = GeoPackage::open(&path).unwrap();
    assert_eq!(store.opening_note(), None);
    store.commit_change_set(&edits(vec![FeatureEdit::Create(bare("later"))])).unwrap();
    drop(store);
    answered.push("later".into());
    assert_eq!(ids(&path, "things"), answered);
    assert_sound(&dir, "a full disk");
}

#[test]
fn a_full_disk_takes_nothing_that_was_answered() {
    let dir = tempfile::tempdir().unwrap();
    let script = r#"mount -t tmpfs -o size=4m tmpfs "$1" || exit 77; exec "$2" file_identity::full_disk::child_that_fills_its_disk --exact"#;
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", script, "sh"]).arg(dir.path()).arg(std::env::current_exe().unwrap());
    match command.env(DISK, dir.path()).output() {
        Ok(ran) if ran.status.success() => {}
        Ok(ran) if ran.status.code() == Some(101) => panic!("{}", String::from_utf8_lossy(&ran.stdout)),
        _ => eprintln!("left out: this user may not mount a small disk"),
    }
}
