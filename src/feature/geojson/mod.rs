//! Reads GeoJSON (RFC 7946): one feature or geometry from its text, with the place of the fault in every error. Checks
//! structure only; [`check_geometry`](super::check_geometry) checks whether rings cross. Never guesses what was meant.

use super::{FaultKind, FeatureFault, Geometry};
use geo_types as gt;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};
use std::fmt;
use std::marker::PhantomData;

pub mod member_rules;
mod member_set;
mod properties; // the values of a feature, with the digits of their numbers
mod read;

pub use crate::unique_json::{UniqueJson, describe_json_error, is_twin_error, parse_unique_json};
use member_set::{COORDINATE_TYPES, MemberSet};

pub use properties::NumberSpelling;

/// The most positions that one geometry may have.
pub const MAX_VERTICES: usize = 1_000_000;

/// A geometry built from JSON, in degrees, longitude first.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedGeometry {
    pub geometry: Geometry,
    /// At least one position had a height, which was dropped.
    pub flattened: bool,
}

/// A GeoJSON object with the members that matter here, each of whatever type the text gives it.
#[derive(Debug)]
pub struct GeoJsonObject<C = NestedCoordinates> {
    pub kind: Option<Json>,
    pub id: Option<Json>,
    pub properties: Option<Json>,
    /// Numbers of the properties that JSON writes in another way.
    pub spellings: Vec<NumberSpelling>,
    pub crs: Option<Json>,
    bbox: Option<Json>,
    members: MemberSet,
    /// The object has a `features` member.
    pub has_features: bool,
    pub geometry: Option<GeoJsonMember<C>>,
    coordinates: Option<C>,
    geometries: Option<GeometryMembers<C>>,
}

/// A member that should hold an object.
#[derive(Debug)]
pub enum GeoJsonMember<C = NestedCoordinates> {
    Null,
    Object(Box<GeoJsonObject<C>>),
    /// A value of another type, described for messages.
    Other(&'static str),
}

#[derive(Debug)]
enum GeometryMembers<C> {
    List(Vec<GeoJsonMember<C>>),
    Other(&'static str),
}

/// The nested lists of a `coordinates` member.
#[derive(Debug)]
pub enum NestedCoordinates {
    /// The first two of at least two numbers; `has_height` when there were more.
    Position {
        x: f64,
        y: f64,
        has_height: bool,
    },
    List(Vec<NestedCoordinates>),
    Number(f64),
    /// A value of another type, described for messages.
    Other(&'static str),
}

/// Coordinates that the caller does not need: parsed and discarded.
#[derive(Debug)]
pub struct SkippedCoordinates;

/// Parses one JSON text. The parser refuses more than 128 levels of nesting.
///
/// # Errors
/// The parser's error, with line and column.
pub fn parse_geojson<'de, C: Deserialize<'de>>(text: &'de [u8]) -> Result<GeoJsonMember<C>, serde_json::Error> {
    // Of a text that is known to be UTF-8, the parser need not look at each string again.
    let parsed = std::str::from_utf8(text).map_or_else(|_| serde_json::from_slice(text), serde_json::from_str);
    // An error within properties has no place yet: reading all as plain JSON finds it again.
    parsed.map_err(|e| serde_json::from_slice::<Json>(text).err().unwrap_or(e))
}

/// Builds a geometry (degrees, longitude first) from parsed JSON; `null` gives `None`.
///
/// # Errors
/// The first fault, with a JSON pointer below the geometry.
pub fn build_geometry(member: &GeoJsonMember) -> Result<Option<ParsedGeometry>, FeatureFault> {
    match member {
        GeoJsonMember::Null => Ok(None),
        GeoJsonMember::Other(found) => Err(FeatureFault::new(
            FaultKind::WrongType,
            "",
            format!("Expected a geometry object or null, found {found}."),
        )),
        GeoJsonMember::Object(object) => object.build_geometry().map(Some),
    }
}

/// Builds a geometry (degrees, longitude first) from a JSON value; `null` gives `None`.
///
/// # Errors
/// The first fault, with a JSON pointer below the geometry.
pub fn read_geometry(json: &Json) -> Result<Option<ParsedGeometry>, FeatureFault> {
    // Foreign members that are read by their text need one.
    let member = GeoJsonMember::deserialize(json).or_else(|_| parse_geojson(json.to_string().as_bytes()));
    build_geometry(&member.map_err(|e| FeatureFault::new(FaultKind::NotGeoJson, "", format!("{e}.")))?)
}

impl<C> GeoJsonObject<C> {
    /// The `type` member if it is text.
    #[must_use]
    pub fn type_name(&self) -> Option<&str> {
        self.kind.as_ref().and_then(Json::as_str)
    }

