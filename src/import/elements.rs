//! Finds the features in a GeoJSON file by its bytes, one after the other, whatever its size: the elements of the top-level
//! `features` list, a single feature or geometry, or a sequence of texts. Does not parse what it finds.

use super::bytes::{Bytes, Extent, MAX_TEXT_BYTES, Stop};
use super::finding::Kind;
use crate::error::Result;
use std::io::Read;

/// How deep a feature may be nested.
pub const MAX_DEPTH: usize = 64;

/// How many values (numbers, members …) one feature may hold: a million positions with three numbers, and some more.
pub const MAX_VALUES: usize = 4_500_000;

/// How features lie in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One JSON document.
    Document,
    /// One JSON text on each line.
    Lines,
    /// RFC 8142: a record separator before each text.
    Records,
}

/// The text of one feature and where it starts. The text is in the buffer handed to [`Elements::next`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element {
    /// From 1.
    pub number: u64,
    /// The line its text starts on, from 1.
    pub line: u64,
}

/// What came next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Element(Element),
    Fault(ScanFault),
    /// All is read.
    End,
}

/// A fault in how the features are strung together.
#[derive(Debug, PartialEq, Eq)]
pub struct ScanFault {
    pub kind: Kind,
    pub line: u64,
    /// The feature it is about, when it is about one.
    pub number: Option<u64>,
    pub message: String,
    /// What follows cannot be read.
    pub fatal: bool,
}

/// What a document says beside its features: its text with an empty list in their place.
#[derive(Debug, Default)]
pub struct Frame {
    pub text: Vec<u8>,
    /// There was a `features` list.
    pub collection: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    /// Before the first element of the list, or after a comma.
    Want {
        after_comma: bool,
    },
    /// After an element of the list.
    After,
    /// Behind the document.
    Tail,
    Done,
}

pub struct Elements<R> {
    bytes: Bytes<R>,
    layout: Layout,
    state: State,
    number: u64,
    frame: Frame,
}

type Step = Result<Option<Next>>;

impl<R: Read> Elements<R> {
    pub fn new(input: R, layout: Layout) -> Self {
        Self { bytes: Bytes::new(input), layout, state: State::Start, number: 0, frame: Frame::default() }
    }

    /// What a document said beside its features; complete at the end.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Finds the next feature and puts its text into `text`.
    pub fn next(&mut self, text: &mut Vec<u8>) -> Result<Next> {
        text.clear();
        loop {
            let step = match (self.layout, self.state) {
                (_, State::Done) => return Ok(Next::End),
                (Layout::Document, _) => self.document(text),
                (Layout::Lines, _) => self.separated(b'\n', text),
                (Layout::Records, _) => self.separated(RECORD_SEPARATOR, text),
            };
            match step? {
                Some(Next::Fault(fault)) => {
                    if fault.fatal {
                        self.state = State::Done;
                    }
                    return Ok(Next::Fault(fault));
                }
                Some(next) => return Ok(next),
                None => {}
            }
        }
    }

    fn separated(&mut self, separator: u8, text: &mut Vec<u8>) -> Step {
        if self.state == State::Start {
            self.skip_mark()?;
            self.state = State::After;
        }
        text.clear();
        let line = self.bytes.line();
        if self.bytes.peek()?.is_none() {
            self.state = State::Done;
            return Ok(Some(if self.number == 0 { Next::Fault(self.empty()) } else { Next::End }));
        }
        let fits = self.bytes.take_until(separator, text)?;
        let blank = text.iter().take_while(|b| b.is_ascii_whitespace() || **b == RECORD_SEPARATOR).count();
        if blank == text.len() {
            return Ok(None);
        }
        let line = line + text[..blank].iter().filter(|b| **b == b'\n').count() as u64;
        text.drain(..blank);
        self.number += 1;
        if !fits {
            return Ok(Some(Next::Fault(self.too_long(line, false))));
        }
        Ok(Some(self.element(line, Extent::of(text))))
    }

