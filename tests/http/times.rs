//! Times as other programs write them: read as instants, served as RFC 3339, sorted and found as instants, and left as
//! they are in the file.

use crate::support::importing::Job;
use crate::support::server::{by, get, json, send};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use cityheart::access::{AccessRole, Viewer};
use cityheart::atlas::{Atlas, AtlasSettings, BaseMap, PlanFile};
use cityheart::collection::{Collection, CollectionId, FieldType};
use cityheart::config::Config;
use cityheart::feature::{Feature, FeatureId, FieldValue, GeometryTypeSet};
use cityheart::plan::PlanModel;
use rusqlite::Connection;
use serde_json::{Value as Json, json};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

const ITEMS: &str = "/api/collections/visits/items";

/// What is in the file, and what is served, in the order of time; the last two are no instants and stay as they are.
const STORED: [(&str, &str); 9] = [
    ("2026-03-01", "2026-03-01T00:00:00Z"),
    ("2026-03-01T10:00:00.000", "2026-03-01T10:00:00.000Z"),
    ("2026-03-01T10:00:00.123456Z", "2026-03-01T10:00:00.123456Z"),
    ("2026-03-01T10:00:00.250Z", "2026-03-01T10:00:00.250Z"),
    ("2026/03/01 11:30:00+01", "2026-03-01T10:30:00Z"),
    ("2026-03-01 11:00", "2026-03-01T11:00:00Z"),
    ("2026-03-01T12:00:00+01:00", "2026-03-01T11:00:00Z"),
    ("03/04/2026 10:00", "03/04/2026 10:00"),
    ("soon", "soon"),
];

struct Visits {
    router: Router,
    folder: TempDir,
    _atlas: Arc<Atlas>,
}

impl Visits {
    /// A plan whose features `v0`, `v1` … have these texts in a column of the type DATETIME, written by another
    /// program.
    fn new(times: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.gpkg");
        write_visits(&path, times);
        let plan_file = PlanFile::open_or_create(&path).unwrap();
        let settings = AtlasSettings::default();
        let atlas = Atlas::open(plan_file, PlanModel::load().unwrap(), BaseMap::default(), &settings).unwrap();
        Self { router: cityheart::http::build_router(atlas.clone(), Config::default()), folder, _atlas: atlas }
    }

    async fn send(&self, method: &str, path: &str, body: Json) -> crate::support::server::Reply {
        let media = if method == "PATCH" { "application/merge-patch+json" } else { "application/geo+json" };
        let request = Request::builder().method(method).uri(path).header("host", "plan.test");
        let request = request.header("content-type", media).header("prefer", "return=representation");
        let ana = Viewer::new("ana", "Ana", AccessRole::Admin, []);
        send(&self.router, by(request.body(Body::from(body.to_string())).unwrap(), &ana)).await
    }

    async fn ids(&self, query: &str) -> Vec<String> {
        let page = json(&self.router, &format!("{ITEMS}?limit=100&{query}")).await;
        page["features"].as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap().to_owned()).collect()
    }

    async fn filtered(&self, filter: &str) -> Vec<String> {
        let encoded: Vec<String> = filter.bytes().map(|b| format!("%{b:02X}")).collect();
        self.ids(&format!("filter={}", encoded.concat())).await
    }

    fn stored(&self) -> Vec<String> {
        let conn = Connection::open(self.folder.path().join("plan.gpkg")).unwrap();
        let mut all = conn.prepare("SELECT at FROM visits ORDER BY fid").unwrap();
        all.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }
}

