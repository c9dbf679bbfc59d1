//! Answers about features: a page of them, or one. Each holds the snapshot it was found in.

use crate::collection::Collection;
use crate::crs::{Crs, Projection};
use crate::feature::{Feature, Geometry};
use crate::index::{Selection, Slot, Snapshot};
use crate::query::{Cursor, Query};
use geo::MapCoords;
use geo_types::Coord;
use std::sync::Arc;

/// A page of features, not yet written.
pub struct Items {
    snapshot: Arc<Snapshot>,
    found: Selection,
    written: Written,
}

impl Items {
    pub(super) fn select(snapshot: Arc<Snapshot>, query: &Query) -> Self {
        Self { found: snapshot.select(query), snapshot, written: Written::new(query.crs) }
    }

    #[must_use]
    pub fn collection(&self) -> &Arc<Collection> {
        self.snapshot.collection()
    }

    /// All features that match, not only those of this page.
    #[must_use]
    pub fn matched(&self) -> usize {
        self.found.matched
    }

    /// How many features this page has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.found.slots.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.slots.is_empty()
    }

    /// Where the next page starts; `None` on the last.
    #[must_use]
    pub fn next(&self) -> Option<&Cursor> {
        self.found.next.as_ref()
    }

    /// Appends feature `i` of the page as GeoJSON, with these fields or all. Out of range writes nothing.
    pub fn write(&self, i: usize, properties: Option<&[usize]>, out: &mut Vec<u8>) {
        if let Some(&slot) = self.found.slots.get(i) {
            self.written.feature(&self.snapshot, slot, properties, out);
        }
    }

    /// The features of the page, as values.
    pub fn features(&self) -> impl Iterator<Item = Feature> {
        self.found.slots.iter().map(|&slot| self.snapshot.feature(slot))
    }
}

/// One feature.
pub struct Item {
    snapshot: Arc<Snapshot>,
    slot: Slot,
    written: Written,
}

impl Item {
    pub(super) fn new(snapshot: Arc<Snapshot>, slot: Slot) -> Self {
        Self { snapshot, slot, written: Written::new(Crs::CRS84) }
    }

    #[must_use]
    pub fn collection(&self) -> &Arc<Collection> {
        self.snapshot.collection()
    }

    /// The same feature, to be written in this reference system.
    #[must_use]
    pub fn in_crs(self, crs: Crs) -> Self {
        Self { written: Written::new(crs), ..self }
    }

    /// Appends the feature as GeoJSON.
    pub fn write(&self, properties: Option<&[usize]>, out: &mut Vec<u8>) {
        self.written.feature(&self.snapshot, self.slot, properties, out);
    }

    #[must_use]
    pub fn feature(&self) -> Feature {
        self.snapshot.feature(self.slot)
    }
}

/// What coordinates are written in.
struct Written {
    /// `None` for what everything is kept in.
    projection: Option<Projection>,
}

impl Written {
    fn new(crs: Crs) -> Self {
        let other = Some(crs).filter(|crs| *crs != Crs::CRS84);
        Self {
            projection: other
                .map(|crs| Projection::new(crs).expect("a test reads the definition of every known system")),
        }
    }

    /// A place where the reference system ends is written as none.
    fn feature(&self, snapshot: &Snapshot, slot: Slot, properties: Option<&[usize]>, out: &mut Vec<u8>) {
        let Some(projection) = &self.projection else { return snapshot.write_geojson(slot, properties, out) };
        let own = snapshot.feature(slot).geometry;
        let placed = own.and_then(|g| projection.geometry_from_lonlat(&g).ok());
        let write = &mut |out: &mut Vec<u8>| match &placed {
            Some(geometry) => out.extend_from_slice(rounded(geometry, projection.crs()).as_bytes()),
            None => out.extend_from_slice(b"null"),
        };
        snapshot.write_geojson_with(slot, properties, write, out);
    }
}

/// GeoJSON with millimetres, or seven decimals of a degree.
fn rounded(geometry: &Geometry, crs: Crs) -> String {
    let steps = if crs.is_degrees() { 1e7 } else { 1e3 };
    let round = |c: Coord<f64>| Coord { x: (c.x * steps).round() / steps, y: (c.y * steps).round() / steps };
    geojson::Geometry::from(&geometry.map_coords(round)).to_string()
}
