//! A bounded pool for blocking work, beside the threads that serve connections: so many jobs at once, so many waiting,
//! and for each job a budget that ends the work itself: at the deadline, when its client disconnects, and when the
//! server stops. A place in the pool is free again when the work has really ended.

use super::fair_queue::{FairQueue, JobOwner, QueueLimits, QueueLoad};
use crate::config::ServerLimits;
use crate::error::{Error, Result};
use crate::work_budget::{CancelReason, SharedBudget, WorkBudget, WorkLimits, deadline_error};
use std::sync::Arc;

pub struct WorkerPool {
    queue: Arc<FairQueue>,
    work: WorkLimits,
    shared: Arc<SharedBudget>,
}

/// Cancels the work of a client that does not wait for it any more.
struct CancelGuard(WorkBudget);

impl Drop for CancelGuard {
    fn drop(&mut self) {
        self.0.cancel(CancelReason::ClientGone);
    }
}

impl WorkerPool {
    pub fn new(limits: &ServerLimits) -> Self {
        Self {
            queue: FairQueue::new(QueueLimits { running: limits.max_running, waiting: limits.max_waiting }),
            work: WorkLimits { time: limits.deadline, units: limits.work_units, bytes: limits.work_bytes },
            shared: SharedBudget::new(limits.total_work_bytes),
        }
    }

    /// Runs a job when its turn comes. The job is handed its budget and ends soon after that has stopped; its outcome
    /// is then the reason. A job whose client disconnects while it waits is dropped.
    ///
    /// # Errors
    /// [`Error::Busy`] if the queue is full or the deadline has passed, [`Error::Internal`] if the job panicked; and
    /// what stopped the budget.
    pub async fn run<T: Send + 'static>(
        &self,
        owner: &JobOwner,
        work: impl FnOnce(&WorkBudget) -> T + Send + 'static,
    ) -> Result<T> {
        let finish = move |budget: &WorkBudget| {
            let outcome = work(budget);
            budget.check().map(|()| outcome)
        };
        self.run_to_end(owner, finish).await?
    }

    /// Runs a job whose outcome counts even if its budget stops meanwhile, because it has an effect: an edit.
    ///
    /// # Errors
    /// As [`WorkerPool::run`].
    pub async fn run_to_end<T: Send + 'static>(
        &self,
        owner: &JobOwner,
        work: impl FnOnce(&WorkBudget) -> T + Send + 'static,
    ) -> Result<T> {
        let budget = WorkBudget::new(self.work.clone(), self.shared.clone());
        let guard = CancelGuard(budget.clone());
        let answer = async {
            let permit = self.queue.acquire(owner).await?;
            let job = tokio::task::spawn_blocking(move || {
                let _permit = permit;
                work(&budget)
            });
            job.await.map_err(|e| Error::internal(format!("a job panicked: {e}")))
        };
        let outcome = tokio::time::timeout(self.work.time, answer).await;
        outcome.unwrap_or_else(|_| {
            guard.0.stop(deadline_error(self.work.time));
            Err(deadline_error(self.work.time))
        })
    }

    /// Ends all work, for good.
    pub fn close(&self) {
        self.shared.close();
    }

    /// Jobs waiting or running.
    pub fn pending_count(&self) -> usize {
        let load = self.load();
        load.running + load.waiting
    }

    pub fn load(&self) -> QueueLoad {
        self.queue.load()
    }

    /// The bytes that the jobs have reserved.
    pub fn reserved_bytes(&self) -> usize {
        self.shared.reserved_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;

    fn limits(max_running: usize, max_waiting: usize, deadline: Duration) -> ServerLimits {
        ServerLimits { deadline, max_running, max_waiting, ..ServerLimits::default() }
    }

    #[tokio::test]
    async fn a_job_beyond_the_queue_is_refused() {
        let pool = Arc::new(WorkerPool::new(&limits(1, 0, Duration::from_mins(1))));
        let (release, gate) = mpsc::channel::<()>();
        let (started, begun) = tokio::sync::oneshot::channel();
        let busy = tokio::spawn({
            let pool = pool.clone();
            async move {
                pool.run(&JobOwner::server(), move |_| {
                    let _ = started.send(());
                    gate.recv()
                })
                .await
            }
        });
        begun.await.unwrap();
        assert!(matches!(pool.run(&JobOwner::server(), |_| ()).await, Err(Error::Busy(_))));
        release.send(()).unwrap();
        assert!(busy.await.unwrap().is_ok());
        assert!(pool.run(&JobOwner::server(), |_| 7).await.is_ok_and(|n| n == 7));
        assert_eq!(pool.pending_count(), 0);
    }

    #[tokio::test]
    async fn the_deadline_ends_the_waiting() {
        let pool = WorkerPool::new(&limits(1, 9, Duration::from_millis(20)));
        let (release, gate) = mpsc::channel::<()>();
        assert!(matches!(pool.run(&JobOwner::server(), move |_| gate.recv()).await, Err(Error::Busy(_))));
        drop(release);
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_the_pool_goes_on() {
        let pool = WorkerPool::new(&limits(1, 0, Duration::from_mins(1)));
        assert!(matches!(pool.run(&JobOwner::server(), |_| panic!("on purpose")).await, Err(Error::Internal(_))));
        assert!(pool.run(&JobOwner::server(), |_| ()).await.is_ok());
    }

    /// Works until the budget ends it, and says how it ended.
    fn endless(budget: &WorkBudget) -> Error {
        let mut meter = budget.meter();
        while meter.spend(1) {}
        budget.check().unwrap_err()
    }

    async fn wait_until_idle(pool: &WorkerPool) {
        while pool.pending_count() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_deadline_ends_the_work_and_frees_its_place() {
        let pool = WorkerPool::new(&limits(1, 9, Duration::from_millis(20)));
        let ended = pool.run(&JobOwner::server(), endless).await;
        assert!(matches!(ended, Err(Error::Busy(text)) if text.contains("took longer")));
        wait_until_idle(&pool).await;
        assert!(pool.run(&JobOwner::server(), |_| ()).await.is_ok());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_client_that_disconnects_and_the_end_of_the_server_end_the_work() {
        let pool = Arc::new(WorkerPool::new(&limits(1, 9, Duration::from_mins(1))));
        for close in [false, true] {
            let (report, mut reported) = tokio::sync::mpsc::unbounded_channel();
            let job = tokio::spawn({
                let pool = pool.clone();
                async move {
                    let work = move |budget: &WorkBudget| {
                        let _ = report.send(String::new());
                        let _ = report.send(endless(budget).to_string());
                    };
                    pool.run(&JobOwner::server(), work).await
                }
            });
            assert_eq!(reported.recv().await.as_deref(), Some(""), "the work has begun");
            if close {
                pool.close();
            } else {
                job.abort();
            }
            let reason = reported.recv().await.unwrap();
            assert!(reason.contains(if close { "stopping" } else { "gone away" }), "{reason}");
            wait_until_idle(&pool).await;
        }
    }

    #[tokio::test]
    async fn an_edit_counts_even_if_its_time_is_up_when_it_is_done() {
        let pool = WorkerPool::new(&limits(1, 9, Duration::from_mins(1)));
        let stop = |budget: &WorkBudget| budget.stop(Error::Busy("late".into()));
        assert!(pool.run(&JobOwner::server(), move |b| stop(b)).await.is_err());
        assert!(pool.run_to_end(&JobOwner::server(), move |b| stop(b)).await.is_ok());
    }
}
