//! Tiles described: tile sets and tile matrix sets of OGC API Tiles and TMS 2.0, and TileJSON 3.

use super::ask::{Ask, Pairs};
use super::fields::simple_type;
use super::html::{self, Page};
use super::link::{self, Link};
use super::negotiate::JSON;
use super::present::{self, Answer, Document};
use super::problem::Problem;
use super::tiles::{asked, with};
use super::urls::{self, Base};
use crate::atlas::{Layers, View};
use crate::error::{Error, Result};
use crate::feature::Bbox;
use crate::query::TILE_PARAMETERS;
use serde_json::{Map, Value as Json, json};

pub const MATRIX_SET: &str = "WebMercatorQuad";
pub const MATRIX_SET_URI: &str = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad";
const CRS: &str = "http://www.opengis.net/def/crs/EPSG/0/3857";
/// Half the side of the Web Mercator square, in metres.
const HALF_M: f64 = 20_037_508.342_789_244;
/// Metres in a standardised pixel (0.28 mm), by which scale denominators are defined.
const PIXEL_M: f64 = 0.000_28;
/// Zooms that the matrix set lists; tiles exist at each.
const MATRIX_ZOOMS: u8 = 22;
const MAX_LAYERS: usize = 20;

/// # Errors
/// [`Error::NotFound`] for any matrix set but the one.
pub fn known_set(name: &str) -> Result<()> {
    if name == MATRIX_SET {
        return Ok(());
    }
    Err(Error::NotFound(format!("There is no tile matrix set '{name}'. There is: {MATRIX_SET}.")))
}

pub fn no_tiles(view: &View) -> Error {
    Error::NotFound(format!("'{}' has no geometry, so there are no tiles of it.", view.collection().id))
}

/// The layers of the whole plan's tiles: those of `collections`, or all that have geometry.
pub fn chosen(ask: &Ask, pairs: &Pairs) -> Result<String> {
    match pairs.rest.iter().find(|(name, _)| name == "collections") {
        None => {
            let views = ask.atlas().collections();
            let ids = views.iter().map(View::collection).filter(|c| !c.geometry.is_none()).map(|c| c.id.as_str());
            Ok(ids.take(MAX_LAYERS).collect::<Vec<_>>().join(","))
        }
        Some((_, list)) => match list.split(',').find(|name| ask.atlas().layers(name).is_err() || *name == "world") {
            Some(unknown) => Err(Error::invalid(
                "collections",
                format!("There is no collection '{}'.", unknown.chars().take(60).collect::<String>()),
            )),
            None => Ok(list.clone()),
        },
    }
}

pub async fn matrix_sets(ask: Ask) -> Answer {
    present::document(&ask, &JSON, |_| {
        let base = ask.base();
        let link = Link::new("self", base.api(&["tileMatrixSets", MATRIX_SET]), JSON.media);
        let json = json!({"tileMatrixSets": [{
            "id": MATRIX_SET, "title": "Google Maps Compatible for the World", "uri": MATRIX_SET_URI, "crs": CRS, "links": link::array(&[link]),
        }]});
        Ok(page_of("Tile matrix sets", "How the tiles are cut.", &base, json))
    })
}

pub async fn matrix_set(ask: Ask) -> Answer {
    known_set(ask.segment("matrixset"))?;
    present::document(&ask, &JSON, |_| {
        Ok(page_of(MATRIX_SET, "The squares of Web Mercator, halved at every zoom.", &ask.base(), definition()))
    })
}

