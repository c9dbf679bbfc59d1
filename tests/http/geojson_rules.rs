//! What RFC 7946 and RFC 8259 demand of the GeoJSON that clients send: told in `Edit-Left-Out`, or refused.

use crate::support::editing::{Client, GEOJSON, ITEMS, MERGE, ONE, measure, places};
use serde_json::json;

const STRICT: (&str, &str) = ("prefer", "handling=strict");

#[tokio::test]
async fn members_that_geojson_forbids_are_left_out_and_named_or_refused() {
    let client = Client::new();
    let polygon = json!([[[15.26, 46.22], [15.27, 46.22], [15.27, 46.23], [15.26, 46.22]]]);
    for (nth, (at, member)) in [
        ("", ("coordinates", json!([1, 2]))),
        ("", ("geometries", json!([]))),
        ("", ("features", json!([]))),
        ("", ("bbox", json!([1, 2, 3]))),
        ("", ("bbox", json!("1,2,3,4"))),
        ("/geometry", ("geometry", json!(null))),
        ("/geometry", ("properties", json!({"a": 1}))),
        ("/geometry", ("features", json!([]))),
        ("/geometry", ("geometries", json!([]))),
        ("/geometry", ("bbox", json!([1, 4, 3, 2]))),
    ]
    .into_iter()
    .enumerate()
    {
        let mut feature = measure(Some(&format!("celje-rule-{nth}")));
        feature["geometry"] = json!({"type": "Polygon", "coordinates": polygon.clone()});
        feature.pointer_mut(at).unwrap()[member.0] = member.1.clone();
        let place = format!("{at}/{}", member.0);
        let strict = client.send("POST", ITEMS, &[GEOJSON, STRICT], feature.to_string()).await;
        assert_eq!(strict.status, 422, "{place}: {}", strict.text());
        assert!(strict.text().contains(&place) && strict.text().contains("RFC 7946"), "{}", strict.text());
        let usual = client.post(&feature).await;
        assert_eq!((usual.status.as_u16(), usual.header("edit-left-out")), (201, place.as_str()), "{}", usual.text());
        let path = format!("{ITEMS}/celje-rule-{nth}");
        feature.as_object_mut().unwrap().remove("id");
        let put = client.send("PUT", &path, &[GEOJSON], feature.to_string()).await;
        assert_eq!((put.status.as_u16(), put.header("edit-left-out")), (204, place.as_str()), "{}", put.text());
        let patch = json!({"geometry": feature["geometry"], member.0: feature[member.0]});
        if at.is_empty() && member.0 != "geometry" {
            let patched = client.send("PATCH", &path, &[MERGE], json!({member.0: member.1}).to_string()).await;
            assert_eq!(
                (patched.status.as_u16(), patched.header("edit-left-out")),
                (204, place.as_str()),
                "{}",
                patched.text()
            );
        } else {
            let patched =
                client.send("PATCH", &path, &[MERGE], json!({"geometry": patch["geometry"]}).to_string()).await;
            assert_eq!(
                (patched.status.as_u16(), patched.header("edit-left-out")),
                (204, place.as_str()),
                "{}",
                patched.text()
            );
        }
    }
}

#[tokio::test]
async fn an_id_is_text_or_a_number() {
    let client = Client::new();
    let mut feature = measure(None);
    feature["id"] = json!(null);
    let strict = client.send("POST", ITEMS, &[GEOJSON, STRICT], feature.to_string()).await;
    assert_eq!((strict.status.as_u16(), places(&strict.json())), (422, vec!["/id"]), "{}", strict.text());
    let usual = client.post(&feature).await;
    assert_eq!((usual.status.as_u16(), usual.header("edit-left-out")), (201, "/id"), "{}", usual.text());
    for id in [json!(true), json!({"a": 1}), json!(["a"]), json!("")] {
        feature["id"] = id.clone();
        let refused = client.post(&feature).await;
        assert_eq!(refused.status, 400, "{id}: {}", refused.text());
        let problem = refused.json();
        assert!(places(&problem).contains(&"/id") || refused.text().contains("/id"), "{id}: {problem}");
        assert!(refused.text().contains("An id "), "{id}: {problem}");
    }
}

