//! Server-sent events, read as they come.

use crate::support::editing::{Client, ITEMS, ONE, measure};
use crate::support::server::by;
use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use cityheart::access::Viewer;
use cityheart::change::{ChangeSet, FeatureEdit};
use cityheart::feature::{FeatureId, FieldValue};
use cityheart::store::{GeoPackage, Store};
use serde_json::{Value as Json, json};
use tokio_stream::StreamExt;
use tower::ServiceExt;

/// A listener's end of the line.
struct Line {
    body: BodyDataStream,
    ahead: String,
}

#[derive(Debug)]
struct Event {
    name: String,
    id: String,
    data: Json,
}

async fn listen(client: &Client, path: &str, last: Option<&str>) -> Line {
    let mut request = Request::get(path).header("host", "plan.test").header("accept-encoding", "gzip");
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let request = by(request.body(Body::empty()).unwrap(), &client.viewer);
    let response = client.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    assert!(!response.headers().contains_key("content-encoding"), "what is packed comes late");
    Line { body: response.into_body().into_data_stream(), ahead: String::new() }
}

impl Line {
    /// The next block; waits for it.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.ahead.split_once("\n\n") {
                let field = |name: &str| {
                    block.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default().to_owned()
                };
                let event = Event {
                    name: field("event"),
                    id: field("id"),
                    data: serde_json::from_str(&field("data")).unwrap_or_default(),
                };
                self.ahead = rest.into();
                return Some(event);
            }
            let more = self.body.next().await?.unwrap();
            self.ahead.push_str(std::str::from_utf8(&more).unwrap());
        }
    }
}

#[tokio::test]
async fn a_change_is_told_when_it_is_published() {
    let client = Client::new();
    let mut line = listen(&client, "/api/events", None).await;
    let hello = line.next().await.unwrap();
    assert!(hello.name.is_empty() && !hello.id.is_empty(), "a number to come back with");
    client.post(&measure(Some("celje-bench"))).await;
    let told = line.next().await.unwrap();
    assert_eq!(told.name, "change");
    let spot = [15.265_123_4, 46.230_123_4, 15.265_123_4, 46.230_123_4];
    assert_eq!(told.data, json!({"collection": "interventions", "revision": 2, "bbox": spot, "ids": ["celje-bench"]}));
    client.patch(&format!("{ITEMS}/celje-bench"), &json!({"geometry": {"coordinates": [15.3, 46.2]}})).await;
    let told = line.next().await.unwrap();
    assert_eq!(told.data["bbox"], json!([15.2651234, 46.2, 15.3, 46.2301234]), "where it was and where it is");
    assert!(told.id.parse::<u64>().unwrap() > hello.id.parse().unwrap());
}

#[tokio::test]
async fn who_comes_back_is_told_what_they_missed() {
    let client = Client::new();
    let mut line = listen(&client, "/api/events", None).await;
    let hello = line.next().await.unwrap().id;
    drop(line);
    for i in 0..3 {
        client.post(&measure(Some(&format!("celje-bench-{i}")))).await;
    }
    let mut line = listen(&client, "/api/events", Some(&hello)).await;
    let mut ids = vec![];
    for i in 0..3 {
        let told = line.next().await.unwrap();
        assert_eq!(told.data["ids"], json!([format!("celje-bench-{i}")]));
        ids.push(told.id);
    }
    let mut line = listen(&client, "/api/events", Some(&ids[1])).await;
    assert_eq!(line.next().await.unwrap().data["ids"], json!(["celje-bench-2"]), "each once");
}

