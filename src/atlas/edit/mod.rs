//! Wishes of clients, held against the plan: what passes is a change set that the store can take. A wish that names a feature is
//! judged by the state that is published now, and goes to the store with that state's revision: whoever was first meanwhile makes it
//! stale, and it is judged anew.

mod read;
mod tag;

use super::{Answer, Leaf, Seen};
use crate::access::{Policy, Role, Sight};
use crate::change::{Change, ChangeSet, Done, Edit, Revision};
use crate::collection::{Collection, CollectionId};
use crate::crs::Crs;
use crate::error::{Error, Invalid, Result};
use crate::feature::{Feature, FeatureId};
use crate::index::Snapshot;
use read::Reader;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::Arc;

pub use tag::state_tag;

/// The most edits that may happen together.
pub const MAX_EDITS: usize = 10_000;

/// What somebody wants changed in one collection, all of it or nothing.
pub struct Wishes {
    pub wishes: Vec<Wish>,
    /// What coordinates are in.
    pub crs: Crs,
    pub handling: Handling,
}

/// One wish to change one feature.
pub struct Wish {
    /// Where it stands in what the client sent, as a JSON pointer; empty when it is all of it.
    pub at: String,
    /// Where below that its GeoJSON stands.
    pub within: &'static str,
    pub act: Act,
    /// What the feature must still be.
    pub matching: Option<Matching>,
}

/// What shall become of a feature; ids and GeoJSON as they were sent.
pub enum Act {
    Create(Json),
    Replace {
        id: String,
        feature: Json,
    },
    /// A merge patch (RFC 7396) of its GeoJSON.
    Patch {
        id: String,
        patch: Json,
    },
    Delete {
        id: String,
    },
    /// As it was after this revision.
    Restore {
        id: String,
        revision: Revision,
    },
}

/// What to do about faults that could be passed over: an unknown property, a value that breaks a rule, a height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Handling {
    /// Heights, and what only the service writes, are left out; the rest is refused.
    #[default]
    Usual,
    /// All of them are refused.
    Strict,
    /// What is at fault is left out, and named.
    Lenient,
}

/// The states that a feature may be in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matching {
    Any,
    /// State tags as [`state_tag`] makes them.
    States(Vec<String>),
}

/// Wishes that passed.
pub struct Prepared {
    pub set: ChangeSet,
    /// JSON pointers to what was left out.
    pub left_out: Vec<String>,
}

/// What a wish came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub id: FeatureId,
    /// The feature as it is now; `None` after its end.
    pub feature: Option<Feature>,
}

impl Outcome {
    /// One for each edit, in order.
    #[must_use]
    pub fn all(done: Done) -> Vec<Self> {
        let outcome = |change| match change {
            Change::Put(feature) => Self { id: feature.id.clone(), feature: Some(feature) },
            Change::Removed { id, .. } => Self { id, feature: None },
        };
        done.changes.into_iter().map(outcome).collect()
    }

    #[must_use]
    pub fn state(&self) -> Option<String> {
        self.feature.as_ref().map(state_tag)
    }
}

impl Seen {
    /// Whether this viewer may add to a collection, or change this feature of it.
    #[must_use]
    pub fn may_change(&self, collection: &str, id: Option<&str>) -> bool {
        let Ok(leaf) = self.atlas.leaf(collection) else { return false };
        let Some(id) = id else { return leaf.policy.may_add(&self.viewer) };
        let snapshot = leaf.index.snapshot();
        let Some(slot) = FeatureId::new(id).ok().and_then(|id| snapshot.get(&id)) else { return false };
        let feature = snapshot.feature(slot);
        let is_own = || self.is_own(&snapshot.collection().id, &feature.id);
        leaf.policy.may_edit(&self.viewer, Some(&feature), Some(&feature), is_own).is_ok()
    }

    /// Refuses whoever changes nothing in this collection, before anything is read of what they sent.
    ///
    /// # Errors
    /// [`Error::Denied`] saying what it takes; [`Error::NotFound`].
    pub fn may_write(&self, collection: &str) -> Result<()> {
        let leaf = self.atlas.leaf(collection)?;
        match self.viewer.role() {
            Role::Visitor | Role::Viewer => leaf.policy.may_edit(&self.viewer, None, None, || Ok(false)),
            _ => Ok(()),
        }
    }

    /// Whether this viewer made the feature.
    fn is_own(&self, collection: &CollectionId, id: &FeatureId) -> Result<bool> {
        let versions = self.atlas.shelf.store().history(collection, id)?;
        Ok(versions.first().is_some_and(|v| v.before.is_none() && Some(v.author.as_str()) == self.viewer.login()))
    }

