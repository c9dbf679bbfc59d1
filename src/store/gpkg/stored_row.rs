//! A row as it is in the file: its feature, and every cell that the feature does not hold byte for byte. Whatever is
//! written again (an edit, a restored version, a collection that is replaced) writes these cells as they were.

use super::geometry_blob;
use super::gpkg_layer::{GpkgLayer, SqlCell, read_value};
use super::row_findings::RowFindings;
use super::sql_literal::SqlLiteral;
use crate::collection::FieldType;
use crate::error::Result;
use crate::feature::{Feature, FeatureId, FieldValue};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, ToSql};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// A row of a layer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StoredRow {
    pub feature: Feature,
    /// The geometry blob as it is in the file.
    pub geom: Option<Vec<u8>>,
    pub raw: RawCells,
}

/// Cells by column: those of columns that are no fields, and those whose value is not what their field shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct RawCells(BTreeMap<String, SqlLiteral>);

impl RawCells {
    pub(super) fn get(&self, column: &str) -> Option<&SqlLiteral> {
        self.0.get(column)
    }

    pub(super) fn insert(&mut self, column: &str, cell: SqlLiteral) {
        self.0.insert(column.to_owned(), cell);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        self.0.retain(|column, _| keep(column));
    }

    /// As the change log stores them: literals by column; `None` when there are none.
    pub(super) fn to_json(&self) -> Option<String> {
        let cells = self.0.iter().map(|(column, cell)| (column.clone(), cell.to_string().into()));
        (!self.is_empty()).then(|| Json::Object(cells.collect()).to_string())
    }

    /// The inverse of [`RawCells::to_json`].
    pub(super) fn from_json(json: Option<&str>) -> Self {
        let cells: Map<String, Json> = json.and_then(|j| serde_json::from_str(j).ok()).unwrap_or_default();
        let read = |(column, cell): (String, Json)| Some((column, SqlLiteral::read_next(&mut cell.as_str()?)?));
        Self(cells.into_iter().filter_map(read).collect())
    }
}

impl StoredRow {
    /// The row that a feature becomes when it is written as it is.
    pub(super) fn from_feature(feature: Feature) -> Self {
        let geom = feature.geometry.as_ref().map(|g| {
            let mut bytes = Vec::new();
            geometry_blob::encode_geometry(g, &mut bytes);
            bytes
        });
        Self { feature, geom, raw: RawCells::default() }
    }

    /// The row after an edit: what the edit leaves as it was keeps its bytes.
    pub(super) fn with_feature(&self, layer: &GpkgLayer, after: Feature) -> Self {
        let mut raw = self.raw.clone();
        for (i, column) in layer.layout.columns.iter().enumerate() {
            if self.feature.values.get(i) != after.values.get(i) {
                raw.0.remove(column);
            }
        }
        if self.feature.geometry == after.geometry {
            return Self { geom: self.geom.clone(), raw, feature: after };
        }
        if let Some(geom) = &layer.layout.geom {
            raw.0.remove(geom);
        }
        Self { raw, ..Self::from_feature(after) }
    }

    /// Puts a row together from its cells, those of the fields first.
    pub(super) fn from_cells<'c>(
        layer: &GpkgLayer,
        (key, id): (i64, FeatureId),
        geom: ValueRef<'_>,
        cell: impl Fn(usize) -> ValueRef<'c>,
    ) -> Self {
        let geometry = layer.read_geometry(key, &id, geom, &mut RowFindings::default());
        let field = |i: usize| read_value(layer.collection.fields[i].kind, cell(i)).unwrap_or_default();
        let values = (0..layer.collection.fields.len()).map(field).collect();
        Self::with_raw_cells(layer, Feature { key, id, geometry, values }, geom, cell)
    }

    fn with_raw_cells<'c>(
        layer: &GpkgLayer,
        feature: Feature,
        geom: ValueRef<'_>,
        cell: impl Fn(usize) -> ValueRef<'c>,
    ) -> Self {
        let mut raw = RawCells::default();
        let fields = layer.layout.columns.iter().zip(&layer.collection.fields).zip(&feature.values).enumerate();
        for (i, ((column, field), value)) in fields {
            let found = cell(i);
            if !is_written_as(field.kind, value, found) {
                raw.insert(column, found.into());
            }
        }
        for (i, column) in layer.layout.kept.iter().enumerate() {
            let found = cell(layer.layout.columns.len() + i);
            if found != ValueRef::Null {
                raw.insert(column, found.into());
            }
        }
        let blob = match (geom, &layer.layout.geom) {
            (ValueRef::Null, _) | (_, None) => None,
            (ValueRef::Blob(bytes), _) => Some(bytes.to_vec()),
            (other, Some(column)) => {
                raw.insert(column, other.into());
                None
            }
        };
        Self { feature, geom: blob, raw }
    }
}

impl GpkgLayer {
    /// The row with this id, as it is in the table.
    pub(super) fn find_row(&self, conn: &Connection, id: &FeatureId) -> Result<Option<StoredRow>> {
        let mut find = conn.prepare_cached(&self.sql.find)?;
        Ok(find.query_row([id.as_str()], |row| self.read_stored(row)).optional()?.flatten())
    }

    /// The row with this key, as it is in the table.
    pub(super) fn find_row_by_key(&self, conn: &Connection, key: i64) -> Result<Option<StoredRow>> {
        let mut find = conn.prepare_cached(&self.sql.find_key)?;
        Ok(find.query_row([key], |row| self.read_stored(row)).optional()?.flatten())
    }

    /// Reads a row of [`LayerStatements`](super::gpkg_layer::LayerStatements). `None` when its id is invalid.
    fn read_stored(&self, row: &Row<'_>) -> rusqlite::Result<Option<StoredRow>> {
        let Some(feature) = self.read_row(row, &mut RowFindings::default())? else { return Ok(None) };
        let cell = |i: usize| row.get_ref(i + 3).unwrap_or(ValueRef::Null);
        Ok(Some(StoredRow::with_raw_cells(self, feature, row.get_ref(2)?, cell)))
    }
}

/// Whether a value is written as the bytes that are in the file.
fn is_written_as(kind: FieldType, value: &FieldValue, cell: ValueRef<'_>) -> bool {
    match SqlCell(kind, value).to_sql() {
        Ok(ToSqlOutput::Borrowed(written)) => written == cell,
        Ok(ToSqlOutput::Owned(written)) => ValueRef::from(&written) == cell,
        _ => false,
    }
}
