//! What another program does to the schema of the file, as clients of the API see it: without a restart, and told to
//! editors.

use crate::support::editing::{Client, GEOJSON, ITEMS, ONE};
use crate::support::server::send;
use crate::support::tiles::Tile;
use axum::body::Body;
use axum::http::Request;
use rusqlite::Connection;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;

const COLLECTION: &str = "/api/collections/interventions";

/// Another program, which knows the functions that the R-tree needs.
fn other(client: &Client) -> Connection {
    let conn = Connection::open(client.plan.folder.path().join("plan.gpkg")).unwrap();
    for (name, value) in
        [("ST_IsEmpty", 0.0), ("ST_MinX", 15.0), ("ST_MaxX", 15.0), ("ST_MinY", 46.0), ("ST_MaxY", 46.0)]
    {
        let flags = rusqlite::functions::FunctionFlags::SQLITE_UTF8;
        conn.create_scalar_function(name, 1, flags, move |_| Ok(value)).unwrap();
    }
    conn
}

/// Runs statements and waits until the server has published what they did.
async fn run(client: &Client, conn: &Connection, sql: &str) {
    let feed = client.plan.atlas.change_feed();
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let alive = Arc::new(());
    feed.wake_after(feed.last_number(), &alive, Box::new(move || _ = sender.send(())));
    conn.execute_batch(&format!("BEGIN; {sql}; COMMIT")).unwrap();
    tokio::time::timeout(Duration::from_secs(30), receiver).await.expect("published within half a minute").unwrap();
}

fn one() -> &'static str {
    ONE.rsplit('/').next().unwrap()
}

#[tokio::test]
async fn a_column_of_another_program_is_in_the_schema_filters_items_and_tiles_and_can_be_edited() {
    let client = Client::new();
    let conn = other(&client);
    let before = client.json(ONE).await;
    run(
        &client,
        &conn,
        &format!(
            "ALTER TABLE interventions ADD COLUMN height REAL; UPDATE interventions SET height=12.75 WHERE id='{}'",
            one()
        ),
    )
    .await;
    for part in ["schema", "queryables", "sortables"] {
        let document = client.json(&format!("{COLLECTION}/{part}")).await;
        assert_eq!(document["properties"]["height"]["type"], "number", "{part}");
    }
    let found = client.json(&format!("{ITEMS}?filter=height%3E12")).await;
    assert_eq!((&found["numberMatched"], &found["features"][0]["properties"]["height"]), (&json!(1), &json!(12.75)));
    assert_eq!(client.patch(ONE, &json!({"properties": {"height": 13}})).await.status, 204);
    let stored: f64 = conn.query_row("SELECT height FROM interventions WHERE id=?1", [one()], |r| r.get(0)).unwrap();
    assert_eq!(stored, 13.0);
    run(&client, &conn, "ALTER TABLE interventions RENAME COLUMN height TO tall").await;
    assert_eq!(client.json(ONE).await["properties"]["tall"], 13.0);
    run(&client, &conn, "ALTER TABLE interventions DROP COLUMN tall").await;
    assert_eq!(client.json(&format!("{COLLECTION}/schema")).await["properties"]["tall"], Json::Null);
    let mut after = client.json(ONE).await;
    after["properties"]["updated"] = before["properties"]["updated"].clone();
    assert_eq!(after, before, "nothing else has changed");
}

#[tokio::test]
async fn what_is_not_shown_is_told_to_editors_and_to_nobody_else() {
    let client = Client::new();
    let conn = other(&client);
    let nan = "47500001E61000000101000000000000000000F87F0000000000000040";
    run(&client, &conn, &format!("ALTER TABLE interventions ADD COLUMN photo BLOB; UPDATE interventions SET cost='a lot', geom=x'{nan}' WHERE id='{}'", one())).await;
    let told = client.json(COLLECTION).await;
    let findings = told["findings"].as_array().unwrap();
    let says = |pointer: &str, word: &str| {
        findings.iter().any(|f| f["pointer"] == pointer && f["message"].as_str().unwrap().contains(word))
    };
    assert!(says("", "'photo'") && says("/properties/cost", "'a lot'") && says("/geometry", "finite"), "{findings:?}");
    let public = Request::get(COLLECTION).header("host", "plan.test").body(Body::empty()).unwrap();
    assert_eq!(send(&client.router, public).await.json()["findings"], Json::Null);
    assert_eq!(client.json(ONE).await["geometry"], Json::Null, "it is not drawn at 0");
    // What is mended is told no longer.
    run(
        &client,
        &conn,
        &format!(
            "UPDATE interventions SET cost=7, geom=NULL WHERE id='{}'; ALTER TABLE interventions DROP COLUMN photo",
            one()
        ),
    )
    .await;
    assert_eq!(client.json(COLLECTION).await["findings"], Json::Null);
}

