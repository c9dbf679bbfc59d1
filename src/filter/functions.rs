//! The functions that filters may use, as `/api/functions` lists them.

use super::expression::{ArrayRelation, SpatialRelation, TemporalRelation};
use serde_json::{Value as Json, json};

/// (name, what it says, arguments as (title, types), what it returns)
const VALUE_FUNCTIONS: [(&str, &str, &[(&str, &[&str])], &str); 4] = [
    ("CASEI", "The text without regard to case.", &[("text", &["string"])], "string"),
    ("ACCENTI", "The text without regard to accents.", &[("text", &["string"])], "string"),
    ("YEAR", "The year of a date, in UTC.", &[("date", &["datetime"])], "integer"),
    ("COUNT", "How many entries a list has.", &[("list", &["string"])], "integer"),
];

/// Every function, in the form of the OGC API Features Part 3 resource.
#[must_use]
pub fn list_functions() -> Json {
    let entry = |name: &str, description: &str, args: Vec<Json>, returns: &str| json!({"name": name, "description": description, "args": args, "returns": [returns]});
    let values = VALUE_FUNCTIONS.iter().map(|(name, says, args, returns)| {
        let args = args.iter().map(|(title, types)| json!({"title": title, "type": types})).collect();
        entry(name, says, args, returns)
    });
    let two = |types: &[&str]| vec![json!({"type": types}), json!({"type": types})];
    let spatial = SpatialRelation::ALL
        .iter()
        .map(|f| (f.name(), "How two geometries lie to each other (DE-9IM).", two(&["geometry"])));
    let temporal = TemporalRelation::ALL
        .iter()
        .map(|f| (f.name(), "How two instants or intervals lie to each other.", two(&["datetime"])));
    let sets = ArrayRelation::ALL
        .iter()
        .map(|f| (f.name(), "How two lists, as sets, lie to each other.", two(&["string", "number", "boolean"])));
    let tests = spatial.chain(temporal).chain(sets).map(|(name, says, args)| entry(name, says, args, "boolean"));
    json!({"functions": values.chain(tests).collect::<Vec<_>>()})
}

pub(crate) fn function_names() -> Vec<&'static str> {
    let values = VALUE_FUNCTIONS.iter().map(|f| f.0);
    let spatial = SpatialRelation::ALL.iter().map(|f| f.name());
    let temporal = TemporalRelation::ALL.iter().map(|f| f.name());
    let sets = ArrayRelation::ALL.iter().map(|f| f.name());
    values.chain(spatial).chain(temporal).chain(sets).collect()
}
