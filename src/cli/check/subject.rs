//! A feature that is checked.

use super::finding::CheckFinding;
use crate::collection::Collection;
use crate::feature::{Feature, FieldValue};
use serde_json::Value as Json;

/// A feature and its collection, as rules look at them.
pub struct CheckSubject<'a> {
    pub collection: &'a Collection,
    pub feature: &'a Feature,
}

impl CheckSubject<'_> {
    pub fn property(&self, name: &str) -> Json {
        let value = self.collection.field_index(name).and_then(|at| self.feature.values.get(at));
        value.map_or(Json::Null, FieldValue::to_json)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        match self.collection.field_index(name).and_then(|at| self.feature.values.get(at)) {
            Some(FieldValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub fn new_finding(
        &self,
        kind: &'static str,
        warning: bool,
        at: impl Into<String>,
        message: impl Into<String>,
    ) -> CheckFinding {
        CheckFinding {
            kind,
            warning,
            collection: self.collection.id.to_string(),
            id: self.feature.id.to_string(),
            at: at.into(),
            message: message.into(),
        }
    }
}
