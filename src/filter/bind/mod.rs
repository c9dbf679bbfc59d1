//! From names to fields: every property and function is looked up, every operand has a type, and what cannot be compared is refused
//! with its place. Evaluates nothing but what has no feature in it.

mod list;
mod operand;
pub(super) mod place;
mod period;

use super::node::{Number, Operand, Order, Period, Place, Relation, Sets, Temporal, Test, Text};
use super::source::{Source, invalid};
use super::{MAX_DEPTH, MAX_LIST, functions, near::closest};
use crate::collection::Collection;
use crate::crs::{Crs, Projection};
use crate::error::{Error, Result};
use cql2::Expr;
use operand::Bound;

/// Binds a parsed filter to a collection.
pub(crate) fn bind(expr: &Expr, source: &Source, crs: Crs, collection: &Collection) -> Result<Test> {
    let names = Names::of(collection);
    let mut binder = Binder { collection, source, names, projection: Projection::new(crs)?, depth: 0, vertices: 0 };
    binder.test(expr)
}

/// What id and geometry are called in this collection.
struct Names {
    id: String,
    geometry: String,
}

impl Names {
    fn of(collection: &Collection) -> Self {
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

struct Binder<'a> {
    collection: &'a Collection,
    source: &'a Source,
    names: Names,
    projection: Projection,
    depth: usize,
    vertices: usize,
}

impl Binder<'_> {
    /// An expression as a condition.
    fn test(&mut self, expr: &Expr) -> Result<Test> {
        match self.bound(expr)? {
            Bound::Truth(test) => Ok(test),
            Bound::Null => Ok(Test::Constant(None)),
            other => Err(invalid(format!(
                "{}{} is {}, not a condition. Compare it with something, such as {} = ….",
                self.place_of(expr),
                shown(expr),
                other.kind(),
                shown(expr)
            ))),
        }
    }

    /// An expression as whatever it is.
    fn bound(&mut self, expr: &Expr) -> Result<Bound> {
        self.depth += 1;
        if self.depth > 2 * MAX_DEPTH {
            return Err(Error::TooLarge(format!(
                "The filter nests more than {MAX_DEPTH} levels deep. Write it flatter."
            )));
        }
        let found = match expr {
            Expr::Operation { op, args } => self.operation(op, args),
            other => self.operand(other),
        };
        self.depth -= 1;
        found
    }

    fn operation(&mut self, op: &str, args: &[Box<Expr>]) -> Result<Bound> {
        if let Some(order) = Order::of(op) {
            let [a, b] = self.arguments(op, args)?;
            return self.compare(order, a, b).map(Bound::Truth);
        }
        if let Some(relation) = Relation::of(op) {
            let [a, b] = self.arguments(op, args)?;
            let (a, b) = (self.geometry(a, op)?, self.geometry(b, op)?);
            return Ok(Bound::Truth(spatial(relation, a, b)));
        }
        if let Some(relation) = Temporal::of(op) {
            let [a, b] = self.arguments(op, args)?;
            let (a, b) = (self.period(a, op)?, self.period(b, op)?);
            return Ok(Bound::Truth(Test::Temporal(relation, a, b)));
        }
        if let Some(sets) = Sets::of(op) {
            let [a, b] = self.arguments(op, args)?;
            let (a, b) = (self.list(a, op)?, self.list(b, op)?);
            return Ok(Bound::Truth(Test::Lists(sets, a, b)));
        }
        match op.to_ascii_lowercase().as_str() {
            "and" => self.several(args).map(|tests| Bound::Truth(Test::all(tests))),
            "or" => self.several(args).map(|tests| Bound::Truth(Test::any(tests))),
            "not" => {
                let [inner] = self.arguments(op, args)?;
                Ok(Bound::Truth(Test::Not(Box::new(self.test(inner)?))))
            }
            "like" => self.like(args).map(Bound::Truth),
            "between" => self.between(args).map(Bound::Truth),
            "in" => self.within(args).map(Bound::Truth),
            "isnull" => self.is_null(args).map(Bound::Truth),
            _ => self.value_of(op, args),
        }
    }

    fn several(&mut self, args: &[Box<Expr>]) -> Result<Vec<Test>> {
        if args.len() < 2 {
            return Err(invalid("AND and OR join two conditions or more."));
        }
        args.iter().map(|arg| self.test(arg)).collect()
    }

