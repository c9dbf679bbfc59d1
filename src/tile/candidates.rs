//! Selects the features that may be visible in a tile, and the output layer of each. Tests boxes, filters and times;
//! draws nothing.

use super::cluster_grid::{ClusterGrid, single_position};
use super::tile_frame::TileFrame;
use super::tile_id::TileId;
use super::tile_layer::{LayerContent, TileLayer};
use crate::index::{CellValue, SlotRow, WorldBox};
use crate::work_budget::WorkBudget;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A feature of one layer: its tier and slot in the index, and the zoom from which it is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TileCandidate {
    pub tier: u32,
    pub slot: u32,
    pub zoom: u8,
}

/// The first zoom of a feature is chosen among its neighbours, which a filter may hide: up to so many matches, all are
/// drawn.
const MAX_UNTHINNED_MATCHES: usize = 2_000;

/// The candidates of a layer. Adds to `later` the features that are only drawn from a later zoom on.
pub(crate) fn find_candidates(
    layer: &TileLayer<'_>,
    tile: TileId,
    work: &WorkBudget,
    later: &mut usize,
) -> Vec<TileCandidate> {
    let area = TileFrame::new(tile).drawn_area();
    if let Some(px) = layer.show.cluster_px.filter(|_| layer.content == LayerContent::Geometries) {
        return find_cluster_candidates(layer, tile, px, work, later);
    }
    if layer.show.selects_features() {
        let mut found = candidates_within(layer, &area, u8::MAX, work);
        if found.len() > MAX_UNTHINNED_MATCHES {
            let all = found.len();
            found.retain(|f| f.zoom <= tile.z());
            *later += all - found.len();
        }
        return found;
    }
    for tier in layer.snapshot.tiers() {
        let boxes = &tier.segment.boxes;
        for band in tier.segment.bands.iter().filter(|b| b.zoom > tile.z()) {
            band.visit_runs(&area, |inside, slots| {
                *later += if inside {
                    tier.count_live(slots)
                } else {
                    slots.filter(|&s| boxes[s as usize].intersects(&area) && tier.is_live(s)).count()
                };
            });
        }
    }
    candidates_within(layer, &area, tile.z(), work)
}

/// All points of the cluster cells that the tile intersects, whatever their first zoom, and the other visible features.
fn find_cluster_candidates(
    layer: &TileLayer<'_>,
    tile: TileId,
    px: u16,
    work: &WorkBudget,
    later: &mut usize,
) -> Vec<TileCandidate> {
    let area = TileFrame::new(tile).drawn_area();
    let whole_cells = ClusterGrid::new(tile.z(), px).expand_to_cells(&area);
    let mut found = candidates_within(layer, &whole_cells, u8::MAX, work);
    found.retain(|f| {
        let segment = &layer.snapshot.tiers()[f.tier as usize].segment;
        if single_position(segment, f.slot).is_some() {
            return true;
        }
        let here = segment.boxes[f.slot as usize].intersects(&area);
        *later += usize::from(here && f.zoom > tile.z());
        here && f.zoom <= tile.z()
    });
    found
}

/// Whether the layer has any feature in or near a tile, whatever its first zoom.
pub(crate) fn layer_has_features(layer: &TileLayer<'_>, tile: TileId) -> bool {
    let area = TileFrame::new(tile).drawn_area();
    let tiers = layer.snapshot.tiers().iter();
    let mut bands = tiers.flat_map(|tier| tier.segment.bands.iter().map(move |band| (tier, band)));
    bands.any(|(tier, band)| band.any_slot(&area, &tier.segment.boxes, |slot| tier.is_live(slot)))
}

/// The selected features whose boxes intersect the area and whose first zoom is at most `zoom`, by tier and slot.
pub(crate) fn candidates_within(
    layer: &TileLayer<'_>,
    area: &WorldBox,
    zoom: u8,
    work: &WorkBudget,
) -> Vec<TileCandidate> {
    let predicate = layer.show.filter.as_ref().map(|f| f.compile_within(work));
    let time = layer.show.time;
    let mut found = vec![];
    for (nth, tier) in layer.snapshot.tiers().iter().enumerate() {
        let segment = &*tier.segment;
        let start = found.len();
        let in_time = |slot: u32| time.is_none_or(|t| segment.spans.get(slot as usize).is_none_or(|s| s.intersects(t)));
        for band in segment.bands.iter().filter(|b| b.zoom <= zoom) {
            band.visit_slots(area, &segment.boxes, |slot| {
                let passes = tier.is_live(slot)
                    && in_time(slot)
                    && predicate.as_ref().is_none_or(|p| p.holds(&SlotRow { segment, slot: slot as usize }));
                if passes {
                    found.push(TileCandidate { tier: nth as u32, slot, zoom: band.zoom });
                }
            });
        }
        found[start..].sort_unstable_by_key(|f: &TileCandidate| f.slot);
    }
    found
}

/// The output layers with their candidates: one, or one for each value of the split field, ordered by value. Features
/// without a value stay in the layer with the plain name.
pub(crate) fn split_by_field<'a>(
    layer: &TileLayer<'a>,
    found: Vec<TileCandidate>,
) -> Vec<(Cow<'a, str>, Vec<TileCandidate>)> {
    let Some(field) = layer.show.split else { return vec![(Cow::Borrowed(layer.name), found)] };
    let mut without = vec![];
    let mut parts: BTreeMap<Box<str>, Vec<TileCandidate>> = BTreeMap::new();
    for f in found {
        let segment = &layer.snapshot.tiers()[f.tier as usize].segment;
        let number;
        let value = match segment.columns.get(field).map_or(CellValue::Null, |c| c.cell_at(f.slot as usize)) {
            CellValue::Text(text) => text,
            CellValue::Bool(true) => "true",
            CellValue::Bool(false) => "false",
            CellValue::Int(int) => {
                number = int.to_string();
                &number
            }
            CellValue::Null | CellValue::Real(_) => {
                without.push(f);
                continue;
            }
        };
        match parts.get_mut(value) {
            Some(part) => part.push(f),
            None => _ = parts.insert(value.into(), vec![f]),
        }
    }
    let named = parts.into_iter().map(|(value, found)| (Cow::Owned(format!("{}:{value}", layer.name)), found));
    std::iter::once((Cow::Borrowed(layer.name), without)).chain(named).filter(|(_, found)| !found.is_empty()).collect()
}
