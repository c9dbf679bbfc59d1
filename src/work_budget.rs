//! The budget of one piece of work: a deadline, work units and bytes. Code that works for a request spends from it, and
//! stops when it is used up, or when the work is cancelled because the client has disconnected or the server stops.
//!
//! A budget stops once and for all: the result of a loop that stopped early is never used, because the owner of the
//! budget calls [`WorkBudget::check`] at the end and gets the reason as an error. Never starts a thread, and never
//! waits.

use crate::error::{Error, Result, count_noun};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The units that a meter collects before it looks at the clock: some 20 µs of work.
const METER_BATCH: u64 = 2_000;

/// What one piece of work may use.
#[derive(Debug, Clone)]
pub struct WorkLimits {
    /// The time from now, waiting included.
    pub time: Duration,
    /// Work units, each of about 10 ns: comparing two boxes takes one, relating two segments several.
    pub units: u64,
    pub bytes: usize,
}

/// What all work of one pool shares: the bytes that are reserved at the moment, and whether the pool is closed.
#[derive(Debug)]
pub struct SharedBudget {
    bytes: AtomicUsize,
    most_bytes: usize,
    is_closed: AtomicBool,
}

/// The budget of one piece of work. A clone is the same budget.
#[derive(Clone)]
pub struct WorkBudget(Option<Arc<BudgetState>>);

/// Called whenever work looks at its budget; by tests, which measure what lies between.
pub type WorkObserver = Box<dyn Fn(&WorkBudget) + Send + Sync>;

struct BudgetState {
    limits: WorkLimits,
    observer: Option<WorkObserver>,
    deadline: Instant,
    units: AtomicU64,
    bytes: AtomicUsize,
    has_stopped: AtomicBool,
    /// Why the work has to stop: the first reason.
    reason: Mutex<Option<Error>>,
    shared: Arc<SharedBudget>,
}

/// Why work is cancelled from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelReason {
    ClientGone,
    ServerStopping,
}

/// Spends from a budget in batches, for inner loops.
#[derive(Debug)]
pub struct WorkMeter {
    budget: WorkBudget,
    pending: u64,
    /// The units that this meter may still spend, whatever the budget has.
    left: u64,
    has_stopped: bool,
}

/// Bytes that are reserved until this is dropped.
#[derive(Debug)]
pub struct ByteReservation {
    budget: WorkBudget,
    bytes: usize,
}

impl SharedBudget {
    #[must_use]
    pub fn new(most_bytes: usize) -> Arc<Self> {
        Arc::new(Self { bytes: AtomicUsize::new(0), most_bytes, is_closed: AtomicBool::new(false) })
    }

    /// Stops all work, for good.
    pub fn close(&self) {
        self.is_closed.store(true, Relaxed);
    }

    /// The bytes that are reserved at the moment.
    #[must_use]
    pub fn reserved_bytes(&self) -> usize {
        self.bytes.load(Relaxed)
    }
}

impl WorkBudget {
    /// A budget that never ends, for the command line and for what the server does for itself.
    #[must_use]
    pub fn unlimited() -> Self {
        Self(None)
    }

    /// A budget that starts now.
    #[must_use]
    pub fn new(limits: WorkLimits, shared: Arc<SharedBudget>) -> Self {
        Self::with_observer(limits, shared, None)
    }

    /// The same, observed.
    #[must_use]
    pub fn observed(limits: WorkLimits, shared: Arc<SharedBudget>, observer: WorkObserver) -> Self {
        Self::with_observer(limits, shared, Some(observer))
    }

    fn with_observer(limits: WorkLimits, shared: Arc<SharedBudget>, observer: Option<WorkObserver>) -> Self {
        let deadline = Instant::now() + limits.time;
        Self(Some(Arc::new(BudgetState {
            limits,
            observer,
            deadline,
            units: AtomicU64::new(0),
            bytes: AtomicUsize::new(0),
            has_stopped: AtomicBool::new(false),
            reason: Mutex::new(None),
            shared,
        })))
    }

    /// Ends the work from outside.
    pub fn cancel(&self, reason: CancelReason) {
        self.stop(match reason {
            CancelReason::ClientGone => Error::Busy("The client has gone away, and the work for it has ended.".into()),
            CancelReason::ServerStopping => stopping_error(),
        });
    }

