//! One test per conformance class that is declared, named after it; and one that no class is declared without its test.

use crate::server::{Reply, get, get_as, json, link, local, plan, router, tiles};
use axum::Router;
use serde_json::Value as Json;

/// Class (below `http://www.opengis.net/spec/`) and the test that proves it.
const PROVEN: [(&str, &str); 30] = [
    ("ogcapi-common-1/1.0/conf/core", "common_core"),
    ("ogcapi-common-1/1.0/conf/landing-page", "common_landing_page"),
    ("ogcapi-common-1/1.0/conf/json", "common_json"),
    ("ogcapi-common-1/1.0/conf/html", "common_html"),
    ("ogcapi-common-1/1.0/conf/oas30", "common_oas30"),
    ("ogcapi-common-2/1.0/conf/collections", "common_collections"),
    ("ogcapi-features-1/1.0/conf/core", "features_core"),
    ("ogcapi-features-1/1.0/conf/geojson", "features_geojson"),
    ("ogcapi-features-1/1.0/conf/html", "features_html"),
    ("ogcapi-features-1/1.0/conf/oas30", "features_oas30"),
    ("ogcapi-features-3/1.0/conf/queryables", "features_queryables"),
    ("ogcapi-features-3/1.0/conf/queryables-query-parameters", "features_queryables_query_parameters"),
    ("ogcapi-features-5/1.0/conf/schemas", "features_schemas"),
    ("ogcapi-features-5/1.0/conf/returnables-and-receivables", "features_returnables_and_receivables"),
    ("ogcapi-features-5/1.0/conf/queryables", "features_queryables"),
    ("ogcapi-features-5/1.0/conf/sortables", "features_sortables"),
    ("ogcapi-features-6/1.0/conf/properties", "features_properties"),
    ("ogcapi-features-6/1.0/conf/properties-features", "features_properties"),
    ("ogcapi-features-8/1.0/conf/sorting", "features_sorting"),
    ("ogcapi-features-8/1.0/conf/features-sorting", "features_sorting"),
    ("ogcapi-features-8/1.0/conf/sortables", "features_sortables"),
    ("ogcapi-tiles-1/1.0/conf/core", "tiles_core"),
    ("ogcapi-tiles-1/1.0/conf/tileset", "tiles_tileset"),
    ("ogcapi-tiles-1/1.0/conf/tilesets-list", "tiles_tilesets_list"),
    ("ogcapi-tiles-1/1.0/conf/dataset-tilesets", "tiles_dataset_tilesets"),
    ("ogcapi-tiles-1/1.0/conf/geodata-tilesets", "tiles_geodata_tilesets"),
    ("ogcapi-tiles-1/1.0/conf/collections-selection", "tiles_collections_selection"),
    ("ogcapi-tiles-1/1.0/conf/mvt", "tiles_mvt"),
    ("ogcapi-tiles-1/1.0/conf/oas30", "tiles_oas30"),
    ("tms/2.0/conf/tilematrixset", "tms_tilematrixset"),
];

const OAS30: &str = "application/vnd.oai.openapi+json;version=3.0";
const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
const OGC_REL: &str = "http://www.opengis.net/def/rel/ogc/1.0/";

async fn ids(router: &Router) -> Vec<String> {
    let all = json(router, "/api/collections").await;
    all["collections"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect()
}

/// Follows a link of a document.
async fn follow(router: &Router, json: &Json, rel: &str, media: &str) -> Reply {
    let href = link(json, rel, media).unwrap_or_else(|| panic!("no {rel} of type {media} in {}", json["links"]));
    get(router, local(href)).await
}

/// Every class with its test, in the order in which they are declared.
pub fn proven() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    PROVEN.iter().chain(&crate::filters::PROVEN).chain(&crate::part4::PROVEN).chain(&crate::jsonfg::PROVEN)
}

