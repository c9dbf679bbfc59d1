//! The properties of a candidate, read into the fields of its collection.

use super::feature_intake::FeatureIntake;
use super::finding::{FindingCollector, FindingKind, IntakeFinding, escape_pointer};
use super::policy::CandidateSource;
use crate::collection::FieldType;
use crate::feature::{FeatureId, FieldValue, time_spelling};
use crate::number_literal::NumberLiteral;
use crate::suggestion::append_suggestion;
use serde_json::{Map, Value as Json};
use std::borrow::Cow;

impl FeatureIntake<'_> {
    /// Reads properties over the values that a feature has. What was read, as the schema is held against it, goes into
    /// `typed`. A value that is sent as the feature has it is accepted, whatever it is: another program may have
    /// written what an edit could not.
    pub(super) fn read_values(
        &self,
        properties: &Map<String, Json>,
        (id, before): (Option<&FeatureId>, Option<&[FieldValue]>),
        values: &mut [FieldValue],
        mut typed: Option<&mut Map<String, Json>>,
        collector: &mut FindingCollector,
    ) {
        // Sources list their properties in one order: the next field is usually the one that is meant.
        let mut hint = 0;
        for (name, json) in properties {
            let Some(at) = self.find_field(hint, name) else {
                if let Some(finding) = self.check_unknown_property(name, json, id) {
                    collector.add_tolerable(finding);
                }
                continue;
            };
            hint = at + 1;
            if let Some(same) = before.and_then(|b| b.get(at)).filter(|value| value.to_json() == *json) {
                values[at] = same.clone();
                if let Some(typed) = &mut typed {
                    typed.insert(name.clone(), json.clone());
                }
                continue;
            }
            let kind = self.collection.fields[at].kind;
            let read = self.read_value(kind, json).and_then(refuse_nul).and_then(|v| self.refuse_long(at, v));
            if self.policy.source == CandidateSource::Request && self.is_read_only(name) {
                if read.ok().as_ref() != values.get(at) {
                    let message = "Only the service writes this property. Leave it out.";
                    collector.add_tolerable(IntakeFinding::violation(
                        FindingKind::ReadOnlyProperty,
                        property_pointer(name),
                        message,
                    ));
                }
                continue;
            }
            let read_as = match read {
                Ok(value) => {
                    // A change is compared with the feature before it, so that its numbers are written in the same way.
                    let respelled = self.policy.source == CandidateSource::Request
                        || matches!(kind, FieldType::Date | FieldType::DateTime);
                    let stored = respelled.then(|| value.to_json());
                    values[at] = value;
                    stored.map_or(Cow::Borrowed(json), Cow::Owned)
                }
                Err(_)
                    if collector.is_lenient()
                        && let Some(value) = coerce_value(kind, json) =>
                {
                    let coerced = value.to_json();
                    values[at] = value;
                    if kind == FieldType::Date {
                        // Its time of day is lost.
                        collector.leave_out(property_pointer(name));
                    }
                    Cow::Owned(coerced)
                }
                Err(message) => {
                    let message = format!("{message}{}", value_hint(kind, json));
                    let finding_kind = value_finding_kind(kind, json);
                    let finding = IntakeFinding::violation(finding_kind, property_pointer(name), message);
                    if collector.add_tolerable(finding) {
                        continue;
                    }
                    Cow::Borrowed(json)
                }
            };
            if let Some(typed) = &mut typed {
                typed.insert(name.clone(), read_as.into_owned());
            }
        }
    }

    /// A new collection's field is text when its column has values of several kinds, so that a file may put any of them
    /// there.
    fn read_value(&self, kind: FieldType, json: &Json) -> Result<FieldValue, String> {
        let takes_any = kind == FieldType::Text && !self.is_model;
        match (self.policy.source, json) {
            (CandidateSource::File { .. }, Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_))
                if takes_any =>
            {
                Ok(FieldValue::text(json.to_string()))
            }
            _ => kind.read_value(json),
        }
    }

    /// Refuses text that is longer than its column, which other programs would cut off. What the model limits itself is
    /// held against its schema.
    fn refuse_long(&self, at: usize, value: FieldValue) -> Result<FieldValue, String> {
        let field = &self.collection.fields[at];
        let (FieldValue::Text(text), Some(limit)) = (&value, field.max_length) else { return Ok(value) };
        let limit = limit as usize;
        if text.len() <= limit || text.chars().count() <= limit {
            return Ok(value);
        }
        if self.model.collection(&self.collection.id).is_some_and(|own| own.field_index(&field.name).is_some()) {
            return Ok(value);
        }
        let length = text.chars().count();
        Err(format!("The text has {length} characters, and this field takes {limit} at most. Shorten it."))
    }

    fn check_unknown_property(&self, name: &str, json: &Json, id: Option<&FeatureId>) -> Option<IntakeFinding> {
        if name == "id" {
            return self.check_id_property(json, id);
        }
        let names = self.collection.fields.iter().map(|f| f.name.as_str());
        let fault = format!("'{}' has no property '{name}'.", self.collection.id);
        let message = append_suggestion(fault, name, names) + " Rename it or leave it out.";
        Some(IntakeFinding::violation(FindingKind::UnknownProperty, property_pointer(name), message))
    }
}

