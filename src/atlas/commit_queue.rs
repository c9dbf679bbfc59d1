//! Where change sets queue up. One thread writes them to the store, as many at once as have come together; another publishes what
//! was written and answers, while the first waits for the disk again. Whatever changes an index goes through here, in order.

use super::{Atlas, CollectionState, read_collection};
use crate::change::{ChangeSet, CommittedChanges, FeatureChange, GroupCommitOutcome};
use crate::collection::CollectionId;
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;

/// Change sets that may wait; more are sent away.
const MAX_QUEUED: usize = 4_096;
/// Change sets written in one go at most.
const MAX_COMMIT_GROUP: usize = 512;
/// Groups that are on disk and not yet published.
const MAX_UNPUBLISHED: usize = 2;

/// Called once, from a thread of the desk, when a change set is durable and published, or refused.
pub type ReplyCallback<T> = Box<dyn FnOnce(Result<T>) + Send>;

/// The way in.
pub(super) struct CommitQueue {
    jobs: Mutex<SyncSender<QueueJob>>,
}

enum QueueJob {
    Commit(ChangeSet, ReplyCallback<CommittedChanges>),
    /// Something was written by another program; how many features changed is answered.
    Adopt(CollectionId, ReplyCallback<usize>),
}

enum WrittenJob {
    Group {
        sets: Vec<ChangeSet>,
        group: GroupCommitOutcome,
        answers: Vec<ReplyCallback<CommittedChanges>>,
    },
    Adopted {
        id: CollectionId,
        done: CommittedChanges,
        answer: ReplyCallback<usize>,
    },
    /// The collection as it is now, read anew; `None` when it is gone.
    Reloaded {
        id: CollectionId,
        leaf: Option<Arc<CollectionState>>,
        answer: ReplyCallback<usize>,
    },
}

impl CommitQueue {
    /// The desk, and what [`CommitQueue::open`] needs when the atlas is there.
    pub(super) fn new() -> (Self, QueueReceiver) {
        let (jobs, receiver) = sync_channel(MAX_QUEUED);
        (Self { jobs: Mutex::new(jobs) }, QueueReceiver(receiver))
    }

    pub(super) fn push_commit(&self, set: ChangeSet, answer: ReplyCallback<CommittedChanges>) {
        self.push_job(QueueJob::Commit(set, answer));
    }

    pub(super) fn push_adopt(&self, id: CollectionId, answer: ReplyCallback<usize>) {
        self.push_job(QueueJob::Adopt(id, answer));
    }

    fn push_job(&self, job: QueueJob) {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (job, error) = match jobs.try_send(job) {
            Ok(()) => return,
            Err(TrySendError::Full(job)) => (job, busy_error()),
            Err(TrySendError::Disconnected(job)) => (job, closed_error()),
        };
        match job {
            QueueJob::Commit(_, answer) => answer(Err(error)),
            QueueJob::Adopt(_, answer) => answer(Err(error)),
        }
    }
}

fn busy_error() -> Error {
    Error::Busy("Too many edits are waiting to be written. Try again in a moment.".into())
}

fn closed_error() -> Error {
    Error::Busy("The plan is being closed; nothing was written. Try again when it is open.".into())
}

/// Asks the desk and waits for the answer.
pub(super) fn wait_for_reply<T: Send + 'static>(push: impl FnOnce(ReplyCallback<T>)) -> Result<T> {
    let (sender, receiver) = channel();
    push(Box::new(move |answer| drop(sender.send(answer))));
    receiver.recv().unwrap_or_else(|_| Err(closed_error()))
}

/// The other end of the queue.
pub(super) struct QueueReceiver(Receiver<QueueJob>);

impl QueueReceiver {
    /// Starts the two threads. They end when the atlas is gone.
    pub(super) fn start_threads(self, atlas: &Arc<Atlas>) -> Result<()> {
        let (done, to_publish) = sync_channel(MAX_UNPUBLISHED);
        let (writer, publisher) = (Arc::downgrade(atlas), Arc::downgrade(atlas));
        let jobs = self.0;
        let start = |name: &str, work: Box<dyn FnOnce() + Send>| {
            thread::Builder::new().name(name.into()).spawn(work).map(drop).map_err(Error::internal)
        };
        start("atlas-write", Box::new(move || write_jobs(&writer, &jobs, &done)))?;
        start("atlas-publish", Box::new(move || publish_jobs(&publisher, &to_publish)))
    }
}

