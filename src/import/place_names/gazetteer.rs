//! The names of a plan and what they name. A name is found by its words, in any grammatical case, in the city of the
//! row; what fits several places is told and not taken.

use super::name_words::{are_forms_of_one_word, name_words};
use super::place_phrase::{PhraseBound, PlacePhrase};
use super::street_part::{StreetLines, StreetPartFault};
use crate::collection::Collection;
use crate::feature::{Feature, Geometry};
use serde_json::Value as Json;
use std::collections::{BTreeSet, HashMap};

/// Collections whose features have names, and the fields that hold them.
const NAMED_COLLECTIONS: [(&str, &[&str]); 5] = [
    ("streets", &["name"]),
    ("segments", &["street"]),
    ("facilities", &["name"]),
    ("areas", &["name", "name_en"]),
    ("interventions", &["title", "title_en", "code"]),
];

/// The field in which a feature says where it is.
pub const PLACE_FIELD: &str = "place";

/// The names of a plan.
#[derive(Debug, Default)]
pub struct PlaceGazetteer {
    places: Vec<NamedPlace>,
    /// The places by the first letters of their names.
    by_start: HashMap<String, Vec<usize>>,
}

/// How many places a sentence names.
const MAX_NAMED: usize = 5;
/// Letters that two forms of a word share for certain.
const START_LETTERS: usize = 4;

/// One name in one city: all features of it.
#[derive(Debug)]
struct NamedPlace {
    name: String,
    words: Vec<String>,
    city: Option<String>,
    /// The collection that it is of; segments are streets.
    kind: &'static str,
    precision: Option<String>,
    schematic: bool,
    geometries: Vec<Geometry>,
}

/// A place that was found by its name.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedLocation {
    /// In longitude and latitude.
    pub geometry: Geometry,
    /// A word of the vocabulary of precision: `street_part`.
    pub precision: String,
    /// It was taken from a schematic outline.
    pub schematic: bool,
    /// What was found: "a part of Prešernova ulica, from Stanetova ulica to Krekov trg".
    pub description: String,
}

/// Why a text names no place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceNameFault {
    Unknown,
    /// It fits several places.
    Ambiguous(Vec<String>),
    /// The street is known, but not the part of it.
    Part(String),
}

impl PlaceGazetteer {
    /// Whether features of this collection have names.
    pub fn takes(collection: &str) -> bool {
        NAMED_COLLECTIONS.iter().any(|(id, _)| *id == collection)
    }

