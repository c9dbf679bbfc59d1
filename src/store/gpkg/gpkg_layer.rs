//! A collection and its table: which column holds what, and how a row becomes a feature and back.

use super::column_types::column_type;
use super::geometry_blob;
use super::grid_reader::GridReader;
use super::row_findings::RowFindings;
use super::sql_text::quote_name;
use super::wkb::DecodedGeometry;
use crate::collection::{Collection, CollectionId, FieldType};
use crate::digest::ContentHasher;
use crate::error::{Error, Result};
use crate::exact_json::{JsonPlace, parse_json};
use crate::feature::{Feature, FeatureId, FieldValue, Geometry, keep_on_globe, time_spelling};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, Statement, ToSql};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// The names of a table's columns. Stored as JSON beside the schema, as names of fields and columns may differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct TableLayout {
    pub table: String,
    /// The integer primary key.
    pub key: String,
    pub geom: Option<String>,
    /// The column of the feature's id. Where it is null, or there is none, the id is the key.
    pub id: Option<String>,
    /// One per field of the collection.
    pub columns: Vec<String>,
    /// The declared types of these columns when they became fields; empty in files of older versions.
    #[serde(default)]
    pub declared: Vec<String>,
    /// Columns that are no fields, because no property can represent them. They stay as they are.
    #[serde(default)]
    pub kept: Vec<String>,
    /// The EPSG code of the coordinates, when it is not 4326.
    #[serde(default)]
    pub epsg: Option<u16>,
}

/// A collection and its table.
#[derive(Debug, Clone)]
pub(super) struct GpkgLayer {
    /// The number of the collection in our tables; 0 for a table in a file that is no plan.
    pub number: i64,
    pub collection: Collection,
    pub layout: TableLayout,
    /// Equal for equal collections with equal layouts: what an edit was validated against.
    pub definition: u128,
    pub sql: LayerStatements,
    /// How coordinates are converted to degrees, when they are in another reference system.
    grid: Option<GridReader>,
}

/// All layers of a file.
pub(super) type GpkgLayers = BTreeMap<CollectionId, Arc<GpkgLayer>>;

/// The statements that every edit needs, built once from the layout.
#[derive(Debug, Clone)]
pub(super) struct LayerStatements {
    /// [`TableLayout::select_sql`] of the row with the id `?1`, with the columns that are no fields.
    pub find: String,
    /// The same of the row with the key `?1`.
    pub find_key: String,
    /// [`TableLayout::insert_sql`].
    pub insert: String,
}

impl TableLayout {
    /// The layout of a new table: our own columns first, then one per field under its own name where that is free.
    pub(super) fn new(collection: &Collection) -> Self {
        let mut used: Vec<String> = ["fid", "geom", "id"].map(String::from).to_vec();
        let columns = collection.fields.iter().map(|f| claim_free_name(&f.name, &mut used)).collect();
        Self {
            table: collection.id.to_string(),
            key: "fid".into(),
            geom: (!collection.geometry.is_none()).then(|| "geom".into()),
            id: Some("id".into()),
            columns,
            declared: collection.fields.iter().map(|f| column_type(f.kind).to_owned()).collect(),
            kept: vec![],
            epsg: None,
        }
    }

    /// All columns of the layout.
    pub(super) fn column_names(&self) -> impl Iterator<Item = &String> {
        [Some(&self.key), self.id.as_ref(), self.geom.as_ref()].into_iter().flatten().chain(self.value_columns())
    }

    /// The columns of the fields, then those that are no fields.
    pub(super) fn value_columns(&self) -> impl Iterator<Item = &String> {
        self.columns.iter().chain(&self.kept)
    }

    /// The SQL expression of a feature's id.
    fn id_sql(&self) -> String {
        let key = format!("CAST({} AS TEXT)", quote_name(&self.key));
        self.id.as_ref().map_or(key.clone(), |id| format!("coalesce(CAST({} AS TEXT),{key})", quote_name(id)))
    }

    /// `SELECT key, id, geometry, fields … FROM table`.
    pub(super) fn select_sql(&self) -> String {
        self.select_columns(self.columns.iter())
    }

