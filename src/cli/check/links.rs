//! Links from one feature to another: the schema says which fields hold ids of which collection.

use super::finding::CheckFinding;
use super::subject::CheckSubject;
use crate::collection::{Collection, CollectionId};
use crate::feature::FeatureId;
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashSet};

/// A field that holds an id, or a list of ids, of another collection.
pub struct FeatureLink {
    pub field: String,
    pub target: CollectionId,
}

/// The links that a collection's schema declares.
pub fn declared_links(collection: &Collection) -> Vec<FeatureLink> {
    let properties = collection.schema.get("properties").and_then(Json::as_object);
    let link = |(name, property): (&String, &Json)| {
        let target = property.get("x-ogc-collectionId").or_else(|| property.pointer("/items/x-ogc-collectionId"))?;
        Some(FeatureLink { field: name.clone(), target: CollectionId::new(target.as_str()?).ok()? })
    };
    properties.into_iter().flatten().filter_map(link).collect()
}

/// Links to features that do not exist, and links of a feature to itself.
pub fn find_broken_links(
    subject: &CheckSubject,
    links: &[FeatureLink],
    ids: &BTreeMap<CollectionId, HashSet<FeatureId>>,
) -> Vec<CheckFinding> {
    let mut findings = vec![];
    for link in links {
        let value = subject.property(&link.field);
        let targets: Vec<(String, &str)> = match &value {
            Json::String(id) => vec![(format!("/properties/{}", link.field), id)],
            Json::Array(list) => {
                let item = |(i, id): (usize, _)| Some((format!("/properties/{}/{i}", link.field), Json::as_str(id)?));
                list.iter().enumerate().filter_map(item).collect()
            }
            _ => vec![],
        };
        for (at, id) in targets {
            let known =
                FeatureId::new(id).is_ok_and(|id| ids.get(&link.target).is_some_and(|known| known.contains(&id)));
            if !known {
                let message =
                    format!("There is no feature '{id}' in '{}'. Correct the id, or add the feature.", link.target);
                findings.push(subject.new_finding("links", false, at, message));
            } else if link.target == subject.collection.id && id == subject.feature.id.as_str() {
                findings.push(subject.new_finding("links", false, at, "It refers to itself. Remove the link."));
            }
        }
    }
    findings
}
