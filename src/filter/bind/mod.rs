//! Binds a parsed filter to a collection: resolves properties and functions, gives each operand a type, and refuses
//! invalid comparisons with their place. Evaluates only what does not depend on a feature.

mod bound_operand;
mod binder;
mod array;
mod operand;
pub(super) mod geometry;
mod interval;

use super::expression::{
    ArrayRelation, BooleanExpression, CharacterExpression, ComparisonOperator, GeometryExpression, InstantExpression,
    NullOperand, NumericExpression, SpatialRelation, TemporalExpression, TemporalRelation,
};
use super::limits::{MAX_DEPTH, MAX_LIST_VALUES, literal_budget};
use super::number::NumberLiteral;
use super::source::{FilterSource, invalid_filter};
use super::syntax::SyntaxTree;
use crate::collection::Collection;
use crate::crs::{Crs, Projection};
use crate::error::{Error, Result};
use binder::{FilterBinder, RoleNames, describe_expression};
use bound_operand::BoundOperand;

/// Binds a parsed filter, with coordinates in `crs`, to a collection.
///
/// # Errors
/// [`Error::Invalid`] at `filter` with the place in the text, [`Error::TooLarge`] over a limit.
pub(crate) fn bind_filter(
    expr: &SyntaxTree,
    source: &FilterSource,
    crs: Crs,
    collection: &Collection,
) -> Result<BooleanExpression> {
    let names = RoleNames::from_collection(collection);
    let mut binder =
        FilterBinder { collection, source, names, projection: Projection::new(crs)?, depth: 0, vertices: 0 };
    binder.bind_condition(expr)
}

