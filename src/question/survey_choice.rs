//! Which survey a rate is of. Premises are recorded again in every survey, so that a rate over several surveys would
//! count them several times: of each city, the newest complete survey counts.

use super::features::{self, FeatureHandle, QuestionFeatures};
use crate::feature::FeatureId;
use crate::index::FeatureSlot;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashSet};

/// The property that names the survey of a feature.
pub const SURVEY: &str = "survey";
/// A survey is complete when it has this share of the features of the city's largest survey, in per cent.
const COMPLETE_PERCENT: usize = 80;
/// The most surveys that the rules name.
const MAX_NAMED: usize = 10;

/// The features of the surveys that count.
pub struct SurveyChoice {
    slots: HashSet<FeatureSlot>,
    pub surveys: Vec<ChosenSurvey>,
    /// Newer surveys that are not complete, as sentences.
    pub incomplete: Vec<String>,
}

/// The survey that counts for a city; empty where the collection has no cities.
pub struct ChosenSurvey {
    pub city: String,
    pub survey: String,
    pub ids: Vec<FeatureId>,
}

/// One survey in one city.
#[derive(Default)]
struct SurveyRecord {
    newest: Option<Date>,
    handles: Vec<FeatureHandle>,
}

impl SurveyChoice {
    /// `None` when the features belong to no surveys.
    #[must_use]
    pub fn choose(layer: &QuestionFeatures, handles: &[FeatureHandle]) -> Option<Self> {
        let (field, city) = (layer.field(SURVEY)?, layer.field("city"));
        let word = |feature: &FeatureHandle, field: usize| {
            features::value_words(&layer.value(feature, field)).into_iter().next().unwrap_or_default()
        };
        let mut cities: BTreeMap<String, BTreeMap<String, SurveyRecord>> = BTreeMap::new();
        for feature in handles {
            let here = cities.entry(city.map(|c| word(feature, c)).unwrap_or_default()).or_default();
            let record = here.entry(word(feature, field)).or_default();
            let day = layer.period(feature).and_then(|p| p.completion_days()).map(|days| days.last);
            record.newest = record.newest.max(day);
            record.handles.push(*feature);
        }
        let mut choice = Self { slots: HashSet::new(), surveys: vec![], incomplete: vec![] };
        for (city, surveys) in cities {
            choice.choose_in_city(layer, city, surveys);
        }
        Some(choice)
    }

    fn choose_in_city(&mut self, layer: &QuestionFeatures, city: String, surveys: BTreeMap<String, SurveyRecord>) {
        let largest = surveys.values().map(|s| s.handles.len()).max().unwrap_or_default();
        let mut newest_first: Vec<(String, SurveyRecord)> = surveys.into_iter().collect();
        newest_first.sort_by(|(a, x), (b, y)| (y.newest, b).cmp(&(x.newest, a)));
        for (survey, record) in newest_first {
            if record.handles.len() * 100 < largest * COMPLETE_PERCENT {
                self.incomplete.push(format!(
                    "{} is not complete ({} of {largest} features) and does not count.",
                    name_survey(&survey, &city),
                    record.handles.len()
                ));
                continue;
            }
            self.slots.extend(record.handles.iter().map(|h| h.slot));
            self.surveys.push(ChosenSurvey { ids: layer.ids(&record.handles), city, survey });
            return;
        }
    }

    #[must_use]
    pub fn contains(&self, feature: &FeatureHandle) -> bool {
        self.slots.contains(&feature.slot)
    }

    /// Sentences that name the surveys that count.
    #[must_use]
    pub fn to_rules(&self) -> Vec<String> {
        let named = self.surveys.iter().take(MAX_NAMED);
        let mut rules: Vec<String> =
            named.map(|chosen| format!("{} counts.", name_survey(&chosen.survey, &chosen.city))).collect();
        if self.surveys.len() > MAX_NAMED {
            rules.push(format!("The surveys of {} more cities count.", self.surveys.len() - MAX_NAMED));
        }
        rules.extend(self.incomplete.iter().take(MAX_NAMED).cloned());
        rules
    }
}

fn name_survey(survey: &str, city: &str) -> String {
    let of = if city.is_empty() { String::new() } else { format!(" of '{city}'") };
    if survey.is_empty() { format!("What belongs to no survey{of}") } else { format!("The survey '{survey}'{of}") }
}
