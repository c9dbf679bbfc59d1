//! Where change sets queue up. One thread writes them to the store, as many at once as have come together; another publishes what
//! was written and answers, while the first waits for the disk again. Whatever changes an index goes through here, in order.

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
/// Groups that are on disk and not yet published.
const UNPUBLISHED: usize = 2;

/// Called once, from a thread of the desk, when a change set is durable and published, or refused.
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

enum Written {
    Group {
        sets: Vec<ChangeSet>,
        group: Group,
        answers: Vec<Answer<Done>>,
    },
    Adopted {
        id: CollectionId,
        done: Done,
        answer: Answer<usize>,
    },
    /// The collection as it is now, read anew; `None` when it is gone.
    Anew {
        id: CollectionId,
        leaf: Option<Arc<Leaf>>,
        answer: Answer<usize>,
    },
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
    /// Starts the two threads. They end when the atlas is gone.
    pub(super) fn open(self, atlas: &Arc<Atlas>) -> Result<()> {
        let (done, to_publish) = sync_channel(UNPUBLISHED);
        let (writer, publisher) = (Arc::downgrade(atlas), Arc::downgrade(atlas));
        let jobs = self.0;
        let start = |name: &str, work: Box<dyn FnOnce() + Send>| {
            thread::Builder::new().name(name.into()).spawn(work).map(drop).map_err(Error::internal)
        };
        start("atlas-write", Box::new(move || write_all(&writer, &jobs, &done)))?;
        start("atlas-publish", Box::new(move || publish_all(&publisher, &to_publish)))
    }
}

fn write_all(atlas: &Weak<Atlas>, jobs: &Receiver<Job>, done: &SyncSender<Written>) {
    let mut ahead = None;
    while let Some(job) = ahead.take().or_else(|| jobs.recv().ok()) {
        let Some(atlas) = atlas.upgrade() else { return };
        let written = match job {
            Job::Adopt(id, answer) => atlas.take_over(id, answer),
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
                match atlas.shelf.store().commit_all(&sets) {
                    Ok(group) => Some(Written::Group { sets, group, answers }),
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

fn publish_all(atlas: &Weak<Atlas>, written: &Receiver<Written>) {
    while let Ok(written) = written.recv() {
        let Some(atlas) = atlas.upgrade() else { return };
        match written {
            Written::Group { sets, group, answers } => {
                atlas.publish_group(&sets, &group);
                answers.into_iter().zip(group.answers).for_each(|(answer, done)| answer(done));
            }
            Written::Adopted { id, done, answer } => {
                atlas.publish(&id, &[&done]);
                answer(Ok(done.changes.len()));
            }
            Written::Anew { id, leaf, answer } => {
                let count = leaf.as_ref().map_or(0, |l| l.index.snapshot().len());
                atlas.replace_leaf(&id, leaf);
                answer(Ok(count));
            }
        }
    }
}

impl Atlas {
    /// What others did to a collection, out of the store.
    fn take_over(&self, id: CollectionId, answer: Answer<usize>) -> Option<Written> {
        let found = || -> Result<std::result::Result<Done, Option<Arc<Leaf>>>> {
            let Some(collection) = self.shelf.collections()?.into_iter().find(|c| c.id == id) else {
                return Ok(Err(None));
            };
            let same = |leaf: Arc<Leaf>| *leaf.index.snapshot().collection().as_ref() == collection;
            match (self.shelf.store().adopt(&id), self.leaf(id.as_str()).is_ok_and(same)) {
                (Ok((revision, changes)), true) => Ok(Ok(Done { revision, changes })),
                // The table was replaced as a whole, or has other fields now: it is read anew.
                (Ok(_) | Err(Error::Stale(_)), _) => {
                    Ok(Err(Some(Arc::new(read(&self.shelf, &self.model, collection)?))))
                }
                (Err(e), _) => Err(e),
            }
        };
        match found() {
            Ok(Ok(done)) => Some(Written::Adopted { id, done, answer }),
            Ok(Err(leaf)) => Some(Written::Anew { id, leaf, answer }),
            Err(e) => {
                answer(Err(e));
                None
            }
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
