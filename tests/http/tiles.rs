//! Tiles over HTTP: the same tile under every address, packed for those who read it, nothing where nothing is.

use crate::support::server::{get, get_as, json, link, plan, router};
use cityheart::atlas::{ContentCoding, TileId};
use flate2::read::GzDecoder;
use std::io::Read;

/// The tile over Celje at zoom 12.
const TILE: (u8, u32, u32) = (12, 2221, 1453);

#[tokio::test]
async fn one_tile_under_every_address_is_the_atlas_s_own() {
    let router = router();
    let (z, x, y) = TILE;
    let atlas = &plan().atlas;
    let wanted = atlas.find_or_draw_tile(
        &atlas.resolve_layers("areas").unwrap(),
        TileId::new(z, x, y).unwrap(),
        ContentCoding::Identity,
    );
    assert!(!wanted.body.is_empty(), "the demo has an area here");
    for path in [
        format!("/tiles/areas/{z}/{x}/{y}.mvt"),
        format!("/tiles/areas/{z}/{x}/{y}.pbf"),
        format!("/tiles/areas/{z}/{x}/{y}.mvt?v=17"),
        format!("/api/collections/areas/tiles/WebMercatorQuad/{z}/{y}/{x}"),
        format!("/api/collections/areas/tiles/WebMercatorQuad/{z}/{y}/{x}?f=mvt"),
        format!("/api/tiles/WebMercatorQuad/{z}/{y}/{x}?collections=areas"),
    ] {
        let reply = get(&router, &path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("content-type"), "application/vnd.mapbox-vector-tile", "{path}");
        assert_eq!(reply.header("etag"), &*wanted.etag, "{path}");
        assert_eq!(reply.header("tile-left-out"), wanted.left_out.to_string(), "{path}");
        assert_eq!(reply.body, wanted.body, "{path}");
    }
}

#[tokio::test]
async fn a_packed_tile_holds_the_same_and_has_its_own_tag() {
    let router = router();
    let (z, x, y) = TILE;
    let path = format!("/tiles/areas,interventions/{z}/{x}/{y}.mvt");
    let plain = get(&router, &path).await;
    let mut tags = vec![plain.header("etag").to_owned()];
    assert_eq!(plain.header("content-encoding"), "");
    for (accepted, packed_as) in
        [("gzip, deflate", "gzip"), ("gzip, deflate, br, zstd", "br"), ("br;q=0.1, gzip", "gzip")]
    {
        let packed = get_as(&router, &path, &[("accept-encoding", accepted)]).await;
        assert_eq!(packed.header("content-encoding"), packed_as, "{accepted}");
        assert!(packed.header("vary").contains("Accept-Encoding"));
        let mut unpacked = vec![];
        match packed_as {
            "br" => brotli::Decompressor::new(&packed.body[..], 4096).read_to_end(&mut unpacked).unwrap(),
            _ => GzDecoder::new(&packed.body[..]).read_to_end(&mut unpacked).unwrap(),
        };
        assert_eq!(unpacked, plain.body);
        tags.push(packed.header("etag").to_owned());
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 3, "each way to pack has its own tag: {tags:?}");
}

#[tokio::test]
async fn where_nothing_is_the_answer_is_204() {
    let reply = get(&router(), "/tiles/areas/12/0/0.mvt").await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (204, ""));
    assert_eq!(reply.header("cache-control"), "public, max-age=0, must-revalidate");
}

#[tokio::test]
async fn tilejson_describes_its_layers_and_where_they_are() {
    let router = router();
    let json = json(&router, "/tiles/areas,interventions.json").await;
    assert_eq!(json["tilejson"], "3.0.0");
    assert_eq!(json["tiles"][0], "http://plan.test/tiles/areas,interventions/{z}/{x}/{y}.mvt");
    assert_eq!(json["maxzoom"], 16);
    assert_eq!(json["vector_layers"][1]["id"], "interventions");
    assert_eq!(json["vector_layers"][1]["fields"]["cost"], "Number");
    let bounds: Vec<f64> = json["bounds"].as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect();
    assert!(bounds[0] < bounds[2] && bounds[0] > -12.0 && bounds[3] < 56.0, "{bounds:?}");
}

#[tokio::test]
async fn the_whole_plan_is_one_tile_set() {
    let router = router();
    let set = json(&router, "/api/tiles/WebMercatorQuad").await;
    let layers: Vec<&str> = set["layers"].as_array().unwrap().iter().map(|l| l["id"].as_str().unwrap()).collect();
    assert!(
        layers.contains(&"areas") && layers.contains(&"interventions") && !layers.contains(&"indicators"),
        "{layers:?}"
    );
    let chosen = json(&router, "/api/tiles/WebMercatorQuad?collections=areas").await;
    assert_eq!(chosen["layers"].as_array().unwrap().len(), 1);
    assert!(
        link(&chosen, "item", "application/vnd.mapbox-vector-tile")
            .unwrap()
            .ends_with("{tileMatrix}/{tileRow}/{tileCol}?collections=areas")
    );
}
