//! Which OpenStreetMap objects go into a collection, and with which properties: the files of `geodata/osm`, part of the
//! program.

use crate::collection::{Collection, CollectionId};
use crate::error::{Error, Result};
use rust_embed::RustEmbed;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, HashMap};

#[derive(RustEmbed)]
#[folder = "geodata/osm"]
#[include = "*.json"]
struct MappingFiles;

/// The tags of one object.
pub type OsmTags = HashMap<String, String>;

/// How objects become features of one collection.
#[derive(Debug, Deserialize)]
pub struct OsmMapping {
    schema: Json,
    select: Vec<TagSelector>,
    values: BTreeMap<String, PropertyOrigin>,
    #[serde(skip)]
    kinds: BTreeMap<String, Json>,
}

/// A shape that an object can become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OsmShape {
    Point,
    Line,
    Polygon,
}

/// Objects with a tag.
#[derive(Debug, Deserialize)]
struct TagSelector {
    key: String,
    /// `*` is any.
    values: Vec<String>,
    #[serde(default)]
    unless: BTreeMap<String, Vec<String>>,
    r#as: Vec<OsmShape>,
}

/// Where a property comes from: the first of some tags, the first rule that fits, or the class.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PropertyOrigin {
    From(Vec<String>),
    Rules(Vec<TagRule>),
    Class,
}

#[derive(Debug, Deserialize)]
struct TagRule {
    when: BTreeMap<String, Vec<String>>,
    is: Json,
}

/// The selector that matched.
pub struct TagMatch<'m> {
    pub class: &'m str,
    pub shapes: &'m [OsmShape],
}

impl OsmMapping {
    /// The mapping of a collection.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the collections that can be filled from OpenStreetMap.
    pub fn for_collection(collection: &CollectionId) -> Result<Self> {
        let Some(file) = MappingFiles::get(&format!("{collection}.json")) else {
            let mut known: Vec<String> =
                MappingFiles::iter().filter_map(|f| f.strip_suffix(".json").map(str::to_owned)).collect();
            known.sort();
            let sentence = format!(
                "'{collection}' cannot be filled from OpenStreetMap. Name one of these with --into: {}.",
                known.join(", ")
            );
            return Err(Error::invalid("--into", sentence));
        };
        Self::parse(&file.data).map_err(|e| Error::internal(format!("geodata/osm/{collection}.json: {e}")))
    }

    /// Reads the JSON of a mapping.
    pub fn parse(json: &[u8]) -> Result<Self, serde_json::Error> {
        let mut mapping: Self = serde_json::from_slice(json)?;
        let kind = |name: &String| {
            let kind = mapping.schema.pointer(&format!("/properties/{name}/type")).cloned();
            (name.clone(), kind.unwrap_or(Json::Null))
        };
        mapping.kinds = mapping.values.keys().map(kind).collect();
        Ok(mapping)
    }

    /// The collection that the features belong to.
    pub fn build_collection(&self, id: &CollectionId) -> Result<Collection> {
        Collection::from_schema(id.clone(), self.schema.clone())
    }

    /// The selector for objects with these tags that can have one of these shapes.
    #[must_use]
    pub fn match_tags<'t>(&'t self, tags: &'t OsmTags, possible: &[OsmShape]) -> Option<TagMatch<'t>> {
        self.select.iter().find_map(|s| {
            let value = tags.get(&s.key)?;
            let wanted = s.values.iter().any(|v| v == "*" || v == value);
            let barred = s.unless.iter().any(|(key, values)| tags.get(key).is_some_and(|v| values.contains(v)));
            let fits = s.r#as.iter().any(|shape| possible.contains(shape));
            (wanted && !barred && fits).then_some(TagMatch { class: value, shapes: &s.r#as })
        })
    }

    /// The properties of an object.
    #[must_use]
    pub fn map_properties(&self, tags: &OsmTags, class: &str) -> Map<String, Json> {
        let mut properties = Map::new();
        for (name, origin) in &self.values {
            let value = match origin {
                PropertyOrigin::Class => Some(Json::from(class)),
                PropertyOrigin::From(keys) => {
                    keys.iter().find_map(|k| tags.get(k)).and_then(|text| parse_tag_value(text, &self.kinds[name]))
                }
                PropertyOrigin::Rules(rules) => rules.iter().find(|r| r.matches(tags)).map(|r| r.is.clone()),
            };
            properties.extend(value.map(|v| (name.clone(), v)));
        }
        properties
    }
}

impl TagRule {
    fn matches(&self, tags: &OsmTags) -> bool {
        self.when.iter().all(|(key, values)| tags.get(key).is_some_and(|v| values.contains(v)))
    }
}

/// The text of a tag as a value of the schema's type; `None` when it cannot be read.
fn parse_tag_value(text: &str, kind: &Json) -> Option<Json> {
    match kind.as_str() {
        Some("integer") => text.trim().parse::<i64>().ok().map(Json::from),
        Some("number") => text.trim().parse::<f64>().ok().filter(|n| n.is_finite()).map(Json::from),
        _ => Some(Json::from(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(of: &[(&str, &str)]) -> OsmTags {
        of.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn every_mapping_can_be_read_and_fills_fields_that_its_schema_has() {
        let mut count = 0;
        for file in MappingFiles::iter() {
            let id = CollectionId::new(file.strip_suffix(".json").unwrap()).unwrap();
            let mapping = OsmMapping::for_collection(&id).unwrap();
            let collection = mapping.build_collection(&id).unwrap();
            assert!(mapping.values.keys().all(|name| collection.field_index(name).is_some()), "{id}");
            assert_eq!(mapping.values.len(), collection.fields.len(), "{id}");
            assert!(collection.schema["x-cityheart-attribution"].as_str().unwrap().contains("OpenStreetMap"));
            count += 1;
        }
        assert_eq!(count, 6);
        let error = OsmMapping::for_collection(&CollectionId::new("trees").unwrap()).unwrap_err().to_string();
        assert!(error.contains("amenities, buildings, green, shops, streets, water"), "{error}");
    }

    #[test]
    fn one_may_walk_where_the_tags_say_so() {
        let streets = OsmMapping::for_collection(&CollectionId::new("streets").unwrap()).unwrap();
        for (of, foot) in [
            (&[("highway", "residential")][..], true),
            (&[("highway", "motorway")], false),
            (&[("highway", "trunk"), ("sidewalk", "both")], true),
            (&[("highway", "service"), ("access", "private")], false),
            (&[("highway", "service"), ("access", "private"), ("foot", "yes")], true),
            (&[("highway", "cycleway"), ("foot", "no")], false),
            (&[("highway", "steps")], true),
        ] {
            let tags = tags(of);
            let chosen = streets.match_tags(&tags, &[OsmShape::Line]).unwrap();
            assert_eq!(streets.map_properties(&tags, chosen.class)["foot"], foot, "{of:?}");
        }
        assert!(streets.match_tags(&tags(&[("highway", "construction")]), &[OsmShape::Line]).is_none());
        assert!(streets.match_tags(&tags(&[("highway", "residential")]), &[OsmShape::Point]).is_none());
    }
}
