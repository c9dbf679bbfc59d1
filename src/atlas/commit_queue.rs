//! The queue of change sets that wait for the store. Everything that changes an index goes through it, in order.

use crate::change::{ChangeSet, CommittedChanges};
use crate::collection::{Collection, CollectionId};
use crate::error::{Error, Result};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};

/// Jobs that may wait; further ones are refused.
const MAX_QUEUED: usize = 4_096;

/// Called once, from a thread of the atlas, with the result of a job.
pub type ReplyCallback<T> = Box<dyn FnOnce(Result<T>) + Send>;

/// The sending end of the queue.
pub(super) struct CommitQueue {
    jobs: SyncSender<QueueJob>,
    retries: Sender<RetryJob>,
}

/// The receiving end of the queue.
pub(super) struct QueueReceiver {
    pub jobs: Receiver<QueueJob>,
    pub retries: Receiver<RetryJob>,
}

pub(super) enum QueueJob {
    /// With the collection as it was when the set was validated: its edits name fields by position.
    Commit(ChangeSet, Option<Arc<Collection>>, ReplyCallback<CommittedChanges>),
    /// Adopts what another program wrote to a collection; the reply is the number of changed features.
    Adopt(CollectionId, ReplyCallback<usize>),
}

/// Validates a change again after it was refused as stale. Runs outside the threads that write and publish, which it
/// would delay.
pub(super) type RetryJob = Box<dyn FnOnce() + Send>;

impl CommitQueue {
    pub(super) fn new() -> (Self, QueueReceiver) {
        let (jobs, queued) = sync_channel(MAX_QUEUED);
        let (retries, stale) = channel();
        (Self { jobs, retries }, QueueReceiver { jobs: queued, retries: stale })
    }

    pub(super) fn push_commit(
        &self,
        set: ChangeSet,
        validated_against: Option<Arc<Collection>>,
        answer: ReplyCallback<CommittedChanges>,
    ) {
        self.push_job(QueueJob::Commit(set, validated_against, answer));
    }

    pub(super) fn push_adopt(&self, id: CollectionId, answer: ReplyCallback<usize>) {
        self.push_job(QueueJob::Adopt(id, answer));
    }

    /// A job that nobody can receive any more is dropped, and with it the reply.
    pub(super) fn push_retry(&self, job: RetryJob) {
        drop(self.retries.send(job));
    }

    fn push_job(&self, job: QueueJob) {
        let (job, error) = match self.jobs.try_send(job) {
            Ok(()) => return,
            Err(TrySendError::Full(job)) => (job, queue_full_error()),
            Err(TrySendError::Disconnected(job)) => (job, plan_closed_error()),
        };
        match job {
            QueueJob::Commit(_, _, answer) => answer(Err(error)),
            QueueJob::Adopt(_, answer) => answer(Err(error)),
        }
    }
}

fn queue_full_error() -> Error {
    Error::Busy("Too many edits are waiting to be written. Try again in a moment.".into())
}

fn plan_closed_error() -> Error {
    Error::Busy("The plan is closing; nothing was written. Try again when it is open.".into())
}

/// Pushes a job and blocks until its reply.
pub(super) fn wait_for_reply<T: Send + 'static>(push: impl FnOnce(ReplyCallback<T>)) -> Result<T> {
    let (sender, receiver) = channel();
    push(Box::new(move |reply| drop(sender.send(reply))));
    receiver.recv().unwrap_or_else(|_| Err(plan_closed_error()))
}
