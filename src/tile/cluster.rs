//! Clusters: the points in one cell of a grid, drawn as one. A cluster depends on the points in its cell alone, not on
//! their order.

use super::candidates::TileCandidate;
use super::cluster_grid::{ClusterGrid, single_position};
use super::tile_frame::{TileCoord, TileFrame};
use super::tile_layer::TileLayer;
use crate::collection::{Collection, FieldType};
use crate::index::{CellValue, IndexSegment, PropertyColumn};
use crate::work_budget::WorkBudget;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::hash_map::{Entry, HashMap};

/// The work units of adding one point to its cluster.
const POINT_UNITS: u64 = 20;

/// Two or more points, drawn as one.
pub(crate) struct PointCluster {
    /// The lowest key of its points.
    pub key: i64,
    id: String,
    /// The mean of their positions, in world coordinates.
    pub at: [u32; 2],
    count: i64,
    /// The sum of their costs, in cents; `None` when the layer has no costs to show.
    cents: Option<i64>,
    /// By status: the number of points, and the sum of their costs in cents.
    by_status: BTreeMap<String, (i64, i64)>,
}

/// The points of one cell while they are added up.
struct ClusterCell {
    first: TileCandidate,
    sum: [u64; 2],
    cluster: PointCluster,
}

/// The positions of the fields that are added up; `None` for a field that is not shown.
struct SummedFields {
    cost: Option<usize>,
    status: Option<usize>,
}

/// The clusters ordered by key, and the points that are alone in their cell. `found` has all points of the cells that
/// the tile intersects.
pub(crate) fn cluster_points(
    layer: &TileLayer<'_>,
    grid: ClusterGrid,
    found: &[TileCandidate],
    work: &WorkBudget,
) -> (Vec<PointCluster>, Vec<TileCandidate>) {
    let summed = SummedFields::from_layer(layer);
    let mut cells: HashMap<[u32; 2], ClusterCell, foldhash::fast::RandomState> = HashMap::default();
    let mut meter = work.meter();
    for &f in found.iter().take_while(|_| meter.spend(POINT_UNITS)) {
        let segment = &layer.snapshot.tiers()[f.tier as usize].segment;
        let Some(at) = single_position(segment, f.slot) else { continue };
        let cell = match cells.entry(grid.cell_at(at)) {
            Entry::Occupied(cell) => cell.into_mut(),
            Entry::Vacant(cell) => {
                cell.insert(ClusterCell { first: f, sum: [0, 0], cluster: PointCluster::empty(&summed) })
            }
        };
        cell.sum = [cell.sum[0] + u64::from(at[0]), cell.sum[1] + u64::from(at[1])];
        cell.cluster.add_point(segment, f.slot as usize, &summed);
    }
    let (mut clusters, mut single) = (vec![], vec![]);
    for ([x, y], ClusterCell { first, sum, mut cluster }) in cells {
        if cluster.count == 1 {
            single.push(first);
            continue;
        }
        cluster.at = sum.map(|sum| (sum / cluster.count as u64) as u32);
        cluster.id = format!("cluster-{}-{x}-{y}", grid.zoom);
        clusters.push(cluster);
    }
    clusters.sort_unstable_by_key(|c| c.key);
    (clusters, single)
}

impl PointCluster {
    fn empty(summed: &SummedFields) -> Self {
        let cents = summed.cost.map(|_| 0);
        Self { key: i64::MAX, id: String::new(), at: [0, 0], count: 0, cents, by_status: BTreeMap::new() }
    }

    fn add_point(&mut self, segment: &IndexSegment, slot: usize, summed: &SummedFields) {
        self.key = self.key.min(segment.keys[slot]);
        self.count += 1;
        let cents = summed.cost.map_or(0, |field| cost_in_cents(&segment.columns[field], slot));
        self.cents = self.cents.map(|all| all.saturating_add(cents));
        if let Some(CellValue::Text(status)) = summed.status.map(|field| segment.columns[field].cell_at(slot)) {
            match self.by_status.get_mut(status) {
                Some((count, sum)) => (*count, *sum) = (*count + 1, sum.saturating_add(cents)),
                None => _ = self.by_status.insert(status.to_owned(), (1, cents)),
            }
        }
    }

    /// `id`, `cluster`, `point_count`, `cost`, and for each status `count:status` and `cost:status`; costs in the unit
    /// of the field.
    pub fn properties(&self) -> Vec<(Cow<'static, str>, CellValue<'_>)> {
        let money = |cents: i64| CellValue::Real(cents as f64 / 100.0);
        let mut all = vec![
            (Cow::Borrowed("id"), CellValue::Text(&self.id)),
            (Cow::Borrowed("cluster"), CellValue::Bool(true)),
            (Cow::Borrowed("point_count"), CellValue::Int(self.count)),
        ];
        all.extend(self.cents.map(|cents| (Cow::Borrowed("cost"), money(cents))));
        for (status, (count, cents)) in &self.by_status {
            all.push((Cow::Owned(format!("count:{status}")), CellValue::Int(*count)));
            if self.cents.is_some() {
                all.push((Cow::Owned(format!("cost:{status}")), money(*cents)));
            }
        }
        all
    }

    /// Its position in the tile; `None` when it lies outside the tile and its buffer.
    pub fn coord_in_frame(&self, frame: &TileFrame) -> Option<TileCoord> {
        let rel = frame.offset_of(self.at);
        frame.shows_position(rel).then(|| frame.tile_coord_of(rel))
    }
}

impl SummedFields {
    fn from_layer(layer: &TileLayer<'_>) -> Self {
        let collection: &Collection = layer.snapshot.collection();
        let shown = |name: &str, kinds: &[FieldType]| {
            collection
                .field_index(name)
                .filter(|&at| layer.show.includes_field(at) && kinds.contains(&collection.fields[at].kind))
        };
        Self {
            cost: shown("cost", &[FieldType::Decimal, FieldType::Real, FieldType::Integer]),
            status: shown("status", &[FieldType::Text]),
        }
    }
}

/// The cost in whole cents, so that sums do not depend on their order.
fn cost_in_cents(column: &PropertyColumn, slot: usize) -> i64 {
    match column.cell_at(slot) {
        CellValue::Int(int) => int.saturating_mul(100),
        CellValue::Real(real) => (real * 100.0).round() as i64,
        _ => 0,
    }
}
