//! The features of a GML document, such as the answer of a WFS or of OGC API Features: each element in a member, with
//! its geometry, and the text of the others as properties.

use super::gml_geometry::{GmlShape, is_geometry, read_geometry};
use super::srs_name::GmlSrs;
use crate::crs::Crs;
use crate::error::Result;
use crate::feature::geojson::ParsedGeometry;
use crate::feature::{FaultKind, FeatureFault};
use crate::import::byte_reader::read_error;
use crate::import::draft::FeatureDraft;
use crate::import::element_scanner::ScanFault;
use crate::import::finding::{FindingPlace, ImportFindingKind};
use crate::import::row_reader::{RowReader, TableRemarks};
use crate::import::text_encoding::TextEncoding;
use crate::import::xml::{XmlElement, XmlFault, XmlStream, XmlTag};
use crate::intake::FindingKind;
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;
use std::io::Read;

/// Elements around features.
const AROUND: [&str; 8] = [
    "FeatureCollection",
    "Collection",
    "member",
    "members",
    "featureMember",
    "featureMembers",
    "Tuple",
    "SimpleFeatureCollection",
];

pub struct GmlRows {
    xml: XmlStream,
    /// The reference system in which the file is read.
    crs: Option<Crs>,
    /// That of geometries which name none: of the last envelope around them.
    outer: Option<GmlSrs>,
    number: u64,
    depth: usize,
    ended: bool,
    more_geometries: BTreeSet<String>,
    /// A page of a longer answer: matched and returned.
    paged: Option<(u64, u64)>,
    is_one_of_pages: bool,
}

/// The first reference system that the text of a document names.
///
/// # Errors
/// The name of one that is not known.
pub fn find_first_srs(head: &str) -> Result<Option<GmlSrs>, String> {
    let Some(rest) = head.split("srsName=").nth(1) else { return Ok(None) };
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    let name = quote.and_then(|quote| rest[1..].split(quote).next()).unwrap_or_default();
    GmlSrs::parse(name).map(Some).ok_or_else(|| name.to_owned())
}

impl GmlRows {
    /// `crs` is the reference system that the file was found to be in, or the caller named.
    pub fn new(input: Box<dyn Read + Send>, crs: Option<Crs>, said: Option<TextEncoding>) -> Result<Self> {
        let xml = XmlStream::new(input, said).map_err(|e| read_error(&e))?;
        let more_geometries = BTreeSet::new();
        let (outer, paged) = (None, None);
        Ok(Self { xml, crs, outer, number: 0, depth: 0, ended: false, more_geometries, paged, is_one_of_pages: false })
    }

    /// Says nothing of other pages, which are read, too.
    pub fn of_pages(mut self) -> Self {
        self.is_one_of_pages = true;
        self
    }

    fn read_next(&mut self) -> Result<Option<FeatureDraft>, XmlFault> {
        loop {
            let element = match self.xml.next_tag()? {
                XmlTag::Open(element) => element,
                XmlTag::Close => {
                    self.depth = self.depth.saturating_sub(1);
                    continue;
                }
                XmlTag::End => return Ok(None),
            };
            if AROUND.contains(&element.name.as_str()) {
                if self.depth == 0 {
                    self.note_page(&element);
                }
                self.depth += 1;
            } else if element.name == "boundedBy" {
                let envelope = self.xml.read_element(element)?;
                self.outer = envelope_srs(&envelope).or(self.outer);
            } else if is_about_collection(&element.name) {
                self.xml.skip_element()?;
            } else {
                let line = self.xml.line();
                let element = self.xml.read_element(element)?;
                return Ok(Some(self.read_feature(&element, line)));
            }
        }
    }

    /// A WFS says how many features there are, and how many of them the answer has.
    fn note_page(&mut self, root: &XmlElement) {
        let number = |name: &str| root.attribute(name).and_then(|n| n.parse::<u64>().ok());
        if let (Some(matched), Some(returned)) = (number("numberMatched"), number("numberReturned"))
            && matched > returned
        {
            self.paged = Some((matched, returned));
        }
    }

