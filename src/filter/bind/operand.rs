//! Operands: what a literal, a property or a function gives.

use super::{Binder, short};
use crate::collection::Kind;
use crate::error::Result;
use crate::filter::fold::Fold;
use crate::filter::node::{List, Number, Place, Sum, Test, Text, Time};
use crate::filter::source::invalid;
use crate::filter::when::Moment;
use cql2::Expr;

/// An operand with its type.
pub(super) enum Bound {
    Number(Number),
    Text(Text),
    Time(Time),
    Interval(Option<Time>, Option<Time>),
    Truth(Test),
    Place(Place),
    List(List),
    /// A property that holds a list or an object.
    Field(usize),
    Null,
}

impl Bound {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::Time(_) => "a date",
            Self::Interval(..) => "an interval",
            Self::Truth(_) => "true or false",
            Self::Place(_) => "a geometry",
            Self::List(_) | Self::Field(_) => "a list",
            Self::Null => "NULL",
        }
    }
}

impl Binder<'_> {
    pub(super) fn operand(&mut self, expr: &Expr) -> Result<Bound> {
        match expr {
            Expr::Bool(b) => Ok(Bound::Truth(Test::Constant(Some(*b)))),
            Expr::Float(n) if n.is_finite() => Ok(Bound::Number(Number::Literal(*n))),
            Expr::Float(_) => Err(invalid("A number in the filter is too large. Numbers have at most 308 digits.")),
            Expr::Literal(text) => Ok(Bound::Text(Text::Literal(text.as_str().into()))),
            Expr::Null => Ok(Bound::Null),
            Expr::Property { property } => self.property(property),
            Expr::Date { date: inner } | Expr::Timestamp { timestamp: inner } => match &**inner {
                Expr::Literal(text) => Self::moment(text).map(Bound::Time),
                _ => Err(invalid("DATE and TIMESTAMP take text in quotes, such as DATE('2026-03-01').")),
            },
            Expr::Interval { interval } => self.interval(interval).map(Into::into),
            Expr::Geometry(_) | Expr::BBox { .. } => self.literal_place(expr).map(Bound::Place),
            Expr::Array(items) => self.items(items).map(|items| Bound::List(List::Literal(items))),
            Expr::Operation { op, args } => self.value_of(op, args),
        }
    }

    fn property(&self, name: &str) -> Result<Bound> {
        let Some(field) = self.collection.field(name) else {
            return match name {
                name if name == self.names.id => Ok(Bound::Text(Text::Id)),
                name if name == self.names.geometry => Ok(Bound::Place(Place::Own)),
                _ => Err(self.unknown_property(name)),
            };
        };
        Ok(match self.collection.fields[field].kind {
            Kind::Text => Bound::Text(Text::Field(field)),
            Kind::Integer | Kind::Real | Kind::Decimal => Bound::Number(Number::Field(field)),
            Kind::Boolean => Bound::Truth(Test::Flag(field)),
            Kind::Date | Kind::DateTime => Bound::Time(Time::Field(field)),
            Kind::Json => Bound::Field(field),
        })
    }

    /// Functions and operators that give a value.
    pub(super) fn value_of(&mut self, op: &str, args: &[Box<Expr>]) -> Result<Bound> {
        if let Some(sum) = Sum::of(op) {
            return self.sum(sum, op, args).map(Bound::Number);
        }
        match op.to_ascii_lowercase().as_str() {
            "casei" => self.folded(Fold::Case, op, args),
            "accenti" => self.folded(Fold::Accents, op, args),
            "year" => {
                let [inner] = self.arguments(op, args)?;
                match self.bound(inner)? {
                    Bound::Time(time) => Ok(Bound::Number(Number::Year(time))),
                    other => Err(self.mismatch(inner, &other, "YEAR takes a date")),
                }
            }
            "count" => {
                let [inner] = self.arguments(op, args)?;
                match self.bound(inner)? {
                    Bound::Field(field) => Ok(Bound::Number(Number::Count(field))),
                    other => Err(self.mismatch(inner, &other, "COUNT takes a property that holds a list")),
                }
            }
            _ => Err(self.unknown_function(op)),
        }
    }

    fn sum(&mut self, sum: Sum, op: &str, args: &[Box<Expr>]) -> Result<Number> {
        let (first, rest) = match args {
            [first, rest @ ..] if !rest.is_empty() => (first, rest),
            _ => return Err(invalid(format!("{}'{op}' takes two numbers.", self.source.place(op)))),
        };
        let mut total = self.number(first)?;
        for arg in rest {
            let next = self.number(arg)?;
            total = match (&total, &next) {
                (Number::Literal(a), Number::Literal(b)) => match sum.of_two(*a, *b) {
                    Some(n) => Number::Literal(n),
                    None => return Err(invalid(format!("{a} {op} {b} is not a number."))),
                },
                _ => Number::Sum(sum, Box::new(total), Box::new(next)),
            };
        }
        Ok(total)
    }

    fn number(&mut self, expr: &Expr) -> Result<Number> {
        match self.bound(expr)? {
            Bound::Number(number) => Ok(number),
            other => Err(self.mismatch(expr, &other, "only numbers are added, divided and so on")),
        }
    }

    fn folded(&mut self, fold: Fold, op: &str, args: &[Box<Expr>]) -> Result<Bound> {
        let [inner] = self.arguments(op, args)?;
        Ok(Bound::Text(match self.bound(inner)? {
            Bound::Text(Text::Literal(text)) => Text::Literal(fold.text(&text).into()),
            Bound::Text(Text::Folded(first, text)) => Text::Folded(first.and(fold), text),
            Bound::Text(text) => Text::Folded(fold, Box::new(text)),
            other => return Err(self.mismatch(inner, &other, "CASEI and ACCENTI take text")),
        }))
    }

    /// A day or an instant in quotes.
    pub(super) fn moment(text: &str) -> Result<Time> {
        let day = text.len() == 10;
        let moment = Moment::read(text).ok_or_else(|| {
            invalid(format!(
                "'{}' is no date. Write DATE('2026-03-01') or TIMESTAMP('2026-03-01T08:30:00Z').",
                short(text)
            ))
        })?;
        let written =
            text.parse::<jiff::Timestamp>().ok().filter(|_| !day).map_or_else(|| text.to_owned(), |t| t.to_string());
        Ok(Time::Literal(moment, written.into()))
    }
}
