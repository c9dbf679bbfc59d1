//! Edits against each other: random ones held against a map in memory, clients at the same time over real connections,
//! and bodies that nobody should send.

use crate::support::editing::{Client, GEOJSON, ITEMS, JSON, MERGE, ONE, measure};
use crate::support::server::{self, Plan, demo, fresh, link, local};
use axum::body::Body;
use cityheart::access::{AccessRole, Viewer};
use cityheart::atlas::{Atlas, AtlasSettings, BaseMap, PlanFile};
use cityheart::config::Config;
use cityheart::plan::PlanModel;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;

type Copy = BTreeMap<String, Json>;

/// What is done to one of a few measures.
#[derive(Debug, Clone)]
enum Step {
    Post(u8),
    Put(u8, String),
    Patch(u8, Option<(f64, f64)>, Option<String>),
    Delete(u8),
    /// Back to this many revisions before the present one.
    Restore(u8, u64),
}

fn step() -> impl Strategy<Value = Step> {
    let place = proptest::option::of((15.2..15.3_f64, 46.2..46.3_f64));
    prop_oneof![
        3 => (0..5_u8).prop_map(Step::Post),
        2 => (0..5_u8, "[ -~č]{1,12}").prop_map(|(i, t)| Step::Put(i, t)),
        4 => (0..5_u8, place, proptest::option::of("[ -~ž]{1,12}")).prop_map(|(i, p, t)| Step::Patch(i, p, t)),
        2 => (0..5_u8).prop_map(Step::Delete),
        2 => (0..5_u8, 0..6_u64).prop_map(|(i, ago)| Step::Restore(i, ago)),
    ]
}

/// Every item, by id.
async fn items(client: &Client) -> Copy {
    let page = client.json(&format!("{ITEMS}?limit=10000")).await;
    page["features"].as_array().unwrap().iter().map(|f| (f["id"].as_str().unwrap().to_owned(), f.clone())).collect()
}

/// The collection that its changes tell of.
async fn replayed(client: &Client) -> Copy {
    let mut copy = Copy::new();
    let mut path = "/api/collections/interventions/changes?limit=3".to_owned();
    loop {
        let page = client.json(&path).await;
        for change in page["changes"].as_array().unwrap() {
            let id = change["id"].as_str().unwrap().to_owned();
            match &change["feature"] {
                Json::Null => drop(copy.remove(&id)),
                feature => drop(copy.insert(id, feature.clone())),
            }
        }
        let Some(next) = link(&page, "next", "application/json") else { return copy };
        path = local(next).into();
    }
}