    /// Holds wishes against the plan as it is now.
    ///
    /// # Errors
    /// [`Error::Denied`] for whoever may not; [`Error::NotFound`] and [`Error::Stale`] for features that are not there, or not as they
    /// should be; [`Error::Taken`]; [`Error::Invalid`] for what cannot be understood and [`Error::Broken`] for what breaks rules, with
    /// every place.
    pub fn prepare(&self, collection: &str, wishes: &Wishes) -> Result<Prepared> {
        self.may_write(collection)?;
        let leaf = self.atlas.leaf(collection)?;
        if wishes.wishes.len() > MAX_EDITS {
            return Err(Error::TooLarge(format!(
                "{} edits are too many for one change; {MAX_EDITS} are allowed. Send them as several.",
                wishes.wishes.len()
            )));
        }
        let mut judge = Judge::new(self, &leaf, wishes);
        let edits = wishes.wishes.iter().map(|wish| judge.edit(wish)).collect::<Result<Vec<_>>>()?;
        if !judge.broken.is_empty() {
            return Err(Error::Broken(judge.broken));
        }
        let edits = edits.into_iter().flatten().collect();
        let author = self.viewer.login().unwrap_or("a visitor").to_owned();
        let collection = judge.snapshot.collection().id.clone();
        Ok(Prepared { set: ChangeSet { collection, edits, author }, left_out: judge.left_out })
    }

    /// See [`Atlas::commit_then`](super::Atlas::commit_then); only for what was prepared.
    pub fn commit_then(&self, prepared: Prepared, answer: Answer<Done>) {
        self.atlas.commit_then(prepared.set, answer);
    }

    /// See [`Atlas::catch_up_then`](super::Atlas::catch_up_then).
    pub fn catch_up_then(&self, collection: &CollectionId, answer: Answer<usize>) {
        self.atlas.catch_up_then(collection, answer);
    }
}

/// Judges the wishes of one set, each after those before it.
struct Judge<'a> {
    seen: &'a Seen,
    wishes: &'a Wishes,
    snapshot: Arc<Snapshot>,
    policy: Arc<Policy>,
    sight: Sight,
    /// What features of this set are by now.
    by_now: HashMap<FeatureId, Option<Feature>>,
    broken: Vec<Invalid>,
    left_out: Vec<String>,
}

impl<'a> Judge<'a> {
    fn new(seen: &'a Seen, leaf: &Leaf, wishes: &'a Wishes) -> Self {
        let (snapshot, policy) = (leaf.index.snapshot(), leaf.policy.clone());
        let sight = policy.sight(&seen.viewer);
        Self { seen, wishes, snapshot, policy, sight, by_now: HashMap::new(), broken: vec![], left_out: vec![] }
    }

    fn collection(&self) -> &Arc<Collection> {
        self.snapshot.collection()
    }

    /// `None` when it breaks rules, which are noted.
    fn edit(&mut self, wish: &Wish) -> Result<Option<Edit>> {
        let edit = match &wish.act {
            Act::Create(json) => self.create(json, wish),
            Act::Replace { id, feature } => self.replace(id, feature, wish),
            Act::Patch { id, patch } => self.patch(id, patch, wish),
            Act::Delete { id } => self.delete(id, wish),
            Act::Restore { id, revision } => self.restore(id, *revision, wish),
        };
        edit.map_err(|e| match e {
            e @ (Error::Invalid(_) | Error::Broken(_)) => e.at(&format!("{}{}", wish.at, wish.within)),
            e => e.at(&wish.at),
        })
    }

    fn create(&mut self, json: &Json, wish: &Wish) -> Result<Option<Edit>> {
        let mut reader = self.reader(wish);
        let feature = reader.feature(json)?;
        let (broken, left_out) = reader.end();
        if let Some(feature) = &feature
            && self.now(&feature.id).is_some()
        {
            return Err(Error::Taken(format!(
                "There is a feature '{}' in '{}' already. Choose another id, or change that feature.",
                feature.id,
                self.collection().id
            )));
        }
        self.note(broken, left_out);
        let Some(feature) = feature else { return Ok(None) };
        self.may(None, Some(&feature))?;
        self.by_now.insert(feature.id.clone(), Some(feature.clone()));
        Ok(Some(Edit::Create(feature)))
    }

    fn replace(&mut self, id: &str, json: &Json, wish: &Wish) -> Result<Option<Edit>> {
        let (before, base) = self.present(id, wish)?;
        let mut reader = self.reader(wish);
        let after = reader.replacement(&before, json)?;
        let (broken, left_out) = reader.end();
        self.note(broken, left_out);
        let Some(after) = after else { return Ok(None) };
        self.may(Some(&before), Some(&after))?;
        Ok(Some(self.put(before, after, base)))
    }

