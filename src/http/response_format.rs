//! The formats that resources are served in: the values of the parameter `f`, content types, and titles of links.

use crate::feature_file::FileFormat;

/// A format that a resource is served in.
#[derive(Debug, PartialEq, Eq)]
pub struct ResponseFormat {
    /// Values of `f` that select it; links use the first.
    pub names: &'static [&'static str],
    /// The content type of the response.
    pub media: &'static str,
    /// Other types in `Accept` that it satisfies.
    pub other_media: &'static [&'static str],
    /// The title of links to it.
    pub title: &'static str,
}

pub const JSON: ResponseFormat =
    ResponseFormat { names: &["json"], media: "application/json", other_media: &[], title: AS_JSON };
pub const GEOJSON: ResponseFormat = ResponseFormat {
    names: &["json", "geojson"],
    media: "application/geo+json",
    other_media: &["application/json", "application/vnd.geo+json"],
    title: "This document as GeoJSON",
};
/// The content of GeoJSON with `profile=jsonfg`, under JSON-FG's own media type.
pub const JSONFG: ResponseFormat = ResponseFormat {
    names: &["jsonfg"],
    media: "application/vnd.ogc.fg+json",
    other_media: &[],
    title: "This document as JSON-FG",
};
pub const FLATGEOBUF: ResponseFormat = ResponseFormat {
    names: &["flatgeobuf", "fgb"],
    media: "application/flatgeobuf",
    other_media: &["application/vnd.flatgeobuf"],
    title: "This document as FlatGeobuf",
};
pub const CSV: ResponseFormat = ResponseFormat {
    names: &["csv"],
    media: "text/csv; charset=utf-8",
    other_media: &[],
    title: "This document as CSV",
};
pub const XLSX: ResponseFormat = of_file(FileFormat::Xlsx, "This document as an Excel workbook");
pub const ODS: ResponseFormat = of_file(FileFormat::Ods, "This document as an OpenDocument workbook");
pub const GEOPACKAGE: ResponseFormat = of_file(FileFormat::GeoPackage, "This document as a GeoPackage");
pub const SHAPEFILE: ResponseFormat = of_file(FileFormat::Shapefile, "This document as a zipped shapefile");
pub const KML: ResponseFormat = of_file(FileFormat::Kml, "This document as KML");
pub const GPX: ResponseFormat = of_file(FileFormat::Gpx, "This document as GPX");
pub const GEOPARQUET: ResponseFormat = of_file(FileFormat::GeoParquet, "This document as GeoParquet");
pub const DXF: ResponseFormat = of_file(FileFormat::Dxf, "This document as a DXF drawing");

const fn of_file(format: FileFormat, title: &'static str) -> ResponseFormat {
    ResponseFormat { names: format.names(), media: format.media_type(), other_media: &[], title }
}

pub const SCHEMA: ResponseFormat = ResponseFormat {
    names: &["json", "schema"],
    media: "application/schema+json",
    other_media: &["application/json"],
    title: AS_JSON,
};
pub const OPENAPI: ResponseFormat = ResponseFormat {
    names: &["json", "openapi"],
    media: "application/vnd.oai.openapi+json;version=3.0",
    other_media: &["application/openapi+json", "application/json"],
    title: AS_JSON,
};
pub const HTML: ResponseFormat = ResponseFormat {
    names: &["html"],
    media: super::html::MEDIA,
    other_media: &["application/xhtml+xml"],
    title: "This document as HTML",
};

const AS_JSON: &str = "This document as JSON";

/// The formats of a page of features, of one feature, and of a download.
pub const PAGE_FORMATS: [&ResponseFormat; 5] = [&GEOJSON, &HTML, &JSONFG, &FLATGEOBUF, &CSV];
pub const ITEM_FORMATS: [&ResponseFormat; 3] = [&GEOJSON, &HTML, &JSONFG];
pub const DOWNLOAD_FORMATS: [&ResponseFormat; 12] =
    [&GEOJSON, &JSONFG, &FLATGEOBUF, &CSV, &XLSX, &ODS, &GEOPACKAGE, &SHAPEFILE, &KML, &GPX, &GEOPARQUET, &DXF];
