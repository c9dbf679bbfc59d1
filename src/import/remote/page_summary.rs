//! What a page of a layer holds beside its features: how many there are, and where it goes on. A page that is broken is
//! found here, while it can be asked for again.

use crate::digest::hash_content;
use crate::error::{Error, Result, shorten_text};
use crate::import::byte_reader::read_error;
use crate::import::element_scanner::{ElementScanner, FileLayout, ScanEvent, ScanFault};
use crate::import::gml::GmlRows;
use crate::import::import_format::ImportFormat;
use crate::import::row_reader::RowReader;
use crate::import::xml::{XmlElement, XmlStream, XmlTag};
use serde_json::Value as Json;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The most text of a server's own error that is told.
const MAX_TOLD: usize = 300;

/// What a page holds.
#[derive(Debug, Default)]
pub struct PageSummary {
    pub features: u64,
    /// The hash of its first feature.
    pub first: Option<String>,
    /// How many features the whole layer has, as the server says.
    pub matched: Option<u64>,
    /// Where the next page is, as the page has it.
    pub next: Option<String>,
    /// The document around the features, of GeoJSON.
    pub frame: Json,
}

/// Reads all of a page.
///
/// # Errors
/// [`Error::Invalid`] when it is broken, or when it is an error of the server.
pub fn summarise_page(path: &Path, url: &str, format: ImportFormat) -> Result<PageSummary> {
    let open = || File::open(path).map_err(Error::internal);
    if format == ImportFormat::Gml { summarise_gml(open, url) } else { summarise_geojson(open()?, url) }
}

fn summarise_geojson(file: File, url: &str) -> Result<PageSummary> {
    let mut scanner = ElementScanner::new(file, FileLayout::Document);
    let (mut summary, mut text) = (PageSummary::default(), vec![]);
    loop {
        match scanner.next_element(&mut text)? {
            ScanEvent::Element(_) => {
                summary.features += 1;
                summary.first.get_or_insert_with(|| hash_text(&text));
            }
            ScanEvent::Fault(fault) => return Err(broken(url, &fault)),
            ScanEvent::End => break,
        }
    }
    let frame: Json = serde_json::from_slice(&scanner.frame().text).unwrap_or_default();
    summary.matched = frame["numberMatched"].as_u64();
    summary.next = find_link(&frame, "next").map(str::to_owned);
    summary.frame = frame;
    Ok(summary)
}

fn summarise_gml(open: impl Fn() -> Result<File>, url: &str) -> Result<PageSummary> {
    let mut xml = XmlStream::new(Box::new(open()?), None).map_err(|e| read_error(&e))?;
    let mut summary = PageSummary::default();
    if let XmlTag::Open(root) = xml.next_tag().map_err(|fault| broken(url, &fault.into_scan_fault()))? {
        if root.name.contains("Exception") {
            let report = xml.read_element(root).map_err(|fault| broken(url, &fault.into_scan_fault()))?;
            return Err(describe_exception(url, &report));
        }
        summary.matched = root.attribute("numberMatched").and_then(|n| n.parse().ok());
    }
    let mut rows = GmlRows::new(Box::new(open()?), None, None)?;
    while let Some(row) = rows.next_draft()? {
        let draft = row.map_err(|fault| broken(url, &fault))?;
        summary.features += 1;
        summary.first.get_or_insert_with(|| hash_text(format!("{:?} {:?}", draft.id, draft.properties).as_bytes()));
    }
    Ok(summary)
}

/// The error that a server reports in place of a page.
pub fn describe_exception(url: &str, report: &XmlElement) -> Error {
    let mut words = String::new();
    collect_text(report, &mut words);
    let told: String = words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_TOLD).collect();
    Error::Refused(format!("{url} answers with an error: {told}"))
}

fn collect_text(element: &XmlElement, words: &mut String) {
    words.extend([" ", &element.text]);
    element.children.iter().for_each(|child| collect_text(child, words));
}

/// The address behind the link of a relation; one to GeoJSON before others.
pub fn find_link<'a>(document: &'a Json, relation: &str) -> Option<&'a str> {
    let links = document["links"].as_array()?;
    let of_relation = || links.iter().filter(|link| link["rel"] == relation);
    let is_geojson = |link: &&Json| link["type"].as_str().is_some_and(|kind| kind.contains("geo+json"));
    let found = of_relation().find(is_geojson).or_else(|| of_relation().next());
    found?["href"].as_str()
}

/// The first bytes of a file.
pub fn read_head(path: &Path, bytes: u64) -> Result<Vec<u8>> {
    let mut head = vec![];
    File::open(path).and_then(|file| file.take(bytes).read_to_end(&mut head)).map_err(Error::internal)?;
    Ok(head)
}

fn hash_text(text: &[u8]) -> String {
    format!("{:032x}", hash_content(text))
}

fn broken(url: &str, fault: &ScanFault) -> Error {
    let at = if fault.line > 0 { format!("line {}: ", fault.line) } else { String::new() };
    Error::Refused(format!("The answer of {} is broken. {at}{}", shorten_url(url), fault.message))
}

/// An address as far as a sentence has room for it.
fn shorten_url(url: &str) -> String {
    if url.chars().count() > 200 { shorten_text(url) } else { url.to_owned() }
}
