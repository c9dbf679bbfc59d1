//! What somebody may not see is absent everywhere: every surface is walked as every role over a plan in which each
//! forbidden thing has a mark of its own.

pub mod plan;
mod walk;

use crate::support::server::{Plan, by, send};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use cityheart::access::Viewer;
use cityheart::config::Config;
use plan::{MARKS, viewers};
use serde_json::{Value as Json, json};
use tokio_stream::StreamExt;
use tower::ServiceExt;
use walk::Said;

fn open() -> (Plan, Router) {
    let plan = plan::plan();
    let router = cityheart::http::build_router(plan.atlas.clone(), Config::default());
    (plan, router)
}

/// Each forbidden mark that was said, with where.
fn leaks(said: &[Said], viewer: &Viewer) -> Vec<String> {
    let forbidden: Vec<&str> = MARKS.iter().filter(|m| !m.is_for(viewer)).map(|m| m.text).collect();
    let mut found = vec![];
    for page in said {
        // A page about something names it, whether it is there or not.
        let shown = |mark: &&&str| page.text.contains(**mark) && !page.what.contains(**mark);
        found.extend(forbidden.iter().filter(shown).map(|mark| format!("{mark} in {}", page.what)));
    }
    found
}

#[tokio::test]
async fn nobody_is_told_anything_that_is_not_for_them_and_everybody_is_told_what_is() {
    let (_plan, router) = open();
    for viewer in viewers() {
        let said = walk::everything(&router, &viewer).await;
        assert_eq!(leaks(&said, &viewer), Vec::<String>::new(), "{viewer:?}");
        let all: String = said.iter().map(|s| s.text.as_str()).collect();
        for mark in MARKS.iter().filter(|m| m.is_for(&viewer)) {
            assert!(all.contains(mark.text), "{viewer:?} was never told {}", mark.text);
        }
    }
}

/// The walk would find a leak on any surface: told what an admin is told, it finds that visitors are told too much in
/// each of them.
#[tokio::test]
async fn a_leak_is_found_wherever_it_is() {
    let (_plan, router) = open();
    let admin = viewers().pop().unwrap();
    let found = leaks(&walk::everything(&router, &admin).await, &Viewer::visitor());
    for surface in [
        "cost_note in /api/openapi",
        "cost_note in /api/collections/interventions/schema",
        "cost_note in /api/collections/interventions/queryables",
        "cost_note in /api/collections/interventions/sortables",
        "cost_note in /tiles/interventions.json",
        "mark-celje-internal in /api/collections/interventions/items?limit=2",
        "mark-celje-internal in /api/collections/interventions/items?sortby=-cost&f=html",
        "mark-celje-internal in /api/collections/interventions/items?f=jsonfg",
        "mark-celje-internal in /api/collections/interventions/items?f=flatgeobuf",
        "NOTE-celje-public in /api/collections/interventions/items?f=flatgeobuf",
        "RISK-celje-public in /api/collections/interventions/items?f=csv",
        "mark-celje-internal in /api/collections/interventions/download?f=json",
        "NOTE-celje-public in /api/collections/interventions/download?f=flatgeobuf",
        "RISK-celje-public in /api/collections/interventions/download?f=csv",
        "RISK-celje-public in /api/collections/interventions/items/mark-celje-public",
        "RISK-celje-public in /api/collections/interventions/items/mark-celje-public?f=html",
        "15.8123 in /api/collections",
        "15.8123 in /api/collections/interventions",
        "15.8123 in /tiles/interventions.json",
        "1987-06-05 in /api/collections/interventions",
        "mark-celje-internal in /tiles/interventions/",
        "mark-celje-internal in /api/tiles/",
        "mark-celje-internal in /api/collections/interventions/tiles/",
        "NOTE-celje-public in /tiles/interventions/",
        "said-celje-pending in /tiles/contributions/",
        "mark-celje-internal in summary",
        "mark-cesena-internal in conflicts",
        "mark-cesena-internal in inside",
        "mark-cesena-internal in nearby",
        "said-celje-pending in nearby",
        "DRAFT-celje in /api/collections/interventions/items/published/history",
        "out-of-sight in /api/collections/interventions/items/withdrawn/history",
        "NOTE-celje-public in /api/collections/interventions/items/mark-celje-public/history",
        "said-celje-pending in /api/collections/contributions/changes",
        "RISK-celje-internal in /api/collections/interventions/changes?since=0",
        "who-did-it in /api/collections/interventions/changes?since=0",
        "mark-celje-internal in /tiles/interventions,interventions_label/",
    ] {
        assert!(found.iter().any(|f| f.starts_with(surface)), "no '{surface}' among {found:#?}");
    }
}

