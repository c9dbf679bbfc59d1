//! The functions of filters, as `/api/functions` lists them.

use super::expression::{ArrayRelation, SpatialRelation, TemporalRelation};
use serde_json::{Value as Json, json};

/// Name, description, arguments as (title, types), type of the result.
const VALUE_FUNCTIONS: [(&str, &str, &[(&str, &[&str])], &str); 4] = [
    ("CASEI", "The text, folded so that case is ignored.", &[("text", &["string"])], "string"),
    ("ACCENTI", "The text, folded so that accents are ignored.", &[("text", &["string"])], "string"),
    ("YEAR", "The year of a date, in UTC.", &[("date", &["datetime"])], "integer"),
    ("COUNT", "The number of entries of a list.", &[("list", &["string"])], "integer"),
];

/// All functions, as the resource of OGC API Features Part 3 lists them.
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
        .map(|f| (f.name(), "Spatial relation of two geometries (DE-9IM).", two(&["geometry"])));
    let temporal = TemporalRelation::ALL
        .iter()
        .map(|f| (f.name(), "Temporal relation of two instants or intervals.", two(&["datetime"])));
    let sets = ArrayRelation::ALL
        .iter()
        .map(|f| (f.name(), "Relation of two lists, compared as sets.", two(&["string", "number", "boolean"])));
    let tests = spatial.chain(temporal).chain(sets).map(|(name, says, args)| entry(name, says, args, "boolean"));
    json!({"functions": values.chain(tests).collect::<Vec<_>>()})
}

/// The names of all functions.
pub(crate) fn function_names() -> Vec<&'static str> {
    let values = VALUE_FUNCTIONS.iter().map(|f| f.0);
    let spatial = SpatialRelation::ALL.iter().map(|f| f.name());
    let temporal = TemporalRelation::ALL.iter().map(|f| f.name());
    let sets = ArrayRelation::ALL.iter().map(|f| f.name());
    values.chain(spatial).chain(temporal).chain(sets).collect()
}