#[tokio::test]
async fn no_class_is_declared_without_a_test() {
    let declared = json(&router(), "/api/conformance").await;
    let declared: Vec<&str> = declared["conformsTo"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
    let all: Vec<_> = proven().collect();
    let proven: Vec<String> = all.iter().map(|(class, _)| format!("http://www.opengis.net/spec/{class}")).collect();
    assert_eq!(declared, proven);
    let source = [
        include_str!("conformance.rs"),
        include_str!("filters.rs"),
        include_str!("part4.rs"),
        include_str!("jsonfg.rs"),
    ]
    .concat();
    for (class, test) in all {
        assert!(source.contains(&format!("#[tokio::test]\nasync fn {test}()")), "{class}: there is no test {test}");
    }
}

#[tokio::test]
async fn common_core() {
    let router = router();
    for path in ["/api", "/api/", "/api/conformance"] {
        assert_eq!(get_as(&router, path, &[("accept", "application/json")]).await.status, 200);
    }
}

#[tokio::test]
async fn common_landing_page() {
    let router = router();
    let landing = json(&router, "/api").await;
    assert!(landing["title"].is_string() && landing["description"].is_string());
    assert_eq!(follow(&router, &landing, "service-desc", OAS30).await.status, 200);
    assert_eq!(
        follow(&router, &landing, "service-doc", "text/html").await.header("content-type"),
        "text/html; charset=utf-8"
    );
    assert!(follow(&router, &landing, "conformance", "application/json").await.json()["conformsTo"].is_array());
    assert!(follow(&router, &landing, "data", "application/json").await.json()["collections"].is_array());
    assert_eq!(link(&landing, "data", ""), Some("http://plan.test/api/collections"));
}

#[tokio::test]
async fn common_json() {
    let router = router();
    for path in ["/api", "/api/conformance", "/api/collections", "/api/collections/areas"] {
        let reply = get(&router, path).await;
        assert_eq!(reply.header("content-type"), "application/json");
        let json = reply.json();
        for rel in ["self", "alternate"] {
            if path != "/api/conformance" || json["links"].is_array() {
                assert!(link(&json, rel, "").is_some(), "{path}: {rel}");
            }
        }
    }
}

#[tokio::test]
async fn common_html() {
    every_page(&["/api", "/api/conformance", "/api/collections", "/api/collections/areas", "/api/openapi"]).await;
}

/// Each of these is a page in which the same links are found that programs get.
async fn every_page(paths: &[&str]) {
    let router = router();
    for path in paths {
        let reply = get_as(&router, path, &[("accept", "text/html")]).await;
        assert_eq!(reply.header("content-type"), "text/html; charset=utf-8", "{path}");
        let page = reply.text();
        assert!(page.contains("<title>") && page.contains("<h1>") && page.ends_with("</html>\n"), "{path}");
        assert_eq!(page.matches("<main>").count(), 1, "{path}");
    }
}

#[tokio::test]
async fn common_oas30() {
    let router = router();
    let accept = "application/vnd.oai.openapi+json;version=3.0, application/openapi+json;version=3.0, application/json";
    let reply = get_as(&router, "/api/openapi", &[("accept", accept)]).await;
    assert_eq!(reply.header("content-type"), OAS30);
    let api = reply.json();
    assert!(api["openapi"].as_str().unwrap().starts_with("3.0."));
    for path in ["/", "/conformance", "/collections"] {
        assert!(api["paths"][path]["get"]["responses"]["200"].is_object(), "{path}");
    }
}

#[tokio::test]
async fn common_collections() {
    let router = router();
    let all = json(&router, "/api/collections").await;
    assert_eq!(all["numberMatched"], all["collections"].as_array().unwrap().len());
    for listed in all["collections"].as_array().unwrap() {
        let one = json(&router, &format!("/api/collections/{}", listed["id"].as_str().unwrap())).await;
        for key in ["id", "title", "description", "extent", "itemType", "crs", "storageCrs"] {
            assert_eq!(listed[key], one[key], "{key}");
        }
        assert!(link(&one, "self", "").is_some());
    }
    let none = json(&router, "/api/collections?bbox=100,-60,110,-50&limit=3").await;
    let found = none["collections"].as_array().unwrap();
    assert!(found.len() <= 3 && found.iter().all(|c| c["extent"]["spatial"].is_null()));
}

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
        // The reader of another house takes it, and all positions are on the globe.
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

#[tokio::test]
async fn features_queryables() {
    let router = router();
    for id in ids(&router).await {
        let collection = json(&router, &format!("/api/collections/{id}")).await;
        let reply = follow(&router, &collection, &format!("{OGC_REL}queryables"), "application/schema+json").await;
        assert_eq!(reply.header("content-type"), "application/schema+json");
        let schema = reply.json();
        a_schema_of_the_standard(&schema, &format!("http://plan.test/api/collections/{id}/queryables"));
        assert_eq!(schema["additionalProperties"], false);
    }
    assert_eq!(get(&router, "/api/collections/areas/items?not_a_queryable=1").await.status, 400);
}

fn a_schema_of_the_standard(schema: &Json, id: &str) {
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["$id"], id);
    assert_eq!(schema["type"], "object");
    jsonschema::validator_for(schema).unwrap();
    for (name, property) in schema["properties"].as_object().unwrap() {
        assert!(property["title"].is_string(), "{id}: {name} has no title");
        let geometry = property["format"].as_str().is_some_and(|f| f.starts_with("geometry-"));
        assert_eq!(
            property["type"].is_null(),
            geometry,
            "{id}: {name}: geometries, and only they, have a format and no type"
        );
    }
}

