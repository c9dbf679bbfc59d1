//! A feature as a file has it, before it is held against a collection.

use super::finding::{Finding, Kind, Place};
use super::grid;
use crate::crs::Crs;
use crate::feature::geojson::{self, Member, Object, Shape, Skipped};
use crate::feature::{Fault, Flaw, GeometryKind};
use serde_json::{Map, Value as Json};

/// One feature of a file.
#[derive(Debug, Default)]
pub struct Draft {
    pub place: Place,
    pub id: Option<Json>,
    /// Built, but not judged. `None` is no place.
    pub shape: Option<Shape>,
    /// Where the geometry is within the feature: `/geometry`, or nowhere in particular.
    pub root: &'static str,
    pub properties: Map<String, Json>,
    /// Values are text that stands for something, as in a spreadsheet; an empty cell is null.
    pub loose: bool,
    /// What is wrong already; the draft cannot become a feature if there is anything.
    pub faults: Vec<(Kind, Fault)>,
}

/// What the first reading wants to know of a feature: its geometry type, id and properties.
#[derive(Debug, Default)]
pub struct Glance {
    pub id: Option<Json>,
    pub geometry: Option<GeometryKind>,
    pub properties: Map<String, Json>,
    pub loose: bool,
}

impl Draft {
    /// Reads the text of a GeoJSON feature, or of a geometry, which then is a feature without properties.
    pub fn from_geojson(text: &[u8], mut place: Place, said: Option<Crs>) -> Self {
        let mut faults = vec![];
        let mut object = match parse::<geojson::Nested>(text) {
            Ok(object) => object,
            Err((line, fault)) => {
                place.line = place.line.map(|l| l + line);
                return Self { place, faults: vec![(fault.0, fault.1)], ..Self::default() };
            }
        };
        let is_feature = object.type_name() == Some("Feature");
        let shape = if is_feature {
            let geometry = object.geometry.take().unwrap_or(Member::Null);
            geojson::shape(&geometry).map_err(|f| Fault { at: format!("/geometry{}", f.at), ..f })
        } else {
            object.shape().map(Some)
        };
        let mut keep = |fault: Fault| faults.push((Kind::of(&fault), fault));
        let shape = shape.map_err(&mut keep).unwrap_or_default();
        let properties = object.take_properties().map_err(&mut keep).unwrap_or_default();
        if let Some(fault) = object.crs.as_ref().and_then(|crs| crs_fault(crs, said)) {
            faults.push((Kind::Crs, fault));
        }
        Self {
            place,
            id: object.id.take(),
            shape,
            root: if is_feature { "/geometry" } else { "" },
            properties,
            loose: false,
            faults,
        }
    }

    /// Turns the faults found so far into findings.
    pub fn findings(&mut self) -> Vec<Finding> {
        let faults = std::mem::take(&mut self.faults);
        faults.into_iter().map(|(kind, fault)| self.finding(kind, fault.at, fault.message)).collect()
    }

    pub fn finding(&self, kind: Kind, pointer: String, message: String) -> Finding {
        let place = Place {
            pointer,
            id: self.place.id.clone().or_else(|| self.id.as_ref().and_then(id_text)),
            ..self.place.clone()
        };
        Finding { kind, warning: false, place, message }
    }
}

impl Glance {
    /// `None` when the text is no feature; the second reading says why.
    pub fn from_geojson(text: &[u8]) -> Option<Self> {
        let mut object = parse::<Skipped>(text).ok()?;
        let own = object.type_name().map(ToOwned::to_owned);
        let kind = match object.geometry.take() {
            Some(Member::Object(geometry)) => geometry.type_name().map(ToOwned::to_owned),
            _ => own,
        };
        let geometry = kind.and_then(|k| GeometryKind::from_format(&format!("geometry-{}", k.to_ascii_lowercase())));
        Some(Self { id: object.id.take(), geometry, properties: object.take_properties().ok()?, loose: false })
    }
}

