//! A DXF drawing as text (AutoCAD release 12, which every program reads): points, polylines, closed polylines. The
//! collection is a layer; the id is extended data of the program `CITYHEART`.

use super::file_error::write_error;
use super::file_layer::FileLayer;
use super::format_losses::FormatLosses;
use crate::encoding::OutputSchema;
use crate::error::Result;
use crate::feature::{Feature, Geometry};
use geo_types::{Coord, LineString, Polygon};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};

/// The most bytes of a text of extended data.
const MAX_EXTENDED: usize = 255;

/// Writes the features of one collection.
pub struct DxfWriter {
    out: BufWriter<File>,
    output: OutputSchema,
    /// The name of the layer: release 12 takes letters, digits, `_` and `-`.
    layer: String,
    text: String,
}

impl DxfWriter {
    pub fn new(out: &File, layer: &FileLayer, losses: &mut FormatLosses) -> Result<Self> {
        let file = out.try_clone().map_err(|e| write_error(&e))?;
        let output = layer.output.clone();
        losses.note("A drawing holds places and ids, no other fields");
        losses.note(&format!(
            "A drawing does not tell its reference system: it is {} ({}), easting or longitude first",
            output.crs,
            output.crs.name()
        ));
        let name = output.collection.id.as_str().to_ascii_uppercase().chars().take(31).collect();
        let mut writer = Self { out: BufWriter::new(file), output, layer: name, text: String::new() };
        writer.write_head();
        writer.flush()?;
        Ok(writer)
    }

    fn write_head(&mut self) {
        let units = if self.output.crs.is_degrees() { 0 } else { 6 };
        let Self { text, layer, output, .. } = self;
        let crs = output.crs;
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "999\r\ncityheart {}: {}, {crs} {}\r\n0\r\nSECTION\r\n2\r\nHEADER\r\n9\r\n$ACADVER\r\n1\r\nAC1009\r\n9\r\n$DWGCODEPAGE\r\n3\r\nANSI_1252\r\n9\r\n$INSUNITS\r\n70\r\n{units}\r\n0\r\nENDSEC\r\n",
            env!("CARGO_PKG_VERSION"),
            output.collection.id,
            ascii_text(crs.name())
        );
        let _ = write!(
            text,
            "0\r\nSECTION\r\n2\r\nTABLES\r\n0\r\nTABLE\r\n2\r\nLAYER\r\n70\r\n1\r\n0\r\nLAYER\r\n2\r\n{layer}\r\n70\r\n0\r\n62\r\n7\r\n6\r\nCONTINUOUS\r\n0\r\nENDTAB\r\n0\r\nTABLE\r\n2\r\nAPPID\r\n70\r\n1\r\n0\r\nAPPID\r\n2\r\nCITYHEART\r\n70\r\n0\r\n0\r\nENDTAB\r\n0\r\nENDSEC\r\n0\r\nSECTION\r\n2\r\nENTITIES\r\n"
        );
    }

    pub fn write_feature(&mut self, feature: &Feature, losses: &mut FormatLosses) -> Result<()> {
        match &feature.geometry {
            Some(geometry) => self.push_geometry(geometry, feature.id.as_str(), losses),
            None => losses.count("A drawing has no features without a place; they are left out", feature.id.as_str()),
        }
        self.flush()
    }

    fn push_geometry(&mut self, geometry: &Geometry, id: &str, losses: &mut FormatLosses) {
        use geo_types::Geometry as G;
        let is_several = match geometry {
            G::MultiPoint(m) => m.0.len() > 1,
            G::MultiLineString(m) => m.0.len() > 1,
            G::MultiPolygon(m) => m.0.len() > 1,
            G::GeometryCollection(c) => c.0.len() > 1,
            _ => false,
        };
        if is_several {
            losses.count("Parts of a geometry are entities of their own, with the same id", id);
        }
        match geometry {
            G::Point(p) => self.push_point(p.0, id),
            G::MultiPoint(m) => m.0.iter().for_each(|p| self.push_point(p.0, id)),
            G::Line(l) => self.push_polyline(&[l.start, l.end], false, id),
            G::LineString(l) => self.push_polyline(&l.0, false, id),
            G::MultiLineString(m) => m.0.iter().for_each(|l| self.push_polyline(&l.0, false, id)),
            G::Polygon(p) => self.push_polygon(p, id, losses),
            G::Rect(r) => self.push_polygon(&r.to_polygon(), id, losses),
            G::Triangle(t) => self.push_polygon(&t.to_polygon(), id, losses),
            G::MultiPolygon(m) => m.0.iter().for_each(|p| self.push_polygon(p, id, losses)),
            G::GeometryCollection(c) => c.0.iter().for_each(|g| self.push_geometry(g, id, losses)),
        }
    }

    fn push_polygon(&mut self, polygon: &Polygon<f64>, id: &str, losses: &mut FormatLosses) {
        if !polygon.interiors().is_empty() {
            losses.count("Holes of areas are closed polylines of their own", id);
        }
        for LineString(ring) in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            self.push_polyline(&ring[..ring.len().saturating_sub(1)], true, id);
        }
    }

    fn push_point(&mut self, c: Coord<f64>, id: &str) {
        let Self { text, layer, .. } = self;
        let _ = write!(text, "0\r\nPOINT\r\n8\r\n{layer}\r\n");
        push_position(text, c);
        push_id(text, id);
    }

    fn push_polyline(&mut self, coords: &[Coord<f64>], is_closed: bool, id: &str) {
        let Self { text, layer, .. } = self;
        let _ = write!(
            text,
            "0\r\nPOLYLINE\r\n8\r\n{layer}\r\n66\r\n1\r\n10\r\n0\r\n20\r\n0\r\n30\r\n0\r\n70\r\n{}\r\n",
            u8::from(is_closed)
        );
        push_id(text, id);
        for c in coords {
            let _ = write!(text, "0\r\nVERTEX\r\n8\r\n{layer}\r\n");
            push_position(text, *c);
        }
        let _ = write!(text, "0\r\nSEQEND\r\n8\r\n{layer}\r\n");
    }

    fn flush(&mut self) -> Result<()> {
        self.out.write_all(self.text.as_bytes()).map_err(|e| write_error(&e))?;
        self.text.clear();
        Ok(())
    }

    pub fn finish(mut self) -> Result<()> {
        self.text.push_str("0\r\nENDSEC\r\n0\r\nEOF\r\n");
        self.flush()?;
        self.out.flush().map_err(|e| write_error(&e))
    }
}

fn push_position(text: &mut String, c: Coord<f64>) {
    let _ = write!(text, "10\r\n{}\r\n20\r\n{}\r\n30\r\n0\r\n", c.x, c.y);
}

fn push_id(text: &mut String, id: &str) {
    let ascii: String = ascii_text(id).chars().take(MAX_EXTENDED).collect();
    let _ = write!(text, "1001\r\nCITYHEART\r\n1000\r\n{ascii}\r\n");
}

/// Other characters as AutoCAD spells them: `\U+010D`.
fn ascii_text(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| {
                let _ = write!(out, "\\U+{unit:04X}");
            });
        }
    }
    out
}