    /// Ends the work with this error, unless it has already ended with another. For loops that return no error.
    pub fn stop(&self, error: Error) {
        if let Some(state) = &self.0 {
            let _ = state.stop(error);
        }
    }

    /// Whether the work has to stop, as far as is known without looking at the clock.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.as_ref().is_some_and(|state| state.has_stopped.load(Relaxed))
    }

    /// # Errors
    /// Why the work has to stop: the deadline, too much work or memory, or that it was cancelled.
    pub fn check(&self) -> Result<()> {
        self.spend(0)
    }

    /// Spends work units.
    ///
    /// # Errors
    /// As [`WorkBudget::check`].
    pub fn spend(&self, units: u64) -> Result<()> {
        let Some(state) = &self.0 else { return Ok(()) };
        let spent = state.units.fetch_add(units, Relaxed) + units;
        if let Some(observer) = &state.observer {
            observer(self);
        }
        if state.has_stopped.load(Relaxed) {
            return Err(state.stop(stopping_error()));
        }
        let error = if state.shared.is_closed.load(Relaxed) {
            stopping_error()
        } else if spent > state.limits.units {
            too_much_work_error()
        } else if Instant::now() >= state.deadline {
            deadline_error(state.limits.time)
        } else {
            return Ok(());
        };
        Err(state.stop(error))
    }

    /// Reserves memory before it is used.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when this work would use too much, [`Error::Busy`] when all work together would; and as
    /// [`WorkBudget::check`].
    pub fn reserve(&self, bytes: usize) -> Result<ByteReservation> {
        let mut reservation = ByteReservation { budget: self.clone(), bytes: 0 };
        reservation.grow(bytes)?;
        Ok(reservation)
    }

    /// A meter for a loop.
    #[must_use]
    pub fn meter(&self) -> WorkMeter {
        self.meter_up_to(u64::MAX)
    }

    /// A meter that also stops after so many units of its own.
    #[must_use]
    pub fn meter_up_to(&self, units: u64) -> WorkMeter {
        WorkMeter { budget: self.clone(), pending: 0, left: units, has_stopped: false }
    }

    /// The units that were spent so far.
    #[must_use]
    pub fn spent_units(&self) -> u64 {
        self.0.as_ref().map_or(0, |state| state.units.load(Relaxed))
    }

    /// The bytes that are reserved at the moment.
    #[must_use]
    pub fn reserved_bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |state| state.bytes.load(Relaxed))
    }

    /// When the work has to be done; `None` when it may take as long as it likes.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.0.as_ref().map(|state| state.deadline)
    }
}

impl BudgetState {
    /// Stops for this reason, unless there is one already; the reason why it has stopped.
    fn stop(&self, error: Error) -> Error {
        let mut reason = self.reason.lock().unwrap_or_else(PoisonError::into_inner);
        let first = reason.get_or_insert(error).clone();
        self.has_stopped.store(true, Relaxed);
        first
    }
}

impl fmt::Debug for WorkBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WorkBudget({} units, {} bytes)", self.spent_units(), self.reserved_bytes())
    }
}

impl WorkMeter {
    /// Spends units; false when the work has to stop, and from then on.
    #[inline]
    pub fn spend(&mut self, units: u64) -> bool {
        self.pending += units;
        (self.pending < METER_BATCH && !self.has_stopped) || self.flush()
    }

    /// Whether this meter has stopped, be it at its own limit or at the budget's.
    #[must_use]
    pub fn has_stopped(&self) -> bool {
        self.has_stopped
    }

    #[cold]
    fn flush(&mut self) -> bool {
        let spent = std::mem::take(&mut self.pending);
        self.left = self.left.saturating_sub(spent);
        self.has_stopped |= self.budget.spend(spent).is_err() || self.left == 0;
        !self.has_stopped
    }
}

impl Drop for WorkMeter {
    fn drop(&mut self) {
        // The owner of the budget sees whether it has stopped.
        let _ = self.budget.spend(self.pending);
    }
}