#[tokio::test]
async fn a_view_is_a_collection_that_cannot_be_edited() {
    let client = Client::new();
    let conn = other(&client);
    run(
        &client,
        &conn,
        "CREATE VIEW dear AS SELECT fid, id, title, cost FROM interventions WHERE cost > 1000000;
        INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('dear', 'attributes', 'dear', 0)",
    )
    .await;
    let document = client.json("/api/collections/dear").await;
    assert!(document["readOnly"].as_str().is_some_and(|why| why.contains("view")), "{document}");
    let items = client.json("/api/collections/dear/items").await;
    let first = items["features"][0]["id"].as_str().unwrap().to_owned();
    let refused =
        client.patch(&format!("/api/collections/dear/items/{first}"), &json!({"properties": {"title": "x"}})).await;
    assert!(
        refused.status.is_client_error() && refused.text().contains("view"),
        "{} {}",
        refused.status,
        refused.text()
    );
}

#[tokio::test]
async fn hidden_fields_and_features_stay_hidden_when_their_columns_are_renamed_or_dropped() {
    let client = Client::new();
    let conn = other(&client);
    let visitor = |path: &str| Request::get(path).header("host", "plan.test").body(Body::empty()).unwrap();
    conn.execute("UPDATE interventions SET visibility='internal' WHERE id=?1", [one()]).unwrap();
    run(&client, &conn, "ALTER TABLE interventions RENAME COLUMN visibility TO seen_by").await;
    assert_eq!(send(&client.router, visitor(ONE)).await.status, 404);
    run(&client, &conn, "ALTER TABLE interventions DROP COLUMN seen_by").await;
    assert_eq!(send(&client.router, visitor(ONE)).await.status, 404);
}

#[tokio::test]
async fn a_value_that_no_edit_could_write_is_accepted_when_it_comes_back_as_it_was() {
    let client = Client::new();
    let conn = other(&client);
    // Days with a time or with words, an instant that is none, money with three decimals, words that are no choice,
    // text that is too long for its column or has a NUL.
    let set = "start='2026-03-01T10:00:00', \"end\"='soon', seen='in spring', planted='2025-04-01 08:00', cost=12.345, status='dreamt of', short='far too long', ended='a'||char(0)||'b', many='a lot'";
    let columns = ["seen DATETIME", "planted DATE", "short VARCHAR(5)", "ended TEXT", "many INTEGER"];
    let added: String = columns.map(|c| format!("ALTER TABLE interventions ADD COLUMN {c};")).concat();
    run(&client, &conn, &format!("{added} UPDATE interventions SET {set} WHERE id='{}'", one())).await;
    let mut cells = conn.prepare("SELECT * FROM interventions WHERE id=?1").unwrap();
    let mut row = || -> Vec<(String, String)> {
        let names: Vec<String> = cells.column_names().into_iter().map(str::to_owned).collect();
        cells
            .query_row([one()], |r| {
                (0..names.len()).map(|i| Ok((names[i].clone(), format!("{:?}", r.get_ref(i)?)))).collect()
            })
            .unwrap()
    };
    let stored = row();
    let shown = client.json(ONE).await;
    let values = &shown["properties"];
    assert_eq!((&values["start"], &values["end"]), (&json!("2026-03-01T10:00:00Z"), &json!("soon")));
    assert_eq!((&values["seen"], &values["cost"], &values["many"]), (&json!("in spring"), &json!(12.345), &Json::Null));
    let put = client.send("PUT", ONE, &[GEOJSON], shown.to_string()).await;
    assert_eq!(put.status, 204, "{}", put.text());
    let differ = |now: Vec<(String, String)>| -> Vec<String> {
        now.into_iter().zip(&stored).filter(|(a, b)| a != *b).map(|(a, _)| a.0).collect()
    };
    assert_eq!(differ(row()), ["updated"], "nothing was changed");
    let mut edited = shown.clone();
    edited["properties"]["place"] = "Here".into();
    for reply in [
        client.send("PUT", ONE, &[GEOJSON], edited.to_string()).await,
        client.patch(ONE, &json!({"properties": {"place": "There"}})).await,
        client.patch(ONE, &json!({"properties": {"start": "2026-03-01T10:00:00Z", "short": "far too long"}})).await,
    ] {
        assert_eq!(reply.status, 204, "{}", reply.text());
    }
    assert_eq!(differ(row()), ["place", "updated"]);
    for (name, value) in
        [("start", "2026-03-02T10:00:00Z"), ("end", "sooner"), ("status", "dreamt"), ("short", "far too long!")]
    {
        let refused = client.patch(ONE, &json!({"properties": {name: value}})).await;
        assert_eq!(refused.status, 422, "{name}: what is new is held to the rules: {}", refused.text());
    }
}

