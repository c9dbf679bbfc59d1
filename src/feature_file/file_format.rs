//! The formats that are written as whole files.

/// A format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// A workbook for Excel.
    Xlsx,
    /// An OpenDocument workbook, for LibreOffice.
    Ods,
    GeoPackage,
    /// A ZIP file with a shapefile for each kind of geometry.
    Shapefile,
    Kml,
    Gpx,
    GeoParquet,
    /// A drawing as text.
    Dxf,
}

impl FileFormat {
    pub const ALL: [Self; 8] =
        [Self::Xlsx, Self::Ods, Self::GeoPackage, Self::Shapefile, Self::Kml, Self::Gpx, Self::GeoParquet, Self::Dxf];

    /// The names that select it, the usual one first.
    #[must_use]
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Xlsx => &["xlsx", "excel"],
            Self::Ods => &["ods"],
            Self::GeoPackage => &["gpkg", "geopackage"],
            Self::Shapefile => &["shapefile", "shp"],
            Self::Kml => &["kml"],
            Self::Gpx => &["gpx"],
            Self::GeoParquet => &["geoparquet", "parquet"],
            Self::Dxf => &["dxf"],
        }
    }

    /// By one of its names.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.names().contains(&name.to_ascii_lowercase().as_str()))
    }

    /// What the name of such a file ends with.
    #[must_use]
    pub const fn file_ending(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Ods => "ods",
            Self::GeoPackage => "gpkg",
            Self::Shapefile => "shp.zip",
            Self::Kml => "kml",
            Self::Gpx => "gpx",
            Self::GeoParquet => "parquet",
            Self::Dxf => "dxf",
        }
    }

    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Ods => "application/vnd.oasis.opendocument.spreadsheet",
            Self::GeoPackage => "application/geopackage+sqlite3",
            Self::Shapefile => "application/zip",
            Self::Kml => "application/vnd.google-earth.kml+xml",
            Self::Gpx => "application/gpx+xml",
            Self::GeoParquet => "application/vnd.apache.parquet",
            Self::Dxf => "image/vnd.dxf",
        }
    }

    /// The name in sentences.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Xlsx => "an Excel workbook",
            Self::Ods => "an OpenDocument workbook",
            Self::GeoPackage => "a GeoPackage",
            Self::Shapefile => "a zipped shapefile",
            Self::Kml => "KML",
            Self::Gpx => "GPX",
            Self::GeoParquet => "GeoParquet",
            Self::Dxf => "a DXF drawing",
        }
    }

    /// Whether its coordinates may be in another reference system than longitude and latitude.
    #[must_use]
    pub const fn has_crs_choice(self) -> bool {
        matches!(self, Self::GeoPackage | Self::Shapefile | Self::GeoParquet | Self::Dxf)
    }

    /// Whether it has a sheet for each of several collections, in a language.
    #[must_use]
    pub const fn is_workbook(self) -> bool {
        matches!(self, Self::Xlsx | Self::Ods)
    }
}
