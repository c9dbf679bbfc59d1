//! GPX 1.1: points as waypoints, lines as tracks, in longitude and latitude. Fields are simple elements among the
//! extensions, in the namespace that GDAL reads as fields.

use super::file_error::write_error;
use super::file_layer::FileLayer;
use super::format_losses::FormatLosses;
use super::xml_text::escape_xml;
use crate::encoding::OutputSchema;
use crate::error::Result;
use crate::feature::{Feature, FieldValue, Geometry};
use geo_types::Coord;
use serde_json::Number;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Seek, Write};

/// Fields that become the name and the description of a waypoint or track, the best first.
const NAME_FIELDS: [&str; 2] = ["name", "title"];
const DESCRIPTION_FIELDS: [&str; 2] = ["desc", "summary"];

/// Writes the features of one collection: waypoints at once, as they come first in a file; tracks are kept.
pub struct GpxWriter {
    out: BufWriter<File>,
    tracks: BufWriter<File>,
    output: OutputSchema,
    text: String,
}

impl GpxWriter {
    pub fn new(out: &File, layer: &FileLayer, losses: &mut FormatLosses) -> Result<Self> {
        let file = out.try_clone().map_err(|e| write_error(&e))?;
        let tracks = BufWriter::new(tempfile::tempfile().map_err(|e| write_error(&e))?);
        let output = layer.output.clone();
        for (_, field) in output.fields().filter(|(_, f)| element_name(&f.name) != f.name) {
            losses.note(&format!("The field '{}' is called '{}' here", field.name, element_name(&field.name)));
        }
        let mut out = BufWriter::new(file);
        let title = escape_xml(&output.collection.title).0;
        let head = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gpx version=\"1.1\" creator=\"cityheart\" xmlns=\"http://www.topografix.com/GPX/1/1\" xmlns:ogr=\"http://osgeo.org/gdal\">\n<metadata><name>{title}</name></metadata>\n"
        );
        out.write_all(head.as_bytes()).map_err(|e| write_error(&e))?;
        Ok(Self { out, tracks, output, text: String::new() })
    }

    pub fn write_feature(&mut self, feature: &Feature, losses: &mut FormatLosses) -> Result<()> {
        let id = feature.id.as_str();
        self.text.clear();
        let points = match &feature.geometry {
            Some(Geometry::Point(p)) => vec![p.0],
            Some(Geometry::MultiPoint(m)) => {
                losses.count("GPX has no groups of points; each is a waypoint of its own", id);
                m.iter().map(|p| p.0).collect()
            }
            Some(Geometry::Line(l)) => return self.write_track(feature, &[&[l.start, l.end]], losses),
            Some(Geometry::LineString(l)) => return self.write_track(feature, &[&l.0], losses),
            Some(Geometry::MultiLineString(m)) => {
                let lines: Vec<&[Coord<f64>]> = m.iter().map(|l| l.0.as_slice()).collect();
                return self.write_track(feature, &lines, losses);
            }
            Some(_) => {
                losses.count("GPX has only points and lines; features with other geometries are left out", id);
                return Ok(());
            }
            None => {
                losses.count("GPX has no features without a place; they are left out", id);
                return Ok(());
            }
        };
        for c in points {
            // Writing to a string cannot fail.
            let _ = write!(self.text, "<wpt lat=\"{}\" lon=\"{}\">", c.y, c.x);
            self.push_names(feature);
            self.push_extensions(feature, losses);
            self.text.push_str("</wpt>\n");
        }
        self.out.write_all(self.text.as_bytes()).map_err(|e| write_error(&e))
    }

    fn write_track(&mut self, feature: &Feature, lines: &[&[Coord<f64>]], losses: &mut FormatLosses) -> Result<()> {
        self.text.push_str("<trk>");
        self.push_names(feature);
        self.push_extensions(feature, losses);
        for line in lines {
            self.text.push_str("<trkseg>");
            for c in *line {
                let _ = write!(self.text, "<trkpt lat=\"{}\" lon=\"{}\"/>", c.y, c.x);
            }
            self.text.push_str("</trkseg>");
        }
        self.text.push_str("</trk>\n");
        self.tracks.write_all(self.text.as_bytes()).map_err(|e| write_error(&e))
    }

    /// For devices: the fields themselves are among the extensions.
    fn push_names(&mut self, feature: &Feature) {
        for (tag, names) in [("name", NAME_FIELDS), ("desc", DESCRIPTION_FIELDS)] {
            let field = names.iter().find_map(|name| self.output.fields().find(|(_, f)| f.name == *name));
            if let Some(FieldValue::Text(text)) = field.and_then(|(at, _)| feature.values.get(at)) {
                let _ = write!(self.text, "<{tag}>{}</{tag}>", escape_xml(text).0);
            }
        }
    }

    fn push_extensions(&mut self, feature: &Feature, losses: &mut FormatLosses) {
        let Self { output, text, .. } = self;
        let id = feature.id.as_str();
        text.push_str("<extensions>");
        push_value(text, "id", id, id, losses);
        for (at, field) in output.fields() {
            let name = element_name(&field.name);
            // The element of this name above has the same text.
            let is_above = name == "name" || name == "desc";
            let value = match feature.values.get(at).unwrap_or(&FieldValue::Null) {
                FieldValue::Null => continue,
                FieldValue::Text(_) if is_above => continue,
                FieldValue::Text(own) => own.to_string(),
                FieldValue::Bool(b) => b.to_string(),
                FieldValue::Int(i) => i.to_string(),
                FieldValue::Real(r) => Number::from_f64(*r).map_or(String::new(), |number| number.to_string()),
                FieldValue::Json(json) => json.to_string(),
            };
            push_value(text, &name, &value, id, losses);
        }
        text.push_str("</extensions>");
    }

    pub fn finish(mut self) -> Result<()> {
        let mut tracks = self.tracks.into_inner().map_err(|e| write_error(e.error()))?;
        let copied = tracks.rewind().and_then(|()| std::io::copy(&mut tracks, &mut self.out));
        copied
            .and_then(|_| self.out.write_all(b"</gpx>\n"))
            .and_then(|()| self.out.flush())
            .map_err(|e| write_error(&e))
    }
}

fn push_value(text: &mut String, name: &str, value: &str, feature: &str, losses: &mut FormatLosses) {
    if value.trim() != value || value.is_empty() {
        losses.count("Readers of GPX drop blanks at the ends of text, and empty text", feature);
    }
    let (escaped, lost) = escape_xml(value);
    if lost {
        losses.count("Control characters in text, which XML cannot hold, became �", feature);
    }
    let _ = write!(text, "<ogr:{name}>{escaped}</ogr:{name}>");
}

/// A name as that of an element: letters, digits, `_`, `-` and `.`, beginning with a letter.
fn element_name(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '_' }).collect();
    if plain.starts_with(|c: char| c.is_alphabetic() || c == '_') { plain } else { format!("_{plain}") }
}
