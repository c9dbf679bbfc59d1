//! The world beneath the plan: Natural Earth land, countries and places, as the web build brings them from its packages.

use crate::collection::{Collection, CollectionId, Kind};
use crate::error::{Error, Result};
use crate::feature::{Feature, FeatureId, GeometryKind};
use crate::index::{Builder, Snapshot};
use rust_embed::RustEmbed;
use std::path::Path;
use std::sync::Arc;

const LAYERS: [&str; 3] = ["land", "countries", "places"];

#[derive(RustEmbed)]
#[folder = "web/dist/world"]
#[allow_missing = true]
struct Files;

/// Layers that never change while the program runs; empty when the web app was not built.
#[derive(Default)]
pub struct World {
    layers: Vec<(&'static str, Arc<Snapshot>)>,
}

impl World {
    /// The layers inside the binary, or those of `web`, a folder that holds a built web app.
    pub fn load(web: Option<&Path>) -> Result<Self> {
        let mut layers = Vec::new();
        for name in LAYERS {
            let file = format!("{name}.geojson");
            let bytes = match web {
                Some(dir) => std::fs::read(dir.join("world").join(&file)).ok().map(Into::into),
                None => Files::get(&file).map(|f| f.data),
            };
            if let Some(bytes) = bytes {
                layers.push((name, read(name, &bytes).map_err(|e| Error::internal(format!("world/{file}: {e}")))?));
            }
        }
        Ok(Self { layers })
    }

    pub(super) fn layers(&self) -> impl Iterator<Item = (&'static str, Arc<Snapshot>)> {
        self.layers.iter().map(|(name, snapshot)| (*name, snapshot.clone()))
    }
}

fn read(name: &str, bytes: &[u8]) -> Result<Arc<Snapshot>> {
    let file: geojson::FeatureCollection = serde_json::from_slice(bytes).map_err(Error::internal)?;
    let fields = [("name".to_owned(), Kind::Text), ("rank".to_owned(), Kind::Integer)];
    let collection = Arc::new(Collection::inferred(CollectionId::new(name)?, name, GeometryKind::ANY, &fields)?);
    let mut builder = Builder::new(collection.clone());
    for (i, feature) in file.features.into_iter().enumerate() {
        let geometry = feature.geometry.map(geo_types::Geometry::try_from).transpose().map_err(Error::internal)?;
        let mut properties = feature.properties.unwrap_or_default();
        properties.retain(|key, _| collection.field(key).is_some());
        let values = collection.values(&properties)?;
        builder.push(&Feature { key: i as i64 + 1, id: FeatureId::new(&format!("{name}-{i}"))?, geometry, values });
    }
    Ok(builder.finish(1).snapshot())
}
