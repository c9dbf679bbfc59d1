//! Operands: the value of a literal, a property or a function.

use super::binder::FilterBinder;
use super::bound_operand::BoundOperand;
use crate::collection::FieldType;
use crate::error::{Result, shorten_text};
use crate::filter::arithmetic::ArithmeticOperator;
use crate::filter::expression::{
    ArrayExpression, BooleanExpression, CharacterExpression, GeometryExpression, InstantExpression, NumericExpression,
};
use crate::filter::number::NumberValue;
use crate::filter::source::invalid_filter;
use crate::filter::syntax::SyntaxTree;
use crate::filter::temporal::TimeInstant;
use crate::filter::text_folding::TextFolding;

impl FilterBinder<'_> {
    /// Binds a literal, a property or a value function.
    pub(super) fn bind_operand(&mut self, expr: &SyntaxTree) -> Result<BoundOperand> {
        match expr {
            SyntaxTree::Bool(b) => Ok(BoundOperand::Boolean(BooleanExpression::Constant(Some(*b)))),
            SyntaxTree::Number(n) if n.real().is_finite() => {
                Ok(BoundOperand::Number(NumericExpression::Literal(n.clone())))
            }
            SyntaxTree::Number(_) => Err(invalid_filter("A number in the filter is too large: the limit is 1.8e308.")),
            SyntaxTree::Text(text) => Ok(BoundOperand::Text(CharacterExpression::Literal(text.as_str().into()))),
            SyntaxTree::Null => Ok(BoundOperand::Null),
            SyntaxTree::Property(property) => self.bind_property(property),
            SyntaxTree::Instant(inner) => match &**inner {
                SyntaxTree::Text(text) => Self::parse_instant(text).map(BoundOperand::Instant),
                _ => Err(invalid_filter("DATE and TIMESTAMP take text in quotes, such as DATE('2026-03-01').")),
            },
            SyntaxTree::Interval(interval) => self.bind_interval(interval).map(Into::into),
            SyntaxTree::Geometry(_) | SyntaxTree::BBox(_) => {
                self.bind_geometry_literal(expr).map(BoundOperand::Geometry)
            }
            SyntaxTree::Array(items) => {
                self.bind_elements(items).map(|items| BoundOperand::Array(ArrayExpression::Literal(items)))
            }
            SyntaxTree::Operation { op, args } => self.bind_value(op, args),
        }
    }

    fn bind_property(&self, name: &str) -> Result<BoundOperand> {
        let Some(field) = self.collection.field_index(name) else {
            return match name {
                name if name == self.names.id => Ok(BoundOperand::Text(CharacterExpression::Id)),
                name if name == self.names.geometry => Ok(BoundOperand::Geometry(GeometryExpression::FeatureGeometry)),
                _ => Err(self.unknown_property_error(name)),
            };
        };
        Ok(match self.collection.fields[field].kind {
            FieldType::Text => BoundOperand::Text(CharacterExpression::Field(field)),
            FieldType::Integer | FieldType::Real | FieldType::Decimal => {
                BoundOperand::Number(NumericExpression::Field(field))
            }
            FieldType::Boolean => BoundOperand::Boolean(BooleanExpression::BooleanField(field)),
            FieldType::Date | FieldType::DateTime => BoundOperand::Instant(InstantExpression::Field(field)),
            FieldType::Json => BoundOperand::JsonField(field),
        })
    }

    /// Binds functions and operators that return a value.
    pub(super) fn bind_value(&mut self, op: &str, args: &[SyntaxTree]) -> Result<BoundOperand> {
        if let Some(operator) = ArithmeticOperator::from_operator(op) {
            return self.bind_arithmetic(operator, op, args).map(BoundOperand::Number);
        }
        match op.to_ascii_lowercase().as_str() {
            "casei" => self.bind_folding(TextFolding::Case, op, args),
            "accenti" => self.bind_folding(TextFolding::Accents, op, args),
            "year" => {
                let [inner] = self.exact_arguments(op, args)?;
                match self.bind_expression(inner)? {
                    BoundOperand::Instant(time) => Ok(BoundOperand::Number(NumericExpression::Year(time))),
                    other => Err(self.mismatch_error(inner, &other, "YEAR takes a date")),
                }
            }
            "count" => {
                let [inner] = self.exact_arguments(op, args)?;
                match self.bind_expression(inner)? {
                    BoundOperand::JsonField(field) => Ok(BoundOperand::Number(NumericExpression::Count(field))),
                    other => Err(self.mismatch_error(inner, &other, "COUNT takes a property that holds a list")),
                }
            }
            _ => Err(self.unknown_function_error(op)),
        }
    }

    fn bind_arithmetic(
        &mut self,
        operator: ArithmeticOperator,
        op: &str,
        args: &[SyntaxTree],
    ) -> Result<NumericExpression> {
        let (first, rest) = match args {
            [first, rest @ ..] if !rest.is_empty() => (first, rest),
            _ => return Err(invalid_filter(format!("{}'{op}' takes two numbers.", self.source.name_position(op)))),
        };
        let mut total = self.bind_number(first)?;
        for arg in rest {
            let next = self.bind_number(arg)?;
            total = match (&total, &next) {
                (NumericExpression::Literal(a), NumericExpression::Literal(b)) => {
                    let (x, y) = (NumberValue::Written(a.value()), NumberValue::Written(b.value()));
                    match x.apply_operator(operator, y) {
                        Some(n) => NumericExpression::Literal(n.into()),
                        None => return Err(invalid_filter(format!("{a} {op} {b} is not a number."))),
                    }
                }
                _ => NumericExpression::Arithmetic(operator, Box::new(total), Box::new(next)),
            };
        }
        Ok(total)
    }

    fn bind_number(&mut self, expr: &SyntaxTree) -> Result<NumericExpression> {
        match self.bind_expression(expr)? {
            BoundOperand::Number(number) => Ok(number),
            other => Err(self.mismatch_error(expr, &other, "arithmetic takes numbers")),
        }
    }

    fn bind_folding(&mut self, fold: TextFolding, op: &str, args: &[SyntaxTree]) -> Result<BoundOperand> {
        let [inner] = self.exact_arguments(op, args)?;
        Ok(BoundOperand::Text(match self.bind_expression(inner)? {
            BoundOperand::Text(CharacterExpression::Literal(text)) => {
                CharacterExpression::Literal(fold.fold_text(&text).into())
            }
            BoundOperand::Text(CharacterExpression::Folded(first, text)) => {
                CharacterExpression::Folded(first.combine(fold), text)
            }
            BoundOperand::Text(text) => CharacterExpression::Folded(fold, Box::new(text)),
            other => return Err(self.mismatch_error(inner, &other, "CASEI and ACCENTI take text")),
        }))
    }

    /// Parses a day or an instant.
    pub(super) fn parse_instant(text: &str) -> Result<InstantExpression> {
        let is_day = text.len() == 10;
        let instant = TimeInstant::parse_instant(text).ok_or_else(|| {
            invalid_filter(format!(
                "'{}' is not a date. Write DATE('2026-03-01') or TIMESTAMP('2026-03-01T08:30:00Z').",
                shorten_text(text)
            ))
        })?;
        let canonical =
            text.parse::<jiff::Timestamp>().ok().filter(|_| !is_day).map_or_else(|| text.to_owned(), |t| t.to_string());
        Ok(InstantExpression::Literal(instant, canonical.into()))
    }
}
