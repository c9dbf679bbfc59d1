//! The examples of OGC 21-065r2.

use crate::filter::{fixtures, row::collection};
use cityheart::collection::{Collection, FieldType};
use cityheart::crs::Crs;
use cityheart::filter::{Filter, FilterLanguage};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::Path;

/// Examples that name functions which are not CQL2's own. They are read, and refused with the name of the function.
const FOREIGN: [(&str, &str); 5] = [
    ("clause6_01", "avg"),
    ("clause6_02b", "avg"),
    ("clause7_18", "Buffer"),
    ("example68", "Foo"),
    ("example69", "Bar"),
];

#[test]
fn all_official_examples_are_read_and_say_the_same_when_read_again() {
    let Some(path) = fixtures("cql2") else { return };
    let texts = files(&path.join("schema/examples/text"));
    let jsons = files(&path.join("schema/examples/json"));
    assert_eq!(texts.len() + jsons.len(), 229);
    for (name, text) in &texts {
        let expr = cql2::parse_text(text).unwrap_or_else(|e| panic!("{name}: {e}"));
        again(name, &expr);
    }
    for (name, text) in &jsons {
        let expr = cql2::parse_json(text).unwrap_or_else(|e| panic!("{name}: {e}"));
        again(name, &expr);
    }
    let mut bound = 0;
    for (name, text) in &texts {
        bound += usize::from(bind(name, text, FilterLanguage::Text).is_some());
    }
    for (name, text) in &jsons {
        let Some(json) = bind(name, text, FilterLanguage::Json) else { continue };
        bound += 1;
        if let Some(twin) = texts.get(name) {
            assert_eq!(
                Some(json),
                bind(name, twin, FilterLanguage::Text),
                "{name}: text and JSON say different things"
            );
        }
    }
    assert_eq!(bound, 229 - 2 * FOREIGN.len());
}

/// The parser's own round trip.
fn again(name: &str, expr: &cql2::Expr) {
    let text = expr.to_text().unwrap();
    let back = cql2::parse_text(&text).unwrap_or_else(|e| panic!("{name}: {text}: {e}"));
    assert_eq!(back.to_text().unwrap(), text, "{name}");
}

/// The canonical text of an example on a collection that has its properties; reads as itself.
fn bind(name: &str, text: &str, lang: FilterLanguage) -> Option<String> {
    let things = synthetic(name, text, lang);
    let stem = name.split("-alt").next().unwrap();
    match (Filter::parse(text, lang, Crs::CRS84, &things), FOREIGN.iter().find(|f| f.0 == stem)) {
        (Ok(filter), None) => {
            let back = Filter::parse(filter.text(), FilterLanguage::Text, Crs::CRS84, &things);
            let back = back.unwrap_or_else(|e| panic!("{name}: {} is not read again: {e}", filter.text()));
            assert_eq!(back.text(), filter.text(), "{name}");
            assert_eq!(back.plan(), filter.plan(), "{name}");
            Some(filter.text().to_owned())
        }
        (Err(e), Some((_, function))) => {
            assert!(e.to_string().contains(&format!("no function '{function}'")), "{name}: {e}");
            None
        }
        (Ok(filter), Some(_)) => panic!("{name} was taken as {}", filter.text()),
        (Err(e), None) => panic!("{name}: {e}\n{text}"),
    }
}

/// A collection with the properties of this example, of the types that it compares them with.
fn synthetic(name: &str, text: &str, lang: FilterLanguage) -> Collection {
    let expr =
        if lang == FilterLanguage::Text { cql2::parse_text(text).unwrap() } else { cql2::parse_json(text).unwrap() };
    let mut names = vec![];
    properties(&serde_json::from_str(&expr.to_json().unwrap()).unwrap(), &mut names);
    let quoted = ["clause6_02a", "example03", "example40"].iter().any(|n| name.starts_with(n));
    let kind = |property: &str| match property {
        "swimming_pool" => FieldType::Boolean,
        "updated" | "updated_at" | "built" | "starts_at" | "ends_at" | "event_time" | "touchdown" | "liftOff" => {
            FieldType::DateTime
        }
        "layer:ids" | "values" => FieldType::Json,
        "value" | "landsat:wrs_path" if quoted => FieldType::Text,
        "balance" | "depth" | "category" | "eo:cloud_cover" | "landsat:wrs_row" | "landsat:wrs_path" | "floors"
        | "taxes" | "value" | "foo" | "bar" | "x" | "vehicle_height" | "bridge_clearance" | "windSpeed" => {
            FieldType::Real
        }
        _ => FieldType::Text,
    };
    let place = ["geometry", "road", "footprint", "location"];
    let named = names.iter().find(|n| place.contains(&n.as_str())).map_or("geometry", String::as_str).to_owned();
    let fields: Vec<(&str, FieldType)> =
        names.iter().filter(|n| !place.contains(&n.as_str()) && *n != "id").map(|n| (n.as_str(), kind(n))).collect();
    let plain = collection(&fields);
    let mut schema = (*plain.schema).clone();
    let properties = schema["properties"].as_object_mut().unwrap();
    let geometry = properties.remove("geometry").unwrap();
    properties.insert(named, geometry);
    Collection::from_schema(plain.id.clone(), schema).unwrap()
}

fn properties(json: &Json, names: &mut Vec<String>) {
    match json {
        Json::Object(members) => {
            if let Some(Json::String(name)) = members.get("property")
                && !names.contains(name)
            {
                names.push(name.clone());
            }
            members.values().for_each(|m| properties(m, names));
        }
        Json::Array(items) => items.iter().for_each(|i| properties(i, names)),
        _ => {}
    }
}

fn files(path: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        found.insert(path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap());
    }
    found
}
