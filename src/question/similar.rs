//! The interventions of other cities that resemble one, with the reasons, for the exchange of practice between cities.

use super::answer::{AnswerNumber, LeftOut, NumberValue, QuestionAnswer, round_to_json};
use super::features::{COLLECTION, FILTER, FeatureHandle, QuestionFeatures};
use super::input::{InputKind, QuestionInput};
use super::input_errors::not_interventions_error;
use super::measure::{GeometrySize, measure_geometry};
use super::money;
use super::planning_question::PlanningQuestion;
use super::request::{CriterionWeights, QuestionRequest};
use crate::error::{Error, Result};
use crate::feature::FeatureId;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

const INTERVENTION: QuestionInput =
    QuestionInput::required("intervention", "Id of the intervention to compare with", InputKind::Text);
const K: QuestionInput = QuestionInput::new(
    "k",
    "Number of interventions, the most similar first",
    InputKind::Number { min: 1.0, max: 100.0, default: Some(10.0), whole: true },
);
const WEIGHTS: QuestionInput = QuestionInput::new(
    "weights",
    "Weights of the criteria",
    InputKind::Weights { criteria: &CRITERIA, default: &DEFAULT_WEIGHTS },
);

const CRITERIA: [&str; 7] = ["types", "functions", "objectives", "kind", "size", "cost", "text"];
const DEFAULT_WEIGHTS: [f64; 7] = [4.0, 2.0, 1.0, 1.0, 1.0, 1.0, 2.0];
const LISTS: [&str; 3] = ["types", "functions", "objectives"];

pub(super) const QUESTION: PlanningQuestion = PlanningQuestion {
    id: "similar",
    title: "Similar interventions in other cities",
    description: "Finds the interventions of other cities that resemble one, by shared types, functions and objectives, by size, cost and words, and gives the reasons.",
    inputs: &[INTERVENTION, COLLECTION, FILTER, K, WEIGHTS],
    answer: answer_similar,
};

/// The work units of comparing two interventions.
const COMPARE_UNITS: u64 = 2_000;
/// Shorter words are ignored: most of them are articles, prepositions and conjunctions.
const MIN_WORD_LETTERS: usize = 4;
/// The most shared words that are given as reasons.
const MAX_SHOWN_WORDS: usize = 6;

/// The properties of an intervention that are compared.
struct SimilarityProfile {
    feature: FeatureHandle,
    id: FeatureId,
    city: Option<String>,
    lists: [BTreeSet<String>; 3],
    kind: Option<String>,
    size: Option<GeometrySize>,
    cost: Option<f64>,
    words: BTreeSet<String>,
}

/// The similarity of two interventions: a score from 0 to 1, in total and for each criterion that the first states, and
/// what both share.
struct SimilarityScore {
    score: f64,
    parts: Map<String, Json>,
    shared: Map<String, Json>,
}