async fn held_against_a_map(steps: Vec<Step>) {
    let plan = fresh(&[("interventions".to_owned(), vec![])]);
    let viewer = Viewer::new("ana", "Ana", AccessRole::Admin, []);
    let router = cityheart::http::build_router(plan.atlas.clone(), Config::default());
    let client = Client { router, viewer, plan };
    let mut expected = Copy::new();
    let mut past: BTreeMap<u64, Copy> = BTreeMap::new();
    let mut revision = client.plan.atlas.collection_view("interventions").unwrap().revision();
    past.insert(revision, Copy::new());
    for step in steps {
        let id = |i: u8| format!("celje-{i}");
        let path = |i: u8| format!("{ITEMS}/celje-{i}");
        let (name, reply) = match &step {
            Step::Post(i) => (id(*i), client.post(&measure(Some(&id(*i)))).await),
            Step::Put(i, title) => {
                let mut whole = measure(None);
                whole["properties"]["title"] = title.as_str().into();
                (id(*i), client.send("PUT", &path(*i), &[GEOJSON], whole.to_string()).await)
            }
            Step::Patch(i, place, title) => {
                let mut patch = json!({"properties": {"code": "P"}});
                if let Some((lon, lat)) = place {
                    patch["geometry"] = json!({"type": "Point", "coordinates": [lon, lat]});
                }
                if let Some(title) = title {
                    patch["properties"]["title"] = title.as_str().into();
                }
                (id(*i), client.patch(&path(*i), &patch).await)
            }
            Step::Delete(i) => (id(*i), client.send("DELETE", &path(*i), &[], Body::empty()).await),
            Step::Restore(i, ago) => {
                let body = json!({"restore": revision.saturating_sub(*ago)}).to_string();
                (id(*i), client.send("POST", &format!("{}/history", path(*i)), &[JSON], body).await)
            }
        };
        let known = expected.contains_key(&name);
        let was = past.values().any(|copy| copy.contains_key(&name));
        let good = match &step {
            Step::Post(_) if known => 409,
            Step::Post(_) if was => 422,
            Step::Post(_) => 201,
            Step::Restore(..) if !was => 404,
            Step::Restore(_, ago) => {
                let then = past.get(&revision.saturating_sub(*ago)).and_then(|copy| copy.get(&name));
                if then.is_some() { 204 } else { 422 }
            }
            _ if !known => 404,
            _ => 204,
        };
        assert_eq!(reply.status.as_u16(), good, "{step:?}: {}", reply.text());
        if !reply.status.is_success() {
            assert_eq!(items(&client).await, expected, "a refused edit changes nothing");
            continue;
        }
        let after = client.get(&format!("{ITEMS}/{name}")).await;
        let feature = (after.status == 200).then(|| {
            let mut feature = after.json();
            feature.as_object_mut().unwrap().remove("links");
            feature
        });
        let then = past.get(&revision.saturating_sub(ago_of(&step))).and_then(|copy| copy.get(&name));
        check(&step, expected.get(&name), feature.as_ref(), then);
        match feature {
            Some(feature) => drop(expected.insert(name, feature)),
            None => drop(expected.remove(&name)),
        }
        revision += 1;
        past.insert(revision, expected.clone());
        assert_eq!(items(&client).await, expected, "{step:?}");
    }
    assert_eq!(replayed(&client).await, expected, "the changes tell what is there");
    for (id, feature) in &expected {
        let history = client.json(&format!("{ITEMS}/{id}/history")).await;
        assert_eq!(history["versions"].as_array().unwrap().last().unwrap()["after"], *feature);
    }
    // The same file, opened anew.
    let plan_file = PlanFile::open(&client.plan.folder.path().join("plan.gpkg")).unwrap();
    let atlas =
        Atlas::open(plan_file, PlanModel::load().unwrap(), BaseMap::default(), &AtlasSettings::default()).unwrap();
    let router = cityheart::http::build_router(atlas, Config::default());
    let again = Client { router, ..client };
    assert_eq!(items(&again).await, expected, "what was answered is on disk");
}

fn ago_of(step: &Step) -> u64 {
    if let Step::Restore(_, ago) = step { *ago } else { 0 }
}

