//! A GML geometry, of version 2 to 3.2, as far as it is made of straight lines. Arcs and bodies are refused by name.

use super::srs_name::GmlSrs;
use crate::feature::Geometry;
use crate::import::xml::{XmlElement, parse_coordinate, parse_positions, parse_tuples};
use geo_types::{Coord, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};

/// Elements that are geometries.
const GEOMETRIES: [&str; 22] = [
    "Point",
    "LineString",
    "LinearRing",
    "Curve",
    "CompositeCurve",
    "OrientableCurve",
    "Polygon",
    "Surface",
    "CompositeSurface",
    "OrientableSurface",
    "PolyhedralSurface",
    "TriangulatedSurface",
    "MultiPoint",
    "MultiLineString",
    "MultiCurve",
    "MultiPolygon",
    "MultiSurface",
    "MultiGeometry",
    "Solid",
    "MultiSolid",
    "CompositeSolid",
    "Tin",
];

/// A geometry with the reference system that it names.
#[derive(Debug)]
pub struct GmlShape {
    pub geometry: Option<Geometry>,
    pub has_height: bool,
    /// `None`: it names none. An inner error is the name of one that is not known.
    pub srs: Option<Result<GmlSrs, String>>,
}

struct GmlReader {
    has_height: bool,
    srs: Option<Result<GmlSrs, String>>,
    /// The one that positions without a name are in.
    outer: Option<GmlSrs>,
}

/// Whether an element is a geometry.
pub fn is_geometry(element: &XmlElement) -> bool {
    GEOMETRIES.contains(&element.name.as_str())
}

/// Reads a geometry with easting first; `outer` is the reference system of what names none.
///
/// # Errors
/// A sentence for what is not read.
pub fn read_geometry(element: &XmlElement, outer: Option<GmlSrs>) -> Result<GmlShape, String> {
    let mut reader = GmlReader { has_height: false, srs: None, outer };
    let geometry = reader.read(element, 2)?;
    Ok(GmlShape { geometry, has_height: reader.has_height, srs: reader.srs })
}

impl GmlReader {
    fn read(&mut self, element: &XmlElement, dimension: usize) -> Result<Option<Geometry>, String> {
        let dimension = self.enter(element, dimension)?;
        let mut parts = vec![];
        Ok(match element.name.as_str() {
            "Point" => self.read_coords(element, dimension)?.first().map(|c| Geometry::Point(Point(*c))),
            "LineString" | "LinearRing" | "Curve" | "CompositeCurve" | "OrientableCurve" => {
                Some(self.read_curve(element, dimension)?).filter(|l| !l.0.is_empty()).map(Geometry::LineString)
            }
            "Polygon" | "PolygonPatch" | "Rectangle" | "Triangle" => {
                self.read_polygon(element, dimension)?.map(Geometry::Polygon)
            }
            "Solid" | "MultiSolid" | "CompositeSolid" | "Tin" => {
                return Err(format!("A {} is a body, which is not read. Ask for its footprint.", element.name));
            }
            "MultiPoint" => {
                self.read_members(element, dimension, &mut parts)?;
                gather(parts, |g| Point::try_from(g).ok(), |m| Geometry::MultiPoint(MultiPoint(m)))?
            }
            "MultiLineString" | "MultiCurve" => {
                self.read_members(element, dimension, &mut parts)?;
                gather(parts, |g| LineString::try_from(g).ok(), |m| Geometry::MultiLineString(MultiLineString(m)))?
            }
            "MultiPolygon"
            | "MultiSurface"
            | "Surface"
            | "CompositeSurface"
            | "OrientableSurface"
            | "PolyhedralSurface"
            | "TriangulatedSurface" => {
                self.read_members(element, dimension, &mut parts)?;
                let mut polygons = flatten_polygons(parts)?;
                match polygons.len() {
                    0 => None,
                    1 if !element.name.starts_with("Multi") => polygons.pop().map(Geometry::Polygon),
                    _ => Some(Geometry::MultiPolygon(MultiPolygon(polygons))),
                }
            }
            "MultiGeometry" => {
                self.read_members(element, dimension, &mut parts)?;
                (!parts.is_empty()).then_some(Geometry::GeometryCollection(GeometryCollection(parts)))
            }
            other => return Err(format!("A geometry '{other}' is not read. Ask for points, lines or polygons.")),
        })
    }

    /// Notes the reference system of an element; gives how many numbers its positions have.
    fn enter(&mut self, element: &XmlElement, dimension: usize) -> Result<usize, String> {
        if let Some(name) = element.attribute("srsName").filter(|_| self.srs.is_none()) {
            self.srs = Some(GmlSrs::parse(name).ok_or_else(|| name.to_owned()));
        }
        let stated = element.attribute("srsDimension").or_else(|| element.attribute("dimension"));
        match stated.map(str::parse) {
            None => Ok(dimension),
            Some(Ok(dimension @ 2..=4)) => Ok(dimension),
            Some(_) => Err("The srsDimension is not 2 or 3. Correct it.".to_owned()),
        }
    }

    /// The geometries in the members of a multi-geometry, whatever the members are called.
    fn read_members(
        &mut self,
        element: &XmlElement,
        dimension: usize,
        parts: &mut Vec<Geometry>,
    ) -> Result<(), String> {
        for child in &element.children {
            if is_geometry(child) || matches!(child.name.as_str(), "PolygonPatch" | "Rectangle" | "Triangle") {
                parts.extend(self.read(child, dimension)?);
            } else if child.name.to_ascii_lowercase().contains("member")
                || matches!(child.name.as_str(), "patches" | "polygonPatches" | "trianglePatches" | "baseSurface")
            {
                self.read_members(child, dimension, parts)?;
            }
        }
        Ok(())
    }

