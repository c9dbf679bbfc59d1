//! From names to fields: every property and function is looked up, every operand has a type, and what cannot be compared is refused
//! with its place. Evaluates nothing but what has no feature in it.

mod array;
mod operand;
pub(super) mod geometry;
mod interval;

use super::expression::{
    ArrayRelation, BooleanExpression, CharacterExpression, ComparisonOperator, GeometryExpression, NullOperand,
    NumericExpression, SpatialRelation, TemporalExpression, TemporalRelation,
};
use super::source::{FilterSource, invalid_filter};
use super::{MAX_DEPTH, MAX_LIST_VALUES, functions};
use crate::collection::Collection;
use crate::crs::{Crs, Projection};
use crate::error::{Error, Result};
use crate::suggestion::suggest_name;
use cql2::Expr;
use operand::BoundOperand;

/// Binds a parsed filter to a collection.
pub(crate) fn bind_filter(
    expr: &Expr,
    source: &FilterSource,
    crs: Crs,
    collection: &Collection,
) -> Result<BooleanExpression> {
    let names = RoleNames::from_collection(collection);
    let mut binder =
        FilterBinder { collection, source, names, projection: Projection::new(crs)?, depth: 0, vertices: 0 };
    binder.bind_condition(expr)
}

/// What id and geometry are called in this collection.
struct RoleNames {
    id: String,
    geometry: String,
}

impl RoleNames {
    fn from_collection(collection: &Collection) -> Self {
        let properties = collection.schema.get("properties").and_then(serde_json::Value::as_object);
        let role = |role: &str| {
            let found = properties?.iter().find(|(_, p)| p.get("x-ogc-role").and_then(|r| r.as_str()) == Some(role))?;
            Some(found.0.clone())
        };
        Self {
            id: role("id").unwrap_or_else(|| "id".into()),
            geometry: role("primary-geometry").unwrap_or_else(|| "geometry".into()),
        }
    }
}

struct FilterBinder<'a> {
    collection: &'a Collection,
    source: &'a FilterSource,
    names: RoleNames,
    projection: Projection,
    depth: usize,
    vertices: usize,
}

