//! GeoJSON (RFC 7946) in: one feature or geometry from its text, with the place of the fault in every error. Judges
//! structure only; whether rings cross is [`check_geometry`](super::check_geometry)'s to say. Never guesses what was meant.

use super::{Fault, Flaw, Geometry};
use geo_types as gt;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};
use std::fmt;
use std::marker::PhantomData;

mod read;

/// The most positions that one geometry may have.
pub const MAX_VERTICES: usize = 1_000_000;

/// A geometry built from JSON, in degrees, longitude first.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    pub geometry: Geometry,
    /// Positions had a third number (height), which was dropped.
    pub flattened: bool,
}

/// A GeoJSON object as its text has it: the members that matter, of any type, in any order.
#[derive(Debug)]
pub struct Object<C = Nested> {
    pub kind: Option<Json>,
    pub id: Option<Json>,
    pub properties: Option<Json>,
    pub crs: Option<Json>,
    /// There is a `features` member.
    pub has_features: bool,
    pub geometry: Option<Member<C>>,
    coordinates: Option<C>,
    geometries: Option<Members<C>>,
}

/// A member that should hold an object.
#[derive(Debug)]
pub enum Member<C = Nested> {
    Null,
    Object(Box<Object<C>>),
    /// Something else: what it is, for messages.
    Other(&'static str),
}

#[derive(Debug)]
enum Members<C> {
    List(Vec<Member<C>>),
    Other(&'static str),
}

/// The nested lists of a `coordinates` member.
#[derive(Debug)]
pub enum Nested {
    /// At least two numbers, of which the first two count; `deep` when there were more.
    Position {
        x: f64,
        y: f64,
        deep: bool,
    },
    List(Vec<Nested>),
    Number(f64),
    /// Something else: what it is, for messages.
    Other(&'static str),
}

/// Coordinates that nobody asked for: read over, not kept.
#[derive(Debug)]
pub struct Skipped;

/// Reads one JSON text. The nesting of the text must be limited by the caller (the parser itself stops at 128).
///
/// # Errors
/// The parser's own, with line and column.
pub fn parse<'de, C: Deserialize<'de>>(text: &'de [u8]) -> Result<Member<C>, serde_json::Error> {
    serde_json::from_slice(text)
}

/// Builds a geometry from parsed JSON; `null` is no geometry.
///
/// # Errors
/// The fault, with a JSON pointer below the geometry.
pub fn shape(member: &Member) -> Result<Option<Shape>, Fault> {
    match member {
        Member::Null => Ok(None),
        Member::Other(found) => {
            Err(Fault::new(Flaw::WrongType, "", format!("Expected a geometry object or null, found {found}.")))
        }
        Member::Object(object) => object.shape().map(Some),
    }
}

/// Reads a geometry from JSON that is already parsed.
///
/// # Errors
/// The fault, with a JSON pointer below the geometry.
pub fn geometry(json: &Json) -> Result<Option<Shape>, Fault> {
    let member = Member::deserialize(json).map_err(|e| Fault::new(Flaw::NotGeoJson, "", format!("{e}.")))?;
    shape(&member)
}

impl<C> Object<C> {
    /// The `type` member when it is text.
    #[must_use]
    pub fn type_name(&self) -> Option<&str> {
        self.kind.as_ref().and_then(Json::as_str)
    }

    /// The properties, taken out; `null` and a missing member are none.
    ///
    /// # Errors
    /// [`Flaw::WrongType`] when they are not an object.
    pub fn take_properties(&mut self) -> Result<Map<String, Json>, Fault> {
        match self.properties.take() {
            None | Some(Json::Null) => Ok(Map::new()),
            Some(Json::Object(map)) => Ok(map),
            Some(other) => Err(Fault::new(
                Flaw::WrongType,
                "/properties",
                format!(
                    "Properties are an object or null, not {}. Write them as {{\"name\": value}}.",
                    json_kind(&other)
                ),
            )),
        }
    }
}

impl Object {
    /// A geometry from parts that were read from another format.
    #[must_use]
    pub fn of(kind: &str, coordinates: Option<Nested>, geometries: Option<Vec<Member>>) -> Self {
        Self {
            kind: Some(kind.into()),
            id: None,
            properties: None,
            crs: None,
            has_features: false,
            geometry: None,
            coordinates,
            geometries: geometries.map(Members::List),
        }
    }

