//! Evaluates a [`Query`]: which slots match, how many they are, and which of them are on the page. Reads columns and
//! boxes, never whole features.

use super::box_intersection::QueryArea;
use super::column::{CellValue, PropertyColumn, TextDictionary};
use super::segment::IndexSegment;
use super::slot::FeatureSlot;
use super::slot_row::SlotRow;
use super::snapshot::Snapshot;
use super::snapshot_tier::SnapshotTier;
use crate::collection::FieldType;
use crate::feature::time::{TimeSpan, compare_instants, sort_instants};
use crate::feature::{FeatureId, FieldValue};
use crate::filter::{IndexPlan, Predicate};
use crate::query::{PageCursor, Query, SortKey};
use crate::work_budget::WorkBudget;
use std::cmp::Ordering;

/// The most features of a query that counts as small: they are tested in well under a millisecond.
const MAX_SMALL_SCAN: usize = 2_000;
/// The longest filter of a query that counts as small: a longer one may have a geometry of many positions.
const MAX_SMALL_FILTER_BYTES: usize = 400;
/// The work units of testing one slot.
const SLOT_UNITS: u64 = 3;
/// The largest page of a query that counts as small.
const MAX_SMALL_PAGE: usize = 200;

/// The result of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectionPage {
    /// The number of all matching features, not only of those on this page.
    pub matched: usize,
    /// The features of the page, in order.
    pub slots: Vec<FeatureSlot>,
    /// Where the next page starts; `None` on the last.
    pub next: Option<PageCursor>,
}

impl Snapshot {
    /// The page of this query, and the exact number of matches.
    pub fn select(&self, query: &Query) -> SelectionPage {
        self.select_within(query, &WorkBudget::unlimited())
    }

    /// The same within a budget; incomplete when that stops.
    pub fn select_within(&self, query: &Query, work: &WorkBudget) -> SelectionPage {
        let unrestricted =
            query.bbox.is_none() && query.time.is_none() && query.equals.is_empty() && query.filter.is_none();
        if unrestricted && query.sort.is_empty() {
            return self.select_by_key(query);
        }
        let order = PageOrder { snapshot: self, sort: &query.sort };
        let mut page = PageCollector::new(order, query);
        let plan = query.filter.as_ref().map(|f| f.plan());
        let predicate = query.filter.as_ref().map(|f| f.compile_within(work));
        let mut meter = work.meter();
        // The box of the query is evaluated exactly; that of the filter's plan only preselects.
        let area = query.bbox.as_ref().or(plan.and_then(|p| p.bbox.as_ref())).map(QueryArea::new);
        for (at, tier) in self.tiers.iter().enumerate() {
            if plan.is_some_and(|p| p.empty) {
                break;
            }
            let conditions = SlotConditions::new(self, tier, query, plan, predicate.as_ref());
            let mut offer = |slot: u32| {
                if meter.spend(SLOT_UNITS) && conditions.hold_for(slot as usize) {
                    page.offer_slot(FeatureSlot::new(at, slot), tier.segment.keys[slot as usize]);
                }
            };
            match plan.and_then(|p| p.ids.as_ref()) {
                Some(ids) => self.slots_by_ids(ids, at, area.as_ref()).into_iter().for_each(offer),
                None => visit_slots(tier, area.as_ref(), &mut offer),
            }
        }
        page.into_selection()
    }

    /// Whether the query tests and returns few features only, so that it needs no worker thread.
    pub fn is_small(&self, query: &Query) -> bool {
        let is_heavy = query.filter.as_ref().is_some_and(|f| f.text().len() > MAX_SMALL_FILTER_BYTES);
        if query.limit > MAX_SMALL_PAGE || is_heavy {
            return false;
        }
        let restricted =
            query.time.is_some() || !query.equals.is_empty() || query.filter.is_some() || !query.sort.is_empty();
        let Some(area) = query.bbox.as_ref().map(QueryArea::new) else {
            return !restricted || self.len() <= MAX_SMALL_SCAN;
        };
        let mut count = 0;
        for (tier, rect) in self.tiers.iter().flat_map(|t| area.rects.iter().map(move |r| (t, r))) {
            for band in &tier.segment.bands {
                count += band.count_up_to(&rect.outer, MAX_SMALL_SCAN);
                if count > MAX_SMALL_SCAN {
                    return false;
                }
            }
        }
        true
    }

