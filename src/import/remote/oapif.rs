//! OGC API Features: what a collection says of itself, and where its features are.

use super::page_summary::find_link;
use super::web_url::WebUrl;
use crate::collection::DataLicence;
use crate::crs::Crs;
use crate::error::{Error, Result};
use crate::import::source_facts::StatedCrs;
use serde_json::Value as Json;

/// How many features are asked for at a time.
const PAGE_FEATURES: &str = "1000";
/// How many collections a sentence names.
const MAX_NAMED: usize = 20;

/// The media types that features are asked for in, those that are wanted first.
pub const ACCEPT_FEATURES: &str = "application/geo+json, application/json;q=0.9, application/gml+xml;q=0.5, */*;q=0.1";
/// The media type of documents.
pub const ACCEPT_JSON: &str = "application/json, application/geo+json;q=0.5";

/// What a collection says of itself.
#[derive(Debug, Default)]
pub struct CollectionDocument {
    pub licence: Option<DataLicence>,
    /// The address of its features.
    pub items: Option<WebUrl>,
    /// The reference system to ask for; `None` asks for none, and longitude and latitude come.
    pub asks_crs: Option<String>,
    /// In which one the server has it.
    pub storage_crs: Option<String>,
}

/// The address of a collection, when one is asked for or its features are.
#[must_use]
pub fn collection_url(url: &WebUrl) -> Option<WebUrl> {
    let path = url.path.trim_end_matches('/');
    let collection = path.strip_suffix("/items").unwrap_or(path);
    let (folder, name) = collection.rsplit_once('/')?;
    (folder.ends_with("/collections") && !name.is_empty()).then(|| url.with_path(collection.to_owned()))
}

/// Reads the document of a collection.
///
/// # Errors
/// [`Error::Invalid`] when its features are in no reference system that is known here.
pub fn read_collection(json: &Json, at: &WebUrl) -> Result<CollectionDocument> {
    let text = |name: &str| json[name].as_str().unwrap_or_default().trim().to_owned();
    let title = [text("title"), text("id")].into_iter().find(|t| !t.is_empty()).unwrap_or_default();
    let source = match text("attribution") {
        named if named.is_empty() => format!("{title} ({})", at.host),
        // Some servers write it as HTML.
        named => strip_tags(&named),
    };
    let items = find_link(json, "items").map(|href| at.join(href)).transpose();
    let items = items
        .map_err(|reason| Error::invalid(at.to_string(), format!("The address of its items is wrong. {reason}")))?;
    Ok(CollectionDocument {
        licence: find_licence(json, &source),
        items,
        asks_crs: choose_crs(json, at)?,
        storage_crs: json["storageCrs"].as_str().map(str::to_owned),
    })
}

/// A link to the licence, or a member that names it.
fn find_licence(json: &Json, source: &str) -> Option<DataLicence> {
    let links = json["links"].as_array().into_iter().flatten();
    let link = links.into_iter().find(|link| matches!(link["rel"].as_str(), Some("license" | "licence")));
    if let Some((link, href)) = link.and_then(|link| Some((link, link["href"].as_str()?))) {
        return Some(DataLicence::from_link(link["title"].as_str().unwrap_or_default(), href, source));
    }
    let named = json["license"].as_str().or_else(|| json["licence"].as_str()).map(str::trim)?;
    // "various" and "proprietary" say that it is not one that can be named.
    let is_named = !named.is_empty() && !["various", "proprietary", "other"].contains(&named);
    is_named.then(|| {
        let licence = DataLicence::from_text(named);
        DataLicence { attribution: format!("{source}, {}", licence.name), ..licence }
    })
}

