//! The policy of viewing: what a viewer sees of a collection. Its rules are data, read from the collection's schema:
//!
//! - `x-cityheart-visibility` names the property that decides who may see a feature and, unless its values are levels
//!   themselves, the level of each value: `{"property": "state", "levels": {"published": "public"}}`. A value without a
//!   level is `internal`. With `levels` the property is a state that moderators move: a contributor adds features in
//!   its default state, and leaves the state alone.
//! - `x-cityheart-visible-to` at a property is the level of that field; without it a field is `public`.
//! - `x-ogc-collectionId: cities` at a property marks it as the city that a feature belongs to.
//! - `x-cityheart-editors: admin` at the schema lets only admins change the collection.

use super::viewer::{AccessRole, Viewer};
use crate::collection::Collection;
use crate::feature::{Feature, FieldValue};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Who may see a feature or a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessLevel {
    /// All viewers.
    Public,
    /// Viewers with an account.
    Partners,
    /// Users of the city that the feature belongs to, and admins.
    Internal,
}

/// The rules of one collection.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(super) collection: Arc<Collection>,
    pub(super) visibility: Option<VisibilityRule>,
    /// The field that names a feature's city.
    pub(super) city: Option<usize>,
    /// The level of each field.
    levels: Vec<AccessLevel>,
    pub(super) admins_only: bool,
}

#[derive(Debug, Clone)]
pub(super) struct VisibilityRule {
    /// `None` when the table has lost the field: its features are internal.
    pub(super) field: Option<usize>,
    levels: BTreeMap<String, AccessLevel>,
    /// For a moderated collection, the state of a new feature. Its states have levels of their own, which moderators
    /// give; elsewhere the author chooses the level itself.
    pub(super) first_state: Option<Box<str>>,
}

/// What a viewer sees of a collection: which features, and which fields of each.
#[derive(Debug, Clone)]
pub struct AccessScope {
    policy: Arc<Policy>,
    reach: AccessReach,
    collection: Arc<Collection>,
    visible_fields: Arc<[usize]>,
    key: Arc<str>,
}

/// The levels of a viewer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AccessReach {
    /// The level at features of other cities, and of none.
    base_level: AccessLevel,
    /// The cities at whose features the level is internal, sorted.
    cities: Arc<[Box<str>]>,
}

impl Policy {
    /// Reads the rules of a collection. The schema of `model`, the built-in collection with the same id, takes
    /// precedence, except for fields that another program renamed: they keep their rules under their new names.
    #[must_use]
    pub fn from_collection(collection: &Arc<Collection>, model: Option<&Collection>) -> Self {
        let schema = model.map_or(&collection.schema, |m| &m.schema);
        let own = &collection.schema;
        let named = |schema: &'_ Arc<Json>, name: &str| schema.get("properties").and_then(|p| p.get(name)).cloned();
        let property = |name: &str, key: &str| {
            let property = named(schema, name).or_else(|| named(own, name))?;
            property.get(key)?.as_str().map(str::to_owned)
        };
        let level = |f: &crate::collection::FieldDefinition| {
            let level = property(&f.name, "x-cityheart-visible-to");
            level.as_deref().map_or(AccessLevel::Public, AccessLevel::from_name)
        };
        Self {
            visibility: VisibilityRule::from_schema(schema, own, collection),
            city: collection
                .fields
                .iter()
                .position(|f| property(&f.name, "x-ogc-collectionId").is_some_and(|target| target == "cities")),
            levels: collection.fields.iter().map(level).collect(),
            admins_only: schema.get("x-cityheart-editors").and_then(Json::as_str) == Some("admin"),
            collection: collection.clone(),
        }
    }

