//! A segment: some features of a collection in columns, ordered by first zoom and then along the Hilbert curve. Never
//! changes once it is assembled; its tier records which slots are dead.

use super::column::PropertyColumn;
use super::geometry_array::{GeometryArray, GeometryPath, PathRole};
use super::slot::SourceSlot;
use super::text_array::TextArray;
use super::vertex_rank;
use super::world_box::{WorldBox, hilbert_distance, morton_code, project_to_world};
use super::zoom_band::ZoomBand;
use crate::collection::Collection;
use crate::crs::WorldPoint;
use crate::feature::{Feature, FieldValue, time::TimeSpan};
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;
use std::ops::Deref;
use std::sync::Arc;

/// The first zoom of features that are never drawn.
pub(crate) const NEVER_DRAWN_ZOOM: u8 = u8::MAX;

/// Keys, ids, times and geometries of features, by slot.
#[derive(Default)]
pub(crate) struct FeatureArrays {
    pub keys: Vec<i64>,
    pub ids: TextArray,
    /// Empty when the collection has no temporal fields; `ALWAYS` for undated features.
    pub spans: Vec<TimeSpan>,
    pub shapes: GeometryArray,
    pub boxes: Vec<WorldBox>,
}

/// Features in the order in which they were pushed.
pub(crate) struct SegmentDraft {
    parts: FeatureArrays,
    columns: Vec<PropertyColumn>,
}

/// Assembled features with their properties. Segments that show less of the same features share both.
pub(crate) struct IndexSegment {
    body: Arc<SegmentBody>,
    /// The columns by field position.
    pub columns: Vec<Arc<PropertyColumn>>,
}

/// Assembled features without their properties.
pub(crate) struct SegmentBody {
    parts: FeatureArrays,
    /// All positions in world coordinates.
    pub world: Vec<[u32; 2]>,
    /// By position: the zoom from which it is drawn.
    pub ranks: Vec<u8>,
    /// Slots ordered by key.
    pub by_key: Vec<u32>,
    by_id: HashTable<u32>,
    hasher: RandomState,
    /// Ascending by zoom; together they cover consecutive slots.
    pub bands: Vec<ZoomBand>,
    /// Features that are drawn as points: the Z-order code of the first position, ascending, and the slot.
    pub points: Vec<(u64, u32)>,
}

/// A source of the features of a new segment.
pub(crate) enum SegmentSource<'a> {
    /// Released array by array, so that loading needs little more memory than the result.
    Draft(Box<SegmentDraft>),
    Segment(&'a IndexSegment),
}

impl Deref for IndexSegment {
    type Target = SegmentBody;
    fn deref(&self) -> &SegmentBody {
        &self.body
    }
}

impl Deref for SegmentBody {
    type Target = FeatureArrays;
    fn deref(&self) -> &FeatureArrays {
        &self.parts
    }
}

impl Deref for SegmentDraft {
    type Target = FeatureArrays;
    fn deref(&self) -> &FeatureArrays {
        &self.parts
    }
}

impl Deref for SegmentSource<'_> {
    type Target = FeatureArrays;
    fn deref(&self) -> &FeatureArrays {
        match self {
            Self::Draft(draft) => draft,
            Self::Segment(segment) => segment,
        }
    }
}

impl SegmentSource<'_> {
    fn column_at(&self, at: usize) -> &PropertyColumn {
        match self {
            Self::Draft(draft) => &draft.columns[at],
            Self::Segment(segment) => &segment.columns[at],
        }
    }
}

impl SegmentDraft {
    pub fn new(collection: &Collection) -> Self {
        Self {
            parts: FeatureArrays::default(),
            columns: collection.fields.iter().map(|f| PropertyColumn::new(f.kind)).collect(),
        }
    }

    /// Appends a feature of this collection.
    pub fn push(&mut self, collection: &Collection, feature: &Feature) {
        let parts = &mut self.parts;
        parts.keys.push(feature.key);
        parts.ids.push(Some(feature.id.as_str()));
        if collection.time.is_some() {
            parts.spans.push(collection.time_span(&feature.values).unwrap_or(TimeSpan::ALWAYS));
        }
        for (at, column) in self.columns.iter_mut().enumerate() {
            column.push(feature.values.get(at).unwrap_or(&FieldValue::Null));
        }
        parts.shapes.push(feature.geometry.as_ref());
        parts.boxes.push(parts.shapes.bounds(parts.boxes.len()).map_or(WorldBox::EMPTY, WorldBox::from_lonlat_bounds));
    }
}

