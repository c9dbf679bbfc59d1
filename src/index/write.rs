//! Features out of the columns: as GeoJSON text, written without a detour, and as values.

use super::column::{Cell, Column};
use super::digits::write_positions;
use super::segment::Segment;
use super::shape::{LonLat, Member, Path, Role, Type};
use super::text::write_escaped;
use super::{Slot, Snapshot};
use crate::collection::Kind;
use crate::feature::{Feature, FeatureId, Value};
use std::io::Write as _;

impl Snapshot {
    /// The feature with its coordinates at seven decimals.
    pub fn feature(&self, slot: Slot) -> Feature {
        let (segment, at) = self.locate(slot);
        Feature {
            key: segment.keys[at],
            id: FeatureId::new(segment.ids.text(at)).expect("the id was a FeatureId when it came in"),
            geometry: segment.shapes.geometry(at),
            values: (0..self.collection.fields.len()).map(|field| self.value(slot, field)).collect(),
        }
    }

    /// One property of a feature.
    pub fn value(&self, slot: Slot, field: usize) -> Value {
        let (segment, at) = self.locate(slot);
        let (Some(column), Some(field)) = (segment.columns.get(field), self.collection.fields.get(field)) else {
            return Value::Null;
        };
        match column.cell(at) {
            Cell::Null => Value::Null,
            Cell::Bool(b) => Value::Bool(b),
            Cell::Int(i) => Value::Int(i),
            Cell::Real(r) => Value::Real(r),
            Cell::Text(t) if field.kind == Kind::Json => {
                serde_json::from_str(t).map_or(Value::Null, |j| Value::Json(Box::new(j)))
            }
            Cell::Text(t) => Value::text(t),
        }
    }

    /// Appends the feature as one GeoJSON object: type, id, geometry, properties (these fields, or all), in that order. Nulls
    /// are written as null.
    pub fn write_geojson(&self, slot: Slot, properties: Option<&[usize]>, out: &mut Vec<u8>) {
        let (segment, at) = self.locate(slot);
        self.write_geojson_with(slot, properties, &mut |out| write_geometry(segment, at, out), out);
    }

    /// Appends the geometry as GeoJSON, or `null`.
    pub fn write_geometry(&self, slot: Slot, out: &mut Vec<u8>) {
        let (segment, at) = self.locate(slot);
        write_geometry(segment, at, out);
    }

