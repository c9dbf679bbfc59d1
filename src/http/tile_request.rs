//! What the requests for tiles and for their descriptions have in common: the matrix set, the parameters, and the
//! layers that they name.

use super::problem::ProblemDetails;
use super::request_context::{QueryPairs, RequestContext};
use crate::atlas::{CollectionView, TileLayerSet};
use crate::error::{Error, Result};
use crate::query::{TILE_PARAMETERS, TileParameters};

pub const MATRIX_SET: &str = "WebMercatorQuad";

/// # Errors
/// [`Error::NotFound`] for any other matrix set than [`MATRIX_SET`].
pub fn check_matrix_set(name: &str) -> Result<()> {
    if name == MATRIX_SET {
        return Ok(());
    }
    Err(Error::NotFound(format!("There is no tile matrix set '{name}'. Use {MATRIX_SET}.")))
}

pub fn no_tiles_error(view: &CollectionView) -> Error {
    Error::NotFound(format!("The collection '{}' has no geometry and therefore no tiles.", view.collection().id))
}

/// The layers of the tiles of the whole plan: those of the parameter `collections`, or all collections with geometry.
pub fn select_collections(context: &RequestContext, pairs: &QueryPairs) -> Result<String> {
    match pairs.rest.iter().find(|(name, _)| name == "collections") {
        None => Ok(context.plan().spatial_collections().join(",")),
        Some((_, list)) => {
            match list.split(',').find(|name| context.plan().resolve_layers(name).is_err() || *name == "world") {
                Some(unknown) => Err(Error::invalid(
                    "collections",
                    format!("There is no collection '{}'.", unknown.chars().take(60).collect::<String>()),
                )),
                None => Ok(list.clone()),
            }
        }
    }
}

/// The layers with the filter, time, properties, split and clusters of the request.
pub fn apply_tile_query(layers: TileLayerSet, pairs: &QueryPairs) -> Result<TileLayerSet, ProblemDetails> {
    let parameters = TileParameters::parse(pairs.rest.iter().map(|(n, v)| (n.as_str(), v.as_str())))?;
    if parameters.is_plain() {
        return Ok(layers);
    }
    Ok(layers.with_chosen_shows(|collections| parameters.bind_collections(collections))?)
}

/// The parameters of every tile, and these.
pub fn allowed_parameters<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&TILE_PARAMETERS[..], more].concat()
}
