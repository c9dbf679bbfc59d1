//! The first reading of a file for a collection that the plan does not know yet: which fields there are, of which kind, and
//! which geometry. The widest kind that all values share wins; what shares none is kept as text.

use super::draft::{Glance, id_text};
use super::text;
use crate::collection::{Collection, CollectionId, Kind};
use crate::error::{Error, Result};
use crate::feature::{GeometryKind, time};
use serde_json::Value as Json;
use std::collections::HashMap;

/// The most fields that a collection may have.
pub const MAX_FIELDS: usize = 500;

/// The longest name of a field, in bytes.
const MAX_NAME_BYTES: usize = 63;

/// Names that mean something else in a GeoPackage or in GeoJSON.
const RESERVED: [&str; 4] = ["fid", "geom", "id", "geometry"];

/// What has been seen so far.
#[derive(Default)]
pub struct Survey {
    fields: Vec<Seen>,
    by_name: HashMap<String, usize>,
    geometry: GeometryKind,
    pub features: u64,
    /// A feature had both an id and another property of that name.
    two_ids: bool,
}

struct Seen {
    name: String,
    kind: Option<Kind>,
    /// Values had kinds that nothing but text can hold together.
    mixed: bool,
}

/// A property of the file and the field it becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    pub from: String,
    pub to: String,
}

/// What a survey ends with.
pub struct Surveyed {
    pub collection: Collection,
    pub renamed: Vec<Renamed>,
    /// Fields that are text only because their values are of several kinds.
    pub mixed: Vec<String>,
}

impl Survey {
    pub fn see(&mut self, glance: &Glance, id_property: Option<&str>) {
        self.features += 1;
        if let Some(kind) = glance.geometry {
            self.geometry = self.geometry.union(kind);
        }
        if let Some(property) = glance.properties.get("id").filter(|p| !p.is_null()) {
            let own = glance.id.as_ref().and_then(id_text);
            self.two_ids |= match id_property {
                Some(name) => name != "id",
                None => own.is_some() && own != id_text(property),
            };
        }
        for (hint, (name, value)) in glance.properties.iter().enumerate() {
            let at = match self.fields.get(hint) {
                Some(seen) if seen.name == *name => Some(hint),
                _ => self.by_name.get(name).copied(),
            };
            let at = at.unwrap_or_else(|| self.new_field(name));
            let Some(seen) = self.fields.get_mut(at) else { continue };
            let kind = if glance.loose { value.as_str().and_then(text::kind) } else { kind(value) };
            seen.widen(kind);
        }
    }

    /// Beyond the limit no field is added; [`Survey::finish`] refuses.
    fn new_field(&mut self, name: &str) -> usize {
        let at = self.by_name.len();
        if at <= MAX_FIELDS + 1 {
            self.by_name.insert(name.to_owned(), at);
            self.fields.push(Seen { name: name.to_owned(), kind: None, mixed: false });
        }
        at
    }

    /// The collection that holds all that was seen.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when there are too many fields.
    pub fn finish(self, id: CollectionId) -> Result<Surveyed> {
        let mut fields: Vec<(String, Kind)> = vec![];
        let (mut renamed, mut mixed) = (vec![], vec![]);
        for seen in &self.fields {
            if seen.name == "id" && !self.two_ids {
                continue;
            }
            let name = free_name(&seen.name, &fields);
            if name != seen.name {
                renamed.push(Renamed { from: seen.name.clone(), to: name.clone() });
            }
            if seen.mixed {
                mixed.push(name.clone());
            }
            fields.push((name, seen.kind.unwrap_or(Kind::Text)));
        }
        if fields.len() > MAX_FIELDS {
            return Err(Error::TooLarge(format!(
                "The features have more than {MAX_FIELDS} different properties. Are names used as values? Keep names few, and put the rest into one property."
            )));
        }
        let title = title_of(&id);
        Ok(Surveyed { collection: Collection::inferred(id, &title, self.geometry, &fields)?, renamed, mixed })
    }
}

impl Seen {
    fn widen(&mut self, kind: Option<Kind>) {
        let Some(new) = kind else { return };
        self.kind = Some(match self.kind {
            None => new,
            Some(old) if old == new => old,
            Some(old) => match (old, new) {
                (Kind::Integer, Kind::Real) | (Kind::Real, Kind::Integer) => Kind::Real,
                _ => {
                    self.mixed |= !(textual(old) && textual(new));
                    Kind::Text
                }
            },
        });
    }
}

fn textual(kind: Kind) -> bool {
    matches!(kind, Kind::Text | Kind::Date | Kind::DateTime)
}

/// The narrowest kind that holds a value; `None` for null, which any kind holds.
fn kind(value: &Json) -> Option<Kind> {
    Some(match value {
        Json::Null => return None,
        Json::Bool(_) => Kind::Boolean,
        Json::Number(n) if n.is_i64() => Kind::Integer,
        Json::Number(_) => Kind::Real,
        Json::String(s) => text_kind(s),
        Json::Array(_) | Json::Object(_) => Kind::Json,
    })
}

/// Whether a text is a date, an instant or just text.
pub fn text_kind(text: &str) -> Kind {
    let bytes = text.as_bytes();
    let dated = (10..=40).contains(&bytes.len()) && bytes[0].is_ascii_digit() && bytes[4] == b'-' && bytes[7] == b'-';
    match (dated && time::span(text).is_some(), bytes.len()) {
        (true, 10) => Kind::Date,
        (true, _) => Kind::DateTime,
        _ => Kind::Text,
    }
}

/// A name that a table can have beside the fields there are: no control characters or quotes, not too long, not reserved, and not
/// the same as another but for case.
fn free_name(name: &str, fields: &[(String, Kind)]) -> String {
    let mut clean: String = name.chars().map(|c| if c.is_control() || c == '"' { '_' } else { c }).collect();
    let mut end = MAX_NAME_BYTES.min(clean.len());
    while !clean.is_char_boundary(end) {
        end -= 1;
    }
    clean.truncate(end);
    if clean.trim().is_empty() {
        clean = "unnamed".into();
    }
    let taken = |candidate: &str| {
        let lower = candidate.to_lowercase();
        RESERVED.contains(&lower.as_str()) || fields.iter().any(|(f, _)| f.to_lowercase() == lower)
    };
    if !taken(&clean) {
        return clean;
    }
    let mut number = 1;
    loop {
        let candidate = if number == 1 { format!("{clean}_") } else { format!("{clean}_{number}") };
        if !taken(&candidate) {
            return candidate;
        }
        number += 1;
    }
}

fn title_of(id: &CollectionId) -> String {
    let words = id.as_str().replace('_', " ");
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
