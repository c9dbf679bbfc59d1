//! Pages of features, and single features. Each holds the snapshot that it was found in.

use crate::collection::Collection;
use crate::crs::{Crs, Projection};
use crate::encoding::OutputSchema;
use crate::encoding::jsonfg::{self, JsonProfile};
use crate::feature::{Feature, Geometry};
use crate::index::{FeatureSlot, SelectionPage, Snapshot};
use crate::query::{PageCursor, Query};
use crate::work_budget::WorkBudget;
use geo::MapCoords;
use geo_types::Coord;
use std::sync::Arc;

/// A page of features, not yet serialised.
pub struct FeaturePage {
    snapshot: Arc<Snapshot>,
    selection: SelectionPage,
    writer: CrsWriter,
}

impl FeaturePage {
    pub(super) fn select(snapshot: Arc<Snapshot>, query: &Query, work: &WorkBudget) -> Self {
        Self { selection: snapshot.select_within(query, work), snapshot, writer: CrsWriter::new(query.crs) }
    }

    #[must_use]
    pub fn collection(&self) -> &Arc<Collection> {
        self.snapshot.collection()
    }

    /// The number of features that match, on this page and all others.
    #[must_use]
    pub fn number_matched(&self) -> usize {
        self.selection.matched
    }

    /// The number of features on this page.
    #[must_use]
    pub fn len(&self) -> usize {
        self.selection.slots.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.selection.slots.is_empty()
    }

    /// Where the next page starts; `None` on the last.
    #[must_use]
    pub fn next_cursor(&self) -> Option<&PageCursor> {
        self.selection.next.as_ref()
    }

    /// Appends feature `i` of the page as GeoJSON, with these fields or all. Appends nothing when `i` is out of range.
    pub fn write_geojson(&self, i: usize, properties: Option<&[usize]>, out: &mut Vec<u8>) {
        if let Some(&slot) = self.selection.slots.get(i) {
            self.writer.write_geojson(&self.snapshot, slot, properties, out);
        }
    }

    /// Appends feature `i` of the page as JSON-FG, with the members of this profile.
    pub fn write_jsonfg(&self, i: usize, shown: &OutputSchema, profile: JsonProfile, out: &mut Vec<u8>) {
        if let Some(&slot) = self.selection.slots.get(i) {
            self.writer.write_jsonfg(&self.snapshot, slot, shown, profile, out);
        }
    }

    /// Feature `i` of the page in the reference system of the query, with its axes in this order.
    pub fn projected_feature(&self, i: usize, order: AxisOrder) -> Option<Feature> {
        let feature = self.snapshot.read_feature(*self.selection.slots.get(i)?);
        let geometry = feature.geometry.and_then(|g| self.writer.project_geometry(&g, order));
        Some(Feature { geometry, ..feature })
    }

    /// The schema of the output with these fields, or all.
    pub fn shown_fields(&self, properties: Option<&[usize]>) -> OutputSchema {
        OutputSchema::new(self.collection().clone(), properties, self.writer.crs())
    }

    /// The features of the page, in WGS 84.
    pub fn features(&self) -> impl Iterator<Item = Feature> {
        self.selection.slots.iter().map(|&slot| self.snapshot.read_feature(slot))
    }
}

/// One feature.
pub struct FeatureItem {
    snapshot: Arc<Snapshot>,
    slot: FeatureSlot,
    writer: CrsWriter,
}

impl FeatureItem {
    pub(super) fn new(snapshot: Arc<Snapshot>, slot: FeatureSlot) -> Self {
        Self { snapshot, slot, writer: CrsWriter::new(Crs::CRS84) }
    }

    #[must_use]
    pub fn collection(&self) -> &Arc<Collection> {
        self.snapshot.collection()
    }

    /// The same feature, serialised in this reference system.
    #[must_use]
    pub fn with_crs(self, crs: Crs) -> Self {
        Self { writer: CrsWriter::new(crs), ..self }
    }