/// Whether a feature became what the step wanted.
fn check(step: &Step, before: Option<&Json>, after: Option<&Json>, then: Option<&Json>) {
    let Some(after) = after else {
        assert!(matches!(step, Step::Delete(_)), "{step:?} leaves a feature");
        return;
    };
    match step {
        Step::Post(_) => assert_eq!(after["properties"]["title"], "Klop v senci"),
        Step::Put(_, title) => {
            assert_eq!((&after["properties"]["title"], &after["properties"]["code"]), (&json!(title), &Json::Null));
            assert_eq!(after["properties"]["created"], before.unwrap()["properties"]["created"]);
        }
        Step::Patch(_, place, title) => {
            let before = before.unwrap();
            let title = title.as_ref().map_or(before["properties"]["title"].clone(), |t| json!(t));
            assert_eq!((&after["properties"]["title"], &after["properties"]["code"]), (&title, &json!("P")));
            match place {
                Some((lon, lat)) => {
                    let round = |v: f64| (v * 1e7).round() / 1e7;
                    assert_eq!(after["geometry"]["coordinates"], json!([round(*lon), round(*lat)]));
                }
                None => assert_eq!(after["geometry"], before["geometry"]),
            }
        }
        Step::Restore(..) => {
            let plain = |f: &Json| {
                let mut f = f.clone();
                f["properties"].as_object_mut().unwrap().retain(|name, _| name != "updated");
                f
            };
            assert_eq!(plain(after), plain(then.unwrap()));
        }
        Step::Delete(_) => panic!("it is still there"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_is_edited_items_changes_history_and_the_file_say_the_same(steps in proptest::collection::vec(step(), 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(held_against_a_map(steps));
    }
}

/// A client on a connection of its own that it keeps.
struct Wire {
    stream: TcpStream,
    token: Arc<str>,
}

impl Wire {
    fn open(address: SocketAddr, token: &Arc<str>) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, token: token.clone() }
    }

    /// Status, head and body of an answer.
    fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String, Vec<u8>) {
        let more: String = headers.iter().map(|(name, value)| [name, ": ", value, "\r\n"].concat()).collect();
        let length = body.len();
        let token = &self.token;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: plan.test\r\nAuthorization: Bearer {token}\r\n{more}Content-Length: {length}\r\n\r\n{body}"
        );
        self.stream.write_all(head.as_bytes()).unwrap();
        let mut got = vec![];
        let mut buffer = [0; 16 << 10];
        loop {
            let n = self.stream.read(&mut buffer).unwrap();
            assert!(n > 0, "the server hung up");
            got.extend_from_slice(&buffer[..n]);
            let Some(end) = got.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
            let head = String::from_utf8(got[..end].to_vec()).unwrap().to_lowercase();
            let length =
                head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok()).unwrap_or(0);
            let rest = &got[end + 4..];
            let chunked = head.contains("transfer-encoding: chunked");
            if !chunked && rest.len() >= length || chunked && rest.ends_with(b"0\r\n\r\n") {
                let status = head[9..12].parse().unwrap();
                return (status, head, rest.to_vec());
            }
        }
    }

    fn tag(&mut self, path: &str) -> String {
        let (status, head, _) = self.send("GET", path, &[], "");
        assert_eq!(status, 200);
        head.split("etag: ").nth(1).unwrap().lines().next().unwrap().to_owned()
    }
}

