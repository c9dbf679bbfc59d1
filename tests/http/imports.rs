//! Files that editors bring in: uploaded, asked about, answered, saved as one change, undone, forgotten.

use crate::support::editing::{Client, ITEMS, JSON};
use crate::support::server::{Reply, by, local, send};
use axum::body::{Body, Bytes};
use axum::http::Request;
use cityheart::access::{AccessRole, Viewer};
use cityheart::config::Config;
use rust_xlsxwriter::Workbook;
use serde_json::{Value as Json, json};
use std::io::Write;
use std::time::Duration;

const IMPORTS: &str = "/api/imports";
const UPLOAD: &str = "/api/imports?into=interventions&name=IAP%20akcije.xlsx";
const HEADINGS: [&str; 8] = ["Code", "Title", "Kind", "Status", "Cost", "Longitude", "Latitude", "Colour"];
/// What the tests answer where no column says it.
const SETTINGS: [(&str, &str); 3] = [("city", "celje"), ("visibility", "public"), ("location_precision", "exact")];

type Row<'a> = [&'a str; 8];
const ROWS: [Row<'static>; 3] = [
    ["T-01", "Klop v senci", "small_scale_action", "idea", "1.900", "15.2651", "46.2301", "red"],
    ["T-02", "Drevored", "hard_investment", "idea", "2.500", "15.2661", "46.2311", "green"],
    ["T-03", "Tržnica", "event", "proposed", "3.750", "15.2671", "46.2321", "blue"],
];

/// A workbook with these rows of text below the headings, and one sheet.
fn workbook(rows: &[Row<'_>]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name("Akcije").unwrap();
    for (row, cells) in std::iter::once(&HEADINGS).chain(rows).enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            match cell.parse::<f64>() {
                Ok(number) if column == 5 || column == 6 => {
                    sheet.write_number(row as u32, column as u16, number).unwrap();
                }
                _ => {
                    sheet.write_string(row as u32, column as u16, *cell).unwrap();
                }
            }
        }
    }
    book.save_to_buffer().unwrap()
}

async fn upload(client: &Client, bytes: impl Into<Body>) -> Reply {
    client.send("POST", UPLOAD, &[], bytes).await
}

/// The document of an upload that was taken.
async fn taken(client: &Client, bytes: Vec<u8>) -> Json {
    let reply = upload(client, bytes).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()
}

fn path_of(document: &Json) -> String {
    format!("{IMPORTS}/{}", document["id"].as_str().unwrap())
}

async fn answer(client: &Client, document: &Json, answers: &Json) -> Reply {
    client.send("PATCH", &path_of(document), &[JSON], json!({"answers": answers}).to_string()).await
}

/// The answers to all that the table leaves open.
fn all_answers() -> Json {
    let set: serde_json::Map<String, Json> = SETTINGS.iter().map(|(f, v)| ((*f).to_owned(), (*v).into())).collect();
    json!({"decimal": "comma", "map": {"Colour": ""}, "set": set})
}

/// An import with all its questions answered.
async fn ready(client: &Client, bytes: Vec<u8>) -> Json {
    let document = taken(client, bytes).await;
    let reply = answer(client, &document, &all_answers()).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let document = reply.json();
    assert_eq!(document["questions"], json!([]), "{document:#}");
    assert_eq!(document["state"], "ready");
    document
}

async fn commit(client: &Client, document: &Json, options: Json) -> Reply {
    client.send("POST", &format!("{}/commit", path_of(document)), &[JSON], options.to_string()).await
}

async fn listed(client: &Client) -> usize {
    client.json(IMPORTS).await["imports"].as_array().unwrap().len()
}

/// The feature with a code.
async fn coded(client: &Client, code: &str) -> Option<Json> {
    let page = client.json(&format!("{ITEMS}?code={code}")).await;
    page["features"].as_array().unwrap().first().cloned()
}

fn as_viewer(client: Client, viewer: Viewer) -> Client {
    Client { viewer, ..client }
}

fn with_config(config: Config) -> Client {
    let client = Client::new();
    Client { router: cityheart::http::build_router(client.plan.atlas.clone(), config), ..client }
}