    /// Takes the properties out; empty when the member is `null` or missing.
    ///
    /// # Errors
    /// [`FaultKind::WrongType`] when the member is neither an object nor null.
    pub fn take_properties(&mut self) -> Result<Map<String, Json>, FeatureFault> {
        match self.properties.take() {
            None | Some(Json::Null) => Ok(Map::new()),
            Some(Json::Object(map)) => Ok(map),
            Some(other) => Err(FeatureFault::new(
                FaultKind::WrongType,
                "/properties",
                format!(
                    "Properties must be an object or null, not {}. Write them as {{\"name\": value}}.",
                    describe_json(&other)
                ),
            )),
        }
    }
}

impl GeoJsonObject {
    /// A geometry object from parts that were read from another format.
    #[must_use]
    pub fn from_parts(
        kind: &str,
        coordinates: Option<NestedCoordinates>,
        geometries: Option<Vec<GeoJsonMember>>,
    ) -> Self {
        Self {
            kind: Some(kind.into()),
            id: None,
            properties: None,
            spellings: vec![],
            crs: None,
            bbox: None,
            members: MemberSet::default(),
            has_features: false,
            geometry: None,
            coordinates,
            geometries: geometries.map(GeometryMembers::List),
        }
    }

    /// Builds the geometry that this object describes.
    ///
    /// # Errors
    /// The first fault, with a JSON pointer below the geometry.
    pub fn build_geometry(&self) -> Result<ParsedGeometry, FeatureFault> {
        let mut builder = GeometryBuilder::default();
        let geometry = builder.build_geometry(self)?;
        Ok(ParsedGeometry { geometry, flattened: builder.flattened })
    }
}

/// The type of a JSON value, as messages name it: `a number`.
#[must_use]
pub fn describe_json(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

/// A fault in coordinates. The indices of its path are added from the inside out, so that valid coordinates cost
/// nothing.
struct CoordinateFault {
    kind: FaultKind,
    path: Vec<usize>,
    message: String,
}

type CoordinateResult<T> = Result<T, CoordinateFault>;

fn coordinate_fault<T>(kind: FaultKind, message: impl Into<String>) -> CoordinateResult<T> {
    Err(CoordinateFault { kind, path: vec![], message: message.into() })
}

#[derive(Default)]
struct GeometryBuilder {
    flattened: bool,
    vertices: usize,
}

impl GeometryBuilder {
    fn build_geometry(&mut self, object: &GeoJsonObject) -> Result<Geometry, FeatureFault> {
        let Some(kind) = object.type_name() else {
            return Err(FeatureFault::new(
                FaultKind::NotGeoJson,
                "/type",
                "A geometry needs a type, such as \"Point\" or \"Polygon\".",
            ));
        };
        if kind == "GeometryCollection" {
            return self.build_collection(object);
        }
        let Some(coordinates) = &object.coordinates else {
            let message = if COORDINATE_TYPES.contains(&kind) {
                format!("A {kind} needs coordinates.")
            } else {
                unknown_type_message(kind)
            };
            let at = if COORDINATE_TYPES.contains(&kind) { "/coordinates" } else { "/type" };
            return Err(FeatureFault::new(FaultKind::NotGeoJson, at, message));
        };
        let built = match kind {
            "Point" => self.build_position(coordinates).map(|c| Geometry::Point(c.into())),
            "MultiPoint" => self
                .build_list(coordinates, "a list of positions", Self::build_position)
                .map(|points| Geometry::MultiPoint(gt::MultiPoint(points.into_iter().map(gt::Point::from).collect()))),
            "LineString" => self.build_line(coordinates).map(Geometry::LineString),
            "MultiLineString" => self
                .build_list(coordinates, "a list of lines", Self::build_line)
                .map(|l| Geometry::MultiLineString(gt::MultiLineString(l))),
            "Polygon" => self.build_polygon(coordinates).map(Geometry::Polygon),
            "MultiPolygon" => self
                .build_list(coordinates, "a list of polygons", Self::build_polygon)
                .map(|p| Geometry::MultiPolygon(gt::MultiPolygon(p))),
            other => return Err(FeatureFault::new(FaultKind::NotGeoJson, "/type", unknown_type_message(other))),
        };
        built.map_err(|fault| {
            let steps: Vec<String> = fault.path.iter().rev().map(ToString::to_string).collect();
            let at = if steps.is_empty() { String::new() } else { format!("/{}", steps.join("/")) };
            FeatureFault::new(fault.kind, format!("/coordinates{at}"), fault.message)
        })
    }

    fn build_collection(&mut self, object: &GeoJsonObject) -> Result<Geometry, FeatureFault> {
        let members = match &object.geometries {
            Some(GeometryMembers::List(members)) => members,
            Some(GeometryMembers::Other(found)) => {
                return Err(FeatureFault::new(
                    FaultKind::WrongType,
                    "/geometries",
                    format!("Expected a list of geometries, found {found}."),
                ));
            }
            None => {
                return Err(FeatureFault::new(
                    FaultKind::NotGeoJson,
                    "/geometries",
                    "A GeometryCollection needs geometries.",
                ));
            }
        };
        let mut geometries = Vec::with_capacity(members.len());
        for (i, member) in members.iter().enumerate() {
            let at = format!("/geometries/{i}");
            match member {
                GeoJsonMember::Object(object) => {
                    geometries.push(
                        self.build_geometry(object).map_err(|f| FeatureFault { at: format!("{at}{}", f.at), ..f })?,
                    );
                }
                GeoJsonMember::Null => {
                    return Err(FeatureFault::new(
                        FaultKind::EmptyGeometry,
                        at,
                        "A geometry in a collection cannot be null. Remove it.",
                    ));
                }
                GeoJsonMember::Other(found) => {
                    return Err(FeatureFault::new(
                        FaultKind::WrongType,
                        at,
                        format!("Expected a geometry object, found {found}."),
                    ));
                }
            }
        }
        if geometries.is_empty() {
            return Err(FeatureFault::new(FaultKind::EmptyGeometry, "/geometries", EMPTY_MESSAGE));
        }
        Ok(Geometry::GeometryCollection(gt::GeometryCollection(geometries)))
    }

    fn build_position(&mut self, nested: &NestedCoordinates) -> CoordinateResult<gt::Coord<f64>> {
        match nested {
            NestedCoordinates::Position { x, y, has_height } => {
                self.flattened |= has_height;
                self.vertices += 1;
                if self.vertices > MAX_VERTICES {
                    return coordinate_fault(
                        FaultKind::TooManyVertices,
                        format!("The geometry has more than {MAX_VERTICES} positions. Split or simplify it."),
                    );
                }
                Ok(gt::Coord { x: *x, y: *y })
            }
            NestedCoordinates::List(list) if list.is_empty() => {
                coordinate_fault(FaultKind::EmptyGeometry, EMPTY_MESSAGE)
            }
            NestedCoordinates::List(list) => match list.iter().position(|n| !matches!(n, NestedCoordinates::Number(_)))
            {
                Some(i) => {
                    let message = format!(
                        "Expected a number, found {}. A position is [longitude, latitude].",
                        list[i].describe()
                    );
                    Err(CoordinateFault { kind: FaultKind::WrongType, path: vec![i], message })
                }
                None => {
                    coordinate_fault(FaultKind::TooFewPositions, "A position needs two numbers: [longitude, latitude].")
                }
            },
            other => coordinate_fault(
                FaultKind::WrongType,
                format!("Expected a position [longitude, latitude], found {}.", other.describe()),
            ),
        }
    }

    fn build_list<T>(
        &mut self,
        nested: &NestedCoordinates,
        expected: &str,
        mut build_item: impl FnMut(&mut Self, &NestedCoordinates) -> CoordinateResult<T>,
    ) -> CoordinateResult<Vec<T>> {
        let items = match nested {
            NestedCoordinates::List(items) if items.is_empty() => {
                return coordinate_fault(FaultKind::EmptyGeometry, EMPTY_MESSAGE);
            }
            NestedCoordinates::List(items) => items,
            other => {
                return coordinate_fault(
                    FaultKind::WrongType,
                    format!("Expected {expected}, found {}.", other.describe()),
                );
            }
        };
        let mut out = Vec::with_capacity(items.len());
        for (i, item) in items.iter().enumerate() {
            out.push(build_item(self, item).map_err(|mut fault| {
                fault.path.push(i);
                fault
            })?);
        }
        Ok(out)
    }

    fn build_line(&mut self, nested: &NestedCoordinates) -> CoordinateResult<gt::LineString<f64>> {
        let positions = self.build_list(nested, "a list of positions", Self::build_position)?;
        if positions.len() < 2 {
            return coordinate_fault(FaultKind::TooFewPositions, "A line needs at least two positions.");
        }
        Ok(gt::LineString(positions))
    }

    fn build_ring(&mut self, nested: &NestedCoordinates) -> CoordinateResult<gt::LineString<f64>> {
        let positions = self.build_list(nested, "a ring (a list of positions)", Self::build_position)?;
        let (first, last) = (positions[0], positions[positions.len() - 1]);
        if first != last {
            return coordinate_fault(
                FaultKind::UnclosedRing,
                format!(
                    "The ring is not closed: it starts at {}, {} and ends at {}, {}. Repeat the first position at the end.",
                    first.x, first.y, last.x, last.y
                ),
            );
        }
        if positions.len() < 4 {
            return coordinate_fault(
                FaultKind::TooFewPositions,
                "A ring needs at least three different positions and the first one again.",
            );
        }
        Ok(gt::LineString(positions))
    }

    fn build_polygon(&mut self, nested: &NestedCoordinates) -> CoordinateResult<gt::Polygon<f64>> {
        let mut rings = self.build_list(nested, "a list of rings", Self::build_ring)?;
        let holes = rings.split_off(1);
        let outer = rings.pop().unwrap_or_else(|| gt::LineString(vec![]));
        Ok(gt::Polygon::new(outer, holes))
    }
}

const EMPTY_MESSAGE: &str = "The geometry is empty. Leave it out (null) if the feature has no location.";

fn unknown_type_message(kind: &str) -> String {
    let kind: String = kind.chars().take(40).collect();
    match COORDINATE_TYPES.iter().chain(&["GeometryCollection"]).find(|t| t.eq_ignore_ascii_case(&kind)) {
        Some(name) => format!("'{kind}' is not a geometry type: names are case-sensitive. Write \"{name}\"."),
        None => {
            format!(
                "'{kind}' is not a geometry type. GeoJSON has {} and GeometryCollection.",
                COORDINATE_TYPES.join(", ")
            )
        }
    }
}

impl NestedCoordinates {
    fn describe(&self) -> &'static str {
        match self {
            Self::Position { .. } => "a position",
            Self::List(_) => "a list",
            Self::Number(_) => "a number",
            Self::Other(description) => description,
        }
    }
}