#[tokio::test]
async fn the_length_of_a_column_is_published_and_longer_texts_are_refused() {
    let client = Client::new();
    let conn = other(&client);
    run(
        &client,
        &conn,
        "ALTER TABLE interventions ADD COLUMN mark VARCHAR(5); ALTER TABLE interventions ADD COLUMN size INT(2)",
    )
    .await;
    let schema = client.json(&format!("{COLLECTION}/schema")).await;
    assert_eq!(schema["properties"]["mark"]["maxLength"], 5);
    assert_eq!(schema["properties"]["size"]["maxLength"], Json::Null, "the width of a number limits nothing");
    assert_eq!(schema["properties"]["title"]["maxLength"], 200, "what the model says stays");
    assert_eq!(
        client.patch(ONE, &json!({"properties": {"mark": "čšžčš"}})).await.status,
        204,
        "characters count, not bytes"
    );
    let refused = client.patch(ONE, &json!({"properties": {"mark": "čšžčšž"}})).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("has 6 characters, and this field takes 5 at most"), "{}", refused.text());
    run(&client, &conn, "ALTER TABLE interventions RENAME COLUMN mark TO label").await;
    assert_eq!(client.json(&format!("{COLLECTION}/schema")).await["properties"]["label"]["maxLength"], 5);
    retype(&client, &conn, "label", "VARCHAR(5)", "VARCHAR(6)").await;
    assert_eq!(client.json(&format!("{COLLECTION}/schema")).await["properties"]["label"]["maxLength"], 6);
    assert_eq!(client.patch(ONE, &json!({"properties": {"label": "čšžčšž"}})).await.status, 204);
    retype(&client, &conn, "label", "VARCHAR(6)", "TEXT").await;
    assert_eq!(client.json(&format!("{COLLECTION}/schema")).await["properties"]["label"]["maxLength"], Json::Null);
}

/// Changes the declared type of a column in the text of the schema, as GDAL does it.
async fn retype(client: &Client, conn: &Connection, column: &str, from: &str, to: &str) {
    let version: i64 = conn.query_row("PRAGMA schema_version", [], |r| r.get(0)).unwrap();
    let sql = format!(
        "PRAGMA writable_schema=ON; UPDATE sqlite_master SET sql=replace(replace(sql, '{column} {from}', '{column} {to}'), '\"{column}\" {from}', '{column} {to}') WHERE type='table' AND name='interventions';
         PRAGMA schema_version={}; PRAGMA writable_schema=RESET",
        version + 1
    );
    run(client, conn, &sql).await;
}

#[tokio::test]
async fn a_tile_shows_a_new_column_and_the_cached_one_is_not_served() {
    const TILE: &str = "/tiles/interventions/14/8886/5813.mvt";
    let client = Client::new();
    let conn = other(&client);
    let property = |reply: &[u8], name: &str| {
        let tile = Tile::read(reply);
        let feature = tile.features().iter().find(|f| f.id == one()).expect("the feature is on its tile").clone();
        feature.properties.get(name).map(|value| format!("{value:?}"))
    };
    let before = client.get(TILE).await;
    let cached = client.get(TILE).await;
    assert_eq!((before.status.as_u16(), before.header("etag")), (200, cached.header("etag")));
    assert_eq!(property(&before.body, "height"), None);
    let mut last = before.header("etag").to_owned();
    let add = format!(
        "ALTER TABLE interventions ADD COLUMN height REAL; UPDATE interventions SET height=12.75 WHERE id='{}'",
        one()
    );
    for (sql, name, value) in [
        (add.as_str(), "height", Some("12.75")),
        ("ALTER TABLE interventions RENAME COLUMN height TO tall", "tall", Some("12.75")),
        ("ALTER TABLE interventions DROP COLUMN tall", "tall", None),
    ] {
        run(&client, &conn, sql).await;
        let now = client.send("GET", TILE, &[("if-none-match", &last)], Body::empty()).await;
        assert_eq!(now.status, 200, "{sql}: the tile from before is not current");
        assert_ne!(now.header("etag"), last, "{sql}");
        let shown = property(&now.body, name);
        assert_eq!(shown.is_some(), value.is_some(), "{sql}: {shown:?}");
        assert!(value.is_none_or(|v| shown.is_some_and(|s| s.contains(v))), "{sql}");
        last = now.header("etag").to_owned();
        let same = client.send("GET", TILE, &[("if-none-match", &last)], Body::empty()).await;
        assert_eq!(same.status, 304);
    }
    assert_eq!(last, before.header("etag"), "without the column, it is the tile from before");
}

#[tokio::test]
async fn a_collection_without_a_place_is_told_to_editors_until_it_has_one() {
    let client = Client::new();
    let conn = other(&client);
    run(
        &client,
        &conn,
        "CREATE TABLE shops (fid INTEGER PRIMARY KEY, name TEXT, geom POINT); \
         INSERT INTO gpkg_contents(table_name,data_type,identifier,srs_id) VALUES('shops','features','shops',4326); \
         INSERT INTO gpkg_geometry_columns VALUES('shops','geom','POINT',4326,0,0); INSERT INTO shops(name) VALUES('a'),('b')",
    )
    .await;
    let collection = "/api/collections/shops";
    let findings = client.json(collection).await["findings"].clone();
    assert_eq!((&findings[0]["kind"], findings.as_array().map(Vec::len)), (&json!("places"), Some(1)), "{findings}");
    let public = Request::get(collection).header("host", "plan.test").body(Body::empty()).unwrap();
    assert_eq!(send(&client.router, public).await.json()["findings"], Json::Null);
    let point = "4750000100000000010100000000000000000000000000000000000000";
    run(&client, &conn, &format!("UPDATE shops SET geom=x'{point}' WHERE name='a'")).await;
    assert_eq!(client.json(collection).await["findings"], Json::Null);
}