#[tokio::test]
async fn a_feature_without_geometry_or_properties_is_refused_by_a_client_that_is_strict() {
    let client = Client::new();
    for name in ["geometry", "properties"] {
        let mut feature = measure(Some("celje-bare"));
        feature.as_object_mut().unwrap().remove(name);
        let strict = client.send("POST", ITEMS, &[GEOJSON, STRICT], feature.to_string()).await;
        assert_eq!(strict.status, 422, "{}", strict.text());
        assert!(strict.text().contains(&format!("/{name}")), "{}", strict.text());
    }
}

#[tokio::test]
async fn members_that_are_there_twice_are_refused_with_the_place() {
    let client = Client::new();
    let whole = measure(Some("celje-twin")).to_string();
    let twice = |from: &str, to: &str| {
        assert!(whole.contains(from), "{from} is in {whole}");
        whole.replacen(from, to, 1)
    };
    for text in [
        twice("\"type\":\"Feature\"", "\"type\":\"Feature\",\"type\":\"Feature\""),
        twice("\"properties\":{", "\"properties\":{},\"properties\":{"),
        twice("\"properties\":{", "\"properties\":{\"summary\":\"a\",\"summary\":\"b\","),
        twice("\"properties\":{", "\"properties\":{\"steps\":[{\"x\":1,\"x\":1}],"),
    ] {
        let posted = client.send("POST", ITEMS, &[GEOJSON], text.clone()).await;
        assert_eq!(posted.status, 400, "{text}: {}", posted.text());
        assert!(
            posted.text().contains("two members of an object are named") && posted.text().contains("line 1 column"),
            "{}",
            posted.text()
        );
        let put = client.send("PUT", ONE, &[GEOJSON], text).await;
        assert_eq!(put.status.as_u16(), 400, "{}", put.text());
    }
    let patch = r#"{"properties":{"summary":"a","summary":null}}"#;
    assert_eq!(client.send("PATCH", ONE, &[MERGE], patch).await.status, 400);
    let json = ("content-type", "application/json");
    let edits = r#"{"edits":[{"delete":"a","delete":"b"}]}"#;
    let changes = "/api/collections/interventions/changes";
    assert_eq!(client.send("POST", changes, &[json], edits).await.status, 400);
    let asked = r#"{"inputs":{"city":"celje","city":"krakow"}}"#;
    let asked = client.send("POST", "/api/processes/summary/execution", &[json], asked).await;
    assert!(asked.status == 400 && asked.text().contains("'city'"), "{} {}", asked.status, asked.text());
    let filter = "%7B%22op%22%3A%22%3D%22%2C%22op%22%3A%22%3C%22%2C%22args%22%3A%5B1%2C1%5D%7D";
    let filtered = client.get(&format!("{ITEMS}?filter-lang=cql2-json&filter={filter}")).await;
    assert!(filtered.status == 400 && filtered.text().contains("'op'"), "{} {}", filtered.status, filtered.text());
}

#[tokio::test]
async fn text_with_nul_is_refused_in_every_edit() {
    let client = Client::new();
    let mut feature = measure(Some("celje-nul"));
    feature["properties"]["title"] = "a\0b".into();
    let posted = client.post(&feature).await;
    feature.as_object_mut().unwrap().remove("id");
    for reply in [
        posted,
        client.send("PUT", ONE, &[GEOJSON], feature.to_string()).await,
        client.patch(ONE, &json!({"properties": {"title": "\0"}})).await,
        client.patch(ONE, &json!({"properties": {"steps": [{"title": "a\0"}]}})).await,
    ] {
        assert_eq!(reply.status, 422, "{}", reply.text());
        assert!(reply.text().contains("NUL character"), "{}", reply.text());
    }
}

#[tokio::test]
async fn what_is_a_hair_beyond_the_edge_of_the_globe_is_on_it_and_more_is_refused() {
    let client = Client::new();
    for (lon, status) in [("180.00000000000006", 204), ("-180.00000004", 204), ("180.0000001", 422), ("180.1", 422)] {
        let patch = format!(r#"{{"geometry":{{"type":"Point","coordinates":[{lon},46.2]}}}}"#);
        let reply = client.send("PATCH", ONE, &[MERGE], patch).await;
        assert_eq!(reply.status, status, "{lon}: {}", reply.text());
        if status == 204 {
            assert_eq!(client.json(ONE).await["geometry"]["coordinates"][0].as_f64().unwrap().abs(), 180.0, "{lon}");
        } else {
            assert!(reply.text().contains("/geometry"), "{}", reply.text());
        }
    }
}
