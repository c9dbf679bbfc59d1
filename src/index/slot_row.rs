//! One slot as filters read it. Borrows all values; builds a geometry only when its bounding box does not decide.

use super::column::CellValue;
use super::segment::IndexSegment;
use crate::crs;
use crate::feature::{BoundingBox, Geometry};
use crate::filter::{FieldValueRef, FilterRow};
use std::borrow::Cow;

/// The feature in one slot of a segment.
pub(crate) struct SlotRow<'a> {
    pub segment: &'a IndexSegment,
    pub slot: usize,
}

impl FilterRow for SlotRow<'_> {
    fn id(&self) -> &str {
        self.segment.ids.text_at(self.slot)
    }

    fn value(&self, field: usize) -> FieldValueRef<'_> {
        match self.segment.columns.get(field).map_or(CellValue::Null, |c| c.cell_at(self.slot)) {
            CellValue::Null => FieldValueRef::Null,
            CellValue::Bool(b) => FieldValueRef::Bool(b),
            CellValue::Int(i) => FieldValueRef::Int(i),
            CellValue::Real(r) => FieldValueRef::Real(r),
            CellValue::Text(t) => FieldValueRef::Text(t),
        }
    }

    fn bounds(&self) -> Option<BoundingBox> {
        let [west, south, east, north] = self.segment.shapes.bounds(self.slot)?.map(crs::dequantise_degrees);
        Some(BoundingBox { west, south, east, north })
    }

    fn geometry(&self) -> Option<Cow<'_, Geometry>> {
        self.segment.shapes.read_geometry(self.slot).map(Cow::Owned)
    }
}
