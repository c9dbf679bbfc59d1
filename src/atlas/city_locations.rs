//! Where the plan's cities are, for doubts about the places of other features.

use super::Atlas;
use crate::feature::Geometry;
use crate::intake::CityLocations;
use crate::query::{MAX_LIMIT, Query};
use std::sync::Arc;

impl Atlas {
    /// Where the plan's cities are; nowhere when it has no such collection.
    pub(super) fn city_locations(&self) -> Arc<CityLocations> {
        let Ok(view) = self.collection_view("cities") else { return Arc::default() };
        self.city_cache.get_or_read(view.state_id(), || {
            let query = Query { limit: MAX_LIMIT, ..Query::default() };
            let places: Vec<Geometry> =
                self.select_items(&view, &query).features().filter_map(|f| f.geometry).collect();
            CityLocations::from_geometries(&places)
        })
    }
}
