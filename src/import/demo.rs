//! The demo plan that is part of the program.

use super::source::ImportSource;
use crate::collection::CollectionId;
use crate::error::Result;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "geodata/demo"]
#[include = "*.geojson"]
#[allow_missing = true]
struct DemoFiles;

/// The files of the demo plan with the collections they go into: cities first, as the places of all others are held against them.
pub fn demo_sources() -> Result<Vec<(CollectionId, ImportSource)>> {
    let mut names: Vec<_> = DemoFiles::iter().collect();
    names.sort_by_key(|name| (name != "cities.geojson", name.clone()));
    let mut files = vec![];
    for name in names {
        let (Some(collection), Some(file)) = (name.strip_suffix(".geojson"), DemoFiles::get(&name)) else { continue };
        files.push((CollectionId::new(collection)?, ImportSource::from_embedded(&name, file.data)?));
    }
    Ok(files)
}
