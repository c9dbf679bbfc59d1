//! A snapshot with less in it: some features are dead and some fields do not exist. Whatever is asked of it (a page, a count, a tile, a
//! question) is answered as if the rest had never been. Knows nothing of who may see what; it is told.

use super::column::{Cell, Column};
use super::segment::Segment;
use super::{Snapshot, Tier};
use crate::collection::Collection;
use std::sync::{Arc, Mutex, PoisonError};

/// What becomes of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It is not there.
    Not,
    /// It is there without what is veiled.
    Veiled,
    Whole,
}

/// What is left of a collection. Remembers the last snapshot that it was held against, so that the next costs what changed.
pub struct Screen {
    /// With the fields that are left.
    collection: Arc<Collection>,
    /// The fields of the whole that are left, and whether each is empty in a veiled feature.
    fields: Vec<(usize, bool)>,
    /// The fields of the whole whose text decides.
    deciding: [Option<usize>; 2],
    judge: Judge,
    last: Mutex<Option<Last>>,
}

type Judge = Box<dyn Fn([Option<&str>; 2]) -> Seen + Send + Sync>;

struct Last {
    whole: Arc<Snapshot>,
    screened: Arc<Snapshot>,
}

impl Screen {
    /// `judge` is shown the text of the two `deciding` fields of a feature.
    pub fn new(
        collection: Arc<Collection>,
        fields: Vec<(usize, bool)>,
        deciding: [Option<usize>; 2],
        judge: impl Fn([Option<&str>; 2]) -> Seen + Send + Sync + 'static,
    ) -> Self {
        Self { collection, fields, deciding, judge: Box::new(judge), last: Mutex::new(None) }
    }

    /// What is left of this snapshot.
    pub fn over(&self, whole: &Arc<Snapshot>) -> Arc<Snapshot> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = last.as_ref().filter(|l| Arc::ptr_eq(&l.whole, whole)) {
            return last.screened.clone();
        }
        let before = last.as_ref();
        let tiers = whole.tiers.iter().map(|tier| self.tier(tier, before)).collect();
        let screened = Arc::new(Snapshot::new(&self.collection, whole.revision, tiers));
        *last = Some(Last { whole: whole.clone(), screened: screened.clone() });
        screened
    }

    /// A tier of which no more has died since the last time is as it was; one of the same segment only has more dead.
    fn tier(&self, tier: &Tier, last: Option<&Last>) -> Tier {
        let same = |l: &Last| {
            let at = l.whole.tiers.iter().position(|t| Arc::ptr_eq(&t.segment, &tier.segment))?;
            Some((l.whole.tiers[at].clone(), l.screened.tiers[at].clone()))
        };
        if let Some((then, mut screened)) = last.and_then(same)
            && then.slots_dead_in(tier)
        {
            let died: Vec<u32> = then.slots().filter(|&slot| !tier.lives(slot)).collect();
            screened.bury(&died);
            return screened;
        }
        let segment = &*tier.segment;
        let seen: Vec<Seen> = (0..segment.len()).map(|slot| self.judged(segment, slot)).collect();
        let whole = |slot: usize| seen[slot] == Seen::Whole;
        let column = |(field, veiled): &(usize, bool)| {
            let column = &segment.columns[*field];
            if *veiled { Arc::new(column.veiled(segment.len(), whole)) } else { column.clone() }
        };
        let mut screened = Tier::new(segment.with(self.fields.iter().map(column).collect()));
        let gone: Vec<u32> =
            (0..segment.len() as u32).filter(|&s| !tier.lives(s) || seen[s as usize] == Seen::Not).collect();
        screened.bury(&gone);
        screened
    }

    fn judged(&self, segment: &Segment, slot: usize) -> Seen {
        let text =
            |field: Option<usize>| match field.and_then(|f| segment.columns.get(f)).map(|c: &Arc<Column>| c.cell(slot))
            {
                Some(Cell::Text(text)) => Some(text),
                _ => None,
            };
        (self.judge)(self.deciding.map(text))
    }
}
