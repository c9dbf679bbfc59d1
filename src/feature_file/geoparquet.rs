//! GeoParquet 1.1: a column for each field, and the geometries as well-known binary. Groups of rows are written when
//! they are large enough.

use super::file_error::write_error;
use super::file_layer::FileLayer;
use super::format_losses::FormatLosses;
use super::parquet_columns::{ColumnKind, ParquetColumn};
use crate::collection::FieldType;
use crate::crs::Crs;
use crate::encoding::wkb::write_wkb;
use crate::error::{Error, Result};
use crate::feature::{BoundingBox, Feature, FieldValue, Geometry, bbox_of};
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use serde_json::json;
use std::collections::BTreeSet;
use std::fs::File;
use std::sync::Arc;

const MAX_ROWS: usize = 65_536;
const MAX_GROUP_BYTES: usize = 32 << 20;

/// Writes the features of one collection.
pub struct GeoParquetWriter {
    out: SerializedFileWriter<File>,
    columns: Vec<ParquetColumn>,
    /// Positions of the fields, which follow the id.
    fields: Vec<usize>,
    crs: Crs,
    rows: usize,
    has_geometry: bool,
    types: BTreeSet<&'static str>,
    extent: Option<BoundingBox>,
}

impl GeoParquetWriter {
    pub fn new(out: &File, layer: &FileLayer) -> Result<Self> {
        let output = &layer.output;
        let mut columns = vec![ParquetColumn::new("id", ColumnKind::Field(FieldType::Text))];
        columns.extend(output.fields().map(|(_, f)| ParquetColumn::new(&f.name, ColumnKind::Field(f.kind))));
        let has_geometry = !output.collection.geometry.is_none();
        if has_geometry {
            let is_free = output.collection.field_index("geometry").is_none();
            columns.push(ParquetColumn::new(if is_free { "geometry" } else { "geometry_wkb" }, ColumnKind::Geometry));
        }
        let file = out.try_clone().map_err(|e| write_error(&e))?;
        let out = begin_file(file, &columns).map_err(|e| parquet_error(&e))?;
        let fields = output.fields().map(|(at, _)| at).collect();
        let (types, extent) = (BTreeSet::new(), None);
        Ok(Self { out, columns, fields, crs: output.crs, rows: 0, has_geometry, types, extent })
    }

    pub fn write_feature(&mut self, feature: &Feature, losses: &mut FormatLosses) -> Result<()> {
        let id = feature.id.as_str();
        self.columns[0].push_bytes(Some(id.as_bytes().to_vec()));
        for (column, at) in self.columns[1..].iter_mut().zip(&self.fields) {
            column.push_value(feature.values.get(*at).unwrap_or(&FieldValue::Null), id, losses);
        }
        if self.has_geometry
            && let Some(column) = self.columns.last_mut()
        {
            let wkb = feature.geometry.as_ref().map(|geometry| {
                let mut wkb = vec![];
                write_wkb(geometry, &mut wkb);
                wkb
            });
            column.push_bytes(wkb);
        }
        if let Some(geometry) = &feature.geometry {
            self.types.insert(type_name(geometry));
            if let Some(own) = bbox_of(geometry) {
                self.extent = Some(self.extent.map_or(own, |all| union(all, own)));
            }
        }
        self.rows += 1;
        let bytes: usize = self.columns.iter().map(ParquetColumn::bytes).sum();
        if self.rows >= MAX_ROWS || bytes >= MAX_GROUP_BYTES { self.write_group() } else { Ok(()) }
    }

    fn write_group(&mut self) -> Result<()> {
        let Self { out, columns, rows, .. } = self;
        let write = || {
            let mut group = out.next_row_group()?;
            for column in columns {
                let Some(mut writer) = group.next_column()? else { break };
                column.write(&mut writer)?;
                writer.close()?;
            }
            group.close().map(drop)
        };
        *rows = 0;
        write().map_err(|e: ParquetError| parquet_error(&e))
    }

    pub fn finish(mut self) -> Result<()> {
        if self.rows > 0 {
            self.write_group()?;
        }
        if self.has_geometry {
            let column = self.columns.last().map_or("geometry", |column| column.name.as_str());
            let mut about = json!({"encoding": "WKB", "geometry_types": self.types});
            if self.crs != Crs::CRS84 {
                about["crs"] = self.crs.to_projjson();
            }
            if let Some(b) = self.extent {
                about["bbox"] = json!([b.west, b.south, b.east, b.north]);
            }
            let geo = json!({"version": "1.1.0", "primary_column": column, "columns": {column: about}});
            self.out.append_key_value_metadata(KeyValue::new("geo".to_owned(), geo.to_string()));
        }
        self.out.close().map(drop).map_err(|e| parquet_error(&e))
    }
}

fn begin_file(file: File, columns: &[ParquetColumn]) -> std::result::Result<SerializedFileWriter<File>, ParquetError> {
    let fields = columns.iter().map(ParquetColumn::schema).collect::<std::result::Result<Vec<_>, _>>()?;
    let schema = Type::group_type_builder("schema").with_fields(fields).build()?;
    let creator = concat!("cityheart ", env!("CARGO_PKG_VERSION"));
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(creator.to_owned())
        .set_max_row_group_row_count(Some(MAX_ROWS));
    SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties.build()))
}

fn parquet_error(e: &ParquetError) -> Error {
    match e {
        ParquetError::External(e) => match e.downcast_ref::<std::io::Error>() {
            Some(e) => write_error(e),
            None => Error::internal(format!("the GeoParquet file cannot be written: {e}")),
        },
        other => Error::internal(format!("the GeoParquet file cannot be written: {other}")),
    }
}

fn type_name(geometry: &Geometry) -> &'static str {
    match geometry {
        Geometry::Point(_) => "Point",
        Geometry::MultiPoint(_) => "MultiPoint",
        Geometry::Line(_) | Geometry::LineString(_) => "LineString",
        Geometry::MultiLineString(_) => "MultiLineString",
        Geometry::Polygon(_) | Geometry::Rect(_) | Geometry::Triangle(_) => "Polygon",
        Geometry::MultiPolygon(_) => "MultiPolygon",
        Geometry::GeometryCollection(_) => "GeometryCollection",
    }
}

fn union(a: BoundingBox, b: BoundingBox) -> BoundingBox {
    BoundingBox {
        west: a.west.min(b.west),
        south: a.south.min(b.south),
        east: a.east.max(b.east),
        north: a.north.max(b.north),
    }
}