    /// Whether features of this collection say in words where they are.
    pub fn places(collection: &Collection) -> bool {
        collection.field_index(PLACE_FIELD).is_some()
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Adds the names of a feature that has a place.
    pub fn add(&mut self, collection: &Collection, feature: &Feature) {
        let Some(geometry) = &feature.geometry else { return };
        let Some((id, fields)) = NAMED_COLLECTIONS.iter().find(|(id, _)| *id == collection.id.as_str()) else { return };
        let text = |field: &str| -> Option<String> {
            let value = feature.values.get(collection.field_index(field)?)?.to_json();
            value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(ToOwned::to_owned)
        };
        let schematic = collection
            .field_index("schematic")
            .and_then(|at| feature.values.get(at))
            .is_some_and(|value| value.to_json() == Json::Bool(true));
        let (kind, city, precision) = (street_kind(id), text("city"), text("location_precision"));
        for name in fields.iter().filter_map(|field| text(field)) {
            let words = name_words(&name);
            let Some(start) = words.first().map(|word| start_of(word)) else { continue };
            let starting = self.by_start.entry(start).or_default();
            let is_same = |at: &&usize| {
                let place = &self.places[**at];
                kind == "streets" && place.kind == kind && place.words == words && place.city == city
            };
            if let Some(known) = starting.iter().find(is_same) {
                let place = &mut self.places[*known];
                place.geometries.push(geometry.clone());
                place.schematic |= schematic;
                continue;
            }
            starting.push(self.places.len());
            let (city, precision) = (city.clone(), precision.clone());
            let geometries = vec![geometry.clone()];
            self.places.push(NamedPlace { name, words, city, kind, precision, schematic, geometries });
        }
    }

    /// Finds what a text names; `city` is the id of the row's city.
    ///
    /// # Errors
    /// When the text names nothing of the plan, several places, or a part of a street that is not known.
    pub fn locate(&self, text: &str, city: Option<&str>) -> Result<NamedLocation, PlaceNameFault> {
        let phrase = PlacePhrase::parse(text);
        let place = match self.find(text, city) {
            Ok(place) if phrase.bound != PhraseBound::Whole => return Ok(place.location()),
            _ => self.find(phrase.name, city)?,
        };
        if phrase.bound == PhraseBound::Whole {
            return Ok(place.location());
        }
        let Some(street) = StreetLines::new(&place.geometries) else {
            return Err(PlaceNameFault::Part(format!("'{}' is no street", place.name)));
        };
        match &phrase.bound {
            PhraseBound::Whole => Ok(place.location()),
            PhraseBound::Beside(neighbour) => {
                let neighbour = self.find_end(neighbour, city, place)?;
                let part = street.beside(&neighbour.geometry());
                part.map(|geometry| {
                    place.part(geometry, format!("{} at {}", place.name, neighbour.name), neighbour.schematic)
                })
                .map_err(|_| far(neighbour, place))
            }
            PhraseBound::Between(ways) => self.locate_between(place, &street, ways, city),
        }
    }

    fn locate_between(
        &self,
        place: &NamedPlace,
        street: &StreetLines,
        ways: &[(&str, &str)],
        city: Option<&str>,
    ) -> Result<NamedLocation, PlaceNameFault> {
        let mut fault = PlaceNameFault::Unknown;
        for (first, second) in ways {
            let ends = self.find_end(first, city, place).and_then(|a| Ok((a, self.find_end(second, city, place)?)));
            let (a, b) = match ends {
                Ok(ends) => ends,
                Err(why) => {
                    fault = why;
                    continue;
                }
            };
            let description = format!("a part of {}, from {} to {}", place.name, a.name, b.name);
            return match street.between(&a.geometry(), &b.geometry()) {
                Ok(geometry) => Ok(place.part(geometry, description, a.schematic || b.schematic)),
                Err(StreetPartFault::Far) => Err(far(if street.beside(&a.geometry()).is_err() { a } else { b }, place)),
                Err(StreetPartFault::Same) => Err(PlaceNameFault::Part(format!(
                    "{} and {} are at the same point of {}",
                    a.name, b.name, place.name
                ))),
                Err(StreetPartFault::Apart) => {
                    Err(PlaceNameFault::Part(format!("the lines of {} between them do not meet", place.name)))
                }
            };
        }
        Err(fault)
    }

    fn find_end(&self, name: &str, city: Option<&str>, street: &NamedPlace) -> Result<&NamedPlace, PlaceNameFault> {
        let city = city.or(street.city.as_deref());
        self.find(name, city).map_err(|fault| match fault {
            PlaceNameFault::Ambiguous(names) => PlaceNameFault::Part(format!("'{name}' may be {}", names.join(" or "))),
            _ => PlaceNameFault::Part(format!("'{name}' is no place of the plan")),
        })
    }

    /// The one place of this name: by the same words, or else by other cases of them.
    fn find(&self, name: &str, city: Option<&str>) -> Result<&NamedPlace, PlaceNameFault> {
        let words = name_words(name);
        let Some(starting) = words.first().and_then(|word| self.by_start.get(&start_of(word))) else {
            return Err(PlaceNameFault::Unknown);
        };
        let near = |place: &&NamedPlace| city.is_none() || place.city.is_none() || place.city.as_deref() == city;
        let exact = |place: &NamedPlace| place.words == words;
        let inflected = |place: &NamedPlace| {
            place.words.len() == words.len() && place.words.iter().zip(&words).all(|(a, b)| are_forms_of_one_word(a, b))
        };
        for is_match in [&exact as &dyn Fn(&NamedPlace) -> bool, &inflected] {
            let candidates = starting.iter().map(|at| &self.places[*at]);
            let found: Vec<&NamedPlace> = candidates.filter(near).filter(|p| is_match(p)).collect();
            match prefer_places(found)[..] {
                [] => {}
                [one] => return Ok(one),
                ref several => {
                    let names: BTreeSet<String> = several.iter().take(MAX_NAMED).map(|place| place.title()).collect();
                    return Err(PlaceNameFault::Ambiguous(names.into_iter().collect()));
                }
            }
        }
        Err(PlaceNameFault::Unknown)
    }
}

impl NamedPlace {
    fn title(&self) -> String {
        match &self.city {
            Some(city) => format!("{} ({}, {city})", self.name, self.kind),
            None => format!("{} ({})", self.name, self.kind),
        }
    }

    /// All of it as one geometry.
    fn geometry(&self) -> Geometry {
        match (&self.geometries[..], StreetLines::new(&self.geometries)) {
            ([one], _) => one.clone(),
            (_, Some(street)) => street.whole(),
            (several, None) => several[0].clone(),
        }
    }

    fn location(&self) -> NamedLocation {
        let precision = match (self.kind, &self.precision) {
            ("streets", _) => "street",
            ("areas", _) => "area",
            (_, Some(precision)) => precision,
            _ => "unknown",
        };
        NamedLocation {
            geometry: self.geometry(),
            precision: precision.to_owned(),
            schematic: self.schematic,
            description: self.name.clone(),
        }
    }

    fn part(&self, geometry: Geometry, description: String, schematic: bool) -> NamedLocation {
        let schematic = schematic || self.schematic;
        NamedLocation { geometry, precision: "street_part".into(), schematic, description }
    }
}

fn start_of(word: &str) -> String {
    word.chars().take(START_LETTERS).collect()
}

/// Streets, facilities and areas go before interventions of the same name.
fn prefer_places(found: Vec<&NamedPlace>) -> Vec<&NamedPlace> {
    let places: Vec<&NamedPlace> = found.iter().copied().filter(|p| p.kind != "interventions").collect();
    if places.is_empty() { found } else { places }
}

fn street_kind(collection: &'static str) -> &'static str {
    if collection == "segments" { "streets" } else { collection }
}

fn far(place: &NamedPlace, street: &NamedPlace) -> PlaceNameFault {
    PlaceNameFault::Part(format!("{} is not at {}", place.name, street.name))
}

impl PlaceNameFault {
    /// A sentence for the row of `text`; `None` where nothing was known of it.
    pub fn describe(&self, text: &str) -> Option<String> {
        match self {
            Self::Unknown => None,
            Self::Ambiguous(names) => Some(format!("'{text}' may be {}", names.join(" or "))),
            Self::Part(why) => Some(format!("of '{text}', {why}")),
        }
    }
}
