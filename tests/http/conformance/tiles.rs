//! OGC API Tiles 1 and Tile Matrix Set 2: sets of tiles, tiles, and the grid they lie in.

use super::{OGC_REL, follow};
use crate::support::server::{get, json, link, local, plan, router};
use crate::support::tiles;
use serde_json::Value as Json;

pub const PROVEN: [(&str, &str); 9] = [
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