fn write_visits(path: &Path, times: &[&str]) {
    let id = CollectionId::new("visits").unwrap();
    let fields = [("at", FieldType::DateTime), ("day", FieldType::Date), ("note", FieldType::Text)];
    let fields: Vec<_> = fields.map(|(name, kind)| (name.to_owned(), kind)).into();
    let mut visits = Collection::from_inferred_fields(id.clone(), "Visits", GeometryTypeSet::NONE, &fields).unwrap();
    let mut schema = (*visits.schema).clone();
    schema["x-cityheart-temporal"] = json!({"start": "at", "end": null});
    visits = Collection::from_schema(id, schema).unwrap();
    let mut all = times.iter().enumerate().map(|(i, _)| {
        let values = vec![FieldValue::Null, FieldValue::Null, FieldValue::Null];
        Ok(Feature { key: 0, id: FeatureId::new(&format!("v{i}"))?, geometry: None, values })
    });
    PlanFile::open_or_create(path).unwrap().load_collection(&visits, false, &mut all).unwrap();
    let conn = Connection::open(path).unwrap();
    for (i, time) in times.iter().enumerate() {
        conn.execute(
            "UPDATE visits SET at=?1, day=substr(?1,1,10) WHERE fid=?2",
            rusqlite::params![time, i as i64 + 1],
        )
        .unwrap();
    }
}

fn names(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(|n| format!("v{n}")).collect()
}

#[tokio::test]
async fn times_of_other_programs_are_served_as_rfc_3339_and_in_the_order_of_time() {
    let visits = Visits::new(&STORED.map(|(stored, _)| stored));
    let page = json(&visits.router, &format!("{ITEMS}?sortby=at")).await;
    let served: Vec<&Json> = page["features"].as_array().unwrap().iter().map(|f| &f["properties"]["at"]).collect();
    assert_eq!(served, STORED.map(|(_, served)| json!(served)).iter().collect::<Vec<_>>());
    assert_eq!(visits.ids("sortby=at").await, names(0..9));
    assert_eq!(visits.ids("sortby=-at").await, names([5, 6, 4, 3, 2, 1, 0, 7, 8]), "unknown ones are last, too");
    // The same over pages of one, whose cursors hold instants.
    let mut walked = vec![];
    let mut path = format!("{ITEMS}?sortby=-at&limit=1");
    loop {
        let page = json(&visits.router, &path).await;
        walked.push(page["features"][0]["id"].as_str().unwrap().to_owned());
        let Some(next) = crate::support::server::link(&page, "next", "application/geo+json") else { break };
        crate::support::server::local(next).clone_into(&mut path);
    }
    assert_eq!(walked, names([5, 6, 4, 3, 2, 1, 0, 7, 8]));
    let csv = get(&visits.router, &format!("{ITEMS}?f=csv")).await;
    assert!(csv.text().contains("2026-03-01T10:30:00Z") && !csv.text().contains("+01"), "{}", csv.text());
}

#[tokio::test]
async fn every_time_is_found_by_a_comparison_or_by_its_negation() {
    let visits = Visits::new(&STORED.map(|(stored, _)| stored));
    let known = names(0..7);
    for (filter, found) in [
        ("at >= TIMESTAMP('2026-03-01T10:00:00Z')", names(1..7)),
        ("at > TIMESTAMP('2026-03-01T10:00:00.123Z')", names(2..7)),
        ("at < TIMESTAMP('2026-03-01T10:00:00.250Z')", names(0..3)),
        ("at = TIMESTAMP('2026-03-01T12:00:00+01:00')", names([5, 6])),
        ("at = TIMESTAMP('2026-03-01T10:00:00Z')", names([1])),
        ("at IN (TIMESTAMP('2026-03-01T00:00:00Z'),TIMESTAMP('2026-03-01T10:30:00Z'))", names([0, 4])),
        ("at BETWEEN TIMESTAMP('2026-03-01T10:00:00Z') AND TIMESTAMP('2026-03-01T10:30:00Z')", names(1..5)),
        ("T_AFTER(at,TIMESTAMP('2026-03-01T10:00:00.250Z'))", names(4..7)),
        ("T_BEFORE(at,TIMESTAMP('2026-03-01T10:00:00.123456Z'))", names(0..2)),
        ("T_DURING(at,INTERVAL('2026-03-01T10:00:00Z','2026-03-01T11:00:00Z'))", names(2..5)),
        ("T_INTERSECTS(at,DATE('2026-03-01'))", known.clone()),
        ("at = DATE('2026-03-01')", known.clone()),
        ("YEAR(at) = 2026", known.clone()),
        ("day = DATE('2026-03-01')", known.clone()),
        ("at IS NULL", vec![]),
    ] {
        assert_eq!(visits.filtered(filter).await, found, "{filter}");
        if !filter.contains("NULL") {
            let rest: Vec<String> = known.iter().filter(|id| !found.contains(id)).cloned().collect();
            assert_eq!(visits.filtered(&format!("NOT ({filter})")).await, rest, "NOT {filter}");
        }
    }
    for (query, found) in [
        ("at=2026-03-01T11:00:00Z", names([5, 6])),
        ("at=2026-03-01T12:00:00%2B01:00", names([5, 6])),
        ("at=2026-03-01T10:00:00.000000Z", names([1])),
        ("datetime=2026-03-01T10:30:00Z/..", names([4, 5, 6, 7, 8])),
    ] {
        assert_eq!(visits.ids(query).await, found, "{query}");
    }
}