    fn like(&mut self, args: &[Box<Expr>]) -> Result<Test> {
        let [value, pattern] = self.arguments("LIKE", args)?;
        let text = match self.bound(value)? {
            Bound::Text(text) => text,
            other => return Err(self.mismatch(value, &other, "LIKE compares text")),
        };
        match self.bound(pattern)? {
            Bound::Text(Text::Literal(pattern)) => Ok(Test::Like(text, pattern)),
            _ => Err(invalid(format!(
                "{}A pattern is text in quotes, such as LIKE 'Smith%' or LIKE CASEI('smith%').",
                self.place_of(pattern)
            ))),
        }
    }

    fn between(&mut self, args: &[Box<Expr>]) -> Result<Test> {
        let [value, low, high] = self.arguments("BETWEEN", args)?;
        Ok(Test::All(vec![
            self.compare(Order::GreaterOrEqual, value, low)?,
            self.compare(Order::LessOrEqual, value, high)?,
        ]))
    }

    fn within(&mut self, args: &[Box<Expr>]) -> Result<Test> {
        let [value, list] = self.arguments("IN", args)?;
        let Expr::Array(items) = list else {
            return Err(invalid(format!("{}IN wants a list, such as IN ('a','b').", self.place_of(list))));
        };
        if items.is_empty() || items.len() > MAX_LIST {
            return Err(invalid(format!("The list of IN has {} values; it takes 1 to {MAX_LIST}.", items.len())));
        }
        let tests: Vec<Test> =
            items.iter().map(|item| self.compare(Order::Equal, value, item)).collect::<Result<_>>()?;
        Ok(joined(tests))
    }

    fn is_null(&mut self, args: &[Box<Expr>]) -> Result<Test> {
        let [inner] = self.arguments("IS NULL", args)?;
        if let Expr::Property { property } = inner
            && let Some(field) = self.collection.field(property)
        {
            return Ok(Test::Null(Operand::Field(field)));
        }
        match self.bound(inner)? {
            Bound::Null => Ok(Test::Constant(Some(true))),
            Bound::Place(Place::Own) => Ok(Test::Null(Operand::Geometry)),
            Bound::Number(number) => Ok(Test::Null(Operand::Number(number))),
            Bound::Text(Text::Id | Text::Literal(_)) => Ok(Test::Constant(Some(false))),
            _ => Err(invalid(format!("{}IS NULL asks about a property.", self.place_of(inner)))),
        }
    }

    fn compare(&mut self, order: Order, a: &Expr, b: &Expr) -> Result<Test> {
        let (left, right) = (self.bound(a)?, self.bound(b)?);
        Ok(match (left, right) {
            (Bound::Number(x), Bound::Number(y)) => Test::Numbers(order, x, y),
            (Bound::Text(x), Bound::Text(y)) => Test::Texts(order, x, y),
            (Bound::Time(x), Bound::Time(y)) => Test::Times(order, x, y),
            (Bound::Truth(x), Bound::Truth(y)) => Test::Truths(order, Box::new(x), Box::new(y)),
            // A date in quotes is meant as a date where it is compared with one.
            (Bound::Time(x), Bound::Text(Text::Literal(y))) => Test::Times(order, x, Self::moment(&y)?),
            (Bound::Text(Text::Literal(x)), Bound::Time(y)) => Test::Times(order, Self::moment(&x)?, y),
            (Bound::Null, _) | (_, Bound::Null) => {
                return Err(invalid("Nothing equals NULL. Ask with IS NULL or IS NOT NULL."));
            }
            (x, y) => return Err(self.unequal(a, &x, b, &y)),
        })
    }

    fn unequal(&self, a: &Expr, x: &Bound, b: &Expr, y: &Bound) -> Error {
        let hint = match (x, y) {
            (Bound::Field(..), _) | (_, Bound::Field(..)) => " A list is asked with A_CONTAINS(property, ('value')).",
            (Bound::Place(_), _) | (_, Bound::Place(_)) => {
                " Geometries are compared by functions such as S_INTERSECTS."
            }
            (Bound::Interval(..), _) | (_, Bound::Interval(..)) => {
                " Intervals are compared by functions such as T_INTERSECTS."
            }
            _ => "",
        };
        let (from, to) = (shown(a), shown(b));
        invalid(format!(
            "{}{from} is {} and {to} is {}: they cannot be compared.{hint}",
            self.place_of(a),
            x.kind(),
            y.kind()
        ))
    }

    fn mismatch(&self, expr: &Expr, found: &Bound, rule: &str) -> Error {
        invalid(format!("{}{} is {}, but {rule}.", self.place_of(expr), shown(expr), found.kind()))
    }