    /// Appends the feature as GeoJSON.
    pub fn write_geojson(&self, properties: Option<&[usize]>, out: &mut Vec<u8>) {
        self.writer.write_geojson(&self.snapshot, self.slot, properties, out);
    }

    /// Appends the feature as JSON-FG, with the members of this profile.
    pub fn write_jsonfg(&self, shown: &OutputSchema, profile: JsonProfile, out: &mut Vec<u8>) {
        self.writer.write_jsonfg(&self.snapshot, self.slot, shown, profile, out);
    }

    /// The schema of the output with these fields, or all.
    #[must_use]
    pub fn shown_fields(&self, properties: Option<&[usize]>) -> OutputSchema {
        OutputSchema::new(self.collection().clone(), properties, self.writer.crs())
    }

    #[must_use]
    pub fn feature(&self) -> Feature {
        self.snapshot.read_feature(self.slot)
    }
}

/// The order of the axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AxisOrder {
    /// As the authority of the reference system defines it: what OGC APIs write.
    Authority,
    /// Easting or longitude first, as in files.
    EastFirst,
}

/// Serialises features in one reference system.
struct CrsWriter {
    /// `None` for CRS84, the reference system of the index.
    projection: Option<Projection>,
}

impl CrsWriter {
    fn new(crs: Crs) -> Self {
        let other = Some(crs).filter(|crs| *crs != Crs::CRS84);
        Self {
            projection: other
                .map(|crs| Projection::new(crs).expect("a test reads the definition of every known reference system")),
        }
    }

    fn crs(&self) -> Crs {
        self.projection.as_ref().map_or(Crs::CRS84, Projection::crs)
    }

    /// A geometry in this reference system; `None` outside the area where the system is defined.
    fn project_geometry(&self, lonlat: &Geometry, order: AxisOrder) -> Option<Geometry> {
        let Some(projection) = &self.projection else { return Some(lonlat.clone()) };
        let geometry = projection.geometry_from_lonlat(lonlat).ok()?;
        let steps = if projection.crs().is_degrees() { 1e7 } else { 1e3 };
        let swap = order == AxisOrder::EastFirst && projection.crs().is_north_first();
        // Millimetres, or seven decimals of a degree.
        let round = |c: Coord<f64>| Coord { x: (c.x * steps).round() / steps, y: (c.y * steps).round() / steps };
        Some(geometry.map_coords(|c| if swap { round(Coord { x: c.y, y: c.x }) } else { round(c) }))
    }

    /// GeoJSON in the reference system. A geometry outside the area where the system is defined becomes null.
    fn write_geojson(&self, snapshot: &Snapshot, slot: FeatureSlot, properties: Option<&[usize]>, out: &mut Vec<u8>) {
        if self.projection.is_none() {
            return snapshot.write_geojson(slot, properties, out);
        }
        let geometry = self.geometry_text(snapshot, slot);
        snapshot.write_geojson_with(slot, properties, &mut |out| out.extend_from_slice(geometry.as_bytes()), out);
    }

    /// JSON-FG: `geometry` is in WGS 84 or null, `place` is in any other reference system.
    fn write_jsonfg(
        &self,
        snapshot: &Snapshot,
        slot: FeatureSlot,
        shown: &OutputSchema,
        profile: JsonProfile,
        out: &mut Vec<u8>,
    ) {
        let place = if self.projection.is_some() { self.geometry_text(snapshot, slot) } else { "null".into() };
        let fallback = self.projection.is_none() || (profile == JsonProfile::JsonFgPlus && place != "null");
        let time =
            jsonfg::feature_time(shown, |field| snapshot.property_value(slot, field)).unwrap_or_default().to_string();
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
    fn geometry_text(&self, snapshot: &Snapshot, slot: FeatureSlot) -> String {
        let lonlat = snapshot.read_feature(slot).geometry;
        let projected = lonlat.and_then(|g| self.project_geometry(&g, AxisOrder::Authority));
        projected.map_or_else(|| "null".into(), |geometry| geojson::Geometry::from(&geometry).to_string())
    }
}