#[tokio::test]
async fn what_was_stored_stays_as_it_is_until_that_value_is_edited() {
    let visits = Visits::new(&STORED.map(|(stored, _)| stored));
    let mut before = visits.stored();
    for id in names(0..9) {
        let reply = visits.send("PATCH", &format!("{ITEMS}/{id}"), json!({"properties": {"note": "seen"}})).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
    assert_eq!(visits.stored(), before, "another value was edited");
    let mut whole = json(&visits.router, &format!("{ITEMS}/v4")).await;
    whole["properties"]["note"] = "seen twice".into();
    let reply = visits.send("PUT", &format!("{ITEMS}/v4"), whole).await;
    assert_eq!((reply.status.as_u16(), visits.stored()), (200, before.clone()), "sent back as it was served");
    let edit = json!({"properties": {"at": "2026-03-01 13:00:00.5 +0100"}});
    let reply = visits.send("PATCH", &format!("{ITEMS}/v1"), edit).await;
    assert_eq!(reply.json()["properties"]["at"], "2026-03-01T12:00:00.500Z");
    before[1] = "2026-03-01T12:00:00.500Z".into();
    assert_eq!(visits.stored(), before, "as a GeoPackage writes it");
}

#[tokio::test]
async fn a_time_that_is_sent_is_understood_or_refused_with_its_place() {
    let visits = Visits::new(&["2026-03-01T10:00:00Z"]);
    let feature = |at: &str| json!({"type": "Feature", "geometry": null, "properties": {"at": at}});
    for (sent, kept) in [
        ("2026/03/01 11:00:00+01", "2026-03-01T10:00:00Z"),
        ("2026-03-01 11:00:00.250", "2026-03-01T11:00:00.250Z"),
        ("20260301T110000Z", "2026-03-01T11:00:00Z"),
        ("2026-03-01t11:00:00z", "2026-03-01T11:00:00Z"),
        ("2026-03-01T11:00+0100", "2026-03-01T10:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ] {
        let reply = visits.send("POST", ITEMS, feature(sent)).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["properties"]["at"]), (201, &json!(kept)), "{sent}");
    }
    for (sent, told) in [
        ("03/04/2026 10:00", "It may be 2026-04-03T10:00:00Z or 2026-03-04T10:00:00Z"),
        ("31.12.2025 10:00", "Write 2025-12-31T10:00:00Z."),
        ("2026-03-01", "2026-03-01T08:30:00Z"),
        ("2026-02-30T10:00:00Z", "2026-03-01T08:30:00Z"),
    ] {
        let reply = visits.send("POST", ITEMS, feature(sent)).await;
        assert_eq!(reply.status, 422, "{sent}: {}", reply.text());
        let problem = reply.json();
        assert_eq!(problem["errors"].as_array().unwrap().len(), 1, "{problem}");
        assert_eq!(problem["errors"][0]["pointer"], "/properties/at");
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(told), "{problem}");
    }
    assert_eq!(visits.filtered("at > TIMESTAMP('2027-01-01T00:00:00Z')").await.len(), 1, "the end of time is known");
}

