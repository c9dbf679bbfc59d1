//! A plan that was made before the model got a property: opening it brings it up to date.

use crate::support::editing::{Client, ONE};
use crate::support::server::Plan;
use cityheart::atlas::{Atlas, AtlasSettings, BaseMap, PlanFile};
use cityheart::config::Config;
use cityheart::plan::PlanModel;
use rusqlite::{Connection, params};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};

const SCHEMA: &str = "/api/collections/interventions/schema";

/// Takes a property away from the interventions of a plan, as if it had been made before there was one.
fn age(plan: &Path, property: &str) {
    let conn = Connection::open(plan).unwrap();
    let (number, schema, layout): (i64, String, String) = conn
        .query_row("SELECT number, schema, layout FROM cityheart_collections WHERE id='interventions'", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    let (mut schema, mut layout): (Json, Json) =
        (serde_json::from_str(&schema).unwrap(), serde_json::from_str(&layout).unwrap());
    assert!(schema["properties"].as_object_mut().unwrap().shift_remove(property).is_some());
    layout["columns"].as_array_mut().unwrap().retain(|c| c != property);
    let triggers: Vec<(String, String)> = conn
        .prepare("SELECT name, sql FROM sqlite_master WHERE type='trigger' AND tbl_name='interventions'")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for (name, _) in &triggers {
        conn.execute_batch(&format!("DROP TRIGGER \"{name}\"")).unwrap();
    }
    conn.execute_batch(&format!("ALTER TABLE interventions DROP COLUMN \"{property}\"")).unwrap();
    for (_, sql) in &triggers {
        conn.execute_batch(&sql.replace(&format!("||','||quote(OLD.\"{property}\")"), "")).unwrap();
    }
    conn.execute(
        "UPDATE cityheart_collections SET schema=?2, layout=?3 WHERE number=?1",
        params![number, schema.to_string(), layout.to_string()],
    )
    .unwrap();
    conn.execute("DELETE FROM gpkg_data_columns WHERE table_name='interventions' AND column_name=?1", [property])
        .unwrap();
}

/// The client over the plan's file, opened anew.
fn reopened(client: Client, plan_file: impl Fn(&Path) -> PlanFile, between: impl Fn(&Path)) -> Client {
    let Client { router, viewer, plan } = client;
    let file: PathBuf = plan.folder.path().join("plan.gpkg");
    let Plan { atlas, folder } = plan;
    drop((router, atlas));
    between(&file);
    let atlas =
        Atlas::open(plan_file(&file), PlanModel::load().unwrap(), BaseMap::default(), &AtlasSettings::default())
            .unwrap();
    Client {
        router: cityheart::http::build_router(atlas.clone(), Config::default()),
        viewer,
        plan: Plan { atlas, folder },
    }
}

fn writable(file: &Path) -> PlanFile {
    PlanFile::open(file).unwrap()
}

fn columns(client: &Client) -> Vec<String> {
    let conn = Connection::open(client.plan.folder.path().join("plan.gpkg")).unwrap();
    let mut ask = conn.prepare("SELECT name FROM pragma_table_info('interventions')").unwrap();
    ask.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn an_older_plan_gets_the_properties_that_the_model_got_since_and_loses_nothing() {
    let client = Client::new();
    let before = client.json(ONE).await;
    let all = client.json("/api/collections/interventions/items?limit=10000").await;
    assert!(columns(&client).contains(&"origin".to_owned()));
    let client = reopened(client, writable, |file| age(file, "origin"));
    assert!(columns(&client).contains(&"origin".to_owned()));
    let schema = client.json(SCHEMA).await;
    assert!(schema["properties"]["origin"].is_object(), "{}", schema["properties"]);
    assert_eq!(client.json(ONE).await, before);
    let same = client.json("/api/collections/interventions/items?limit=10000").await;
    assert_eq!(same["features"], all["features"]);
    // The property can be written, is in the history, and is there when the plan is opened again.
    let patched = client.patch(ONE, &json!({"properties": {"origin": "sligo-oconnell-street"}})).await;
    assert_eq!(patched.status, 204, "{}", patched.text());
    let history = client.json(&format!("{ONE}/history")).await;
    let last = history["versions"].as_array().unwrap().last().unwrap();
    assert_eq!(last["after"]["properties"]["origin"], "sligo-oconnell-street", "{last}");
    let client = reopened(client, writable, |_| {});
    assert_eq!(client.json(ONE).await["properties"]["origin"], "sligo-oconnell-street");
    // What another program writes into the new column is noticed as well.
    let client = reopened(client, writable, |file| {
        let conn = Connection::open(file).unwrap();
        for (name, value) in
            [("ST_IsEmpty", 0.0), ("ST_MinX", 15.0), ("ST_MaxX", 15.0), ("ST_MinY", 46.0), ("ST_MaxY", 46.0)]
        {
            let flags = rusqlite::functions::FunctionFlags::SQLITE_UTF8;
            conn.create_scalar_function(name, 1, flags, move |_| Ok(value)).unwrap();
        }
        let id = ONE.rsplit('/').next().unwrap();
        conn.execute("UPDATE interventions SET origin='celje-renewal-1' WHERE id=?1", [id]).unwrap();
    });
    let history = client.json(&format!("{ONE}/history")).await;
    let last = history["versions"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["before"]["properties"]["origin"], &last["after"]["properties"]["origin"]),
        (&json!("sligo-oconnell-street"), &json!("celje-renewal-1")),
        "{last}"
    );
}

#[tokio::test]
async fn an_older_plan_that_may_only_be_read_is_read_as_it_is() {
    let client = Client::new();
    let read_only = |file: &Path| PlanFile::open_read_only(file).unwrap();
    let client = reopened(client, read_only, |file| age(file, "origin"));
    assert!(client.json(SCHEMA).await["properties"]["origin"].is_null());
    assert_eq!(client.get(ONE).await.status, 200);
    assert!(!columns(&client).contains(&"origin".to_owned()));
}