impl FeatureArrays {
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// The first zoom of a line or polygon: from there on it is at least a pixel (of 512 to a tile) long.
    /// `None` for features that are drawn as points, whose first zoom depends on their neighbours.
    pub fn zoom_by_size(&self, slot: usize) -> Option<u8> {
        let b = &self.boxes[slot];
        if *b == WorldBox::EMPTY {
            return Some(NEVER_DRAWN_ZOOM);
        }
        // A pixel is 2^(23 - z) world steps.
        let size = b.longer_side();
        let zoom =
            if size == 0 { MAX_FIRST_ZOOM } else { (23_u8).saturating_sub(size.ilog2() as u8).min(MAX_FIRST_ZOOM) };
        (!self.shapes.is_point_only(slot)).then_some(zoom)
    }

    /// The first position of a feature; `None` without a geometry.
    pub fn first_position(&self, slot: usize) -> Option<WorldPoint> {
        self.shapes.paths(slot).next().map(|p| project_to_world(self.shapes.lonlat[p.start]))
    }
}

/// From this zoom on every feature is drawn: the deepest zoom that clients request.
const MAX_FIRST_ZOOM: u8 = 16;

impl IndexSegment {
    /// Assembles a segment of the picked features of the sources.
    pub fn assemble_from(
        collection: &Collection,
        mut sources: Vec<SegmentSource<'_>>,
        mut picks: Vec<SourceSlot>,
    ) -> Self {
        sort_by_layout(&sources, &mut picks);
        let picks = &picks[..];
        let keys = gather_values(&sources, picks, |p| &p.keys);
        let boxes = gather_values(&sources, picks, |p| &p.boxes);
        let spans = if collection.time.is_some() { gather_values(&sources, picks, |p| &p.spans) } else { vec![] };
        let ids = TextArray::gather_slots(&borrow_arrays(&sources, |p| &p.ids), picks);
        release_drafts(&mut sources, |d| {
            let parts = &mut d.parts;
            (parts.keys, parts.boxes, parts.spans, parts.ids) = Default::default();
        });
        let mut columns = vec![];
        for at in 0..collection.fields.len() {
            columns.push(Arc::new(PropertyColumn::gather_slots(&borrow_arrays(&sources, |s| s.column_at(at)), picks)));
            release_drafts(&mut sources, |d| d.columns[at] = PropertyColumn::Bools(vec![]));
        }
        let shapes = GeometryArray::gather_slots(&borrow_arrays(&sources, |p| &p.shapes), picks);
        drop(sources);
        let world: Vec<[u32; 2]> = shapes.lonlat.iter().map(|&p| project_to_world(p)).map(|w| [w.x, w.y]).collect();
        let ranks = rank_positions(&shapes, &world);
        let bands = build_bands(picks, &boxes);
        let mut by_key: Vec<u32> = (0..keys.len() as u32).collect();
        by_key.sort_unstable_by_key(|&slot| keys[slot as usize]);
        let (by_id, hasher) = build_id_table(&ids);
        let parts = FeatureArrays { keys, ids, spans, shapes, boxes };
        let mut body = SegmentBody { parts, world, ranks, by_key, by_id, hasher, bands, points: vec![] };
        body.points = body.sort_points();
        Self { body: Arc::new(body), columns }
    }

    /// A segment of the same features with other columns.
    pub fn with_columns(&self, columns: Vec<Arc<PropertyColumn>>) -> Self {
        Self { body: self.body.clone(), columns }
    }
}

impl SegmentBody {
    /// The slot of the feature with this id.
    pub fn find_slot(&self, id: &str) -> Option<u32> {
        self.by_id.find(self.hasher.hash_one(id), |&slot| self.ids.text_at(slot as usize) == id).copied()
    }

    fn sort_points(&self) -> Vec<(u64, u32)> {
        let point = |slot| Some((morton_code(self.point_position(slot)?), slot));
        let mut points: Vec<(u64, u32)> = (0..self.len() as u32).filter_map(point).collect();
        points.sort_unstable();
        points
    }

