//! The one policy: what of a collection somebody sees. Its rules are data, read from the collection's schema:
//!
//! - `x-cityheart-visibility` names the property that says who may see a feature, and, unless its values are levels themselves, the
//!   level of each: `{"property": "state", "levels": {"published": "public"}}`. A value without a level is `internal`.
//! - `x-cityheart-visible-to` at a property is the level of that field; without it a field is `public`.
//! - `x-ogc-collectionId: cities` at a property says that it names the city a feature belongs to.
//! - `x-cityheart-editors: admin` says that a collection is the whole network's.

use super::viewer::{Role, Viewer};
use crate::collection::Collection;
use crate::feature::{Feature, Value};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// For whom something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
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
    visibility: Option<Visibility>,
    /// The field that names a feature's city.
    pub(super) city: Option<usize>,
    /// By field.
    levels: Vec<Level>,
    pub(super) admins_only: bool,
}

#[derive(Debug, Clone)]
struct Visibility {
    field: usize,
    levels: BTreeMap<String, Level>,
}

/// What somebody sees of a collection: which features, and which fields of each.
#[derive(Debug, Clone)]
pub struct Sight {
    policy: Arc<Policy>,
    reach: Reach,
    collection: Arc<Collection>,
    kept: Arc<[usize]>,
    key: Arc<str>,
}

/// How far somebody sees.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reach {
    /// Wherever they look.
    least: Level,
    /// What is internal to these cities, too.
    cities: Arc<[Box<str>]>,
}

impl Policy {
    /// Reads the rules of a collection; `model` is the built-in one of the same name, whose rules come first.
    #[must_use]
    pub fn of(collection: &Arc<Collection>, model: Option<&Collection>) -> Self {
        let schema = model.map_or(&collection.schema, |m| &m.schema);
        let property = |name: &str, key: &str| schema.get("properties")?.get(name)?.get(key)?.as_str();
        let level =
            |f: &crate::collection::Field| property(&f.name, "x-cityheart-visible-to").map_or(Level::Public, Level::of);
        Self {
            visibility: Visibility::of(schema, collection),
            city: collection.fields.iter().position(|f| property(&f.name, "x-ogc-collectionId") == Some("cities")),
            levels: collection.fields.iter().map(level).collect(),
            admins_only: schema.get("x-cityheart-editors").and_then(Json::as_str) == Some("admin"),
            collection: collection.clone(),
        }
    }

    /// What this viewer sees.
    #[must_use]
    pub fn sight(self: &Arc<Self>, viewer: &Viewer) -> Sight {
        let reach = self.reach(viewer);
        let most = if reach.cities.is_empty() { reach.least } else { Level::Internal };
        let kept: Arc<[usize]> = (0..self.levels.len()).filter(|&at| self.levels[at] <= most).collect();
        let collection = if kept.len() == self.levels.len() {
            self.collection.clone()
        } else {
            Arc::new(without(&self.collection, &kept))
        };
        Sight { key: reach.key(), reach, collection, kept, policy: self.clone() }
    }

    /// By what [`Policy::sight`] differs from viewer to viewer: who has the same key sees the same. Empty for who sees everything.
    #[must_use]
    pub fn key(&self, viewer: &Viewer) -> Arc<str> {
        self.reach(viewer).key()
    }

    fn reach(&self, viewer: &Viewer) -> Reach {
        let everything = Reach { least: Level::Internal, cities: Arc::new([]) };
        let open = self.visibility.is_none() && self.levels.iter().all(|l| *l == Level::Public);
        match viewer.role() {
            _ if open => everything,
            Role::Admin => everything,
            Role::Visitor => Reach { least: Level::Public, cities: Arc::new([]) },
            _ if self.city.is_some() => Reach { least: Level::Partners, cities: viewer.cities().into() },
            Role::Editor | Role::Contributor => everything,
            Role::Viewer => Reach { least: Level::Partners, cities: Arc::new([]) },
        }
    }
}

impl Sight {
    /// Equal keys of one collection see the same. Empty when everything is seen.
    #[must_use]
    pub fn key(&self) -> &Arc<str> {
        &self.key
    }

