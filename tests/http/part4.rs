//! OGC API Features Part 4 (20-002r2): one test per declared class, then its abstract tests one by one, by their names.

use crate::support::editing::{Client, GEOJSON, ITEMS, MERGE, ONE, measure, places};
use crate::support::{server::local, tiles};
use axum::body::Body;
use cityheart::access::{AccessRole, Viewer};
use cityheart::crs::{Crs, Projection};
use geo_types::Coord;
use serde_json::{Value as Json, json};

pub const PROVEN: [(&str, &str); 4] = [
    ("ogcapi-features-4/1.0/conf/create-replace-delete", "part4_create_replace_delete"),
    ("ogcapi-features-4/1.0/conf/update", "part4_update"),
    ("ogcapi-features-4/1.0/conf/optimistic-locking-etags", "part4_optimistic_locking_etags"),
    ("ogcapi-features-4/1.0/conf/features", "part4_features"),
];

#[tokio::test]
async fn part4_create_replace_delete() {
    let client = Client::new();
    let created = client.post(&measure(Some("celje-bench"))).await;
    assert_eq!(created.status, 201, "{}", created.text());
    let path = local(created.header("location")).to_owned();
    assert_eq!(path, format!("{ITEMS}/celje-bench"));
    let mut changed = measure(None);
    changed["properties"]["title"] = "Dve klopi v senci".into();
    let replaced = client.send("PUT", &path, &[GEOJSON], changed.to_string()).await;
    assert_eq!(replaced.status, 204, "{}", replaced.text());
    assert_eq!(client.json(&path).await["properties"]["title"], "Dve klopi v senci");
    assert_eq!(client.send("DELETE", &path, &[], Body::empty()).await.status, 204);
    assert_eq!(client.get(&path).await.status, 404);
}

#[tokio::test]
async fn part4_update() {
    let client = Client::new();
    let before = client.json(ONE).await;
    let patched = client.patch(ONE, &json!({"properties": {"title_en": "Shade first", "summary": null}})).await;
    assert_eq!(patched.status, 204, "{}", patched.text());
    let after = client.json(ONE).await;
    assert_eq!(
        (&after["properties"]["title_en"], &after["properties"]["summary"]),
        (&json!("Shade first"), &Json::Null)
    );
    for (name, value) in before["properties"].as_object().unwrap() {
        if !["title_en", "summary", "created", "updated"].contains(&name.as_str()) {
            assert_eq!(&after["properties"][name], value, "{name} stays");
        }
    }
    assert_eq!(after["geometry"], before["geometry"]);
}

#[tokio::test]
async fn part4_optimistic_locking_etags() {
    let client = Client::new();
    let tag = client.tag(ONE).await;
    assert!(tag.starts_with('"'), "a strong tag: {tag}");
    let title = |text: &str| json!({"properties": {"title": text}}).to_string();
    let first = client.send("PATCH", ONE, &[MERGE, ("if-match", &tag)], title("Prvi")).await;
    assert_eq!(first.status, 204, "{}", first.text());
    let second = client.send("PATCH", ONE, &[MERGE, ("if-match", &tag)], title("Drugi")).await;
    assert_eq!(second.status, 412);
    assert!(second.text().contains("has changed since you read it"), "{}", second.text());
    assert_eq!(client.json(ONE).await["properties"]["title"], "Prvi");
    // The tag of the answer is that of the state, and good for the next edit.
    let third = client.send("PATCH", ONE, &[MERGE, ("if-match", first.header("etag"))], title("Tretji")).await;
    assert_eq!(third.status, 204);
}

#[tokio::test]
async fn part4_features() {
    let client = Client::new();
    let collection = client.json("/api/collections/interventions").await;
    assert!(collection["storageCrs"].is_string());
    for crs in collection["crs"].as_array().unwrap().iter().filter_map(Json::as_str) {
        let crs = Crs::parse(crs).unwrap();
        let Some(at) = Projection::new(crs).unwrap().from_lonlat(Coord { x: 15.2651234, y: 46.2301234 }) else {
            continue;
        };
        let mut feature = measure(None);
        feature["geometry"]["coordinates"] = json!([at.x, at.y]);
        let header = format!("<{}>", crs.uri());
        let created = client.send("POST", ITEMS, &[GEOJSON, ("content-crs", &header)], feature.to_string()).await;
        // Far from where a grid is meant for, a position may come back from somewhere else.
        let back = Projection::new(crs).unwrap().to_lonlat(at).unwrap();
        if (back.x - 15.2651234).abs() > 1e-8 || (back.y - 46.2301234).abs() > 1e-8 {
            continue;
        }
        if !crs.is_near_area_of_use(Coord { x: 15.2651234, y: 46.2301234 }) {
            // A place far from where the grid is meant for is a mistake, as in an import.
            assert_eq!(created.status, 422, "{crs}: {}", created.text());
            continue;
        }
        assert_eq!(created.status, 201, "{crs}: {}", created.text());
        let place = client.json(local(created.header("location"))).await["geometry"]["coordinates"].clone();
        assert_eq!(place, json!([15.2651234, 46.2301234]), "{crs}");
    }
}