    fn document(&mut self, text: &mut Vec<u8>) -> Step {
        match self.state {
            State::Start => self.open(text),
            State::Want { after_comma } => self.want(after_comma, text),
            State::After => self.after(),
            State::Tail => self.tail(),
            State::Done => Ok(Some(Next::End)),
        }
    }

    /// Reads from the start of the document to its first feature, or, when it has no `features`, to its end.
    fn open(&mut self, text: &mut Vec<u8>) -> Step {
        self.skip_mark()?;
        match self.bytes.next_visible()? {
            None => return Ok(Some(Next::Fault(self.empty()))),
            Some(b'{') => {}
            Some(b'[') => {
                return self
                    .stop("A list is not GeoJSON. Put it into {\"type\": \"FeatureCollection\", \"features\": […]}.");
            }
            Some(b'<') => {
                return self.stop("This looks like XML (KML, GML or HTML), not GeoJSON. Save it as GeoJSON first.");
            }
            Some(_) => {
                return self.stop("A GeoJSON file starts with {. Is this another format? Say which with --format.");
            }
        }
        let line = self.bytes.line();
        self.frame.text.push(b'{');
        self.bytes.skip(1);
        let step = self.members(line);
        if self.state == State::Tail && !self.frame.collection {
            std::mem::swap(text, &mut self.frame.text);
        }
        step
    }

