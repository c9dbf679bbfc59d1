//! KML 2.3 (OGC 12-007r2): a placemark for each feature, with its fields as typed data. Longitude and latitude.

use super::file_error::write_error;
use super::file_layer::FileLayer;
use super::format_losses::FormatLosses;
use super::xml_text::escape_xml;
use crate::collection::FieldType;
use crate::encoding::OutputSchema;
use crate::error::Result;
use crate::feature::{Feature, FieldValue, Geometry};
use geo_types::{Coord, LineString, Polygon};
use serde_json::Number;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};

/// Fields that name a feature on a map, the best first.
const LABEL_FIELDS: [&str; 2] = ["name", "title"];

/// Writes the features of one collection.
pub struct KmlWriter {
    out: BufWriter<File>,
    output: OutputSchema,
    label: Option<usize>,
    text: String,
}

impl KmlWriter {
    pub fn new(out: &File, layer: &FileLayer) -> Result<Self> {
        let file = out.try_clone().map_err(|e| write_error(&e))?;
        let output = layer.output.clone();
        let label = LABEL_FIELDS.iter().find_map(|name| output.fields().find(|(_, f)| f.name == *name));
        let label = label.map(|(at, _)| at);
        let mut writer = Self { out: BufWriter::new(file), output, label, text: String::new() };
        writer.write_head();
        writer.flush()?;
        Ok(writer)
    }

    fn write_head(&mut self) {
        let Self { output, text, .. } = self;
        let (id, title) = (output.collection.id.as_str(), escape_xml(&output.collection.title).0);
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<kml xmlns=\"http://www.opengis.net/kml/2.2\">\n<Document>\n<name>{title}</name>\n<Schema name=\"{id}\" id=\"{id}\">\n<SimpleField type=\"string\" name=\"id\"/>\n"
        );
        for (_, field) in output.fields() {
            let (name, title) = (escape_xml(&field.name).0, escape_xml(&field.title).0);
            let kind = match field.kind {
                FieldType::Integer | FieldType::Real | FieldType::Decimal => "double",
                FieldType::Boolean => "bool",
                // Unknown to other programs, which then read text.
                FieldType::Json => "json",
                _ => "string",
            };
            let _ = writeln!(
                text,
                "<SimpleField type=\"{kind}\" name=\"{name}\"><displayName>{title}</displayName></SimpleField>"
            );
        }
        text.push_str("</Schema>\n");
    }

    pub fn write_feature(&mut self, feature: &Feature, losses: &mut FormatLosses) -> Result<()> {
        let Self { output, text, label, .. } = self;
        let id = feature.id.as_str();
        text.push_str("<Placemark>");
        if let Some(FieldValue::Text(label)) = label.and_then(|at| feature.values.get(at)) {
            let _ = write!(text, "<name>{}</name>", escape_xml(label).0);
        }
        let _ = write!(text, "<ExtendedData><SchemaData schemaUrl=\"#{}\">", output.collection.id);
        push_value(text, "id", id, id, losses);
        for (at, field) in output.fields() {
            let value = feature.values.get(at).unwrap_or(&FieldValue::Null);
            // The name stands above already.
            if Some(at) != *label || field.name != LABEL_FIELDS[0] || !matches!(value, FieldValue::Text(_)) {
                push_field(text, &field.name, value, id, losses);
            }
        }
        text.push_str("</SchemaData></ExtendedData>");
        if let Some(geometry) = &feature.geometry {
            push_geometry(text, geometry);
        }
        text.push_str("</Placemark>\n");
        self.flush()
    }

    fn flush(&mut self) -> Result<()> {
        self.out.write_all(self.text.as_bytes()).map_err(|e| write_error(&e))?;
        self.text.clear();
        Ok(())
    }

    pub fn finish(mut self) -> Result<()> {
        self.text.push_str("</Document>\n</kml>\n");
        self.flush()?;
        self.out.flush().map_err(|e| write_error(&e))
    }
}

fn push_field(text: &mut String, name: &str, value: &FieldValue, feature: &str, losses: &mut FormatLosses) {
    let written = match value {
        FieldValue::Null => return,
        FieldValue::Bool(b) => u8::from(*b).to_string(),
        FieldValue::Int(i) => i.to_string(),
        FieldValue::Real(r) => Number::from_f64(*r).map_or(String::new(), |number| number.to_string()),
        FieldValue::Json(json) => json.to_string(),
        FieldValue::Text(own) => return push_value(text, name, own, feature, losses),
    };
    push_value(text, name, &written, feature, losses);
}

fn push_value(text: &mut String, name: &str, value: &str, feature: &str, losses: &mut FormatLosses) {
    if value.trim() != value || value.is_empty() {
        losses.count("Readers of KML drop blanks at the ends of text, and empty text", feature);
    }
    let (escaped, lost) = escape_xml(value);
    if lost {
        losses.count("Control characters in text, which XML cannot hold, became �", feature);
    }
    let _ = write!(text, "<SimpleData name=\"{}\">{escaped}</SimpleData>", escape_xml(name).0);
}

fn push_geometry(text: &mut String, geometry: &Geometry) {
    use geo_types::Geometry as G;
    match geometry {
        G::Point(p) => {
            text.push_str("<Point>");
            push_coords(text, &[p.0]);
            text.push_str("</Point>");
        }
        G::Line(l) => push_line(text, "LineString", &[l.start, l.end]),
        G::LineString(l) => push_line(text, "LineString", &l.0),
        G::Polygon(p) => push_polygon(text, p),
        G::Rect(r) => push_polygon(text, &r.to_polygon()),
        G::Triangle(t) => push_polygon(text, &t.to_polygon()),
        G::MultiPoint(m) => push_multi(text, m.0.iter(), |text, p| push_geometry(text, &G::Point(*p))),
        G::MultiLineString(m) => push_multi(text, m.0.iter(), |text, l| push_line(text, "LineString", &l.0)),
        G::MultiPolygon(m) => push_multi(text, m.0.iter(), push_polygon),
        G::GeometryCollection(c) => push_multi(text, c.0.iter(), push_geometry),
    }
}

fn push_multi<'g, T: 'g>(text: &mut String, members: impl Iterator<Item = &'g T>, push: fn(&mut String, &T)) {
    text.push_str("<MultiGeometry>");
    members.for_each(|member| push(text, member));
    text.push_str("</MultiGeometry>");
}

fn push_polygon(text: &mut String, polygon: &Polygon<f64>) {
    text.push_str("<Polygon>");
    let ring = |text: &mut String, tag: &str, ring: &LineString<f64>| {
        let _ = write!(text, "<{tag}>");
        push_line(text, "LinearRing", &ring.0);
        let _ = write!(text, "</{tag}>");
    };
    ring(text, "outerBoundaryIs", polygon.exterior());
    polygon.interiors().iter().for_each(|hole| ring(text, "innerBoundaryIs", hole));
    text.push_str("</Polygon>");
}

fn push_line(text: &mut String, tag: &str, coords: &[Coord<f64>]) {
    let _ = write!(text, "<{tag}>");
    push_coords(text, coords);
    let _ = write!(text, "</{tag}>");
}

fn push_coords(text: &mut String, coords: &[Coord<f64>]) {
    text.push_str("<coordinates>");
    for (nth, c) in coords.iter().enumerate() {
        let _ = write!(text, "{}{},{}", if nth > 0 { " " } else { "" }, c.x, c.y);
    }
    text.push_str("</coordinates>");
}