/// Text with a NUL ends there for most programs that read the plan.
fn refuse_nul(value: FieldValue) -> Result<FieldValue, String> {
    let has_nul = match &value {
        FieldValue::Text(text) => text.contains('\0'),
        FieldValue::Json(json) => has_nul_within(json),
        _ => false,
    };
    if has_nul { Err("The text has a NUL character (U+0000). Remove it.".into()) } else { Ok(value) }
}

fn has_nul_within(json: &Json) -> bool {
    match json {
        Json::String(text) => text.contains('\0'),
        Json::Array(list) => list.iter().any(has_nul_within),
        Json::Object(object) => object.iter().any(|(name, value)| name.contains('\0') || has_nul_within(value)),
        _ => false,
    }
}

pub(super) fn property_pointer(name: &str) -> String {
    format!("/properties/{}", escape_pointer(name))
}

fn value_finding_kind(kind: FieldType, json: &Json) -> FindingKind {
    use FieldType as K;
    match (kind, json) {
        (K::Date | K::DateTime, Json::String(_)) => FindingKind::BadDate,
        (K::Integer | K::Real | K::Decimal, Json::Number(_)) => FindingKind::BadNumber,
        _ => FindingKind::WrongType,
    }
}

/// What to do about a value of the wrong kind, where the reading's own sentence does not say it.
fn value_hint(kind: FieldType, json: &Json) -> String {
    let Json::String(text) = json else { return String::new() };
    let numeric = matches!(kind, FieldType::Integer | FieldType::Real | FieldType::Decimal);
    let dotted = text.replace(',', ".");
    if numeric && text.contains(',') && dotted.parse::<f64>().is_ok() {
        return format!(" Write a decimal point: {dotted}.");
    }
    if numeric && let Some(literal) = NumberLiteral::parse(text) {
        return number_hint(kind, text, &literal);
    }
    if matches!(kind, FieldType::Date | FieldType::DateTime) {
        return time_hint(kind, text);
    }
    if text.is_empty() { " Write null if it is not known.".into() } else { String::new() }
}

/// How to write a date or an instant. Two days that a text may mean are named, and neither is chosen.
fn time_hint(kind: FieldType, text: &str) -> String {
    if text.trim().is_empty() {
        return " Write null if it is not known.".into();
    }
    if kind == FieldType::Date && time_spelling::read_instant(text).is_some() {
        return " The field holds days. Put a time into a field of the type date-time.".into();
    }
    let (day, rest) = text.trim().split_once([' ', 'T', ',']).unwrap_or((text.trim(), ""));
    let respell = |day: String| match kind {
        FieldType::Date => rest.is_empty().then_some(day),
        _ => time_spelling::read_instant(&format!("{day} {}", rest.trim())).map(|read| read.text.into_owned()),
    };
    let meant: Vec<String> = time_spelling::read_year_last(day).into_iter().filter_map(respell).collect();
    match &meant[..] {
        [] => String::new(),
        [only] => format!(" Write {only}."),
        [day_first, month_first, ..] => {
            format!(" It may be {day_first} or {month_first}. Write the one that is meant.")
        }
    }
}

