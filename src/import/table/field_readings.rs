//! How the cells of a column are read for a field of a collection, or, where the collection is new, for a column of its
//! style. A new collection keeps text wherever a number would not come back with the same characters.

use super::cell::TableCell;
use super::column_evidence::ColumnEvidence;
use super::column_layout::{ColumnRole, PeriodPart};
use super::date_reading::DateContext;
use super::field_names::{PERIOD, heading_scale};
use super::number_style::DecimalSign;
use super::value_reading::{NumberReading, ValueReading};
use super::vocabulary_words::VocabularyWords;
use crate::collection::{Collection, FieldType};
use crate::plan::PlanModel;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::Arc;

/// The readings of the fields of one collection.
pub struct FieldReadings<'a> {
    collection: &'a Collection,
    is_model: bool,
    /// Words of the fields that have a vocabulary.
    words: HashMap<&'a str, Arc<VocabularyWords>>,
    concepts: HashMap<&'a str, Vec<String>>,
}

impl<'a> FieldReadings<'a> {
    pub fn new(model: &PlanModel, collection: &'a Collection, is_model: bool) -> Self {
        let mut own = Self { collection, is_model, words: HashMap::new(), concepts: HashMap::new() };
        let properties = collection.schema.get("properties").and_then(Json::as_object);
        for (name, property) in properties.into_iter().flatten() {
            let coded = property.get("items").filter(|i| i.get("x-ogc-codelistUri").is_some()).unwrap_or(property);
            let vocabulary =
                coded.get("x-ogc-codelistUri").and_then(Json::as_str).and_then(|v| v.strip_prefix("vocabularies/"));
            let Some(vocabulary) = vocabulary.and_then(|name| model.vocabulary(name)) else { continue };
            let allowed = coded.get("enum").and_then(Json::as_array).map(Vec::as_slice);
            own.words.insert(name, Arc::new(VocabularyWords::new(vocabulary, allowed)));
            let ids = vocabulary.get("concepts").and_then(Json::as_array).into_iter().flatten();
            let ids = ids.filter_map(|c| c.get("id")?.as_str().map(ToOwned::to_owned));
            let is_allowed = |id: &String| allowed.is_none_or(|a| a.iter().any(|a| a.as_str() == Some(id)));
            own.concepts.insert(name, ids.filter(is_allowed).collect());
        }
        own
    }

    /// The start and the end of a feature in time.
    pub fn period_fields(&self) -> Option<(String, String)> {
        let time = self.collection.time?;
        let name = |at: usize| self.collection.fields[at].name.clone();
        let is_day = |at: usize| self.collection.fields[at].kind == FieldType::Date;
        time.end.filter(|end| is_day(time.start) && is_day(*end)).map(|end| (name(time.start), name(end)))
    }

    /// The concepts that a field takes.
    pub fn words_of(&self, field: &str) -> Vec<String> {
        self.concepts.get(field).cloned().unwrap_or_default()
    }

    /// What a column with this field becomes.
    pub fn role(
        &self,
        field: &str,
        heading: &str,
        evidence: &ColumnEvidence,
        sign: DecimalSign,
        dates: DateContext,
    ) -> ColumnRole {
        let period = self.period_fields().filter(|_| self.is_model);
        let part = period.as_ref().and_then(|(start, end)| PeriodPart::of_field(field, start, end));
        if let Some(part) = part {
            return ColumnRole::Period(part);
        }
        if field == PERIOD && self.collection.field_index(PERIOD).is_none() {
            return ColumnRole::Period(PeriodPart::Both);
        }
        let reading = self.reading(field, heading, evidence, sign, dates);
        ColumnRole::Property { name: field.to_owned(), reading }
    }