    /// The slots of one tier that have one of these ids and intersect the area.
    fn slots_by_ids(&self, ids: &[Box<str>], tier: usize, area: Option<&QueryArea>) -> Vec<u32> {
        let segment = &*self.tiers[tier].segment;
        let slot = |id: &str| self.get(&FeatureId::new(id).ok()?).filter(|s| s.tier_index() == tier);
        let intersects =
            |slot: &FeatureSlot| area.is_none_or(|a| a.intersects_first(a.rects.len(), segment, slot.slot_index()));
        ids.iter().filter_map(|id| slot(id)).filter(intersects).map(|s| s.slot_index() as u32).collect()
    }

    /// A page of all features, ordered by key: visits no more features than the page has.
    fn select_by_key(&self, query: &Query) -> SelectionPage {
        let after = query.after.as_ref().map_or(i64::MIN, |c| c.key.saturating_add(1));
        let mut heads: Vec<_> = self.tiers.iter().map(|t| t.live_slots_from(after)).collect();
        let mut slots = vec![];
        let mut more = false;
        loop {
            let least = (0..heads.len()).filter_map(|i| Some((self.key_at(i, *heads[i].peek()?), i))).min();
            let Some((_, tier)) = least else { break };
            if slots.len() == query.limit {
                more = true;
                break;
            }
            slots.extend(heads[tier].next().map(|slot| FeatureSlot::new(tier, slot)));
        }
        let last = slots.last().filter(|_| more);
        let next =
            last.map(|s| PageCursor { values: vec![], key: self.tiers[s.tier_index()].segment.keys[s.slot_index()] });
        SelectionPage { matched: self.len(), slots, next }
    }

    fn key_at(&self, tier: usize, slot: u32) -> i64 {
        self.tiers[tier].segment.keys[slot as usize]
    }
}

impl SnapshotTier {
    /// The live slots from this key on, ordered by key.
    fn live_slots_from(&self, key: i64) -> std::iter::Peekable<impl Iterator<Item = u32> + '_> {
        let order = &self.segment.by_key;
        let start = order.partition_point(|&slot| self.segment.keys[slot as usize] < key);
        order[start..].iter().copied().filter(|&slot| self.is_live(slot)).peekable()
    }
}

/// Calls `visit` with every live slot that intersects the area, or with every live slot.
fn visit_slots(tier: &SnapshotTier, area: Option<&QueryArea>, mut visit: impl FnMut(u32)) {
    let segment = &tier.segment;
    let Some(area) = area else {
        (0..segment.len() as u32).filter(|&s| tier.is_live(s)).for_each(visit);
        return;
    };
    for (nth, rect) in area.rects.iter().enumerate() {
        for band in &segment.bands {
            band.visit_slots(&rect.outer, &segment.boxes, |slot| {
                let new = || !area.intersects_first(nth, segment, slot as usize);
                if tier.is_live(slot) && rect.intersects_feature(segment, slot as usize) && new() {
                    visit(slot);
                }
            });
        }
    }
}

/// The conditions on a slot besides its geometry, prepared for one segment.
struct SlotConditions<'a> {
    segment: &'a IndexSegment,
    times: Vec<TimeSpan>,
    tests: Vec<PropertyTest<'a>>,
    predicate: Option<&'a Predicate<'a>>,
}

enum PropertyTest<'a> {
    /// The codes by slot, and the one that matches.
    Code(&'a [u32], u32),
    /// The codes by slot, and for each code whether it matches.
    Codes(&'a [u32], Vec<bool>),
    Equals(&'a PropertyColumn, FieldType, &'a [FieldValue]),
    Never,
}

impl<'a> SlotConditions<'a> {
    fn new(
        snapshot: &Snapshot,
        tier: &'a SnapshotTier,
        query: &'a Query,
        plan: Option<&'a IndexPlan>,
        predicate: Option<&'a Predicate<'a>>,
    ) -> Self {
        let segment = &*tier.segment;
        let test = |field: usize, values: &'a [FieldValue]| match (
            segment.columns.get(field),
            snapshot.collection.fields.get(field),
        ) {
            (Some(column), Some(field)) => PropertyTest::one_of(column, field.kind, values),
            _ => PropertyTest::Never,
        };
        let equalities = query.equals.iter().map(|(field, value)| test(*field, std::slice::from_ref(value)));
        let planned = plan.into_iter().flat_map(|p| &p.equals).map(|(field, values)| test(*field, values));
        let times = query.time.into_iter().chain(plan.and_then(|p| p.time)).filter(|_| !segment.spans.is_empty());
        Self { segment, times: times.collect(), tests: equalities.chain(planned).collect(), predicate }
    }

    fn hold_for(&self, slot: usize) -> bool {
        self.times.iter().all(|t| self.segment.spans[slot].intersects(*t))
            && self.tests.iter().all(|t| t.holds_for(slot))
            && self.predicate.is_none_or(|p| p.holds(&SlotRow { segment: self.segment, slot }))
    }
}