// Create, replace, delete

/// Allow, Accept-Post and Accept-Patch of a resource.
async fn allowed(client: &Client, path: &str) -> (String, String, String) {
    let reply = client.send("OPTIONS", path, &[], Body::empty()).await;
    assert_eq!(reply.status, 200, "{path}");
    let header = |name: &str| reply.header(name).to_owned();
    (header("allow"), header("accept-post"), header("accept-patch"))
}

#[tokio::test]
async fn options_names_what_is_allowed_for_whoever_asks() {
    let client = Client::new();
    let three = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    let reads = three("GET, HEAD, OPTIONS", "", "");
    assert_eq!(allowed(&client, ITEMS).await, three("GET, HEAD, POST, OPTIONS", "application/geo+json", ""));
    let all = three("GET, HEAD, PUT, PATCH, DELETE, OPTIONS", "", "application/merge-patch+json");
    assert_eq!(allowed(&client, ONE).await, all);
    assert_eq!(allowed(&client, &format!("{ITEMS}/fleurus-murals")).await, reads, "another city's");
    let visitor = Client { viewer: Viewer::visitor(), ..client };
    assert_eq!(allowed(&visitor, ITEMS).await, reads);
    assert_eq!(allowed(&visitor, ONE).await, reads);
    assert_eq!(visitor.send("OPTIONS", &format!("{ITEMS}/nobody"), &[], Body::empty()).await.status, 404);
}

#[tokio::test]
async fn post_answers_201_with_the_address_of_what_is_there_now() {
    let client = Client::new();
    let created = client.post(&measure(None)).await;
    assert_eq!(created.status, 201, "{}", created.text());
    let location = created.header("location");
    assert!(location.starts_with("http://plan.test/api/collections/interventions/items/"), "{location}");
    let feature = client.json(local(location)).await;
    assert_eq!(feature["properties"]["title"], "Klop v senci");
    assert_eq!(feature["geometry"]["coordinates"], json!([15.2651234, 46.2301234]));
    let tag = client.tag(local(location)).await;
    assert!(tag.starts_with(created.header("etag").trim_end_matches('"')), "the tag is of the same state");
}

#[tokio::test]
async fn every_new_feature_gets_an_id_of_its_own() {
    let client = Client::new();
    let (one, two) = (client.post(&measure(None)).await, client.post(&measure(None)).await);
    assert_ne!(one.header("location"), two.header("location"));
    assert_eq!(client.post(&measure(Some("celje-bench"))).await.status, 201);
    let again = client.post(&measure(Some("celje-bench"))).await;
    assert_eq!(again.status, 409, "{}", again.text());
    assert_eq!(client.send("DELETE", &format!("{ITEMS}/celje-bench"), &[], Body::empty()).await.status, 204);
    assert_eq!(client.post(&measure(Some("celje-bench"))).await.status, 422, "an id is never used twice");
}

#[tokio::test]
async fn a_body_of_another_type_is_refused_and_the_right_one_named() {
    let client = Client::new();
    let body = measure(None).to_string();
    for headers in [&[][..], &[("content-type", "text/plain")], &[("content-type", "application/gml+xml")], &[MERGE]] {
        let reply = client.send("POST", ITEMS, headers, body.clone()).await;
        assert_eq!((reply.status.as_u16(), reply.header("accept-post")), (415, "application/geo+json"), "{headers:?}");
        let reply = client.send("PUT", ONE, headers, body.clone()).await;
        assert_eq!(reply.status, 415, "{headers:?}");
    }
    let reply = client.send("PATCH", ONE, &[("content-type", "application/json-patch+json")], "[]").await;
    assert_eq!((reply.status.as_u16(), reply.header("accept-patch")), (415, "application/merge-patch+json"));
    let reply = client.send("POST", ITEMS, &[("content-type", "application/geo+json; charset=utf-8")], body).await;
    assert_eq!(reply.status, 201);
}