#[tokio::test]
async fn a_workbook_is_asked_about_answered_saved_as_one_change_and_undone() {
    let client = Client::new();
    let reply = upload(&client, workbook(&ROWS)).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let document = reply.json();
    assert_eq!(local(reply.header("location")), path_of(&document));
    assert_eq!(document["state"], "asking");
    assert_eq!(document["file"]["name"], "IAP akcije.xlsx");
    assert_eq!(document["file"]["format"], "xlsx");
    let questions = document["questions"].as_array().unwrap();
    assert!(questions.len() <= 3, "at most three at a time");
    assert_eq!(questions[0]["id"], "decimal");
    assert_eq!(questions[0]["parameters"], json!({"example": "1.900", "heading": "Cost"}));
    assert_eq!(questions[0]["choices"][0]["answer"], json!({"decimal": "comma"}));
    assert_eq!(questions[0]["choices"][0]["parameters"]["value"], "1900");
    assert_eq!((&questions[0]["chosen"], &questions[0]["column"]), (&json!(0), &json!("E")));
    let early = commit(&client, &document, json!({})).await;
    assert_eq!(early.status, 422, "questions are open: {}", early.text());

    let document = ready(&client, workbook(&ROWS)).await;
    let table = &document["tables"][0];
    assert_eq!((&table["sheet"], &table["data_rows"]), (&json!("Akcije"), &json!([2, 4])));
    let fields: Vec<_> = table["columns"].as_array().unwrap().iter().map(|c| c["field"].clone()).collect();
    let expected = json!(["code", "title", "kind", "status", "cost", "lon", "lat", null]);
    assert_eq!(json!(fields), expected, "{table:#}");
    assert_eq!(table["columns"][4]["style"]["decimal"], "comma");
    assert_eq!(document["marks"], json!({"understood": 21, "asked": 0, "refused": 0}));
    let rows = document["preview"]["rows"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["row"], &rows[0]["kind"]), (3, &json!(2), &json!("new")));
    assert_eq!(rows[0]["cells"][4], json!({"text": "1.900", "mark": "understood", "question": null}));
    assert_eq!(rows[0]["cells"][7]["mark"], "left_out");
    assert_eq!(rows[0]["place"], json!([15.2651, 46.2301]));
    let outcome = &document["outcome"];
    assert_eq!((&outcome["new"], &outcome["changed"], &outcome["refused"]), (&json!(3), &json!(0), &json!(0)));
    assert_eq!(outcome["places"]["features"].as_array().unwrap().len(), 3);
    assert_eq!(outcome["changes"][0]["code"], "T-01");
    assert!(coded(&client, "T-01").await.is_none(), "nothing is saved yet");

    let reply = commit(&client, &document, json!({"remove_missing": false, "refused": "leave_out"})).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let saved = reply.json();
    assert_eq!((&saved["new"], &saved["revision"], &saved["left_out"]), (&json!(3), &json!(2), &json!(0)));
    assert_eq!(saved["recipe"]["decimal"], "comma");
    let one = coded(&client, "T-01").await.unwrap();
    assert_eq!((&one["properties"]["cost"], &one["properties"]["city"]), (&json!(1900), &json!("celje")));
    assert_eq!(saved["results"][0]["after"]["properties"], one["properties"]);
    assert_eq!(client.json(&path_of(&document)).await["state"], "committed");
    assert_eq!(commit(&client, &document, json!({})).await.status, 409, "saved once");

    let undo = |result: &Json| json!({"delete": result["id"], "if_match": result["etag"]});
    let edits: Vec<Json> = saved["results"].as_array().unwrap().iter().map(undo).collect();
    let changes = "/api/collections/interventions/changes";
    let undone = client.send("POST", changes, &[JSON], json!({"edits": edits}).to_string()).await;
    assert_eq!(undone.status, 200, "{}", undone.text());
    assert!(coded(&client, "T-01").await.is_none());
}