impl<'a> PropertyTest<'a> {
    /// Tests whether the value is one of these.
    fn one_of(column: &'a PropertyColumn, kind: FieldType, values: &'a [FieldValue]) -> Self {
        match (column, values) {
            (_, []) => Self::Never,
            (PropertyColumn::Dictionary(dictionary), [FieldValue::Text(text)])
                if !matches!(kind, FieldType::Json | FieldType::DateTime) =>
            {
                dictionary.find_code(text).map_or(Self::Never, |code| Self::Code(dictionary.codes(), code))
            }
            (PropertyColumn::Dictionary(dictionary), values) if !values.iter().any(FieldValue::is_null) => {
                let entries = dictionary.entries();
                let matches =
                    |code| values.iter().any(|v| cell_equals(CellValue::Text(entries.text_at(code)), kind, v));
                Self::Codes(dictionary.codes(), (0..entries.len()).map(matches).collect())
            }
            _ => Self::Equals(column, kind, values),
        }
    }

    fn holds_for(&self, slot: usize) -> bool {
        match self {
            Self::Code(codes, code) => codes[slot] == *code,
            Self::Codes(codes, matching) => {
                !TextDictionary::is_null_code(codes[slot]) && matching[codes[slot] as usize]
            }
            Self::Equals(column, kind, values) => values.iter().any(|v| cell_equals(column.cell_at(slot), *kind, v)),
            Self::Never => false,
        }
    }
}

/// Equality in queries: numbers by value, a list when one of its items is equal.
fn cell_equals(cell: CellValue<'_>, kind: FieldType, value: &FieldValue) -> bool {
    match (cell, value) {
        (CellValue::Null, FieldValue::Null) => true,
        (CellValue::Bool(a), FieldValue::Bool(b)) => a == *b,
        (CellValue::Int(a), FieldValue::Int(b)) => a == *b,
        (CellValue::Int(a), FieldValue::Real(b)) => a as f64 == *b,
        (CellValue::Real(a), FieldValue::Int(b)) => a == *b as f64,
        (CellValue::Real(a), FieldValue::Real(b)) => a == *b,
        (CellValue::Text(a), value) if kind == FieldType::Json => json_equals(a, value),
        (CellValue::Text(a), FieldValue::Text(b)) if kind == FieldType::DateTime => compare_instants(a, b).is_eq(),
        (CellValue::Text(a), FieldValue::Text(b)) => a == &**b,
        _ => false,
    }
}

fn json_equals(text: &str, value: &FieldValue) -> bool {
    if let FieldValue::Text(t) = value
        && t.bytes().all(|b| b.is_ascii_alphanumeric())
        && !text.contains(&**t)
    {
        return false; // The text does not contain it: no need to parse.
    }
    let Ok(json) = serde_json::from_str::<serde_json::Value>(text) else { return false };
    let same = |item: &serde_json::Value| match value {
        FieldValue::Int(i) => {
            item.as_i64() == Some(*i)
                || (item.is_f64() && item.as_f64().is_some_and(|f| f == *i as f64 && f.abs() < 9e15))
        }
        FieldValue::Real(r) => item.as_f64() == Some(*r),
        other => *item == other.to_json(),
    };
    same(&json) || json.as_array().is_some_and(|items| items.iter().any(same))
}

/// The order of a page: by the sort fields, then by key.
struct PageOrder<'a> {
    snapshot: &'a Snapshot,
    sort: &'a [SortKey],
}

#[derive(Debug, Clone, Copy)]
struct PageEntry {
    key: i64,
    slot: FeatureSlot,
}

