//! The formats that resources are served in: the values of the parameter `f`, content types, and titles of links.

/// One form of a resource.
#[derive(Debug, PartialEq, Eq)]
pub struct ResponseFormat {
    /// Values of `f` that ask for it; the first is the one we write.
    pub names: &'static [&'static str],
    /// The content type sent.
    pub media: &'static str,
    /// Other types that a client may accept it as.
    pub other_media: &'static [&'static str],
    /// What a link to it says.
    pub title: &'static str,
}

pub const JSON: ResponseFormat =
    ResponseFormat { names: &["json"], media: "application/json", other_media: &[], title: AS_JSON };
pub const GEOJSON: ResponseFormat = ResponseFormat {
    names: &["json", "geojson"],
    media: "application/geo+json",
    other_media: &["application/json", "application/vnd.geo+json"],
    title: "This as GeoJSON",
};
/// The same as GeoJSON with `profile=jsonfg`, for clients that know it by a type of its own.
pub const JSONFG: ResponseFormat = ResponseFormat {
    names: &["jsonfg"],
    media: "application/vnd.ogc.fg+json",
    other_media: &[],
    title: "This as JSON-FG",
};
pub const FLATGEOBUF: ResponseFormat = ResponseFormat {
    names: &["flatgeobuf", "fgb"],
    media: "application/flatgeobuf",
    other_media: &["application/vnd.flatgeobuf"],
    title: "This as FlatGeobuf",
};
pub const CSV: ResponseFormat = ResponseFormat {
    names: &["csv"],
    media: "text/csv; charset=utf-8",
    other_media: &[],
    title: "This as a table (CSV)",
};
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
    title: "This as a page",
};

const AS_JSON: &str = "This as JSON";

/// The forms of a page, of one feature, and of a whole collection.
pub const PAGE_FORMATS: [&ResponseFormat; 5] = [&GEOJSON, &HTML, &JSONFG, &FLATGEOBUF, &CSV];
pub const ITEM_FORMATS: [&ResponseFormat; 3] = [&GEOJSON, &HTML, &JSONFG];
pub const DOWNLOAD_FORMATS: [&ResponseFormat; 4] = [&GEOJSON, &JSONFG, &FLATGEOBUF, &CSV];
