//! Processes as OGC API Processes Part 1 has them, and what is refused: each with a sentence that names the input.

use crate::support::processes::post;
use crate::support::server::{get, json as read, link, local, router};
use axum::http::StatusCode;
use serde_json::{Value as Json, json};

#[tokio::test]
async fn every_process_is_listed_described_and_leads_to_its_execution() {
    let router = router();
    let list = read(&router, "/api/processes").await;
    let processes = list["processes"].as_array().unwrap();
    assert_eq!(processes.len(), cityheart::question::QUESTIONS.len());
    for summary in processes {
        let one = read(&router, local(link(summary, "self", "application/json").unwrap())).await;
        for member in ["id", "title", "description", "version", "jobControlOptions", "outputTransmission"] {
            assert_eq!(one[member], summary[member]);
        }
        for (name, input) in one["inputs"].as_object().unwrap() {
            assert!(input["title"].is_string(), "{name}");
            jsonschema::validator_for(&input["schema"]).unwrap_or_else(|e| panic!("{name}: {e}"));
        }
        let schema = jsonschema::validator_for(&one["outputs"]["answer"]["schema"]).unwrap();
        assert!(!schema.is_valid(&json!({})));
        let execute = local(link(&one, "http://www.opengis.net/def/rel/ogc/1.0/execute", "application/json").unwrap());
        assert_eq!(get(&router, execute).await.status, StatusCode::METHOD_NOT_ALLOWED);
    }
    assert!(
        link(&read(&router, "/api").await, "http://www.opengis.net/def/rel/ogc/1.0/processes", "application/json")
            .is_some()
    );
}

#[tokio::test]
async fn an_answer_comes_bare_or_as_a_document_and_objects_may_be_wrapped() {
    let square = json!({"type": "Polygon", "coordinates": [[[15.26, 46.22], [15.28, 46.22], [15.28, 46.24], [15.26, 46.24], [15.26, 46.22]]]});
    let bare = post("inside", json!({"inputs": {"area": square}}).to_string()).await.json();
    let wrapped = json!({"inputs": {"area": {"value": square}}, "outputs": {"answer": {}}, "response": "document"});
    let document = post("inside", wrapped.to_string()).await.json();
    assert_eq!(document["answer"]["value"], bare);
    let description = read(&router(), "/api/processes/inside").await;
    let schema = jsonschema::validator_for(&description["outputs"]["answer"]["schema"]).unwrap();
    assert!(schema.is_valid(&bare));
}

fn polygon(ring: &[(f64, f64)]) -> Json {
    let ring: Vec<[f64; 2]> = ring.iter().map(|p| [p.0, p.1]).collect();
    json!({"type": "Polygon", "coordinates": [ring]})
}

/// A circle of so many positions.
fn round(count: usize) -> Json {
    let at = |i: usize| {
        let (sin, cos) = (std::f64::consts::TAU * (i % count) as f64 / count as f64).sin_cos();
        (15.26 + 0.02 * cos, 46.22 + 0.02 * sin)
    };
    polygon(&(0..=count).map(at).collect::<Vec<_>>())
}

/// Many positions, short, and not too many values for a body.
fn short_positions() -> Json {
    let at = |i: usize| [(1520 + i % 10) as f64 / 100.0, 46.2];
    json!({"type": "Polygon", "coordinates": [(0..250_000).map(at).collect::<Vec<_>>()]})
}