    fn reading(
        &self,
        field: &str,
        heading: &str,
        evidence: &ColumnEvidence,
        sign: DecimalSign,
        dates: DateContext,
    ) -> ValueReading {
        let Some(at) = self.collection.field_index(field) else { return ValueReading::Words };
        let kind = self.collection.fields[at].kind;
        let words = self.words.get(field);
        match (kind, words) {
            (FieldType::Json, Some(words)) => ValueReading::CodedList(words.clone()),
            (_, Some(words)) => ValueReading::Coded(words.clone()),
            (FieldType::Json, None) => ValueReading::TextList,
            (FieldType::Text, None) if self.is_model && field == PERIOD => ValueReading::PeriodText(dates),
            (FieldType::Text, None) => ValueReading::Words,
            (FieldType::Boolean, None) => ValueReading::YesNo,
            (FieldType::Date, None) => ValueReading::Days(dates),
            (FieldType::DateTime, None)
                if evidence.instants == 0 && evidence.text_days == evidence.texts && evidence.texts > 0 =>
            {
                ValueReading::Days(dates)
            }
            (FieldType::DateTime, None) => ValueReading::AsIs,
            (FieldType::Decimal | FieldType::Real | FieldType::Integer, None) => {
                let is_money = kind == FieldType::Decimal;
                let scale = if is_money { heading_scale(heading) } else { 0 };
                ValueReading::Number(NumberReading { sign, scale, is_money })
            }
        }
    }

    /// The value of `--set FIELD=VALUE`, or why it is none, as a sentence.
    pub fn read_constant(&self, field: &str, value: &str) -> Result<Json, String> {
        if self.collection.field_index(field).is_none() {
            let known: Vec<&str> = self.collection.fields.iter().map(|f| f.name.as_str()).collect();
            return Err(format!("There is no field '{field}'. There are: {}.", known.join(", ")));
        }
        let reading = self.reading(field, "", &ColumnEvidence::default(), DecimalSign::Point, DateContext::default());
        reading.read(&TableCell::from_text(value))
    }
}

/// How a column of a new collection is read: as numbers or days where all its cells are, and as it is otherwise.
pub fn reading_of_new_column(evidence: &ColumnEvidence, sign: DecimalSign, dates: DateContext) -> ValueReading {
    let own = evidence.of(sign);
    let untyped = evidence.days + evidence.instants + evidence.flags == 0;
    let is_share_beside_numbers = evidence.percents > 0 && (evidence.numbers > 0 || evidence.percents < evidence.texts);
    if evidence.is_all(sign) && untyped && !is_share_beside_numbers && own.comes_back() {
        let is_plain = evidence.point.plain == evidence.texts && own.plain == own.read;
        let reading = ValueReading::Number(NumberReading { sign, scale: 0, is_money: false });
        // Plain digits are judged as in any table, unless words for nothing stand among them.
        return if is_plain && evidence.absent == 0 { ValueReading::AsIs } else { reading };
    }
    let is_all_days = evidence.texts > 0
        && evidence.text_days + evidence.either_order == evidence.texts
        && (evidence.either_order == 0 || dates.order.is_some())
        && evidence.numbers + evidence.instants + evidence.flags == 0;
    let is_typed_days =
        evidence.texts == 0 && evidence.days > 0 && evidence.numbers + evidence.instants + evidence.flags == 0;
    if is_all_days || (is_typed_days && evidence.absent > 0) {
        return ValueReading::Days(dates);
    }
    let is_typed =
        evidence.texts == 0 && evidence.numbers > 0 && evidence.days + evidence.instants + evidence.flags == 0;
    if is_typed && evidence.absent > 0 {
        return ValueReading::Number(NumberReading { sign, scale: 0, is_money: false });
    }
    let is_yes_no =
        evidence.texts > 0 && evidence.yes + evidence.no == evidence.texts && evidence.yes > 0 && evidence.no > 0;
    if is_yes_no && evidence.numbers + evidence.days + evidence.instants == 0 {
        return ValueReading::YesNo;
    }
    ValueReading::AsIs
}
