//! Until when a search may run: its share of the time for the answer, and the budget that may end it earlier. Runs the
//! solver in slices, so that it notices.

use crate::work_budget::WorkBudget;
use microlp::{Error, Problem, Solution, SolveOptions, SolveOutcome};
use std::time::{Duration, Instant};

/// The longest time that the solver runs without a look at the clock.
const SLICE: Duration = Duration::from_millis(20);

/// The end of a search.
#[derive(Debug, Clone)]
pub struct SearchClock {
    until: Instant,
    work: WorkBudget,
}

impl SearchClock {
    #[must_use]
    pub fn new(until: Instant, work: &WorkBudget) -> Self {
        Self { until, work: work.clone() }
    }

    /// Whether the search has to end.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.work.check().is_err() || Instant::now() > self.until
    }

    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// The end of one part of so many of the time that is left.
    #[must_use]
    pub fn share(&self, parts: usize) -> Self {
        let parts = u32::try_from(parts).unwrap_or(u32::MAX).max(1);
        Self { until: Instant::now() + self.time_left() / parts, work: self.work.clone() }
    }

    /// The same, but not before this much time from now.
    #[must_use]
    pub fn at_least(&self, least: Duration) -> Self {
        Self { until: self.until.max(Instant::now() + least), work: self.work.clone() }
    }

    /// Solves a problem, or finds what can be found until the end; `None` when that is no solution.
    ///
    /// # Errors
    /// Those of the solver.
    pub fn solve(&self, problem: &Problem) -> Result<Option<Solution>, Error> {
        let mut options = SolveOptions::default();
        options.time_limit = Some(self.slice());
        let mut outcome = problem.solve_with(options)?;
        while !outcome.is_optimal() && !self.is_over() {
            let mut options = outcome.last_resume_options();
            options.time_limit = Some(self.slice());
            outcome = outcome.resume_with(options)?;
        }
        Ok(match outcome {
            SolveOutcome::Solution(solution) => Some(solution),
            SolveOutcome::Interrupted(_) => None,
        })
    }

    fn slice(&self) -> Duration {
        self.time_left().min(SLICE)
    }
}