#[tokio::test]
async fn inputs_that_make_no_sense_are_refused_with_a_sentence_at_their_name() {
    let bow_tie = polygon(&[(15.0, 46.0), (15.1, 46.1), (15.1, 46.0), (15.0, 46.1), (15.0, 46.0)]);
    let earth = polygon(&[(-180.0, -90.0), (180.0, -90.0), (180.0, 90.0), (-180.0, 90.0), (-180.0, -90.0)]);
    let grid =
        polygon(&[(520_000.0, 120_000.0), (520_100.0, 120_000.0), (520_100.0, 120_100.0), (520_000.0, 120_000.0)]);
    let core = "celje-staro-mestno-jedro";
    let table: Vec<(&str, Json, &str, &str)> = vec![
        ("inside", json!({}), "area", "required"),
        ("inside", json!({"area": "nowhere"}), "area", "no feature 'nowhere'"),
        ("inside", json!({"area": 7}), "area", "GeoJSON polygon"),
        ("inside", json!({"area": {"type": "Point", "coordinates": [1, 2]}}), "area", "Polygon or MultiPolygon"),
        ("inside", json!({"area": {"type": "Polygon"}}), "area", ""),
        ("inside", json!({"area": {"type": "Polygon", "coordinates": [[["a", "b"]]]}}), "area", ""),
        ("inside", json!({"area": {"type": "Polygon", "coordinates": []}}), "area", ""),
        ("inside", json!({"area": bow_tie}), "area", "cross"),
        ("inside", json!({"area": earth}), "area", "km across"),
        ("inside", json!({"area": grid}), "area", "national grid"),
        ("inside", json!({"area": round(300_000)}), "area", "100000 positions"),
        ("inside", json!({"area": short_positions()}), "area", "250000 positions"),
        ("inside", json!({"area": core, "collection": "nothing"}), "collection", "no collection 'nothing'"),
        ("inside", json!({"area": core, "collection": 5}), "collection", "text"),
        ("inside", json!({"area": core, "areas": "nothing"}), "areas", "no collection"),
        ("inside", json!({"area": core, "filter": 5}), "filter", "object of properties"),
        ("inside", json!({"area": core, "filter": "status == 'idea'"}), "filter", ""),
        ("inside", json!({"area": core, "filter": "stauts = 'idea'"}), "filter", "stauts"),
        ("inside", json!({"area": core, "filter": {"op": "=", "args": [1]}}), "filter", ""),
        ("inside", json!({"area": core, "filter": {"stauts": "idea"}}), "filter", "no property 'stauts'"),
        ("inside", json!({"area": core, "filter": {"status": {"is": "idea"}}}), "filter", "'status' cannot be"),
        ("inside", json!({"area": core, "at": "yesterday"}), "at", "2026-03-01"),
        ("inside", json!({"area": core, "at": "2026-01-01", "from": "2026-01-01"}), "at", "not both"),
        ("inside", json!({"area": core, "from": "2026-02-01", "to": "2026-01-01"}), "to", "before it begins"),
        ("inside", json!({"area": core, "collection": "facilities", "at": "2026-01-01"}), "at", "no dates"),
        ("inside", json!({"area": core, "aera": 1}), "aera", "no input 'aera'"),
        ("nearby", json!({"radius_m": 10}), "point", "required"),
        ("nearby", json!({"point": [15.2, 46.2]}), "radius_m", "how far"),
        ("nearby", json!({"point": [46.2, 115.2], "k": 1}), "point", "swapped"),
        ("nearby", json!({"point": [15.2], "k": 1}), "point", "[longitude, latitude]"),
        ("nearby", json!({"point": "here", "k": 1}), "point", "[longitude, latitude]"),
        ("nearby", json!({"point": [0, 89.9], "k": 1}), "point", "pole"),
        ("nearby", json!({"point": [15.2, 46.2], "radius_m": -1}), "radius_m", "out of range"),
        ("nearby", json!({"point": [15.2, 46.2], "radius_m": 1e9}), "radius_m", "out of range"),
        ("nearby", json!({"point": [15.2, 46.2], "radius_m": "far"}), "radius_m", "a number"),
        ("nearby", json!({"point": [15.2, 46.2], "k": 0}), "k", "out of range"),
        ("nearby", json!({"point": [15.2, 46.2], "k": 1.5}), "k", "whole number"),
        ("summary", json!({"group_by": "status"}), "group_by", "list"),
        ("summary", json!({"group_by": ["colour"]}), "group_by", "no property 'colour'"),
        ("summary", json!({"group_by": ["area"], "area": core}), "area", "not both"),
        ("summary", json!({"group_by": ["year"], "collection": "facilities"}), "group_by", "no dates"),
        ("summary", json!({"rule": "half"}), "rule", "whole, share"),
        ("conflicts", json!({"distance_m": -5}), "distance_m", "out of range"),
        ("conflicts", json!({"distance_m": null, "open_months": 1.5}), "open_months", "whole"),
        ("conflicts", json!({"from": "2026-13-01"}), "from", "not a date"),
        ("footprint", json!({"preset": "RCO999"}), "preset", "RCO114"),
        ("footprint", json!({"preset": "RCO074", "area": core}), "area", "Leave out"),
        ("footprint", json!({"preset": "RCO114", "collection": "facilities"}), "preset", "no property 'types'"),
        ("without", json!({"distance_m": 5}), "other", "required"),
        ("without", json!({"other": "facilities"}), "distance_m", "required"),
        ("without", json!({"other": "facilities", "distance_m": true}), "distance_m", "a number"),
        ("gaps", json!({"area": core, "distance_m": 0}), "distance_m", "out of range"),
        ("gaps", json!({"area": core}), "distance_m", "required"),
        ("rate", json!({}), "numerator", "required"),
        ("rate", json!({"numerator": "state = "}), "numerator", ""),
        ("rate", json!({"numerator": "colour = 'red'"}), "numerator", "colour"),
        ("rate", json!({"numerator": 5}), "numerator", "CQL2"),
        (
            "rate",
            json!({"numerator": {"state": "vacant"}, "denominator": {"op": "like", "args": []}}),
            "denominator",
            "",
        ),
        ("rate", json!({"numerator": {"state": "vacant"}, "before": "observed_on >"}), "before", ""),
        ("rate", json!({"numerator": {"state": "vacant"}, "group_by": "colour"}), "group_by", "no property"),
        (
            "rate",
            json!({"numerator": {"state": "vacant"}, "group_by": "segment", "places": "nothing"}),
            "places",
            "no collection",
        ),
        ("coverage", json!({"collection": "facilities"}), "collection", "interventions"),
        ("similar", json!({}), "intervention", "required"),
        ("similar", json!({"intervention": "nothing-such"}), "intervention", "no feature 'nothing-such'"),
        ("similar", json!({"intervention": 5}), "intervention", "text"),
        ("similar", json!({"intervention": core, "collection": "areas"}), "collection", "no 'types'"),
        ("similar", json!({"intervention": "celje-renewal-1", "k": -1}), "k", "out of range"),
        ("similar", json!({"intervention": "celje-renewal-1", "weights": {"colour": 1}}), "weights", "types"),
        ("similar", json!({"intervention": "celje-renewal-1", "weights": {"types": -1}}), "weights", "0 to 1000"),
        ("similar", json!({"intervention": "celje-renewal-1", "weights": {"types": 0}}), "weights", "more than 0"),
        ("reach", json!({}), "point", "required"),
        ("reach", json!({"point": [46.2, 115.2]}), "point", "swapped"),
        ("reach", json!({"point": [15.2, 46.2], "minutes": -5}), "minutes", "out of range"),
        ("reach", json!({"point": [15.2, 46.2], "minutes": 1e9}), "minutes", "out of range"),
        ("reach", json!({"point": [15.2, 46.2], "minutes": 5, "distance_m": 5}), "distance_m", "not both"),
        ("reach", json!({"point": [15.2, 46.2], "speed_m_min": 0}), "speed_m_min", "out of range"),
        ("reach", json!({"point": [15.2, 46.2], "streets": "nothing"}), "streets", "no collection"),
        ("reach", json!({"point": [15.2, 46.2], "before": "2026-01-01"}), "before", "'after'"),
        (
            "reach",
            json!({"point": [15.2, 46.2], "before": "2026-02-01", "after": "2026-01-01"}),
            "after",
            "comes before",
        ),
        (
            "reach",
            json!({"point": [15.2, 46.2], "at": "2026-01-01", "before": "2026-01-01", "after": "2026-02-01"}),
            "at",
            "two",
        ),
        ("reach", json!({"point": [15.2, 46.2], "sum": "colour"}), "sum", "no property"),
        ("reach", json!({"point": [15.2, 46.2], "sum": "name"}), "sum", "no numbers"),
        ("portfolio", json!({}), "budget", "required"),
        ("portfolio", json!({"budget": "a lot"}), "budget", "not an amount"),
        ("portfolio", json!({"budget": -1}), "budget", "not an amount"),
        ("portfolio", json!({"budget": 10.005}), "budget", "two decimals"),
        ("portfolio", json!({"budget": 1e300}), "budget", "not an amount"),
        ("portfolio", json!({"budget": 5, "must": ["nothing-such"]}), "must", "no feature"),
        ("portfolio", json!({"budget": 5, "must": ["celje-renewal-1"]}), "must", "not a candidate"),
        ("portfolio", json!({"budget": 5, "exclusive": ["a", "b"]}), "exclusive", "list"),
        ("portfolio", json!({"budget": 5, "at_least_one": {"colour": []}}), "at_least_one", "no property 'colour'"),
        ("portfolio", json!({"budget": 5, "at_least_one": {"area": ["nowhere"]}}), "at_least_one", "'nowhere'"),
        ("portfolio", json!({"budget": 5, "at_least_one": ["area"]}), "at_least_one", "object"),
        ("portfolio", json!({"budget": 5, "depends_on": "yes"}), "depends_on", "true or false"),
        ("portfolio", json!({"budget": 5, "collection": "facilities"}), "collection", "no 'cost'"),
    ];
    for (process, inputs, at, words) in table {
        let sent = json!({"inputs": inputs}).to_string();
        let shown: String = sent.chars().take(160).collect();
        let reply = post(process, sent).await;
        let problem = reply.json();
        assert!(reply.status == 400 || reply.status == 413, "{process} {shown}: {} {problem}", reply.status);
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(at) && detail.contains(words), "{process} {shown}: {detail}");
        assert!(detail.ends_with(['.', '?']), "{detail}");
    }
}

#[tokio::test]
async fn bodies_that_are_no_execution_are_refused() {
    for (body, words) in [
        ("", "not JSON"),
        ("[]", "object"),
        ("{\"inputs\": []}", "inputs"),
        ("{\"input\": {}}", "no member 'input'"),
        ("{\"inputs\": {}, \"response\": \"pigeon\"}", "raw"),
        ("{\"inputs\": {}, \"outputs\": {\"map\": {}}}", "answer"),
        ("\u{0}", "not JSON"),
    ] {
        let reply = post("summary", body.to_owned()).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{body}");
        assert!(reply.text().contains(words), "{body}: {}", reply.text());
    }
    let deep = format!("{{\"inputs\": {{\"area\": {}1{}}}}}", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(post("inside", deep).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(post("oracle", "{}".to_owned()).await.status, StatusCode::NOT_FOUND);
    let large = format!("{{\"inputs\": {{\"area\": \"{}\"}}}}", "x".repeat(17 << 20));
    assert_eq!(post("inside", large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_drawn_area_of_the_most_positions_is_answered() {
    let reply = post("inside", json!({"inputs": {"area": round(99_999)}}).to_string()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
}
