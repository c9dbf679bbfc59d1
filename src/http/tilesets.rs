//! Descriptions of tiles: tile sets and tile matrix sets of OGC API - Tiles and TMS 2.0, and TileJSON 3.

use super::html::{self, HtmlPage};
use super::link::{self, WebLink};
use super::problem::ProblemDetails;
use super::request_context::{QueryPairs, RequestContext};
use super::resource_document::{self, ResourceDocument};
use super::response::HttpResult;
use super::response_format::JSON;
use super::tile_request::{
    MATRIX_SET, allowed_parameters, apply_tile_query, check_matrix_set, no_tiles_error, select_collections,
};
use super::urls::{self, BaseUrl};
use crate::atlas::{CollectionView, TileLayerSet};
use crate::error::{Error, Result};
use crate::query::TILE_PARAMETERS;
use serde_json::{Value as Json, json};

pub const MATRIX_SET_URI: &str = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad";
const CRS: &str = "http://www.opengis.net/def/crs/EPSG/0/3857";
/// Half the side of the Web Mercator square, in metres.
const HALF_M: f64 = 20_037_508.342_789_244;
/// Metres in a standardised pixel (0.28 mm), by which scale denominators are defined.
const PIXEL_M: f64 = 0.000_28;
/// The last zoom level of the matrix set; there are tiles at each.
const MATRIX_ZOOMS: u8 = 22;

pub async fn list_matrix_sets(context: RequestContext) -> HttpResult {
    resource_document::respond_document(&context, &JSON, |_| {
        let base = context.base_url();
        let link = WebLink::new("self", base.api_url(&["tileMatrixSets", MATRIX_SET]), JSON.media);
        let json = json!({"tileMatrixSets": [{
            "id": MATRIX_SET, "title": "Google Maps Compatible for the World", "uri": MATRIX_SET_URI, "crs": CRS, "links": link::links_to_json(&[link]),
        }]});
        Ok(build_document("Tile matrix sets", "The grids that the tiles are cut by.", base, json))
    })
}

pub async fn get_matrix_set(context: RequestContext) -> HttpResult {
    check_matrix_set(context.path_segment("matrixset"))?;
    resource_document::respond_document(&context, &JSON, |_| {
        Ok(build_document(
            MATRIX_SET,
            "The tile grid of Web Mercator: each zoom level halves the tiles of the one before.",
            context.base_url(),
            define_matrix_set(),
        ))
    })
}

/// WebMercatorQuad as TMS 2.0 defines it.
fn define_matrix_set() -> Json {
    let matrix = |z: u8| {
        let cell = 2.0 * HALF_M / 256.0 / f64::from(1u32 << z);
        json!({
            "id": z.to_string(),
            "scaleDenominator": cell / PIXEL_M,
            "cellSize": cell,
            "cornerOfOrigin": "topLeft",
            "pointOfOrigin": [-HALF_M, HALF_M],
            "tileWidth": 256,
            "tileHeight": 256,
            "matrixWidth": 1u32 << z,
            "matrixHeight": 1u32 << z,
        })
    };
    json!({
        "id": MATRIX_SET,
        "title": "Google Maps Compatible for the World",
        "uri": MATRIX_SET_URI,
        "crs": CRS,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": (0..=MATRIX_ZOOMS).map(matrix).collect::<Vec<_>>(),
    })
}

pub async fn list_dataset_tilesets(context: RequestContext) -> HttpResult {
    let pairs = context.parse_known_pairs(&allowed_parameters(&["collections"]))?;
    apply_tile_query(context.plan().resolve_layers(&select_collections(&context, &pairs)?)?, &pairs)?;
    respond_tileset_list(&context, &pairs, "The plan", &["tiles"])
}

