//! Answering a [`Query`]: which slots match, how many in all, and which of them make up the page. Looks at columns and boxes, never at a
//! whole feature.

use super::column::{Cell, Column, Words};
use super::meets::Area;
use super::segment::Segment;
use super::{Selection, Slot, SlotRow, Snapshot, Tier};
use crate::collection::Kind;
use crate::feature::{FeatureId, Value, time::Span};
use crate::filter::{Plan, Predicate};
use crate::query::{Cursor, Query, Sort};
use std::cmp::Ordering;

impl Snapshot {
    pub fn select(&self, query: &Query) -> Selection {
        let unasked = query.bbox.is_none() && query.time.is_none() && query.equals.is_empty() && query.filter.is_none();
        if unasked && query.sort.is_empty() {
            return self.walk(query);
        }
        let order = Order { snapshot: self, sort: &query.sort };
        let mut page = Page::new(order, query);
        let plan = query.filter.as_ref().map(|f| f.plan());
        let predicate = query.filter.as_ref().map(|f| f.compile());
        // The query's own box must be met exactly; the filter's is only a first choice.
        let area = query.bbox.as_ref().or(plan.and_then(|p| p.bbox.as_ref())).map(Area::new);
        for (at, tier) in self.tiers.iter().enumerate() {
            if plan.is_some_and(|p| p.empty) {
                break;
            }
            let conditions = Conditions::new(self, tier, query, plan, predicate.as_ref());
            let mut offer = |slot: u32| {
                if conditions.hold(slot as usize) {
                    page.offer(Slot::new(at, slot), tier.segment.keys[slot as usize]);
                }
            };
            match plan.and_then(|p| p.ids.as_ref()) {
                Some(ids) => self.named(ids, at, area.as_ref()).into_iter().for_each(offer),
                None => visit(tier, area.as_ref(), &mut offer),
            }
        }
        page.finish()
    }

    /// The slots of one tier that have one of these ids and meet the area.
    fn named(&self, ids: &[Box<str>], tier: usize, area: Option<&Area>) -> Vec<u32> {
        let segment = &*self.tiers[tier].segment;
        let slot = |id: &str| self.get(&FeatureId::new(id).ok()?).filter(|s| s.tier() == tier);
        let meets = |slot: &Slot| area.is_none_or(|a| a.meets_first(a.rects.len(), segment, slot.slot()));
        ids.iter().filter_map(|id| slot(id)).filter(meets).map(|s| s.slot() as u32).collect()
    }

    /// All features in the order of keys: no more is touched than the page.
    fn walk(&self, query: &Query) -> Selection {
        let after = query.after.as_ref().map_or(i64::MIN, |c| c.key.saturating_add(1));
        let mut heads: Vec<_> = self.tiers.iter().map(|t| t.slots_from(after)).collect();
        let mut slots = vec![];
        let mut more = false;
        loop {
            let least = (0..heads.len()).filter_map(|i| Some((self.key_at(i, *heads[i].peek()?), i))).min();
            let Some((_, tier)) = least else { break };
            if slots.len() == query.limit {
                more = true;
                break;
            }
            slots.extend(heads[tier].next().map(|slot| Slot::new(tier, slot)));
        }
        let last = slots.last().filter(|_| more);
        let next = last.map(|s| Cursor { values: vec![], key: self.tiers[s.tier()].segment.keys[s.slot()] });
        Selection { matched: self.len(), slots, next }
    }

    fn key_at(&self, tier: usize, slot: u32) -> i64 {
        self.tiers[tier].segment.keys[slot as usize]
    }
}

impl Tier {
    /// Living slots in the order of keys.
    fn slots_from(&self, key: i64) -> std::iter::Peekable<impl Iterator<Item = u32> + '_> {
        let order = &self.segment.by_key;
        let start = order.partition_point(|&slot| self.segment.keys[slot as usize] < key);
        order[start..].iter().copied().filter(|&slot| self.lives(slot)).peekable()
    }
}

/// Shows every living slot that meets the area, or every living slot.
fn visit(tier: &Tier, area: Option<&Area>, mut show: impl FnMut(u32)) {
    let segment = &tier.segment;
    let Some(area) = area else {
        (0..segment.len() as u32).filter(|&s| tier.lives(s)).for_each(show);
        return;
    };
    for (nth, rect) in area.rects.iter().enumerate() {
        for band in &segment.bands {
            band.slots(&rect.outer, &segment.boxes, |slot| {
                let new = || !area.meets_first(nth, segment, slot as usize);
                if tier.lives(slot) && rect.meets(segment, slot as usize) && new() {
                    show(slot);
                }
            });
        }
    }
}

