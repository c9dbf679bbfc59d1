//! The GeoPackage store, held to the contract of every store and to its own promises.

mod contract;
mod crash;
pub mod features;
mod files;
mod migration;
mod model;
mod other_program;
mod outside;
mod schema;
mod schema_model;

use cityheart::store::GeoPackage;
use std::path::PathBuf;
use tempfile::TempDir;

/// An empty plan in a directory of its own.
struct Plan {
    dir: TempDir,
    store: GeoPackage,
}

impl Plan {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = GeoPackage::create(&dir.path().join("plan.gpkg")).unwrap();
        Self { dir, store }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("plan.gpkg")
    }
}

/// Each line is a test that any store must pass.
macro_rules! contract {
    ($($name:ident)*) => {
        mod the_contract {
            $(#[test]
            fn $name() {
                super::contract::$name(&super::Plan::new().store);
            })*
        }
    };
}

contract! {
    every_kind_of_value_and_geometry_comes_back_as_it_went
    a_revision_is_one_more_and_shows_in_scans
    stale_and_impossible_edits_are_refused_and_leave_nothing
    an_id_is_never_used_twice
    sets_committed_together_do_not_spoil_each_other
    a_patch_changes_what_it_names_and_nothing_else
    what_was_once_can_be_restored_also_after_it_was_deleted
    history_tells_who_changed_what_from_what_to_what
    a_load_that_fails_leaves_nothing
    a_load_adds_to_what_is_there
    a_replacing_load_keeps_keys_and_history_of_what_stays
    scanning_since_a_revision_shows_what_changed_and_what_went
    the_store_keeps_created_and_updated
    instants_come_back_in_utc
    what_is_not_there_is_not_found
}
