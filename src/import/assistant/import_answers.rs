//! What a person answers about one file: the members of a recipe, the layer, corrections of single cells, and places
//! that were picked on the map. Answers are merged as they come, and checked before they are kept.

use crate::error::{Error, Result};
use crate::import::table::{CellCorrection, PickedPlace, TableAnswers};
use serde_json::{Map, Value as Json};

/// The members that a recipe keeps.
const RECIPE_MEMBERS: [&str; 9] =
    ["sheet", "header_rows", "encoding", "decimal", "day_order", "language", "crs", "map", "set"];
/// Members that are objects, of which each is answered by itself.
const OBJECTS: [&str; 4] = ["map", "set", "cells", "places"];
/// Objects whose nulls are answers: an empty cell, no place.
const NULLABLE: [&str; 2] = ["cells", "places"];
/// The most members of one object.
const MAX_MEMBERS: usize = 20_000;

/// Answers about one file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportAnswers {
    members: Map<String, Json>,
    table: TableAnswers,
}

impl ImportAnswers {
    /// These answers with those of a request: a member that is null is taken back.
    ///
    /// # Errors
    /// [`Error::Invalid`] at the member that is not known, or has a value that is not.
    pub fn merge(&self, patch: &Map<String, Json>) -> Result<Self> {
        let mut members = self.members.clone();
        for (name, value) in patch {
            let at = || format!("/answers/{name}");
            if !RECIPE_MEMBERS.contains(&name.as_str()) && !["layer", "cells", "places"].contains(&name.as_str()) {
                let known = RECIPE_MEMBERS.join(", ");
                return Err(Error::invalid(
                    at(),
                    format!("There is no such answer. There are: {known}, layer, cells, places."),
                ));
            }
            match value {
                Json::Null => drop(members.remove(name)),
                Json::Object(given) if OBJECTS.contains(&name.as_str()) => {
                    let own = members.entry(name.clone()).or_insert_with(|| Json::Object(Map::new()));
                    if let Some(own) = own.as_object_mut() {
                        merge_object(own, given, NULLABLE.contains(&name.as_str()));
                        if own.len() > MAX_MEMBERS {
                            let message =
                                format!("More than {MAX_MEMBERS} members are too many. Correct the file instead.");
                            return Err(Error::TooLarge(message));
                        }
                    }
                }
                _ if OBJECTS.contains(&name.as_str()) => return Err(Error::invalid(at(), "This must be an object.")),
                value => drop(members.insert(name.clone(), value.clone())),
            }
        }
        Self::from_members(members)
    }

    /// These answers, and a guess where they say nothing.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the guess is no answer.
    pub fn with_guess(&self, guess: &Json) -> Result<Self> {
        let mut members = self.members.clone();
        for (name, value) in guess.as_object().into_iter().flatten() {
            let own = members.entry(name.clone()).or_insert_with(|| match value {
                Json::Object(_) => Json::Object(Map::new()),
                value => value.clone(),
            });
            if let (Some(own), Json::Object(given)) = (own.as_object_mut(), value) {
                for (key, value) in given {
                    own.entry(key.clone()).or_insert_with(|| value.clone());
                }
            }
        }
        members.retain(|_, value| value.as_object().is_none_or(|object| !object.is_empty()));
        Self::from_members(members)
    }

    fn from_members(mut members: Map<String, Json>) -> Result<Self> {
        members.retain(|_, value| value.as_object().is_none_or(|object| !object.is_empty()));
        let mut table = TableAnswers::default();
        for (name, value) in members.iter().filter(|(name, _)| RECIPE_MEMBERS.contains(&name.as_str())) {
            table.take_member(name, value).map_err(|e| match e {
                Error::Invalid(invalid) => Error::invalid(format!("/answers/{name}"), invalid.message),
                e => e,
            })?;
        }
        if members.get("layer").is_some_and(|layer| !layer.is_string()) {
            return Err(Error::invalid("/answers/layer", "Give the name of a layer as text."));
        }
        let object = |name: &str| members.get(name).and_then(Json::as_object).into_iter().flatten();
        table.cells = object("cells").map(|(cell, text)| read_correction(cell, text)).collect::<Result<_>>()?;
        table.places = object("places").map(|(row, place)| read_place(row, place)).collect::<Result<_>>()?;
        Ok(Self { members, table })
    }

    /// What a table is read by.
    #[must_use]
    pub fn table(&self) -> &TableAnswers {
        &self.table
    }

    /// The layer of a file that has several.
    #[must_use]
    pub fn layer(&self) -> Option<&str> {
        self.members.get("layer").and_then(Json::as_str)
    }