/// Longitude and latitude are what every server answers in; one that does not offer them is asked for a known system.
fn choose_crs(json: &Json, at: &WebUrl) -> Result<Option<String>> {
    let offered: Vec<&str> = json["crs"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    let is_usual = |crs: &&str| crs.to_ascii_uppercase().contains("CRS84") || crs.starts_with("#/");
    if offered.is_empty() || offered.iter().any(is_usual) {
        return Ok(None);
    }
    match offered.iter().find(|crs| Crs::parse(crs).is_ok()) {
        Some(known) => Ok(Some((*known).to_owned())),
        None => Err(Error::invalid(
            at.to_string(),
            format!(
                "The collection is only offered in reference systems that are not known here: {}. Ask for longitude and latitude, or convert it first with ogr2ogr.",
                offered.join(", ")
            ),
        )),
    }
}

/// The address of the first page.
#[must_use]
pub fn first_page(items: &WebUrl, asks_crs: Option<&str>) -> WebUrl {
    let sized = match items.parameter("limit") {
        Some(_) => items.clone(),
        None => items.with_parameter("limit", PAGE_FEATURES),
    };
    match asks_crs.filter(|_| items.parameter("crs").is_none()) {
        Some(crs) => sized.with_parameter("crs", crs),
        None => sized,
    }
}

/// The reference system of an answer by its header `Content-Crs`, and whether its axes are in the order of north first.
/// `None`: longitude and latitude.
///
/// # Errors
/// [`Error::Invalid`] when it is not known here.
pub fn read_content_crs(header: Option<&str>, url: &WebUrl) -> Result<Option<(StatedCrs, bool)>> {
    let Some(named) = header.map(|text| text.trim().trim_start_matches('<').trim_end_matches('>')) else {
        return Ok(None);
    };
    if named.to_ascii_uppercase().contains("CRS84") {
        return Ok(None);
    }
    let crs = Crs::parse(named).map_err(|_| {
        let sentence = format!("The server answers in the reference system '{named}', which is not known here. Ask for longitude and latitude, or convert the layer first with ogr2ogr.");
        Error::invalid(url.to_string(), sentence)
    })?;
    Ok(Some((StatedCrs { crs, reason: "as the server says (Content-Crs)".into() }, crs.is_north_first())))
}

/// The sentence for a document that is none of a collection's; `None` when it is not one of OGC API either.
#[must_use]
pub fn describe_other_document(json: &Json, url: &WebUrl) -> Option<String> {
    if let Some(collections) = json["collections"].as_array() {
        let names: Vec<&str> = collections.iter().filter_map(|c| c["id"].as_str()).take(MAX_NAMED).collect();
        let base = url.to_string();
        let base = base.split('?').next().unwrap_or_default().trim_end_matches('/').to_owned();
        return Some(format!("{url} lists collections. Name one of them, {base}/NAME: {}.", names.join(", ")));
    }
    let is_landing = find_link(json, "data").is_some() || find_link(json, "conformance").is_some();
    is_landing.then(|| format!("{url} is the start of a service. Name one of its collections, …/collections/NAME."))
}

fn strip_tags(text: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in text.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn url(text: &str) -> WebUrl {
        WebUrl::parse(text).unwrap()
    }

    #[test]
    fn a_collection_is_found_by_its_address() {
        for (text, found) in [
            ("https://a.b/collections/trees", Some("https://a.b/collections/trees")),
            ("https://a.b/x/collections/trees/items?bbox=1,2,3,4", Some("https://a.b/x/collections/trees")),
            ("https://a.b/collections", None),
            ("https://a.b/trees.geojson", None),
        ] {
            assert_eq!(collection_url(&url(text)).map(|u| u.to_string()).as_deref(), found, "{text}");
        }
    }

    #[test]
    fn the_licence_and_the_reference_system_are_those_of_the_metadata() {
        let at = url("https://a.b/collections/trees");
        let read = |json: &Json| read_collection(json, &at);
        let linked = json!({"id": "trees", "attribution": "<a href='x'>Celje</a>", "links": [{"rel": "license", "href": "https://creativecommons.org/licenses/by/4.0/", "title": "CC BY"}]});
        assert_eq!(read(&linked).unwrap().licence.unwrap().attribution, "Celje, CC-BY-4.0");
        assert_eq!(read(&json!({"id": "trees", "license": "CC0-1.0"})).unwrap().licence.unwrap().name, "CC0-1.0");
        assert!(read(&json!({"id": "trees", "license": "various"})).unwrap().licence.is_none());
        let epsg = |code: u32| format!("http://www.opengis.net/def/crs/EPSG/0/{code}");
        assert_eq!(read(&json!({"crs": [epsg(1), epsg(3794)]})).unwrap().asks_crs, Some(epsg(3794)));
        assert_eq!(
            read(&json!({"crs": [epsg(3794), "http://www.opengis.net/def/crs/OGC/1.3/CRS84"]})).unwrap().asks_crs,
            None
        );
        assert!(read(&json!({"crs": [epsg(1)]})).is_err());
        let (stated, north_first) = read_content_crs(Some(&format!("<{}>", epsg(4326))), &at).unwrap().unwrap();
        assert_eq!((stated.crs.epsg_code(), north_first), (Some(4326), true));
        assert!(read_content_crs(Some("<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"), &at).unwrap().is_none());
    }
}