    /// The arguments of a function, when there are as many as it takes.
    fn arguments<'e, const N: usize>(&self, op: &str, args: &'e [Box<Expr>]) -> Result<[&'e Expr; N]> {
        let found: Vec<&Expr> = args.iter().map(|a| &**a).collect();
        let count = found.len();
        found.try_into().map_err(|_| {
            let plural = if N == 1 { "" } else { "s" };
            invalid(format!("{}{} takes {N} argument{plural}, not {count}.", self.source.place(op), op.to_uppercase()))
        })
    }

    fn unknown_function(&self, op: &str) -> Error {
        let known = functions::names();
        let hint = closest(op, known.iter().copied()).map_or_else(
            || "The known ones are listed under /api/functions.".to_owned(),
            |near| format!("Did you mean {near}?"),
        );
        invalid(format!("{}There is no function '{}'. {hint}", self.source.place(op), short(op)))
    }

    fn unknown_property(&self, name: &str) -> Error {
        let fields = self.collection.fields.iter().map(|f| f.name.as_str());
        let known: Vec<&str> = fields.chain([self.names.id.as_str(), self.names.geometry.as_str()]).collect();
        let hint = closest(name, known.iter().copied()).map_or_else(
            || format!("It has: {}.", known.iter().take(30).copied().collect::<Vec<_>>().join(", ")),
            |near| format!("Did you mean '{near}'?"),
        );
        let place = self.source.place(name);
        invalid(format!("{place}The collection '{}' has no property '{}'. {hint}", self.collection.id, short(name)))
    }

    /// Where the first name in an expression stands.
    fn place_of(&self, expr: &Expr) -> String {
        match expr {
            Expr::Property { property } => self.source.place(property),
            Expr::Operation { op, args } => {
                let own = self.source.place(op);
                if own.is_empty() { args.first().map_or(own, |a| self.place_of(a)) } else { own }
            }
            _ => String::new(),
        }
    }
}

/// Two literals need no feature to be compared.
fn spatial(relation: Relation, a: Place, b: Place) -> Test {
    match (a, b) {
        (Place::Literal { valid: a, .. }, Place::Literal { valid: b, .. }) => {
            Test::Constant(Some(super::predicate::related(relation, &a, &b)))
        }
        // The feature's side comes first: one spelling for one question.
        (a @ Place::Literal { .. }, Place::Own) => Test::Spatial(relation.turned(), Place::Own, a),
        (a, b) => Test::Spatial(relation, a, b),
    }
}

/// Equalities of one value with many become one look into a sorted list, where they are with literals.
fn joined(mut tests: Vec<Test>) -> Test {
    let numbers: Option<Vec<f64>> =
        tests.iter().map(|t| if let Test::Numbers(_, _, Number::Literal(n)) = t { Some(*n) } else { None }).collect();
    let texts: Option<Vec<Box<str>>> = tests
        .iter()
        .map(|t| if let Test::Texts(_, _, Text::Literal(text)) = t { Some(text.clone()) } else { None })
        .collect();
    match (tests.swap_remove(0), numbers, texts) {
        (Test::Numbers(_, value, _), Some(mut list), _) => {
            list.sort_by(f64::total_cmp);
            list.dedup();
            Test::NumberIn(value, list.into())
        }
        (Test::Texts(_, value, _), _, Some(mut list)) => {
            list.sort_unstable();
            list.dedup();
            Test::TextIn(value, list.into())
        }
        (first, _, _) => {
            tests.push(first);
            if tests.len() == 1 { tests.swap_remove(0) } else { Test::any(tests) }
        }
    }
}

/// The beginning of an expression as somebody may have written it.
fn shown(expr: &Expr) -> String {
    match expr {
        Expr::Property { property } => format!("'{}'", short(property)),
        Expr::Literal(text) => format!("the text '{}'", short(text)),
        Expr::Float(n) => format!("the number {n}"),
        Expr::Operation { op, .. } => format!("the result of {}", short(op)),
        Expr::Geometry(_) | Expr::BBox { .. } => "the geometry".into(),
        Expr::Array(_) => "the list".into(),
        Expr::Interval { .. } => "the interval".into(),
        Expr::Date { .. } | Expr::Timestamp { .. } => "the date".into(),
        Expr::Bool(_) => "the truth value".into(),
        Expr::Null => "NULL".into(),
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl From<Period> for Bound {
    fn from(period: Period) -> Self {
        match period {
            Period::Instant(time) => Self::Time(time),
            Period::Interval(start, end) => Self::Interval(start, end),
        }
    }
}
