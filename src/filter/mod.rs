//! CQL2 (OGC 21-065r2): parses text or JSON into a filter that is bound to the fields of one collection, with a plan
//! for the index and a predicate over rows. Knows no SQL; never guesses the meaning of an unknown name.

use crate::collection::Collection;
use crate::crs::{Crs, Projection};
use crate::error::Result;
use crate::feature::Geometry;
use crate::work_budget::WorkBudget;
use std::sync::Arc;

mod limits;
mod filter_row;
mod bind;
mod text_folding;
mod functions;
mod arithmetic;
mod number;
mod expression;
mod relate;
mod syntax;
mod index_plan;
mod predicate;
mod print;
mod source;
mod temporal;

pub use filter_row::{FieldValueRef, FilterRow};
pub use functions::list_functions;
pub use index_plan::IndexPlan;
pub use limits::{MAX_DEPTH, MAX_FILTER_BYTES, MAX_LIST_VALUES, MAX_OPERATORS, MAX_VERTICES};
pub use number::parse_whole_number;
pub use predicate::Predicate;
pub use source::FilterLanguage;

use expression::{BooleanExpression, GeometryExpression, LiteralGeometry, SpatialRelation};

/// A condition on the features of one collection. Two filters are equal when they have the same canonical text.
#[derive(Clone)]
pub struct Filter {
    expression: BooleanExpression,
    text: Arc<str>,
    plan: IndexPlan,
}

impl Filter {
    /// Parses a filter and binds it to this collection. Its coordinates are in `crs`, in the authority's order of axes.
    ///
    /// # Errors
    /// [`crate::error::Error::Invalid`] at `filter`, with the place in the text and a remedy;
    /// [`crate::error::Error::TooLarge`] over a limit.
    pub fn parse(text: &str, lang: FilterLanguage, crs: Crs, collection: &Collection) -> Result<Self> {
        let (expr, source) = source::parse_filter(text, lang)?;
        Ok(Self::new(bind::bind_filter(&expr, &source, crs, collection)?, collection))
    }

    /// Matches features that intersect a box, given by its lower and upper corner in the authority's order of axes.
    ///
    /// # Errors
    /// [`crate::error::Error::Invalid`] without a place when the corners are swapped or not valid in `crs`.
    pub fn intersects_box(corners: [f64; 4], crs: Crs, collection: &Collection) -> Result<Self> {
        Ok(Self::intersects_geometry(bind::geometry::box_to_geometry(&Projection::new(crs)?, corners)?, collection))
    }

    /// Matches features that intersect this geometry (degrees, longitude first), rounded as features are.
    #[must_use]
    pub fn intersects_geometry(geometry: Geometry, collection: &Collection) -> Self {
        let place = GeometryExpression::Literal(LiteralGeometry::from_degrees(&geometry));
        Self::new(
            BooleanExpression::Spatial(SpatialRelation::Intersects, GeometryExpression::FeatureGeometry, place),
            collection,
        )
    }

    /// Matches features that match both.
    #[must_use]
    pub fn and(&self, other: &Self, collection: &Collection) -> Self {
        Self::new(BooleanExpression::all_of([self.expression.clone(), other.expression.clone()]), collection)
    }

    /// The filter in canonical CQL2 text, whatever its original language and reference system. Parses to the same
    /// filter.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Conditions that every matching feature fulfils and that the index can evaluate.
    #[must_use]
    pub fn plan(&self) -> &IndexPlan {
        &self.plan
    }

    /// Prepares the filter for many rows: its geometries are prepared once.
    #[must_use]
    pub fn compile(&self) -> Predicate<'_> {
        self.compile_within(&WorkBudget::unlimited())
    }

    /// The same; testing rows spends from the budget.
    #[must_use]
    pub fn compile_within(&self, work: &WorkBudget) -> Predicate<'_> {
        Predicate::new(&self.expression, self.text.len(), work)
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
