//! Reads features from the columns: as values, and as GeoJSON text that is written directly from the columns.

use super::column::{CellValue, PropertyColumn};
use super::geometry_array::{GeometryMember, GeometryPath, GeometryType, LonLat, PathRole};
use super::position_text::write_positions;
use super::segment::IndexSegment;
use super::slot::FeatureSlot;
use super::snapshot::Snapshot;
use crate::collection::{FieldDefinition, FieldType};
use crate::feature::{Feature, FeatureId, FieldValue};
use std::io::Write as _;

impl Snapshot {
    /// The feature as a value, with coordinates (degrees) at seven decimals.
    pub fn read_feature(&self, slot: FeatureSlot) -> Feature {
        let (segment, at) = self.locate_slot(slot);
        Feature {
            key: segment.keys[at],
            id: FeatureId::new(segment.ids.text_at(at)).expect("only valid ids are pushed"),
            geometry: segment.shapes.read_geometry(at),
            values: (0..self.collection.fields.len()).map(|field| self.property_value(slot, field)).collect(),
        }
    }

    /// One property of a feature; null for an unknown field.
    pub fn property_value(&self, slot: FeatureSlot, field: usize) -> FieldValue {
        let (segment, at) = self.locate_slot(slot);
        let (Some(column), Some(field)) = (segment.columns.get(field), self.collection.fields.get(field)) else {
            return FieldValue::Null;
        };
        match column.cell_at(at) {
            CellValue::Null => FieldValue::Null,
            CellValue::Bool(b) => FieldValue::Bool(b),
            CellValue::Int(i) => FieldValue::Int(i),
            CellValue::Real(r) => FieldValue::Real(r),
            CellValue::Text(t) if field.kind == FieldType::Json => {
                serde_json::from_str(t).map_or(FieldValue::Null, |j| FieldValue::Json(Box::new(j)))
            }
            CellValue::Text(t) => FieldValue::text(t),
        }
    }

    /// Appends the feature as one GeoJSON object: type, id, geometry and properties (the fields at these positions, or
    /// all), in that order. Null values are written as null.
    pub fn write_geojson(&self, slot: FeatureSlot, properties: Option<&[usize]>, out: &mut Vec<u8>) {
        let (segment, at) = self.locate_slot(slot);
        self.write_geojson_with(slot, properties, &mut |out| write_geometry(segment, at, out), out);
    }

    /// Appends the geometry as GeoJSON, or `null`.
    pub fn write_geometry(&self, slot: FeatureSlot, out: &mut Vec<u8>) {
        let (segment, at) = self.locate_slot(slot);
        write_geometry(segment, at, out);
    }

