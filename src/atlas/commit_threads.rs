//! The threads behind the commit queue. One writes change sets to the store, as many in one transaction as are waiting;
//! a second publishes what was written and replies, while the first waits for the disk again; a third validates refused
//! changes again.

use super::Atlas;
use super::collection_state::CollectionState;
use super::commit_queue::{QueueJob, QueueReceiver, ReplyCallback};
use crate::change::{ChangeSet, CommittedChanges, FeatureChange, GroupCommitOutcome};
use crate::collection::{Collection, CollectionId};
use crate::error::{Error, Result};
use crate::store::PlanFinding;
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, PoisonError, Weak};
use std::thread;
use std::time::Instant;

/// The most change sets in one transaction.
const MAX_COMMIT_GROUP: usize = 512;
/// Groups that may be on disk and not yet published.
const MAX_UNPUBLISHED: usize = 2;

/// What the writing thread hands to the publishing thread.
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
    /// A collection that was loaded again; `None` when the store no longer has it.
    Reloaded {
        id: CollectionId,
        state: Option<Arc<CollectionState>>,
        answer: ReplyCallback<usize>,
    },
}

/// Starts the threads. They end when the atlas is dropped.
pub(super) fn start_threads(atlas: &Arc<Atlas>, receiver: QueueReceiver) -> Result<()> {
    let (written, to_publish) = sync_channel(MAX_UNPUBLISHED);
    let (writer, publisher) = (Arc::downgrade(atlas), Arc::downgrade(atlas));
    let QueueReceiver { jobs, retries } = receiver;
    let start = |name: &str, work: Box<dyn FnOnce() + Send>| {
        thread::Builder::new().name(name.into()).spawn(work).map(drop).map_err(Error::internal)
    };
    start("atlas-write", Box::new(move || write_jobs(&writer, &jobs, &written)))?;
    start("atlas-publish", Box::new(move || publish_jobs(&publisher, &to_publish)))?;
    start("atlas-retry", Box::new(move || retries.iter().for_each(|retry| retry())))
}

fn write_jobs(atlas: &Weak<Atlas>, jobs: &Receiver<QueueJob>, done: &SyncSender<WrittenJob>) {
    let mut next_job = None;
    let mut definitions = ReloadedDefinitions::default();
    while let Some(job) = next_job.take().or_else(|| jobs.recv().ok()) {
        let Some(atlas) = atlas.upgrade() else { return };
        let written = match job {
            QueueJob::Adopt(id, answer) => {
                let adopted = atlas.adopt_changes(id, answer);
                definitions.remember(adopted.as_ref());
                adopted
            }
            QueueJob::Commit(set, validated_against, answer) => {
                if definitions.is_outdated(&set, validated_against.as_ref()) {
                    answer(Err(Error::Stale("The fields of the collection have changed.".into())));
                    continue;
                }
                // Threads that are about to push a change set get to do so: one more set in a transaction costs less
                // than one more transaction.
                thread::yield_now();
                let (mut sets, mut answers) = (vec![set], vec![answer]);
                next_job = collect_waiting_sets(jobs, &definitions, &mut sets, &mut answers);
                let start = Instant::now();
                let committed = atlas.plan_file.store().commit_all(&sets);
                atlas.metrics.count_commit(start.elapsed());
                match committed {
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

/// Takes the change sets that are waiting, up to a job of another kind, which it returns.
fn collect_waiting_sets(
    jobs: &Receiver<QueueJob>,
    definitions: &ReloadedDefinitions,
    sets: &mut Vec<ChangeSet>,
    answers: &mut Vec<ReplyCallback<CommittedChanges>>,
) -> Option<QueueJob> {
    while sets.len() < MAX_COMMIT_GROUP {
        match jobs.try_recv() {
            Ok(QueueJob::Commit(set, validated_against, answer))
                if !definitions.is_outdated(&set, validated_against.as_ref()) =>
            {
                sets.push(set);
                answers.push(answer);
            }
            Ok(other) => return Some(other),
            Err(_) => break,
        }
    }
    None
}

/// The collections that were loaded again, as they are written now: what is published may be older.
#[derive(Default)]
struct ReloadedDefinitions(BTreeMap<CollectionId, Arc<Collection>>);

impl ReloadedDefinitions {
    fn remember(&mut self, written: Option<&WrittenJob>) {
        if let Some(WrittenJob::Reloaded { id, state: Some(state), .. }) = written {
            self.0.insert(id.clone(), state.index.snapshot().collection().clone());
        }
    }

    /// Whether a set was validated against another definition of its collection.
    fn is_outdated(&self, set: &ChangeSet, validated_against: Option<&Arc<Collection>>) -> bool {
        let present = self.0.get(&set.collection);
        present.zip(validated_against).is_some_and(|(now, then)| !Arc::ptr_eq(now, then) && now != then)
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
                atlas.log_row_findings(&id, done.changes.is_empty());
                answer(Ok(done.changes.len()));
            }
            WrittenJob::Reloaded { id, state, answer } => {
                let count = state.as_ref().map_or(0, |state| state.index.snapshot().len());
                atlas.replace_state(&id, state);
                answer(Ok(count));
            }
        }
    }
}

/// What another program did to a collection.
enum ExternalChanges {
    Features(CommittedChanges),
    /// The table was replaced, has other fields now, or is gone.
    Collection(Option<Arc<CollectionState>>),
}

impl Atlas {
    fn adopt_changes(&self, id: CollectionId, answer: ReplyCallback<usize>) -> Option<WrittenJob> {
        match self.read_external_changes(&id) {
            Ok(ExternalChanges::Features(done)) => Some(WrittenJob::Adopted { id, done, answer }),
            Ok(ExternalChanges::Collection(state)) => Some(WrittenJob::Reloaded { id, state, answer }),
            Err(e) => {
                answer(Err(e));
                None
            }
        }
    }

    fn read_external_changes(&self, id: &CollectionId) -> Result<ExternalChanges> {
        let Some(collection) = self.plan_file.collections()?.into_iter().find(|c| c.id == *id) else {
            return Ok(ExternalChanges::Collection(None));
        };
        let same = |state: Arc<CollectionState>| *state.index.snapshot().collection().as_ref() == collection;
        match (self.plan_file.store().adopt_external_changes(id), self.collection_state(id.as_str()).is_ok_and(same)) {
            (Ok((revision, changes)), true) => Ok(ExternalChanges::Features(CommittedChanges { revision, changes })),
            (Ok(_) | Err(Error::Stale(_)), _) => {
                let state = CollectionState::load(&self.plan_file, &self.model, collection)?;
                state.log_findings();
                Ok(ExternalChanges::Collection(Some(Arc::new(state))))
            }
            (Err(e), _) => Err(e),
        }
    }

    /// Publishes one new snapshot of each collection that changed.
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

    /// Tells what rows that another program has just changed do not show.
    fn log_row_findings(&self, id: &CollectionId, is_unchanged: bool) {
        let Ok(state) = self.collection_state(id.as_str()) else { return };
        if is_unchanged {
            return;
        }
        match state.refresh_findings(&self.plan_file) {
            Ok(new) => new.iter().for_each(PlanFinding::log),
            Err(e) => tracing::debug!("could not read what is not shown of '{id}': {e}"),
        }
    }

    fn replace_state(&self, id: &CollectionId, state: Option<Arc<CollectionState>>) {
        let revision = state.as_ref().map_or(0, |state| state.index.snapshot().revision());
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
