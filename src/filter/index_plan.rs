//! Conditions that every feature matching a filter fulfils and that the index can evaluate. Never excludes a match.

use super::expression::{
    BooleanExpression, CharacterExpression, ComparisonOperator, GeometryExpression, InstantExpression,
    NumericExpression, SpatialRelation, TemporalExpression, TemporalRelation,
};
use super::number::NumberLiteral;
use crate::collection::{Collection, FieldType, TimeFields};
use crate::feature::{BoundingBox, FieldValue, bbox_of, time::TimeSpan};

/// Conditions that all hold for every match. The predicate then tests each feature that fulfils them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IndexPlan {
    /// The geometry intersects this box (degrees).
    pub bbox: Option<BoundingBox>,
    /// The feature's time intersects this span, or the feature is undated.
    pub time: Option<TimeSpan>,
    /// The field at this position has one of these values.
    pub equals: Vec<(usize, Vec<FieldValue>)>,
    /// The id is one of these.
    pub ids: Option<Vec<Box<str>>>,
    /// No feature can match.
    pub empty: bool,
}

impl IndexPlan {
    /// The conditions that the index can evaluate of this expression.
    pub(crate) fn from_expression(test: &BooleanExpression, collection: &Collection) -> Self {
        let mut plan = Self::default();
        plan.narrow_by(test, collection);
        plan
    }

    fn narrow_by(&mut self, test: &BooleanExpression, collection: &Collection) {
        match test {
            BooleanExpression::And(tests) => tests.iter().for_each(|t| self.narrow_by(t, collection)),
            BooleanExpression::Constant(Some(false) | None) => self.empty = true,
            BooleanExpression::BooleanField(field) => self.equals.push((*field, vec![FieldValue::Bool(true)])),
            BooleanExpression::CompareBooleans(ComparisonOperator::Equal, a, b) => match (&**a, &**b) {
                (BooleanExpression::BooleanField(field), BooleanExpression::Constant(Some(value)))
                | (BooleanExpression::Constant(Some(value)), BooleanExpression::BooleanField(field)) => {
                    self.equals.push((*field, vec![FieldValue::Bool(*value)]));
                }
                _ => {}
            },
            BooleanExpression::CompareNumbers(ComparisonOperator::Equal, a, b) => match (a, b) {
                (NumericExpression::Field(field), NumericExpression::Literal(n))
                | (NumericExpression::Literal(n), NumericExpression::Field(field)) => {
                    self.add_numbers(*field, std::slice::from_ref(n), collection);
                }
                _ => {}
            },
            BooleanExpression::NumberIn(NumericExpression::Field(field), list) => {
                self.add_numbers(*field, list, collection);
            }
            BooleanExpression::CompareTexts(ComparisonOperator::Equal, a, b) => match (a, b) {
                (text, CharacterExpression::Literal(literal)) | (CharacterExpression::Literal(literal), text) => {
                    self.add_texts(text, std::slice::from_ref(literal));
                }
                _ => {}
            },
            BooleanExpression::TextIn(text, list) => self.add_texts(text, list),
            BooleanExpression::Spatial(
                relation,
                GeometryExpression::FeatureGeometry,
                GeometryExpression::Literal(literal),
            ) if *relation != SpatialRelation::Disjoint => {
                self.bbox = match (self.bbox, bbox_of(&literal.geometry)) {
                    (Some(a), Some(b)) => Some(Self::smaller_box(a, b)),
                    (a, b) => a.or(b),
                };
            }
            BooleanExpression::TemporalRelation(TemporalRelation::Intersects, a, b) => {
                if let Some(span) =
                    collection.time.and_then(|fields| literal_span(fields, a, b).or_else(|| literal_span(fields, b, a)))
                {
                    self.time = Some(self.time.map_or(span, |t| TimeSpan {
                        start_ms: t.start_ms.max(span.start_ms),
                        end_ms: t.end_ms.min(span.end_ms),
                    }));
                }
            }
            _ => {}
        }
    }

    /// The smaller of two boxes. Not their intersection: a long feature may intersect both boxes and not where they
    /// overlap.
    fn smaller_box(a: BoundingBox, b: BoundingBox) -> BoundingBox {
        let size = |b: BoundingBox| (b.east - b.west) * (b.north - b.south);
        if size(a) <= size(b) { a } else { b }
    }

    fn add_numbers(&mut self, field: usize, list: &[NumberLiteral], collection: &Collection) {
        // No integer equals a fraction, or a number beyond 64 bits.
        let value = |n: &NumberLiteral| match collection.fields[field].kind {
            FieldType::Integer => n.to_i64().map(FieldValue::Int),
            _ => Some(FieldValue::Real(n.real())),
        };
        let values: Vec<FieldValue> = list.iter().filter_map(value).collect();
        self.empty |= values.is_empty();
        self.equals.push((field, values));
    }

    fn add_texts(&mut self, text: &CharacterExpression, list: &[Box<str>]) {
        match text {
            CharacterExpression::Field(field) => {
                self.equals.push((*field, list.iter().map(|t| FieldValue::Text(t.clone())).collect()));
            }
            CharacterExpression::Id => self.ids = Some(list.to_vec()),
            CharacterExpression::Literal(_) | CharacterExpression::Folded(..) => {}
        }
    }
}

/// The span of `literal` in `T_INTERSECTS(own, literal)`, when `own` is exactly the time of the feature.
fn literal_span(fields: TimeFields, own: &TemporalExpression, literal: &TemporalExpression) -> Option<TimeSpan> {
    let field = |time: &InstantExpression| if let InstantExpression::Field(at) = time { Some(*at) } else { None };
    let own = match own {
        TemporalExpression::Instant(time) => (field(time)?, None),
        TemporalExpression::Interval(Some(start), Some(end)) => (field(start)?, Some(field(end)?)),
        TemporalExpression::Interval(..) => return None,
    };
    if own != (fields.start, fields.end) {
        return None;
    }
    let instant = |time: &InstantExpression| {
        if let InstantExpression::Literal(instant, _) = time { Some(*instant) } else { None }
    };
    let end = |end: &Option<InstantExpression>| end.as_ref().map_or(Some(None), |t| instant(t).map(Some));
    let (start, end) = match literal {
        TemporalExpression::Instant(time) => (Some(instant(time)?), Some(instant(time)?)),
        TemporalExpression::Interval(start, last) => (end(start)?, end(last)?),
    };
    Some(TimeSpan {
        start_ms: start.map_or(i64::MIN, super::temporal::TimeInstant::first_ms),
        end_ms: end.map_or(i64::MAX, super::temporal::TimeInstant::last_ms),
    })
}
