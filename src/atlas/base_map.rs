//! The base map beneath the plan: land, countries and places of Natural Earth, as the web build takes them from its
//! packages.

use crate::collection::{Collection, CollectionId, FieldType};
use crate::error::{Error, Result};
use crate::feature::{Feature, FeatureId, GeometryTypeSet};
use crate::index::{IndexBuilder, Snapshot};
use rust_embed::RustEmbed;
use std::path::Path;
use std::sync::Arc;

const LAYERS: [&str; 3] = ["land", "countries", "places"];

#[derive(RustEmbed)]
#[folder = "web/dist/world"]
#[allow_missing = true]
struct BaseMapFiles;

/// Layers that do not change while the program runs; none when the web app was not built.
#[derive(Default)]
pub struct BaseMap {
    layers: Vec<(&'static str, Arc<Snapshot>)>,
}

impl BaseMap {
    /// The layers embedded in the binary, or those of `web`, the folder of a built web app.
    pub fn load(web: Option<&Path>) -> Result<Self> {
        let mut layers = Vec::new();
        for name in LAYERS {
            let file = format!("{name}.geojson");
            let bytes = match web {
                Some(dir) => std::fs::read(dir.join("world").join(&file)).ok().map(Into::into),
                None => BaseMapFiles::get(&file).map(|f| f.data),
            };
            if let Some(bytes) = bytes {
                layers
                    .push((name, read_layer(name, &bytes).map_err(|e| Error::internal(format!("world/{file}: {e}")))?));
            }
        }
        Ok(Self { layers })
    }

    pub(super) fn layers(&self) -> impl Iterator<Item = (&'static str, Arc<Snapshot>)> {
        self.layers.iter().map(|(name, snapshot)| (*name, snapshot.clone()))
    }
}

fn read_layer(name: &str, bytes: &[u8]) -> Result<Arc<Snapshot>> {
    let file: geojson::FeatureCollection = serde_json::from_slice(bytes).map_err(Error::internal)?;
    let fields = [("name".to_owned(), FieldType::Text), ("rank".to_owned(), FieldType::Integer)];
    let collection =
        Arc::new(Collection::from_inferred_fields(CollectionId::new(name)?, name, GeometryTypeSet::ANY, &fields)?);
    let mut builder = IndexBuilder::new(collection.clone());
    for (i, feature) in file.features.into_iter().enumerate() {
        let geometry = feature.geometry.map(geo_types::Geometry::try_from).transpose().map_err(Error::internal)?;
        let mut properties = feature.properties.unwrap_or_default();
        properties.retain(|key, _| collection.field_index(key).is_some());
        let values = collection.read_values(&properties)?;
        builder.push(&Feature { key: i as i64 + 1, id: FeatureId::new(&format!("{name}-{i}"))?, geometry, values });
    }
    Ok(builder.finish(1).snapshot())
}
