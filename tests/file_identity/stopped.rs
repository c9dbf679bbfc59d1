//! The file is swapped while nobody has it open, after a crash: what belongs to it is replayed, and nothing else.

use super::{assert_sound, directories, ids, named};
use crate::store::features::{bare, collection_id, edits, load, place, thing};
use cityheart::change::FeatureEdit;
use cityheart::error::Error;
use cityheart::store::{GeoPackage, Store};
use rusqlite::Connection;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PLAN: &str = "CITYHEART_TEST_SWAPPED_PLAN";
/// How many edits the child is answered.
const EDITS: usize = 12;

/// Only does something when a test below starts it.
#[test]
fn child_that_edits_and_waits() {
    let Some(plan) = std::env::var_os(PLAN).map(PathBuf::from) else { return };
    let store = GeoPackage::open(&plan).unwrap();
    say("open");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    for n in 0..EDITS {
        let feature = thing(&format!("edit-{n}"), place(n as f64, 1.0));
        store.commit_change_set(&edits(vec![FeatureEdit::Create(feature)])).unwrap();
    }
    say("answered");
    std::io::stdin().read_line(&mut line).unwrap();
}

#[allow(clippy::print_stdout, reason = "the parent reads it")]
fn say(word: &str) {
    println!("{word}");
    std::io::stdout().flush().unwrap();
}

/// Edits a plan in another process, which is killed. `meanwhile` runs while it has the plan open, before the edits.
fn crash(plan: &Path, meanwhile: impl FnOnce()) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["file_identity::stopped::child_that_edits_and_waits", "--exact", "--nocapture"]).env(PLAN, plan);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut input = child.stdin.take().unwrap();
    assert!(lines.any(|line| line.unwrap() == "open"));
    meanwhile();
    input.write_all(b"\n").unwrap();
    assert!(lines.any(|line| line.unwrap() == "answered"));
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Makes a plan with two features, a backup of it, and another plan.
fn prepare(dir: &Path) {
    let store = GeoPackage::create(&dir.join("plan.gpkg")).unwrap();
    load(&store, false, vec![bare("a"), bare("b")]);
    store.write_backup(&dir.join("backup.gpkg")).unwrap();
    drop(store);
    fs::copy(dir.join("plan.gpkg"), dir.join("copied.gpkg")).unwrap();
    let other = GeoPackage::create(&dir.join("other.gpkg")).unwrap();
    load(&other, false, (0..300).map(|n| thing(&format!("other-{n}"), place(f64::from(n % 90), 2.0))).collect());
}

fn overwrite(from: &Path, to: &Path) {
    let bytes = fs::read(from).unwrap();
    fs::write(to, bytes).unwrap();
}

/// What the plan must hold when it is opened again.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Holds {
    /// All that was answered.
    Everything,
    /// What the file has that was put there; the log is aside.
    Copy,
    /// What was in the file without its log, and a word about it.
    Less,
    Other,
}

type Deed = fn(&Path);

const DEEDS: [(&str, Deed, Holds); 15] = [
    ("nothing", |_| {}, Holds::Everything),
    ("a backup copied over", |d| overwrite(&d.join("backup.gpkg"), &d.join("plan.gpkg")), Holds::Copy),
    ("a copy from before copied over", |d| overwrite(&d.join("copied.gpkg"), &d.join("plan.gpkg")), Holds::Copy),
    ("a copy from the run copied over", |d| overwrite(&d.join("while-open.gpkg"), &d.join("plan.gpkg")), Holds::Copy),
    (
        "a copy from the run moved over",
        |d| fs::rename(d.join("while-open.gpkg"), d.join("plan.gpkg")).unwrap(),
        Holds::Copy,
    ),
    ("another plan copied over", |d| overwrite(&d.join("other.gpkg"), &d.join("plan.gpkg")), Holds::Other),
    ("another plan moved over", |d| fs::rename(d.join("other.gpkg"), d.join("plan.gpkg")).unwrap(), Holds::Other),
    (
        "deleted and made again",
        |d| {
            fs::remove_file(d.join("plan.gpkg")).unwrap();
            fs::copy(d.join("other.gpkg"), d.join("plan.gpkg")).unwrap();
        },
        Holds::Other,
    ),
    ("-wal deleted", |d| fs::remove_file(d.join("plan.gpkg-wal")).unwrap(), Holds::Less),
    ("-shm deleted", |d| fs::remove_file(d.join("plan.gpkg-shm")).unwrap(), Holds::Everything),
    (
        "moved there and back",
        |d| {
            for name in ["plan.gpkg", "plan.gpkg-wal"] {
                fs::rename(d.join(name), d.join("there")).unwrap();
                fs::rename(d.join("there"), d.join(name)).unwrap();
            }
        },
        Holds::Everything,
    ),
    (
        "both copied there and back",
        |d| {
            for name in ["plan.gpkg-wal", "plan.gpkg"] {
                fs::copy(d.join(name), d.join("there")).unwrap();
                fs::remove_file(d.join(name)).unwrap();
                fs::rename(d.join("there"), d.join(name)).unwrap();
            }
            fs::remove_file(d.join("plan.gpkg-shm")).unwrap();
        },
        Holds::Everything,
    ),
    (
        "the end of the log cut off",
        |d| {
            let log = fs::File::options().write(true).open(d.join("plan.gpkg-wal")).unwrap();
            log.set_len(log.metadata().unwrap().len() - 5000).unwrap();
        },
        Holds::Less,
    ),
    (
        "made read-only and writable again",
        |d| {
            for read_only in [true, false] {
                let mut permissions = fs::metadata(d.join("plan.gpkg")).unwrap().permissions();
                permissions.set_readonly(read_only);
                fs::set_permissions(d.join("plan.gpkg"), permissions).unwrap();
                assert_eq!(ids_of(&GeoPackage::open_read_only(&d.join("plan.gpkg")).unwrap()).len(), 2 + EDITS);
            }
        },
        Holds::Everything,
    ),
    (
        "read by another program",
        |d| drop(Connection::open(d.join("plan.gpkg")).unwrap().query_row("SELECT 1 FROM things", [], |_| Ok(()))),
        Holds::Everything,
    ),
];

