//! What every answer keeps to, whatever is asked: its size, its words, and what it does not tell.

use crate::support::editing::{Client, GEOJSON, ITEMS, JSON, ONE, measure, places};
use crate::support::server::{Reply, get, link, local, router};
use axum::body::Body;
use cityheart::access::{AccessRole, Viewer};
use cityheart::change::HistoryRetention;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value as Json, json};
use std::io::Write;

/// The bytes of a response's head as HTTP/1.1 writes it.
fn head_bytes(reply: &Reply) -> usize {
    reply.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(vec![], Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A filter with so many corners.
fn polygon(corners: usize) -> String {
    let corner = |i: usize| {
        let angle = std::f64::consts::TAU * (i % corners) as f64 / corners as f64;
        format!("{:.6}%20{:.6}", 15.26 + 0.05 * angle.cos(), 46.23 + 0.05 * angle.sin())
    };
    let ring: Vec<String> = (0..=corners).map(corner).collect();
    format!("filter=S_INTERSECTS(geometry,POLYGON(({})))", ring.join(","))
}

#[tokio::test]
async fn all_headers_together_stay_below_4_kb_whatever_is_asked() {
    let router = router();
    let long = format!("filter=title%20LIKE%20%27{}%25%27", "%C4%8D".repeat(1500));
    let fields = format!("properties={}", ["title", "cost", "status"].repeat(400).join(","));
    let mut asked = 0;
    for query in [String::new(), polygon(12), polygon(120), polygon(400), long, fields] {
        for path in [
            "/api/collections/interventions/items?limit=1&",
            "/api/collections/interventions/items?f=csv&limit=1&",
            "/api/collections/interventions/items?f=flatgeobuf&limit=1&",
            "/api/collections/interventions/items?f=jsonfg&limit=1&",
            "/api/collections/interventions/items?f=html&limit=1&",
            "/api/collections/interventions/download?f=csv&",
            "/api/collections/interventions/items/celje-parking-teharska?",
            "/api/collections/interventions/tiles?",
            "/api/collections/interventions/tiles/WebMercatorQuad?",
            "/api/tiles?collections=interventions&",
            "/api/collections?",
            "/api/processes?",
            "/api/collections/interventions/items/celje-parking-teharska/history?",
            "/api/collections/interventions/changes?",
        ] {
            let reply = get(&router, &format!("{path}{query}")).await;
            let bytes = head_bytes(&reply);
            assert!(bytes <= 4096, "{bytes} bytes of headers: {path}{}", &query[..query.len().min(40)]);
            asked += usize::from(reply.status == 200);
        }
    }
    assert!(asked > 40, "only {asked} were answered");
}

#[tokio::test]
async fn the_links_that_do_not_fit_into_the_header_are_in_the_body() {
    let router = router();
    let path = format!("/api/collections/interventions/items?limit=1&{}", polygon(200));
    let reply = get(&router, &path).await;
    let page = reply.json();
    let next = link(&page, "next", "application/geo+json").expect("a next page");
    assert!(next.len() > 4096 && link(&page, "self", "").is_some());
    assert!(!reply.header("link").contains("rel=\"next\""));
    assert_eq!(get(&router, local(next)).await.json()["numberReturned"], 1);
    // A table has no body for links: what the next page starts with is in the header.
    let table = get(&router, &format!("{path}&f=csv")).await;
    let cursor = table.header("cityheart-next-cursor");
    let second = get(&router, &format!("{path}&f=csv&cursor={cursor}")).await;
    assert_eq!(second.status, 200);
    assert_ne!(second.text(), table.text());
    let short = get(&router, "/api/collections/interventions/items?limit=1&f=csv").await;
    assert!(short.header("link").contains("rel=\"next\""), "{}", short.header("link"));
}

#[tokio::test]
async fn a_body_in_gzip_is_understood_and_cannot_grow_without_limit() {
    let client = Client::new();
    let body = gzip(measure(Some("celje-bench")).to_string().as_bytes());
    for (coding, id) in
        [("gzip", "celje-bench"), ("GZIP", "celje-b"), ("x-gzip", "celje-c"), ("identity, gzip", "celje-d")]
    {
        let body = gzip(measure(Some(id)).to_string().as_bytes());
        let reply = client.send("POST", ITEMS, &[GEOJSON, ("content-encoding", coding)], body).await;
        assert_eq!(reply.status, 201, "{coding}: {}", reply.text());
    }
    let plain = measure(Some("celje-plain")).to_string();
    let reply = client.send("POST", ITEMS, &[GEOJSON, ("content-encoding", "identity")], plain).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let question = gzip(br#"{"inputs":{}}"#);
    let headers = [JSON, ("content-encoding", "gzip")];
    assert_eq!(client.send("POST", "/api/processes/summary/execution", &headers, question).await.status, 200);
    for coding in ["br", "deflate", "zstd", "gzip, gzip", "compress"] {
        let reply = client.send("POST", ITEMS, &[GEOJSON, ("content-encoding", coding)], body.clone()).await;
        assert_eq!(reply.status, 415, "{coding}");
        assert_eq!(reply.header("accept-encoding"), "gzip, identity");
        assert!(reply.json()["detail"].as_str().unwrap().contains("Send it as gzip"), "{}", reply.text());
    }
    // 64 MB of blanks are 64 kB.
    let bomb = gzip(&vec![b' '; 64 << 20]);
    let reply = client.send("POST", ITEMS, &[GEOJSON, ("content-encoding", "gzip")], bomb).await;
    assert_eq!(reply.status, 413, "{}", reply.text());
    for broken in [&body[..body.len() / 2], b"not gzip"] {
        let reply = client.send("POST", ITEMS, &[GEOJSON, ("content-encoding", "gzip")], broken.to_vec()).await;
        assert_eq!(reply.status, 400, "{}", reply.text());
    }
}

#[tokio::test]
async fn an_id_that_is_no_part_of_an_address_is_refused() {
    let client = Client::of(Viewer::new("root", "Root", AccessRole::Admin, []));
    let facility = |id: &str| {
        let properties = json!({"name": "X", "city": "celje", "class": "park"});
        json!({"type": "Feature", "id": id, "geometry": {"type": "Point", "coordinates": [15.26, 46.23]}, "properties": properties})
    };
    for id in [".", ".."] {
        let reply =
            client.send("POST", "/api/collections/facilities/items", &[GEOJSON], facility(id).to_string()).await;
        assert_eq!(reply.status, 422, "{id}: {}", reply.text());
        assert_eq!(places(&reply.json()), ["/id"], "{}", reply.text());
        let edits = json!({"edits": [{"create": facility(id)}]}).to_string();
        let reply = client.send("POST", "/api/collections/facilities/changes", &[JSON], edits).await;
        assert_eq!(reply.status, 422, "{id}: {}", reply.text());
        let file = format!(r#"{{"type":"Feature","id":"{id}","geometry":null,"properties":{{}}}}"#);
        let read = crate::support::importing::Job::new(&file).read();
        assert_eq!(read.report.findings.by_kind.get("bad-id"), Some(&1), "{:?}", read.report.lines());
    }
}

#[tokio::test]
async fn a_feature_that_is_put_keeps_its_id() {
    let client = Client::new();
    let mut feature = client.json(ONE).await;
    feature["id"] = "celje-other".into();
    let put = client.send("PUT", ONE, &[GEOJSON], feature.to_string()).await;
    let patch = client.patch(ONE, &json!({"id": "celje-other"})).await;
    assert_eq!((put.status.as_u16(), put.json()), (400, patch.json()));
    feature["id"] = Json::Null;
    assert_eq!(client.send("PUT", ONE, &[GEOJSON], feature.to_string()).await.status, 204);
    let edits = json!({"edits": [{"replace": feature}]}).to_string();
    assert_eq!(client.send("POST", "/api/collections/interventions/changes", &[JSON], edits).await.status, 400);
}

#[tokio::test]
async fn the_next_page_has_the_form_of_this_one() {
    let client = Client::new();
    client.patch(ONE, &json!({"properties": {"title": "Naslov"}})).await;
    for list in ["/api/collections/interventions/changes".to_owned(), format!("{ONE}/history")] {
        for (query, form) in [("limit=1", None), ("limit=1&f=json", Some("f=json")), ("limit=1&f=html", Some("f=html"))]
        {
            let page = client.get(&format!("{list}?{query}")).await;
            let text = page.text();
            let next =
                text.split('"').find(|part| part.contains("cursor=")).unwrap_or_else(|| panic!("{list}: {text}"));
            assert_eq!(next.split(['?', '&', ';']).find(|pair| pair.starts_with("f=")), form, "{next}");
        }
    }
}

#[tokio::test]
async fn a_history_is_read_in_pages_from_either_end() {
    let client = Client::new();
    for i in 0..7 {
        client.patch(ONE, &json!({"properties": {"title": format!("Naslov {i}")}})).await;
    }
    let all = client.json(&format!("{ONE}/history")).await;
    let revisions = |page: &Json| -> Vec<u64> {
        page["versions"].as_array().unwrap().iter().map(|v| v["revision"].as_u64().unwrap()).collect()
    };
    let wanted = revisions(&all);
    assert_eq!((wanted.len(), link(&all, "next", "")), (8, None), "the import and seven changes");
    for (order, limit) in
        [("oldest", 1), ("oldest", 3), ("oldest", 8), ("newest", 1), ("newest", 3), ("newest", 7), ("newest", 8)]
    {
        let mut versions = vec![];
        let mut path = format!("{ONE}/history?order={order}&limit={limit}");
        loop {
            let page = client.json(&path).await;
            assert!(page["versions"].as_array().unwrap().len() <= limit);
            versions.extend(page["versions"].as_array().unwrap().clone());
            let Some(next) = link(&page, "next", "application/json") else { break };
            path = local(next).to_owned();
        }
        if order == "newest" {
            versions.reverse();
        }
        assert_eq!(json!(versions), all["versions"], "{order}, {limit} a page");
    }
    for (query, at) in
        [("limit=0", "limit"), ("limit=x", "limit"), ("order=up", "order"), ("cursor=x", "cursor"), ("page=2", "page")]
    {
        let reply = client.get(&format!("{ONE}/history?{query}")).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["errors"][0]["parameter"]), (400, &json!(at)), "{query}");
    }
}

/// Status, headers and body, with the id blotted out; the length of the body is that of the id.
fn shape(reply: &Reply, id: &str) -> String {
    // Every request has an id of its own.
    let told = reply.headers.iter().filter(|(name, _)| *name != "content-length" && *name != "x-request-id");
    let mut headers: Vec<String> = told.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    headers.sort();
    format!("{} {headers:?} {}", reply.status, reply.text()).replace(id, "*")
}

#[tokio::test]
async fn hidden_and_deleted_ids_answer_like_ids_that_never_were() {
    let mut admin = Client::of(Viewer::new("root", "Root", AccessRole::Admin, []));
    for id in ["cesena-hidden", "cesena-gone"] {
        let mut feature = measure(Some(id));
        feature["properties"]["city"] = "cesena".into();
        feature["properties"]["visibility"] = "internal".into();
        feature["geometry"]["coordinates"] = json!([12.2464, 44.1396]);
        assert_eq!(admin.post(&feature).await.status, 201);
    }
    let revision =
        admin.json(&format!("{ITEMS}/cesena-gone/history")).await["versions"][0]["revision"].as_u64().unwrap();
    assert_eq!(admin.send("DELETE", &format!("{ITEMS}/cesena-gone"), &[], Body::empty()).await.status, 204);
    let restore = |revision: u64| json!({"restore": revision}).to_string();
    for viewer in [
        Viewer::new("ana", "Ana", AccessRole::Editor, ["celje"]),
        Viewer::new("con", "Con", AccessRole::Contributor, ["celje"]),
        Viewer::new("vic", "Vic", AccessRole::Viewer, ["celje"]),
        Viewer::visitor(),
    ] {
        admin.viewer = viewer.clone();
        for id in ["cesena-hidden", "cesena-gone"] {
            for (method, tail, body) in [
                ("GET", "", String::new()),
                ("GET", "/history", String::new()),
                ("GET", "/history?order=newest&limit=1", String::new()),
                ("GET", "/history?cursor=1", String::new()),
                ("POST", "/history", restore(revision)),
                ("POST", "/history", restore(1)),
                ("POST", "/history", restore(999)),
                ("DELETE", "", String::new()),
            ] {
                let ask = async |id: &str| {
                    let reply = admin.send(method, &format!("{ITEMS}/{id}{tail}"), &[JSON], body.clone()).await;
                    shape(&reply, id)
                };
                assert_eq!(ask(id).await, ask("cesena-never").await, "{viewer:?} {method} {id}{tail} {body}");
            }
        }
        // In a city of others, nobody learns whether the id is free.
        let post = async |id: &str| {
            let mut feature = measure(Some(id));
            feature["properties"]["city"] = "cesena".into();
            shape(&admin.post(&feature).await, id)
        };
        for id in ["cesena-hidden", "cesena-gone"] {
            assert_eq!(post(id).await, post("cesena-never").await, "{viewer:?} {id}");
        }
    }
    // A taken id stays taken; whether it is hidden or was deleted is not told.
    admin.viewer = Viewer::new("ana", "Ana", AccessRole::Editor, ["celje"]);
    let post = async |id: &str| shape(&admin.post(&measure(Some(id))).await, id);
    assert_eq!(post("cesena-hidden").await, post("cesena-gone").await);
}

#[tokio::test]
async fn one_fault_is_one_finding() {
    let client = Client::new();
    let with = |change: &dyn Fn(&mut Json)| {
        let mut feature = measure(Some("celje-bench"));
        change(&mut feature);
        feature
    };
    type Change = Box<dyn Fn(&mut Json)>;
    let set = |name: &'static str, value: Json| -> Change { Box::new(move |f| f["properties"][name] = value.clone()) };
    let cases: Vec<(Change, &str)> = vec![
        (set("status", json!("done")), "/properties/status"),
        (set("status", json!(5)), "/properties/status"),
        (set("start", json!("03/04/2026")), "/properties/start"),
        (set("cost", json!("dear")), "/properties/cost"),
        (set("title", json!(5)), "/properties/title"),
        (set("titel", json!("X")), "/properties/titel"),
        (Box::new(|f| f["geometry"] = json!({"type": "Point", "coordinates": ["a", 1]})), "/geometry/coordinates/0"),
        (Box::new(|f| f["geometry"] = json!({"type": "Blob"})), "/geometry/type"),
        (Box::new(|f| f["geometry"] = json!({"type": "Point", "coordinates": [1526.0, 46.2]})), "/geometry"),
        // A property that is misspelt is not missing, too.
        (
            Box::new(|f| {
                let title = f["properties"].as_object_mut().unwrap().remove("title").unwrap();
                f["properties"]["titel"] = title;
            }),
            "/properties/titel",
        ),
    ];
    for (change, at) in &cases {
        let feature = with(&**change);
        let reply = client.post(&feature).await;
        let problem = reply.json();
        assert_eq!(places(&problem), [*at], "{problem}");
    }
    // A change of status that is no status is not a move that is not allowed, too.
    let reply = client.patch(ONE, &json!({"properties": {"status": "finished"}})).await;
    assert_eq!(places(&reply.json()), ["/properties/status"], "{}", reply.text());
}

#[tokio::test]
async fn a_history_that_may_not_grow_keeps_first_and_last_and_says_what_is_gone() {
    let client = Client::new();
    for i in 0..7 {
        client.patch(ONE, &json!({"properties": {"title": format!("Naslov {i}")}})).await;
    }
    let all = client.json(&format!("{ONE}/history")).await["versions"].clone();
    let keep = |versions| HistoryRetention { days: None, versions };
    assert_eq!(client.plan.atlas.compact_history(keep(None)).unwrap(), 0, "nothing is removed unasked");
    assert_eq!(client.plan.atlas.compact_history(HistoryRetention { days: Some(1), versions: None }).unwrap(), 0);
    assert_eq!(client.plan.atlas.compact_history(keep(Some(2))).unwrap(), 4);
    let kept = client.json(&format!("{ONE}/history")).await["versions"].clone();
    let title = |version: &Json, side: &str| version[side]["properties"]["title"].clone();
    assert_eq!(kept.as_array().unwrap().len(), 4);
    assert_eq!([&kept[0], &kept[1], &kept[3]], [&all[0], &all[1], &all[7]], "the import, the first change, the last");
    assert_eq!((title(&kept[2], "before"), title(&kept[2], "after")), (json!("Naslov 4"), json!("Naslov 5")));
    let restore = async |revision: &Json| {
        let body = json!({"restore": revision}).to_string();
        client.send("POST", &format!("{ONE}/history"), &[JSON], body).await
    };
    let gone = restore(&all[4]["revision"]).await;
    assert_eq!(gone.status, 422, "{}", gone.text());
    assert!(gone.json()["detail"].as_str().unwrap().contains("no longer kept"), "{}", gone.text());
    assert_eq!(restore(&kept[1]["revision"]).await.status, 204);
    assert_eq!(client.json(ONE).await["properties"]["title"], "Naslov 0");
    // Who follows the changes from the beginning arrives at the same state.
    let changes = client.json("/api/collections/interventions/changes?limit=10000").await;
    let last = changes["changes"].as_array().unwrap().iter().rfind(|c| c["id"] == "celje-parking-teharska").unwrap();
    assert_eq!(last["feature"]["properties"]["title"], "Naslov 0");
    let metrics = client.get("/metrics").await;
    assert!(metrics.text().contains("cityheart_history_versions "), "{}", metrics.text());
    assert_eq!(client.plan.atlas.compact_history(HistoryRetention { days: Some(0), versions: None }).unwrap(), 2);
}

#[tokio::test]
async fn when_keys_run_out_the_disk_is_not_full() {
    let client = Client::of(Viewer::new("root", "Root", AccessRole::Admin, []));
    let conn = rusqlite::Connection::open(client.plan.folder.path().join("plan.gpkg")).unwrap();
    conn.execute("UPDATE sqlite_sequence SET seq=?1 WHERE name='interventions'", [i64::MAX]).unwrap();
    let reply = client.post(&measure(Some("celje-bench"))).await;
    let detail = reply.json()["detail"].as_str().unwrap().to_owned();
    assert_eq!(reply.status, 422, "{detail}");
    assert!(detail.contains("9223372036854775807") && !detail.contains("disk"), "{detail}");
    assert_eq!(client.patch(ONE, &json!({"properties": {"title": "Novo"}})).await.status, 204, "edits go on");
}
