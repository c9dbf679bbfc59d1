//! What is asked: the questions of a table, with one for each field that all rows lack, and the values to choose from.

use crate::access::Viewer;
use crate::collection::Collection;
use crate::import::table::{QuestionChoice, TableQuestion, column_letters};
use crate::plan::PlanModel;
use serde_json::{Value as Json, json};

/// A question that is open.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenQuestion {
    /// For programs: `decimal`, `missing:city`.
    pub id: String,
    pub question: TableQuestion,
}

/// What the values to choose from depend on.
pub struct QuestionContext<'a> {
    pub model: &'a PlanModel,
    pub collection: &'a Collection,
    pub viewer: &'a Viewer,
    /// The rows have places.
    pub has_places: bool,
}

impl OpenQuestion {
    /// The questions that a person can answer: each asks one thing.
    pub fn split(questions: &[TableQuestion], context: &QuestionContext<'_>) -> Vec<Self> {
        questions.iter().flat_map(|question| split_question(question, context)).collect()
    }

    /// The field and the value that all rows get unless somebody says otherwise: the cautious one, or the only one.
    pub fn default_value(&self) -> Option<(&str, &str)> {
        let field = self.id.strip_prefix("missing:")?;
        Some((field, self.question.choices.get(self.question.default?)?.id.as_str()))
    }

    /// The members of a recipe that our guess stands for.
    pub fn guess(&self) -> Option<&Json> {
        self.question.choices.get(self.question.default?).map(|choice| &choice.answer)
    }

    pub fn to_json(&self, number: usize) -> Json {
        let question = &self.question;
        let choice = |choice: &QuestionChoice| {
            let label = if choice.label.is_empty() { &choice.id } else { &choice.label };
            json!({"id": choice.id, "label": label, "parameters": choice.parameters, "answer": choice.answer})
        };
        let column = match question.columns[..] {
            [only] => Some(column_letters(only)),
            _ => None,
        };
        json!({
            "id": self.id,
            "number": number,
            "column": column,
            "cells": question.cells,
            "parameters": question.parameters,
            "sentence": question.sentence,
            "choices": question.choices.iter().map(choice).collect::<Vec<_>>(),
            "chosen": question.default,
        })
    }
}

fn split_question(question: &TableQuestion, context: &QuestionContext<'_>) -> Vec<OpenQuestion> {
    let fields = question.parameters["fields"].as_array().filter(|_| question.id == "missing");
    if let Some(fields) = fields {
        let cells = question.cells / (fields.len() as u64).max(1);
        return fields.iter().filter_map(Json::as_str).map(|field| ask_field(field, cells, context)).collect();
    }
    // What only the command line can say is no choice here.
    let choices: Vec<QuestionChoice> = question.choices.iter().filter(|c| c.answer.is_object()).cloned().collect();
    let guess = question.default.and_then(|at| question.choices.get(at));
    let default = guess.and_then(|guess| choices.iter().position(|choice| choice == guess));
    vec![OpenQuestion { id: question.id.to_owned(), question: TableQuestion { choices, default, ..question.clone() } }]
}

/// Asks which value all rows have in a field that no column is.
fn ask_field(field: &str, cells: u64, context: &QuestionContext<'_>) -> OpenQuestion {
    let property = &context.collection.schema["properties"][field];
    let choices = if property["x-ogc-collectionId"] == "cities" {
        let cities = context.viewer.cities().iter();
        cities.map(|city| choose_value(field, city, city)).collect()
    } else {
        list_concepts(field, property, context.model)
    };
    let wanted = match field {
        // Nothing is published by a guess.
        "visibility" => Some("internal"),
        "location_precision" if context.has_places => Some("exact"),
        "location_precision" => Some("unknown"),
        _ => None,
    };
    let default = match wanted {
        Some(wanted) => choices.iter().position(|choice: &QuestionChoice| choice.id == wanted),
        None => (choices.len() == 1).then_some(0),
    };
    let question = TableQuestion {
        id: "missing",
        sentence: format!("No column is '{field}', which every feature needs. Which value do all rows have?"),
        choices,
        default,
        cells,
        columns: vec![],
        parameters: json!({"fields": [field]}),
    };
    OpenQuestion { id: format!("missing:{field}"), question }
}

fn list_concepts(field: &str, property: &Json, model: &PlanModel) -> Vec<QuestionChoice> {
    let name = property["x-ogc-codelistUri"].as_str().and_then(|uri| uri.strip_prefix("vocabularies/"));
    let Some(vocabulary) = name.and_then(|name| model.vocabulary(name)) else { return vec![] };
    let allowed = property["enum"].as_array();
    let concepts = vocabulary["concepts"].as_array().into_iter().flatten();
    let is_allowed = |id: &str| allowed.is_none_or(|allowed| allowed.iter().any(|word| word == id));
    concepts
        .filter_map(|concept| Some((concept["id"].as_str()?, concept["labels"]["en"].as_str())))
        .filter(|(id, _)| is_allowed(id))
        .map(|(id, label)| choose_value(field, id, label.unwrap_or(id)))
        .collect()
}

fn choose_value(field: &str, value: &str, label: &str) -> QuestionChoice {
    QuestionChoice::new(value, label, format!("--set {field}={value}"), json!({"set": {field: value}}))
        .with_parameters(json!({"value": value}))
}
