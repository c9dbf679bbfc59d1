//! Lists: the operands of array functions.

use super::binder::FilterBinder;
use super::bound_operand::BoundOperand;
use crate::error::Result;
use crate::filter::expression::{ArrayElement, ArrayExpression};
use crate::filter::limits::MAX_LIST_VALUES;
use crate::filter::source::invalid_filter;
use crate::filter::syntax::SyntaxTree;

impl FilterBinder<'_> {
    /// Binds an operand of an array function.
    pub(super) fn bind_array(&mut self, expr: &SyntaxTree, op: &str) -> Result<ArrayExpression> {
        match self.bind_expression(expr)? {
            BoundOperand::JsonField(field) => Ok(ArrayExpression::Field(field)),
            BoundOperand::Array(list) => Ok(list),
            other => Err(self.mismatch_error(
                expr,
                &other,
                &format!("{} compares lists, such as ('a','b')", op.to_uppercase()),
            )),
        }
    }

    /// Binds the elements of a list.
    pub(super) fn bind_elements(&mut self, items: &[SyntaxTree]) -> Result<Box<[ArrayElement]>> {
        if items.len() > MAX_LIST_VALUES {
            return Err(invalid_filter(format!(
                "A list in the filter has {} values; the limit is {MAX_LIST_VALUES}.",
                items.len()
            )));
        }
        items.iter().map(|item| self.bind_element(item)).collect()
    }

    fn bind_element(&mut self, expr: &SyntaxTree) -> Result<ArrayElement> {
        Ok(match self.bind_expression(expr)? {
            BoundOperand::Text(text) => ArrayElement::Text(text),
            BoundOperand::Number(number) => ArrayElement::Number(number),
            BoundOperand::Boolean(condition) => ArrayElement::Condition(condition),
            BoundOperand::Instant(time) => ArrayElement::Time(time),
            BoundOperand::Array(list) => ArrayElement::List(list),
            BoundOperand::JsonField(field) => ArrayElement::List(ArrayExpression::Field(field)),
            other => {
                return Err(self.mismatch_error(
                    expr,
                    &other,
                    "the values of a list are text, numbers, dates, booleans or lists",
                ));
            }
        })
    }
}
