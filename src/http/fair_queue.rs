//! Who runs next: at most so many jobs at once, and of each client at most a share of them. Clients that wait take
//! turns, so that one who sends much delays only itself. Knows nothing of what a job is.

use super::client_limits::ClientKey;
use crate::error::{Error, Result, count_noun};
use crate::query::Query;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// What kind of job a request is; a client's jobs of one kind do not wait for those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// A tile or page that the index finds quickly.
    Read,
    /// A tile or page with a filter, which may be slow for every feature.
    Search,
    /// A planning question.
    Question,
    Edit,
}

/// Whose job it is. Jobs without a client are the server's own, of which no client has a share.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobOwner {
    pub client: Option<ClientKey>,
    pub kind: JobKind,
}

/// How many jobs may run and wait.
#[derive(Debug, Clone, Copy)]
pub struct QueueLimits {
    pub running: usize,
    pub waiting: usize,
}

/// The jobs of a pool at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QueueLoad {
    pub running: usize,
    pub waiting: usize,
    /// How long the job that waits longest has waited.
    pub oldest_wait: Duration,
    /// The same, of clients of which no job runs: they wait for others.
    pub starved_wait: Duration,
}

pub struct FairQueue {
    limits: QueueLimits,
    state: Mutex<QueueState>,
}

#[derive(Default)]
struct QueueState {
    running: usize,
    /// Of those that run, searches and questions.
    running_slow: usize,
    waiting: usize,
    owners: HashMap<JobOwner, OwnerShare>,
    /// The owners with jobs that wait, the next one first.
    turns: VecDeque<JobOwner>,
    next_ticket: u64,
}

#[derive(Default)]
struct OwnerShare {
    running: usize,
    waiting: VecDeque<WaitingJob>,
}

struct WaitingJob {
    ticket: u64,
    since: Instant,
    admit: oneshot::Sender<RunPermit>,
}

/// The right to run one job, until this is dropped.
pub struct RunPermit {
    /// `None` once it is returned.
    queue: Option<Arc<FairQueue>>,
    owner: JobOwner,
}

/// Takes a job out of the queue when its caller stops waiting.
struct WaitGuard<'a> {
    queue: &'a FairQueue,
    owner: &'a JobOwner,
    ticket: u64,
}

impl JobKind {
    /// The kind of a request for features.
    #[must_use]
    pub fn of_query(query: &Query) -> Self {
        if query.filter.is_some() { Self::Search } else { Self::Read }
    }

    /// Whether jobs of this kind may run long.
    fn is_slow(self) -> bool {
        matches!(self, Self::Search | Self::Question)
    }
}

impl JobOwner {
    /// The owner of a job that the server does for itself.
    #[must_use]
    pub fn server() -> Self {
        Self { client: None, kind: JobKind::Read }
    }
}

impl QueueLimits {
    /// The most jobs of one client and kind that run at once.
    fn running_share(self) -> usize {
        (self.running / 2).max(1)
    }

    /// The most slow jobs of all clients together that run at once: the other places are left for tiles and pages.
    fn running_slow(self) -> usize {
        (self.running - self.running.div_ceil(4)).max(1)
    }

    /// The most jobs of one client and kind that wait.
    fn waiting_share(self) -> usize {
        self.waiting.div_ceil(2)
    }
}

impl FairQueue {
    pub fn new(limits: QueueLimits) -> Arc<Self> {
        Arc::new(Self { limits, state: Mutex::default() })
    }

    /// Waits until a job of this owner may run.
    ///
    /// # Errors
    /// [`Error::Busy`] at once when the queue, or the owner's share of it, is full.
    pub async fn acquire(self: &Arc<Self>, owner: &JobOwner) -> Result<RunPermit> {
        let (ticket, admitted) = {
            let mut state = self.lock();
            if self.may_run(&state, owner) {
                return Ok(self.start(&mut state, owner));
            }
            self.check_room(&state, owner)?;
            let (admit, admitted) = oneshot::channel();
            (state.add_waiting(owner, admit), admitted)
        };
        let _guard = WaitGuard { queue: self, owner, ticket };
        admitted.await.map_err(Error::internal)
    }

