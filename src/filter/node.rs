//! A filter after its names and types have been understood: what is compared with what. Only sound combinations can be said here.

use super::fold::Fold;
use super::when::Moment;
use crate::feature::Geometry;
use std::sync::Arc;

/// A condition. Evaluates to true, false or unknown.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    /// `None` is unknown.
    Constant(Option<bool>),
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    /// A true-or-false property as a condition of its own.
    Flag(usize),
    Truths(Order, Box<Test>, Box<Test>),
    Numbers(Order, Number, Number),
    Texts(Order, Text, Text),
    Times(Order, Time, Time),
    /// In a list of literals, sorted.
    NumberIn(Number, Box<[f64]>),
    TextIn(Text, Box<[Box<str>]>),
    Like(Text, Box<str>),
    Null(Operand),
    Spatial(Relation, Place, Place),
    Temporal(Temporal, Period, Period),
    Lists(Sets, List, List),
}

/// What `IS NULL` asks about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    Field(usize),
    Geometry,
    Number(Number),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Number {
    Literal(f64),
    Field(usize),
    Sum(Sum, Box<Number>, Box<Number>),
    /// The year of a date.
    Year(Time),
    /// How many entries a list has.
    Count(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sum {
    Add,
    Subtract,
    Multiply,
    Divide,
    /// The whole part of the quotient.
    Whole,
    Remainder,
    Power,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Text {
    /// Folded already where it stands in a fold.
    Literal(Box<str>),
    Field(usize),
    Id,
    Folded(Fold, Box<Text>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Time {
    /// The moment, and how it is written.
    Literal(Moment, Box<str>),
    Field(usize),
}

/// An instant, or a stretch with ends that may be open.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Period {
    Instant(Time),
    /// `None` is an open end.
    Interval(Option<Time>, Option<Time>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Place {
    /// The feature's own geometry.
    Own,
    /// Degrees, longitude first. As it was written, and, when that was not valid, the valid geometry that it draws.
    Literal { written: Arc<Geometry>, valid: Arc<Geometry> },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum List {
    Field(usize),
    Literal(Box<[Item]>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    Text(Box<str>),
    Number(f64),
    Bool(bool),
    Time(Moment, Box<str>),
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name { $($variant),+ }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name that CQL2 gives it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            pub fn of(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|f| f.name().eq_ignore_ascii_case(name))
            }
        }
    };
}

named!(
    /// How two geometries lie to each other (DE-9IM).
    Relation {
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
    /// How two periods lie to each other.
    Temporal {
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
    /// How two lists, as sets, lie to each other.
    Sets {
        ContainedBy = "A_CONTAINEDBY",
        Contains = "A_CONTAINS",
        Equals = "A_EQUALS",
        Overlaps = "A_OVERLAPS",
    }
);

impl Test {
    /// All of these; what is joined already is joined flat.
    pub fn all(tests: impl IntoIterator<Item = Self>) -> Self {
        let flat = tests.into_iter().flat_map(|t| if let Self::All(inner) = t { inner } else { vec![t] });
        Self::All(flat.collect())
    }

    /// Any of these.
    pub fn any(tests: impl IntoIterator<Item = Self>) -> Self {
        let flat = tests.into_iter().flat_map(|t| if let Self::Any(inner) = t { inner } else { vec![t] });
        Self::Any(flat.collect())
    }
}

impl Relation {
    /// The same with its two sides changed.
    pub fn turned(self) -> Self {
        match self {
            Self::Contains => Self::Within,
            Self::Within => Self::Contains,
            other => other,
        }
    }
}

impl Order {
    pub fn of(op: &str) -> Option<Self> {
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

impl Sum {
    pub fn of(op: &str) -> Option<Self> {
        Some(match op {
            "+" => Self::Add,
            "-" => Self::Subtract,
            "*" => Self::Multiply,
            "/" => Self::Divide,
            "%" => Self::Remainder,
            "^" => Self::Power,
            _ if op.eq_ignore_ascii_case("div") => Self::Whole,
            _ => return None,
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Whole => "div",
            Self::Remainder => "%",
            Self::Power => "^",
        }
    }

    /// `None` where there is no number: division by nothing, and what is beyond all doubles.
    pub fn of_two(self, a: f64, b: f64) -> Option<f64> {
        let found = match self {
            Self::Add => a + b,
            Self::Subtract => a - b,
            Self::Multiply => a * b,
            Self::Divide => a / b,
            Self::Whole => (a / b).trunc(),
            Self::Remainder => a % b,
            Self::Power => a.powf(b),
        };
        found.is_finite().then_some(found)
    }
}
