//! Several edits as one, what changed since, the history of a feature and the way back.

use crate::support::editing::{Client, ITEMS, JSON, ONE, measure, places};
use crate::support::server::local;
use axum::body::Body;
use cityheart::access::{AccessRole, Viewer};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

const CHANGES: &str = "/api/collections/interventions/changes";

async fn make(client: &Client, edits: Json) -> crate::support::server::Reply {
    client.send("POST", CHANGES, &[JSON], json!({"edits": edits}).to_string()).await
}

#[tokio::test]
async fn several_edits_are_one_revision_and_each_has_its_tag() {
    let client = Client::new();
    let tag = client.tag(ONE).await;
    let mut replaced = measure(Some("celje-bench"));
    replaced["properties"]["title"] = "Dve klopi".into();
    let edits = json!([
        {"create": measure(Some("celje-bench"))},
        {"replace": replaced},
        {"patch": {"id": "celje-parking-teharska", "properties": {"title": "Novo"}}, "if_match": tag},
        {"delete": "celje-parking-rakusev-mlin"},
    ]);
    let reply = make(&client, edits).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let answer = reply.json();
    assert_eq!(answer["revision"], 2);
    let ids: Vec<_> = answer["results"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["celje-bench", "celje-bench", "celje-parking-teharska", "celje-parking-rakusev-mlin"]);
    assert_eq!(answer["results"][3]["etag"], Json::Null);
    for (result, path) in [(1, format!("{ITEMS}/celje-bench")), (2, ONE.to_owned())] {
        let etag = answer["results"][result]["etag"].as_str().unwrap();
        assert!(client.tag(&path).await.starts_with(etag.trim_end_matches('"')), "{path}");
        let again = make(
            &client,
            json!([{"patch": {"id": path.rsplit('/').next(), "properties": {"code": "X"}}, "if_match": etag}]),
        )
        .await;
        assert_eq!(again.status, 200, "{}", again.text());
    }
    assert_eq!(client.json(&format!("{ITEMS}/celje-bench")).await["properties"]["title"], "Dve klopi");
}

#[tokio::test]
async fn one_bad_edit_refuses_all_and_is_named() {
    let client = Client::new();
    let old = client.tag(ONE).await;
    client.patch(ONE, &json!({"properties": {"title": "Novo"}})).await;
    let create = || json!({"create": measure(Some("celje-bench"))});
    let patch = |properties: Json| json!({"patch": {"id": "celje-parking-teharska", "properties": properties}});
    let mut stale = patch(json!({"title": "Drugo"}));
    stale["if_match"] = old.into();
    for (edit, status, at) in [
        (stale, 412, "/edits/1"),
        (patch(json!({"cost": "dear"})), 422, "/edits/1/patch/properties/cost"),
        (patch(json!({"status": "recurring_now"})), 422, "/edits/1/patch/properties/status"),
        (json!({"delete": "celje-nobody"}), 404, "/edits/1"),
        (json!({"delete": "fleurus-murals"}), 403, "/edits/1"),
        (create(), 409, "/edits/1"),
        (json!({"replace": measure(None)}), 400, "/edits/1/replace/id"),
        (json!({"create": []}), 400, "/edits/1/create"),
        (json!({"delete": "a", "patch": {}}), 400, "/edits/1"),
        (json!({"delete": "a", "colour": "red"}), 400, "/edits/1"),
        (json!({"restore": "celje-parking-teharska"}), 400, "/edits/1/revision"),
        (json!("delete"), 400, "/edits/1"),
    ] {
        let reply = make(&client, json!([create(), edit])).await;
        assert_eq!(reply.status, status, "{edit}: {}", reply.text());
        assert_eq!(places(&reply.json())[0], at, "{edit}");
        assert_eq!(client.get(&format!("{ITEMS}/celje-bench")).await.status, 404, "{edit}: all or none");
    }
    for body in ["[]", "{}", r#"{"edits":[]}"#, r#"{"edits":{}}"#, "{"] {
        assert_eq!(client.send("POST", CHANGES, &[JSON], body).await.status, 400, "{body}");
    }
    let many = vec![json!({"delete": "x"}); 10_001];
    assert_eq!(make(&client, many.into()).await.status, 413);
}

