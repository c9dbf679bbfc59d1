//! A feature as its file has it, before it is judged.

use super::finding::{FindingPlace, ImportFinding, ImportFindingKind};
use crate::crs::Crs;
use crate::feature::geojson::{self, GeoJsonMember, GeoJsonObject, NumberSpelling, ParsedGeometry, SkippedCoordinates};
use crate::feature::{FaultKind, FeatureFault, GeometryTypeSet};
use crate::intake::{CandidateSource, FindingKind, check_declared_crs, format_id};
use serde_json::{Map, Value as Json};

/// One feature of a file.
#[derive(Debug, Default)]
pub struct FeatureDraft {
    pub place: FindingPlace,
    pub id: Option<Json>,
    /// Built, not yet validated. `None`: no place.
    pub shape: Option<ParsedGeometry>,
    /// The JSON pointer to the geometry: `/geometry`, or empty when the feature is only a geometry.
    pub geometry_pointer: &'static str,
    pub properties: Map<String, Json>,
    /// Numbers of the properties that JSON writes in another way.
    pub spellings: Vec<NumberSpelling>,
    /// Values are the cells of a table: text whose kind the field decides. An empty cell is null.
    pub untyped: bool,
    /// Faults found so far; a draft with faults does not become a feature.
    pub faults: Vec<(ImportFindingKind, FeatureFault)>,
    /// What looks wrong and keeps nothing out.
    pub warnings: Vec<(ImportFindingKind, FeatureFault)>,
}

/// What the first reading needs of a feature: its geometry type, id and properties.
#[derive(Debug, Default)]
pub struct SurveyedFeature {
    pub id: Option<Json>,
    pub geometry: Option<GeometryTypeSet>,
    pub properties: Map<String, Json>,
    pub untyped: bool,
}

impl FeatureDraft {
    /// Reads the text of a GeoJSON feature, or of a geometry, which then is a feature without properties.
    pub fn from_geojson(text: &[u8], mut place: FindingPlace, declared_crs: Option<Crs>) -> Self {
        let mut faults = vec![];
        let mut object = match parse_object::<geojson::NestedCoordinates>(text) {
            Ok(object) => object,
            Err((line, fault)) => {
                place.line = place.line.map(|l| l + line);
                return Self { place, faults: vec![(fault.0, fault.1)], ..Self::default() };
            }
        };
        let is_feature = object.type_name() == Some("Feature");
        let shape = if is_feature {
            let geometry = object.geometry.take().unwrap_or(GeoJsonMember::Null);
            geojson::build_geometry(&geometry).map_err(|f| FeatureFault { at: format!("/geometry{}", f.at), ..f })
        } else {
            object.build_geometry().map(Some)
        };
        let mut add_fault = |fault: FeatureFault| faults.push((ImportFindingKind::of_fault(&fault), fault));
        let shape = shape.map_err(&mut add_fault).unwrap_or_default();
        let properties = object.take_properties().map_err(&mut add_fault).unwrap_or_default();
        if let Some(fault) = object.crs.as_ref().and_then(|crs| crs_fault(crs, declared_crs)) {
            faults.push((ImportFindingKind::Feature(FindingKind::Crs), fault));
        }
        Self {
            place,
            id: object.id.take(),
            shape,
            geometry_pointer: if is_feature { "/geometry" } else { "" },
            properties,
            spellings: std::mem::take(&mut object.spellings),
            untyped: false,
            faults,
            warnings: vec![],
        }
    }

    /// Turns the faults found so far into findings.
    pub fn take_findings(&mut self) -> Vec<ImportFinding> {
        let faults = std::mem::take(&mut self.faults);
        faults.into_iter().map(|(kind, fault)| self.new_finding(kind, fault.at, fault.message)).collect()
    }

    /// Turns the warnings into findings.
    pub fn take_warnings(&mut self) -> Vec<ImportFinding> {
        let warnings = std::mem::take(&mut self.warnings);
        let finding = |(kind, fault): (ImportFindingKind, FeatureFault)| ImportFinding {
            warning: true,
            ..self.new_finding(kind, fault.at, fault.message)
        };
        warnings.into_iter().map(finding).collect()
    }

    pub fn new_finding(&self, kind: ImportFindingKind, pointer: String, message: String) -> ImportFinding {
        let place = FindingPlace {
            pointer,
            id: self.place.id.clone().or_else(|| self.id.as_ref().and_then(format_id)),
            ..self.place.clone()
        };
        ImportFinding { kind, warning: false, place, message }
    }
}