    /// Builds the geometry that this object is.
    ///
    /// # Errors
    /// The fault, with a JSON pointer below the geometry.
    pub fn shape(&self) -> Result<Shape, Fault> {
        let mut builder = Builder::default();
        let geometry = builder.geometry(self)?;
        Ok(Shape { geometry, flattened: builder.flattened })
    }
}

/// What a JSON value is, for messages.
#[must_use]
pub fn json_kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

/// A fault on its way up: the indices are added from the inside out, so that nothing is spent while all is well.
struct Lost {
    flaw: Flaw,
    path: Vec<usize>,
    message: String,
}

type Found<T> = Result<T, Lost>;

fn lost<T>(flaw: Flaw, message: impl Into<String>) -> Found<T> {
    Err(Lost { flaw, path: vec![], message: message.into() })
}

#[derive(Default)]
struct Builder {
    flattened: bool,
    vertices: usize,
}

impl Builder {
    fn geometry(&mut self, object: &Object) -> Result<Geometry, Fault> {
        let Some(kind) = object.type_name() else {
            return Err(Fault::new(
                Flaw::NotGeoJson,
                "/type",
                "A geometry needs a type, such as \"Point\" or \"Polygon\".",
            ));
        };
        if kind == "GeometryCollection" {
            return self.collection(object);
        }
        let Some(coordinates) = &object.coordinates else {
            let message =
                if TYPES.contains(&kind) { format!("A {kind} needs coordinates.") } else { unknown_type(kind) };
            let at = if TYPES.contains(&kind) { "/coordinates" } else { "/type" };
            return Err(Fault::new(Flaw::NotGeoJson, at, message));
        };
        let built = match kind {
            "Point" => self.point(coordinates).map(|c| Geometry::Point(c.into())),
            "MultiPoint" => self
                .list(coordinates, "a list of positions", Self::point)
                .map(|points| Geometry::MultiPoint(gt::MultiPoint(points.into_iter().map(gt::Point::from).collect()))),
            "LineString" => self.line(coordinates).map(Geometry::LineString),
            "MultiLineString" => self
                .list(coordinates, "a list of lines", Self::line)
                .map(|l| Geometry::MultiLineString(gt::MultiLineString(l))),
            "Polygon" => self.polygon(coordinates).map(Geometry::Polygon),
            "MultiPolygon" => self
                .list(coordinates, "a list of polygons", Self::polygon)
                .map(|p| Geometry::MultiPolygon(gt::MultiPolygon(p))),
            other => return Err(Fault::new(Flaw::NotGeoJson, "/type", unknown_type(other))),
        };
        built.map_err(|l| {
            let steps: Vec<String> = l.path.iter().rev().map(ToString::to_string).collect();
            let at = if steps.is_empty() { String::new() } else { format!("/{}", steps.join("/")) };
            Fault::new(l.flaw, format!("/coordinates{at}"), l.message)
        })
    }

    fn collection(&mut self, object: &Object) -> Result<Geometry, Fault> {
        let members = match &object.geometries {
            Some(Members::List(members)) => members,
            Some(Members::Other(found)) => {
                return Err(Fault::new(
                    Flaw::WrongType,
                    "/geometries",
                    format!("Expected a list of geometries, found {found}."),
                ));
            }
            None => return Err(Fault::new(Flaw::NotGeoJson, "/geometries", "A GeometryCollection needs geometries.")),
        };
        let mut geometries = Vec::with_capacity(members.len());
        for (i, member) in members.iter().enumerate() {
            let at = format!("/geometries/{i}");
            match member {
                Member::Object(object) => {
                    geometries.push(self.geometry(object).map_err(|f| Fault { at: format!("{at}{}", f.at), ..f })?);
                }
                Member::Null => {
                    return Err(Fault::new(
                        Flaw::EmptyGeometry,
                        at,
                        "A geometry within a collection cannot be null. Leave it out.",
                    ));
                }
                Member::Other(found) => {
                    return Err(Fault::new(Flaw::WrongType, at, format!("Expected a geometry object, found {found}.")));
                }
            }
        }
        if geometries.is_empty() {
            return Err(Fault::new(Flaw::EmptyGeometry, "/geometries", EMPTY));
        }
        Ok(Geometry::GeometryCollection(gt::GeometryCollection(geometries)))
    }

