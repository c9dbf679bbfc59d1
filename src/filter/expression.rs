//! The expression tree of a filter whose names and types are resolved. Its types allow only valid comparisons.

use super::arithmetic::ArithmeticOperator;
use super::number::NumberLiteral;
use super::temporal::TimeInstant;
use super::text_folding::TextFolding;
use crate::crs::round_degrees;
use crate::feature::{Geometry, find_fault};
use crate::work_budget::WorkBudget;
use geo::{MapCoords, RemoveRepeatedPoints};
use geo_types::Coord;
use std::sync::Arc;

/// A condition; evaluates to true, false or unknown.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum BooleanExpression {
    /// `None` is unknown.
    Constant(Option<bool>),
    And(Vec<BooleanExpression>),
    Or(Vec<BooleanExpression>),
    Not(Box<BooleanExpression>),
    /// A boolean property as a condition.
    BooleanField(usize),
    CompareBooleans(ComparisonOperator, Box<BooleanExpression>, Box<BooleanExpression>),
    CompareNumbers(ComparisonOperator, NumericExpression, NumericExpression),
    CompareTexts(ComparisonOperator, CharacterExpression, CharacterExpression),
    CompareTimes(ComparisonOperator, InstantExpression, InstantExpression),
    /// Membership in a sorted list of literals.
    NumberIn(NumericExpression, Box<[NumberLiteral]>),
    TextIn(CharacterExpression, Box<[Box<str>]>),
    Like(CharacterExpression, Box<str>),
    IsNull(NullOperand),
    Spatial(SpatialRelation, GeometryExpression, GeometryExpression),
    TemporalRelation(TemporalRelation, TemporalExpression, TemporalExpression),
    Array(ArrayRelation, ArrayExpression, ArrayExpression),
}

/// The operand of `IS NULL`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum NullOperand {
    Field(usize),
    Geometry,
    Number(NumericExpression),
    Text(CharacterExpression),
    Temporal(TemporalExpression),
    /// Null where the condition is unknown.
    Condition(Box<BooleanExpression>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ComparisonOperator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// An expression with a number as its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum NumericExpression {
    Literal(NumberLiteral),
    Field(usize),
    Arithmetic(ArithmeticOperator, Box<NumericExpression>, Box<NumericExpression>),
    /// `YEAR`: the year of an instant, in UTC.
    Year(InstantExpression),
    /// `COUNT`: the number of entries of a list.
    Count(usize),
}

/// An expression with text as its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CharacterExpression {
    /// Already folded where it is an argument of a folding.
    Literal(Box<str>),
    Field(usize),
    Id,
    Folded(TextFolding, Box<CharacterExpression>),
}

/// An expression with a day or an instant as its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum InstantExpression {
    /// The instant and its text.
    Literal(TimeInstant, Box<str>),
    Field(usize),
}

/// An instant, or an interval whose ends may be open.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TemporalExpression {
    Instant(InstantExpression),
    /// `None` is an open end.
    Interval(Option<InstantExpression>, Option<InstantExpression>),
}

/// An expression with a geometry as its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum GeometryExpression {
    /// The geometry of the feature.
    FeatureGeometry,
    Literal(LiteralGeometry),
}

/// A geometry of the filter in degrees, longitude first, on the grid of stored features. Its rings enclose what they
/// enclose an odd number of times, whether they are valid or not.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LiteralGeometry {
    pub geometry: Arc<Geometry>,
    /// Whether it is valid by OGC Simple Features.
    pub is_valid: bool,
}

/// An expression with a list as its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ArrayExpression {
    Field(usize),
    Literal(Box<[ArrayElement]>),
}

/// An element of a list in the filter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ArrayElement {
    Text(CharacterExpression),
    Number(NumericExpression),
    Condition(BooleanExpression),
    Time(InstantExpression),
    List(ArrayExpression),
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name { $($variant),+ }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name in CQL2.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|f| f.name().eq_ignore_ascii_case(name))
            }
        }
    };
}

named!(
    /// A spatial relation of two geometries (DE-9IM).
    SpatialRelation {
        Contains = "S_CONTAINS",
        Crosses = "S_CROSSES",
        Disjoint = "S_DISJOINT",
        Equals = "S_EQUALS",
        Intersects = "S_INTERSECTS",
        Overlaps = "S_OVERLAPS",
        Touches = "S_TOUCHES",
        Within = "S_WITHIN",
    }
);

named!(
    /// A temporal relation of two intervals (Allen, 1983).
    TemporalRelation {
        After = "T_AFTER",
        Before = "T_BEFORE",
        Contains = "T_CONTAINS",
        Disjoint = "T_DISJOINT",
        During = "T_DURING",
        Equals = "T_EQUALS",
        FinishedBy = "T_FINISHEDBY",
        Finishes = "T_FINISHES",
        Intersects = "T_INTERSECTS",
        Meets = "T_MEETS",
        MetBy = "T_METBY",
        OverlappedBy = "T_OVERLAPPEDBY",
        Overlaps = "T_OVERLAPS",
        StartedBy = "T_STARTEDBY",
        Starts = "T_STARTS",
    }
);

named!(
    /// A relation of two arrays, compared as sets.
    ArrayRelation {
        ContainedBy = "A_CONTAINEDBY",
        Contains = "A_CONTAINS",
        Equals = "A_EQUALS",
        Overlaps = "A_OVERLAPS",
    }
);

impl BooleanExpression {
    /// The conjunction of these; nested conjunctions are flattened.
    pub fn all_of(tests: impl IntoIterator<Item = Self>) -> Self {
        let flat = tests.into_iter().flat_map(|t| if let Self::And(inner) = t { inner } else { vec![t] });
        Self::And(flat.collect())
    }

    /// The disjunction of these; nested disjunctions are flattened.
    pub fn any_of(tests: impl IntoIterator<Item = Self>) -> Self {
        let flat = tests.into_iter().flat_map(|t| if let Self::Or(inner) = t { inner } else { vec![t] });
        Self::Or(flat.collect())
    }
}

impl LiteralGeometry {
    /// The geometry, rounded as features are when they are read.
    pub fn from_degrees(geometry: &Geometry) -> Self {
        let geometry = geometry.map_coords(|c| Coord { x: round_degrees(c.x), y: round_degrees(c.y) });
        let fault = find_fault(&geometry.remove_repeated_points(), &WorkBudget::unlimited());
        Self { is_valid: fault.is_none(), geometry: Arc::new(geometry) }
    }
}

impl SpatialRelation {
    /// The relation with its operands exchanged.
    pub fn swap_sides(self) -> Self {
        match self {
            Self::Contains => Self::Within,
            Self::Within => Self::Contains,
            other => other,
        }
    }
}

impl ComparisonOperator {
    pub fn from_operator(op: &str) -> Option<Self> {
        Some(match op {
            "=" => Self::Equal,
            "<>" => Self::NotEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// Whether the comparison holds for operands in this order.
    pub fn holds(self, found: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => found.is_eq(),
            Self::NotEqual => found.is_ne(),
            Self::Less => found.is_lt(),
            Self::LessOrEqual => found.is_le(),
            Self::Greater => found.is_gt(),
            Self::GreaterOrEqual => found.is_ge(),
        }
    }
}