    fn select_columns<'c>(&self, columns: impl Iterator<Item = &'c String>) -> String {
        let mut sql = format!(
            "SELECT {},{},{}",
            quote_name(&self.key),
            self.id_sql(),
            self.geom.as_deref().map_or("NULL".into(), quote_name)
        );
        for column in columns {
            let _ = write!(sql, ",{}", quote_name(column));
        }
        let _ = write!(sql, " FROM {}", quote_name(&self.table));
        sql
    }

    /// A condition that finds the row with the id `?1`, by the index on ids or by the key.
    fn id_condition(&self) -> String {
        let key = quote_name(&self.key);
        let by_key = format!("({key}=CAST(?1 AS INTEGER) AND CAST({key} AS TEXT)=?1");
        match self.id.as_deref().map(quote_name) {
            Some(id) => format!("({id}=?1 OR {by_key} AND {id} IS NULL))"),
            None => format!("{by_key})"),
        }
    }

    /// `INSERT INTO table (key, id, geometry, fields …) VALUES (?1, ?2, ?3, …)`; the geometry is `?3` even when there
    /// is none.
    fn insert_sql(&self) -> String {
        let mut names = quote_name(&self.key);
        let mut marks = String::from("?1");
        let optional = [(2, self.id.as_ref()), (3, self.geom.as_ref())];
        let fields = self.columns.iter().enumerate().map(|(i, c)| (i + 4, c));
        for (at, name) in optional.into_iter().filter_map(|(i, c)| Some((i, c?))).chain(fields) {
            let _ = write!(names, ",{}", quote_name(name));
            let _ = write!(marks, ",?{at}");
        }
        format!("INSERT INTO {} ({names}) VALUES ({marks})", quote_name(&self.table))
    }

    pub(super) fn rtree_name(&self) -> Option<String> {
        self.geom.as_ref().map(|geom| format!("rtree_{}_{geom}", self.table))
    }
}

/// A name that is not used yet, ignoring case.
pub(super) fn claim_free_name(wanted: &str, used_names: &mut Vec<String>) -> String {
    let plain: String = wanted.chars().map(|c| if c.is_control() { '_' } else { c }).collect();
    let base = if plain.is_empty() { "field" } else { &plain };
    let mut name = base.to_owned();
    let mut n = 2;
    while used_names.contains(&name.to_lowercase()) {
        name = format!("{base}_{n}");
        n += 1;
    }
    used_names.push(name.to_lowercase());
    name
}

impl GpkgLayer {
    pub(super) fn new(number: i64, collection: Collection, layout: TableLayout) -> Self {
        let select = layout.select_columns(layout.value_columns());
        let sql = LayerStatements {
            find: format!("{select} WHERE {}", layout.id_condition()),
            find_key: format!("{select} WHERE {}=?1", quote_name(&layout.key)),
            insert: layout.insert_sql(),
        };
        let grid = layout.epsg.and_then(GridReader::new);
        let mut hasher = ContentHasher::default();
        hasher.write_bytes(&layout.epsg.unwrap_or_default().to_le_bytes());
        hasher.write_text(&layout.table);
        hasher.write_text(collection.id.as_str());
        hasher.write_text(&collection.schema.to_string());
        layout.column_names().for_each(|column| hasher.write_text(column));
        Self { number, collection, layout, definition: hasher.finish(), sql, grid }
    }

    /// Reads a row of [`TableLayout::select_sql`]. `None` when its id is invalid; other faults become null. All faults
    /// are counted.
    pub(super) fn read_row(&self, row: &Row<'_>, findings: &mut RowFindings) -> rusqlite::Result<Option<Feature>> {
        let key: i64 = row.get(0)?;
        let id = match row.get_ref(1)? {
            ValueRef::Text(text) => std::str::from_utf8(text).ok().and_then(|t| FeatureId::new(t).ok()),
            _ => None,
        };
        let Some(id) = id else {
            findings.count_missing_id(key);
            return Ok(None);
        };
        let geometry = self.read_geometry(key, &id, row.get_ref(2)?, findings);
        let mut values = Vec::with_capacity(self.layout.columns.len());
        for (i, field) in self.collection.fields.iter().enumerate() {
            let value = read_value(field.kind, row.get_ref(i + 3)?);
            if value.is_none() {
                findings.count_invalid_value(key, &id, i, row.get_ref(i + 3)?);
            }
            if matches!(&value, Some(FieldValue::Text(text)) if text.contains('\0')) {
                findings.count_nul(key, &id, i);
            }
            values.push(value.unwrap_or_default());
        }
        Ok(Some(Feature { key, id, geometry, values }))
    }

