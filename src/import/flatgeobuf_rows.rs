//! FlatGeobuf: a header, an index that is passed over, and features one after the other. Each is verified before it is
//! read.

use super::draft::FeatureDraft;
use super::element_scanner::ScanFault;
use super::finding::{FindingPlace, ImportFindingKind};
use super::import_format::ImportFormat;
use super::row_reader::RowReader;
use super::source_facts::{SourceFacts, SourceOptions, StatedCrs};
use crate::crs::{Crs, identify_wkt};
use crate::error::{Error, Result};
use crate::feature::geojson::ParsedGeometry;
use crate::feature::{FaultKind, FeatureFault, Geometry};
use crate::import::byte_reader::read_error;
use flatgeobuf::{ColumnType, Feature as Buffer, Geometry as Shape, GeometryType, Header};
use geo_types::{Coord, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};
use serde_json::{Number, Value as Json};
use std::io::{BufReader, Read};

const MAGIC: [u8; 4] = *b"fgb\x03";
const MAX_HEADER_BYTES: u32 = 16 << 20;
const MAX_FEATURE_BYTES: u32 = 64 << 20;
const MAX_DEPTH: usize = 16;
/// The size of a node of the index.
const NODE_BYTES: u64 = 40;

/// What the header says.
struct FgbHeader {
    columns: Vec<(String, ColumnType)>,
    kind: GeometryType,
    has_extra: bool,
    index_bytes: u64,
    name: Option<String>,
    crs: Option<(Option<String>, i32, Option<String>)>,
}

/// Reads the header of a file.
///
/// # Errors
/// [`Error::Invalid`] when it is broken, or the reference system is not known and the caller names none.
pub fn read_facts(name: &str, mut input: Box<dyn Read + Send>, options: &SourceOptions) -> Result<SourceFacts> {
    let header = read_header(&mut input)?.ok_or_else(|| Error::invalid(name, BROKEN))?;
    let mut facts =
        SourceFacts { format: Some(ImportFormat::FlatGeobuf), layer: header.name, ..SourceFacts::default() };
    let Some((org, code, wkt)) = header.crs else {
        facts.lacks_crs = true;
        return Ok(facts);
    };
    let is_epsg = org.as_deref().is_none_or(|org| org.eq_ignore_ascii_case("EPSG"));
    let coded = is_epsg.then(|| Crs::parse(&format!("EPSG:{code}")).ok()).flatten();
    let crs = match (coded, wkt) {
        (Some(crs), _) => Ok(crs),
        (None, Some(wkt)) => identify_wkt(&wkt),
        (None, None) => Err(format!("{}:{code} is not known here.", org.as_deref().unwrap_or("EPSG"))),
    };
    match crs {
        Ok(crs) => facts.crs = Some(StatedCrs { crs, reason: "as its header says".into() }),
        Err(_) if options.crs.is_some() => {}
        Err(_) if code == 0 => facts.lacks_crs = true,
        Err(sentence) => {
            let remedy = "Convert the file first: ogr2ogr -t_srs EPSG:4326 out.fgb FILE.fgb.";
            return Err(Error::invalid(name, format!("{sentence} {remedy}")));
        }
    }
    Ok(facts)
}

const BROKEN: &str = "The FlatGeobuf header is broken. Export the file again.";

/// `None` for a header that cannot be read.
fn read_header(input: &mut impl Read) -> Result<Option<FgbHeader>> {
    let mut start = [0; 12];
    if let Err(e) = input.read_exact(&mut start) {
        return if e.kind() == std::io::ErrorKind::UnexpectedEof { Ok(None) } else { Err(read_error(&e)) };
    }
    let length = u32::from_le_bytes([start[8], start[9], start[10], start[11]]);
    if !start.starts_with(&MAGIC) || length > MAX_HEADER_BYTES {
        return Ok(None);
    }
    let mut bytes = start[8..].to_vec();
    input.take(u64::from(length)).read_to_end(&mut bytes).map_err(|e| read_error(&e))?;
    let Ok(header) = flatgeobuf::size_prefixed_root_as_header(&bytes) else { return Ok(None) };
    Ok(describe_header(&header))
}

