//! The demo plan that is part of the program.

use super::id_registry::IdRegistry;
use super::job::{ImportJob, ImportOptions, ImportTarget};
use super::plan_import::read_city_locations;
use super::source::ImportSource;
use crate::atlas::PlanFile;
use crate::collection::CollectionId;
use crate::error::Result;
use crate::plan::PlanModel;
use rust_embed::RustEmbed;
use std::sync::Arc;

#[derive(RustEmbed)]
#[folder = "geodata/demo"]
#[include = "*.geojson"]
#[allow_missing = true]
struct DemoFiles;

/// Fills an empty plan with the demo plan, in the way that any file is imported.
pub fn fill_demo_plan(plan_file: &PlanFile, model: &PlanModel) -> Result<()> {
    for (id, source) in demo_sources()? {
        let options = ImportOptions::default();
        let cities = read_city_locations(plan_file, &id)?;
        let target =
            ImportTarget { model, cities, id, existing: None, ids: IdRegistry::default(), names: Arc::default() };
        let sources = [source];
        let job = ImportJob::prepare(&sources, target, &options, Arc::default())?;
        job.run(|collection, features| plan_file.load_collection(collection, false, features)).1?;
    }
    Ok(())
}

/// The files of the demo plan with their collections: cities first, as the places of all others are held against them.
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