/// Follows the pages from an address to their end; returns all changes and the revision to go on from.
async fn follow(client: &Client, first: &str) -> (Vec<Json>, u64) {
    let mut changes = vec![];
    let mut path = first.to_owned();
    loop {
        let page = client.json(&path).await;
        changes.extend(page["changes"].as_array().unwrap().iter().cloned());
        match crate::support::server::link(&page, "next", "application/json") {
            Some(next) => path = local(next).into(),
            None => return (changes, page["revision"].as_u64().unwrap()),
        }
    }
}

#[tokio::test]
async fn a_copy_that_follows_the_changes_is_the_collection() {
    let client = Client::of(Viewer::new("ana", "Ana", AccessRole::Admin, []));
    for i in 0..7 {
        client.post(&measure(Some(&format!("celje-bench-{i}")))).await;
    }
    client.patch(ONE, &json!({"properties": {"title": "Novo"}})).await;
    client.send("DELETE", &format!("{ITEMS}/celje-bench-3"), &[], Body::empty()).await;
    client.send("DELETE", &format!("{ITEMS}/fleurus-murals"), &[], Body::empty()).await;
    let mut copy: BTreeMap<String, Json> = BTreeMap::new();
    let apply = |copy: &mut BTreeMap<String, Json>, changes: Vec<Json>| {
        let mut last = 0;
        for change in changes {
            let (id, revision) = (change["id"].as_str().unwrap().to_owned(), change["revision"].as_u64().unwrap());
            assert!(revision >= last, "in order");
            last = revision;
            match change["kind"].as_str().unwrap() {
                "put" => drop(copy.insert(id, change["feature"].clone())),
                _ => drop(copy.remove(&id).expect("only what was there can go")),
            }
        }
    };
    let (changes, revision) = follow(&client, &format!("{CHANGES}?limit=10")).await;
    assert_eq!(changes.len(), 87 + 7 + 3, "each change once");
    apply(&mut copy, changes);
    client.patch(ONE, &json!({"geometry": null})).await;
    let (changes, after) = follow(&client, &format!("{CHANGES}?since={revision}&limit=1")).await;
    assert_eq!((changes.len(), after), (1, revision + 1));
    assert_eq!((&changes[0]["author"], &changes[0]["kind"]), (&json!("ana"), &json!("put")));
    apply(&mut copy, changes);
    let page = client.json(&format!("{ITEMS}?limit=1000")).await;
    let now: BTreeMap<String, Json> = page["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["id"].as_str().unwrap().to_owned(), f.clone()))
        .collect();
    assert_eq!(copy, now);
    let nothing = client.json(&format!("{CHANGES}?since={after}")).await;
    assert_eq!((&nothing["changes"], &nothing["revision"]), (&json!([]), &json!(after)));
}

#[tokio::test]
async fn edits_between_two_pages_are_neither_lost_nor_told_twice() {
    let client = Client::of(Viewer::new("ana", "Ana", AccessRole::Admin, []));
    let mut told: Vec<(u64, String)> = vec![];
    let mut path = format!("{CHANGES}?limit=20");
    let mut made = 0;
    loop {
        let page = client.json(&path).await;
        let line = |c: &Json| (c["revision"].as_u64().unwrap(), c["id"].as_str().unwrap().to_owned());
        told.extend(page["changes"].as_array().unwrap().iter().map(line));
        let Some(next) = crate::support::server::link(&page, "next", "application/json") else { break };
        path = local(next).to_owned();
        if made < 3 {
            made += 1;
            client.post(&measure(Some(&format!("celje-bench-{made}")))).await;
            let gone = told[made].1.clone();
            client.send("DELETE", &format!("{ITEMS}/{gone}"), &[], Body::empty()).await;
        }
    }
    let mut once = told.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), told.len(), "nothing twice");
    assert_eq!(told.len(), 87 + 6);
    assert_eq!(
        told,
        follow(&client, &format!("{CHANGES}?limit=10000"))
            .await
            .0
            .iter()
            .map(|c| (c["revision"].as_u64().unwrap(), c["id"].as_str().unwrap().to_owned()))
            .collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn parameters_of_changes_that_are_none_are_named() {
    let client = Client::new();
    for query in
        ["since=-1", "since=x", "limit=x", "cursor=1.2", "cursor=a.b.c", "colour=red", "since=99999999999999999999"]
    {
        let reply = client.get(&format!("{CHANGES}?{query}")).await;
        assert_eq!(reply.status, 400, "{query}");
        assert_eq!(reply.json()["errors"][0]["parameter"], query.split('=').next().unwrap());
    }
    assert_eq!(client.get("/api/collections/nothing/changes").await.status, 404);
    assert_eq!(client.json(&format!("{CHANGES}?since=999999")).await["changes"], json!([]));
}

#[tokio::test]
async fn history_tells_every_version_and_restore_goes_back_to_one() {
    let client = Client::new();
    let path = format!("{ITEMS}/celje-bench");
    let history = format!("{path}/history");
    client.post(&measure(Some("celje-bench"))).await;
    client.patch(&path, &json!({"properties": {"title": "Druga"}, "geometry": null})).await;
    let versions = client.json(&history).await["versions"].clone();
    let told: Vec<_> = versions
        .as_array()
        .unwrap()
        .iter()
        .map(|v| (&v["revision"], &v["author"], &v["after"]["properties"]["title"]))
        .collect();
    assert_eq!(told, [(&json!(2), &json!("ana"), &json!("Klop v senci")), (&json!(3), &json!("ana"), &json!("Druga"))]);
    assert_eq!((&versions[0]["before"], &versions[1]["before"]), (&Json::Null, &versions[0]["after"]));
    let tag = client.tag(&path).await;
    let restore = async |revision: Json, headers: &[(&str, &str)]| {
        let body = json!({"restore": revision}).to_string();
        client.send("POST", &history, &[&[JSON], headers].concat(), body).await
    };
    assert_eq!(restore(2.into(), &[("if-match", "\"0\"")]).await.status, 412);
    assert_eq!(restore(2.into(), &[("if-match", &tag)]).await.status, 204);
    let now = client.json(&path).await;
    assert_eq!(
        (&now["properties"]["title"], &now["geometry"]),
        (&json!("Klop v senci"), &versions[0]["after"]["geometry"])
    );
    assert_eq!(restore(1.into(), &[]).await.status, 422, "it was not there yet");
    for bad in [json!("2"), json!(-1), Json::Null] {
        assert_eq!(restore(bad, &[]).await.status, 400);
    }
    // What was deleted comes back, too.
    client.send("DELETE", &path, &[], Body::empty()).await;
    assert_eq!(client.json(&history).await["versions"][3]["after"], Json::Null);
    assert_eq!(restore(3.into(), &[("if-match", "*")]).await.status, 412, "there is nothing to match");
    assert_eq!(restore(3.into(), &[]).await.status, 204);
    assert_eq!(client.json(&path).await["properties"]["title"], "Druga");
    let undone = make(&client, json!([{"restore": "celje-bench", "revision": 2}])).await;
    assert_eq!(undone.status, 200, "{}", undone.text());
    assert_eq!(client.get(&format!("{ITEMS}/celje-nobody/history")).await.status, 404);
}

#[tokio::test]
async fn what_somebody_may_not_see_is_in_no_history_and_no_changes() {
    let client = Client::new();
    let mut internal = measure(Some("celje-secret"));
    internal["properties"]["visibility"] = "internal".into();
    client.post(&internal).await;
    let public = json!({"properties": {"visibility": "public"}});
    let path = format!("{ITEMS}/celje-secret");
    let visitor = Client { viewer: Viewer::visitor(), ..client };
    let changes = |page: Json| {
        page["changes"].as_array().unwrap().iter().map(|c| (c["id"].clone(), c["kind"].clone())).collect::<Vec<_>>()
    };
    let since = format!("{CHANGES}?since=1");
    assert_eq!(changes(visitor.json(&since).await), []);
    assert_eq!(visitor.get(&format!("{path}/history")).await.status, 404);
    let editor = Client { viewer: Viewer::new("ana", "Ana", AccessRole::Editor, ["celje"]), ..visitor };
    assert_eq!(changes(editor.json(&since).await).len(), 1);
    editor.patch(&path, &public).await;
    editor.patch(&path, &json!({"properties": {"visibility": "internal", "title": "Skrito"}})).await;
    let visitor = Client { viewer: Viewer::visitor(), ..editor };
    let secret = json!("celje-secret");
    assert_eq!(
        changes(visitor.json(&since).await),
        [(secret.clone(), json!("put")), (secret, json!("removed"))],
        "what goes out of sight was removed for them"
    );
    assert!(!visitor.get(&since).await.text().contains("Skrito"));
    assert!(!visitor.get(&format!("{path}/history")).await.text().contains("Skrito"));
}