fn describe_header(header: &Header<'_>) -> Option<FgbHeader> {
    let columns = header.columns().map(|all| all.iter().map(|c| (c.name().to_owned(), c.type_())).collect());
    let text = |text: Option<&str>| text.filter(|t| !t.is_empty()).map(ToOwned::to_owned);
    Some(FgbHeader {
        columns: columns.unwrap_or_default(),
        kind: header.geometry_type(),
        has_extra: header.has_z() || header.has_m(),
        index_bytes: index_bytes(header.features_count(), u64::from(header.index_node_size()))?,
        name: text(header.name()),
        crs: header.crs().map(|crs| (text(crs.org()), crs.code(), text(crs.wkt()))),
    })
}

/// The bytes of a packed R-tree: the nodes of all its levels.
fn index_bytes(features: u64, node_size: u64) -> Option<u64> {
    if node_size < 2 || features == 0 {
        return Some(0);
    }
    let (mut level, mut nodes) = (features, features);
    while level > 1 {
        level = level.div_ceil(node_size);
        nodes = nodes.checked_add(level)?;
    }
    nodes.checked_mul(NODE_BYTES)
}

pub struct FlatGeobufRows {
    input: BufReader<Box<dyn Read + Send>>,
    header: FgbHeader,
    bytes: Vec<u8>,
    number: u64,
    ended: bool,
}

impl FlatGeobufRows {
    pub fn open(input: Box<dyn Read + Send>) -> Result<Self> {
        let mut input = BufReader::with_capacity(256 << 10, input);
        let header = read_header(&mut input)?.ok_or_else(|| Error::Refused(BROKEN.into()))?;
        std::io::copy(&mut input.by_ref().take(header.index_bytes), &mut std::io::sink())
            .map_err(|e| read_error(&e))?;
        Ok(Self { input, header, bytes: vec![], number: 0, ended: false })
    }

    /// The bytes of the next feature with their length in front; `Some(false)` when the file ends within them.
    fn read_bytes(&mut self) -> Result<Option<bool>> {
        let mut head = vec![];
        self.input.by_ref().take(4).read_to_end(&mut head).map_err(|e| read_error(&e))?;
        let length = match head[..] {
            [] => return Ok(None),
            [a, b, c, d] => u32::from_le_bytes([a, b, c, d]),
            _ => return Ok(Some(false)),
        };
        if length > MAX_FEATURE_BYTES {
            return Ok(Some(false));
        }
        self.bytes = head;
        let got =
            self.input.by_ref().take(u64::from(length)).read_to_end(&mut self.bytes).map_err(|e| read_error(&e))?;
        Ok(Some(got == length as usize))
    }

    fn read_feature(&self, feature: &Buffer<'_>) -> std::result::Result<FeatureDraft, String> {
        let place = FindingPlace { feature: Some(self.number), ..FindingPlace::default() };
        let mut draft = FeatureDraft { place, ..FeatureDraft::default() };
        if let Some(shape) = feature.geometry() {
            let geometry = read_shape(&shape, self.header.kind, 0)?;
            let flattened = self.header.has_extra || shape.z().is_some();
            draft.shape = geometry.map(|geometry| ParsedGeometry { geometry, flattened });
        }
        let own: Option<Vec<_>> =
            feature.columns().map(|all| all.iter().map(|c| (c.name().to_owned(), c.type_())).collect());
        let columns = own.as_ref().unwrap_or(&self.header.columns);
        for (name, _) in columns {
            draft.properties.insert(name.clone(), Json::Null);
        }
        let bytes = feature.properties().map(|p| p.bytes()).unwrap_or_default();
        let mut values = PropertyBytes(bytes);
        while !values.0.is_empty() {
            let at = usize::from(u16::from_le_bytes(values.take()?));
            let (name, kind) = columns.get(at).ok_or("has a property without a column")?;
            draft.properties.insert(name.clone(), values.take_value(*kind)?);
        }
        Ok(draft)
    }
}

