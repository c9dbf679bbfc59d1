//! The operators of arithmetic.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ArithmeticOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    /// The quotient, truncated towards zero.
    IntegerDivide,
    Remainder,
    Power,
}

impl ArithmeticOperator {
    pub fn from_operator(op: &str) -> Option<Self> {
        Some(match op {
            "+" => Self::Add,
            "-" => Self::Subtract,
            "*" => Self::Multiply,
            "/" => Self::Divide,
            "%" => Self::Remainder,
            "^" => Self::Power,
            _ if op.eq_ignore_ascii_case("div") => Self::IntegerDivide,
            _ => return None,
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::IntegerDivide => "div",
            Self::Remainder => "%",
            Self::Power => "^",
        }
    }
}