    /// Reads the cell of the geometry; what is unreadable is none.
    pub(super) fn read_geometry(
        &self,
        key: i64,
        id: &FeatureId,
        cell: ValueRef<'_>,
        findings: &mut RowFindings,
    ) -> Option<Geometry> {
        let bytes = match cell {
            ValueRef::Null => return None,
            ValueRef::Blob(bytes) => bytes,
            _ => &[],
        };
        let converted =
            geometry_blob::decode_geometry(bytes).and_then(|decoded| match (&self.grid, &decoded.geometry) {
                (Some(grid), Some(geometry)) => {
                    Ok(DecodedGeometry { geometry: Some(grid.to_lonlat(geometry)?), ..decoded })
                }
                _ => Ok(decoded),
            });
        match converted {
            Ok(decoded) => {
                findings.count_converted(key, id, &decoded);
                // Kept all the same, so that a check can say what is wrong with it; the index leaves it out.
                decoded.geometry.map(|geometry| {
                    keep_on_globe(geometry).unwrap_or_else(|(geometry, _)| {
                        findings.count_off_globe(key, id);
                        geometry
                    })
                })
            }
            Err(fault) => {
                findings.count_invalid_geometry(key, id, fault);
                None
            }
        }
    }

    /// The feature with this id, as it is in the table.
    pub(super) fn find_feature(&self, conn: &Connection, id: &FeatureId) -> Result<Option<Feature>> {
        let mut find = conn.prepare_cached(&self.sql.find)?;
        Ok(find.query_row([id.as_str()], |row| self.read_row(row, &mut RowFindings::default())).optional()?.flatten())
    }

    /// The feature with this key, as it is in the table.
    pub(super) fn find_by_key(&self, conn: &Connection, key: i64) -> Result<Option<Feature>> {
        self.find_by_key_with(conn, key, &mut RowFindings::default())
    }

    /// The same, with what the feature does not show.
    pub(super) fn find_by_key_with(
        &self,
        conn: &Connection,
        key: i64,
        findings: &mut RowFindings,
    ) -> Result<Option<Feature>> {
        let mut find = conn.prepare_cached(&self.sql.find_key)?;
        Ok(find.query_row([key], |row| self.read_row(row, findings)).optional()?.flatten())
    }

    /// Binds a feature to [`TableLayout::insert_sql`]. `key` is `None` for a new one.
    pub(super) fn bind_feature(
        &self,
        insert: &mut Statement<'_>,
        key: Option<i64>,
        feature: &Feature,
        buffer: &mut Vec<u8>,
    ) -> Result<()> {
        if feature.values.len() != self.layout.columns.len() {
            return Err(Error::internal(format!(
                "the feature {} does not have the fields of {}",
                feature.id, self.collection.id
            )));
        }
        insert.raw_bind_parameter(1, key)?;
        if self.layout.id.is_some() {
            insert.raw_bind_parameter(2, feature.id.as_str())?;
        }
        if self.layout.geom.is_some() {
            buffer.clear();
            let blob = feature.geometry.as_ref().map(|g| {
                geometry_blob::encode_geometry(g, buffer);
                buffer.as_slice()
            });
            insert.raw_bind_parameter(3, blob)?;
        }
        for (i, (value, field)) in feature.values.iter().zip(&self.collection.fields).enumerate() {
            insert.raw_bind_parameter(i + 4, SqlCell(field.kind, value))?;
        }
        Ok(())
    }

    /// Refuses a geometry of a type that the collection does not accept.
    pub(super) fn check_geometry(&self, feature: &Feature) -> Result<()> {
        match &feature.geometry {
            Some(geometry) if !self.collection.geometry.accepts(geometry) => Err(Error::invalid(
                "/geometry",
                format!(
                    "The collection '{}' holds {}. The feature '{}' has another geometry.",
                    self.collection.id,
                    self.collection.geometry.type_names(),
                    feature.id
                ),
            )),
            _ => Ok(()),
        }
    }
}

pub(super) fn find_layer<'a>(layers: &'a GpkgLayers, id: &CollectionId) -> Result<&'a Arc<GpkgLayer>> {
    layers.get(id).ok_or_else(|| Error::NotFound(format!("The plan has no collection '{id}'.")))
}