#[tokio::test]
async fn put_refuses_another_id_and_makes_no_new_feature() {
    let client = Client::new();
    let mut other = measure(Some("celje-other-name"));
    other["properties"]["status"] = client.json(ONE).await["properties"]["status"].clone();
    let refused = client.send("PUT", ONE, &[GEOJSON], other.to_string()).await;
    assert_eq!((refused.status.as_u16(), places(&refused.json())), (400, vec!["/id"]), "{}", refused.text());
    other["id"] = "celje-parking-teharska".into();
    let reply = client.send("PUT", ONE, &[GEOJSON], other.to_string()).await;
    assert_eq!(reply.status, 204, "{}", reply.text());
    assert_eq!(client.json(ONE).await["properties"]["title"], "Klop v senci");
    let nowhere = format!("{ITEMS}/celje-nowhere");
    assert_eq!(client.send("PUT", &nowhere, &[GEOJSON], measure(None).to_string()).await.status, 404);
    let matched = client.send("PUT", &nowhere, &[GEOJSON, ("if-match", "\"x\"")], measure(None).to_string()).await;
    assert_eq!(matched.status, 412);
    assert_eq!(client.get(&nowhere).await.status, 404);
}

#[tokio::test]
async fn delete_of_what_is_not_there_is_404() {
    let client = Client::new();
    assert_eq!(client.send("DELETE", &format!("{ITEMS}/celje-nowhere"), &[], Body::empty()).await.status, 404);
}

// Update

#[tokio::test]
async fn patch_refuses_another_id_and_ignores_the_same() {
    let client = Client::new();
    let reply = client.patch(ONE, &json!({"id": "celje-other", "properties": {"title": "x"}})).await;
    assert_eq!((reply.status.as_u16(), places(&reply.json())), (400, vec!["/id"]));
    let reply = client.patch(ONE, &json!({"id": "celje-parking-teharska", "properties": {"title": "x"}})).await;
    assert_eq!(reply.status, 204, "{}", reply.text());
}

#[tokio::test]
async fn patch_takes_a_geometry_as_geojson_and_null_takes_it_away() {
    let client = Client::new();
    let moved = json!({"geometry": {"type": "Point", "coordinates": [15.27, 46.23]}});
    assert_eq!(client.patch(ONE, &moved).await.status, 204);
    assert_eq!(client.json(ONE).await["geometry"], moved["geometry"]);
    assert_eq!(client.patch(ONE, &json!({"geometry": {"coordinates": [15.28, 46.24]}})).await.status, 204);
    assert_eq!(client.json(ONE).await["geometry"]["coordinates"], json!([15.28, 46.24]));
    assert_eq!(client.patch(ONE, &json!({"geometry": null})).await.status, 204);
    assert_eq!(client.json(ONE).await["geometry"], Json::Null);
}

#[tokio::test]
async fn patch_of_what_is_not_there_is_404_or_412() {
    let client = Client::new();
    let nowhere = format!("{ITEMS}/celje-nowhere");
    assert_eq!(client.patch(&nowhere, &json!({})).await.status, 404);
    assert_eq!(client.send("PATCH", &nowhere, &[MERGE, ("if-match", "*")], "{}").await.status, 412);
}

// Optimistic locking

#[tokio::test]
async fn if_match_is_evaluated_for_put_patch_and_delete() {
    let client = Client::new();
    let old = client.tag(ONE).await;
    assert_eq!(
        client.patch(ONE, &json!({"properties": {"title": "Novo"}})).await.status,
        204,
        "without If-Match it is done"
    );
    let mut put = measure(None);
    put["properties"]["status"] = client.json(ONE).await["properties"]["status"].clone();
    let put = put.to_string();
    let stale = [("if-match", old.as_str())];
    assert_eq!(client.send("PUT", ONE, &[GEOJSON, stale[0]], put.clone()).await.status, 412);
    assert_eq!(client.send("PATCH", ONE, &[MERGE, stale[0]], "{}").await.status, 412);
    assert_eq!(client.send("DELETE", ONE, &stale, Body::empty()).await.status, 412);
    assert_eq!(client.json(ONE).await["properties"]["title"], "Novo");
    let now = client.tag(ONE).await;
    let weak = format!("W/{now}");
    assert_eq!(
        client.send("DELETE", ONE, &[("if-match", &weak)], Body::empty()).await.status,
        412,
        "weak tags match nothing"
    );
    let several = format!("\"0\", {now}");
    let replaced = client.send("PUT", ONE, &[GEOJSON, ("if-match", &several)], put).await;
    assert_eq!(replaced.status, 204, "{}", replaced.text());
    assert!(replaced.header("etag").starts_with('"'));
    assert_eq!(client.send("DELETE", ONE, &[("if-match", "*")], Body::empty()).await.status, 204);
}