/// The text of an id: text as it is, a number as it is written.
pub fn id_text(id: &Json) -> Option<String> {
    match id {
        Json::String(s) => Some(s.clone()),
        Json::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

/// What a `crs` member (of GeoJSON before RFC 7946) has against reading the numbers as was said.
pub fn crs_fault(crs: &Json, said: Option<Crs>) -> Option<Fault> {
    if crs.is_null() {
        return None;
    }
    let name = crs.pointer("/properties/name").and_then(Json::as_str).unwrap_or("of an unknown kind");
    grid::contradiction(name, said).map(|message| Fault::new(Flaw::NationalGrid, "/crs", message))
}

impl Kind {
    /// The kind of a fault; JSON and GeoJSON faults keep theirs.
    pub fn of(fault: &Fault) -> Self {
        Self::Flaw(fault.flaw)
    }
}

type Unparsed = (u64, (Kind, Fault));

/// Parses one feature or geometry; an error comes with the line within the text, from 0.
fn parse<'de, C: serde::Deserialize<'de>>(text: &'de [u8]) -> Result<Box<Object<C>>, Unparsed> {
    let refuse = |flaw: Flaw, at: &str, message: String| Err((0, (Kind::Flaw(flaw), Fault::new(flaw, at, message))));
    let object = match geojson::parse::<C>(text) {
        Ok(Member::Object(object)) => object,
        Ok(Member::Null) => return refuse(Flaw::NotGeoJson, "", "Expected a feature, found null. Remove it.".into()),
        Ok(Member::Other(found)) => {
            return refuse(Flaw::NotGeoJson, "", format!("Expected a feature, found {found}. Remove it."));
        }
        Err(e) => return Err(((e.line() as u64).saturating_sub(1), syntax(&e, text))),
    };
    match object.type_name() {
        Some("Feature") if object.geometry.is_none() => refuse(
            Flaw::NotGeoJson,
            "",
            "The feature has no member geometry. If it has no place, write \"geometry\": null.".into(),
        ),
        Some("FeatureCollection") if !object.has_features => refuse(
            Flaw::NotGeoJson,
            "",
            "The FeatureCollection has no list of features. Write \"features\": […].".into(),
        ),
        Some("FeatureCollection") => refuse(
            Flaw::NotGeoJson,
            "/type",
            "A FeatureCollection cannot stand within another list. Put its features there.".into(),
        ),
        Some(_) => Ok(object),
        None if object.kind.is_some() => refuse(Flaw::WrongType, "/type", "The type must be text: \"Feature\".".into()),
        None => refuse(
            Flaw::NotGeoJson,
            "",
            "This is no GeoJSON feature: the member \"type\": \"Feature\" is missing.".into(),
        ),
    }
}

/// A parser's error as a sentence.
fn syntax(e: &serde_json::Error, text: &[u8]) -> (Kind, Fault) {
    let fault = |message: String| Fault::new(Flaw::NotJson, "", message);
    if std::str::from_utf8(text).is_err() {
        return (Kind::Encoding, fault("The text is not UTF-8. Save the file as UTF-8.".into()));
    }
    let reason = e.to_string();
    let reason = reason.split(" at line ").next().unwrap_or_default();
    if reason.contains("number out of range") {
        return (Kind::BadNumber, fault(format!("A number is too large (column {}). Correct it.", e.column())));
    }
    if e.is_eof() {
        return (
            Kind::Truncated,
            fault("The text ends too early: a bracket or a quote is not closed. It may have been cut off.".into()),
        );
    }
    let near = near(text, e);
    let hint = if near.contains("NaN") || near.contains("Infinity") {
        " JSON has no NaN or Infinity: write null."
    } else {
        " Check for a missing quote, comma or bracket."
    };
    (Kind::NotJson, fault(format!("Not JSON: {reason}, near '{near}' (column {}).{hint}", e.column())))
}

/// The text around the place of an error.
fn near(text: &[u8], e: &serde_json::Error) -> String {
    let line = text.split(|b| *b == b'\n').nth(e.line().saturating_sub(1)).unwrap_or_default();
    let start = e.column().saturating_sub(12).min(line.len());
    let end = (e.column() + 12).min(line.len());
    String::from_utf8_lossy(&line[start..end]).trim().replace(char::is_control, " ")
}
