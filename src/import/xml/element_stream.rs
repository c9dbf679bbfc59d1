//! An XML document, tag by tag, with whole elements where they are wanted. Namespaces are not looked at: names are
//! those behind the colon. Document type definitions are refused, so that no entity can grow.

use super::text_input::TextInput;
use crate::import::element_scanner::ScanFault;
use crate::import::finding::ImportFindingKind;
use crate::import::text_encoding::TextEncoding;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::io::Read;

/// The deepest nesting.
const MAX_DEPTH: usize = 200;
/// The most bytes that one element may take in memory.
const MAX_ELEMENT_BYTES: usize = 64 << 20;

/// An element with what is in it.
#[derive(Debug, Default)]
pub struct XmlElement {
    /// Without its prefix.
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<XmlElement>,
    /// The text directly in it.
    pub text: String,
}

/// The next tag of a document.
#[derive(Debug)]
pub enum XmlTag {
    /// An element without what is in it, which comes next.
    Open(XmlElement),
    Close,
    End,
}

/// What is wrong with a document, and on which line.
#[derive(Debug)]
pub struct XmlFault {
    pub kind: ImportFindingKind,
    pub line: u64,
    pub message: String,
}

/// A document that is read from its start to its end.
pub struct XmlStream {
    reader: Reader<TextInput>,
    buffer: Vec<u8>,
    depth: usize,
}

impl XmlElement {
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|c| c.name == name)
    }

    pub fn children_named<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.children.iter().filter(move |c| c.name == name)
    }

    /// The text of a child, without blanks around it; `None` when there is none.
    pub fn child_text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|c| c.text.trim()).filter(|text| !text.is_empty())
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

impl XmlFault {
    /// The end of the reading.
    pub fn into_scan_fault(self) -> ScanFault {
        let Self { kind, line, message } = self;
        ScanFault { kind, line, column: None, number: None, message, fatal: true, warning: false }
    }
}

impl XmlStream {
    pub fn new(input: Box<dyn Read + Send>, said: Option<TextEncoding>) -> std::io::Result<Self> {
        let mut reader = Reader::from_reader(TextInput::new(input, said)?);
        reader.config_mut().expand_empty_elements = true;
        Ok(Self { reader, buffer: vec![], depth: 0 })
    }

    /// The line of the tag that was read last.
    pub fn line(&self) -> u64 {
        self.reader.get_ref().lines
    }

    /// The next tag; text between tags is passed over.
    pub fn next_tag(&mut self) -> Result<XmlTag, XmlFault> {
        loop {
            match self.next_part()? {
                XmlPart::Open(element) => return Ok(XmlTag::Open(element)),
                XmlPart::Close => return Ok(XmlTag::Close),
                XmlPart::End => return Ok(XmlTag::End),
                XmlPart::Text(_) => {}
            }
        }
    }

    /// All of an element whose opening tag was read.
    pub fn read_element(&mut self, opened: XmlElement) -> Result<XmlElement, XmlFault> {
        let (mut open, mut bytes) = (vec![opened], 0);
        loop {
            let Some(top) = open.last_mut() else { return self.fail(ImportFindingKind::Truncated, CUT_SHORT) };
            match self.next_part()? {
                XmlPart::Open(element) => {
                    let names: usize = element.attributes.iter().map(|(n, v)| n.len() + v.len() + 48).sum();
                    bytes += element.name.len() + names + size_of::<XmlElement>();
                    open.push(element);
                }
                XmlPart::Text(text) => {
                    bytes += text.len();
                    top.text.push_str(&text);
                }
                XmlPart::Close => {
                    let Some(done) = open.pop() else { return self.fail(ImportFindingKind::Truncated, CUT_SHORT) };
                    match open.last_mut() {
                        Some(above) => above.children.push(done),
                        None => return Ok(done),
                    }
                }
                XmlPart::End => return self.fail(ImportFindingKind::Truncated, CUT_SHORT),
            }
            if bytes > MAX_ELEMENT_BYTES {
                return self.fail(ImportFindingKind::TooLong, "The element is larger than 64 MB. Split it.");
            }
        }
    }

    /// Passes over what is in an element whose opening tag was read.
    pub fn skip_element(&mut self) -> Result<(), XmlFault> {
        let mut depth = 1;
        while depth > 0 {
            match self.next_part()? {
                XmlPart::Open(_) => depth += 1,
                XmlPart::Close => depth -= 1,
                XmlPart::Text(_) => {}
                XmlPart::End => return self.fail(ImportFindingKind::Truncated, CUT_SHORT),
            }
        }
        Ok(())
    }

