//! Which interventions of other cities resemble this one, and in what? For the exchange of practice: every likeness has its reasons.

use super::answer::{AnswerNumber, LeftOut, NumberValue, QuestionAnswer, round_to_json};
use super::features::{COLLECTION, FILTER, FeatureHandle, QuestionFeatures};
use super::input::{InputKind, QuestionInput};
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

const INTERVENTION: QuestionInput = QuestionInput::required(
    "intervention",
    "The intervention that others are compared with, by its id",
    InputKind::Text,
);
const K: QuestionInput = QuestionInput::new(
    "k",
    "How many, the most similar first",
    InputKind::Number { min: 1.0, max: 100.0, default: Some(10.0), whole: true },
);
const WEIGHTS: QuestionInput = QuestionInput::new(
    "weights",
    "How much each likeness counts",
    InputKind::Weights { criteria: &CRITERIA, default: &DEFAULT_WEIGHTS },
);

const CRITERIA: [&str; 7] = ["types", "functions", "objectives", "kind", "size", "cost", "text"];
const DEFAULT_WEIGHTS: [f64; 7] = [4.0, 2.0, 1.0, 1.0, 1.0, 1.0, 2.0];
const LISTS: [&str; 3] = ["types", "functions", "objectives"];

pub(super) const QUESTION: PlanningQuestion = PlanningQuestion {
    id: "similar",
    title: "Similar interventions elsewhere",
    description: "Which interventions of other cities resemble this one: by shared types, functions and objectives, by size, cost and words? With the reasons.",
    inputs: &[INTERVENTION, COLLECTION, FILTER, K, WEIGHTS],
    answer: answer_similar,
};

/// Shorter words carry no meaning of their own.
const MIN_WORD_LETTERS: usize = 4;
/// How many shared words are shown as reasons.
const MAX_SHOWN_WORDS: usize = 6;

/// One intervention as it is compared.
struct SimilarityProfile {
    pick: FeatureHandle,
    id: FeatureId,
    city: Option<String>,
    lists: [BTreeSet<String>; 3],
    kind: Option<String>,
    size: Option<GeometrySize>,
    cost: Option<f64>,
    words: BTreeSet<String>,
}

/// How alike two are: a number from 0 to 1 for each criterion that the first one can be compared by, and what they share.
struct SimilarityScore {
    score: f64,
    parts: Map<String, Json>,
    shared: Map<String, Json>,
}

fn answer_similar(request: &QuestionRequest<'_>) -> Result<QuestionAnswer> {
    let choice = QuestionFeatures::from_inputs(request, &COLLECTION, &FILTER)?;
    for name in LISTS {
        if choice.field(name).is_none() {
            return Err(Error::invalid(
                COLLECTION.name,
                format!("The features of '{}' have no '{name}'. Ask about interventions.", choice.collection().id),
            ));
        }
    }
    let weights = request.read_weights(&WEIGHTS)?;
    let id = request.read_text(&INTERVENTION)?.unwrap_or_default();
    let whole = QuestionFeatures::whole_collection(request, &COLLECTION)?;
    let pick = FeatureId::new(id).ok().and_then(|id| whole.find_by_id(&id)).ok_or_else(|| {
        Error::invalid(
            INTERVENTION.name,
            format!("'{}' has no feature '{id}'. Send the id of one.", whole.collection().id),
        )
    })?;
    let own = SimilarityProfile::from_feature(&whole, pick);
    let others: Vec<SimilarityProfile> = choice
        .select_all()
        .into_iter()
        .map(|pick| SimilarityProfile::from_feature(&choice, pick))
        .filter(|p| p.id != own.id && (own.city.is_none() || p.city != own.city))
        .collect();
    let rarity = word_rarity(others.iter().chain([&own]));
    let mut ranked: Vec<(SimilarityScore, &SimilarityProfile)> =
        others.iter().map(|p| (own.compare_with(p, &weights, &rarity), p)).collect();
    ranked.retain(|(likeness, _)| likeness.score > 0.0);
    ranked.sort_by(|(a, p), (b, q)| b.score.total_cmp(&a.score).then_with(|| p.id.cmp(&q.id)));
    ranked.truncate(request.required_number(&K)? as usize);
    let best = ranked.first().map_or(NumberValue::Unknown, |(l, _)| NumberValue::Real(l.score));
    let numbers = vec![
        AnswerNumber::new("compared", NumberValue::Count(others.len() as u64), "features"),
        AnswerNumber::feature_count("similar", ranked.iter().map(|(_, p)| p.id.clone()).collect()),
        AnswerNumber::new("best_score", best, "of 1"),
    ];
    let found =
        ranked.into_iter().map(|(likeness, p)| choice.to_answer_feature(&p.pick, likeness.into_json())).collect();
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
        "Interventions of other cities are compared by what this one states; what another does not state counts as unlike. The score is the \
         weighted mean of the likenesses, 0 to 1."
            .to_owned(),
        format!("Weights: {}.", if counted.is_empty() { "none apply".to_owned() } else { counted.join(", ") }),
        "Types, functions and objectives: how many of the values that either has are shared. Kind: the same or not. Size (square metres, \
         or metres) and cost: the smaller divided by the larger."
            .to_owned(),
        format!(
            "Text: words of {MIN_WORD_LETTERS} letters and more in the English title and summary, without accents; rare words weigh more (cosine)."
        ),
    ]
}

impl SimilarityProfile {
    fn from_feature(choice: &QuestionFeatures, pick: FeatureHandle) -> Self {
        let one = |field: &str| choice.field_words(&pick, field).into_iter().next();
        let text = ["title_en", "summary_en"].iter().filter_map(|f| one(f)).collect::<Vec<_>>();
        let text = if text.is_empty() { ["title", "summary"].iter().filter_map(|f| one(f)).collect() } else { text };
        let size =
            choice.geometry(&pick).map(|g| measure_geometry(&g)).filter(|m| !matches!(m, GeometrySize::Points(_)));
        let cost =
            choice.field("cost").and_then(|f| money::read_amount(&choice.value(&pick, f))).and_then(|c| c.to_f64());
        Self {
            id: choice.id(&pick),
            city: one("city"),
            lists: LISTS.map(|list| choice.field_words(&pick, list).into_iter().collect()),
            kind: one("kind"),
            size: size.filter(|m| m.value() > 0.0),
            cost: cost.filter(|c| *c > 0.0),
            words: text.iter().flat_map(|t| significant_words(t)).collect(),
            pick,
        }
    }

    /// Whether it can be compared by a criterion.
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
            let alike = match (*criterion, list) {
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
                    let (alike, words) = cosine_similarity(&self.words, &other.words, rarity);
                    shared.insert("words".to_owned(), json!(words));
                    alike
                }
            };
            parts.insert((*criterion).to_owned(), round_to_json(alike, 4));
            sum += weights.weight_of(criterion) * alike;
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

/// The words of a text, in lower case and without accents.
fn significant_words(text: &str) -> Vec<String> {
    let plain: String = text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect();
    let words = plain.split(|c: char| !c.is_alphanumeric());
    words.filter(|w| w.chars().count() >= MIN_WORD_LETTERS).map(str::to_owned).collect()
}

/// ln(1 + n / how many have the word), for n texts.
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

/// The cosine of two texts as vectors of rarity, and the rarest words that they share.
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
