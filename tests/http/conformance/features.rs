//! OGC API Features 1: pages of features and single ones, as GeoJSON and as pages for people.

use super::{every_page, follow, ids};
use crate::support::server::{get, json, link, router};

pub const PROVEN: [(&str, &str); 4] = [
    ("ogcapi-features-1/1.0/conf/core", "features_core"),
    ("ogcapi-features-1/1.0/conf/geojson", "features_geojson"),
    ("ogcapi-features-1/1.0/conf/html", "features_html"),
    ("ogcapi-features-1/1.0/conf/oas30", "features_oas30"),
];

const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";

#[tokio::test]
async fn features_core() {
    let router = router();
    for id in ids(&router).await {
        let collection = json(&router, &format!("/api/collections/{id}")).await;
        assert_eq!(collection["itemType"], "feature");
        let placed = collection["extent"]["spatial"].is_object();
        assert!(!placed || collection["crs"][0] == CRS84, "{id}");
        for media in ["application/geo+json", "text/html"] {
            assert_eq!(follow(&router, &collection, "items", media).await.status, 200, "{id} as {media}");
        }
        let page = follow(&router, &collection, "items", "application/geo+json").await.json();
        let stamp = page["timeStamp"].as_str().unwrap();
        assert!(stamp.len() == 20 && stamp.ends_with('Z'), "{stamp}");
        assert_eq!(page["numberReturned"], page["features"].as_array().unwrap().len());
        assert!(page["numberMatched"].as_u64() >= page["numberReturned"].as_u64());
        for rel in ["self", "alternate"] {
            assert!(
                page["links"].as_array().unwrap().iter().any(|l| l["rel"] == rel && l["type"].is_string()),
                "{id}: {rel}"
            );
        }
        if let Some(first) = page["features"].as_array().unwrap().first() {
            let path = format!("/api/collections/{id}/items/{}", first["id"].as_str().unwrap());
            let feature = json(&router, &path).await;
            assert_eq!(
                (&feature["id"], &feature["geometry"], &feature["properties"]),
                (&first["id"], &first["geometry"], &first["properties"])
            );
            for rel in ["self", "alternate", "collection"] {
                assert!(link(&feature, rel, "").is_some(), "{id}: {rel}");
            }
        }
    }
    for bad in ["limit=invalid", "bbox=1", "datetime=x", "nothing_like_this=1"] {
        assert_eq!(get(&router, &format!("/api/collections/areas/items?{bad}")).await.status, 400, "{bad}");
    }
    let over = json(&router, "/api/collections/areas/items?limit=1000000").await;
    assert!(over["numberReturned"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn features_geojson() {
    let router = router();
    for id in ids(&router).await {
        let reply = get(&router, &format!("/api/collections/{id}/items?limit=10000")).await;
        assert_eq!(reply.header("content-type"), "application/geo+json");
        // GeoRust's reader takes it, and all positions are on the globe.
        let parsed: geojson::FeatureCollection = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(reply.json()["type"], "FeatureCollection");
        for feature in &parsed.features {
            assert!(feature.id.is_some() && feature.properties.is_some());
            let Some(geometry) = feature.geometry.clone() else { continue };
            let geometry = geo_types::Geometry::<f64>::try_from(geometry).unwrap();
            let on_the_globe = |c: geo_types::Coord| c.x.abs() <= 180.0 && c.y.abs() <= 90.0;
            assert!(geo::CoordsIter::coords_iter(&geometry).all(on_the_globe), "{:?}", feature.id);
        }
    }
}

#[tokio::test]
async fn features_html() {
    let feature = "/api/collections/cities/items/celje";
    every_page(&["/api/collections/areas/items", "/api/collections/interventions/items?limit=5", feature]).await;
    let router = router();
    let table = get(&router, "/api/collections/interventions/items?f=html&limit=5").await;
    assert!(table.text().contains("<table>") && table.text().contains("rel=\"next\""));
    assert_eq!(table.text().matches("<tr>").count(), 6);
}

#[tokio::test]
async fn features_oas30() {
    let router = router();
    let api = json(&router, "/api/openapi").await;
    for id in ids(&router).await {
        for path in [
            format!("/collections/{id}"),
            format!("/collections/{id}/items"),
            format!("/collections/{id}/items/{{featureId}}"),
        ] {
            let get = &api["paths"][&path]["get"];
            for status in ["200", "400", "500"] {
                assert!(get["responses"][status].is_object(), "{path}: {status}");
            }
        }
    }
    for name in ["bbox", "datetime", "limit"] {
        let parameter = &api["components"]["parameters"][name];
        assert_eq!((&parameter["in"], &parameter["explode"]), (&"query".into(), &false.into()), "{name}");
    }
}
