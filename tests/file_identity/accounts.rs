//! The file of accounts is swapped, deleted or locked, while the plan is served and while it is not.

use super::directories;
use cityheart::access::{AccessCredential, AccessRole, SecretKind, Viewer};
use cityheart::atlas::AccountService;
use cityheart::error::Error;
use std::fs;
use std::path::Path;

fn add(accounts: &AccountService, name: &str) -> AccessCredential {
    let viewer = Viewer::new(name, "", AccessRole::Admin, []);
    AccessCredential::from_secret(SecretKind::Token, &accounts.add_token(&viewer, 1).unwrap())
}

fn open(dir: &Path) -> AccountService {
    AccountService::beside_plan(&dir.join("plan.gpkg")).unwrap()
}

#[test]
fn a_file_of_accounts_that_is_swapped_is_followed_whether_it_is_open_or_not() {
    for place in directories() {
        for is_open in [true, false] {
            let dir = tempfile::tempdir_in(place.path()).unwrap();
            let elsewhere = tempfile::tempdir_in(place.path()).unwrap();
            let (accounts, other) = (open(dir.path()), open(elsewhere.path()));
            let (ours, theirs) = (add(&accounts, "ours"), add(&other, "theirs"));
            let path = accounts.path().to_owned();
            let backup = fs::read(&path).unwrap();
            // Whoever has the file open goes on; else it is opened after each change.
            let mut running = is_open.then_some(accounts);
            let mut known = |what: &str, wanted: [bool; 2]| {
                let fresh = running.is_none().then(|| open(dir.path()));
                let accounts = running.as_mut().map_or_else(|| fresh.as_ref().unwrap(), |a| &*a);
                let found = [&ours, &theirs].map(|c| accounts.find_viewer(c).unwrap().is_some());
                assert_eq!(found, wanted, "{what}, open: {is_open}, in {}", dir.path().display());
            };
            known("as it was", [true, false]);
            fs::write(&path, fs::read(other.path()).unwrap()).unwrap();
            known("copied over", [false, true]);
            fs::write(dir.path().join("new"), &backup).unwrap();
            fs::rename(dir.path().join("new"), &path).unwrap();
            known("moved over", [true, false]);
            fs::remove_file(&path).unwrap();
            known("deleted", [false, false]);
            assert!(!path.exists(), "asking makes no file");
            fs::write(&path, &backup).unwrap();
            known("made again", [true, false]);
        }
    }
}

#[test]
fn a_locked_or_damaged_file_of_accounts_is_told_and_lets_nobody_in() {
    for place in directories() {
        let accounts = open(place.path());
        let token = add(&accounts, "ours");
        let lock = rusqlite::Connection::open(accounts.path()).unwrap();
        lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
        let locked = accounts.find_viewer(&token).unwrap_err();
        assert!(matches!(&locked, Error::Busy(s) if s.contains("Try again")), "{locked}");
        lock.execute_batch("ROLLBACK").unwrap();
        drop(lock);
        assert!(accounts.find_viewer(&token).unwrap().is_some());
        fs::File::options().write(true).open(accounts.path()).unwrap().set_len(100).unwrap();
        let damaged = accounts.find_viewer(&token).unwrap_err();
        assert!(matches!(&damaged, Error::Unavailable(s) if s.contains("Restore a backup")), "{damaged}");
    }
}
