//! The verdict on a candidate: its id, geometry and values are read, and the rules of its collection are applied, all
//! faults at once.

use super::feature_intake::{CandidateGeometry, FeatureCandidate, FeatureIntake};
use super::finding::{FindingCollector, IntakeVerdict};
use crate::collection::Collection;
use crate::feature::geojson::ParsedGeometry;
use crate::feature::{Feature, FeatureId, FieldValue, Geometry, GeometryRepair};
use serde_json::{Map, Value as Json};

impl FeatureIntake<'_> {
    /// Judges a candidate for a new feature.
    #[must_use]
    pub fn judge_new(&self, candidate: FeatureCandidate<'_>) -> IntakeVerdict {
        let mut collector = FindingCollector::new(self.policy.handling);
        // The rest is judged as if the id were missing, so that all faults are found at once.
        let id = match self.read_id(candidate.id, candidate.properties) {
            Ok(id) => id,
            Err(finding) => {
                collector.add(finding);
                None
            }
        };
        let values = vec![FieldValue::Null; self.collection.fields.len()];
        let typed = self.is_model.then(Map::new);
        let mut verdict = self.judge(None, (None, values), id.as_ref(), typed, candidate, &mut collector);
        verdict.id = id;
        verdict
    }

    /// Judges what becomes of a feature: `base` has its values where the candidate names none.
    #[must_use]
    pub fn judge_change(
        &self,
        before: &Feature,
        base: Vec<FieldValue>,
        candidate: FeatureCandidate<'_>,
    ) -> IntakeVerdict {
        let mut collector = FindingCollector::new(self.policy.handling);
        let typed = self.is_model.then(|| self.to_properties(&base));
        let base = (before.geometry.clone(), base);
        self.judge(Some(before), base, Some(&before.id), typed, candidate, &mut collector)
    }

    /// Judges a feature that is in the plan.
    #[must_use]
    pub fn judge_stored(&self, stored_in: &Collection, feature: &Feature) -> IntakeVerdict {
        let fields = stored_in.fields.iter().zip(&feature.values).filter(|(_, value)| !value.is_null());
        let properties: Map<String, Json> = fields.map(|(f, v)| (f.name.clone(), v.to_json())).collect();
        let shape = feature.geometry.clone().map(|geometry| ParsedGeometry { geometry, flattened: false });
        self.judge_new(FeatureCandidate {
            id: Some(&feature.id.as_str().into()),
            geometry: CandidateGeometry::Parsed(shape),
            properties: &properties,
            faults: vec![],
        })
    }

    fn judge(
        &self,
        before: Option<&Feature>,
        (mut geometry, mut values): (Option<Geometry>, Vec<FieldValue>),
        id: Option<&FeatureId>,
        mut typed: Option<Map<String, Json>>,
        candidate: FeatureCandidate<'_>,
        collector: &mut FindingCollector,
    ) -> IntakeVerdict {
        for fault in candidate.faults {
            if fault.is_beside_the_feature() {
                collector.add_tolerable(fault);
            } else {
                collector.add(fault);
            }
        }
        let earlier = before.and_then(|b| b.geometry.as_ref());
        let (mut repair, mut flattened) = (GeometryRepair::default(), false);
        match candidate.geometry {
            CandidateGeometry::Unchanged => {}
            CandidateGeometry::Unreadable => geometry = None,
            CandidateGeometry::Parsed(None) => {
                geometry = None;
                if before.is_none() || earlier.is_some() {
                    self.check_required_geometry(collector);
                }
            }
            CandidateGeometry::Parsed(Some(shape)) => {
                let has_height = shape.flattened;
                let read = self.read_geometry(shape, earlier, collector);
                geometry = read.map(|(geometry, done)| {
                    (repair, flattened) = (done, has_height);
                    geometry
                });
            }
        }
        let known = (id, before.map(|b| b.values.as_slice()));
        self.read_values(candidate.properties, known, &mut values, typed.as_mut(), collector);
        if let Some(typed) = &typed {
            self.check_schema(before, &mut values, typed, collector);
        }
        if let Some(before) = before {
            self.check_transitions(&before.values, &values, collector);
        }
        let accepted = !collector.has_errors();
        let feature = accepted.then(|| Feature {
            key: before.map_or(0, |b| b.key),
            id: id.cloned().unwrap_or_else(FeatureId::generate),
            geometry,
            values,
        });
        IntakeVerdict {
            feature,
            findings: std::mem::take(&mut collector.findings),
            left_out: std::mem::take(&mut collector.left_out),
            id: None,
            repair,
            flattened,
        }
    }
}