/// What a slot must fulfil besides its place, made ready for one segment.
struct Conditions<'a> {
    segment: &'a Segment,
    times: Vec<Span>,
    tests: Vec<Test<'a>>,
    predicate: Option<&'a Predicate<'a>>,
}

enum Test<'a> {
    /// The numbers of the words that match.
    Code(&'a [u32], u32),
    Codes(&'a [u32], Vec<bool>),
    Equals(&'a Column, Kind, &'a [Value]),
    Never,
}

impl<'a> Conditions<'a> {
    fn new(
        snapshot: &Snapshot,
        tier: &'a Tier,
        query: &'a Query,
        plan: Option<&'a Plan>,
        predicate: Option<&'a Predicate<'a>>,
    ) -> Self {
        let segment = &*tier.segment;
        let test = |field: usize, values: &'a [Value]| match (
            segment.columns.get(field),
            snapshot.collection.fields.get(field),
        ) {
            (Some(column), Some(field)) => Test::one_of(column, field.kind, values),
            _ => Test::Never,
        };
        let asked = query.equals.iter().map(|(field, value)| test(*field, std::slice::from_ref(value)));
        let planned = plan.into_iter().flat_map(|p| &p.equals).map(|(field, values)| test(*field, values));
        let times = query.time.into_iter().chain(plan.and_then(|p| p.time)).filter(|_| !segment.spans.is_empty());
        Self { segment, times: times.collect(), tests: asked.chain(planned).collect(), predicate }
    }

    fn hold(&self, slot: usize) -> bool {
        self.times.iter().all(|t| self.segment.spans[slot].meets(*t))
            && self.tests.iter().all(|t| t.holds(slot))
            && self.predicate.is_none_or(|p| p.holds(&SlotRow { segment: self.segment, slot }))
    }
}

impl<'a> Test<'a> {
    /// The value is one of these.
    fn one_of(column: &'a Column, kind: Kind, values: &'a [Value]) -> Self {
        match (column, values) {
            (_, []) => Self::Never,
            (Column::Words(words), [Value::Text(text)]) if kind != Kind::Json => {
                words.code_of(text).map_or(Self::Never, |code| Self::Code(words.codes(), code))
            }
            (Column::Words(words), values) if !values.iter().any(Value::is_null) => {
                let all = words.words();
                let fits = |w| values.iter().any(|value| equals(Cell::Text(all.text(w)), kind, value));
                Self::Codes(words.codes(), (0..all.len()).map(fits).collect())
            }
            _ => Self::Equals(column, kind, values),
        }
    }

    fn holds(&self, slot: usize) -> bool {
        match self {
            Self::Code(codes, code) => codes[slot] == *code,
            Self::Codes(codes, fit) => !Words::is_null(codes[slot]) && fit[codes[slot] as usize],
            Self::Equals(column, kind, values) => values.iter().any(|v| equals(column.cell(slot), *kind, v)),
            Self::Never => false,
        }
    }
}

/// Equality as queries mean it: numbers by value, a list when one of its items is equal.
fn equals(cell: Cell<'_>, kind: Kind, value: &Value) -> bool {
    match (cell, value) {
        (Cell::Null, Value::Null) => true,
        (Cell::Bool(a), Value::Bool(b)) => a == *b,
        (Cell::Int(a), Value::Int(b)) => a == *b,
        (Cell::Int(a), Value::Real(b)) => a as f64 == *b,
        (Cell::Real(a), Value::Int(b)) => a == *b as f64,
        (Cell::Real(a), Value::Real(b)) => a == *b,
        (Cell::Text(a), value) if kind == Kind::Json => json_equals(a, value),
        (Cell::Text(a), Value::Text(b)) => a == &**b,
        _ => false,
    }
}

fn json_equals(text: &str, value: &Value) -> bool {
    if let Value::Text(t) = value
        && t.bytes().all(|b| b.is_ascii_alphanumeric())
        && !text.contains(&**t)
    {
        return false; // Not even a part of the text: no need to read it.
    }
    let Ok(json) = serde_json::from_str::<serde_json::Value>(text) else { return false };
    let same = |item: &serde_json::Value| match value {
        Value::Int(i) => item.as_i64() == Some(*i) || item.as_f64() == Some(*i as f64),
        Value::Real(r) => item.as_f64() == Some(*r),
        other => *item == other.to_json(),
    };
    same(&json) || json.as_array().is_some_and(|items| items.iter().any(same))
}

