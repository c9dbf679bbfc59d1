//! Which features may be seen in a tile, and which layer of it each belongs to. Looks at boxes, filters and times; draws nothing.

use super::cluster::{self, Grid};
use super::frame::Frame;
use super::{Layer, Part, TileId};
use crate::index::{Cell, SlotRow, WorldBox};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A feature of one layer: where it is kept, and the zoom from which it is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub tier: u32,
    pub slot: u32,
    pub zoom: u8,
}

/// With a filter, what lies beside a feature may not be shown: where few pass, all of them are drawn, whatever their first zoom.
const FEW: usize = 2_000;

/// What may be seen of a layer. Counts what comes at a later zoom.
pub(crate) fn visible(layer: &Layer<'_>, tile: TileId, later: &mut usize) -> Vec<Found> {
    let area = Frame::new(tile).area();
    if let Some(px) = layer.show.cluster_px.filter(|_| layer.part == Part::Shapes) {
        return for_clusters(layer, tile, px, later);
    }
    if layer.show.chooses() {
        let mut found = within(layer, &area, u8::MAX);
        if found.len() > FEW {
            let all = found.len();
            found.retain(|f| f.zoom <= tile.z);
            *later += all - found.len();
        }
        return found;
    }
    for tier in layer.snapshot.tiers() {
        let boxes = &tier.segment.boxes;
        for band in tier.segment.bands.iter().filter(|b| b.zoom > tile.z) {
            band.runs(&area, |inside, slots| {
                *later += if inside {
                    tier.count(slots)
                } else {
                    slots.filter(|&s| boxes[s as usize].meets(&area) && tier.lives(s)).count()
                };
            });
        }
    }
    within(layer, &area, tile.z)
}

/// All points of the cells that the tile meets, whatever their first zoom, and of everything else what may be seen.
fn for_clusters(layer: &Layer<'_>, tile: TileId, px: u16, later: &mut usize) -> Vec<Found> {
    let area = Frame::new(tile).area();
    let around = Grid::new(tile.z, px).around(&area);
    let mut found = within(layer, &around, u8::MAX);
    found.retain(|f| {
        let segment = &layer.snapshot.tiers()[f.tier as usize].segment;
        if cluster::position(segment, f.slot).is_some() {
            return true;
        }
        let here = segment.boxes[f.slot as usize].meets(&area);
        *later += usize::from(here && f.zoom > tile.z);
        here && f.zoom <= tile.z
    });
    found
}

/// Whether the layer has any feature in or near a tile, at whatever zoom it is drawn.
pub(crate) fn any(layer: &Layer<'_>, tile: TileId) -> bool {
    let area = Frame::new(tile).area();
    let tiers = layer.snapshot.tiers().iter();
    let mut bands = tiers.flat_map(|tier| tier.segment.bands.iter().map(move |band| (tier, band)));
    bands.any(|(tier, band)| band.any(&area, &tier.segment.boxes, |slot| tier.lives(slot)))
}

/// The features asked for whose boxes meet the area and that are drawn from this zoom on, tier by tier in the order of memory.
pub(crate) fn within(layer: &Layer<'_>, area: &WorldBox, zoom: u8) -> Vec<Found> {
    let predicate = layer.show.filter.as_ref().map(|f| f.compile());
    let time = layer.show.time;
    let mut found = vec![];
    for (nth, tier) in layer.snapshot.tiers().iter().enumerate() {
        let segment = &*tier.segment;
        let start = found.len();
        let in_time = |slot: u32| time.is_none_or(|t| segment.spans.get(slot as usize).is_none_or(|s| s.meets(t)));
        for band in segment.bands.iter().filter(|b| b.zoom <= zoom) {
            band.slots(area, &segment.boxes, |slot| {
                let passes = tier.lives(slot)
                    && in_time(slot)
                    && predicate.as_ref().is_none_or(|p| p.holds(&SlotRow { segment, slot: slot as usize }));
                if passes {
                    found.push(Found { tier: nth as u32, slot, zoom: band.zoom });
                }
            });
        }
        found[start..].sort_unstable_by_key(|f: &Found| f.slot);
    }
    found
}

/// The names of layers and what is in them: one, or one for each value of the field that parts it, in the order of these. Features
/// without a value stay in the layer of the plain name.
pub(crate) fn parted<'a>(layer: &Layer<'a>, found: Vec<Found>) -> Vec<(Cow<'a, str>, Vec<Found>)> {
    let Some(field) = layer.show.split else { return vec![(Cow::Borrowed(layer.name), found)] };
    let mut without = vec![];
    let mut parts: BTreeMap<Box<str>, Vec<Found>> = BTreeMap::new();
    for f in found {
        let segment = &layer.snapshot.tiers()[f.tier as usize].segment;
        let number;
        let value = match segment.columns.get(field).map_or(Cell::Null, |c| c.cell(f.slot as usize)) {
            Cell::Text(text) => text,
            Cell::Bool(true) => "true",
            Cell::Bool(false) => "false",
            Cell::Int(int) => {
                number = int.to_string();
                &number
            }
            Cell::Null | Cell::Real(_) => {
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