fn answer_similar(request: &QuestionRequest<'_>) -> Result<QuestionAnswer> {
    let layer = QuestionFeatures::from_inputs(request, &COLLECTION, &FILTER)?;
    for name in LISTS {
        if layer.field(name).is_none() {
            return Err(not_interventions_error(layer.collection(), name, COLLECTION.name));
        }
    }
    let weights = request.read_weights(&WEIGHTS)?;
    let id = request.read_text(&INTERVENTION)?.unwrap_or_default();
    let whole = QuestionFeatures::whole_collection(request, &COLLECTION)?;
    let feature = FeatureId::new(id).ok().and_then(|id| whole.find_by_id(&id)).ok_or_else(|| {
        Error::invalid(
            INTERVENTION.name,
            format!("'{}' has no feature '{id}'. Send the id of an intervention.", whole.collection().id),
        )
    })?;
    let own = SimilarityProfile::from_feature(&whole, feature);
    let others: Vec<SimilarityProfile> = layer
        .select_all()
        .into_iter()
        .filter(|_| request.work.spend(COMPARE_UNITS).is_ok())
        .map(|feature| SimilarityProfile::from_feature(&layer, feature))
        .filter(|p| p.id != own.id && (own.city.is_none() || p.city != own.city))
        .collect();
    let rarity = word_rarity(others.iter().chain([&own]));
    let mut meter = request.work.meter();
    let mut ranked: Vec<(SimilarityScore, &SimilarityProfile)> = others
        .iter()
        .filter(|_| meter.spend(COMPARE_UNITS))
        .map(|p| (own.compare_with(p, &weights, &rarity), p))
        .collect();
    ranked.retain(|(similarity, _)| similarity.score > 0.0);
    ranked.sort_by(|(a, p), (b, q)| b.score.total_cmp(&a.score).then_with(|| p.id.cmp(&q.id)));
    ranked.truncate(request.required_number(&K)? as usize);
    let best = ranked.first().map_or(NumberValue::Unknown, |(s, _)| NumberValue::Real(s.score));
    let numbers = vec![
        AnswerNumber::new("compared", NumberValue::Count(others.len() as u64), "features"),
        AnswerNumber::feature_count("similar", ranked.iter().map(|(_, p)| p.id.clone()).collect()),
        AnswerNumber::new("best_score", best, "of 1"),
    ];
    let found =
        ranked.into_iter().map(|(similarity, p)| layer.to_answer_feature(&p.feature, similarity.into_json())).collect();
    Ok(QuestionAnswer {
        numbers,
        features: found,
        left_out: LeftOut::default(),
        rules: similarity_rules(&own, &weights),
    })
}

fn similarity_rules(own: &SimilarityProfile, weights: &CriterionWeights) -> Vec<String> {
    let counted: Vec<String> = CRITERIA
        .iter()
        .filter(|c| own.has_criterion(c) && weights.weight_of(c) > 0.0)
        .map(|c| format!("{c} {}", round_to_json(weights.weight_of(c), 3)))
        .collect();
    vec![
        "Interventions of other cities are compared by the properties that this one states; a property that the other does not state scores 0. \
         The score is the weighted mean over the criteria, from 0 to 1."
            .to_owned(),
        format!("Weights: {}.", if counted.is_empty() { "none apply".to_owned() } else { counted.join(", ") }),
        "Types, functions and objectives: the number of shared values divided by the number of values of both (Jaccard index). Kind: 1 if equal, \
         otherwise 0. Size (square metres or metres) and cost: the smaller divided by the larger."
            .to_owned(),
        format!(
            "Text: words of at least {MIN_WORD_LETTERS} letters in the English title and summary, without accents, as the cosine similarity with rare words weighted higher."
        ),
    ]
}

impl SimilarityProfile {
    fn from_feature(layer: &QuestionFeatures, feature: FeatureHandle) -> Self {
        let one = |field: &str| layer.field_words(&feature, field).into_iter().next();
        let text = ["title_en", "summary_en"].iter().filter_map(|f| one(f)).collect::<Vec<_>>();
        let text = if text.is_empty() { ["title", "summary"].iter().filter_map(|f| one(f)).collect() } else { text };
        let size = layer
            .geometry(&feature)
            .map(|g| measure_geometry(&g, layer.work()))
            .filter(|m| !matches!(m, GeometrySize::Points(_)));
        let cost =
            layer.field("cost").and_then(|f| money::read_amount(&layer.value(&feature, f))).and_then(|c| c.to_f64());
        Self {
            id: layer.id(&feature),
            city: one("city"),
            lists: LISTS.map(|list| layer.field_words(&feature, list).into_iter().collect()),
            kind: one("kind"),
            size: size.filter(|m| m.value() > 0.0),
            cost: cost.filter(|c| *c > 0.0),
            words: text.iter().flat_map(|t| significant_words(t)).collect(),
            feature,
        }
    }

    /// Whether the intervention states what a criterion compares.
    fn has_criterion(&self, criterion: &str) -> bool {
        match LISTS.iter().position(|l| *l == criterion) {
            Some(list) => !self.lists[list].is_empty(),
            None => match criterion {
                "kind" => self.kind.is_some(),
                "size" => self.size.is_some(),
                "cost" => self.cost.is_some(),
                _ => !self.words.is_empty(),
            },
        }
    }

