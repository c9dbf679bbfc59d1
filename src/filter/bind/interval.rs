//! Instants and intervals: the operands of temporal functions.

use super::binder::FilterBinder;
use super::bound_operand::BoundOperand;
use crate::error::Result;
use crate::filter::expression::{CharacterExpression, InstantExpression, TemporalExpression};
use crate::filter::source::invalid_filter;
use crate::filter::syntax::SyntaxTree;

impl FilterBinder<'_> {
    /// Binds an operand of a temporal function.
    pub(super) fn bind_temporal(&mut self, expr: &SyntaxTree, op: &str) -> Result<TemporalExpression> {
        match self.bind_expression(expr)? {
            BoundOperand::Instant(time) => Ok(TemporalExpression::Instant(time)),
            BoundOperand::Interval(start, end) => Ok(TemporalExpression::Interval(start, end)),
            BoundOperand::Text(CharacterExpression::Literal(text)) => {
                Self::parse_instant(&text).map(TemporalExpression::Instant)
            }
            other => {
                Err(self.mismatch_error(expr, &other, &format!("{} compares dates and intervals", op.to_uppercase())))
            }
        }
    }

    /// Binds the two ends of an INTERVAL.
    pub(super) fn bind_interval(&mut self, ends: &[SyntaxTree]) -> Result<TemporalExpression> {
        let [start, end] = ends else {
            return Err(invalid_filter("INTERVAL takes a start and an end; '..' is an open end."));
        };
        let (start, end) = (self.bind_interval_end(start)?, self.bind_interval_end(end)?);
        if let (Some(InstantExpression::Literal(a, _)), Some(InstantExpression::Literal(b, _))) = (&start, &end)
            && a.compare(*b).is_gt()
        {
            return Err(invalid_filter("An interval in the filter ends before it starts. Swap its ends."));
        }
        Ok(TemporalExpression::Interval(start, end))
    }

    fn bind_interval_end(&mut self, expr: &SyntaxTree) -> Result<Option<InstantExpression>> {
        match self.bind_expression(expr)? {
            BoundOperand::Text(CharacterExpression::Literal(text)) if matches!(&*text, ".." | "") => Ok(None),
            BoundOperand::Text(CharacterExpression::Literal(text)) => Self::parse_instant(&text).map(Some),
            BoundOperand::Instant(time) => Ok(Some(time)),
            other => Err(self.mismatch_error(expr, &other, "the ends of an INTERVAL are dates")),
        }
    }
}