    fn patch(&mut self, id: &str, patch: &Json, wish: &Wish) -> Result<Option<Edit>> {
        let (before, base) = self.present(id, wish)?;
        let mut reader = self.reader(wish);
        let after = reader.patched(&before, patch)?;
        let (broken, left_out) = reader.end();
        self.note(broken, left_out);
        let Some(after) = after else { return Ok(None) };
        self.may(Some(&before), Some(&after))?;
        Ok(Some(self.put(before, after, base)))
    }

    fn delete(&mut self, id: &str, wish: &Wish) -> Result<Option<Edit>> {
        let (before, base) = self.present(id, wish)?;
        self.may(Some(&before), None)?;
        self.by_now.insert(before.id.clone(), None);
        Ok(Some(Edit::Delete { id: before.id, base }))
    }

    fn restore(&mut self, id: &str, revision: Revision, wish: &Wish) -> Result<Option<Edit>> {
        let id = FeatureId::new(id).map_err(|_| self.missing(id))?;
        let base = match (self.now(&id), &wish.matching) {
            (None, None) => None,
            _ => self.present(id.as_str(), wish)?.1,
        };
        let versions = self.seen.atlas.shelf.store().history(&self.collection().id, &id)?;
        let then = versions.into_iter().rfind(|v| v.revision <= revision).and_then(|v| v.after);
        let Some(then) = then else {
            return Err(Error::Refused(format!(
                "There was no feature '{id}' after revision {revision}. Choose a revision of its history at which it was there."
            )));
        };
        self.may(self.now(&id).as_ref(), Some(&then))?;
        self.by_now.insert(id.clone(), Some(then));
        Ok(Some(Edit::Restore { id, revision, base }))
    }

    /// Only what differs goes to the store, which may know a place more exactly than it is published.
    fn put(&mut self, before: Feature, after: Feature, base: Option<Revision>) -> Edit {
        let moved = !tag::same_place(before.geometry.as_ref(), after.geometry.as_ref());
        let values = after.values.iter().enumerate().filter(|(i, v)| before.values.get(*i) != Some(v));
        let edit = Edit::Patch {
            id: before.id.clone(),
            base,
            geometry: moved.then(|| after.geometry.clone()),
            values: values.map(|(i, v)| (i, v.clone())).collect(),
        };
        self.by_now.insert(before.id, Some(after));
        edit
    }

    fn may(&self, before: Option<&Feature>, after: Option<&Feature>) -> Result<()> {
        let id = before.or(after).map(|f| &f.id);
        let is_own = || match id {
            Some(id) => self.seen.is_own(&self.collection().id, id),
            None => Ok(false),
        };
        self.policy.may_edit(&self.seen.viewer, before, after, is_own)
    }

    /// The feature as it is now, and the revision to hold it to.
    fn present(&self, id: &str, wish: &Wish) -> Result<(Feature, Option<Revision>)> {
        let found = FeatureId::new(id).ok().and_then(|id| self.now(&id)).filter(|f| self.sight.admits(f));
        let Some(feature) = found else {
            return Err(match &wish.matching {
                Some(_) => Error::Stale(format!("There is no feature '{id}' any more, so that it cannot match.")),
                None => self.missing(id),
            });
        };
        match &wish.matching {
            Some(Matching::States(states)) if !states.contains(&state_tag(&feature)) => {
                return Err(Error::Stale(format!(
                    "The feature '{id}' is not as you last saw it: somebody changed it since. Read it again and repeat your change."
                )));
            }
            _ => {}
        }
        Ok((feature, Some(self.snapshot.revision())))
    }

    fn now(&self, id: &FeatureId) -> Option<Feature> {
        match self.by_now.get(id) {
            Some(known) => known.clone(),
            None => self.snapshot.get(id).map(|slot| self.snapshot.feature(slot)),
        }
    }

    fn missing(&self, id: &str) -> Error {
        Error::NotFound(format!("'{}' has no feature '{id}'.", self.collection().id))
    }

    fn reader(&self, wish: &Wish) -> Reader<'a> {
        let at = format!("{}{}", wish.at, wish.within);
        Reader::new(&self.seen.atlas, self.snapshot.collection().clone(), self.wishes, at)
    }

    fn note(&mut self, broken: Vec<Invalid>, left_out: Vec<String>) {
        self.broken.extend(broken);
        self.left_out.extend(left_out);
    }
}