#[tokio::test]
async fn counts_are_of_what_is_seen() {
    let (_plan, router) = open();
    for (viewer, interventions, contributions) in
        viewers().iter().zip([3, 5, 6, 6, 7, 8, 8]).zip([1, 1, 2, 2, 2, 3, 3]).map(|((v, i), c)| (v, i, c))
    {
        for (collection, count) in [("interventions", interventions), ("contributions", contributions)] {
            let page =
                walk::get(&router, viewer, &format!("/api/collections/{collection}/items?limit=1")).await.1.json();
            assert_eq!(page["numberMatched"], count, "{viewer:?} {collection}");
            let described = walk::get(&router, viewer, &format!("/api/collections/{collection}")).await.1.json();
            assert_eq!(described["itemCount"], count, "{viewer:?} {collection}");
        }
    }
    let metrics = walk::get(&router, &viewers()[6], "/metrics").await.0.text;
    assert!(
        metrics.contains("cityheart_features{collection=\"interventions\"} 3"),
        "who watches sees what anybody sees"
    );
    let ready = walk::get(&router, &viewers()[6], "/health/ready").await.1.json();
    assert_eq!(ready["features"], 2 + 2 + 3 + 1);
}

/// By asking for what is hidden nothing is learnt: a hidden field is a field that does not exist, a hidden feature one
/// that is not there.
#[tokio::test]
async fn what_is_hidden_cannot_be_asked_for() {
    let (_plan, router) = open();
    let visitor = Viewer::visitor();
    let root = "/api/collections/interventions/items";
    for (hidden, unknown) in [
        ("?cost_note=NOTE-celje-public", "?cost_mote=NOTE-celje-public"),
        ("?filter=cost_note='NOTE-celje-public'", "?filter=cost_mote='NOTE-celje-public'"),
        ("?filter=cost_note%20IS%20NULL", "?filter=cost_mote%20IS%20NULL"),
        (
            "?filter={\"op\":\"isNull\",\"args\":[{\"property\":\"cost_note\"}]}",
            "?filter={\"op\":\"isNull\",\"args\":[{\"property\":\"cost_mote\"}]}",
        ),
        ("?sortby=cost_note", "?sortby=cost_mote"),
        ("?properties=cost_note", "?properties=cost_mote"),
        ("?exclude-properties=cost_note", "?exclude-properties=cost_mote"),
    ] {
        let path = |q: &str| format!("{root}{}", q.replace('{', "%7B").replace('}', "%7D").replace('"', "%22"));
        let (a, b) =
            (walk::get(&router, &visitor, &path(hidden)).await.1, walk::get(&router, &visitor, &path(unknown)).await.1);
        assert_eq!(a.status, StatusCode::BAD_REQUEST, "{hidden}");
        let (a, b) = (a.text().replace("cost_note", "*"), b.text().replace("cost_mote", "*"));
        assert_eq!(a, b, "{hidden}");
    }
    for (filter, tile) in [
        ("cost_note='x'", "/tiles/interventions/0/0/0.mvt"),
        ("cost_note='x'", "/api/tiles/WebMercatorQuad/0/0/0?collections=interventions"),
    ] {
        let join = if tile.contains('?') { "&" } else { "?" };
        let reply = walk::get(&router, &visitor, &format!("{tile}{join}filter={filter}")).await.1;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{tile}");
    }
    for id in ["mark-celje-internal", "mark-celje-partners"] {
        let (a, b) = (
            walk::get(&router, &visitor, &format!("{root}/{id}")).await.1,
            walk::get(&router, &visitor, &format!("{root}/mark-nothing")).await.1,
        );
        assert_eq!((a.status, b.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
        assert_eq!(a.text().replace(id, "*"), b.text().replace("mark-nothing", "*"));
        for question in [
            format!("filter=id='{id}'"),
            format!("filter=title%20LIKE%20'%25{id}%25'"),
            "visibility=internal".to_owned(),
        ] {
            let page = walk::get(&router, &visitor, &format!("{root}?{question}")).await.1.json();
            assert_eq!(page["numberMatched"], 0, "{question}");
        }
    }
    for inputs in [
        json!({"filter": {"cost_note": "NOTE-celje-public"}}),
        json!({"group_by": ["cost_note"]}),
        json!({"filter": {"risks": "x"}}),
    ] {
        let said = walk::ask(&router, &visitor, "summary", &inputs).await;
        assert!(said.text.contains("\"status\":400"), "{inputs}: {}", said.text);
    }
    // A field that is empty for a viewer is empty for their filters and their order, too.
    let edi = &viewers()[4];
    let page =
        walk::get(&router, edi, &format!("{root}?filter=risks%20IS%20NOT%20NULL&properties=title")).await.1.json();
    let ids: Vec<&str> = page["features"].as_array().unwrap().iter().filter_map(|f| f["id"].as_str()).collect();
    assert_eq!(ids, ["mark-cesena-public", "mark-cesena-partners", "mark-cesena-internal", "withdrawn"]);
}

#[tokio::test]
async fn no_answer_is_taken_for_somebody_elses() {
    let (_plan, router) = open();
    let (visitor, admin) = (Viewer::visitor(), viewers().pop().unwrap());
    for path in [
        "/api/collections/interventions/items",
        "/api/collections/interventions/items/mark-celje-public",
        "/api/collections/interventions",
        "/api/collections/interventions/schema",
        "/api/openapi",
        "/tiles/interventions.json",
        "/tiles/interventions/0/0/0.mvt",
    ] {
        let (for_admin, for_visitor) =
            (walk::get(&router, &admin, path).await.1, walk::get(&router, &visitor, path).await.1);
        for (reply, kind) in [(&for_admin, "private"), (&for_visitor, "public")] {
            assert!(reply.header("cache-control").starts_with(kind), "{path}: {}", reply.header("cache-control"));
            let vary: Vec<&str> = reply.headers.get_all("vary").iter().map(|v| v.to_str().unwrap()).collect();
            let vary = vary.join(", ").to_lowercase();
            assert!(vary.contains("authorization") && vary.contains("cookie"), "{path}: {vary}");
        }
        assert_ne!(for_admin.header("etag"), for_visitor.header("etag"), "{path}");
        let request = Request::get(path)
            .header("host", "plan.test")
            .header("if-none-match", for_admin.header("etag"))
            .body(Body::empty())
            .unwrap();
        assert_eq!(send(&router, by(request, &visitor)).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn what_is_published_or_withdrawn_is_so_in_the_next_answer() {
    use cityheart::change::{ChangeSet, FeatureEdit};
    let (plan, router) = open();
    let view = plan.atlas.collection_view("interventions").unwrap();
    let collection = view.collection().clone();
    let at = collection.field_index("visibility").unwrap();
    let set = |visibility: &str| {
        let view = plan.atlas.collection_view("interventions").unwrap();
        let mut feature = plan.atlas.find_item(&view, "mark-celje-internal").unwrap().feature();
        feature.values[at] = cityheart::feature::FieldValue::text(visibility);
        let edits = vec![FeatureEdit::Replace { feature, base: None }];
        plan.atlas.commit(&ChangeSet { collection: collection.id.clone(), edits, author: "test".into() }).unwrap();
    };
    for round in 0..3 {
        for (visibility, count) in [("public", 4), ("internal", 3)] {
            set(visibility);
            let (said, reply) = walk::get(&router, &Viewer::visitor(), "/api/collections/interventions/items").await;
            assert_eq!(reply.json()["numberMatched"], count, "{round} {visibility}");
            let tile = walk::get(&router, &Viewer::visitor(), "/tiles/interventions/0/0/0.mvt").await.0;
            for page in [said, tile] {
                assert_eq!(page.text.contains("mark-celje-internal"), visibility == "public", "{round} {}", page.what);
            }
            let extent: Json = walk::get(&router, &Viewer::visitor(), "/api/collections/interventions").await.1.json();
            assert_eq!(extent["extent"].to_string().contains("15.8123"), visibility == "public", "{round}");
        }
    }
}

/// What a listener is told until something public called `end` changes.
async fn told(router: &Router, viewer: &Viewer, last: &str, act: impl FnOnce()) -> Said {
    let request = Request::get("/api/events").header("host", "plan.test").header("last-event-id", last);
    let request = by(request.body(Body::empty()).unwrap(), viewer);
    let response = router.clone().oneshot(request).await.unwrap();
    act();
    let mut lines = response.into_body().into_data_stream();
    let mut text = String::new();
    while !text.contains("\"end\"") {
        text.push_str(std::str::from_utf8(&lines.next().await.unwrap().unwrap()).unwrap());
    }
    Said { what: "/api/events".to_owned(), text }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn news_are_told_to_those_who_see_what_changed() {
    let (plan, router) = open();
    let change_all = || {
        for collection in ["interventions", "contributions"] {
            let view = plan.atlas.collection_view(collection).unwrap();
            let all: Vec<_> = plan.atlas.select_items(&view, &cityheart::query::Query::default()).features().collect();
            for mut feature in all {
                feature.geometry = Some(geo_types::Point::new(15.2645, 46.2291).into());
                plan::commit(&plan, collection, plan::replace(feature.clone()));
                feature.geometry = None;
                plan::commit(&plan, collection, plan::replace(feature));
            }
        }
        let view = plan.atlas.collection_view("areas").unwrap();
        let mut end = plan.atlas.find_item(&view, "celje-core").unwrap().feature();
        end.id = cityheart::feature::FeatureId::new("end").unwrap();
        plan::commit(&plan, "areas", cityheart::change::FeatureEdit::Create(end));
    };
    let news = plan.atlas.plan_for_viewer(&Viewer::visitor()).change_feed().last_number().to_string();
    let mut act = Some(change_all);
    for viewer in viewers() {
        // The first listens while it happens, the others come back for what they missed.
        let said = match act.take() {
            Some(act) => told(&router, &viewer, &news, act).await,
            None => told(&router, &viewer, &news, || ()).await,
        };
        assert_eq!(leaks(std::slice::from_ref(&said), &viewer), Vec::<String>::new(), "{viewer:?}");
        for mark in MARKS.iter().filter(|m| m.text.starts_with("mark-") || m.text.starts_with("said-")) {
            assert_eq!(said.text.contains(mark.text), mark.is_for(&viewer), "{viewer:?} {}", mark.text);
        }
    }
    let admin = told(&router, &viewers()[6], &news, || ()).await;
    assert!(!leaks(&[admin], &Viewer::visitor()).is_empty(), "a leak would be found");
}

#[tokio::test]
async fn the_past_of_what_was_published_begins_with_its_publication() {
    let (_plan, router) = open();
    let path = "/api/collections/interventions/items/published/history";
    let mut counts = vec![];
    for viewer in viewers() {
        counts.push(walk::get(&router, &viewer, path).await.1.json()["versions"].as_array().unwrap().len());
    }
    assert_eq!(counts, [1, 1, 2, 2, 1, 2, 2]);
}
