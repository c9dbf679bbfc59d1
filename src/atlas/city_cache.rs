//! Where the plan's cities are, read again only when the cities have changed.

use super::Atlas;
use crate::change::RevisionNumber;
use crate::feature::Geometry;
use crate::intake::CityLocations;
use crate::query::{MAX_LIMIT, Query};
use std::sync::{Arc, Mutex, PoisonError};

/// The locations, and the state of the collection that they were read from.
#[derive(Default)]
pub(super) struct CityCache(Mutex<Option<((u128, RevisionNumber), Arc<CityLocations>)>>);

impl Atlas {
    /// Where the plan's cities are; nowhere when it has no such collection.
    pub(super) fn city_locations(&self) -> Arc<CityLocations> {
        let Ok(view) = self.collection_view("cities") else { return Arc::default() };
        let mut cached = self.city_cache.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((state, cities)) = &*cached
            && *state == view.state_id()
        {
            return cities.clone();
        }
        let query = Query { limit: MAX_LIMIT, ..Query::default() };
        let places: Vec<Geometry> = self.select_items(&view, &query).features().filter_map(|f| f.geometry).collect();
        let cities = Arc::new(CityLocations::from_geometries(&places));
        *cached = Some((view.state_id(), cities.clone()));
        cities
    }
}
