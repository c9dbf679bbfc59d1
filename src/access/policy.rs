//! The one policy: what of a collection somebody sees. Its rules are data, read from the collection's schema:
//!
//! - `x-cityheart-visibility` names the property that says who may see a feature, and, unless its values are levels themselves, the
//!   level of each: `{"property": "state", "levels": {"published": "public"}}`. A value without a level is `internal`.
//! - `x-cityheart-visible-to` at a property is the level of that field; without it a field is `public`.
//! - `x-ogc-collectionId: cities` at a property says that it names the city a feature belongs to.
//! - `x-cityheart-editors: admin` says that a collection is the whole network's.

use super::viewer::{AccessRole, Viewer};
use crate::collection::Collection;
use crate::feature::{Feature, FieldValue};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// For whom something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessLevel {
    /// Everybody.
    Public,
    /// Whoever has an account.
    Partners,
    /// The people of the city it belongs to, and admins.
    Internal,
}

/// The rules of one collection.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(super) collection: Arc<Collection>,
    visibility: Option<VisibilityRule>,
    /// The field that names a feature's city.
    pub(super) city: Option<usize>,
    /// By field.
    levels: Vec<AccessLevel>,
    pub(super) admins_only: bool,
}

#[derive(Debug, Clone)]
struct VisibilityRule {
    field: usize,
    levels: BTreeMap<String, AccessLevel>,
}

/// What somebody sees of a collection: which features, and which fields of each.
#[derive(Debug, Clone)]
pub struct AccessScope {
    policy: Arc<Policy>,
    reach: AccessReach,
    collection: Arc<Collection>,
    visible_fields: Arc<[usize]>,
    key: Arc<str>,
}

/// How far somebody sees.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AccessReach {
    /// Wherever they look.
    base_level: AccessLevel,
    /// What is internal to these cities, too.
    cities: Arc<[Box<str>]>,
}

impl Policy {
    /// Reads the rules of a collection; `model` is the built-in one of the same name, whose rules come first.
    #[must_use]
    pub fn from_collection(collection: &Arc<Collection>, model: Option<&Collection>) -> Self {
        let schema = model.map_or(&collection.schema, |m| &m.schema);
        let property = |name: &str, key: &str| schema.get("properties")?.get(name)?.get(key)?.as_str();
        let level = |f: &crate::collection::FieldDefinition| {
            property(&f.name, "x-cityheart-visible-to").map_or(AccessLevel::Public, AccessLevel::from_name)
        };
        Self {
            visibility: VisibilityRule::from_schema(schema, collection),
            city: collection.fields.iter().position(|f| property(&f.name, "x-ogc-collectionId") == Some("cities")),
            levels: collection.fields.iter().map(level).collect(),
            admins_only: schema.get("x-cityheart-editors").and_then(Json::as_str) == Some("admin"),
            collection: collection.clone(),
        }
    }

    /// What this viewer sees.
    #[must_use]
    pub fn access_scope(self: &Arc<Self>, viewer: &Viewer) -> AccessScope {
        let reach = self.access_reach(viewer);
        let most = if reach.cities.is_empty() { reach.base_level } else { AccessLevel::Internal };
        let visible: Arc<[usize]> = (0..self.levels.len()).filter(|&at| self.levels[at] <= most).collect();
        let collection = if visible.len() == self.levels.len() {
            self.collection.clone()
        } else {
            Arc::new(retain_fields(&self.collection, &visible))
        };
        AccessScope { key: reach.scope_key(), reach, collection, visible_fields: visible, policy: self.clone() }
    }

    /// By what [`Policy::access_scope`] differs from viewer to viewer: who has the same key sees the same. Empty for who sees everything.
    #[must_use]
    pub fn scope_key(&self, viewer: &Viewer) -> Arc<str> {
        self.access_reach(viewer).scope_key()
    }

    fn access_reach(&self, viewer: &Viewer) -> AccessReach {
        let everything = AccessReach { base_level: AccessLevel::Internal, cities: Arc::new([]) };
        let open = self.visibility.is_none() && self.levels.iter().all(|l| *l == AccessLevel::Public);
        match viewer.role() {
            _ if open => everything,
            AccessRole::Admin => everything,
            AccessRole::Visitor => AccessReach { base_level: AccessLevel::Public, cities: Arc::new([]) },
            _ if self.city.is_some() => {
                AccessReach { base_level: AccessLevel::Partners, cities: viewer.cities().into() }
            }
            AccessRole::Editor | AccessRole::Contributor => everything,
            AccessRole::Viewer => AccessReach { base_level: AccessLevel::Partners, cities: Arc::new([]) },
        }
    }
}

impl AccessScope {
    /// Equal keys of one collection see the same. Empty when everything is seen.
    #[must_use]
    pub fn scope_key(&self) -> &Arc<str> {
        &self.key
    }

    /// Whether everything is seen.
    #[must_use]
    pub fn is_unrestricted(&self) -> bool {
        self.key.is_empty()
    }

    /// The collection as it is for this viewer: with the fields that they may see.
    #[must_use]
    pub fn collection(&self) -> &Arc<Collection> {
        &self.collection
    }

