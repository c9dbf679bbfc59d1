//! Writes features into a new GeoPackage for other programs: the tables of the standard and one for each collection,
//! nothing of our own. In any reference system, easting or longitude first.

use super::geometry_blob::{SRS_ID, encode_in_srs, read_envelope};
use super::gpkg_layer::{GpkgLayer, SqlCell, TableLayout};
use super::rtree::{self, RTreeEntry};
use super::sql_functions::register_functions;
use super::sql_text::quote_name;
use super::tables;
use crate::collection::Collection;
use crate::crs::Crs;
use crate::encoding::OutputSchema;
use crate::error::{Error, Result};
use crate::feature::{Feature, FieldValue};
use rusqlite::{Connection, ToSql, params};
use std::path::Path;

/// A GeoPackage while it is written.
pub struct PackageWriter {
    conn: Connection,
    table: Option<PackageTable>,
}

/// The table of a collection.
struct PackageTable {
    layer: GpkgLayer,
    /// Positions of the written fields.
    fields: Vec<usize>,
    srs_id: i32,
    insert: String,
    entries: Vec<RTreeEntry>,
    extent: Option<[f64; 4]>,
    blob: Vec<u8>,
}

impl PackageWriter {
    /// Makes an empty file a GeoPackage.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        let conn = Connection::open(path)?;
        // The file is complete or thrown away; it needs no protection against a loss of power.
        conn.pragma_update(None, "journal_mode", "OFF")?;
        conn.pragma_update(None, "synchronous", "OFF")?;
        register_functions(&conn)?;
        tables::create_geopackage(&conn)?;
        tables::create_extension_tables(&conn)?;
        Ok(Self { conn, table: None })
    }

    /// Goes on with a collection.
    ///
    /// # Errors
    /// When its table cannot be created.
    pub fn begin_layer(&mut self, output: &OutputSchema) -> Result<()> {
        self.finish_layer()?;
        let collection = select_fields(output);
        let layer = GpkgLayer::new(0, collection.clone(), TableLayout::new(&collection));
        let srs_id = self.register_srs(output.crs)?;
        tables::create_table(&self.conn, &layer, &layer.layout.table)?;
        tables::describe_table(&self.conn, &layer)?;
        if layer.layout.geom.is_some() {
            let table = &layer.layout.table;
            self.conn.execute("UPDATE gpkg_contents SET srs_id=?2 WHERE table_name=?1", params![table, srs_id])?;
            self.conn
                .execute("UPDATE gpkg_geometry_columns SET srs_id=?2 WHERE table_name=?1", params![table, srs_id])?;
        }
        rtree::create_rtree(&self.conn, &layer)?;
        self.conn.execute_batch("BEGIN")?;
        let fields = output.fields().map(|(at, _)| at).collect();
        let insert = insert_sql(&layer.layout);
        self.table = Some(PackageTable { layer, fields, srs_id, insert, entries: vec![], extent: None, blob: vec![] });
        Ok(())
    }

    /// The id of a reference system in the file, which gets its definition.
    fn register_srs(&self, crs: Crs) -> Result<i32> {
        let Some(code) = crs.epsg_code().map(i32::from).filter(|code| *code != SRS_ID) else { return Ok(SRS_ID) };
        self.conn.execute(
            "INSERT OR IGNORE INTO gpkg_spatial_ref_sys (srs_name, srs_id, organization, organization_coordsys_id, definition) VALUES (?1, ?2, 'EPSG', ?2, ?3)",
            params![crs.name(), code, crs.to_wkt()],
        )?;
        Ok(code)
    }

    /// Writes a feature, whose geometry is in the reference system of the layer.
    ///
    /// # Errors
    /// When it cannot be written, and without a layer.
    pub fn write_feature(&mut self, feature: &Feature) -> Result<()> {
        let Self { conn, table } = self;
        let table = table.as_mut().ok_or_else(|| Error::internal("the package has no layer"))?;
        table.blob.clear();
        if let Some(geometry) = &feature.geometry {
            encode_in_srs(geometry, table.srs_id, &mut table.blob);
        }
        let blob = (!table.blob.is_empty()).then_some(&table.blob);
        let values = table.fields.iter().zip(&table.layer.collection.fields).map(|(at, field)| {
            let value = feature.values.get(*at).unwrap_or(&FieldValue::Null);
            Box::new(SqlCell(field.kind, value)) as Box<dyn ToSql + '_>
        });
        let mut cells: Vec<Box<dyn ToSql + '_>> = vec![Box::new(feature.id.as_str())];
        if table.layer.layout.geom.is_some() {
            cells.push(Box::new(blob));
        }
        cells.extend(values);
        let cells: Vec<&dyn ToSql> = cells.iter().map(|cell| &**cell).collect();
        conn.prepare_cached(&table.insert)?.execute(cells.as_slice())?;
        if let Some(envelope) = blob.and_then(|blob| read_envelope(blob)) {
            table.entries.push((conn.last_insert_rowid(), envelope));
            let [west, east, south, north] = envelope;
            table.extent =
                Some(table.extent.map_or(envelope, |own| {
                    [own[0].min(west), own[1].max(east), own[2].min(south), own[3].max(north)]
                }));
        }
        Ok(())
    }

    /// The index and the extent of the layer.
    fn finish_layer(&mut self) -> Result<()> {
        let Some(table) = self.table.take() else { return Ok(()) };
        rtree::insert_entries(&self.conn, &table.layer, table.entries)?;
        if table.layer.layout.geom.is_some() {
            rtree::create_triggers(&self.conn, &table.layer)?;
        }
        if let Some([west, east, south, north]) = table.extent {
            self.conn.execute(
                "UPDATE gpkg_contents SET min_x=?2, min_y=?3, max_x=?4, max_y=?5 WHERE table_name=?1",
                params![table.layer.layout.table, west, south, east, north],
            )?;
        }
        self.conn.execute_batch("COMMIT")?;
        Ok(())
    }

    /// Completes the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> Result<()> {
        self.finish_layer()?;
        self.conn.close().map_err(|(_, e)| e.into())
    }
}

/// The collection with the written fields only.
fn select_fields(output: &OutputSchema) -> Collection {
    let mut collection = (*output.collection).clone();
    collection.fields = output.fields().map(|(_, field)| field.clone()).collect();
    collection
}

fn insert_sql(layout: &TableLayout) -> String {
    let names = layout.id.iter().chain(&layout.geom).chain(&layout.columns).map(|name| quote_name(name));
    let names: Vec<String> = names.collect();
    let marks: Vec<String> = (1..=names.len()).map(|nth| format!("?{nth}")).collect();
    format!("INSERT INTO {} ({}) VALUES ({})", quote_name(&layout.table), names.join(","), marks.join(","))
}