/// A value that is bound to a column.
pub(super) struct SqlCell<'a>(pub FieldType, pub &'a FieldValue);

impl ToSql for SqlCell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match (self.0, self.1) {
            (_, FieldValue::Null) => ToSqlOutput::Borrowed(ValueRef::Null),
            (_, FieldValue::Bool(b)) => ToSqlOutput::Borrowed(ValueRef::Integer((*b).into())),
            (_, FieldValue::Int(i)) => ToSqlOutput::Borrowed(ValueRef::Integer(*i)),
            (_, FieldValue::Real(r)) => ToSqlOutput::Borrowed(ValueRef::Real(*r)),
            (FieldType::DateTime, FieldValue::Text(t)) => match to_utc_text(t) {
                Some(utc) => ToSqlOutput::from(utc),
                None => ToSqlOutput::Borrowed(ValueRef::Text(t.as_bytes())),
            },
            (_, FieldValue::Text(t)) => ToSqlOutput::Borrowed(ValueRef::Text(t.as_bytes())),
            (_, FieldValue::Json(j)) => ToSqlOutput::from(j.to_string()),
        })
    }
}

/// An instant as a GeoPackage stores it: in UTC, with three or more decimals of a second if any. `None` when the text
/// is in this form already, or is not an instant.
pub(super) fn to_utc_text(text: &str) -> Option<String> {
    let fraction = text.strip_suffix('Z').map(|t| t.split_once('.').map_or(0, |(_, digits)| digits.len()));
    if fraction.is_some_and(|digits| digits == 0 || digits >= 3) {
        return None;
    }
    let instant = text.parse::<jiff::Timestamp>().ok()?;
    let exact = instant.to_string();
    let digits = exact.split_once('.').map_or(0, |(_, rest)| rest.len() - 1);
    Some(if matches!(digits, 1 | 2) { format!("{instant:.3}") } else { exact })
}

/// A day, or a time that another program wrote into a column of days. What is neither stays as it is: `check` tells it.
fn read_day(text: &str) -> FieldValue {
    let day = time_spelling::read_day(text);
    let instant = || time_spelling::read_instant(text).map(|read| read.text);
    FieldValue::text(day.or_else(instant).unwrap_or(text.into()))
}

/// An instant, without a zone in UTC (GeoPackage 1.4, requirement 5); a day alone is its first instant.
fn read_instant(text: &str) -> FieldValue {
    let instant = time_spelling::read_instant(text).map(|read| read.text);
    let midnight = || Some(format!("{}T00:00:00Z", time_spelling::read_day(text)?).into());
    FieldValue::text(instant.or_else(midnight).unwrap_or(text.into()))
}

/// Reads a cell; `None` when its value is not of this type.
pub(super) fn read_value(kind: FieldType, cell: ValueRef<'_>) -> Option<FieldValue> {
    Some(match (kind, cell) {
        (_, ValueRef::Null) => FieldValue::Null,
        (FieldType::Boolean, ValueRef::Integer(i)) => FieldValue::Bool(i != 0),
        (FieldType::Integer, ValueRef::Integer(i)) => FieldValue::Int(i),
        (FieldType::Integer, ValueRef::Real(r)) if r.fract() == 0.0 && r.abs() < 9e15 => FieldValue::Int(r as i64),
        (FieldType::Real | FieldType::Decimal, ValueRef::Real(r)) if r.is_finite() => FieldValue::Real(r),
        (FieldType::Real | FieldType::Decimal, ValueRef::Integer(i)) => FieldValue::Real(i as f64),
        (FieldType::Text, ValueRef::Text(t)) => FieldValue::text(std::str::from_utf8(t).ok()?),
        (FieldType::Date, ValueRef::Text(t)) => read_day(std::str::from_utf8(t).ok()?),
        (FieldType::DateTime, ValueRef::Text(t)) => read_instant(std::str::from_utf8(t).ok()?),
        (FieldType::Text, ValueRef::Integer(i)) => FieldValue::text(i.to_string()),
        (FieldType::Text, ValueRef::Real(r)) => FieldValue::text(r.to_string()),
        (FieldType::Json, ValueRef::Text(t)) => FieldValue::Json(Box::new(parse_json(t, JsonPlace::Properties).ok()?)),
        _ => return None,
    })
}
