//! Finds the features in a GeoJSON file of any size by its bytes: the elements of the top-level `features` list, a
//! single feature or geometry, or a sequence of texts. Does not parse them.

use super::byte_reader::{ByteReader, JsonExtent, JsonScanError, MAX_TEXT_BYTES};
use super::finding::ImportFindingKind;
use super::text_position::{TextPosition, error_offset};
use crate::error::Result;
use std::io::Read;

/// The deepest nesting of a feature.
pub const MAX_DEPTH: usize = 64;

/// The most values (numbers, members …) of one feature: enough for a million positions with three numbers each.
pub const MAX_VALUES: usize = 4_500_000;

/// How a file separates its features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileLayout {
    /// One JSON document.
    Document,
    /// One JSON text on each line.
    Lines,
    /// RFC 8142: a record separator before each text.
    Records,
}

/// The text of one feature and where it starts. The text is in the buffer handed to [`ElementScanner::next_element`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ElementPosition {
    /// From 1.
    pub number: u64,
    /// Where its text starts.
    pub at: TextPosition,
}

/// What the scanner found next.
#[derive(Debug, PartialEq, Eq)]
pub enum ScanEvent {
    Element(ElementPosition),
    Fault(ScanFault),
    /// The end of the file.
    End,
}

/// A fault of the file between or around its features.
#[derive(Debug, PartialEq, Eq)]
pub struct ScanFault {
    pub kind: ImportFindingKind,
    pub line: u64,
    /// In characters, from 1; `None` where a line is all that is known.
    pub column: Option<u64>,
    /// The number of the feature, if the fault concerns one.
    pub number: Option<u64>,
    pub message: String,
    /// The rest of the file cannot be read.
    pub fatal: bool,
    /// It looks wrong and keeps nothing out.
    pub warning: bool,
}

/// The document around the features: its text with an empty list in their place.
#[derive(Debug, Default)]
pub struct DocumentFrame {
    pub text: Vec<u8>,
    /// The document has a `features` list.
    pub collection: bool,
    /// Where the parts of the text, by their first byte, are in the file.
    origins: Vec<(usize, TextPosition)>,
}