#[tokio::test]
async fn features_queryables_query_parameters() {
    let router = router();
    for view in plan().atlas.collections() {
        let id = view.collection().id.to_string();
        let all = json(&router, &format!("/api/collections/{id}/items?limit=10000")).await;
        let queryables = json(&router, &format!("/api/collections/{id}/queryables")).await;
        for (name, schema) in queryables["properties"].as_object().unwrap() {
            if !matches!(schema["type"].as_str(), Some("string" | "number" | "integer" | "boolean")) {
                continue;
            }
            let features = all["features"].as_array().unwrap();
            let Some(value) = features.iter().map(|f| &f["properties"][name]).find(|v| !v.is_null()) else { continue };
            let wanted: Vec<&Json> =
                features.iter().filter(|f| f["properties"][name] == *value).map(|f| &f["id"]).collect();
            let text: String = value.as_str().map_or_else(|| value.to_string(), percent_encoded);
            let found = json(&router, &format!("/api/collections/{id}/items?limit=10000&{name}={text}")).await;
            let found: Vec<&Json> = found["features"].as_array().unwrap().iter().map(|f| &f["id"]).collect();
            assert_eq!(found, wanted, "{id}: {name}={value}");
        }
    }
}

/// Every byte, so that nothing in it means anything in an address.
fn percent_encoded(text: &str) -> String {
    text.bytes().flat_map(|b| ['%', HEX[usize::from(b >> 4)], HEX[usize::from(b & 15)]]).collect()
}

const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];

#[tokio::test]
async fn features_schemas() {
    let router = router();
    for id in ids(&router).await {
        let collection = json(&router, &format!("/api/collections/{id}")).await;
        let schema = follow(&router, &collection, &format!("{OGC_REL}schema"), "application/schema+json").await.json();
        a_schema_of_the_standard(&schema, &format!("http://plan.test/api/collections/{id}/schema"));
        let roles: Vec<&str> =
            schema["properties"].as_object().unwrap().values().filter_map(|p| p["x-ogc-role"].as_str()).collect();
        assert_eq!(roles.iter().filter(|r| **r == "id").count(), 1, "{id}");
        assert!(roles.iter().filter(|r| **r == "primary-geometry").count() <= 1, "{id}");
    }
}

#[tokio::test]
async fn features_returnables_and_receivables() {
    let router = router();
    for id in ids(&router).await {
        let schema = json(&router, &format!("/api/collections/{id}/schema")).await;
        let named: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        let page = json(&router, &format!("/api/collections/{id}/items?limit=10000")).await;
        for feature in page["features"].as_array().unwrap() {
            assert!(
                feature["properties"].as_object().unwrap().keys().all(|k| named.contains(&k)),
                "{id}: {}",
                feature["id"]
            );
        }
    }
    let schema = json(&router, "/api/collections/interventions/schema").await;
    assert_eq!(schema["properties"]["created"]["readOnly"], true);
}

#[tokio::test]
async fn features_sortables() {
    let router = router();
    for id in ids(&router).await {
        let collection = json(&router, &format!("/api/collections/{id}")).await;
        let schema =
            follow(&router, &collection, &format!("{OGC_REL}sortables"), "application/schema+json").await.json();
        a_schema_of_the_standard(&schema, &format!("http://plan.test/api/collections/{id}/sortables"));
        for name in schema["properties"].as_object().unwrap().keys() {
            assert_eq!(
                get(&router, &format!("/api/collections/{id}/items?sortby=-{name}&limit=2")).await.status,
                200,
                "{id}: {name}"
            );
        }
    }
}