    /// [`Snapshot::write_geojson`] with a geometry that the caller writes.
    pub fn write_geojson_with(
        &self,
        slot: FeatureSlot,
        properties: Option<&[usize]>,
        geometry: &mut dyn FnMut(&mut Vec<u8>),
        out: &mut Vec<u8>,
    ) {
        let (segment, at) = self.locate_slot(slot);
        out.extend_from_slice(br#"{"type":"Feature","id":"#);
        segment.ids.write_json(at, out);
        out.extend_from_slice(br#","geometry":"#);
        geometry(out);
        out.extend_from_slice(br#","properties":{"#);
        let mut first = true;
        let mut write = |field: usize| {
            let (Some(name), Some(f)) = (self.field_names.get(field), self.collection.fields.get(field)) else {
                return;
            };
            if !first {
                out.push(b',');
            }
            first = false;
            out.extend_from_slice(name);
            write_cell(segment, at, field, f, out);
        };
        match properties {
            Some(fields) => fields.iter().for_each(|&f| write(f)),
            None => (0..self.collection.fields.len()).for_each(&mut write),
        }
        out.extend_from_slice(b"}}");
    }
}

fn write_cell(segment: &IndexSegment, slot: usize, at: usize, field: &FieldDefinition, out: &mut Vec<u8>) {
    match (&*segment.columns[at], field.kind) {
        (column, FieldType::Json) => match column.cell_at(slot) {
            CellValue::Text(t) => out.extend_from_slice(t.as_bytes()),
            _ => out.extend_from_slice(b"null"),
        },
        (PropertyColumn::Dictionary(dictionary), _) => dictionary.write_json(slot, out),
        (PropertyColumn::Text(texts), _) => texts.write_json(slot, out),
        (column, _) => match column.cell_at(slot) {
            CellValue::Bool(b) => out.extend_from_slice(if b { b"true" } else { b"false" }),
            CellValue::Int(i) => write!(out, "{i}").expect("writing to a Vec does not fail"),
            CellValue::Real(r) => write_real(r, field.bare_whole, out),
            _ => out.extend_from_slice(b"null"),
        },
    }
}

/// Appends a double in its shortest form; a whole one without a decimal point where its field is written so.
fn write_real(real: f64, bare_whole: bool, out: &mut Vec<u8>) {
    if bare_whole && real.fract() == 0.0 && real.abs() < 1e15 {
        write!(out, "{}", real as i64).expect("writing to a Vec does not fail");
    } else {
        serde_json::to_writer(out, &real).expect("a finite number is always written");
    }
}

fn write_geometry(segment: &IndexSegment, slot: usize, out: &mut Vec<u8>) {
    let shapes = &segment.shapes;
    let mut writer = GeometryWriter { lonlat: &shapes.lonlat, out };
    let mut paths = shapes.paths(slot);
    match shapes.types[slot] {
        GeometryType::None => writer.out.extend_from_slice(b"null"),
        GeometryType::GeometryCollection => {
            let mut members = shapes.members(slot).iter().copied();
            writer.write_member(&mut members, &mut paths);
        }
        kind => writer.write_simple(kind, &mut paths),
    }
}

struct GeometryWriter<'a> {
    lonlat: &'a [LonLat],
    out: &'a mut Vec<u8>,
}

impl GeometryWriter<'_> {
    fn write_member(
        &mut self,
        members: &mut dyn Iterator<Item = GeometryMember>,
        paths: &mut dyn Iterator<Item = GeometryPath>,
    ) {
        let Some(member) = members.next() else { return };
        if member.kind != GeometryType::GeometryCollection {
            self.write_simple(member.kind, &mut paths.take(member.count as usize));
            return;
        }
        self.out.extend_from_slice(br#"{"type":"GeometryCollection","geometries":["#);
        for nth in 0..member.count {
            self.write_comma(nth as usize);
            self.write_member(members, paths);
        }
        self.out.extend_from_slice(b"]}");
    }

    fn write_simple(&mut self, kind: GeometryType, paths: &mut dyn Iterator<Item = GeometryPath>) {
        let open: &[u8] = match kind {
            GeometryType::Point => br#"{"type":"Point","coordinates":"#,
            GeometryType::MultiPoint => br#"{"type":"MultiPoint","coordinates":"#,
            GeometryType::LineString => br#"{"type":"LineString","coordinates":"#,
            GeometryType::MultiLineString => br#"{"type":"MultiLineString","coordinates":["#,
            GeometryType::Polygon => br#"{"type":"Polygon","coordinates":["#,
            _ => br#"{"type":"MultiPolygon","coordinates":[["#,
        };
        self.out.extend_from_slice(open);
        match kind {
            GeometryType::Point => {
                if let Some(path) = paths.next() {
                    self.write_position(self.lonlat[path.start]);
                }
                self.out.push(b'}');
            }
            GeometryType::MultiPoint | GeometryType::LineString => {
                paths.take(1).for_each(|path| self.write_path(path));
                self.out.push(b'}');
            }
            GeometryType::MultiLineString | GeometryType::Polygon => {
                for (nth, path) in paths.enumerate() {
                    self.write_comma(nth);
                    self.write_path(path);
                }
                self.out.extend_from_slice(b"]}");
            }
            _ => self.write_polygons(paths),
        }
    }

    fn write_polygons(&mut self, paths: &mut dyn Iterator<Item = GeometryPath>) {
        for (nth, path) in paths.enumerate() {
            match path.role {
                _ if nth == 0 => {}
                PathRole::Exterior => self.out.extend_from_slice(b"],["),
                _ => self.out.push(b','),
            }
            self.write_path(path);
        }
        self.out.extend_from_slice(b"]]}");
    }

    fn write_comma(&mut self, nth: usize) {
        if nth > 0 {
            self.out.push(b',');
        }
    }

    fn write_path(&mut self, path: GeometryPath) {
        let positions = &self.lonlat[path.start..path.end];
        self.out.push(b'[');
        write_positions(positions.iter().copied(), self.out);
        if matches!(path.role, PathRole::Exterior | PathRole::Hole) {
            self.out.push(b',');
            self.write_position(positions[0]);
        }
        self.out.push(b']');
    }

    fn write_position(&mut self, position: LonLat) {
        write_positions([position].into_iter(), self.out);
    }
}
