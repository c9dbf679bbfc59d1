//! What happened: the versions of a feature, and everything that changed since some revision.

use super::ViewerPlan;
use super::change_feed::{ChangeFeed, FeatureTransition, FeedEntry};
use crate::access::AccessScope;
use crate::change::{FeatureVersion, LogPage, LogPosition};
use crate::collection::Collection;
use crate::error::{Error, Result};
use crate::feature::{BoundingBox, Feature, FeatureId, bbox_of};
use std::sync::Arc;

impl ViewerPlan {
    /// The versions of a feature that this viewer may see, oldest first, in the fields of the collection that is returned with
    /// them. A deleted feature has them, too.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what was never there, or is not there for them.
    pub fn feature_history(&self, collection: &str, id: &str) -> Result<(Arc<Collection>, Vec<FeatureVersion>)> {
        let scope = self.access_scope(collection)?;
        let missing = || Error::NotFound(format!("There has never been a feature '{id}' in '{collection}'."));
        let id = FeatureId::new(id).map_err(|_| missing())?;
        let versions = self.atlas.plan_file.store().read_history(&scope.collection().id, &id)?;
        let visible: Vec<FeatureVersion> =
            versions.into_iter().filter_map(|v| self.visible_version(&scope, v)).collect();
        if visible.is_empty() {
            return Err(missing());
        }
        Ok((scope.collection().clone(), visible))
    }

    /// What changed in a collection behind a place in its log, as this viewer may see it: what goes out of their sight was removed for
    /// them, what comes into it was made.
    ///
    /// # Errors
    /// [`Error::Gone`] when that is not known any more.
    pub fn changes_since(
        &self,
        collection: &str,
        from: LogPosition,
        limit: usize,
    ) -> Result<(Arc<Collection>, LogPage)> {
        let scope = self.access_scope(collection)?;
        let mut page =
            self.atlas.plan_file.store().read_change_log(&scope.collection().id, from, limit).map_err(|e| match e {
                Error::Stale(sentence) => Error::Gone(sentence),
                e => e,
            })?;
        page.versions = page.versions.into_iter().filter_map(|v| self.visible_version(&scope, v)).collect();
        Ok((scope.collection().clone(), page))
    }
}

impl ViewerPlan {
    /// A version as this viewer sees it; `None` when nothing of it is there for them. The public learns what changed, not who did it.
    fn visible_version(&self, scope: &AccessScope, version: FeatureVersion) -> Option<FeatureVersion> {
        let strip = |feature: Option<Feature>| feature.and_then(|f| scope.redact_feature(f));
        let (before, after) = (strip(version.before), strip(version.after));
        let author = self.viewer().login().map_or_else(|| "somebody".to_owned(), |_| version.author);
        (before.is_some() || after.is_some()).then_some(FeatureVersion { author, before, after, ..version })
    }
}

impl ViewerPlan {
    /// What changes, as it happens; each piece must still be [`ViewerPlan::visible_change`].
    #[must_use]
    pub fn change_feed(&self) -> &ChangeFeed {
        self.atlas.change_feed()
    }

    /// News as somebody may hear it: the ids and the box around all that is there for them before or after. `None` when nothing is.
    #[must_use]
    pub fn visible_change(&self, entry: &FeedEntry) -> Option<VisibleChange> {
        let everything = || VisibleChange { ids: vec![], bbox: None };
        // A collection that is gone has nothing left to hide.
        let Ok(scope) = self.access_scope(entry.collection.as_str()) else { return Some(everything()) };
        let Some(transitions) = &entry.changes else { return Some(everything()) };
        let admitted = |f: &Option<Feature>| f.as_ref().is_some_and(|f| scope.admits_feature(f));
        let visible: Vec<&FeatureTransition> =
            transitions.iter().filter(|t| admitted(&t.before) || admitted(&t.after)).collect();
        if visible.is_empty() {
            return None;
        }
        // Where something is that they may not see stays unsaid.
        let place =
            |f: &Option<Feature>| f.as_ref().filter(|f| scope.admits_feature(f))?.geometry.as_ref().and_then(bbox_of);
        let boxes = visible.iter().flat_map(|t| [place(&t.before), place(&t.after)]).flatten();
        Some(VisibleChange {
            bbox: boxes.reduce(BoundingBox::union),
            ids: visible.iter().map(|t| t.id.clone()).collect(),
        })
    }
}

/// One piece of news for one listener.
#[derive(Debug, Clone, PartialEq)]
pub struct VisibleChange {
    /// None when all of the collection may be another.
    pub ids: Vec<FeatureId>,
    pub bbox: Option<BoundingBox>,
}
