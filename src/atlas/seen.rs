//! The plan as one viewer sees it. Every snapshot handed out here went through the policy first, so that what somebody may not see is
//! absent from whatever is then made of it: pages, counts, extents, tiles, questions.

use super::layers::MAX_LAYERS;
use super::{Atlas, Coding, Item, Items, Layers, Leaf, Tile, TileId, View};
use crate::access::{Level, Policy, Sight, Viewer};
use crate::crs::Crs;
use crate::error::Result;
use crate::index::{Screen, Seen as Judged, Snapshot};
use crate::plan::Model;
use crate::query::Query;
use crate::question::{Answer, Question};
use serde_json::{Map, Value as Json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What the doors reach the plan through.
#[derive(Clone)]
pub struct Seen {
    pub(super) atlas: Arc<Atlas>,
    pub(super) viewer: Viewer,
}

/// A collection as somebody sees it.
#[derive(Clone)]
pub(super) struct Eye {
    /// By what eyes differ; empty for the one that sees everything.
    pub key: Arc<str>,
    screen: Option<Arc<Screen>>,
}

/// The screens of one collection, by the key of the sight.
#[derive(Default)]
pub(super) struct Screens(Mutex<HashMap<Arc<str>, Arc<Screen>>>);

/// People of so many different sets of cities are remembered; a screen that is forgotten is made again.
const MOST_SCREENS: usize = 64;

impl Atlas {
    /// The plan as this viewer sees it.
    #[must_use]
    pub fn seen_by(self: &Arc<Self>, viewer: &Viewer) -> Seen {
        Seen { atlas: self.clone(), viewer: viewer.clone() }
    }
}

impl Seen {
    #[must_use]
    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    #[must_use]
    pub fn model(&self) -> &Model {
        self.atlas.model()
    }

    /// Every collection, in the order of ids.
    #[must_use]
    pub fn collections(&self) -> Vec<View> {
        let leaves = self.atlas.leaves.read().unwrap_or_else(PoisonError::into_inner);
        leaves.values().map(|leaf| leaf.view(&leaf.eye(&self.viewer))).collect()
    }

    /// # Errors
    /// [`crate::error::Error::NotFound`] when the plan has no such collection.
    pub fn view(&self, id: &str) -> Result<View> {
        let leaf = self.atlas.leaf(id)?;
        Ok(leaf.view(&leaf.eye(&self.viewer)))
    }

    /// What this viewer sees of a collection, for features that come from elsewhere than a snapshot: the history, news.
    ///
    /// # Errors
    /// [`crate::error::Error::NotFound`] when the plan has no such collection.
    pub fn sight(&self, id: &str) -> Result<Sight> {
        Ok(self.atlas.leaf(id)?.policy.sight(&self.viewer))
    }

    /// The rules of a collection.
    ///
    /// # Errors
    /// [`crate::error::Error::NotFound`] when the plan has no such collection.
    pub fn policy(&self, id: &str) -> Result<Arc<Policy>> {
        Ok(self.atlas.leaf(id)?.policy.clone())
    }

    /// See [`Atlas::storage_crs`].
    #[must_use]
    pub fn storage_crs(&self) -> Crs {
        self.atlas.storage_crs()
    }

    #[must_use]
    pub fn items(&self, view: &View, query: &Query) -> Items {
        self.atlas.items(view, query)
    }

    /// Whether a question is answered within a fraction of a millisecond, so that it need not wait its turn.
    #[must_use]
    pub fn is_small(&self, view: &View, query: &Query) -> bool {
        view.snapshot.is_small(query)
    }

    /// # Errors
    /// [`crate::error::Error::NotFound`] when the collection has no such feature.
    pub fn item(&self, view: &View, id: &str) -> Result<Item> {
        self.atlas.item(view, id)
    }

    /// The ids of the collections whose features have places: the layers of the whole plan's tiles, as many as a tile may have.
    #[must_use]
    pub fn placed(&self) -> Vec<String> {
        let placed = self.collections().into_iter().map(|v| v.collection().clone()).filter(|c| !c.geometry.is_none());
        placed.map(|c| c.id.to_string()).take(MAX_LAYERS).collect()
    }

    /// See [`Atlas::layers`].
    ///
    /// # Errors
    /// As there.
    pub fn layers(&self, list: &str) -> Result<Layers> {
        self.atlas.layers_for(list, |leaf| leaf.eye(&self.viewer))
    }

    /// See [`Atlas::cached`].
    #[must_use]
    pub fn cached(&self, layers: &Layers, tile: TileId, coding: Coding) -> Option<Tile> {
        self.atlas.cached(layers, tile, coding)
    }

    /// See [`Atlas::tile`].
    #[must_use]
    pub fn tile(&self, layers: &Layers, tile: TileId, coding: Coding) -> Tile {
        self.atlas.tile(layers, tile, coding)
    }

    /// Answers a question from the collections as they are now.
    ///
    /// # Errors
    /// [`crate::error::Error::Invalid`] at the input that cannot be understood.
    pub fn ask(&self, question: &Question, inputs: &Map<String, Json>) -> Result<Answer> {
        self.atlas.ask_of(question, inputs, |leaf| leaf.eye(&self.viewer).look(leaf))
    }
}

impl Leaf {
    pub(super) fn eye(&self, viewer: &Viewer) -> Eye {
        let key = self.policy.key(viewer);
        if key.is_empty() {
            return Eye::whole();
        }
        let mut screens = self.screens.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !screens.contains_key(&key) && screens.len() >= MOST_SCREENS {
            screens.clear();
        }
        let screen = screens.entry(key.clone()).or_insert_with(|| Arc::new(screen(self.policy.sight(viewer)))).clone();
        Eye { key, screen: Some(screen) }
    }

    fn view(&self, eye: &Eye) -> View {
        View { born: self.born, snapshot: eye.look(self), sight: eye.key.clone() }
    }
}

impl Eye {
    pub(super) fn whole() -> Self {
        Self { key: "".into(), screen: None }
    }

    /// The newest snapshot of a leaf, as this eye sees it.
    pub(super) fn look(&self, leaf: &Leaf) -> Arc<Snapshot> {
        let whole = leaf.index.snapshot();
        self.screen.as_ref().map_or_else(|| whole.clone(), |screen| screen.over(&whole))
    }
}

fn screen(sight: Sight) -> Screen {
    // Whoever does not reach a field wherever they look reaches it at the features of their own cities alone.
    let anywhere = sight.reached(None);
    let fields = sight.kept().iter().map(|&field| (field, !sight.shows(anywhere, field))).collect();
    let (visibility, city) = sight.deciding();
    Screen::new(sight.collection().clone(), fields, [visibility, city], move |[visibility, city]| {
        let reached = sight.reached(city);
        match sight.lets(reached, visibility) {
            false => Judged::Not,
            true if reached == Level::Internal => Judged::Whole,
            true => Judged::Veiled,
        }
    })
}
