//! The view of a feature that a filter is evaluated on, independent of how the feature is stored.

use crate::feature::{BoundingBox, Geometry};
use std::borrow::Cow;

/// One feature, as filters read it.
pub trait FilterRow {
    /// The feature's id.
    fn id(&self) -> &str;
    /// The value of the field at this position. Lists and objects come as JSON text.
    fn value(&self, field: usize) -> FieldValueRef<'_>;
    /// The exact bounding box of the geometry (degrees); `None` without a geometry.
    fn bounds(&self) -> Option<BoundingBox>;
    /// The geometry (degrees, longitude first). Read only when the bounding box does not decide.
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