    fn read_feature(&mut self, element: &XmlElement, line: u64) -> FeatureDraft {
        self.number += 1;
        let place = FindingPlace { line: Some(line), feature: Some(self.number), ..FindingPlace::default() };
        let mut draft = FeatureDraft { place, untyped: true, ..FeatureDraft::default() };
        draft.id = element.attribute("id").or_else(|| element.attribute("fid")).map(Json::from);
        let own = element.child("boundedBy").and_then(envelope_srs).or(self.outer);
        let mut has_geometry = false;
        for property in element.children.iter().filter(|c| c.name != "boundedBy") {
            match property.children.iter().find(|c| is_geometry(c)) {
                Some(geometry) if !has_geometry => {
                    has_geometry = true;
                    self.add_geometry(geometry, own, &mut draft);
                }
                Some(_) => {
                    self.more_geometries.insert(property.name.clone());
                }
                None => add_property(property, "", &mut draft.properties),
            }
        }
        draft
    }

    fn add_geometry(&self, element: &XmlElement, outer: Option<GmlSrs>, draft: &mut FeatureDraft) {
        let read = read_geometry(element, outer).and_then(|shape| self.check_srs(shape, outer));
        match read {
            Ok(shape) => {
                let flattened = shape.has_height;
                draft.shape = shape.geometry.map(|geometry| ParsedGeometry { geometry, flattened });
            }
            Err(message) => {
                let fault = FeatureFault::new(FaultKind::WrongType, "", message);
                draft.faults.push((ImportFindingKind::Feature(FindingKind::Fault(FaultKind::WrongType)), fault));
            }
        }
    }

    /// All geometries of a file are in one reference system.
    fn check_srs(&self, shape: GmlShape, outer: Option<GmlSrs>) -> std::result::Result<GmlShape, String> {
        let own = match &shape.srs {
            Some(Err(name)) if self.crs.is_none() => {
                return Err(format!("The reference system '{name}' is not known here."));
            }
            Some(Err(_)) | None => outer,
            Some(Ok(own)) => Some(*own),
        };
        let read_in = self.crs.unwrap_or(Crs::CRS84);
        match own {
            Some(own) if !own.crs.is_same_grid(read_in) => Err(format!(
                "The geometry is in {}, and the file is read in {read_in}. Ask for all features in one reference system.",
                own.crs
            )),
            _ => Ok(shape),
        }
    }
}

/// What a collection says of itself.
fn is_about_collection(name: &str) -> bool {
    matches!(
        name,
        "description"
            | "name"
            | "identifier"
            | "metaDataProperty"
            | "link"
            | "timeStamp"
            | "numberMatched"
            | "numberReturned"
            | "additionalObjects"
    )
}

fn envelope_srs(bounds: &XmlElement) -> Option<GmlSrs> {
    bounds.children.iter().find_map(|c| GmlSrs::parse(c.attribute("srsName")?))
}

/// The text of a property; elements in it become properties with a dot; several of one name a list.
fn add_property(property: &XmlElement, prefix: &str, properties: &mut Map<String, Json>) {
    let name = format!("{prefix}{}", property.name);
    if !property.children.is_empty() {
        let below = format!("{name}.");
        property.children.iter().for_each(|child| add_property(child, &below, properties));
        return;
    }
    let text = property.text.trim();
    let value = if text.is_empty() { property.attribute("href") } else { Some(text) };
    match (properties.get_mut(&name), value) {
        (Some(Json::String(first)), Some(next)) => {
            // As the text of a list, as all values are text here.
            let mut list: Vec<Json> = serde_json::from_str(first).unwrap_or_else(|_| vec![first.as_str().into()]);
            list.push(next.into());
            *first = Json::from(list).to_string();
        }
        (Some(Json::Null), Some(value)) => drop(properties.insert(name, value.into())),
        (Some(_), _) => {}
        (None, value) => drop(properties.insert(name, value.into())),
    }
}

impl RowReader for GmlRows {
    fn next_draft(&mut self) -> Result<Option<Result<FeatureDraft, ScanFault>>> {
        if self.ended {
            return Ok(None);
        }
        match self.read_next() {
            Ok(draft) => Ok(draft.map(Ok)),
            Err(fault) => {
                self.ended = true;
                Ok(Some(Err(fault.into_scan_fault())))
            }
        }
    }

    fn table_remarks(&self) -> Option<TableRemarks> {
        let mut notes = vec![];
        if let Some((matched, returned)) = self.paged.filter(|_| !self.is_one_of_pages) {
            notes.push(format!(
                "The file is a page of a longer answer: {returned} of {matched} features. Ask for the others, too."
            ));
        }
        if !self.more_geometries.is_empty() {
            let names: Vec<&str> = self.more_geometries.iter().map(String::as_str).collect();
            notes.push(format!("Features have further geometries, which are not read: {}.", names.join(", ")));
        }
        Some(TableRemarks { notes, ..TableRemarks::default() })
    }
}
