//! CQL2 (OGC 21-065r2): text or JSON to a filter that is bound to the fields of one collection, with a plan for the index and a
//! predicate over rows. Reads no SQL, and no JSON per row; never guesses what an unknown name may mean.

use crate::collection::Collection;
use crate::crs::{Crs, Projection};
use crate::error::Result;
use crate::feature::{Bbox, Geometry};
use std::borrow::Cow;
use std::sync::Arc;

mod bind;
mod fold;
mod functions;
mod near;
mod node;
mod plan;
mod predicate;
mod print;
mod source;
mod when;

pub use functions::functions;
pub use near::closest;
pub use plan::Plan;
pub use predicate::Predicate;

use node::{Place, Relation, Test};

/// The most bytes that a filter may have.
pub const MAX_BYTES: usize = 20_000;
/// How deep conditions may nest.
pub const MAX_DEPTH: usize = 50;
/// The most operators in one filter.
pub const MAX_OPERATORS: usize = 250;
/// The most positions in one geometry of a filter.
pub const MAX_VERTICES: usize = 2_000;
/// The most values in one list.
pub const MAX_LIST: usize = 2_000;

/// How a filter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// `cql2-text`
    Text,
    /// `cql2-json`
    Json,
}

/// A condition on the features of one collection. Two filters are equal when they say the same in the same order.
#[derive(Clone)]
pub struct Filter {
    test: Test,
    text: Arc<str>,
    plan: Plan,
}

/// What a filter looks at in one feature.
pub trait Row {
    fn id(&self) -> &str;
    /// The value of a field of the collection. Lists and objects are their JSON text.
    fn value(&self, field: usize) -> ValueRef<'_>;
    /// The box around the geometry, exactly; `None` when there is none.
    fn bounds(&self) -> Option<Bbox>;
    /// The geometry, when the box did not settle the matter.
    fn geometry(&self) -> Option<Cow<'_, Geometry>>;
}

/// One value, borrowed from its row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ValueRef<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Real(f64),
    /// Text, a date, or the JSON text of a list or an object.
    Text(&'a str),
}

impl Filter {
    /// Reads a filter on this collection. Coordinates in it are in `crs`, in the authority's order of axes.
    ///
    /// # Errors
    /// [`crate::error::Error::Invalid`] at `filter` with the place and a way out; [`crate::error::Error::TooLarge`] over a limit.
    pub fn parse(text: &str, lang: Lang, crs: Crs, collection: &Collection) -> Result<Self> {
        let (expr, source) = source::read(text, lang)?;
        Ok(Self::new(bind::bind(&expr, &source, crs, collection)?, collection))
    }

    /// The features that meet a box: lower and upper corner in the authority's order of axes.
    ///
    /// # Errors
    /// [`crate::error::Error::Invalid`] without a place: corners that are swapped, or nowhere on the globe.
    pub fn meets_box(corners: [f64; 4], crs: Crs, collection: &Collection) -> Result<Self> {
        Ok(Self::meets(bind::place::boxed(&Projection::new(crs)?, corners)?, collection))
    }

    /// The features that meet this geometry (degrees, longitude first).
    #[must_use]
    pub fn meets(geometry: Geometry, collection: &Collection) -> Self {
        let geometry = Arc::new(geometry);
        let place = Place::Literal { written: geometry.clone(), valid: geometry };
        Self::new(Test::Spatial(Relation::Intersects, Place::Own, place), collection)
    }

    /// Both conditions together.
    #[must_use]
    pub fn and(&self, other: &Self, collection: &Collection) -> Self {
        Self::new(Test::all([self.test.clone(), other.test.clone()]), collection)
    }

    /// The same filter in one spelling, whatever the language and reference system that it came in. Reads as itself.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What every matching feature fulfils, for a first choice by index.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Makes ready to look at many rows: geometries are prepared once.
    #[must_use]
    pub fn compile(&self) -> Predicate<'_> {
        Predicate::new(&self.test)
    }

    fn new(test: Test, collection: &Collection) -> Self {
        let text = print::text(&test, collection).into();
        Self { plan: Plan::of(&test, collection), text, test }
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}
