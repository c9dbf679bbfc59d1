//! What happened: the versions of a feature, and everything that changed since some revision.

use super::Seen;
use super::news::{News, Piece, Turn};
use crate::access::Sight;
use crate::change::{LogPage, LogPlace, Version};
use crate::collection::Collection;
use crate::error::{Error, Result};
use crate::feature::{Bbox, Feature, FeatureId, bbox_of};
use std::sync::Arc;

impl Seen {
    /// The versions of a feature that this viewer may see, oldest first, in the fields of the collection that is returned with
    /// them. A deleted feature has them, too.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what was never there, or is not there for them.
    pub fn history(&self, collection: &str, id: &str) -> Result<(Arc<Collection>, Vec<Version>)> {
        let sight = self.sight(collection)?;
        let missing = || Error::NotFound(format!("There has never been a feature '{id}' in '{collection}'."));
        let id = FeatureId::new(id).map_err(|_| missing())?;
        let versions = self.atlas.shelf.store().history(&sight.collection().id, &id)?;
        let seen: Vec<Version> = versions.into_iter().filter_map(|v| self.version(&sight, v)).collect();
        if seen.is_empty() {
            return Err(missing());
        }
        Ok((sight.collection().clone(), seen))
    }

    /// What changed in a collection behind a place in its log, as this viewer may see it: what goes out of their sight was removed for
    /// them, what comes into it was made.
    ///
    /// # Errors
    /// [`Error::Gone`] when that is not known any more.
    pub fn changes(&self, collection: &str, from: LogPlace, limit: usize) -> Result<(Arc<Collection>, LogPage)> {
        let sight = self.sight(collection)?;
        let mut page = self.atlas.shelf.store().log(&sight.collection().id, from, limit).map_err(|e| match e {
            Error::Stale(sentence) => Error::Gone(sentence),
            e => e,
        })?;
        page.versions = page.versions.into_iter().filter_map(|v| self.version(&sight, v)).collect();
        Ok((sight.collection().clone(), page))
    }
}

impl Seen {
    /// A version as this viewer sees it; `None` when nothing of it is there for them. The public learns what changed, not who did it.
    fn version(&self, sight: &Sight, version: Version) -> Option<Version> {
        let strip = |feature: Option<Feature>| feature.and_then(|f| sight.strip(f));
        let (before, after) = (strip(version.before), strip(version.after));
        let author = self.viewer().login().map_or_else(|| "somebody".to_owned(), |_| version.author);
        (before.is_some() || after.is_some()).then_some(Version { author, before, after, ..version })
    }
}

impl Seen {
    /// What changes, as it happens; each piece must still be [`Seen::heard`].
    #[must_use]
    pub fn news(&self) -> &News {
        self.atlas.news()
    }

    /// News as somebody may hear it: the ids and the box around all that is there for them before or after. `None` when nothing is.
    #[must_use]
    pub fn heard(&self, piece: &Piece) -> Option<Heard> {
        let anew = || Heard { ids: vec![], bbox: None };
        // A collection that is gone has nothing left to hide.
        let Ok(sight) = self.sight(piece.collection.as_str()) else { return Some(anew()) };
        let Some(turns) = &piece.changes else { return Some(anew()) };
        let admitted = |f: &Option<Feature>| f.as_ref().is_some_and(|f| sight.admits(f));
        let seen: Vec<&Turn> = turns.iter().filter(|t| admitted(&t.before) || admitted(&t.after)).collect();
        if seen.is_empty() {
            return None;
        }
        // Where something is that they may not see stays unsaid.
        let place = |f: &Option<Feature>| f.as_ref().filter(|f| sight.admits(f))?.geometry.as_ref().and_then(bbox_of);
        let boxes = seen.iter().flat_map(|t| [place(&t.before), place(&t.after)]).flatten();
        Some(Heard { bbox: boxes.reduce(Bbox::union), ids: seen.iter().map(|t| t.id.clone()).collect() })
    }
}

/// One piece of news for one listener.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// None when all of the collection may be another.
    pub ids: Vec<FeatureId>,
    pub bbox: Option<Bbox>,
}
