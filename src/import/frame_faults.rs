//! What is wrong with the document around the features of a GeoJSON file.

use super::draft::crs_fault;
use super::element_scanner::{DocumentFrame, ScanFault};
use super::finding::ImportFindingKind;
use super::text_position::{TextPosition, error_offset, locate_pointer};
use crate::crs::Crs;
use crate::feature::FaultKind;
use crate::feature::geojson::{self, GeoJsonMember, GeoJsonObject, SkippedCoordinates};
use crate::intake::FindingKind;
use std::cmp::Reverse;

/// The faults, the first one last.
pub fn find_frame_faults(frame: &DocumentFrame, declared_crs: Option<Crs>) -> Vec<ScanFault> {
    if !frame.collection {
        return vec![];
    }
    let mut faults = match geojson::parse_geojson::<SkippedCoordinates>(&frame.text) {
        Err(e) => vec![syntax_fault(frame, &e)],
        Ok(GeoJsonMember::Object(object)) => check_object(frame, &object, declared_crs),
        Ok(_) => vec![],
    };
    // What is fatal ends the reading, and so comes last.
    faults.sort_by_key(|fault| (!fault.fatal, Reverse((fault.line, fault.column))));
    faults
}

fn syntax_fault(frame: &DocumentFrame, e: &serde_json::Error) -> ScanFault {
    let at = frame.position_of(error_offset(&frame.text, e));
    let reason = e.to_string();
    let reason = reason.split(" at line ").next().unwrap_or_default();
    if geojson::is_twin_error(e) {
        let message = format!("Around the features, {reason}. Remove one.");
        return new_fault(ImportFindingKind::Feature(FindingKind::Fault(FaultKind::TwinMembers)), at, message);
    }
    let message =
        format!("The text around the features is not JSON ({reason}). Check for a missing quote, comma or bracket.");
    new_fault(ImportFindingKind::NotJson, at, message)
}

fn check_object(
    frame: &DocumentFrame,
    object: &GeoJsonObject<SkippedCoordinates>,
    declared_crs: Option<Crs>,
) -> Vec<ScanFault> {
    let at = |pointer: &str| frame.position_of(locate_pointer(&frame.text, pointer));
    match object.type_name() {
        Some("FeatureCollection") => {}
        Some(other) => {
            let message = format!(
                "The type is '{}', but the document has a list of features. Write \"type\": \"FeatureCollection\".",
                other.chars().take(40).collect::<String>()
            );
            return vec![new_fault(ImportFindingKind::NotJson, at("/type"), message)];
        }
        None => {
            let message = "The document has no type. Write \"type\": \"FeatureCollection\".".into();
            return vec![new_fault(ImportFindingKind::NotJson, at(""), message)];
        }
    }
    let crs = object.crs.as_ref().and_then(|crs| crs_fault(crs, declared_crs));
    let crs = crs.map(|f| new_fault(ImportFindingKind::Feature(FindingKind::Crs), at("/crs"), f.message));
    let members = object.find_member_faults().into_iter().map(|f| {
        let kind = ImportFindingKind::of_fault(&f);
        ScanFault { fatal: false, warning: true, ..new_fault(kind, at(&f.at), f.message) }
    });
    crs.into_iter().chain(members).collect()
}

fn new_fault(kind: ImportFindingKind, at: TextPosition, message: String) -> ScanFault {
    ScanFault { kind, line: at.line, column: Some(at.column), number: None, message, fatal: true, warning: false }
}
