//! Words of a vocabulary: which concept a word of a table means, by ids, labels in ten languages, and what officers
//! write instead. Endings and one slip of the pen are passed over where only one concept is near.

use super::folding::fold_words;
use serde_json::Value as Json;
use std::collections::HashMap;

/// What officers write, beside the labels.
const SYNONYMS: &str = include_str!("word_synonyms.txt");

/// The words of one vocabulary.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VocabularyWords {
    /// Folded word → concept; `None` when it is several.
    words: HashMap<String, Option<String>>,
    /// Concepts with their English labels, in the order of the vocabulary.
    concepts: Vec<(String, String)>,
}

impl VocabularyWords {
    /// The words of a vocabulary, as far as a field takes its concepts.
    pub fn new(vocabulary: &Json, allowed: Option<&[Json]>) -> Self {
        let mut own = Self::default();
        let name = vocabulary.get("id").and_then(Json::as_str).unwrap_or_default();
        for concept in vocabulary.get("concepts").and_then(Json::as_array).into_iter().flatten() {
            let Some(id) = concept.get("id").and_then(Json::as_str) else { continue };
            if allowed.is_some_and(|allowed| !allowed.iter().any(|a| a.as_str() == Some(id))) {
                continue;
            }
            let labels = concept.get("labels").and_then(Json::as_object);
            let english = labels.and_then(|l| l.get("en")).and_then(Json::as_str).unwrap_or(id);
            own.concepts.push((id.to_owned(), english.to_owned()));
            own.add(id, id);
            labels.into_iter().flat_map(|l| l.values()).filter_map(Json::as_str).for_each(|label| own.add(label, id));
        }
        for line in SYNONYMS.lines() {
            let Some((head, words)) = line.split_once(": ") else { continue };
            if let Some((vocabulary, concept)) = head.split_once(' ')
                && vocabulary == name
                && own.concepts.iter().any(|(id, _)| id == concept)
            {
                words.split('|').for_each(|word| own.add_synonym(word, concept));
            }
        }
        own
    }

    fn add(&mut self, word: &str, concept: &str) {
        let known = self.words.entry(fold_words(word)).or_insert_with(|| Some(concept.to_owned()));
        if known.as_deref() != Some(concept) {
            *known = None;
        }
    }

    /// Labels go before synonyms.
    fn add_synonym(&mut self, word: &str, concept: &str) {
        self.words.entry(fold_words(word)).or_insert_with(|| Some(concept.to_owned()));
    }

    /// The concept that a word means for certain.
    pub fn find(&self, word: &str) -> Option<&str> {
        let folded = fold_words(word);
        match self.words.get(&folded) {
            Some(found) => found.as_deref(),
            None => self.find_nearly(&folded),
        }
    }

    /// Whether a word is the id of a concept, as the plan stores it.
    pub fn is_id(&self, word: &str) -> bool {
        self.concepts.iter().any(|(id, _)| id == word)
    }

    fn find_nearly(&self, folded: &str) -> Option<&str> {
        let length = folded.chars().count();
        if length < 5 {
            return None;
        }
        let mut near = self.words.iter().filter(|(known, _)| is_inflected(folded, known));
        let found = near.next()?.1.as_deref()?;
        near.all(|(_, concept)| concept.as_deref() == Some(found)).then_some(found)
    }

    /// The nearest concepts, for a sentence: `'in_progress' (In progress)`.
    pub fn nearest(&self, word: &str) -> Vec<String> {
        let folded = fold_words(word);
        let distance = |concept: &str| {
            let own = self.words.iter().filter(|(_, c)| c.as_deref() == Some(concept));
            own.map(|(known, _)| strsim::osa_distance(&folded, known)).min().unwrap_or(usize::MAX)
        };
        let mut scored: Vec<_> = self.concepts.iter().map(|c| (distance(&c.0), c)).collect();
        scored.sort_by_key(|(distance, _)| *distance);
        scored.iter().take(3).map(|(_, (id, label))| format!("'{id}' ({label})")).collect()
    }
}

/// Two words that differ in their endings only, by at most two letters each, or in one letter of many.
fn is_inflected(a: &str, b: &str) -> bool {
    let (long_a, long_b) = (a.chars().count(), b.chars().count());
    if long_b < 5 || long_a.abs_diff(long_b) > 2 {
        return false;
    }
    let common = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
    let endings = long_a - common <= 2 && long_b - common <= 2 && common >= 4;
    endings || (long_a >= 7 && strsim::osa_distance(a, b) == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::PlanModel;

    #[test]
    fn words_of_ten_languages_find_their_concepts() {
        let model = PlanModel::load().unwrap();
        let words = VocabularyWords::new(model.vocabulary("status").unwrap(), None);
        for (texts, concept) in [
            (
                "in_progress|poteka|V teku|ongoing|en cours|w trakcie|EN CURSO|u tijeku|em curso|in corso|σε εξέλιξη|in uitvoering",
                Some("in_progress"),
            ),
            (
                "zaključeno|zaključena|Completed|terminé|zakończony|finalizadas|završeno|concluído|completata|ολοκληρώθηκε|afgerond",
                Some("completed"),
            ),
            ("Predlagano|predlagana|proposed|propuestas|Predložen", Some("proposed")),
            ("poskus|pilot|In test", Some("testing")),
            ("načrtovano|planned|xyz||da", None),
        ] {
            for text in texts.split('|') {
                assert_eq!(words.find(text), concept, "{text}");
            }
        }
        assert!(words.nearest("in progres")[0].contains("in_progress"), "{:?}", words.nearest("in progres"));
    }
}
