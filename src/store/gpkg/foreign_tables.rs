//! Tables of other programs: which of them can be layers, with a schema inferred from their columns.

use super::gpkg_layer::{GpkgLayer, GpkgLayers, TableLayout, claim_free_name, quote_name};
use super::tables;
use crate::collection::{Collection, CollectionId, FieldType};
use crate::error::{Error, Result};
use crate::feature::GeometryTypeSet;
use rusqlite::{Connection, OptionalExtension, params};
use std::sync::Arc;

/// The column that is added for ids. Where it is null, the id is the key.
pub(super) const ID_COLUMN: &str = "cityheart_id";

/// The layers of a file that is no plan and open for reading only.
pub(super) fn read_foreign_layers(conn: &Connection) -> Result<GpkgLayers> {
    find_tables(conn)?.into_iter().map(|layer| layer.map(|l| (l.collection.id.clone(), Arc::new(l)))).collect()
}

/// The tables in `gpkg_contents` that can be layers and are no collections yet; an error for each that should be a
/// layer but cannot.
pub(super) fn find_tables(conn: &Connection) -> Result<Vec<Result<GpkgLayer>>> {
    let mut statement = conn.prepare(
        "SELECT m.name, c.data_type, coalesce(c.identifier, c.table_name), coalesce(c.description, ''), g.column_name, g.geometry_type_name,
                s.organization, s.organization_coordsys_id, m.type
         FROM gpkg_contents c JOIN sqlite_master m ON lower(m.name)=lower(c.table_name) AND m.type IN ('table', 'view')
         LEFT JOIN gpkg_geometry_columns g ON lower(g.table_name)=lower(c.table_name)
         LEFT JOIN gpkg_spatial_ref_sys s ON s.srs_id=g.srs_id
         WHERE c.data_type IN ('features', 'attributes') AND c.table_name NOT LIKE 'cityheart\\_%' ESCAPE '\\' ORDER BY c.rowid",
    )?;
    let mut used_names = collection_names(conn)?;
    let mut found = Vec::new();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let entry = ForeignTable {
            table: row.get(0)?,
            spatial: row.get::<_, String>(1)? == "features",
            title: row.get(2)?,
            geom: row.get(4)?,
            geometry_type: row.get(5)?,
            crs: row.get::<_, Option<String>>(6)?.zip(row.get::<_, Option<i64>>(7)?),
            is_table: row.get::<_, String>(8)? == "table",
        };
        // A table whose columns another program changed is adopted again, under the same id.
        let known = known_layout(conn, &entry.table)?;
        let name = match known {
            Some((_, layout)) if missing_column(conn, &layout)?.is_none() => continue,
            Some((id, _)) => CollectionId::new(&id)?,
            None => claim_collection_id(&entry.table, &mut used_names)?,
        };
        found.extend(entry.into_layer(conn, name).transpose());
    }
    Ok(found)
}

