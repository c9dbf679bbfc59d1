//! The plan model is complete and agrees with itself: schemas, vocabularies, ten languages, moves.

use cityheart::plan::PlanModel;
use serde_json::Value as Json;
use std::collections::BTreeSet;

const LANGUAGES: [&str; 10] = ["en", "fr", "pl", "es", "hr", "pt", "sl", "it", "el", "nl"];
const COLLECTIONS: [&str; 10] = [
    "areas",
    "cities",
    "contributions",
    "facilities",
    "indicators",
    "interventions",
    "observations",
    "partners",
    "premises",
    "segments",
];

fn model() -> PlanModel {
    PlanModel::load().expect("the model inside the binary can be read")
}

#[test]
fn every_collection_of_the_plan_has_a_schema() {
    let model = model();
    let ids: Vec<_> = model.collections().map(|c| c.id.to_string()).collect();
    assert_eq!(ids, COLLECTIONS);
    let interventions = model.collections().find(|c| c.id.as_str() == "interventions").unwrap();
    let time = interventions.time.expect("interventions are placed in time");
    assert_eq!(interventions.fields[time.start].name, "start");
    assert_eq!(time.end.map(|e| interventions.fields[e].name.as_str()), Some("end"));
}

#[test]
fn every_schema_is_valid_json_schema() {
    for collection in model().collections() {
        jsonschema::meta::validate(&collection.schema).unwrap_or_else(|e| panic!("{}: {e}", collection.id));
    }
}

#[test]
fn every_title_and_label_exists_in_ten_languages() {
    let model = model();
    let mut seen = 0;
    for collection in model.collections() {
        seen += labelled(&collection.schema, "x-cityheart-title", collection.id.as_str());
        seen += labelled(&collection.schema, "x-cityheart-description", collection.id.as_str());
    }
    for (name, vocabulary) in model.vocabularies() {
        seen += labelled(vocabulary, "labels", name) + labelled(vocabulary, "title", name);
    }
    assert!(seen > 300, "only {seen} translated things were found");
}

#[test]
fn a_closed_choice_lists_exactly_the_concepts_of_its_vocabulary() {
    let model = model();
    let mut checked = 0;
    for collection in model.collections() {
        walk(&collection.schema, &mut |node| {
            let Some(uri) = node.get("x-ogc-codelistUri").and_then(Json::as_str) else { return };
            let name = uri.strip_prefix("vocabularies/").expect("a codelist is one of our vocabularies");
            let vocabulary =
                model.vocabulary(name).unwrap_or_else(|| panic!("{}: no vocabulary {name}", collection.id));
            if let Some(listed) = node.get("enum").and_then(Json::as_array) {
                assert_eq!(listed.iter().filter_map(Json::as_str).collect::<Vec<_>>(), ids(vocabulary), "{name}");
                checked += 1;
            }
        });
    }
    assert!(checked > 10, "only {checked} closed choices were found");
}

#[test]
fn statuses_move_only_to_statuses_and_each_is_reached_from_an_idea() {
    let model = model();
    let status = model.vocabulary("status").unwrap();
    let known: BTreeSet<_> = ids(status).into_iter().collect();
    let moves = |id: &str| -> Vec<&str> {
        let concept = concepts(status).find(|c| c["id"] == id).unwrap();
        concept["moves"].as_array().unwrap().iter().filter_map(Json::as_str).collect()
    };
    let mut reached = BTreeSet::from(["idea"]);
    let mut front = vec!["idea"];
    while let Some(id) = front.pop() {
        for next in moves(id) {
            assert!(known.contains(next), "{id} moves to an unknown status {next}");
            if reached.insert(next) {
                front.push(next);
            }
        }
    }
    assert_eq!(reached, known);
}

#[test]
fn the_model_refuses_what_breaks_its_rules_and_says_where() {
    let model = model();
    let id = cityheart::collection::CollectionId::new("interventions").unwrap();
    let good = serde_json::json!({"title": "Trees", "city": "celje", "kind": "hard_investment", "status": "idea",
        "location_precision": "street", "visibility": "public", "cost": null});
    let findings = |change: &dyn Fn(&mut serde_json::Map<String, Json>)| {
        let mut properties = good.as_object().unwrap().clone();
        change(&mut properties);
        model.validate_properties(&id, &properties)
    };
    assert_eq!(findings(&|_| {}), vec![]);
    let places = |f: Vec<cityheart::error::InvalidInput>| f.into_iter().map(|i| i.at).collect::<Vec<_>>();
    assert_eq!(places(findings(&|p| drop(p.insert("status".into(), "planned".into())))), ["/properties/status"]);
    assert_eq!(places(findings(&|p| drop(p.insert("cost".into(), (-1).into())))), ["/properties/cost"]);
    assert_eq!(places(findings(&|p| drop(p.remove("title")))), ["/properties"]);
    assert_eq!(places(findings(&|p| drop(p.insert("start".into(), "2026-13-01".into())))), ["/properties/start"]);
}

fn concepts(vocabulary: &Json) -> impl Iterator<Item = &Json> {
    vocabulary["concepts"].as_array().into_iter().flatten()
}

fn ids(vocabulary: &Json) -> Vec<&str> {
    concepts(vocabulary).filter_map(|c| c["id"].as_str()).collect()
}

/// Counts the objects under `key` and checks that each has a text in every language, in order.
fn labelled(json: &Json, key: &str, place: &str) -> usize {
    let mut seen = 0;
    walk(json, &mut |node| {
        let Some(labels) = node.get(key).and_then(Json::as_object) else { return };
        let languages: Vec<_> = labels.keys().map(String::as_str).collect();
        assert_eq!(languages, LANGUAGES, "{place}: {labels:?}");
        assert!(labels.values().all(|t| t.as_str().is_some_and(|t| !t.trim().is_empty())), "{place}: {labels:?}");
        seen += 1;
    });
    seen
}

fn walk<'a>(json: &'a Json, visit: &mut impl FnMut(&'a Json)) {
    visit(json);
    match json {
        Json::Array(items) => items.iter().for_each(|i| walk(i, visit)),
        Json::Object(members) => members.values().for_each(|m| walk(m, visit)),
        _ => {}
    }
}

#[test]
fn a_link_is_a_web_address() {
    let model = model();
    let areas = model.collections().find(|c| c.id.as_str() == "areas").unwrap();
    let violations = |link: &str| {
        let Json::Object(properties) = serde_json::json!({"sources": [link]}) else { unreachable!() };
        let all = model.validate_properties(&areas.id, &properties);
        all.into_iter().filter(|v| v.at == "/properties/sources/0").map(|v| v.message).collect::<Vec<_>>()
    };
    for good in ["https://example.org", "http://example.org/a?b=%C3%A9#c", "HTTPS://example.org:8080/(x)"] {
        assert!(violations(good).is_empty(), "{good}");
    }
    for bad in [
        "javascript:alert(1)",
        "JavaScript://example.org/%0aalert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//example.org",
        "example.org",
        "https://",
        "https:///x",
        "https://exa mple.org",
        "https://example.org/\u{0}",
        "https://a/%zz",
        "",
    ] {
        let found = violations(bad);
        assert!(found.len() == 1 && found[0].ends_with("Begin it with https:// or http://."), "{bad}: {found:?}");
    }
}
