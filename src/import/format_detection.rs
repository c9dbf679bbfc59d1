//! The format of a file by its first bytes, and by its name where these are ambiguous.

use super::element_scanner::RECORD_SEPARATOR;
use super::foreign_format::{describe_format, is_dbase};
use super::import_format::ImportFormat;
use super::osm;
use super::text_detection::is_utf16_table;
use super::workbook::detect_workbook;
use crate::error::{Error, Result};
use crate::feature::geojson::{self, GeoJsonMember, SkippedCoordinates};

/// How much of the text around the root of an XML document is looked at.
const PROLOG_BYTES: usize = 64 << 10;

/// Detects the format of a file that begins with these bytes.
///
/// # Errors
/// [`Error::Invalid`] for a format that cannot be imported, with how to convert it.
pub fn detect_format(head: &[u8], name: &str) -> Result<ImportFormat> {
    if osm::is_pbf(head) {
        return Ok(ImportFormat::OsmPbf);
    }
    if let Some(format) = detect_binary(head, name).or_else(|| detect_xml(head)).or_else(|| detect_drawing(head)) {
        return Ok(format);
    }
    let lower = name.to_lowercase();
    if let Some(format) = detect_workbook(head, lower.strip_suffix(".gz").unwrap_or(&lower)) {
        return Ok(ImportFormat::Workbook(format));
    }
    if is_utf16_table(head) {
        return Ok(ImportFormat::Csv);
    }
    if let Some(sentence) = describe_format(head, name) {
        return Err(Error::invalid(name, sentence));
    }
    detect_text(head, name)
}

fn detect_binary(head: &[u8], name: &str) -> Option<ImportFormat> {
    let is_index = name.to_ascii_lowercase().ends_with(".shx");
    if head.starts_with(b"SQLite format 3") {
        Some(ImportFormat::GeoPackage)
    } else if (head.starts_with(b"\x00\x00\x27\x0a") && !is_index) || is_dbase(head) {
        Some(ImportFormat::Shapefile)
    } else if head.starts_with(b"fgb\x03") {
        Some(ImportFormat::FlatGeobuf)
    } else if head.starts_with(b"PAR1") {
        Some(ImportFormat::GeoParquet)
    } else {
        None
    }
}

/// The format of an XML document, by its root.
fn detect_xml(head: &[u8]) -> Option<ImportFormat> {
    let start = &head[..head.len().min(PROLOG_BYTES)];
    let text = match encoding_rs::Encoding::for_bom(start) {
        Some((encoding, skipped)) => encoding.decode_without_bom_handling(&start[skipped..]).0,
        None => String::from_utf8_lossy(start),
    };
    let root = find_root(&text)?;
    let tag = &root[..root.find('>').unwrap_or(root.len())];
    let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
    match name.rsplit(':').next().unwrap_or_default() {
        "kml" => Some(ImportFormat::Kml),
        "gpx" => Some(ImportFormat::Gpx),
        "FeatureCollection" | "Collection" => Some(ImportFormat::Gml),
        _ if tag.contains("opengis.net/gml") || tag.contains("opengis.net/wfs") => Some(ImportFormat::Gml),
        _ => None,
    }
}

/// The text from the name of the root element on.
fn find_root(text: &str) -> Option<&str> {
    let mut rest = text.trim_start();
    loop {
        rest = rest.strip_prefix('<')?;
        let end = match rest.as_bytes().first()? {
            b'?' => "?>",
            b'!' if rest.starts_with("!--") => "-->",
            b'!' if rest.split('>').next().is_some_and(|head| head.contains('[')) => "]>",
            b'!' => ">",
            _ => return Some(rest),
        };
        rest = rest[rest.find(end)? + end.len()..].trim_start();
    }
}

/// DXF as text: pairs of lines, the first a section or a comment.
fn detect_drawing(head: &[u8]) -> Option<ImportFormat> {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let mut lines = text.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
    let is_drawing = loop {
        match (lines.next()?, lines.next()?) {
            (b"999", _) => {}
            (b"0", second) => break second.eq_ignore_ascii_case(b"SECTION"),
            _ => break false,
        }
    };
    is_drawing.then_some(ImportFormat::Dxf)
}

fn detect_text(head: &[u8], name: &str) -> Result<ImportFormat> {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let first = text.iter().copied().find(|b| !b.is_ascii_whitespace());
    let lower = name.to_ascii_lowercase();
    let lower = lower.strip_suffix(".gz").unwrap_or(&lower);
    let ends = |endings: &[&str]| endings.iter().any(|e| lower.ends_with(e));
    Ok(match first {
        Some(RECORD_SEPARATOR) => ImportFormat::GeoJsonSeq,
        Some(b'{')
            if ends(&[".geojsonl", ".ndjson", ".jsonl", ".geojsons", ".geojsonseq"]) || is_line_delimited(text) =>
        {
            ImportFormat::GeoJsonLines
        }
        _ if ends(&[".csv", ".tsv", ".txt"]) => ImportFormat::Csv,
        _ if ends(&[".geojson", ".json"]) => ImportFormat::GeoJson,
        Some(b'{' | b'[') | None => ImportFormat::GeoJson,
        Some(_)
            if text
                .split(|b| *b == b'\n')
                .next()
                .is_some_and(|line| line.iter().any(|b| matches!(b, b',' | b';' | b'\t' | b'|'))) =>
        {
            ImportFormat::Csv
        }
        Some(_) => {
            let sentence = "This is neither GeoJSON nor a table with named columns. Convert it to GeoJSON, or name its format with --format.";
            return Err(Error::invalid(name, sentence));
        }
    })
}

/// The first line is a whole JSON object, and another one follows.
fn is_line_delimited(text: &[u8]) -> bool {
    let mut lines = text.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else { return false };
    let whole =
        matches!(geojson::parse_geojson::<SkippedCoordinates>(first), Ok(GeoJsonMember::Object(o)) if !o.has_features);
    whole && second.starts_with(b"{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_known_by_its_root() {
        for (text, format) in [
            ("<?xml version='1.0'?><!-- <gpx> -->\n<kml xmlns='x'>", Some(ImportFormat::Kml)),
            ("<!DOCTYPE kml [<!ENTITY a 'b'>]><kml:kml>", Some(ImportFormat::Kml)),
            ("\u{feff}<gpx version='1.1'>", Some(ImportFormat::Gpx)),
            ("<wfs:FeatureCollection xmlns:wfs='http://www.opengis.net/wfs/2.0'>", Some(ImportFormat::Gml)),
            ("<html><body>", None),
            ("<", None),
            ("  0\r\nSECTION\r\n", None),
        ] {
            assert_eq!(detect_xml(text.as_bytes()), format, "{text}");
        }
        assert_eq!(detect_drawing(b"999\r\nmade by\r\n  0\r\nSECTION\r\n  2\r\n"), Some(ImportFormat::Dxf));
        assert_eq!(detect_drawing(b"0,1\n2,3\n"), None);
    }
}
