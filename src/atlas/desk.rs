//! Where change sets queue up. One thread writes them to the store, as many at once as have come together, publishes them and answers.
//! Whatever changes an index goes through here, in order.

use super::{Atlas, Leaf, read};
use crate::change::{Change, ChangeSet, Done, Group};
use crate::collection::CollectionId;
use crate::error::{Error, Result};
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;

/// Change sets that may wait; more are sent away.
const WAITING: usize = 4_096;
/// Change sets written in one go at most.
const TOGETHER: usize = 512;

/// Called once, from the thread of the desk, when a change set is durable and published, or refused.
pub type Answer<T> = Box<dyn FnOnce(Result<T>) + Send>;

/// The way in.
pub(super) struct Desk {
    jobs: Mutex<SyncSender<Job>>,
}

enum Job {
    Commit(ChangeSet, Answer<Done>),
    /// Something was written by another program; how many features changed is answered.
    Adopt(CollectionId, Answer<usize>),
}

impl Desk {
    /// The desk, and what [`Desk::open`] needs when the atlas is there.
    pub(super) fn new() -> (Self, Opening) {
        let (jobs, come) = sync_channel(WAITING);
        (Self { jobs: Mutex::new(jobs) }, Opening(come))
    }

    pub(super) fn commit(&self, set: ChangeSet, answer: Answer<Done>) {
        self.send(Job::Commit(set, answer));
    }

    pub(super) fn adopt(&self, id: CollectionId, answer: Answer<usize>) {
        self.send(Job::Adopt(id, answer));
    }

    fn send(&self, job: Job) {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (job, error) = match jobs.try_send(job) {
            Ok(()) => return,
            Err(TrySendError::Full(job)) => (job, busy()),
            Err(TrySendError::Disconnected(job)) => (job, closed()),
        };
        match job {
            Job::Commit(_, answer) => answer(Err(error)),
            Job::Adopt(_, answer) => answer(Err(error)),
        }
    }
}

fn busy() -> Error {
    Error::Busy("Too many edits are waiting to be written. Try again in a moment.".into())
}

fn closed() -> Error {
    Error::Busy("The plan is being closed; nothing was written. Try again when it is open.".into())
}

/// Asks the desk and waits for the answer.
pub(super) fn wait<T: Send + 'static>(ask: impl FnOnce(Answer<T>)) -> Result<T> {
    let (say, hear) = channel();
    ask(Box::new(move |answer| drop(say.send(answer))));
    hear.recv().unwrap_or_else(|_| Err(closed()))
}

/// The other end of the queue.
pub(super) struct Opening(Receiver<Job>);

impl Opening {
    /// Starts the thread. It ends when the atlas is gone.
    pub(super) fn open(self, atlas: &Arc<Atlas>) -> Result<()> {
        let (atlas, jobs) = (Arc::downgrade(atlas), self.0);
        let work = move || work_off(&atlas, &jobs);
        thread::Builder::new().name("atlas-desk".into()).spawn(work).map(drop).map_err(Error::internal)
    }
}

fn work_off(atlas: &Weak<Atlas>, jobs: &Receiver<Job>) {
    let mut ahead = None;
    while let Some(job) = ahead.take().or_else(|| jobs.recv().ok()) {
        let Some(atlas) = atlas.upgrade() else { return };
        match job {
            Job::Adopt(id, answer) => answer(atlas.take_over(&id)),
            Job::Commit(set, answer) => {
                // Who is about to send a change set comes along: writing one more costs less than writing once more.
                thread::yield_now();
                let (mut sets, mut answers) = (vec![set], vec![answer]);
                while sets.len() < TOGETHER {
                    match jobs.try_recv() {
                        Ok(Job::Commit(set, answer)) => {
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
                atlas.write(&sets, answers);
            }
        }
    }
}

impl Atlas {
    /// Writes change sets in one go, publishes what was written, and answers.
    fn write(&self, sets: &[ChangeSet], answers: Vec<Answer<Done>>) {
        match self.shelf.store().commit_all(sets) {
            Ok(group) => {
                self.publish_group(sets, &group);
                answers.into_iter().zip(group.answers).for_each(|(answer, done)| answer(done));
            }
            Err(e) => answers.into_iter().for_each(|answer| answer(Err(e.clone()))),
        }
    }

    /// Publishes what others did to a collection, out of the store; how many features changed.
    fn take_over(&self, id: &CollectionId) -> Result<usize> {
        let Some(collection) = self.shelf.collections()?.into_iter().find(|c| c.id == *id) else {
            self.replace_leaf(id, None);
            return Ok(0);
        };
        let same = |leaf: Arc<Leaf>| *leaf.index.snapshot().collection().as_ref() == collection;
        match (self.shelf.store().adopt(id), self.leaf(id.as_str()).is_ok_and(same)) {
            (Ok((revision, changes)), true) => {
                let done = Done { revision, changes };
                self.publish(id, &[&done]);
                Ok(done.changes.len())
            }
            // The table was replaced as a whole, or has other fields now: it is read anew.
            (Ok(_) | Err(Error::Stale(_)), _) => {
                let leaf = Arc::new(read(&self.shelf, &self.model, collection)?);
                let count = leaf.index.snapshot().len();
                self.replace_leaf(id, Some(leaf));
                Ok(count)
            }
            (Err(e), _) => Err(e),
        }
    }

    /// One new snapshot for each collection that changed.
    fn publish_group(&self, sets: &[ChangeSet], group: &Group) {
        let mut by_collection: BTreeMap<&CollectionId, Vec<&Done>> = BTreeMap::new();
        for (id, done) in &group.others {
            by_collection.entry(id).or_default().push(done);
        }
        for (set, done) in sets.iter().zip(&group.answers) {
            by_collection.entry(&set.collection).or_default().extend(done.as_ref().ok());
        }
        for (id, done) in by_collection {
            self.publish(id, &done);
        }
    }

    fn publish(&self, id: &CollectionId, all: &[&Done]) {
        let Ok(leaf) = self.leaf(id.as_str()) else { return };
        let changes: Vec<Change> = all.iter().flat_map(|done| &done.changes).cloned().collect();
        if let Some(last) = all.last().filter(|_| !changes.is_empty()) {
            let before = leaf.index.snapshot();
            leaf.publish(&changes, last.revision);
            self.news.tell(id, &before, all);
        }
    }

    fn replace_leaf(&self, id: &CollectionId, leaf: Option<Arc<Leaf>>) {
        let revision = leaf.as_ref().map_or(0, |l| l.index.snapshot().revision());
        let mut leaves = self.leaves.write().unwrap_or_else(PoisonError::into_inner);
        match leaf {
            Some(leaf) => drop(leaves.insert(id.clone(), leaf)),
            None => drop(leaves.remove(id)),
        }
        drop(leaves);
        self.tiles.clear();
        self.news.tell_anew(id, revision);
    }
}
