//! Which field of a collection a column is, by its heading: ids and titles of fields in ten languages, what officers
//! call them, and spellings near to these. Each match has a confidence and its reason. Looks at no cells.

use super::folding::{fold_word, fold_words};
use crate::collection::Collection;
use serde_json::Value as Json;
use std::collections::HashMap;

/// What officers call the fields, beside their titles.
const SYNONYMS: &str = include_str!("field_synonyms.txt");

/// A column that holds both ends of a period is this, where a collection has fields for a start and an end.
pub const PERIOD: &str = "period";

/// How certain a match is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatchConfidence {
    None,
    /// To be confirmed.
    Likely,
    Sure,
}

/// The field that a column is thought to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldMatch {
    pub field: Option<String>,
    pub confidence: MatchConfidence,
    /// Why, as the end of a sentence.
    pub reason: String,
}

impl FieldMatch {
    pub fn none(reason: impl Into<String>) -> Self {
        Self { field: None, confidence: MatchConfidence::None, reason: reason.into() }
    }
}

impl MatchConfidence {
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Likely => "likely",
            Self::Sure => "sure",
        }
    }
}

/// The names of the fields of one collection.
pub struct FieldNames {
    /// Folded name → field; `None` when it names several.
    names: HashMap<String, Option<String>>,
    fields: Vec<String>,
}

impl FieldNames {
    pub fn new(collection: &Collection) -> Self {
        let mut own = Self { names: HashMap::new(), fields: vec!["id".to_owned()] };
        own.fields.extend(collection.fields.iter().map(|field| field.name.clone()));
        if collection.time.is_some_and(|time| time.end.is_some()) && collection.field_index(PERIOD).is_none() {
            own.fields.push(PERIOD.to_owned());
        }
        // What the model calls them goes before what others do.
        for field in own.fields.clone() {
            own.names.insert(fold_words(&field), Some(field));
        }
        for (field, property) in collection.schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
            let titles = property.get("x-cityheart-title").and_then(Json::as_object);
            let own_title = property.get("title").and_then(Json::as_str);
            let titles = titles.into_iter().flat_map(|t| t.values()).filter_map(Json::as_str).chain(own_title);
            let is_field = own.fields.contains(field);
            titles.filter(|_| is_field).for_each(|title| own.add(title, field, true));
        }
        for line in SYNONYMS.lines().filter(|line| !line.starts_with('#')) {
            let Some((field, words)) = line.split_once(": ") else { continue };
            if own.fields.iter().any(|own| own == field) {
                words.split('|').for_each(|word| own.add(word, field, false));
            }
        }
        own
    }

    fn add(&mut self, name: &str, field: &str, is_title: bool) {
        let folded = fold_heading(name);
        if folded.is_empty() {
            return;
        }
        match self.names.get_mut(&folded) {
            None => {
                self.names.insert(folded, Some(field.to_owned()));
            }
            Some(known) if is_title && known.as_deref() != Some(field) => *known = None,
            Some(_) => {}
        }
    }

    /// Whether a field, or the period of two, has this name.
    pub fn has_field(&self, field: &str) -> bool {
        self.fields.iter().any(|own| own == field)
    }

    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(String::as_str)
    }

    /// The field that a heading names.
    pub fn match_heading(&self, heading: &str) -> FieldMatch {
        if self.has_field(heading) {
            return sure(heading, "it is the name of the field");
        }
        let folded = fold_heading(heading);
        let (bare, unit) = split_unit(heading);
        if let Some(Some(field)) = self.names.get(&folded) {
            return sure(field, "its heading means that");
        }
        if folded.is_empty() {
            return FieldMatch::none("it has no heading");
        }
        if let (Some(Some(field)), Some(_)) = (self.names.get(&fold_heading(bare)), unit) {
            return sure(field, "its heading means that, beside a unit");
        }
        if let Some(Some(field)) = heading.rsplit_once(" / ").and_then(|(_, last)| self.names.get(&fold_heading(last)))
        {
            return sure(field, "the lowest row of its heading means that");
        }
        self.match_nearly(&fold_heading(bare))
    }

    /// A heading that begins or ends with a known name, or is spelt nearly so.
    fn match_nearly(&self, folded: &str) -> FieldMatch {
        let mut best: Option<(f64, &str, &str)> = None;
        let mut is_tie = false;
        for (name, field) in &self.names {
            let Some(field) = field else { continue };
            let score = closeness(folded, name);
            match best {
                Some((top, _, known)) if (score - top).abs() < 0.02 && known != field => is_tie |= score >= 0.8,
                Some((top, ..)) if score <= top => {}
                _ if score >= 0.8 => {
                    is_tie = false;
                    best = Some((score, name, field));
                }
                _ => {}
            }
        }
        match best.filter(|_| !is_tie) {
            Some((_, name, field)) => FieldMatch {
                field: Some(field.to_owned()),
                confidence: MatchConfidence::Likely,
                reason: format!("its heading is near to '{name}'"),
            },
            None => FieldMatch::none("no field is called so"),
        }
    }
}

