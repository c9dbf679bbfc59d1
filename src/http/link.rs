//! Links (RFC 8288), as JSON members and as header lines.

use serde_json::{Value as Json, json};

pub const QUERYABLES: &str = "http://www.opengis.net/def/rel/ogc/1.0/queryables";
pub const FUNCTIONS: &str = "http://www.opengis.net/def/rel/ogc/1.0/functions";
pub const SORTABLES: &str = "http://www.opengis.net/def/rel/ogc/1.0/sortables";
pub const SCHEMA: &str = "http://www.opengis.net/def/rel/ogc/1.0/schema";
pub const TILESETS: &str = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";
pub const TILING_SCHEME: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";
pub const TILING_SCHEMES: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes";
pub const MVT: &str = "application/vnd.mapbox-vector-tile";

#[derive(Debug, Clone)]
pub struct WebLink {
    pub rel: &'static str,
    /// Absolute; with `{…}` when templated.
    pub href: String,
    /// The content type behind it; pages are in English.
    pub media: &'static str,
    pub title: Option<String>,
    pub templated: bool,
}

impl WebLink {
    pub fn new(rel: &'static str, href: String, media: &'static str) -> Self {
        Self { rel, href, media: media.split("; charset").next().unwrap_or(media), title: None, templated: false }
    }

    pub fn with_title(self, title: impl Into<String>) -> Self {
        Self { title: Some(title.into()), ..self }
    }

    pub fn into_template(self) -> Self {
        Self { templated: true, ..self }
    }

    pub fn to_json(&self) -> Json {
        let mut json = json!({"rel": self.rel, "href": self.href, "type": self.media});
        if let Some(title) = &self.title {
            json["title"] = title.as_str().into();
        }
        if self.templated {
            json["templated"] = true.into();
        }
        if self.media == "text/html" {
            json["hreflang"] = "en".into();
        }
        json
    }

    /// One value of a `WebLink` header.
    pub fn to_header(&self) -> String {
        format!("<{}>; rel=\"{}\"; type=\"{}\"", self.href, self.rel, self.media)
    }
}

pub fn links_to_json(links: &[WebLink]) -> Json {
    links.iter().map(WebLink::to_json).collect()
}
