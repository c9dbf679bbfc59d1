//! A segment: some features of a collection in columns, laid out by first zoom and then along the Hilbert curve. Never changes once it is
//! assembled; who is dead in it is kept outside.

use super::column::Column;
use super::place::{WorldBox, hilbert, interleaved, world_of};
use super::rank;
use super::shape::{Path, Role, Shapes};
use super::text::Texts;
use super::tree::Band;
use crate::collection::Collection;
use crate::crs::World;
use crate::feature::{Feature, Value, time::Span};
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;
use std::ops::Deref;
use std::sync::Arc;

/// One slot of one source, and the zoom from which it is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pick {
    pub source: u32,
    pub slot: u32,
    pub zoom: u8,
}

/// The first zoom of what is never drawn.
pub(crate) const PLACELESS: u8 = u8::MAX;

/// What is kept of features beside their properties, by slot.
#[derive(Default)]
pub(crate) struct Parts {
    pub keys: Vec<i64>,
    pub ids: Texts,
    /// Empty when the collection has no time. `ALWAYS` for the undated.
    pub spans: Vec<Span>,
    pub shapes: Shapes,
    pub boxes: Vec<WorldBox>,
}

/// Features as they come.
pub(crate) struct Draft {
    parts: Parts,
    columns: Vec<Column>,
}

/// Assembled features with their properties. Both can be shared with other segments, which show less.
pub(crate) struct Segment {
    body: Arc<Body>,
    /// By field.
    pub columns: Vec<Arc<Column>>,
}

/// Assembled features.
pub(crate) struct Body {
    parts: Parts,
    /// World coordinates of all positions.
    pub world: Vec<[u32; 2]>,
    /// By position: the zoom from which it matters.
    pub ranks: Vec<u8>,
    /// Slots in the order of keys.
    pub by_key: Vec<u32>,
    by_id: HashTable<u32>,
    hasher: RandomState,
    /// Ascending by zoom; the slots follow each other.
    pub bands: Vec<Band>,
    /// What is drawn as points: the first position's place along the Z-order curve, in this order, and the slot.
    pub points: Vec<(u64, u32)>,
}

/// Where an assembled segment takes its features from.
pub(crate) enum Source<'a> {
    /// Given up piece by piece, so that loading needs little more than the result.
    Draft(Box<Draft>),
    Segment(&'a Segment),
}

impl Deref for Segment {
    type Target = Body;
    fn deref(&self) -> &Body {
        &self.body
    }
}

impl Deref for Body {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl Deref for Draft {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl Deref for Source<'_> {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        match self {
            Self::Draft(draft) => draft,
            Self::Segment(segment) => segment,
        }
    }
}

impl Source<'_> {
    fn column(&self, at: usize) -> &Column {
        match self {
            Self::Draft(draft) => &draft.columns[at],
            Self::Segment(segment) => &segment.columns[at],
        }
    }
}

impl Draft {
    pub fn new(collection: &Collection) -> Self {
        Self { parts: Parts::default(), columns: collection.fields.iter().map(|f| Column::new(f.kind)).collect() }
    }

    pub fn push(&mut self, collection: &Collection, feature: &Feature) {
        let parts = &mut self.parts;
        parts.keys.push(feature.key);
        parts.ids.push(Some(feature.id.as_str()));
        if collection.time.is_some() {
            parts.spans.push(collection.span(&feature.values).unwrap_or(Span::ALWAYS));
        }
        for (at, column) in self.columns.iter_mut().enumerate() {
            column.push(feature.values.get(at).unwrap_or(&Value::Null));
        }
        parts.shapes.push(feature.geometry.as_ref());
        parts.boxes.push(parts.shapes.bounds(parts.boxes.len()).map_or(WorldBox::EMPTY, WorldBox::of));
    }
}

impl Parts {
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// The first zoom of a line or polygon: from there on it is at least a pixel (of 512 to a tile) long.
    /// `None` for what is drawn as points, which depends on the neighbours.
    pub fn zoom_by_size(&self, slot: usize) -> Option<u8> {
        let b = &self.boxes[slot];
        if *b == WorldBox::EMPTY {
            return Some(PLACELESS);
        }
        // A pixel is 2^(23 - z) world steps.
        let size = b.size();
        let zoom =
            if size == 0 { LAST_FIRST_ZOOM } else { (23_u8).saturating_sub(size.ilog2() as u8).min(LAST_FIRST_ZOOM) };
        (!self.shapes.is_points(slot)).then_some(zoom)
    }

    /// Where something that is drawn as points counts as lying: at its first position.
    pub fn first_position(&self, slot: usize) -> Option<World> {
        self.shapes.paths(slot).next().map(|p| world_of(self.shapes.lonlat[p.start]))
    }
}

/// Whatever its size, from this zoom on a feature is drawn: it is the deepest zoom that clients ask for.
const LAST_FIRST_ZOOM: u8 = 16;

