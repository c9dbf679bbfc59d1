//! What a filter reads of a feature, whatever holds the feature.

use crate::feature::{BoundingBox, Geometry};
use std::borrow::Cow;

/// What a filter looks at in one feature.
pub trait FilterRow {
    fn id(&self) -> &str;
    /// The value of a field of the collection. Lists and objects are their JSON text.
    fn value(&self, field: usize) -> FieldValueRef<'_>;
    /// The box around the geometry, exactly; `None` when there is none.
    fn bounds(&self) -> Option<BoundingBox>;
    /// The geometry, when the box did not settle the matter.
    fn geometry(&self) -> Option<Cow<'_, Geometry>>;
}

/// One value, borrowed from its row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldValueRef<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Real(f64),
    /// Text, a date, or the JSON text of a list or an object.
    Text(&'a str),
}
