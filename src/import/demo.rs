//! The demo plan that is part of the program.

use super::source::Source;
use crate::collection::CollectionId;
use crate::error::Result;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "geodata/demo"]
#[include = "*.geojson"]
#[allow_missing = true]
struct Files;

/// The files of the demo plan with the collections they go into: cities first, as the places of all others are held against them.
pub fn demo() -> Result<Vec<(CollectionId, Source)>> {
    let mut names: Vec<_> = Files::iter().collect();
    names.sort_by_key(|name| (name != "cities.geojson", name.clone()));
    let mut files = vec![];
    for name in names {
        let (Some(collection), Some(file)) = (name.strip_suffix(".geojson"), Files::get(&name)) else { continue };
        files.push((CollectionId::new(collection)?, Source::embedded(&name, file.data)?));
    }
    Ok(files)
}