    fn compare_with(&self, other: &Self, weights: &CriterionWeights, rarity: &HashMap<String, f64>) -> SimilarityScore {
        let (mut sum, mut weight) = (0.0, 0.0);
        let (mut parts, mut shared) = (Map::new(), Map::new());
        for criterion in CRITERIA.iter().filter(|c| self.has_criterion(c) && weights.weight_of(c) > 0.0) {
            let list = LISTS.iter().position(|l| l == criterion);
            let similarity = match (*criterion, list) {
                (_, Some(list)) => {
                    let both: Vec<&String> = self.lists[list].intersection(&other.lists[list]).collect();
                    let either = self.lists[list].union(&other.lists[list]).count();
                    shared.insert((*criterion).to_owned(), json!(both));
                    both.len() as f64 / either as f64
                }
                ("kind", _) => {
                    let same = self.kind == other.kind;
                    shared.extend(same.then(|| ("kind".to_owned(), json!(self.kind))));
                    f64::from(u8::from(same))
                }
                ("size", _) => self.size.zip(other.size).map_or(0.0, |(a, b)| {
                    if a.unit() == b.unit() { smaller_to_larger(a.value(), b.value()) } else { 0.0 }
                }),
                ("cost", _) => self.cost.zip(other.cost).map_or(0.0, |(a, b)| smaller_to_larger(a, b)),
                _ => {
                    let (similarity, words) = cosine_similarity(&self.words, &other.words, rarity);
                    shared.insert("words".to_owned(), json!(words));
                    similarity
                }
            };
            parts.insert((*criterion).to_owned(), round_to_json(similarity, 4));
            sum += weights.weight_of(criterion) * similarity;
            weight += weights.weight_of(criterion);
        }
        SimilarityScore { score: if weight > 0.0 { sum / weight } else { 0.0 }, parts, shared }
    }
}

impl SimilarityScore {
    fn into_json(self) -> Json {
        json!({"score": round_to_json(self.score, 4), "likeness": self.parts, "shared": self.shared})
    }
}

fn smaller_to_larger(a: f64, b: f64) -> f64 {
    a.min(b) / a.max(b)
}

/// The words of a text that are long enough, in lower case and without accents.
fn significant_words(text: &str) -> Vec<String> {
    let plain: String = text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect();
    let words = plain.split(|c: char| !c.is_alphanumeric());
    words.filter(|w| w.chars().count() >= MIN_WORD_LETTERS).map(str::to_owned).collect()
}

/// The weight of each word: the inverse document frequency ln(1 + N/n) for a word in n of N texts (C. Manning, P.
/// Raghavan and H. Schütze, *Introduction to Information Retrieval*, 2008, section 6.2.1, smoothed by 1).
fn word_rarity<'a>(profiles: impl Iterator<Item = &'a SimilarityProfile>) -> HashMap<String, f64> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut texts = 0;
    for profile in profiles {
        texts += 1;
        for word in &profile.words {
            *counts.entry(word).or_default() += 1;
        }
    }
    counts.into_iter().map(|(word, n)| (word.to_owned(), (1.0 + f64::from(texts) / n as f64).ln())).collect()
}

/// The cosine similarity of two texts as vectors of word weights (ibid., section 6.3.1), and the rarest words that they
/// share.
fn cosine_similarity(a: &BTreeSet<String>, b: &BTreeSet<String>, rarity: &HashMap<String, f64>) -> (f64, Vec<String>) {
    let weight = |w: &String| rarity.get(w).copied().unwrap_or_default();
    let length = |of: &BTreeSet<String>| of.iter().map(|w| weight(w).powi(2)).sum::<f64>().sqrt();
    let mut shared: Vec<&String> = a.intersection(b).collect();
    let dot: f64 = shared.iter().map(|w| weight(w).powi(2)).sum();
    let lengths = length(a) * length(b);
    shared.sort_by(|v, w| weight(w).total_cmp(&weight(v)));
    let shown = shared.into_iter().take(MAX_SHOWN_WORDS).cloned().collect();
    (if lengths > 0.0 { (dot / lengths).min(1.0) } else { 0.0 }, shown)
}
