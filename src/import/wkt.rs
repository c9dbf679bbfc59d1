//! Well-known text (OGC Simple Features) into geometry. Heights and measures are dropped, and said to be; curves are refused.

use super::grid;
use crate::crs::Crs;
use crate::feature::geojson::{Member, Nested, Object, Shape};
use crate::feature::{Fault, Flaw};

const MAX_DEPTH: usize = 64;

/// Reads one geometry, with or without `SRID=4326;` before it; `said` is what the coordinates are said to be in.
///
/// # Errors
/// The fault; its place is a character of the text, in the message.
pub fn read(text: &str, said: Option<Crs>) -> Result<Shape, Fault> {
    let mut parser = Parser { text: text.as_bytes(), at: 0, said };
    let object = parser.srid().and_then(|()| parser.geometry(0)).and_then(|object| {
        parser.blank();
        if parser.at < parser.text.len() { parser.wrong("the end of the text") } else { Ok(object) }
    })?;
    object.shape().map_err(|f| Fault { at: String::new(), ..f })
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    said: Option<Crs>,
}

impl Parser<'_> {
    fn srid(&mut self) -> Result<(), Fault> {
        self.blank();
        let head = &self.text[self.at..];
        if !head.get(..5).is_some_and(|h| h.eq_ignore_ascii_case(b"SRID=")) {
            return Ok(());
        }
        let end = head.iter().position(|b| *b == b';').unwrap_or(head.len());
        let srid = String::from_utf8_lossy(&head[5..end]).trim().to_owned();
        if let Some(message) = grid::contradiction(&format!("EPSG:{srid}"), self.said) {
            return Err(Fault::new(Flaw::NationalGrid, "", message));
        }
        self.at += (end + 1).min(head.len());
        Ok(())
    }

    fn geometry(&mut self, depth: usize) -> Result<Object, Fault> {
        if depth > MAX_DEPTH {
            return Err(Fault::new(
                Flaw::NotGeoJson,
                "",
                format!("Geometry collections are nested more than {MAX_DEPTH} deep."),
            ));
        }
        let tag = self.word();
        let tag = tag.strip_suffix("ZM").or_else(|| tag.strip_suffix(['Z', 'M'])).map_or(tag.as_str(), |t| t);
        let kind = match tag {
            "POINT" => "Point",
            "LINESTRING" => "LineString",
            "POLYGON" => "Polygon",
            "MULTIPOINT" => "MultiPoint",
            "MULTILINESTRING" => "MultiLineString",
            "MULTIPOLYGON" => "MultiPolygon",
            "GEOMETRYCOLLECTION" => "GeometryCollection",
            _ => return self.wrong("a geometry such as POINT (15.26 46.23)"),
        };
        let before = self.at;
        match self.word().as_str() {
            "Z" | "M" | "ZM" | "" => {}
            _ => self.at = before,
        }
        if self.word() == "EMPTY" {
            let empty = Some(Nested::List(vec![]));
            return Ok(Object::of(kind, empty, Some(vec![])));
        }
        if kind == "GeometryCollection" {
            return self.collection(depth).map(|members| Object::of(kind, None, Some(members)));
        }
        let nested = self.group(depth)?;
        Ok(Object::of(kind, Some(as_coordinates(kind, nested)), None))
    }

    fn collection(&mut self, depth: usize) -> Result<Vec<Member>, Fault> {
        self.expect(b'(')?;
        let mut members = vec![];
        loop {
            members.push(Member::Object(Box::new(self.geometry(depth + 1)?)));
            if self.next() == Some(b')') {
                self.at += 1;
                return Ok(members);
            }
            self.expect(b',')?;
        }
    }

    /// A list in brackets, of positions or of further lists.
    fn group(&mut self, depth: usize) -> Result<Nested, Fault> {
        if depth > MAX_DEPTH {
            return self.wrong("fewer brackets");
        }
        self.expect(b'(')?;
        let mut items = vec![];
        loop {
            items.push(if self.next() == Some(b'(') { self.group(depth + 1)? } else { self.position()? });
            if self.next() == Some(b')') {
                self.at += 1;
                return Ok(Nested::List(items));
            }
            self.expect(b',')?;
        }
    }

    fn position(&mut self) -> Result<Nested, Fault> {
        let (x, y) = (self.number()?, self.number()?);
        let mut deep = false;
        while !matches!(self.next(), Some(b',' | b')') | None) {
            self.number()?;
            deep = true;
        }
        Ok(Nested::Position { x, y, deep })
    }

    fn number(&mut self) -> Result<f64, Fault> {
        self.blank();
        let rest = &self.text[self.at..];
        let length =
            rest.iter().take_while(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E')).count();
        let number =
            std::str::from_utf8(&rest[..length]).ok().and_then(|t| t.parse::<f64>().ok()).filter(|n| n.is_finite());
        match number {
            Some(number) => {
                self.at += length;
                Ok(number)
            }
            None => self.wrong("a number"),
        }
    }

    /// The word at this place in upper case; empty when there is none, and then nothing is consumed but blanks.
    fn word(&mut self) -> String {
        self.blank();
        let rest = &self.text[self.at..];
        let length = rest.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let word = String::from_utf8_lossy(&rest[..length]).to_ascii_uppercase();
        self.at += length;
        word
    }

    fn blank(&mut self) {
        self.at += self.text[self.at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
    }

    fn next(&mut self) -> Option<u8> {
        self.blank();
        self.text.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        if self.next() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        self.wrong(&format!("'{}'", char::from(byte)))
    }

    fn wrong<T>(&self, want: &str) -> Result<T, Fault> {
        let rest = String::from_utf8_lossy(&self.text[self.at.min(self.text.len())..]);
        let found: String = rest.chars().take(20).collect();
        let found = if found.is_empty() { "the end".into() } else { format!("'{found}'") };
        Err(Fault::new(
            Flaw::NotGeoJson,
            "",
            format!("Not WKT: expected {want} at character {}, found {found}.", self.at + 1),
        ))
    }
}

/// Well-known text puts brackets round the position of a point, and may do so in a multipoint.
fn as_coordinates(kind: &str, nested: Nested) -> Nested {
    match (kind, nested) {
        ("Point", Nested::List(mut items)) if items.len() == 1 => items.remove(0),
        ("MultiPoint", Nested::List(items)) => {
            Nested::List(items.into_iter().map(|item| as_coordinates("Point", item)).collect())
        }
        (_, nested) => nested,
    }
}
