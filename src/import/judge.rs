//! Holds what a file says against a collection: ids, types, the plan's rules, the place on the globe. What passes is a feature
//! that can be stored as it is.

use super::draft::{Draft, id_text};
use super::finding::{Finding, Kind};
use super::grid::Grid;
use super::ids::Ids;
use super::survey::Renamed;
use super::text;
use crate::atlas::Doubt;
use crate::collection::{self, Collection};
use crate::feature::geojson::{Shape, json_kind};
use crate::feature::{Fault, Feature, FeatureId, Geometry, Value, check_geometry};
use crate::plan::Model;
use jsonschema::Validator;
use serde_json::{Map, Value as Json};
use std::collections::HashMap;

/// How the collection came to be, which says how strictly it is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Part of the plan's model: its schema is law.
    Model,
    /// In the plan already, from an earlier import.
    Plan,
    /// Inferred from these files.
    Files,
}

/// What was put right, by number of features.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Repairs {
    /// Rings turned to RFC 7946 winding.
    pub rewound: u64,
    /// Repeated positions removed.
    pub repeated: u64,
    /// Heights dropped.
    pub flattened: u64,
    /// New ids given.
    pub fresh_ids: u64,
}

pub struct Judge<'a> {
    collection: &'a Collection,
    origin: Origin,
    model: &'a Model,
    id_property: Option<&'a str>,
    id_rule: Option<Validator>,
    /// Property of the file → position of its field.
    names: HashMap<String, usize>,
    ids: Ids,
    grid: Grid,
    pub repairs: Repairs,
}

impl<'a> Judge<'a> {
    pub fn new(
        collection: &'a Collection,
        origin: Origin,
        model: &'a Model,
        id_property: Option<&'a str>,
        renamed: &[Renamed],
        ids: Ids,
        grid: Grid,
    ) -> Self {
        let mut names: HashMap<String, usize> =
            collection.fields.iter().enumerate().map(|(i, f)| (f.name.clone(), i)).collect();
        for rename in renamed {
            names.insert(rename.from.clone(), collection.field(&rename.to).unwrap_or_default());
        }
        Self {
            collection,
            origin,
            model,
            id_property,
            id_rule: id_rule(collection),
            names,
            ids,
            grid,
            repairs: Repairs::default(),
        }
    }

    /// The feature, or nothing when there are errors among the findings. Warnings do not keep a feature out.
    pub fn judge(&mut self, mut draft: Draft) -> (Option<Feature>, Vec<Finding>) {
        let id = self.id(&mut draft);
        let mut findings = draft.findings();
        if let Err(finding) = &id {
            findings.push(finding.clone());
        }
        let id = id.ok().flatten();
        draft.place.id.clone_from(&id);
        for finding in &mut findings {
            finding.place.id = draft.place.id.clone().or(finding.place.id.take());
        }
        let geometry = draft.shape.take().and_then(|shape| self.geometry(shape, &draft, &mut findings));
        let values = self.values(&draft, &mut findings);
        if findings.iter().any(|f| !f.warning) {
            return (None, findings);
        }
        let id = if let Some(Ok(id)) = id.as_deref().map(FeatureId::new) {
            id
        } else {
            self.repairs.fresh_ids += 1;
            FeatureId::fresh()
        };
        (Some(Feature { key: 0, id, geometry, values }), findings)
    }