fn number_hint(kind: FieldType, text: &str, literal: &NumberLiteral) -> String {
    match literal {
        NumberLiteral::Exact(_) if has_leading_zero(text) => {
            " As a number it would lose its zeros. Remove them, or use a field of text.".into()
        }
        NumberLiteral::Exact(number) if kind.read_value(&number.clone().into()).is_ok() => {
            format!(" Remove the quotes: {text}.")
        }
        NumberLiteral::Exact(number) if !number.is_i64() => String::new(),
        _ => " It has more digits than this field keeps. Round it, or use a field of text.".into(),
    }
}

/// The value that was meant, where only its form is wrong.
fn coerce_value(kind: FieldType, json: &Json) -> Option<FieldValue> {
    let value: Json = match (kind, json) {
        (FieldType::Integer | FieldType::Real | FieldType::Decimal, Json::String(text)) => {
            match NumberLiteral::parse(text.trim())? {
                NumberLiteral::Exact(number) => number.into(),
                NumberLiteral::Rounded(_) | NumberLiteral::Wide => return None,
            }
        }
        (FieldType::Boolean, Json::String(text)) => serde_json::from_str(text.trim()).ok()?,
        (FieldType::Text, Json::Number(n)) => n.to_string().into(),
        (FieldType::Text, Json::Bool(b)) => b.to_string().into(),
        (FieldType::Date, Json::String(text)) => text.get(..10)?.into(),
        _ => return None,
    };
    kind.read_value(&value).ok()
}

/// `007`, but not `0.7`.
fn has_leading_zero(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']).as_bytes();
    digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_lenient_policy_reads_what_was_meant() {
        for (kind, json, value) in [
            (FieldType::Integer, json!("12"), Some(FieldValue::Int(12))),
            (FieldType::Integer, json!("12.0"), Some(FieldValue::Int(12))),
            (FieldType::Integer, json!(12.5), None),
            (FieldType::Integer, json!("12345678901234567890123"), None),
            (FieldType::Real, json!("0.3333333333333333333333"), None),
            (FieldType::Decimal, json!("12.50"), Some(FieldValue::Real(12.5))),
            (FieldType::Boolean, json!(" true "), Some(FieldValue::Bool(true))),
            (FieldType::Text, json!(5), Some(FieldValue::text("5"))),
            (FieldType::Date, json!("2026-03-01T10:00:00Z"), Some(FieldValue::text("2026-03-01"))),
            (FieldType::Date, json!("soon"), None),
            (FieldType::Json, json!("a"), None),
        ] {
            assert_eq!(coerce_value(kind, &json), value, "{kind:?} {json}");
        }
    }

    #[test]
    fn a_hint_says_how_to_write_the_value() {
        for (kind, text, hint) in [
            (FieldType::Real, "1,5", " Write a decimal point: 1.5."),
            (FieldType::Integer, "15", " Remove the quotes: 15."),
            (FieldType::Integer, "007", " As a number it would lose its zeros. Remove them, or use a field of text."),
            (
                FieldType::Integer,
                "12345678901234567890123",
                " It has more digits than this field keeps. Round it, or use a field of text.",
            ),
            (FieldType::Date, "31.12.2025", " Write 2025-12-31."),
            (FieldType::Date, "31.13.2025", ""),
            (FieldType::Date, "03/04/2026", " It may be 2026-04-03 or 2026-03-04. Write the one that is meant."),
            (
                FieldType::Date,
                "2026-03-01T10:00:00",
                " The field holds days. Put a time into a field of the type date-time.",
            ),
            (FieldType::DateTime, "31.12.2025 10:00", " Write 2025-12-31T10:00:00Z."),
            (
                FieldType::DateTime,
                "03/04/2026 10:00:00+01",
                " It may be 2026-04-03T09:00:00Z or 2026-03-04T09:00:00Z. Write the one that is meant.",
            ),
            (FieldType::DateTime, "soon", ""),
            (FieldType::DateTime, " ", " Write null if it is not known."),
            (FieldType::Integer, "", " Write null if it is not known."),
            (FieldType::Text, "x", ""),
        ] {
            assert_eq!(value_hint(kind, &json!(text)), hint, "{kind:?} {text}");
        }
    }
}