fn ids_of(store: &GeoPackage) -> Vec<String> {
    crate::store::features::all(store).iter().map(|f| f.id.to_string()).collect()
}

#[test]
fn after_a_crash_only_the_log_of_the_file_is_replayed() {
    for place in directories() {
        for (what, deed, holds) in DEEDS {
            let dir = tempfile::tempdir_in(place.path()).unwrap();
            let what = format!("{what} in {}", dir.path().display());
            let (plan, dir) = (dir.path().join("plan.gpkg"), dir.path());
            prepare(dir);
            crash(&plan, || assert!(fs::copy(&plan, dir.join("while-open.gpkg")).is_ok()));
            deed(dir);
            // Whoever only reads does not apply a foreign log either, and moves nothing.
            let read = (holds != Holds::Less).then(|| ids_of(&GeoPackage::open_read_only(&plan).unwrap()));
            let store = GeoPackage::open(&plan).unwrap_or_else(|e| panic!("{what}: {e}"));
            let found = ids_of(&store);
            assert!(read.is_none_or(|read| read == found), "{what}");
            let answered = (0..EDITS).filter(|n| found.contains(&format!("edit-{n}"))).count();
            let aside = named(dir, "plan.gpkg-wal.aside-");
            match holds {
                Holds::Everything => assert_eq!((answered, found.len()), (EDITS, EDITS + 2), "{what}"),
                Holds::Copy => assert_eq!(found, ["a", "b"], "{what}"),
                Holds::Other => assert_eq!(found.len(), 300, "{what}"),
                Holds::Less => assert!(answered < EDITS && found.len() == answered + 2, "{what}: {found:?}"),
            }
            if matches!(holds, Holds::Copy | Holds::Other) {
                assert!(aside.len() == 1 && fs::metadata(&aside[0]).unwrap().len() > 0, "{what}: {aside:?}");
                let note = store.opening_note().unwrap();
                assert!(note.contains("did not belong") && note.contains("-wal.aside-"), "{what}: {note}");
            } else {
                assert_eq!(aside, Vec::<PathBuf>::new(), "{what}");
            }
            if what.starts_with("-wal deleted") {
                assert!(store.opening_note().unwrap().contains("may be lost"), "{what}");
            }
            store.commit_change_set(&edits(vec![FeatureEdit::Create(bare("later"))])).unwrap();
            drop(store);
            assert_sound(dir, &what);
            assert!(ids(&plan, "things").contains(&"later".to_owned()), "{what}");
            assert!(GeoPackage::open(&plan).unwrap().opening_note().is_none(), "{what}");
        }
    }
}

#[test]
fn a_log_beside_a_plan_of_another_is_put_aside_whoever_wrote_it() {
    for place in directories() {
        let dir = tempfile::tempdir_in(place.path()).unwrap();
        let (dir, plan) = (dir.path(), dir.path().join("plan.gpkg"));
        prepare(dir);
        // Of another plan that crashed, and of a database of another program, which has no mark.
        crash(&dir.join("other.gpkg"), || {});
        let foreign = Connection::open(dir.join("foreign.db")).unwrap();
        foreign
            .execute_batch("PRAGMA journal_mode=WAL; CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(50000))")
            .unwrap();
        for log in ["other.gpkg-wal", "foreign.db-wal"] {
            fs::copy(dir.join(log), dir.join("plan.gpkg-wal")).unwrap();
            let store = GeoPackage::open(&plan).unwrap();
            assert_eq!(ids_of(&store), ["a", "b"], "{log}");
            drop(store);
            assert_sound(dir, log);
        }
        assert_eq!(named(dir, "plan.gpkg-wal.aside-").len(), 2);
        drop(foreign);
        // The other plan still has its own.
        assert_eq!(ids_of(&GeoPackage::open(&dir.join("other.gpkg")).unwrap()).len(), 300 + EDITS);
    }
}