pub async fn get_dataset_tileset(context: RequestContext) -> HttpResult {
    let pairs = context.parse_known_pairs(&allowed_parameters(&["collections"]))?;
    check_matrix_set(context.path_segment("matrixset"))?;
    let layers = apply_tile_query(context.plan().resolve_layers(&select_collections(&context, &pairs)?)?, &pairs)?;
    respond_tileset(&context, &pairs, "The plan", &["tiles"], &layers)
}

pub async fn list_collection_tilesets(context: RequestContext) -> HttpResult {
    let pairs = context.parse_known_pairs(&TILE_PARAMETERS)?;
    let (view, _) = find_collection_layers(&context, &pairs)?;
    let id = view.collection().id.as_str();
    respond_tileset_list(&context, &pairs, &view.collection().title, &["collections", id, "tiles"])
}

pub async fn get_collection_tileset(context: RequestContext) -> HttpResult {
    check_matrix_set(context.path_segment("matrixset"))?;
    let pairs = context.parse_known_pairs(&TILE_PARAMETERS)?;
    let (view, layers) = find_collection_layers(&context, &pairs)?;
    let id = view.collection().id.as_str();
    respond_tileset(&context, &pairs, &view.collection().title, &["collections", id, "tiles"], &layers)
}

fn find_collection_layers(
    context: &RequestContext,
    pairs: &QueryPairs,
) -> Result<(CollectionView, TileLayerSet), ProblemDetails> {
    let view = context.plan().collection_view(context.path_segment("collection"))?;
    if view.collection().geometry.is_none() {
        return Err(no_tiles_error(&view).into());
    }
    let layers = apply_tile_query(context.plan().resolve_layers(view.collection().id.as_str())?, pairs)?;
    Ok((view, layers))
}

/// The list of tile sets below a path, with one entry.
fn respond_tileset_list(context: &RequestContext, pairs: &QueryPairs, title: &str, path: &[&str]) -> HttpResult {
    resource_document::respond_document_with(context, &JSON, pairs, |alternates| {
        let base = context.base_url();
        let query = format_pairs(pairs);
        let set = base.api_url(&[path, &[MATRIX_SET]].concat());
        let mut entry = describe_tileset(title);
        let own = WebLink::new("self", format!("{set}{query}"), JSON.media);
        entry["links"] = link::links_to_json(&[own, matrix_set_link(base), tile_link(&set, &query)]);
        let json = json!({"links": link::links_to_json(alternates), "tilesets": [entry]});
        Ok(build_document(&format!("Tiles: {title}"), "The available tile sets.", base, json))
    })
}

/// One tile set.
fn respond_tileset(
    context: &RequestContext,
    pairs: &QueryPairs,
    title: &str,
    path: &[&str],
    layers: &TileLayerSet,
) -> HttpResult {
    resource_document::respond_document_with(context, &JSON, pairs, |alternates| {
        let base = context.base_url();
        let names: Vec<String> = layers.snapshots().map(|(name, _)| name.to_owned()).collect();
        let rest = pairs.rest.iter().filter(|(n, _)| n != "collections").map(|(n, v)| (n.as_str(), v.as_str()));
        let tilejson = base.with_path(&format!("/tiles/{}.json{}", names.join(","), urls::format_query(rest)));
        let mut links = alternates.to_vec();
        links.push(matrix_set_link(base));
        links.push(tile_link(&base.api_url(&[path, &[MATRIX_SET]].concat()), &format_pairs(pairs)));
        links.push(WebLink::new("describedby", tilejson, JSON.media).with_title("TileJSON for map libraries"));
        let mut json = describe_tileset(title);
        json["layers"] = layers
            .named_layers()
            .into_iter()
            .map(|named| {
                let collection = named.snapshot.collection();
                json!({"id": named.name, "dataType": "vector", "title": named.title(), "description": collection.description})
            })
            .collect();
        if let Some(b) = layers.extent() {
            json["boundingBox"] = json!({"lowerLeft": [b.west, b.south], "upperRight": [b.east, b.north], "crs": crate::query::CRS84_URI});
        }
        json["links"] = link::links_to_json(&links);
        Ok(build_document(&format!("Tiles: {title}"), "A tile set.", base, json))
    })
}