/// The order of a page: by fields, then by key.
struct Order<'a> {
    snapshot: &'a Snapshot,
    sort: &'a [Sort],
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    key: i64,
    slot: Slot,
}

impl<'a> Order<'a> {
    fn cell(&self, slot: Slot, field: usize) -> Cell<'a> {
        let segment = &self.snapshot.tiers[slot.tier()].segment;
        segment.columns.get(field).map_or(Cell::Null, |c| c.cell(slot.slot()))
    }

    fn compare(&self, a: &Entry, b: &Entry) -> Ordering {
        for sort in self.sort {
            let order = compare(self.cell(a.slot, sort.field), self.cell(b.slot, sort.field), sort.descending);
            if order.is_ne() {
                return order;
            }
        }
        a.key.cmp(&b.key)
    }

    fn compare_to_cursor(&self, entry: &Entry, cursor: &Cursor) -> Ordering {
        for (sort, value) in self.sort.iter().zip(&cursor.values) {
            let json;
            let value = match value {
                Value::Null => Cell::Null,
                Value::Bool(b) => Cell::Bool(*b),
                Value::Int(i) => Cell::Int(*i),
                Value::Real(r) => Cell::Real(*r),
                Value::Text(t) => Cell::Text(t),
                Value::Json(j) => {
                    json = j.to_string();
                    Cell::Text(&json)
                }
            };
            let order = compare(self.cell(entry.slot, sort.field), value, sort.descending);
            if order.is_ne() {
                return order;
            }
        }
        entry.key.cmp(&cursor.key)
    }

    fn cursor(&self, entry: &Entry) -> Cursor {
        let value = |field| self.snapshot.value(entry.slot, field);
        Cursor { values: self.sort.iter().map(|s| value(s.field)).collect(), key: entry.key }
    }
}

/// Nulls last, whatever the direction.
fn compare(a: Cell<'_>, b: Cell<'_>, descending: bool) -> Ordering {
    let order = match (a, b) {
        (Cell::Null, Cell::Null) => Ordering::Equal,
        (Cell::Null, _) => return Ordering::Greater,
        (_, Cell::Null) => return Ordering::Less,
        (Cell::Bool(a), Cell::Bool(b)) => a.cmp(&b),
        (Cell::Int(a), Cell::Int(b)) => a.cmp(&b),
        (Cell::Text(a), Cell::Text(b)) => a.cmp(b),
        (Cell::Real(a), Cell::Real(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
        (Cell::Int(a), Cell::Real(b)) => (a as f64).partial_cmp(&b).unwrap_or(Ordering::Equal),
        (Cell::Real(a), Cell::Int(b)) => a.partial_cmp(&(b as f64)).unwrap_or(Ordering::Equal),
        _ => Ordering::Equal,
    };
    if descending { order.reverse() } else { order }
}

/// Counts everything offered and keeps the least entries behind the cursor, one more than the page needs.
struct Page<'a> {
    order: Order<'a>,
    after: Option<&'a Cursor>,
    limit: usize,
    matched: usize,
    /// At most twice what is wanted; cut back when full.
    kept: Vec<Entry>,
    /// What is not less than this is not wanted.
    bound: Option<Entry>,
}

impl<'a> Page<'a> {
    fn new(order: Order<'a>, query: &'a Query) -> Self {
        Self { order, after: query.after.as_ref(), limit: query.limit, matched: 0, kept: vec![], bound: None }
    }

    fn offer(&mut self, slot: Slot, key: i64) {
        self.matched += 1;
        let entry = Entry { key, slot };
        if self.bound.is_some_and(|b| self.order.compare(&entry, &b).is_ge()) {
            return;
        }
        if self.after.is_some_and(|c| self.order.compare_to_cursor(&entry, c).is_le()) {
            return;
        }
        self.kept.push(entry);
        let wanted = self.limit.saturating_add(1);
        if self.kept.len() >= wanted.max(64).saturating_mul(2) {
            self.kept.select_nth_unstable_by(wanted - 1, |a, b| self.order.compare(a, b));
            self.kept.truncate(wanted);
            self.bound = Some(self.kept[wanted - 1]);
        }
    }

    fn finish(mut self) -> Selection {
        self.kept.sort_unstable_by(|a, b| self.order.compare(a, b));
        let more = self.kept.len() > self.limit;
        self.kept.truncate(self.limit);
        let next = self.kept.last().filter(|_| more).map(|last| self.order.cursor(last));
        Selection { matched: self.matched, slots: self.kept.iter().map(|e| e.slot).collect(), next }
    }
}
