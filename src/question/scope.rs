//! What a cost covers: the whole action, a part of it, or a programme of several actions that are in the plan themselves.

use super::choose::{Choice, Pick};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The whole action, or nothing else is known.
    Whole,
    /// A grant or a design: of these a share says nothing.
    Part,
    /// Several actions: never added to theirs.
    Programme,
}

/// Why the cost of a programme is left out.
pub const PROGRAMME_COST: &str = "programme_cost";

impl Scope {
    pub fn of(choice: &Choice, pick: &Pick) -> Self {
        match choice.words(pick, "cost_scope").first().map(String::as_str) {
            Some("programme") => Self::Programme,
            None | Some("total" | "unknown") => Self::Whole,
            Some(_) => Self::Part,
        }
    }
}