    /// The fields of the whole collection that the seen one has, in its order.
    #[must_use]
    pub fn visible_fields(&self) -> &[usize] {
        &self.visible_fields
    }

    /// The fields of the whole collection that decide: what [`AccessScope::level_at_city`] and [`AccessScope::admits_visibility`] want to know of a feature.
    #[must_use]
    pub fn deciding_fields(&self) -> (Option<usize>, Option<usize>) {
        (self.policy.visibility.as_ref().map(|v| v.field), self.policy.city)
    }

    /// The level that the viewer reaches at a feature of this city.
    #[must_use]
    pub fn level_at_city(&self, city: Option<&str>) -> AccessLevel {
        let own = city.is_some_and(|c| self.reach.cities.binary_search_by(|own| (**own).cmp(c)).is_ok());
        if own { AccessLevel::Internal } else { self.reach.base_level }
    }

    /// Whether a feature with this value of the visibility field is seen by whoever reaches this level.
    #[must_use]
    pub fn admits_visibility(&self, viewer_level: AccessLevel, visibility: Option<&str>) -> bool {
        self.policy.visibility.as_ref().is_none_or(|v| v.level_of_value(visibility) <= viewer_level)
    }

    /// Whether a field of the whole collection is seen by whoever reaches this level.
    #[must_use]
    pub fn shows_field(&self, viewer_level: AccessLevel, field: usize) -> bool {
        self.policy.levels.get(field).is_some_and(|level| *level <= viewer_level)
    }

    /// Whether a feature of the whole collection is there for this viewer.
    #[must_use]
    pub fn admits_feature(&self, feature: &Feature) -> bool {
        let text = |field: usize| match feature.values.get(field) {
            Some(FieldValue::Text(text)) => Some(&**text),
            _ => None,
        };
        let (visibility, city) = self.deciding_fields();
        self.admits_visibility(self.level_at_city(city.and_then(text)), visibility.and_then(text))
    }

    /// A feature of the whole collection as one of the seen collection: `None` when it is not there for this viewer.
    #[must_use]
    pub fn redact_feature(&self, feature: Feature) -> Option<Feature> {
        if self.is_unrestricted() {
            return Some(feature);
        }
        if !self.admits_feature(&feature) {
            return None;
        }
        let city = self.policy.city.and_then(|field| match feature.values.get(field) {
            Some(FieldValue::Text(text)) => Some(&**text),
            _ => None,
        });
        let viewer_level = self.level_at_city(city);
        let value = |&field: &usize| match feature.values.get(field) {
            Some(value) if self.shows_field(viewer_level, field) => value.clone(),
            _ => FieldValue::Null,
        };
        let values = self.visible_fields.iter().map(value).collect();
        Some(Feature { values, ..feature })
    }
}

impl AccessReach {
    fn scope_key(&self) -> Arc<str> {
        let base = match self.base_level {
            AccessLevel::Internal => return "".into(),
            AccessLevel::Partners => "partners",
            AccessLevel::Public => "public",
        };
        self.cities.iter().fold(base.to_owned(), |key, city| format!("{key} {city}")).into()
    }
}

impl VisibilityRule {
    fn from_schema(schema: &Json, collection: &Collection) -> Option<Self> {
        let rule = schema.get("x-cityheart-visibility")?;
        let field = collection.field_index(rule.get("property")?.as_str()?)?;
        let levels = match rule.get("levels").and_then(Json::as_object) {
            Some(own) => own
                .iter()
                .map(|(value, level)| (value.clone(), AccessLevel::from_name(level.as_str().unwrap_or_default())))
                .collect(),
            None => {
                ["public", "partners", "internal"].map(|name| (name.to_owned(), AccessLevel::from_name(name))).into()
            }
        };
        Some(Self { field, levels })
    }

    fn level_of_value(&self, value: Option<&str>) -> AccessLevel {
        value.and_then(|v| self.levels.get(v)).copied().unwrap_or(AccessLevel::Internal)
    }
}

impl AccessLevel {
    /// Whatever is no level is for the fewest.
    fn from_name(name: &str) -> Self {
        match name {
            "public" => Self::Public,
            "partners" => Self::Partners,
            _ => Self::Internal,
        }
    }
}

/// The collection with these fields only. Id and geometry stay.
fn retain_fields(collection: &Collection, visible: &[usize]) -> Collection {
    let removed: Vec<&str> = (0..collection.fields.len())
        .filter(|at| !visible.contains(at))
        .map(|at| &*collection.fields[at].name)
        .collect();
    let mut schema = (*collection.schema).clone();
    if let Some(properties) = schema.get_mut("properties").and_then(Json::as_object_mut) {
        properties.retain(|name, _| !removed.contains(&name.as_str()));
    }
    if let Some(required) = schema.get_mut("required").and_then(Json::as_array_mut) {
        required.retain(|name| name.as_str().is_none_or(|n| !removed.contains(&n)));
    }
    let at = |old: usize| visible.iter().position(|k| *k == old);
    let time = collection
        .time
        .and_then(|t| Some(crate::collection::TimeFields { start: at(t.start)?, end: t.end.and_then(at) }));
    let fields = visible.iter().map(|&at| collection.fields[at].clone()).collect();
    Collection { fields, time, schema: Arc::new(schema), ..collection.clone() }
}