fn sure(field: &str, reason: &str) -> FieldMatch {
    FieldMatch { field: Some(field.to_owned()), confidence: MatchConfidence::Sure, reason: reason.to_owned() }
}

/// From 0 to 1, for two folded names.
fn closeness(a: &str, b: &str) -> f64 {
    let short = a.chars().count().min(b.chars().count());
    if short < 4 {
        return 0.0;
    }
    let begins = |long: &str, short: &str| long.strip_prefix(short).is_some_and(|rest| rest.starts_with(' '));
    let ends = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.ends_with(' '));
    if begins(a, b) || ends(a, b) {
        // The longer the part that is known, the nearer.
        return 0.8 + 0.1 * b.chars().count() as f64 / a.chars().count() as f64;
    }
    let similar = strsim::normalized_damerau_levenshtein(a, b);
    match similar {
        // Letters in another order are nearer than other letters: 'stauts' is 'status', not 'starts'.
        _ if similar >= 0.82 && has_same_letters(a, b) => similar + 0.03,
        _ if similar >= 0.82 => similar,
        _ => 0.0,
    }
}

fn has_same_letters(a: &str, b: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    sorted(a) == sorted(b)
}

/// A heading as it is compared: its words, a language in parentheses as one of them.
fn fold_heading(heading: &str) -> String {
    let folded = fold_words(heading);
    if folded.is_empty() { fold_word(heading.trim()) } else { folded }
}

/// The heading without a unit in parentheses or behind a comma, and that unit.
pub fn split_unit(heading: &str) -> (&str, Option<&str>) {
    let trimmed = heading.trim();
    let is_language = |unit: &str| matches!(unit.trim(), "en" | "EN" | "english" | "English");
    for (open, close) in [('(', ')'), ('[', ']')] {
        if let Some((name, unit)) = trimmed.strip_suffix(close).and_then(|rest| rest.rsplit_once(open))
            && !name.trim().is_empty()
            && !is_language(unit)
        {
            return (name.trim(), Some(unit.trim()));
        }
    }
    if let Some((name, unit)) = trimmed.rsplit_once(',')
        && unit.trim().chars().count() <= 12
        && !name.trim().is_empty()
    {
        return (name.trim(), Some(unit.trim()));
    }
    for mark in [" v ", " in ", " en ", " w ", " u ", " em ", " σε "] {
        if let Some((name, unit)) = trimmed.rsplit_once(mark)
            && (unit.contains(['€', '%']) || fold_word(unit).contains("eur") || fold_word(unit).contains("evr"))
        {
            return (name.trim(), Some(unit.trim()));
        }
    }
    match trimmed.strip_suffix('€').or_else(|| trimmed.strip_suffix('%')).or_else(|| trimmed.strip_suffix(" EUR")) {
        Some(name) if !name.trim().is_empty() => (name.trim(), Some(&trimmed[name.len()..])),
        _ => (trimmed, None),
    }
}

