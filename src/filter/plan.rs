//! What every feature that a filter lets through must fulfil: a first choice that an index can make. Never leaves out a match.

use super::node::{Number, Order, Period, Place, Relation, Temporal, Test, Text, Time};
use crate::collection::{Collection, Kind, TimeFields};
use crate::feature::{Bbox, Value, bbox_of, time::Span};

/// All conditions hold together; features that meet them are then looked at one by one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// The geometry meets this box (degrees).
    pub bbox: Option<Bbox>,
    /// The feature's time meets this span, or it is undated.
    pub time: Option<Span>,
    /// The field has one of these values.
    pub equals: Vec<(usize, Vec<Value>)>,
    /// The id is one of these.
    pub ids: Option<Vec<Box<str>>>,
    /// Nothing can match.
    pub empty: bool,
}

impl Plan {
    pub(crate) fn of(test: &Test, collection: &Collection) -> Self {
        let mut plan = Self::default();
        plan.narrow(test, collection);
        plan
    }

    fn narrow(&mut self, test: &Test, collection: &Collection) {
        match test {
            Test::All(tests) => tests.iter().for_each(|t| self.narrow(t, collection)),
            Test::Constant(Some(false) | None) => self.empty = true,
            Test::Flag(field) => self.equals.push((*field, vec![Value::Bool(true)])),
            Test::Truths(Order::Equal, a, b) => match (&**a, &**b) {
                (Test::Flag(field), Test::Constant(Some(value))) | (Test::Constant(Some(value)), Test::Flag(field)) => {
                    self.equals.push((*field, vec![Value::Bool(*value)]));
                }
                _ => {}
            },
            Test::Numbers(Order::Equal, a, b) => match (a, b) {
                (Number::Field(field), Number::Literal(n)) | (Number::Literal(n), Number::Field(field)) => {
                    self.numbers(*field, &[*n], collection);
                }
                _ => {}
            },
            Test::NumberIn(Number::Field(field), list) => self.numbers(*field, list, collection),
            Test::Texts(Order::Equal, a, b) => match (a, b) {
                (text, Text::Literal(literal)) | (Text::Literal(literal), text) => {
                    self.texts(text, std::slice::from_ref(literal));
                }
                _ => {}
            },
            Test::TextIn(text, list) => self.texts(text, list),
            Test::Spatial(relation, Place::Own, Place::Literal { valid, .. }) if *relation != Relation::Disjoint => {
                self.bbox = match (self.bbox, bbox_of(valid)) {
                    (Some(a), Some(b)) => Some(Self::both(a, b)),
                    (a, b) => a.or(b),
                };
            }
            Test::Temporal(Temporal::Intersects, a, b) => {
                if let Some(span) = collection.time.and_then(|fields| span(fields, a, b).or_else(|| span(fields, b, a)))
                {
                    self.time = Some(self.time.map_or(span, |t| Span {
                        start_ms: t.start_ms.max(span.start_ms),
                        end_ms: t.end_ms.min(span.end_ms),
                    }));
                }
            }
            _ => {}
        }
    }

    /// Where two boxes overlap. Two that do not may both be met by one long feature, so the smaller one is kept.
    fn both(a: Bbox, b: Bbox) -> Bbox {
        let size = |b: Bbox| (b.east - b.west) * (b.north - b.south);
        if size(a) <= size(b) { a } else { b }
    }

    fn numbers(&mut self, field: usize, list: &[f64], collection: &Collection) {
        let value = |n: &f64| match collection.fields[field].kind {
            // No whole number equals a broken one; beyond 2^53 doubles and whole numbers are compared one by one.
            Kind::Integer if n.fract() == 0.0 && n.abs() < 9e15 => Some(Value::Int(*n as i64)),
            Kind::Integer => None,
            _ => Some(Value::Real(*n)),
        };
        let values: Vec<Value> = list.iter().filter_map(value).collect();
        if list.iter().all(|n| n.abs() < 9e15) {
            self.empty |= values.is_empty();
            self.equals.push((field, values));
        }
    }

    fn texts(&mut self, text: &Text, list: &[Box<str>]) {
        match text {
            Text::Field(field) => self.equals.push((*field, list.iter().map(|t| Value::Text(t.clone())).collect())),
            Text::Id => self.ids = Some(list.to_vec()),
            Text::Literal(_) | Text::Folded(..) => {}
        }
    }
}

/// The literal span of `T_INTERSECTS(own, literal)`, when `own` is exactly what places a feature in time.
fn span(fields: TimeFields, own: &Period, literal: &Period) -> Option<Span> {
    let field = |time: &Time| if let Time::Field(at) = time { Some(*at) } else { None };
    let own = match own {
        Period::Instant(time) => (field(time)?, None),
        Period::Interval(Some(start), Some(end)) => (field(start)?, Some(field(end)?)),
        Period::Interval(..) => return None,
    };
    if own != (fields.start, fields.end) {
        return None;
    }
    let moment = |time: &Time| if let Time::Literal(moment, _) = time { Some(*moment) } else { None };
    let end = |end: &Option<Time>| end.as_ref().map_or(Some(None), |t| moment(t).map(Some));
    let (start, end) = match literal {
        Period::Instant(time) => (Some(moment(time)?), Some(moment(time)?)),
        Period::Interval(start, last) => (end(start)?, end(last)?),
    };
    Some(Span {
        start_ms: start.map_or(i64::MIN, super::when::Moment::first_ms),
        end_ms: end.map_or(i64::MAX, super::when::Moment::last_ms),
    })
}
