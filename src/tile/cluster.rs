//! Points in one cell of a grid, drawn as one. The grid is that of the whole world at a zoom, so that neighbouring tiles agree; what a
//! cluster says depends on the points in its cell alone, in whatever order they come.

use super::Layer;
use super::find::Found;
use super::frame::Frame;
use crate::collection::{Collection, Kind};
use crate::index::{Cell, Column, Segment, WorldBox};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::hash_map::{Entry, HashMap};

/// Pixels along the side of a tile, as clients show it.
const TILE_PX: u32 = 512;

/// Two or more points as one.
pub(crate) struct Cluster {
    /// The lowest key of its points.
    pub key: i64,
    id: String,
    /// The mean of their positions, in world coordinates.
    pub at: [u32; 2],
    count: i64,
    /// All costs together, in cents; `None` where they are not shown.
    cents: Option<i64>,
    /// How many points have a status, and what they cost together.
    by_status: BTreeMap<String, (i64, i64)>,
}

/// The grid of one zoom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    zoom: u8,
    /// A cell is 2^shift world steps wide.
    shift: u32,
}

/// The points of one cell while they are gathered.
struct Gathered {
    first: Found,
    sum: [u64; 2],
    cluster: Cluster,
}

/// The fields that are summed up, where they are shown.
struct Summed {
    cost: Option<usize>,
    status: Option<usize>,
}

impl Grid {
    pub fn new(zoom: u8, side_px: u16) -> Self {
        Self { zoom, shift: 32 - u32::from(zoom) - (TILE_PX / u32::from(side_px)).ilog2() }
    }

    fn cell(self, at: [u32; 2]) -> [u32; 2] {
        at.map(|v| v >> self.shift)
    }

    /// All cells that this area meets, whole.
    pub fn around(self, area: &WorldBox) -> WorldBox {
        let low = |v: u32| v >> self.shift << self.shift;
        let high = |v: u32| low(v) + ((1 << self.shift) - 1);
        WorldBox { x0: low(area.x0), y0: low(area.y0), x1: high(area.x1), y1: high(area.y1) }
    }
}

/// Clusters, in the order of keys, and the points that stay alone in their cell. `found` has all points of the cells that the tile meets.
pub(crate) fn clustered(layer: &Layer<'_>, grid: Grid, found: &[Found]) -> (Vec<Cluster>, Vec<Found>) {
    let summed = Summed::of(layer);
    let mut cells: HashMap<[u32; 2], Gathered, foldhash::fast::RandomState> = HashMap::default();
    for &f in found {
        let segment = &layer.snapshot.tiers()[f.tier as usize].segment;
        let Some(at) = position(segment, f.slot) else { continue };
        let gathered = match cells.entry(grid.cell(at)) {
            Entry::Occupied(cell) => cell.into_mut(),
            Entry::Vacant(cell) => cell.insert(Gathered { first: f, sum: [0, 0], cluster: Cluster::empty(&summed) }),
        };
        gathered.sum = [gathered.sum[0] + u64::from(at[0]), gathered.sum[1] + u64::from(at[1])];
        gathered.cluster.add(segment, f.slot as usize, &summed);
    }
    let (mut clusters, mut alone) = (vec![], vec![]);
    for ([x, y], Gathered { first, sum, mut cluster }) in cells {
        if cluster.count == 1 {
            alone.push(first);
            continue;
        }
        cluster.at = sum.map(|sum| (sum / cluster.count as u64) as u32);
        cluster.id = format!("cluster-{}-{x}-{y}", grid.zoom);
        clusters.push(cluster);
    }
    clusters.sort_unstable_by_key(|c| c.key);
    (clusters, alone)
}

/// Where a single point lies; `None` for everything else.
pub(crate) fn position(segment: &Segment, slot: u32) -> Option<[u32; 2]> {
    segment.shapes.point(slot as usize).map(|at| segment.world[at])
}

impl Cluster {
    fn empty(summed: &Summed) -> Self {
        let cents = summed.cost.map(|_| 0);
        Self { key: i64::MAX, id: String::new(), at: [0, 0], count: 0, cents, by_status: BTreeMap::new() }
    }

    fn add(&mut self, segment: &Segment, slot: usize, summed: &Summed) {
        self.key = self.key.min(segment.keys[slot]);
        self.count += 1;
        let cents = summed.cost.map_or(0, |field| cents(&segment.columns[field], slot));
        self.cents = self.cents.map(|all| all.saturating_add(cents));
        if let Some(Cell::Text(status)) = summed.status.map(|field| segment.columns[field].cell(slot)) {
            match self.by_status.get_mut(status) {
                Some((count, sum)) => (*count, *sum) = (*count + 1, sum.saturating_add(cents)),
                None => _ = self.by_status.insert(status.to_owned(), (1, cents)),
            }
        }
    }

    /// `id`, `cluster`, `point_count`, `cost`, and for each status `count:status` and `cost:status` (in the unit of the costs).
    pub fn properties(&self) -> Vec<(Cow<'static, str>, Cell<'_>)> {
        let money = |cents: i64| Cell::Real(cents as f64 / 100.0);
        let mut all = vec![
            (Cow::Borrowed("id"), Cell::Text(&self.id)),
            (Cow::Borrowed("cluster"), Cell::Bool(true)),
            (Cow::Borrowed("point_count"), Cell::Int(self.count)),
        ];
        all.extend(self.cents.map(|cents| (Cow::Borrowed("cost"), money(cents))));
        for (status, (count, cents)) in &self.by_status {
            all.push((Cow::Owned(format!("count:{status}")), Cell::Int(*count)));
            if self.cents.is_some() {
                all.push((Cow::Owned(format!("cost:{status}")), money(*cents)));
            }
        }
        all
    }

    pub fn shown_in(&self, frame: &Frame) -> Option<super::frame::Px> {
        let rel = frame.rel(self.at);
        frame.shows(rel).then(|| frame.px(rel))
    }
}

impl Summed {
    fn of(layer: &Layer<'_>) -> Self {
        let collection: &Collection = layer.snapshot.collection();
        let shown = |name: &str, kinds: &[Kind]| {
            collection.field(name).filter(|&at| layer.show.shows(at) && kinds.contains(&collection.fields[at].kind))
        };
        Self {
            cost: shown("cost", &[Kind::Decimal, Kind::Real, Kind::Integer]),
            status: shown("status", &[Kind::Text]),
        }
    }
}

/// Whole cents, so that sums do not depend on their order.
fn cents(column: &Column, slot: usize) -> i64 {
    match column.cell(slot) {
        Cell::Int(int) => int.saturating_mul(100),
        Cell::Real(real) => (real * 100.0).round() as i64,
        _ => 0,
    }
}
