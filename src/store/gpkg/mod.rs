//! The GeoPackage store: one file that QGIS and GDAL also read and write. Never keeps features in memory, only
//! connections and the layout of the tables.

use super::{LoadSummary, PlanFinding, Store, StoreWatch};
use crate::change::{
    ChangeSet, FeatureChange, FeatureCreator, FeatureVersion, GroupCommitOutcome, HistoryPage, HistoryQuery,
    HistoryRetention, HistorySize, LogPage, LogPosition, RevisionNumber,
};
use crate::collection::{Collection, CollectionId};
use crate::error::Result;
use crate::feature::{Feature, FeatureId};
use gpkg_layer::find_layer;
use package_state::GeoPackageState;
use std::path::Path;
use std::sync::Arc;

// The file.
mod arc; // curves as lines
mod column_types; // what columns hold
mod connection; // SQLite connections
mod file_mark; // by which a file and its log recognise each other
mod geometry_blob; // the geometry blob
mod gpkg_layer; // rows and features
mod grid_reader; // layers in national grids
mod row_findings; // unusual rows
mod sql_functions; // ST_MinX …
mod sql_literal; // cells as text
mod sql_text; // names in SQL
mod sqlite_error; // SQLite's errors in sentences
mod stored_row; // rows byte for byte
mod table_shape; // keys, geometry, reference systems
mod tables; // CREATE TABLE …
mod wal_file; // the log, read without SQLite
mod wal_index; // how far the log is in the file
mod wkb; // reading geometry

// Parts of a layer.
mod change_log; // the change log: writing, history, what changed since
mod creators; // who created a feature
mod contents; // extent, revision and time of the last change
mod follow_schema; // what other programs did to a table
mod foreign_tables; // tables of other programs
mod free_keys; // the keys of new rows
mod journal; // notes of what other programs did
mod layer_catalog; // the layers of a file
mod layer_setup; // what makes a table a layer
mod noted_row; // rows in the notes
mod row_writer; // writing rows
mod rtree; // the spatial index
mod schema_edit; // schemas that follow their tables

// The open file.
mod checkpoint; // the log into the file
mod copy_file; // copies of an open file
mod file_monitor; // whether it is still the file that was opened
mod leftover_wal; // logs of other files
mod adopt_schema; // what other programs did to the schema becomes ours
mod package_state; // connections and layers
mod watched_state; // what a change is noticed by

// What is done with it.
mod add_fields; // more fields
mod bulk_load; // many features at once
mod commit; // edits
mod history_page; // the history of a feature, page by page
mod log_page; // the change log, page by page
mod migrate; // older files
mod open; // opening and creating files
mod package_reader; // files of other programs, for an import
mod replacing_load; // many features in place of all
mod scan; // reading features
mod table_filler; // rows of a load
mod watch; // changes by other programs

pub use open::check_integrity;
pub use package_reader::{PackageLayer, PackageReader, PackageRow, PackageShape, PackageSrs};
pub use row_findings::RowFindings;

/// One GeoPackage file. Any number of readers, one writer at a time.
pub struct GeoPackage {
    shared: Arc<GeoPackageState>,
    note: Option<String>,
}

impl GeoPackage {
    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Whether the file is open for reading only.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.shared.is_read_only()
    }
}

impl Store for GeoPackage {
    fn list_collections(&self) -> Result<Vec<Collection>> {
        self.shared.run_read(|_, layers| {
            let mut layers: Vec<_> = layers.values().collect();
            layers.sort_by_key(|l| (l.number == 0, l.number));
            Ok(layers.iter().map(|l| l.collection.clone()).collect())
        })
    }

    fn list_findings(&self) -> Result<Vec<PlanFinding>> {
        self.shared.run_read(|conn, _| Ok(self.shared.current_catalog(conn)?.findings.to_vec()))
    }

    fn scan_with_findings(
        &self,
        id: &CollectionId,
        since: Option<RevisionNumber>,
        visit: &mut dyn FnMut(FeatureChange) -> Result<()>,
        findings: &mut RowFindings,
    ) -> Result<RevisionNumber> {
        self.shared.scan_collection(id, since, visit, findings)
    }

    fn commit_all(&self, sets: &[ChangeSet]) -> Result<GroupCommitOutcome> {
        self.shared.commit_all(sets)
    }

    fn load_collection(
        &self,
        collection: &Collection,
        replace: bool,
        features: &mut dyn Iterator<Item = Result<Feature>>,
    ) -> Result<LoadSummary> {
        self.shared.load_collection(collection, replace, features)
    }

    fn add_fields(&self, collection: &Collection) -> Result<()> {
        self.shared.add_fields(collection)
    }

    fn read_history(&self, id: &CollectionId, feature: &FeatureId) -> Result<Vec<FeatureVersion>> {
        self.shared.run_read(|conn, layers| change_log::read_history(conn, find_layer(layers, id)?, feature))
    }

    fn find_creator(&self, id: &CollectionId, feature: &FeatureId) -> Result<Option<FeatureCreator>> {
        self.shared.run_read(|conn, layers| creators::find_creator(conn, find_layer(layers, id)?, feature))
    }

    fn read_history_page(&self, id: &CollectionId, feature: &FeatureId, query: &HistoryQuery) -> Result<HistoryPage> {
        self.shared.run_read(|conn, layers| history_page::read_page(conn, find_layer(layers, id)?, feature, query))
    }

    fn compact_history(&self, keep: HistoryRetention) -> Result<u64> {
        self.shared.compact_history(keep)
    }

    fn count_versions(&self) -> Result<u64> {
        self.shared.count_versions()
    }

    fn history_size(&self) -> Result<HistorySize> {
        self.shared.history_size()
    }

    fn read_change_log(&self, id: &CollectionId, from: LogPosition, limit: usize) -> Result<LogPage> {
        self.shared.run_read(|conn, layers| log_page::read_page(conn, find_layer(layers, id)?, from, limit))
    }

    fn adopt_external_changes(&self, id: &CollectionId) -> Result<(RevisionNumber, Vec<FeatureChange>)> {
        self.shared.adopt_external_changes(id)
    }

    fn write_backup(&self, to: &Path) -> Result<()> {
        self.shared.write_backup(to)
    }

    fn check_file(&self) -> Result<()> {
        self.shared.checkpointer.monitor.check_file().map(drop)
    }

    fn wal_bytes(&self) -> u64 {
        let mut wal = self.shared.path.clone().into_os_string();
        wal.push("-wal");
        std::fs::metadata(wal).map_or(0, |wal| wal.len())
    }

    fn opening_note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    fn watch_changes(&self, changed: Box<dyn Fn(CollectionId) + Send>) -> Result<StoreWatch> {
        watch::start_watch(&self.shared, changed)
    }
}
