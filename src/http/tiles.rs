//! Vector tiles, under the addresses of OGC API Tiles (row before column) and of map libraries (x before y).

use super::ask::{Ask, Pairs};
use super::kept;
use super::link;
use super::negotiate;
use super::present::{self, Answer, bare};
use super::problem::Problem;
use super::tilesets::{self, MATRIX_SET};
use crate::atlas::{Coding, Layers, Tile, TileId};
use crate::error::Error;
use crate::query::{TILE_PARAMETERS, TileAsk};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

const LEFT_OUT: HeaderName = HeaderName::from_static("tile-left-out");
/// There only when the tile would have been too large.
const DROPPED: HeaderName = HeaderName::from_static("tile-dropped");
const CONTENT_CRS: HeaderName = HeaderName::from_static("content-crs");

/// `/tiles/areas,interventions/{z}/{x}/{y}.mvt`; `v` may be anything, so that a client can ask past its own cache.
pub async fn xyz(ask: Ask) -> Answer {
    let pairs = ask.only(&with(&["v"]))?;
    let layers = asked(ask.atlas().layers(ask.segment("layers"))?, &pairs)?;
    let y = ask.segment("y");
    let y = y.strip_suffix(".mvt").or_else(|| y.strip_suffix(".pbf")).unwrap_or(y);
    let tile = tile_id(["z", "x", "y"], [ask.segment("z"), ask.segment("x"), y])?;
    answer(&ask, layers, tile).await
}

pub async fn of_collection(ask: Ask) -> Answer {
    let pairs = ask.only(&TILE_PARAMETERS)?;
    tilesets::known_set(ask.segment("matrixset"))?;
    only_mvt(pairs.f.as_deref())?;
    let view = ask.atlas().view(ask.segment("collection"))?;
    if view.collection().geometry.is_none() {
        return Err(tilesets::no_tiles(&view).into());
    }
    let layers = asked(ask.atlas().layers(view.collection().id.as_str())?, &pairs)?;
    let tile =
        tile_id(["tileMatrix", "tileCol", "tileRow"], [ask.segment("z"), ask.segment("col"), ask.segment("row")])?;
    answer(&ask, layers, tile).await
}

pub async fn of_dataset(ask: Ask) -> Answer {
    let pairs = ask.only(&with(&["collections"]))?;
    tilesets::known_set(ask.segment("matrixset"))?;
    only_mvt(pairs.f.as_deref())?;
    let list = tilesets::chosen(&ask, &pairs)?;
    let layers = asked(ask.atlas().layers(&list)?, &pairs)?;
    let tile =
        tile_id(["tileMatrix", "tileCol", "tileRow"], [ask.segment("z"), ask.segment("col"), ask.segment("row")])?;
    answer(&ask, layers, tile).await
}

/// The layers with what is asked of them.
pub fn asked(layers: Layers, pairs: &Pairs) -> Result<Layers, Problem> {
    let asked = TileAsk::parse(pairs.rest.iter().map(|(n, v)| (n.as_str(), v.as_str())))?;
    if asked.is_plain() {
        return Ok(layers);
    }
    Ok(layers.showing(|collections| asked.of(collections))?)
}

/// The parameters of every tile, and these.
pub fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&TILE_PARAMETERS[..], more].concat()
}

/// A kept tile is answered here and now; a new one is drawn in the pool.
async fn answer(ask: &Ask, layers: Layers, id: TileId) -> Answer {
    let coding = negotiate::coding(&ask.headers);
    let tile = if let Some(tile) = ask.atlas().cached(&layers, id, coding) {
        tile
    } else {
        let atlas = ask.atlas().clone();
        ask.app.pool.run(move || atlas.tile(&layers, id, coding)).await?
    };
    let etag = present::quoted(&tile.etag);
    let mut response = present::unchanged(&ask.headers, &etag).unwrap_or_else(|| write(tile, coding));
    let headers = response.headers_mut();
    headers.insert(header::ETAG, etag);
    headers.insert(header::CACHE_CONTROL, present::REVALIDATE);
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    Ok(response)
}

fn write(tile: Tile, coding: Coding) -> Response {
    let empty = tile.body.is_empty();
    let (left_out, dropped) = (tile.left_out, tile.dropped);
    let mut response = if empty { bare(StatusCode::NO_CONTENT) } else { tile.body.into_response() };
    let headers = response.headers_mut();
    headers.insert(LEFT_OUT, left_out.into());
    if dropped > 0 {
        headers.insert(DROPPED, dropped.into());
    }
    if !empty {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(link::MVT));
        headers.insert(CONTENT_CRS, HeaderValue::from_static("<http://www.opengis.net/def/crs/EPSG/0/3857>"));
        if let Some(packed) = kept::packed_as(coding) {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(packed));
        }
    }
    response
}

/// The tile of these texts (zoom, column, row), each named as its address names it.
fn tile_id(names: [&str; 3], texts: [&str; 3]) -> Result<TileId, Problem> {
    let mut numbers = [0u32; 3];
    for ((name, text), number) in names.into_iter().zip(texts).zip(&mut numbers) {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits {
            let text: String = text.chars().take(40).collect();
            return Err(Error::invalid(name, format!("'{text}' is no whole number.")).into());
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

fn only_mvt(f: Option<&str>) -> Result<(), Problem> {
    match f {
        None | Some("mvt" | "pbf") => Ok(()),
        Some(_) => Err(Error::invalid("f", "Tiles come in one form: mvt.").into()),
    }
}