    /// Whether everything is seen.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.key.is_empty()
    }

    /// The collection as it is for this viewer: with the fields that they may see.
    #[must_use]
    pub fn collection(&self) -> &Arc<Collection> {
        &self.collection
    }

    /// The fields of the whole collection that the seen one has, in its order.
    #[must_use]
    pub fn kept(&self) -> &[usize] {
        &self.kept
    }

    /// The fields of the whole collection that decide: what [`Sight::reached`] and [`Sight::lets`] want to know of a feature.
    #[must_use]
    pub fn deciding(&self) -> (Option<usize>, Option<usize>) {
        (self.policy.visibility.as_ref().map(|v| v.field), self.policy.city)
    }

    /// The level that the viewer reaches at a feature of this city.
    #[must_use]
    pub fn reached(&self, city: Option<&str>) -> Level {
        let own = city.is_some_and(|c| self.reach.cities.binary_search_by(|own| (**own).cmp(c)).is_ok());
        if own { Level::Internal } else { self.reach.least }
    }

    /// Whether a feature with this value of the visibility field is seen by whoever reaches this level.
    #[must_use]
    pub fn lets(&self, reached: Level, visibility: Option<&str>) -> bool {
        self.policy.visibility.as_ref().is_none_or(|v| v.level(visibility) <= reached)
    }

    /// Whether a field of the whole collection is seen by whoever reaches this level.
    #[must_use]
    pub fn shows(&self, reached: Level, field: usize) -> bool {
        self.policy.levels.get(field).is_some_and(|level| *level <= reached)
    }

    /// Whether a feature of the whole collection is there for this viewer.
    #[must_use]
    pub fn admits(&self, feature: &Feature) -> bool {
        let text = |field: usize| match feature.values.get(field) {
            Some(Value::Text(text)) => Some(&**text),
            _ => None,
        };
        let (visibility, city) = self.deciding();
        self.lets(self.reached(city.and_then(text)), visibility.and_then(text))
    }

    /// A feature of the whole collection as one of the seen collection: `None` when it is not there for this viewer.
    #[must_use]
    pub fn strip(&self, feature: Feature) -> Option<Feature> {
        if self.is_whole() {
            return Some(feature);
        }
        if !self.admits(&feature) {
            return None;
        }
        let city = self.policy.city.and_then(|field| match feature.values.get(field) {
            Some(Value::Text(text)) => Some(&**text),
            _ => None,
        });
        let reached = self.reached(city);
        let value = |&field: &usize| match feature.values.get(field) {
            Some(value) if self.shows(reached, field) => value.clone(),
            _ => Value::Null,
        };
        let values = self.kept.iter().map(value).collect();
        Some(Feature { values, ..feature })
    }
}

impl Reach {
    fn key(&self) -> Arc<str> {
        let base = match self.least {
            Level::Internal => return "".into(),
            Level::Partners => "partners",
            Level::Public => "public",
        };
        self.cities.iter().fold(base.to_owned(), |key, city| format!("{key} {city}")).into()
    }
}

impl Visibility {
    fn of(schema: &Json, collection: &Collection) -> Option<Self> {
        let rule = schema.get("x-cityheart-visibility")?;
        let field = collection.field(rule.get("property")?.as_str()?)?;
        let levels = match rule.get("levels").and_then(Json::as_object) {
            Some(own) => own
                .iter()
                .map(|(value, level)| (value.clone(), Level::of(level.as_str().unwrap_or_default())))
                .collect(),
            None => ["public", "partners", "internal"].map(|name| (name.to_owned(), Level::of(name))).into(),
        };
        Some(Self { field, levels })
    }

    fn level(&self, value: Option<&str>) -> Level {
        value.and_then(|v| self.levels.get(v)).copied().unwrap_or(Level::Internal)
    }
}

impl Level {
    /// Whatever is no level is for the fewest.
    fn of(name: &str) -> Self {
        match name {
            "public" => Self::Public,
            "partners" => Self::Partners,
            _ => Self::Internal,
        }
    }
}

/// The collection with these fields only. Id and geometry stay.
fn without(collection: &Collection, kept: &[usize]) -> Collection {
    let gone: Vec<&str> =
        (0..collection.fields.len()).filter(|at| !kept.contains(at)).map(|at| &*collection.fields[at].name).collect();
    let mut schema = (*collection.schema).clone();
    if let Some(properties) = schema.get_mut("properties").and_then(Json::as_object_mut) {
        properties.retain(|name, _| !gone.contains(&name.as_str()));
    }
    if let Some(required) = schema.get_mut("required").and_then(Json::as_array_mut) {
        required.retain(|name| name.as_str().is_none_or(|n| !gone.contains(&n)));
    }
    let at = |old: usize| kept.iter().position(|k| *k == old);
    let time = collection
        .time
        .and_then(|t| Some(crate::collection::TimeFields { start: at(t.start)?, end: t.end.and_then(at) }));
    let fields = kept.iter().map(|&at| collection.fields[at].clone()).collect();
    Collection { fields, time, schema: Arc::new(schema), ..collection.clone() }
}
