//! What a Parquet file says of itself: its columns, the column of the geometries, the reference system.

use crate::crs::Crs;
use crate::error::{Error, Result, shorten_text};
use crate::import::import_format::ImportFormat;
use crate::import::source_facts::{SourceFacts, SourceOptions, StatedCrs};
use parquet::basic::{Compression, ConvertedType, LogicalType, TimeUnit, Type as PhysicalType};
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::Type;
use serde_json::Value as Json;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// What is read of a file.
#[derive(Debug, Clone)]
pub struct ParquetLayer {
    /// How the values of each column are read.
    pub columns: Vec<FieldRole>,
}

/// How the values of a column are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldRole {
    Plain,
    Json,
    /// Whole numbers that are instants: how many make a second, and whether they are in UTC.
    Instant {
        a_second: i64,
        is_utc: bool,
    },
    Wkb,
    /// Lists of positions: the depth of the lists tells the type.
    Native(NativeKind),
    /// Bytes, further geometries, boxes.
    Unread,
}

/// The encodings that are named after types of geometries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NativeKind {
    Point,
    LineString,
    Polygon,
    MultiPoint,
    MultiLineString,
    MultiPolygon,
}

pub const DAMAGED: &str = "The Parquet file is damaged or incomplete. Copy or export it again.";

/// Opens a file; a fault of the library counts as damage.
pub fn open_file(path: &Path) -> Result<SerializedFileReader<File>> {
    let file = File::open(path).map_err(|e| Error::Refused(format!("The file cannot be opened: {e}.")))?;
    let opened = catch_unwind(AssertUnwindSafe(|| SerializedFileReader::new(file)));
    match opened {
        Ok(Ok(reader)) => Ok(reader),
        _ => Err(Error::Refused(DAMAGED.into())),
    }
}

/// Reads what a file says of itself.
///
/// # Errors
/// [`Error::Refused`] when it cannot be read; [`Error::Invalid`] for a reference system that is not known.
pub fn read_layer(name: &str, path: &Path, options: &SourceOptions) -> Result<(ParquetLayer, SourceFacts)> {
    let reader = open_file(path)?;
    let metadata = reader.metadata();
    check_compression(name, &reader)?;
    let entries = metadata.file_metadata().key_value_metadata().into_iter().flatten();
    let geo = entries.filter(|entry| entry.key == "geo").find_map(|entry| entry.value.as_deref());
    let geo = geo.and_then(|text| serde_json::from_str::<Json>(text).ok()).unwrap_or(Json::Null);
    let primary = geo.get("primary_column").and_then(Json::as_str);
    let about = primary.and_then(|column| geo.get("columns")?.get(column)).unwrap_or(&Json::Null);
    let mut facts = SourceFacts { format: Some(ImportFormat::GeoParquet), ..SourceFacts::default() };
    if primary.is_some() {
        facts.crs = read_crs(name, about, options.crs)?;
        facts.lacks_crs = facts.crs.is_none();
    } else {
        facts.notes.push("The file has no column of geometries (it is Parquet, not GeoParquet).".into());
    }
    let covering = about.pointer("/covering/bbox/xmin/0").and_then(Json::as_str);
    let mut columns = vec![];
    for field in metadata.file_metadata().schema().get_fields() {
        let role = if Some(field.name()) == primary {
            geometry_role(name, about)?
        } else if Some(field.name()) == covering
            || geo.pointer("/columns").is_some_and(|c| c.get(field.name()).is_some())
        {
            FieldRole::Unread
        } else {
            field_role(field)
        };
        if role == FieldRole::Unread && Some(field.name()) != covering {
            let column = shorten_text(field.name());
            facts.notes.push(format!("The column '{column}' is not read, as no property can hold its values."));
        }
        columns.push(role);
    }
    Ok((ParquetLayer { columns }, facts))
}

