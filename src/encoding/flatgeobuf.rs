//! Features as FlatGeobuf (version 3): a header, then each feature with its length in front. Without a spatial index,
//! which could only be written once all features are known. The first column is the id, then come the fields.
//!
//! Coordinates have easting or longitude first, whatever the authority says, as the format requires.

use super::OutputSchema;
use crate::collection::FieldType;
use crate::feature::{Feature, FieldValue, Geometry, GeometryTypeSet};
use flatbuffers::{FlatBufferBuilder, ForwardsUOffset, Vector, WIPOffset};
use flatgeobuf::{
    Column, ColumnArgs, ColumnType, Crs, CrsArgs, Feature as Buffer, FeatureArgs, Geometry as Shape, GeometryArgs,
    GeometryType, Header, HeaderArgs,
};
use geo_types::{Coord, Geometry as G, LineString, Polygon};

const MAGIC: [u8; 8] = [b'f', b'g', b'b', 3, b'f', b'g', b'b', 0];
/// The EPSG code for longitude and latitude in this format.
const WGS84_CODE: i32 = 4326;

/// Writes the features of one collection as FlatGeobuf.
pub struct FlatGeobufWriter {
    output: OutputSchema,
    builder: FlatBufferBuilder<'static>,
}

impl FlatGeobufWriter {
    #[must_use]
    pub fn new(output: OutputSchema) -> Self {
        Self { output, builder: FlatBufferBuilder::new() }
    }

    /// Appends the header of `count` features; 0 means that the number is not known.
    pub fn write_header(&mut self, count: usize, out: &mut Vec<u8>) {
        let Self { output, builder } = self;
        builder.reset();
        let collection = &output.collection;
        let mut columns = vec![create_column(builder, "id", "Id", ColumnType::String, false)];
        for (_, field) in output.fields() {
            columns.push(create_column(builder, &field.name, &field.title, column_type(field.kind), true));
        }
        let (org, name) = (builder.create_string("EPSG"), builder.create_string(output.crs.name()));
        let code = output.crs.epsg_code().map_or(WGS84_CODE, i32::from);
        let args = HeaderArgs {
            name: Some(builder.create_string(collection.id.as_str())),
            geometry_type: header_type(collection.geometry),
            columns: Some(builder.create_vector(&columns)),
            features_count: count as u64,
            index_node_size: 0,
            crs: Some(Crs::create(builder, &CrsArgs { org: Some(org), code, name: Some(name), ..CrsArgs::default() })),
            title: Some(builder.create_string(&collection.title)),
            description: Some(builder.create_string(&collection.description)),
            ..HeaderArgs::default()
        };
        let header = Header::create(builder, &args);
        builder.finish_size_prefixed(header, None);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(builder.finished_data());
    }

    /// Appends a feature whose geometry has easting or longitude first.
    pub fn write_feature(&mut self, feature: &Feature, out: &mut Vec<u8>) {
        let Self { output, builder } = self;
        builder.reset();
        let geometry = feature.geometry.as_ref().map(|g| create_geometry(builder, g));
        let mut bytes = Vec::with_capacity(256);
        write_property(&mut bytes, 0, feature.id.as_str().as_bytes(), true);
        for (nth, (at, field)) in output.fields().enumerate() {
            let column = nth as u16 + 1;
            match (feature.values.get(at).unwrap_or(&FieldValue::Null), field.kind) {
                (FieldValue::Null, _) => {}
                (FieldValue::Bool(b), _) => write_property(&mut bytes, column, &[u8::from(*b)], false),
                (FieldValue::Int(i), FieldType::Real | FieldType::Decimal) => {
                    write_property(&mut bytes, column, &(*i as f64).to_le_bytes(), false);
                }
                (FieldValue::Int(i), _) => write_property(&mut bytes, column, &i.to_le_bytes(), false),
                (FieldValue::Real(r), _) => write_property(&mut bytes, column, &r.to_le_bytes(), false),
                (FieldValue::Text(t), _) => write_property(&mut bytes, column, t.as_bytes(), true),
                (FieldValue::Json(j), _) => write_property(&mut bytes, column, j.to_string().as_bytes(), true),
            }
        }
        let properties = Some(builder.create_vector(&bytes));
        let encoded = Buffer::create(builder, &FeatureArgs { geometry, properties, columns: None });
        builder.finish_size_prefixed(encoded, None);
        out.extend_from_slice(builder.finished_data());
    }
}

/// Appends a value with the number of its column; text has its length in front.
fn write_property(out: &mut Vec<u8>, column: u16, value: &[u8], sized: bool) {
    out.extend_from_slice(&column.to_le_bytes());
    if sized {
        out.extend_from_slice(&(value.len() as u32).to_le_bytes());
    }
    out.extend_from_slice(value);
}