impl RowReader for FlatGeobufRows {
    fn next_draft(&mut self) -> Result<Option<Result<FeatureDraft, ScanFault>>> {
        if self.ended {
            return Ok(None);
        }
        let Some(is_whole) = self.read_bytes()? else { return Ok(None) };
        self.number += 1;
        let read = match flatgeobuf::size_prefixed_root_as_feature(&self.bytes) {
            Ok(feature) if is_whole => self.read_feature(&feature),
            _ => {
                self.ended = true;
                let (kind, number) = (ImportFindingKind::Truncated, Some(self.number));
                let message = "The file ends here, or is damaged. Copy or export it again.".to_owned();
                return Ok(Some(Err(ScanFault {
                    kind,
                    line: 0,
                    column: None,
                    number,
                    message,
                    fatal: true,
                    warning: false,
                })));
            }
        };
        let place = FindingPlace { feature: Some(self.number), ..FindingPlace::default() };
        Ok(Some(Ok(read.unwrap_or_else(|what| {
            let fault =
                FeatureFault::new(FaultKind::WrongType, "", format!("The feature {what}. Export the file again."));
            let faults = vec![(ImportFindingKind::of_fault(&fault), fault)];
            FeatureDraft { place, faults, ..FeatureDraft::default() }
        }))))
    }
}

/// The properties of a feature that are not read yet.
struct PropertyBytes<'b>(&'b [u8]);

impl PropertyBytes<'_> {
    fn take<const N: usize>(&mut self) -> std::result::Result<[u8; N], String> {
        let (value, rest) = self.0.split_first_chunk::<N>().ok_or("has properties that are cut short")?;
        self.0 = rest;
        Ok(*value)
    }

    fn take_value(&mut self, kind: ColumnType) -> std::result::Result<Json, String> {
        let real = |n: f64| Number::from_f64(n).map_or(Json::Null, Json::Number);
        Ok(match kind {
            ColumnType::Byte => i8::from_le_bytes(self.take()?).into(),
            ColumnType::UByte => u8::from_le_bytes(self.take()?).into(),
            ColumnType::Bool => (self.take::<1>()?[0] != 0).into(),
            ColumnType::Short => i16::from_le_bytes(self.take()?).into(),
            ColumnType::UShort => u16::from_le_bytes(self.take()?).into(),
            ColumnType::Int => i32::from_le_bytes(self.take()?).into(),
            ColumnType::UInt => u32::from_le_bytes(self.take()?).into(),
            ColumnType::Long => i64::from_le_bytes(self.take()?).into(),
            ColumnType::ULong => {
                let number = u64::from_le_bytes(self.take()?);
                i64::try_from(number).map_or_else(|_| number.to_string().into(), Json::from)
            }
            // The shortest decimal that is this float: 0.1 stays 0.1.
            ColumnType::Float => f32::from_le_bytes(self.take()?).to_string().parse().map_or(Json::Null, real),
            ColumnType::Double => real(f64::from_le_bytes(self.take()?)),
            ColumnType::String | ColumnType::DateTime => self.take_text()?.into(),
            ColumnType::Json => {
                let text = self.take_text()?;
                serde_json::from_str(text).unwrap_or_else(|_| text.into())
            }
            ColumnType::Binary => {
                self.take_sized()?;
                Json::Null
            }
            _ => return Err("has a column of an unknown type".into()),
        })
    }

    fn take_sized(&mut self) -> std::result::Result<&[u8], String> {
        let length = u32::from_le_bytes(self.take()?) as usize;
        let (value, rest) = self.0.split_at_checked(length).ok_or("has properties that are cut short")?;
        self.0 = rest;
        Ok(value)
    }

    fn take_text(&mut self) -> std::result::Result<&str, String> {
        std::str::from_utf8(self.take_sized()?).map_err(|_| "has text that is not UTF-8".into())
    }
}