    /// The id as the file has it; `None` when it has none.
    #[allow(clippy::result_large_err)] // A fault is rare, and ends the reading of its feature.
    fn id(&mut self, draft: &mut Draft) -> Result<Option<String>, Finding> {
        let (id, pointer) = match self.id_property {
            Some(name) => (draft.properties.get(name), format!("/properties/{name}")),
            None if draft.id.as_ref().is_some_and(|id| !id.is_null()) => (draft.id.as_ref(), "/id".into()),
            None => (draft.properties.get("id"), "/properties/id".into()),
        };
        let id = match id.filter(|id| !id.is_null()) {
            None if self.id_property.is_some() => {
                return Err(draft.finding(
                    Kind::BadId,
                    pointer,
                    "The feature lacks the property that --id names. Fill it in.".into(),
                ));
            }
            None => return Ok(None),
            Some(id) => id,
        };
        let Some(text) = id_text(id) else {
            let message = format!(
                "An id is text or a number, not {}. Correct it, or name another property with --id.",
                json_kind(id)
            );
            return Err(draft.finding(Kind::BadId, pointer, message));
        };
        if let Err(e) = FeatureId::new(&text) {
            return Err(draft.finding(Kind::BadId, pointer, format!("{} Correct it.", bare(&e))));
        }
        if self.id_rule.as_ref().is_some_and(|rule| !rule.is_valid(&Json::from(text.as_str()))) {
            let message = format!(
                "The id '{text}' does not fit '{}': use lower-case letters, digits and hyphens, such as celje-main-square.",
                self.collection.id
            );
            return Err(draft.finding(Kind::BadId, pointer, message));
        }
        let number = draft.place.feature.unwrap_or_default();
        match self.ids.claim(&text, number) {
            Ok(()) => Ok(Some(text)),
            Err(clash) => Err(draft.finding(clash.kind(), pointer, clash.message(&text, &self.collection.id))),
        }
    }

    fn geometry(&mut self, shape: Shape, draft: &Draft, findings: &mut Vec<Finding>) -> Option<Geometry> {
        let root = draft.root;
        let (geometry, repair) = match self.grid.degrees(shape.geometry).and_then(check_geometry) {
            Ok(checked) => checked,
            Err(fault) => {
                let at = if draft.loose { String::new() } else { format!("{root}{}", fault.at) };
                findings.push(draft.finding(Kind::of(&fault), at, fault.message));
                return None;
            }
        };
        if !self.collection.geometry.accepts(&geometry) {
            let message = format!(
                "'{}' holds {}, this is a {}. Leave it out, or import it into another collection.",
                self.collection.id,
                self.collection.geometry.names(),
                crate::feature::GeometryKind::of(&geometry).names()
            );
            findings.push(draft.finding(Kind::GeometryType, root.into(), message));
            return None;
        }
        self.repairs.rewound += u64::from(repair.rewound);
        self.repairs.repeated += u64::from(repair.repeated);
        self.repairs.flattened += u64::from(shape.flattened);
        findings.extend(self.doubt(&geometry, draft));
        Some(geometry)
    }

    /// What belongs to a city must not be swapped; other layers may reach further than the plan.
    fn doubt(&self, geometry: &Geometry, draft: &Draft) -> Option<Finding> {
        let doubt = self.grid.cities.doubt(geometry)?;
        let belongs = self.origin == Origin::Model && self.collection.field("city").is_some();
        let (kind, warning) = match doubt {
            Doubt::Swapped => (Kind::ProbablySwapped, !belongs),
            Doubt::Far { .. } if belongs => (Kind::FarAway, true),
            Doubt::Far { .. } => return None,
        };
        Some(Finding { warning, ..draft.finding(kind, draft.root.into(), doubt.message()) })
    }

    fn values(&mut self, draft: &Draft, findings: &mut Vec<Finding>) -> Vec<Value> {
        let fields = &self.collection.fields;
        let mut values = vec![Value::Null; fields.len()];
        let mut typed = (self.origin == Origin::Model).then(Map::new);
        let before = findings.len();
        for (hint, (name, json)) in draft.properties.iter().enumerate() {
            let at = if fields.get(hint).is_some_and(|f| f.name == *name) {
                Some(hint)
            } else {
                self.names.get(name).copied()
            };
            let Some(at) = at else {
                findings.extend(self.unknown(draft, name, json));
                continue;
            };
            let field = &fields[at];
            let json = if draft.loose { loose(field.kind, json) } else { std::borrow::Cow::Borrowed(json) };
            let read = if field.kind == collection::Kind::Text && self.origin != Origin::Model {
                Ok(text::of(&json))
            } else {
                field.kind.read(&json)
            };
            match read {
                Ok(value) => values[at] = value,
                Err(message) => findings.push(draft.finding(
                    kind_of(field.kind, &json),
                    format!("/properties/{name}"),
                    format!("{message}{}", hint_for(field.kind, &json)),
                )),
            }
            if let Some(typed) = &mut typed {
                typed.insert(name.clone(), json.into_owned());
            }
        }
        if let Some(typed) = typed {
            let known: Vec<String> = findings[before..].iter().map(|f| f.place.pointer.clone()).collect();
            let broken = self.model.findings(&self.collection.id, &typed);
            findings.extend(
                broken
                    .into_iter()
                    .filter(|b| !known.contains(&b.at))
                    .map(|b| draft.finding(Kind::Schema, b.at, b.message)),
            );
        }
        values
    }