    /// [`Snapshot::write_geojson`] with a geometry of somebody else's making.
    pub fn write_geojson_with(
        &self,
        slot: Slot,
        properties: Option<&[usize]>,
        geometry: &mut dyn FnMut(&mut Vec<u8>),
        out: &mut Vec<u8>,
    ) {
        let (segment, at) = self.locate(slot);
        out.extend_from_slice(br#"{"type":"Feature","id":"#);
        segment.ids.write_json(at, out);
        out.extend_from_slice(br#","geometry":"#);
        geometry(out);
        out.extend_from_slice(br#","properties":{"#);
        let mut first = true;
        let mut write = |field: usize| {
            let (Some(name), Some(f)) = (self.names.get(field), self.collection.fields.get(field)) else { return };
            if !first {
                out.push(b',');
            }
            first = false;
            out.extend_from_slice(name);
            write_cell(segment, at, field, f.kind, out);
        };
        match properties {
            Some(fields) => fields.iter().for_each(|&f| write(f)),
            None => (0..self.collection.fields.len()).for_each(&mut write),
        }
        out.extend_from_slice(b"}}");
    }
}

/// The names of fields as they are written: quoted, with the colon.
pub(crate) fn names<'a>(fields: impl Iterator<Item = &'a str>) -> Vec<Box<[u8]>> {
    let quoted = |name| {
        let mut out = vec![];
        write_escaped(name, &mut out);
        out.push(b':');
        out.into()
    };
    fields.map(quoted).collect()
}

fn write_cell(segment: &Segment, slot: usize, field: usize, kind: Kind, out: &mut Vec<u8>) {
    match (&*segment.columns[field], kind) {
        (column, Kind::Json) => match column.cell(slot) {
            Cell::Text(t) => out.extend_from_slice(t.as_bytes()),
            _ => out.extend_from_slice(b"null"),
        },
        (Column::Words(words), _) => words.write_json(slot, out),
        (Column::Texts(texts), _) => texts.write_json(slot, out),
        (column, kind) => match column.cell(slot) {
            Cell::Bool(b) => out.extend_from_slice(if b { b"true" } else { b"false" }),
            Cell::Int(i) => write!(out, "{i}").expect("writing to a Vec does not fail"),
            Cell::Real(r) => write_real(r, kind, out),
            _ => out.extend_from_slice(b"null"),
        },
    }
}

/// Doubles in their shortest form. Whole amounts of money are written as whole numbers.
fn write_real(real: f64, kind: Kind, out: &mut Vec<u8>) {
    if kind == Kind::Decimal && real.fract() == 0.0 && real.abs() < 1e15 {
        write!(out, "{}", real as i64).expect("writing to a Vec does not fail");
    } else {
        serde_json::to_writer(out, &real).expect("a finite number is always written");
    }
}

fn write_geometry(segment: &Segment, slot: usize, out: &mut Vec<u8>) {
    let shapes = &segment.shapes;
    let mut writer = Writer { lonlat: &shapes.lonlat, out };
    let mut paths = shapes.paths(slot);
    match shapes.types[slot] {
        Type::None => writer.out.extend_from_slice(b"null"),
        Type::GeometryCollection => {
            let mut members = shapes.members(slot).iter().copied();
            writer.next_member(&mut members, &mut paths);
        }
        kind => writer.simple(kind, &mut paths),
    }
}

struct Writer<'a> {
    lonlat: &'a [LonLat],
    out: &'a mut Vec<u8>,
}

impl Writer<'_> {
    fn next_member(&mut self, members: &mut dyn Iterator<Item = Member>, paths: &mut dyn Iterator<Item = Path>) {
        let Some(member) = members.next() else { return };
        if member.kind != Type::GeometryCollection {
            self.simple(member.kind, &mut paths.take(member.count as usize));
            return;
        }
        self.out.extend_from_slice(br#"{"type":"GeometryCollection","geometries":["#);
        for nth in 0..member.count {
            self.comma(nth as usize);
            self.next_member(members, paths);
        }
        self.out.extend_from_slice(b"]}");
    }

    fn simple(&mut self, kind: Type, paths: &mut dyn Iterator<Item = Path>) {
        let open: &[u8] = match kind {
            Type::Point => br#"{"type":"Point","coordinates":"#,
            Type::MultiPoint => br#"{"type":"MultiPoint","coordinates":"#,
            Type::LineString => br#"{"type":"LineString","coordinates":"#,
            Type::MultiLineString => br#"{"type":"MultiLineString","coordinates":["#,
            Type::Polygon => br#"{"type":"Polygon","coordinates":["#,
            _ => br#"{"type":"MultiPolygon","coordinates":[["#,
        };
        self.out.extend_from_slice(open);
        match kind {
            Type::Point => {
                if let Some(path) = paths.next() {
                    self.position(self.lonlat[path.start]);
                }
                self.out.push(b'}');
            }
            Type::MultiPoint | Type::LineString => {
                paths.take(1).for_each(|path| self.path(path));
                self.out.push(b'}');
            }
            Type::MultiLineString | Type::Polygon => {
                for (nth, path) in paths.enumerate() {
                    self.comma(nth);
                    self.path(path);
                }
                self.out.extend_from_slice(b"]}");
            }
            _ => self.polygons(paths),
        }
    }

    fn polygons(&mut self, paths: &mut dyn Iterator<Item = Path>) {
        for (nth, path) in paths.enumerate() {
            match path.role {
                _ if nth == 0 => {}
                Role::Exterior => self.out.extend_from_slice(b"],["),
                _ => self.out.push(b','),
            }
            self.path(path);
        }
        self.out.extend_from_slice(b"]]}");
    }

    fn comma(&mut self, nth: usize) {
        if nth > 0 {
            self.out.push(b',');
        }
    }

    fn path(&mut self, path: Path) {
        let positions = &self.lonlat[path.start..path.end];
        self.out.push(b'[');
        write_positions(positions.iter().copied(), self.out);
        if matches!(path.role, Role::Exterior | Role::Hole) {
            self.out.push(b',');
            self.position(positions[0]);
        }
        self.out.push(b']');
    }

    fn position(&mut self, position: LonLat) {
        write_positions([position].into_iter(), self.out);
    }
}
