//! How one collection lies in its table: which column holds what, and how a row becomes a feature and back.

use super::blob;
use super::remarks::Remarks;
use crate::collection::{Collection, Kind};
use crate::error::{Error, Result};
use crate::feature::{Feature, FeatureId, Value};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, Statement, ToSql};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// The names of a table's columns. Kept as JSON beside the schema, as names of fields and columns may differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Layout {
    pub table: String,
    /// The integer primary key.
    pub key: String,
    pub geom: Option<String>,
    /// The column of the feature's id. Where it is null, or there is none, the key stands for it.
    pub id: Option<String>,
    /// One per field of the collection.
    pub columns: Vec<String>,
}

/// A collection and its table.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    /// The collection in the change log; 0 when the file does not know it as one (a foreign file opened for reading).
    pub number: i64,
    pub collection: Collection,
    pub layout: Layout,
    pub sql: Statements,
}

/// The statements that every edit needs, made once from the layout.
#[derive(Debug, Clone)]
pub(super) struct Statements {
    /// [`Layout::select`] of the row with the id `?1`.
    find: String,
    /// [`Layout::select`] of the row with the key `?1`.
    find_key: String,
    /// [`Layout::insert`].
    pub insert: String,
}

/// A name as SQL quotes it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

impl Layout {
    /// The layout of a new table: our own columns first, then one per field under its own name where that is free.
    pub(super) fn new(collection: &Collection) -> Self {
        let mut taken: Vec<String> = ["fid", "geom", "id"].map(String::from).to_vec();
        let columns = collection.fields.iter().map(|f| free_name(&f.name, &mut taken)).collect();
        Self {
            table: collection.id.to_string(),
            key: "fid".into(),
            geom: (!collection.geometry.is_none()).then(|| "geom".into()),
            id: Some("id".into()),
            columns,
        }
    }

    /// All columns that it uses.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        [Some(&self.key), self.id.as_ref(), self.geom.as_ref()].into_iter().flatten().chain(&self.columns)
    }

    /// The expression of a feature's id.
    fn id_sql(&self) -> String {
        let key = format!("CAST({} AS TEXT)", quoted(&self.key));
        self.id.as_ref().map_or(key.clone(), |id| format!("coalesce({},{key})", quoted(id)))
    }

    /// `SELECT key, id, geometry, fields … FROM table`.
    pub(super) fn select(&self) -> String {
        let mut sql = format!(
            "SELECT {},{},{}",
            quoted(&self.key),
            self.id_sql(),
            self.geom.as_deref().map_or("NULL".into(), quoted)
        );
        for column in &self.columns {
            let _ = write!(sql, ",{}", quoted(column));
        }
        let _ = write!(sql, " FROM {}", quoted(&self.table));
        sql
    }

    /// A condition that finds the row with the id `?1`, by the index on ids or by the key.
    fn has_id(&self) -> String {
        let key = quoted(&self.key);
        let by_key = format!("({key}=CAST(?1 AS INTEGER) AND CAST({key} AS TEXT)=?1");
        match self.id.as_deref().map(quoted) {
            Some(id) => format!("({id}=?1 OR {by_key} AND {id} IS NULL))"),
            None => format!("{by_key})"),
        }
    }

    /// `INSERT INTO table (key, id, geometry, fields …) VALUES (?1, ?2, ?3, …)`; the geometry is `?3` even when there is none.
    fn insert(&self) -> String {
        let mut names = quoted(&self.key);
        let mut marks = String::from("?1");
        let optional = [(2, self.id.as_ref()), (3, self.geom.as_ref())];
        let fields = self.columns.iter().enumerate().map(|(i, c)| (i + 4, c));
        for (at, name) in optional.into_iter().filter_map(|(i, c)| Some((i, c?))).chain(fields) {
            let _ = write!(names, ",{}", quoted(name));
            let _ = write!(marks, ",?{at}");
        }
        format!("INSERT INTO {} ({names}) VALUES ({marks})", quoted(&self.table))
    }

    pub(super) fn rtree(&self) -> Option<String> {
        self.geom.as_ref().map(|geom| format!("rtree_{}_{geom}", self.table))
    }
}

/// A column name that no other column has, whatever the case of its letters.
pub(super) fn free_name(wanted: &str, taken: &mut Vec<String>) -> String {
    let plain: String = wanted.chars().map(|c| if c.is_control() { '_' } else { c }).collect();
    let base = if plain.is_empty() { "field" } else { &plain };
    let mut name = base.to_owned();
    let mut n = 2;
    while taken.contains(&name.to_lowercase()) {
        name = format!("{base}_{n}");
        n += 1;
    }
    taken.push(name.to_lowercase());
    name
}

impl Layer {
    pub(super) fn new(number: i64, collection: Collection, layout: Layout) -> Self {
        let select = layout.select();
        let sql = Statements {
            find: format!("{select} WHERE {}", layout.has_id()),
            find_key: format!("{select} WHERE {}=?1", quoted(&layout.key)),
            insert: layout.insert(),
        };
        Self { number, collection, layout, sql }
    }

    /// Reads a row of [`Layout::select`]. `None` when its id is none; other faults become null. All of them are remarked.
    pub(super) fn read(&self, row: &Row<'_>, remarks: &mut Remarks) -> rusqlite::Result<Option<Feature>> {
        let key: i64 = row.get(0)?;
        let id = match row.get_ref(1)? {
            ValueRef::Text(text) => std::str::from_utf8(text).ok().and_then(|t| FeatureId::new(t).ok()),
            _ => None,
        };
        let Some(id) = id else {
            remarks.nameless(key);
            return Ok(None);
        };
        let geometry = match row.get_ref(2)? {
            ValueRef::Blob(bytes) => match blob::decode(bytes) {
                Ok(decoded) => {
                    remarks.flattened(decoded.flattened);
                    decoded.geometry
                }
                Err(fault) => {
                    remarks.geometry(&id, fault);
                    None
                }
            },
            _ => None,
        };
        let mut values = Vec::with_capacity(self.layout.columns.len());
        for (i, field) in self.collection.fields.iter().enumerate() {
            let value = value(field.kind, row.get_ref(i + 3)?);
            if value.is_none() {
                remarks.value(&id, &field.name);
            }
            values.push(value.unwrap_or_default());
        }
        Ok(Some(Feature { key, id, geometry, values }))
    }