const CLIENTS: usize = 8;
const TURNS: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_at_the_same_time_lose_nothing_and_see_their_own_edits_at_once() {
    let mut content = demo();
    content.retain(|(id, _)| id == "interventions" || id == "cities");
    let Plan { atlas, folder } = fresh(&content);
    let viewer = Viewer::new("ana", "Ana", AccessRole::Editor, ["celje"]);
    let accounts = atlas.accounts().unwrap();
    let token: Arc<str> = accounts.add_token(&viewer, 1).unwrap().into();
    let config = Config { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), ..Config::default() };
    let server = cityheart::http::bind_server(config).await.unwrap();
    let address = server.address();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(server.run_until(atlas.clone(), async {
        let _ = stopped.await;
    }));
    let work = move |nth: usize| {
        let mut wire = Wire::open(address, &token);
        for turn in 0..TURNS {
            // A feature of one's own: there at once, in the page and in the tile.
            let id = format!("celje-{nth}-{turn}");
            let lon = 15.2651 + nth as f64 * 1e-4 + turn as f64 * 1e-6;
            let mut feature = measure(Some(&id));
            feature["geometry"]["coordinates"] = json!([lon, 46.23]);
            let made = wire.send("POST", ITEMS, &[("Content-Type", "application/geo+json")], &feature.to_string());
            assert_eq!(made.0, 201, "{}", String::from_utf8_lossy(&made.2));
            assert_eq!(wire.send("GET", &format!("{ITEMS}/{id}"), &[], "").0, 200);
            let tile = wire.send("GET", "/tiles/interventions/15/17773/11627.mvt", &[], "").2;
            let shown =
                crate::support::tiles::Tile::read(&tile).layers.iter().flat_map(|l| &l.features).any(|f| f.id == id);
            assert!(shown, "{id} is in the next tile");
            // A counter that all share, each step tied to the state that was read.
            loop {
                let tag = wire.tag(ONE);
                let (_, _, body) = wire.send("GET", ONE, &[], "");
                let now: Json = serde_json::from_slice(&body).unwrap();
                let count: u64 = now["properties"]["code"].as_str().and_then(|c| c.parse().ok()).unwrap_or(0);
                let patch = json!({"properties": {"code": (count + 1).to_string()}}).to_string();
                let headers = [("Content-Type", "application/merge-patch+json"), ("If-Match", tag.as_str())];
                match wire.send("PATCH", ONE, &headers, &patch).0 {
                    204 => break,
                    412 => {}
                    other => panic!("{other}"),
                }
            }
        }
    };
    let clients: Vec<_> = (0..CLIENTS)
        .map(|nth| {
            tokio::task::spawn_blocking({
                let work = work.clone();
                move || work(nth)
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    let view = atlas.collection_view("interventions").unwrap();
    let counted = atlas.find_item(&view, "celje-parking-teharska").unwrap().feature();
    let code = view.collection().field_index("code").unwrap();
    let first = demo().iter().find(|(id, _)| id == "interventions").unwrap().1.len();
    assert_eq!(
        counted.values[code].to_json(),
        json!((CLIENTS * TURNS).to_string()),
        "every step that was answered counts"
    );
    assert_eq!(view.feature_count(), first + CLIENTS * TURNS);
    assert_eq!(view.revision(), 1 + 2 * (CLIENTS * TURNS) as u64, "a revision for each edit that was done");
    let history = PlanFile::open_read_only(&folder.path().join("plan.gpkg")).unwrap();
    let mut stored = 0;
    history
        .scan_features(&view.collection().id, &mut |_| {
            stored += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(stored, view.feature_count());
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<f64>().prop_map(|f| json!(f)),
        any::<i64>().prop_map(Json::from),
        "\\PC{0,8}".prop_map(Json::from),
        proptest::sample::select(vec!["Feature", "Point", "Polygon", "celje", "idea", "2026-01-01", "EPSG:3794"])
            .prop_map(Json::from),
    ];
    let name = proptest::sample::select(vec![
        "type",
        "id",
        "geometry",
        "properties",
        "coordinates",
        "geometries",
        "title",
        "city",
        "status",
        "cost",
        "funding",
        "types",
        "edits",
        "create",
        "replace",
        "patch",
        "delete",
        "restore",
        "revision",
        "if_match",
        "",
    ]);
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            proptest::collection::vec((name.clone(), inner), 0..6)
                .prop_map(|m| Json::Object(m.into_iter().map(|(n, v)| (n.to_owned(), v)).collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_body_makes_a_server_error_and_no_refusal_changes_anything(
        body in any_json(), within in 0..5_usize, lenient: bool, grid: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let router = server::router();
        let viewer = Viewer::new("ana", "Ana", AccessRole::Admin, []);
        let patched = json!({"properties": body, "geometry": body});
        let (method, path, media, text) = match within {
            0 => ("POST", ITEMS.to_owned(), GEOJSON, body.to_string()),
            1 => ("PUT", ONE.to_owned(), GEOJSON, body.to_string()),
            2 => ("PATCH", ONE.to_owned(), MERGE, body.to_string()),
            3 => ("PATCH", ONE.to_owned(), MERGE, patched.to_string()),
            _ => ("POST", "/api/collections/interventions/changes".to_owned(), JSON, json!({"edits": [body, {"delete": "nobody"}]}).to_string()),
        };
        let before = server::plan().atlas.collection_view("interventions").unwrap().revision();
        let mut request = axum::http::Request::builder().method(method).uri(path).header("host", "plan.test").header(media.0, media.1);
        // A feature that is not there: nothing of this may be done, as others read the same plan.
        request = request.header("if-match", "\"0\"").header("prefer", if lenient { "handling=lenient" } else { "handling=strict" });
        if grid {
            request = request.header("content-crs", "http://www.opengis.net/def/crs/EPSG/0/3794");
        }
        let request = server::by(request.body(Body::from(text.clone())).unwrap(), &viewer);
        let reply = runtime.block_on(server::send(&router, request));
        prop_assert!(reply.status.is_client_error(), "{} {}: {}", method, text, reply.status);
        prop_assert_eq!(server::plan().atlas.collection_view("interventions").unwrap().revision(), before);
    }
}