#[tokio::test]
async fn features_properties() {
    let router = router();
    let page = json(&router, "/api/collections/interventions/items?properties=title,status&limit=10000").await;
    for feature in page["features"].as_array().unwrap() {
        assert_eq!(feature["properties"].as_object().unwrap().keys().collect::<Vec<_>>(), ["title", "status"]);
    }
    assert_eq!(get(&router, "/api/collections/interventions/items?properties=nothing").await.status, 400);
}

#[tokio::test]
async fn features_sorting() {
    let router = router();
    for sortby in ["title", "%2Btitle", "+title"] {
        let page = json(
            &router,
            &format!("/api/collections/interventions/items?sortby={sortby}&limit=10000&properties=title"),
        )
        .await;
        let titles: Vec<&str> =
            page["features"].as_array().unwrap().iter().filter_map(|f| f["properties"]["title"].as_str()).collect();
        assert!(titles.windows(2).all(|w| w[0] <= w[1]), "{sortby}: {titles:?}");
    }
    let page =
        json(&router, "/api/collections/interventions/items?sortby=city,-title&limit=10000&properties=city,title")
            .await;
    let pairs: Vec<_> = page["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["properties"]["city"].as_str(), f["properties"]["title"].as_str()))
        .collect();
    assert!(pairs.windows(2).all(|w| w[0].0 < w[1].0 || (w[0].0 == w[1].0 && w[0].1 >= w[1].1)));
}

/// A tile set's template with these numbers.
fn tile_of(set: &Json, z: u32, row: u32, col: u32) -> String {
    let links = set["links"].as_array().unwrap();
    let item = links.iter().find(|l| l["rel"] == "item" && l["templated"] == true).unwrap();
    let template = local(item["href"].as_str().unwrap());
    let numbers = [("{tileMatrix}", z), ("{tileRow}", row), ("{tileCol}", col)];
    numbers.iter().fold(template.to_owned(), |t, (name, n)| t.replace(name, &n.to_string()))
}

#[tokio::test]
async fn tiles_core() {
    let router = router();
    let set = json(&router, "/api/collections/areas/tiles/WebMercatorQuad").await;
    for z in 0..=22u32 {
        let last = (1u64 << z) as u32 - 1;
        for (row, col) in [(0, 0), (last, last)] {
            assert!(
                matches!(get(&router, &tile_of(&set, z, row, col)).await.status.as_u16(), 200 | 204),
                "{z}/{row}/{col}"
            );
        }
        for (row, col) in [(last + 1, 0), (0, last + 1)] {
            assert_eq!(get(&router, &tile_of(&set, z, row, col)).await.status, 404, "{z}/{row}/{col}");
        }
    }
}

#[tokio::test]
async fn tiles_tileset() {
    let router = router();
    for path in ["/api/tiles/WebMercatorQuad", "/api/collections/areas/tiles/WebMercatorQuad"] {
        let set = json(&router, path).await;
        assert_eq!(
            (&set["dataType"], &set["crs"]),
            (&"vector".into(), &"http://www.opengis.net/def/crs/EPSG/0/3857".into()),
            "{path}"
        );
        assert_eq!(set["tileMatrixSetURI"], "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad");
        let scheme = follow(&router, &set, &format!("{OGC_REL}tiling-scheme"), "application/json").await.json();
        assert_eq!(scheme["id"], "WebMercatorQuad");
        assert!(link(&set, "self", "").is_some() && link(&set, "alternate", "text/html").is_some());
        tile_of(&set, 0, 0, 0);
    }
}

#[tokio::test]
async fn tiles_tilesets_list() {
    let router = router();
    for path in ["/api/tiles", "/api/collections/areas/tiles"] {
        let list = json(&router, path).await;
        let sets = list["tilesets"].as_array().unwrap();
        assert_eq!(sets.len(), 1);
        for key in ["dataType", "crs", "tileMatrixSetURI"] {
            assert!(sets[0][key].is_string(), "{path}: {key}");
        }
        let set = follow(&router, &sets[0], "self", "application/json").await.json();
        assert!(link(&sets[0], &format!("{OGC_REL}tiling-scheme"), "").is_some());
        tile_of(&set, 0, 0, 0);
    }
}

#[tokio::test]
async fn tiles_dataset_tilesets() {
    let router = router();
    let landing = json(&router, "/api").await;
    let href = link(&landing, &format!("{OGC_REL}tilesets-vector"), "application/json").unwrap();
    assert!(href.ends_with("/tiles"));
    assert_eq!(get(&router, local(href)).await.status, 200);
}

#[tokio::test]
async fn tiles_geodata_tilesets() {
    let router = router();
    for view in plan().atlas.collections() {
        let collection = json(&router, &format!("/api/collections/{}", view.collection().id)).await;
        let href = link(&collection, &format!("{OGC_REL}tilesets-vector"), "application/json");
        assert_eq!(href.is_some(), !view.collection().geometry.is_none());
        if let Some(href) = href {
            assert!(href.ends_with("/tiles"));
            assert_eq!(get(&router, local(href)).await.status, 200);
        }
    }
}

#[tokio::test]
async fn tiles_collections_selection() {
    let router = router();
    let one = get(&router, "/api/tiles/WebMercatorQuad/0/0/0?collections=areas").await;
    let same = get(&router, "/tiles/areas/0/0/0.mvt").await;
    let two = get(&router, "/api/tiles/WebMercatorQuad/0/0/0?collections=areas,interventions").await;
    assert_eq!((one.status, &one.body), (same.status, &same.body));
    assert_ne!(one.body, two.body);
    assert_eq!(get(&router, "/api/tiles/WebMercatorQuad/0/0/0?collections=nothing").await.status, 400);
}

#[tokio::test]
async fn tiles_mvt() {
    let router = router();
    let set = json(&router, "/api/tiles/WebMercatorQuad").await;
    let reply = get(&router, &tile_of(&set, 4, 5, 8)).await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "application/vnd.mapbox-vector-tile"));
    let tile = tiles::Tile::read(&reply.body);
    assert!(tile.layer("areas").is_some_and(|layer| layer.features.iter().all(|f| !f.id.is_empty())));
}

