//! Lists for the array functions.

use super::{Binder, operand::Bound};
use crate::error::Result;
use crate::filter::MAX_LIST;
use crate::filter::node::{Item, List, Number, Test, Text, Time};
use crate::filter::source::invalid;
use cql2::Expr;

impl Binder<'_> {
    pub(super) fn list(&mut self, expr: &Expr, op: &str) -> Result<List> {
        match self.bound(expr)? {
            Bound::Field(field) => Ok(List::Field(field)),
            Bound::List(list) => Ok(list),
            other => {
                Err(self.mismatch(expr, &other, &format!("{} compares lists, such as ('a','b')", op.to_uppercase())))
            }
        }
    }

    pub(super) fn items(&mut self, items: &[Box<Expr>]) -> Result<Box<[Item]>> {
        if items.len() > MAX_LIST {
            return Err(invalid(format!(
                "A list in the filter has {} values; at most {MAX_LIST} are read.",
                items.len()
            )));
        }
        items.iter().map(|item| self.item(item)).collect()
    }

    fn item(&mut self, expr: &Expr) -> Result<Item> {
        Ok(match self.bound(expr)? {
            Bound::Text(Text::Literal(text)) => Item::Text(text),
            Bound::Number(Number::Literal(n)) => Item::Number(n),
            Bound::Truth(Test::Constant(Some(b))) => Item::Bool(b),
            Bound::Time(Time::Literal(moment, text)) => Item::Time(moment, text),
            other => {
                return Err(self.mismatch(
                    expr,
                    &other,
                    "the values of a list are text, numbers, dates or truth values",
                ));
            }
        })
    }
}
