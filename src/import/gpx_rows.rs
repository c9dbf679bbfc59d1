//! GPX: waypoints as points, routes and tracks as lines, with a field that tells which. Positions of tracks are read
//! one by one, as a track may be long.

use super::byte_reader::read_error;
use super::draft::FeatureDraft;
use super::element_scanner::ScanFault;
use super::finding::{FindingPlace, ImportFindingKind};
use super::row_reader::{RowReader, TableRemarks};
use super::text_encoding::TextEncoding;
use super::xml::{XmlElement, XmlFault, XmlStream, XmlTag, parse_coordinate};
use crate::error::{Error, Result, shorten_text};
use crate::feature::geojson::{MAX_VERTICES, ParsedGeometry};
use crate::feature::{FaultKind, FeatureFault, Geometry};
use crate::intake::FindingKind;
use geo_types::{Coord, LineString, MultiLineString, Point};
use std::io::Read;

/// What is read of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GpxLayer {
    All,
    Waypoints,
    Routes,
    Tracks,
}

impl GpxLayer {
    /// By the name that `--layer` uses.
    ///
    /// # Errors
    /// [`Error::Invalid`] for another name.
    pub fn from_name(file: &str, name: Option<&str>) -> Result<Self> {
        Ok(match name.map(str::to_ascii_lowercase).as_deref() {
            None => Self::All,
            Some("waypoints") => Self::Waypoints,
            Some("routes") => Self::Routes,
            Some("tracks") => Self::Tracks,
            Some(other) => {
                let sentence = format!("GPX has no layer '{}': use waypoints, routes or tracks.", shorten_text(other));
                return Err(Error::invalid(file, sentence));
            }
        })
    }

    fn has(self, kind: &str) -> bool {
        match self {
            Self::All => matches!(kind, "wpt" | "rte" | "trk"),
            Self::Waypoints => kind == "wpt",
            Self::Routes => kind == "rte",
            Self::Tracks => kind == "trk",
        }
    }
}

/// Elements that become fields.
const FIELDS: [&str; 10] = ["name", "cmt", "desc", "src", "sym", "type", "number", "ele", "time", "fix"];

pub struct GpxRows {
    xml: XmlStream,
    layer: GpxLayer,
    number: u64,
    ended: bool,
    with_extensions: u64,
    with_times: u64,
}

/// The line of a route or track while it is read.
#[derive(Default)]
struct GpxLine {
    segments: Vec<Vec<Coord<f64>>>,
    has_height: bool,
    has_times: bool,
    fault: Option<String>,
    positions: usize,
}

impl GpxRows {
    pub fn new(input: Box<dyn Read + Send>, layer: GpxLayer, said: Option<TextEncoding>) -> Result<Self> {
        let xml = XmlStream::new(input, said).map_err(|e| read_error(&e))?;
        Ok(Self { xml, layer, number: 0, ended: false, with_extensions: 0, with_times: 0 })
    }

    fn read_next(&mut self) -> Result<Option<FeatureDraft>, XmlFault> {
        loop {
            let element = match self.xml.next_tag()? {
                XmlTag::Open(element) => element,
                XmlTag::Close => continue,
                XmlTag::End => return Ok(None),
            };
            if element.name == "gpx" {
                continue;
            }
            if !self.layer.has(&element.name) {
                self.xml.skip_element()?;
                continue;
            }
            self.number += 1;
            let place =
                FindingPlace { line: Some(self.xml.line()), feature: Some(self.number), ..FindingPlace::default() };
            let draft = FeatureDraft { place, untyped: true, ..FeatureDraft::default() };
            return if element.name == "wpt" {
                self.read_waypoint(element, draft)
            } else {
                self.read_line(&element.name, draft)
            }
            .map(Some);
        }
    }

    fn read_waypoint(&mut self, opened: XmlElement, mut draft: FeatureDraft) -> Result<FeatureDraft, XmlFault> {
        let element = self.xml.read_element(opened)?;
        draft.properties.insert("kind".into(), "waypoint".into());
        for child in &element.children {
            self.add_field(child, &mut draft);
        }
        match read_position(&element) {
            Some(coord) => {
                draft.shape = Some(ParsedGeometry { geometry: Geometry::Point(Point(coord)), flattened: false });
            }
            None => add_fault(&mut draft, NO_POSITION.to_owned()),
        }
        Ok(draft)
    }