impl FilterBinder<'_> {
    /// Binds an expression as a condition.
    fn bind_condition(&mut self, expr: &SyntaxTree) -> Result<BooleanExpression> {
        match self.bind_expression(expr)? {
            BoundOperand::Boolean(test) => Ok(test),
            BoundOperand::Null => Ok(BooleanExpression::Constant(None)),
            other => Err(invalid_filter(format!(
                "{}{} is {}, not a condition. Compare it with a value, such as {} = ….",
                self.locate_expression(expr),
                describe_expression(expr),
                other.describe_type(),
                describe_expression(expr)
            ))),
        }
    }

    /// Binds an expression of any type.
    fn bind_expression(&mut self, expr: &SyntaxTree) -> Result<BoundOperand> {
        self.depth += 1;
        if self.depth > 2 * MAX_DEPTH {
            return Err(Error::TooLarge(format!(
                "The filter is nested more than {MAX_DEPTH} levels deep. Flatten it."
            )));
        }
        let found = match expr {
            SyntaxTree::Operation { op, args } => self.bind_operation(op, args),
            other => self.bind_operand(other),
        };
        self.depth -= 1;
        found
    }

    fn bind_operation(&mut self, op: &str, args: &[SyntaxTree]) -> Result<BoundOperand> {
        let op = resolve_alias(op);
        if let Some(order) = ComparisonOperator::from_operator(op) {
            let [a, b] = self.exact_arguments(op, args)?;
            return self.bind_comparison(order, a, b).map(BoundOperand::Boolean);
        }
        if let Some(relation) = SpatialRelation::from_name(op) {
            let [a, b] = self.exact_arguments(op, args)?;
            let (a, b) = (self.bind_geometry(a, op)?, self.bind_geometry(b, op)?);
            return Ok(BoundOperand::Boolean(bind_spatial(relation, a, b)?));
        }
        if let Some(relation) = TemporalRelation::from_name(op) {
            let [a, b] = self.exact_arguments(op, args)?;
            let (a, b) = (self.bind_temporal(a, op)?, self.bind_temporal(b, op)?);
            return Ok(BoundOperand::Boolean(BooleanExpression::TemporalRelation(relation, a, b)));
        }
        if let Some(relation) = ArrayRelation::from_name(op) {
            let [a, b] = self.exact_arguments(op, args)?;
            let (a, b) = (self.bind_array(a, op)?, self.bind_array(b, op)?);
            return Ok(BoundOperand::Boolean(BooleanExpression::Array(relation, a, b)));
        }
        match op.to_ascii_lowercase().as_str() {
            "and" => self.bind_conditions(args).map(|tests| BoundOperand::Boolean(BooleanExpression::all_of(tests))),
            "or" => self.bind_conditions(args).map(|tests| BoundOperand::Boolean(BooleanExpression::any_of(tests))),
            "not" => {
                let [inner] = self.exact_arguments(op, args)?;
                Ok(BoundOperand::Boolean(BooleanExpression::Not(Box::new(self.bind_condition(inner)?))))
            }
            "like" => self.bind_like(args).map(BoundOperand::Boolean),
            "between" => self.bind_between(args).map(BoundOperand::Boolean),
            "in" => self.bind_in(args).map(BoundOperand::Boolean),
            "isnull" => self.bind_is_null(args).map(BoundOperand::Boolean),
            _ => self.bind_value(op, args),
        }
    }

    fn bind_conditions(&mut self, args: &[SyntaxTree]) -> Result<Vec<BooleanExpression>> {
        if args.len() < 2 {
            return Err(invalid_filter("AND and OR need at least two conditions."));
        }
        args.iter().map(|arg| self.bind_condition(arg)).collect()
    }

    fn bind_like(&mut self, args: &[SyntaxTree]) -> Result<BooleanExpression> {
        let [value, pattern] = self.exact_arguments("LIKE", args)?;
        let text = match self.bind_expression(value)? {
            BoundOperand::Text(text) => text,
            other => return Err(self.mismatch_error(value, &other, "LIKE compares text")),
        };
        match self.bind_expression(pattern)? {
            BoundOperand::Text(CharacterExpression::Literal(pattern)) => Ok(BooleanExpression::Like(text, pattern)),
            _ => Err(invalid_filter(format!(
                "{}A pattern must be text in quotes, such as LIKE 'Smith%' or LIKE CASEI('smith%').",
                self.locate_expression(pattern)
            ))),
        }
    }

    fn bind_between(&mut self, args: &[SyntaxTree]) -> Result<BooleanExpression> {
        let [value, low, high] = self.exact_arguments("BETWEEN", args)?;
        Ok(BooleanExpression::And(vec![
            self.bind_comparison(ComparisonOperator::GreaterOrEqual, value, low)?,
            self.bind_comparison(ComparisonOperator::LessOrEqual, value, high)?,
        ]))
    }

    fn bind_in(&mut self, args: &[SyntaxTree]) -> Result<BooleanExpression> {
        let [value, list] = self.exact_arguments("IN", args)?;
        let SyntaxTree::Array(items) = list else {
            return Err(invalid_filter(format!(
                "{}IN takes a list, such as IN ('a','b').",
                self.locate_expression(list)
            )));
        };
        if items.is_empty() || items.len() > MAX_LIST_VALUES {
            return Err(invalid_filter(format!(
                "The list of IN has {} values; it takes 1 to {MAX_LIST_VALUES}.",
                items.len()
            )));
        }
        let tests: Vec<BooleanExpression> = items
            .iter()
            .map(|item| self.bind_comparison(ComparisonOperator::Equal, value, item))
            .collect::<Result<_>>()?;
        Ok(join_equalities(tests))
    }

    fn bind_is_null(&mut self, args: &[SyntaxTree]) -> Result<BooleanExpression> {
        let [inner] = self.exact_arguments("IS NULL", args)?;
        if let SyntaxTree::Property(property) = inner
            && let Some(field) = self.collection.field_index(property)
        {
            return Ok(BooleanExpression::IsNull(NullOperand::Field(field)));
        }
        match self.bind_expression(inner)? {
            BoundOperand::Null => Ok(BooleanExpression::Constant(Some(true))),
            BoundOperand::Geometry(GeometryExpression::FeatureGeometry) => {
                Ok(BooleanExpression::IsNull(NullOperand::Geometry))
            }
            BoundOperand::Number(number) => Ok(BooleanExpression::IsNull(NullOperand::Number(number))),
            BoundOperand::Text(CharacterExpression::Id | CharacterExpression::Literal(_))
            | BoundOperand::Geometry(GeometryExpression::Literal(_))
            | BoundOperand::Boolean(BooleanExpression::Constant(Some(_)))
            | BoundOperand::Array(_)
            | BoundOperand::Instant(InstantExpression::Literal(..)) => Ok(BooleanExpression::Constant(Some(false))),
            BoundOperand::Text(text) => Ok(BooleanExpression::IsNull(NullOperand::Text(text))),
            BoundOperand::Boolean(test) => Ok(BooleanExpression::IsNull(NullOperand::Condition(Box::new(test)))),
            BoundOperand::Instant(time) => {
                Ok(BooleanExpression::IsNull(NullOperand::Temporal(TemporalExpression::Instant(time))))
            }
            BoundOperand::Interval(start, end) => {
                Ok(BooleanExpression::IsNull(NullOperand::Temporal(TemporalExpression::Interval(start, end))))
            }
            BoundOperand::JsonField(field) => Ok(BooleanExpression::IsNull(NullOperand::Field(field))),
        }
    }

    fn bind_comparison(
        &mut self,
        order: ComparisonOperator,
        a: &SyntaxTree,
        b: &SyntaxTree,
    ) -> Result<BooleanExpression> {
        let (left, right) = (self.bind_expression(a)?, self.bind_expression(b)?);
        Ok(match (left, right) {
            (BoundOperand::Number(x), BoundOperand::Number(y)) => BooleanExpression::CompareNumbers(order, x, y),
            (BoundOperand::Text(x), BoundOperand::Text(y)) => BooleanExpression::CompareTexts(order, x, y),
            (BoundOperand::Instant(x), BoundOperand::Instant(y)) => BooleanExpression::CompareTimes(order, x, y),
            (BoundOperand::Boolean(x), BoundOperand::Boolean(y)) => {
                BooleanExpression::CompareBooleans(order, Box::new(x), Box::new(y))
            }
            // Text that is compared with a date is a date.
            (BoundOperand::Instant(x), BoundOperand::Text(CharacterExpression::Literal(y))) => {
                BooleanExpression::CompareTimes(order, x, Self::parse_instant(&y)?)
            }
            (BoundOperand::Text(CharacterExpression::Literal(x)), BoundOperand::Instant(y)) => {
                BooleanExpression::CompareTimes(order, Self::parse_instant(&x)?, y)
            }
            (BoundOperand::Null, _) | (_, BoundOperand::Null) => {
                return Err(invalid_filter("A comparison with NULL never matches. Use IS NULL or IS NOT NULL."));
            }
            (x, y) => return Err(self.incomparable_error(a, &x, b, &y)),
        })
    }
}