    fn next_part(&mut self) -> Result<XmlPart, XmlFault> {
        loop {
            self.buffer.clear();
            self.reader.get_mut().start_event();
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                Err(e) => return Err(describe_error(&e, self.reader.get_ref().lines)),
            };
            let part = match event {
                Event::Start(tag) | Event::Empty(tag) => open_element(&tag).map(XmlPart::Open),
                Event::End(_) => Ok(XmlPart::Close),
                Event::Text(text) => Ok(XmlPart::Text(text.xml10_content().into_owned())),
                Event::CData(text) => Ok(XmlPart::Text(text.xml10_content().into_owned())),
                Event::GeneralRef(name) => resolve_entity(&name.into_inner()).map(XmlPart::Text),
                Event::DocType(_) => {
                    Err("The document has a type definition (<!DOCTYPE …>), which is not read. Remove that line.")
                }
                Event::Eof if self.depth > 0 => return self.fail(ImportFindingKind::Truncated, CUT_SHORT),
                Event::Eof => Ok(XmlPart::End),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => continue,
            };
            let part = match part {
                Ok(part) => part,
                Err(message) => return self.fail(ImportFindingKind::NotXml, message),
            };
            match part {
                XmlPart::Open(_) if self.depth >= MAX_DEPTH => {
                    return self.fail(
                        ImportFindingKind::Nesting,
                        "Elements are nested more than 200 levels deep. Flatten them.",
                    );
                }
                XmlPart::Open(_) => self.depth += 1,
                XmlPart::Close => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            return Ok(part);
        }
    }

    fn fail<T>(&self, kind: ImportFindingKind, message: &str) -> Result<T, XmlFault> {
        Err(XmlFault { kind, line: self.line(), message: message.to_owned() })
    }
}

const CUT_SHORT: &str =
    "The document ends too early: an element is not closed. It may be incomplete: download or export the file again.";

enum XmlPart {
    Open(XmlElement),
    Text(String),
    Close,
    End,
}

fn describe_error(e: &quick_xml::Error, line: u64) -> XmlFault {
    use quick_xml::errors::SyntaxError;
    let kind = match e {
        // All other faults of syntax are of what is not closed.
        quick_xml::Error::Syntax(syntax) if !matches!(syntax, SyntaxError::InvalidBangMarkup) => {
            return XmlFault { kind: ImportFindingKind::Truncated, line, message: CUT_SHORT.to_owned() };
        }
        quick_xml::Error::Encoding(_) => ImportFindingKind::Encoding,
        quick_xml::Error::Io(io) if io.kind() == std::io::ErrorKind::InvalidData => ImportFindingKind::Encoding,
        quick_xml::Error::Syntax(_) | quick_xml::Error::IllFormed(_) => ImportFindingKind::NotXml,
        _ => ImportFindingKind::TooLong,
    };
    let message = format!("The document is not well-formed XML ({e}). Export it again.");
    XmlFault { kind, line, message }
}

fn open_element(tag: &BytesStart<'_>) -> Result<XmlElement, &'static str> {
    let mut element = XmlElement { name: local_name(tag.name().as_ref()).to_owned(), ..XmlElement::default() };
    for attribute in tag.attributes() {
        let Ok(attribute) = attribute else { return Err("An attribute is not well-formed. Export the file again.") };
        let name = local_name(attribute.key.as_ref()).to_owned();
        element.attributes.push((name, unescape(attribute.value.as_ref())?));
    }
    Ok(element)
}

fn local_name(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// The text of an attribute, its entities resolved.
fn unescape(value: &str) -> Result<String, &'static str> {
    let mut parts = value.split('&');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (entity, rest) = part.split_once(';').ok_or(BAD_ENTITY)?;
        text += &resolve_entity(entity)?;
        text += rest;
    }
    Ok(text)
}

const BAD_ENTITY: &str = "An entity (&…;) is not one of XML's own. Write the character itself.";

fn resolve_entity(name: &str) -> Result<String, &'static str> {
    let code = name.strip_prefix('#').map(|number| match number.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
        None => number.parse(),
    });
    let character = match (name, code) {
        ("amp", _) => Some('&'),
        ("lt", _) => Some('<'),
        ("gt", _) => Some('>'),
        ("quot", _) => Some('"'),
        ("apos", _) => Some('\''),
        (_, Some(Ok(code))) => char::from_u32(code).filter(|c| *c != '\0'),
        _ => None,
    };
    character.map(String::from).ok_or(BAD_ENTITY)
}
