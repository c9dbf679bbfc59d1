//! The command line of an export.

use super::collection_arg::parse_collection_id;
use crate::collection::CollectionId;
use clap::ValueEnum;
use std::path::PathBuf;

/// Export a collection: GeoJSON, CSV, FlatGeobuf, XLSX, ODS, GeoPackage, Shapefile, KML, GPX, GeoParquet, DXF
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cityheart export interventions                          GeoJSON to standard output
  cityheart export areas -o areas.geojson --plan celje.gpkg
  cityheart export premises -o premises.csv               for a spreadsheet
  cityheart export areas -o areas.fgb                     for QGIS
  cityheart export interventions -o actions.xlsx --language sl --sheets areas
                                                          a workbook to fill in, with a sheet of areas
  cityheart export areas -o areas.shp.zip --crs EPSG:3794 for a national grid

What the format does not hold is told on standard error.")]
pub struct ExportArgs {
    /// Collection to export
    #[arg(value_name = "COLLECTION", value_parser = parse_collection_id)]
    pub collection: CollectionId,
    /// The plan, a GeoPackage file
    #[arg(long, value_name = "PLAN.gpkg", env = "CITYHEART_PLAN", default_value = "plan.gpkg")]
    pub plan: PathBuf,
    /// Format to write [default: by the file name, or else geojson]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<FormatArg>,
    /// Reference system of the places, in csv, flatgeobuf, gpkg, shapefile, geoparquet and dxf [default: longitude and
    /// latitude]
    #[arg(long, value_name = "EPSG:n")]
    pub crs: Option<String>,
    /// Collections that a workbook has further sheets of
    #[arg(long, value_name = "A,B", value_delimiter = ',', value_parser = parse_collection_id)]
    pub sheets: Vec<CollectionId>,
    /// Language of the headings and labels of a workbook
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    pub language: String,
    /// File to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Formats of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// One GeoJSON document
    Geojson,
    /// One feature on each line
    Geojsonl,
    /// RFC 8142: a record separator before each feature
    Geojsonseq,
    /// A table with a header line
    Csv,
    /// For QGIS and GDAL
    #[value(alias = "fgb")]
    Flatgeobuf,
    /// An Excel workbook with drop-down lists, to fill in and import again
    #[value(alias = "excel")]
    Xlsx,
    /// The same for LibreOffice
    Ods,
    /// For QGIS and GDAL, in any reference system
    #[value(alias = "geopackage")]
    Gpkg,
    /// A ZIP file with a shapefile for each kind of geometry
    #[value(alias = "shp")]
    Shapefile,
    /// For Google Earth and My Maps
    Kml,
    /// Points and lines for devices
    Gpx,
    /// For pandas, DuckDB and others
    #[value(alias = "parquet")]
    Geoparquet,
    /// A drawing; places and ids only
    Dxf,
}

impl FormatArg {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Geojson => "geojson",
            Self::Geojsonl => "geojsonl",
            Self::Geojsonseq => "geojsonseq",
            Self::Csv => "csv",
            Self::Flatgeobuf => "flatgeobuf",
            Self::Xlsx => "xlsx",
            Self::Ods => "ods",
            Self::Gpkg => "gpkg",
            Self::Shapefile => "shapefile",
            Self::Kml => "kml",
            Self::Gpx => "gpx",
            Self::Geoparquet => "geoparquet",
            Self::Dxf => "dxf",
        }
    }
}