    fn point(&mut self, nested: &Nested) -> Found<gt::Coord<f64>> {
        match nested {
            Nested::Position { x, y, deep } => {
                self.flattened |= deep;
                self.vertices += 1;
                if self.vertices > MAX_VERTICES {
                    return lost(
                        Flaw::TooManyVertices,
                        format!("The geometry has more than {MAX_VERTICES} positions. Split or simplify it."),
                    );
                }
                Ok(gt::Coord { x: *x, y: *y })
            }
            Nested::List(list) if list.is_empty() => lost(Flaw::EmptyGeometry, EMPTY),
            Nested::List(list) => match list.iter().position(|n| !matches!(n, Nested::Number(_))) {
                Some(i) => {
                    let message =
                        format!("Expected a number, found {}. A position is [longitude, latitude].", list[i].found());
                    Err(Lost { flaw: Flaw::WrongType, path: vec![i], message })
                }
                None => lost(Flaw::TooFewPositions, "A position needs two numbers: [longitude, latitude]."),
            },
            other => {
                lost(Flaw::WrongType, format!("Expected a position [longitude, latitude], found {}.", other.found()))
            }
        }
    }

    fn list<T>(
        &mut self,
        nested: &Nested,
        want: &str,
        mut read: impl FnMut(&mut Self, &Nested) -> Found<T>,
    ) -> Found<Vec<T>> {
        let items = match nested {
            Nested::List(items) if items.is_empty() => return lost(Flaw::EmptyGeometry, EMPTY),
            Nested::List(items) => items,
            other => return lost(Flaw::WrongType, format!("Expected {want}, found {}.", other.found())),
        };
        let mut out = Vec::with_capacity(items.len());
        for (i, item) in items.iter().enumerate() {
            out.push(read(self, item).map_err(|mut l| {
                l.path.push(i);
                l
            })?);
        }
        Ok(out)
    }

    fn line(&mut self, nested: &Nested) -> Found<gt::LineString<f64>> {
        let positions = self.list(nested, "a list of positions", Self::point)?;
        if positions.len() < 2 {
            return lost(Flaw::TooFewPositions, "A line needs at least two positions.");
        }
        Ok(gt::LineString(positions))
    }

    fn ring(&mut self, nested: &Nested) -> Found<gt::LineString<f64>> {
        let positions = self.list(nested, "a ring (a list of positions)", Self::point)?;
        let (first, last) = (positions[0], positions[positions.len() - 1]);
        if first != last {
            return lost(
                Flaw::UnclosedRing,
                format!(
                    "The ring is not closed: it starts at {}, {} and ends at {}, {}. Repeat the first position at the end.",
                    first.x, first.y, last.x, last.y
                ),
            );
        }
        if positions.len() < 4 {
            return lost(
                Flaw::TooFewPositions,
                "A ring needs at least three different positions and the first one again.",
            );
        }
        Ok(gt::LineString(positions))
    }

    fn polygon(&mut self, nested: &Nested) -> Found<gt::Polygon<f64>> {
        let mut rings = self.list(nested, "a list of rings", Self::ring)?;
        let holes = rings.split_off(1);
        let outer = rings.pop().unwrap_or_else(|| gt::LineString(vec![]));
        Ok(gt::Polygon::new(outer, holes))
    }
}

const EMPTY: &str = "The geometry is empty. Leave it out (null) if there is no place.";

const TYPES: [&str; 6] = ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"];

fn unknown_type(kind: &str) -> String {
    let kind: String = kind.chars().take(40).collect();
    match TYPES.iter().chain(&["GeometryCollection"]).find(|t| t.eq_ignore_ascii_case(&kind)) {
        Some(right) => format!("'{kind}' is no geometry type: upper and lower case count. Write \"{right}\"."),
        None => format!("'{kind}' is no geometry type. GeoJSON has {} and GeometryCollection.", TYPES.join(", ")),
    }
}

impl Nested {
    fn found(&self) -> &'static str {
        match self {
            Self::Position { .. } => "a position",
            Self::List(_) => "a list",
            Self::Number(_) => "a number",
            Self::Other(what) => what,
        }
    }
}
