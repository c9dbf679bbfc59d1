//! What an address of the web means: a layer of OGC API Features, a layer of a WFS, or a file.

use super::fetch_limits::{FetchBudget, FetchLimits};
use super::fetched_layer::{FetchedContent, FetchedLayer};
use super::layer_fetch::{FetchedFile, LayerFetch, PageOrder, page_format_of};
use super::oapif::{self, ACCEPT_JSON, CollectionDocument};
use super::page_spool::PageSpool;
use super::page_summary::{describe_exception, read_head, summarise_page};
use super::web_client::WebClient;
use super::web_url::WebUrl;
use super::wfs::{self, WfsCapabilities};
use crate::collection::DataLicence;
use crate::error::{Error, Result};
use crate::import::import_format::ImportFormat;
use crate::import::progress::ImportProgress;
use crate::import::xml::{XmlElement, XmlStream, XmlTag};
use serde_json::Value as Json;
use std::io::Cursor;
use std::path::PathBuf;
use std::sync::Arc;

/// How much of an answer is looked at to see what it is.
const HEAD_BYTES: u64 = 1 << 20;

/// What is to be fetched, and how.
#[derive(Debug, Clone)]
pub struct RemoteRequest {
    /// As the caller wrote it.
    pub url: String,
    /// The plan that it is for: pages are kept beside it.
    pub plan: PathBuf,
    /// Which layer of a service.
    pub layer: Option<String>,
    /// GeoJSON is wanted where a WFS offers it.
    pub wants_json: bool,
    /// The licence as the caller states it.
    pub licence: Option<String>,
    /// The licence need not be known: nothing is kept.
    pub is_trial: bool,
    /// The server may be on this machine or on an inner network.
    pub allow_private: bool,
    pub limits: FetchLimits,
}

/// Fetches what an address means.
///
/// # Errors
/// [`Error::Invalid`] when the address is wrong, names several layers, or leads to nothing that can be read;
/// [`Error::Refused`] when the server or the address is not to be asked, does not give it, or states no licence and the
/// caller neither; [`Error::TooLarge`] beyond a limit.
pub fn fetch_layer(request: &RemoteRequest, progress: &Arc<ImportProgress>) -> Result<FetchedLayer> {
    let url = WebUrl::parse(&request.url).map_err(|reason| Error::invalid(request.url.clone(), reason))?;
    let asked = format!("{url} {:?} {}", request.layer, request.wants_json);
    let spool = PageSpool::open(&request.plan, &asked, progress.clone())?;
    let trusted = request.allow_private.then(|| url.clone());
    let client = WebClient::new(FetchBudget::new(request.limits.clone()), trusted, progress.clone());
    let fetch = LayerFetch { client, spool, progress: progress.clone(), notes: vec![] };
    if wfs::is_wfs(&url) {
        return fetch_wfs_layer(fetch, &url, request);
    }
    match oapif::collection_url(&url) {
        Some(collection) => fetch_collection(fetch, &url, &collection, request),
        None => fetch_unknown(fetch, &url, request),
    }
}

fn fetch_collection(
    mut fetch: LayerFetch,
    url: &WebUrl,
    collection: &WebUrl,
    request: &RemoteRequest,
) -> Result<FetchedLayer> {
    let asks_items = url.path.trim_end_matches('/').ends_with("/items");
    let document = match read_json(&mut fetch, collection) {
        Ok(json) => oapif::read_collection(&json, collection)?,
        // Its features are asked for: whether it describes itself is its own affair.
        Err(_) if asks_items && !fetch.progress.is_stopped() => CollectionDocument::default(),
        Err(e) => return Err(e),
    };
    let items = match document.items.clone().filter(|_| !asks_items) {
        // The links of many servers name an address that only they know.
        Some(items) if items.is_same_server(url) => items,
        _ if asks_items => url.clone(),
        _ => WebUrl { query: url.query.clone(), ..collection.with_path(format!("{}/items", collection.path)) },
    };
    let licence = settle_licence(request, document.licence.clone(), url)?;
    fetch.fetch_pages(&oapif::first_page(&items, document.asks_crs.as_deref()), PageOrder::Links)?;
    if let Some(storage) =
        document.storage_crs.as_deref().filter(|crs| !crs.ends_with("CRS84") && !crs.ends_with("/4326"))
    {
        let sentence = format!("The server keeps the layer in {storage}, and has converted it itself.");
        fetch.notes.extend(fetch.spool.state.crs.is_none().then_some(sentence));
    }
    finish_pages(fetch, url, licence)
}

fn fetch_wfs_layer(mut fetch: LayerFetch, url: &WebUrl, request: &RemoteRequest) -> Result<FetchedLayer> {
    let offered_at = wfs::capabilities_url(url);
    let document = read_document(&mut fetch, &offered_at, "application/xml, text/xml;q=0.9")?;
    let root = parse_xml(document, &offered_at)?;
    if root.name.contains("Exception") {
        return Err(describe_exception(&offered_at.to_string(), &root));
    }
    let offered = WfsCapabilities::parse(&root, url)?;
    let named = url.parameter("typenames").or_else(|| url.parameter("typename")).map(|name| name.replace("%3A", ":"));
    let layer = offered.choose_layer(request.layer.as_deref().or(named.as_deref()), url)?;
    let licence = settle_licence(request, offered.licence(layer, url), url)?;
    let question = offered.ask(layer, url, request.wants_json)?;
    let order = if question.is_paged { PageOrder::StartIndex } else { PageOrder::Single };
    fetch.fetch_pages(&question.url, order)?;
    finish_pages(fetch, url, licence)
}