    /// All answers, as they are sent.
    #[must_use]
    pub fn to_json(&self) -> Json {
        Json::Object(self.members.clone())
    }
}

fn merge_object(own: &mut Map<String, Json>, given: &Map<String, Json>, keeps_null: bool) {
    for (key, value) in given {
        if value.is_null() && !keeps_null {
            own.remove(key);
        } else {
            own.insert(key.clone(), value.clone());
        }
    }
}

fn read_correction(cell: &str, text: &Json) -> Result<CellCorrection> {
    let wrong = |message: &str| Error::invalid(format!("/answers/cells/{cell}"), message);
    let text = match text {
        Json::Null => None,
        Json::String(text) if text.len() <= 32_000 => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => return Err(wrong("Give what the cell should say as text, or null to leave it empty.")),
    };
    CellCorrection::parse(cell, text).ok_or_else(|| wrong("This is no cell. Name one, such as Akcije!F14 or F14."))
}

fn read_place(row: &str, place: &Json) -> Result<PickedPlace> {
    let wrong = |message: &str| Error::invalid(format!("/answers/places/{row}"), message);
    let number = row.rsplit('!').next().and_then(|row| row.parse().ok());
    let number = number.ok_or_else(|| wrong("This is no row. Name one, such as Akcije!19 or 19."))?;
    let lonlat = match place {
        Json::Null => None,
        place => {
            let numbers: Vec<f64> = place.as_array().into_iter().flatten().filter_map(Json::as_f64).collect();
            match numbers[..] {
                [lon, lat] if lon.abs() <= 180.0 && lat.abs() <= 90.0 => Some([lon, lat]),
                _ => return Err(wrong("Give longitude and latitude, such as [15.26, 46.23], or null for no place.")),
            }
        }
    };
    Ok(PickedPlace { row: number, lonlat })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn merged(answers: &ImportAnswers, patch: &Json) -> Result<ImportAnswers> {
        answers.merge(patch.as_object().unwrap())
    }

    #[test]
    fn answers_are_merged_member_by_member_and_taken_back_by_null() {
        let first = json!({"decimal": "comma", "map": {"a": "title", "b": ""}, "cells": {"S!F14": null, "F3": "5"}});
        let answers = merged(&ImportAnswers::default(), &first).unwrap();
        assert_eq!(answers.table().map.len(), 2);
        assert_eq!(answers.table().cells.len(), 2, "a null is an empty cell");
        let answers =
            merged(&answers, &json!({"decimal": null, "map": {"a": null}, "places": {"S!19": [15.26, 46.23]}}));
        let answers = answers.unwrap();
        assert_eq!(answers.table().decimal, None);
        assert_eq!(answers.table().map, [("b".to_owned(), String::new())]);
        assert_eq!(answers.table().places, [PickedPlace { row: 19, lonlat: Some([15.26, 46.23]) }]);
        assert_eq!(merged(&answers, &json!({"cells": null})).unwrap().table().cells, []);
        assert!(answers.table().to_recipe().get("cells").is_none());
    }

    #[test]
    fn a_guess_stands_where_nothing_was_answered() {
        let own = merged(&ImportAnswers::default(), &json!({"decimal": "point", "map": {"a": ""}})).unwrap();
        let guessed = own.with_guess(&json!({"decimal": "comma", "map": {"a": "title", "b": "cost"}})).unwrap();
        assert_eq!(guessed.to_json(), json!({"decimal": "point", "map": {"a": "", "b": "cost"}}));
    }

    #[test]
    fn a_wrong_answer_is_refused_at_its_place() {
        for (patch, at) in [
            (json!({"decimal": "dot"}), "/answers/decimal"),
            (json!({"colour": 1}), "/answers/colour"),
            (json!({"map": "x"}), "/answers/map"),
            (json!({"map": {"a": 1}}), "/answers/map"),
            (json!({"cells": {"14": "x"}}), "/answers/cells/14"),
            (json!({"cells": {"F14": []}}), "/answers/cells/F14"),
            (json!({"places": {"x": null}}), "/answers/places/x"),
            (json!({"places": {"3": [200, 0]}}), "/answers/places/3"),
            (json!({"layer": 3}), "/answers/layer"),
        ] {
            match merged(&ImportAnswers::default(), &patch) {
                Err(Error::Invalid(invalid)) => assert_eq!(invalid.at, at, "{patch}"),
                other => panic!("{patch}: {other:?}"),
            }
        }
    }
}