    #[must_use]
    pub fn load(&self) -> QueueLoad {
        let state = self.lock();
        let waited = |share: &OwnerShare| share.waiting.front().map_or(Duration::ZERO, |job| job.since.elapsed());
        let all = || state.owners.values();
        QueueLoad {
            running: state.running,
            waiting: state.waiting,
            oldest_wait: all().map(waited).max().unwrap_or_default(),
            starved_wait: all().filter(|share| share.running == 0).map(waited).max().unwrap_or_default(),
        }
    }

    fn check_room(&self, state: &QueueState, owner: &JobOwner) -> Result<()> {
        if state.waiting >= self.limits.waiting {
            return Err(Error::Busy("The server has too many requests waiting. Try again in a moment.".into()));
        }
        let own = state.owners.get(owner).map_or(0, |share| share.waiting.len());
        if owner.client.is_some() && own >= self.limits.waiting_share() {
            let own = count_noun(own as u64, "request");
            return Err(Error::Busy(format!("You have {own} waiting. Wait for the responses before you send more.")));
        }
        Ok(())
    }

    fn may_run(&self, state: &QueueState, owner: &JobOwner) -> bool {
        let own = state.owners.get(owner).map_or(0, |share| share.running);
        state.running < self.limits.running
            && (owner.client.is_none() || own < self.limits.running_share())
            && (!owner.kind.is_slow() || state.running_slow < self.limits.running_slow())
    }

    fn start(self: &Arc<Self>, state: &mut QueueState, owner: &JobOwner) -> RunPermit {
        state.running += 1;
        state.running_slow += usize::from(owner.kind.is_slow());
        state.owners.entry(owner.clone()).or_default().running += 1;
        RunPermit { queue: Some(self.clone()), owner: owner.clone() }
    }

