//! A bounded pool for blocking work, beside the threads that serve connections: so many jobs at once, so many waiting,
//! and a deadline.

use crate::config::ServerLimits;
use crate::error::count_noun;
use crate::error::{Error, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::Semaphore;

pub struct WorkerPool {
    permits: Arc<Semaphore>,
    /// Jobs waiting or running.
    pending: AtomicUsize,
    capacity: usize,
    deadline: Duration,
}

/// Counts a job as pending until it is done, has timed out, or its client has disconnected.
struct PendingGuard<'a>(&'a AtomicUsize);

impl Drop for PendingGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl WorkerPool {
    pub fn new(limits: &ServerLimits) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(limits.max_running)),
            pending: AtomicUsize::new(0),
            capacity: limits.max_running + limits.max_waiting,
            deadline: limits.deadline,
        }
    }

    /// Runs a job when its turn comes. A job whose client disconnects while it waits is dropped.
    ///
    /// # Errors
    /// [`Error::Busy`] if the queue is full or the deadline has passed, [`Error::Internal`] if the job panicked.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let before = self.pending.fetch_add(1, Relaxed);
        let _pending = PendingGuard(&self.pending);
        if before >= self.capacity {
            return Err(Error::Busy("The server has too many requests waiting. Try again in a moment.".into()));
        }
        let answer = async {
            let permit = self.permits.clone().acquire_owned().await.map_err(Error::internal)?;
            let job = tokio::task::spawn_blocking(move || {
                let _permit = permit;
                work()
            });
            job.await.map_err(|e| Error::internal(format!("a job panicked: {e}")))
        };
        tokio::time::timeout(self.deadline, answer).await.unwrap_or_else(|_| {
            let limit = count_noun(self.deadline.as_secs(), "second");
            Err(Error::Busy(format!("The request took longer than {limit}. Request less data, or try again.")))
        })
    }

    /// Jobs waiting or running.
    pub fn pending_count(&self) -> usize {
        self.pending.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

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
                pool.run(move || {
                    let _ = started.send(());
                    gate.recv()
                })
                .await
            }
        });
        begun.await.unwrap();
        assert!(matches!(pool.run(|| ()).await, Err(Error::Busy(_))));
        release.send(()).unwrap();
        assert!(busy.await.unwrap().is_ok());
        assert!(pool.run(|| 7).await.is_ok_and(|n| n == 7));
        assert_eq!(pool.pending_count(), 0);
    }

    #[tokio::test]
    async fn the_deadline_ends_the_waiting() {
        let pool = WorkerPool::new(&limits(1, 9, Duration::from_millis(20)));
        let (release, gate) = mpsc::channel::<()>();
        assert!(matches!(pool.run(move || gate.recv()).await, Err(Error::Busy(_))));
        drop(release);
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_the_pool_goes_on() {
        let pool = WorkerPool::new(&limits(1, 0, Duration::from_mins(1)));
        assert!(matches!(pool.run(|| panic!("on purpose")).await, Err(Error::Internal(_))));
        assert!(pool.run(|| ()).await.is_ok());
    }
}
