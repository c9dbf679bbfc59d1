//! What the first reading finds of one field, and the kind that holds all its values.

use super::value_kinds::{SurveyedKind, ValueForm, is_unread_time};
use crate::collection::FieldType;
use serde_json::Value as Json;

/// One field of the files.
pub struct SurveyedField {
    pub name: String,
    kind: Option<FieldType>,
    /// Only text can hold values of all the kinds found.
    is_mixed: bool,
    has_integers: bool,
    has_wide_integers: bool,
    /// A value such as `3.0`.
    pointed: Option<String>,
    /// The values are cells of a table.
    untyped: bool,
    /// A cell that is a number and would be written in another way.
    number_as_text: Option<String>,
    /// A value that is no number.
    has_others: bool,
    /// The first value that is a day or an instant in a spelling that is not read.
    unread_time: Option<String>,
    /// There is a value that is neither a day nor an instant.
    is_timeless: bool,
}

/// A field that is text though all its values are days or instants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadTimes {
    pub field: String,
    /// The first value in a spelling that is not read.
    pub example: String,
}

/// A field that is text so that its numbers stay as they are written, with one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExactTextField {
    pub name: String,
    pub example: String,
}

/// What there is to say of the kind of a field.
pub enum FieldOutcome {
    Plain,
    /// Reals among integers: whole numbers are written without a decimal point.
    BareWholeNumbers,
    /// Text, as the values are of several kinds.
    MixedText,
    /// Text, as numbers would be written in another way.
    ExactText {
        example: String,
    },
}

impl SurveyedField {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: None,
            is_mixed: false,
            has_integers: false,
            has_wide_integers: false,
            pointed: None,
            untyped: false,
            number_as_text: None,
            has_others: false,
            unread_time: None,
            is_timeless: false,
        }
    }

    /// Notes whether a value of this kind is a day or an instant.
    pub fn note_time(&mut self, kind: Option<FieldType>, value: &Json) {
        if self.is_timeless {
            return;
        }
        match (kind, value) {
            (None | Some(FieldType::Date | FieldType::DateTime), _) => {}
            (Some(FieldType::Text), Json::String(text)) if is_unread_time(text) => {
                self.unread_time.get_or_insert_with(|| text.clone());
            }
            _ => self.is_timeless = true,
        }
    }

    /// The first unread value of a field that is text though all its values are days or instants.
    pub fn unread_time(&self) -> Option<&str> {
        self.unread_time.as_deref().filter(|_| self.kind == Some(FieldType::Text) && !self.is_timeless)
    }

    /// Takes a value; `untyped` is that of a table.
    pub fn add_value(&mut self, value_kind: SurveyedKind, value: &Json, untyped: bool) {
        let SurveyedKind { kind, form } = value_kind;
        self.widen_kind(kind);
        self.untyped |= untyped;
        let keep = |example: &mut Option<String>| {
            example.get_or_insert_with(|| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned));
        };
        match form {
            ValueForm::Integer => self.has_integers = true,
            ValueForm::WideInteger => self.has_wide_integers = true,
            ValueForm::Pointed => keep(&mut self.pointed),
            ValueForm::NumberAsText => keep(&mut self.number_as_text),
            ValueForm::Fraction => {}
            ValueForm::Other => self.has_others = true,
        }
    }

    fn widen_kind(&mut self, new: FieldType) {
        let is_textual = |kind| matches!(kind, FieldType::Text | FieldType::Date | FieldType::DateTime);
        self.kind = Some(match self.kind {
            None => new,
            Some(old) if old == new => old,
            Some(old) => match (old, new) {
                (FieldType::Integer, FieldType::Real) | (FieldType::Real, FieldType::Integer) => FieldType::Real,
                _ => {
                    self.is_mixed |= !(is_textual(old) && is_textual(new));
                    FieldType::Text
                }
            },
        });
    }

    /// The kind of the field; text for a field without a value.
    pub fn decide_kind(&self) -> (FieldType, FieldOutcome) {
        let kind = self.kind.unwrap_or(FieldType::Text);
        let example = self.number_as_text.clone().filter(|_| !self.has_others);
        match kind {
            FieldType::Text if let Some(example) = example => (kind, FieldOutcome::ExactText { example }),
            FieldType::Text if self.is_mixed => (kind, FieldOutcome::MixedText),
            FieldType::Real if self.has_wide_integers => (FieldType::Text, FieldOutcome::MixedText),
            FieldType::Real if self.has_integers => match &self.pointed {
                Some(pointed) if self.untyped => {
                    (FieldType::Text, FieldOutcome::ExactText { example: pointed.clone() })
                }
                // 3.0 and 3 are the same number in JSON.
                Some(_) => (kind, FieldOutcome::Plain),
                None => (kind, FieldOutcome::BareWholeNumbers),
            },
            _ => (kind, FieldOutcome::Plain),
        }
    }
}
