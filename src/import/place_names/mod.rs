//! Places by their names, as tables have them: "Prešernova, from Stanetova to Krekov trg". Knows the streets,
//! facilities, areas and interventions of the plan. What fits two places fits none; a place that is found is to be
//! confirmed.

mod gazetteer; // the names of the plan
mod name_words; // words of names as they are compared
mod place_phrase; // the parts of a text that names a place
mod street_part; // a part of a street between two places

pub use gazetteer::{NamedLocation, PLACE_FIELD, PlaceGazetteer, PlaceNameFault};