impl Segment {
    /// Takes the picked features from the sources.
    pub fn assemble(collection: &Collection, mut sources: Vec<Source<'_>>, mut picks: Vec<Pick>) -> Self {
        lay_out(&sources, &mut picks);
        let picks = &picks[..];
        let keys = gather(&sources, picks, |p| &p.keys);
        let boxes = gather(&sources, picks, |p| &p.boxes);
        let spans = if collection.time.is_some() { gather(&sources, picks, |p| &p.spans) } else { vec![] };
        let ids = Texts::gather(&views(&sources, |p| &p.ids), picks);
        release(&mut sources, |d| {
            let parts = &mut d.parts;
            (parts.keys, parts.boxes, parts.spans, parts.ids) = Default::default();
        });
        let mut columns = vec![];
        for at in 0..collection.fields.len() {
            columns.push(Arc::new(Column::gather(&views(&sources, |s| s.column(at)), picks)));
            release(&mut sources, |d| d.columns[at] = Column::Bools(vec![]));
        }
        let shapes = Shapes::gather(&views(&sources, |p| &p.shapes), picks);
        drop(sources);
        let world: Vec<[u32; 2]> = shapes.lonlat.iter().map(|&p| world_of(p)).map(|w| [w.x, w.y]).collect();
        let ranks = rank_all(&shapes, &world);
        let bands = bands(picks, &boxes);
        let mut by_key: Vec<u32> = (0..keys.len() as u32).collect();
        by_key.sort_unstable_by_key(|&slot| keys[slot as usize]);
        let (by_id, hasher) = table(&ids);
        let parts = Parts { keys, ids, spans, shapes, boxes };
        let mut body = Body { parts, world, ranks, by_key, by_id, hasher, bands, points: vec![] };
        body.points = body.points_in_order();
        Self { body: Arc::new(body), columns }
    }

    /// The same features with other columns.
    pub fn with(&self, columns: Vec<Arc<Column>>) -> Self {
        Self { body: self.body.clone(), columns }
    }
}

impl Body {
    pub fn find(&self, id: &str) -> Option<u32> {
        self.by_id.find(self.hasher.hash_one(id), |&slot| self.ids.text(slot as usize) == id).copied()
    }

    fn points_in_order(&self) -> Vec<(u64, u32)> {
        let point = |slot| Some((interleaved(self.place_of_point(slot)?), slot));
        let mut points: Vec<(u64, u32)> = (0..self.len() as u32).filter_map(point).collect();
        points.sort_unstable();
        points
    }

    /// The first position of something that is drawn as points; `None` for all else.
    pub fn place_of_point(&self, slot: u32) -> Option<World> {
        let path = self.shapes.paths(slot as usize).next().filter(|p| p.role == Role::Points)?;
        let [x, y] = self.world[path.start];
        self.shapes.is_points(slot as usize).then_some(World { x, y })
    }

    /// By what slots are laid out: the zoom from which it is drawn, the place along the Hilbert curve, the key.
    pub fn place(&self, slot: u32) -> (u8, u64, i64) {
        (self.zoom(slot), hilbert(self.boxes[slot as usize].centre()), self.keys[slot as usize])
    }

    /// The zoom from which a slot is drawn.
    pub fn zoom(&self, slot: u32) -> u8 {
        let band = self.bands.partition_point(|b| b.slots.end <= slot);
        self.bands.get(band).map_or(PLACELESS, |b| b.zoom)
    }

    /// A path's positions in world coordinates, and their ranks.
    pub fn drawn(&self, path: Path) -> (&[[u32; 2]], &[u8]) {
        (&self.world[path.start..path.end], &self.ranks[path.start..path.end])
    }
}

fn lay_out(sources: &[Source<'_>], picks: &mut Vec<Pick>) {
    let mut order: Vec<(u8, u64, i64, Pick)> = picks
        .iter()
        .map(|p| {
            let parts = &*sources[p.source as usize];
            (p.zoom, hilbert(parts.boxes[p.slot as usize].centre()), parts.keys[p.slot as usize], *p)
        })
        .collect();
    order.sort_unstable_by_key(|o| (o.0, o.1, o.2));
    picks.clear();
    picks.extend(order.into_iter().map(|o| o.3));
}

fn gather<T: Copy>(sources: &[Source<'_>], picks: &[Pick], part: impl Fn(&Parts) -> &Vec<T>) -> Vec<T> {
    let views: Vec<&Vec<T>> = sources.iter().map(|s| part(s)).collect();
    picks.iter().map(|p| views[p.source as usize][p.slot as usize]).collect()
}

fn views<'a, T>(sources: &'a [Source<'_>], part: impl Fn(&'a Source<'_>) -> &'a T) -> Vec<&'a T> {
    sources.iter().map(part).collect()
}

fn release(sources: &mut [Source<'_>], mut give_up: impl FnMut(&mut Draft)) {
    for source in sources {
        if let Source::Draft(draft) = source {
            give_up(draft);
        }
    }
}

fn rank_all(shapes: &Shapes, world: &[[u32; 2]]) -> Vec<u8> {
    let mut ranks = Vec::with_capacity(world.len());
    let mut stack = vec![];
    for path in shapes.all_paths() {
        match path.role {
            Role::Points => ranks.resize(path.end, 0),
            role => rank::ranks(&world[path.start..path.end], role != Role::Line, &mut ranks, &mut stack),
        }
    }
    ranks
}

fn bands(picks: &[Pick], boxes: &[WorldBox]) -> Vec<Band> {
    let mut bands = vec![];
    let mut start = 0;
    for stretch in picks.chunk_by(|a, b| a.zoom == b.zoom) {
        let end = start + stretch.len() as u32;
        if stretch[0].zoom != PLACELESS {
            bands.push(Band::new(stretch[0].zoom, start..end, boxes));
        }
        start = end;
    }
    bands
}

fn table(ids: &Texts) -> (HashTable<u32>, RandomState) {
    let hasher = RandomState::default();
    let hash = |slot: &u32| hasher.hash_one(ids.text(*slot as usize));
    let mut table = HashTable::with_capacity(ids.len());
    for slot in 0..ids.len() as u32 {
        table.insert_unique(hash(&slot), slot, hash);
    }
    (table, hasher)
}