impl ByteReservation {
    /// Reserves more.
    ///
    /// # Errors
    /// As [`WorkBudget::reserve`].
    pub fn grow(&mut self, bytes: usize) -> Result<()> {
        let Some(state) = &self.budget.0 else { return Ok(()) };
        if state.has_stopped.load(Relaxed) {
            return Err(state.stop(stopping_error()));
        }
        self.bytes += bytes;
        let own = state.bytes.fetch_add(bytes, Relaxed) + bytes;
        let all = state.shared.bytes.fetch_add(bytes, Relaxed) + bytes;
        let error = if own > state.limits.bytes {
            too_much_memory_error(state.limits.bytes)
        } else if all > state.shared.most_bytes {
            Error::Busy("The server has no memory left for another request of this size. Try again in a moment.".into())
        } else {
            return Ok(());
        };
        Err(state.stop(error))
    }
}

impl Drop for ByteReservation {
    fn drop(&mut self) {
        if let Some(state) = &self.budget.0 {
            state.bytes.fetch_sub(self.bytes, Relaxed);
            state.shared.bytes.fetch_sub(self.bytes, Relaxed);
        }
    }
}

/// The refusal of work that would take longer than its deadline.
#[must_use]
pub fn deadline_error(limit: Duration) -> Error {
    let limit = count_noun(limit.as_secs(), "second");
    Error::Busy(format!("The request took longer than {limit}. Request less data, or try again."))
}

fn stopping_error() -> Error {
    Error::Busy("The server is stopping. Try again in a moment.".into())
}

fn too_much_work_error() -> Error {
    Error::TooMuchWork(
        "This request is too much work for one answer. Send simpler geometries, a smaller area, a shorter distance or a filter that matches fewer features.".into(),
    )
}

fn too_much_memory_error(limit: usize) -> Error {
    Error::TooLarge(format!(
        "This request needs more than {} MB of memory. Send simpler geometries, a smaller area or a filter that matches fewer features.",
        limit >> 20
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(units: u64, bytes: usize) -> WorkLimits {
        WorkLimits { time: Duration::from_mins(1), units, bytes }
    }

    #[test]
    fn a_budget_stops_once_and_for_all() {
        let budget = WorkBudget::new(limits(100, 100), SharedBudget::new(1000));
        assert!(budget.spend(100).is_ok() && budget.check().is_ok());
        assert!(matches!(budget.spend(1), Err(Error::TooMuchWork(_))));
        budget.cancel(CancelReason::ClientGone);
        assert!(matches!(budget.check(), Err(Error::TooMuchWork(_))), "the first reason stays");
        assert!(budget.reserve(1).is_err());
    }

    #[test]
    fn a_meter_stops_within_a_batch_of_a_cancelled_budget() {
        let budget = WorkBudget::new(limits(u64::MAX, 100), SharedBudget::new(1000));
        let mut meter = budget.meter();
        assert!((0..10_000).all(|_| meter.spend(7)));
        budget.cancel(CancelReason::ServerStopping);
        let more = (0..=2 * METER_BATCH).take_while(|_| meter.spend(1)).count() as u64;
        assert!(more <= METER_BATCH, "{more}");
        assert!(!meter.spend(1));
        let mut short = WorkBudget::unlimited().meter_up_to(50_000);
        assert!((0..=60_000).any(|_| !short.spend(1)) && short.has_stopped());
    }

    #[test]
    fn bytes_are_returned_whatever_happens() {
        let shared = SharedBudget::new(150);
        let (one, two) =
            (WorkBudget::new(limits(9, 100), shared.clone()), WorkBudget::new(limits(9, 100), shared.clone()));
        let held = one.reserve(90).unwrap();
        assert!(matches!(two.reserve(70), Err(Error::Busy(_))), "both together use too much");
        assert_eq!((one.reserved_bytes(), two.reserved_bytes(), shared.reserved_bytes()), (90, 0, 90));
        assert!(matches!(one.reserve(20), Err(Error::TooLarge(_))));
        drop(held);
        assert_eq!((one.reserved_bytes(), shared.reserved_bytes()), (0, 0));
    }

    #[test]
    fn the_deadline_and_the_end_of_the_server_end_the_work() {
        let late = WorkBudget::new(WorkLimits { time: Duration::ZERO, units: 9, bytes: 9 }, SharedBudget::new(9));
        assert!(matches!(late.check(), Err(Error::Busy(text)) if text.contains("longer than")));
        let shared = SharedBudget::new(9);
        let budget = WorkBudget::new(limits(9, 9), shared.clone());
        shared.close();
        assert!(matches!(budget.check(), Err(Error::Busy(text)) if text.contains("stopping")));
    }
}
