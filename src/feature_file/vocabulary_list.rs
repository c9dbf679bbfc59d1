//! The words that a field chooses from: shown as labels in the reader's language, kept as ids.

use crate::collection::{Collection, FieldType};
use crate::plan::PlanModel;
use serde_json::Value as Json;
use std::collections::HashSet;

/// The words of a vocabulary.
#[derive(Debug, PartialEq, Eq)]
pub struct VocabularyList {
    /// The vocabulary; for choices that are in none, collection and field.
    pub name: String,
    pub words: Vec<VocabularyWord>,
}

/// One of them. Labels are unique within a list.
#[derive(Debug, PartialEq, Eq)]
pub struct VocabularyWord {
    pub id: String,
    pub label: String,
}

impl VocabularyList {
    /// The list of a field, or of the members of its lists; `None` when it has no choices.
    pub fn of_field(collection: &Collection, field: &str, model: &PlanModel, language: &str) -> Option<Self> {
        let property = collection.schema.get("properties")?.get(field)?;
        let is_list = FieldType::Json == collection.fields.get(collection.field_index(field)?)?.kind;
        let choice = if is_list { property.get("items")? } else { property };
        let allowed: Option<Vec<&str>> =
            choice.get("enum").and_then(Json::as_array).map(|all| all.iter().filter_map(Json::as_str).collect());
        let vocabulary = choice.get("x-ogc-codelistUri").or_else(|| property.get("x-ogc-codelistUri"));
        let name = vocabulary.and_then(Json::as_str).and_then(|uri| uri.strip_prefix("vocabularies/"));
        let concepts = name.and_then(|name| model.vocabulary(name)?.get("concepts")?.as_array());
        let words = match (concepts, allowed) {
            (Some(concepts), _) => concepts.iter().filter_map(|c| read_concept(c, language)).collect(),
            (None, Some(allowed)) => allowed.into_iter().map(|id| (id.to_owned(), id.to_owned())).collect(),
            (None, None) => return None,
        };
        let name = name.map_or_else(|| format!("{}.{field}", collection.id), str::to_owned);
        Some(Self { name, words: make_unique(words) })
    }

    /// The label of a word; the word itself when the list does not have it.
    pub fn label<'l>(&'l self, id: &'l str) -> &'l str {
        self.words.iter().find(|word| word.id == id).map_or(id, |word| &word.label)
    }
}

fn read_concept(concept: &Json, language: &str) -> Option<(String, String)> {
    let id = concept.get("id")?.as_str()?;
    let labels = concept.get("labels");
    let label = labels.and_then(|l| l.get(language).or_else(|| l.get("en"))).and_then(Json::as_str);
    Some((id.to_owned(), label.unwrap_or(id).to_owned()))
}

/// A label that two words share, that is the id of another, or that a list in one cell could not hold, gives way to the
/// id.
fn make_unique(words: Vec<(String, String)>) -> Vec<VocabularyWord> {
    let ids: HashSet<String> = words.iter().map(|(id, _)| id.to_lowercase()).collect();
    let mut seen = HashSet::new();
    let twins: HashSet<String> =
        words.iter().map(|(_, label)| label.to_lowercase()).filter(|label| !seen.insert(label.clone())).collect();
    let unique = |(id, label): (String, String)| {
        let folded = label.to_lowercase();
        let is_other_id = folded != id.to_lowercase() && ids.contains(&folded);
        let label = if twins.contains(&folded) || is_other_id || label.contains(';') { id.clone() } else { label };
        VocabularyWord { id, label }
    };
    words.into_iter().map(unique).collect()
}