fn collection_names(conn: &Connection) -> Result<Vec<String>> {
    if !tables::table_exists(conn, "cityheart_collections")? {
        return Ok(Vec::new());
    }
    Ok(conn
        .prepare("SELECT id FROM cityheart_collections")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

/// The collection of a table, with the layout that it had.
fn known_layout(conn: &Connection, table: &str) -> Result<Option<(String, TableLayout)>> {
    if !tables::table_exists(conn, "cityheart_collections")? {
        return Ok(None);
    }
    let mut statement = conn.prepare_cached(
        "SELECT id, layout FROM cityheart_collections WHERE json_valid(layout) AND lower(layout->>'table')=lower(?1)",
    )?;
    let found: Option<(String, String)> =
        statement.query_row([table], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(found.and_then(|(id, layout)| Some((id, serde_json::from_str(&layout).ok()?))))
}

/// A table as the tables of the standard describe it.
struct ForeignTable {
    table: String,
    spatial: bool,
    title: String,
    geom: Option<String>,
    geometry_type: Option<String>,
    crs: Option<(String, i64)>,
    is_table: bool,
}

struct ForeignColumn {
    name: String,
    declared: String,
    primary: i64,
}

impl ForeignTable {
    /// The layer; `None` for a table that cannot be one: a view, or a table without a single integer key.
    fn into_layer(self, conn: &Connection, name: CollectionId) -> Result<Option<GpkgLayer>> {
        let columns = read_columns(conn, &self.table)?;
        let keys: Vec<&ForeignColumn> = columns.iter().filter(|c| c.primary > 0).collect();
        let key = match keys.as_slice() {
            [key] if self.is_table && key.declared.trim_matches('"').eq_ignore_ascii_case("integer") => {
                key.name.clone()
            }
            _ => {
                tracing::warn!(
                    "The table '{}' is skipped: a layer needs one integer primary key, which it does not have.",
                    self.table
                );
                return Ok(None);
            }
        };
        if self.spatial {
            self.check_crs()?;
        }
        let id = columns.iter().find(|c| c.name.eq_ignore_ascii_case("id") && c.name != key).map(|c| c.name.clone());
        let given = columns.iter().find(|c| c.name == ID_COLUMN).map(|c| c.name.clone());
        let id = match id {
            Some(id) if given.is_none() && can_be_ids(conn, &self.table, &id)? => Some(id),
            _ => given,
        };
        let own = |c: &&ForeignColumn| {
            c.name != key && Some(&c.name) != id.as_ref() && Some(&c.name) != self.geom.as_ref() && c.name != ID_COLUMN
        };
        let mut names = vec!["id".to_owned(), "geometry".to_owned()];
        let mut fields = Vec::new();
        let mut layout = TableLayout {
            table: self.table.clone(),
            key: key.clone(),
            geom: self.geom.clone(),
            id: id.clone(),
            columns: vec![],
        };
        for column in columns.iter().filter(own) {
            if let Some(kind) = column_kind(conn, &self.table, column)? {
                fields.push((claim_free_name(&column.name, &mut names), kind));
                layout.columns.push(column.name.clone());
            }
        }
        let geometry = if self.spatial {
            GeometryTypeSet::from_gpkg_name(self.geometry_type.as_deref().unwrap_or_default())
        } else {
            GeometryTypeSet::NONE
        };
        let collection = Collection::from_inferred_fields(name, &self.title, geometry, &fields)?;
        Ok(Some(GpkgLayer::new(0, collection, layout)))
    }

    fn check_crs(&self) -> Result<()> {
        match &self.crs {
            Some((org, 4326)) if org.eq_ignore_ascii_case("EPSG") => Ok(()),
            Some((org, code)) if *code > 0 => Err(Error::Refused(format!(
                "The table '{}' is in the reference system {org}:{code}. Convert it to EPSG:4326 (for example `ogr2ogr -t_srs EPSG:4326 NEW.gpkg OLD.gpkg`).",
                self.table
            ))),
            _ => Err(Error::Refused(format!(
                "The table '{}' does not state its reference system. Set it to EPSG:4326 if its coordinates are in WGS 84.",
                self.table
            ))),
        }
    }
}

fn read_columns(conn: &Connection, table: &str) -> Result<Vec<ForeignColumn>> {
    let mut statement = conn.prepare_cached("SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid")?;
    Ok(statement
        .query_map([table], |row| Ok(ForeignColumn { name: row.get(0)?, declared: row.get(1)?, primary: row.get(2)? }))?
        .collect::<rusqlite::Result<_>>()?)
}

/// The names of a table's columns.
pub(super) fn column_names(conn: &Connection, table: &str) -> Result<Vec<String>> {
    Ok(read_columns(conn, table)?.into_iter().map(|c| c.name).collect())
}

/// Whether a column holds a unique text in every row.
fn can_be_ids(conn: &Connection, table: &str, column: &str) -> Result<bool> {
    let sql = format!(
        "SELECT count(*) = count(DISTINCT {c}) AND count(*) > 0 AND coalesce(min(typeof({c})='text' AND length(CAST({c} AS BLOB)) BETWEEN 1 AND 200), 1) FROM {t}",
        c = quote_name(column),
        t = quote_name(table)
    );
    Ok(conn.query_row(&sql, [], |row| row.get(0))?)
}

/// The type of a column; `None` for a BLOB, which no property can represent and which stays as it is.
fn column_kind(conn: &Connection, table: &str, column: &ForeignColumn) -> Result<Option<FieldType>> {
    if tables::table_exists(conn, "gpkg_data_columns")? {
        let mut statement = conn.prepare_cached("SELECT mime_type FROM gpkg_data_columns WHERE lower(table_name)=lower(?1) AND lower(column_name)=lower(?2)")?;
        let mime: Option<Option<String>> =
            statement.query_row(params![table, column.name], |row| row.get(0)).optional()?;
        if mime.flatten().as_deref() == Some("application/json") {
            return Ok(Some(FieldType::Json));
        }
    }
    let declared = column.declared.trim_matches('"').to_uppercase();
    let plain = declared.split('(').next().unwrap_or_default().trim();
    Ok(Some(match plain {
        "BOOLEAN" => FieldType::Boolean,
        "DATE" => FieldType::Date,
        "DATETIME" => FieldType::DateTime,
        // Beyond the types of the standard, SQLite's own rules of affinity.
        t if t.contains("INT") => FieldType::Integer,
        t if t.contains("REAL") || t.contains("FLOA") || t.contains("DOUB") => FieldType::Real,
        "BLOB" => return Ok(None),
        _ => FieldType::Text,
    }))
}

/// A collection id from the name of a table, different from all used ones.
fn claim_collection_id(table: &str, used_names: &mut Vec<String>) -> Result<CollectionId> {
    let mut slug: String =
        table.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(50).collect();
    if CollectionId::new(&slug).is_err() {
        slug.insert_str(0, "layer_");
    }
    CollectionId::new(&claim_free_name(&slug, used_names))
}

/// A sentence about the first column of a layout that its table does not have.
pub(super) fn missing_column(conn: &Connection, layout: &TableLayout) -> Result<Option<String>> {
    let have = read_columns(conn, &layout.table)?;
    if have.is_empty() {
        return Ok(Some(format!("its table '{}' is gone.", layout.table)));
    }
    let missing = layout.column_names().find(|w| !have.iter().any(|c| c.name.eq_ignore_ascii_case(w)));
    Ok(missing.map(|column| format!("the column '{column}' of its table '{}' is gone.", layout.table)))
}