#[test]
fn a_log_of_another_program_alone_is_replayed() {
    for place in directories() {
        let dir = tempfile::tempdir_in(place.path()).unwrap();
        prepare(dir.path());
        let (plan, crashed) = (dir.path().join("plan.gpkg"), dir.path().join("crashed.gpkg"));
        let conn = Connection::open(&plan).unwrap();
        conn.execute_batch("UPDATE gpkg_contents SET description='by hand' WHERE table_name='things'").unwrap();
        // What a crash leaves: the file and its log.
        fs::copy(&plan, &crashed).unwrap();
        fs::copy(dir.path().join("plan.gpkg-wal"), dir.path().join("crashed.gpkg-wal")).unwrap();
        drop(conn);
        let store = GeoPackage::open(&crashed).unwrap();
        assert!(store.opening_note().is_none());
        drop(store);
        let conn = Connection::open(&crashed).unwrap();
        let found: String = conn.query_row("SELECT description FROM gpkg_contents", [], |row| row.get(0)).unwrap();
        assert_eq!(found, "by hand");
    }
}

#[test]
fn a_new_plan_does_not_take_the_log_of_one_that_was_deleted() {
    for place in directories() {
        let dir = tempfile::tempdir_in(place.path()).unwrap();
        let (dir, plan) = (dir.path(), dir.path().join("plan.gpkg"));
        prepare(dir);
        crash(&plan, || {});
        fs::remove_file(&plan).unwrap();
        assert!(matches!(GeoPackage::open(&plan).err(), Some(Error::NotFound(_))));
        let store = GeoPackage::create(&plan).unwrap();
        assert!(store.opening_note().unwrap().contains("-wal.aside-"));
        assert!(store.list_collections().unwrap().is_empty());
        drop(store);
        assert_sound(dir, "deleted");
        assert_eq!(named(dir, "plan.gpkg-wal.aside-").len(), 1);
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_to_another_plan_leaves_each_its_log() {
    for place in directories() {
        let dir = tempfile::tempdir_in(place.path()).unwrap();
        let (dir, link) = (dir.path(), dir.path().join("link.gpkg"));
        prepare(dir);
        let lead_to = |name: &str| {
            let _ = fs::remove_file(&link);
            std::os::unix::fs::symlink(dir.join(name), &link).unwrap();
        };
        lead_to("plan.gpkg");
        crash(&link, || {});
        lead_to("other.gpkg");
        assert_eq!(ids_of(&GeoPackage::open(&link).unwrap()).len(), 300);
        lead_to("plan.gpkg");
        assert_eq!(ids_of(&GeoPackage::open(&link).unwrap()).len(), 2 + EDITS);
        assert_sound(dir, "a link");
    }
}

#[test]
fn a_truncated_plan_is_told_and_keeps_its_log() {
    for place in directories() {
        let dir = tempfile::tempdir_in(place.path()).unwrap();
        let (dir, plan) = (dir.path(), dir.path().join("plan.gpkg"));
        prepare(dir);
        crash(&plan, || {});
        for bytes in [10_000, 100, 0] {
            fs::File::options().write(true).open(&plan).unwrap().set_len(bytes).unwrap();
            let error = GeoPackage::open(&plan).err().unwrap();
            let said = error.to_string();
            assert!(matches!(error, Error::Refused(_)) && said.contains("backup"), "{bytes}: {said}");
        }
        assert!(!named(dir, "plan.gpkg-wal").is_empty());
    }
}

#[test]
fn a_quiet_plan_is_whole_without_its_log() {
    for place in directories() {
        let dir = tempfile::tempdir_in(place.path()).unwrap();
        prepare(dir.path());
        let (plan, copy) = (dir.path().join("plan.gpkg"), dir.path().join("quiet.gpkg"));
        let store = GeoPackage::open(&plan).unwrap();
        let _watch = store.watch_changes(Box::new(|_| {})).unwrap();
        store.commit_change_set(&edits(vec![FeatureEdit::Create(bare("c"))])).unwrap();
        let log = dir.path().join("plan.gpkg-wal");
        assert!(fs::metadata(&log).unwrap().len() > 0);
        let started = std::time::Instant::now();
        while fs::metadata(&log).unwrap().len() > 0 {
            assert!(started.elapsed().as_secs() < 60, "the log is never moved into the file");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        fs::copy(&plan, &copy).unwrap();
        assert_eq!(ids(&copy, "things"), ["a", "b", "c"]);
        assert!(store.read_history(&collection_id("things"), &crate::store::features::id("c")).is_ok());
        assert!(GeoPackage::open(&copy).unwrap().opening_note().is_none());
    }
}