#[tokio::test]
async fn what_has_a_cautious_value_is_told_and_not_asked() {
    let client = Client::new();
    let document = taken(&client, workbook(&ROWS)).await;
    assert_eq!(document["defaults"]["visibility"], "internal", "nothing is published by a guess");
    assert_eq!(document["defaults"]["location_precision"], "exact");
    let questions = document["questions"].as_array().unwrap();
    let ids: Vec<_> = questions.iter().map(|question| question["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["decimal", "unmatched"]);
    assert_eq!(document["defaults"]["city"], "celje", "the only city of the account");
    let open = answer(&client, &document, &json!({"set": {"visibility": "public"}})).await.json();
    let left = json!({"city": "celje", "location_precision": "exact"});
    assert_eq!(open["defaults"], left, "what somebody said is no default");

    let taken_back = json!({"set": {"visibility": null}});
    assert_eq!(answer(&client, &document, &taken_back).await.json()["defaults"]["visibility"], "internal");
    let asked = json!({"decimal": "comma", "map": {"Colour": ""}});
    let ready = answer(&client, &document, &asked).await.json();
    assert_eq!((&ready["state"], &ready["questions"]), (&json!("ready"), &json!([])), "{ready:#}");
    assert_eq!(commit(&client, &ready, json!({})).await.status, 200);
    assert_eq!(coded(&client, "T-01").await.unwrap()["properties"]["visibility"], "internal");
}

#[tokio::test]
async fn a_field_that_no_column_is_has_no_cell() {
    let client = Client::new();
    let document = taken(&client, workbook(&ROWS)).await;
    let document = answer(&client, &document, &json!({"map": {"Kind": ""}})).await.json();
    assert!(document["questions"].as_array().unwrap().iter().any(|question| question["id"] == "missing:kind"));
    let finding = &document["preview"]["rows"][0]["finding"];
    assert_eq!((&finding["cell"], &finding["remedies"]), (&Json::Null, &json!([])), "{finding:#}");
}

#[tokio::test]
async fn the_same_file_again_with_its_recipe_changes_nothing() {
    let client = Client::new();
    let document = ready(&client, workbook(&ROWS)).await;
    assert_eq!(commit(&client, &document, json!({})).await.status, 200);
    let recipe = client.get(&format!("{}/recipe", path_of(&document))).await;
    assert!(recipe.header("content-disposition").contains("recipe.json"));
    let mut recipe = recipe.json();
    recipe.as_object_mut().unwrap().remove("cityheart_recipe");

    let again = taken(&client, workbook(&ROWS)).await;
    let again = answer(&client, &again, &recipe).await.json();
    assert_eq!((&again["state"], &again["questions"]), (&json!("ready"), &json!([])), "{again:#}");
    let outcome = &again["outcome"];
    let counts = ["new", "changed", "unchanged"].map(|name| outcome[name].as_u64().unwrap());
    assert_eq!(counts, [0, 0, 3], "{outcome:#}");
    let saved = commit(&client, &again, json!({})).await.json();
    assert_eq!((&saved["changed"], &saved["revision"], &saved["results"]), (&json!(0), &json!(2), &json!([])));
}

#[tokio::test]
async fn an_edit_meanwhile_is_a_conflict_only_where_it_touches_the_same_value() {
    let client = Client::new();
    let document = ready(&client, workbook(&ROWS)).await;
    assert_eq!(commit(&client, &document, json!({})).await.status, 200);
    let mut rows = ROWS;
    rows[0][4] = "2.900";
    let id = coded(&client, "T-01").await.unwrap()["id"].as_str().unwrap().to_owned();
    let path = format!("{ITEMS}/{id}");

    let document = ready(&client, workbook(&rows)).await;
    assert_eq!(document["outcome"]["changes"][0]["fields"], json!([{"field": "cost", "from": 1900, "to": 2900}]));
    assert_eq!(client.patch(&path, &json!({"properties": {"title": "Klop", "cost": 5000}})).await.status, 204);
    let refused = commit(&client, &document, json!({})).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
    assert_eq!(refused.json()["errors"][0]["pointer"], "/changes/0/fields/cost");
    assert_eq!(client.json(&path).await["properties"]["cost"], 5000, "nothing was saved");

    let document = ready(&client, workbook(&rows)).await;
    let from = &document["outcome"]["changes"][0]["fields"];
    assert!(from.as_array().unwrap().contains(&json!({"field": "cost", "from": 5000, "to": 2900})), "{from}");
    assert_eq!(client.patch(&path, &json!({"properties": {"place": "Krekov trg"}})).await.status, 204);
    let saved = commit(&client, &document, json!({})).await;
    assert_eq!(saved.status, 200, "{}", saved.text());
    assert_eq!(saved.json()["results"][0]["before"]["properties"]["cost"], 5000);
    let now = client.json(&path).await;
    assert_eq!((&now["properties"]["cost"], &now["properties"]["place"]), (&json!(2900), &json!("Krekov trg")));
}

#[tokio::test]
async fn a_refused_cell_is_named_and_corrected_and_a_place_can_be_picked() {
    let client = Client::new();
    let mut rows = ROWS;
    rows[1][4] = "po dogovoru, ca. 2500";
    rows[2][5] = "neznano";
    let document = ready(&client, workbook(&rows)).await;
    assert_eq!(document["outcome"]["refused"], 2, "{:#}", document["findings"]);
    let preview = document["preview"]["rows"].as_array().unwrap();
    let finding = &preview[1]["finding"];
    assert_eq!(
        (&preview[1]["kind"], &finding["cell"], &finding["sheet"]),
        (&json!("refused"), &json!("E3"), &json!("Akcije"))
    );
    assert_eq!(preview[1]["cells"][4]["mark"], "refused");
    let remedy = finding["remedies"].as_array().unwrap().iter().find(|r| r["id"] == "take").unwrap();
    assert_eq!(remedy["answer"], json!({"cells": {"Akcije!E3": "2500"}}));
    let stopped = commit(&client, &document, json!({"refused": "stop"})).await;
    assert_eq!(stopped.status, 422, "{}", stopped.text());

    let document = answer(&client, &document, &remedy["answer"]).await.json();
    assert_eq!(document["outcome"]["refused"], 1);
    let picked = json!({"places": {"Akcije!4": [15.2601, 46.2291]}});
    let document = answer(&client, &document, &picked).await.json();
    assert_eq!(
        (&document["outcome"]["refused"], &document["outcome"]["new"]),
        (&json!(0), &json!(3)),
        "{:#}",
        document["findings"]
    );
    let recipe = client.json(&format!("{}/recipe", path_of(&document))).await;
    assert!(recipe.get("cells").is_none() && recipe.get("places").is_none(), "they are of this file only");
    assert_eq!(commit(&client, &document, json!({})).await.status, 200);
    assert_eq!(coded(&client, "T-03").await.unwrap()["geometry"]["coordinates"], json!([15.2601, 46.2291]));
    assert_eq!(coded(&client, "T-02").await.unwrap()["properties"]["cost"], 2500);
}

#[tokio::test]
async fn a_wrong_answer_is_refused_with_a_sentence_and_the_answers_stay() {
    let client = Client::new();
    let document = ready(&client, workbook(&ROWS)).await;
    for (answers, at) in [
        (json!({"decimal": "dot"}), "/answers/decimal"),
        (json!({"map": {"Nobody": "cost"}}), "/answers/map"),
        (json!({"map": {"Colour": "colour"}}), "/answers/map"),
        (json!({"sheet": "Drugi"}), "/answers/sheet"),
        (json!({"crs": "EPSG:1"}), "/answers/crs"),
        (json!({"set": {"city": 7}}), "/answers/set"),
        (json!({"cells": {"nowhere": "x"}}), "/answers/cells/nowhere"),
        (json!({"colour": "red"}), "/answers/colour"),
    ] {
        let reply = answer(&client, &document, &answers).await;
        assert_eq!(reply.status, 400, "{answers}: {}", reply.text());
        assert_eq!(reply.json()["errors"][0]["pointer"], at, "{answers}");
    }
    for body in ["", "[]", "{}", r#"{"answers": 1}"#] {
        assert_eq!(client.send("PATCH", &path_of(&document), &[JSON], body).await.status, 400, "{body}");
    }
    assert_eq!(client.json(&path_of(&document)).await, document);
}

#[tokio::test]
async fn only_who_may_change_the_collection_brings_files_in_and_only_its_owner_sees_one() {
    let client = Client::new();
    let document = ready(&client, workbook(&ROWS)).await;
    let mut client = client;
    for (viewer, upload_status) in [
        (Viewer::visitor(), 403),
        (Viewer::new("vid", "Vid", AccessRole::Viewer, ["celje"]), 403),
        (Viewer::new("cene", "Cene", AccessRole::Contributor, ["celje"]), 201),
        (Viewer::new("bo", "Bo", AccessRole::Editor, ["celje"]), 201),
    ] {
        client = as_viewer(client, viewer);
        assert_eq!(listed(&client).await, 0, "{:?}", client.viewer);
        let reply = upload(&client, workbook(&ROWS)).await;
        assert_eq!(reply.status, upload_status, "{:?}: {}", client.viewer, reply.text());
        let path = path_of(&document);
        assert_eq!(client.get(&path).await.status, 404);
        assert_eq!(client.get(&format!("{path}/recipe")).await.status, 404);
        assert_eq!(client.send("DELETE", &path, &[], Body::empty()).await.status, 404);
        assert_eq!(answer(&client, &document, &json!({})).await.status, 404);
        assert_eq!(commit(&client, &document, json!({})).await.status, 404);
    }
    let client = as_viewer(client, Viewer::new("ana", "Ana", AccessRole::Editor, ["celje"]));
    assert_eq!(listed(&client).await, 1, "its owner still has it");
    assert_eq!(client.send("DELETE", &path_of(&document), &[], Body::empty()).await.status, 204);
    assert_eq!(client.get(&path_of(&document)).await.status, 404);
    let nowhere = client.send("POST", "/api/imports?into=nowhere&name=a.csv", &[], "a,b\n1,2\n").await;
    assert_eq!(nowhere.status, 404, "{}", nowhere.text());
    assert_eq!(client.send("POST", "/api/imports?name=a.csv", &[], "a,b\n1,2\n").await.status, 400);
}

#[tokio::test]
async fn rows_of_other_cities_and_other_people_are_refused_before_anything_is_saved() {
    let client = as_viewer(Client::new(), Viewer::new("cene", "Cene", AccessRole::Contributor, ["celje"]));
    let table = "id,title\ncelje-parking-teharska,Drugo\n";
    let reply = client.send("POST", "/api/imports?into=interventions&name=a.csv", &[], table).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let document = answer(&client, &reply.json(), &all_but_map()).await.json();
    assert_eq!(document["outcome"]["refused"], 1, "{document:#}");
    let kinds: Vec<_> = document["findings"].as_array().unwrap().iter().map(|f| f["kind"].clone()).collect();
    assert!(kinds.contains(&json!("not-allowed")), "{:#}", document["findings"]);

    let client = as_viewer(client, Viewer::new("fra", "Fra", AccessRole::Editor, ["fleurus"]));
    let document = taken(&client, workbook(&ROWS)).await;
    let document = answer(&client, &document, &all_answers()).await.json();
    assert_eq!((&document["outcome"]["new"], &document["outcome"]["refused"]), (&json!(0), &json!(3)));
}

fn all_but_map() -> Json {
    let mut answers = all_answers();
    answers.as_object_mut().unwrap().remove("map");
    answers["set"]["kind"] = "event".into();
    answers
}

#[tokio::test]
async fn an_account_has_four_places_and_a_file_has_a_size() {
    let client = Client::new();
    let mut first = Json::Null;
    for _ in 0..4 {
        first = taken(&client, workbook(&ROWS)).await;
    }
    let fifth = upload(&client, workbook(&ROWS)).await;
    assert_eq!(fifth.status, 429, "{}", fifth.text());
    assert_eq!(client.send("DELETE", &path_of(&first), &[], Body::empty()).await.status, 204);
    taken(&client, workbook(&ROWS)).await;

    let mut config = Config::default();
    config.limits.import_bytes = 1000;
    let client = with_config(config);
    let reply = upload(&client, vec![b'a'; 1001]).await;
    assert_eq!(reply.status, 413, "{}", reply.text());
    let parts = std::iter::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b'a'; 300]))).take(4);
    let reply = upload(&client, Body::from_stream(tokio_stream::iter(parts))).await;
    assert_eq!(reply.status, 413, "without a length: {}", reply.text());
    assert_eq!(listed(&client).await, 0);
}