impl<'a> PageOrder<'a> {
    fn sort_cell(&self, slot: FeatureSlot, field: usize) -> CellValue<'a> {
        let segment = &self.snapshot.tiers[slot.tier_index()].segment;
        segment.columns.get(field).map_or(CellValue::Null, |c| c.cell_at(slot.slot_index()))
    }

    fn compare_entries(&self, a: &PageEntry, b: &PageEntry) -> Ordering {
        for sort in self.sort {
            let order =
                self.compare_cells(self.sort_cell(a.slot, sort.field), self.sort_cell(b.slot, sort.field), sort);
            if order.is_ne() {
                return order;
            }
        }
        a.key.cmp(&b.key)
    }

    fn compare_to_cursor(&self, entry: &PageEntry, cursor: &PageCursor) -> Ordering {
        for (sort, value) in self.sort.iter().zip(&cursor.values) {
            let json;
            let value = match value {
                FieldValue::Null => CellValue::Null,
                FieldValue::Bool(b) => CellValue::Bool(*b),
                FieldValue::Int(i) => CellValue::Int(*i),
                FieldValue::Real(r) => CellValue::Real(*r),
                FieldValue::Text(t) => CellValue::Text(t),
                FieldValue::Json(j) => {
                    json = j.to_string();
                    CellValue::Text(&json)
                }
            };
            let order = self.compare_cells(self.sort_cell(entry.slot, sort.field), value, sort);
            if order.is_ne() {
                return order;
            }
        }
        entry.key.cmp(&cursor.key)
    }

    fn cursor_after(&self, entry: &PageEntry) -> PageCursor {
        let value = |field| self.snapshot.property_value(entry.slot, field);
        PageCursor { values: self.sort.iter().map(|s| value(s.field)).collect(), key: entry.key }
    }

    /// Compares two cells; nulls come last in both directions.
    fn compare_cells(&self, a: CellValue<'_>, b: CellValue<'_>, sort: &SortKey) -> Ordering {
        let kind = self.snapshot.collection.fields.get(sort.field).map(|f| f.kind);
        let order = match (a, b) {
            (CellValue::Null, CellValue::Null) => return Ordering::Equal,
            (CellValue::Null, _) => return Ordering::Greater,
            (_, CellValue::Null) => return Ordering::Less,
            (CellValue::Text(a), CellValue::Text(b)) if kind == Some(FieldType::DateTime) => {
                return sort_instants(a, b, sort.descending);
            }
            _ => compare_values(a, b),
        };
        if sort.descending { order.reverse() } else { order }
    }
}

/// The order of two values of one type.
fn compare_values(a: CellValue<'_>, b: CellValue<'_>) -> Ordering {
    match (a, b) {
        (CellValue::Bool(a), CellValue::Bool(b)) => a.cmp(&b),
        (CellValue::Int(a), CellValue::Int(b)) => a.cmp(&b),
        (CellValue::Text(a), CellValue::Text(b)) => a.cmp(b),
        (CellValue::Real(a), CellValue::Real(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        (CellValue::Int(a), CellValue::Real(b)) => (a as f64).partial_cmp(&b).unwrap_or(Ordering::Equal),
        (CellValue::Real(a), CellValue::Int(b)) => a.partial_cmp(&(b as f64)).unwrap_or(Ordering::Equal),
        _ => Ordering::Equal,
    }
}

/// Counts all matches and collects the first entries after the cursor, one more than the page needs.
struct PageCollector<'a> {
    order: PageOrder<'a>,
    after: Option<&'a PageCursor>,
    limit: usize,
    matched: usize,
    /// At most twice the needed number; truncated when full.
    entries: Vec<PageEntry>,
    /// Entries that are not before this one are not on the page.
    bound: Option<PageEntry>,
}

impl<'a> PageCollector<'a> {
    fn new(order: PageOrder<'a>, query: &'a Query) -> Self {
        Self { order, after: query.after.as_ref(), limit: query.limit, matched: 0, entries: vec![], bound: None }
    }

    fn offer_slot(&mut self, slot: FeatureSlot, key: i64) {
        self.matched += 1;
        let entry = PageEntry { key, slot };
        if self.bound.is_some_and(|b| self.order.compare_entries(&entry, &b).is_ge()) {
            return;
        }
        if self.after.is_some_and(|c| self.order.compare_to_cursor(&entry, c).is_le()) {
            return;
        }
        self.entries.push(entry);
        let needed = self.limit.saturating_add(1);
        if self.entries.len() >= needed.max(64).saturating_mul(2) {
            self.entries.select_nth_unstable_by(needed - 1, |a, b| self.order.compare_entries(a, b));
            self.entries.truncate(needed);
            self.bound = Some(self.entries[needed - 1]);
        }
    }

    fn into_selection(mut self) -> SelectionPage {
        self.entries.sort_unstable_by(|a, b| self.order.compare_entries(a, b));
        let more = self.entries.len() > self.limit;
        self.entries.truncate(self.limit);
        let next = self.entries.last().filter(|_| more).map(|last| self.order.cursor_after(last));
        SelectionPage { matched: self.matched, slots: self.entries.iter().map(|e| e.slot).collect(), next }
    }
}
