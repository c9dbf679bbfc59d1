//! The data model of the plan, from `geodata/model`: schemas of the built-in collections, vocabularies with their
//! labels, and the rules that edits must keep. Knows no geometry.

use crate::collection::{Collection, CollectionId};
use crate::error::{Error, InvalidInput, Result};
use crate::feature::FeatureId;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use rust_embed::RustEmbed;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// The format of links in a schema.
const LINK_FORMAT: &str = "uri";

/// The model's files, embedded in the binary.
#[derive(RustEmbed)]
#[folder = "geodata/model"]
#[include = "*.json"]
struct ModelFiles;

/// The data model; read once at start.
pub struct PlanModel {
    collections: BTreeMap<CollectionId, ModelCollection>,
    vocabularies: BTreeMap<String, Json>,
}

struct ModelCollection {
    collection: Collection,
    properties: Validator,
    /// The schema of the ids, if the collection has one.
    id: Option<Validator>,
}

impl PlanModel {
    /// Reads the embedded model.
    ///
    /// # Errors
    /// [`Error::Internal`] when a file of the model is malformed, which a test rules out.
    pub fn load() -> Result<Self> {
        let mut collections = BTreeMap::new();
        let mut vocabularies = BTreeMap::new();
        for path in ModelFiles::iter() {
            let file =
                ModelFiles::get(&path).ok_or_else(|| Error::internal(format!("the model file {path} is missing")))?;
            let json: Json = serde_json::from_slice(&file.data).map_err(|e| Error::internal(format!("{path}: {e}")))?;
            if let Some(name) = path.strip_prefix("vocabularies/").and_then(|p| p.strip_suffix(".json")) {
                vocabularies.insert(name.to_owned(), json);
            } else if let Some(name) = path.strip_suffix(".schema.json") {
                let id = CollectionId::new(name)?;
                let properties =
                    build_properties_validator(&json).map_err(|e| Error::internal(format!("{path}: {e}")))?;
                let rule = build_id_validator(&json).map_err(|e| Error::internal(format!("{path}: {e}")))?;
                let collection = Collection::from_schema(id.clone(), json)?;
                collections.insert(id, ModelCollection { collection, properties, id: rule });
            }
        }
        Ok(Self { collections, vocabularies })
    }

    /// The built-in collections, ordered by name.
    pub fn collections(&self) -> impl Iterator<Item = &Collection> {
        self.collections.values().map(|e| &e.collection)
    }

    /// The built-in collection with this id.
    #[must_use]
    pub fn collection(&self, id: &CollectionId) -> Option<&Collection> {
        self.collections.get(id).map(|e| &e.collection)
    }

    /// The vocabularies by name, as the JSON of their files.
    pub fn vocabularies(&self) -> impl Iterator<Item = (&str, &Json)> {
        self.vocabularies.iter().map(|(name, json)| (name.as_str(), json))
    }

    /// The vocabulary with this name, as the JSON of its file.
    #[must_use]
    pub fn vocabulary(&self, name: &str) -> Option<&Json> {
        self.vocabularies.get(name)
    }

    /// All violations of a built-in collection's schema by these properties, each with its JSON pointer. Collections
    /// outside the model, and fields that another program added, have no rules beyond the types of their fields.
    #[must_use]
    pub fn validate_properties(&self, id: &CollectionId, properties: &Map<String, Json>) -> Vec<InvalidInput> {
        let Some(entry) = self.collections.get(id) else { return vec![] };
        let present: Map<String, Json> = properties
            .iter()
            .filter(|(name, v)| !v.is_null() && entry.collection.field_index(name).is_some())
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        entry
            .properties
            .iter_errors(&Json::Object(present))
            .map(|e| InvalidInput { at: format!("/properties{}", e.instance_path()), message: explain_violation(&e) })
            .collect()
    }

    /// Why a built-in collection refuses an id, as a sentence; `None` when it is valid.
    #[must_use]
    pub fn validate_id(&self, id: &CollectionId, feature: &FeatureId) -> Option<String> {
        let rule = self.collections.get(id)?.id.as_ref()?;
        (!rule.is_valid(&Json::from(feature.as_str()))).then(|| {
            format!("The id '{feature}' is not valid in '{id}'. Use lower-case letters, digits and hyphens, such as celje-main-square.")
        })
    }

    /// Why a field's value may not change from one to another, as a sentence; `None` when it may. The allowed
    /// transitions (such as those of a status) are data: each concept of the field's vocabulary lists those that may
    /// follow it, as `moves`.
    #[must_use]
    pub fn validate_transition(&self, id: &CollectionId, field: &str, from: &str, to: &str) -> Option<String> {
        let schema = &self.collections.get(id)?.collection.schema;
        let vocabulary = schema.get("properties")?.get(field)?.get("x-ogc-codelistUri")?.as_str()?;
        let concepts = self.vocabulary(vocabulary.strip_prefix("vocabularies/")?)?.get("concepts")?.as_array()?;
        let concept = concepts.iter().find(|c| c.get("id").and_then(Json::as_str) == Some(from))?;
        let moves: Vec<&str> = concept.get("moves")?.as_array()?.iter().filter_map(Json::as_str).collect();
        (!moves.contains(&to))
            .then(|| format!("'{to}' may not follow '{from}'. What may follow: {}.", moves.join(", ")))
    }
}

fn build_id_validator(schema: &Json) -> Result<Option<Validator>, String> {
    let properties = schema.get("properties").and_then(Json::as_object);
    let is_id = |p: &&Json| p.get("x-ogc-role").and_then(Json::as_str) == Some("id");
    let rule = properties.and_then(|p| p.values().find(is_id));
    rule.map(|rule| jsonschema::validator_for(rule).map_err(|e| e.to_string())).transpose()
}

/// The schema of a feature's properties alone: a collection's schema lists id and geometry among them.
fn build_properties_validator(schema: &Json) -> Result<Validator, String> {
    let mut schema = schema.clone();
    if let Some(properties) = schema.get_mut("properties").and_then(Json::as_object_mut) {
        properties
            .retain(|_, p| !matches!(p.get("x-ogc-role").and_then(Json::as_str), Some("id" | "primary-geometry")));
    }
    if let Some(required) = schema.get_mut("required").and_then(Json::as_array_mut) {
        required.retain(|name| name != "id" && name != "geometry");
    }
    if let Some(object) = schema.as_object_mut() {
        object.remove("$id");
    }
    jsonschema::options()
        .should_validate_formats(true)
        .with_format(LINK_FORMAT, is_link)
        .build(&schema)
        .map_err(|e| e.to_string())
}

/// Whether a text is a web address (RFC 3986, http or https): a page shows it as a link, and a link of another scheme
/// can run a program.
fn is_link(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let is_web = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    let has_host = rest.split(['/', '?', '#']).next().is_some_and(|host| !host.is_empty());
    let is_plain = rest.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"{}|\\^`".contains(&b));
    let is_hex = |at: usize| rest.as_bytes().get(at).is_some_and(u8::is_ascii_hexdigit);
    is_web && has_host && is_plain && rest.match_indices('%').all(|(at, _)| is_hex(at + 1) && is_hex(at + 2))
}

fn explain_violation(error: &ValidationError<'_>) -> String {
    match error.kind() {
        ValidationErrorKind::Format { format } if format == LINK_FORMAT => {
            format!("{} is not a web address. Begin it with https:// or http://.", error.instance())
        }
        _ => format!("{}.", error.to_string().trim_end_matches('.')),
    }
}
