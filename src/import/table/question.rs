//! What a table leaves open: a sentence, the choices, and how the command line answers it. An import with an open
//! question stores nothing.

use serde_json::{Value as Json, json};

/// One way to answer.
#[derive(Debug, Clone, PartialEq)]
pub struct QuestionChoice {
    /// For programs: `comma`, `EPSG:3794`.
    pub id: String,
    pub label: String,
    /// The option of the command line: `--decimal comma`.
    pub option: String,
    /// The same as members of a recipe: `{"decimal": "comma"}`; null when the caller has to say more.
    pub answer: Json,
    /// What the label says beside its words, for texts in other languages.
    pub parameters: Json,
}

/// A question that a table raises.
#[derive(Debug, Clone, PartialEq)]
pub struct TableQuestion {
    /// For programs: `decimal`, `sheet`.
    pub id: &'static str,
    pub sentence: String,
    pub choices: Vec<QuestionChoice>,
    /// The position of the likeliest choice.
    pub default: Option<usize>,
    /// How many cells it is about.
    pub cells: u64,
    /// The columns that it is about.
    pub columns: Vec<usize>,
    /// What the sentence says beside its words, for texts in other languages.
    pub parameters: Json,
}

impl QuestionChoice {
    /// A choice without parameters.
    pub fn new(id: impl Into<String>, label: impl Into<String>, option: impl Into<String>, answer: Json) -> Self {
        Self { id: id.into(), label: label.into(), option: option.into(), answer, parameters: json!({}) }
    }

    #[must_use]
    pub fn with_parameters(self, parameters: Json) -> Self {
        Self { parameters, ..self }
    }
}

impl TableQuestion {
    #[must_use]
    pub fn to_json(&self) -> Json {
        let choices: Vec<Json> = self.choices.iter().map(|c| json!({"label": c.label, "option": c.option})).collect();
        json!({
            "id": self.id,
            "question": self.sentence,
            "choices": choices,
            "default": self.default,
            "cells": self.cells,
        })
    }

    /// The question and its answers in one line.
    #[must_use]
    pub fn to_sentence(&self) -> String {
        let options: Vec<String> = self
            .choices
            .iter()
            .map(|c| if c.label.is_empty() { c.option.clone() } else { format!("{} ({})", c.option, c.label) })
            .collect();
        match &options[..] {
            [] => self.sentence.clone(),
            [only] => format!("{} Say {only}.", self.sentence),
            several => format!("{} Say {}.", self.sentence, several.join(", or ")),
        }
    }
}

/// A text as an argument of a shell.
pub fn quote_argument(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '=' | ':' | '/' | ',');
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