#[tokio::test]
async fn every_representation_has_its_own_tag_and_each_is_good_for_an_edit() {
    let client = Client::new();
    let tags = async || {
        let page = client.send("GET", ONE, &[("accept", "text/html")], Body::empty()).await.header("etag").to_owned();
        let grid = client.tag(&format!("{ONE}?crs=http://www.opengis.net/def/crs/EPSG/0/3794")).await;
        [page, grid, client.tag(ONE).await]
    };
    let [page, grid, plain] = tags().await;
    assert!(page != plain && grid != plain && page != grid);
    for nth in 0..3 {
        let tag = &tags().await[nth];
        let title = json!({"properties": {"title": format!("Naslov {nth}")}}).to_string();
        let edited = client.send("PATCH", ONE, &[MERGE, ("if-match", "\"0\""), ("if-match", tag)], title).await;
        assert_eq!(edited.status, 204, "{}", edited.text());
    }
    assert_eq!(client.send("GET", ONE, &[("if-none-match", &client.tag(ONE).await)], Body::empty()).await.status, 304);
}

// Handling preference

#[tokio::test]
async fn strict_refuses_what_lenient_leaves_out() {
    let client = Client::new();
    let mut odd = measure(None);
    odd["properties"]["colour"] = "red".into();
    odd["properties"]["cost"] = "12000".into();
    odd["properties"]["code"] = "".into();
    let prefer = |how: &'static str| [GEOJSON, ("prefer", how)];
    let strict = client.send("POST", ITEMS, &prefer("handling=strict"), odd.to_string()).await;
    assert_eq!(strict.status, 422);
    let mut told = places(&strict.json()).iter().map(|p| (*p).to_owned()).collect::<Vec<_>>();
    told.sort();
    assert_eq!(told, ["/properties/code", "/properties/colour", "/properties/cost"]);
    let lenient = client.send("POST", ITEMS, &prefer("handling=lenient, return=representation"), odd.to_string()).await;
    assert_eq!(lenient.status, 201, "{}", lenient.text());
    assert_eq!(lenient.header("preference-applied"), "handling=lenient, return=representation");
    assert_eq!(lenient.header("edit-left-out"), "/properties/colour, /properties/code");
    let feature = lenient.json();
    assert_eq!((&feature["properties"]["cost"], &feature["properties"]["code"]), (&json!(12000), &Json::Null));
    let tall = json!({"geometry": {"type": "Point", "coordinates": [15.27, 46.23, 241.5]}}).to_string();
    assert_eq!(client.send("PATCH", ONE, &[MERGE, ("prefer", "handling=strict")], tall.clone()).await.status, 422);
    let usual = client.send("PATCH", ONE, &[MERGE], tall).await;
    assert_eq!((usual.status.as_u16(), usual.header("preference-applied")), (204, ""));
    assert_eq!(usual.header("edit-left-out"), "/geometry", "nothing is left out silently");
}

#[tokio::test]
async fn a_good_edit_is_the_same_however_it_is_to_be_handled() {
    let client = Client::new();
    for (how, applied) in
        [("handling=strict", "handling=strict"), ("handling=lenient", "handling=lenient"), ("handling=other", "")]
    {
        let reply = client.send("POST", ITEMS, &[GEOJSON, ("prefer", how)], measure(None).to_string()).await;
        assert_eq!((reply.status.as_u16(), reply.header("preference-applied")), (201, applied), "{}", reply.text());
    }
}

// Features