impl DocumentFrame {
    /// Where a byte of the text is in the file.
    pub fn position_of(&self, offset: usize) -> TextPosition {
        let origin = self.origins.iter().rev().find(|(start, _)| *start <= offset);
        let (start, position) = origin.copied().unwrap_or((0, TextPosition::START));
        position.after(&self.text[start..offset.clamp(start, self.text.len())])
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ScanState {
    Start,
    /// Before the first element of the list, or after a comma.
    BeforeElement {
        after_comma: bool,
    },
    /// After an element of the list.
    AfterElement,
    /// After the end of the document.
    AfterDocument,
    Done,
}

pub struct ElementScanner<R> {
    bytes: ByteReader<R>,
    layout: FileLayout,
    state: ScanState,
    number: u64,
    frame: DocumentFrame,
}

type ScanStep = Result<Option<ScanEvent>>;

impl<R: Read> ElementScanner<R> {
    pub fn new(input: R, layout: FileLayout) -> Self {
        Self {
            bytes: ByteReader::new(input),
            layout,
            state: ScanState::Start,
            number: 0,
            frame: DocumentFrame::default(),
        }
    }

    /// The document around the features; complete at the end of the file.
    pub fn frame(&self) -> &DocumentFrame {
        &self.frame
    }

    /// Finds the next feature and puts its text into `text`.
    pub fn next_element(&mut self, text: &mut Vec<u8>) -> Result<ScanEvent> {
        text.clear();
        loop {
            let step = match (self.layout, self.state) {
                (_, ScanState::Done) => return Ok(ScanEvent::End),
                (FileLayout::Document, _) => self.scan_document(text),
                (FileLayout::Lines, _) => self.scan_sequence(b'\n', text),
                (FileLayout::Records, _) => self.scan_sequence(RECORD_SEPARATOR, text),
            };
            match step? {
                Some(ScanEvent::Fault(fault)) => {
                    if fault.fatal {
                        self.state = ScanState::Done;
                    }
                    return Ok(ScanEvent::Fault(fault));
                }
                Some(next) => return Ok(next),
                None => {}
            }
        }
    }

    fn scan_sequence(&mut self, separator: u8, text: &mut Vec<u8>) -> ScanStep {
        if self.state == ScanState::Start {
            self.skip_byte_order_mark()?;
            self.state = ScanState::AfterElement;
        }
        text.clear();
        let start = self.bytes.position();
        if self.bytes.peek()?.is_none() {
            self.state = ScanState::Done;
            return Ok(Some(if self.number == 0 { ScanEvent::Fault(self.empty_file_fault()) } else { ScanEvent::End }));
        }
        let fits = self.bytes.take_until(separator, text)?;
        let blank = text.iter().take_while(|b| b.is_ascii_whitespace() || **b == RECORD_SEPARATOR).count();
        if blank == text.len() {
            return Ok(None);
        }
        let start = start.after(&text[..blank]);
        text.drain(..blank);
        self.number += 1;
        if !fits {
            return Ok(Some(ScanEvent::Fault(self.too_long_fault(start, false))));
        }
        Ok(Some(self.check_element(start, JsonExtent::measure(text))))
    }

    fn scan_document(&mut self, text: &mut Vec<u8>) -> ScanStep {
        match self.state {
            ScanState::Start => self.open_document(text),
            ScanState::BeforeElement { after_comma } => self.scan_element(after_comma, text),
            ScanState::AfterElement => self.scan_separator(),
            ScanState::AfterDocument => self.scan_document_end(),
            ScanState::Done => Ok(Some(ScanEvent::End)),
        }
    }

    /// Reads from the start of the document to its first feature, or, when it has no `features`, to its end.
    fn open_document(&mut self, text: &mut Vec<u8>) -> ScanStep {
        self.skip_byte_order_mark()?;
        match self.bytes.skip_whitespace()? {
            None => return Ok(Some(ScanEvent::Fault(self.empty_file_fault()))),
            Some(b'{') => {}
            Some(b'[') => {
                return self.fail_syntax(
                    "A list is not GeoJSON. Wrap it in {\"type\": \"FeatureCollection\", \"features\": […]}.",
                );
            }
            Some(b'<') => {
                return self
                    .fail_syntax("This looks like XML (KML, GML or HTML), not GeoJSON. Save it as GeoJSON first.");
            }
            Some(_) => {
                return self
                    .fail_syntax("A GeoJSON file starts with {. If this is another format, name it with --format.");
            }
        }
        let start = self.bytes.position();
        self.copy_byte(b'{');
        let step = self.scan_members(start);
        if self.state == ScanState::AfterDocument && !self.frame.collection {
            std::mem::swap(text, &mut self.frame.text);
        }
        step
    }

    /// Reads members until the `features` list opens or the object closes.
    fn scan_members(&mut self, start: TextPosition) -> ScanStep {
        let mut extent = JsonExtent { depth: 1, values: 1 };
        loop {
            match self.bytes.skip_whitespace()? {
                Some(b'}') => {
                    self.copy_byte(b'}');
                    self.state = ScanState::AfterDocument;
                    if self.frame.collection {
                        return Ok(None);
                    }
                    self.number = 1;
                    return Ok(Some(self.check_element(start, extent)));
                }
                Some(b',') => self.copy_byte(b','),
                Some(b'"') => {
                    let at = self.frame.text.len();
                    self.mark_origin();
                    if let Err(stop) = self.bytes.take_value(&mut self.frame.text) {
                        return self.fail_scan(stop, start);
                    }
                    let features = &self.frame.text[at..] == b"\"features\"";
                    match self.bytes.skip_whitespace()? {
                        Some(b':') => self.copy_byte(b':'),
                        None => return self.fail_scan(JsonScanError::Truncated, start),
                        Some(_) => return self.fail_syntax("A colon is missing after the name of a member."),
                    }
                    let next = self.bytes.skip_whitespace()?;
                    self.mark_origin();
                    if features && self.frame.collection {
                        return self.fail_syntax(
                            "The document has a second list of features. Put all features into one list.",
                        );
                    }
                    let features = features && self.may_hold_features();
                    if features && next != Some(b'[') {
                        return self.fail_syntax("The member features must be a list: \"features\": […].");
                    }
                    if features {
                        self.frame.collection = true;
                        self.frame.text.extend_from_slice(b"[]");
                        self.bytes.skip(1);
                        self.state = ScanState::BeforeElement { after_comma: false };
                        return Ok(None);
                    }
                    match self.bytes.take_value(&mut self.frame.text) {
                        Ok(e) => {
                            extent = JsonExtent {
                                depth: extent.depth.max(e.depth + 1),
                                values: extent.values + e.values + 1,
                            }
                        }
                        Err(stop) => return self.fail_scan(stop, start),
                    }
                    if self.frame.text.len() > MAX_TEXT_BYTES {
                        return self.fail_scan(JsonScanError::TooLong, start);
                    }
                }
                Some(byte) => return self.fail_scan(JsonScanError::UnexpectedByte(byte), self.bytes.position()),
                None => return self.fail_scan(JsonScanError::Truncated, start),
            }
        }
    }

    /// A `features` member makes a collection unless the type, already read, says otherwise.
    fn may_hold_features(&self) -> bool {
        let mut text = self.frame.text.clone();
        text.extend_from_slice(b"0}");
        let Ok(object) = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&text) else {
            return true;
        };
        object.get("type").is_none_or(|t| t == "FeatureCollection")
    }

    fn scan_element(&mut self, after_comma: bool, text: &mut Vec<u8>) -> ScanStep {
        let next = self.bytes.skip_whitespace()?;
        let start = self.bytes.position();
        match next {
            Some(b']') if after_comma => {
                self.state = ScanState::AfterElement;
                Ok(Some(ScanEvent::Fault(self.new_fault(
                    ImportFindingKind::NotJson,
                    start,
                    false,
                    "There is a comma after the last feature. Remove it.",
                ))))
            }
            Some(b']') => {
                self.state = ScanState::AfterElement;
                Ok(None)
            }
            _ => {
                self.number += 1;
                match self.bytes.take_value(text) {
                    Ok(extent) => {
                        self.state = ScanState::AfterElement;
                        Ok(Some(self.check_element(start, extent)))
                    }
                    Err(stop) => self.fail_element(stop, start, text),
                }
            }
        }
    }

    fn scan_separator(&mut self) -> ScanStep {
        match self.bytes.skip_whitespace()? {
            Some(b',') => {
                self.bytes.skip(1);
                self.state = ScanState::BeforeElement { after_comma: true };
                Ok(None)
            }
            Some(b']') => {
                self.bytes.skip(1);
                let start = self.bytes.position();
                self.scan_members(start)
            }
            Some(b'{') => {
                let start = self.bytes.position();
                self.state = ScanState::BeforeElement { after_comma: true };
                Ok(Some(ScanEvent::Fault(self.new_fault(
                    ImportFindingKind::NotJson,
                    start,
                    false,
                    "A comma is missing between two features. Add it.",
                ))))
            }
            None => self.fail_scan(JsonScanError::Truncated, self.bytes.position()),
            Some(byte) => self.fail_scan(JsonScanError::UnexpectedByte(byte), self.bytes.position()),
        }
    }

    fn scan_document_end(&mut self) -> ScanStep {
        let next = self.bytes.skip_whitespace()?;
        self.state = ScanState::Done;
        match next {
            None => Ok(Some(ScanEvent::End)),
            Some(b'{') if !self.frame.collection => self.fail_syntax(
                "The file has more than one JSON text. If there is one on each line, use --format geojsonl.",
            ),
            Some(_) => self.fail_syntax("There is text after the end of the GeoJSON document. Remove it."),
        }
    }

    fn check_element(&self, start: TextPosition, extent: JsonExtent) -> ScanEvent {
        if extent.depth > MAX_DEPTH {
            let message = format!(
                "Lists and objects are nested {} levels deep; the limit is {MAX_DEPTH}. Flatten the feature.",
                extent.depth
            );
            return ScanEvent::Fault(self.new_fault(ImportFindingKind::Nesting, start, false, &message));
        }
        if extent.values > MAX_VALUES {
            let message = "The feature has more than a million positions, or too many values. Split or simplify it.";
            return ScanEvent::Fault(self.new_fault(ImportFindingKind::TooManyVertices, start, false, message));
        }
        ScanEvent::Element(ElementPosition { number: self.number, at: start })
    }

    /// Notes where in the file the next byte of the frame is.
    fn mark_origin(&mut self) {
        self.frame.origins.push((self.frame.text.len(), self.bytes.position()));
    }

    fn copy_byte(&mut self, byte: u8) {
        self.mark_origin();
        self.frame.text.push(byte);
        self.bytes.skip(1);
    }

    fn skip_byte_order_mark(&mut self) -> Result<()> {
        if self.bytes.chunk()?.starts_with(b"\xEF\xBB\xBF") {
            self.bytes.skip(3);
        }
        Ok(())
    }

    fn new_fault(&self, kind: ImportFindingKind, start: TextPosition, fatal: bool, message: &str) -> ScanFault {
        ScanFault {
            kind,
            line: start.line,
            column: Some(start.column),
            number: (self.number > 0).then_some(self.number),
            message: message.into(),
            fatal,
            warning: false,
        }
    }

    fn empty_file_fault(&self) -> ScanFault {
        let message =
            "The file is empty. A file without features is {\"type\": \"FeatureCollection\", \"features\": []}.";
        self.new_fault(ImportFindingKind::NotJson, TextPosition::START, true, message)
    }

    fn fail_syntax(&mut self, message: &str) -> ScanStep {
        let here = self.bytes.position();
        Ok(Some(ScanEvent::Fault(self.new_fault(ImportFindingKind::NotJson, here, true, message))))
    }

    fn too_long_fault(&self, start: TextPosition, fatal: bool) -> ScanFault {
        let message = format!(
            "The text of the feature is longer than {} MB. Split the feature, or close its brackets.",
            MAX_TEXT_BYTES >> 20
        );
        self.new_fault(ImportFindingKind::TooLong, start, fatal, &message)
    }

    /// A feature that does not end is broken further inside, if a parser stops there.
    fn fail_element(&mut self, stop: JsonScanError, start: TextPosition, text: &[u8]) -> ScanStep {
        let inner = match serde_json::from_slice::<serde::de::IgnoredAny>(text) {
            Err(e) if matches!(stop, JsonScanError::Truncated) && e.is_syntax() => e,
            _ => return self.fail_scan(stop, start),
        };
        let at = start.after(&text[..error_offset(text, &inner)]);
        let message = "Not JSON. Check for a missing quote, comma or bracket.";
        Ok(Some(ScanEvent::Fault(self.new_fault(ImportFindingKind::NotJson, at, true, message))))
    }

    fn fail_scan(&mut self, stop: JsonScanError, start: TextPosition) -> ScanStep {
        let fault = match stop {
            JsonScanError::Io(e) => return Err(e),
            JsonScanError::TooLong => self.too_long_fault(start, true),
            JsonScanError::Truncated => {
                let message = format!(
                    "The file ends before the end of what starts here (last line: {}). It may be incomplete: download or export it again.",
                    self.bytes.line()
                );
                self.new_fault(ImportFindingKind::Truncated, start, true, &message)
            }
            JsonScanError::UnexpectedByte(byte) => {
                let message = format!(
                    "Unexpected '{}'. Check for a missing quote, comma or bracket.",
                    char::from(byte).escape_default()
                );
                self.new_fault(ImportFindingKind::NotJson, start, true, &message)
            }
        };
        Ok(Some(ScanEvent::Fault(fault)))
    }
}

pub const RECORD_SEPARATOR: u8 = 0x1e;
