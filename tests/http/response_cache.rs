//! Answers that are kept: the same for whoever asks the same, and gone with the next edit.

use crate::support::server::{fresh, get, get_as, public};
use cityheart::change::{ChangeSet, FeatureEdit};
use cityheart::collection::CollectionId;
use cityheart::config::Config;
use cityheart::feature::{FeatureId, FieldValue};
use cityheart::http;
use flate2::read::GzDecoder;
use std::io::Read;

const PATHS: [&str; 3] = [
    "/api/collections/areas/items?limit=10000",
    "/api/collections/areas/items?bbox=-10,35,25,60&properties=name&f=json",
    "/api/collections/areas/items/FIRST",
];

#[tokio::test]
async fn an_answer_is_the_same_when_it_is_asked_for_again_and_another_after_an_edit() {
    let plan = fresh(&public());
    let router = http::build_router(plan.atlas.clone(), Config { trust_proxy: true, ..Config::default() });
    let areas = public().into_iter().find(|(id, _)| id == "areas").unwrap().1;
    let first = areas[0]["id"].as_str().unwrap();
    let collection = plan.atlas.collection_view("areas").unwrap().collection().clone();
    for (nth, path) in PATHS.iter().enumerate() {
        let path = path.replace("FIRST", first);
        let plain = get(&router, &path).await;
        assert_eq!(plain.status, 200, "{path}");
        for (accepted, packed_as) in
            [("", ""), ("gzip", "gzip"), ("gzip, br", "br"), ("", ""), ("gzip", "gzip"), ("gzip, br", "br")]
        {
            let again = get_as(&router, &path, &[("accept-encoding", accepted)]).await;
            assert_eq!(again.header("content-encoding"), packed_as, "{path}");
            for name in ["content-type", "etag", "cache-control", "ogc-numbermatched", "content-crs", "link"] {
                assert_eq!(again.header(name), plain.header(name), "{path}: {name}");
            }
            let mut unpacked = vec![];
            match packed_as {
                "gzip" => GzDecoder::new(&again.body[..]).read_to_end(&mut unpacked).unwrap(),
                "br" => brotli::Decompressor::new(&again.body[..], 4096).read_to_end(&mut unpacked).unwrap(),
                _ => (&again.body[..]).read_to_end(&mut unpacked).unwrap(),
            };
            assert!(without_time(&unpacked) == without_time(&plain.body), "{path} in {packed_as}");
            let unchanged =
                get_as(&router, &path, &[("accept-encoding", accepted), ("if-none-match", plain.header("etag"))]).await;
            assert_eq!((unchanged.status.as_u16(), unchanged.body.len()), (304, 0), "{path}");
        }
        // Links lead to where the client asked.
        let elsewhere = get_as(&router, &path, &[("x-forwarded-host", "elsewhere.test")]).await;
        assert!(
            elsewhere.text().contains("http://elsewhere.test/api") && !plain.text().contains("elsewhere"),
            "{path}"
        );
        let id = FeatureId::new(first).unwrap();
        let mut feature = plan.atlas.find_item(&plan.atlas.collection_view("areas").unwrap(), first).unwrap().feature();
        feature.values[collection.field_index("name").unwrap()] = FieldValue::text(format!("renamed {nth}"));
        let edits = vec![FeatureEdit::Replace { feature, base: None }];
        plan.atlas
            .commit(&ChangeSet { collection: CollectionId::new("areas").unwrap(), edits, author: "test".into() })
            .unwrap();
        let after = get(&router, &path).await;
        assert!(after.text().contains(&format!("renamed {nth}")), "{path} is older than the edit of {id}");
        assert_ne!(after.header("etag"), plain.header("etag"), "{path}");
    }
}

/// A page without the second in which it was written.
fn without_time(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    match text.split_once("\"timeStamp\":\"") {
        Some((before, after)) => [before, after.split_once('"').unwrap().1].concat(),
        None => text.into_owned(),
    }
}