#[tokio::test]
async fn what_breaks_the_schema_is_refused_with_every_place() {
    let client = Client::new();
    let mut bad = measure(None);
    bad["properties"]["status"] = "dreamt".into();
    bad["properties"]["cost"] = 12.345.into();
    bad["properties"]["statu"] = "idea".into();
    bad["geometry"]["coordinates"] = json!([46.2301234, 195.0]);
    let reply = client.post(&bad).await;
    assert_eq!(reply.status, 422);
    let problem = reply.json();
    let mut told = places(&problem);
    told.sort_unstable();
    assert_eq!(told, ["/geometry", "/properties/cost", "/properties/statu", "/properties/status"], "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("Did you mean 'status'?"));
    let mut bad = measure(None);
    bad["properties"]["status"] = "dreamt".into();
    assert_eq!(places(&client.post(&bad).await.json()), ["/properties/status"]);
    let mut bad = measure(None);
    bad["properties"].as_object_mut().unwrap().remove("title");
    assert_eq!(client.post(&bad).await.status, 422, "a required property is missing");
    let crossed = json!({"geometry": {"type": "Polygon", "coordinates": [[[15.2, 46.2], [15.3, 46.3], [15.3, 46.2], [15.2, 46.3], [15.2, 46.2]]]}});
    let reply = client.patch(ONE, &crossed).await;
    assert_eq!((reply.status.as_u16(), places(&reply.json())), (422, vec!["/geometry/coordinates/0"]));
    for (body, at) in [
        ("[]", ""),
        ("{", ""),
        (r#"{"type":"Point"}"#, "/type"),
        (r#"{"type":"FeatureCollection","features":[]}"#, "/type"),
    ] {
        let reply = client.send("POST", ITEMS, &[GEOJSON], body).await;
        assert_eq!(reply.status, 400, "{body}");
        assert_eq!(places(&reply.json()), if at.is_empty() { vec![] } else { vec![at] }, "{body}");
    }
}

#[tokio::test]
async fn there_is_a_schema_for_what_is_sent() {
    let client = Client::new();
    let schema = async |query: &str| client.json(&format!("/api/collections/interventions/schema{query}")).await;
    let has = |schema: &Json, name: &str| schema["properties"].get(name).is_some();
    let (all, create) = (schema("").await, schema("?type=create").await);
    let (replace, update) = (schema("?type=replace").await, schema("?type=update").await);
    assert!(has(&all, "created") && all["properties"]["created"]["readOnly"] == true);
    for sent in [&create, &replace, &update] {
        assert!(!has(sent, "created") && !has(sent, "updated") && has(sent, "title") && has(sent, "geometry"));
    }
    assert_eq!([has(&create, "id"), has(&replace, "id"), has(&update, "id")], [true, false, false]);
    assert_eq!(replace["required"], all["required"]);
    assert!(update.get("required").is_none());
    assert!(replace["$id"].as_str().unwrap().ends_with("/schema?type=replace"));
    // Each is what edits are held against.
    let rules = jsonschema::validator_for(&create).unwrap();
    let mut sent = measure(None)["properties"].clone();
    assert!(rules.is_valid(&sent));
    sent["status"] = "dreamt".into();
    assert!(!rules.is_valid(&sent));
    assert_eq!(client.get("/api/collections/interventions/schema?type=other").await.status, 400);
}

#[tokio::test]
async fn a_status_moves_only_where_the_plan_lets_it() {
    let client = Client::new();
    client.post(&measure(Some("celje-bench"))).await;
    let path = format!("{ITEMS}/celje-bench");
    let to = |status: &str| json!({"properties": {"status": status}});
    let refused = client.patch(&path, &to("completed")).await;
    assert_eq!((refused.status.as_u16(), places(&refused.json())), (422, vec!["/properties/status"]));
    assert!(refused.text().contains("What may follow: proposed, paused, abandoned."), "{}", refused.text());
    for status in ["proposed", "approved", "funded", "in_progress", "completed", "recurring"] {
        assert_eq!(client.patch(&path, &to(status)).await.status, 204, "{status}");
    }
}

#[tokio::test]
async fn a_reference_system_that_is_not_known_is_refused() {
    let client = Client::new();
    for crs in ["http://www.opengis.net/def/crs/EPSG/0/1", "nonsense"] {
        let reply = client.send("POST", ITEMS, &[GEOJSON, ("content-crs", crs)], measure(None).to_string()).await;
        assert_eq!(reply.status, 400, "{crs}");
    }
}

#[tokio::test]
async fn coordinates_that_cannot_be_in_the_named_reference_system_are_refused_and_the_likely_one_is_named() {
    let client = Client::new();
    let header = |code: u32| format!("<http://www.opengis.net/def/crs/EPSG/0/{code}>");
    let slovene = [520_648.4, 121_273.9];
    for (crs, at, words) in [
        // Degrees, sent as if they were metres: that would be a place in the sea.
        (Some(3794), [15.2651, 46.2301], ["cannot be in EPSG:3794", "Leave Content-Crs out"]),
        (Some(2178), [20.2174, 50.0342], ["cannot be in EPSG:2178", "Leave Content-Crs out"]),
        // Metres of one grid, sent as those of another, or as degrees.
        (Some(2180), slovene, ["cannot be in EPSG:2180", "EPSG:3794"]),
        (None, slovene, ["not on the globe", "EPSG/0/3794"]),
    ] {
        let mut feature = measure(None);
        feature["geometry"]["coordinates"] = json!(at);
        let crs = crs.map(header);
        let mut headers = vec![GEOJSON];
        headers.extend(crs.as_deref().map(|crs| ("content-crs", crs)));
        let created = client.send("POST", ITEMS, &headers, feature.to_string()).await;
        assert_eq!(created.status, 422, "{crs:?} {at:?}: {}", created.text());
        assert!(words.iter().all(|w| created.text().contains(w)), "{crs:?} {at:?}: {}", created.text());
        let patch = json!({"geometry": feature["geometry"]}).to_string();
        headers[0] = MERGE;
        let patched = client.send("PATCH", ONE, &headers, patch).await;
        assert_eq!(patched.status, 422, "{crs:?} {at:?}: {}", patched.text());
    }
}

#[tokio::test]
async fn whoever_may_not_edit_is_refused_with_a_sentence() {
    let client = Client::new();
    let elsewhere = client.patch(&format!("{ITEMS}/fleurus-murals"), &json!({"properties": {"title": "x"}})).await;
    assert_eq!(elsewhere.status, 403, "{}", elsewhere.text());
    let visitor = Client { viewer: Viewer::visitor(), ..client };
    assert_eq!(visitor.post(&measure(None)).await.status, 403);
    assert_eq!(visitor.send("DELETE", ONE, &[], Body::empty()).await.status, 403);
    assert_eq!(visitor.send("DELETE", &format!("{ITEMS}/nobody"), &[], Body::empty()).await.status, 403);
    let contributor = Client { viewer: Viewer::new("vid", "Vid", AccessRole::Contributor, ["celje"]), ..visitor };
    let own = contributor.post(&measure(Some("celje-own"))).await;
    assert_eq!(own.status, 201, "{}", own.text());
    assert_eq!(
        contributor.patch(local(own.header("location")), &json!({"properties": {"code": "V1"}})).await.status,
        204
    );
    assert_eq!(contributor.patch(ONE, &json!({"properties": {"code": "V1"}})).await.status, 403, "not their own");
}

#[tokio::test]
async fn every_edit_shows_in_the_next_tile_page_and_feature() {
    let client = Client::new();
    let tile = "/tiles/interventions/14/8886/5813.mvt";
    for round in 0..5 {
        let id = format!("celje-round-{round}");
        let mut feature = measure(Some(&id));
        let (lon, lat) = (15.2651234 + f64::from(round) * 1e-4, 46.2301234);
        feature["geometry"]["coordinates"] = json!([lon, lat]);
        assert_eq!(client.post(&feature).await.status, 201);
        let shown = |tile: &tiles::Tile| tile.layers.iter().flat_map(|l| &l.features).any(|f| f.id == id);
        let page = format!("{ITEMS}?bbox={},{},{},{}", lon - 1e-6, lat - 1e-6, lon + 1e-6, lat + 1e-6);
        assert!(shown(&tiles::Tile::read(&client.get(tile).await.body)));
        assert_eq!(client.json(&page).await["numberMatched"], 1);
        let path = format!("{ITEMS}/{id}");
        assert_eq!(client.patch(&path, &json!({"geometry": {"coordinates": [15.3, 46.3]}})).await.status, 204);
        assert!(!shown(&tiles::Tile::read(&client.get(tile).await.body)));
        assert_eq!(client.json(&page).await["numberMatched"], 0);
        assert_eq!(client.send("DELETE", &path, &[], Body::empty()).await.status, 204);
        assert_eq!(client.get(&path).await.status, 404);
    }
}