    fn read_curve(&mut self, element: &XmlElement, dimension: usize) -> Result<LineString<f64>, String> {
        let dimension = self.enter(element, dimension)?;
        if matches!(element.name.as_str(), "LineString" | "LinearRing" | "LineStringSegment") {
            return self.read_coords(element, dimension).map(LineString);
        }
        let mut line: Vec<Coord<f64>> = vec![];
        for child in element.children.iter().flat_map(|c| {
            if matches!(c.name.as_str(), "segments" | "curveMember" | "curveMembers" | "baseCurve") {
                &c.children[..]
            } else {
                std::slice::from_ref(c)
            }
        }) {
            let part = match child.name.as_str() {
                "LineString" | "LineStringSegment" | "LinearRing" | "Curve" | "CompositeCurve" | "OrientableCurve" => {
                    self.read_curve(child, dimension)?.0
                }
                "metaDataProperty" | "description" | "name" | "identifier" => continue,
                other => {
                    return Err(format!(
                        "A curve has the segment '{other}', and only straight ones are read. Convert it first: ogr2ogr -nlt CONVERT_TO_LINEAR out.geojson FILE."
                    ));
                }
            };
            let shared = usize::from(!line.is_empty() && line.last() == part.first());
            line.extend(part.into_iter().skip(shared));
        }
        if element.attribute("orientation") == Some("-") {
            line.reverse();
        }
        Ok(LineString(line))
    }

    fn read_polygon(&mut self, element: &XmlElement, dimension: usize) -> Result<Option<Polygon<f64>>, String> {
        let mut rings = |names: [&str; 2]| -> Result<Vec<LineString<f64>>, String> {
            let borders = element.children.iter().filter(|c| names.contains(&c.name.as_str()));
            let rings = borders.flat_map(|border| &border.children);
            rings
                .filter(|r| matches!(r.name.as_str(), "LinearRing" | "Ring"))
                .map(|r| self.read_curve(r, dimension))
                .collect()
        };
        let outer = rings(["exterior", "outerBoundaryIs"])?.into_iter().next();
        let holes = rings(["interior", "innerBoundaryIs"])?;
        Ok(outer.filter(|ring| !ring.0.is_empty()).map(|outer| Polygon::new(outer, holes)))
    }

    /// The positions directly in an element, in any of the ways to write them.
    fn read_coords(&mut self, element: &XmlElement, dimension: usize) -> Result<Vec<Coord<f64>>, String> {
        let mut coords = vec![];
        for child in &element.children {
            let dimension = self.enter(child, dimension)?;
            let text = child.text.trim();
            let read = match child.name.as_str() {
                "posList" => {
                    self.has_height |= dimension > 2;
                    parse_positions(text, dimension)
                }
                "pos" => {
                    let numbers = text.split_ascii_whitespace().count();
                    self.has_height |= numbers > 2;
                    parse_positions(text, numbers.max(2))
                }
                "coordinates" => self.read_tuples(child, text),
                "coord" => {
                    let number = |name: &str| child.child_text(name).and_then(parse_coordinate);
                    number("X").zip(number("Y")).map(|(x, y)| vec![Coord { x, y }])
                }
                "pointMember" | "pointProperty" => {
                    let points = child.children.iter().filter(|c| c.name == "Point");
                    let points: Result<Vec<Vec<_>>, _> = points.map(|p| self.read_coords(p, dimension)).collect();
                    // Their axes are in order already.
                    coords.extend(points?.into_iter().flatten());
                    continue;
                }
                _ => continue,
            };
            let start: String = text.chars().take(40).collect();
            let read =
                read.ok_or_else(|| format!("'{start}' are no coordinates of {dimension} numbers each. Correct them."))?;
            let swaps = match &self.srs {
                Some(Ok(own)) => own.north_first,
                Some(Err(_)) => false,
                None => self.outer.is_some_and(|outer| outer.north_first),
            };
            coords.extend(read.into_iter().map(|c| if swaps { Coord { x: c.y, y: c.x } } else { c }));
        }
        Ok(coords)
    }

    /// `x,y x,y` of GML 2, which may name other separators.
    fn read_tuples(&mut self, element: &XmlElement, text: &str) -> Option<Vec<Coord<f64>>> {
        let sign = |name: &str, usual: &str| element.attribute(name).unwrap_or(usual).to_owned();
        let (decimal, comma, blank) = (sign("decimal", "."), sign("cs", ","), sign("ts", " "));
        let text = if (decimal.as_str(), comma.as_str(), blank.as_str()) == (".", ",", " ") {
            text.to_owned()
        } else {
            text.replace(&comma, "\u{1}").replace(&blank, " ").replace(&decimal, ".").replace('\u{1}', ",")
        };
        let (coords, has_height) = parse_tuples(&text)?;
        self.has_height |= has_height;
        Some(coords)
    }
}

fn gather<T>(
    parts: Vec<Geometry>,
    part: fn(Geometry) -> Option<T>,
    all: fn(Vec<T>) -> Geometry,
) -> Result<Option<Geometry>, String> {
    let parts: Option<Vec<T>> = parts.into_iter().map(part).collect();
    let parts = parts.ok_or("A geometry has a member of the wrong type. Correct it.")?;
    Ok((!parts.is_empty()).then(|| all(parts)))
}

fn flatten_polygons(parts: Vec<Geometry>) -> Result<Vec<Polygon<f64>>, String> {
    let mut polygons = vec![];
    for part in parts {
        match part {
            Geometry::Polygon(polygon) => polygons.push(polygon),
            Geometry::MultiPolygon(several) => polygons.extend(several),
            _ => return Err("A surface has a member that is no surface. Correct it.".into()),
        }
    }
    Ok(polygons)
}
