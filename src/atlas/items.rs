//! Answers about features: a page of them, or one. Each holds the snapshot it was found in.

use crate::collection::Collection;
use crate::crs::{Crs, Projection};
use crate::encoding::Shown;
use crate::encoding::jsonfg::{self, Profile};
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

    /// Appends feature `i` of the page with the members of JSON-FG that this profile wants.
    pub fn write_fg(&self, i: usize, shown: &Shown, profile: Profile, out: &mut Vec<u8>) {
        if let Some(&slot) = self.found.slots.get(i) {
            self.written.feature_fg(&self.snapshot, slot, shown, profile, out);
        }
    }

    /// Feature `i` of the page as a value, with easting (or longitude) first, or in the authority's order of axes.
    pub fn placed(&self, i: usize, order: Axes) -> Option<Feature> {
        let feature = self.snapshot.feature(*self.found.slots.get(i)?);
        let geometry = feature.geometry.and_then(|g| self.written.placed(&g, order));
        Some(Feature { geometry, ..feature })
    }

    /// What a writer of these fields, or all, has to know.
    pub fn shown(&self, properties: Option<&[usize]>) -> Shown {
        Shown::new(self.collection().clone(), properties, self.written.crs())
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

    /// Appends the feature with the members of JSON-FG that this profile wants.
    pub fn write_fg(&self, shown: &Shown, profile: Profile, out: &mut Vec<u8>) {
        self.written.feature_fg(&self.snapshot, self.slot, shown, profile, out);
    }

    /// What a writer of these fields, or all, has to know.
    #[must_use]
    pub fn shown(&self, properties: Option<&[usize]>) -> Shown {
        Shown::new(self.collection().clone(), properties, self.written.crs())
    }

    #[must_use]
    pub fn feature(&self) -> Feature {
        self.snapshot.feature(self.slot)
    }
}

/// Which coordinate comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axes {
    /// As the authority of the reference system has it: what OGC APIs write.
    Authority,
    /// Easting or longitude first, as in files.
    EastFirst,
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

    fn crs(&self) -> Crs {
        self.projection.as_ref().map_or(Crs::CRS84, Projection::crs)
    }

    /// A geometry in this reference system; `None` where the system ends.
    fn placed(&self, lonlat: &Geometry, order: Axes) -> Option<Geometry> {
        let Some(projection) = &self.projection else { return Some(lonlat.clone()) };
        let geometry = projection.geometry_from_lonlat(lonlat).ok()?;
        let steps = if projection.crs().is_degrees() { 1e7 } else { 1e3 };
        let swap = order == Axes::EastFirst && projection.crs().is_north_first();
        // Millimetres, or seven decimals of a degree.
        let round = |c: Coord<f64>| Coord { x: (c.x * steps).round() / steps, y: (c.y * steps).round() / steps };
        Some(geometry.map_coords(|c| if swap { round(Coord { x: c.y, y: c.x }) } else { round(c) }))
    }

    /// GeoJSON, in any reference system. A place where that ends is written as none.
    fn feature(&self, snapshot: &Snapshot, slot: Slot, properties: Option<&[usize]>, out: &mut Vec<u8>) {
        if self.projection.is_none() {
            return snapshot.write_geojson(slot, properties, out);
        }
        let place = self.place(snapshot, slot);
        snapshot.write_geojson_with(slot, properties, &mut |out| out.extend_from_slice(place.as_bytes()), out);
    }

    /// JSON-FG: `geometry` is longitude and latitude or null, `place` is in any other reference system.
    fn feature_fg(&self, snapshot: &Snapshot, slot: Slot, shown: &Shown, profile: Profile, out: &mut Vec<u8>) {
        let place = if self.projection.is_some() { self.place(snapshot, slot) } else { "null".into() };
        let fallback = self.projection.is_none() || (profile == Profile::JsonFgPlus && place != "null");
        let time = jsonfg::time_of(shown, |field| snapshot.value(slot, field)).unwrap_or_default().to_string();
        let members = &mut |out: &mut Vec<u8>| {
            if fallback {
                snapshot.write_geometry(slot, out);
            } else {
                out.extend_from_slice(b"null");
            }
            for (name, value) in [("place", &place), ("time", &time)] {
                out.extend_from_slice(format!(",\"{name}\":{value}").as_bytes());
            }
        };
        let fields: Vec<usize> = shown.fields().map(|(at, _)| at).collect();
        snapshot.write_geojson_with(slot, Some(&fields), members, out);
    }

    /// The geometry as GeoJSON text.
    fn place(&self, snapshot: &Snapshot, slot: Slot) -> String {
        let own = snapshot.feature(slot).geometry;
        let placed = own.and_then(|g| self.placed(&g, Axes::Authority));
        placed.map_or_else(|| "null".into(), |geometry| geojson::Geometry::from(&geometry).to_string())
    }
}