#[tokio::test]
async fn tiles_oas30() {
    let api = json(&router(), "/api/openapi").await;
    let tile = &api["paths"]["/tiles/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}"]["get"];
    assert_eq!(tile["operationId"], "dataset.vector.getTile");
    assert!(tile["responses"]["200"]["content"]["application/vnd.mapbox-vector-tile"].is_object());
    assert!(tile["responses"]["204"].is_object() && tile["responses"]["404"].is_object());
}

#[tokio::test]
async fn tms_tilematrixset() {
    let router = router();
    let list = json(&router, "/api/tileMatrixSets").await;
    let set = follow(&router, &list["tileMatrixSets"][0], "self", "application/json").await.json();
    assert_eq!(set["uri"], "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad");
    for (z, matrix) in set["tileMatrices"].as_array().unwrap().iter().enumerate() {
        assert_eq!(matrix["id"], z.to_string());
        assert_eq!(matrix["matrixWidth"], 1u64 << z);
        let cell = 156_543.033_928_040_97 / (1u64 << z) as f64;
        assert!((matrix["cellSize"].as_f64().unwrap() / cell - 1.0).abs() < 1e-12);
        assert!((matrix["scaleDenominator"].as_f64().unwrap() * 0.000_28 / cell - 1.0).abs() < 1e-12);
    }
    // The standard's own definition, where it is at hand.
    let shared =
        std::env::var("CITYHEART_SHARED").unwrap_or_else(|_| format!("{}/../shared", env!("CARGO_MANIFEST_DIR")));
    let Ok(official) = std::fs::read_to_string(format!("{shared}/data/fixtures/ogcapi-tiles/tms/WebMercatorQuad.json"))
    else {
        eprintln!("left out: the official definition of WebMercatorQuad is not there");
        return;
    };
    let official: Json = serde_json::from_str(&official).unwrap();
    for (ours, theirs) in
        set["tileMatrices"].as_array().unwrap().iter().zip(official["tileMatrices"].as_array().unwrap())
    {
        for key in ["id", "matrixWidth", "matrixHeight", "tileWidth", "tileHeight"] {
            assert_eq!(ours[key], theirs[key], "{}", ours["id"]);
        }
        for key in ["scaleDenominator", "cellSize"] {
            assert!(
                (ours[key].as_f64().unwrap() / theirs[key].as_f64().unwrap() - 1.0).abs() < 1e-9,
                "{}: {key}",
                ours["id"]
            );
        }
        for axis in 0..2 {
            assert!(
                (ours["pointOfOrigin"][axis].as_f64().unwrap() - theirs["pointOfOrigin"][axis].as_f64().unwrap()).abs()
                    < 1e-3
            );
        }
    }
}