/// A geometry; `outer` is the type of the whole file, `Unknown` where each geometry states its own.
fn read_shape(shape: &Shape<'_>, outer: GeometryType, depth: usize) -> std::result::Result<Option<Geometry>, String> {
    if depth > MAX_DEPTH {
        return Err("has a geometry that is nested too deeply".into());
    }
    let kind = if outer == GeometryType::Unknown { shape.type_() } else { outer };
    let coords = || -> std::result::Result<Vec<Coord<f64>>, String> {
        let numbers: Vec<f64> = shape.xy().map(|xy| xy.iter().collect()).unwrap_or_default();
        if numbers.iter().any(|n| !n.is_finite()) {
            return Err("has a coordinate that is not a number".into());
        }
        Ok(numbers.chunks_exact(2).map(|c| Coord { x: c[0], y: c[1] }).collect())
    };
    let parts = |part: GeometryType| -> std::result::Result<Vec<Geometry>, String> {
        let all = shape.parts().into_iter().flatten();
        all.filter_map(|p| read_shape(&p, part, depth + 1).transpose()).collect()
    };
    Ok(match kind {
        GeometryType::Point => {
            // A point that is no number is an empty one.
            let is_empty = shape.xy().is_some_and(|xy| xy.iter().all(f64::is_nan));
            if is_empty { None } else { coords()?.first().map(|c| Geometry::Point(Point(*c))) }
        }
        GeometryType::MultiPoint => {
            let points: Vec<Point<f64>> = coords()?.into_iter().map(Point).collect();
            (!points.is_empty()).then_some(Geometry::MultiPoint(MultiPoint(points)))
        }
        GeometryType::LineString => {
            Some(coords()?).filter(|c| !c.is_empty()).map(|c| Geometry::LineString(LineString(c)))
        }
        GeometryType::MultiLineString => {
            let lines: Vec<LineString<f64>> = split_paths(shape, coords()?)?;
            (!lines.is_empty()).then_some(Geometry::MultiLineString(MultiLineString(lines)))
        }
        GeometryType::Polygon => {
            let mut rings = split_paths(shape, coords()?)?.into_iter();
            rings.next().map(|outer| Geometry::Polygon(Polygon::new(outer, rings.collect())))
        }
        GeometryType::MultiPolygon => {
            let polygons = parts(GeometryType::Polygon)?.into_iter().filter_map(|g| Polygon::try_from(g).ok());
            let polygons: Vec<Polygon<f64>> = polygons.collect();
            (!polygons.is_empty()).then_some(Geometry::MultiPolygon(MultiPolygon(polygons)))
        }
        GeometryType::GeometryCollection => {
            let members = parts(GeometryType::Unknown)?;
            (!members.is_empty()).then_some(Geometry::GeometryCollection(GeometryCollection(members)))
        }
        other => {
            let name = other.variant_name().unwrap_or("geometry of an unknown type");
            return Err(format!("is a {name}, which is not read"));
        }
    })
}

/// The paths of a geometry: all positions, or as many as its list of ends says.
fn split_paths(shape: &Shape<'_>, coords: Vec<Coord<f64>>) -> std::result::Result<Vec<LineString<f64>>, String> {
    let Some(ends) = shape.ends().filter(|ends| !ends.is_empty()) else {
        return Ok(if coords.is_empty() { vec![] } else { vec![LineString(coords)] });
    };
    let (mut start, mut paths) = (0, vec![]);
    for end in ends {
        let path = coords.get(start..end as usize).ok_or("has paths that do not end in order")?;
        paths.push(LineString(path.to_vec()));
        start = end as usize;
    }
    Ok(paths)
}
