//! Where the plan's cities are, read again only when the cities have changed.

use crate::change::RevisionNumber;
use crate::intake::CityLocations;
use std::sync::{Arc, Mutex, PoisonError};

/// The state of a collection; see [`CollectionView::state_id`](super::CollectionView::state_id).
type StateId = (u128, RevisionNumber);

/// The locations, and the state of the collection that they were read from.
#[derive(Default)]
pub struct CityCache(Mutex<Option<(StateId, Arc<CityLocations>)>>);

impl CityCache {
    /// The locations of this state; `read` is called when another state is cached, or none.
    pub fn get_or_read(&self, state: StateId, read: impl FnOnce() -> CityLocations) -> Arc<CityLocations> {
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*cached {
            Some((known, cities)) if *known == state => cities.clone(),
            _ => {
                let cities = Arc::new(read());
                *cached = Some((state, cities.clone()));
                cities
            }
        }
    }
}
