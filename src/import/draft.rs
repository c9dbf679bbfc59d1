//! A feature as its file has it, before it is judged.

use super::finding::{FindingPlace, ImportFinding, ImportFindingKind};
use super::osm::ExtractFault;
use super::text_position::{error_offset, string_start};
use crate::change::RevisionNumber;
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
    /// The revision of the collection that the row was written at, as an exported table has it: its cells are the
    /// whole of what it says, and an empty one says that there is no value.
    pub revision: Option<RevisionNumber>,
    /// The table has columns for a place.
    pub has_place_columns: bool,
    /// The cell of the place is too short for it.
    pub place_is_cut: bool,
    /// Properties that no cell of this row says: values of all rows, and what follows from other cells.
    pub implied: Vec<(String, ImpliedValue)>,
    /// Cells that could not be read, by their field, as they are written.
    pub unread_cells: Vec<(String, String)>,
    /// Faults found so far; a draft with faults does not become a feature.
    pub faults: Vec<(ImportFindingKind, FeatureFault)>,
    /// What looks wrong and keeps nothing out.
    pub warnings: Vec<(ImportFindingKind, FeatureFault)>,
}

/// Why a property is there that no cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImpliedValue {
    /// All rows have it.
    Constant,
    /// It follows from the cells of a period.
    Precision,
    /// It follows from a place that was found by its name.
    NamedPlace,
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
    pub fn from_geojson(text: &[u8], place: FindingPlace, declared_crs: Option<Crs>) -> Self {
        let mut faults = vec![];
        let mut object = match parse_object::<geojson::NestedCoordinates>(text) {
            Ok(object) => object,
            Err(fault) => {
                let place = place.after(&text[..fault.offset]);
                return Self { place, faults: vec![(fault.kind, fault.fault)], ..Self::default() };
            }
        };
        let is_feature = object.type_name() == Some("Feature");
        let mut warnings = object.find_member_faults();
        if is_feature && object.properties.is_none() {
            let message = "A Feature has a member 'properties' (RFC 7946, section 3.2). Write \"properties\": null if it has none.";
            warnings.push(FeatureFault::new(FaultKind::NotGeoJson, "", message));
        }
        let warnings = warnings.into_iter().map(|f| (ImportFindingKind::of_fault(&f), f)).collect();
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
            faults,
            warnings,
            ..Self::default()
        }
    }

    /// Takes back a place that was found by its name, with what follows from it.
    pub fn drop_named_place(&mut self) {
        let (named, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.implied).into_iter().partition(|(_, why)| *why == ImpliedValue::NamedPlace);
        self.implied = others;
        named.iter().for_each(|(name, _)| drop(self.properties.remove(name)));
        if self.is_placed_by_name() {
            self.warnings.retain(|(kind, _)| *kind != ImportFindingKind::PlacedByName);
            self.shape = None;
        }
    }

    /// Whether the place was found by its name.
    pub fn is_placed_by_name(&self) -> bool {
        self.warnings.iter().any(|(kind, _)| *kind == ImportFindingKind::PlacedByName)
    }

    /// Adds what the translation of an extract found wrong with the feature.
    pub fn add_extract_fault(&mut self, found: &ExtractFault) {
        let fault = FeatureFault::new(FaultKind::EmptyGeometry, "", found.message.clone());
        if found.warning {
            self.warnings.push((found.kind, fault));
        } else {
            self.faults = vec![(found.kind, fault)];
        }
    }

    /// Tells that an element of a list of features is a geometry.
    pub fn warn_of_bare_geometry(&mut self) {
        if self.geometry_pointer.is_empty() && self.faults.is_empty() {
            let message = "An element of 'features' must be a Feature (RFC 7946, section 3.3), this is a geometry. It is taken as a feature without properties.";
            let fault = FeatureFault::new(FaultKind::NotGeoJson, "", message);
            self.warnings.push((ImportFindingKind::of_fault(&fault), fault));
        }
    }

    /// Turns the faults found so far into findings.
    pub fn take_findings(&mut self) -> Vec<ImportFinding> {
        let faults = std::mem::take(&mut self.faults);
        faults.into_iter().map(|(kind, fault)| self.new_finding(kind, fault.at, fault.message)).collect()
    }

    /// Turns the warnings found so far into findings.
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

/// A fault of a text, and where in it.
struct ParseFault {
    kind: ImportFindingKind,
    fault: FeatureFault,
    offset: usize,
}

/// Parses one feature or geometry.
fn parse_object<'de, C: serde::Deserialize<'de>>(text: &'de [u8]) -> Result<Box<GeoJsonObject<C>>, ParseFault> {
    let refuse = |flaw: FaultKind, at: &str, message: String| {
        let kind = ImportFindingKind::Feature(FindingKind::Fault(flaw));
        Err(ParseFault { kind, fault: FeatureFault::new(flaw, at, message), offset: 0 })
    };
    let object = match geojson::parse_geojson::<C>(text) {
        Ok(GeoJsonMember::Object(object)) => object,
        Ok(GeoJsonMember::Null) => {
            return refuse(FaultKind::NotGeoJson, "", "Expected a feature, found null. Remove it.".into());
        }
        Ok(GeoJsonMember::Other(found)) => {
            return refuse(FaultKind::NotGeoJson, "", format!("Expected a feature, found {found}. Remove it."));
        }
        Err(e) => return Err(syntax_fault(&e, text)),
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
fn syntax_fault(e: &serde_json::Error, text: &[u8]) -> ParseFault {
    let offset = error_offset(text, e);
    let fault =
        |kind, message: String| ParseFault { kind, fault: FeatureFault::new(FaultKind::NotJson, "", message), offset };
    if let Err(e) = std::str::from_utf8(text) {
        let fault = fault(ImportFindingKind::Encoding, "The text is not UTF-8. Save the file as UTF-8.".into());
        return ParseFault { offset: e.valid_up_to(), ..fault };
    }
    let reason = e.to_string();
    let reason = reason.split(" at line ").next().unwrap_or_default();
    if geojson::is_twin_error(e) {
        let mut sentence: String = reason.chars().take(1).flat_map(char::to_uppercase).collect();
        sentence.extend(reason.chars().skip(1));
        let kind = ImportFindingKind::Feature(FindingKind::Fault(FaultKind::TwinMembers));
        let offset = string_start(text, offset);
        return ParseFault { offset, ..fault(kind, format!("{sentence}. Rename or remove one.")) };
    }
    if reason.contains("number out of range") {
        return fault(ImportFindingKind::Feature(FindingKind::BadNumber), "A number is too large. Correct it.".into());
    }
    if e.is_eof() {
        return fault(
            ImportFindingKind::Truncated,
            "The text ends too early: a bracket or a quote is not closed. It may be incomplete: download or export the file again.".into(),
        );
    }
    let near = error_context(text, e);
    let hint = if near.contains("NaN") || near.contains("Infinity") {
        " JSON has no NaN or Infinity: write null."
    } else {
        " Check for a missing quote, comma or bracket."
    };
    fault(ImportFindingKind::NotJson, format!("Not JSON: {reason}, near '{near}'.{hint}"))
}

/// The text around the place of an error.
fn error_context(text: &[u8], e: &serde_json::Error) -> String {
    let line = text.split(|b| *b == b'\n').nth(e.line().saturating_sub(1)).unwrap_or_default();
    let start = e.column().saturating_sub(12).min(line.len());
    let end = (e.column() + 12).min(line.len());
    String::from_utf8_lossy(&line[start..end]).trim().replace(char::is_control, " ")
}
