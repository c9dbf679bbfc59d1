//! Numbers of edits keep their digits, or the edit is refused; all answers have them.

use crate::support::editing::{Client, GEOJSON, JSON, MERGE};
use crate::support::server::Plan;
use axum::body::Body;
use cityheart::access::{AccessRole, Viewer};
use cityheart::atlas::{Atlas, AtlasSettings, BaseMap, PlanFile};
use cityheart::collection::{Collection, CollectionId, FieldType};
use cityheart::config::Config;
use cityheart::feature::GeometryTypeSet;
use cityheart::plan::PlanModel;
use serde_json::json;

const ITEMS: &str = "/api/collections/things/items";

/// An administrator of a plan with one collection, which is empty.
fn client() -> Client {
    let fields =
        [("n", FieldType::Integer), ("r", FieldType::Real), ("code", FieldType::Text), ("list", FieldType::Json)];
    let fields: Vec<_> = fields.map(|(name, kind)| (name.to_owned(), kind)).to_vec();
    let id = CollectionId::new("things").unwrap();
    let things = Collection::from_inferred_fields(id, "Things", GeometryTypeSet::ANY, &fields).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let plan_file = PlanFile::open_or_create(&folder.path().join("plan.gpkg")).unwrap();
    plan_file.load_collection(&things, false, &mut std::iter::empty()).unwrap();
    let settings = AtlasSettings { accounts: Some(folder.path().join("plan.gpkg")), ..AtlasSettings::default() };
    let atlas = Atlas::open(plan_file, PlanModel::load().unwrap(), BaseMap::default(), &settings).unwrap();
    let router = cityheart::http::build_router(atlas.clone(), Config::default());
    Client { router, viewer: Viewer::new("ana", "Ana", AccessRole::Admin, []), plan: Plan { atlas, folder } }
}

fn thing(id: &str, properties: &str) -> String {
    format!(
        r#"{{"type":"Feature","id":{id},"geometry":{{"type":"Point","coordinates":[15.26510000000000000000001,46.2301]}},"properties":{properties}}}"#
    )
}

#[tokio::test]
async fn an_id_that_is_a_number_keeps_its_digits() {
    let client = client();
    for id in ["12345678901234567890123", "18446744073709551615", "9007199254740993", "1.10", "12E3", "-0"] {
        let created = client.send("POST", ITEMS, &[GEOJSON], thing(id, "{}")).await;
        assert_eq!(created.status, 201, "{}", created.text());
        assert!(created.header("location").ends_with(&format!("/{id}")), "{}", created.header("location"));
        let item = client.json(&format!("{ITEMS}/{id}")).await;
        assert_eq!((&item["id"], &item["geometry"]["coordinates"]), (&json!(id), &json!([15.2651, 46.2301])));
        let patched = client.send("PATCH", &format!("{ITEMS}/{id}"), &[MERGE], format!("{{\"id\":{id}}}")).await;
        assert_eq!(patched.status, 204, "{}", patched.text());
    }
    let twin = client.send("POST", ITEMS, &[GEOJSON], thing("12345678901234567890124", "{}")).await;
    assert_eq!(twin.status, 201, "another number is another id");
    let edits = r#"{"edits":[{"patch":{"id":12345678901234567890123,"properties":{"n":5}}}]}"#;
    let changed = client.send("POST", "/api/collections/things/changes", &[JSON], edits).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
}

#[tokio::test]
async fn numbers_are_kept_exactly_by_every_kind_of_edit_or_are_refused() {
    let client = client();
    let one = format!("{ITEMS}/a");
    client.send("POST", ITEMS, &[GEOJSON], thing("\"a\"", "{}")).await;
    for (properties, expected) in [
        (r#"{"n":9223372036854775807}"#, r#""n":9223372036854775807"#),
        (r#"{"n":-9223372036854775808}"#, r#""n":-9223372036854775808"#),
        (r#"{"n":9007199254740993.0}"#, r#""n":9007199254740993"#),
        (r#"{"n":12.0}"#, r#""n":12"#),
        (r#"{"n":1e3}"#, r#""n":1000"#),
        (r#"{"n":-0}"#, r#""n":0"#),
        (r#"{"r":1e-7}"#, r#""r":1e-7"#),
        (r#"{"r":-3.327248517232662e17}"#, r#""r":-3.327248517232662e+17"#),
        (r#"{"r":332724851723266200}"#, r#""r":3.327248517232662e+17"#),
        (r#"{"code":98765432109876543210}"#, r#""code":"98765432109876543210""#),
        (r#"{"list":[98765432109876543210,1]}"#, r#""list":["98765432109876543210",1]"#),
    ] {
        let body = format!("{{\"properties\":{properties}}}");
        let patched = client.send("PATCH", &one, &[MERGE], body).await;
        assert_eq!(patched.status, 204, "{properties}: {}", patched.text());
        let shown = client.get(&one).await;
        assert!(shown.text().contains(expected), "{properties}: {}", shown.text());
        let replaced = client.send("PUT", &one, &[GEOJSON], thing("\"a\"", properties)).await;
        assert_eq!(replaced.status, 204, "{properties}: {}", replaced.text());
        assert!(client.get(&one).await.text().contains(expected), "{properties} after PUT");
        let created = client
            .send("POST", ITEMS, &[GEOJSON, ("prefer", "return=representation")], thing("null", properties))
            .await;
        assert_eq!(created.status, 201, "{properties}: {}", created.text());
    }
    for (properties, sentence) in [
        (r#"{"n":9223372036854775808}"#, "It has more digits than this field keeps."),
        (r#"{"n":12.5}"#, "Expected a whole number"),
        (r#"{"r":98765432109876543210}"#, "It has more digits than this field keeps."),
        (r#"{"r":9007199254740993}"#, "Expected a number of at most 53 bits"),
        (r#"{"r":0.333333333333333333333}"#, "It has more digits than this field keeps."),
    ] {
        let reply = client.send("PATCH", &one, &[MERGE], format!("{{\"properties\":{properties}}}")).await;
        assert_eq!(reply.status, 422, "{properties}: {}", reply.text());
        assert!(reply.text().contains(sentence), "{properties}: {}", reply.text());
    }
}

#[tokio::test]
async fn integers_of_64_bits_are_whole_in_every_answer() {
    let client = client();
    for (id, n) in [("big", i64::MAX), ("small", i64::MIN), ("odd", 9_007_199_254_740_993)] {
        let body = thing(&format!("\"{id}\""), &format!("{{\"n\":{n}}}"));
        assert_eq!(client.send("POST", ITEMS, &[GEOJSON], body).await.status, 201);
        for page in ["items?f=json", "items?f=html", "download?f=json", "download?f=jsonfg", "download?f=csv"] {
            let reply = client.get(&format!("/api/collections/things/{page}")).await;
            assert_eq!(reply.status, 200, "{page}: {}", reply.text());
            assert!(reply.text().contains(&n.to_string()), "{n} in {page}: {}", reply.text());
        }
        let binary = client.get("/api/collections/things/download?f=flatgeobuf").await;
        assert!(binary.body.windows(8).any(|bytes| bytes == n.to_le_bytes()), "{n} in FlatGeobuf");
        let history = client.send("GET", &format!("{ITEMS}/{id}/history"), &[], Body::empty()).await;
        assert!(history.text().contains(&n.to_string()), "{n} in the history: {}", history.text());
    }
}
