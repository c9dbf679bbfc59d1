//! `cityheart restore`: the copy is checked, the plan is replaced as a whole, and what was there is kept.

use super::{assert_sound, directories, ids, named};
use crate::store::features::{bare, edits, load};
use cityheart::change::FeatureEdit;
use cityheart::store::{GeoPackage, Store};
use std::fs;
use std::path::Path;
use std::process::Command;

/// The exit code, and what was printed.
fn run(dir: &Path, arguments: &str) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cityheart"));
    let ran = command.args(arguments.split_whitespace()).current_dir(dir).output().unwrap();
    let said = [ran.stdout, ran.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (ran.status.code().unwrap(), said)
}

fn create(path: &Path, ids: &[&str]) -> GeoPackage {
    let store = GeoPackage::create(path).unwrap();
    load(&store, false, ids.iter().map(|id| bare(id)).collect());
    store
}

#[test]
fn a_copy_takes_the_place_of_a_plan_and_the_plan_is_kept() {
    for place in directories() {
        let dir = place.path();
        let plan = dir.join("plan.gpkg");
        let store = create(&plan, &["a", "b"]);
        let (code, said) = run(dir, "backup plan.gpkg copy.gpkg");
        assert!(code == 0 && said.contains("cityheart restore copy.gpkg plan.gpkg"), "{said}");
        store.commit_change_set(&edits(vec![FeatureEdit::Create(bare("c"))])).unwrap();
        fs::write(dir.join("plan.access.db"), "accounts").unwrap();
        // As a server has it open.
        let (code, said) = run(dir, "restore copy.gpkg plan.gpkg");
        assert!(code == 1 && said.contains("open in another program") && said.contains("Stop it"), "{said}");
        let (code, said) = run(dir, "restore copy.gpkg plan.gpkg --verify");
        assert!(code == 0 && said.contains("is sound") && said.contains("Nothing was changed"), "{said}");
        // The store ends as if it had been killed: its log stays.
        let log = fs::read(dir.join("plan.gpkg-wal")).unwrap();
        drop(store);
        fs::write(dir.join("plan.gpkg-wal"), &log).unwrap();
        let (code, said) = run(dir, "restore copy.gpkg plan.gpkg");
        assert!(code == 0 && said.contains("plan.gpkg.aside-"), "{said}");
        assert_eq!(ids(&plan, "things"), ["a", "b"]);
        assert_eq!(fs::read(dir.join("plan.access.db")).unwrap(), b"accounts");
        let kept = named(dir, "plan.gpkg.aside-").into_iter().find(|p| !p.to_string_lossy().ends_with("-wal")).unwrap();
        assert!(said.contains(&*kept.file_name().unwrap().to_string_lossy()), "{said}");
        assert_eq!(ids(&kept, "things"), ["a", "b", "c"]);
        assert!(!dir.join("plan.gpkg-wal").exists());
        assert!(GeoPackage::open(&plan).unwrap().opening_note().is_none());
        assert_sound(dir, "restored");
        assert_eq!(named(dir, "restoring"), Vec::<std::path::PathBuf>::new());
    }
}

#[test]
fn what_cannot_be_restored_changes_nothing() {
    for place in directories() {
        let dir = place.path();
        drop(create(&dir.join("plan.gpkg"), &["a"]));
        drop(create(&dir.join("copy.gpkg"), &["b"]));
        let before = fs::read(dir.join("plan.gpkg")).unwrap();
        fs::write(dir.join("text.gpkg"), "no plan").unwrap();
        let mut corrupt = fs::read(dir.join("copy.gpkg")).unwrap();
        let middle = corrupt.len() / 2;
        corrupt[middle..].fill(0xAA);
        fs::write(dir.join("corrupt.gpkg"), corrupt).unwrap();
        for (copy, code, word) in [
            ("nowhere.gpkg", 1, "There is no file"),
            ("text.gpkg", 1, "is not a GeoPackage"),
            ("corrupt.gpkg", 1, "corrupt"),
            ("plan.gpkg", 2, "the same file"),
        ] {
            let (found, said) = run(dir, &format!("restore {copy} plan.gpkg"));
            assert!(found == code && said.contains(word), "{copy}: {found} {said}");
        }
        let (code, said) = run(dir, "restore corrupt.gpkg plan.gpkg --verify");
        assert!(code == 1 && said.contains("corrupt"), "{said}");
        assert_eq!(fs::read(dir.join("plan.gpkg")).unwrap(), before);
        assert_eq!(named(dir, "aside"), Vec::<std::path::PathBuf>::new());
        // A plan need not be there.
        let (code, said) = run(dir, "restore copy.gpkg new.gpkg");
        assert!(code == 0 && !said.contains("kept"), "{said}");
        assert_eq!(ids(&dir.join("new.gpkg"), "things"), ["b"]);
    }
}