#[tokio::test]
async fn an_import_is_forgotten_when_its_time_is_over() {
    let mut config = Config::default();
    config.limits.import_idle = Duration::ZERO;
    let client = with_config(config);
    let document = taken(&client, workbook(&ROWS)).await;
    assert_eq!(client.get(&path_of(&document)).await.status, 404);
    assert_eq!(listed(&client).await, 0);
}

#[tokio::test]
async fn an_upload_that_is_cut_or_cancelled_leaves_nothing_and_takes_no_place() {
    let client = Client::new();
    let bytes = workbook(&ROWS);
    for _ in 0..5 {
        let half = Bytes::copy_from_slice(&bytes[..bytes.len() / 2]);
        let cut = [Ok(half.clone()), Err(std::io::Error::other("cut"))];
        let reply = upload(&client, Body::from_stream(tokio_stream::iter(cut))).await;
        assert_eq!(reply.status, 400, "{}", reply.text());
        // A body of which the rest never comes, and whose client goes away.
        let pending = tokio_stream::StreamExt::chain(
            tokio_stream::iter([Ok::<_, std::io::Error>(half)]),
            tokio_stream::pending(),
        );
        let request = Request::post(UPLOAD).header("host", "plan.test").body(Body::from_stream(pending)).unwrap();
        let sent = send(&client.router, by(request, &client.viewer));
        assert!(tokio::time::timeout(Duration::from_millis(20), sent).await.is_err(), "it waits for the rest");
    }
    assert_eq!(listed(&client).await, 0);
    taken(&client, bytes).await;
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_refused_with_a_sentence_and_takes_no_place() {
    let mut config = Config::default();
    config.limits.import_bytes = 1 << 20;
    let client = with_config(config);
    let encrypted: Vec<u8> = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"
        .iter()
        .copied()
        .chain([0; 1024])
        .chain("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes))
        .chain([0; 1024])
        .collect();
    let mut wide = Workbook::new();
    let sheet = wide.add_worksheet();
    for (row, column) in [(0, 0), (0, 1), (1, 0), (1, 1), (1, 16_383)] {
        sheet.write_string(row, column, "a").unwrap();
    }
    let mut bomb = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    let line = format!("a,b,{}\n", "c".repeat(6000));
    (0..2000).for_each(|_| bomb.write_all(line.as_bytes()).unwrap());
    for (name, bytes, words) in [
        ("načrt.dwg", b"AC1032\0\0\0\0\0\0".to_vec(), "DXF"),
        ("zaprto.xlsx", encrypted, "password"),
        ("široko.xlsx", wide.save_to_buffer().unwrap(), "2,000 columns"),
        ("stran.xlsx", b"<html><body><table><tr><td>a</td></tr></table></body></html>".to_vec(), "web page"),
        ("bomba.csv.gz", bomb.finish().unwrap(), "10 MB"),
        ("nič.csv", vec![], "empty"),
        ("slika.png", b"\x89PNG\r\n\x1a\n\0\0\0".to_vec(), ""),
    ] {
        let path = format!("{IMPORTS}?into=interventions&name={}", percent(name));
        let reply = client.send("POST", &path, &[], bytes).await;
        assert!(reply.status.is_client_error(), "{name}: {} {}", reply.status, reply.text());
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(words), "{name}: {detail}");
        assert!(!detail.contains("/tmp"), "{name}: {detail}");
    }
    assert_eq!(listed(&client).await, 0);
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() || b == b'.' { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

#[tokio::test]
async fn a_sheet_is_asked_for_and_a_text_and_features_of_a_map_are_taken_too() {
    let client = Client::new();
    let mut book = Workbook::new();
    for name in ["Akcije", "Partnerji"] {
        let sheet = book.add_worksheet();
        sheet.set_name(name).unwrap();
        for row in 0..3 {
            for (column, text) in ["Title", "Status"].iter().enumerate() {
                let text = if row == 0 { (*text).to_owned() } else { format!("{text} {row}") };
                sheet.write_string(row, column as u16, text).unwrap();
            }
        }
    }
    let document = taken(&client, book.save_to_buffer().unwrap()).await;
    assert_eq!(document["questions"][0]["id"], "sheet");
    assert_eq!((&document["preview"], &document["outcome"]), (&Json::Null, &Json::Null));
    assert_eq!(document["tables"][0]["sheets"][1], json!({"name": "Partnerji", "hidden": false, "table": true}));
    let document = answer(&client, &document, &json!({"sheet": "Partnerji"})).await.json();
    assert_eq!(document["tables"][0]["sheet"], "Partnerji");

    let text = "id;title;kind;status;cost\ncelje-nova;Nova;event;idea;1.900,50\n";
    let reply = client.send("POST", "/api/imports?into=interventions&name=a.csv", &[], text).await;
    let document = answer(&client, &reply.json(), &json!({"set": all_answers()["set"]})).await.json();
    assert_eq!(document["outcome"]["changes"][0]["feature"], "celje-nova", "{document:#}");
    let fields = document["outcome"]["changes"][0]["fields"].as_array().unwrap();
    assert!(fields.contains(&json!({"field": "cost", "from": null, "to": 1900.5})), "{fields:?}");

    let mut feature = crate::support::editing::measure(Some("celje-zemljevid"));
    feature["properties"]["code"] = "Z-1".into();
    let map = json!({"type": "FeatureCollection", "features": [feature]}).to_string();
    let reply = client.send("POST", "/api/imports?into=interventions&name=a.geojson", &[], map).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let document = reply.json();
    assert_eq!((&document["state"], &document["outcome"]["new"]), (&json!("ready"), &json!(1)), "{document:#}");
    assert_eq!(commit(&client, &document, json!({})).await.status, 200);
    assert_eq!(client.json(&format!("{ITEMS}/celje-zemljevid")).await["properties"]["code"], "Z-1");
}