#[test]
fn a_table_keeps_times_in_the_form_of_its_values_or_tells() {
    let column = |cells: &[&str]| {
        let read = Job::csv(&format!("name,at\nx,{}\n", cells.join("\nx,"))).read();
        let at = read.collection.fields[read.collection.field_index("at").unwrap()].kind;
        let values: Vec<String> =
            read.features.iter().map(|f| f.values[1].to_json().as_str().unwrap().into()).collect();
        let told: Vec<String> = read.report.lines().into_iter().filter(|line| line.contains("time")).collect();
        (at, values, told.join(" "))
    };
    let (kind, values, told) = column(&["2026-03-01T10:00:00Z", "2026-03-01T10:00:00.5Z"]);
    assert_eq!((kind, values[0].as_str(), told.as_str()), (FieldType::DateTime, "2026-03-01T10:00:00Z", ""));
    let (kind, values, told) = column(&["2026/03/01 11:00:00+01", "2026-03-01T10:00:00Z"]);
    assert_eq!((kind, values), (FieldType::DateTime, vec!["2026-03-01T10:00:00Z".to_owned(); 2]));
    assert_eq!(told, "In 1 feature, times were converted to UTC.");
    for cells in [&["2026-03-01 11:00", "2026-03-02 11:00"][..], &["03/04/2026", "31/04/2026 "]] {
        let (kind, values, told) = column(cells);
        assert_eq!(kind, FieldType::Text);
        assert_eq!(
            values.iter().map(|v| v.trim()).collect::<Vec<_>>(),
            cells.iter().map(|c| c.trim()).collect::<Vec<_>>()
        );
        if cells[1].starts_with("31/04") {
            assert_eq!(told, "", "one of them is no date");
        } else {
            assert!(told.contains(&format!("(the first: '{}')", cells[0])), "{told}");
        }
    }
    let (kind, values, _) = column(&["2026/03/01", "2026-03-02"]);
    assert_eq!(
        (kind, values),
        (FieldType::Date, vec!["2026-03-01".to_owned(), "2026-03-02".to_owned()]),
        "days are understood"
    );
    let (kind, _, told) = column(&["2026-03-01 11:00", "later"]);
    assert_eq!((kind, told.as_str()), (FieldType::Text, ""), "a column of other text is not about times");
}

#[test]
fn a_file_for_a_known_field_is_understood_and_told() {
    let id = CollectionId::new("things").unwrap();
    let fields = [("at".to_owned(), FieldType::DateTime), ("day".to_owned(), FieldType::Date)];
    let present = Collection::from_inferred_fields(id, "Things", GeometryTypeSet::NONE, &fields).unwrap();
    let read = |mut job: Job| {
        job.present = Some(present.clone());
        job.read()
    };
    let table = read(Job::csv("at,day\n2026-03-01 11:00,2026/03/01\n2026/03/01 11:00:00+01,2026-03-01T00:00:00\n"));
    let values: Vec<Json> = table.features.iter().flat_map(|f| f.values.iter().map(FieldValue::to_json)).collect();
    assert_eq!(values, ["2026-03-01T11:00:00Z", "2026-03-01", "2026-03-01T10:00:00Z", "2026-03-01"]);
    let lines = table.report.lines().join("\n");
    for told in [
        "In 1 feature, times were converted to UTC.",
        "In 1 feature, times without a zone were read as UTC.",
        "Column B 'day' is 'day' (sure), days.",
        "In 1 feature, dates were written as year-month-day.",
    ] {
        assert!(lines.contains(told), "{lines}");
    }
    let refused = read(Job::csv("at,day\n03/04/2026 10:00,03/04/2026\n"));
    let lines = refused.report.lines().join("\n");
    assert!(refused.result.is_err() && lines.contains("Is the day or the month first, as in '03/04/2026'"), "{lines}");
    let time_of_day = read(Job::csv("at,day\n2026-03-01T10:00:00Z,2026-03-01T10:00:00\n"));
    let lines = time_of_day.report.lines().join("\n");
    assert!(lines.contains("The field holds days."), "{lines}");
}