    /// The first position of a feature that is drawn as points; `None` for all others.
    pub fn point_position(&self, slot: u32) -> Option<WorldPoint> {
        let path = self.shapes.paths(slot as usize).next().filter(|p| p.role == PathRole::Points)?;
        let [x, y] = self.world[path.start];
        self.shapes.is_point_only(slot as usize).then_some(WorldPoint { x, y })
    }

    /// The sort key of slots: first zoom, distance along the Hilbert curve, key.
    pub fn layout_key(&self, slot: u32) -> (u8, u64, i64) {
        (self.first_zoom(slot), hilbert_distance(self.boxes[slot as usize].centre()), self.keys[slot as usize])
    }

    /// The zoom from which a slot is drawn.
    pub fn first_zoom(&self, slot: u32) -> u8 {
        let band = self.bands.partition_point(|b| b.slots.end <= slot);
        self.bands.get(band).map_or(NEVER_DRAWN_ZOOM, |b| b.zoom)
    }

    /// A path's positions in world coordinates, and their ranks.
    pub fn path_positions(&self, path: GeometryPath) -> (&[[u32; 2]], &[u8]) {
        (&self.world[path.start..path.end], &self.ranks[path.start..path.end])
    }
}

fn sort_by_layout(sources: &[SegmentSource<'_>], picks: &mut Vec<SourceSlot>) {
    let mut order: Vec<(u8, u64, i64, SourceSlot)> = picks
        .iter()
        .map(|p| {
            let parts = &*sources[p.source as usize];
            (p.zoom, hilbert_distance(parts.boxes[p.slot as usize].centre()), parts.keys[p.slot as usize], *p)
        })
        .collect();
    order.sort_unstable_by_key(|o| (o.0, o.1, o.2));
    picks.clear();
    picks.extend(order.into_iter().map(|o| o.3));
}

fn gather_values<T: Copy>(
    sources: &[SegmentSource<'_>],
    picks: &[SourceSlot],
    part: impl Fn(&FeatureArrays) -> &Vec<T>,
) -> Vec<T> {
    let views: Vec<&Vec<T>> = sources.iter().map(|s| part(s)).collect();
    picks.iter().map(|p| views[p.source as usize][p.slot as usize]).collect()
}

fn borrow_arrays<'a, T>(sources: &'a [SegmentSource<'_>], part: impl Fn(&'a SegmentSource<'_>) -> &'a T) -> Vec<&'a T> {
    sources.iter().map(part).collect()
}

fn release_drafts(sources: &mut [SegmentSource<'_>], mut release: impl FnMut(&mut SegmentDraft)) {
    for source in sources {
        if let SegmentSource::Draft(draft) = source {
            release(draft);
        }
    }
}

fn rank_positions(shapes: &GeometryArray, world: &[[u32; 2]]) -> Vec<u8> {
    let mut ranks = Vec::with_capacity(world.len());
    let mut stack = vec![];
    for path in shapes.all_paths() {
        match path.role {
            PathRole::Points => ranks.resize(path.end, 0),
            role => {
                vertex_rank::rank_path(&world[path.start..path.end], role != PathRole::Line, &mut ranks, &mut stack);
            }
        }
    }
    ranks
}

fn build_bands(picks: &[SourceSlot], boxes: &[WorldBox]) -> Vec<ZoomBand> {
    let mut bands = vec![];
    let mut start = 0;
    for run in picks.chunk_by(|a, b| a.zoom == b.zoom) {
        let end = start + run.len() as u32;
        if run[0].zoom != NEVER_DRAWN_ZOOM {
            bands.push(ZoomBand::new(run[0].zoom, start..end, boxes));
        }
        start = end;
    }
    bands
}

fn build_id_table(ids: &TextArray) -> (HashTable<u32>, RandomState) {
    let hasher = RandomState::default();
    let hash = |slot: &u32| hasher.hash_one(ids.text_at(*slot as usize));
    let mut table = HashTable::with_capacity(ids.len());
    for slot in 0..ids.len() as u32 {
        table.insert_unique(hash(&slot), slot, hash);
    }
    (table, hasher)
}