/// The power of ten that a heading says its numbers are to be multiplied by: `Vrednost (v 1000 €)`, `k€`, `mio EUR`.
pub fn heading_scale(heading: &str) -> usize {
    let (_, Some(unit)) = split_unit(heading) else { return 0 };
    let folded = fold_word(unit);
    let words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric() && c != '€').filter(|w| !w.is_empty()).collect();
    let has = |known: &[&str]| words.iter().any(|word| known.contains(word));
    let spaced = folded.replace([' ', '.', '\u{a0}'], "");
    if has(&[
        "mio",
        "mln",
        "mill",
        "m€",
        "meur",
        "million",
        "millions",
        "millones",
        "milioni",
        "milijonov",
        "milijuna",
        "εκατ",
    ]) || spaced.contains("1000000")
    {
        6
    } else if has(&[
        "tis",
        "tisoc",
        "tys",
        "tsd",
        "k€",
        "keur",
        "tisuca",
        "thousand",
        "thousands",
        "miles",
        "milliers",
        "migliaia",
        "milhares",
        "duizend",
        "χιλ",
    ]) || spaced.contains("1000")
    {
        3
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collection::CollectionId;
    use crate::plan::PlanModel;

    fn names(id: &str) -> FieldNames {
        let model = PlanModel::load().unwrap();
        FieldNames::new(model.collection(&CollectionId::new(id).unwrap()).unwrap())
    }

    #[test]
    fn headings_in_ten_languages_name_the_fields() {
        let names = names("interventions");
        for (headings, field) in [
            ("Št.|Šifra|Code|No.|Kod|Código|Codice|Κωδικός|α/α", "code"),
            ("Naziv|Naziv ukrepa|Title|Intitulé|Nazwa|Título|Nome|Titolo|Τίτλος|Titel|Project name", "title"),
            ("Stanje|Status|État d’avancement|Estado|Stato|Κατάσταση|Faza", "status"),
            (
                "Vrednost|Vrednost (EUR)|Vrednost v €|Ocenjena vrednost|Cost, €|Coût|Koszt [zł]|Presupuesto|Trošak|Custo|Costo|Κόστος|Kosten|Finance / Vrednost",
                "cost",
            ),
            ("Začetek|Start|Début|Początek|Inicio|Početak|Início|Inizio|Έναρξη|Begin", "start"),
            ("Konec|End|Fin|Koniec|Fim|Fine|Λήξη|Einde", "end"),
            ("Obdobje|Termin|Timeline|Période|Okres|Periodo|Razdoblje|Período|Περίοδος|Periode", "period"),
            ("Nosilec|Lead|Responsable|Nositelj|Responsabile|Trekker", "lead"),
            ("Naziv (en)|title_en|Title in English", "title_en"),
        ] {
            for heading in headings.split('|') {
                let found = names.match_heading(heading);
                assert_eq!(
                    (found.field.as_deref(), found.confidence),
                    (Some(field), MatchConfidence::Sure),
                    "{heading}: {found:?}"
                );
            }
        }
        for (heading, field) in [("Naziv ukrepaa", "title"), ("Stanje projekta 2026", "status"), ("Stauts", "status")] {
            let found = names.match_heading(heading);
            assert_eq!(
                (found.field.as_deref(), found.confidence),
                (Some(field), MatchConfidence::Likely),
                "{heading}: {found:?}"
            );
        }
        for heading in ["", "Barva", "Xyz", "Število dreves"] {
            assert_eq!(names.match_heading(heading).confidence, MatchConfidence::None, "{heading}");
        }
    }

    #[test]
    fn a_heading_says_the_scale_of_its_numbers() {
        for (heading, power) in [
            ("Vrednost (v 1000 €)", 3),
            ("Cost (k€)", 3),
            ("Koszt [tys. zł]", 3),
            ("Coût, M€", 6),
            ("Vrednost (mio EUR)", 6),
            ("Vrednost (EUR)", 0),
            ("Vrednost", 0),
        ] {
            assert_eq!(heading_scale(heading), power, "{heading}");
        }
    }
}