impl FilterBinder<'_> {
    /// An expression as a condition.
    fn bind_condition(&mut self, expr: &Expr) -> Result<BooleanExpression> {
        match self.bind_expression(expr)? {
            BoundOperand::Boolean(test) => Ok(test),
            BoundOperand::Null => Ok(BooleanExpression::Constant(None)),
            other => Err(invalid_filter(format!(
                "{}{} is {}, not a condition. Compare it with something, such as {} = ….",
                self.locate_expression(expr),
                describe_expression(expr),
                other.describe_type(),
                describe_expression(expr)
            ))),
        }
    }

    /// An expression as whatever it is.
    fn bind_expression(&mut self, expr: &Expr) -> Result<BoundOperand> {
        self.depth += 1;
        if self.depth > 2 * MAX_DEPTH {
            return Err(Error::TooLarge(format!(
                "The filter nests more than {MAX_DEPTH} levels deep. Write it flatter."
            )));
        }
        let found = match expr {
            Expr::Operation { op, args } => self.bind_operation(op, args),
            other => self.bind_operand(other),
        };
        self.depth -= 1;
        found
    }

    fn bind_operation(&mut self, op: &str, args: &[Box<Expr>]) -> Result<BoundOperand> {
        if let Some(order) = ComparisonOperator::from_operator(op) {
            let [a, b] = self.exact_arguments(op, args)?;
            return self.bind_comparison(order, a, b).map(BoundOperand::Boolean);
        }
        if let Some(relation) = SpatialRelation::from_name(op) {
            let [a, b] = self.exact_arguments(op, args)?;
            let (a, b) = (self.bind_geometry(a, op)?, self.bind_geometry(b, op)?);
            return Ok(BoundOperand::Boolean(bind_spatial(relation, a, b)));
        }
        if let Some(relation) = TemporalRelation::from_name(op) {
            let [a, b] = self.exact_arguments(op, args)?;
            let (a, b) = (self.bind_temporal(a, op)?, self.bind_temporal(b, op)?);
            return Ok(BoundOperand::Boolean(BooleanExpression::TemporalRelation(relation, a, b)));
        }
        if let Some(sets) = ArrayRelation::from_name(op) {
            let [a, b] = self.exact_arguments(op, args)?;
            let (a, b) = (self.bind_array(a, op)?, self.bind_array(b, op)?);
            return Ok(BoundOperand::Boolean(BooleanExpression::Array(sets, a, b)));
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

    fn bind_conditions(&mut self, args: &[Box<Expr>]) -> Result<Vec<BooleanExpression>> {
        if args.len() < 2 {
            return Err(invalid_filter("AND and OR join two conditions or more."));
        }
        args.iter().map(|arg| self.bind_condition(arg)).collect()
    }

    fn bind_like(&mut self, args: &[Box<Expr>]) -> Result<BooleanExpression> {
        let [value, pattern] = self.exact_arguments("LIKE", args)?;
        let text = match self.bind_expression(value)? {
            BoundOperand::Text(text) => text,
            other => return Err(self.mismatch_error(value, &other, "LIKE compares text")),
        };
        match self.bind_expression(pattern)? {
            BoundOperand::Text(CharacterExpression::Literal(pattern)) => Ok(BooleanExpression::Like(text, pattern)),
            _ => Err(invalid_filter(format!(
                "{}A pattern is text in quotes, such as LIKE 'Smith%' or LIKE CASEI('smith%').",
                self.locate_expression(pattern)
            ))),
        }
    }

    fn bind_between(&mut self, args: &[Box<Expr>]) -> Result<BooleanExpression> {
        let [value, low, high] = self.exact_arguments("BETWEEN", args)?;
        Ok(BooleanExpression::And(vec![
            self.bind_comparison(ComparisonOperator::GreaterOrEqual, value, low)?,
            self.bind_comparison(ComparisonOperator::LessOrEqual, value, high)?,
        ]))
    }

    fn bind_in(&mut self, args: &[Box<Expr>]) -> Result<BooleanExpression> {
        let [value, list] = self.exact_arguments("IN", args)?;
        let Expr::Array(items) = list else {
            return Err(invalid_filter(format!(
                "{}IN wants a list, such as IN ('a','b').",
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

    fn bind_is_null(&mut self, args: &[Box<Expr>]) -> Result<BooleanExpression> {
        let [inner] = self.exact_arguments("IS NULL", args)?;
        if let Expr::Property { property } = inner
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
            BoundOperand::Text(CharacterExpression::Id | CharacterExpression::Literal(_)) => {
                Ok(BooleanExpression::Constant(Some(false)))
            }
            _ => Err(invalid_filter(format!("{}IS NULL asks about a property.", self.locate_expression(inner)))),
        }
    }

    fn bind_comparison(&mut self, order: ComparisonOperator, a: &Expr, b: &Expr) -> Result<BooleanExpression> {
        let (left, right) = (self.bind_expression(a)?, self.bind_expression(b)?);
        Ok(match (left, right) {
            (BoundOperand::Number(x), BoundOperand::Number(y)) => BooleanExpression::CompareNumbers(order, x, y),
            (BoundOperand::Text(x), BoundOperand::Text(y)) => BooleanExpression::CompareTexts(order, x, y),
            (BoundOperand::Instant(x), BoundOperand::Instant(y)) => BooleanExpression::CompareTimes(order, x, y),
            (BoundOperand::Boolean(x), BoundOperand::Boolean(y)) => {
                BooleanExpression::CompareBooleans(order, Box::new(x), Box::new(y))
            }
            // A date in quotes is meant as a date where it is compared with one.
            (BoundOperand::Instant(x), BoundOperand::Text(CharacterExpression::Literal(y))) => {
                BooleanExpression::CompareTimes(order, x, Self::parse_instant(&y)?)
            }
            (BoundOperand::Text(CharacterExpression::Literal(x)), BoundOperand::Instant(y)) => {
                BooleanExpression::CompareTimes(order, Self::parse_instant(&x)?, y)
            }
            (BoundOperand::Null, _) | (_, BoundOperand::Null) => {
                return Err(invalid_filter("Nothing equals NULL. Ask with IS NULL or IS NOT NULL."));
            }
            (x, y) => return Err(self.incomparable_error(a, &x, b, &y)),
        })
    }

    fn incomparable_error(&self, a: &Expr, x: &BoundOperand, b: &Expr, y: &BoundOperand) -> Error {
        let hint = match (x, y) {
            (BoundOperand::JsonField(..), _) | (_, BoundOperand::JsonField(..)) => {
                " A list is asked with A_CONTAINS(property, ('value'))."
            }
            (BoundOperand::Geometry(_), _) | (_, BoundOperand::Geometry(_)) => {
                " Geometries are compared by functions such as S_INTERSECTS."
            }
            (BoundOperand::Interval(..), _) | (_, BoundOperand::Interval(..)) => {
                " Intervals are compared by functions such as T_INTERSECTS."
            }
            _ => "",
        };
        let (from, to) = (describe_expression(a), describe_expression(b));
        invalid_filter(format!(
            "{}{from} is {} and {to} is {}: they cannot be compared.{hint}",
            self.locate_expression(a),
            x.describe_type(),
            y.describe_type()
        ))
    }

    fn mismatch_error(&self, expr: &Expr, found: &BoundOperand, rule: &str) -> Error {
        invalid_filter(format!(
            "{}{} is {}, but {rule}.",
            self.locate_expression(expr),
            describe_expression(expr),
            found.describe_type()
        ))
    }

    /// The arguments of a function, when there are as many as it takes.
    fn exact_arguments<'e, const N: usize>(&self, op: &str, args: &'e [Box<Expr>]) -> Result<[&'e Expr; N]> {
        let found: Vec<&Expr> = args.iter().map(|a| &**a).collect();
        let count = found.len();
        found.try_into().map_err(|_| {
            let plural = if N == 1 { "" } else { "s" };
            invalid_filter(format!(
                "{}{} takes {N} argument{plural}, not {count}.",
                self.source.name_position(op),
                op.to_uppercase()
            ))
        })
    }

    fn unknown_function_error(&self, op: &str) -> Error {
        let known = functions::function_names();
        let hint = suggest_name(op, known.iter().copied())
            .unwrap_or_else(|| "The known ones are listed under /api/functions.".to_owned());
        invalid_filter(format!("{}There is no function '{}'. {hint}", self.source.name_position(op), shorten_text(op)))
    }

    fn unknown_property_error(&self, name: &str) -> Error {
        let fields = self.collection.fields.iter().map(|f| f.name.as_str());
        let known: Vec<&str> = fields.chain([self.names.id.as_str(), self.names.geometry.as_str()]).collect();
        let hint = suggest_name(name, known.iter().copied())
            .unwrap_or_else(|| format!("It has: {}.", known.iter().take(30).copied().collect::<Vec<_>>().join(", ")));
        let place = self.source.name_position(name);
        invalid_filter(format!(
            "{place}The collection '{}' has no property '{}'. {hint}",
            self.collection.id,
            shorten_text(name)
        ))
    }

    /// Where the first name in an expression stands.
    fn locate_expression(&self, expr: &Expr) -> String {
        match expr {
            Expr::Property { property } => self.source.name_position(property),
            Expr::Operation { op, args } => {
                let own = self.source.name_position(op);
                if own.is_empty() { args.first().map_or(own, |a| self.locate_expression(a)) } else { own }
            }
            _ => String::new(),
        }
    }
}

/// Two literals need no feature to be compared.
fn bind_spatial(relation: SpatialRelation, a: GeometryExpression, b: GeometryExpression) -> BooleanExpression {
    match (a, b) {
        (GeometryExpression::Literal { valid: a, .. }, GeometryExpression::Literal { valid: b, .. }) => {
            BooleanExpression::Constant(Some(super::predicate::relate_geometries(relation, &a, &b)))
        }
        // The feature's side comes first: one spelling for one question.
        (a @ GeometryExpression::Literal { .. }, GeometryExpression::FeatureGeometry) => {
            BooleanExpression::Spatial(relation.swap_sides(), GeometryExpression::FeatureGeometry, a)
        }
        (a, b) => BooleanExpression::Spatial(relation, a, b),
    }
}

/// Equalities of one value with many become one look into a sorted list, where they are with literals.
fn join_equalities(mut tests: Vec<BooleanExpression>) -> BooleanExpression {
    let numbers: Option<Vec<f64>> = tests
        .iter()
        .map(|t| {
            if let BooleanExpression::CompareNumbers(_, _, NumericExpression::Literal(n)) = t { Some(*n) } else { None }
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
            list.sort_by(f64::total_cmp);
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

/// The beginning of an expression as somebody may have written it.
fn describe_expression(expr: &Expr) -> String {
    match expr {
        Expr::Property { property } => format!("'{}'", shorten_text(property)),
        Expr::Literal(text) => format!("the text '{}'", shorten_text(text)),
        Expr::Float(n) => format!("the number {n}"),
        Expr::Operation { op, .. } => format!("the result of {}", shorten_text(op)),
        Expr::Geometry(_) | Expr::BBox { .. } => "the geometry".into(),
        Expr::Array(_) => "the list".into(),
        Expr::Interval { .. } => "the interval".into(),
        Expr::Date { .. } | Expr::Timestamp { .. } => "the date".into(),
        Expr::Bool(_) => "the truth value".into(),
        Expr::Null => "NULL".into(),
    }
}

fn shorten_text(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl From<TemporalExpression> for BoundOperand {
    fn from(period: TemporalExpression) -> Self {
        match period {
            TemporalExpression::Instant(time) => Self::Instant(time),
            TemporalExpression::Interval(start, end) => Self::Interval(start, end),
        }
    }
}