impl SurveyedFeature {
    /// `None` when the text is not a feature; the second reading reports why.
    pub fn from_geojson(text: &[u8]) -> Option<Self> {
        let mut object = parse_object::<SkippedCoordinates>(text).ok()?;
        let own = object.type_name().map(ToOwned::to_owned);
        let kind = match object.geometry.take() {
            Some(GeoJsonMember::Object(geometry)) => geometry.type_name().map(ToOwned::to_owned),
            _ => own,
        };
        let geometry =
            kind.and_then(|k| GeometryTypeSet::from_schema_format(&format!("geometry-{}", k.to_ascii_lowercase())));
        Some(Self { id: object.id.take(), geometry, properties: object.take_properties().ok()?, untyped: false })
    }
}

/// The fault of a `crs` member (of GeoJSON before RFC 7946) that contradicts the reference system in which the file is
/// read.
pub fn crs_fault(crs: &Json, declared_crs: Option<Crs>) -> Option<FeatureFault> {
    if crs.is_null() {
        return None;
    }
    let name = crs.pointer("/properties/name").and_then(Json::as_str).unwrap_or("of an unknown kind");
    check_declared_crs(name, declared_crs, CandidateSource::File { id_property: None })
        .map(|message| FeatureFault::new(FaultKind::NationalGrid, "/crs", message))
}

type ParseFault = (u64, (ImportFindingKind, FeatureFault));

/// Parses one feature or geometry; an error comes with the line within the text, from 0.
fn parse_object<'de, C: serde::Deserialize<'de>>(text: &'de [u8]) -> Result<Box<GeoJsonObject<C>>, ParseFault> {
    let refuse = |flaw: FaultKind, at: &str, message: String| {
        Err((0, (ImportFindingKind::Feature(FindingKind::Fault(flaw)), FeatureFault::new(flaw, at, message))))
    };
    let object = match geojson::parse_geojson::<C>(text) {
        Ok(GeoJsonMember::Object(object)) => object,
        Ok(GeoJsonMember::Null) => {
            return refuse(FaultKind::NotGeoJson, "", "Expected a feature, found null. Remove it.".into());
        }
        Ok(GeoJsonMember::Other(found)) => {
            return refuse(FaultKind::NotGeoJson, "", format!("Expected a feature, found {found}. Remove it."));
        }
        Err(e) => return Err(((e.line() as u64).saturating_sub(1), syntax_fault(&e, text))),
    };
    match object.type_name() {
        Some("Feature") if object.geometry.is_none() => refuse(
            FaultKind::NotGeoJson,
            "",
            "The feature has no member geometry. If it has no place, write \"geometry\": null.".into(),
        ),
        Some("FeatureCollection") if !object.has_features => refuse(
            FaultKind::NotGeoJson,
            "",
            "The FeatureCollection has no member features. Write \"features\": […].".into(),
        ),
        Some("FeatureCollection") => refuse(
            FaultKind::NotGeoJson,
            "/type",
            "A FeatureCollection cannot be an element of another one. Put its features into the outer list.".into(),
        ),
        Some(_) => Ok(object),
        None if object.kind.is_some() => {
            refuse(FaultKind::WrongType, "/type", "The member type must be text. Write \"type\": \"Feature\".".into())
        }
        None => refuse(FaultKind::NotGeoJson, "", "This is not a GeoJSON feature. Write \"type\": \"Feature\".".into()),
    }
}

/// A parser's error as a fault with a sentence.
fn syntax_fault(e: &serde_json::Error, text: &[u8]) -> (ImportFindingKind, FeatureFault) {
    let fault = |message: String| FeatureFault::new(FaultKind::NotJson, "", message);
    if std::str::from_utf8(text).is_err() {
        return (ImportFindingKind::Encoding, fault("The text is not UTF-8. Save the file as UTF-8.".into()));
    }
    let reason = e.to_string();
    let reason = reason.split(" at line ").next().unwrap_or_default();
    if reason.contains("number out of range") {
        return (
            ImportFindingKind::Feature(FindingKind::BadNumber),
            fault(format!("A number is too large (column {}). Correct it.", e.column())),
        );
    }
    if e.is_eof() {
        return (
            ImportFindingKind::Truncated,
            fault("The text ends too early: a bracket or a quote is not closed. It may be incomplete: download or export the file again.".into()),
        );
    }
    let near = error_context(text, e);
    let hint = if near.contains("NaN") || near.contains("Infinity") {
        " JSON has no NaN or Infinity: write null."
    } else {
        " Check for a missing quote, comma or bracket."
    };
    (ImportFindingKind::NotJson, fault(format!("Not JSON: {reason}, near '{near}' (column {}).{hint}", e.column())))
}

/// The text around the place of an error.
fn error_context(text: &[u8], e: &serde_json::Error) -> String {
    let line = text.split(|b| *b == b'\n').nth(e.line().saturating_sub(1)).unwrap_or_default();
    let start = e.column().saturating_sub(12).min(line.len());
    let end = (e.column() + 12).min(line.len());
    String::from_utf8_lossy(&line[start..end]).trim().replace(char::is_control, " ")
}