    /// Why nobody can change the collection, if so.
    #[must_use]
    pub fn read_only(&self) -> Option<&str> {
        self.collection.read_only()
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

    /// The key of [`Policy::access_scope`]: viewers with equal keys see the same. Empty for viewers who see everything.
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
    /// See [`Policy::scope_key`].
    #[must_use]
    pub fn scope_key(&self) -> &Arc<str> {
        &self.key
    }

    /// Whether the viewer sees everything.
    #[must_use]
    pub fn is_unrestricted(&self) -> bool {
        self.key.is_empty()
    }

    /// The collection with the fields that the viewer may see.
    #[must_use]
    pub fn collection(&self) -> &Arc<Collection> {
        &self.collection
    }

    /// The indexes of these fields in the whole collection, in their order.
    #[must_use]
    pub fn visible_fields(&self) -> &[usize] {
        &self.visible_fields
    }

    /// The indexes of the visibility field and the city field in the whole collection, whose values
    /// [`AccessScope::admits_visibility`] and [`AccessScope::level_at_city`] take.
    #[must_use]
    pub fn deciding_fields(&self) -> (Option<usize>, Option<usize>) {
        (self.policy.visibility.as_ref().and_then(|v| v.field), self.policy.city)
    }

    /// The viewer's level at a feature of this city.
    #[must_use]
    pub fn level_at_city(&self, city: Option<&str>) -> AccessLevel {
        let own = city.is_some_and(|c| self.reach.cities.binary_search_by(|own| (**own).cmp(c)).is_ok());
        if own { AccessLevel::Internal } else { self.reach.base_level }
    }

    /// Whether a viewer with this level sees a feature with this value of the visibility field.
    #[must_use]
    pub fn admits_visibility(&self, viewer_level: AccessLevel, visibility: Option<&str>) -> bool {
        self.policy.visibility.as_ref().is_none_or(|v| v.level_of_value(visibility) <= viewer_level)
    }

    /// Whether a viewer with this level sees a field of the whole collection.
    #[must_use]
    pub fn shows_field(&self, viewer_level: AccessLevel, field: usize) -> bool {
        self.policy.levels.get(field).is_some_and(|level| *level <= viewer_level)
    }

    /// Whether the viewer sees a feature of the whole collection.
    #[must_use]
    pub fn admits_feature(&self, feature: &Feature) -> bool {
        let text = |field: usize| match feature.values.get(field) {
            Some(FieldValue::Text(text)) => Some(&**text),
            _ => None,
        };
        let (visibility, city) = self.deciding_fields();
        self.admits_visibility(self.level_at_city(city.and_then(text)), visibility.and_then(text))
    }

    /// A feature of the whole collection as the viewer sees it; `None` when it is hidden from them.
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
    fn from_schema(schema: &Json, own: &Json, collection: &Collection) -> Option<Self> {
        let rule = schema.get("x-cityheart-visibility")?;
        let named = |rule: &Json| collection.field_index(rule.get("property")?.as_str()?);
        let own_rule = own.get("x-cityheart-visibility");
        let field = named(rule).or_else(|| own_rule.and_then(named));
        // A collection that never had the rule is not hidden by a model of the same name.
        if field.is_none() && own_rule.is_none() {
            return None;
        }
        let own_levels = rule.get("levels").and_then(Json::as_object);
        let definition =
            rule.get("property").and_then(Json::as_str).and_then(|name| schema.get("properties")?.get(name));
        let default = definition.and_then(|d| d.get("default")).and_then(Json::as_str);
        let levels = match own_levels {
            Some(own) => own
                .iter()
                .map(|(value, level)| (value.clone(), AccessLevel::from_name(level.as_str().unwrap_or_default())))
                .collect(),
            None => {
                ["public", "partners", "internal"].map(|name| (name.to_owned(), AccessLevel::from_name(name))).into()
            }
        };
        Some(Self { field, levels, first_state: own_levels.map(|_| default.unwrap_or_default().into()) })
    }

    pub(super) fn level_of_value(&self, value: Option<&str>) -> AccessLevel {
        value.and_then(|v| self.levels.get(v)).copied().unwrap_or(AccessLevel::Internal)
    }
}

impl AccessLevel {
    /// An unknown level is the strictest one.
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