/// An address that does not say what it is: the answer tells.
fn fetch_unknown(mut fetch: LayerFetch, url: &WebUrl, request: &RemoteRequest) -> Result<FetchedLayer> {
    if fetch.spool.resumed > 0 {
        let licence = settle_licence(request, None, url)?;
        fetch.fetch_pages(url, PageOrder::Links)?;
        return finish_pages(fetch, url, licence);
    }
    let file = fetch.attempt(|fetch| {
        fetch.fetch_file(url, &[("accept", "application/geo+json, application/json;q=0.9, */*;q=0.8")])
    })?;
    let head = read_head(&file.path, HEAD_BYTES)?;
    match page_format_of(&head) {
        Some(ImportFormat::Gml) if String::from_utf8_lossy(&head).contains("WFS_Capabilities") => {
            fetch_wfs_layer(fetch, url, request)
        }
        Some(ImportFormat::GeoJson)
            if let Ok(summary) = summarise_page(&file.path, &url.to_string(), ImportFormat::GeoJson) =>
        {
            if summary.next.is_some() || summary.frame["exceededTransferLimit"] == true {
                let licence = settle_licence(request, None, url)?;
                fetch.keep(file, ImportFormat::GeoJson, summary, PageOrder::Links)?;
                fetch.fetch_rest(PageOrder::Links)?;
                return finish_pages(fetch, url, licence);
            }
            if summary.features <= 1 && summary.frame["type"] != "FeatureCollection" {
                return fetch_described(fetch, file, url, request);
            }
            finish_file(fetch, file, url, request)
        }
        _ => finish_file(fetch, file, url, request),
    }
}

/// A JSON document that is no collection of features: perhaps it says where one is.
fn fetch_described(
    fetch: LayerFetch,
    file: FetchedFile,
    url: &WebUrl,
    request: &RemoteRequest,
) -> Result<FetchedLayer> {
    let json: Json = serde_json::from_slice(&read_head(&file.path, HEAD_BYTES)?).unwrap_or_default();
    if let Some(sentence) = oapif::describe_other_document(&json, url) {
        return Err(Error::invalid(url.to_string(), sentence));
    }
    match super::page_summary::find_link(&json, "items") {
        Some(_) if json["type"] != "Feature" => fetch_collection(fetch, url, url, request),
        _ => finish_file(fetch, file, url, request),
    }
}

fn finish_pages(fetch: LayerFetch, url: &WebUrl, licence: Option<DataLicence>) -> Result<FetchedLayer> {
    let (content, notes) = fetch.into_pages(url)?;
    Ok(FetchedLayer { name: url.to_string(), content, licence, notes })
}

fn finish_file(
    mut fetch: LayerFetch,
    file: FetchedFile,
    url: &WebUrl,
    request: &RemoteRequest,
) -> Result<FetchedLayer> {
    let licence = settle_licence(request, None, url)?;
    // Without its parameters: the ending of the name says what an ambiguous file is.
    let name = WebUrl { query: None, ..file.url.clone() }.to_string();
    if name.to_ascii_lowercase().ends_with(".shp") {
        return Err(Error::invalid(
            name,
            "A shapefile is several files, and this is one of them. Name a ZIP file of all.",
        ));
    }
    let format = match file.media_type.as_str() {
        "text/csv" | "application/csv" | "text/tab-separated-values" => Some(ImportFormat::Csv),
        _ => None,
    };
    let notes = vec![format!("The server gave {:.1} MB.", file.bytes as f64 / 1e6)];
    fetch.spool.complete();
    let content = FetchedContent::File { path: file.path, format, spool: fetch.spool };
    Ok(FetchedLayer { name, content, licence, notes })
}

/// The licence that the caller states, or else that of the metadata.
fn settle_licence(request: &RemoteRequest, stated: Option<DataLicence>, url: &WebUrl) -> Result<Option<DataLicence>> {
    match (&request.licence, stated) {
        (Some(text), _) => Ok(Some(DataLicence::from_text(text))),
        (None, Some(stated)) => Ok(Some(stated)),
        (None, None) if request.is_trial => Ok(None),
        (None, None) => Err(Error::Refused(format!(
            "{} does not say under which licence its data are. Ask there, and say it with --licence, such as --licence 'CC BY 4.0, © City of Celje'; it is shown with the data.",
            url.host
        ))),
    }
}

/// A document of JSON. A server that prefers to answer in HTML is asked in another way.
fn read_json(fetch: &mut LayerFetch, url: &WebUrl) -> Result<Json> {
    let read = |fetch: &mut LayerFetch, url: &WebUrl| -> Result<Option<Json>> {
        let document = read_document(fetch, url, ACCEPT_JSON)?;
        Ok(serde_json::from_slice(&document).ok())
    };
    let found = match read(fetch, url)? {
        Some(json) => Some(json),
        None => read(fetch, &url.with_parameter("f", "json"))?,
    };
    found.ok_or_else(|| {
        Error::invalid(url.to_string(), "The answer is no JSON document of a collection. Check the address.")
    })
}

fn read_document(fetch: &mut LayerFetch, url: &WebUrl, accept: &str) -> Result<Vec<u8>> {
    fetch.attempt(|fetch| {
        let answer = fetch.client.get(url, &[("accept", accept)])?;
        fetch.client.read_document(answer)
    })
}

fn parse_xml(document: Vec<u8>, url: &WebUrl) -> Result<XmlElement> {
    let broken = |message: String| Error::invalid(url.to_string(), message);
    let mut xml = XmlStream::new(Box::new(Cursor::new(document)), None).map_err(|e| broken(e.to_string()))?;
    match xml.next_tag().map_err(|fault| broken(fault.message))? {
        XmlTag::Open(root) => xml.read_element(root).map_err(|fault| broken(fault.message)),
        _ => Err(broken("The answer is no XML document. Check the address.".into())),
    }
}
