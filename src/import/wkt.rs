//! Well-known text (OGC Simple Features) into geometry. Heights and measures are dropped and counted; curves are
//! refused.

use crate::crs::Crs;
use crate::feature::geojson::{GeoJsonMember, GeoJsonObject, NestedCoordinates, ParsedGeometry};
use crate::feature::{FaultKind, FeatureFault};
use crate::intake::{CandidateSource, check_declared_crs};

const MAX_DEPTH: usize = 64;

/// Reads one geometry, with or without `SRID=4326;` before it; `declared_crs` is the reference system of the
/// coordinates.
///
/// # Errors
/// The fault; its message names the character.
pub fn parse_wkt(text: &str, declared_crs: Option<Crs>) -> Result<ParsedGeometry, FeatureFault> {
    let mut parser = WktParser { text: text.as_bytes(), at: 0, declared_crs };
    let object = parser.parse_srid().and_then(|()| parser.parse_geometry(0)).and_then(|object| {
        parser.skip_blanks();
        if parser.at < parser.text.len() { parser.syntax_fault("the end of the text") } else { Ok(object) }
    })?;
    object.build_geometry().map_err(|f| FeatureFault { at: String::new(), ..f })
}

struct WktParser<'a> {
    text: &'a [u8],
    at: usize,
    declared_crs: Option<Crs>,
}

impl WktParser<'_> {
    fn parse_srid(&mut self) -> Result<(), FeatureFault> {
        self.skip_blanks();
        let head = &self.text[self.at..];
        if !head.get(..5).is_some_and(|h| h.eq_ignore_ascii_case(b"SRID=")) {
            return Ok(());
        }
        let end = head.iter().position(|b| *b == b';').unwrap_or(head.len());
        let srid = String::from_utf8_lossy(&head[5..end]).trim().to_owned();
        let source = CandidateSource::File { id_property: None };
        if let Some(message) = check_declared_crs(&format!("EPSG:{srid}"), self.declared_crs, source) {
            return Err(FeatureFault::new(FaultKind::NationalGrid, "", message));
        }
        self.at += (end + 1).min(head.len());
        Ok(())
    }

    fn parse_geometry(&mut self, depth: usize) -> Result<GeoJsonObject, FeatureFault> {
        if depth > MAX_DEPTH {
            return Err(FeatureFault::new(
                FaultKind::NotGeoJson,
                "",
                format!("Geometry collections are nested more than {MAX_DEPTH} levels deep. Flatten them."),
            ));
        }
        let tag = self.take_word();
        let tag = tag.strip_suffix("ZM").or_else(|| tag.strip_suffix(['Z', 'M'])).map_or(tag.as_str(), |t| t);
        let kind = match tag {
            "POINT" => "Point",
            "LINESTRING" => "LineString",
            "POLYGON" => "Polygon",
            "MULTIPOINT" => "MultiPoint",
            "MULTILINESTRING" => "MultiLineString",
            "MULTIPOLYGON" => "MultiPolygon",
            "GEOMETRYCOLLECTION" => "GeometryCollection",
            _ => return self.syntax_fault("a geometry such as POINT (15.26 46.23)"),
        };
        let before = self.at;
        match self.take_word().as_str() {
            "Z" | "M" | "ZM" | "" => {}
            _ => self.at = before,
        }
        if self.take_word() == "EMPTY" {
            let empty = Some(NestedCoordinates::List(vec![]));
            return Ok(GeoJsonObject::from_parts(kind, empty, Some(vec![])));
        }
        if kind == "GeometryCollection" {
            return self.parse_collection(depth).map(|members| GeoJsonObject::from_parts(kind, None, Some(members)));
        }
        let nested = self.parse_group(depth)?;
        Ok(GeoJsonObject::from_parts(kind, Some(unwrap_points(kind, nested)), None))
    }

    fn parse_collection(&mut self, depth: usize) -> Result<Vec<GeoJsonMember>, FeatureFault> {
        self.expect_byte(b'(')?;
        let mut members = vec![];
        loop {
            members.push(GeoJsonMember::Object(Box::new(self.parse_geometry(depth + 1)?)));
            if self.peek_visible() == Some(b')') {
                self.at += 1;
                return Ok(members);
            }
            self.expect_byte(b',')?;
        }
    }

    /// A list in brackets, of positions or of further lists.
    fn parse_group(&mut self, depth: usize) -> Result<NestedCoordinates, FeatureFault> {
        if depth > MAX_DEPTH {
            return self.syntax_fault("fewer brackets");
        }
        self.expect_byte(b'(')?;
        let mut items = vec![];
        loop {
            items.push(if self.peek_visible() == Some(b'(') {
                self.parse_group(depth + 1)?
            } else {
                self.parse_position()?
            });
            if self.peek_visible() == Some(b')') {
                self.at += 1;
                return Ok(NestedCoordinates::List(items));
            }
            self.expect_byte(b',')?;
        }
    }

    fn parse_position(&mut self) -> Result<NestedCoordinates, FeatureFault> {
        let (x, y) = (self.parse_number()?, self.parse_number()?);
        let mut has_height = false;
        while !matches!(self.peek_visible(), Some(b',' | b')') | None) {
            self.parse_number()?;
            has_height = true;
        }
        Ok(NestedCoordinates::Position { x, y, has_height })
    }

    fn parse_number(&mut self) -> Result<f64, FeatureFault> {
        self.skip_blanks();
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
            None => self.syntax_fault("a number"),
        }
    }

    /// The word at this place in upper case; empty when there is none, and then nothing is consumed but blanks.
    fn take_word(&mut self) -> String {
        self.skip_blanks();
        let rest = &self.text[self.at..];
        let length = rest.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        let word = String::from_utf8_lossy(&rest[..length]).to_ascii_uppercase();
        self.at += length;
        word
    }

    fn skip_blanks(&mut self) {
        self.at += self.text[self.at..].iter().take_while(|b| b.is_ascii_whitespace()).count();
    }

    fn peek_visible(&mut self) -> Option<u8> {
        self.skip_blanks();
        self.text.get(self.at).copied()
    }

    fn expect_byte(&mut self, byte: u8) -> Result<(), FeatureFault> {
        if self.peek_visible() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        self.syntax_fault(&format!("'{}'", char::from(byte)))
    }

    fn syntax_fault<T>(&self, want: &str) -> Result<T, FeatureFault> {
        let rest = String::from_utf8_lossy(&self.text[self.at.min(self.text.len())..]);
        let found: String = rest.chars().take(20).collect();
        let found = if found.is_empty() { "the end".into() } else { format!("'{found}'") };
        Err(FeatureFault::new(
            FaultKind::NotGeoJson,
            "",
            format!("This is not WKT: expected {want} at character {}, found {found}. Correct it.", self.at + 1),
        ))
    }
}

/// Well-known text puts brackets round the position of a point, and may do so in a multipoint.
fn unwrap_points(kind: &str, nested: NestedCoordinates) -> NestedCoordinates {
    match (kind, nested) {
        ("Point", NestedCoordinates::List(mut items)) if items.len() == 1 => items.remove(0),
        ("MultiPoint", NestedCoordinates::List(items)) => {
            NestedCoordinates::List(items.into_iter().map(|item| unwrap_points("Point", item)).collect())
        }
        (_, nested) => nested,
    }
}