    /// Reads members until the `features` list opens or the object closes.
    fn members(&mut self, start: u64) -> Step {
        let mut extent = Extent { depth: 1, values: 1 };
        loop {
            match self.bytes.next_visible()? {
                Some(b'}') => {
                    self.frame.text.push(b'}');
                    self.bytes.skip(1);
                    self.state = State::Tail;
                    if self.frame.collection {
                        return Ok(None);
                    }
                    self.number = 1;
                    return Ok(Some(self.element(start, extent)));
                }
                Some(b',') => self.copy_byte(b','),
                Some(b'"') => {
                    let at = self.frame.text.len();
                    if let Err(stop) = self.bytes.take_value(&mut self.frame.text) {
                        return self.lost(stop, start);
                    }
                    let features = &self.frame.text[at..] == b"\"features\"";
                    match self.bytes.next_visible()? {
                        Some(b':') => self.copy_byte(b':'),
                        None => return self.lost(Stop::Truncated, start),
                        Some(_) => return self.stop("A colon is missing after the name of a member."),
                    }
                    let next = self.bytes.next_visible()?;
                    if features && self.frame.collection {
                        return self.stop("There is a second list of features. Put all features into one list.");
                    }
                    let features = features && self.may_hold_features();
                    if features && next != Some(b'[') {
                        return self.stop("The member features must be a list: \"features\": […].");
                    }
                    if features {
                        self.frame.collection = true;
                        self.frame.text.extend_from_slice(b"[]");
                        self.bytes.skip(1);
                        self.state = State::Want { after_comma: false };
                        return Ok(None);
                    }
                    match self.bytes.take_value(&mut self.frame.text) {
                        Ok(e) => {
                            extent =
                                Extent { depth: extent.depth.max(e.depth + 1), values: extent.values + e.values + 1 }
                        }
                        Err(stop) => return self.lost(stop, start),
                    }
                    if self.frame.text.len() > MAX_TEXT_BYTES {
                        return self.lost(Stop::TooLong, start);
                    }
                }
                Some(byte) => return self.lost(Stop::NoValue(byte), start),
                None => return self.lost(Stop::Truncated, start),
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

    fn want(&mut self, after_comma: bool, text: &mut Vec<u8>) -> Step {
        let next = self.bytes.next_visible()?;
        let line = self.bytes.line();
        match next {
            Some(b']') if after_comma => {
                self.state = State::After;
                Ok(Some(Next::Fault(self.fault(
                    Kind::NotJson,
                    line,
                    false,
                    "There is a comma after the last feature. Remove it.",
                ))))
            }
            Some(b']') => {
                self.state = State::After;
                Ok(None)
            }
            _ => {
                self.number += 1;
                match self.bytes.take_value(text) {
                    Ok(extent) => {
                        self.state = State::After;
                        Ok(Some(self.element(line, extent)))
                    }
                    Err(stop) => self.lost(stop, line),
                }
            }
        }
    }

    fn after(&mut self) -> Step {
        match self.bytes.next_visible()? {
            Some(b',') => {
                self.bytes.skip(1);
                self.state = State::Want { after_comma: true };
                Ok(None)
            }
            Some(b']') => {
                self.bytes.skip(1);
                let line = self.bytes.line();
                self.members(line)
            }
            Some(b'{') => {
                let line = self.bytes.line();
                self.state = State::Want { after_comma: true };
                Ok(Some(Next::Fault(self.fault(
                    Kind::NotJson,
                    line,
                    false,
                    "A comma is missing between two features. Put one in.",
                ))))
            }
            None => self.lost(Stop::Truncated, self.bytes.line()),
            Some(byte) => self.lost(Stop::NoValue(byte), self.bytes.line()),
        }
    }

    fn tail(&mut self) -> Step {
        let next = self.bytes.next_visible()?;
        self.state = State::Done;
        match next {
            None => Ok(Some(Next::End)),
            Some(b'{') if !self.frame.collection => {
                self.stop("More than one JSON text in the file. If there is one on each line, say --format geojsonl.")
            }
            Some(_) => self.stop("There is something behind the end of the GeoJSON text. Remove it."),
        }
    }

    fn element(&self, line: u64, extent: Extent) -> Next {
        if extent.depth > MAX_DEPTH {
            let message = format!(
                "Lists and objects are nested {} deep; {MAX_DEPTH} is the most. Flatten the feature.",
                extent.depth
            );
            return Next::Fault(self.fault(Kind::Nesting, line, false, &message));
        }
        if extent.values > MAX_VALUES {
            let message = "The feature holds more than a million positions, or too many values. Split or simplify it.";
            return Next::Fault(self.fault(Kind::TooManyVertices, line, false, message));
        }
        Next::Element(Element { number: self.number, line })
    }

    fn copy_byte(&mut self, byte: u8) {
        self.frame.text.push(byte);
        self.bytes.skip(1);
    }

    fn skip_mark(&mut self) -> Result<()> {
        if self.bytes.chunk()?.starts_with(b"\xEF\xBB\xBF") {
            self.bytes.skip(3);
        }
        Ok(())
    }

    fn fault(&self, kind: Kind, line: u64, fatal: bool, message: &str) -> ScanFault {
        ScanFault { kind, line, number: (self.number > 0).then_some(self.number), message: message.into(), fatal }
    }

    fn empty(&self) -> ScanFault {
        let message =
            "The file is empty. A file without features is {\"type\": \"FeatureCollection\", \"features\": []}.";
        self.fault(Kind::NotJson, 1, true, message)
    }

    fn stop(&mut self, message: &str) -> Step {
        let line = self.bytes.line();
        Ok(Some(Next::Fault(self.fault(Kind::NotJson, line, true, message))))
    }

    fn too_long(&self, line: u64, fatal: bool) -> ScanFault {
        let message = format!(
            "The text of the feature is longer than {} MB, or one of its brackets is never closed.",
            MAX_TEXT_BYTES >> 20
        );
        self.fault(Kind::TooLong, line, fatal, &message)
    }

    fn lost(&mut self, stop: Stop, line: u64) -> Step {
        let fault = match stop {
            Stop::Io(e) => return Err(e),
            Stop::TooLong => self.too_long(line, true),
            Stop::Truncated => {
                let message = format!(
                    "The file ends in the middle of what starts here. It may have been cut off (last line: {}): get it again.",
                    self.bytes.line()
                );
                self.fault(Kind::Truncated, line, true, &message)
            }
            Stop::NoValue(byte) => {
                let message = format!(
                    "Unexpected '{}'. Check for a missing quote, comma or bracket.",
                    char::from(byte).escape_default()
                );
                self.fault(Kind::NotJson, line, true, &message)
            }
        };
        Ok(Some(Next::Fault(fault)))
    }
}

pub const RECORD_SEPARATOR: u8 = 0x1e;