    fn read_line(&mut self, name: &str, mut draft: FeatureDraft) -> Result<FeatureDraft, XmlFault> {
        let kind = if name == "rte" { "route" } else { "track" };
        draft.properties.insert("kind".into(), kind.into());
        let mut line = GpxLine::default();
        line.segments.push(vec![]);
        let mut depth = 0;
        loop {
            let element = match self.xml.next_tag()? {
                XmlTag::Open(element) => element,
                XmlTag::Close if depth == 0 => break,
                XmlTag::Close => {
                    depth -= 1;
                    continue;
                }
                XmlTag::End => break,
            };
            match element.name.as_str() {
                "trkseg" => {
                    line.segments.push(vec![]);
                    depth += 1;
                }
                "rtept" | "trkpt" => line.add_position(&self.xml.read_element(element)?),
                _ if depth == 0 => {
                    let child = self.xml.read_element(element)?;
                    self.add_field(&child, &mut draft);
                }
                _ => self.xml.skip_element()?,
            }
        }
        self.with_times += u64::from(line.has_times);
        line.finish(&mut draft);
        Ok(draft)
    }

    /// Simple elements are fields, as GDAL and our export write them.
    fn add_extensions(&mut self, extensions: &XmlElement, draft: &mut FeatureDraft) {
        let is_simple = |child: &&XmlElement| child.children.is_empty();
        self.with_extensions += u64::from(!extensions.children.iter().all(|child| is_simple(&child)));
        for child in extensions.children.iter().filter(is_simple) {
            let text = child.text.trim();
            if !text.is_empty() && !draft.properties.contains_key(&child.name) {
                draft.properties.insert(child.name.clone(), text.into());
            }
        }
    }

    fn add_field(&mut self, child: &XmlElement, draft: &mut FeatureDraft) {
        let text = child.text.trim();
        if child.name == "link" {
            draft.properties.insert("link".into(), child.attribute("href").into());
        } else if child.name == "extensions" {
            self.add_extensions(child, draft);
        } else if FIELDS.contains(&child.name.as_str()) && !text.is_empty() {
            draft.properties.insert(child.name.clone(), text.into());
        }
    }
}

const NO_POSITION: &str = "A position has no numbers lat and lon. Correct it.";

impl GpxLine {
    fn add_position(&mut self, element: &XmlElement) {
        self.positions += 1;
        self.has_height |= element.child("ele").is_some();
        self.has_times |= element.child("time").is_some();
        match (read_position(element), self.segments.last_mut()) {
            (Some(coord), Some(segment)) if self.positions <= MAX_VERTICES => segment.push(coord),
            (Some(_), _) => self.fault = Some(format!("The line has more than {MAX_VERTICES} positions. Split it.")),
            (None, _) => self.fault = Some(NO_POSITION.to_owned()),
        }
    }

    fn finish(self, draft: &mut FeatureDraft) {
        if let Some(message) = self.fault {
            add_fault(draft, message);
            return;
        }
        // One position is no line: receivers begin segments that they do not go on with.
        let mut lines: Vec<LineString<f64>> =
            self.segments.into_iter().filter(|s| s.len() > 1).map(LineString).collect();
        let geometry = match lines.len() {
            0 => None,
            1 => lines.pop().map(Geometry::LineString),
            _ => Some(Geometry::MultiLineString(MultiLineString(lines))),
        };
        draft.shape = geometry.map(|geometry| ParsedGeometry { geometry, flattened: self.has_height });
    }
}

fn add_fault(draft: &mut FeatureDraft, message: String) {
    let fault = FeatureFault::new(FaultKind::WrongType, "", message);
    draft.faults.push((ImportFindingKind::Feature(FindingKind::BadNumber), fault));
}

fn read_position(element: &XmlElement) -> Option<Coord<f64>> {
    let number = |name: &str| element.attribute(name).and_then(parse_coordinate);
    Some(Coord { x: number("lon")?, y: number("lat")? })
}

impl RowReader for GpxRows {
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
        for (count, sentence) in [
            (self.with_extensions, "Nested extensions of GPX are not read, of"),
            (self.with_times, "Times of single positions are not kept, of routes and tracks"),
        ] {
            if count > 0 {
                notes.push(format!("{sentence}: {count}."));
            }
        }
        Some(TableRemarks { notes, ..TableRemarks::default() })
    }
}