    /// Starts the jobs that may run now, one of each owner in turn.
    fn start_waiting(self: &Arc<Self>, state: &mut QueueState) {
        let mut passed_over = 0;
        while passed_over < state.turns.len() && state.running < self.limits.running {
            let Some(owner) = state.turns.pop_front() else { return };
            if !self.may_run(state, &owner) {
                passed_over += 1;
                state.turns.push_back(owner);
                continue;
            }
            let share = state.owners.entry(owner.clone()).or_default();
            let Some(job) = share.waiting.pop_front() else { continue };
            if !share.waiting.is_empty() {
                state.turns.push_back(owner.clone());
            }
            state.waiting -= 1;
            passed_over = 0;
            if let Err(mut refused) = job.admit.send(self.start(state, &owner)) {
                // Nobody waits for it any more. The lock is held, so the permit is returned here.
                refused.queue = None;
                state.finish(&owner);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl QueueState {
    fn add_waiting(&mut self, owner: &JobOwner, admit: oneshot::Sender<RunPermit>) -> u64 {
        self.next_ticket += 1;
        self.waiting += 1;
        let share = self.owners.entry(owner.clone()).or_default();
        if share.waiting.is_empty() {
            self.turns.push_back(owner.clone());
        }
        share.waiting.push_back(WaitingJob { ticket: self.next_ticket, since: Instant::now(), admit });
        self.next_ticket
    }

    fn finish(&mut self, owner: &JobOwner) {
        self.running -= 1;
        self.running_slow -= usize::from(owner.kind.is_slow());
        if let Some(share) = self.owners.get_mut(owner) {
            share.running -= 1;
        }
        self.forget_idle(owner);
    }

    fn remove_waiting(&mut self, owner: &JobOwner, ticket: u64) {
        let Some(share) = self.owners.get_mut(owner) else { return };
        let before = share.waiting.len();
        share.waiting.retain(|job| job.ticket != ticket);
        if share.waiting.len() < before {
            self.waiting -= 1;
            if share.waiting.is_empty() {
                self.turns.retain(|turn| turn != owner);
            }
        }
        self.forget_idle(owner);
    }

    fn forget_idle(&mut self, owner: &JobOwner) {
        if self.owners.get(owner).is_some_and(|share| share.running == 0 && share.waiting.is_empty()) {
            self.owners.remove(owner);
        }
    }
}

impl Drop for RunPermit {
    fn drop(&mut self) {
        if let Some(queue) = self.queue.take() {
            let mut state = queue.lock();
            state.finish(&self.owner);
            queue.start_waiting(&mut state);
        }
    }
}

impl Drop for WaitGuard<'_> {
    fn drop(&mut self) {
        self.queue.lock().remove_waiting(self.owner, self.ticket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(login: &str, kind: JobKind) -> JobOwner {
        JobOwner { client: Some(ClientKey::Login(login.into())), kind }
    }

    fn queue(running: usize, waiting: usize) -> Arc<FairQueue> {
        FairQueue::new(QueueLimits { running, waiting })
    }

    /// Whether a job of this owner may run at once.
    async fn try_acquire(queue: &Arc<FairQueue>, owner: &JobOwner) -> Option<RunPermit> {
        let acquired = tokio::time::timeout(Duration::from_millis(5), queue.acquire(owner)).await;
        acquired.ok().and_then(Result::ok)
    }

    #[tokio::test]
    async fn one_client_holds_half_of_the_pool_at_most() {
        let queue = queue(8, 100);
        let greedy = owner("a", JobKind::Question);
        let mut held = vec![];
        while let Some(permit) = try_acquire(&queue, &greedy).await {
            held.push(permit);
        }
        assert_eq!(held.len(), 4);
        assert!(try_acquire(&queue, &owner("b", JobKind::Read)).await.is_some());
        assert!(try_acquire(&queue, &owner("a", JobKind::Read)).await.is_some(), "its own tiles do not wait");
        while let Some(permit) = try_acquire(&queue, &owner("b", JobKind::Search)).await {
            held.push(permit);
        }
        assert_eq!(held.len(), 6, "a quarter is left for what is quick");
        held.clear();
        assert_eq!(queue.load(), QueueLoad::default());
        assert!(queue.lock().owners.is_empty(), "nobody is remembered");
    }

    #[tokio::test]
    async fn clients_that_wait_take_turns() {
        let queue = queue(1, 100);
        let running = queue.acquire(&owner("a", JobKind::Read)).await.unwrap();
        let order = Arc::new(Mutex::new(vec![]));
        let mut jobs = vec![];
        for name in ["a", "a", "a", "b", "c"] {
            let (queue_of_job, order) = (queue.clone(), order.clone());
            jobs.push(tokio::spawn(async move {
                let permit = queue_of_job.acquire(&owner(name, JobKind::Read)).await.unwrap();
                order.lock().unwrap().push(name);
                drop(permit);
            }));
            while queue.load().waiting < jobs.len() {
                tokio::task::yield_now().await;
            }
        }
        drop(running);
        for job in jobs {
            job.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), ["a", "b", "c", "a", "a"]);
    }

    #[tokio::test]
    async fn who_stops_waiting_leaves_the_queue() {
        let queue = queue(1, 4);
        let running = queue.acquire(&owner("a", JobKind::Read)).await.unwrap();
        assert!(try_acquire(&queue, &owner("b", JobKind::Read)).await.is_none());
        assert_eq!(queue.load().waiting, 0);
        drop(running);
        assert_eq!(queue.load(), QueueLoad::default());
        assert!(try_acquire(&queue, &owner("b", JobKind::Read)).await.is_some());
    }

    #[tokio::test]
    async fn a_client_fills_half_of_the_queue_at_most() {
        let queue = queue(1, 4);
        let _running = queue.acquire(&owner("a", JobKind::Read)).await.unwrap();
        let mut waits = vec![];
        for _ in 0..2 {
            let queue = queue.clone();
            waits.push(tokio::spawn(async move { queue.acquire(&owner("a", JobKind::Read)).await.map(drop) }));
        }
        while queue.load().waiting < 2 {
            tokio::task::yield_now().await;
        }
        let refused = queue.acquire(&owner("a", JobKind::Read)).await;
        assert!(matches!(refused, Err(Error::Busy(text)) if text.contains("You have 2 requests waiting")));
        let load = queue.load();
        assert!(load.oldest_wait > Duration::ZERO && load.starved_wait == Duration::ZERO, "it waits for itself");
        waits.iter().for_each(tokio::task::JoinHandle::abort);
    }
}
