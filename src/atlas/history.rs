//! The history as a viewer may see it: versions of a feature, the change log of a collection, entries of the change
//! feed.

use super::ViewerPlan;
use super::change_feed::{ChangeFeed, FeatureTransition, FeedEntry};
use crate::access::AccessScope;
use crate::change::{FeatureVersion, HistoryPage, HistoryQuery, LogPage, LogPosition};
use crate::collection::Collection;
use crate::error::{Error, Result};
use crate::feature::{BoundingBox, Feature, FeatureId, bbox_of};
use std::sync::Arc;

impl ViewerPlan {
    /// A page of the versions of a feature that this viewer may see, with the collection as they see it. A deleted
    /// feature has versions, too.
    ///
    /// # Errors
    /// [`Error::NotFound`] when no such feature ever existed, and equally when this viewer may see no version of it.
    pub fn feature_history(
        &self,
        collection: &str,
        id: &str,
        query: HistoryQuery,
    ) -> Result<(Arc<Collection>, HistoryPage)> {
        let scope = self.access_scope(collection)?;
        let missing = || Error::NotFound(format!("There has never been a feature '{id}' in '{collection}'."));
        let id = FeatureId::new(id).map_err(|_| missing())?;
        let page = self.visible_page(&scope, &id, query).map_err(|e| match e {
            Error::NotFound(_) => missing(),
            e => e,
        })?;
        // Past the last version of a feature that the viewer sees, a page is empty.
        let start = HistoryQuery { after: None, ..query };
        if page.versions.is_empty()
            && (query.after.is_none() || self.visible_page(&scope, &id, start)?.versions.is_empty())
        {
            return Err(missing());
        }
        Ok((scope.collection().clone(), page))
    }

    /// The next versions that are visible: those that are hidden take no place on the page.
    fn visible_page(&self, scope: &AccessScope, id: &FeatureId, mut query: HistoryQuery) -> Result<HistoryPage> {
        let (store, limit) = (self.atlas.plan_file.store(), query.limit);
        let mut versions = Vec::new();
        loop {
            let page = store.read_history_page(&scope.collection().id, id, &query)?;
            versions.extend(page.versions.into_iter().filter_map(|v| self.visible_version(scope, v)));
            if versions.len() >= limit || page.next.is_none() {
                return Ok(HistoryPage { versions, next: page.next });
            }
            query = HistoryQuery { after: page.next, limit: limit - versions.len(), ..query };
        }
    }

    /// The change log of a collection after a position, as this viewer may see it: a feature that becomes invisible to
    /// them is removed, one that becomes visible is created.
    ///
    /// # Errors
    /// [`Error::Gone`] when the log no longer reaches back to the position.
    pub fn changes_since(
        &self,
        collection: &str,
        from: LogPosition,
        limit: usize,
    ) -> Result<(Arc<Collection>, LogPage)> {
        let scope = self.access_scope(collection)?;
        let mut page =
            self.atlas.plan_file.store().read_change_log(&scope.collection().id, from, limit).map_err(|e| match e {
                Error::Stale(message) => Error::Gone(message),
                e => e,
            })?;
        page.versions = page.versions.into_iter().filter_map(|v| self.visible_version(&scope, v)).collect();
        Ok((scope.collection().clone(), page))
    }
}

impl ViewerPlan {
    /// A version as this viewer sees it; `None` when all of it is hidden. Visitors see what changed, but not who
    /// changed it.
    fn visible_version(&self, scope: &AccessScope, version: FeatureVersion) -> Option<FeatureVersion> {
        let redact = |feature: Option<Feature>| feature.and_then(|f| scope.redact_feature(f));
        let (before, after) = (redact(version.before), redact(version.after));
        let author = self.viewer().login().map_or_else(|| "somebody".to_owned(), |_| version.author);
        (before.is_some() || after.is_some()).then_some(FeatureVersion { author, before, after, ..version })
    }
}

impl ViewerPlan {
    /// The change feed of the whole plan; each entry must still pass [`ViewerPlan::visible_change`].
    #[must_use]
    pub fn change_feed(&self) -> &ChangeFeed {
        self.atlas.change_feed()
    }

    /// An entry as this viewer may see it: the ids and the bounding box of all features that are visible to them before
    /// or after the change. `None` when none is.
    #[must_use]
    pub fn visible_change(&self, entry: &FeedEntry) -> Option<VisibleChange> {
        let everything = || VisibleChange { ids: vec![], bbox: None };
        // A collection that no longer exists has nothing to hide.
        let Ok(scope) = self.access_scope(entry.collection.as_str()) else { return Some(everything()) };
        let Some(transitions) = &entry.changes else { return Some(everything()) };
        let admitted = |f: &Option<Feature>| f.as_ref().is_some_and(|f| scope.admits_feature(f));
        let visible: Vec<&FeatureTransition> =
            transitions.iter().filter(|t| admitted(&t.before) || admitted(&t.after)).collect();
        if visible.is_empty() {
            return None;
        }
        // The box does not include places at which the feature is hidden from the viewer.
        let visible_bbox =
            |f: &Option<Feature>| f.as_ref().filter(|f| scope.admits_feature(f))?.geometry.as_ref().and_then(bbox_of);
        let boxes = visible.iter().flat_map(|t| [visible_bbox(&t.before), visible_bbox(&t.after)]).flatten();
        Some(VisibleChange {
            bbox: boxes.reduce(BoundingBox::union),
            ids: visible.iter().map(|t| t.id.clone()).collect(),
        })
    }
}

/// An entry of the change feed for one listener.
#[derive(Debug, Clone, PartialEq)]
pub struct VisibleChange {
    /// Empty when the whole collection may have changed.
    pub ids: Vec<FeatureId>,
    pub bbox: Option<BoundingBox>,
}
