//! An operand of a filter whose names are bound to fields and whose type is known.

use crate::filter::expression::{
    ArrayExpression, BooleanExpression, CharacterExpression, GeometryExpression, InstantExpression, NumericExpression,
    TemporalExpression,
};

/// An operand with its type.
pub(super) enum BoundOperand {
    Number(NumericExpression),
    Text(CharacterExpression),
    Instant(InstantExpression),
    Interval(Option<InstantExpression>, Option<InstantExpression>),
    Boolean(BooleanExpression),
    Geometry(GeometryExpression),
    Array(ArrayExpression),
    /// A property that holds a list or an object.
    JsonField(usize),
    Null,
}

impl BoundOperand {
    /// The type as messages name it: `a number`.
    pub fn describe_type(&self) -> &'static str {
        match self {
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::Instant(_) => "a date",
            Self::Interval(..) => "an interval",
            Self::Boolean(_) => "true or false",
            Self::Geometry(_) => "a geometry",
            Self::Array(_) | Self::JsonField(_) => "a list",
            Self::Null => "NULL",
        }
    }
}

impl From<TemporalExpression> for BoundOperand {
    fn from(expression: TemporalExpression) -> Self {
        match expression {
            TemporalExpression::Instant(time) => Self::Instant(time),
            TemporalExpression::Interval(start, end) => Self::Interval(start, end),
        }
    }
}
