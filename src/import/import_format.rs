//! The formats that can be imported, and how they are called.

use super::workbook::WorkbookFormat;
use crate::error::{Error, Result};

/// The formats that can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportFormat {
    /// One GeoJSON document: a FeatureCollection, a Feature or a geometry.
    GeoJson,
    /// One feature on each line.
    GeoJsonLines,
    /// RFC 8142: a record separator before each feature.
    GeoJsonSeq,
    Csv,
    /// XLSX, XLS or ODS; read through [`PreparedSource`](super::prepared_source::PreparedSource).
    Workbook(WorkbookFormat),
    /// An OpenStreetMap extract; see [`super::ImportSource::prepare_for`].
    OsmPbf,
    Shapefile,
    GeoPackage,
    Kml,
    FlatGeobuf,
    GeoParquet,
    Gpx,
    Gml,
    Dxf,
}

impl ImportFormat {
    /// By the name that `--format` uses.
    pub fn from_name(name: &str) -> Result<Self> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "geojson" | "json" => Self::GeoJson,
            "geojsonl" | "ndjson" | "jsonl" => Self::GeoJsonLines,
            "geojsonseq" | "geojsons" => Self::GeoJsonSeq,
            "csv" | "tsv" => Self::Csv,
            "xlsx" | "xlsm" => Self::Workbook(WorkbookFormat::Xlsx),
            "xls" => Self::Workbook(WorkbookFormat::Xls),
            "ods" => Self::Workbook(WorkbookFormat::Ods),
            "osmpbf" | "pbf" => Self::OsmPbf,
            "shapefile" | "shp" => Self::Shapefile,
            "gpkg" | "geopackage" => Self::GeoPackage,
            "kml" | "kmz" => Self::Kml,
            "fgb" | "flatgeobuf" => Self::FlatGeobuf,
            "geoparquet" | "parquet" => Self::GeoParquet,
            "gpx" => Self::Gpx,
            "gml" | "wfs" => Self::Gml,
            "dxf" => Self::Dxf,
            other => {
                return Err(Error::invalid(
                    "format",
                    format!(
                        "The format '{other}' cannot be imported. Use geojson, geojsonl, geojsonseq, csv, xlsx, xls, ods, osmpbf, shapefile, gpkg, kml, fgb, geoparquet, gpx, gml or dxf."
                    ),
                ));
            }
        })
    }

    /// The name that `--format` uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::GeoJson => "geojson",
            Self::GeoJsonLines => "geojsonl",
            Self::GeoJsonSeq => "geojsonseq",
            Self::Csv => "csv",
            Self::Workbook(WorkbookFormat::Xlsx) => "xlsx",
            Self::Workbook(WorkbookFormat::Xls) => "xls",
            Self::Workbook(WorkbookFormat::Ods) => "ods",
            Self::OsmPbf => "osmpbf",
            Self::Shapefile => "shapefile",
            Self::GeoPackage => "gpkg",
            Self::Kml => "kml",
            Self::FlatGeobuf => "fgb",
            Self::GeoParquet => "geoparquet",
            Self::Gpx => "gpx",
            Self::Gml => "gml",
            Self::Dxf => "dxf",
        }
    }

    /// Whether its rows are the cells of a table, which people fill in.
    #[must_use]
    pub fn is_table(self) -> bool {
        matches!(self, Self::Csv | Self::Workbook(_))
    }

    /// The name in sentences.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::GeoJson => "GeoJSON",
            Self::GeoJsonLines => "GeoJSON, a feature a line",
            Self::GeoJsonSeq => "a GeoJSON text sequence",
            Self::Csv => "a table",
            Self::Workbook(_) => "a workbook",
            Self::OsmPbf => "an OpenStreetMap extract",
            Self::Shapefile => "a shapefile",
            Self::GeoPackage => "a GeoPackage",
            Self::Kml => "KML",
            Self::FlatGeobuf => "FlatGeobuf",
            Self::GeoParquet => "GeoParquet",
            Self::Gpx => "GPX",
            Self::Gml => "GML",
            Self::Dxf => "DXF",
        }
    }
}