fn write_jobs(atlas: &Weak<Atlas>, jobs: &Receiver<QueueJob>, done: &SyncSender<WrittenJob>) {
    let mut ahead = None;
    while let Some(job) = ahead.take().or_else(|| jobs.recv().ok()) {
        let Some(atlas) = atlas.upgrade() else { return };
        let written = match job {
            QueueJob::Adopt(id, answer) => atlas.adopt_changes(id, answer),
            QueueJob::Commit(set, answer) => {
                // Who is about to send a change set comes along: writing one more costs less than writing once more.
                thread::yield_now();
                let (mut sets, mut answers) = (vec![set], vec![answer]);
                while sets.len() < MAX_COMMIT_GROUP {
                    match jobs.try_recv() {
                        Ok(QueueJob::Commit(set, answer)) => {
                            sets.push(set);
                            answers.push(answer);
                        }
                        Ok(other) => {
                            ahead = Some(other);
                            break;
                        }
                        Err(_) => break,
                    }
                }
                match atlas.plan_file.store().commit_all(&sets) {
                    Ok(group) => Some(WrittenJob::Group { sets, group, answers }),
                    Err(e) => {
                        answers.into_iter().for_each(|answer| answer(Err(e.clone())));
                        None
                    }
                }
            }
        };
        drop(atlas);
        if written.is_some_and(|written| done.send(written).is_err()) {
            return;
        }
    }
}

fn publish_jobs(atlas: &Weak<Atlas>, written: &Receiver<WrittenJob>) {
    while let Ok(written) = written.recv() {
        let Some(atlas) = atlas.upgrade() else { return };
        match written {
            WrittenJob::Group { sets, group, answers } => {
                atlas.publish_group(&sets, &group);
                answers.into_iter().zip(group.results).for_each(|(answer, done)| answer(done));
            }
            WrittenJob::Adopted { id, done, answer } => {
                atlas.publish_changes(&id, &[&done]);
                answer(Ok(done.changes.len()));
            }
            WrittenJob::Reloaded { id, leaf: state, answer } => {
                let count = state.as_ref().map_or(0, |l| l.index.snapshot().len());
                atlas.replace_state(&id, state);
                answer(Ok(count));
            }
        }
    }
}

impl Atlas {
    /// What others did to a collection, out of the store.
    fn adopt_changes(&self, id: CollectionId, answer: ReplyCallback<usize>) -> Option<WrittenJob> {
        let found = || -> Result<std::result::Result<CommittedChanges, Option<Arc<CollectionState>>>> {
            let Some(collection) = self.plan_file.collections()?.into_iter().find(|c| c.id == id) else {
                return Ok(Err(None));
            };
            let same = |state: Arc<CollectionState>| *state.index.snapshot().collection().as_ref() == collection;
            match (
                self.plan_file.store().adopt_external_changes(&id),
                self.collection_state(id.as_str()).is_ok_and(same),
            ) {
                (Ok((revision, changes)), true) => Ok(Ok(CommittedChanges { revision, changes })),
                // The table was replaced as a whole, or has other fields now: it is read anew.
                (Ok(_) | Err(Error::Stale(_)), _) => {
                    Ok(Err(Some(Arc::new(read_collection(&self.plan_file, &self.model, collection)?))))
                }
                (Err(e), _) => Err(e),
            }
        };
        match found() {
            Ok(Ok(done)) => Some(WrittenJob::Adopted { id, done, answer }),
            Ok(Err(state)) => Some(WrittenJob::Reloaded { id, leaf: state, answer }),
            Err(e) => {
                answer(Err(e));
                None
            }
        }
    }

    /// One new snapshot for each collection that changed.
    fn publish_group(&self, sets: &[ChangeSet], group: &GroupCommitOutcome) {
        let mut by_collection: BTreeMap<&CollectionId, Vec<&CommittedChanges>> = BTreeMap::new();
        for (id, done) in &group.external_changes {
            by_collection.entry(id).or_default().push(done);
        }
        for (set, done) in sets.iter().zip(&group.results) {
            by_collection.entry(&set.collection).or_default().extend(done.as_ref().ok());
        }
        for (id, done) in by_collection {
            self.publish_changes(id, &done);
        }
    }

    fn publish_changes(&self, id: &CollectionId, all: &[&CommittedChanges]) {
        let Ok(state) = self.collection_state(id.as_str()) else { return };
        let changes: Vec<FeatureChange> = all.iter().flat_map(|done| &done.changes).cloned().collect();
        if let Some(last) = all.last().filter(|_| !changes.is_empty()) {
            let before = state.index.snapshot();
            state.publish_changes(&changes, last.revision);
            self.change_feed.publish_changes(id, &before, all);
        }
    }

    fn replace_state(&self, id: &CollectionId, state: Option<Arc<CollectionState>>) {
        let revision = state.as_ref().map_or(0, |l| l.index.snapshot().revision());
        let mut states = self.states.write().unwrap_or_else(PoisonError::into_inner);
        match state {
            Some(state) => drop(states.insert(id.clone(), state)),
            None => drop(states.remove(id)),
        }
        drop(states);
        self.tiles.clear();
        self.change_feed.publish_reset(id, revision);
    }
}