fn check_compression(name: &str, reader: &SerializedFileReader<File>) -> Result<()> {
    let chunks = reader.metadata().row_groups().iter().flat_map(RowGroupMetaData::columns);
    let unread = chunks
        .map(ColumnChunkMetaData::compression)
        .find(|compression| matches!(compression, Compression::ZSTD(_) | Compression::GZIP(_) | Compression::LZO));
    match unread {
        None => Ok(()),
        Some(compression) => {
            let kind = match compression {
                Compression::ZSTD(_) => "zstd",
                Compression::GZIP(_) => "gzip",
                _ => "LZO",
            };
            let sentence = format!(
                "The columns are compressed with {kind}, which is not read. Write them with snappy: in pandas, to_parquet(FILE, compression=\"snappy\"); in DuckDB, COPY … (FORMAT parquet, COMPRESSION snappy)."
            );
            Err(Error::invalid(name, sentence))
        }
    }
}

/// The reference system of the geometries: longitude and latitude when the file does not say; `None` when it says that
/// it is not known.
fn read_crs(name: &str, about: &Json, said: Option<Crs>) -> Result<Option<StatedCrs>> {
    let stated = |crs: Crs, reason: &str| Ok(Some(StatedCrs { crs, reason: reason.into() }));
    let Some(crs) = about.get("crs") else { return stated(Crs::CRS84, "as the format has it") };
    if crs.is_null() {
        return Ok(None);
    }
    let id = crs.get("id").or_else(|| crs.pointer("/ids/0"));
    let text = |member: &str| {
        id.and_then(|id| id.get(member)).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    let (authority, code) = (text("authority").unwrap_or_default(), text("code").unwrap_or_default());
    match Crs::parse(&format!("{authority}:{code}")) {
        Ok(crs) => stated(crs, "as its metadata say"),
        Err(_) if said.is_some() => Ok(None),
        Err(_) => {
            let title = shorten_text(crs.get("name").and_then(Json::as_str).unwrap_or("without a name"));
            let sentence = format!(
                "The geometries are in the reference system '{title}' ({}), which is not known here. Convert the file first, or say --crs EPSG:n.",
                shorten_text(&format!("{authority}:{code}"))
            );
            Err(Error::invalid(name, sentence))
        }
    }
}

fn geometry_role(name: &str, about: &Json) -> Result<FieldRole> {
    let encoding = about.get("encoding").and_then(Json::as_str).unwrap_or("WKB");
    Ok(match encoding.to_ascii_lowercase().as_str() {
        "wkb" => FieldRole::Wkb,
        "point" => FieldRole::Native(NativeKind::Point),
        "linestring" => FieldRole::Native(NativeKind::LineString),
        "polygon" => FieldRole::Native(NativeKind::Polygon),
        "multipoint" => FieldRole::Native(NativeKind::MultiPoint),
        "multilinestring" => FieldRole::Native(NativeKind::MultiLineString),
        "multipolygon" => FieldRole::Native(NativeKind::MultiPolygon),
        _ => {
            let sentence = format!(
                "The encoding '{}' of the geometries is not known. Write the file with the encoding WKB.",
                shorten_text(encoding)
            );
            return Err(Error::invalid(name, sentence));
        }
    })
}

fn field_role(field: &Type) -> FieldRole {
    if !field.is_primitive() {
        return FieldRole::Plain;
    }
    let info = field.get_basic_info();
    match (info.logical_type_ref(), info.converted_type()) {
        (Some(LogicalType::Json), _) | (_, ConvertedType::JSON) => FieldRole::Json,
        (Some(LogicalType::Timestamp(stamp)), _) => {
            let a_second = match stamp.unit {
                TimeUnit::MILLIS => 1_000,
                TimeUnit::MICROS => 1_000_000,
                TimeUnit::NANOS => 1_000_000_000,
            };
            FieldRole::Instant { a_second, is_utc: stamp.is_adjusted_to_u_t_c }
        }
        (None, ConvertedType::TIMESTAMP_MILLIS) => FieldRole::Instant { a_second: 1_000, is_utc: true },
        (None, ConvertedType::TIMESTAMP_MICROS) => FieldRole::Instant { a_second: 1_000_000, is_utc: true },
        (Some(LogicalType::Geometry(_) | LogicalType::Geography(_)), _) => FieldRole::Unread,
        (None, ConvertedType::NONE) if is_bytes(field) => FieldRole::Unread,
        _ => FieldRole::Plain,
    }
}

fn is_bytes(field: &Type) -> bool {
    matches!(field.get_physical_type(), PhysicalType::BYTE_ARRAY | PhysicalType::FIXED_LEN_BYTE_ARRAY)
}
