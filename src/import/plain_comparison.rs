//! Rows beside the features of a plan: which are new, which change something, which say what the plan says.

use super::draft::FeatureDraft;
use super::feature_validator::FeatureValidator;
use super::finding::{ImportFinding, ImportFindings};
use super::prepared_source::PreparedSource;
use super::row_reader::{RowOptions, RowReader};
use super::update::{ExistingFeatures, FieldChange, RowChange, UpdateOutcome};
use crate::collection::Collection;
use crate::error::Result;
use crate::feature::{Feature, FeatureId};
use crate::intake::{SourceCrs, format_id};
use serde_json::Value as Json;
use std::collections::HashSet;

pub struct PlainComparison<'a> {
    collection: &'a Collection,
    existing: &'a dyn ExistingFeatures,
    pub findings: ImportFindings,
    pub read: u64,
    named: HashSet<FeatureId>,
}

impl<'a> PlainComparison<'a> {
    pub fn new(collection: &'a Collection, existing: &'a dyn ExistingFeatures) -> Self {
        Self { collection, existing, findings: ImportFindings::default(), read: 0, named: HashSet::new() }
    }

    pub fn compare<'v>(
        &mut self,
        mut validator: FeatureValidator<'v>,
        sources: &[PreparedSource<'_>],
        source_crs: &'v [SourceCrs],
        options: RowOptions,
    ) -> Result<UpdateOutcome> {
        let mut outcome = UpdateOutcome { revision: self.existing.revision(), ..UpdateOutcome::default() };
        for (source, crs) in sources.iter().zip(source_crs) {
            validator.read_in(crs);
            let mut rows = source.open_rows(None, options)?;
            while let Some(row) = rows.next_draft()? {
                self.read += 1;
                match row {
                    Ok(draft) => self.compare_row(draft, &mut validator, &*rows, &mut outcome)?,
                    Err(_) => outcome.refused += 1,
                }
            }
        }
        for id in self.existing.list_ids()? {
            if !self.named.contains(&id)
                && let Some(feature) = self.existing.find_feature(&id)?
            {
                outcome.missing.push(feature);
            }
        }
        Ok(outcome)
    }

    fn compare_row(
        &mut self,
        mut draft: FeatureDraft,
        validator: &mut FeatureValidator<'_>,
        rows: &dyn RowReader,
        outcome: &mut UpdateOutcome,
    ) -> Result<()> {
        let before = self.find_before(&draft)?;
        let place = draft.place.clone();
        let has_shape = draft.shape.is_some();
        draft.properties.retain(|_, value| !value.is_null() && value.as_str() != Some(""));
        if let Some(before) = &before {
            self.named.insert(before.id.clone());
            draft.id = Some(before.id.as_str().into());
            for (field, value) in self.collection.fields.iter().zip(&before.values) {
                if !value.is_null() && !draft.properties.contains_key(&field.name) {
                    draft.properties.insert(field.name.clone(), value.to_json());
                }
            }
        }
        let (feature, findings) = validator.validate(draft);
        for finding in findings {
            let below = if finding.kind.is_about_positions() { "/coordinates" } else { "" };
            self.findings.add(ImportFinding { place: rows.locate(finding.place, below), ..finding });
        }
        let Some(mut after) = feature else {
            outcome.refused += 1;
            return Ok(());
        };
        if let Some(before) = &before
            && !has_shape
        {
            after.geometry.clone_from(&before.geometry);
        }
        let fields = self.find_changes(before.as_ref(), &after);
        let geometry_changed = before.as_ref().is_some_and(|before| before.geometry != after.geometry);
        if before.is_some() && fields.is_empty() && !geometry_changed {
            outcome.unchanged += 1;
        } else {
            outcome.changes.push(RowChange { place, before, after, fields, geometry_changed, conflicts: vec![] });
        }
        Ok(())
    }

    fn find_before(&self, draft: &FeatureDraft) -> Result<Option<Feature>> {
        let id = draft.id.as_ref().or_else(|| draft.properties.get("id")).and_then(format_id);
        if let Some(id) = id.and_then(|id| FeatureId::new(&id).ok())
            && let Some(feature) = self.existing.find_feature(&id)?
        {
            return Ok(Some(feature));
        }
        let Some(code) = draft.properties.get("code").and_then(Json::as_str) else { return Ok(None) };
        let mut found = self.existing.find_by_code(code)?;
        Ok(if found.len() == 1 { found.pop() } else { None })
    }

    fn find_changes(&self, before: Option<&Feature>, after: &Feature) -> Vec<FieldChange> {
        let change = |(at, field): (usize, &crate::collection::FieldDefinition)| {
            let from = before.and_then(|b| b.values.get(at)).map_or(Json::Null, crate::feature::FieldValue::to_json);
            let to = after.values.get(at).map_or(Json::Null, crate::feature::FieldValue::to_json);
            (from != to).then(|| FieldChange { field: field.name.clone(), from, to })
        };
        self.collection.fields.iter().enumerate().filter_map(change).collect()
    }
}
