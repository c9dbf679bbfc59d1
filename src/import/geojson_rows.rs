//! The features of a GeoJSON file in any layout, one after the other.

use super::draft::{FeatureDraft, SurveyedFeature};
use super::element_scanner::{ElementScanner, FileLayout, ScanEvent, ScanFault};
use super::finding::FindingPlace;
use super::frame_faults::find_frame_faults;
use super::osm;
use super::row_reader::RowReader;
use super::text_position::locate_pointer;
use crate::crs::Crs;
use crate::error::Result;
use serde_json::Value as Json;
use std::io::Read;
use std::sync::Arc;

pub struct GeoJsonRows {
    elements: ElementScanner<Box<dyn Read + Send>>,
    text: Vec<u8>,
    ended: bool,
    /// Faults of the document around the features, the first one last.
    frame_faults: Vec<ScanFault>,
    declared_crs: Option<Crs>,
    extract_faults: Option<Arc<osm::ExtractFaults>>,
}

impl GeoJsonRows {
    /// `extract_faults` are those of the OpenStreetMap extract that the file was translated from.
    pub fn new(
        input: Box<dyn Read + Send>,
        layout: FileLayout,
        declared_crs: Option<Crs>,
        extract_faults: Option<Arc<osm::ExtractFaults>>,
    ) -> Self {
        let elements = ElementScanner::new(input, layout);
        Self { elements, text: vec![], ended: false, frame_faults: vec![], declared_crs, extract_faults }
    }
}

impl RowReader for GeoJsonRows {
    fn next_draft(&mut self) -> Result<Option<Result<FeatureDraft, ScanFault>>> {
        Ok(match self.elements.next_element(&mut self.text)? {
            ScanEvent::Element(element) => {
                // The lines of a translated extract are not those of the file.
                let at = self.extract_faults.is_none().then_some(element.at);
                let place = FindingPlace {
                    line: at.map(|at| at.line),
                    column: at.map(|at| at.column),
                    feature: Some(element.number),
                    ..FindingPlace::default()
                };
                let mut draft = FeatureDraft::from_geojson(&self.text, place, self.declared_crs);
                if self.elements.frame().collection {
                    draft.warn_of_bare_geometry();
                }
                if let Some(faults) = &self.extract_faults
                    && let Some(fault) = draft.id.as_ref().and_then(Json::as_str).and_then(|id| faults.get(id))
                {
                    draft.add_extract_fault(fault);
                }
                Some(Ok(draft))
            }
            ScanEvent::Fault(fault) => {
                self.ended |= fault.fatal;
                Some(Err(fault))
            }
            ScanEvent::End => {
                if !std::mem::replace(&mut self.ended, true) {
                    self.frame_faults = find_frame_faults(self.elements.frame(), self.declared_crs);
                }
                self.frame_faults.pop().map(Err)
            }
        })
    }

    fn next_surveyed(&mut self) -> Result<Option<Option<SurveyedFeature>>> {
        Ok(match self.elements.next_element(&mut self.text)? {
            ScanEvent::Element(_) => Some(SurveyedFeature::from_geojson(&self.text)),
            ScanEvent::Fault(_) => Some(None),
            ScanEvent::End => None,
        })
    }

    fn locate(&self, place: FindingPlace, below: &str) -> FindingPlace {
        let pointer = format!("{}{below}", place.pointer);
        if pointer.is_empty() {
            return place;
        }
        let offset = locate_pointer(&self.text, &pointer);
        place.after(&self.text[..offset])
    }
}