#[tokio::test]
async fn who_read_a_page_hears_all_that_came_after_it_and_nothing_before() {
    let client = Client::new();
    client.post(&measure(Some("celje-before"))).await;
    let page = client.get(ITEMS).await;
    let news = page.headers["cityheart-news"].to_str().unwrap().to_owned();
    client.post(&measure(Some("celje-between"))).await;
    let mut line = listen(&client, &format!("/api/events?since={news}"), None).await;
    assert_eq!(line.next().await.unwrap().id, news, "a number to come back with");
    assert_eq!(line.next().await.unwrap().data["ids"], json!(["celje-between"]));
    let page = client.get(ITEMS).await;
    let held =
        client.send("GET", ITEMS, &[("if-none-match", page.headers["etag"].to_str().unwrap())], Body::empty()).await;
    let now = held.headers["cityheart-news"].to_str().unwrap();
    assert!(held.status == 304 && now > news.as_str(), "an answer that still holds is of now");
    let mut back = listen(&client, &format!("/api/events?since={news}"), Some(now)).await;
    client.post(&measure(Some("celje-after"))).await;
    assert_eq!(back.next().await.unwrap().data["ids"], json!(["celje-after"]), "the header says more than the address");
}

#[tokio::test]
async fn who_comes_back_with_a_number_of_another_time_begins_anew() {
    let client = Client::new();
    for last in ["7", "nonsense", "99999999999999999999", "18446744073709551615"] {
        let mut line = listen(&client, "/api/events", Some(last)).await;
        let reset = line.next().await.unwrap();
        assert_eq!(reset.name, "reset", "{last}");
        client.patch(ONE, &json!({"properties": {"code": last}})).await;
        let told = line.next().await.unwrap();
        assert_eq!((told.name.as_str(), &told.data["ids"]), ("change", &json!(["celje-parking-teharska"])));
    }
}

#[tokio::test]
async fn listeners_hear_of_the_collections_they_name_and_of_what_they_may_see() {
    let client = Client::new();
    let (mut areas, mut whole) = (
        listen(&client, "/api/events?collections=areas", None).await,
        listen(&client, "/api/events?collections=areas,interventions", None).await,
    );
    areas.next().await;
    whole.next().await;
    let visitor = Client { viewer: Viewer::visitor(), ..client };
    let mut outside = listen(&visitor, "/api/events", None).await;
    outside.next().await;
    let client =
        Client { viewer: Viewer::new("ana", "Ana", cityheart::access::AccessRole::Editor, ["celje"]), ..visitor };
    let mut internal = measure(Some("celje-secret"));
    internal["properties"]["visibility"] = "internal".into();
    client.post(&internal).await;
    client.post(&measure(Some("celje-bench"))).await;
    assert_eq!(whole.next().await.unwrap().data["ids"], json!(["celje-secret"]));
    assert_eq!(outside.next().await.unwrap().data["ids"], json!(["celje-bench"]), "nothing of what is hidden");
    let area = json!({"properties": {"name": "Mesto"}});
    assert_eq!(client.patch("/api/collections/areas/items/celje-mestna-cetrt-center", &area).await.status, 204);
    assert_eq!(areas.next().await.unwrap().data["collection"], "areas");
    assert_eq!(client.get("/api/events?collections=nothing").await.status, 404);
}

#[tokio::test]
async fn an_edit_of_another_program_is_told_too() {
    let client = Client::new();
    let mut line = listen(&client, "/api/events", None).await;
    line.next().await;
    let other = GeoPackage::open(&client.plan.folder.path().join("plan.gpkg")).unwrap();
    let facilities = other.list_collections().unwrap().into_iter().find(|c| c.id.as_str() == "facilities").unwrap();
    let name = facilities.field_index("name").unwrap();
    let edit = FeatureEdit::Patch {
        id: FeatureId::new("celje-railway-station").unwrap(),
        base: None,
        geometry: None,
        values: vec![(name, FieldValue::text("Nova postaja"))],
    };
    other
        .commit_change_set(&ChangeSet { collection: facilities.id, edits: vec![edit], author: "other".into() })
        .unwrap();
    let told = line.next().await.unwrap();
    assert_eq!(
        (&told.data["collection"], &told.data["ids"]),
        (&json!("facilities"), &json!(["celje-railway-station"]))
    );
    let path = "/api/collections/facilities/items/celje-railway-station";
    assert_eq!(client.json(path).await["properties"]["name"], "Nova postaja", "the news come after the snapshot");
}

#[tokio::test]
async fn the_end_of_the_program_ends_the_line() {
    let client = Client::new();
    let mut line = listen(&client, "/api/events", None).await;
    line.next().await;
    client.plan.atlas.change_feed().close();
    assert!(line.next().await.is_none());
}