/// WebMercatorQuad as TMS 2.0 defines it.
fn definition() -> Json {
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

pub async fn of_dataset(ask: Ask) -> Answer {
    let pairs = ask.only(&with(&["collections"]))?;
    asked(ask.atlas().layers(&chosen(&ask, &pairs)?)?, &pairs)?;
    list(&ask, &pairs, "The plan", &["tiles"])
}

pub async fn dataset_set(ask: Ask) -> Answer {
    let pairs = ask.only(&with(&["collections"]))?;
    known_set(ask.segment("matrixset"))?;
    let layers = asked(ask.atlas().layers(&chosen(&ask, &pairs)?)?, &pairs)?;
    one(&ask, &pairs, "The plan", &["tiles"], &layers)
}

pub async fn of_collection(ask: Ask) -> Answer {
    let pairs = ask.only(&TILE_PARAMETERS)?;
    let (view, _) = drawn(&ask, &pairs)?;
    let id = view.collection().id.as_str();
    list(&ask, &pairs, &view.collection().title, &["collections", id, "tiles"])
}

pub async fn collection_set(ask: Ask) -> Answer {
    known_set(ask.segment("matrixset"))?;
    let pairs = ask.only(&TILE_PARAMETERS)?;
    let (view, layers) = drawn(&ask, &pairs)?;
    let id = view.collection().id.as_str();
    one(&ask, &pairs, &view.collection().title, &["collections", id, "tiles"], &layers)
}

fn drawn(ask: &Ask, pairs: &Pairs) -> Result<(View, Layers), Problem> {
    let view = ask.atlas().view(ask.segment("collection"))?;
    if view.collection().geometry.is_none() {
        return Err(no_tiles(&view).into());
    }
    let layers = asked(ask.atlas().layers(view.collection().id.as_str())?, pairs)?;
    Ok((view, layers))
}

/// The list of tile sets below a path; there is one.
fn list(ask: &Ask, pairs: &Pairs, title: &str, path: &[&str]) -> Answer {
    present::document_with(ask, &JSON, pairs, |twins| {
        let base = ask.base();
        let query = same(pairs);
        let set = base.api(&[path, &[MATRIX_SET]].concat());
        let mut entry = summary(title);
        let own = Link::new("self", format!("{set}{query}"), JSON.media);
        entry["links"] = link::array(&[own, scheme(&base), template(&set, &query)]);
        let json = json!({"links": link::array(twins), "tilesets": [entry]});
        Ok(page_of(&format!("Tiles: {title}"), "Tile sets that can be had.", &base, json))
    })
}

/// One tile set.
fn one(ask: &Ask, pairs: &Pairs, title: &str, path: &[&str], layers: &Layers) -> Answer {
    present::document_with(ask, &JSON, pairs, |twins| {
        let base = ask.base();
        let names: Vec<String> = layers.snapshots().map(|(name, _)| name.to_owned()).collect();
        let rest = pairs.rest.iter().filter(|(n, _)| n != "collections").map(|(n, v)| (n.as_str(), v.as_str()));
        let tilejson = base.url(&format!("/tiles/{}.json{}", names.join(","), urls::query(rest)));
        let mut links = twins.to_vec();
        links.push(scheme(&base));
        links.push(template(&base.api(&[path, &[MATRIX_SET]].concat()), &same(pairs)));
        links.push(Link::new("describedby", tilejson, JSON.media).titled("The same for map libraries (TileJSON)"));
        let mut json = summary(title);
        json["layers"] = layers
            .named()
            .into_iter()
            .map(|named| {
                let collection = named.snapshot.collection();
                json!({"id": named.name, "dataType": "vector", "title": named.title(), "description": collection.description})
            })
            .collect();
        if let Some(b) = extent(layers) {
            json["boundingBox"] =
                json!({"lowerLeft": [b.west, b.south], "upperRight": [b.east, b.north], "crs": crate::query::CRS84});
        }
        json["links"] = link::array(&links);
        Ok(page_of(&format!("Tiles: {title}"), "A tile set.", &base, json))
    })
}

fn summary(title: &str) -> Json {
    json!({
        "title": title, "dataType": "vector", "crs": CRS, "tileMatrixSetURI": MATRIX_SET_URI, "tileMatrixSetId": MATRIX_SET,
        "tileMatrixSetLimits": (0..=MATRIX_ZOOMS).map(limits).collect::<Json>(),
    })
}

/// Every row and column that there is: those where nothing is drawn answer with 204.
fn limits(z: u8) -> Json {
    let last = (1_u64 << z) - 1;
    json!({"tileMatrix": z.to_string(), "minTileRow": 0, "maxTileRow": last, "minTileCol": 0, "maxTileCol": last})
}

/// The address of each tile of a set.
fn template(set: &str, query: &str) -> Link {
    Link::new("item", format!("{set}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}{query}"), link::MVT)
        .titled("A tile")
        .templated()
}

fn scheme(base: &Base) -> Link {
    Link::new(link::TILING_SCHEME, base.api(&["tileMatrixSets", MATRIX_SET]), JSON.media).titled(MATRIX_SET)
}

fn same(pairs: &Pairs) -> String {
    urls::query(pairs.rest.iter().map(|(n, v)| (n.as_str(), v.as_str())))
}

fn page_of(title: &str, lead: &str, base: &Base, json: Json) -> Document {
    Document { page: Page::new(title, lead).crumb("The API", base.api(&[])).main(html::data(&json)), json }
}

/// TileJSON 3.0.0 for `/tiles/areas,interventions.json`; what is asked of the tiles is asked in their addresses, too.
pub async fn tilejson(ask: Ask) -> Answer {
    let pairs = ask.only(&with(&["v"]))?;
    let list = ask.segment("layers");
    let Some(list) = list.strip_suffix(".json") else {
        let sentence = format!("Tiles of '{list}' are described at /tiles/{list}.json.");
        return Err(Problem::from(Error::NotFound(sentence)));
    };
    let layers = asked(ask.atlas().layers(list)?, &pairs)?;
    let max_zoom = layers.max_zoom();
    let vector_layers: Vec<Json> = layers
        .named()
        .into_iter()
        .map(|named| {
            let collection = named.snapshot.collection();
            let id = [("id".to_owned(), Json::from("String"))];
            let shown = collection.fields.iter().enumerate().filter(|(at, _)| named.show.shows(*at));
            let fields: Map<String, Json> =
                id.into_iter().chain(shown.map(|(_, f)| (f.name.clone(), simple_type(f.kind).into()))).collect();
            json!({"id": named.name, "description": named.title(), "minzoom": 0, "maxzoom": max_zoom, "fields": fields})
        })
        .collect();
    let mut path = String::new();
    for (i, name) in list.split(',').enumerate() {
        path.push_str(if i > 0 { "," } else { "" });
        urls::encode(name, &mut path);
    }
    let query = same(&pairs);
    let mut json = json!({
        "tilejson": "3.0.0",
        "name": list,
        "tiles": [ask.base().url(&format!("/tiles/{path}/{{z}}/{{x}}/{{y}}.mvt{query}"))],
        "minzoom": 0,
        "maxzoom": max_zoom,
        "scheme": "xyz",
        "vector_layers": vector_layers,
    });
    let attribution = if list == "world" { "Natural Earth".to_owned() } else { attribution(&layers) };
    if !attribution.is_empty() {
        json["attribution"] = attribution.into();
    }
    if let Some(bbox) = extent(&layers) {
        json["bounds"] = json!(bbox.to_array());
    }
    Ok(present::json(&ask, &json))
}

/// Whom the data of the layers is owed to, each once.
fn attribution(layers: &Layers) -> String {
    let mut owed: Vec<String> = Vec::new();
    for (_, snapshot) in layers.snapshots() {
        let to = snapshot.collection().attribution();
        if !to.is_empty() && !owed.iter().any(|o| o == to) {
            owed.push(to.to_owned());
        }
    }
    owed.join(" | ")
}

fn extent(layers: &Layers) -> Option<Bbox> {
    layers.snapshots().filter_map(|(_, snapshot)| snapshot.extent()).reduce(Bbox::union)
}