/// The name in CQL2 of what PostGIS and the drafts of CQL2 call otherwise.
fn resolve_alias(op: &str) -> &str {
    match op {
        "!=" => "<>",
        _ if op.eq_ignore_ascii_case("intersects") => SpatialRelation::Intersects.name(),
        _ if op.eq_ignore_ascii_case("anyinteracts") => TemporalRelation::Intersects.name(),
        // `ST_WITHIN` is `S_WITHIN`.
        _ if op.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("st")) => SpatialRelation::ALL
            .iter()
            .map(|relation| relation.name())
            .find(|name| name[1..].eq_ignore_ascii_case(&op[2..]))
            .unwrap_or(op),
        _ => op,
    }
}

/// Binds a spatial relation; one of two literals is evaluated right away.
fn bind_spatial(relation: SpatialRelation, a: GeometryExpression, b: GeometryExpression) -> Result<BooleanExpression> {
    Ok(match (a, b) {
        (GeometryExpression::Literal(a), GeometryExpression::Literal(b)) => {
            let work = literal_budget();
            let is_related = super::predicate::relate_geometries(relation, &a.geometry, &b.geometry, &work);
            work.check()?;
            BooleanExpression::Constant(Some(is_related))
        }
        // The feature's geometry comes first, so that equivalent filters have one form.
        (a @ GeometryExpression::Literal(_), GeometryExpression::FeatureGeometry) => {
            BooleanExpression::Spatial(relation.swap_sides(), GeometryExpression::FeatureGeometry, a)
        }
        (a, b) => BooleanExpression::Spatial(relation, a, b),
    })
}

/// Joins equalities of one value with many literals into one search in a sorted list.
fn join_equalities(mut tests: Vec<BooleanExpression>) -> BooleanExpression {
    let numbers: Option<Vec<NumberLiteral>> = tests
        .iter()
        .map(|t| {
            if let BooleanExpression::CompareNumbers(_, _, NumericExpression::Literal(n)) = t {
                Some(n.clone())
            } else {
                None
            }
        })
        .collect();
    let texts: Option<Vec<Box<str>>> = tests
        .iter()
        .map(|t| {
            if let BooleanExpression::CompareTexts(_, _, CharacterExpression::Literal(text)) = t {
                Some(text.clone())
            } else {
                None
            }
        })
        .collect();
    match (tests.swap_remove(0), numbers, texts) {
        (BooleanExpression::CompareNumbers(_, value, _), Some(mut list), _) => {
            list.sort_by(|a, b| a.value().compare_written(b.value()));
            list.dedup();
            BooleanExpression::NumberIn(value, list.into())
        }
        (BooleanExpression::CompareTexts(_, value, _), _, Some(mut list)) => {
            list.sort_unstable();
            list.dedup();
            BooleanExpression::TextIn(value, list.into())
        }
        (first, _, _) => {
            tests.push(first);
            if tests.len() == 1 { tests.swap_remove(0) } else { BooleanExpression::any_of(tests) }
        }
    }
}
