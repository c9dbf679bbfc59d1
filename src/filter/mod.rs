//! CQL2 (OGC 21-065r2): text or JSON to a filter that is bound to the fields of one collection, with a plan for the index and a
//! predicate over rows. Reads no SQL, and no JSON per row; never guesses what an unknown name may mean.

use crate::collection::Collection;
use crate::crs::{Crs, Projection};
use crate::error::Result;
use crate::feature::Geometry;
use std::sync::Arc;

mod limits;
mod filter_row;
mod bind;
mod text_folding;
mod functions;
mod expression;
mod index_plan;
mod predicate;
mod print;
mod source;
mod temporal;

pub use filter_row::{FieldValueRef, FilterRow};
pub use functions::list_functions;
pub use index_plan::IndexPlan;
pub use limits::{MAX_DEPTH, MAX_FILTER_BYTES, MAX_LIST_VALUES, MAX_OPERATORS, MAX_VERTICES};
pub use predicate::Predicate;
pub use source::FilterLanguage;

use expression::{BooleanExpression, GeometryExpression, SpatialRelation};

/// A condition on the features of one collection. Two filters are equal when they say the same in the same order.
#[derive(Clone)]
pub struct Filter {
    expression: BooleanExpression,
    text: Arc<str>,
    plan: IndexPlan,
}

impl Filter {
    /// Reads a filter on this collection. Coordinates in it are in `crs`, in the authority's order of axes.
    ///
    /// # Errors
    /// [`crate::error::Error::InvalidInput`] at `filter` with the place and a way out; [`crate::error::Error::TooLarge`] over a limit.
    pub fn parse(text: &str, lang: FilterLanguage, crs: Crs, collection: &Collection) -> Result<Self> {
        let (expr, source) = source::parse_filter(text, lang)?;
        Ok(Self::new(bind::bind_filter(&expr, &source, crs, collection)?, collection))
    }

    /// The features that meet a box: lower and upper corner in the authority's order of axes.
    ///
    /// # Errors
    /// [`crate::error::Error::InvalidInput`] without a place: corners that are swapped, or nowhere on the globe.
    pub fn intersects_box(corners: [f64; 4], crs: Crs, collection: &Collection) -> Result<Self> {
        Ok(Self::intersects_geometry(bind::geometry::box_to_geometry(&Projection::new(crs)?, corners)?, collection))
    }

    /// The features that meet this geometry (degrees, longitude first).
    #[must_use]
    pub fn intersects_geometry(geometry: Geometry, collection: &Collection) -> Self {
        let geometry = Arc::new(geometry);
        let place = GeometryExpression::Literal { written: geometry.clone(), valid: geometry };
        Self::new(
            BooleanExpression::Spatial(SpatialRelation::Intersects, GeometryExpression::FeatureGeometry, place),
            collection,
        )
    }

    /// Both conditions together.
    #[must_use]
    pub fn and(&self, other: &Self, collection: &Collection) -> Self {
        Self::new(BooleanExpression::all_of([self.expression.clone(), other.expression.clone()]), collection)
    }

    /// The same filter in one spelling, whatever the language and reference system that it came in. Reads as itself.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What every matching feature fulfils, for a first choice by index.
    #[must_use]
    pub fn plan(&self) -> &IndexPlan {
        &self.plan
    }

    /// Makes ready to look at many rows: geometries are prepared once.
    #[must_use]
    pub fn compile(&self) -> Predicate<'_> {
        Predicate::new(&self.expression)
    }

    fn new(test: BooleanExpression, collection: &Collection) -> Self {
        let text = print::filter_to_text(&test, collection).into();
        Self { plan: IndexPlan::from_expression(&test, collection), text, expression: test }
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