fn describe_tileset(title: &str) -> Json {
    json!({
        "title": title, "dataType": "vector", "crs": CRS, "tileMatrixSetURI": MATRIX_SET_URI, "tileMatrixSetId": MATRIX_SET,
        "tileMatrixSetLimits": (0..=MATRIX_ZOOMS).map(matrix_limits).collect::<Json>(),
    })
}

/// Every row and column: empty tiles answer with 204.
fn matrix_limits(z: u8) -> Json {
    let last = (1_u64 << z) - 1;
    json!({"tileMatrix": z.to_string(), "minTileRow": 0, "maxTileRow": last, "minTileCol": 0, "maxTileCol": last})
}

/// The template of the addresses of a set's tiles.
fn tile_link(set: &str, query: &str) -> WebLink {
    WebLink::new("item", format!("{set}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}{query}"), link::MVT)
        .with_title("A tile")
        .into_template()
}

fn matrix_set_link(base: &BaseUrl) -> WebLink {
    WebLink::new(link::TILING_SCHEME, base.api_url(&["tileMatrixSets", MATRIX_SET]), JSON.media).with_title(MATRIX_SET)
}

fn format_pairs(pairs: &QueryPairs) -> String {
    urls::format_query(pairs.rest.iter().map(|(n, v)| (n.as_str(), v.as_str())))
}

fn build_document(title: &str, lead: &str, base: &BaseUrl, json: Json) -> ResourceDocument {
    ResourceDocument {
        page: HtmlPage::new(title, lead)
            .with_breadcrumb("API", base.api_url(&[]))
            .with_main(html::render_document(&json)),
        json,
    }
}

/// TileJSON 3.0.0 for `/tiles/areas,interventions.json`; the addresses of the tiles have the parameters of the request.
pub async fn get_tilejson(context: RequestContext) -> HttpResult {
    let pairs = context.parse_known_pairs(&allowed_parameters(&["v"]))?;
    let list = context.path_segment("layers");
    let Some(list) = list.strip_suffix(".json") else {
        let sentence = format!("The TileJSON of '{list}' is at /tiles/{list}.json.");
        return Err(ProblemDetails::from(Error::NotFound(sentence)));
    };
    let layers = apply_tile_query(context.plan().resolve_layers(list)?, &pairs)?;
    let max_zoom = layers.max_zoom();
    let vector_layers = layers.describe_layers(0..=max_zoom);
    let mut path = String::new();
    for (i, name) in list.split(',').enumerate() {
        path.push_str(if i > 0 { "," } else { "" });
        urls::percent_encode(name, &mut path);
    }
    let query = format_pairs(&pairs);
    let mut json = json!({
        "tilejson": "3.0.0",
        "name": list,
        "tiles": [context.base_url().with_path(&format!("/tiles/{path}/{{z}}/{{x}}/{{y}}.mvt{query}"))],
        "minzoom": 0,
        "maxzoom": max_zoom,
        "scheme": "xyz",
        "vector_layers": vector_layers,
    });
    let attribution = if list == "world" { "Natural Earth".to_owned() } else { join_attributions(&layers) };
    if !attribution.is_empty() {
        json["attribution"] = attribution.into();
    }
    if let Some(bbox) = layers.extent() {
        json["bounds"] = json!(bbox.to_array());
    }
    Ok(resource_document::respond_json(&context, &json))
}

/// The attributions of the layers' data, each once.
fn join_attributions(layers: &TileLayerSet) -> String {
    let mut attributions: Vec<String> = Vec::new();
    for (_, snapshot) in layers.snapshots() {
        let to = snapshot.collection().attribution();
        if !to.is_empty() && !attributions.iter().any(|o| o == to) {
            attributions.push(to.to_owned());
        }
    }
    attributions.join(" | ")
}
