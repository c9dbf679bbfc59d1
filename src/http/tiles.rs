//! Vector tiles, under the addresses of OGC API Tiles (row before column) and of map libraries (x before y).

use super::fair_queue::JobKind;
use super::link;
use super::negotiate;
use super::problem::ProblemDetails;
use super::request_context::RequestContext;
use super::response::{self, HttpResult, empty_response};
use super::response_cache;
use super::tile_request::{self, MATRIX_SET, allowed_parameters, apply_tile_query};
use crate::atlas::{ContentCoding, EncodedTile, TileId, TileLayerSet};
use crate::error::Error;
use crate::query::TILE_PARAMETERS;
use crate::work_budget::WorkBudget;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

const LEFT_OUT: HeaderName = HeaderName::from_static("tile-left-out");
/// Present only if features were dropped because the tile would have been too large.
const DROPPED: HeaderName = HeaderName::from_static("tile-dropped");
const CONTENT_CRS: HeaderName = HeaderName::from_static("content-crs");

/// `/tiles/areas,interventions/{z}/{x}/{y}.mvt`; `v` may have any value, so that a client can bypass its own cache.
pub async fn get_xyz_tile(context: RequestContext) -> HttpResult {
    let pairs = context.parse_known_pairs(&allowed_parameters(&["v"]))?;
    let layers = apply_tile_query(context.plan().resolve_layers(context.path_segment("layers"))?, &pairs)?;
    let y = context.path_segment("y");
    let y = y.strip_suffix(".mvt").or_else(|| y.strip_suffix(".pbf")).unwrap_or(y);
    let tile = parse_tile_id(["z", "x", "y"], [context.path_segment("z"), context.path_segment("x"), y])?;
    respond_tile(&context, layers, tile).await
}

pub async fn get_collection_tile(context: RequestContext) -> HttpResult {
    let pairs = context.parse_known_pairs(&TILE_PARAMETERS)?;
    tile_request::check_matrix_set(context.path_segment("matrixset"))?;
    check_tile_format(pairs.f.as_deref())?;
    let view = context.plan().collection_view(context.path_segment("collection"))?;
    if view.collection().geometry.is_none() {
        return Err(tile_request::no_tiles_error(&view).into());
    }
    let layers = apply_tile_query(context.plan().resolve_layers(view.collection().id.as_str())?, &pairs)?;
    let tile = parse_tile_id(
        ["tileMatrix", "tileCol", "tileRow"],
        [context.path_segment("z"), context.path_segment("col"), context.path_segment("row")],
    )?;
    respond_tile(&context, layers, tile).await
}

pub async fn get_dataset_tile(context: RequestContext) -> HttpResult {
    let pairs = context.parse_known_pairs(&allowed_parameters(&["collections"]))?;
    tile_request::check_matrix_set(context.path_segment("matrixset"))?;
    check_tile_format(pairs.f.as_deref())?;
    let list = tile_request::select_collections(&context, &pairs)?;
    let layers = apply_tile_query(context.plan().resolve_layers(&list)?, &pairs)?;
    let tile = parse_tile_id(
        ["tileMatrix", "tileCol", "tileRow"],
        [context.path_segment("z"), context.path_segment("col"), context.path_segment("row")],
    )?;
    respond_tile(&context, layers, tile).await
}

/// Answers with a cached tile at once; draws any other tile in the pool.
async fn respond_tile(context: &RequestContext, layers: TileLayerSet, id: TileId) -> HttpResult {
    let coding = negotiate::choose_coding(&context.headers);
    let tile = if let Some(tile) = context.plan().find_cached_tile(&layers, id, coding) {
        tile
    } else {
        let atlas = context.plan().clone();
        let kind = if layers.is_filtered() { JobKind::Search } else { JobKind::Read };
        let draw = move |work: &WorkBudget| atlas.find_or_draw_tile(&layers, id, coding, work);
        context.app.pool.run(&context.job_owner(kind), draw).await??
    };
    let etag = response::ascii_header_value(&tile.etag);
    let mut response =
        response::check_not_modified(&context.headers, &etag).unwrap_or_else(|| tile_response(tile, coding));
    let headers = response.headers_mut();
    headers.insert(header::ETAG, etag);
    headers.insert(header::CACHE_CONTROL, response::REVALIDATE);
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    Ok(response)
}

fn tile_response(tile: EncodedTile, coding: ContentCoding) -> Response {
    let empty = tile.body.is_empty();
    let (left_out, dropped) = (tile.left_out, tile.dropped);
    let mut response = if empty { empty_response(StatusCode::NO_CONTENT) } else { tile.body.into_response() };
    let headers = response.headers_mut();
    headers.insert(LEFT_OUT, left_out.into());
    if dropped > 0 {
        headers.insert(DROPPED, dropped.into());
    }
    if !empty {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(link::MVT));
        headers.insert(CONTENT_CRS, HeaderValue::from_static("<http://www.opengis.net/def/crs/EPSG/0/3857>"));
        if let Some(encoding) = response_cache::content_encoding(coding) {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
    }
    response
}

/// Parses zoom, column and row, each under its name in the route.
fn parse_tile_id(names: [&str; 3], texts: [&str; 3]) -> Result<TileId, ProblemDetails> {
    let mut numbers = [0u32; 3];
    for ((name, text), number) in names.into_iter().zip(texts).zip(&mut numbers) {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits {
            let text: String = text.chars().take(40).collect();
            return Err(Error::invalid(name, format!("'{text}' is not a whole number.")).into());
        }
        *number = text.parse().unwrap_or(u32::MAX);
    }
    let [z, x, y] = numbers;
    let tile = u8::try_from(z).ok().and_then(|z| TileId::new(z, x, y));
    tile.ok_or_else(|| {
        let [z, x, y] = texts;
        Error::NotFound(format!("{MATRIX_SET} has no tile {z}/{x}/{y} (zoom/column/row).")).into()
    })
}

fn check_tile_format(f: Option<&str>) -> Result<(), ProblemDetails> {
    match f {
        None | Some("mvt" | "pbf") => Ok(()),
        Some(_) => Err(Error::invalid("f", "Tiles are available in one format: mvt.").into()),
    }
}