    /// The feature with this id, as it is in the table.
    pub(super) fn find(&self, conn: &Connection, id: &FeatureId) -> Result<Option<Feature>> {
        let mut find = conn.prepare_cached(&self.sql.find)?;
        Ok(find.query_row([id.as_str()], |row| self.read(row, &mut Remarks::default())).optional()?.flatten())
    }

    /// The feature with this key, as it is in the table.
    pub(super) fn find_key(&self, conn: &Connection, key: i64) -> Result<Option<Feature>> {
        let mut find = conn.prepare_cached(&self.sql.find_key)?;
        Ok(find.query_row([key], |row| self.read(row, &mut Remarks::default())).optional()?.flatten())
    }

    /// Binds a feature to [`Layout::insert`]. `key` is `None` for a new one.
    pub(super) fn bind(
        &self,
        insert: &mut Statement<'_>,
        key: Option<i64>,
        feature: &Feature,
        buffer: &mut Vec<u8>,
    ) -> Result<()> {
        if feature.values.len() != self.layout.columns.len() {
            return Err(Error::internal(format!(
                "feature {} has not the fields of {}",
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
                blob::encode(g, buffer);
                buffer.as_slice()
            });
            insert.raw_bind_parameter(3, blob)?;
        }
        for (i, (value, field)) in feature.values.iter().zip(&self.collection.fields).enumerate() {
            insert.raw_bind_parameter(i + 4, Cell(field.kind, value))?;
        }
        Ok(())
    }

    /// Refuses a geometry of a type that the collection does not hold.
    pub(super) fn check(&self, feature: &Feature) -> Result<()> {
        match &feature.geometry {
            Some(geometry) if !self.collection.geometry.accepts(geometry) => Err(Error::invalid(
                "/geometry",
                format!(
                    "The collection '{}' holds {}. The feature '{}' has another geometry.",
                    self.collection.id,
                    self.collection.geometry.names(),
                    feature.id
                ),
            )),
            _ => Ok(()),
        }
    }
}

/// A value on its way into a column.
pub(super) struct Cell<'a>(pub Kind, pub &'a Value);

impl ToSql for Cell<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match (self.0, self.1) {
            (_, Value::Null) => ToSqlOutput::Borrowed(ValueRef::Null),
            (_, Value::Bool(b)) => ToSqlOutput::Borrowed(ValueRef::Integer((*b).into())),
            (_, Value::Int(i)) => ToSqlOutput::Borrowed(ValueRef::Integer(*i)),
            (_, Value::Real(r)) => ToSqlOutput::Borrowed(ValueRef::Real(*r)),
            (Kind::DateTime, Value::Text(t)) => match utc(t) {
                Some(utc) => ToSqlOutput::from(utc),
                None => ToSqlOutput::Borrowed(ValueRef::Text(t.as_bytes())),
            },
            (_, Value::Text(t)) => ToSqlOutput::Borrowed(ValueRef::Text(t.as_bytes())),
            (_, Value::Json(j)) => ToSqlOutput::from(j.to_string()),
        })
    }
}

/// An instant as a GeoPackage holds it, in UTC and with thousandths if any; `None` when the text is like that already, or no
/// instant. Finer fractions are kept.
pub(super) fn utc(text: &str) -> Option<String> {
    let fraction = text.strip_suffix('Z').map(|t| t.split_once('.').map_or(0, |(_, digits)| digits.len()));
    if fraction.is_some_and(|digits| digits == 0 || digits >= 3) {
        return None;
    }
    let instant = text.parse::<jiff::Timestamp>().ok()?;
    let exact = instant.to_string();
    let digits = exact.split_once('.').map_or(0, |(_, rest)| rest.len() - 1);
    Some(if matches!(digits, 1 | 2) { format!("{instant:.3}") } else { exact })
}

/// Reads a cell; `None` when it holds something that is not of this kind.
pub(super) fn value(kind: Kind, cell: ValueRef<'_>) -> Option<Value> {
    Some(match (kind, cell) {
        (_, ValueRef::Null) => Value::Null,
        (Kind::Boolean, ValueRef::Integer(i)) => Value::Bool(i != 0),
        (Kind::Integer, ValueRef::Integer(i)) => Value::Int(i),
        (Kind::Integer, ValueRef::Real(r)) if r.fract() == 0.0 && r.abs() < 9e15 => Value::Int(r as i64),
        (Kind::Real | Kind::Decimal, ValueRef::Real(r)) if r.is_finite() => Value::Real(r),
        (Kind::Real | Kind::Decimal, ValueRef::Integer(i)) => Value::Real(i as f64),
        (Kind::Text | Kind::Date | Kind::DateTime, ValueRef::Text(t)) => Value::text(std::str::from_utf8(t).ok()?),
        (Kind::Text, ValueRef::Integer(i)) => Value::text(i.to_string()),
        (Kind::Text, ValueRef::Real(r)) => Value::text(r.to_string()),
        (Kind::Json, ValueRef::Text(t)) => Value::Json(Box::new(serde_json::from_slice(t).ok()?)),
        _ => return None,
    })
}