fn create_column<'b>(
    builder: &mut FlatBufferBuilder<'b>,
    name: &str,
    title: &str,
    type_: ColumnType,
    nullable: bool,
) -> WIPOffset<Column<'b>> {
    let (name, title) = (Some(builder.create_string(name)), Some(builder.create_string(title)));
    Column::create(builder, &ColumnArgs { name, title, type_, nullable, ..ColumnArgs::default() })
}

fn column_type(kind: FieldType) -> ColumnType {
    match kind {
        FieldType::Text => ColumnType::String,
        FieldType::Integer => ColumnType::Long,
        FieldType::Real | FieldType::Decimal => ColumnType::Double,
        FieldType::Boolean => ColumnType::Bool,
        // The format has one type for both.
        FieldType::Date | FieldType::DateTime => ColumnType::DateTime,
        FieldType::Json => ColumnType::Json,
    }
}

/// The geometry type of all features; `Unknown` when each feature states its own.
fn header_type(kind: GeometryTypeSet) -> GeometryType {
    match kind.schema_format() {
        Some("geometry-point") => GeometryType::Point,
        Some("geometry-multipoint") => GeometryType::MultiPoint,
        Some("geometry-linestring") => GeometryType::LineString,
        Some("geometry-multilinestring") => GeometryType::MultiLineString,
        Some("geometry-polygon") => GeometryType::Polygon,
        Some("geometry-multipolygon") => GeometryType::MultiPolygon,
        Some("geometry-geometrycollection") => GeometryType::GeometryCollection,
        _ => GeometryType::Unknown,
    }
}

fn create_geometry<'b>(builder: &mut FlatBufferBuilder<'b>, geometry: &Geometry) -> WIPOffset<Shape<'b>> {
    match geometry {
        G::Point(p) => create_from_paths(builder, GeometryType::Point, &[&[p.0]]),
        G::MultiPoint(m) => {
            create_from_paths(builder, GeometryType::MultiPoint, &[&m.iter().map(|p| p.0).collect::<Vec<_>>()])
        }
        G::Line(l) => create_from_paths(builder, GeometryType::LineString, &[&[l.start, l.end]]),
        G::LineString(l) => create_from_paths(builder, GeometryType::LineString, &[&l.0]),
        G::MultiLineString(m) => create_from_paths(builder, GeometryType::MultiLineString, &path_slices(m.iter())),
        G::Polygon(p) => create_polygon(builder, p),
        G::Rect(r) => create_polygon(builder, &r.to_polygon()),
        G::Triangle(t) => create_polygon(builder, &t.to_polygon()),
        G::MultiPolygon(m) => {
            let parts = m.iter().map(|p| create_polygon(builder, p)).collect::<Vec<_>>();
            create_multipart(builder, GeometryType::MultiPolygon, &parts)
        }
        G::GeometryCollection(c) => {
            let parts = c.iter().map(|g| create_geometry(builder, g)).collect::<Vec<_>>();
            create_multipart(builder, GeometryType::GeometryCollection, &parts)
        }
    }
}

fn create_polygon<'b>(builder: &mut FlatBufferBuilder<'b>, polygon: &Polygon<f64>) -> WIPOffset<Shape<'b>> {
    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    create_from_paths(builder, GeometryType::Polygon, &path_slices(rings))
}

fn path_slices<'a>(lines: impl Iterator<Item = &'a LineString<f64>>) -> Vec<&'a [Coord<f64>]> {
    lines.map(|l| l.0.as_slice()).collect()
}

/// A geometry with all positions in one list and, for several paths, the end of each.
fn create_from_paths<'b>(
    builder: &mut FlatBufferBuilder<'b>,
    type_: GeometryType,
    paths: &[&[Coord<f64>]],
) -> WIPOffset<Shape<'b>> {
    let xy: Vec<f64> = paths.iter().flat_map(|path| path.iter().flat_map(|c| [c.x, c.y])).collect();
    let ends: Option<WIPOffset<Vector<'_, u32>>> = (paths.len() > 1).then(|| {
        let ends = paths.iter().scan(0, |end, path| {
            *end += path.len() as u32;
            Some(*end)
        });
        builder.create_vector(&ends.collect::<Vec<u32>>())
    });
    let xy = Some(builder.create_vector(&xy));
    Shape::create(builder, &GeometryArgs { ends, xy, type_, ..GeometryArgs::default() })
}

fn create_multipart<'b>(
    builder: &mut FlatBufferBuilder<'b>,
    type_: GeometryType,
    parts: &[WIPOffset<Shape<'b>>],
) -> WIPOffset<Shape<'b>> {
    let parts: WIPOffset<Vector<'_, ForwardsUOffset<Shape<'_>>>> = builder.create_vector(parts);
    Shape::create(builder, &GeometryArgs { type_, parts: Some(parts), ..GeometryArgs::default() })
}
