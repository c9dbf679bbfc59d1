//! Fills a table with many features: rows in their order, then the R-tree and the triggers. Keeps boxes of
//! features in memory, as many as have a bound, not the features.

use super::gpkg_layer::GpkgLayer;
use super::stored_row::StoredRow;
use super::{change_log, commit, contents, free_keys, layer_setup, row_writer, rtree, sqlite_error, tables};
use crate::change::RevisionNumber;
use crate::error::Result;
use crate::feature::{BoundingBox, Feature, FieldValue, bbox_of};
use crate::store::LoadSummary;
use rusqlite::{Connection, Statement};

/// The author in the history.
pub(super) const IMPORT_AUTHOR: &str = "import";

/// How many boxes wait for the index; few in tests, so that they see what is done with more.
const MAX_WAITING_ENTRIES: usize = if cfg!(test) { 100 } else { 1 << 18 };

/// Writes rows, and collects the entries of the R-tree.
pub(super) struct TableFiller<'a> {
    conn: &'a Connection,
    layer: &'a GpkgLayer,
    pub now: String,
    entries: Vec<rtree::RTreeEntry>,
    extent: Option<BoundingBox>,
    features: u64,
    /// The first and the last new key.
    pub keys: Option<(i64, i64)>,
    buffer: Vec<u8>,
    /// The table is still under another name, and the index of its own name is that of the old one.
    waits_for_table: bool,
    /// There were more boxes than may wait for the table: the index reads them from its rows.
    reads_boxes: bool,
}

impl<'a> TableFiller<'a> {
    pub(super) fn new(conn: &'a Connection, layer: &'a GpkgLayer) -> Self {
        Self {
            conn,
            layer,
            now: tables::current_timestamp(),
            entries: vec![],
            extent: None,
            features: 0,
            keys: None,
            buffer: vec![],
            waits_for_table: false,
            reads_boxes: false,
        }
    }

    /// For a table that replaces another one at the end.
    pub(super) fn new_replacing(conn: &'a Connection, layer: &'a GpkgLayer) -> Self {
        Self { waits_for_table: true, ..Self::new(conn, layer) }
    }

    pub(super) fn insert_feature(
        &mut self,
        insert: &mut Statement<'_>,
        key: Option<i64>,
        mut feature: Feature,
    ) -> Result<()> {
        self.layer.check_geometry(&feature)?;
        for name in ["created", "updated"] {
            if self
                .layer
                .collection
                .field_index(name)
                .is_some_and(|i| feature.values.get(i).is_some_and(FieldValue::is_null))
            {
                commit::set_timestamp(self.layer, &mut feature, name, FieldValue::text(self.now.as_str()));
            }
        }
        self.layer.bind_feature(insert, key, &feature, &mut self.buffer)?;
        insert.raw_execute().map_err(|e| {
            if sqlite_error::is_unique_violation(&e) {
                commit::id_taken_error(self.layer, &feature.id)
            } else {
                free_keys::explain_full(self.conn, self.layer, e)
            }
        })?;
        let stored = self.conn.last_insert_rowid();
        if key.is_none() {
            self.keys = Some((self.keys.map_or(stored, |k| k.0), stored));
        }
        self.note_place(stored, &feature)
    }

    /// Inserts a row into `table` with all of its cells.
    pub(super) fn insert_row(&mut self, table: &str, row: &StoredRow) -> Result<()> {
        self.layer.check_geometry(&row.feature)?;
        row_writer::insert_row(self.conn, self.layer, table, row).map_err(|e| {
            if sqlite_error::is_unique_violation(&e) {
                commit::id_taken_error(self.layer, &row.feature.id)
            } else {
                free_keys::explain_full(self.conn, self.layer, e)
            }
        })?;
        self.note_place(row.feature.key, &row.feature)
    }

    /// Notes the box of a feature for the index. Of very many, the index takes a part at a time, so that the memory for
    /// them has a bound.
    fn note_place(&mut self, key: i64, feature: &Feature) -> Result<()> {
        if let Some(bbox) = feature.geometry.as_ref().and_then(bbox_of) {
            self.extent = Some(self.extent.map_or(bbox, |e| e.union(bbox)));
            if !self.reads_boxes {
                self.entries.push((key, [bbox.west, bbox.east, bbox.south, bbox.north]));
            }
        }
        self.features += 1;
        if self.entries.len() < MAX_WAITING_ENTRIES {
            return Ok(());
        }
        if self.waits_for_table {
            self.reads_boxes = true;
            self.entries = vec![];
            return Ok(());
        }
        rtree::create_rtree(self.conn, self.layer)?;
        rtree::insert_entries(self.conn, self.layer, std::mem::take(&mut self.entries))
    }

    pub(super) fn finish_load(mut self, revision: RevisionNumber, replaced: bool) -> Result<LoadSummary> {
        let (conn, layer) = (self.conn, self.layer);
        rtree::create_rtree(conn, layer)?;
        if self.reads_boxes {
            rtree::fill_in_parts(conn, layer, MAX_WAITING_ENTRIES)?;
        } else {
            rtree::insert_entries(conn, layer, std::mem::take(&mut self.entries))?;
        }
        layer_setup::create_triggers(conn, layer)?;
        let extent = contents::read_extent(conn, layer)?.into_iter().chain(self.extent).reduce(BoundingBox::union);
        contents::write_extent(conn, layer, extent, &self.now)?;
        if let Some(keys) = self.keys {
            change_log::write_load(conn, layer, revision, IMPORT_AUTHOR, keys, replaced)?;
        }
        contents::set_revision(conn, layer, revision)?;
        Ok(LoadSummary { features: self.features, revision })
    }
}