    fn unknown(&self, draft: &Draft, name: &str, json: &Json) -> Option<Finding> {
        if name == "id" {
            let same = id_text(json) == draft.place.id || json.is_null() || self.id_property == Some("id");
            let message = "The property id differs from the id of the feature. Remove one, or say --id id.";
            return (!same).then(|| draft.finding(Kind::BadId, "/properties/id".into(), message.into()));
        }
        let near = closest(name, self.collection.fields.iter().map(|f| f.name.as_str()));
        let near = near.map(|n| format!(" Did you mean '{n}'?")).unwrap_or_default();
        let message = format!("'{}' has no property '{name}'.{near} Rename it or leave it out.", self.collection.id);
        Some(draft.finding(Kind::UnknownProperty, format!("/properties/{name}"), message))
    }
}

fn loose(kind: collection::Kind, json: &Json) -> std::borrow::Cow<'_, Json> {
    match json.as_str() {
        Some(cell) => std::borrow::Cow::Owned(text::value(kind, cell)),
        None => std::borrow::Cow::Borrowed(json),
    }
}

fn kind_of(kind: collection::Kind, json: &Json) -> Kind {
    use collection::Kind as K;
    match (kind, json) {
        (K::Date | K::DateTime, Json::String(_)) => Kind::BadDate,
        (K::Integer | K::Real | K::Decimal, Json::Number(_)) => Kind::BadNumber,
        _ => Kind::WrongType,
    }
}

/// What to do about a value of the wrong kind, where the reading's own sentence does not say it.
fn hint_for(kind: collection::Kind, json: &Json) -> String {
    use collection::Kind as K;
    let Json::String(text) = json else { return String::new() };
    let numeric = matches!(kind, K::Integer | K::Real | K::Decimal);
    let dotted = text.replace(',', ".");
    if numeric && text.contains(',') && dotted.parse::<f64>().is_ok() {
        return format!(" Write a decimal point: {dotted}.");
    }
    if numeric && text.parse::<f64>().is_ok() {
        return format!(" Remove the quotes: {text}.");
    }
    if kind == K::Date
        && let Some(date) = day_first(text)
    {
        return format!(" Write {date}.");
    }
    if text.is_empty() { " Write null if it is not known.".into() } else { String::new() }
}

/// `31.12.2025`, `31/12/2025` or `31-12-2025` in ISO 8601 form.
fn day_first(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(['.', '/', '-']).map(str::trim).collect();
    let [day, month, year] = parts[..] else { return None };
    let (day, month, year): (u8, u8, u16) = (day.parse().ok()?, month.parse().ok()?, year.parse().ok()?);
    ((1..=31).contains(&day) && (1..=12).contains(&month) && year > 1000)
        .then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// The name that is meant, when it is off by a letter or two.
fn closest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let name = name.to_lowercase();
    let scored = names.map(|n| (distance(&name, &n.to_lowercase()), n)).min_by_key(|s| s.0)?;
    (scored.0 <= 1 + name.chars().count() / 4).then_some(scored.1)
}

/// Levenshtein's edit distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().take(64).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, cb) in b.iter().enumerate() {
            let step = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = step.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

/// The rule for ids that a schema states.
fn id_rule(collection: &Collection) -> Option<Validator> {
    let properties = collection.schema.get("properties")?.as_object()?;
    let rule = properties.values().find(|p| p.get("x-ogc-role").and_then(Json::as_str) == Some("id"))?;
    jsonschema::validator_for(rule).ok()
}

fn bare(e: &crate::error::Error) -> String {
    match e {
        crate::error::Error::Invalid(invalid) => invalid.message.clone(),
        other => other.to_string(),
    }
}

impl From<Fault> for (Kind, Fault) {
    fn from(fault: Fault) -> Self {
        (Kind::of(&fault), fault)
    }
}
