//! Instants and intervals.

use super::{Binder, operand::Bound};
use crate::error::Result;
use crate::filter::node::{Period, Text, Time};
use crate::filter::source::invalid;
use cql2::Expr;

impl Binder<'_> {
    pub(super) fn period(&mut self, expr: &Expr, op: &str) -> Result<Period> {
        match self.bound(expr)? {
            Bound::Time(time) => Ok(Period::Instant(time)),
            Bound::Interval(start, end) => Ok(Period::Interval(start, end)),
            Bound::Text(Text::Literal(text)) => Self::moment(&text).map(Period::Instant),
            other => Err(self.mismatch(expr, &other, &format!("{} compares dates and intervals", op.to_uppercase()))),
        }
    }

    pub(super) fn interval(&mut self, ends: &[Box<Expr>]) -> Result<Period> {
        let [start, end] = ends else {
            return Err(invalid("INTERVAL takes a start and an end; '..' is an open one."));
        };
        let (start, end) = (self.end(start)?, self.end(end)?);
        if let (Some(Time::Literal(a, _)), Some(Time::Literal(b, _))) = (&start, &end)
            && a.order(*b).is_gt()
        {
            return Err(invalid("An interval in the filter ends before it starts. Swap its ends."));
        }
        Ok(Period::Interval(start, end))
    }

    fn end(&mut self, expr: &Expr) -> Result<Option<Time>> {
        match self.bound(expr)? {
            Bound::Text(Text::Literal(text)) if matches!(&*text, ".." | "") => Ok(None),
            Bound::Text(Text::Literal(text)) => Self::moment(&text).map(Some),
            Bound::Time(time) => Ok(Some(time)),
            other => Err(self.mismatch(expr, &other, "the ends of an INTERVAL are dates")),
        }
    }
}
